/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates made while a test runs: none is kept in the repository. */
#ifndef SIMAUTH_TESTING_CERTIFICATES_H
#define SIMAUTH_TESTING_CERTIFICATES_H

#include "testing.h"
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#define DAY 86400
#define NOW 1800000000 /* the tests' clock */

struct issued {
    EVP_PKEY *key;
    X509 *certificate;
};

static inline void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* `issuer` NULL: self-signed. `names` is a subjectAltName ("DNS:op.example") or NULL for an
 * authority. Valid from NOW - DAY to NOW + DAY. */
static inline struct issued issue(const struct issued *issuer, const char *common_name,
                                  const char *names, const char *curve)
{
    static long serial = 1;
    struct issued made = {EVP_EC_gen(curve), X509_new()};
    X509_NAME *name = X509_get_subject_name(made.certificate);
    time_t now = NOW;

    assert_non_null(made.key);
    X509_set_version(made.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), serial++);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)common_name, -1, -1, 0);
    X509_set_issuer_name(made.certificate,
                         issuer != NULL ? X509_get_subject_name(issuer->certificate) : name);
    X509_time_adj(X509_getm_notBefore(made.certificate), -DAY, &now);
    X509_time_adj(X509_getm_notAfter(made.certificate), DAY, &now);
    X509_set_pubkey(made.certificate, made.key);
    if (names != NULL)
        add_extension(made.certificate, NID_subject_alt_name, names);
    else
        add_extension(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_sign(made.certificate, issuer != NULL ? issuer->key : made.key, EVP_sha256()) >
                0);
    return made;
}

static inline void issued_free(struct issued *issued)
{
    EVP_PKEY_free(issued->key);
    X509_free(issued->certificate);
}

#endif
