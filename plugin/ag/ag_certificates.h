/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates by way of the gateway (docs/protocol.md section 6.4): the phone's own, for a key
 * that is made here and leaves this phone in no form, and other people's. On the worker only.
 */
#ifndef SIMAUTH_PLUGIN_AG_CERTIFICATES_H
#define SIMAUTH_PLUGIN_AG_CERTIFICATES_H

#include "ag.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#define AG_FOUND_MAX 4 /* certificates of one address: one for each of its SIMs */

/* What came, owned: ag_certificates_clear(). */
struct ag_certificates {
    EVP_PKEY *key; /* of the first; NULL: another's */
    X509 *list[AG_FOUND_MAX];
    size_t count;
    X509 *authority; /* that issued them */
    int64_t until;   /* of the first: seconds since 1970 */
};

/* A key, and a certificate of it for `aor` (canonical), which the gateway binds to this SIM.
 * AG_NOBODY: the operator issues none. AG_GARBAGE: what came is not for this key and address. */
enum ag_status ag_certificate(struct ag *ag, const char *aor, struct ag_certificates *own);
/* Another person's, who may be another operator's; `nai` may be NULL. AG_NOBODY: there is none. */
enum ag_status ag_find_certificates(struct ag *ag, const char *aor, const char *nai,
                                    struct ag_certificates *found);
void ag_certificates_clear(struct ag_certificates *certificates);

/* A list of revoked certificates, from anybody's https URL, without a session; waits 5 s at most.
 * `ca_file` and `local_address` may be NULL. X509_CRL_free() it. NULL: `why` (AG_ERROR_MAX) says
 * so. Nothing of it is proved. */
X509_CRL *ag_revoked(const char *url, const char *ca_file, const char *local_address, char *why);

#endif
