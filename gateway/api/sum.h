/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256, looked up once: libcrypto's SHA256() looks it up anew each time. */
#ifndef SIMAUTH_GATEWAY_SUM_H
#define SIMAUTH_GATEWAY_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUM_LEN 32

/* False: libcrypto failed, or there was no memory. */
bool sum_of(const void *octets, size_t len, uint8_t sum[static SUM_LEN]);

#endif
