/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The algorithms a SIM may have, and which of them an operator has to ask for. Pure. */
#ifndef SIMAUTH_GATEWAY_ALGORITHM_H
#define SIMAUTH_GATEWAY_ALGORITHM_H

#include "../store/store.h"

struct algorithm {
    const char *name; /* as in --algorithm and weak_algorithms */
    enum store_algorithm number;
    bool only_2g;
    const char *weak; /* a sentence that says why; NULL: it is not */
};

/* NULL for an unknown name or number. */
const struct algorithm *algorithm_find(const char *name);
const struct algorithm *algorithm_of(const struct store_keys *keys);
/* Whether this SIM may be used where `allowed` (bits 1 << number) were asked for. */
bool algorithm_allowed(const struct store_keys *keys, unsigned allowed);
/* COMP128 by libosmogsm, XOR by TS 51.010-1 annex A.4.1.2. False: the library has none. */
bool algorithm_triplet(enum store_algorithm algorithm, const uint8_t k[static 16],
                       const uint8_t rand[static SIMAUTH_RAND_LEN],
                       uint8_t sres[static SIMAUTH_SRES_LEN], uint8_t kc[static SIMAUTH_KC_LEN]);

#endif
