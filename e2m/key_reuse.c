/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key reuse: the KEK that is derived from a content-encryption key, and how long it may be. */
#include "e2m_private.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

#define LABEL "simauth 1 e2m reuse"
#define CLOCK_BACK 300u /* seconds that a clock may be set back without ending a key */

void e2m_cek_wipe(struct e2m_cek *cek)
{
    OPENSSL_cleanse(cek, sizeof(*cek));
}

enum e2m_result e2m_cek_usable(const struct e2m_cek *cek, uint64_t now)
{
    if (cek->key_len == 0)
        return E2M_NO_SUCH_KEY;
    if (cek->uses >= cek->max || now + CLOCK_BACK < cek->made_at ||
        (now > cek->made_at && now - cek->made_at > E2M_REUSE_SECONDS))
        return E2M_KEY_USED_UP;
    return E2M_OK;
}

enum e2m_result e2m_cek_derive(const struct e2m_cek *cek, uint8_t kek[static E2M_KEK_LEN])
{
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = hkdf ? EVP_KDF_CTX_new(hkdf) : NULL;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)cek->key, cek->key_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)cek->reference,
                                          E2M_REFERENCE_LEN),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)LABEL, strlen(LABEL)),
        OSSL_PARAM_construct_end(),
    };
    bool derived =
        context && cek->key_len && EVP_KDF_derive(context, kek, E2M_KEK_LEN, parameters) == 1;

    EVP_KDF_CTX_free(context);
    EVP_KDF_free(hkdf);
    return derived ? E2M_OK : E2M_CRYPTO;
}

enum e2m_result e2m_unwrap(const uint8_t kek[static E2M_KEK_LEN], struct e2m_span wrapped,
                           uint8_t *key, uint8_t *key_len)
{
    EVP_CIPHER_CTX *context;
    uint8_t out[E2M_CEK_MAX + 8];
    int len = 0;
    bool right;

    if (wrapped.len < 24 || wrapped.len > sizeof(out))
        return E2M_DAMAGED;
    context = EVP_CIPHER_CTX_new();
    if (!context)
        return E2M_NO_MEMORY;
    EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    right = EVP_DecryptInit_ex(context, EVP_aes_256_wrap(), NULL, kek, NULL) == 1 &&
            EVP_DecryptUpdate(context, out, &len, wrapped.octets, (int)wrapped.len) == 1 &&
            len == (int)wrapped.len - 8;
    EVP_CIPHER_CTX_free(context);
    if (right) {
        memcpy(key, out, (size_t)len);
        *key_len = (uint8_t)len;
    }
    OPENSSL_cleanse(out, sizeof(out));
    return right ? E2M_OK : E2M_DAMAGED;
}
