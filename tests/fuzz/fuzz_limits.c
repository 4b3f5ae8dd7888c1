/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Challenges that a phone remembers over a restart. What is read is written back, read again to the
 * same, and each of them is refused from then on. */
#include "fuzz.h"

#include <glib.h>
#include <invite_limits.h>

#define NOW 1800000000

static void refused_again(const struct limits *limits)
{
    static struct limits copy;

    copy = *limits;
    for (size_t i = 0; i < G_N_ELEMENTS(copy.taken); i++)
        MUST(!limits->taken[i].when || !limits_first(&copy, limits->taken[i].rand, NOW));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct limits limits, again;
    char *text = fuzz_text(data, size), *written, *twice;

    limits = again = (struct limits){0};
    limits_read(&limits, text, NOW);
    for (size_t i = 0; i < G_N_ELEMENTS(limits.taken); i++)
        MUST(limits.taken[i].when <= NOW);
    refused_again(&limits);
    written = limits_text(&limits, NOW);
    limits_read(&again, written, NOW);
    twice = limits_text(&again, NOW);
    MUST(strcmp(written, twice) == 0);
    g_free(twice);
    g_free(written);
    free(text);
    return 0;
}
