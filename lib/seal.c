/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealing to a phone's X25519 key, and between a phone and its own gateway (docs/protocol.md
 * sections 4 and 6). */
#include "crypto.h"
#include "json.h"
#include "simauth/vector.h"
#include "vector_aad.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

static const char SEAL_INFO[] = "simauth 1 seal";

enum simauth_result simauth_seal_pair_make(const uint8_t random[static 32],
                                           struct simauth_seal_pair *pair)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, random, 32);
    size_t len = sizeof pair->public_key;
    enum simauth_result result = SIMAUTH_CRYPTO;

    if (key != NULL && EVP_PKEY_get_raw_public_key(key, pair->public_key, &len) &&
        len == sizeof pair->public_key)
        result = simauth_secret_set(&pair->private_key, random, 32);
    else
        OPENSSL_cleanse(pair, sizeof *pair);
    EVP_PKEY_free(key);
    return result;
}

static bool derive(EVP_PKEY *own, EVP_PKEY *other, uint8_t z[static SIMAUTH_X25519_LEN])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
    size_t len = SIMAUTH_X25519_LEN;
    bool good = ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
                EVP_PKEY_derive_set_peer(ctx, other) > 0 && EVP_PKEY_derive(ctx, z, &len) > 0 &&
                len == SIMAUTH_X25519_LEN;

    EVP_PKEY_CTX_free(ctx);
    return good;
}

/* From both halves: from the private one alone libcrypto would compute the public one once more. */
static EVP_PKEY *own_key_of(const struct simauth_seal_pair *own)
{
    OSSL_PARAM halves[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY,
                                          (void *)(uintptr_t)own->private_key.octets,
                                          SIMAUTH_X25519_LEN),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                          (void *)(uintptr_t)own->public_key, SIMAUTH_X25519_LEN),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
    EVP_PKEY *key = NULL;

    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) > 0 &&
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, halves) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* RFC 7748 section 6.1. libcrypto refuses the all-zero result by itself; we do not depend on it. */
static enum simauth_result x25519(const struct simauth_seal_pair *own,
                                  const uint8_t other[static SIMAUTH_X25519_LEN],
                                  uint8_t z[static SIMAUTH_X25519_LEN])
{
    static const uint8_t zero[SIMAUTH_X25519_LEN];
    EVP_PKEY *own_key, *other_key;
    enum simauth_result result = SIMAUTH_CRYPTO;

    memset(z, 0, SIMAUTH_X25519_LEN);
    if (own->private_key.len != SIMAUTH_X25519_LEN)
        return SIMAUTH_MALFORMED;
    ERR_set_mark(); /* a caller's TLS reads the same queue */
    own_key = own_key_of(own);
    other_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, other, SIMAUTH_X25519_LEN);
    if (own_key != NULL && other_key != NULL) {
        bool good = derive(own_key, other_key, z);
        result = good && CRYPTO_memcmp(z, zero, sizeof zero) != 0 ? SIMAUTH_OK : SIMAUTH_WRONG;
    }
    EVP_PKEY_free(own_key);
    EVP_PKEY_free(other_key);
    ERR_pop_to_mark();
    return result;
}

/* RFC 5869(salt = operator key || seal_to, ikm = z, info = "simauth 1 seal" || RANDs) */
static enum simauth_result seal_key(const struct simauth_vector *vector,
                                    const uint8_t z[static SIMAUTH_X25519_LEN],
                                    const uint8_t operator_key[static SIMAUTH_X25519_LEN],
                                    const uint8_t seal_to[static SIMAUTH_X25519_LEN],
                                    struct simauth_secret *key)
{
    const struct span info[] = {{SEAL_INFO, sizeof SEAL_INFO - 1},
                                {vector->challenge.rand, vector->challenge.rand_len}};
    uint8_t salt[2 * SIMAUTH_X25519_LEN];

    memcpy(salt, operator_key, SIMAUTH_X25519_LEN);
    memcpy(salt + SIMAUTH_X25519_LEN, seal_to, SIMAUTH_X25519_LEN);
    return crypto_hkdf((struct span){salt, sizeof salt}, (struct span){z, SIMAUTH_X25519_LEN}, info,
                       2, SIMAUTH_KEY_LEN, key);
}

enum simauth_result simauth_seal(struct simauth_vector *vector,
                                 const struct simauth_seal_pair *operator_key,
                                 const uint8_t seal_to[static SIMAUTH_X25519_LEN],
                                 const uint8_t nonce[static 12], const struct simauth_secret *ssk)
{
    struct simauth_secret key = {0};
    uint8_t z[SIMAUTH_X25519_LEN];
    enum simauth_result result;
    char *aad;

    memset(vector->sealed, 0, sizeof vector->sealed);
    if (ssk->len != SIMAUTH_KEY_LEN || !vector_complete(vector))
        return SIMAUTH_MALFORMED;
    aad = vector_aad(vector);
    if (aad == NULL)
        return SIMAUTH_NO_MEMORY;
    result = x25519(operator_key, seal_to, z);
    if (result == SIMAUTH_OK)
        result = seal_key(vector, z, operator_key->public_key, seal_to, &key);
    if (result == SIMAUTH_OK)
        result = crypto_gcm_seal(&key, (struct span){aad, strlen(aad)}, nonce, ssk, vector->sealed);
    OPENSSL_cleanse(z, sizeof z);
    simauth_secret_wipe(&key);
    json_text_free(aad);
    return result;
}

enum simauth_result simauth_unseal(const struct simauth_vector *vector,
                                   const uint8_t operator_key[static SIMAUTH_X25519_LEN],
                                   const struct simauth_seal_pair *pair, struct simauth_secret *ssk)
{
    const struct span sealed = {vector->sealed, sizeof vector->sealed};
    struct simauth_secret key = {0};
    uint8_t z[SIMAUTH_X25519_LEN];
    enum simauth_result result;
    char *aad;

    simauth_secret_wipe(ssk);
    if (!vector_complete(vector))
        return SIMAUTH_MALFORMED;
    aad = vector_aad(vector);
    if (aad == NULL)
        return SIMAUTH_NO_MEMORY;
    result = x25519(pair, operator_key, z);
    if (result == SIMAUTH_OK)
        result = seal_key(vector, z, operator_key, pair->public_key, &key);
    if (result == SIMAUTH_OK)
        result = crypto_gcm_unseal(&key, (struct span){aad, strlen(aad)}, sealed, ssk);
    OPENSSL_cleanse(z, sizeof z);
    simauth_secret_wipe(&key);
    json_text_free(aad);
    return result;
}

static enum simauth_result channel_key(const struct simauth_secret *ks_naf, const char *direction,
                                       struct simauth_secret *key)
{
    if (strcmp(direction, "seal down") != 0 && strcmp(direction, "seal up") != 0)
        return SIMAUTH_MALFORMED;
    return simauth_hkdf(ks_naf, direction, SIMAUTH_KEY_LEN, key);
}

enum simauth_result simauth_channel_seal(const struct simauth_secret *ks_naf, const char *direction,
                                         const uint8_t *aad, size_t aad_len,
                                         const uint8_t nonce[static 12],
                                         const struct simauth_secret *secret, uint8_t *sealed)
{
    struct simauth_secret key = {0};
    enum simauth_result result = SIMAUTH_MALFORMED;

    if (secret->len > 0)
        result = channel_key(ks_naf, direction, &key);
    if (result == SIMAUTH_OK)
        result = crypto_gcm_seal(&key, (struct span){aad, aad_len}, nonce, secret, sealed);
    simauth_secret_wipe(&key);
    return result;
}

enum simauth_result simauth_channel_unseal(const struct simauth_secret *ks_naf,
                                           const char *direction, const uint8_t *aad,
                                           size_t aad_len, const uint8_t *sealed, size_t sealed_len,
                                           struct simauth_secret *secret)
{
    struct simauth_secret key = {0};
    enum simauth_result result = channel_key(ks_naf, direction, &key);

    simauth_secret_wipe(secret);
    if (result == SIMAUTH_OK)
        result = crypto_gcm_unseal(&key, (struct span){aad, aad_len},
                                   (struct span){sealed, sealed_len}, secret);
    simauth_secret_wipe(&key);
    return result;
}
