/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A phone's check of an operator's statement: signature, chain, name, time. */
#include "json.h"
#include "names.h"
#include "statement.h"
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static const char *const HEADER_MEMBERS[] = {"alg", "typ", "x5c", NULL};
static const char *const PAYLOAD_MEMBERS[] = {"iss", "name", "key", "nbf", "exp", NULL};

static X509 *read_certificate(const json_t *text)
{
    uint8_t der[SIMAUTH_CERTIFICATE_MAX];
    const uint8_t *at = der;
    size_t len;
    X509 *certificate;

    if (!json_is_string(text) ||
        simauth_b64_decode(json_string_value(text), json_string_length(text), der, sizeof der,
                           &len) != SIMAUTH_OK)
        return NULL;
    certificate = d2i_X509(NULL, &at, (long)len);
    if (certificate != NULL && at != der + len) { /* nothing may hide behind it */
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

static STACK_OF(X509) * read_chain(const json_t *x5c)
{
    size_t count = json_array_size(x5c);
    STACK_OF(X509) *chain = NULL;

    if (count >= 1 && count <= SIMAUTH_CHAIN_MAX)
        chain = sk_X509_new_null();
    for (size_t i = 0; chain != NULL && i < count; i++) {
        X509 *certificate = read_certificate(json_array_get(x5c, i));
        if (certificate == NULL || !sk_X509_push(chain, certificate)) {
            X509_free(certificate);
            sk_X509_pop_free(chain, X509_free);
            chain = NULL;
        }
    }
    return chain;
}

static STACK_OF(X509) * read_header(const struct jws *jws)
{
    json_t *header = jws_object(jws->header, jws->header_len);
    STACK_OF(X509) *chain = NULL;
    char alg[8], typ[32];

    if (header != NULL && simauth_json_only(header, HEADER_MEMBERS) &&
        json_take_text(header, "alg", alg, sizeof alg - 1) && strcmp(alg, "ES256") == 0 &&
        json_take_text(header, "typ", typ, sizeof typ - 1) && strcmp(typ, JWS_TYPE) == 0)
        chain = read_chain(json_object_get(header, "x5c"));
    json_decref(header);
    return chain;
}

static enum simauth_result read_payload(const struct jws *jws, struct simauth_statement *statement)
{
    json_t *payload = jws_object(jws->payload, jws->payload_len);
    enum simauth_result result = SIMAUTH_MALFORMED;

    if (payload != NULL && simauth_json_only(payload, PAYLOAD_MEMBERS) &&
        json_take_text(payload, "iss", statement->realm, SIMAUTH_REALM_MAX) &&
        realm_good(statement->realm) &&
        json_take_text(payload, "name", statement->name, SIMAUTH_OPERATOR_NAME_MAX) &&
        json_take_octets(payload, "key", statement->key, sizeof statement->key) &&
        json_take_integer(payload, "nbf", 0, JWS_TIME_MAX, &statement->not_before) &&
        json_take_integer(payload, "exp", statement->not_before, JWS_TIME_MAX,
                          &statement->not_after))
        result = SIMAUTH_OK;
    json_decref(payload);
    return result;
}

static enum simauth_result check_signature(const struct jws *jws, X509 *leaf)
{
    EVP_PKEY *key = X509_get0_pubkey(leaf);
    uint8_t raw[ES256_LEN], *der = NULL;
    EVP_MD_CTX *ctx;
    int len;
    bool good;

    if (simauth_b64u_decode(jws->signature, jws->signature_len, raw, sizeof raw) != SIMAUTH_OK)
        return SIMAUTH_MALFORMED;
    if (!jws_key_is_p256(key))
        return SIMAUTH_UNTRUSTED;
    len = jws_der_signature(raw, &der);
    ctx = len > 0 ? EVP_MD_CTX_new() : NULL;
    good = ctx != NULL && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) &&
           EVP_DigestVerify(ctx, der, (size_t)len, (const uint8_t *)jws->signed_text,
                            jws->signed_len) == 1;
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);
    return good ? SIMAUTH_OK : SIMAUTH_WRONG;
}

static enum simauth_result chain_error(int error)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return SIMAUTH_EXPIRED;
    case X509_V_ERR_OUT_OF_MEM:
        return SIMAUTH_NO_MEMORY;
    default:
        return SIMAUTH_UNTRUSTED;
    }
}

/* No purpose is asked for: operators' certificates for this need not be TLS servers'. */
static enum simauth_result check_chain(STACK_OF(X509) * chain, X509_STORE *anchors, int64_t now)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    enum simauth_result result = SIMAUTH_NO_MEMORY;
    X509_VERIFY_PARAM *param;

    if (ctx != NULL && X509_STORE_CTX_init(ctx, anchors, sk_X509_value(chain, 0), chain)) {
        param = X509_STORE_CTX_get0_param(ctx);
        X509_VERIFY_PARAM_set_time(param, (time_t)now);
        X509_VERIFY_PARAM_set_depth(param, SIMAUTH_CHAIN_MAX);
        X509_VERIFY_PARAM_set_auth_level(param, 2); /* 112 bits: no SHA-1, no RSA of 1024 */
        result =
            X509_verify_cert(ctx) > 0 ? SIMAUTH_OK : chain_error(X509_STORE_CTX_get_error(ctx));
    }
    X509_STORE_CTX_free(ctx);
    return result;
}

static bool name_matches(X509 *leaf, const char *realm)
{
    return X509_check_host(leaf, realm, strlen(realm),
                           X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                           NULL) == 1;
}

static enum simauth_result check_all(const struct jws *jws, STACK_OF(X509) * chain,
                                     X509_STORE *anchors, int64_t now,
                                     struct simauth_statement *statement)
{
    X509 *leaf = sk_X509_value(chain, 0);
    enum simauth_result result = check_signature(jws, leaf);

    if (result == SIMAUTH_OK)
        result = read_payload(jws, statement);
    if (result == SIMAUTH_OK)
        result = check_chain(chain, anchors, now);
    if (result == SIMAUTH_OK && !name_matches(leaf, statement->realm))
        result = SIMAUTH_UNTRUSTED;
    if (result == SIMAUTH_OK && (now < statement->not_before || now > statement->not_after))
        result = SIMAUTH_EXPIRED;
    return result;
}

enum simauth_result simauth_statement_verify(const char *text, X509_STORE *anchors, int64_t now,
                                             struct simauth_statement *statement)
{
    STACK_OF(X509) *chain = NULL;
    struct jws jws;
    enum simauth_result result;

    memset(statement, 0, sizeof *statement);
    result = jws_split(text, &jws);
    if (result != SIMAUTH_OK)
        return result;
    ERR_set_mark(); /* a caller's TLS reads the same queue of errors */
    chain = read_header(&jws);
    result = chain != NULL ? check_all(&jws, chain, anchors, now, statement) : SIMAUTH_MALFORMED;
    sk_X509_pop_free(chain, X509_free);
    ERR_pop_to_mark();
    if (result != SIMAUTH_OK)
        memset(statement, 0, sizeof *statement);
    return result;
}

bool simauth_statement_names(const char *text, const char *domain)
{
    STACK_OF(X509) *chain = NULL;
    struct jws jws;
    bool named = false;

    if (jws_split(text, &jws) != SIMAUTH_OK)
        return false;
    ERR_set_mark();
    chain = read_header(&jws);
    named = chain != NULL && *domain && name_matches(sk_X509_value(chain, 0), domain);
    sk_X509_pop_free(chain, X509_free);
    ERR_pop_to_mark();
    return named;
}
