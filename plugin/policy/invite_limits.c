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

char *limits_text(const struct limits *limits, int64_t now)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(limits->taken); i++) {
        if (!limits->taken[i].when || now - limits->taken[i].when >= LIMITS_MEMORY)
            continue;
        g_string_append_printf(text, "%" G_GINT64_FORMAT " ", limits->taken[i].when);
        for (unsigned n = 0; n < LIMITS_RAND_LEN; n++)
            g_string_append_printf(text, "%02x", limits->taken[i].rand[n]);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static bool read_rand(const char *hex, uint8_t rand[static LIMITS_RAND_LEN])
{
    for (unsigned i = 0; i < LIMITS_RAND_LEN; i++) {
        int high = g_ascii_xdigit_value(hex[2 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(hex[2 * i + 1]);
        if (low < 0)
            return false;
        rand[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void limits_read(struct limits *limits, const char *text, int64_t now)
{
    uint8_t rand[LIMITS_RAND_LEN];
    char *end;

    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        int64_t when;
        line += *line == '\n';
        when = g_ascii_strtoll(line, &end, 10);
        if (end == line || *end != ' ' || !read_rand(end + 1, rand))
            continue;
        /* A clock that was set back must not forget: such a one counts from now. */
        if (when > 0 && now - when < LIMITS_MEMORY)
            (void)limits_first(limits, rand, when < now ? when : now);
    }
}
