/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The subscriber binds an address by itself: the gateway sends a nonce to it by SIP, the phone
 * returns it over the channel under Ks_NAF (docs/protocol.md section 6.2). */
#include "../ops/metrics.h"
#include "issue.h"
#include "sip_message.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

#define NONCE_LEN 16
#define NONCE_S 300  /* it lives */
#define BETWEEN_S 10 /* from one to the next */
#define A_DAY 6      /* nonces for one address of one subscriber */
#define WRONG_MAX 3  /* answers */
#define PROVED_S (30 * 86400)
#define CONTESTED_S 86400 /* who is another's address now proves it again before that */

static const char *aor_of(const json_t *object, char aor[static SIMAUTH_AOR_MAX + 1])
{
    const char *text = json_string_value(json_object_get(object, "aor"));

    return text && simauth_aor_canonical(text, aor) == SIMAUTH_OK && simauth_aor_domain(aor)[0]
               ? NULL
               : "aor: not a SIP address with a domain";
}

static enum store_result note(struct request *request, const char *aor, const char *nai,
                              const char *what)
{
    struct store_event event = {.time = request->now, .who = "subscriber"};

    g_strlcpy(event.aor, aor, sizeof event.aor);
    g_strlcpy(event.nai, nai, sizeof event.nai);
    g_strlcpy(event.what, what, sizeof event.what);
    return request->gateway->ops->event_add(request->gateway->store, &event);
}

/* -- GET /v1/bindings -------------------------------------------------------------------------- */

static int list_row(const struct store_binding *b, void *data)
{
    return json_array_append_new(data, json_pack("{s:s, s:s, s:I, s:I}", "aor", b->aor, "by", b->by,
                                                 "since", (json_int_t)b->since, "until",
                                                 (json_int_t)b->until));
}

static enum store_result list_own(struct request *request, json_t *list)
{
    const struct store_binding_filter mine = {.subscriber = request->session.subscriber};

    return request->gateway->ops->binding_list(request->gateway->store, &mine, list_row, list);
}

void bindings_get(struct request *request)
{
    json_t *list = request_list(request, list_own);

    if (list)
        answer_json(request, json_pack("{s:o}", "bindings", list));
}

/* -- POST /v1/bindings: a nonce goes out ------------------------------------------------------- */

/* The operator's own word is stronger than a proof by SIP. */
static int is_others(const struct store_binding *b, void *data)
{
    const struct request *request = data;

    return b->subscriber != request->session.subscriber && strcmp(b->by, "operator") == 0 &&
           b->until > request->now;
}

struct holders {
    struct request *request;
    bool others;
};

static int look_at_holder(const struct store_binding *b, void *data)
{
    struct holders *holders = data;

    holders->others = holders->others || is_others(b, holders->request);
    return holders->others;
}

static struct outcome may_prove(struct request *request, const char *aor)
{
    struct gateway *gateway = request->gateway;
    const struct store_binding_filter held = {.aor = aor};
    struct holders holders = {request, false};
    struct store_partner partner = {0};
    enum store_result result =
        gateway->ops->partner_by_realm(gateway->store, simauth_aor_domain(aor), &partner);

    store_partner_clear(&partner);
    if (result == STORE_OK)
        return outcome_problem(PROBLEM_TWO_VOUCHERS, "the domain is a partner's realm");
    if (result != STORE_NONE)
        return outcome_store(result);
    result = gateway->ops->binding_list(gateway->store, &held, look_at_holder, &holders);
    if (result == STORE_OK && holders.others)
        return outcome_problem(PROBLEM_NOT_YOURS, "the operator bound it to another SIM");
    return outcome_store(result);
}

/* Nor is anybody's SIP service: all addresses of one subscriber together. */
static struct outcome may_send(struct request *request)
{
    struct gateway *gateway = request->gateway;
    int64_t sent = 0;
    enum store_result result = gateway->ops->proof_sent(gateway->store, request->session.subscriber,
                                                        request->now - 86400, &sent);

    if (result != STORE_OK)
        return outcome_store(result);
    if (sent < gateway->config->address_checks_per_day)
        return OUTCOME_GOOD;
    metrics_address_check(false);
    return outcome_problem(PROBLEM_TOO_MANY, "too many address checks of this subscriber today");
}

/* Counts, so that nobody's address is flooded by way of us. */
static struct outcome put_nonce(struct request *request, const char *aor,
                                const uint8_t nonce[static NONCE_LEN])
{
    struct gateway *gateway = request->gateway;
    struct store_proof p = {.day = request->now};
    enum store_result result =
        gateway->ops->proof_get(gateway->store, request->session.subscriber, aor, &p);

    if (result != STORE_OK && result != STORE_NONE)
        return outcome_store(result);
    if (result == STORE_OK && store_is_young(p.made, request->now - BETWEEN_S + 1, request->now))
        return outcome_problem(PROBLEM_TOO_MANY, "a nonce is on its way");
    if (!store_is_young(p.day, request->now - 86400 + 1, request->now)) {
        p.day = request->now;
        p.sent = 0;
    }
    if (p.sent >= A_DAY)
        return outcome_problem(PROBLEM_TOO_MANY, "too many nonces to this address");
    p.subscriber = request->session.subscriber;
    g_strlcpy(p.aor, aor, sizeof p.aor);
    p.made = request->now;
    p.sent++;
    SHA256(nonce, NONCE_LEN, p.hash);
    return outcome_store(gateway->ops->proof_put(gateway->store, &p));
}

static void send_nonce(const struct config *config, const char *aor,
                       const uint8_t nonce[static NONCE_LEN])
{
    char text[SIP_MESSAGE_TEXT_MAX + 1], code[SIMAUTH_B64U_LEN(NONCE_LEN) + 1];

    simauth_b64u_encode(nonce, NONCE_LEN, code);
    g_snprintf(text, sizeof text,
               "SIMAUTH address check %s\r\n%.150s asks whether this address is yours. Your phone "
               "answers by itself if you asked for it; if you did not, ignore this.",
               code, config->name);
    sip_message_send(config, aor, text);
    OPENSSL_cleanse(text, sizeof text);
}

void bindings_post(struct request *request)
{
    static const char *const members[] = {"aor", NULL};
    struct gateway *gateway = request->gateway;
    json_t *object = simauth_json_load((const char *)request->body.data, request->body.len);
    char aor[SIMAUTH_AOR_MAX + 1];
    uint8_t nonce[NONCE_LEN];
    const char *fault =
        simauth_json_only(object, members) ? aor_of(object, aor) : "not {\"aor\": ...}";
    struct outcome outcome;

    json_decref(object);
    if (fault) {
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
        return;
    }
    if (!gateway->config->sip_proxy[0]) {
        answer_problem(request, PROBLEM_NOT_FOUND,
                       "This operator binds addresses itself: ask it to bind yours.",
                       "no [sip] proxy");
        return;
    }
    if (request_repeated(request) || !request_allowed(request))
        return;
    if (RAND_bytes(nonce, sizeof nonce) != 1) {
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "no random octets");
        return;
    }
    if (!request_begin(request, STORE_WRITE))
        return;
    outcome = may_prove(request, aor);
    if (outcome_good(&outcome))
        outcome = may_send(request);
    if (outcome_good(&outcome))
        outcome = put_nonce(request, aor, nonce);
    request_finish(
        request,
        outcome_good(&outcome) ? json_pack("{s:s, s:i}", "aor", aor, "expires_in", NONCE_S) : NULL,
        outcome.problem, outcome.reason, outcome.store);
    if (request->answer.status == 200 && !request->answer.reason) {
        metrics_address_check(true);
        send_nonce(gateway->config, aor, nonce);
    }
    OPENSSL_cleanse(nonce, sizeof nonce);
}

/* -- POST /v1/bindings/proof: it comes back ---------------------------------------------------- */

struct contest {
    struct request *request;
    struct store_binding *list; /* others that held it by a proof */
    size_t count;
};
#define CONTEST_MAX 16

static int take_other(const struct store_binding *b, void *data)
{
    struct contest *c = data;

    if (b->subscriber != c->request->session.subscriber && strcmp(b->by, "sip") == 0 &&
        b->until > c->request->now + CONTESTED_S && c->count < CONTEST_MAX)
        c->list[c->count++] = *b;
    return 0;
}

/* One person with two SIMs keeps both; an address that has a new owner leaves the old one. */
static enum store_result contest_others(struct request *request, const char *aor)
{
    struct gateway *gateway = request->gateway;
    const struct store_binding_filter held = {.aor = aor};
    struct contest c = {request, g_new0(struct store_binding, CONTEST_MAX), 0};
    enum store_result result = gateway->ops->binding_list(gateway->store, &held, take_other, &c);

    for (size_t i = 0; result == STORE_OK && i < c.count; i++) {
        c.list[i].until = request->now + CONTESTED_S;
        result = gateway->ops->binding_renew(gateway->store, &c.list[i]);
        if (result == STORE_OK)
            result = note(request, aor, c.list[i].nai, "contested");
    }
    g_free(c.list);
    return result;
}

static int take_own(const struct store_binding *b, void *data)
{
    *(struct store_binding *)data = *b;
    return 1;
}

static enum store_result bind_it(struct request *request, const char *aor, int64_t *until)
{
    struct gateway *gateway = request->gateway;
    const struct store_binding_filter own = {.aor = aor, .subscriber = request->session.subscriber};
    struct store_binding b = {0};
    enum store_result result = gateway->ops->binding_list(gateway->store, &own, take_own, &b);
    bool known = b.subscriber != 0;

    if (result != STORE_OK)
        return result;
    if (!known || b.until < request->now + PROVED_S) {
        g_strlcpy(b.aor, aor, sizeof b.aor);
        g_strlcpy(b.by, "sip", sizeof b.by);
        b.subscriber = request->session.subscriber;
        b.since = known ? b.since : request->now;
        b.until = request->now + PROVED_S;
        result = known ? gateway->ops->binding_renew(gateway->store, &b)
                       : gateway->ops->binding_add(gateway->store, &b);
    }
    *until = b.until;
    return result == STORE_OK ? note(request, aor, request->nai, known ? "proved again" : "proved")
                              : result;
}

static struct outcome take_nonce(struct request *request, const char *aor,
                                 const uint8_t nonce[static NONCE_LEN], bool *wrong)
{
    struct gateway *gateway = request->gateway;
    uint8_t hash[STORE_HASH_LEN];
    struct store_proof p;
    enum store_result result =
        gateway->ops->proof_get(gateway->store, request->session.subscriber, aor, &p);

    if (result != STORE_OK && result != STORE_NONE)
        return outcome_store(result);
    if (result == STORE_NONE || !store_is_young(p.made, request->now - NONCE_S, request->now) ||
        p.wrong >= WRONG_MAX)
        return outcome_problem(PROBLEM_NOT_YOURS, "no nonce is out for this address");
    SHA256(nonce, NONCE_LEN, hash);
    if (CRYPTO_memcmp(hash, p.hash, sizeof hash) != 0) {
        *wrong = true;
        return outcome_problem(PROBLEM_NOT_YOURS, "another nonce");
    }
    result = gateway->ops->proof_take(gateway->store, p.subscriber, aor);
    return result == STORE_NONE ? outcome_problem(PROBLEM_NOT_YOURS, "used before")
                                : outcome_store(result);
}

/* A wrong answer counts although the request is refused; once, though it comes to another gateway
 * again. */
static void count_wrong(struct request *request, const char *aor)
{
    struct gateway *gateway = request->gateway;

    if (gateway->ops->begin(gateway->store, STORE_WRITE) != STORE_OK)
        return;
    if (gateway->ops->proof_wrong(gateway->store, request->session.subscriber, aor) == STORE_OK &&
        ua_once(request) == STORE_OK)
        gateway->ops->commit(gateway->store);
    else
        gateway->ops->rollback(gateway->store);
}

static const char *read_proof(const json_t *object, char *aor, uint8_t nonce[static NONCE_LEN])
{
    static const char *const members[] = {"aor", "nonce", NULL};
    const char *text = json_string_value(json_object_get(object, "nonce"));

    if (!simauth_json_only(object, members) || !text ||
        simauth_b64u_decode(text, strlen(text), nonce, NONCE_LEN) != SIMAUTH_OK)
        return "not {\"aor\": ..., \"nonce\": 16 octets}";
    return aor_of(object, aor);
}

void bindings_proof_post(struct request *request)
{
    json_t *object = simauth_json_load((const char *)request->body.data, request->body.len);
    char aor[SIMAUTH_AOR_MAX + 1];
    uint8_t nonce[NONCE_LEN];
    const char *fault = read_proof(object, aor, nonce);
    struct outcome outcome;
    int64_t until = 0;
    bool wrong = false;

    json_decref(object);
    if (fault) {
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
        return;
    }
    if (request_repeated(request) || !request_allowed(request))
        return;
    if (!request_begin(request, STORE_WRITE))
        return;
    outcome = take_nonce(request, aor, nonce, &wrong);
    if (outcome_good(&outcome))
        outcome = may_prove(request, aor); /* as it is by now */
    if (outcome_good(&outcome))
        outcome = outcome_store(contest_others(request, aor));
    if (outcome_good(&outcome))
        outcome = outcome_store(bind_it(request, aor, &until));
    request_finish(request,
                   outcome_good(&outcome)
                       ? json_pack("{s:s, s:I}", "aor", aor, "until", (json_int_t)until)
                       : NULL,
                   outcome.problem, outcome.reason, outcome.store);
    if (wrong)
        count_wrong(request, aor);
}
