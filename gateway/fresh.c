/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fresh.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <string.h>

#define KEPT 512

/* libcrypto takes for a few octets nearly as long as for many, and asks the kernel each time
 * whether the process was forked, which this one never is. */
static __thread uint8_t kept[KEPT];
static __thread size_t left;

bool fresh_octets(void *octets, size_t len)
{
    uint8_t *at;

    if (len > KEPT)
        return RAND_bytes(octets, (int)len) == 1;
    if (len > left) {
        left = 0;
        if (RAND_bytes(kept, sizeof kept) != 1)
            return false;
        left = sizeof kept;
    }
    at = kept + sizeof kept - left;
    memcpy(octets, at, len);
    OPENSSL_cleanse(at, len);
    left -= len;
    return true;
}
