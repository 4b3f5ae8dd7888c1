/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calls_code.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define OP_LEN 5
#define SEALED_LEN (SIMAUTH_KEY_LEN + SEAL_OVERHEAD)

/* -- writing ----------------------------------------------------------------------------------- */

static void put_number(uint8_t *octets, int len, uint64_t value)
{
    for (int i = 0; i < len; i++)
        octets[i] = (uint8_t)(value >> 8 * i);
}

size_t calls_op_begin(GByteArray *out, enum calls_op op)
{
    const uint8_t head[OP_LEN] = {(uint8_t)op};

    g_byte_array_append(out, head, sizeof head);
    return out->len;
}

void calls_op_end(GByteArray *out, size_t begin)
{
    put_number(out->data + begin - 4, 4, out->len - begin);
}

void calls_put(GByteArray *out, int64_t value)
{
    uint8_t octets[8];

    put_number(octets, 8, (uint64_t)value);
    g_byte_array_append(out, octets, sizeof octets);
}

void calls_put_octets(GByteArray *out, const void *octets, size_t len)
{
    uint8_t head[4];

    put_number(head, 4, len);
    g_byte_array_append(out, head, sizeof head);
    if (len > 0)
        g_byte_array_append(out, octets, (guint)len);
}

void calls_put_text(GByteArray *out, const char *text)
{
    calls_put_octets(out, text, strlen(text));
}

/* -- reading ----------------------------------------------------------------------------------- */

static uint64_t take_number(struct calls_in *in, size_t len)
{
    uint64_t value = 0;

    if (in->failed || in->left < len) {
        in->failed = true;
        return 0;
    }
    for (size_t i = len; i-- > 0;)
        value = value << 8 | in->at[i];
    in->at += len;
    in->left -= len;
    return value;
}

int64_t calls_take(struct calls_in *in)
{
    return (int64_t)take_number(in, 8);
}

const uint8_t *calls_take_octets(struct calls_in *in, size_t *len)
{
    const uint8_t *octets;

    *len = (size_t)take_number(in, 4);
    if (in->failed || in->left < *len) {
        in->failed = true;
        *len = 0;
        return NULL;
    }
    octets = in->at;
    in->at += *len;
    in->left -= *len;
    return octets;
}

void calls_take_exactly(struct calls_in *in, void *octets, size_t len)
{
    size_t there;
    const uint8_t *value = calls_take_octets(in, &there);

    if (!value || there != len)
        in->failed = true;
    else
        memcpy(octets, value, len);
}

void calls_take_text(struct calls_in *in, char *text, size_t room)
{
    size_t len;
    const uint8_t *value = calls_take_octets(in, &len);

    text[0] = '\0';
    if (!value || len >= room) {
        in->failed = true;
        return;
    }
    memcpy(text, value, len);
    text[len] = '\0';
}

bool calls_take_op(struct calls_in *in, enum calls_op *op, struct calls_in *content)
{
    size_t len;

    if (in->left == 0 || in->failed)
        return false;
    *op = (enum calls_op)take_number(in, 1);
    content->at = calls_take_octets(in, &len);
    content->left = len;
    content->failed = false;
    return !in->failed;
}

/* -- the rest of a vector ---------------------------------------------------------------------- */

/* Its place is that of the database (sql_vector.c): a sealed value can be taken over from there. */
bool calls_rest(GByteArray *out, const struct seal *seal, const struct store_vector *v)
{
    uint8_t sealed[SEALED_LEN];
    char place[SEAL_PLACE_MAX];

    seal_place("vector", v->rand, SIMAUTH_RAND_LEN, place);
    if (v->ssk.len != SIMAUTH_KEY_LEN ||
        seal_close(seal, place, v->ssk.octets, SIMAUTH_KEY_LEN, sealed) != 0)
        return false;
    g_byte_array_set_size(out, 0);
    calls_put_octets(out, sealed, sizeof sealed);
    calls_put_text(out, v->method->name);
    calls_put_octets(out, v->autn, sizeof v->autn);
    calls_put_text(out, v->caller);
    calls_put_text(out, v->callee);
    calls_put_text(out, v->nai_a);
    calls_put_text(out, v->nai_b);
    calls_put_text(out, v->operator_name);
    calls_put(out, v->sim_age);
    return true;
}

enum store_result calls_rest_read(const struct seal *seal, const uint8_t *rest, size_t len,
                                  struct store_vector *v)
{
    struct calls_in in = {rest, len, false};
    uint8_t sealed[SEALED_LEN];
    char place[SEAL_PLACE_MAX], method[16];

    calls_take_exactly(&in, sealed, sizeof sealed);
    calls_take_text(&in, method, sizeof method);
    calls_take_exactly(&in, v->autn, sizeof v->autn);
    calls_take_text(&in, v->caller, sizeof v->caller);
    calls_take_text(&in, v->callee, sizeof v->callee);
    calls_take_text(&in, v->nai_a, sizeof v->nai_a);
    calls_take_text(&in, v->nai_b, sizeof v->nai_b);
    calls_take_text(&in, v->operator_name, sizeof v->operator_name);
    v->sim_age = (int)calls_take(&in);
    v->method = simauth_method_find(method, strlen(method));
    v->ssk.len = SIMAUTH_KEY_LEN;
    seal_place("vector", v->rand, SIMAUTH_RAND_LEN, place);
    return !in.failed && v->method &&
                   seal_open(seal, place, sealed, sizeof sealed, v->ssk.octets) == 0
               ? STORE_OK
               : STORE_DAMAGED;
}

bool calls_rest_reseal(const struct seal *seal, const struct calls_vector *v, uint8_t *rest,
                       bool look_only, int *state)
{
    uint8_t *sealed = rest + 4; /* the first string */
    uint8_t plain[SIMAUTH_KEY_LEN], fresh[SEALED_LEN];
    char place[SEAL_PLACE_MAX];
    bool changed = false;

    seal_place("vector", v->rands, SIMAUTH_RAND_LEN, place);
    *state = v->rest_len < 4 + SEALED_LEN ? -1 : 0;
    if (*state == 0 && seal_open_present(seal, place, sealed, SEALED_LEN, plain) != 0) {
        *state = seal_open(seal, place, sealed, SEALED_LEN, plain) == 0 ? 1 : -1;
        changed =
            *state == 1 && !look_only && seal_close(seal, place, plain, sizeof plain, fresh) == 0;
    }
    if (changed)
        memcpy(sealed, fresh, sizeof fresh);
    OPENSSL_cleanse(plain, sizeof plain);
    return changed;
}

/* -- operations -------------------------------------------------------------------------------- */

static void put_changing(GByteArray *out, const struct calls_vector *v)
{
    calls_put(out, v->changed);
    calls_put(out, v->state);
    calls_put(out, v->resynced);
    calls_put_octets(out, v->given_to, v->given_to ? SIMAUTH_X25519_LEN : 0);
    calls_put_text(out, v->element ? v->element : "");
}

void calls_put_vector(GByteArray *out, const struct calls_vector *v, const uint8_t *rest)
{
    size_t begin = calls_op_begin(out, CALLS_OP_VECTOR);

    calls_put(out, v->id);
    put_changing(out, v);
    calls_put(out, v->role);
    calls_put(out, v->subscriber);
    calls_put(out, v->peer);
    calls_put(out, v->record);
    calls_put_octets(out, v->rands, v->rand_len);
    calls_put_octets(out, v->rands + v->rand_len, v->rand_b_len);
    calls_put_octets(out, rest, v->rest_len);
    calls_op_end(out, begin);
}

void calls_put_step(GByteArray *out, const struct calls_vector *v)
{
    size_t begin = calls_op_begin(out, CALLS_OP_STEP);

    calls_put(out, v->id);
    put_changing(out, v);
    calls_op_end(out, begin);
}

/* At most `most` octets. */
static const uint8_t *take_some(struct calls_in *in, size_t most, size_t *len)
{
    const uint8_t *octets = calls_take_octets(in, len);

    if (*len > most)
        in->failed = true;
    return octets;
}

/* With what may change; of a step there is no more. */
struct calls_vector *calls_take_vector(struct calls_in *in, const uint8_t **rest)
{
    struct calls_vector head = {.id = calls_take(in)}, *v;
    const uint8_t *given, *rand = NULL, *rand_b = NULL;
    size_t given_len, rand_len = 0, rand_b_len = 0, rest_len = 0;
    char element[SIMAUTH_ELEMENT_MAX + 1];

    *rest = NULL;
    head.changed = calls_take(in);
    head.state = (uint8_t)calls_take(in);
    head.resynced = calls_take(in) != 0;
    given = calls_take_octets(in, &given_len);
    calls_take_text(in, element, sizeof element);
    if (in->left > 0) {
        head.role = (uint8_t)calls_take(in);
        head.subscriber = calls_take(in);
        head.peer = calls_take(in);
        head.record = calls_take(in);
        rand = take_some(in, SIMAUTH_CHAL_MAX, &rand_len);
        rand_b = take_some(in, SIMAUTH_CHAL_MAX, &rand_b_len);
        *rest = take_some(in, CALLS_REST_MAX, &rest_len);
        in->failed |= rand_len < SIMAUTH_RAND_LEN; /* seal_place() reads it */
    }
    if (in->failed)
        return NULL;
    head.rand_len = (uint8_t)rand_len;
    head.rand_b_len = (uint8_t)rand_b_len;
    head.rest_len = (uint32_t)rest_len;
    v = calls_vector_new(&head, rand, rand_b);
    v->given_to = given_len == SIMAUTH_X25519_LEN ? g_memdup2(given, given_len) : NULL;
    v->element = element[0] ? g_strdup(element) : NULL;
    return v;
}

void calls_put_record(GByteArray *out, const struct calls_record *r)
{
    size_t begin = calls_op_begin(out, CALLS_OP_RECORD);

    calls_put(out, r->changes);
    calls_put(out, r->record.id);
    calls_put(out, r->record.time);
    calls_put(out, r->record.first);
    calls_put(out, r->record.outcome);
    calls_put_text(out, r->record.side);
    calls_put_text(out, r->record.partner);
    calls_put_text(out, r->record.nai_a);
    calls_put_text(out, r->record.nai_b);
    calls_put_text(out, r->record.method);
    calls_op_end(out, begin);
}

bool calls_take_record(struct calls_in *in, struct calls_record *r)
{
    memset(r, 0, sizeof *r);
    r->changes = (unsigned)calls_take(in);
    r->record.id = calls_take(in);
    r->record.time = calls_take(in);
    r->record.first = calls_take(in) != 0;
    r->record.outcome = (enum store_outcome)calls_take(in);
    calls_take_text(in, r->record.side, sizeof r->record.side);
    calls_take_text(in, r->record.partner, sizeof r->record.partner);
    calls_take_text(in, r->record.nai_a, sizeof r->record.nai_a);
    calls_take_text(in, r->record.nai_b, sizeof r->record.nai_b);
    calls_take_text(in, r->record.method, sizeof r->record.method);
    return !in->failed;
}

struct calls_vector *calls_vector_new(const struct calls_vector *head, const uint8_t *rand,
                                      const uint8_t *rand_b)
{
    struct calls_vector *v = g_malloc(sizeof *v + head->rand_len + head->rand_b_len);

    *v = *head;
    if (rand)
        memcpy(v->rands, rand, v->rand_len);
    if (rand_b)
        memcpy(v->rands + v->rand_len, rand_b, v->rand_b_len);
    return v;
}

void calls_vector_free(struct calls_vector *v)
{
    if (!v)
        return;
    g_free(v->element);
    g_free(v->given_to);
    g_free(v);
}
