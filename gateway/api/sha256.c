/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

/* Never freed. */
static EVP_MD *sha256;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

bool sha256_of(const void *octets, size_t len, uint8_t hash[static SHA256_LEN])
{
    return CRYPTO_THREAD_run_once(&once, fetch) && sha256 &&
           EVP_Digest(octets, len, hash, NULL, sha256, NULL) == 1;
}
