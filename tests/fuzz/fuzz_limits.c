/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Challenges that a phone remembers over a restart. What is read is written back, read again to the
 * same, and each of them is refused from then on. */
#include "fuzz.h"

#include <challenges.h>
#include <glib.h>

#define NOW 1800000000

static void refused_again(const struct challenges *challenges)
{
    static struct challenges copy;

    copy = *challenges;
    for (size_t i = 0; i < G_N_ELEMENTS(copy.taken); i++)
        MUST(!challenges->taken[i].when ||
             !challenges_first(&copy, challenges->taken[i].rand, NOW));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct challenges challenges, again;
    char *text = fuzz_text(data, size), *written, *twice;

    challenges = again = (struct challenges){0};
    challenges_read(&challenges, text, NOW);
    for (size_t i = 0; i < G_N_ELEMENTS(challenges.taken); i++)
        MUST(challenges.taken[i].when <= NOW);
    refused_again(&challenges);
    written = challenges_text(&challenges, NOW);
    challenges_read(&again, written, NOW);
    twice = challenges_text(&again, NOW);
    MUST(strcmp(written, twice) == 0);
    g_free(twice);
    g_free(written);
    free(text);
    return 0;
}
