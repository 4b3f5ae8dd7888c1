/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "udm_identity.h"
#include "sources.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>

X509 *udm_read_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

    if (file)
        fclose(file);
    return certificate;
}

/* What stands behind the first one. */
static STACK_OF(X509) * read_rest(const char *path)
{
    STACK_OF(X509) *rest = sk_X509_new_null();
    FILE *file = fopen(path, "re");
    X509 *next = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

    X509_free(next);
    while (next && rest && (next = PEM_read_X509(file, NULL, NULL, NULL)))
        if (sk_X509_push(rest, next) == 0) {
            X509_free(next);
            break;
        }
    if (file)
        fclose(file);
    return rest;
}

static EVP_PKEY *read_key(const char *path)
{
    static char no_password[] = "";
    FILE *file = fopen(path, "re");
    EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, no_password) : NULL;

    if (file)
        fclose(file);
    return key;
}

void udm_identity_clear(struct udm_identity *identity)
{
    X509_free(identity->certificate);
    sk_X509_pop_free(identity->rest, X509_free);
    EVP_PKEY_free(identity->key);
    *identity = (struct udm_identity){0};
}

bool udm_identity_read(struct udm_identity *identity, const char *certificate, const char *key,
                       char *error)
{
    *identity = (struct udm_identity){udm_read_certificate(certificate), read_rest(certificate),
                                      read_key(key)};
    error[0] = '\0';
    if (!identity->certificate)
        snprintf(error, AUC_ERROR_MAX, "[auc] udm_certificate: %s is no certificate in PEM",
                 certificate);
    else if (!identity->key)
        snprintf(error, AUC_ERROR_MAX,
                 "[auc] udm_key: %s is no private key in PEM without password", key);
    else if (X509_check_private_key(identity->certificate, identity->key) != 1)
        snprintf(error, AUC_ERROR_MAX, "[auc] udm_key: is not the key of udm_certificate");
    ERR_clear_error(); /* a file's end is one, and would be taken for the connection's */
    if (error[0])
        udm_identity_clear(identity);
    return !error[0];
}

bool udm_identity_show(struct udm_identity *held, const char *certificate, const char *key,
                       void *ctx, char *error)
{
    struct udm_identity fresh;
    STACK_OF(X509) * rest;

    if (udm_identity_read(&fresh, certificate, key, error)) {
        udm_identity_clear(held);
        *held = fresh;
    }
    /* An empty chain would be the whole one; with none OpenSSL looks among the authorities. */
    rest = sk_X509_num(held->rest) > 0 ? held->rest : NULL;
    return SSL_CTX_use_cert_and_key(ctx, held->certificate, held->key, rest, 1) == 1;
}
