/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "challenges.h"

#include <glib.h>
#include <string.h>

bool challenges_first(struct challenges *challenges, const uint8_t rand[static CHALLENGES_RAND_LEN],
                      int64_t now)
{
    const unsigned count = G_N_ELEMENTS(challenges->taken);

    for (unsigned i = 0; i < count; i++) {
        if (challenges->taken[i].when && now - challenges->taken[i].when < CHALLENGES_MEMORY &&
            !memcmp(challenges->taken[i].rand, rand, CHALLENGES_RAND_LEN))
            return false;
    }
    challenges->taken[challenges->next].when = now;
    memcpy(challenges->taken[challenges->next].rand, rand, CHALLENGES_RAND_LEN);
    challenges->next = (challenges->next + 1) % count;
    return true;
}

char *challenges_text(const struct challenges *challenges, int64_t now)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(challenges->taken); i++) {
        if (!challenges->taken[i].when || now - challenges->taken[i].when >= CHALLENGES_MEMORY)
            continue;
        g_string_append_printf(text, "%" G_GINT64_FORMAT " ", challenges->taken[i].when);
        for (unsigned n = 0; n < CHALLENGES_RAND_LEN; n++)
            g_string_append_printf(text, "%02x", challenges->taken[i].rand[n]);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static bool read_rand(const char *hex, uint8_t rand[static CHALLENGES_RAND_LEN])
{
    for (unsigned i = 0; i < CHALLENGES_RAND_LEN; i++) {
        int high = g_ascii_xdigit_value(hex[2 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(hex[2 * i + 1]);
        if (low < 0)
            return false;
        rand[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void challenges_read(struct challenges *challenges, const char *text, int64_t now)
{
    uint8_t rand[CHALLENGES_RAND_LEN];
    char *end;

    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        int64_t when;
        line += *line == '\n';
        when = g_ascii_strtoll(line, &end, 10);
        if (end == line || *end != ' ' || !read_rand(end + 1, rand))
            continue;
        /* A clock that was set back must not forget: such a one counts from now. */
        if (when > 0 && now - when < CHALLENGES_MEMORY)
            (void)challenges_first(challenges, rand, when < now ? when : now);
    }
}
