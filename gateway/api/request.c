/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all handlers share: answers, repeats, limits, the question to a partner. */
#include "request.h"
#include "../log.h"
#include "../ops/metrics.h"
#include "batch.h"
#include "bucket.h"
#include "http.h"
#include "waiting.h"

#include <glib.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_JSON "application/json"
#define TYPE_PROBLEM "application/problem+json"

static void set_answer(struct request *request, int status, const char *type, char *body)
{
    free(request->answer.body);
    request->answer.status = body ? status : 500;
    request->answer.type = type;
    request->answer.body = body;
}

void answer_json(struct request *request, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    if (!text) {
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "out of memory");
        return;
    }
    set_answer(request, 200, TYPE_JSON, text);
}

void answer_text(struct request *request, char *body)
{
    if (body)
        set_answer(request, 200, TYPE_JSON, body);
    else
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "out of memory");
}

void answer_problem(struct request *request, enum problem problem, const char *detail,
                    const char *reason)
{
    request->answer.problem = problem;
    request->answer.reason = reason;
    request->answer.challenge[0] = request->answer.info[0] = '\0'; /* of what it was to be before */
    set_answer(request, problem_row(problem)->status, TYPE_PROBLEM, problem_json(problem, detail));
}

void answer_store(struct request *request, enum store_result result)
{
    if (result == STORE_UNSURE) {
        answer_unsure(request, result);
        return;
    }
    metrics_store(result);
    answer_problem(request, PROBLEM_OPERATOR_DOWN, STORE_DETAIL, store_result_name(result));
}

void answer_unsure(struct request *request, enum store_result result)
{
    const bool partner = request->route->asker == ASKER_PARTNER;

    metrics_store(result);
    answer_problem(request, partner ? PROBLEM_UNSURE : PROBLEM_OPERATOR_DOWN, STORE_DETAIL,
                   store_result_name(result));
}

/* -- repeats ----------------------------------------------------------------------------------- */

static bool read_key(struct request *request)
{
    const char *text = http_header(request, "Idempotency-Key");

    return text &&
           simauth_b64u_decode(text, strlen(text), request->key, STORE_KEY_LEN) == SIMAUTH_OK;
}

static bool hash_request(struct request *request)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, request->target, strlen(request->target) + 1) == 1 &&
                EVP_DigestUpdate(ctx, request->body.data, request->body.len) == 1 &&
                EVP_DigestFinal_ex(ctx, request->hash, NULL) == 1;

    EVP_MD_CTX_free(ctx);
    return good;
}

enum store_result answer_kept(struct request *request, const char *who, const uint8_t *key,
                              struct store_answer *answer)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->answer_get(gateway->store, who, key, answer);

    if (result == STORE_OK && answer->made >= request->now - STORE_ANSWER_S)
        return STORE_OK;
    free(answer->body);
    answer->body = NULL;
    return result == STORE_OK ? STORE_NONE : result;
}

void request_look(struct request *request)
{
    request->looked = read_key(request);
    if (request->looked)
        request->earlier_result =
            answer_kept(request, request->who, request->key, &request->earlier);
}

static enum store_result find_answer(struct request *request, struct store_answer *answer)
{
    struct gateway *gateway = request->gateway;
    enum store_result result;

    if (request->looked) { /* once: it may have been stored since */
        request->looked = false;
        *answer = request->earlier;
        request->earlier.body = NULL;
        return request->earlier_result;
    }
    result = gateway->ops->begin(gateway->store, STORE_READ);
    if (result == STORE_OK) {
        result = answer_kept(request, request->who, request->key, answer);
        gateway->ops->rollback(gateway->store);
    }
    return result;
}

bool request_repeated(struct request *request)
{
    struct gateway *gateway = request->gateway;
    struct store_answer answer = {0};
    enum store_result result;

    if (!read_key(request) || !hash_request(request)) {
        answer_problem(request, PROBLEM_BAD_REQUEST,
                       "Idempotency-Key must be 16 random octets in base64url.",
                       "no Idempotency-Key");
        return true;
    }
    result = find_answer(request, &answer);
    if (result == STORE_NONE)
        return false;
    if (result != STORE_OK) {
        answer_store(request, result);
    } else if (CRYPTO_memcmp(answer.hash, request->hash, STORE_HASH_LEN) != 0) {
        free(answer.body);
        answer_problem(request, PROBLEM_KEY_REUSED, NULL, "Idempotency-Key with another body");
    } else if ((result = gateway->ops->settle(gateway->store, 0)) != STORE_OK) {
        free(answer.body);
        answer_unsure(request, result);
    } else {
        set_answer(request, 200, TYPE_JSON, answer.body);
        request->answer.reason = "repeated";
    }
    return true;
}

/* In the open transaction: stores `body` as the answer to this request. */
static enum store_result remember(struct request *request, char *body)
{
    struct store_answer answer = {.made = request->now, .secret = request->secret};

    snprintf(answer.who, sizeof answer.who, "%s", request->who);
    memcpy(answer.key, request->key, sizeof answer.key);
    memcpy(answer.hash, request->hash, sizeof answer.hash);
    answer.body = body;
    return body ? request->gateway->ops->answer_put(request->gateway->store, &answer)
                : STORE_FAILED;
}

bool request_token(struct request *request)
{
    const struct config *config = request->gateway->config;
    bool partner = request->partner.id != 0;

    if (request->again)
        return true;
    request->paid = buckets_take(
        request->gateway->buckets, request->who,
        partner ? request->partner.per_minute : config->subscriber_per_minute,
        partner ? request->partner.per_minute : config->subscriber_burst, g_get_monotonic_time());
    if (!request->paid && partner)
        metrics_partner_limited(request->partner.name);
    return request->paid;
}

static bool allowed(struct request *request, bool token)
{
    if (!token)
        answer_problem(request, PROBLEM_TOO_MANY, NULL, "limit of the asker");
    return token;
}

bool request_allowed(struct request *request)
{
    return allowed(request, request_token(request));
}

bool request_may_call(struct request *request)
{
    const struct config *config = request->gateway->config;

    return request->again ||
           allowed(request, buckets_have(request->gateway->buckets, request->who,
                                         config->subscriber_per_minute, config->subscriber_burst,
                                         g_get_monotonic_time()));
}

bool request_allowed_beside(struct request *request)
{
    return allowed(request, request_token_beside(request));
}

bool request_token_beside(struct request *request)
{
    const struct config *config = request->gateway->config;
    char name[sizeof request->who + 32];

    if (request->again)
        return true;
    snprintf(name, sizeof name, "%s %s", request->who, request->route->name);
    request->paid = buckets_take(request->gateway->buckets, name, 2 * config->subscriber_per_minute,
                                 2 * config->subscriber_burst, g_get_monotonic_time());
    return request->paid;
}

bool request_token_of_address(const struct request *request, const char *what, int a_minute)
{
    char remote[HTTP_REMOTE_MAX], name[sizeof remote + 32];

    http_remote(request, remote);
    snprintf(name, sizeof name, "%s:%s", what, remote);
    return buckets_take(request->gateway->buckets, name, a_minute, a_minute,
                        g_get_monotonic_time());
}

/* True: it is, and the transaction was rolled back. */
static bool replayed(struct request *request, enum store_result *result)
{
    *result = ua_once(request);
    if (*result != STORE_NONE)
        return false;
    request->gateway->ops->rollback(request->gateway->store);
    ua_replayed(request);
    return true;
}

bool request_begin(struct request *request, enum store_kind kind)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, kind);

    if (result != STORE_OK)
        answer_store(request, result);
    return result == STORE_OK;
}

json_t *request_list(struct request *request,
                     enum store_result (*lister)(struct request *request, json_t *list))
{
    enum store_result result = STORE_FAILED;
    json_t *list;

    if (!request_allowed_beside(request) || !request_begin(request, STORE_READ))
        return NULL;
    list = json_array();
    if (list)
        result = lister(request, list);
    request->gateway->ops->rollback(request->gateway->store);
    if (result == STORE_OK)
        return list;
    json_decref(list);
    answer_store(request, result);
    return NULL;
}

void request_finish(struct request *request, json_t *object, enum problem problem,
                    const char *reason, enum store_result store_result)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    request_finish_text(request, text, problem, reason, store_result);
}

void request_finish_text(struct request *request, char *text, enum problem problem,
                         const char *reason, enum store_result store_result)
{
    struct gateway *gateway = request->gateway;

    if (problem == PROBLEM_NONE && store_result == STORE_OK)
        store_result = remember(request, text);
    if (problem == PROBLEM_NONE && store_result == STORE_OK && replayed(request, &store_result)) {
        free(text);
        return;
    }
    if (problem == PROBLEM_NONE && store_result == STORE_OK) {
        store_result = gateway->ops->commit_soft(gateway->store, &request->ticket);
        if (store_result == STORE_OK)
            request->record = 0;
        /* A server may lose what it did not flush while the machines run on. */
        if (request->soft && !gateway->ops->shared)
            request->ticket = request->claimed;
    } else {
        gateway->ops->rollback(gateway->store);
    }
    if (problem == PROBLEM_NONE && store_result == STORE_NONE) {
        /* The same request twice at once: the other was faster, and its answer is this one's. */
        free(text);
        if (!request_repeated(request))
            answer_store(request, STORE_FAILED);
    } else if (store_result != STORE_OK) {
        free(text);
        answer_store(request, store_result);
    } else if (problem != PROBLEM_NONE) {
        free(text);
        answer_problem(request, problem, NULL, reason);
    } else {
        answer_text(request, text);
    }
}

void request_suspend(struct request *request, int parts)
{
    g_atomic_int_set(&request->parts, parts);
    MHD_suspend_connection(request->connection);
}

void request_resume(struct request *request)
{
    if (g_atomic_int_dec_and_test(&request->parts))
        MHD_resume_connection(request->connection);
}

/* -- questions --------------------------------------------------------------------------------- */

bool request_question_key(const struct request *request, uint8_t key[static STORE_KEY_LEN])
{
    uint8_t digest[32];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, request->who, strlen(request->who) + 1) == 1 &&
                EVP_DigestUpdate(ctx, request->key, STORE_KEY_LEN) == 1 &&
                EVP_DigestUpdate(ctx, request->hash, STORE_HASH_LEN) == 1 &&
                EVP_DigestFinal_ex(ctx, digest, NULL) == 1;

    EVP_MD_CTX_free(ctx);
    if (good)
        memcpy(key, digest, STORE_KEY_LEN);
    return good;
}

static void question_free(struct question *question)
{
    if (!question)
        return;
    store_partner_clear(&question->partner);
    if (question->body)
        OPENSSL_cleanse(question->body, strlen(question->body));
    free(question->body);
    simauth_octets_clear(&question->answer);
    free(question);
}

void request_ask(struct request *request, struct store_partner *partner, const char *path,
                 json_t *body, void (*resume)(struct request *request))
{
    struct question *question = calloc(1, sizeof *question);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

    json_decref(body);
    if (!question || !text || !request_question_key(request, question->key)) {
        free(text);
        free(question);
        store_partner_clear(partner);
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "out of memory");
        return;
    }
    question->partner = *partner;
    question->path = path;
    question->body = text;
    request->question = question;
    request->resume = resume;
}

/* -- running ----------------------------------------------------------------------------------- */

/* What a phone is refused takes none of its tokens, and makes work all the same: so much of it for
 * each operation, apart from its calls, and then none is begun. */
static bool refusals(struct request *request,
                     bool (*ask)(struct buckets *buckets, const char *name, int per_minute,
                                 int burst, int64_t now_us))
{
    const struct config *config = request->gateway->config;
    char name[sizeof request->who + 48];

    snprintf(name, sizeof name, "%s refused %s", request->who, request->route->name);
    return ask(request->gateway->buckets, name, 8 * config->subscriber_per_minute,
               8 * config->subscriber_burst, g_get_monotonic_time());
}

static void run_for_phone(struct request *request)
{
    if (!refusals(request, buckets_have)) {
        answer_problem(request, PROBLEM_TOO_MANY, NULL, "limit of refusals");
        return;
    }
    request->route->handle(request);
    /* A limit of vectors takes no work (request_may_call()), and is no reason for another. */
    if (!request->paid && !request->fetching && request->answer.problem != PROBLEM_NONE &&
        request->answer.problem != PROBLEM_UNAUTHORIZED &&
        (request->answer.problem != PROBLEM_TOO_MANY || request->route->handle != vectors_post))
        refusals(request, buckets_take);
}

void request_run(struct request *request)
{
    request->now = (int64_t)time(NULL);
    if (request->route->asker == ASKER_PHONE && !ua_authenticate(request))
        return;
    if (request->route->asker == ASKER_PARTNER && !federation_identify(request))
        return;
    if (request->route->asker == ASKER_PHONE)
        run_for_phone(request);
    else
        request->route->handle(request);
}

void request_clear(struct request *request)
{
    simauth_octets_clear(&request->body);
    free(request->target);
    free(request->authorization);
    free(request->answer.body);
    free(request->earlier.body);
    question_free(request->question);
    batch_free(request->batch);
    for (unsigned i = 0; i < request->fetch_count; i++)
        auc_vector_wipe(&request->fetches[i].vector);
    auc_vector_wipe(&request->ahead);
    store_partner_clear(&request->partner);
    simauth_secret_wipe(&request->session.ck_ik);
    simauth_secret_wipe(&request->known.ssk);
    simauth_secret_wipe(&request->made.key);
    simauth_secret_wipe(&request->ks_naf);
}
