/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs made of others, where there is no libFuzzer: blind, but always the same. */
#ifndef SIMAUTH_FUZZ_MUTATOR_H
#define SIMAUTH_FUZZ_MUTATOR_H

#include "fuzz.h"

#define FUZZ_MADE_MAX (1 << 16) /* octets */

struct fuzz_input {
    uint8_t *octets;
    size_t len;
};

struct fuzz_mutator {
    uint64_t state;
    const struct fuzz_input *inputs; /* at least one */
    size_t count;
};

/* The next one, into FUZZ_MADE_MAX octets. */
void fuzz_make(struct fuzz_mutator *m, struct fuzz_input *made);

#endif
