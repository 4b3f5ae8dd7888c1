/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one door to libcrypto's symmetric part. Algorithms are fetched once for the process: in
 * OpenSSL 3 a fetch costs more than the HMAC it is for. All of it may be called from any thread.
 */
#ifndef SIMAUTH_LIB_CRYPTO_H
#define SIMAUTH_LIB_CRYPTO_H

#include "simauth/secret.h"
#include <openssl/evp.h>

#define SHA256_LEN 32
#define GCM_NONCE_LEN 12
#define GCM_TAG_LEN 16

/* A stretch of octets that somebody else owns. */
struct span {
    const void *octets;
    size_t len;
};

enum hash { HASH_MD5, HASH_SHA256 };

/* Hash of the concatenation of `n` spans; `out` has room for SHA256_LEN, *out_len is set. */
enum simauth_result crypto_hash(enum hash hash, const struct span *spans, size_t n, uint8_t *out,
                                size_t *out_len);
/* HMAC-SHA-256 of the concatenation of `n` spans. */
enum simauth_result crypto_hmac(const void *key, size_t key_len, const struct span *spans, size_t n,
                                uint8_t out[static SHA256_LEN]);
/* RFC 5869 with SHA-256; `info` is the concatenation of `n` spans, at most 4 of them; `len` at most
 * SIMAUTH_SECRET_MAX. */
enum simauth_result crypto_hkdf(struct span salt, struct span ikm, const struct span *info,
                                size_t n, size_t len, struct simauth_secret *out);
/* nonce(12) || AES-256-GCM ciphertext || tag(16) of `plain` to `sealed`; `key` has 32 octets. */
enum simauth_result crypto_gcm_seal(const struct simauth_secret *key, struct span aad,
                                    const uint8_t nonce[static GCM_NONCE_LEN],
                                    const struct simauth_secret *plain, uint8_t *sealed);
/* The way back. SIMAUTH_MALFORMED: a length that cannot be; SIMAUTH_WRONG: anything differs. */
enum simauth_result crypto_gcm_unseal(const struct simauth_secret *key, struct span aad,
                                      struct span sealed, struct simauth_secret *plain);
/* AES-128 with one key, block after block. NULL when libcrypto refuses; crypto_aes128_free() it. */
EVP_CIPHER_CTX *crypto_aes128_new(const uint8_t key[static 16]);
enum simauth_result crypto_aes128(EVP_CIPHER_CTX *ctx, const uint8_t in[static 16],
                                  uint8_t out[static 16]);
/* Wipes the key schedule too. NULL is allowed. */
void crypto_aes128_free(EVP_CIPHER_CTX *ctx);
/* AES-256-GCM as fetched, for crypto_seal.c; NULL when libcrypto has none. */
const EVP_CIPHER *crypto_aes256_gcm(void);

#endif
