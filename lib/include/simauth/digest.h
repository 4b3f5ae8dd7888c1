/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP Digest as both sides of Ub and Ua need it: AKAv1-MD5 (RFC 3310) and SHA-256 (RFC 7616), qop
 * auth and auth-int. Parsing and checking alone; no HTTP here.
 */
#ifndef SIMAUTH_DIGEST_H
#define SIMAUTH_DIGEST_H

#include "method.h"

enum simauth_digest_algorithm {
    SIMAUTH_DIGEST_MD5,
    SIMAUTH_DIGEST_SHA256,
    SIMAUTH_DIGEST_AKAV1_MD5
};
enum simauth_digest_qop { SIMAUTH_QOP_AUTH = 1, SIMAUTH_QOP_AUTH_INT = 2 }; /* bits */

#define SIMAUTH_DIGEST_TEXT_MAX 255 /* octets of a parameter's value */
#define SIMAUTH_DIGEST_HEADER_MAX 2048

/* WWW-Authenticate. */
struct simauth_digest_challenge {
    char realm[SIMAUTH_DIGEST_TEXT_MAX + 1];
    char nonce[SIMAUTH_DIGEST_TEXT_MAX + 1];
    char opaque[SIMAUTH_DIGEST_TEXT_MAX + 1]; /* "" when absent */
    enum simauth_digest_algorithm algorithm;
    unsigned qop; /* bits offered */
    bool stale;
};
/* Authorization. */
struct simauth_digest_credentials {
    char username[SIMAUTH_DIGEST_TEXT_MAX + 1];
    char realm[SIMAUTH_DIGEST_TEXT_MAX + 1];
    char nonce[SIMAUTH_DIGEST_TEXT_MAX + 1];
    char uri[SIMAUTH_DIGEST_TEXT_MAX + 1];
    char response[65]; /* hex, lower case */
    char cnonce[SIMAUTH_DIGEST_TEXT_MAX + 1];
    char opaque[SIMAUTH_DIGEST_TEXT_MAX + 1];
    uint32_t nc;
    enum simauth_digest_algorithm algorithm;
    enum simauth_digest_qop qop; /* 0: none was sent (refused by our servers) */
    uint8_t auts[SIMAUTH_AUTS_LEN];
    bool has_auts;
};
/* What is hashed beside the header. */
struct simauth_digest_request {
    const char *method; /* "POST" */
    const void *body;   /* may be NULL when body_len is 0 */
    size_t body_len;
};

SIMAUTH_API enum simauth_result simauth_digest_parse_challenge(const char *header, size_t len,
                                                               struct simauth_digest_challenge *c);
SIMAUTH_API enum simauth_result
simauth_digest_parse_credentials(const char *header, size_t len,
                                 struct simauth_digest_credentials *c);
/* Writers: "Digest ..." with a NUL to `header`, room SIMAUTH_DIGEST_HEADER_MAX. SIMAUTH_TOO_LONG.
 */
SIMAUTH_API enum simauth_result
simauth_digest_write_challenge(const struct simauth_digest_challenge *c, char *header);
SIMAUTH_API enum simauth_result
simauth_digest_write_credentials(const struct simauth_digest_credentials *c, char *header);
/* Sets c->response from `password` (RES for AKA, base64(Ks_NAF) for Ua); all other members must be
 * set. */
SIMAUTH_API enum simauth_result simauth_digest_sign(struct simauth_digest_credentials *c,
                                                    const struct simauth_digest_request *request,
                                                    const void *password, size_t password_len);
/* Constant-time check of c->response. SIMAUTH_WRONG when it differs. */
SIMAUTH_API enum simauth_result simauth_digest_check(const struct simauth_digest_credentials *c,
                                                     const struct simauth_digest_request *request,
                                                     const void *password, size_t password_len);
/* Authentication-Info (RFC 7616, 3.5): writes rspauth, cnonce, nc, qop and, unless NULL, nextnonce.
 */
SIMAUTH_API enum simauth_result
simauth_digest_write_info(const struct simauth_digest_credentials *c, const void *body,
                          size_t body_len, const void *password, size_t password_len,
                          const char *nextnonce, char *header);
/* The phone checks it against what it sent. SIMAUTH_WRONG, SIMAUTH_MALFORMED; nextnonce (room 256)
 * is "" when absent. */
SIMAUTH_API enum simauth_result simauth_digest_check_info(
    const char *header, size_t len, const struct simauth_digest_credentials *sent, const void *body,
    size_t body_len, const void *password, size_t password_len, char *nextnonce);

/* RFC 3310: nonce = base64(RAND || AUTN || server data). */
SIMAUTH_API void simauth_aka_nonce_write(const uint8_t rand[static 16],
                                         const uint8_t autn[static 16], char nonce[static 45]);
SIMAUTH_API enum simauth_result simauth_aka_nonce_read(const char *nonce, uint8_t rand[static 16],
                                                       uint8_t autn[static 16]);
/* 2G GBA (TS 24.109 annex H): nonce = base64(RAND || 16 zero octets || Ks-input). SIMAUTH_MALFORMED
 * for any other. */
#define SIMAUTH_NONCE_2G_LEN 64
SIMAUTH_API void simauth_gba_2g_nonce_write(const uint8_t rand[static 16],
                                            const uint8_t ks_input[static 16],
                                            char nonce[static SIMAUTH_NONCE_2G_LEN + 1]);
SIMAUTH_API enum simauth_result
simauth_gba_2g_nonce_read(const char *nonce, uint8_t rand[static 16], uint8_t ks_input[static 16]);
/* GBA_Digest: nonce = base64(16 random octets), which stand where RAND does elsewhere.
 * SIMAUTH_MALFORMED for any other. */
#define SIMAUTH_NONCE_DIGEST_LEN 24
SIMAUTH_API void simauth_gba_digest_nonce_write(const uint8_t rand[static 16],
                                                char nonce[static SIMAUTH_NONCE_DIGEST_LEN + 1]);
SIMAUTH_API enum simauth_result simauth_gba_digest_nonce_read(const char *nonce,
                                                              uint8_t rand[static 16]);
#endif
