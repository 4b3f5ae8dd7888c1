/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ua: everything under Ks_NAF (TS 33.222, 5.3; RFC 7616 SHA-256, auth-int). Normally one round
 * trip a request: the nonce is kept and counted. */
#include "ag_private.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REALM_PREFIX "3GPP-bootstrapping@"
#define KEY_OCTETS 16
#define NC_MAX 0xfffffffeu

/* One request of ours, which may take several of HTTP. */
struct ua {
    struct http_request http;
    char key[SIMAUTH_B64U_LEN(KEY_OCTETS) + 1];
    char header[SIMAUTH_DIGEST_HEADER_MAX];
    struct simauth_digest_credentials sent; /* username "": none were */
    int64_t deadline;                       /* ag_clock_ms() */
    bool repeated;                          /* after a connection was closed */
    bool restarted;                         /* after a 401 that was not about the nonce */
    unsigned nonces;                        /* that were asked for */
};

static void begin(struct ag *ag, struct ua *ua)
{
    ua->deadline = ag_clock_ms() + ag_limit_ms(ag);
}

static void forget_nonce(struct ag_session *session)
{
    session->nonce[0] = session->opaque[0] = '\0';
    session->nc = 0;
}

static void keep_nonce(struct ag_session *session, const char *nonce)
{
    snprintf(session->nonce, sizeof session->nonce, "%s", nonce);
    session->nc = 0;
}

/* Writes Authorization, or none while there is no nonce: the 401 brings one. */
static bool sign(struct ag *ag, struct ua *ua)
{
    struct ag_session *s = &ag->session;
    struct simauth_digest_credentials *c = &ua->sent;
    const struct simauth_digest_request request = {ua->http.method, ua->http.body,
                                                   ua->http.body_len};

    memset(c, 0, sizeof *c);
    ua->http.authorization = NULL;
    if (s->nc >= NC_MAX)
        forget_nonce(s);
    if (s->nonce[0] == '\0')
        return true;
    c->algorithm = SIMAUTH_DIGEST_SHA256;
    c->qop = SIMAUTH_QOP_AUTH_INT;
    c->nc = ++s->nc;
    memcpy(c->username, s->btid, sizeof s->btid);
    snprintf(c->realm, sizeof c->realm, REALM_PREFIX "%.200s", ag->fqdn);
    memcpy(c->nonce, s->nonce, sizeof s->nonce);
    memcpy(c->opaque, s->opaque, sizeof s->opaque);
    snprintf(c->uri, sizeof c->uri, "%s", ua->http.path);
    ua->http.authorization = ua->header;
    return ag_random_text(c->cnonce, 16) &&
           simauth_digest_sign(c, &request, s->password, strlen(s->password)) == SIMAUTH_OK &&
           simauth_digest_write_credentials(c, ua->header) == SIMAUTH_OK;
}

/* The request under a fresh count until an HTTP answer is there. */
static enum ag_status send_once(struct ag *ag, struct ua *ua)
{
    char why[AG_ERROR_MAX] = "no answer in time";
    enum http_result result;

    do {
        int64_t left = ua->deadline - ag_clock_ms();

        if (!sign(ag, ua))
            return ag_fail(ag, AG_GARBAGE, "The request to the gateway cannot be signed.");
        result = left > 0 ? ag_exchange(ag, &ua->http, (long)left, why) : HTTP_FAILED;
        if (result == HTTP_GOOD)
            return AG_OK;
        /* It may have been read: the same Idempotency-Key makes the repeat harmless. */
    } while (result == HTTP_CLOSED && !ua->repeated && (ua->repeated = true));
    if (result == HTTP_TOO_LONG)
        return ag_fail(ag, AG_GARBAGE, "The gateway %s is none: %s.", ag->fqdn, why);
    return ag_fail(ag, AG_DOWN, "The gateway %s did not answer: %.150s.", ag->fqdn, why);
}

static bool challenge_right(const struct ag *ag, const struct simauth_digest_challenge *c)
{
    return c->algorithm == SIMAUTH_DIGEST_SHA256 && (c->qop & SIMAUTH_QOP_AUTH_INT) != 0 &&
           c->nonce[0] != '\0' &&
           strncasecmp(c->realm, REALM_PREFIX, sizeof REALM_PREFIX - 1) == 0 &&
           strcasecmp(c->realm + sizeof REALM_PREFIX - 1, ag->fqdn) == 0;
}

/* A 401. AG_OK: try again, with the nonce it brought or after bootstrapping. */
static enum ag_status on_401(struct ag *ag, struct ua *ua)
{
    const char *header = ag->answer->www_authenticate;
    struct simauth_digest_challenge c;
    enum ag_status status;

    if (ag->answer->header_bad ||
        simauth_digest_parse_challenge(header, strlen(header), &c) != SIMAUTH_OK ||
        !challenge_right(ag, &c))
        return ag_fail(ag, AG_GARBAGE, "The gateway %s asks for another kind of sign-in.",
                       ag->fqdn);
    if ((c.stale || ua->sent.username[0] == '\0') && ua->nonces++ < 2) {
        keep_nonce(&ag->session, c.nonce);
        memcpy(ag->session.opaque, c.opaque, sizeof ag->session.opaque);
        return AG_OK;
    }
    if (ua->restarted) /* what is stale for ever may be so for this session alone: one new one */
        return ag_fail(ag, AG_REFUSED, "The gateway %s does not take what it agreed with this SIM.",
                       ag->fqdn);
    ua->restarted = true;
    ua->nonces = 0;
    ag_session_end(&ag->session);
    status = ag_bootstrap(ag);
    begin(ag, ua);
    return status;
}

/* Whoever ends TLS in front of the gateway does not know Ks_NAF and cannot change an answer. */
static enum ag_status check_info(struct ag *ag, const struct ua *ua)
{
    const struct http_answer *answer = ag->answer;
    char nextnonce[SIMAUTH_DIGEST_TEXT_MAX + 1];

    if (answer->header_bad || ua->sent.username[0] == '\0' ||
        simauth_digest_check_info(answer->info, strlen(answer->info), &ua->sent, answer->body,
                                  answer->body_len, ag->session.password,
                                  strlen(ag->session.password), nextnonce) != SIMAUTH_OK)
        return ag_fail(ag, AG_GARBAGE,
                       "The answer of the gateway %s carries no proof of its own, or was changed "
                       "on the way.",
                       ag->fqdn);
    if (nextnonce[0] != '\0')
        keep_nonce(&ag->session, nextnonce);
    return AG_OK;
}

static enum ag_status read_object(struct ag *ag, json_t **object)
{
    if (ag_content_is(ag->answer, "application/json"))
        *object = simauth_json_load(ag->answer->body, ag->answer->body_len);
    if (*object)
        return AG_OK;
    return ag_fail(ag, AG_GARBAGE, "The gateway %s answered with something that is no JSON object.",
                   ag->fqdn);
}

static enum ag_status run(struct ag *ag, struct ua *ua, json_t **object)
{
    enum ag_status status = ag_bootstrap(ag);

    begin(ag, ua);
    while (status == AG_OK) {
        status = send_once(ag, ua);
        if (status != AG_OK)
            break;
        if (ag->answer->status == 401) {
            status = on_401(ag, ua);
            continue;
        }
        if (ag->answer->status != 200)
            return problem_read(ag, ag->answer);
        status = check_info(ag, ua);
        return status == AG_OK ? read_object(ag, object) : status;
    }
    return status;
}

enum ag_status ua_request(struct ag *ag, const char *path, const json_t *body, json_t **object)
{
    struct ua ua = {.http = {.method = "GET", .path = path}};
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    enum ag_status status = AG_GARBAGE;

    *object = NULL;
    if (body && (!text || strlen(text) > AG_REQUEST_MAX || !ag_random_text(ua.key, KEY_OCTETS))) {
        free(text);
        return ag_fail(ag, AG_GARBAGE, "The request to the gateway cannot be made.");
    }
    if (body) {
        ua.http.method = "POST";
        ua.http.body = text;
        ua.http.body_len = strlen(text);
        ua.http.idempotency_key = ua.key;
    }
    status = run(ag, &ua, object);
    /* A refusal is about what was asked. */
    if (status == AG_OK || status == AG_DOWN)
        (void)ag_note_reach(ag, status);
    OPENSSL_cleanse(&ua, sizeof ua);
    free(text);
    return status;
}

enum ag_status ua_post(struct ag *ag, const char *path, json_t *body, json_t **object)
{
    enum ag_status status;

    *object = NULL;
    if (!body)
        return ag_fail(ag, AG_GARBAGE, "The request to the gateway cannot be made.");
    status = ua_request(ag, path, body, object);
    json_decref(body);
    return status;
}
