/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The embedded AuC: Milenage with the keys in the store. */
#include "sources.h"
#include "sqn.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <simauth/milenage.h>
#include <string.h>

static enum simauth_result milenage_of(const struct store_keys *keys, struct simauth_milenage *m)
{
    if (keys->has_constants)
        return simauth_milenage_init_custom(m, keys->k, keys->op, keys->op_is_opc, keys->c,
                                            keys->r);
    return simauth_milenage_init(m, keys->k, keys->op, keys->op_is_opc);
}

/* AUTS = SQN_MS ^ AK* || MAC-S, with AMF* of zeros (TS 33.102, 6.3.3). */
static enum auc_result read_auts(const struct simauth_milenage *m, const struct auc_auts *auts,
                                 uint64_t *sqn_ms)
{
    static const uint8_t amf[2] = {0, 0};
    struct simauth_milenage_vector v;
    uint8_t sqn[6];
    enum auc_result result = AUC_FAILED;

    if (simauth_milenage_keys(m, auts->rand, &v) != SIMAUTH_OK)
        goto out;
    for (int i = 0; i < 6; i++)
        sqn[i] = auts->auts[i] ^ v.ak_star[i];
    if (simauth_milenage_run(m, auts->rand, sqn, amf, &v) != SIMAUTH_OK)
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

static enum auc_result compute(const struct simauth_milenage *m, const uint8_t amf[static 2],
                               uint64_t sqn, struct auc_vector *vector)
{
    struct simauth_milenage_vector v;
    uint8_t octets[6], ck_ik[32];
    enum auc_result result = AUC_FAILED;

    sqn_write(sqn, octets);
    if (RAND_bytes(vector->rand, sizeof vector->rand) != 1 ||
        simauth_milenage_run(m, vector->rand, octets, amf, &v) != SIMAUTH_OK)
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
    struct simauth_milenage m;
    uint64_t sqn = subscriber->sqn, sqn_ms = 0;
    /* Annex H: 1 only where CK and IK never leave as they are; those of Ub and aka do. */
    const uint8_t separation = vector->separation ? 0x80 : 0;
    const uint8_t amf[2] = {(subscriber->keys.amf[0] & 0x7f) | separation, subscriber->keys.amf[1]};
    enum auc_result result = AUC_FAILED;

    *store_result = STORE_OK;
    if (milenage_of(&subscriber->keys, &m) != SIMAUTH_OK)
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
    simauth_milenage_wipe(&m);
    return result;
}

const struct auc_ops auc_embedded = {
    .name = "embedded",
    .draw = draw,
};
