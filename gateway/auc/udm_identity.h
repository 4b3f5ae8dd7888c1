/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a UDM sees of this gateway: certificates and their key, in PEM files. */
#ifndef SIMAUTH_GATEWAY_UDM_IDENTITY_H
#define SIMAUTH_GATEWAY_UDM_IDENTITY_H

#include <openssl/x509.h>
#include <stdbool.h>

struct udm_identity {
    X509 *certificate; /* NULL: none, then there is nothing to clear */
    STACK_OF(X509) * rest;
    EVP_PKEY *key;
};

/* The first certificate of a file; NULL: there is none. X509_free() */
X509 *udm_read_certificate(const char *path);
/* False with a sentence in `error` (AUC_ERROR_MAX), and `identity` is none; else it is to be
 * cleared. */
bool udm_identity_read(struct udm_identity *identity, const char *certificate, const char *key,
                       char *error);
void udm_identity_clear(struct udm_identity *identity);
/* For a new connection (SSL_CTX): the files as they are now, in the place of what is held (never
 * none); or, while they are no good, what is held, and why in `error`, else "". False: the
 * connection does not take it. */
bool udm_identity_show(struct udm_identity *held, const char *certificate, const char *key,
                       void *ctx, char *error);

#endif
