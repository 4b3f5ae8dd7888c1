/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WWW-Authenticate and Authorization, between text and checked struct. */
#include "digest_params.h"
#include "names.h"
#include "simauth/octets.h"
#include <stdio.h>
#include <string.h>

#define AUTS_TEXT SIMAUTH_B64_LEN(SIMAUTH_AUTS_LEN)

static const char *const ALGORITHMS[] = {
    [SIMAUTH_DIGEST_MD5] = "MD5",
    [SIMAUTH_DIGEST_SHA256] = "SHA-256",
    [SIMAUTH_DIGEST_AKAV1_MD5] = "AKAv1-MD5",
};
static const char *const ALGORITHMS_LOWER[] = {
    [SIMAUTH_DIGEST_MD5] = "md5",
    [SIMAUTH_DIGEST_SHA256] = "sha-256",
    [SIMAUTH_DIGEST_AKAV1_MD5] = "akav1-md5",
};
#define ALGORITHMS_COUNT (sizeof ALGORITHMS / sizeof ALGORITHMS[0])

/* Absent: MD5 (RFC 7616, 3.3). */
static enum simauth_result read_algorithm(const struct params *p,
                                          enum simauth_digest_algorithm *algorithm)
{
    const char *value = p->value[PARAM_ALGORITHM];

    *algorithm = SIMAUTH_DIGEST_MD5;
    if (!p->has[PARAM_ALGORITHM])
        return SIMAUTH_OK;
    for (size_t i = 0; i < ALGORITHMS_COUNT; i++) {
        if (ascii_is(value, strlen(value), ALGORITHMS_LOWER[i])) {
            *algorithm = (enum simauth_digest_algorithm)i;
            return SIMAUTH_OK;
        }
    }
    return SIMAUTH_UNKNOWN_METHOD;
}

/* "auth", "auth-int", or 0 for another word. */
static unsigned qop_bit(const char *word, size_t len)
{
    if (ascii_is(word, len, "auth"))
        return SIMAUTH_QOP_AUTH;
    return ascii_is(word, len, "auth-int") ? SIMAUTH_QOP_AUTH_INT : 0;
}

static unsigned read_qop_list(const char *list)
{
    unsigned bits = 0;

    for (;;) {
        size_t len;
        list += strspn(list, " \t,");
        len = strcspn(list, " \t,");
        if (len == 0)
            return bits;
        bits |= qop_bit(list, len);
        list += len;
    }
}

enum simauth_result simauth_digest_parse_challenge(const char *header, size_t len,
                                                   struct simauth_digest_challenge *c)
{
    struct params p;
    enum simauth_result result = params_read(header, len, "digest", &p);

    memset(c, 0, sizeof *c);
    if (result != SIMAUTH_OK)
        return result;
    if (!p.has[PARAM_REALM] || !p.has[PARAM_NONCE])
        return SIMAUTH_MALFORMED;
    result = read_algorithm(&p, &c->algorithm);
    if (result != SIMAUTH_OK)
        return result;
    c->qop = read_qop_list(p.value[PARAM_QOP]);
    if (p.has[PARAM_QOP] && c->qop == 0) /* neither auth nor auth-int: nothing that we could do */
        return SIMAUTH_UNKNOWN_METHOD;
    strcpy(c->realm, p.value[PARAM_REALM]);
    strcpy(c->nonce, p.value[PARAM_NONCE]);
    strcpy(c->opaque, p.value[PARAM_OPAQUE]);
    c->stale = ascii_is(p.value[PARAM_STALE], strlen(p.value[PARAM_STALE]), "true");
    return SIMAUTH_OK;
}

/* 8LHEX (RFC 7616, 3.4); zero is no count of a request. */
static bool read_nc(const char *text, uint32_t *nc)
{
    *nc = 0;
    if (strlen(text) != 8)
        return false;
    for (size_t i = 0; i < 8; i++) {
        int value = ascii_hex(text[i]);
        if (value < 0)
            return false;
        *nc = *nc << 4 | (uint32_t)value;
    }
    return *nc != 0;
}

/* Empty (the first request of Ub) or as many lower-case hexadecimal digits as the algorithm makes.
 */
static bool response_good(const char *text, enum simauth_digest_algorithm algorithm)
{
    size_t len = strlen(text);

    if (len != 0 && len != (algorithm == SIMAUTH_DIGEST_SHA256 ? 64 : 32))
        return false;
    return strspn(text, "0123456789abcdef") == len;
}

static bool read_qop(const struct params *p, struct simauth_digest_credentials *c)
{
    const char *qop = p->value[PARAM_QOP];

    if (!p->has[PARAM_QOP])
        return !p->has[PARAM_NC] && !p->has[PARAM_CNONCE];
    c->qop = (enum simauth_digest_qop)qop_bit(qop, strlen(qop));
    return c->qop != 0 && p->value[PARAM_CNONCE][0] != '\0' && p->has[PARAM_NC] &&
           read_nc(p->value[PARAM_NC], &c->nc);
}

static bool read_auts(const struct params *p, struct simauth_digest_credentials *c)
{
    const char *auts = p->value[PARAM_AUTS];
    size_t len = 0;

    c->has_auts = p->has[PARAM_AUTS];
    if (!c->has_auts)
        return true;
    return simauth_b64_decode(auts, strlen(auts), c->auts, sizeof c->auts, &len) == SIMAUTH_OK &&
           len == sizeof c->auts;
}

static enum simauth_result read_credentials(const struct params *p,
                                            struct simauth_digest_credentials *c)
{
    enum simauth_result result = read_algorithm(p, &c->algorithm);

    if (result != SIMAUTH_OK)
        return result;
    if (!p->has[PARAM_USERNAME] || !p->has[PARAM_REALM] || !p->has[PARAM_NONCE] ||
        !p->has[PARAM_URI] || !p->has[PARAM_RESPONSE])
        return SIMAUTH_MALFORMED;
    if (!read_qop(p, c) || !read_auts(p, c) ||
        !response_good(p->value[PARAM_RESPONSE], c->algorithm))
        return SIMAUTH_MALFORMED;
    strcpy(c->username, p->value[PARAM_USERNAME]);
    strcpy(c->realm, p->value[PARAM_REALM]);
    strcpy(c->nonce, p->value[PARAM_NONCE]);
    strcpy(c->uri, p->value[PARAM_URI]);
    strcpy(c->response, p->value[PARAM_RESPONSE]);
    strcpy(c->cnonce, p->value[PARAM_CNONCE]);
    strcpy(c->opaque, p->value[PARAM_OPAQUE]);
    return SIMAUTH_OK;
}

enum simauth_result simauth_digest_parse_credentials(const char *header, size_t len,
                                                     struct simauth_digest_credentials *c)
{
    struct params p;
    enum simauth_result result = params_read(header, len, "digest", &p);

    memset(c, 0, sizeof *c);
    if (result == SIMAUTH_OK)
        result = read_credentials(&p, c);
    if (result != SIMAUTH_OK)
        memset(c, 0, sizeof *c);
    return result;
}

static void write_algorithm(struct writer *w, enum simauth_digest_algorithm algorithm)
{
    if ((size_t)algorithm >= ALGORITHMS_COUNT)
        w->result = SIMAUTH_MALFORMED;
    else if (algorithm != SIMAUTH_DIGEST_MD5) /* what an absent one means */
        writer_bare(w, "algorithm", ALGORITHMS[algorithm]);
}

enum simauth_result simauth_digest_write_challenge(const struct simauth_digest_challenge *c,
                                                   char *header)
{
    static const char *const QOP[] = {"", "auth", "auth-int", "auth,auth-int"};
    struct writer w;

    writer_begin(&w, header, "Digest ");
    writer_quoted(&w, "realm", c->realm);
    writer_quoted(&w, "nonce", c->nonce);
    if (c->opaque[0] != '\0')
        writer_quoted(&w, "opaque", c->opaque);
    write_algorithm(&w, c->algorithm);
    if (c->qop != 0)
        writer_quoted(&w, "qop", QOP[c->qop & 3]);
    if (c->stale)
        writer_bare(&w, "stale", "true");
    return writer_end(&w);
}

static void write_qop(struct writer *w, const struct simauth_digest_credentials *c)
{
    char nc[9];

    writer_quoted(w, "cnonce", c->cnonce);
    writer_bare(w, "qop", c->qop == SIMAUTH_QOP_AUTH_INT ? "auth-int" : "auth");
    snprintf(nc, sizeof nc, "%08x", (unsigned)c->nc);
    writer_bare(w, "nc", nc);
}

enum simauth_result simauth_digest_write_credentials(const struct simauth_digest_credentials *c,
                                                     char *header)
{
    char auts[AUTS_TEXT + 1];
    struct writer w;

    writer_begin(&w, header, "Digest ");
    writer_quoted(&w, "username", c->username);
    writer_quoted(&w, "realm", c->realm);
    writer_quoted(&w, "nonce", c->nonce);
    writer_quoted(&w, "uri", c->uri);
    writer_quoted(&w, "response", c->response);
    write_algorithm(&w, c->algorithm);
    if (c->opaque[0] != '\0')
        writer_quoted(&w, "opaque", c->opaque);
    if (c->qop != 0)
        write_qop(&w, c);
    if (c->has_auts) {
        simauth_b64_encode(c->auts, sizeof c->auts, auts);
        writer_quoted(&w, "auts", auts);
    }
    return writer_end(&w);
}

void simauth_aka_nonce_write(const uint8_t rand[static 16], const uint8_t autn[static 16],
                             char nonce[static 45])
{
    uint8_t octets[SIMAUTH_RAND_LEN + SIMAUTH_AUTN_LEN];

    memcpy(octets, rand, SIMAUTH_RAND_LEN);
    memcpy(octets + SIMAUTH_RAND_LEN, autn, SIMAUTH_AUTN_LEN);
    simauth_b64_encode(octets, sizeof octets, nonce);
}

enum simauth_result simauth_aka_nonce_read(const char *nonce, uint8_t rand[static 16],
                                           uint8_t autn[static 16])
{
    uint8_t octets[SIMAUTH_DIGEST_TEXT_MAX];
    size_t text_len = strnlen(nonce, SIMAUTH_DIGEST_TEXT_MAX + 1), len;

    if (text_len > SIMAUTH_DIGEST_TEXT_MAX)
        return SIMAUTH_TOO_LONG;
    if (simauth_b64_decode(nonce, text_len, octets, sizeof octets, &len) != SIMAUTH_OK ||
        len < SIMAUTH_RAND_LEN + SIMAUTH_AUTN_LEN) /* more is the server's own data */
        return SIMAUTH_MALFORMED;
    memcpy(rand, octets, SIMAUTH_RAND_LEN);
    memcpy(autn, octets + SIMAUTH_RAND_LEN, SIMAUTH_AUTN_LEN);
    return SIMAUTH_OK;
}

void simauth_gba_2g_nonce_write(const uint8_t rand[static 16], const uint8_t ks_input[static 16],
                                char nonce[static SIMAUTH_NONCE_2G_LEN + 1])
{
    uint8_t octets[48] = {0};

    memcpy(octets, rand, 16);
    memcpy(octets + 32, ks_input, 16);
    simauth_b64_encode(octets, sizeof octets, nonce);
}

enum simauth_result simauth_gba_2g_nonce_read(const char *nonce, uint8_t rand[static 16],
                                              uint8_t ks_input[static 16])
{
    static const uint8_t no_autn[16];
    uint8_t octets[48];
    size_t len;

    if (strnlen(nonce, SIMAUTH_NONCE_2G_LEN + 1) != SIMAUTH_NONCE_2G_LEN ||
        simauth_b64_decode(nonce, SIMAUTH_NONCE_2G_LEN, octets, sizeof octets, &len) !=
            SIMAUTH_OK ||
        len != sizeof octets || memcmp(octets + 16, no_autn, sizeof no_autn) != 0)
        return SIMAUTH_MALFORMED;
    memcpy(rand, octets, 16);
    memcpy(ks_input, octets + 32, 16);
    return SIMAUTH_OK;
}

void simauth_gba_digest_nonce_write(const uint8_t rand[static 16],
                                    char nonce[static SIMAUTH_NONCE_DIGEST_LEN + 1])
{
    simauth_b64_encode(rand, 16, nonce);
}

enum simauth_result simauth_gba_digest_nonce_read(const char *nonce, uint8_t rand[static 16])
{
    uint8_t octets[16];
    size_t len;

    if (strnlen(nonce, SIMAUTH_NONCE_DIGEST_LEN + 1) != SIMAUTH_NONCE_DIGEST_LEN ||
        simauth_b64_decode(nonce, SIMAUTH_NONCE_DIGEST_LEN, octets, sizeof octets, &len) !=
            SIMAUTH_OK ||
        len != sizeof octets)
        return SIMAUTH_MALFORMED;
    memcpy(rand, octets, sizeof octets);
    return SIMAUTH_OK;
}
