/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the gateway's client. */
#ifndef SIMAUTH_PLUGIN_AG_PRIVATE_H
#define SIMAUTH_PLUGIN_AG_PRIVATE_H

#include "ag.h"
#include "http.h"
#include "statements.h"
#include <simauth/digest.h>

#define AG_FQDN_MAX 253
#define AG_REQUEST_MAX 16384 /* octets of JSON, section 6.1 */
#define AG_FIRST_FACTOR 10   /* the first request may look up names and make the connection */
#define AG_KEY_TEXT_MAX 88   /* base64 of the longest secret */

/* What Ub agreed. */
struct ag_session {
    bool valid;
    char btid[SIMAUTH_DIGEST_TEXT_MAX + 1];
    struct simauth_secret ks_naf;
    char password[AG_KEY_TEXT_MAX + 1]; /* base64(Ks_NAF) */
    int64_t renew_at;                   /* ag_clock_ms() */
    int64_t ends_at;
    char nonce[SIMAUTH_DIGEST_TEXT_MAX + 1]; /* Ua's, "" when there is none */
    char opaque[SIMAUTH_DIGEST_TEXT_MAX + 1];
    uint32_t nc; /* the last that was used with it */
};

struct ag {
    struct http *http;
    struct http_answer *answer; /* one, for its size */
    struct ag_card card;
    char fqdn[AG_FQDN_MAX + 1];
    char impi[SIMAUTH_DIGEST_TEXT_MAX + 1];
    long request_ms;
    bool sim_2g;
    bool no_sim;
    bool answered; /* at least one request has come through */
    struct ag_session session;
    struct statements statements;
    X509_STORE *anchors;
    bool clock_known;
    int64_t clock_ahead; /* seconds that the gateway's clock is ahead of ours */
    char error[AG_ERROR_MAX];
    bool asked; /* `reach` says something */
    enum ag_status reach;
    char reach_error[AG_ERROR_MAX];
};

/* Sets the sentence for people and returns `status`. The IMSI is taken out wherever it came from.
 */
enum ag_status ag_fail(struct ag *ag, enum ag_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* AG_GARBAGE: it answered, but not to `what` was asked. */
enum ag_status ag_garbage(struct ag *ag, const char *what);
/* What a request has shown of the gateway as such; see ag_reached(). Returns `status`. */
enum ag_status ag_note_reach(struct ag *ag, enum ag_status status);
/* A clock that goes on during suspend and that nobody sets. */
int64_t ag_clock_ms(void);
/* `octets` random octets as b64u. False: libcrypto has none. */
bool ag_random_text(char *text, size_t octets);
/* One HTTP request within `limit_ms`; the answer is in ag->answer. */
enum http_result ag_exchange(struct ag *ag, const struct http_request *request, long limit_ms,
                             char why[static AG_ERROR_MAX]);
long ag_limit_ms(const struct ag *ag);
/* Whether the answer's type is `type`, parameters aside. */
bool ag_content_is(const struct http_answer *answer, const char *type);

void ag_session_end(struct ag_session *session);
/* ub.c: makes a new session whatever there is; the old one stays when that fails. */
enum ag_status ub_bootstrap(struct ag *ag);

/* bsf.c: TS 24.109 annex C. `ends` in seconds since 1970. False when it is anything else. */
struct bsf_info {
    char btid[SIMAUTH_DIGEST_TEXT_MAX + 1];
    int64_t ends;
};
bool bsf_parse(const char *xml, size_t len, struct bsf_info *info);

/* ua.c: one request under Ks_NAF. `body` NULL: GET. AG_OK: *object is the JSON object of the 200,
 * json_decref() it. */
enum ag_status ua_request(struct ag *ag, const char *path, const json_t *body, json_t **object);
/* The same with a POST, and takes `body`; NULL: it could not be made. */
enum ag_status ua_post(struct ag *ag, const char *path, json_t *body, json_t **object);
/* problem.c: the status for an answer that is not 200, with its sentence. */
enum ag_status problem_read(struct ag *ag, const struct http_answer *answer);

#endif
