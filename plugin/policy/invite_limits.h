/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A phone limits itself before it asks its gateway about INVITEs (docs/protocol.md section 6). */
#ifndef SIMAUTH_PLUGIN_INVITE_LIMITS_H
#define SIMAUTH_PLUGIN_INVITE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#define LIMITS_AT_ONCE 5
#define LIMITS_PER_CALLER 20 /* a minute */
#define LIMITS_IN_ALL 60     /* a minute */
#define LIMITS_MEMORY 300    /* seconds: as long as a gateway keeps what it confirmed */
#define LIMITS_RAND_LEN 16   /* of a challenge: enough to know it again */

struct limits {
    int now; /* INVITEs with elements being decided */
    struct {
        int64_t when; /* seconds */
        uint32_t caller;
    } seen[LIMITS_IN_ALL]; /* of the last minute; a ring */
    unsigned next;
    struct {
        int64_t when;
        uint8_t rand[LIMITS_RAND_LEN];
    } taken[LIMITS_IN_ALL * LIMITS_MEMORY / 60]; /* a ring that lasts as long as the memory */
    unsigned next_taken;
};

/* True: one more is fine, and counted; then limits_leave() when it is decided. `now`: seconds of a
 * clock that nobody sets; one that was put back would shut everybody out until it has caught up. */
bool limits_enter(struct limits *limits, const char *caller, int64_t now);
void limits_leave(struct limits *limits);
/* True: this challenge (its first LIMITS_RAND_LEN octets) was not taken to the SIM within the last
 * LIMITS_MEMORY seconds, and is remembered from now on. False: the INVITE is a replayed one. */
bool limits_first(struct limits *limits, const uint8_t rand[static LIMITS_RAND_LEN], int64_t now);
/* The challenges that are remembered, a line each, for the next start of the phone; g_free() it. */
char *limits_text(const struct limits *limits, int64_t now);
/* Takes them back; lines that are none are left out. */
void limits_read(struct limits *limits, const char *text, int64_t now);

#endif
