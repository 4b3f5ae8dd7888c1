/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subscribers' certificates (TS 33.221): the authority, a certificate to a request, the list of
 * revoked ones; and whom a partner's certificates are to come from. No store, no clock. */
#ifndef SIMAUTH_GATEWAY_PKI_H
#define SIMAUTH_GATEWAY_PKI_H

#include "store/store.h"

#include <openssl/x509.h>

#define PKI_REQUEST_MAX 2048 /* octets of a PKCS#10 request */
#define PKI_CHAIN_MAX 4      /* certificates of an authority */

/* A P-256 key and a certificate that it signs itself, for `realm`. store_authority_clear() it in
 * any case. -1: libcrypto refused. */
int pki_authority_make(const char *operator_name, const char *realm, int days, int64_t now,
                       struct store_authority *authority);
/* An authority that was made elsewhere: PEM of its chain, its own certificate first, and of its
 * P-256 key. NULL, or what is wrong (static storage). */
const char *pki_authority_read(const char *chain, const char *key, int64_t now,
                               struct store_authority *authority);
/* When its own certificate ends: seconds since 1970; 0: it is no certificate. */
int64_t pki_authority_ends(const struct store_authority *authority);

struct pki_wish {
    const uint8_t *request; /* PKCS#10 in DER: its key counts, and nothing else that it says */
    size_t request_len;
    const char *aor;           /* canonical: the one name of the certificate */
    const char *operator_name; /* in its subject */
    const char *list_url;      /* where the list of revoked ones is */
    int64_t not_before, not_after;
};
/* The certificate, in `der` (STORE_CERTIFICATE_MAX), with its random serial. NULL, or what is wrong
 * with the request (static storage); "" when libcrypto refused. */
const char *pki_issue(const struct store_authority *authority, const struct pki_wish *wish,
                      uint8_t serial[static STORE_SERIAL_LEN], uint8_t *der, size_t *len);

struct pki_revoked {
    uint8_t serial[STORE_SERIAL_LEN];
    int64_t when;
};
/* The list of revoked certificates in PEM, good for `seconds`; malloc'ed. NULL: libcrypto refused.
 */
char *pki_list(const struct store_authority *authority, const struct pki_revoked *revoked,
               size_t count, int64_t now, int seconds);

/* The chain's certificates in DER, one after the other: calls `each` with them; false: broken. */
bool pki_chain(const char *chain, bool (*each)(const uint8_t *der, size_t len, void *data),
               void *data);
/* The certificates of a PEM text, to trust; X509_STORE_free() it. NULL: libcrypto refused. */
X509_STORE *pki_anchors(const char *pem);
/* Whether the certificate was issued by `authority` (DER), is good at
 * `now` and names `aor`. */
bool pki_is_good(const uint8_t *der, size_t len, const uint8_t *authority, size_t authority_len,
                 const char *aor, int64_t now);

#endif
