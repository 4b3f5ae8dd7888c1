/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POST /v1/activations: a code that a person typed becomes a software SIM, once
 * (docs/protocol.md section 6.2). */
#include "../soft_sim.h"
#include "issue.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

/* Of one address; many people may share one, or a balancer. All addresses together have no limit,
 * which a few could use up for everybody: a code has 88 secret bits, and who knows none takes no
 * writer's turn. */
#define A_MINUTE_OF_ONE 120

struct activation {
    uint8_t id[STORE_CODE_ID_LEN];
    uint8_t proof[32];
};

static bool octets_of(const json_t *object, const char *name, uint8_t *octets, size_t len)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text && simauth_b64u_decode(text, strlen(text), octets, len) == SIMAUTH_OK;
}

static const char *read_body(const struct request *request, struct activation *a)
{
    static const char *const members[] = {"code", "proof", NULL};
    json_t *object = simauth_json_load((const char *)request->body.data, request->body.len);
    bool good = simauth_json_only(object, members) &&
                octets_of(object, "code", a->id, sizeof a->id) &&
                octets_of(object, "proof", a->proof, sizeof a->proof);

    json_decref(object);
    return good ? NULL : "not {\"code\": 5 octets, \"proof\": 32 octets}";
}

static int first_aor(const struct store_binding *binding, void *data)
{
    g_strlcpy(data, binding->aor, SIMAUTH_AOR_MAX + 1);
    return 1;
}

/* Where this gateway made the SIM, each activation makes its keys anew: an older copy is dead. */
static enum store_result renew(struct request *request, struct store_subscriber *s)
{
    struct gateway *gateway = request->gateway;
    enum store_result result;

    if (strncmp(s->imsi, SOFT_SIM_NETWORK, strlen(SOFT_SIM_NETWORK)) == 0) {
        if (RAND_bytes(s->keys.k, sizeof s->keys.k) != 1 ||
            RAND_bytes(s->keys.op, sizeof s->keys.op) != 1)
            return STORE_FAILED;
        result = gateway->ops->subscriber_rekey(gateway->store, s);
        if (result != STORE_OK)
            return result;
    }
    return gateway->ops->subscriber_since(gateway->store, s->id, request->now);
}

static enum store_result note(struct request *request, const char *nai)
{
    struct store_event event = {.time = request->now, .what = "SIM activated", .who = "subscriber"};

    g_strlcpy(event.nai, nai, sizeof event.nai);
    return request->gateway->ops->event_add(request->gateway->store, &event);
}

static json_t *sim_object(struct request *request, const struct store_code *code,
                          const struct store_subscriber *s)
{
    struct gateway *gateway = request->gateway;
    const struct store_binding_filter mine = {.subscriber = s->id};
    char aor[SIMAUTH_AOR_MAX + 1] = "", *text, *sealed;
    json_t *object;

    if (gateway->ops->binding_list(gateway->store, &mine, first_aor, aor) != STORE_OK)
        return NULL;
    text = soft_sim_text(gateway->config, s, aor);
    sealed = text ? soft_sim_seal(code, text) : NULL;
    object = sealed ? json_pack("{s:s}", "sim", sealed) : NULL;
    soft_sim_text_free(text);
    g_free(sealed);
    return object;
}

/* In an open transaction. */
static struct outcome find_code(struct request *request, const struct activation *a,
                                struct store_code *code)
{
    struct gateway *gateway = request->gateway;
    enum store_result result = gateway->ops->code_get(gateway->store, a->id, code);

    if (result != STORE_OK && result != STORE_NONE)
        return outcome_store(result);
    return result == STORE_NONE || !soft_sim_code_right(code, a->proof)
               ? outcome_problem(PROBLEM_NOT_YOURS, "no such code")
               : OUTCOME_GOOD;
}

static bool knows_code(struct request *request, const struct activation *a)
{
    struct store_code code = {0};
    struct outcome outcome;

    if (!request_begin(request, STORE_READ))
        return false;
    outcome = find_code(request, a, &code);
    OPENSSL_cleanse(&code, sizeof code);
    request->gateway->ops->rollback(request->gateway->store);
    if (!outcome_good(&outcome))
        outcome_refuse(request, &outcome, NULL);
    return outcome_good(&outcome);
}

static struct outcome use_code(struct request *request, const struct activation *a,
                               struct store_code *code)
{
    struct gateway *gateway = request->gateway;
    struct outcome outcome = find_code(request, a, code);
    enum store_result result;

    if (!outcome_good(&outcome))
        return outcome;
    result = gateway->ops->code_use(gateway->store, a->id, request->now);
    return result == STORE_NONE ? outcome_problem(PROBLEM_NOT_YOURS, "code was used, or is over")
                                : outcome_store(result);
}

static struct outcome activate(struct request *request, const struct activation *a, json_t **object)
{
    struct gateway *gateway = request->gateway;
    struct store_subscriber s = {0};
    struct store_code code = {0};
    struct outcome outcome = use_code(request, a, &code);
    enum store_result result = STORE_OK;

    if (outcome_good(&outcome))
        result = gateway->ops->subscriber_by_id(gateway->store, code.subscriber, &s);
    if (outcome_good(&outcome) && result == STORE_OK && (s.barred || s.keys.tuak))
        outcome = outcome_problem(PROBLEM_NOT_YOURS, "its SIM was revoked, or computes TUAK");
    if (outcome_good(&outcome) && result == STORE_OK)
        result = renew(request, &s);
    if (outcome_good(&outcome) && result == STORE_OK)
        result = note(request, s.nai);
    if (outcome_good(&outcome) && result == STORE_OK && !(*object = sim_object(request, &code, &s)))
        result = STORE_FAILED;
    OPENSSL_cleanse(&code, sizeof code);
    store_subscriber_wipe(&s);
    return result == STORE_OK ? outcome : outcome_store(result);
}

static void answer_activation(struct request *request, const struct activation *a)
{
    struct outcome outcome;
    json_t *object = NULL;

    snprintf(request->who, sizeof request->who, "c:%02x%02x%02x%02x%02x", a->id[0], a->id[1],
             a->id[2], a->id[3], a->id[4]);
    if (request_repeated(request))
        return;
    if (!request_token_of_address(request, "activations", A_MINUTE_OF_ONE)) {
        answer_problem(request, PROBLEM_TOO_MANY, NULL, "limit of activations");
        return;
    }
    if (!knows_code(request, a) || !request_begin(request, STORE_WRITE))
        return;
    outcome = activate(request, a, &object);
    outcome_finish(request, &outcome, object);
}

void activations_post(struct request *request)
{
    struct activation a = {0};
    const char *fault = read_body(request, &a);

    if (fault)
        answer_problem(request, PROBLEM_BAD_REQUEST, fault, fault);
    else
        answer_activation(request, &a);
    OPENSSL_cleanse(&a, sizeof a);
}
