/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealing to a phone's X25519 key, and between a phone and its own gateway (docs/protocol.md
 * sections 4 and 6). */
#include "crypto.h"
#include "simauth/vector.h"
#include "vector_aad.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdatomic.h>
#include <string.h>

static const char SEAL_INFO[] = "simauth 1 seal";

/* What makes keys of octets. Making it costs as much as making a key, so one is kept; who finds
 * none makes another. */
static _Atomic(EVP_PKEY_CTX *) kept_maker;

static EVP_PKEY_CTX *take_maker(void)
{
    EVP_PKEY_CTX *maker = atomic_exchange(&kept_maker, NULL);

    if (maker != NULL)
        return maker;
    maker = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
    if (maker != NULL && EVP_PKEY_fromdata_init(maker) <= 0) {
        EVP_PKEY_CTX_free(maker);
        return NULL;
    }
    return maker;
}

static void give_maker(EVP_PKEY_CTX *maker)
{
    EVP_PKEY_CTX *none = NULL;

    if (!atomic_compare_exchange_strong(&kept_maker, &none, maker))
        EVP_PKEY_CTX_free(maker);
}

/* Either may be NULL. From both halves where both are known: of the private one alone libcrypto
 * computes the other. */
static EVP_PKEY *key_of(const uint8_t *private_key, const uint8_t *public_key)
{
    EVP_PKEY_CTX *maker = take_maker();
    EVP_PKEY *key = NULL;
    OSSL_PARAM halves[3];
    int n = 0;

    if (maker == NULL)
        return NULL;
    if (private_key != NULL)
        halves[n++] = OSSL_PARAM_construct_octet_string(
            OSSL_PKEY_PARAM_PRIV_KEY, (void *)(uintptr_t)private_key, SIMAUTH_X25519_LEN);
    if (public_key != NULL)
        halves[n++] = OSSL_PARAM_construct_octet_string(
            OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)public_key, SIMAUTH_X25519_LEN);
    halves[n] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_fromdata(maker, &key, private_key ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          halves) <= 0)
        key = NULL;
    give_maker(maker);
    return key;
}

enum simauth_result simauth_seal_pair_make(const uint8_t random[static 32],
                                           struct simauth_seal_pair *pair)
{
    EVP_PKEY *key = key_of(random, NULL);
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

/* The other's key is 32 octets, all of which are public keys (RFC 7748): there is nothing to check
 * in it. */
static bool derive(EVP_PKEY *own, EVP_PKEY *other, uint8_t z[static SIMAUTH_X25519_LEN])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
    size_t len = SIMAUTH_X25519_LEN;
    bool good = ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
                EVP_PKEY_derive_set_peer_ex(ctx, other, 0) > 0 &&
                EVP_PKEY_derive(ctx, z, &len) > 0 && len == SIMAUTH_X25519_LEN;

    EVP_PKEY_CTX_free(ctx);
    return good;
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
    own_key = key_of(own->private_key.octets, own->public_key);
    other_key = key_of(NULL, other);
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
    struct simauth_octets aad = {0};

    memset(vector->sealed, 0, sizeof vector->sealed);
    if (ssk->len != SIMAUTH_KEY_LEN || !vector_complete(vector))
        return SIMAUTH_MALFORMED;
    if (!vector_aad(vector, &aad)) {
        simauth_octets_clear(&aad);
        return SIMAUTH_NO_MEMORY;
    }
    result = x25519(operator_key, seal_to, z);
    if (result == SIMAUTH_OK)
        result = seal_key(vector, z, operator_key->public_key, seal_to, &key);
    if (result == SIMAUTH_OK)
        result =
            crypto_gcm_seal(&key, (struct span){aad.data, aad.len}, nonce, ssk, vector->sealed);
    OPENSSL_cleanse(z, sizeof z);
    simauth_secret_wipe(&key);
    simauth_octets_clear(&aad);
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
    struct simauth_octets aad = {0};

    simauth_secret_wipe(ssk);
    if (!vector_complete(vector))
        return SIMAUTH_MALFORMED;
    if (!vector_aad(vector, &aad)) {
        simauth_octets_clear(&aad);
        return SIMAUTH_NO_MEMORY;
    }
    result = x25519(pair, operator_key, z);
    if (result == SIMAUTH_OK)
        result = seal_key(vector, z, operator_key, pair->public_key, &key);
    if (result == SIMAUTH_OK)
        result = crypto_gcm_unseal(&key, (struct span){aad.data, aad.len}, sealed, ssk);
    OPENSSL_cleanse(z, sizeof z);
    simauth_secret_wipe(&key);
    simauth_octets_clear(&aad);
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

size_t simauth_challenges_aad(const uint8_t *first, size_t first_len, const uint8_t *second,
                              size_t second_len, uint8_t aad[static 2 * SIMAUTH_CHAL_MAX])
{
    memcpy(aad, first, first_len);
    memcpy(aad + first_len, second, second_len);
    return first_len + second_len;
}
