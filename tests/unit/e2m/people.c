/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "people.h"

#include <assert.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static EVP_PKEY *make_key(enum people_key key)
{
    switch (key) {
    case PEOPLE_RSA:
        return EVP_RSA_gen(2048);
    case PEOPLE_RSA_1024:
        return EVP_RSA_gen(1024);
    case PEOPLE_P384:
        return EVP_EC_gen("P-384");
    default:
        return EVP_EC_gen("P-256");
    }
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert(extension && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void name(X509 *certificate)
{
    static unsigned long serial = 1;
    X509_NAME *subject = X509_get_subject_name(certificate);
    char common[32];

    snprintf(common, sizeof(common), "person %lu", serial);
    assert(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (unsigned char *)common, -1, -1,
                                      0) == 1);
    assert(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial++) == 1);
}

struct e2m_identity people_make(const struct people_wish *wish, const struct e2m_identity *issuer)
{
    struct e2m_identity made = {X509_new(), make_key(wish->key), NULL};
    X509 *by = issuer ? issuer->certificate : made.certificate;

    assert(made.certificate && made.key && X509_set_version(made.certificate, 2) == 1);
    name(made.certificate);
    X509_set_issuer_name(made.certificate, X509_get_subject_name(by));
    ASN1_TIME_set(X509_getm_notBefore(made.certificate),
                  (time_t)(wish->from ? wish->from : NOW - 43200));
    ASN1_TIME_set(X509_getm_notAfter(made.certificate),
                  (time_t)(wish->to ? wish->to : NOW + 43200));
    X509_set_pubkey(made.certificate, made.key);
    extend(made.certificate, by, NID_basic_constraints,
           wish->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (wish->usage)
        extend(made.certificate, by, NID_key_usage, wish->usage);
    if (wish->purpose)
        extend(made.certificate, by, NID_ext_key_usage, wish->purpose);
    if (wish->san)
        extend(made.certificate, by, NID_subject_alt_name, wish->san);
    if (wish->list) {
        char value[300];

        snprintf(value, sizeof(value), "URI:%s", wish->list);
        extend(made.certificate, by, NID_crl_distribution_points, value);
    }
    if (wish->reads)
        extend(made.certificate, by, NID_SMIMECapabilities, wish->reads);
    assert(X509_sign(made.certificate, issuer ? issuer->key : made.key, EVP_sha256()) > 0);
    return made;
}

struct e2m_identity people_authority(void)
{
    return people_make(&(struct people_wish){.authority = true, .usage = "keyCertSign"}, NULL);
}

static struct e2m_identity named(const char *san, const struct e2m_identity *issuer)
{
    return people_make(&(struct people_wish){.san = san, .usage = "digitalSignature,keyAgreement"},
                       issuer);
}

struct e2m_identity people_subscriber(const char *aor, const struct e2m_identity *issuer)
{
    char san[300];

    snprintf(san, sizeof(san), "URI:%s", aor);
    return named(san, issuer);
}

struct e2m_identity people_server(const char *domain, const struct e2m_identity *issuer)
{
    char san[300];

    snprintf(san, sizeof(san), "URI:sip:%s,DNS:%s", domain, domain);
    return named(san, issuer);
}

struct e2m_trust *people_trust(const struct e2m_identity *authority)
{
    struct e2m_trust *trust = e2m_trust_new();

    assert(trust && e2m_trust_lend(trust, authority->certificate, NULL) == E2M_OK);
    return trust;
}

X509_CRL *people_revoke(const struct e2m_identity *authority, X509 *revoked, uint64_t when)
{
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *last = ASN1_TIME_set(NULL, (time_t)when);
    ASN1_TIME *next = ASN1_TIME_set(NULL, (time_t)when + 3600);

    assert(list && last && next && X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(authority->certificate));
    X509_CRL_set1_lastUpdate(list, last);
    X509_CRL_set1_nextUpdate(list, next);
    if (revoked) {
        X509_REVOKED *entry = X509_REVOKED_new();

        assert(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked)) == 1);
        assert(X509_REVOKED_set_revocationDate(entry, last) == 1);
        assert(X509_CRL_add0_revoked(list, entry) == 1);
    }
    X509_CRL_sort(list);
    assert(X509_CRL_sign(list, authority->key, EVP_sha256()) > 0);
    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    return list;
}

void people_two_make(struct people_two *two, const char *alice, const char *bob)
{
    two->authority = people_authority();
    two->alice = people_subscriber(alice, &two->authority);
    two->bob = people_subscriber(bob, &two->authority);
    two->trust = people_trust(&two->authority);
}

void people_two_free(struct people_two *two)
{
    e2m_identity_free(&two->authority);
    e2m_identity_free(&two->alice);
    e2m_identity_free(&two->bob);
    e2m_trust_free(two->trust);
}
