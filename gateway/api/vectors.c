/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POST /v1/vectors: subject callee only by the caller, subject caller only by the callee. */
#include "asked.h"
#include "exchange.h"
#include "named.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

/* For the person: it is neither the SIM nor this gateway. */
#define OTHER_DOWN                                                                                 \
    "The other person's operator cannot answer now, or not for yours; nothing is wrong with your " \
    "SIM."

#define KIND_NAMED "named" /* the record of another SIM's RAND_B' */

static const char *detail_of(enum problem problem)
{
    return problem == PROBLEM_OPERATOR_DOWN ? OTHER_DOWN : NULL;
}

/* Behind "{"vector":..." of a caller's answer: its own challenge and name. */
static void append_own(struct simauth_octets *text, const struct store_vector *av_a)
{
    json_t *own = challenge_object(av_a);
    json_t *object = own ? json_pack("{s:o, s:s}", "own", own, "nai", av_a->nai_a) : NULL;
    char *rest = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    if (!rest)
        text->failed = true;
    else
        rest[0] = ',';
    simauth_octets_append(text, rest, rest ? strlen(rest) : 0);
    free(rest);
}

/* {"vector":`vector`}, and what a caller gets beside it; malloc'ed. NULL: no memory. */
static char *call_answer(const json_t *vector, const struct store_vector *av_a)
{
    char *dumped = json_dumps(vector, JSON_COMPACT);
    struct simauth_octets text = {.failed = !dumped};

    simauth_octets_append(&text, "{\"vector\":", 10);
    simauth_octets_append(&text, dumped, dumped ? strlen(dumped) : 0);
    if (av_a)
        append_own(&text, av_a);
    else
        simauth_octets_append(&text, "}", 1);
    free(dumped);
    return text_take(&text);
}

/* -- a partner's answer ------------------------------------------------------------------------ */

/* The vector that a partner sent, checked against what was asked; NULL when it is not what an
 * honest partner sends. */
static json_t *partner_vector(const struct request *request, const char *nai_a,
                              struct simauth_vector *v)
{
    static const char *const members[] = {"vector", NULL};
    const struct question *question = request->question;
    const struct body_vectors *body = &request->vectors;
    json_t *object = simauth_json_load((const char *)question->answer.data, question->answer.len);
    json_t *vector = json_object_get(object, "vector");
    bool good = false;

    memset(v, 0, sizeof *v);
    if (simauth_json_only(object, members) && vector &&
        simauth_vector_from_json(vector, v) == SIMAUTH_OK) {
        const char *nai = v->subject == SIMAUTH_SUBJECT_CALLEE ? v->nai_b : v->nai_a;

        good = v->subject == body->subject && strcmp(v->caller, body->caller) == 0 &&
               strcmp(v->callee, body->callee) == 0 && (!nai_a || strcmp(v->nai_a, nai_a) == 0) &&
               body_has_method(body, v->challenge.method) &&
               partner_has_realm(&question->partner, simauth_nai_realm(nai)) &&
               (!body->callee_nai[0] || strcmp(v->nai_b, body->callee_nai) == 0);
    }
    vector = good ? json_incref(vector) : NULL;
    json_decref(object);
    return vector;
}

bool partner_refused(struct request *request)
{
    const struct question *question = request->question;
    enum problem problem = problem_of_status(question->status);

    if (question->status == 200)
        return false;
    /* To a first question "not yours" can only mean this gateway, not the phone. */
    if (question->status == 403 && request->vectors.subject == SIMAUTH_SUBJECT_CALLEE &&
        !request->vectors.rand_len) {
        answer_problem(request, PROBLEM_OPERATOR_DOWN, OTHER_DOWN, "partner refuses this gateway");
        return true;
    }
    /* A phone remembers "nobody" for a day: a stray 404 must not count as one. */
    if (problem == PROBLEM_NOBODY && !question_says(question, PROBLEM_NOBODY)) {
        answer_problem(request, PROBLEM_OPERATOR_DOWN, OTHER_DOWN,
                       "partner answers 404, and no gateway says \"nobody\" so");
        return true;
    }
    answer_problem(request, problem, detail_of(problem),
                   question->status ? "partner refused" : "partner did not answer");
    if (!question->status)
        request->answer.reason = question->reason;
    return true;
}

/* Whether what was kept ahead is on the disk; else it is answered. */
static bool settled(struct request *request)
{
    if (request->settled != STORE_OK)
        answer_store(request, request->settled);
    return request->settled == STORE_OK;
}

/* -- subject callee ---------------------------------------------------------------------------- */

/* For another call than this one, of which somebody else may have taken the answer meanwhile. In
 * the open transaction. */
static struct outcome refuse_old_rand(struct request *request, const struct simauth_vector *v)
{
    struct gateway *gateway = request->gateway;
    struct store_vector known = {0};
    struct store_answer answer = {0};
    enum store_result result =
        gateway->ops->vector_by_rand_b(gateway->store, STORE_AV_A, request->question->partner.id,
                                       v->challenge.rand, v->challenge.rand_len, &known);

    simauth_secret_wipe(&known.ssk);
    if (result != STORE_OK)
        return outcome_store(result == STORE_NONE ? STORE_OK : result);
    result = gateway->ops->answer_get(gateway->store, request->who, request->key, &answer);
    free(answer.body);
    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_OPERATOR_DOWN, "partner sent a RAND twice");
    return outcome_store(result);
}

static void callee_answered(struct request *request)
{
    const struct body_vectors *body = &request->vectors;
    struct store_vector av_a = {0};
    struct simauth_vector v;
    struct outcome outcome;
    json_t *vector;
    int64_t record = 0;
    bool speaks;

    if (partner_refused(request) || !settled(request))
        return;
    vector = partner_vector(request, request->nai, &v);
    if (!vector) {
        simauth_vector_clear(&v);
        answer_problem(request, PROBLEM_OPERATOR_DOWN, OTHER_DOWN, "partner sent another vector");
        return;
    }
    named_look(&request->question->partner, v.op_key);
    /* Its number and its record were kept while the partner worked. */
    request->soft = request->record != 0;
    /* By its answer the partner speaks for the callee. */
    speaks = !partner_has_realm(&request->question->partner, simauth_aor_domain(v.callee));
    if (request_begin(request, speaks ? STORE_WRITE : STORE_CALLS)) {
        outcome = refuse_old_rand(request, &v);
        if (outcome_good(&outcome))
            outcome = asked_given(request, v.nai_b, v.challenge.method->name, &record);
        if (outcome_good(&outcome) && speaks)
            outcome = claim_by_answer(request, v.callee);
        if (outcome_good(&outcome))
            outcome = issue_caller(request, body, v.challenge.rand, v.challenge.rand_len, v.nai_b,
                                   request->question->partner.id, record, &av_a);
        if (!outcome_good(&outcome))
            claim_failed(request);
        outcome_finish_text(request, &outcome,
                            outcome_good(&outcome) ? call_answer(vector, &av_a) : NULL);
    }
    json_decref(vector);
    simauth_vector_clear(&v);
    simauth_secret_wipe(&av_a.ssk);
}

/* Both are subscribers of this operator: the same steps without the way between. In prepare()'s
 * transaction. */
static void callee_local(struct request *request)
{
    const struct body_vectors *body = &request->vectors;
    struct store_vector av_a = {0}, av_b;
    struct store_record record = {.side = "local"};
    struct simauth_octets text = {0};
    struct outcome outcome;

    outcome = issue_callee(request, body, request->nai, NULL, &record, &av_b);
    if (outcome_good(&outcome))
        outcome =
            issue_caller(request, body, av_b.rand, av_b.rand_len, av_b.nai_b, 0, record.id, &av_a);
    text.failed = !outcome_good(&outcome);
    simauth_octets_append(&text, "{\"vector\":", 10);
    if (!text.failed && !vector_append(request->gateway, &av_b, body->seal_to, &text))
        text.failed = true;
    if (!text.failed)
        append_own(&text, &av_a);
    outcome_finish_text(request, &outcome, text_take(&text));
    simauth_secret_wipe(&av_a.ssk);
    simauth_secret_wipe(&av_b.ssk);
}

/* -- subject callee again, after RAND_B' ------------------------------------------------------- */

/* Behind "{"vector":...": what our half of another SIM's key is made with, for this phone alone. */
static bool append_mix(const struct request *request, const struct simauth_secret *mix,
                       struct simauth_octets *text)
{
    const struct body_vectors *body = &request->vectors;
    uint8_t aad[2 * SIMAUTH_CHAL_MAX], nonce[12], sealed[SIMAUTH_SEALED_LEN];
    char word[SIMAUTH_B64U_LEN(sizeof sealed) + 1];
    size_t aad_len =
        simauth_challenges_aad(body->rand, body->rand_len, body->replaced, body->replaced_len, aad);

    if (RAND_bytes(nonce, sizeof nonce) != 1 ||
        simauth_channel_seal(&request->ks_naf, "seal down", aad, aad_len, nonce, mix, sealed) !=
            SIMAUTH_OK)
        return false;
    simauth_b64u_encode(sealed, sizeof sealed, word);
    simauth_octets_append(text, ",\"mix\":\"", 8);
    simauth_octets_append(text, word, strlen(word));
    simauth_octets_append(text, "\"}", 2);
    return true;
}

/* In the open transaction: with the mix, where another SIM than the one that was asked has a half.
 * Takes *text (malloc'ed, an object; NULL: no memory). */
static struct outcome add_mix(struct request *request, char **text)
{
    struct simauth_secret mix = {0};
    struct simauth_octets whole = {0};
    struct outcome outcome = find_mix(request, &request->vectors, &mix);

    if (outcome_good(&outcome) && *text && mix.len > 0) {
        simauth_octets_append(&whole, *text, strlen(*text) - 1);
        whole.failed = !append_mix(request, &mix, &whole) || whole.failed;
        free(*text);
        *text = text_take(&whole);
    }
    simauth_secret_wipe(&mix);
    return outcome;
}

/* The partner counts one for each RAND_B' of another SIM, when it gives it. In the open
 * transaction.
 */
static struct outcome asked_other_sim(struct request *request, const struct simauth_vector *v)
{
    struct gateway *gateway = request->gateway;
    struct outcome outcome;
    bool first = false;
    int64_t id;

    if (strcmp(v->nai_b, request->known.nai_b) == 0)
        return OUTCOME_GOOD;
    outcome = record_once(request, KIND_NAMED, request->vectors.replaced, &first);
    if (outcome_good(&outcome) && first)
        outcome = asked_given(request, v->nai_b, v->challenge.method->name, &id);
    if (outcome_good(&outcome) && first)
        outcome = outcome_store(
            gateway->ops->record_outcome(gateway->store, id, STORE_OUTCOME_CONFIRMED));
    return outcome.store == STORE_NONE ? OUTCOME_GOOD : outcome; /* it was "gone" by then */
}

static void replaced_answered(struct request *request)
{
    struct simauth_vector v;
    struct outcome outcome = OUTCOME_GOOD;
    json_t *vector;

    if (partner_refused(request) || !settled(request))
        return;
    vector = partner_vector(request, request->nai, &v);
    if (vector && (v.challenge.rand_len != request->vectors.replaced_len ||
                   memcmp(v.challenge.rand, request->vectors.replaced, v.challenge.rand_len)))
        outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "partner sent another vector");
    if (!vector)
        answer_problem(request, PROBLEM_OPERATOR_DOWN, OTHER_DOWN, "partner sent another vector");
    else if ((request->soft = true) && request_begin(request, STORE_CALLS)) {
        char *text = outcome_good(&outcome) ? call_answer(vector, NULL) : NULL;

        if (text)
            outcome = add_mix(request, &text);
        if (outcome_good(&outcome))
            outcome = asked_other_sim(request, &v);
        outcome_finish_text(request, &outcome, text);
    }
    json_decref(vector);
    simauth_vector_clear(&v);
}

/* In prepare()'s transaction. */
static void replaced_local(struct request *request)
{
    struct store_vector av_b = {0};
    struct outcome outcome;
    char *text = NULL;

    request->soft = true;
    outcome = give_replaced(request, &request->vectors, request->nai, 0, &av_b);
    if (outcome_good(&outcome))
        text = vector_answer(request->gateway, &av_b, request->vectors.seal_to);
    if (text)
        outcome = add_mix(request, &text);
    outcome_finish_text(request, &outcome, text);
    simauth_secret_wipe(&av_b.ssk);
}

/* The caller must have asked for this RAND_B for this call. */
static struct outcome own_call(struct request *request, int64_t peer)
{
    struct gateway *gateway = request->gateway;
    const struct body_vectors *body = &request->vectors;
    struct store_vector av_a = {0};
    enum store_result result = gateway->ops->vector_by_rand_b(gateway->store, STORE_AV_A, peer,
                                                              body->rand, body->rand_len, &av_a);
    struct outcome outcome = outcome_store(result);

    if (result == STORE_NONE)
        outcome = outcome_problem(PROBLEM_NOT_YOURS, "no call of this SIM has this RAND_B");
    else if (result == STORE_OK &&
             (av_a.subscriber != request->session.subscriber || !same_names(&av_a, body)))
        outcome = outcome_problem(PROBLEM_NOT_YOURS, "RAND_B of another call");
    strcpy(request->known.nai_b, av_a.nai_b);
    simauth_secret_wipe(&av_a.ssk);
    return outcome;
}

/* -- subject callee: who vouches --------------------------------------------------------------- */

/* Good: the transaction is open. */
static struct outcome prepare(struct request *request, struct voucher *voucher)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_CALLS);
    struct outcome outcome;

    if (result != STORE_OK)
        return outcome_store(result);
    outcome = vouch_for_pair(request, &request->vectors, voucher);
    if (outcome_good(&outcome) && request->vectors.rand_len)
        outcome = own_call(request, voucher->own ? 0 : voucher->partner.id);
    if (!outcome_good(&outcome)) {
        gateway->ops->rollback(gateway->store);
        store_partner_clear(&voucher->partner);
    }
    return outcome;
}

/* Whoever is to be given the vector of another SIM's RAND_B' is so once. */
static struct outcome ahead_of_other_sim(struct request *request,
                                         const struct store_partner *partner)
{
    const struct body_vectors *body = &request->vectors;
    struct simauth_secret mix = {0};
    struct outcome outcome = find_mix(request, body, &mix);
    bool other = mix.len > 0, named = false;

    simauth_secret_wipe(&mix);
    if (outcome_good(&outcome) && other)
        outcome = record_made(request, KIND_NAMED, body->replaced, &named);
    return outcome_good(&outcome) && other && !named ? asked_ahead(request, partner, body->replaced)
                                                     : outcome;
}

static struct outcome ahead(struct request *request, const struct store_partner *partner)
{
    uint8_t key[STORE_KEY_LEN];
    struct outcome outcome;

    if (request->vectors.rand_len)
        return ahead_of_other_sim(request, partner);
    outcome = issue_ahead(request);
    if (!outcome_good(&outcome))
        return outcome;
    return request_question_key(request, key)
               ? asked_ahead(request, partner, key)
               : outcome_problem(PROBLEM_OPERATOR_DOWN, "out of memory");
}

/* Ends prepare()'s transaction; what it keeps is waited for while the partner works. The partner
 * draws too: where several gateways share the store they agree first that this request is new. */
static struct outcome end_ahead(struct request *request, const struct store_partner *partner)
{
    struct gateway *gateway = request->gateway;
    struct outcome outcome = ahead(request, partner);

    if (outcome_good(&outcome))
        outcome = outcome_store(ua_once(request));
    if (outcome_good(&outcome) &&
        (request->record || request->ahead.k.len || gateway->ops->shared)) {
        outcome = outcome_store(gateway->ops->commit_soft(gateway->store, &request->ticket));
        request->once = outcome_good(&outcome);
        return outcome;
    }
    gateway->ops->rollback(gateway->store);
    return outcome;
}

static void ask_callee(struct request *request, struct voucher *voucher)
{
    struct body_vectors *body = &request->vectors;
    struct outcome outcome = end_ahead(request, &voucher->partner);

    if (!outcome_good(&outcome)) {
        request->record = 0;
        auc_vector_wipe(&request->ahead);
        store_partner_clear(&voucher->partner);
        if (outcome.store == STORE_NONE)
            ua_replayed(request);
        else
            outcome_refuse(request, &outcome, NULL);
        return;
    }
    snprintf(body->nai_a, sizeof body->nai_a, "%s", request->nai);
    request_ask(request, &voucher->partner, FEDERATION_VECTORS, body_vectors_json(body),
                body->rand_len ? replaced_answered : callee_answered);
}

static void subject_callee(struct request *request)
{
    struct voucher voucher = {0};
    struct outcome outcome;

    if (!request_may_call(request))
        return;
    outcome = prepare(request, &voucher);
    if (!outcome_good(&outcome))
        outcome_refuse(request, &outcome, detail_of(outcome.problem));
    else if (!request_allowed(request)) {
        request->gateway->ops->rollback(request->gateway->store);
        store_partner_clear(&voucher.partner);
    } else if (!voucher.own)
        ask_callee(request, &voucher);
    else if (request->vectors.rand_len)
        replaced_local(request);
    else
        callee_local(request);
}

/* -- subject caller ---------------------------------------------------------------------------- */

static struct outcome complete(struct request *request)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->record_outcome(gateway->store, request->known.record,
                                                            STORE_OUTCOME_COMPLETED);

    return outcome_store(result == STORE_NONE ? STORE_OK : result);
}

static void caller_answered(struct request *request)
{
    struct simauth_vector v;
    struct outcome outcome;
    json_t *vector;

    if (partner_refused(request))
        return;
    vector = partner_vector(request, request->known.nai_a, &v);
    request->soft = true;
    if (vector && strcmp(v.nai_b, request->known.nai_b) != 0) {
        json_decref(vector);
        vector = NULL;
    }
    if (!vector) {
        answer_problem(request, PROBLEM_OPERATOR_DOWN, OTHER_DOWN, "partner sent another vector");
    } else if (request_begin(request, STORE_CALLS)) {
        outcome = complete(request);
        outcome_finish_text(request, &outcome,
                            outcome_good(&outcome) ? call_answer(vector, NULL) : NULL);
    }
    json_decref(vector);
    simauth_vector_clear(&v);
}

static void caller_local(struct request *request)
{
    struct store_vector av_a = {0};
    struct outcome outcome;
    char *text = NULL;

    request->soft = true;
    if (!request_begin(request, STORE_CALLS))
        return;
    outcome = give_caller(request, &request->vectors, 0, &av_a);
    if (outcome_good(&outcome))
        text = vector_answer(request->gateway, &av_a, request->vectors.seal_to);
    outcome_finish_text(request, &outcome, text);
    simauth_secret_wipe(&av_a.ssk);
}

/* AG(A) knows the callee as it was asked for: where another SIM of the address answers, the NAI of
 * the first one. */
static enum store_result name_first(struct request *request, struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    struct store_vector first = {0};
    enum store_result result;

    request->other_sim = false;
    if (!v->rand_b_len)
        return STORE_OK;
    result =
        gateway->ops->vector_by_rand(gateway->store, STORE_AV_B, v->rand_b, v->rand_b_len, &first);
    if (result == STORE_OK && first.subscriber != v->subscriber) {
        request->other_sim = true;
        strcpy(v->nai_b, first.nai_b);
    }
    simauth_secret_wipe(&first.ssk);
    return result;
}

/* The callee's own vector of this call, confirmed before; and the operator of the caller. */
static struct outcome known_call(struct request *request, struct store_partner *partner)
{
    struct gateway *gateway = request->gateway;
    const struct body_vectors *body = &request->vectors;
    struct store_vector *v = &request->known;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);
    struct outcome outcome = OUTCOME_GOOD;

    memset(partner, 0, sizeof *partner);
    if (result != STORE_OK)
        return outcome_store(result);
    result =
        gateway->ops->vector_by_rand(gateway->store, STORE_AV_B, body->rand, body->rand_len, v);
    if (result == STORE_NONE ||
        (result == STORE_OK &&
         (v->subscriber != request->session.subscriber || v->state != STORE_CONFIRMED ||
          !same_names(v, body) || !is_young(request, v, gateway->config->confirmed_ttl))))
        outcome = outcome_problem(PROBLEM_NOT_YOURS, "no confirmed vector of this SIM");
    else if (result == STORE_OK)
        result = name_first(request, v);
    if (outcome_good(&outcome) && result == STORE_OK && v->peer)
        result = gateway->ops->partner_by_id(gateway->store, v->peer, partner);
    gateway->ops->rollback(gateway->store);
    if (outcome_good(&outcome) && result != STORE_OK)
        outcome = result == STORE_NONE
                      ? outcome_problem(PROBLEM_OPERATOR_DOWN, "agreement was removed")
                      : outcome_store(result);
    if (outcome_good(&outcome) && v->peer && !partner_active(partner, request->now)) {
        store_partner_clear(partner);
        outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "agreement suspended or not valid now");
    }
    return outcome;
}

static void subject_caller(struct request *request)
{
    struct body_vectors *body = &request->vectors;
    struct store_vector *v = &request->known;
    struct store_partner partner;
    struct outcome outcome = known_call(request, &partner);

    if (!outcome_good(&outcome)) {
        outcome_refuse(request, &outcome, detail_of(outcome.problem));
        return;
    }
    /* Before it takes one of what the caller's operator lets all of us ask. */
    if (!request_token_beside(request)) {
        store_partner_clear(&partner);
        answer_problem(request, PROBLEM_TOO_MANY, NULL, "limit of the callee");
        return;
    }
    /* AG(A) knows RAND_B as it was first issued. */
    if (v->rand_b_len) {
        if (request->other_sim) {
            memcpy(body->replaced, v->rand, v->rand_len);
            body->replaced_len = v->rand_len;
        }
        memcpy(body->rand, v->rand_b, v->rand_b_len);
        body->rand_len = v->rand_b_len;
    }
    if (v->peer)
        request_ask(request, &partner, FEDERATION_VECTORS, body_vectors_json(body),
                    caller_answered);
    else
        caller_local(request);
}

void vectors_post(struct request *request)
{
    const char *fault =
        body_vectors((const char *)request->body.data, request->body.len, false, &request->vectors);

    if (fault) {
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
        return;
    }
    if (request->vectors.method_count == 0) {
        answer_problem(request, PROBLEM_NO_METHOD, NULL, "no method that this gateway knows");
        return;
    }
    if (request_repeated(request))
        return;
    if (request->vectors.subject == SIMAUTH_SUBJECT_CALLEE)
        subject_callee(request);
    else
        subject_caller(request);
}
