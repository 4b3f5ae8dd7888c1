/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every test of lib includes: cmocka, hexadecimal, octets of text. */
#ifndef SIMAUTH_TESTING_H
#define SIMAUTH_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* Decodes hexadecimal (blanks left out) to `octets`, which has room for `room`; the number of
 * octets. */
static inline size_t from_hex(const char *hex, uint8_t *octets, size_t room)
{
    size_t n = 0;
    int used;
    unsigned value;

    while (*hex != '\0') {
        if (*hex == ' ' || *hex == '\n') {
            hex++;
            continue;
        }
        assert_true(n < room);
        assert_int_equal(sscanf(hex, "%2x%n", &value, &used), 1);
        assert_int_equal(used, 2);
        octets[n++] = (uint8_t)value;
        hex += 2;
    }
    return n;
}

static inline void assert_hex(const void *octets, size_t len, const char *hex)
{
    uint8_t right[1024];

    assert_int_equal(from_hex(hex, right, sizeof right), len);
    assert_memory_equal(octets, right, len);
}

#endif
