/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simauth/secret.h"
#include <openssl/crypto.h>
#include <string.h>

enum simauth_result simauth_secret_set(struct simauth_secret *secret, const void *octets,
                                       size_t len)
{
    simauth_secret_wipe(secret);
    if (len > SIMAUTH_SECRET_MAX)
        return SIMAUTH_TOO_LONG;
    if (len > 0)
        memcpy(secret->octets, octets, len);
    secret->len = (uint8_t)len;
    return SIMAUTH_OK;
}

void simauth_secret_wipe(struct simauth_secret *secret)
{
    OPENSSL_cleanse(secret, sizeof *secret);
}

bool simauth_secret_equal(const struct simauth_secret *a, const struct simauth_secret *b)
{
    if (a->len == 0 || a->len != b->len)
        return false;
    return CRYPTO_memcmp(a->octets, b->octets, a->len) == 0;
}
