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
