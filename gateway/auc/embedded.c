/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The embedded AuC: the algorithms of SIMs with the keys in the store. */
#include "../fresh.h"
#include "algorithm.h"
#include "sources.h"
#include "sqn.h"
#include "tuak.h"

#include <openssl/crypto.h>
#include <simauth/milenage.h>
#include <string.h>

/* The algorithm of one SIM with its keys; wipe after use. */
struct keyed {
    enum store_algorithm algorithm;
    uint8_t k[16]; /* where it is neither of the following */
    struct simauth_milenage milenage;
    struct tuak tuak;
};
/* f1 to f5 and f1*, f5* of any. */
struct results {
    uint8_t mac_a[8], mac_s[8], res[SIMAUTH_RES_MAX], res_len, ck[16], ik[16], ak[6], ak_star[6];
};

static enum simauth_result keyed_init(struct keyed *a, const struct store_keys *keys)
{
    uint8_t k[TUAK_MAX];

    a->algorithm = keys->tuak ? STORE_TUAK : keys->algorithm;
    if (keys->tuak) {
        memcpy(k, keys->k, 16);
        memcpy(k + 16, keys->k_more, 16);
        tuak_init(&a->tuak, k, keys->k_256 ? 32 : 16, keys->top, keys->op_is_opc, keys->iterations);
        OPENSSL_cleanse(k, sizeof k);
        return SIMAUTH_OK;
    }
    if (a->algorithm != STORE_MILENAGE) {
        memcpy(a->k, keys->k, sizeof a->k);
        return SIMAUTH_OK;
    }
    if (keys->has_constants)
        return simauth_milenage_init_custom(&a->milenage, keys->k, keys->op, keys->op_is_opc,
                                            keys->c, keys->r);
    return simauth_milenage_init(&a->milenage, keys->k, keys->op, keys->op_is_opc);
}

static enum simauth_result run_milenage(const struct keyed *a, const uint8_t rand[static 16],
                                        const uint8_t sqn[static 6], const uint8_t amf[static 2],
                                        struct results *out)
{
    struct simauth_milenage_vector v;
    enum simauth_result result = simauth_milenage_run(&a->milenage, rand, sqn, amf, &v);

    if (result != SIMAUTH_OK)
        return result;
    out->res_len = sizeof v.res;
    memcpy(out->res, v.res, sizeof v.res);
    memcpy(out->mac_a, v.mac_a, sizeof v.mac_a);
    memcpy(out->mac_s, v.mac_s, sizeof v.mac_s);
    memcpy(out->ck, v.ck, sizeof v.ck);
    memcpy(out->ik, v.ik, sizeof v.ik);
    memcpy(out->ak, v.ak, sizeof v.ak);
    memcpy(out->ak_star, v.ak_star, sizeof v.ak_star);
    OPENSSL_cleanse(&v, sizeof v);
    return SIMAUTH_OK;
}

/* AUTN has room for a MAC of 64 bits, and RES is as long as Milenage's. */
static void run_tuak(const struct keyed *a, const uint8_t rand[static 16],
                     const uint8_t sqn[static 6], const uint8_t amf[static 2], struct results *out)
{
    static const struct tuak_sizes sizes = {.mac = 8, .res = 8, .ck = 16, .ik = 16};
    struct tuak_results v;

    tuak_run(&a->tuak, &sizes, rand, sqn, amf, &v);
    out->res_len = sizes.res;
    memcpy(out->res, v.res, sizes.res);
    memcpy(out->mac_a, v.mac_a, sizeof out->mac_a);
    memcpy(out->mac_s, v.mac_s, sizeof out->mac_s);
    memcpy(out->ck, v.ck, sizeof out->ck);
    memcpy(out->ik, v.ik, sizeof out->ik);
    memcpy(out->ak, v.ak, sizeof out->ak);
    memcpy(out->ak_star, v.ak_star, sizeof out->ak_star);
    OPENSSL_cleanse(&v, sizeof v);
}

/* TS 34.108, 8.1.2: the test USIM's, with RES of 128 bits. */
static void run_xor(const struct keyed *a, const uint8_t rand[static 16],
                    const uint8_t sqn[static 6], const uint8_t amf[static 2], struct results *out)
{
    uint8_t sqn_amf[8];

    memcpy(sqn_amf, sqn, 6);
    memcpy(sqn_amf + 6, amf, 2);
    out->res_len = sizeof out->res;
    for (int i = 0; i < 16; i++)
        out->res[i] = a->k[i] ^ rand[i];
    for (int i = 0; i < 16; i++) {
        out->ck[i] = out->res[(i + 1) % 16];
        out->ik[i] = out->res[(i + 2) % 16];
    }
    for (int i = 0; i < 8; i++)
        out->mac_s[i] = out->mac_a[i] = out->res[i] ^ sqn_amf[i];
    memcpy(out->ak, out->res + 3, sizeof out->ak);
    memcpy(out->ak_star, out->ak, sizeof out->ak);
}

static enum simauth_result keyed_run(const struct keyed *a, const uint8_t rand[static 16],
                                     const uint8_t sqn[static 6], const uint8_t amf[static 2],
                                     struct results *out)
{
    switch (a->algorithm) {
    case STORE_MILENAGE:
        return run_milenage(a, rand, sqn, amf, out);
    case STORE_TUAK:
        run_tuak(a, rand, sqn, amf, out);
        return SIMAUTH_OK;
    case STORE_XOR:
        run_xor(a, rand, sqn, amf, out);
        return SIMAUTH_OK;
    default:
        return SIMAUTH_NOT_OURS; /* a 2G algorithm knows no AUTN */
    }
}

/* AUTS = SQN_MS ^ AK* || MAC-S, with AMF* of zeros (TS 33.102, 6.3.3). */
static enum auc_result read_auts(const struct keyed *m, const struct auc_auts *auts,
                                 uint64_t *sqn_ms)
{
    static const uint8_t amf[2] = {0, 0};
    struct results v;
    uint8_t sqn[6] = {0};
    enum auc_result result = AUC_FAILED;

    if (keyed_run(m, auts->rand, sqn, amf, &v) != SIMAUTH_OK)
        goto out;
    for (int i = 0; i < 6; i++)
        sqn[i] = auts->auts[i] ^ v.ak_star[i];
    if (keyed_run(m, auts->rand, sqn, amf, &v) != SIMAUTH_OK)
        goto out;
    result = AUC_AUTS_REFUSED;
    if (CRYPTO_memcmp(v.mac_s, auts->auts + 6, sizeof v.mac_s) != 0)
        goto out;
    *sqn_ms = sqn_read(sqn);
    result = AUC_OK;
out:
    OPENSSL_cleanse(&v, sizeof v);
    return result;
}

static enum auc_result compute(const struct keyed *m, const uint8_t amf[static 2], uint64_t sqn,
                               struct auc_vector *vector)
{
    struct results v;
    uint8_t octets[6], ck_ik[32];
    enum auc_result result = AUC_FAILED;

    sqn_write(sqn, octets);
    if (!fresh_octets(vector->rand, SIMAUTH_RAND_LEN) ||
        keyed_run(m, vector->rand, octets, amf, &v) != SIMAUTH_OK)
        return AUC_FAILED;
    for (int i = 0; i < 6; i++)
        vector->autn[i] = octets[i] ^ v.ak[i];
    memcpy(vector->autn + 6, amf, 2);
    memcpy(vector->autn + 8, v.mac_a, sizeof v.mac_a);
    memcpy(ck_ik, v.ck, 16);
    memcpy(ck_ik + 16, v.ik, 16);
    if (simauth_secret_set(&vector->res, v.res, v.res_len) == SIMAUTH_OK &&
        simauth_secret_set(&vector->k, ck_ik, sizeof ck_ik) == SIMAUTH_OK)
        result = AUC_OK;
    OPENSSL_cleanse(&v, sizeof v);
    OPENSSL_cleanse(ck_ik, sizeof ck_ik);
    return result;
}

/* -- 2G ---------------------------------------------------------------------------------------- */

static bool one_triplet(const struct keyed *m, const uint8_t *rand,
                        uint8_t sres[static SIMAUTH_SRES_LEN], uint8_t kc[static SIMAUTH_KC_LEN])
{
    static const uint8_t none[6];
    struct results v;
    bool good;

    if (m->algorithm != STORE_MILENAGE && m->algorithm != STORE_TUAK)
        return algorithm_triplet(m->algorithm, m->k, rand, sres, kc);
    good = keyed_run(m, rand, none, none, &v) == SIMAUTH_OK;
    if (good)
        simauth_triplet(v.res, v.res_len, v.ck, v.ik, sres, kc);
    OPENSSL_cleanse(&v, sizeof v);
    return good;
}

/* A RAND twice would be the same Kc twice: RFC 4186, 9.9. */
static bool all_differ(const uint8_t *rand, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (memcmp(rand + i * SIMAUTH_RAND_LEN, rand + j * SIMAUTH_RAND_LEN,
                       SIMAUTH_RAND_LEN) == 0)
                return false;
    return true;
}

static enum auc_result draw_triplets(const struct keyed *m, struct auc_vector *vector)
{
    uint8_t sres[AUC_TRIPLETS_MAX * SIMAUTH_SRES_LEN], kc[AUC_TRIPLETS_MAX * SIMAUTH_KC_LEN];
    const size_t count = vector->triplets;
    enum auc_result result = AUC_FAILED;

    if (count > AUC_TRIPLETS_MAX || !fresh_octets(vector->rand, count * SIMAUTH_RAND_LEN) ||
        !all_differ(vector->rand, count))
        return result;
    for (size_t i = 0; i < count; i++)
        if (!one_triplet(m, vector->rand + i * SIMAUTH_RAND_LEN, sres + i * SIMAUTH_SRES_LEN,
                         kc + i * SIMAUTH_KC_LEN))
            goto out;
    if (simauth_secret_set(&vector->res, sres, count * SIMAUTH_SRES_LEN) == SIMAUTH_OK &&
        simauth_secret_set(&vector->k, kc, count * SIMAUTH_KC_LEN) == SIMAUTH_OK)
        result = AUC_OK;
out:
    OPENSSL_cleanse(sres, sizeof sres);
    OPENSSL_cleanse(kc, sizeof kc);
    return result;
}

static enum auc_result draw(struct auc *auc, const struct store_subscriber *subscriber,
                            const struct auc_auts *auts, struct auc_vector *vector,
                            enum store_result *store_result)
{
    struct keyed m;
    uint64_t sqn = subscriber->sqn, sqn_ms = 0;
    /* Annex H: 1 only where CK and IK never leave as they are; those of Ub and aka do. */
    const uint8_t separation = vector->separation ? 0x80 : 0;
    const uint8_t amf[2] = {(subscriber->keys.amf[0] & 0x7f) | separation, subscriber->keys.amf[1]};
    enum auc_result result = AUC_FAILED;

    *store_result = STORE_OK;
    if (subscriber->keys.algorithm == STORE_NO_SIM)
        return AUC_NO_SIM;
    if (store_keys_elsewhere(&subscriber->keys))
        return AUC_NO_KEYS; /* a vector by zeros is one that everybody can compute */
    if (!algorithm_allowed(&subscriber->keys, auc->weak_allowed))
        return AUC_WEAK;
    /* Never both kinds from one SIM: triplets of a USIM would undo its AUTN. */
    if (subscriber->keys.gsm != (vector->triplets > 0) || (auts && vector->triplets))
        return AUC_NO_METHOD;
    if (keyed_init(&m, &subscriber->keys) != SIMAUTH_OK)
        return AUC_FAILED;
    if (vector->triplets) {
        result = draw_triplets(&m, vector);
        goto out;
    }
    if (auts) {
        result = read_auts(&m, auts, &sqn_ms);
        if (result != AUC_OK)
            goto out;
        sqn = sqn_after_auts(&auc->ind, sqn, sqn_ms);
    }
    sqn = sqn_next(&auc->ind, sqn);
    result = AUC_EXHAUSTED;
    if (sqn == 0)
        goto out;
    result = AUC_STORE;
    *store_result = auc->store_ops->sqn_set(auc->store, subscriber->id, sqn);
    if (*store_result == STORE_OK)
        result = compute(&m, amf, sqn, vector);
out:
    OPENSSL_cleanse(&m, sizeof m);
    return result;
}

const struct auc_ops auc_embedded = {
    .name = "embedded",
    .draw = draw,
};
