/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base64url without padding and base64 with it (RFC 4648 sections 5 and 4), strict; and a growing
 * octet buffer. */
#ifndef SIMAUTH_OCTETS_H
#define SIMAUTH_OCTETS_H

#include "result.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters that `n` octets take in base64url, without a terminating NUL. */
#define SIMAUTH_B64U_LEN(n) (((n)*4 + 2) / 3)

/* Writes SIMAUTH_B64U_LEN(len) characters and a NUL to `text`, which has room for them. */
SIMAUTH_API void simauth_b64u_encode(const uint8_t *octets, size_t len, char *text);
/* Decodes exactly `text_len` characters to exactly `len` octets. SIMAUTH_MALFORMED: padding,
 * another alphabet, non-zero spare bits, another length. `octets` is then unspecified. */
SIMAUTH_API enum simauth_result simauth_b64u_decode(const char *text, size_t text_len,
                                                    uint8_t *octets, size_t len);

/* The other base64, with padding, as HTTP Digest, GBA and x5c have it: NONCE, AUTS, Ks_NAF, B-TID,
 * certificates. */
#define SIMAUTH_B64_LEN(n) (((n) + 2) / 3 * 4)
/* Writes SIMAUTH_B64_LEN(len) characters and a NUL to `text`. */
SIMAUTH_API void simauth_b64_encode(const uint8_t *octets, size_t len, char *text);
/* Decodes all of `text` and sets *len to the number of octets. SIMAUTH_MALFORMED: missing or wrong
 * padding, another alphabet, blanks, non-zero spare bits; SIMAUTH_TOO_LONG: more than `room`
 * octets. `octets` is then unspecified. */
SIMAUTH_API enum simauth_result simauth_b64_decode(const char *text, size_t text_len,
                                                   uint8_t *octets, size_t room, size_t *len);

/* Grows as it is appended to. After a failed append it stays failed and appending does nothing. */
struct simauth_octets {
    uint8_t *data; /* owned; NULL while empty */
    size_t len;
    size_t room;
    bool failed; /* out of memory or over SIMAUTH_OCTETS_MAX */
};
#define SIMAUTH_OCTETS_MAX 262144

SIMAUTH_API void simauth_octets_append(struct simauth_octets *o, const void *octets, size_t len);
/* field(x) = u16(length of x) || x. More than 65535 octets: failed. */
SIMAUTH_API void simauth_octets_field(struct simauth_octets *o, const void *octets, size_t len);
SIMAUTH_API void simauth_octets_u16(struct simauth_octets *o, uint16_t value);
/* Wipes and frees; usable again afterwards. */
SIMAUTH_API void simauth_octets_clear(struct simauth_octets *o);

#endif
