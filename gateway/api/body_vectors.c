/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The body of a request for a vector. Two readers fill one table of members: one for what phones
 * and gateways usually write, in one pass and without an object for each string; jansson for
 * everything else and for every fault. What a member may be is judged in one place.
 */
#include "body.h"
#include "sha256.h"

#include <stdlib.h>
#include <string.h>

enum member {
    SUBJECT,
    CALLER,
    CALLEE,
    CALLEE_NAI,
    METHODS,
    SEAL_TO,
    RAND,
    REPLACED,
    NAI_A,
    KEY,
    MEMBERS
};
static const char *const names[MEMBERS] = {"subject", "caller", "callee",   "callee_nai", "methods",
                                           "seal_to", "rand",   "replaced", "nai_a",      "key"};
#define OF_PHONE ((1u << NAI_A) - 1)
#define OF_GATEWAY (OF_PHONE | 1u << NAI_A)
#define OF_BATCH (OF_GATEWAY | 1u << KEY)

struct text {
    const char *at; /* somebody else's, without a NUL; NULL: no string */
    size_t len;
};
struct members {
    unsigned there; /* bits 1 << member */
    struct text strings[MEMBERS];
    struct text methods[SIMAUTH_METHODS_MAX];
    size_t method_count;
    bool has_methods; /* a list of 1 to SIMAUTH_METHODS_MAX strings */
};

static bool has(const struct members *m, enum member which)
{
    return m->there & 1u << which;
}

static enum member member_of(const char *name, size_t len)
{
    for (enum member i = 0; i < MEMBERS; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return i;
    return MEMBERS;
}

/* -- judging ----------------------------------------------------------------------------------- */

/* A string member of 1 to `max` octets without control characters. */
static bool string_of(const struct members *m, enum member which, size_t max, char *text)
{
    const struct text *value = &m->strings[which];

    if (!value->at || value->len == 0 || value->len > max)
        return false;
    for (size_t i = 0; i < value->len; i++)
        if ((unsigned char)value->at[i] < ' ' || value->at[i] == 0x7f)
            return false;
    memcpy(text, value->at, value->len);
    text[value->len] = '\0';
    return true;
}

static bool octets_of(const struct members *m, enum member which, uint8_t *octets, size_t len)
{
    const struct text *value = &m->strings[which];

    return value->at && simauth_b64u_decode(value->at, value->len, octets, len) == SIMAUTH_OK;
}

/* A challenge of any method's length; the length, or 0. */
static uint8_t rand_of(const struct members *m, enum member which, uint8_t *rand)
{
    const struct simauth_method *method;

    for (size_t i = 0; (method = simauth_method_at(i)); i++)
        if (!simauth_method_is_held(method) && octets_of(m, which, rand, method->rand_len))
            return method->rand_len;
    return 0;
}

static bool aor_of(const struct members *m, enum member which, char *aor)
{
    char text[SIMAUTH_AOR_MAX + 1];

    return string_of(m, which, SIMAUTH_AOR_MAX, text) &&
           simauth_aor_canonical(text, aor) == SIMAUTH_OK;
}

static bool nai_of(const struct members *m, enum member which, char *nai)
{
    if (string_of(m, which, SIMAUTH_NAI_MAX, nai) && simauth_nai_check(nai) == SIMAUTH_OK)
        return true;
    nai[0] = '\0';
    return false;
}

static bool methods_of(const struct members *m, struct body_vectors *body)
{
    for (size_t i = 0; m->has_methods && i < m->method_count; i++) {
        const struct simauth_method *method =
            simauth_method_find(m->methods[i].at, m->methods[i].len);

        if (method)
            body->methods[body->method_count++] = method;
    }
    return m->has_methods;
}

static const char *judge_members(const struct members *m, bool between, struct body_vectors *body)
{
    char subject[8];

    if (!string_of(m, SUBJECT, 6, subject) ||
        (strcmp(subject, "callee") != 0 && strcmp(subject, "caller") != 0))
        return "subject must be \"callee\" or \"caller\"";
    body->subject =
        strcmp(subject, "callee") == 0 ? SIMAUTH_SUBJECT_CALLEE : SIMAUTH_SUBJECT_CALLER;
    if (!aor_of(m, CALLER, body->caller) || !aor_of(m, CALLEE, body->callee))
        return "caller and callee must be SIP addresses";
    if (!methods_of(m, body))
        return "methods must be a list of names";
    if (!octets_of(m, SEAL_TO, body->seal_to, sizeof body->seal_to))
        return "seal_to must be 32 octets in base64url";
    if (has(m, CALLEE_NAI) && !nai_of(m, CALLEE_NAI, body->callee_nai))
        return "callee_nai must be a network access identifier";
    if (between && body->subject == SIMAUTH_SUBJECT_CALLEE && !nai_of(m, NAI_A, body->nai_a))
        return "nai_a must be a network access identifier";
    if (has(m, RAND) && !(body->rand_len = rand_of(m, RAND, body->rand)))
        return "rand must be a challenge in base64url";
    if (has(m, REPLACED) && !(body->replaced_len = rand_of(m, REPLACED, body->replaced)))
        return "replaced must be a challenge in base64url";
    return NULL;
}

/* Which members belong together. */
static const char *judge_sense(const struct members *m, bool between,
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
    if (has(m, CALLEE_NAI) || has(m, NAI_A))
        return "subject caller has no callee_nai and no nai_a";
    return NULL;
}

static const char *judge(const struct members *m, bool between, struct body_vectors *body)
{
    const char *fault;

    memset(body, 0, sizeof *body);
    fault = judge_members(m, between, body);
    return fault ? fault : judge_sense(m, between, body);
}

/* -- as jansson has read it -------------------------------------------------------------------- */

static void take_methods(const json_t *list, struct members *m)
{
    const json_t *item;
    size_t i;

    m->method_count = json_array_size(list);
    m->has_methods = m->method_count > 0 && m->method_count <= SIMAUTH_METHODS_MAX;
    json_array_foreach(list, i, item)
    {
        if (!m->has_methods)
            return;
        m->methods[i] = (struct text){json_string_value(item), json_string_length(item)};
        m->has_methods = json_is_string(item);
    }
}

/* False: it has a member that is not in `known`. */
static bool take_members(const json_t *object, unsigned known, struct members *m)
{
    json_t *writable = (json_t *)object; /* jansson's iterators are older than const */
    const char *name;
    json_t *value;

    memset(m, 0, sizeof *m);
    json_object_foreach(writable, name, value)
    {
        enum member which = member_of(name, strlen(name));

        if (which == MEMBERS || !(known & 1u << which))
            return false;
        m->there |= 1u << which;
        if (which == METHODS)
            take_methods(value, m);
        else
            m->strings[which] = (struct text){json_string_value(value), json_string_length(value)};
    }
    return true;
}

const char *body_vectors_of(const json_t *object, bool between, struct body_vectors *body)
{
    struct members m;

    memset(body, 0, sizeof *body);
    if (!json_is_object(object))
        return "not one JSON object with each member once";
    if (!take_members(object, between ? OF_GATEWAY : OF_PHONE, &m))
        return "a member that this request does not have";
    return judge(&m, between, body);
}

/* The hash is of the question as it was parsed: another order of its members is no other one. */
static bool hash_object(const json_t *object, uint8_t hash[static SHA256_LEN])
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    bool good = text && sha256_of(text, strlen(text), hash);

    free(text);
    return good;
}

const char *body_batch_item(json_t *object, struct body_question *question)
{
    const json_t *key = json_object_get(object, "key");
    const char *fault;

    memset(question, 0, sizeof *question);
    if (!json_is_string(key) ||
        simauth_b64u_decode(json_string_value(key), json_string_length(key), question->key,
                            sizeof question->key) != SIMAUTH_OK)
        return "key must be 16 random octets in base64url";
    json_object_del(object, "key");
    fault = body_vectors_of(object, true, &question->body);
    question->hashed = !fault && hash_object(object, question->hash);
    return fault;
}

/* -- as it is usually written ------------------------------------------------------------------ */

struct in {
    const char *at, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Blanks, and then this. */
static bool take(struct in *in, char c)
{
    while (in->at < in->end && is_blank(*in->at))
        in->at++;
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

/* Of printable ASCII, and without anything escaped. */
static bool take_string(struct in *in, struct text *text)
{
    if (!take(in, '"'))
        return false;
    text->at = in->at;
    while (in->at < in->end && *in->at >= ' ' && *in->at < 0x7f && *in->at != '"' &&
           *in->at != '\\')
        in->at++;
    text->len = (size_t)(in->at - text->at);
    return in->at < in->end && *in->at++ == '"';
}

#define METHOD_NAME_MAX 16 /* no name that anybody knows is longer */

static bool take_list(struct in *in, struct members *m)
{
    if (!take(in, '['))
        return false;
    do {
        if (m->method_count == SIMAUTH_METHODS_MAX ||
            !take_string(in, &m->methods[m->method_count]) ||
            m->methods[m->method_count++].len > METHOD_NAME_MAX)
            return false;
    } while (take(in, ','));
    m->has_methods = true;
    return take(in, ']');
}

static bool take_question(struct in *in, unsigned known, struct members *m)
{
    struct text name;

    m->there = 0;
    m->method_count = 0;
    m->has_methods = false;
    for (enum member i = 0; i < MEMBERS; i++)
        m->strings[i].at = NULL;
    if (!take(in, '{'))
        return false;
    do {
        enum member which;

        if (!take_string(in, &name) || !take(in, ':'))
            return false;
        which = member_of(name.at, name.len);
        if (which == MEMBERS || !(known & ~m->there & 1u << which))
            return false;
        m->there |= 1u << which;
        if (!(which == METHODS ? take_list(in, m) : take_string(in, &m->strings[which])))
            return false;
    } while (take(in, ','));
    return take(in, '}');
}

static bool at_end(struct in *in)
{
    return !take(in, '\0') && in->at == in->end;
}

bool body_vectors_usual(const char *text, size_t len, bool between, struct body_vectors *body)
{
    struct in in = {text, text ? text + len : NULL}; /* a request may have no body at all */
    struct members m;

    return text && take_question(&in, between ? OF_GATEWAY : OF_PHONE, &m) && at_end(&in) &&
           judge(&m, between, body) == NULL;
}

const char *body_vectors(const char *text, size_t len, bool between, struct body_vectors *body)
{
    const char *fault;
    json_t *object;

    if (body_vectors_usual(text, len, between, body))
        return NULL;
    object = simauth_json_load(text, len);
    fault = body_vectors_of(object, between, body);
    json_decref(object);
    return fault;
}

struct out {
    char text[2048]; /* a question that was found good is shorter */
    size_t len;
};

static void put(struct out *out, const char *text, size_t len)
{
    if (len > sizeof out->text - out->len)
        len = 0;
    memcpy(out->text + out->len, text, len);
    out->len += len;
}

static void put_string(struct out *out, const char *before, const struct text *text)
{
    put(out, before, strlen(before));
    put(out, "\"", 1);
    put(out, text->at, text->len);
    put(out, "\"", 1);
}

/* As hash_object() does: names sorted, no blanks; there is nothing to escape. */
static bool hash_members(const struct members *m, uint8_t hash[static SHA256_LEN])
{
    static const enum member sorted[] = {CALLEE, CALLEE_NAI, CALLER,  METHODS, NAI_A,
                                         RAND,   REPLACED,   SEAL_TO, SUBJECT};
    struct out out = {.len = 0};

    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++) {
        enum member which = sorted[i];

        if (!has(m, which))
            continue;
        put_string(&out, out.len ? "," : "{", &(struct text){names[which], strlen(names[which])});
        put(&out, ":", 1);
        if (which != METHODS) {
            put_string(&out, "", &m->strings[which]);
            continue;
        }
        for (size_t k = 0; k < m->method_count; k++)
            put_string(&out, k ? "," : "[", &m->methods[k]);
        put(&out, "]", 1);
    }
    put(&out, "}", 1);
    return sha256_of(out.text, out.len, hash);
}

static bool take_one(struct in *in, struct body_question *question)
{
    struct members m;

    if (!take_question(in, OF_BATCH, &m) ||
        !octets_of(&m, KEY, question->key, sizeof question->key) ||
        judge(&m, true, &question->body) != NULL)
        return false;
    question->hashed = hash_members(&m, question->hash);
    return true;
}

size_t body_batch_usual(const char *text, size_t len, struct body_question *(*next)(void *data),
                        void *data)
{
    struct in in = {text, text + len};
    struct text name;
    size_t count = 0;

    if (!take(&in, '{') || !take_string(&in, &name) || name.len != 5 ||
        memcmp(name.at, "batch", 5) != 0 || !take(&in, ':') || !take(&in, '['))
        return 0;
    do {
        struct body_question *question = next(data);

        if (!question || !take_one(&in, question))
            return 0;
        count++;
    } while (take(&in, ','));
    return take(&in, ']') && take(&in, '}') && at_end(&in) ? count : 0;
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
