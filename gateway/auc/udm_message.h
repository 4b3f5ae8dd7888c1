/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a UDM is asked and what it says: Nudm_UEAuthentication, operation GenerateGbaAv (TS 29.503,
 * 5.4.2 and 6.3, release 17 or later), with the errors of TS 29.500, 5.2.7. Texts alone, no
 * connection.
 */
#ifndef SIMAUTH_GATEWAY_UDM_MESSAGE_H
#define SIMAUTH_GATEWAY_UDM_MESSAGE_H

#include "auc.h"

#define UDM_ANSWER_MAX 8192 /* the vector has some 300 octets, ProblemDetails a few hundred */
#define UDM_QUESTION_MAX 192
#define UDM_PATH_MAX 96
#define UDM_TOKEN_MAX 8192

/* Behind the apiRoot. */
void udm_path(const struct auc_fetch *fetch, char path[static UDM_PATH_MAX]);
/* GbaAuthenticationInfoRequest. */
void udm_question(const struct auc_fetch *fetch, char body[static UDM_QUESTION_MAX]);

struct udm_answer {
    long status;      /* of HTTP */
    bool wants_token; /* it has WWW-Authenticate: this gateway was refused, not the subscriber */
    const char *body;
    size_t len;
};
/* Reads GbaAuthenticationInfoResult or ProblemDetails. AUC_OK: `vector` is filled. *reason is in
 * static storage, NULL with AUC_OK. What it copied of secrets is wiped. */
enum auc_result udm_read(const struct udm_answer *answer, bool has_auts, struct auc_vector *vector,
                         const char **reason);

/* NULL, or what is wrong with an apiRoot (TS 29.501, 4.4.1). */
const char *udm_url_fault(const char *url);
/* The token in a file's text, in place: NULL when it is none (RFC 6750, 2.1). */
char *udm_token(char *text);

#endif
