/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "body.h"

#include <stdlib.h>
#include <string.h>

/* A string member without control characters; its value, or NULL. */
static const char *string_of(const json_t *object, const char *name, size_t max)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    size_t len = value ? json_string_length(value) : 0;

    if (!text || len == 0 || len > max)
        return NULL;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return NULL;
    return text;
}

static bool octets_of(const json_t *object, const char *name, uint8_t *octets, size_t len)
{
    const char *text = string_of(object, name, SIMAUTH_B64U_LEN(SIMAUTH_CHAL_MAX));

    return text && simauth_b64u_decode(text, strlen(text), octets, len) == SIMAUTH_OK;
}

static bool aor_of(const json_t *object, const char *name, char *aor)
{
    const char *text = string_of(object, name, SIMAUTH_AOR_MAX);

    return text && simauth_aor_canonical(text, aor) == SIMAUTH_OK;
}

static bool nai_of(const json_t *object, const char *name, char *nai)
{
    const char *text = string_of(object, name, SIMAUTH_NAI_MAX);

    if (!text || simauth_nai_check(text) != SIMAUTH_OK)
        return false;
    memcpy(nai, text, strlen(text) + 1);
    return true;
}

static const char *challenges_members(const json_t *object, struct body_challenges *body)
{
    const char *method = string_of(object, "method", 8);
    const char *element = string_of(object, "element", SIMAUTH_ELEMENT_MAX);

    body->method = method ? simauth_method_find(method, strlen(method)) : NULL;
    if (!body->method || simauth_method_is_held(body->method))
        return "method must be a name that this gateway knows";
    body->rand_len = body->method->rand_len;
    if (!octets_of(object, "rand", body->rand, body->rand_len))
        return "rand must be a challenge of this method in base64url";
    if (!element || simauth_element_parse(&body->element, SIMAUTH_ELEMENT_1, element,
                                          strlen(element)) != SIMAUTH_OK)
        return "element must be element 1 as it was received";
    if (body->element.method != body->method || body->element.rand_len != body->rand_len ||
        memcmp(body->element.rand, body->rand, body->rand_len) != 0)
        return "element has another challenge than rand";
    return NULL;
}

const char *body_challenges(const char *text, size_t len, struct body_challenges *body)
{
    static const char *const members[] = {"method", "rand", "element", NULL};
    json_t *object = simauth_json_load(text, len);
    const char *fault = "not one JSON object with each member once";

    memset(body, 0, sizeof *body);
    if (json_is_object(object))
        fault = simauth_json_only(object, members) ? challenges_members(object, body)
                                                   : "a member that this request does not have";
    json_decref(object);
    return fault;
}

const char *body_auts(const char *text, size_t len, struct body_auts *body)
{
    static const char *const members[] = {"rand", "auts", NULL};
    json_t *object = simauth_json_load(text, len);
    const char *fault = "not one JSON object with each member once";

    memset(body, 0, sizeof *body);
    if (json_is_object(object) && !simauth_json_only(object, members))
        fault = "a member that this request does not have";
    else if (json_is_object(object))
        fault = octets_of(object, "rand", body->rand, sizeof body->rand) &&
                        octets_of(object, "auts", body->auts, sizeof body->auts)
                    ? NULL
                    : "rand must be 16 and auts 14 octets in base64url";
    json_decref(object);
    return fault;
}

/* -- tickets and changes ----------------------------------------------------------------------- */

static bool secret_of(const json_t *object, const char *name, struct simauth_secret *secret)
{
    secret->len = SIMAUTH_KEY_LEN;
    return octets_of(object, name, secret->octets, SIMAUTH_KEY_LEN);
}

static const char *tickets_members(const json_t *object, bool between, struct body_tickets *body)
{
    const char *use = string_of(object, "use", 3);
    struct body_vectors *names = &body->names;

    if (!use || (strcmp(use, "agt") != 0 && strcmp(use, "stp") != 0))
        return "use must be \"agt\" or \"stp\"";
    body->first_key = strcmp(use, "stp") == 0;
    if (!aor_of(object, "caller", names->caller) || !aor_of(object, "callee", names->callee))
        return "caller and callee must be SIP addresses";
    if (json_object_get(object, "callee_nai") && !nai_of(object, "callee_nai", names->callee_nai))
        return "callee_nai must be a network access identifier";
    if (!between)
        return NULL;
    if (!nai_of(object, "nai_a", names->nai_a))
        return "nai_a must be a network access identifier";
    if (!octets_of(object, "ticket", body->ticket, sizeof body->ticket))
        return "ticket must be 16 octets in base64url";
    return secret_of(object, "half", &body->half) ? NULL : "half must be 32 octets in base64url";
}

const char *body_tickets(const char *text, size_t len, bool between, struct body_tickets *body)
{
    static const char *const phone[] = {"use", "caller", "callee", "callee_nai", NULL};
    static const char *const gateway[] = {"use",   "caller", "callee", "callee_nai",
                                          "nai_a", "ticket", "half",   NULL};
    json_t *object = simauth_json_load(text, len);
    const char *fault = "not one JSON object with each member once";

    memset(body, 0, sizeof *body);
    if (json_is_object(object))
        fault = simauth_json_only(object, between ? gateway : phone)
                    ? tickets_members(object, between, body)
                    : "a member that this request does not have";
    json_decref(object);
    return fault;
}

static const char *claim_members(const json_t *object, struct body_claim *body)
{
    const char *element = string_of(object, "element", SIMAUTH_ELEMENT_MAX);

    if (!octets_of(object, "ticket", body->ticket, sizeof body->ticket))
        return "ticket must be 16 octets in base64url";
    if (!element || simauth_element_parse(&body->element, SIMAUTH_ELEMENT_1, element,
                                          strlen(element)) != SIMAUTH_OK)
        return "element must be element 1 as it was received";
    if (strcmp(body->element.method->name, "agt") != 0 ||
        memcmp(body->element.rand, body->ticket, sizeof body->ticket) != 0)
        return "element has another ticket";
    return NULL;
}

const char *body_claim(const char *text, size_t len, struct body_claim *body)
{
    static const char *const members[] = {"ticket", "element", NULL};
    json_t *object = simauth_json_load(text, len);
    const char *fault = "not one JSON object with each member once";

    memset(body, 0, sizeof *body);
    if (json_is_object(object))
        fault = simauth_json_only(object, members) ? claim_members(object, body)
                                                   : "a member that this request does not have";
    json_decref(object);
    return fault;
}

static bool nais_of(const json_t *list, struct body_changes *body)
{
    const json_t *item;
    size_t i;

    body->nais = calloc(json_array_size(list), sizeof *body->nais);
    if (!body->nais)
        return false;
    json_array_foreach(list, i, item)
    {
        const char *nai = json_string_value(item);

        if (!nai || strlen(nai) != json_string_length(item) || strlen(nai) > SIMAUTH_NAI_MAX ||
            simauth_nai_check(nai) != SIMAUTH_OK)
            return false;
        strcpy(body->nais[body->count++], nai);
        if (i == 0)
            strcpy(body->realm, simauth_nai_realm(nai));
        else if (strcmp(body->realm, simauth_nai_realm(nai)) != 0)
            return false;
    }
    return true;
}

const char *body_changes(const char *text, size_t len, struct body_changes *body)
{
    static const char *const members[] = {"since", "nais", NULL};
    json_t *object = simauth_json_load(text, len);
    const json_t *since = json_object_get(object, "since"), *list = json_object_get(object, "nais");
    const char *fault = "not one JSON object with each member once";

    memset(body, 0, sizeof *body);
    body->since = json_integer_value(since);
    if (json_is_object(object) && !simauth_json_only(object, members))
        fault = "a member that this request does not have";
    else if (json_is_object(object) && (!json_is_integer(since) || body->since < 0))
        fault = "since must be a time";
    else if (json_is_object(object) &&
             (!json_is_array(list) || json_array_size(list) == 0 ||
              json_array_size(list) > BODY_NAIS_MAX || !nais_of(list, body)))
        fault = "nais must be 1 to 256 network access identifiers of one realm";
    else if (json_is_object(object))
        fault = NULL;
    json_decref(object);
    return fault;
}

const char *body_half(const char *text, size_t len, struct body_half *body)
{
    static const char *const members[] = {"half", "nai_b", "operator", NULL};
    json_t *object = simauth_json_load(text, len);
    const char *name = string_of(object, "operator", SIMAUTH_OPERATOR_NAME_MAX);
    const char *fault = "not the other half of a ticket's key";

    memset(body, 0, sizeof *body);
    if (json_is_object(object) && simauth_json_only(object, members) && name &&
        nai_of(object, "nai_b", body->nai_b) && secret_of(object, "half", &body->half)) {
        strcpy(body->operator_name, name);
        fault = NULL;
    }
    json_decref(object);
    return fault;
}
