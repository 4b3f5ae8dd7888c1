/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random octets that everybody will see: RAND, nonces, numbers of requests; never keys. */
#ifndef SIMAUTH_GATEWAY_FRESH_H
#define SIMAUTH_GATEWAY_FRESH_H

#include <stdbool.h>
#include <stddef.h>

/* False: libcrypto has none. */
bool fresh_octets(void *octets, size_t len);

#endif
