/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ag_certificates.h"
#include "ag_private.h"
#include "members.h"

#include <e2m/certificate.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define DER_MAX 4096 /* octets of one certificate */
#define REQUEST_MAX 1024

void ag_certificates_clear(struct ag_certificates *c)
{
    EVP_PKEY_free(c->key);
    for (size_t i = 0; i < c->count; i++)
        X509_free(c->list[i]);
    X509_free(c->authority);
    memset(c, 0, sizeof *c);
}

/* -- what comes -------------------------------------------------------------------------------- */

static X509 *certificate_of(const json_t *value)
{
    const char *text = json_string_value(value);
    size_t chars = text ? strlen(text) : 0, len = chars * 3 / 4;
    uint8_t der[DER_MAX];
    const uint8_t *from = der;
    X509 *c = NULL;

    if (len > 0 && len <= sizeof der && simauth_b64u_decode(text, chars, der, len) == SIMAUTH_OK)
        c = d2i_X509(NULL, &from, (long)len);
    if (c && from != der + len) {
        X509_free(c);
        c = NULL;
    }
    ERR_clear_error();
    return c;
}

/* Issued by that authority, for that address, and good now. */
static bool is_good(const struct ag *ag, X509 *c, X509 *authority, const char *aor)
{
    time_t now = time(NULL) + (time_t)ag_clock_ahead(ag);

    return c && e2m_certificate_names_aor_alone(c, aor) == E2M_OK &&
           X509_check_issued(authority, c) == X509_V_OK &&
           X509_verify(c, X509_get0_pubkey(authority)) == 1 &&
           X509_cmp_time(X509_get0_notBefore(c), &now) < 0 &&
           X509_cmp_time(X509_get0_notAfter(c), &now) > 0;
}

static int64_t end_of(X509 *c)
{
    struct tm tm;

    return ASN1_TIME_to_tm(X509_get0_notAfter(c), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static bool take(const struct ag *ag, const json_t *list, const json_t *authority, const char *aor,
                 struct ag_certificates *c)
{
    bool good = json_array_size(list) > 0 && json_array_size(list) <= AG_FOUND_MAX &&
                (c->authority = certificate_of(json_array_get(authority, 0))) &&
                X509_check_ca(c->authority) == 1;

    for (size_t i = 0; good && i < json_array_size(list); i++) {
        c->list[c->count] = certificate_of(json_array_get(list, i));
        good = is_good(ag, c->list[c->count], c->authority, aor);
        c->count += c->list[c->count] != NULL;
    }
    if (good)
        c->until = end_of(c->list[0]);
    ERR_clear_error();
    return good;
}

/* -- one's own --------------------------------------------------------------------------------- */

/* PKCS#10 without a name: the gateway knows whose it is. */
static bool write_request(EVP_PKEY *key, char text[static SIMAUTH_B64U_LEN(REQUEST_MAX) + 1])
{
    X509_REQ *request = X509_REQ_new();
    uint8_t der[REQUEST_MAX], *to = der;
    bool good = key && request && X509_REQ_set_version(request, X509_REQ_VERSION_1) &&
                X509_REQ_set_pubkey(request, key) && X509_REQ_sign(request, key, EVP_sha256()) > 0;
    int len = good ? i2d_X509_REQ(request, NULL) : 0;

    good = len > 0 && (size_t)len <= sizeof der && i2d_X509_REQ(request, &to) == len;
    if (good)
        simauth_b64u_encode(der, (size_t)len, text);
    X509_REQ_free(request);
    ERR_clear_error();
    return good;
}

static bool read_own(const struct ag *ag, const json_t *object, const char *aor,
                     struct ag_certificates *own)
{
    const json_t *certificate = NULL, *authority = NULL;
    char said[SIMAUTH_AOR_MAX + 1] = "";
    int64_t until = 0;
    const struct member members[] = {
        {"aor", MEMBER_AOR, false, said, sizeof said},
        {"certificate", MEMBER_RAW, false, &certificate, 0},
        {"authority", MEMBER_RAW, false, &authority, 0},
        {"until", MEMBER_TIME, false, &until, 0},
    };
    json_t *list;
    bool good;

    if (!members_read(object, members, COUNT(members)) || strcmp(said, aor) != 0)
        return false;
    list = json_pack("[O]", certificate);
    good = take(ag, list, authority, aor, own) &&
           EVP_PKEY_eq(X509_get0_pubkey(own->list[0]), own->key) == 1;
    json_decref(list);
    return good;
}

enum ag_status ag_certificate(struct ag *ag, const char *aor, struct ag_certificates *own)
{
    char request[SIMAUTH_B64U_LEN(REQUEST_MAX) + 1];
    json_t *object;
    enum ag_status status;

    memset(own, 0, sizeof *own);
    own->key = EVP_EC_gen(SN_X9_62_prime256v1);
    if (!write_request(own->key, request))
        return ag_fail(ag, AG_REFUSED, "libcrypto could make no key.");
    status = ua_post(ag, "/v1/certificates",
                     json_pack("{s:s, s:s}", "aor", aor, "request", request), &object);
    if (status == AG_OK && !read_own(ag, object, aor, own))
        status = ag_garbage(ag, "a certificate");
    if (status != AG_OK)
        ag_certificates_clear(own);
    json_decref(object);
    return status;
}

/* -- other people's ---------------------------------------------------------------------------- */

static bool read_found(const struct ag *ag, const json_t *object, const char *aor,
                       struct ag_certificates *found)
{
    const json_t *list = NULL, *authority = NULL;
    char said[SIMAUTH_AOR_MAX + 1] = "", operator_name[SIMAUTH_OPERATOR_NAME_MAX + 1];
    const struct member members[] = {
        {"aor", MEMBER_AOR, false, said, sizeof said},
        {"operator", MEMBER_TEXT, false, operator_name, sizeof operator_name},
        {"certificates", MEMBER_RAW, false, &list, 0},
        {"authority", MEMBER_RAW, false, &authority, 0},
    };

    return members_read(object, members, COUNT(members)) && strcmp(said, aor) == 0 &&
           take(ag, list, authority, aor, found);
}

enum ag_status ag_find_certificates(struct ag *ag, const char *aor, const char *nai,
                                    struct ag_certificates *found)
{
    json_t *object;
    enum ag_status status = ua_post(ag, "/v1/certificates/find",
                                    json_pack("{s:s, s:s*}", "aor", aor, "nai", nai), &object);

    memset(found, 0, sizeof *found);
    if (status == AG_OK && !read_found(ag, object, aor, found))
        status = ag_garbage(ag, "a certificate");
    if (status != AG_OK)
        ag_certificates_clear(found);
    json_decref(object);
    return status;
}
