/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keyring_file.h"
#include "seal_key.h"
#include "small_file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/stat.h>

#define MAGIC "simauth setup keys 1\n"
#define MAGIC_LEN (sizeof MAGIC - 1)
#define NONCE_LEN 12
#define TAG_LEN 16
#define FRAME (MAGIC_LEN + NONCE_LEN + TAG_LEN)

/* -- sealing: MAGIC || nonce || AES-256-GCM || tag, AAD = MAGIC -------------------------------- */

/* `out` has room for FRAME + len. */
static bool seal(const struct simauth_secret *key, const uint8_t *plain, size_t len, uint8_t *out)
{
    uint8_t *nonce = out + MAGIC_LEN, *text = nonce + NONCE_LEN;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;
    bool good = ctx && RAND_bytes(nonce, NONCE_LEN) == 1;

    memcpy(out, MAGIC, MAGIC_LEN);
    good = good && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->octets, nonce) == 1 &&
           EVP_EncryptUpdate(ctx, NULL, &n, out, MAGIC_LEN) == 1 &&
           EVP_EncryptUpdate(ctx, text, &n, plain, (int)len) == 1 &&
           EVP_EncryptFinal_ex(ctx, text + len, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, text + len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return good;
}

/* `plain` has room for len - FRAME. */
static bool unseal(const struct simauth_secret *key, const uint8_t *file, size_t len,
                   uint8_t *plain)
{
    const uint8_t *nonce = file + MAGIC_LEN, *text = nonce + NONCE_LEN;
    size_t text_len = len - FRAME;
    uint8_t tag[TAG_LEN];
    EVP_CIPHER_CTX *ctx;
    int n;
    bool good;

    memcpy(tag, text + text_len, TAG_LEN);
    ctx = EVP_CIPHER_CTX_new();
    good = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->octets, nonce) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &n, file, MAGIC_LEN) == 1 &&
           EVP_DecryptUpdate(ctx, plain, &n, text, (int)text_len) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, plain + text_len, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return good;
}

/* -- the ring as a row of records, each behind its length (u16) -------------------------------- */

static bool put_record(const struct simauth_keyring *ring, size_t i, GByteArray *plain)
{
    struct simauth_octets record = {0};
    bool good = simauth_keyring_write(ring, i, &record) == SIMAUTH_OK;
    uint8_t len[2] = {(uint8_t)(record.len >> 8), (uint8_t)record.len};

    if (good) {
        g_byte_array_append(plain, len, sizeof len);
        g_byte_array_append(plain, record.data, (guint)record.len);
    }
    simauth_octets_clear(&record);
    return good;
}

GBytes *keyring_file_seal(const struct simauth_keyring *ring, const struct simauth_secret *key)
{
    size_t count = 0;
    GByteArray *plain;
    uint8_t *out = NULL;
    size_t len;
    bool good = key->len == SEAL_KEY_LEN;

    while (simauth_keyring_at(ring, count))
        count++;
    /* With room for all from the start, nothing is moved and left behind. */
    plain = g_byte_array_sized_new((guint)(count * (SIMAUTH_SETUP_RECORD_MAX + 2)));
    for (size_t i = 0; good && i < count; i++)
        good = put_record(ring, i, plain);
    len = plain->len + FRAME;
    if (good)
        out = g_try_malloc(len);
    good = out && seal(key, plain->data, plain->len, out);
    OPENSSL_cleanse(plain->data, plain->len);
    g_byte_array_free(plain, TRUE);
    if (good)
        return g_bytes_new_take(out, len);
    g_free(out);
    return NULL;
}

/* True: well formed to the end. A record whose time is over, or that the ring does not want, is
 * passed over. */
static bool take_records(const uint8_t *plain, size_t len, int64_t now,
                         struct simauth_keyring *ring)
{
    while (len >= 2) {
        size_t size = (size_t)plain[0] << 8 | plain[1];

        if (size > len - 2)
            return false;
        if (simauth_keyring_read(ring, plain + 2, size, now) == SIMAUTH_MALFORMED)
            return false;
        plain += 2 + size;
        len -= 2 + size;
    }
    return len == 0;
}

/* -- the file ---------------------------------------------------------------------------------- */

static enum keyring_file_status say(enum keyring_file_status status, char *error, const char *path,
                                    const char *what)
{
    g_snprintf(error, KEYRING_FILE_ERROR_MAX,
               "%s: %s. The setup keys in it are lost; the next call with each person uses the SIM "
               "again.",
               path, what);
    return status;
}

static enum keyring_file_status open_sealed(const uint8_t *file, size_t len, const char *path,
                                            const struct simauth_secret *key, int64_t now,
                                            struct simauth_keyring *ring, char *error)
{
    uint8_t *plain;
    bool good;

    if (len < FRAME || memcmp(file, MAGIC, MAGIC_LEN) != 0)
        return say(KEYRING_FILE_FOREIGN, error, path, "this is no file of setup keys");
    plain = g_try_malloc(len - FRAME + 1);
    if (!plain)
        return say(KEYRING_FILE_UNREADABLE, error, path, "out of memory");
    good = unseal(key, file, len, plain);
    if (good && !take_records(plain, len - FRAME, now, ring)) {
        (void)simauth_keyring_forget(ring, NULL);
        good = false;
    }
    OPENSSL_cleanse(plain, len - FRAME);
    g_free(plain);
    if (good)
        return KEYRING_FILE_READ;
    return say(KEYRING_FILE_FOREIGN, error, path,
               "sealed on another machine or by another person, or changed since");
}

enum keyring_file_status keyring_file_read(const char *path, const struct simauth_secret *key,
                                           int64_t now, struct simauth_keyring *ring, char *error)
{
    enum keyring_file_status status;
    gchar *file = NULL;
    gsize len = 0;
    GError *fault = NULL;
    struct stat st;

    error[0] = '\0';
    if (stat(path, &st) != 0 && errno == ENOENT)
        return KEYRING_FILE_NONE;
    if (key->len != SEAL_KEY_LEN)
        return say(KEYRING_FILE_FOREIGN, error, path, "there is no key to open it");
    if (!small_file_read(path, KEYRING_FILE_MAX, &file, &len, &fault)) {
        status = say(KEYRING_FILE_UNREADABLE, error, path, fault->message);
        g_error_free(fault);
        return status;
    }
    status = open_sealed((const uint8_t *)file, len, path, key, now, ring, error);
    g_free(file);
    return status;
}

bool keyring_file_write(const char *path, GBytes *sealed, char *error)
{
    gsize len;
    const char *octets = g_bytes_get_data(sealed, &len);
    GError *fault = NULL;

    error[0] = '\0';
    if (g_file_set_contents_full(path, octets, (gssize)len,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                 &fault))
        return true;
    g_strlcpy(error, fault->message, KEYRING_FILE_ERROR_MAX);
    g_error_free(fault);
    return false;
}
