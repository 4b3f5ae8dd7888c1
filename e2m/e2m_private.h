/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the library share. */
#ifndef E2M_PRIVATE_H
#define E2M_PRIVATE_H

#include "e2m/body.h"
#include "e2m/envelope.h"
#include "e2m/key_reuse.h"
#include "e2m/message.h"
#include "e2m/result.h"

/* -- result.c: `len` octets of undefined content with a NUL behind / a copy ------------------- */
enum e2m_result e2m_buffer_make(struct e2m_buffer *buffer, size_t len);
enum e2m_result e2m_buffer_copy(struct e2m_buffer *buffer, const void *octets, size_t len);

/* -- header.c: one header's value -------------------------------------------------------------- */
/* What counts of a Content-Type. */
struct e2m_type {
    char media[64]; /* lower case */
    char smime[32]; /* smime-type, lower case */
    char boundary[E2M_BOUNDARY_MAX + 1];
};
enum e2m_result e2m_type_read(struct e2m_type *type, struct e2m_span value);
enum e2m_kind e2m_type_kind(const struct e2m_type *type);
bool e2m_same_text(struct e2m_span a, const char *b); /* in any case */
struct e2m_span e2m_trim(struct e2m_span span);

/* -- cms_asn1.c: the one file that knows CMS by ASN.1 templates, for what libcrypto's own CMS does
 * not show or set: unprotected attributes, recipients that are taken out again ---------------- */
struct e2m_cms;
/* Reads an EnvelopedData or AuthEnvelopedData; nothing may stand behind it. */
enum e2m_result e2m_cms_read(struct e2m_span der, struct e2m_cms **cms);
void e2m_cms_free(struct e2m_cms *cms);
/* Form, algorithms and sizes against what is allowed, and what it refers to. */
enum e2m_result e2m_cms_check(const struct e2m_cms *cms, struct e2m_envelope_info *info);
/* Takes the KEK recipient `id` out; its wrapped key in a new buffer. False: there is none. */
bool e2m_cms_take_kek(struct e2m_cms *cms, const uint8_t id[static E2M_REFERENCE_LEN],
                      struct e2m_buffer *wrapped);
/* CEKReference and CEKMaxDecrypts among the unprotected attributes. */
enum e2m_result e2m_cms_set_reference(struct e2m_cms *cms,
                                      const uint8_t reference[static E2M_REFERENCE_LEN],
                                      uint32_t max);
/* Takes the unprotected attributes away. */
void e2m_cms_drop_attributes(struct e2m_cms *cms);
enum e2m_result e2m_cms_print(const struct e2m_cms *cms, struct e2m_buffer *der);

/* -- certificate.c: P-256, or RSA of 2048 to 4096 bits ---------------------------------------- */
bool e2m_key_allowed(EVP_PKEY *key);
/* The next certificate of a PEM text; NULL: there is none, or with *result E2M_BAD_DER a damaged
 * one, behind which nobody would look. */
X509 *e2m_pem_next(BIO *in, enum e2m_result *result);
/* No key of ours has a passphrase, and nobody is asked for one. */
int e2m_no_passphrase(char *buffer, int size, int writing, void *arg);

/* -- trust.c: the anchors / of a chain that is right: revocation, and the domains in its names --
 */
X509_STORE *e2m_trust_store(const struct e2m_trust *trust);
enum e2m_result e2m_trust_check(const struct e2m_trust *trust, STACK_OF(X509) * chain,
                                uint64_t now);

/* -- names.c: an AOR for comparison ------------------------------------------------------------ */
bool e2m_aor_canonical(const char *aor, char out[static E2M_AOR_MAX + 1]);
/* The octets of a name; empty where it holds what no name has (a NUL, a blank). */
struct e2m_span e2m_name_text(const ASN1_STRING *string);
/* Whether `each` says yes to every SIP domain that a certificate names: those of its SIP URIs or,
 * where it has none, its DNS names. */
bool e2m_certificate_domains(X509 *certificate, bool (*each)(struct e2m_span domain, void *data),
                             void *data);
/* `len` octets in lower case with a NUL behind. */
void e2m_copy_lower(char *out, const char *text, size_t len);

/* -- make.c: Content-Session of a message from one AOR to another; "" where one is NULL -------- */
#define E2M_SESSION_MAX (2 * E2M_AOR_MAX + 32)
enum e2m_result e2m_session_print(const char *from, const char *to,
                                  char out[static E2M_SESSION_MAX + 1]);

/* -- envelope.c: the key that both know by which e2m_envelope_open() will open it; NULL: none ----
 */
struct e2m_cek *e2m_envelope_key(const struct e2m_open *open, const struct e2m_envelope_info *info);

/* -- key_reuse.c: RFC 3394 --------------------------------------------------------------------- */
/* `key` has room for E2M_CEK_MAX octets. E2M_DAMAGED. */
enum e2m_result e2m_unwrap(const uint8_t kek[static E2M_KEK_LEN], struct e2m_span wrapped,
                           uint8_t *key, uint8_t *key_len);

#endif
