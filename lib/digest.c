/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hashing of RFC 7616 section 3.4 and its counterpart for responses (3.5). */
#include "simauth/digest.h"
#include "crypto.h"
#include "digest_params.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define HEX_MAX (2 * SHA256_LEN)

static struct span text(const char *s)
{
    return (struct span){s, strlen(s)};
}

static enum simauth_result hash_hex(enum simauth_digest_algorithm algorithm,
                                    const struct span *spans, size_t n,
                                    char hex[static HEX_MAX + 1])
{
    enum hash hash = algorithm == SIMAUTH_DIGEST_SHA256 ? HASH_SHA256 : HASH_MD5;
    uint8_t octets[SHA256_LEN];
    size_t len = 0;
    enum simauth_result result = crypto_hash(hash, spans, n, octets, &len);

    hex[0] = '\0';
    for (size_t i = 0; result == SIMAUTH_OK && i < len; i++) {
        hex[2 * i] = "0123456789abcdef"[octets[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[octets[i] & 15];
        hex[2 * i + 2] = '\0';
    }
    OPENSSL_cleanse(octets, sizeof octets);
    return result;
}

/* H(A1) = H(username:realm:password) */
static enum simauth_result hash_a1(const struct simauth_digest_credentials *c, const void *password,
                                   size_t password_len, char hex[static HEX_MAX + 1])
{
    struct span spans[] = {text(c->username),
                           text(":"),
                           text(c->realm),
                           text(":"),
                           {password_len > 0 ? password : "", password_len}};

    return hash_hex(c->algorithm, spans, 5, hex);
}

/* H(A2) = H(method:uri) or H(method:uri:H(body)); a response has no method. */
static enum simauth_result hash_a2(const struct simauth_digest_credentials *c,
                                   const struct simauth_digest_request *request,
                                   char hex[static HEX_MAX + 1])
{
    struct span body = {request->body_len > 0 ? request->body : "", request->body_len};
    char body_hex[HEX_MAX + 1];
    struct span spans[] = {
        text(request->method), text(":"), text(c->uri), text(":"), {body_hex, 0}};
    enum simauth_result result;

    if (c->qop != SIMAUTH_QOP_AUTH_INT)
        return hash_hex(c->algorithm, spans, 3, hex);
    result = hash_hex(c->algorithm, &body, 1, body_hex);
    if (result != SIMAUTH_OK)
        return result;
    spans[4] = text(body_hex);
    return hash_hex(c->algorithm, spans, 5, hex);
}

static enum simauth_result compute(const struct simauth_digest_credentials *c,
                                   const struct simauth_digest_request *request,
                                   const void *password, size_t password_len,
                                   char response[static HEX_MAX + 1])
{
    char a1[HEX_MAX + 1], a2[HEX_MAX + 1], nc[9];
    const char *qop = c->qop == SIMAUTH_QOP_AUTH_INT ? "auth-int" : "auth";
    enum simauth_result result = hash_a1(c, password, password_len, a1);

    snprintf(nc, sizeof nc, "%08x", (unsigned)c->nc);
    if (result == SIMAUTH_OK)
        result = hash_a2(c, request, a2);
    if (result == SIMAUTH_OK && c->qop == 0) { /* RFC 2069's form */
        struct span spans[] = {text(a1), text(":"), text(c->nonce), text(":"), text(a2)};
        result = hash_hex(c->algorithm, spans, 5, response);
    } else if (result == SIMAUTH_OK) {
        struct span spans[] = {text(a1),  text(":"), text(c->nonce),  text(":"),
                               text(nc),  text(":"), text(c->cnonce), text(":"),
                               text(qop), text(":"), text(a2)};
        result = hash_hex(c->algorithm, spans, 11, response);
    }
    OPENSSL_cleanse(a1, sizeof a1);
    return result;
}

static bool same_text(const char *a, const char *b)
{
    size_t len = strlen(a);

    return len > 0 && len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}

enum simauth_result simauth_digest_sign(struct simauth_digest_credentials *c,
                                        const struct simauth_digest_request *request,
                                        const void *password, size_t password_len)
{
    return compute(c, request, password, password_len, c->response);
}

enum simauth_result simauth_digest_check(const struct simauth_digest_credentials *c,
                                         const struct simauth_digest_request *request,
                                         const void *password, size_t password_len)
{
    char right[HEX_MAX + 1];
    enum simauth_result result = compute(c, request, password, password_len, right);

    if (result == SIMAUTH_OK && !same_text(right, c->response))
        result = SIMAUTH_WRONG;
    OPENSSL_cleanse(right, sizeof right);
    return result;
}

enum simauth_result simauth_digest_write_info(const struct simauth_digest_credentials *c,
                                              const void *body, size_t body_len,
                                              const void *password, size_t password_len,
                                              const char *nextnonce, char *header)
{
    const struct simauth_digest_request response = {"", body, body_len};
    char rspauth[HEX_MAX + 1], nc[9];
    enum simauth_result result = compute(c, &response, password, password_len, rspauth);
    struct writer w;

    header[0] = '\0';
    if (result != SIMAUTH_OK)
        return result;
    snprintf(nc, sizeof nc, "%08x", (unsigned)c->nc);
    writer_begin(&w, header, "");
    if (nextnonce != NULL)
        writer_quoted(&w, "nextnonce", nextnonce);
    if (c->qop != 0)
        writer_bare(&w, "qop", c->qop == SIMAUTH_QOP_AUTH_INT ? "auth-int" : "auth");
    writer_quoted(&w, "rspauth", rspauth);
    if (c->qop != 0) {
        writer_quoted(&w, "cnonce", c->cnonce);
        writer_bare(&w, "nc", nc);
    }
    return writer_end(&w);
}

/* What the server says back must be what was sent: another request's proof is none. */
static bool same_request(const struct params *p, const struct simauth_digest_credentials *sent)
{
    const char *qop = sent->qop == SIMAUTH_QOP_AUTH_INT ? "auth-int" : "auth";
    char nc[9];

    snprintf(nc, sizeof nc, "%08x", (unsigned)sent->nc);
    if (sent->qop == 0)
        return !p->has[PARAM_QOP];
    return strcmp(p->value[PARAM_QOP], qop) == 0 && strcmp(p->value[PARAM_NC], nc) == 0 &&
           strcmp(p->value[PARAM_CNONCE], sent->cnonce) == 0;
}

enum simauth_result simauth_digest_check_info(const char *header, size_t len,
                                              const struct simauth_digest_credentials *sent,
                                              const void *body, size_t body_len,
                                              const void *password, size_t password_len,
                                              char *nextnonce)
{
    const struct simauth_digest_request response = {"", body, body_len};
    char right[HEX_MAX + 1];
    struct params p;
    enum simauth_result result = params_read(header, len, NULL, &p);

    nextnonce[0] = '\0';
    if (result != SIMAUTH_OK)
        return result;
    if (!p.has[PARAM_RSPAUTH])
        return SIMAUTH_MALFORMED;
    result = compute(sent, &response, password, password_len, right);
    if (result != SIMAUTH_OK)
        return result;
    if (!same_request(&p, sent) || !same_text(right, p.value[PARAM_RSPAUTH]))
        return SIMAUTH_WRONG;
    strcpy(nextnonce, p.value[PARAM_NEXTNONCE]);
    return SIMAUTH_OK;
}
