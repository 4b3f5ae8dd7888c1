/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TUAK (TS 35.231): f1 to f5 and f1*, f5* on Keccak-f[1600]. Pure. */
#ifndef SIMAUTH_GATEWAY_TUAK_H
#define SIMAUTH_GATEWAY_TUAK_H

#include <simauth/milenage.h>

#define TUAK_MAX 32 /* octets of K, TOPc, and of the longest MAC, RES, CK or IK */

struct tuak {
    uint8_t k[TUAK_MAX];
    uint8_t k_len; /* 16 or 32 */
    uint8_t topc[TUAK_MAX];
    uint8_t iterations; /* of Keccak, at least 1 */
};
/* How long the results are; TS 35.231 section 5. */
struct tuak_sizes {
    uint8_t mac; /* 8, 16 or 32 */
    uint8_t res; /* 4, 8, 16 or 32 */
    uint8_t ck;  /* 16 or 32 */
    uint8_t ik;  /* 16 or 32 */
};
struct tuak_results {
    uint8_t mac_a[TUAK_MAX], mac_s[TUAK_MAX], res[TUAK_MAX], ck[TUAK_MAX], ik[TUAK_MAX];
    uint8_t ak[6], ak_star[6];
};

/* `k_len` is 16 or 32; `top` is TOP, or TOPc with `top_is_topc`. The owner wipes it. */
void tuak_init(struct tuak *tuak, const uint8_t *k, size_t k_len,
               const uint8_t top[static TUAK_MAX], bool top_is_topc, uint8_t iterations);
void tuak_run(const struct tuak *tuak, const struct tuak_sizes *sizes,
              const uint8_t rand[static SIMAUTH_RAND_LEN], const uint8_t sqn[static 6],
              const uint8_t amf[static 2], struct tuak_results *out);

#endif
