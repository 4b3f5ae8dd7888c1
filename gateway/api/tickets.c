/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tickets and first setup keys: what two gateways do in the place of two SIMs (docs/protocol.md
 * section 8). */
#include "tickets.h"
#include "asked.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <string.h>

#define FEDERATION_TICKETS "/v1/federation/tickets"

static void set_names(struct store_ticket *t, const struct body_vectors *names, const char *nai_a)
{
    g_strlcpy(t->caller, names->caller, sizeof t->caller);
    g_strlcpy(t->callee, names->callee, sizeof t->callee);
    g_strlcpy(t->nai_a, nai_a, sizeof t->nai_a);
}

/* At the callee's gateway; the caller's is kept before it asks. */
static struct outcome add_record(struct request *request, const char *side, const char *partner,
                                 struct store_ticket *t)
{
    struct gateway *gateway = request->gateway;
    struct store_record record = {.time = request->now};
    enum store_result result;

    g_strlcpy(record.side, side, sizeof record.side);
    g_strlcpy(record.partner, partner, sizeof record.partner);
    g_strlcpy(record.nai_a, t->nai_a, sizeof record.nai_a);
    g_strlcpy(record.nai_b, t->nai_b, sizeof record.nai_b);
    g_strlcpy(record.method, ticket_use(t), sizeof record.method);
    result = gateway->ops->record_add(gateway->store, &record);
    t->record = record.id;
    return outcome_store(result);
}

/* -- the callee's gateway ---------------------------------------------------------------------- */

/* A first key is for phones that are both there: nobody is rung for it. */
static struct outcome callee_there(struct request *request, const struct store_ticket *t)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = STORE_OK;

    if (t->first_key)
        result = gateway->ops->session_lives(gateway->store, t->subscriber, request->now);
    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOBODY, "the callee's phone has no session");
    return outcome_store(result);
}

/* Keeps the key for a callee of ours. `half_b` is what the other gateway gets. */
static struct outcome keep(struct request *request, const struct body_vectors *names,
                           const struct store_partner *partner, const struct simauth_secret *half_a,
                           struct store_ticket *t, struct simauth_secret *half_b)
{
    struct gateway *gateway = request->gateway;
    struct store_subscriber subscriber = {0};
    struct outcome outcome = find_callee(request, names, &subscriber);

    t->subscriber = subscriber.id;
    t->made = request->now;
    g_strlcpy(t->nai_b, subscriber.nai, sizeof t->nai_b);
    g_strlcpy(t->operator_name, partner ? partner->name : gateway->config->name,
              sizeof t->operator_name);
    store_subscriber_wipe(&subscriber);
    if (outcome_good(&outcome))
        outcome = callee_there(request, t);
    if (outcome_good(&outcome) && (!ticket_other_half(half_b) || !ticket_key(t, half_a, half_b)))
        outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "no random numbers");
    if (outcome_good(&outcome))
        outcome = add_record(request, partner ? "given" : "local", partner ? partner->name : "", t);
    if (outcome_good(&outcome))
        outcome = outcome_store(gateway->ops->ticket_add(gateway->store, t));
    if (outcome.store == STORE_EXISTS)
        outcome = outcome_problem(PROBLEM_NOT_YOURS, "a ticket that is there already");
    return outcome;
}

static struct outcome serve(struct request *request, const struct body_tickets *body,
                            struct store_ticket *t, struct simauth_secret *half_b)
{
    struct outcome outcome = partner_may_ask(request, &body->names);

    if (!outcome_good(&outcome))
        return outcome;
    t->first_key = body->first_key;
    memcpy(t->ticket, body->ticket, sizeof t->ticket);
    set_names(t, &body->names, body->names.nai_a);
    return keep(request, &body->names, &request->partner, &body->half, t, half_b);
}

static json_t *half_object(const struct request *request, const struct store_ticket *t,
                           const struct simauth_secret *half)
{
    char text[SIMAUTH_B64U_LEN(SIMAUTH_KEY_LEN) + 1];
    json_t *object;

    simauth_b64u_encode(half->octets, SIMAUTH_KEY_LEN, text);
    object = json_pack("{s:s, s:s, s:s}", "half", text, "nai_b", t->nai_b, "operator",
                       request->gateway->config->name);
    OPENSSL_cleanse(text, sizeof text);
    return object;
}

void federation_tickets_post(struct request *request)
{
    struct body_tickets body;
    struct store_ticket t = {0};
    struct simauth_secret half_b = {0};
    struct outcome outcome;
    const char *fault =
        body_tickets((const char *)request->body.data, request->body.len, true, &body);

    if (fault)
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
    else if (!request_repeated(request) && request_allowed(request) &&
             partner_claims_caller(request, &body.names) && request_begin(request, STORE_WRITE)) {
        request->secret = true; /* half_b is in the clear in it */
        outcome = serve(request, &body, &t, &half_b);
        outcome_finish(request, &outcome,
                       outcome_good(&outcome) ? half_object(request, &t, &half_b) : NULL);
    }
    simauth_secret_wipe(&body.half);
    simauth_secret_wipe(&half_b);
    simauth_secret_wipe(&t.key);
}

/* -- the caller's gateway ---------------------------------------------------------------------- */

/* The other half came: this is the caller's. */
static struct outcome take_half(struct request *request, const struct body_half *body)
{
    const struct store_partner *partner = &request->question->partner;
    struct gateway *gateway = request->gateway;
    struct store_ticket *t = &request->made;
    struct simauth_secret half_a = t->key; /* until now */
    enum store_result result = STORE_OK;
    struct outcome outcome = OUTCOME_GOOD;

    g_strlcpy(t->nai_b, body->nai_b, sizeof t->nai_b);
    t->made = request->now;
    if (!ticket_key(t, &half_a, &body->half))
        outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "the key could not be made");
    simauth_secret_wipe(&half_a);
    if (outcome_good(&outcome))
        outcome = asked_given(request, t->nai_b, ticket_use(t), &t->record);
    if (outcome_good(&outcome))
        result = gateway->ops->record_outcome(gateway->store, t->record, STORE_OUTCOME_COMPLETED);
    if (outcome_good(&outcome) && result != STORE_NONE) /* it was "gone" by then */
        outcome = outcome_store(result);
    if (outcome_good(&outcome) && !partner_has_realm(partner, simauth_aor_domain(t->callee)))
        outcome = claim_by_answer(request, t->callee);
    return outcome;
}

static void half_answered(struct request *request)
{
    const struct question *question = request->question;
    const struct body_vectors *names = &request->vectors;
    struct body_half body;
    struct outcome outcome;

    if (partner_refused(request))
        return;
    if (request->settled != STORE_OK) {
        answer_store(request, request->settled);
        return;
    }
    if (body_half((const char *)question->answer.data, question->answer.len, &body) ||
        !partner_has_realm(&question->partner, simauth_nai_realm(body.nai_b)) ||
        (names->callee_nai[0] && strcmp(names->callee_nai, body.nai_b) != 0)) {
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "partner sent another ticket");
    } else if (request_begin(request, STORE_WRITE)) {
        outcome = take_half(request, &body);
        outcome_finish(request, &outcome,
                       outcome_good(&outcome)
                           ? ticket_object(request, &request->made, body.operator_name)
                           : NULL);
    }
    simauth_secret_wipe(&body.half);
}

static json_t *question_object(const struct request *request)
{
    const struct store_ticket *t = &request->made;
    const char *nai = request->vectors.callee_nai;
    char ticket[SIMAUTH_B64U_LEN(SIMAUTH_TICKET_LEN) + 1];
    char half[SIMAUTH_B64U_LEN(SIMAUTH_KEY_LEN) + 1];
    json_t *object;

    simauth_b64u_encode(t->ticket, sizeof t->ticket, ticket);
    simauth_b64u_encode(t->key.octets, SIMAUTH_KEY_LEN, half);
    object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s}", "use", ticket_use(t), "ticket",
                       ticket, "half", half, "caller", t->caller, "callee", t->callee, "callee_nai",
                       nai[0] ? nai : NULL, "nai_a", t->nai_a);
    OPENSSL_cleanse(half, sizeof half);
    return object;
}

/* As it is by now, in the open transaction. */
static struct outcome vouch_again(struct request *request)
{
    struct voucher voucher;
    struct outcome outcome = vouch_for_pair(request, &request->vectors, &voucher);

    store_partner_clear(&voucher.partner);
    if (outcome_good(&outcome) && !voucher.own)
        outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "the callee became another operator's");
    return outcome;
}

/* Both are subscribers of this operator. */
static void local(struct request *request)
{
    struct store_ticket *t = &request->made;
    struct simauth_secret half_a = t->key, half_b = {0};
    struct outcome outcome;

    if (request_begin(request, STORE_WRITE)) {
        outcome = vouch_again(request);
        if (outcome_good(&outcome))
            outcome = keep(request, &request->vectors, NULL, &half_a, t, &half_b);
        outcome_finish(request, &outcome,
                       outcome_good(&outcome)
                           ? ticket_object(request, t, request->gateway->config->name)
                           : NULL);
    }
    simauth_secret_wipe(&half_a);
    simauth_secret_wipe(&half_b);
}

/* Whatever is refused takes no writer's turn. */
static struct outcome judge(struct request *request, struct voucher *voucher)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);
    struct outcome outcome;

    memset(voucher, 0, sizeof *voucher);
    if (result != STORE_OK)
        return outcome_store(result);
    outcome = vouch_for_pair(request, &request->vectors, voucher);
    gateway->ops->rollback(gateway->store);
    return outcome;
}

/* Takes `partner`. */
static void ask_partner(struct request *request, struct store_partner *partner)
{
    struct outcome outcome = asked_alone(request, partner);

    if (outcome_good(&outcome)) {
        request_ask(request, partner, FEDERATION_TICKETS, question_object(request), half_answered);
        return;
    }
    outcome_refuse(request, &outcome, NULL);
    store_partner_clear(partner);
}

static void with_voucher(struct request *request)
{
    struct voucher voucher;
    struct store_ticket *t = &request->made;
    struct outcome outcome = judge(request, &voucher);

    set_names(t, &request->vectors, request->nai);
    if (outcome_good(&outcome) && !ticket_draw(request, t, &t->key))
        outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "the ticket could not be made");
    if (!outcome_good(&outcome)) {
        outcome_refuse(request, &outcome, NULL);
        store_partner_clear(&voucher.partner);
    } else if (!request_allowed(request)) {
        store_partner_clear(&voucher.partner);
    } else if (voucher.own) {
        local(request);
    } else {
        ask_partner(request, &voucher.partner);
    }
}

void tickets_post(struct request *request)
{
    struct body_tickets body;
    const char *fault =
        body_tickets((const char *)request->body.data, request->body.len, false, &body);

    if (fault) {
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
        return;
    }
    request->vectors = body.names;
    request->made.first_key = body.first_key;
    if (!request_repeated(request))
        with_voucher(request);
}

/* -- the callee -------------------------------------------------------------------------------- */

/* In an open transaction. */
static struct outcome find_ticket(struct request *request, const struct body_claim *body,
                                  struct store_ticket *t)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->ticket_get(gateway->store, body->ticket, t);

    if (result != STORE_OK && result != STORE_NONE)
        return outcome_store(result);
    if (result == STORE_NONE || t->subscriber != request->session.subscriber || t->first_key)
        return outcome_problem(PROBLEM_NOT_YOURS, "no ticket for this subscriber");
    return OUTCOME_GOOD;
}

/* Before a writer's turn is taken. */
static struct outcome may_be_claimed(struct request *request, const struct body_claim *body)
{
    struct gateway *gateway = request->gateway;
    struct store_ticket t = {0};
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);
    struct outcome outcome;

    if (result != STORE_OK)
        return outcome_store(result);
    outcome = find_ticket(request, body, &t);
    gateway->ops->rollback(gateway->store);
    simauth_secret_wipe(&t.key);
    return outcome;
}

static struct outcome claim(struct request *request, const struct body_claim *body,
                            struct store_ticket *t)
{
    struct gateway *gateway = request->gateway;
    const struct config *config = gateway->config;
    enum store_result result;
    struct outcome outcome = find_ticket(request, body, t);

    if (!outcome_good(&outcome))
        return outcome;
    /* The same call once more: a repeat or a fork. */
    if (t->claimed && strcmp(t->element, body->element.text) == 0 &&
        store_is_young(t->made, request->now - config->vector_ttl - config->confirmed_ttl,
                       request->now))
        return outcome_once_more(request);
    result = t->made > request->now + STORE_AHEAD_S
                 ? STORE_NONE
                 : gateway->ops->ticket_claim(gateway->store, t->id, body->element.text,
                                              request->now - config->vector_ttl);
    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOT_YOURS, "expired, or of another INVITE");
    if (result == STORE_OK)
        result = gateway->ops->record_outcome(gateway->store, t->record, STORE_OUTCOME_COMPLETED);
    return outcome_store(result == STORE_NONE ? STORE_OK : result);
}

void tickets_claim_post(struct request *request)
{
    struct body_claim body;
    struct store_ticket t = {0};
    struct outcome outcome;
    const char *fault = body_claim((const char *)request->body.data, request->body.len, &body);

    if (fault) {
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
        return;
    }
    if (request_repeated(request))
        return;
    outcome = may_be_claimed(request, &body);
    if (!outcome_good(&outcome)) {
        outcome_refuse(request, &outcome, NULL);
        return;
    }
    if (!request_begin(request, STORE_WRITE))
        return;
    outcome = claim(request, &body, &t);
    outcome_finish(request, &outcome,
                   outcome_good(&outcome) ? ticket_object(request, &t, t.operator_name) : NULL);
    simauth_secret_wipe(&t.key);
}

/* -- first keys that wait for the callee ------------------------------------------------------- */

struct waiting_keys {
    struct request *request;
    json_t *list;
    GArray *ids, *records;
    bool failed;
};

static int add_key(const struct store_ticket *t, void *data)
{
    struct waiting_keys *keys = data;
    json_t *object;

    if (t->made > keys->request->now + STORE_AHEAD_S) /* of before the clock was put back */
        return 0;
    object = ticket_object(keys->request, t, t->operator_name);

    keys->failed = !object || json_array_append_new(keys->list, object) != 0;
    g_array_append_val(keys->ids, t->id);
    g_array_append_val(keys->records, t->record);
    return keys->failed;
}

/* Once: they are gone before the answer leaves. */
static enum store_result take_keys(struct request *request, struct waiting_keys *keys)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->ticket_list(
        gateway->store, request->session.subscriber, request->now - FIRST_KEY_S, add_key, keys);

    if (keys->failed)
        result = STORE_FAILED;
    for (guint i = 0; result == STORE_OK && i < keys->ids->len; i++) {
        result = gateway->ops->ticket_take(gateway->store, g_array_index(keys->ids, int64_t, i));
        if (result != STORE_OK)
            break;
        result = gateway->ops->record_outcome(
            gateway->store, g_array_index(keys->records, int64_t, i), STORE_OUTCOME_COMPLETED);
        if (result == STORE_NONE) /* purged meanwhile, or gone by then */
            result = STORE_OK;
    }
    return result;
}

void tickets_get(struct request *request)
{
    struct gateway *gateway = request->gateway;
    struct waiting_keys keys = {request, json_array(), g_array_new(FALSE, FALSE, sizeof(int64_t)),
                                g_array_new(FALSE, FALSE, sizeof(int64_t)), false};
    enum store_result result = STORE_OK;
    bool replayed = false;

    if (request_allowed(request) && request_begin(request, STORE_WRITE)) {
        result = take_keys(request, &keys);
        if (result == STORE_OK && keys.ids->len > 0)
            replayed = (result = ua_once(request)) == STORE_NONE;
        if (result == STORE_OK && keys.ids->len > 0)
            result = gateway->ops->commit_soft(gateway->store, &request->ticket);
        else
            gateway->ops->rollback(gateway->store);
        if (replayed)
            ua_replayed(request);
        else if (result == STORE_OK)
            answer_json(request, json_pack("{s:O}", "tickets", keys.list));
        else
            answer_store(request, result);
    }
    json_decref(keys.list);
    g_array_unref(keys.ids);
    g_array_unref(keys.records);
}
