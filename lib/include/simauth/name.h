/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AORs and NAIs (docs/protocol.md section 3). */
#ifndef SIMAUTH_NAME_H
#define SIMAUTH_NAME_H

#include "result.h"
#include <stdbool.h>
#include <stddef.h>

#define SIMAUTH_AOR_MAX 255 /* octets, without NUL */
#define SIMAUTH_NAI_MAX 253
#define SIMAUTH_REALM_MAX 253

/* Writes the canonical form of a SIP, SIPS or tel URI (no angle brackets, no display name) to
 * `canonical` (room for SIMAUTH_AOR_MAX + 1). SIMAUTH_MALFORMED or SIMAUTH_TOO_LONG; then
 * *canonical is "". */
SIMAUTH_API enum simauth_result simauth_aor_canonical(const char *uri, char *canonical);
/* Both canonical forms exist and are equal. */
SIMAUTH_API bool simauth_aor_same(const char *uri_a, const char *uri_b);
/* The domain of a canonical AOR; "" when it has none. Points into `canonical`. */
SIMAUTH_API const char *simauth_aor_domain(const char *canonical);

/* RFC 7542 with a realm, realm in lower case. SIMAUTH_MALFORMED, SIMAUTH_TOO_LONG. */
SIMAUTH_API enum simauth_result simauth_nai_check(const char *nai);
/* What stands behind the last "@"; "" when there is none. Points into `nai`. */
SIMAUTH_API const char *simauth_nai_realm(const char *nai);

#endif
