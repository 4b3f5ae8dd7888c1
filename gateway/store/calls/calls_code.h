/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations on calls as octets: a kind, a length of 4, little-endian numbers, strings with their
 * lengths. For calls*.c. */
#ifndef SIMAUTH_GATEWAY_CALLS_CODE_H
#define SIMAUTH_GATEWAY_CALLS_CODE_H

#include "calls.h"

enum calls_op {
    CALLS_OP_VECTOR = 'V', /* a new one, or another in its place */
    CALLS_OP_STEP = 'T',   /* what may change of one */
    CALLS_OP_END = 'X',    /* of a subscriber */
    CALLS_OP_ANSWER = 'A',
    CALLS_OP_RECORD = 'R',
    CALLS_OP_SQN = 'Q'
};
/* Where an operation begins; calls_op_end() writes its length. */
size_t calls_op_begin(GByteArray *out, enum calls_op op);
void calls_op_end(GByteArray *out, size_t begin);
void calls_put(GByteArray *out, int64_t value);
void calls_put_octets(GByteArray *out, const void *octets, size_t len);
void calls_put_text(GByteArray *out, const char *text);

struct calls_in {
    const uint8_t *at;
    size_t left;
    bool failed;
};
/* The content of the next operation; false: no more, or `in` failed. */
bool calls_take_op(struct calls_in *in, enum calls_op *op, struct calls_in *content);
int64_t calls_take(struct calls_in *in);
/* Within `in`. */
const uint8_t *calls_take_octets(struct calls_in *in, size_t *len);
void calls_take_exactly(struct calls_in *in, void *octets, size_t len);
void calls_take_text(struct calls_in *in, char *text, size_t room);

/* `rest` has v->rest_len octets, which then are the last of `out`. */
void calls_put_vector(GByteArray *out, const struct calls_vector *v, const uint8_t *rest);
/* NULL: not what was written. *rest within `in`; of a step NULL. */
struct calls_vector *calls_take_vector(struct calls_in *in, const uint8_t **rest);
void calls_put_step(GByteArray *out, const struct calls_vector *v);
void calls_put_record(GByteArray *out, const struct calls_record *r);
bool calls_take_record(struct calls_in *in, struct calls_record *r);

/* The rest of a vector. */
#define CALLS_REST_MAX 1280
/* False: libcrypto refused. */
bool calls_rest(GByteArray *out, const struct seal *seal, const struct store_vector *v);
enum store_result calls_rest_read(const struct seal *seal, const uint8_t *rest, size_t len,
                                  struct store_vector *v);
/* The same, sealed with the present key; *state: 0 it was so, 1 by the old key, -1 neither. False:
 * it is as it was. */
bool calls_rest_reseal(const struct seal *seal, const struct calls_vector *v, uint8_t *rest,
                       bool look_only, int *state);
/* With the lengths of `head`, and what is not owned of it. */
struct calls_vector *calls_vector_new(const struct calls_vector *head, const uint8_t *rand,
                                      const uint8_t *rand_b);
void calls_vector_free(struct calls_vector *v);

#endif
