/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json.h"
#include "names.h"
#include "statement.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *certificate_text(X509 *certificate)
{
    uint8_t *der = NULL;
    int len = i2d_X509(certificate, &der);
    char text[SIMAUTH_B64_LEN(SIMAUTH_CERTIFICATE_MAX) + 1];
    json_t *string = NULL;

    if (len > 0 && len <= SIMAUTH_CERTIFICATE_MAX) {
        simauth_b64_encode(der, (size_t)len, text);
        string = json_string(text);
    }
    OPENSSL_free(der);
    return string;
}

/* NULL also when the chain is empty or longer than a verifier takes. */
static json_t *chain_array(STACK_OF(X509) * chain)
{
    int count = sk_X509_num(chain);
    json_t *array = count >= 1 && count <= SIMAUTH_CHAIN_MAX ? json_array() : NULL;

    for (int i = 0; array != NULL && i < count; i++) {
        if (json_array_append_new(array, certificate_text(sk_X509_value(chain, i))) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static char *header_part(STACK_OF(X509) * chain)
{
    json_t *x5c = chain_array(chain), *header = NULL;
    char *part = NULL;

    if (x5c != NULL)
        header = json_pack("{s:s, s:s, s:O}", "alg", "ES256", "typ", JWS_TYPE, "x5c", x5c);
    if (header != NULL)
        part = jws_part(header);
    json_decref(header);
    json_decref(x5c);
    return part;
}

static char *payload_part(const struct simauth_statement *statement)
{
    char key[SIMAUTH_B64U_LEN(SIMAUTH_X25519_LEN) + 1];
    json_t *payload;
    char *part = NULL;

    simauth_b64u_encode(statement->key, sizeof statement->key, key);
    payload = json_pack("{s:s, s:s, s:s, s:I, s:I}", "iss", statement->realm, "name",
                        statement->name, "key", key, "nbf", (json_int_t)statement->not_before,
                        "exp", (json_int_t)statement->not_after);
    if (payload != NULL)
        part = jws_part(payload);
    json_decref(payload);
    return part;
}

static bool sign(EVP_PKEY *key, const char *text, uint8_t raw[static ES256_LEN])
{
    uint8_t der[80]; /* two integers of 33 octets and their headers: 72 */
    size_t len = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) &&
                EVP_DigestSign(ctx, der, &len, (const uint8_t *)text, strlen(text)) > 0 &&
                jws_raw_signature(der, len, raw);

    EVP_MD_CTX_free(ctx);
    return good;
}

/* "header.payload" becomes "header.payload.signature". */
static char *assemble(const char *header, const char *payload, EVP_PKEY *key)
{
    size_t room = strlen(header) + strlen(payload) + SIMAUTH_B64U_LEN(ES256_LEN) + 3;
    uint8_t raw[ES256_LEN];
    char *jws = room <= SIMAUTH_STATEMENT_MAX + 1 ? malloc(room) : NULL;
    size_t len;

    if (jws == NULL)
        return NULL;
    len = (size_t)snprintf(jws, room, "%s.%s", header, payload);
    if (!sign(key, jws, raw)) {
        free(jws);
        return NULL;
    }
    jws[len++] = '.';
    simauth_b64u_encode(raw, sizeof raw, jws + len);
    return jws;
}

char *simauth_statement_sign(const struct simauth_statement *statement, EVP_PKEY *key,
                             STACK_OF(X509) * chain)
{
    char *header, *payload, *jws = NULL;

    if (!jws_key_is_p256(key) || !realm_good(statement->realm) || statement->name[0] == '\0' ||
        !json_text_good(statement->name, strlen(statement->name)) || statement->not_before < 0 ||
        statement->not_after < statement->not_before || statement->not_after > JWS_TIME_MAX)
        return NULL;
    header = header_part(chain);
    payload = payload_part(statement);
    if (header != NULL && payload != NULL)
        jws = assemble(header, payload, key);
    free(header);
    free(payload);
    return jws;
}
