/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The challenges that a phone's SIM was given: each INVITE is one, once, also over a restart
 * (docs/protocol.md section 6). */
#ifndef SIMAUTH_PLUGIN_CHALLENGES_H
#define SIMAUTH_PLUGIN_CHALLENGES_H

#include "invite_limits.h"

#define CHALLENGES_MEMORY 300  /* seconds: as long as a gateway keeps what it confirmed */
#define CHALLENGES_RAND_LEN 16 /* of a challenge: enough to know it again */

struct challenges {
    struct {
        int64_t when; /* seconds */
        uint8_t rand[CHALLENGES_RAND_LEN];
    } taken[LIMITS_IN_ALL * CHALLENGES_MEMORY / 60]; /* a ring that lasts as long as the memory */
    unsigned next;
};

/* True: this challenge (its first CHALLENGES_RAND_LEN octets) was not taken to the SIM within the
 * last CHALLENGES_MEMORY seconds, and is remembered from now on. False: the INVITE is a replayed
 * one. */
bool challenges_first(struct challenges *challenges, const uint8_t rand[static CHALLENGES_RAND_LEN],
                      int64_t now);
/* The challenges that are remembered, a line each, for the next start of the phone; g_free() it. */
char *challenges_text(const struct challenges *challenges, int64_t now);
/* Takes them back; lines that are none are left out. */
void challenges_read(struct challenges *challenges, const char *text, int64_t now);

#endif
