/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The embedded AuC: Milenage or TUAK with the keys in the store. */
#include "sources.h"
#include "sqn.h"
#include "tuak.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <simauth/milenage.h>
#include <string.h>

/* The algorithm of one SIM with its keys; wipe after use. */
struct keyed {
    bool is_tuak;
    struct simauth_milenage milenage;
    struct tuak tuak;
};

static enum simauth_result keyed_init(struct keyed *a, const struct store_keys *keys)
{
    uint8_t k[TUAK_MAX];

    a->is_tuak = keys->tuak;
    if (keys->tuak) {
        memcpy(k, keys->k, 16);
        memcpy(k + 16, keys->k_more, 16);
        tuak_init(&a->tuak, k, keys->k_256 ? 32 : 16, keys->top, keys->op_is_opc, keys->iterations);
        OPENSSL_cleanse(k, sizeof k);
        return SIMAUTH_OK;
    }
    if (keys->has_constants)
        return simauth_milenage_init_custom(&a->milenage, keys->k, keys->op, keys->op_is_opc,
                                            keys->c, keys->r);
    return simauth_milenage_init(&a->milenage, keys->k, keys->op, keys->op_is_opc);
}

/* AUTN has room for a MAC of 64 bits, and RES is as long as Milenage's. */
static enum simauth_result keyed_run(const struct keyed *a, const uint8_t rand[static 16],
                                     const uint8_t sqn[static 6], const uint8_t amf[static 2],
                                     struct simauth_milenage_vector *v)
{
    static const struct tuak_sizes sizes = {.mac = 8, .res = 8, .ck = 16, .ik = 16};
    struct tuak_results out;

    if (!a->is_tuak)
        return simauth_milenage_run(&a->milenage, rand, sqn, amf, v);
    tuak_run(&a->tuak, &sizes, rand, sqn, amf, &out);
    memcpy(v->mac_a, out.mac_a, sizeof v->mac_a);
    memcpy(v->mac_s, out.mac_s, sizeof v->mac_s);
    memcpy(v->res, out.res, sizeof v->res);
    memcpy(v->ck, out.ck, sizeof v->ck);
    memcpy(v->ik, out.ik, sizeof v->ik);
    memcpy(v->ak, out.ak, sizeof v->ak);
    memcpy(v->ak_star, out.ak_star, sizeof v->ak_star);
    OPENSSL_cleanse(&out, sizeof out);
    return SIMAUTH_OK;
}

/* AUTS = SQN_MS ^ AK* || MAC-S, with AMF* of zeros (TS 33.102, 6.3.3). */
static enum auc_result read_auts(const struct keyed *m, const struct auc_auts *auts,
                                 uint64_t *sqn_ms)
{
    static const uint8_t amf[2] = {0, 0};
    struct simauth_milenage_vector v;
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
    struct simauth_milenage_vector v;
    uint8_t octets[6], ck_ik[32];
    enum auc_result result = AUC_FAILED;

    sqn_write(sqn, octets);
    if (RAND_bytes(vector->rand, sizeof vector->rand) != 1 ||
        keyed_run(m, vector->rand, octets, amf, &v) != SIMAUTH_OK)
        return AUC_FAILED;
    for (int i = 0; i < 6; i++)
        vector->autn[i] = octets[i] ^ v.ak[i];
    memcpy(vector->autn + 6, amf, 2);
    memcpy(vector->autn + 8, v.mac_a, sizeof v.mac_a);
    memcpy(ck_ik, v.ck, 16);
    memcpy(ck_ik + 16, v.ik, 16);
    if (simauth_secret_set(&vector->res, v.res, sizeof v.res) == SIMAUTH_OK &&
        simauth_secret_set(&vector->k, ck_ik, sizeof ck_ik) == SIMAUTH_OK)
        result = AUC_OK;
    OPENSSL_cleanse(&v, sizeof v);
    OPENSSL_cleanse(ck_ik, sizeof ck_ik);
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
    if (keyed_init(&m, &subscriber->keys) != SIMAUTH_OK)
        return AUC_FAILED;
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
