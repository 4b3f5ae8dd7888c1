/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <string.h>

/* Never freed: they live as long as the process, and an exit handler would outlive an unloaded
 * plugin. */
static struct {
    EVP_MD *md5;
    EVP_MD *sha256;
    EVP_CIPHER *aes128;
    EVP_CIPHER *aes256_gcm;
    EVP_MAC_CTX *hmac; /* only copied from: setting the digest anew would fetch it anew */
    bool good;
} fetched;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static EVP_MAC_CTX *fetch_hmac(void)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    const uint8_t key[1] = {0}; /* a context without a key cannot be copied */
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

    EVP_MAC_free(mac);
    if (ctx == NULL || !EVP_MAC_init(ctx, key, sizeof key, params)) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static void fetch_all(void)
{
    fetched.md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    fetched.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    fetched.aes128 = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    fetched.aes256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    fetched.hmac = fetch_hmac();
    /* MD5 may be missing by policy: then Digest with it fails, and nothing else. */
    fetched.good = fetched.sha256 != NULL && fetched.aes128 != NULL && fetched.aes256_gcm != NULL &&
                   fetched.hmac != NULL;
}

static bool ready(void)
{
    return CRYPTO_THREAD_run_once(&once, fetch_all) && fetched.good;
}

const EVP_CIPHER *crypto_aes256_gcm(void)
{
    return ready() ? fetched.aes256_gcm : NULL;
}

enum simauth_result crypto_hash(enum hash hash, const struct span *spans, size_t n, uint8_t *out,
                                size_t *out_len)
{
    const EVP_MD *md = ready() ? (hash == HASH_MD5 ? fetched.md5 : fetched.sha256) : NULL;
    EVP_MD_CTX *ctx = md != NULL ? EVP_MD_CTX_new() : NULL;
    unsigned len = 0;
    bool good = ctx != NULL && EVP_DigestInit_ex2(ctx, md, NULL);

    for (size_t i = 0; good && i < n; i++)
        good = EVP_DigestUpdate(ctx, spans[i].octets, spans[i].len);
    good = good && EVP_DigestFinal_ex(ctx, out, &len);
    EVP_MD_CTX_free(ctx);
    *out_len = len;
    return good ? SIMAUTH_OK : SIMAUTH_CRYPTO;
}

/* One context may serve one HMAC after the other: a copy of the fetched one costs as much as an
 * HMAC. */
static bool hmac(EVP_MAC_CTX *ctx, const void *key, size_t key_len, const struct span *spans,
                 size_t n, uint8_t out[static SHA256_LEN])
{
    size_t len = 0;
    bool good = ctx != NULL && EVP_MAC_init(ctx, key, key_len, NULL);

    for (size_t i = 0; good && i < n; i++)
        good = spans[i].len == 0 || EVP_MAC_update(ctx, spans[i].octets, spans[i].len);
    good = good && EVP_MAC_final(ctx, out, &len, SHA256_LEN) && len == SHA256_LEN;
    if (!good)
        OPENSSL_cleanse(out, SHA256_LEN);
    return good;
}

static EVP_MAC_CTX *hmac_new(void)
{
    return ready() ? EVP_MAC_CTX_dup(fetched.hmac) : NULL;
}

enum simauth_result crypto_hmac(const void *key, size_t key_len, const struct span *spans, size_t n,
                                uint8_t out[static SHA256_LEN])
{
    EVP_MAC_CTX *ctx = hmac_new();
    bool good = hmac(ctx, key, key_len, spans, n, out);

    EVP_MAC_CTX_free(ctx);
    return good ? SIMAUTH_OK : SIMAUTH_CRYPTO;
}

/* T(i) = HMAC(PRK, T(i-1) || info || i), as many as `len` octets need. */
static bool expand(EVP_MAC_CTX *ctx, const uint8_t prk[static SHA256_LEN], const struct span *info,
                   size_t n, size_t len, uint8_t okm[static SIMAUTH_SECRET_MAX])
{
    struct span spans[6];
    bool good = true;

    for (size_t i = 0; i < n; i++)
        spans[i + 1] = info[i];
    for (uint8_t i = 1; (i - 1U) * SHA256_LEN < len && good; i++) {
        spans[0] = i == 1 ? (struct span){"", 0} : (struct span){okm, SHA256_LEN};
        spans[n + 1] = (struct span){&i, 1};
        good = hmac(ctx, prk, SHA256_LEN, spans, n + 2, okm + (i - 1) * SHA256_LEN);
    }
    return good;
}

enum simauth_result crypto_hkdf(struct span salt, struct span ikm, const struct span *info,
                                size_t n, size_t len, struct simauth_secret *out)
{
    uint8_t prk[SHA256_LEN], okm[SIMAUTH_SECRET_MAX];
    EVP_MAC_CTX *ctx;
    bool good;

    simauth_secret_wipe(out);
    if (len == 0 || len > SIMAUTH_SECRET_MAX || n > 4)
        return SIMAUTH_TOO_LONG;
    ctx = hmac_new();
    good = hmac(ctx, salt.octets, salt.len, &ikm, 1, prk) && expand(ctx, prk, info, n, len, okm);
    EVP_MAC_CTX_free(ctx);
    if (good)
        good = simauth_secret_set(out, okm, len) == SIMAUTH_OK;
    OPENSSL_cleanse(prk, sizeof prk);
    OPENSSL_cleanse(okm, sizeof okm);
    return good ? SIMAUTH_OK : SIMAUTH_CRYPTO;
}

EVP_CIPHER_CTX *crypto_aes128_new(const uint8_t key[static 16])
{
    EVP_CIPHER_CTX *ctx = ready() ? EVP_CIPHER_CTX_new() : NULL;

    if (ctx == NULL || !EVP_EncryptInit_ex2(ctx, fetched.aes128, key, NULL, NULL) ||
        !EVP_CIPHER_CTX_set_padding(ctx, 0)) {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

enum simauth_result crypto_aes128(EVP_CIPHER_CTX *ctx, const uint8_t in[static 16],
                                  uint8_t out[static 16])
{
    int len = 0;

    if (!EVP_EncryptUpdate(ctx, out, &len, in, 16) || len != 16)
        return SIMAUTH_CRYPTO;
    return SIMAUTH_OK;
}

void crypto_aes128_free(EVP_CIPHER_CTX *ctx)
{
    EVP_CIPHER_CTX_free(ctx);
}
