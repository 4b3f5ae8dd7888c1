/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates: read, their names, their chain at a given time against given anchors. No file, no
 * clock, no revocation lists: subscribers' certificates live for a day.
 */
#ifndef E2M_CERTIFICATE_H
#define E2M_CERTIFICATE_H

#include "result.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

#define E2M_CHAIN_MAX 6
#define E2M_AOR_MAX 255

/* A certificate with the key to it and the certificates between it and an anchor. Owns all of it.
 */
struct e2m_identity {
    X509 *certificate;
    EVP_PKEY *key;
    STACK_OF(X509) * chain; /* NULL: none */
};

/* From PEM: the first certificate is the identity's, others its chain. `key` PEM, without a
 * passphrase; empty: no key (a peer's). E2M_BAD_DER: not PEM; E2M_BAD_CERTIFICATE: the key is not
 * that of the certificate, or neither P-256 nor RSA of 2048 to 4096 bits; E2M_TOO_LARGE. */
enum e2m_result e2m_identity_read(struct e2m_identity *identity, struct e2m_span certificates,
                                  struct e2m_span key);
/* The key is wiped with it. Leaves it empty. */
void e2m_identity_free(struct e2m_identity *identity);

/* The certificate of a 493 response or a gateway's answer: DER (application/pkix-cert), a
 * degenerate SignedData (certs-only) or PEM. New reference; *chain (may be NULL) gets the others or
 * NULL. */
enum e2m_result e2m_certificate_read(struct e2m_span octets, X509 **certificate,
                                     STACK_OF(X509) * *chain);
/* DER of it. */
enum e2m_result e2m_certificate_print(X509 *certificate, struct e2m_buffer *der);
/* SHA-256 of its DER, 64 hexadecimal digits and a NUL: what is pinned and shown. */
enum e2m_result e2m_certificate_fingerprint(X509 *certificate, char out[static 65]);

/* Trust anchors. NULL when out of memory. */
X509_STORE *e2m_trust_new(void);
/* Adds every certificate of a PEM file's text. E2M_BAD_DER when there is none. */
enum e2m_result e2m_trust_add(X509_STORE *trust, struct e2m_span pem);
/* X509_STORE_free(). */
void e2m_trust_free(X509_STORE *trust);

enum e2m_use { E2M_USE_SIGN, E2M_USE_ENCRYPT };

/* Chain, time (seconds since 1970), key usage and, where it names any, extended key usage (mail,
 * SIP or anything: RFC 8551, 5924). `chain` may be NULL. E2M_UNTRUSTED, E2M_EXPIRED,
 * E2M_BAD_CERTIFICATE. */
enum e2m_result e2m_certificate_check(X509 *certificate, STACK_OF(X509) * chain, X509_STORE *trust,
                                      uint64_t now, enum e2m_use use);
/* RFC 5922, 7: a subjectAltName that is the URI sip:DOMAIN or, where it has no SIP URI, the DNS
 * name DOMAIN. No wildcard; the common name counts for nothing. E2M_WRONG_SERVER. */
enum e2m_result e2m_certificate_names_server(X509 *certificate, const char *domain);
/* A subjectAltName that is the URI of the AOR (sip or sips, "user@host" with host in any case, no
 * parameters, %HH of unreserved characters undone). E2M_FOREIGN_SIGNER. */
enum e2m_result e2m_certificate_names_aor(X509 *certificate, const char *aor);
/* The first AOR that it names, in the scheme sip; false when none. */
bool e2m_certificate_aor(X509 *certificate, char out[static E2M_AOR_MAX + 1]);

/* Chain, time, usage and name in one: is this a server that may be given a part for `domain`? */
enum e2m_result e2m_check_server(X509 *certificate, STACK_OF(X509) * chain, X509_STORE *trust,
                                 uint64_t now, const char *domain);
/* Is this the subscriber `aor`, and may it be used so? */
enum e2m_result e2m_check_subscriber(X509 *certificate, STACK_OF(X509) * chain, X509_STORE *trust,
                                     uint64_t now, enum e2m_use use, const char *aor);

#endif
