/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What signing and verifying a statement have in common: the JWS (RFC 7515) and its numbers. */
#ifndef SIMAUTH_LIB_STATEMENT_H
#define SIMAUTH_LIB_STATEMENT_H

#include "simauth/vector.h"

#define JWS_TYPE "simauth-operator-key"
#define JWS_TIME_MAX 253402300799 /* 9999-12-31: also what X.509 can say */
#define ES256_HALF 32
#define ES256_LEN 64

/* The three parts of a JWS in compact form, as they stand in it. */
struct jws {
    const char *signed_text; /* header "." payload */
    size_t signed_len;
    const char *header;
    size_t header_len;
    const char *payload;
    size_t payload_len;
    const char *signature;
    size_t signature_len;
};
/* SIMAUTH_MALFORMED: not three parts; SIMAUTH_TOO_LONG. */
enum simauth_result jws_split(const char *text, struct jws *jws);
/* The JSON object that a part holds; NULL: none, or no memory. */
json_t *jws_object(const char *part, size_t len);
/* The part that holds `object`, in base64url; free() it. NULL: no memory. */
char *jws_part(const json_t *object);

/* r || s (RFC 7518, 3.4) and the DER that libcrypto speaks. jws_der_signature() returns a length, 0
 * on failure; OPENSSL_free(). */
bool jws_raw_signature(const uint8_t *der, size_t len, uint8_t raw[static ES256_LEN]);
int jws_der_signature(const uint8_t raw[static ES256_LEN], uint8_t **der);
bool jws_key_is_p256(const EVP_PKEY *key);

#endif
