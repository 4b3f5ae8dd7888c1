/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The host of targets that try plugin/linphone: a LinphoneCore of the installed liblinphone that is
 * never started, and in the places of the worker, of SIM and gateway (station.h, ag.h) and of the
 * front on the session bus some that do what the input says, in this one thread.
 */
#ifndef SIMAUTH_FUZZ_PHONE_H
#define SIMAUTH_FUZZ_PHONE_H

#include "file.h"

#include <core.h>
#include <worker.h>

#define PHONE_ACCOUNT "sip:alice@a.example" /* of the LinphoneCore */

/* Before anything else: the folders of files become those of fuzz_folder(). */
void phone_begin(void);
/* A core of ours, and how it goes: with errands that nobody did, which are lost. */
struct core *phone_core(void);
void phone_gone(struct core *core);
/* What was handed to the worker, and what was put off, is done. */
void phone_turn(void);
/* What SIM and gateway answer from now on, one letter a question, then the last one for ever: '0'
 * to '7' an ag_status; 's' no SIM, 'g' no gateway named. NULL: as at the beginning, '0'. */
void phone_script(const char *letters);

/* What the front was asked to show, checked as the front would read it. */
void phone_look(void);
/* Strings, booleans and integers alone: what travels as {sv}. */
void phone_check_flat(const json_t *object);

#endif
