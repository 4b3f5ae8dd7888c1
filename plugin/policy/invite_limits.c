/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "invite_limits.h"

#include <glib.h>

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
