/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gsm: three runs of a 2G SIM (TS 43.020, 2 to 4). K_X = Kc_1 || Kc_2 || Kc_3, 192 bits at most;
 * the card does not check who asks, so nobody runs one before its own gateway confirmed it. */
#include "methods.h"
#include <string.h>

#define RUNS 3

/* The same RAND twice is the same triplet twice: RFC 4186 section 9.9 asks for different ones. */
static enum simauth_result check_rand(const uint8_t *rand, size_t len)
{
    if (len != (size_t)RUNS * SIMAUTH_RAND_LEN)
        return SIMAUTH_MALFORMED;
    for (size_t i = 0; i < RUNS; i++) {
        for (size_t j = 0; j < i; j++) {
            if (memcmp(rand + i * SIMAUTH_RAND_LEN, rand + j * SIMAUTH_RAND_LEN,
                       SIMAUTH_RAND_LEN) == 0)
                return SIMAUTH_MALFORMED;
        }
    }
    return SIMAUTH_OK;
}

const struct simauth_method simauth_method_gsm = {
    .name = "gsm",
    .strength = 20,
    .rand_len = RUNS * SIMAUTH_RAND_LEN,
    .k_len = RUNS * 8,
    .check_rand = check_rand,
};
