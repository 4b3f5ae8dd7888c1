/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "seal.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <simauth/secret.h>
#include <stdio.h>
#include <string.h>

#define VERSION 1
#define NONCE_LEN 12
#define TAG_LEN 16

int seal_load(struct seal *seal, const char *source, char *error)
{
    return seal_fetch(source, seal->key, error);
}

int seal_load_old(struct seal *seal, const char *source, char *error)
{
    seal->has_old = source[0] && seal_fetch(source, seal->old, error) == 0;
    return seal->has_old || !source[0] ? 0 : -1;
}

const struct seal *seal_now(const struct seal *seal)
{
    const struct seal *now = seal->now;

    return now ? now : seal;
}

int seal_replace(struct seal *seal, const struct seal *fresh)
{
    struct seal *now = simauth_secure_alloc(sizeof *now);

    if (!now)
        return -1;
    memcpy(now->key, fresh->key, sizeof now->key);
    memcpy(now->old, fresh->old, sizeof now->old);
    now->has_old = fresh->has_old;
    now->before = seal->now;
    now->now = NULL;
    seal->now = now;
    return 0;
}

void seal_wipe(struct seal *seal)
{
    struct seal *at = seal->now;

    seal->now = NULL;
    while (at) {
        struct seal *before = at->before;

        simauth_secure_free(at);
        at = before;
    }
    OPENSSL_cleanse(seal->key, sizeof seal->key);
    OPENSSL_cleanse(seal->old, sizeof seal->old);
    seal->has_old = false;
}

/* Fetched once: EVP_aes_256_gcm() is looked up anew each time it is used. Never freed. */
static EVP_CIPHER *aes256_gcm;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static void fetch_cipher(void)
{
    aes256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static const EVP_CIPHER *cipher(void)
{
    return CRYPTO_THREAD_run_once(&once, fetch_cipher) ? aes256_gcm : NULL;
}

void seal_place(const char *what, const uint8_t *name, size_t len, char *place)
{
    static const char digits[] = "0123456789abcdef";

    place = stpcpy(stpcpy(place, what), " ");
    for (size_t i = 0; i < len; i++) {
        *place++ = digits[name[i] >> 4];
        *place++ = digits[name[i] & 15];
    }
    *place = '\0';
}

void seal_place_number(const char *what, int64_t number, char place[static SEAL_PLACE_MAX])
{
    snprintf(place, SEAL_PLACE_MAX, "%s %" PRId64, what, number);
}

int seal_close(const struct seal *seal, const char *place, const void *plain, size_t len,
               uint8_t *sealed)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t *nonce = sealed + 1, *text = nonce + NONCE_LEN;
    int n, result = -1;

    sealed[0] = VERSION;
    if (!ctx || !cipher() || RAND_bytes(nonce, NONCE_LEN) != 1 ||
        EVP_EncryptInit_ex2(ctx, cipher(), seal_now(seal)->key, nonce, NULL) != 1 ||
        EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)place, (int)strlen(place)) != 1 ||
        EVP_EncryptUpdate(ctx, text, &n, plain, (int)len) != 1 ||
        EVP_EncryptFinal_ex(ctx, text + len, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, text + len) != 1)
        goto out;
    result = 0;
out:
    EVP_CIPHER_CTX_free(ctx);
    return result;
}

static int open_with(const uint8_t key[static SEAL_KEY_LEN], const char *place,
                     const uint8_t *sealed, size_t len, void *plain)
{
    EVP_CIPHER_CTX *ctx;
    const uint8_t *nonce = sealed + 1, *text = nonce + NONCE_LEN;
    int n, result = -1;
    size_t text_len;
    uint8_t tag[TAG_LEN], end[TAG_LEN];

    if (len < SEAL_OVERHEAD || sealed[0] != VERSION)
        return -1;
    text_len = len - SEAL_OVERHEAD;
    memcpy(tag, text + text_len, TAG_LEN);
    ctx = EVP_CIPHER_CTX_new();
    if (!ctx || !cipher() || EVP_DecryptInit_ex2(ctx, cipher(), key, nonce, NULL) != 1 ||
        EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)place, (int)strlen(place)) != 1 ||
        EVP_DecryptUpdate(ctx, plain, &n, text, (int)text_len) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) != 1 ||
        EVP_DecryptFinal_ex(ctx, end, &n) != 1)
        goto out;
    result = 0;
out:
    if (result != 0)
        OPENSSL_cleanse(plain, text_len);
    EVP_CIPHER_CTX_free(ctx);
    return result;
}

int seal_open_present(const struct seal *seal, const char *place, const uint8_t *sealed, size_t len,
                      void *plain)
{
    return open_with(seal_now(seal)->key, place, sealed, len, plain);
}

int seal_open(const struct seal *seal, const char *place, const uint8_t *sealed, size_t len,
              void *plain)
{
    const struct seal *now = seal_now(seal);

    if (open_with(now->key, place, sealed, len, plain) == 0)
        return 0;
    return now->has_old ? open_with(now->old, place, sealed, len, plain) : -1;
}
