/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POST /v1/changes: whose SIM was changed or revoked, or who is no subscriber any more, since the
 * phone asked last (docs/protocol.md section 8). Nothing is kept of it. */
#include "../ops/metrics.h"
#include "bucket.h"
#include "issue.h"

#include <glib.h>
#include <simauth/setup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEDERATION_CHANGES "/v1/federation/changes"
#define TOGETHER 16 /* names in one transaction, for one token */
#define PHONE_BURST (SIMAUTH_SETUP_KEYS_MAX / TOGETHER)

/* -- subscribers of ours ----------------------------------------------------------------------- */

/* The first ones go with the request's own token, the others have theirs: a phone all its peers at
 * once, a partner four times what it may ask, so that its questions have 80 names each at the
 * agreed rate. None is taken of what calls need. */
static bool allowed(struct request *request, size_t count)
{
    const struct config *config = request->gateway->config;
    bool partner = request->partner.id != 0;
    int per_minute = partner ? 4 * request->partner.per_minute : 2 * config->subscriber_per_minute;
    int most = partner ? MAX(per_minute, BODY_NAIS_MAX / TOGETHER) : PHONE_BURST;
    int more = count > 0 ? (int)((count - 1) / TOGETHER) : 0;
    char name[sizeof request->who + 16];

    snprintf(name, sizeof name, "%s changes", request->who);
    if (buckets_take_all(request->gateway->buckets, name, more, per_minute, most,
                         g_get_monotonic_time()))
        return true;
    if (partner)
        metrics_partner_limited(request->partner.name);
    return false;
}

/* Those from `from` on that stand together. */
static enum store_result list_some(struct request *request, const struct body_changes *body,
                                   size_t from, json_t *list)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);

    if (result != STORE_OK)
        return result;
    for (size_t i = from; result == STORE_OK && i < MIN(body->count, from + TOGETHER); i++) {
        result = gateway->ops->subscriber_changed(gateway->store, body->nais[i], body->since);
        if (result == STORE_OK && json_array_append_new(list, json_string(body->nais[i])) != 0)
            result = STORE_FAILED;
        if (result == STORE_NONE)
            result = STORE_OK;
    }
    gateway->ops->rollback(gateway->store);
    return result;
}

/* Calls have their turn in between. */
static enum store_result list_changed(struct request *request, const struct body_changes *body,
                                      json_t *list)
{
    enum store_result result = STORE_OK;

    for (size_t i = 0; result == STORE_OK && i < body->count; i += TOGETHER)
        result = list_some(request, body, i, list);
    return result;
}

static void answer_changed(struct request *request, const struct body_changes *body)
{
    json_t *list;
    enum store_result result;

    if (!allowed(request, body->count)) {
        answer_problem(request, PROBLEM_TOO_MANY, NULL, "limit of the asker");
        return;
    }
    list = json_array();
    result = list ? list_changed(request, body, list) : STORE_FAILED;
    if (result == STORE_OK)
        answer_json(request,
                    json_pack("{s:I, s:O}", "time", (json_int_t)request->now, "changed", list));
    else
        answer_store(request, result);
    json_decref(list);
}

void federation_changes_post(struct request *request)
{
    struct body_changes body;
    const char *fault = body_changes((const char *)request->body.data, request->body.len, &body);

    if (fault)
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
    else if (!config_own_realm(request->gateway->config, body.realm))
        answer_problem(request, PROBLEM_NOBODY, NULL, "realm is not ours");
    else if (request_allowed(request))
        answer_changed(request, &body);
    free(body.nais);
}

/* -- a partner's ------------------------------------------------------------------------------- */

/* What the partner says, about those that were asked for alone. */
static json_t *read_changed(const struct request *request, const struct body_changes *asked)
{
    static const char *const members[] = {"time", "changed", NULL};
    const struct question *question = request->question;
    json_t *object = simauth_json_load((const char *)question->answer.data, question->answer.len);
    const json_t *list = json_object_get(object, "changed"), *item;
    bool good = simauth_json_only(object, members) && json_is_array(list) &&
                json_is_integer(json_object_get(object, "time"));
    size_t i;

    json_array_foreach(list, i, item)
    {
        const char *nai = json_string_value(item);
        bool known = false;

        for (size_t n = 0; nai && n < asked->count; n++)
            known = known || strcmp(asked->nais[n], nai) == 0;
        good = good && known;
    }
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static void partner_answered(struct request *request)
{
    struct body_changes asked;
    json_t *object = NULL;

    if (partner_refused(request))
        return;
    if (!body_changes((const char *)request->body.data, request->body.len, &asked))
        object = read_changed(request, &asked);
    if (object)
        answer_json(request, object);
    else
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "partner sent another answer");
    free(asked.nais);
}

static void ask_partner(struct request *request, const struct body_changes *body)
{
    struct gateway *gateway = request->gateway;
    struct store_partner partner = {0};
    json_t *question;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);

    if (result == STORE_OK) {
        result = gateway->ops->partner_by_realm(gateway->store, body->realm, &partner);
        gateway->ops->rollback(gateway->store);
    }
    if (result == STORE_NONE)
        answer_problem(request, PROBLEM_NOBODY, NULL, "no agreement for this realm");
    else if (result != STORE_OK)
        answer_store(request, result);
    else if (!partner_active(&partner, request->now))
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL,
                       "agreement suspended or not valid now");
    else if ((question = simauth_json_load((const char *)request->body.data, request->body.len))) {
        request_ask(request, &partner, FEDERATION_CHANGES, question, partner_answered);
        return;
    } else
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "out of memory");
    store_partner_clear(&partner);
}

void changes_post(struct request *request)
{
    struct body_changes body;
    const char *fault = body_changes((const char *)request->body.data, request->body.len, &body);

    if (fault)
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
    else if (request_allowed(request)) {
        if (config_own_realm(request->gateway->config, body.realm))
            answer_changed(request, &body);
        else
            ask_partner(request, &body);
    }
    free(body.nais);
}
