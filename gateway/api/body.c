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

/* A challenge of any method's length; the length, or 0. */
static uint8_t rand_of(const json_t *object, const char *name, uint8_t *rand)
{
    const struct simauth_method *method;

    for (size_t i = 0; (method = simauth_method_at(i)); i++)
        if (!simauth_method_is_held(method) && octets_of(object, name, rand, method->rand_len))
            return method->rand_len;
    return 0;
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

static bool methods_of(const json_t *object, struct body_vectors *body)
{
    const json_t *list = json_object_get(object, "methods"), *item;
    size_t i;

    if (!json_is_array(list) || json_array_size(list) == 0 ||
        json_array_size(list) > SIMAUTH_METHODS_MAX)
        return false;
    json_array_foreach(list, i, item)
    {
        const struct simauth_method *method =
            json_is_string(item)
                ? simauth_method_find(json_string_value(item), json_string_length(item))
                : NULL;

        if (!json_is_string(item))
            return false;
        if (method)
            body->methods[body->method_count++] = method;
    }
    return true;
}

static const char *vectors_members(const json_t *object, bool between, struct body_vectors *body)
{
    const char *subject = string_of(object, "subject", 6);

    if (!subject || (strcmp(subject, "callee") != 0 && strcmp(subject, "caller") != 0))
        return "subject must be \"callee\" or \"caller\"";
    body->subject =
        strcmp(subject, "callee") == 0 ? SIMAUTH_SUBJECT_CALLEE : SIMAUTH_SUBJECT_CALLER;
    if (!aor_of(object, "caller", body->caller) || !aor_of(object, "callee", body->callee))
        return "caller and callee must be SIP addresses";
    if (!methods_of(object, body))
        return "methods must be a list of names";
    if (!octets_of(object, "seal_to", body->seal_to, sizeof body->seal_to))
        return "seal_to must be 32 octets in base64url";
    if (json_object_get(object, "callee_nai") && !nai_of(object, "callee_nai", body->callee_nai))
        return "callee_nai must be a network access identifier";
    if (between && body->subject == SIMAUTH_SUBJECT_CALLEE && !nai_of(object, "nai_a", body->nai_a))
        return "nai_a must be a network access identifier";
    if (json_object_get(object, "rand") && !(body->rand_len = rand_of(object, "rand", body->rand)))
        return "rand must be a challenge in base64url";
    if (json_object_get(object, "replaced") &&
        !(body->replaced_len = rand_of(object, "replaced", body->replaced)))
        return "replaced must be a challenge in base64url";
    return NULL;
}

/* Which members belong together. */
static const char *vectors_sense(const json_t *object, bool between,
                                 const struct body_vectors *body)
{
    if (body->subject == SIMAUTH_SUBJECT_CALLEE)
        return (body->rand_len != 0) == (body->replaced_len != 0)
                   ? NULL
                   : "rand and replaced go together for subject callee";
    if (!body->rand_len || (body->replaced_len && !between))
        return "subject caller needs rand, and has replaced between gateways alone";
    if (body->replaced_len && body->replaced_len != SIMAUTH_RAND_LEN)
        return "replaced must be a challenge of 16 octets";
    if (json_object_get(object, "callee_nai") || json_object_get(object, "nai_a"))
        return "subject caller has no callee_nai and no nai_a";
    return NULL;
}

const char *body_vectors_of(const json_t *object, bool between, struct body_vectors *body)
{
    static const char *const phone[] = {"subject", "caller", "callee",   "callee_nai", "methods",
                                        "seal_to", "rand",   "replaced", NULL};
    static const char *const gateway[] = {"subject", "caller", "callee",   "callee_nai", "methods",
                                          "seal_to", "rand",   "replaced", "nai_a",      NULL};
    const char *fault = "not one JSON object with each member once";

    memset(body, 0, sizeof *body);
    if (json_is_object(object))
        fault = simauth_json_only(object, between ? gateway : phone)
                    ? vectors_members(object, between, body)
                    : "a member that this request does not have";
    return fault ? fault : vectors_sense(object, between, body);
}

const char *body_vectors(const char *text, size_t len, bool between, struct body_vectors *body)
{
    json_t *object = simauth_json_load(text, len);
    const char *fault = body_vectors_of(object, between, body);

    json_decref(object);
    return fault;
}

const char *body_batch_item(json_t *object, struct body_vectors *body, uint8_t key[static 16])
{
    bool has_key = json_is_object(object) && octets_of(object, "key", key, 16);

    memset(body, 0, sizeof *body);
    if (!has_key)
        return "key must be 16 random octets in base64url";
    json_object_del(object, "key");
    return body_vectors_of(object, true, body);
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

/* -- tickets and changes -------------------------------------------------------------------------
 */

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

bool body_has_method(const struct body_vectors *body, const struct simauth_method *method)
{
    for (size_t i = 0; i < body->method_count; i++)
        if (body->methods[i] == method)
            return true;
    return false;
}

static bool set_octets(json_t *object, const char *name, const uint8_t *octets, size_t len)
{
    char text[SIMAUTH_B64U_LEN(SIMAUTH_CHAL_MAX) + 1];

    simauth_b64u_encode(octets, len, text);
    return json_object_set_new(object, name, json_string(text)) == 0;
}

json_t *body_vectors_json(const struct body_vectors *b)
{
    json_t *methods = json_array();
    json_t *object;
    bool good = methods != NULL;

    for (size_t i = 0; good && i < b->method_count; i++)
        good = json_array_append_new(methods, json_string(b->methods[i]->name)) == 0;
    object =
        json_pack("{s:s, s:s, s:s, s:o*, s:s*, s:s*}", "subject",
                  b->subject == SIMAUTH_SUBJECT_CALLEE ? "callee" : "caller", "caller", b->caller,
                  "callee", b->callee, "methods", methods, "callee_nai",
                  b->callee_nai[0] ? b->callee_nai : NULL, "nai_a", b->nai_a[0] ? b->nai_a : NULL);
    good = good && object && set_octets(object, "seal_to", b->seal_to, sizeof b->seal_to) &&
           (!b->rand_len || set_octets(object, "rand", b->rand, b->rand_len)) &&
           (!b->replaced_len || set_octets(object, "replaced", b->replaced, b->replaced_len));
    if (good)
        return object;
    json_decref(object);
    return NULL;
}
