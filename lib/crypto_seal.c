/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AES-256-GCM in the one form in which anything is sealed: nonce || ciphertext || tag. */
#include "crypto.h"
#include <openssl/crypto.h>
#include <string.h>

#define KEY_LEN 32
#define OVERHEAD (GCM_NONCE_LEN + GCM_TAG_LEN)

/* The IV of 12 octets is GCM's own default. */
static EVP_CIPHER_CTX *start(const struct simauth_secret *key, struct span aad,
                             const uint8_t *nonce, int encrypt)
{
    const EVP_CIPHER *gcm = crypto_aes256_gcm();
    EVP_CIPHER_CTX *ctx = gcm != NULL && key->len == KEY_LEN ? EVP_CIPHER_CTX_new() : NULL;
    int len = 0;

    if (ctx == NULL || aad.len > INT32_MAX ||
        !EVP_CipherInit_ex2(ctx, gcm, key->octets, nonce, encrypt, NULL) ||
        (aad.len > 0 && !EVP_CipherUpdate(ctx, NULL, &len, aad.octets, (int)aad.len))) {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

enum simauth_result crypto_gcm_seal(const struct simauth_secret *key, struct span aad,
                                    const uint8_t nonce[static GCM_NONCE_LEN],
                                    const struct simauth_secret *plain, uint8_t *sealed)
{
    EVP_CIPHER_CTX *ctx = start(key, aad, nonce, 1);
    uint8_t *ciphertext = sealed + GCM_NONCE_LEN;
    int len = 0, last = 0;
    bool good;

    memcpy(sealed, nonce, GCM_NONCE_LEN);
    good = ctx != NULL && EVP_CipherUpdate(ctx, ciphertext, &len, plain->octets, plain->len) &&
           len == plain->len && EVP_CipherFinal_ex(ctx, ciphertext + len, &last) && last == 0 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, ciphertext + plain->len);
    EVP_CIPHER_CTX_free(ctx);
    if (!good)
        OPENSSL_cleanse(sealed, (size_t)plain->len + OVERHEAD);
    return good ? SIMAUTH_OK : SIMAUTH_CRYPTO;
}

enum simauth_result crypto_gcm_unseal(const struct simauth_secret *key, struct span aad,
                                      struct span sealed, struct simauth_secret *plain)
{
    const uint8_t *nonce = sealed.octets;
    uint8_t tag[GCM_TAG_LEN], open[SIMAUTH_SECRET_MAX];
    enum simauth_result result = SIMAUTH_CRYPTO;
    EVP_CIPHER_CTX *ctx;
    int len = 0, last = 0;

    simauth_secret_wipe(plain);
    if (sealed.len <= OVERHEAD || sealed.len > OVERHEAD + SIMAUTH_SECRET_MAX)
        return SIMAUTH_MALFORMED;
    memcpy(tag, nonce + sealed.len - GCM_TAG_LEN, sizeof tag);
    ctx = start(key, aad, nonce, 0);
    if (ctx != NULL &&
        EVP_CipherUpdate(ctx, open, &len, nonce + GCM_NONCE_LEN, (int)(sealed.len - OVERHEAD)) &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_LEN, tag))
        result = EVP_CipherFinal_ex(ctx, open + len, &last) > 0 ? SIMAUTH_OK : SIMAUTH_WRONG;
    EVP_CIPHER_CTX_free(ctx);
    if (result == SIMAUTH_OK)
        result = simauth_secret_set(plain, open, sealed.len - OVERHEAD);
    OPENSSL_cleanse(open, sizeof open);
    return result;
}
