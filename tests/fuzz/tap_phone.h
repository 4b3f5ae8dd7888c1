/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host of the target fuzz_tap: a telephone of a few lines on the installed belle-sip, with the
 * tap in it, and the other end of its wire. */
#ifndef SIMAUTH_FUZZ_TAP_PHONE_H
#define SIMAUTH_FUZZ_TAP_PHONE_H

#include "fuzz.h"
#include "tap_internal.h"

#define DIALOGS 4
#define WIRE_MAX 16384

/* -- the telephone (tap_phone.c): it does what liblinphone does with belle-sip, in order ------- */
void phone_start(void);
void phone_end(void); /* everything goes, as when a LinphoneCore does */
/* Turns its loop, after `ms` of its clock that nobody waits for. */
void phone_turn(unsigned ms);
void phone_call(void);
void phone_hang_up(void); /* CANCEL or BYE of what it placed, BYE or 603 of what came */
void phone_answer(int code);
void phone_again(void); /* a re-INVITE of its own */

/* -- the user of the tap (tap_user.c), which does what the input says -------------------------- */
/* One line of letters: what the next hooks answer (see tap_user.c). */
void user_decides(const char *letters);
/* With what is held: resume, refuse, abort, drop, take back. */
void user_acts(char what);
extern const struct sip_tap_user tap_users;
/* Each call was told of once, ended once, and nothing of it after that. */
void user_check_all_gone(void);

/* -- the wire (tap_wire.c) --------------------------------------------------------------------- */
void wire_open(void);
void wire_later(unsigned ms); /* time that nobody waits for */
/* `text` goes to the telephone. */
void wire_send(const char *text, size_t len);
/* What the telephone sent last in each dialog: the value, or "". */
const char *wire_tag(unsigned dialog);  /* ours in its answers */
const char *wire_own(const char *what); /* of its newest INVITE: branch, from, call-id, cseq */
void wire_forget(void);
int wire_port(void); /* of the peer */
void wire_phone_at(int port);
/* Set while the target runs: else the functions of libc are libc's. */
extern bool wire_inside;

#define ALIAS "simAlias0123456789"

#endif
