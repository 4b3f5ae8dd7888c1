/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "invite_limits.h"

#include <glib.h>
#include <string.h>

bool limits_enter(struct limits *limits, const char *caller, int64_t now)
{
    uint32_t hash = g_str_hash(caller);
    int same = 0, all = 0;

    for (unsigned i = 0; i < LIMITS_IN_ALL; i++) {
        bool recent = limits->seen[i].when && now - limits->seen[i].when < 60;
        all += recent;
        same += recent && limits->seen[i].caller == hash;
    }
    if (limits->now >= LIMITS_AT_ONCE || same >= LIMITS_PER_CALLER || all >= LIMITS_IN_ALL)
        return false;
    limits->now++;
    limits->seen[limits->next].when = now;
    limits->seen[limits->next].caller = hash;
    limits->next = (limits->next + 1) % LIMITS_IN_ALL;
    return true;
}

void limits_leave(struct limits *limits)
{
    if (limits->now > 0)
        limits->now--;
}

bool limits_first(struct limits *limits, const uint8_t rand[static LIMITS_RAND_LEN], int64_t now)
{
    const unsigned count = G_N_ELEMENTS(limits->taken);

    for (unsigned i = 0; i < count; i++) {
        if (limits->taken[i].when && now - limits->taken[i].when < LIMITS_MEMORY &&
            !memcmp(limits->taken[i].rand, rand, LIMITS_RAND_LEN))
            return false;
    }
    limits->taken[limits->next_taken].when = now;
    memcpy(limits->taken[limits->next_taken].rand, rand, LIMITS_RAND_LEN);
    limits->next_taken = (limits->next_taken + 1) % count;
    return true;
}
