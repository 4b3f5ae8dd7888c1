/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256, looked up once: libcrypto's SHA256() looks it up anew each time. */
#ifndef SIMAUTH_GATEWAY_SHA256_H
#define SIMAUTH_GATEWAY_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

/* False: libcrypto failed, or there was no memory. */
bool sha256_of(const void *octets, size_t len, uint8_t hash[static SHA256_LEN]);

#endif
