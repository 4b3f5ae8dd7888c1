/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People, servers and authorities with certificates, for tests. */
#ifndef E2M_TEST_PEOPLE_H
#define E2M_TEST_PEOPLE_H

#include "e2m/envelope.h"

/* The time that all tests live in: 2026-06-01 12:00:00 UTC. */
#define NOW UINT64_C(1780315200)

enum people_key { PEOPLE_P256, PEOPLE_RSA, PEOPLE_RSA_1024, PEOPLE_P384 };

struct people_wish {
    enum people_key key;
    const char *san;     /* "URI:sip:alice@a.example", NULL: none */
    const char *usage;   /* keyUsage in OpenSSL's words, NULL: none */
    const char *purpose; /* extendedKeyUsage, the same */
    uint64_t from, to;   /* 0: a day around NOW */
    bool authority;      /* a CA */
    const char *list;    /* https URL of the list of revoked ones, NULL: none */
    const char *reads;   /* SMIMECapabilities as "DER:30..", NULL: none */
};

/* A certificate by `issuer` (NULL: by itself). Aborts the test when anything fails. */
struct e2m_identity people_make(const struct people_wish *wish, const struct e2m_identity *issuer);
struct e2m_identity people_authority(void);
/* P-256, digitalSignature and keyAgreement. */
struct e2m_identity people_subscriber(const char *aor, const struct e2m_identity *issuer);
struct e2m_identity people_server(const char *domain, const struct e2m_identity *issuer);
/* What trusts it, whatever the domain. */
struct e2m_trust *people_trust(const struct e2m_identity *authority);

/* Two people of one authority. */
struct people_two {
    struct e2m_identity authority, alice, bob;
    struct e2m_trust *trust;
};
void people_two_make(struct people_two *two, const char *alice, const char *bob);
void people_two_free(struct people_two *two);

/* A list that `authority` signs at `when`, good for an hour, with that certificate (NULL: none). */
X509_CRL *people_revoke(const struct e2m_identity *authority, X509 *revoked, uint64_t when);

#endif
