/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asked.h"
#include "../log.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define KIND_ASKED "asked"
#define KIND_AGAIN "again" /* a repeat has the record of the question that it repeats */
#define KIND_MAX 16
#define TRIES_MAX 16 /* of one request whose marks name a record each */

/* -- marks: answers that are given to nobody --------------------------------------------------- */

/* *number 0: there is none. */
static enum store_result mark_get(struct request *request, const char *kind, const uint8_t *key,
                                  int64_t *number)
{
    struct store_answer mark = {0};
    enum store_result result = answer_kept(request, kind, key, &mark);

    *number = 0;
    if (result == STORE_OK)
        *number = g_ascii_strtoll(mark.body, NULL, 10);
    free(mark.body);
    return result == STORE_NONE ? STORE_OK : result;
}

/* STORE_NONE: there is one. */
static enum store_result mark_put(struct request *request, const char *kind, const uint8_t *key,
                                  int64_t number)
{
    struct gateway *gateway = request->gateway;
    struct store_answer mark = {.made = request->now};
    char body[24];

    g_snprintf(body, sizeof body, "%lld", (long long)number);
    g_strlcpy(mark.who, kind, sizeof mark.who);
    memcpy(mark.key, key, STORE_KEY_LEN);
    mark.body = body;
    return gateway->ops->answer_put(gateway->store, &mark);
}

struct outcome record_once(struct request *request, const char *kind,
                           const uint8_t rand[static STORE_KEY_LEN], bool *first)
{
    enum store_result result = mark_put(request, kind, rand, 1);

    *first = result == STORE_OK;
    return outcome_store(result == STORE_NONE ? STORE_OK : result);
}

struct outcome record_made(struct request *request, const char *kind,
                           const uint8_t rand[static STORE_KEY_LEN], bool *made)
{
    int64_t number;
    enum store_result result = mark_get(request, kind, rand, &number);

    *made = number != 0;
    return outcome_store(result);
}

/* -- before the question leaves ---------------------------------------------------------------- */

/* The same request at once, which was faster, has named the record. */
static enum store_result find_answer(struct request *request, bool *answered)
{
    struct store_answer answer = {0};
    enum store_result result = answer_kept(request, request->who, request->key, &answer);

    *answered = result == STORE_OK;
    free(answer.body);
    return result == STORE_NONE ? STORE_OK : result;
}

/* The record of the question that this one repeats; record->id 0: there is none any more, and
 * `kind` is that of the mark to be made. A mark stays when its record is taken away. */
static enum store_result find_earlier(struct request *request, struct store_record *record,
                                      const uint8_t *key, char kind[static KIND_MAX],
                                      bool *answered)
{
    struct gateway *gateway = request->gateway;

    *answered = false;
    g_strlcpy(kind, KIND_ASKED, KIND_MAX);
    for (unsigned tries = 1; tries <= TRIES_MAX; tries++) {
        enum store_result result = mark_get(request, kind, key, &record->id);

        if (result == STORE_OK && record->id)
            result = find_answer(request, answered);
        if (result != STORE_OK || *answered || record->id == 0)
            return result;
        result = gateway->ops->record_name(gateway->store, record);
        if (result != STORE_NONE)
            return result;
        g_snprintf(kind, KIND_MAX, KIND_ASKED "%u", tries); /* that one was refused */
    }
    record->id = 0;
    return STORE_OK;
}

struct outcome asked_ahead(struct request *request, const struct store_partner *partner,
                           const uint8_t *key)
{
    struct gateway *gateway = request->gateway;
    struct store_record record = {
        .time = request->now, .side = "asked", .method = STORE_METHOD_UNKNOWN};
    enum store_result result;
    char kind[KIND_MAX];
    bool answered;

    /* Whom it is for is known by the address until the partner names its subscriber. */
    g_strlcpy(record.partner, partner->name, sizeof record.partner);
    g_strlcpy(record.nai_a, request->nai, sizeof record.nai_a);
    g_strlcpy(record.nai_b, request->vectors.callee, sizeof record.nai_b);
    result = find_earlier(request, &record, key, kind, &answered);
    if (result != STORE_OK || answered)
        return outcome_store(result);
    request->record_is_earlier = record.id != 0;
    memcpy(request->record_key, key, STORE_KEY_LEN);
    if (record.id)
        g_strlcpy(kind, KIND_AGAIN, sizeof kind);
    else
        result = gateway->ops->record_add(gateway->store, &record);
    if (result == STORE_OK)
        result = mark_put(request, kind, key, record.id);
    if (result == STORE_OK || result == STORE_NONE) /* another has put it */
        request->record = record.id;
    return outcome_store(result == STORE_NONE ? STORE_OK : result);
}

struct outcome asked_alone(struct request *request, const struct store_partner *partner)
{
    struct gateway *gateway = request->gateway;
    uint8_t key[STORE_KEY_LEN];
    enum store_result result;
    struct outcome outcome;

    if (!request_question_key(request, key))
        return outcome_problem(PROBLEM_OPERATOR_DOWN, "out of memory");
    result = gateway->ops->begin(gateway->store, STORE_CALLS);
    if (result != STORE_OK)
        return outcome_store(result);
    outcome = asked_ahead(request, partner, key);
    if (outcome_good(&outcome))
        outcome = outcome_store(gateway->ops->commit_soft(gateway->store, &request->ticket));
    else
        gateway->ops->rollback(gateway->store);
    if (!outcome_good(&outcome))
        request->record = 0;
    return outcome;
}

/* -- afterwards -------------------------------------------------------------------------------- */

struct outcome asked_given(struct request *request, const char *nai_b, const char *method,
                           int64_t *id)
{
    struct gateway *gateway = request->gateway;
    struct store_record record = {.id = request->record, .time = request->now, .side = "asked"};
    enum store_result result = STORE_NONE;

    g_strlcpy(record.partner, request->question->partner.name, sizeof record.partner);
    g_strlcpy(record.nai_a, request->nai, sizeof record.nai_a);
    g_strlcpy(record.nai_b, nai_b, sizeof record.nai_b);
    g_strlcpy(record.method, method, sizeof record.method);
    if (record.id)
        result = gateway->ops->record_name(gateway->store, &record);
    if (result == STORE_NONE) { /* nothing was kept ahead, or it was taken away meanwhile */
        request->soft = false;
        result = gateway->ops->record_add(gateway->store, &record);
    }
    *id = record.id;
    return outcome_store(result);
}

/* Not where a repeat has come meanwhile, which may be given. */
static enum store_result drop_alone(struct request *request)
{
    int64_t again;
    enum store_result result = mark_get(request, KIND_AGAIN, request->record_key, &again);

    if (result != STORE_OK)
        return result;
    return again == request->record
               ? STORE_NONE
               : request->gateway->ops->record_drop(request->gateway->store, request->record);
}

static void drop(struct request *request)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_CALLS);
    uint64_t ticket;

    if (result == STORE_OK) {
        result = drop_alone(request);
        if (result == STORE_OK)
            result = gateway->ops->commit_soft(gateway->store, &ticket);
        else
            gateway->ops->rollback(gateway->store);
    }
    if (result != STORE_OK && result != STORE_NONE)
        log_line("request=%s op=unasked result=%s", request->id, store_result_name(result));
}

void request_unasked(struct request *request)
{
    const struct question *question = request->question;

    if (request->record == 0)
        return;
    if (question && question->may_have_given)
        log_line("request=%s op=unasked partner=\"%s\" result=kept record=%lld "
                 "reason=\"the partner may have given and counted it\"",
                 request->id, question->partner.name, (long long)request->record);
    else if (!request->record_is_earlier) /* that question may have been given and counted */
        drop(request);
    request->record = 0;
}
