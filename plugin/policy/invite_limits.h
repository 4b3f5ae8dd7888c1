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

struct limits {
    int now; /* INVITEs with elements being decided */
    struct {
        int64_t when; /* seconds */
        uint32_t caller;
    } seen[LIMITS_IN_ALL]; /* of the last minute; a ring */
    unsigned next;
};

/* True: one more is fine, and counted; then limits_leave() when it is decided. `now`: seconds of a
 * clock that nobody sets; one that was put back would shut everybody out until it has caught up. */
bool limits_enter(struct limits *limits, const char *caller, int64_t now);
void limits_leave(struct limits *limits);

#endif
