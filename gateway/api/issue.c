/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "issue.h"
#include "asked.h"
#include "bucket.h"
#include "operator_key.h"

#include <glib.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

struct outcome outcome_problem(enum problem problem, const char *reason)
{
    return (struct outcome){problem, reason, STORE_OK};
}

struct outcome outcome_store(enum store_result result)
{
    return (struct outcome){PROBLEM_NONE, NULL, result};
}

bool outcome_good(const struct outcome *outcome)
{
    return outcome->problem == PROBLEM_NONE && outcome->store == STORE_OK;
}

struct outcome outcome_once_more(struct request *request)
{
    return request_token_beside(request) ? OUTCOME_GOOD
                                         : outcome_problem(PROBLEM_TOO_MANY, "limit of repeats");
}

void outcome_refuse(struct request *request, const struct outcome *outcome, const char *detail)
{
    if (outcome->store != STORE_OK)
        answer_store(request, outcome->store);
    else
        answer_problem(request, outcome->problem, detail, outcome->reason);
}

void outcome_finish(struct request *request, const struct outcome *outcome, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    outcome_finish_text(request, outcome, text);
}

void outcome_finish_text(struct request *request, const struct outcome *outcome, char *text)
{
    enum problem problem = outcome->problem;

    if (outcome_good(outcome) && !text)
        problem = PROBLEM_OPERATOR_DOWN;
    request_finish_text(request, text, problem,
                        outcome->reason ? outcome->reason : "no answer could be made",
                        outcome->store);
}

/* Whose address is bound to a SIM has a voucher, though it cannot be challenged now: "nobody" is
 * what phones remember for a day. */
static enum problem refusal_of(enum store_vector_role role)
{
    return role == STORE_AV_B ? PROBLEM_OPERATOR_DOWN : PROBLEM_NOT_YOURS;
}

static struct outcome outcome_auc(enum auc_result why, enum store_result result,
                                  enum store_vector_role role, const char *reason)
{
    switch (why) {
    case AUC_OK:
        return OUTCOME_GOOD;
    case AUC_STORE:
        return outcome_store(result);
    case AUC_AUTS_REFUSED:
        return outcome_problem(PROBLEM_NOT_YOURS, reason);
    case AUC_UNKNOWN:
    case AUC_BARRED:
    case AUC_WEAK:
        return outcome_problem(refusal_of(role), reason);
    case AUC_NO_SIM:
    case AUC_NO_KEYS:
    case AUC_NO_METHOD:
        return outcome_problem(PROBLEM_NO_METHOD, reason);
    default:
        return outcome_problem(PROBLEM_OPERATOR_DOWN, reason);
    }
}

bool is_young(const struct request *request, const struct store_vector *vector, int seconds)
{
    return store_is_young(vector->changed, request->now - seconds, request->now);
}

bool same_names(const struct store_vector *vector, const struct body_vectors *body)
{
    return strcmp(vector->caller, body->caller) == 0 && strcmp(vector->callee, body->callee) == 0;
}

/* -- drawing ----------------------------------------------------------------------------------- */

static uint8_t triplets_of(const struct simauth_method *method)
{
    return method->needs_autn ? 0 : method->rand_len / SIMAUTH_RAND_LEN;
}

/* RAND, AUTN and SSK; names and method of `v` must be there. */
static struct outcome draw(struct request *request, const struct store_subscriber *subscriber,
                           const struct auc_auts *auts, struct store_vector *v)
{
    struct auc_vector av = {.separation = v->method->separation,
                            .triplets = triplets_of(v->method)};
    enum store_result store = STORE_OK;
    const struct simauth_names names = {v->caller, v->callee, v->nai_a, v->nai_b};
    enum simauth_subject subject =
        v->role == STORE_AV_B ? SIMAUTH_SUBJECT_CALLEE : SIMAUTH_SUBJECT_CALLER;
    const char *realm = simauth_nai_realm(v->role == STORE_AV_B ? v->nai_b : v->nai_a);
    struct simauth_challenge challenge = {.method = v->method, .has_autn = v->method->needs_autn};
    const char *reason;
    enum auc_result why = request_draw(request, subscriber, auts, &av, &store, &reason);
    struct outcome outcome = outcome_auc(why, store, v->role, reason);

    if (!v->method->needs_autn && !request->gateway->config->allow_2g)
        outcome = outcome_problem(refusal_of(v->role), "2G SIM, and [auc] allow_2g is false");
    if (outcome_good(&outcome)) {
        v->rand_len = v->method->rand_len;
        memcpy(v->rand, av.rand, v->rand_len);
        memcpy(v->autn, av.autn, sizeof av.autn);
        v->changed = request->now;
        memcpy(challenge.autn, av.autn, sizeof av.autn);
        if (simauth_method_k(&challenge, realm, &av.k, &av.k) != SIMAUTH_OK ||
            simauth_ssk_one_way(subject, &names, v->method, v->rand, v->rand_len, &av.k, &av.res,
                                &v->ssk) != SIMAUTH_OK)
            outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "session key could not be made");
    }
    auc_vector_wipe(&av);
    return outcome;
}

/* The strongest method that the SIM has. */
static const struct simauth_method *method_of(const struct store_subscriber *subscriber)
{
    if (subscriber->keys.gsm)
        return simauth_method_find("gsm", 3);
    return subscriber->keys.akap ? simauth_method_find("akap", 4) : simauth_method_find("aka", 3);
}

static int sim_age(const struct store_subscriber *subscriber, int64_t now)
{
    return now < subscriber->sim_since ? -1 : (int)((now - subscriber->sim_since) / 86400);
}

/* Half of it for each who asks, so that no partner alone makes somebody unreachable. */
static bool callee_allowed(const struct request *request, int64_t subscriber)
{
    const struct config *config = request->gateway->config;
    char all[32], one[sizeof all + sizeof request->who];
    int64_t now = g_get_monotonic_time();

    if (request->again)
        return true;
    snprintf(all, sizeof all, "callee:%lld", (long long)subscriber);
    snprintf(one, sizeof one, "%s:%s", all, request->who);
    return buckets_take(request->gateway->buckets, one, config->subscriber_per_minute,
                        config->subscriber_burst, now) &&
           buckets_take(request->gateway->buckets, all, 2 * config->subscriber_per_minute,
                        2 * config->subscriber_burst, now);
}

struct outcome find_callee(struct request *request, const struct body_vectors *body,
                           struct store_subscriber *subscriber)
{
    struct gateway *gateway = request->gateway;
    struct store_binding binding;
    enum store_result result = gateway->ops->binding_find(gateway->store, body->callee, 0,
                                                          body->callee_nai, request->now, &binding);

    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOBODY, "no SIM is bound to this address, or not this one");
    if (result != STORE_OK)
        return outcome_store(result);
    if (!request->partner.id && binding.subscriber == request->session.subscriber)
        return outcome_problem(PROBLEM_NOT_YOURS, "caller and callee are one SIM");
    if (!callee_allowed(request, binding.subscriber))
        return outcome_problem(PROBLEM_TOO_MANY, "limit of the callee");
    return outcome_store(
        gateway->ops->subscriber_by_id(gateway->store, binding.subscriber, subscriber));
}

static void set_names(struct store_vector *v, const struct body_vectors *body, const char *nai_a,
                      const char *nai_b)
{
    g_strlcpy(v->caller, body->caller, sizeof v->caller);
    g_strlcpy(v->callee, body->callee, sizeof v->callee);
    g_strlcpy(v->nai_a, nai_a, sizeof v->nai_a);
    g_strlcpy(v->nai_b, nai_b, sizeof v->nai_b);
}

static struct outcome add_record(struct request *request, const struct store_vector *v,
                                 struct store_record *record)
{
    struct gateway *gateway = request->gateway;

    record->time = request->now;
    record->outcome = STORE_OUTCOME_ISSUED;
    g_strlcpy(record->nai_a, v->nai_a, sizeof record->nai_a);
    g_strlcpy(record->nai_b, v->nai_b, sizeof record->nai_b);
    g_strlcpy(record->method, v->method->name, sizeof record->method);
    return outcome_store(gateway->ops->record_add(gateway->store, record));
}

struct outcome issue_callee(struct request *request, const struct body_vectors *body,
                            const char *nai_a, const struct store_partner *peer,
                            struct store_record *record, struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    struct store_subscriber subscriber = {0};
    struct outcome outcome = find_callee(request, body, &subscriber);

    memset(v, 0, sizeof *v);
    if (!outcome_good(&outcome))
        goto out;
    v->role = STORE_AV_B;
    v->subscriber = subscriber.id;
    v->peer = peer ? peer->id : 0;
    v->sim_age = sim_age(&subscriber, request->now);
    v->method = method_of(&subscriber);
    outcome = outcome_problem(PROBLEM_NO_METHOD, "no common method");
    if (!body_has_method(body, v->method))
        goto out;
    set_names(v, body, nai_a, subscriber.nai);
    g_strlcpy(v->operator_name, peer ? peer->name : gateway->config->name, sizeof v->operator_name);
    outcome = draw(request, &subscriber, NULL, v);
    if (outcome_good(&outcome))
        outcome = add_record(request, v, record);
    v->record = record->id;
    if (outcome_good(&outcome))
        outcome = outcome_store(gateway->ops->vector_add(gateway->store, v));
    /* A caller that named its callee's SIM wants no other one. */
    if (outcome_good(&outcome) && body->callee_nai[0])
        outcome = outcome_store(gateway->ops->vector_give(gateway->store, v->id, body->seal_to));
out:
    store_subscriber_wipe(&subscriber);
    return outcome;
}

struct outcome issue_ahead(struct request *request)
{
    struct gateway *gateway = request->gateway;
    struct store_subscriber subscriber = {0};
    enum store_result store = STORE_OK;
    const char *reason;
    struct outcome outcome = outcome_store(
        gateway->ops->subscriber_by_id(gateway->store, request->session.subscriber, &subscriber));

    if (outcome_good(&outcome) && gateway->auc.ops->draw) {
        const struct simauth_method *method = method_of(&subscriber);
        struct auc_vector av = {.separation = method->separation, .triplets = triplets_of(method)};
        enum auc_result why = request_draw(request, &subscriber, NULL, &av, &store, &reason);

        outcome = outcome_auc(why, store, STORE_AV_A, reason);
        request->ahead = av;
        auc_vector_wipe(&av);
    } else if (outcome_good(&outcome) && subscriber.keys.algorithm == STORE_NO_SIM) {
        outcome = outcome_problem(PROBLEM_NO_METHOD, auc_result_name(AUC_NO_SIM));
    }
    if (!outcome_good(&outcome))
        auc_vector_wipe(&request->ahead);
    store_subscriber_wipe(&subscriber);
    return outcome;
}

struct outcome issue_caller(struct request *request, const struct body_vectors *body,
                            const uint8_t *rand_b, size_t rand_b_len, const char *nai_b,
                            int64_t peer, int64_t record, struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    struct store_subscriber subscriber = {0};
    struct outcome outcome = outcome_store(
        gateway->ops->subscriber_by_id(gateway->store, request->session.subscriber, &subscriber));

    memset(v, 0, sizeof *v);
    if (!outcome_good(&outcome))
        goto out;
    v->role = STORE_AV_A;
    v->subscriber = subscriber.id;
    v->peer = peer;
    v->record = record;
    v->sim_age = sim_age(&subscriber, request->now);
    v->method = method_of(&subscriber);
    memcpy(v->rand_b, rand_b, rand_b_len);
    v->rand_b_len = (uint8_t)rand_b_len;
    set_names(v, body, subscriber.nai, nai_b);
    outcome = draw(request, &subscriber, NULL, v);
    if (outcome_good(&outcome))
        outcome = outcome_store(gateway->ops->vector_add(gateway->store, v));
out:
    store_subscriber_wipe(&subscriber);
    return outcome;
}

struct outcome issue_again(struct request *request, const struct store_vector *old,
                           const struct body_auts *body, struct store_vector *fresh)
{
    struct gateway *gateway = request->gateway;
    struct store_subscriber subscriber = {0};
    const struct auc_auts auts = {.rand = old->rand, .auts = body->auts};
    struct outcome outcome =
        outcome_store(gateway->ops->subscriber_by_id(gateway->store, old->subscriber, &subscriber));

    *fresh = *old;
    fresh->resynced = true;
    if (outcome_good(&outcome))
        outcome = draw(request, &subscriber, &auts, fresh);
    store_subscriber_wipe(&subscriber);
    return outcome;
}

/* The record of a call that another SIM may answer than the one that was asked for. A partner's is
 * made when it is given what is drawn here, as the partner's own is then. */
static struct outcome other_record(struct request *request, struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    struct store_record record = {.side = "local"};
    struct outcome outcome;

    v->record = 0;
    if (v->peer)
        return OUTCOME_GOOD;
    outcome = add_record(request, v, &record);
    v->record = record.id;
    if (outcome_good(&outcome))
        outcome = outcome_store(
            gateway->ops->record_outcome(gateway->store, v->record, STORE_OUTCOME_CONFIRMED));
    return outcome;
}

struct outcome issue_other_sim(struct request *request, const struct store_vector *first,
                               const char *element, struct store_vector *v)
{
    static const uint8_t nobodys_key[SIMAUTH_X25519_LEN];
    struct gateway *gateway = request->gateway;
    struct store_subscriber subscriber = {0};
    enum store_result given = gateway->ops->vector_give(gateway->store, first->id, nobodys_key);
    struct outcome outcome =
        given == STORE_NONE ? outcome_problem(PROBLEM_NOT_YOURS, "the caller named another SIM")
                            : outcome_store(given);

    if (outcome_good(&outcome) && !callee_allowed(request, request->session.subscriber))
        outcome = outcome_problem(PROBLEM_TOO_MANY, "limit of the callee");
    if (outcome_good(&outcome)) {
        given = gateway->ops->vector_bind(gateway->store, first->id, element);
        outcome = given == STORE_NONE ? outcome_problem(PROBLEM_NOT_YOURS, "of another INVITE")
                                      : outcome_store(given);
    }
    if (outcome_good(&outcome))
        outcome = outcome_store(gateway->ops->subscriber_by_id(
            gateway->store, request->session.subscriber, &subscriber));
    /* Element 2 has room for 16 octets, and element 1 names the method. */
    if (outcome_good(&outcome) &&
        (method_of(&subscriber) != first->method || first->rand_len != SIMAUTH_RAND_LEN))
        outcome = outcome_problem(PROBLEM_NOT_YOURS, "this SIM has another method");
    *v = *first;
    v->subscriber = subscriber.id;
    v->sim_age = sim_age(&subscriber, request->now);
    v->state = STORE_CONFIRMED;
    v->resynced = true; /* there is no second RAND_B' */
    memcpy(v->rand_b, first->rand, first->rand_len);
    v->rand_b_len = first->rand_len;
    g_strlcpy(v->nai_b, subscriber.nai, sizeof v->nai_b);
    g_strlcpy(v->element, element, sizeof v->element);
    if (outcome_good(&outcome))
        outcome = draw(request, &subscriber, NULL, v);
    if (outcome_good(&outcome))
        outcome = other_record(request, v);
    if (outcome_good(&outcome))
        outcome = outcome_store(gateway->ops->vector_add(gateway->store, v));
    store_subscriber_wipe(&subscriber);
    return outcome;
}

/* -- giving ------------------------------------------------------------------------------------ */

/* Once for each RAND_B' of another SIM, which was challenged by then. */
static struct outcome given_other_sim(struct request *request, const struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    struct store_record record = {.side = "given"};
    bool first = false;
    struct outcome outcome = record_once(request, "given", v->rand, &first);

    if (!outcome_good(&outcome) || !first)
        return outcome;
    request->soft = false;
    g_strlcpy(record.partner, request->partner.name, sizeof record.partner);
    outcome = add_record(request, v, &record);
    return outcome_good(&outcome) ? outcome_store(gateway->ops->record_outcome(
                                        gateway->store, record.id, STORE_OUTCOME_CONFIRMED))
                                  : outcome;
}

struct outcome give_replaced(struct request *request, const struct body_vectors *body,
                             const char *nai_a, int64_t peer, struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->vector_by_rand(gateway->store, STORE_AV_B,
                                                            body->replaced, body->replaced_len, v);

    if (result != STORE_OK && result != STORE_NONE)
        return outcome_store(result);
    if (result == STORE_NONE || v->peer != peer || v->rand_b_len != body->rand_len ||
        memcmp(v->rand_b, body->rand, body->rand_len) != 0 || !same_names(v, body) ||
        strcmp(v->nai_a, nai_a) != 0 ||
        (body->callee_nai[0] && strcmp(v->nai_b, body->callee_nai) != 0) ||
        v->state != STORE_CONFIRMED || !is_young(request, v, gateway->config->confirmed_ttl))
        return outcome_problem(PROBLEM_NOT_YOURS, "no such replaced vector");
    /* A gateway between that asked for itself as well would hold both keys of the call. */
    result = gateway->ops->vector_give(gateway->store, v->id, body->seal_to);
    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOT_YOURS, "replaced vector was given to another key");
    return result == STORE_OK && v->peer && !v->record ? given_other_sim(request, v)
                                                       : outcome_store(result);
}

/* Of RAND_B and RAND_B': the RAND of a row that nobody drew. */
static void mark_rand(const struct body_vectors *body, uint8_t rand[static SIMAUTH_RAND_LEN])
{
    uint8_t both[2 * SIMAUTH_CHAL_MAX], digest[SHA256_DIGEST_LENGTH];

    memcpy(both, body->rand, body->rand_len);
    memcpy(both + body->rand_len, body->replaced, body->replaced_len);
    SHA256(both, (size_t)body->rand_len + body->replaced_len, digest);
    memcpy(rand, digest, SIMAUTH_RAND_LEN);
}

struct outcome find_mix(struct request *request, const struct body_vectors *body,
                        struct simauth_secret *mix)
{
    struct gateway *gateway = request->gateway;
    struct store_vector mark = {0};
    uint8_t rand[SIMAUTH_RAND_LEN];
    enum store_result result;

    simauth_secret_wipe(mix);
    mark_rand(body, rand);
    result =
        gateway->ops->vector_by_rand(gateway->store, STORE_AV_A, rand, SIMAUTH_RAND_LEN, &mark);
    if (result == STORE_OK && mark.subscriber == request->session.subscriber &&
        same_names(&mark, body))
        *mix = mark.ssk;
    simauth_secret_wipe(&mark.ssk);
    return outcome_store(result == STORE_NONE ? STORE_OK : result);
}

/* The half of the key for RAND_B' alone, which whoever was given SSK_B=>A cannot make. That it was
 * given, and what was mixed into it for the caller to know, is a row of its own. */
static struct outcome give_other_sim(struct request *request, const struct body_vectors *body,
                                     struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    struct store_vector mark = *v, found;
    struct outcome outcome = OUTCOME_GOOD;
    enum store_result result;

    if (v->state == STORE_GONE || !is_young(request, v, gateway->config->vector_ttl))
        outcome = outcome_problem(PROBLEM_NOT_YOURS, "too old");
    if (outcome_good(&outcome) &&
        (RAND_bytes(mark.ssk.octets, SIMAUTH_KEY_LEN) != 1 ||
         simauth_ssk_other_sim(body->replaced, &mark.ssk, &v->ssk) != SIMAUTH_OK))
        outcome = outcome_problem(PROBLEM_OPERATOR_DOWN, "session key could not be made");
    mark_rand(body, mark.rand);
    mark.rand_len = SIMAUTH_RAND_LEN;
    memcpy(mark.rand_b, body->replaced, body->replaced_len);
    mark.rand_b_len = body->replaced_len;
    mark.state = STORE_CONFIRMED;
    mark.changed = request->now;
    result =
        gateway->ops->vector_by_rand(gateway->store, STORE_AV_A, mark.rand, mark.rand_len, &found);
    if (result == STORE_OK)
        simauth_secret_wipe(&found.ssk);
    if (outcome_good(&outcome) && result == STORE_OK)
        outcome = outcome_problem(PROBLEM_NOT_YOURS, "given before");
    else if (outcome_good(&outcome))
        outcome = outcome_store(
            result == STORE_NONE ? gateway->ops->vector_add(gateway->store, &mark) : result);
    simauth_secret_wipe(&mark.ssk);
    if (outcome_good(&outcome)) {
        result = gateway->ops->record_outcome(gateway->store, v->record, STORE_OUTCOME_COMPLETED);
        outcome = outcome_store(result == STORE_NONE ? STORE_OK : result);
    }
    return outcome;
}

struct outcome give_caller(struct request *request, const struct body_vectors *body, int64_t peer,
                           struct store_vector *v)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->vector_by_rand_b(gateway->store, STORE_AV_A, peer,
                                                              body->rand, body->rand_len, v);

    if (result != STORE_OK && result != STORE_NONE)
        return outcome_store(result);
    if (result == STORE_NONE || !same_names(v, body))
        return outcome_problem(PROBLEM_NOT_YOURS, "no call of ours has this RAND_B");
    if (!body_has_method(body, v->method))
        return outcome_problem(PROBLEM_NO_METHOD, "no common method");
    if (body->replaced_len)
        return give_other_sim(request, body, v);
    result = gateway->ops->vector_step(gateway->store, v->id, STORE_CONFIRMED, "",
                                       request->now - gateway->config->vector_ttl, request->now);
    if (result == STORE_NONE)
        return outcome_problem(PROBLEM_NOT_YOURS, "given before, or too old");
    if (result == STORE_OK)
        result = gateway->ops->record_outcome(gateway->store, v->record, STORE_OUTCOME_COMPLETED);
    return outcome_store(result == STORE_NONE ? STORE_OK : result);
}

/* -- JSON -------------------------------------------------------------------------------------- */

bool vector_append(struct gateway *gateway, const struct store_vector *v,
                   const uint8_t seal_to[static SIMAUTH_X25519_LEN], struct simauth_octets *text)
{
    struct simauth_vector vector = {.subject = v->role == STORE_AV_B ? SIMAUTH_SUBJECT_CALLEE
                                                                     : SIMAUTH_SUBJECT_CALLER,
                                    .challenge = {.method = v->method, .rand_len = v->rand_len},
                                    .sim_age = v->sim_age,
                                    .ttl = gateway->config->vector_ttl};
    const char *nai = v->role == STORE_AV_B ? v->nai_b : v->nai_a;
    bool good;

    memcpy(vector.challenge.rand, v->rand, v->rand_len);
    g_strlcpy(vector.caller, v->caller, sizeof vector.caller);
    g_strlcpy(vector.callee, v->callee, sizeof vector.callee);
    g_strlcpy(vector.nai_a, v->nai_a, sizeof vector.nai_a);
    g_strlcpy(vector.nai_b, v->nai_b, sizeof vector.nai_b);
    good = operator_keys_seal(gateway->operator_keys, simauth_nai_realm(nai), seal_to, &v->ssk,
                              &vector) == SIMAUTH_OK &&
           simauth_vector_text(&vector, text);
    simauth_vector_clear(&vector);
    return good;
}

char *text_take(struct simauth_octets *text)
{
    char *taken;

    simauth_octets_append(text, "", 1);
    if (text->failed) {
        simauth_octets_clear(text);
        return NULL;
    }
    taken = (char *)text->data;
    *text = (struct simauth_octets){0};
    return taken;
}

char *vector_answer(struct gateway *gateway, const struct store_vector *v,
                    const uint8_t seal_to[static SIMAUTH_X25519_LEN])
{
    struct simauth_octets text = {0};

    simauth_octets_append(&text, "{\"vector\":", 10);
    if (!vector_append(gateway, v, seal_to, &text))
        text.failed = true;
    simauth_octets_append(&text, "}", 1);
    return text_take(&text);
}

json_t *challenge_object(const struct store_vector *v)
{
    char rand[SIMAUTH_B64U_LEN(SIMAUTH_CHAL_MAX) + 1];
    char autn[SIMAUTH_B64U_LEN(SIMAUTH_AUTN_LEN) + 1];

    simauth_b64u_encode(v->rand, v->rand_len, rand);
    if (!v->method->needs_autn)
        return json_pack("{s:s, s:s}", "method", v->method->name, "rand", rand);
    simauth_b64u_encode(v->autn, SIMAUTH_AUTN_LEN, autn);
    return json_pack("{s:s, s:s, s:s}", "method", v->method->name, "rand", rand, "autn", autn);
}
