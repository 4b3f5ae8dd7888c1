/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "utf8.h"

#include <stdbool.h>
#include <string.h>

/* Not the first octet of a character (RFC 3629). */
static bool continues(char octet)
{
    return ((unsigned char)octet & 0xc0) == 0x80;
}

int utf8_first(const char *text, int max)
{
    int len = (int)strnlen(text, (size_t)max);

    if (len == max)
        while (len > 0 && continues(text[len]))
            len--;
    return len;
}

const char *utf8_last(const char *text, int max)
{
    size_t len = strlen(text);

    if (len <= (size_t)max)
        return text;
    text += len - (size_t)max;
    while (continues(*text))
        text++;
    return text;
}
