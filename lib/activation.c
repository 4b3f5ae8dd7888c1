/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simauth/activation.h"
#include "crypto.h"
#include "simauth/keys.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <string.h>

#define DIGITS 26 /* of five bits for 128 */

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void simauth_code_write(const uint8_t code[static SIMAUTH_CODE_LEN],
                        char text[static SIMAUTH_CODE_TEXT_MAX])
{
    char *at = text;

    for (int i = 0; i < DIGITS; i++) {
        unsigned digit = 0;

        for (int bit = 5 * i; bit < 5 * i + 5; bit++)
            digit = digit << 1 | (bit < 128 ? code[bit / 8] >> (7 - bit % 8) & 1 : 0);
        if (i > 0 && i % 5 == 0)
            *at++ = '-';
        *at++ = alphabet[digit];
    }
    *at = '\0';
}

static int digit_of(char c)
{
    const char *found;

    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (c == 'O')
        c = '0';
    if (c == 'I' || c == 'L')
        c = '1';
    found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

enum simauth_result simauth_code_read(const char *text, uint8_t code[static SIMAUTH_CODE_LEN])
{
    int count = 0;

    memset(code, 0, SIMAUTH_CODE_LEN);
    for (; *text; text++) {
        int digit;

        if (*text == '-' || *text == ' ')
            continue;
        digit = digit_of(*text);
        if (digit < 0 || count == DIGITS || (count == DIGITS - 1 && digit & 3))
            return SIMAUTH_MALFORMED;
        for (int i = 0; i < 5; i++) {
            int bit = 5 * count + i;

            if (bit < 128 && digit & 16 >> i)
                code[bit / 8] |= (uint8_t)(128 >> bit % 8);
        }
        count++;
    }
    return count == DIGITS ? SIMAUTH_OK : SIMAUTH_MALFORMED;
}

static enum simauth_result derive(const uint8_t code[static SIMAUTH_CODE_LEN], const char *label,
                                  struct simauth_secret *key)
{
    struct simauth_secret secret;
    enum simauth_result result = simauth_secret_set(&secret, code, SIMAUTH_CODE_LEN);

    if (result == SIMAUTH_OK)
        result = simauth_hkdf(&secret, label, SIMAUTH_KEY_LEN, key);
    simauth_secret_wipe(&secret);
    return result;
}

enum simauth_result simauth_code_proof(const uint8_t code[static SIMAUTH_CODE_LEN],
                                       uint8_t proof[static SIMAUTH_CODE_PROOF_LEN])
{
    struct simauth_secret key = {0};
    enum simauth_result result = derive(code, "sim code proof", &key);

    if (result == SIMAUTH_OK)
        memcpy(proof, key.octets, SIMAUTH_CODE_PROOF_LEN);
    simauth_secret_wipe(&key);
    return result;
}

enum simauth_result simauth_code_seal(const uint8_t code[static SIMAUTH_CODE_LEN],
                                      const uint8_t nonce[static 12], const void *plain, size_t len,
                                      uint8_t *sealed)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    struct simauth_secret key = {0};
    enum simauth_result result = SIMAUTH_CRYPTO;
    int n = 0;

    if (ctx && len <= INT_MAX / 2 && derive(code, "sim code seal", &key) == SIMAUTH_OK &&
        EVP_EncryptInit_ex2(ctx, crypto_aes256_gcm(), key.octets, nonce, NULL) == 1 &&
        EVP_EncryptUpdate(ctx, sealed + 12, &n, plain, (int)len) == 1 &&
        EVP_EncryptFinal_ex(ctx, sealed + 12 + n, &n) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, GCM_TAG_LEN, sealed + 12 + len) == 1) {
        memcpy(sealed, nonce, 12);
        result = SIMAUTH_OK;
    }
    simauth_secret_wipe(&key);
    EVP_CIPHER_CTX_free(ctx);
    return result;
}

enum simauth_result simauth_code_unseal(const uint8_t code[static SIMAUTH_CODE_LEN],
                                        const uint8_t *sealed, size_t len, uint8_t *plain)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    struct simauth_secret key = {0};
    enum simauth_result result = SIMAUTH_WRONG;
    uint8_t tag[GCM_TAG_LEN];
    int n = 0, last = 0;

    if (len < SIMAUTH_CODE_SEAL_OVERHEAD || len > INT_MAX / 2) {
        EVP_CIPHER_CTX_free(ctx);
        return SIMAUTH_MALFORMED;
    }
    memcpy(tag, sealed + len - sizeof tag, sizeof tag);
    len -= SIMAUTH_CODE_SEAL_OVERHEAD;
    if (ctx && derive(code, "sim code seal", &key) == SIMAUTH_OK &&
        EVP_DecryptInit_ex2(ctx, crypto_aes256_gcm(), key.octets, sealed, NULL) == 1 &&
        EVP_DecryptUpdate(ctx, plain, &n, sealed + 12, (int)len) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, sizeof tag, tag) == 1 &&
        EVP_DecryptFinal_ex(ctx, plain + n, &last) == 1)
        result = SIMAUTH_OK;
    else
        OPENSSL_cleanse(plain, len);
    simauth_secret_wipe(&key);
    EVP_CIPHER_CTX_free(ctx);
    return result;
}
