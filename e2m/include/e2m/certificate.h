/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates: read, their names, their chain at a given time against given anchors, and against
 * lists of revoked ones. No file, no clock, no network.
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

/* -- whose word counts (trust.c) ---------------------------------------------------------------
 * Authorities, each for certificates that name any domain or one; and lists of revoked
 * certificates. Not changed while another thread uses it. */
struct e2m_trust;
struct e2m_trust *e2m_trust_new(void); /* NULL: out of memory. e2m_trust_free() it */
void e2m_trust_free(struct e2m_trust *trust);
/* The same once more, to be changed by itself. NULL: out of memory. */
struct e2m_trust *e2m_trust_copy(const struct e2m_trust *trust);
/* Adds every certificate of a PEM file's text. `domain` NULL: they vouch for all domains that have
 * no authority of their own; else for that domain, and for it nobody else does. E2M_BAD_DER: there
 * is no certificate in it, or a damaged one; E2M_WRONG_SERVER: not a domain. */
enum e2m_result e2m_trust_add(struct e2m_trust *trust, struct e2m_span pem, const char *domain);
/* Whether that domain has authorities that e2m_trust_add() set for it. */
bool e2m_trust_has_own(const struct e2m_trust *trust, const char *domain);
/* This authority too for that domain, beside those that it has. Takes a reference. */
enum e2m_result e2m_trust_lend(struct e2m_trust *trust, X509 *authority, const char *domain);
/* A list of revoked certificates, in PEM or DER, at most 1 MiB. X509_CRL_free() it. */
enum e2m_result e2m_revoked_read(struct e2m_span octets, X509_CRL **list);
/* Past the time for which it was made: what it names stays revoked. */
bool e2m_revoked_is_old(const X509_CRL *list, uint64_t now);
/* Of the same issuer, and made later. */
bool e2m_revoked_is_newer(const X509_CRL *list, const X509_CRL *other);
/* Neither old nor from the future, and of all certificates such as this one: if the list does not
 * name it, it was not revoked (RFC 5280, 6.3.3). No delta list, none with a critical extension that
 * is not known; where it has an issuingDistributionPoint, for all reasons and by its own issuer, of
 * people or of authorities as the certificate is, and of a place that the certificate names. */
bool e2m_revoked_covers(X509_CRL *list, X509 *certificate, uint64_t now);
/* Why `fresh` may not take the place of `held` (NULL: there is none); NULL: it may. With `trust`
 * NULL signatures are not looked at, nor that both are of one authority. An authority that
 * e2m_trust_signed() does not find cannot be asked: its lists have to be newer, and of all that the
 * one before spoke of, no more. */
const char *e2m_revoked_refusal(const struct e2m_trust *trust, STACK_OF(X509) * others,
                                X509_CRL *held, X509_CRL *fresh, uint64_t now);
/* 1: an authority in `trust` signed this list, or one of `others` (NULL: there are none) that one
 * in `trust` vouches for; -1: one that is named so did not, or was revoked; 0: none is. */
int e2m_trust_signed(const struct e2m_trust *trust, STACK_OF(X509) * others, X509_CRL *list,
                     uint64_t now);
/* What stood between a certificate and an authority in `trust`, of chains that were right;
 * the last few. Valid as long as the trust. */
STACK_OF(X509) * e2m_trust_between(const struct e2m_trust *trust);
/* Adds one to the last few authorities of a chain, unless it is among them; takes a reference. */
void e2m_chain_keep(STACK_OF(X509) * kept, X509 *authority);
/* The first https URL at which a certificate says that its issuer's list is; false: none, or longer
 * than `size` - 1. */
bool e2m_revoked_url(X509 *certificate, char *out, size_t size);
/* From now on what it names is refused; a list counts for certificates whose issuer signed it.
 * Takes a reference. E2M_TOO_LARGE: 64 there are. */
enum e2m_result e2m_trust_add_revoked(struct e2m_trust *trust, X509_CRL *list);
/* From now on a certificate counts only with such a list that is not old. */
void e2m_trust_want_lists(struct e2m_trust *trust);

enum e2m_use { E2M_USE_SIGN, E2M_USE_ENCRYPT };

/* Chain, time (seconds since 1970), key usage and, where it names any, extended key usage (mail,
 * SIP or anything: RFC 8551, 5924); whether it was revoked, and whether its authority may vouch for
 * every domain in its names. `chain` may be NULL. E2M_UNTRUSTED, E2M_EXPIRED, E2M_BAD_CERTIFICATE,
 * E2M_REVOKED, E2M_NO_LIST, E2M_FOREIGN_AUTHORITY. */
enum e2m_result e2m_certificate_check(X509 *certificate, STACK_OF(X509) * chain,
                                      const struct e2m_trust *trust, uint64_t now,
                                      enum e2m_use use);
/* Whether the same authority issued both, as their names and key identifiers say: nothing is
 * proved. */
bool e2m_certificate_same_issuer(X509 *one, X509 *other);
/* What its owner reads, as its SMIMECapabilities say (RFC 4262): true where AES-CBC is named and no
 * AES-GCM. */
bool e2m_certificate_cbc_only(X509 *certificate);
/* RFC 5922, 7: a subjectAltName that is the URI sip:DOMAIN or, where it has no SIP URI (a person's
 * counts), the DNS name DOMAIN. No wildcard; the common name counts for nothing. E2M_WRONG_SERVER.
 */
enum e2m_result e2m_certificate_names_server(X509 *certificate, const char *domain);
/* A subjectAltName that is the URI of the AOR (sip or sips, "user@host" with host in any case, no
 * parameters, %HH of unreserved characters undone). E2M_FOREIGN_SIGNER. */
enum e2m_result e2m_certificate_names_aor(X509 *certificate, const char *aor);
/* The same, and it has no other name of any kind: as a gateway issues them. */
enum e2m_result e2m_certificate_names_aor_alone(X509 *certificate, const char *aor);
/* The first AOR that it names, in the scheme sip; false when none. */
bool e2m_certificate_aor(X509 *certificate, char out[static E2M_AOR_MAX + 1]);

/* Chain, time, usage and name in one: is this a server that may be given a part for `domain`? */
enum e2m_result e2m_check_server(X509 *certificate, STACK_OF(X509) * chain,
                                 const struct e2m_trust *trust, uint64_t now, const char *domain);
/* Is this the subscriber `aor`, and may it be used so? */
enum e2m_result e2m_check_subscriber(X509 *certificate, STACK_OF(X509) * chain,
                                     const struct e2m_trust *trust, uint64_t now, enum e2m_use use,
                                     const char *aor);

#endif
