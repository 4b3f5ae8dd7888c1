/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vector object of docs/protocol.md section 6.1, between JSON and a checked struct. */
#include "json.h"
#include "simauth/vector.h"
#include "vector_aad.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TTL_MAX 60         /* docs/protocol.md section 6.1 */
#define SIM_AGE_MAX 100000 /* days */

static const char *const MEMBERS[] = {"subject", "method", "rand",     "caller",  "callee",
                                      "nai_a",   "nai_b",  "operator", "sim_age", "ttl",
                                      "op_key",  "sealed", NULL};

static enum simauth_result take_challenge(const json_t *object, struct simauth_challenge *challenge)
{
    char method[32];
    enum simauth_result result = SIMAUTH_OK;

    if (!json_take_text(object, "method", method, sizeof method - 1))
        return SIMAUTH_MALFORMED;
    challenge->method = simauth_method_find(method, strlen(method));
    if (challenge->method == NULL || simauth_method_is_held(challenge->method))
        return SIMAUTH_UNKNOWN_METHOD;
    challenge->rand_len = challenge->method->rand_len;
    if (!json_take_octets(object, "rand", challenge->rand, challenge->rand_len))
        return SIMAUTH_MALFORMED;
    if (challenge->method->check_rand != NULL)
        result = challenge->method->check_rand(challenge->rand, challenge->rand_len);
    return result;
}

static bool take_subject(const json_t *object, enum simauth_subject *subject)
{
    char text[8];

    if (!json_take_text(object, "subject", text, sizeof text - 1))
        return false;
    *subject = strcmp(text, "callee") == 0 ? SIMAUTH_SUBJECT_CALLEE : SIMAUTH_SUBJECT_CALLER;
    return strcmp(text, "callee") == 0 || strcmp(text, "caller") == 0;
}

/* The gateway writes AORs in their canonical form; a phone that had to make it would make its own.
 */
static bool take_aor(const json_t *object, const char *name, char *aor)
{
    char canonical[SIMAUTH_AOR_MAX + 1];

    return json_take_text(object, name, aor, SIMAUTH_AOR_MAX) &&
           simauth_aor_canonical(aor, canonical) == SIMAUTH_OK && strcmp(aor, canonical) == 0;
}

static bool take_nai(const json_t *object, const char *name, char *nai)
{
    return json_take_text(object, name, nai, SIMAUTH_NAI_MAX) &&
           simauth_nai_check(nai) == SIMAUTH_OK;
}

static enum simauth_result take_op_key(const json_t *object, struct simauth_vector *vector)
{
    const json_t *op_key = json_object_get(object, "op_key");
    size_t len = json_string_length(op_key);

    if (!json_is_string(op_key) || len == 0)
        return SIMAUTH_MALFORMED;
    if (len > SIMAUTH_STATEMENT_MAX)
        return SIMAUTH_TOO_LONG;
    vector->op_key = malloc(len + 1);
    if (vector->op_key == NULL)
        return SIMAUTH_NO_MEMORY;
    return json_take_text(object, "op_key", vector->op_key, len) ? SIMAUTH_OK : SIMAUTH_MALFORMED;
}

static enum simauth_result take_members(const json_t *object, struct simauth_vector *vector)
{
    int64_t sim_age, ttl;
    enum simauth_result result;

    if (!simauth_json_only(object, MEMBERS) || !take_subject(object, &vector->subject))
        return SIMAUTH_MALFORMED;
    result = take_challenge(object, &vector->challenge);
    if (result != SIMAUTH_OK)
        return result;
    if (!take_aor(object, "caller", vector->caller) ||
        !take_aor(object, "callee", vector->callee) || !take_nai(object, "nai_a", vector->nai_a) ||
        !take_nai(object, "nai_b", vector->nai_b))
        return SIMAUTH_MALFORMED;
    if (!json_take_text(object, "operator", vector->operator_name, SIMAUTH_OPERATOR_NAME_MAX) ||
        !json_take_integer(object, "sim_age", -1, SIM_AGE_MAX, &sim_age) ||
        !json_take_integer(object, "ttl", 1, TTL_MAX, &ttl) ||
        !json_take_octets(object, "sealed", vector->sealed, sizeof vector->sealed))
        return SIMAUTH_MALFORMED;
    vector->sim_age = (int)sim_age;
    vector->ttl = (int)ttl;
    return take_op_key(object, vector);
}

enum simauth_result simauth_vector_from_json(const json_t *object, struct simauth_vector *vector)
{
    enum simauth_result result;

    memset(vector, 0, sizeof *vector);
    result = take_members(object, vector);
    if (result != SIMAUTH_OK)
        simauth_vector_clear(vector);
    return result;
}

bool vector_complete(const struct simauth_vector *v)
{
    const char *const texts[] = {v->caller, v->callee, v->nai_a, v->nai_b, v->operator_name};

    if (v->op_key == NULL || v->op_key[0] == '\0' || v->challenge.method == NULL ||
        !json_text_good(v->op_key, strlen(v->op_key)))
        return false;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i][0] == '\0' || !json_text_good(texts[i], strlen(texts[i])))
            return false;
    }
    return true;
}

/* A string of RFC 8785 without control characters. jansson judges what is no ASCII: false when that
 * is no UTF-8. */
static bool write_text(struct simauth_octets *out, const char *name, const char *text)
{
    size_t len = strlen(text), done = json_plain_len(text, len);
    bool ascii = true;

    for (size_t i = done; i < len; i++)
        ascii = ascii && (uint8_t)text[i] < 0x80;
    if (!ascii) {
        json_t *judged = json_string(text);
        json_decref(judged);
        if (judged == NULL)
            return false;
    }
    simauth_octets_append(out, name, strlen(name));
    simauth_octets_append(out, "\"", 1);
    simauth_octets_append(out, text, done);
    for (text += done;;) {
        size_t plain = strcspn(text, "\"\\");
        simauth_octets_append(out, text, plain);
        if (text[plain] == '\0')
            break;
        simauth_octets_append(out, "\\", 1);
        simauth_octets_append(out, text + plain, 1);
        text += plain + 1;
    }
    simauth_octets_append(out, "\"", 1);
    return true;
}

static void write_number(struct simauth_octets *out, const char *name, int value)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%s%d", name, value);

    simauth_octets_append(out, text, (size_t)len);
}

/* Written out member by member, in their order: through JSON objects it took a tenth of all work
 * for a call. */
bool vector_aad(const struct simauth_vector *v, struct simauth_octets *aad)
{
    const char *subject = v->subject == SIMAUTH_SUBJECT_CALLEE ? "callee" : "caller";
    char rand[SIMAUTH_B64U_LEN(sizeof v->challenge.rand) + 1];
    bool good;

    simauth_b64u_encode(v->challenge.rand, v->challenge.rand_len, rand);
    good =
        write_text(aad, "{\"callee\":", v->callee) && write_text(aad, ",\"caller\":", v->caller) &&
        write_text(aad, ",\"method\":", v->challenge.method->name) &&
        write_text(aad, ",\"nai_a\":", v->nai_a) && write_text(aad, ",\"nai_b\":", v->nai_b) &&
        write_text(aad, ",\"op_key\":", v->op_key) &&
        write_text(aad, ",\"operator\":", v->operator_name) && write_text(aad, ",\"rand\":", rand);
    write_number(aad, ",\"sim_age\":", v->sim_age);
    good = good && write_text(aad, ",\"subject\":", subject);
    write_number(aad, ",\"ttl\":", v->ttl);
    simauth_octets_append(aad, "}", 1);
    return good && !aad->failed;
}

bool simauth_vector_text(const struct simauth_vector *v, struct simauth_octets *text)
{
    char sealed[SIMAUTH_B64U_LEN(sizeof v->sealed) + 1];

    if (!vector_complete(v) || !vector_aad(v, text))
        return false;
    simauth_b64u_encode(v->sealed, sizeof v->sealed, sealed);
    text->len--; /* its brace */
    simauth_octets_append(text, ",\"sealed\":\"", 11);
    simauth_octets_append(text, sealed, sizeof sealed - 1);
    simauth_octets_append(text, "\"}", 2);
    return !text->failed;
}

void simauth_vector_clear(struct simauth_vector *vector)
{
    free(vector->op_key);
    OPENSSL_cleanse(vector, sizeof *vector);
}
