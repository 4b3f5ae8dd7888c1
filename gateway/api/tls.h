/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificate that new TLS connections see; it may be replaced while others go on. */
#ifndef SIMAUTH_GATEWAY_TLS_H
#define SIMAUTH_GATEWAY_TLS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

struct tls_identity;
/* Reads PEM files. NULL with a sentence in `error` (CONFIG_ERROR_MAX): unreadable, or certificate
 * and key do not belong together. Owned by the caller until tls_use(). */
struct tls_identity *tls_load(const char *certificate, const char *key, char *error);
void tls_free(struct tls_identity *identity);
/* From now on handshakes get this one. Those under way may still use the one before: all are freed
 * by tls_end(), when the listener is gone. */
void tls_use(struct tls_identity *identity);
void tls_end(void);
/* Seconds since 1970; 0: none is in use. */
int64_t tls_expires(const struct tls_identity *identity);
int64_t tls_present_expires(void);
/* Whether its purposes let it ask partners: TLS clients show it too. */
bool tls_for_clients(const struct tls_identity *identity);
bool tls_present_for_clients(void);
/* The one in use, to be told from the next; NULL: none. */
const struct tls_identity *tls_present(void);
/* Its PEM as it was read: what the files hold meanwhile was not accepted. It stays until tls_end().
 */
void tls_pem(const struct tls_identity *identity, gnutls_datum_t *chain, gnutls_datum_t *key);
/* For MHD_OPTION_HTTPS_CERT_CALLBACK (gnutls_certificate_retrieve_function2). */
int tls_retrieve(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
                 const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                 gnutls_pcert_st **chain, unsigned *count, gnutls_privkey_t *key);

#endif
