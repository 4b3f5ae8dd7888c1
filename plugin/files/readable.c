/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "readable.h"

#include <string.h>

void readable_copy(char *to, const char *from, gsize room)
{
    char *text = g_utf8_make_valid(from, -1), *end = text;

    while (*end && (gsize)(g_utf8_next_char(end) - text) < room)
        end = g_utf8_next_char(end);
    *end = '\0';
    memcpy(to, text, (gsize)(end - text) + 1);
    g_free(text);
}

static gboolean is_harmless(gunichar c)
{
    return !g_unichar_iscntrl(c) && !(c >= 0x2028 && c <= 0x202e) &&
           !(c >= 0x2066 && c <= 0x2069) && c != 0x200e && c != 0x200f && c != 0x061c;
}

char *readable_line(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    GString *line = g_string_new(NULL);

    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        g_string_append_unichar(line, is_harmless(c) ? c : 0xfffd);
    }
    g_free(valid);
    return g_string_free(line, FALSE);
}
