/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "algorithm.h"

#include <openssl/crypto.h>
#include <osmocom/crypt/auth.h>
#include <simauth/milenage.h>
#include <string.h>

static const struct algorithm algorithms[] = {
    {.name = "milenage", .number = STORE_MILENAGE},
    {.name = "tuak", .number = STORE_TUAK},
    {.name = "comp128v1",
     .number = STORE_COMP128V1,
     .only_2g = true,
     .weak = "whoever has such a SIM in hand for some hours reads its key out of it (since 1998)"},
    {.name = "comp128v2", .number = STORE_COMP128V2, .only_2g = true},
    {.name = "comp128v3", .number = STORE_COMP128V3, .only_2g = true},
    {.name = "xor",
     .number = STORE_XOR,
     .weak = "it is for laboratories: one answer gives the key away"},
    {.name = "password", .number = STORE_NO_SIM}, /* none: who has it has no SIM */
};
#define COUNT (sizeof algorithms / sizeof *algorithms)

const struct algorithm *algorithm_find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(algorithms[i].name, name) == 0)
            return &algorithms[i];
    return NULL;
}

const struct algorithm *algorithm_of(const struct store_keys *keys)
{
    for (size_t i = 0; i < COUNT; i++)
        if (algorithms[i].number == (keys->tuak ? STORE_TUAK : keys->algorithm))
            return &algorithms[i];
    return NULL;
}

bool algorithm_allowed(const struct store_keys *keys, unsigned allowed)
{
    const struct algorithm *a = algorithm_of(keys);

    return a && (!a->weak || (allowed & 1u << a->number));
}

static bool comp128(enum osmo_auth_algo number, const uint8_t k[static 16],
                    const uint8_t rand[static SIMAUTH_RAND_LEN],
                    uint8_t sres[static SIMAUTH_SRES_LEN], uint8_t kc[static SIMAUTH_KC_LEN])
{
    struct osmo_sub_auth_data sim = {.type = OSMO_AUTH_TYPE_GSM, .algo = number};
    struct osmo_auth_vector v = {.res_len = 0};
    bool good;

    memcpy(sim.u.gsm.ki, k, 16);
    good = osmo_auth_gen_vec(&v, &sim, rand) == 0 && (v.auth_types & OSMO_AUTH_TYPE_GSM);
    memcpy(sres, v.sres, SIMAUTH_SRES_LEN);
    memcpy(kc, v.kc, SIMAUTH_KC_LEN);
    OPENSSL_cleanse(&sim, sizeof sim);
    OPENSSL_cleanse(&v, sizeof v);
    return good;
}

bool algorithm_triplet(enum store_algorithm algorithm, const uint8_t k[static 16],
                       const uint8_t rand[static SIMAUTH_RAND_LEN],
                       uint8_t sres[static SIMAUTH_SRES_LEN], uint8_t kc[static SIMAUTH_KC_LEN])
{
    switch (algorithm) {
    case STORE_COMP128V1:
        return comp128(OSMO_AUTH_ALG_COMP128v1, k, rand, sres, kc);
    case STORE_COMP128V2:
        return comp128(OSMO_AUTH_ALG_COMP128v2, k, rand, sres, kc);
    case STORE_COMP128V3:
        return comp128(OSMO_AUTH_ALG_COMP128v3, k, rand, sres, kc);
    case STORE_XOR:
        simauth_xor_2g(k, rand, sres, kc);
        return true;
    default:
        return false;
    }
}
