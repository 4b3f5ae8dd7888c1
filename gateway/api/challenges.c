/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POST /v1/challenges: "is this RAND ours, for this SIM, now?" and POST /v1/auts: "the SIM wants
 * another". */
#include "issue.h"

#include <openssl/rand.h>
#include <simauth/keys.h>
#include <string.h>

/* The key of MAC_0 of the replaced vector, sealed for the channel with this phone. */
static bool add_mac0_key(const struct request *request, const struct store_vector *old,
                         const struct store_vector *fresh, json_t *object)
{
    uint8_t aad[2 * SIMAUTH_CHAL_MAX], nonce[12], sealed[SIMAUTH_SEALED_LEN];
    char text[SIMAUTH_B64U_LEN(sizeof sealed) + 1];
    struct simauth_secret key;
    size_t aad_len;
    bool good;

    aad_len =
        simauth_challenges_aad(old->rand, SIMAUTH_RAND_LEN, fresh->rand, SIMAUTH_RAND_LEN, aad);
    good = simauth_hkdf(&old->ssk, SIMAUTH_LABEL_MAC_0, SIMAUTH_KEY_LEN, &key) == SIMAUTH_OK &&
           RAND_bytes(nonce, sizeof nonce) == 1 &&
           simauth_channel_seal(&request->ks_naf, "seal down", aad, aad_len, nonce, &key, sealed) ==
               SIMAUTH_OK;
    simauth_secret_wipe(&key);
    if (!good)
        return false;
    simauth_b64u_encode(sealed, sizeof sealed, text);
    return json_object_set_new(object, "mac0_key", json_string(text)) == 0;
}

/* -- challenges -------------------------------------------------------------------------------- */

/* RAND_B lives and challenges another SIM of an address that is the asking one's too: one challenge
 * for each (RAND_B, SIM), for one element 1, which from then on is the only one for RAND_B itself
 * as well: whoever is given the key of MAC_0 can make another. What is wrong is said to nobody. */
static struct outcome offer(struct request *request, const struct body_challenges *body,
                            const struct store_vector *first, struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    struct store_binding binding;
    int64_t subscriber = request->session.subscriber;
    enum store_result result = gateway->ops->binding_find(gateway->store, first->callee, subscriber,
                                                          "", request->now, &binding);

    if (result == STORE_OK)
        result = gateway->ops->vector_of_sim(gateway->store, subscriber, first->rand,
                                             first->rand_len, v);
    else
        return result == STORE_NONE ? outcome_problem(PROBLEM_NOT_YOURS, "not issued for this SIM")
                                    : outcome_store(result);
    if (result == STORE_OK)
        return strcmp(v->element, body->element.text) == 0 &&
                       is_young(request, v, gateway->config->confirmed_ttl)
                   ? outcome_once_more(request)
                   : outcome_problem(PROBLEM_NOT_YOURS, "expired, or of another INVITE");
    if (result != STORE_NONE)
        return outcome_store(result);
    if (first->rand_b_len || first->resynced || first->state == STORE_GONE ||
        !is_young(request, first, gateway->config->vector_ttl) ||
        (first->element[0] && strcmp(first->element, body->element.text) != 0))
        return outcome_problem(PROBLEM_NOT_YOURS, "expired, or of another INVITE");
    request->soft = false; /* a sequence number and a record */
    return issue_other_sim(request, first, body->element.text, v);
}

static struct outcome confirm(struct request *request, const struct body_challenges *body,
                              struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    enum store_result result =
        gateway->ops->vector_by_rand(gateway->store, STORE_AV_B, body->rand, body->rand_len, v);

    if (result != STORE_OK && result != STORE_NONE)
        return outcome_store(result);
    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOT_YOURS, "not issued for this SIM");
    if (v->subscriber != request->session.subscriber)
        return OUTCOME_GOOD; /* offer() says */
    /* The same call once more: a repeat or a fork. */
    if (v->state == STORE_CONFIRMED && strcmp(v->element, body->element.text) == 0 &&
        is_young(request, v, gateway->config->confirmed_ttl))
        return outcome_once_more(request);
    result = gateway->ops->vector_step(gateway->store, v->id, STORE_CONFIRMED, body->element.text,
                                       request->now - gateway->config->vector_ttl, request->now);
    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOT_YOURS, "expired, or of another INVITE");
    if (result == STORE_OK)
        result = gateway->ops->record_outcome(gateway->store, v->record, STORE_OUTCOME_CONFIRMED);
    return outcome_store(result == STORE_NONE ? STORE_OK : result);
}

/* What the callee's phone is told: names as element 1 has them, and its own SIM's challenge. */
static json_t *confirmation(const struct request *request, const struct store_vector *first,
                            const struct store_vector *own)
{
    json_t *object =
        json_pack("{s:o, s:s, s:s, s:s, s:s, s:s}", "own", challenge_object(own), "caller",
                  first->caller, "callee", first->callee, "nai_a", first->nai_a, "nai_b",
                  first->nai_b, "operator", first->operator_name);

    if (!object || first == own)
        return object;
    if (json_object_set_new(object, "nai", json_string(own->nai_b)) == 0 &&
        add_mac0_key(request, first, own, object))
        return object;
    json_decref(object);
    return NULL;
}

void challenges_post(struct request *request)
{
    struct body_challenges body;
    struct store_vector v = {0}, first = {0};
    struct outcome outcome;
    json_t *object = NULL;
    const char *fault = body_challenges((const char *)request->body.data, request->body.len, &body);

    if (fault) {
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
        return;
    }
    /* The record was kept when the vector was given: this is a word more about it. */
    request->soft = true;
    if (request_repeated(request) || !request_begin(request, STORE_CALLS))
        return;
    outcome = confirm(request, &body, &v);
    if (outcome_good(&outcome) && v.subscriber != request->session.subscriber) {
        first = v;
        memset(&v, 0, sizeof v);
        outcome = offer(request, &body, &first, &v);
    }
    if (outcome_good(&outcome))
        object = confirmation(request, first.id ? &first : &v, &v);
    outcome_finish(request, &outcome, object);
    simauth_secret_wipe(&first.ssk);
    simauth_secret_wipe(&v.ssk);
}

/* -- AUTS -------------------------------------------------------------------------------------- */

/* The vector of this RAND on either side of a call of this SIM. */
static enum store_result find(struct request *request, const struct body_auts *body,
                              struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    enum store_result result =
        gateway->ops->vector_by_rand(gateway->store, STORE_AV_B, body->rand, sizeof body->rand, v);

    if (result == STORE_NONE)
        result = gateway->ops->vector_by_rand(gateway->store, STORE_AV_A, body->rand,
                                              sizeof body->rand, v);
    return result;
}

static bool usable(const struct request *request, const struct store_vector *v)
{
    const struct config *config = request->gateway->config;

    if (v->subscriber != request->session.subscriber || v->resynced)
        return false;
    if (v->role == STORE_AV_A) /* not after it was given to the callee */
        return v->state == STORE_ISSUED && is_young(request, v, config->vector_ttl);
    return v->state == STORE_CONFIRMED && is_young(request, v, config->confirmed_ttl);
}

static struct outcome replace(struct request *request, const struct body_auts *body,
                              struct store_vector *old, struct store_vector *fresh)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = find(request, body, old);
    struct outcome outcome;

    if (result != STORE_OK && result != STORE_NONE)
        return outcome_store(result);
    if (result == STORE_NONE || !usable(request, old))
        return outcome_problem(PROBLEM_NOT_YOURS, "no vector that may be replaced");
    outcome = issue_again(request, old, body, fresh);
    if (!outcome_good(&outcome))
        return outcome;
    result = gateway->ops->vector_resync(gateway->store, old->id, old->state);
    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOT_YOURS, "replaced before");
    if (result == STORE_OK && old->role == STORE_AV_A)
        return outcome_store(gateway->ops->vector_renew(gateway->store, fresh));
    memcpy(fresh->rand_b, old->rand, old->rand_len);
    fresh->rand_b_len = old->rand_len;
    return outcome_store(result == STORE_OK ? gateway->ops->vector_add(gateway->store, fresh)
                                            : result);
}

void auts_post(struct request *request)
{
    struct body_auts body;
    struct store_vector old = {0}, fresh = {0};
    struct outcome outcome;
    json_t *object = NULL;
    const char *fault = body_auts((const char *)request->body.data, request->body.len, &body);

    if (fault) {
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
        return;
    }
    if (request_repeated(request) || !request_allowed(request) ||
        !request_begin(request, STORE_CALLS))
        return;
    outcome = replace(request, &body, &old, &fresh);
    if (outcome_good(&outcome))
        object = json_pack("{s:o}", "own", challenge_object(&fresh));
    if (object && old.role == STORE_AV_B && !add_mac0_key(request, &old, &fresh, object)) {
        json_decref(object);
        object = NULL;
    }
    outcome_finish(request, &outcome, object);
    simauth_secret_wipe(&old.ssk);
    simauth_secret_wipe(&fresh.ssk);
}
