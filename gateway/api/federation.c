/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /v1/federation and /v1/federation/vectors: another operator's gateway asks. */
#include "batch.h"
#include "http.h"

#include <stdio.h>
#include <string.h>

/* Nobody looks for the agreement of the asker's own realm: it was found by the certificate. */
static struct outcome find_caller(struct request *request, const struct body_vectors *body,
                                  bool *theirs)
{
    const struct store_partner *partner = &request->partner;
    const char *domain = simauth_aor_domain(body->caller);
    struct voucher voucher;
    struct outcome outcome;

    *theirs =
        partner_has_realm(partner, domain) && !config_own_realm(request->gateway->config, domain);
    if (*theirs)
        return OUTCOME_GOOD;
    outcome = find_voucher(request->gateway, body->caller, body->nai_a, &voucher);
    if (!outcome_good(&outcome))
        return outcome;
    *theirs = !voucher.own && voucher.partner.id == partner->id;
    store_partner_clear(&voucher.partner);
    return outcome;
}

/* A partner speaks for its own realms and for addresses that no operator has as a realm. */
struct outcome partner_may_ask(struct request *request, const struct body_vectors *body)
{
    struct gateway *gateway = request->gateway;
    struct voucher voucher;
    struct outcome outcome;
    bool theirs;

    if (!partner_has_realm(&request->partner, simauth_nai_realm(body->nai_a)))
        return outcome_problem(PROBLEM_NOT_YOURS, "partner speaks for a foreign realm");
    outcome = find_caller(request, body, &theirs);
    if (!outcome_good(&outcome))
        return outcome;
    if (!theirs)
        return outcome_problem(PROBLEM_NOT_YOURS, "caller is not the partner's");
    outcome = find_voucher(gateway, body->callee, body->callee_nai, &voucher);
    if (outcome_good(&outcome) && !voucher.own) {
        store_partner_clear(&voucher.partner);
        return outcome_problem(PROBLEM_NOBODY, "callee is another operator's");
    }
    return outcome_good(&outcome) ? check_claims(gateway, body->callee, 0, request->now) : outcome;
}

static struct outcome serve(struct request *request, struct store_vector *v)
{
    const struct body_vectors *body = &request->vectors;
    const struct store_partner *partner = &request->partner;
    struct store_record record = {.side = "given"};
    struct outcome outcome;

    if (body->subject == SIMAUTH_SUBJECT_CALLER)
        return give_caller(request, body, partner->id, v);
    outcome = partner_may_ask(request, body);
    if (!outcome_good(&outcome))
        return outcome;
    if (body->rand_len)
        return give_replaced(request, body, body->nai_a, partner->id, v);
    snprintf(record.partner, sizeof record.partner, "%s", partner->name);
    return issue_callee(request, body, body->nai_a, partner, &record, v);
}

struct outcome federation_claim(struct request *request, const struct body_vectors *body)
{
    if (body->subject != SIMAUTH_SUBJECT_CALLEE ||
        partner_has_realm(&request->partner, simauth_aor_domain(body->caller)) ||
        !partner_has_realm(&request->partner, simauth_nai_realm(body->nai_a)))
        return OUTCOME_GOOD;
    return claim_address(request, body->caller);
}

bool partner_claims_caller(struct request *request, const struct body_vectors *body)
{
    struct outcome outcome = federation_claim(request, body);

    request->ticket = request->claimed;
    if (!outcome_good(&outcome))
        outcome_refuse(request, &outcome, NULL);
    return outcome_good(&outcome);
}

struct outcome federation_serve(struct request *request, char **text)
{
    struct store_vector v = {0};
    struct outcome outcome;

    *text = NULL;
    /* What is reserved or replaced was on the disk before the partner could know of it. */
    request->soft = request->vectors.subject == SIMAUTH_SUBJECT_CALLER || request->vectors.rand_len;
    outcome = serve(request, &v);
    if (outcome_good(&outcome)) {
        *text = vector_answer(request->gateway, &v, request->vectors.seal_to);
        if (!*text)
            outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "seal could not be made");
    }
    simauth_secret_wipe(&v.ssk);
    return outcome;
}

/* One question: request->vectors. */
static void single_post(struct request *request)
{
    struct outcome outcome;
    char *text;

    if (request_repeated(request) || !request_allowed(request) ||
        !partner_claims_caller(request, &request->vectors))
        return;
    if (!request_begin(request, STORE_CALLS))
        return;
    outcome = federation_serve(request, &text);
    outcome_finish_text(request, &outcome, text);
}

/* Only a batch may be longer than other requests. */
static bool too_long(struct request *request)
{
    if (request->body.len <= BODY_MAX)
        return false;
    answer_problem(request, PROBLEM_TOO_LARGE, NULL, "body too large");
    return true;
}

void federation_get(struct request *request)
{
    answer_json(request, json_object());
}

void federation_post(struct request *request)
{
    const char *text = (const char *)request->body.data, *fault;
    json_t *object;

    if (request->batch || batch_read(request)) {
        batch_post(request, NULL);
        return;
    }
    if (request->body.len <= BODY_MAX &&
        body_vectors_usual(text, request->body.len, true, &request->vectors)) {
        single_post(request);
        return;
    }
    object = simauth_json_load(text, request->body.len);
    if (json_object_get(object, "batch")) {
        batch_post(request, object);
        return;
    }
    fault = body_vectors_of(object, true, &request->vectors);
    json_decref(object);
    if (too_long(request))
        return;
    if (fault)
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
    else
        single_post(request);
}
