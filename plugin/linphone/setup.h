/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The setup keys of one core (docs/protocol.md section 8): the ring in memory, and the sealed file
 * behind it. The ring is the main loop's; a thread of its own fetches the seal and reads the file
 * when Linphone starts (a keyring may ask its person first), the worker writes it after each
 * change.
 *
 * Which call takes which key, and the wishes in BYE: call_setup.c.
 */
#ifndef SIMAUTH_PLUGIN_SETUP_H
#define SIMAUTH_PLUGIN_SETUP_H

#include "policy.h"
#include <jansson.h>
#include <simauth/setup.h>

#define SETUP_FILE "setup-keys" /* in settings->data */
#define SETUP_DESKTOP_S 60      /* how long the desktop's keyring may ask its person */

struct core;
struct setup;

/* After every change of the settings: opens, moves or closes what is kept. With `off` and `memory`
 * nothing stays on the disk. */
void setup_take_settings(struct core *core);
/* What is not on the disk yet goes there now. NULL is allowed. */
void setup_close(struct core *core);

/* As simauth_keyring_take() and _find(), with the time of now; NULL: none. A key that was found is
 * on the disk with its nonce shortly after. */
const struct simauth_held_key *setup_take(struct core *core, const char *own, const char *peer,
                                          uint8_t strength, uint64_t *handle);
const struct simauth_held_key *setup_find(struct core *core, const char *own, const char *peer,
                                          const uint8_t *keyid, const uint8_t *nonce_a,
                                          uint64_t *handle);
/* Whether setup_take() would give one. */
bool setup_has(struct core *core, const struct policy_answer *policy);
/* As simauth_keyring_release(); *handle is 0 after it. */
void setup_release(struct core *core, uint64_t *handle, bool spent);
/* Erases what is over. */
void setup_expire(struct core *core);
/* Copies both in. */
void setup_keep(struct core *core, const struct simauth_held_key keys[2]);
/* Copies in one that the operators made for the next call. */
void setup_keep_first(struct core *core, const struct simauth_held_key *key);
/* The keys, one after the other; NULL at the end. Valid until anything changes. */
const struct simauth_held_key *setup_at(const struct core *core, size_t index);
/* Whether a key for a call from `own` to `peer` is here. */
bool setup_knows(const struct core *core, const char *own, const char *peer);
/* Our wish for a lifetime in seconds, 0: none. */
int64_t setup_wish(const struct core *core);

/* Revocation: erases the keys with this peer (an AOR or a NAI; NULL: all), and no call that goes on
 * makes new ones with it. Of a file that is not open nobody can see whose keys it has: it is
 * removed. Returns how many; that file counts as one. */
size_t setup_forget(struct core *core, const char *peer);
/* The same of the one key with this `id` of setup_list(); a call that rests on it makes no new
 * ones. False: there is none; where a call had it, what was made for these two since goes. */
bool setup_forget_one(struct core *core, uint64_t id);
/* A keyring that was locked when Linphone started is looked at once more, without asking anybody,
 * and what could not be written is tried again. */
void setup_again(struct core *core);
/* A gateway says that the SIM of this NAI was changed or revoked: its keys go, those in a file that
 * is not open when it is opened. */
size_t setup_forget_nai(struct core *core, const char *nai);

/* For people: where keys are kept ("desktop", "file", "memory", "off", "loading"), why it is not
 * where the settings say ("" when it is), and the keys themselves, without secrets. */
const char *setup_home(const struct core *core);
const char *setup_problem(const struct core *core);
json_t *setup_list(const struct core *core); /* a new reference */

#endif
