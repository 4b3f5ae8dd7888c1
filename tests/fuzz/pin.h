/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whoever gives PINs to a card that is fuzzed. */
#ifndef SIMAUTH_TESTS_FUZZ_PIN_H
#define SIMAUTH_TESTS_FUZZ_PIN_H

#include <stddef.h>
#include <string.h>

/* Two PINs in a life; `user` counts them. */
static inline size_t fuzz_give_pin(void *user, const char *label, int tries_left,
                                   char pin[static 8])
{
    unsigned *given = user;

    (void)label;
    (void)tries_left;
    memcpy(pin, "1234", 4);
    return (*given)++ < 2 ? 4 : 0;
}

#endif
