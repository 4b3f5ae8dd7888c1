/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The software SIM as a 2G SIM. COMP128 is for laboratories and old subscriptions: libosmogsm is
 * opened for it when a SIM file wants it, so that no other phone loads it.
 */
#include "soft.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <osmocom/crypt/auth.h>
#include <string.h>

typedef int (*gen_vec)(struct osmo_auth_vector *vec, struct osmo_sub_auth_data *aud,
                       const uint8_t *rand);

/* The library whose header this was built with; never closed, for it registers its algorithms. */
static gen_vec comp128_function(void)
{
    void *library = dlopen(SIMAUTH_OSMOGSM, RTLD_NOW | RTLD_LOCAL);
    gen_vec function = NULL;

    if (library)
        *(void **)&function = dlsym(library, "osmo_auth_gen_vec");
    return function;
}

bool soft_comp128_there(void)
{
    return comp128_function() != NULL;
}

static bool comp128(enum osmo_auth_algo number, const uint8_t k[static 16],
                    const uint8_t rand[static SIMAUTH_RAND_LEN],
                    uint8_t sres[static SIMAUTH_SRES_LEN], uint8_t kc[static SIMAUTH_KC_LEN])
{
    struct osmo_sub_auth_data sim = {.type = OSMO_AUTH_TYPE_GSM, .algo = number};
    struct osmo_auth_vector v = {.res_len = 0};
    gen_vec function = comp128_function();
    bool good;

    memcpy(sim.u.gsm.ki, k, 16);
    good = function && function(&v, &sim, rand) == 0 && (v.auth_types & OSMO_AUTH_TYPE_GSM);
    memcpy(sres, v.sres, SIMAUTH_SRES_LEN);
    memcpy(kc, v.kc, SIMAUTH_KC_LEN);
    OPENSSL_cleanse(&sim, sizeof sim);
    OPENSSL_cleanse(&v, sizeof v);
    return good;
}

/* TS 55.205 */
static bool gsm_milenage(const struct simauth_milenage *m,
                         const uint8_t rand[static SIMAUTH_RAND_LEN],
                         uint8_t sres[static SIMAUTH_SRES_LEN], uint8_t kc[static SIMAUTH_KC_LEN])
{
    struct simauth_milenage_vector v;
    bool good = simauth_milenage_keys(m, rand, &v) == SIMAUTH_OK;

    if (good)
        simauth_triplet(v.res, sizeof v.res, v.ck, v.ik, sres, kc);
    OPENSSL_cleanse(&v, sizeof v);
    return good;
}

bool soft_triplet(const struct soft_file *file, const uint8_t rand[static SIMAUTH_RAND_LEN],
                  uint8_t sres[static SIMAUTH_SRES_LEN], uint8_t kc[static SIMAUTH_KC_LEN])
{
    static const enum osmo_auth_algo numbers[] = {
        [SOFT_COMP128V1] = OSMO_AUTH_ALG_COMP128v1,
        [SOFT_COMP128V2] = OSMO_AUTH_ALG_COMP128v2,
        [SOFT_COMP128V3] = OSMO_AUTH_ALG_COMP128v3,
    };

    if (file->algorithm == SOFT_MILENAGE)
        return gsm_milenage(&file->milenage, rand, sres, kc);
    if (file->algorithm == SOFT_XOR) {
        simauth_xor_2g(file->milenage.k, rand, sres, kc);
        return true;
    }
    return comp128(numbers[file->algorithm], file->milenage.k, rand, sres, kc);
}
