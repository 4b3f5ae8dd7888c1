/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CMS (RFC 5652, 5083, 5084; the profile of RFC 8591): envelopes and signatures over octets. What
 * the octets are is message.h's business.
 *
 * Made: AuthEnvelopedData with AES-256-GCM (16 octets of tag, nonce of 12), or EnvelopedData with
 * AES-256-CBC for peers that read only that. Recipients: P-256 (ephemeral-static ECDH, X9.63 KDF
 * with SHA-256, AES-256 key wrap), RSA (OAEP, SHA-256), a key that both know (key_reuse.h).
 * Read: the same, AES-128 and AES-192 too, and the KDF with SHA-384 and SHA-512; nothing older (no
 * PKCS #1 v1.5 key transport, no 3DES, no RC2). Signatures: ECDSA P-256 or RSA-PSS or RSA PKCS #1
 * v1.5, with SHA-256 or longer.
 */
#ifndef E2M_ENVELOPE_H
#define E2M_ENVELOPE_H

#include "certificate.h"
#include "key_reuse.h"
#include "result.h"

#include <openssl/x509.h>
#include <stdbool.h>

#define E2M_RECIPIENTS_MAX 8
#define E2M_DER_MAX 98304 /* octets of a CMS structure */

enum e2m_form {
    E2M_FORM_GCM, /* AuthEnvelopedData */
    E2M_FORM_CBC  /* EnvelopedData: its integrity is the signature's, so never alone */
};

/* What an envelope says of itself before any key is used. */
struct e2m_envelope_info {
    enum e2m_form form;
    unsigned recipients;
    bool has_reference; /* its CEK may be referred to */
    uint8_t reference[E2M_REFERENCE_LEN];
    uint32_t max;           /* CEKMaxDecrypts; E2M_REUSE_COUNT where it says nothing */
    unsigned answers_count; /* recipients that are keys both know, their references */
    uint8_t answers[E2M_RECIPIENTS_MAX][E2M_REFERENCE_LEN];
};
/* Parses and checks form, algorithms, sizes and limits. E2M_BAD_DER, E2M_BAD_ALGORITHM,
 * E2M_TOO_LARGE. */
enum e2m_result e2m_envelope_inspect(struct e2m_span der, struct e2m_envelope_info *info);

struct e2m_seal {
    enum e2m_form form;
    struct e2m_span plain; /* at most E2M_BODY_MAX */
    X509 *const *certificates;
    size_t certificate_count;
    struct e2m_cek *answer_to; /* a recipient by a key both know; NULL: none. Its uses go up */
    uint64_t now;              /* seconds since 1970 */
};
/* An envelope for all of them; at least one recipient. `cek` (may be NULL): the envelope gets a
 * CEKReference, and *cek its key for answers to come; the caller wipes it. E2M_BAD_CERTIFICATE: a
 * recipient's key is not one of those above; E2M_TOO_LARGE; E2M_KEY_USED_UP. Certificates are not
 * judged here: e2m_check_server() and e2m_check_subscriber() come first. */
enum e2m_result e2m_envelope_seal(const struct e2m_seal *seal, struct e2m_buffer *der,
                                  struct e2m_cek *cek);

struct e2m_open {
    struct e2m_span der;
    const struct e2m_identity *identities; /* ours, with keys */
    size_t identity_count;
    struct e2m_cek *const *ceks; /* keys that it may refer to; the one that opened it is counted */
    size_t cek_count;
    uint64_t now;
};
/* Opens it with whatever fits; keys that both know are tried first. *cek (may be NULL) gets the key
 * if the envelope gave it a reference, else it is empty. E2M_NOT_FOR_US: no recipient is ours;
 * E2M_NO_SUCH_KEY: its only recipients are references, and none is held; E2M_KEY_USED_UP;
 * E2M_DAMAGED; and those of e2m_envelope_inspect(). Nothing of the content is given out on
 * failure. */
enum e2m_result e2m_envelope_open(const struct e2m_open *open, struct e2m_buffer *plain,
                                  struct e2m_cek *cek);

/* -- signatures -------------------------------------------------------------------------------- */
/* A detached SignedData over `octets` (for multipart/signed), with the signer's certificate and
 * chain and the time `now` as signed attribute. */
enum e2m_result e2m_sign(const struct e2m_identity *signer, struct e2m_span octets, uint64_t now,
                         struct e2m_buffer *der);
/* `now` and the signature's time may differ by as much, in seconds. */
#define E2M_SIGNATURE_AGE 600u
/* Checks a SignedData of exactly one signer. `octets` is what it covers, or NULL where the content
 * stands in it (signed-data); then *content (may be NULL) is a new buffer with it. On E2M_OK
 * *signer is a new reference of the signer's certificate, whose chain, time and usage are right;
 * whose it is, the caller compares. *signer is also set when only trust or time failed (for words
 * to the person), else NULL. E2M_BAD_DER, E2M_BAD_ALGORITHM, E2M_BAD_SIGNATURE, E2M_UNTRUSTED,
 * E2M_EXPIRED, E2M_TOO_LARGE, and those of e2m_certificate_check(). */
enum e2m_result e2m_verify(struct e2m_span der, const struct e2m_span *octets,
                           const struct e2m_trust *trust, uint64_t now, X509 **signer,
                           struct e2m_buffer *content);

#endif
