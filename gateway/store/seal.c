/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 1
#define NONCE_LEN 12
#define TAG_LEN 16

static int check_file(int fd, const char *path, char *error)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(error, SEAL_ERROR_MAX, "%s is no regular file: name the file of the sealing key",
                 path);
        return -1;
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        snprintf(error, SEAL_ERROR_MAX, "%s belongs to another user: chown it to the gateway's",
                 path);
        return -1;
    }
    if (st.st_mode & (S_IRWXG | S_IRWXO)) {
        snprintf(error, SEAL_ERROR_MAX,
                 "%s can be read by others (mode %04o): chmod 600 it, and make a new key if they "
                 "did",
                 path, (unsigned)(st.st_mode & 07777));
        return -1;
    }
    return 0;
}

int seal_load(struct seal *seal, const char *path, char *error)
{
    uint8_t octets[SEAL_KEY_LEN + 1];
    int result = -1, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t n;

    if (fd < 0) {
        snprintf(error, SEAL_ERROR_MAX,
                 "%s cannot be opened: %s. \"simauth-gatewayctl init\" makes it", path,
                 strerror(errno));
        return -1;
    }
    if (check_file(fd, path, error) != 0)
        goto out;
    n = read(fd, octets, sizeof octets);
    if (n != SEAL_KEY_LEN) {
        snprintf(error, SEAL_ERROR_MAX, "%s is no sealing key: it must have %d octets", path,
                 SEAL_KEY_LEN);
        goto out;
    }
    memcpy(seal->key, octets, SEAL_KEY_LEN);
    result = 0;
out:
    OPENSSL_cleanse(octets, sizeof octets);
    close(fd);
    return result;
}

int seal_create(const char *path, char *error)
{
    uint8_t octets[SEAL_KEY_LEN];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written;

    if (fd < 0) {
        snprintf(error, SEAL_ERROR_MAX, "%s cannot be made: %s", path, strerror(errno));
        return -1;
    }
    written = RAND_bytes(octets, sizeof octets) == 1 &&
              write(fd, octets, sizeof octets) == (ssize_t)sizeof octets && fsync(fd) == 0;
    OPENSSL_cleanse(octets, sizeof octets);
    if (close(fd) != 0)
        written = false;
    if (written)
        return 0;
    snprintf(error, SEAL_ERROR_MAX, "%s cannot be written: %s", path, strerror(errno));
    unlink(path);
    return -1;
}

void seal_wipe(struct seal *seal)
{
    OPENSSL_cleanse(seal->key, sizeof seal->key);
}

int seal_close(const struct seal *seal, const char *place, const void *plain, size_t len,
               uint8_t *sealed)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t *nonce = sealed + 1, *text = nonce + NONCE_LEN;
    int n, result = -1;

    sealed[0] = VERSION;
    if (!ctx || RAND_bytes(nonce, NONCE_LEN) != 1 ||
        EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, nonce) != 1 ||
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

int seal_open(const struct seal *seal, const char *place, const uint8_t *sealed, size_t len,
              void *plain)
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
    if (!ctx || EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, nonce) != 1 ||
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
