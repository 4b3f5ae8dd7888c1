/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transactions on calls, and doing them again. */
#include "calls.h"
#include "calls_code.h"
#include "calls_own.h"

#include <stdlib.h>
#include <string.h>

void calls_init(struct calls *calls, const struct seal *seal)
{
    memset(calls, 0, sizeof *calls);
    calls->seal = seal;
    calls->next_vector = calls->next_record = 1;
    calls->frame = g_byte_array_new();
    calls->rest = g_byte_array_sized_new(512);
    calls->undo = g_array_new(FALSE, FALSE, sizeof(struct calls_undo));
    calls_vectors_init(calls);
    calls_answers_init(calls);
    calls_records_init(calls);
}

void calls_clear(struct calls *calls)
{
    calls_rollback(calls);
    calls_vectors_clear(calls);
    calls_answers_clear(calls);
    calls_records_clear(calls);
    g_array_free(calls->undo, TRUE);
    g_byte_array_free(calls->frame, TRUE);
    g_byte_array_free(calls->rest, TRUE);
}

/* -- transactions ------------------------------------------------------------------------------ */

void calls_remember(struct calls *calls, struct calls_undo undo)
{
    g_array_append_val(calls->undo, undo);
}

void calls_commit(struct calls *calls, const struct journal_place *place)
{
    for (guint i = 0; i < calls->undo->len; i++) {
        struct calls_undo *undo = &g_array_index(calls->undo, struct calls_undo, i);

        switch (undo->what) {
        case CALLS_UNDO_ADD:
        case CALLS_UNDO_REMOVE:
        case CALLS_UNDO_SET:
            calls_vector_done(calls, undo, place);
            break;
        case CALLS_UNDO_ANSWER:
            calls_answer_done(calls, undo, place);
            break;
        case CALLS_UNDO_RECORD:
        case CALLS_UNDO_SQN:
            g_free(undo->other);
        }
    }
    g_array_set_size(calls->undo, 0);
    g_byte_array_set_size(calls->frame, 0);
}

void calls_rollback(struct calls *calls)
{
    for (guint i = calls->undo->len; i-- > 0;) {
        struct calls_undo *undo = &g_array_index(calls->undo, struct calls_undo, i);

        switch (undo->what) {
        case CALLS_UNDO_ADD:
        case CALLS_UNDO_REMOVE:
        case CALLS_UNDO_SET:
            calls_vector_undo(calls, undo);
            break;
        case CALLS_UNDO_ANSWER:
            calls_answer_undo(calls, undo);
            break;
        case CALLS_UNDO_RECORD:
            calls_record_set(calls, undo->number, undo->other);
            break;
        case CALLS_UNDO_SQN:
            calls_sqn_put(calls, undo->number, undo->other);
            g_free(undo->other);
        }
    }
    g_array_set_size(calls->undo, 0);
    g_byte_array_set_size(calls->frame, 0);
}

/* -- once more --------------------------------------------------------------------------------- */

/* Where `octets` are, of a frame that begins at `begin` and at `place`. */
static struct journal_place place_of(const uint8_t *octets, const uint8_t *begin,
                                     const struct journal_place *place)
{
    return (struct journal_place){place->number, place->at + (size_t)(octets - begin)};
}

static bool apply_vector(struct calls *calls, struct calls_in *in, enum calls_op op,
                         const uint8_t *begin, const struct journal_place *place)
{
    const uint8_t *rest;
    struct calls_vector *v = calls_take_vector(in, &rest);

    if (!v || (op == CALLS_OP_VECTOR) != (rest != NULL)) {
        calls_vector_free(v);
        return false;
    }
    if (rest)
        v->place = place_of(rest, begin, place);
    if (op == CALLS_OP_VECTOR)
        calls_vector_put(calls, v);
    else
        calls_vector_change(calls, v);
    return true;
}

static bool apply_answer(struct calls *calls, struct calls_in *in, const uint8_t *begin,
                         const struct journal_place *place)
{
    struct calls_answer answer = {.made = calls_take(in)};
    char who[STORE_NAME_MAX + 32];
    const uint8_t *body;
    size_t len;

    calls_take_text(in, who, sizeof who);
    calls_take_exactly(in, answer.key, sizeof answer.key);
    calls_take_exactly(in, answer.hash, sizeof answer.hash);
    body = calls_take_octets(in, &len);
    if (in->failed)
        return false;
    answer.len = (uint32_t)len;
    answer.place = place_of(body, begin, place);
    calls_answer_apply(calls, &answer, who);
    return true;
}

static bool apply_record(struct calls *calls, struct calls_in *in, bool flush)
{
    struct calls_record record;

    if (!calls_take_record(in, &record))
        return false;
    if (record.record.id >= calls->next_record)
        calls->next_record = record.record.id + 1;
    if (flush)
        calls_record_again(calls, &record);
    return true;
}

static bool apply_sqn(struct calls *calls, struct calls_in *in, bool flush)
{
    int64_t subscriber = calls_take(in);
    uint64_t sqn = (uint64_t)calls_take(in);

    if (flush && !in->failed)
        calls_sqn_put(calls, subscriber, &sqn);
    return !in->failed;
}

enum store_result calls_apply(struct calls *calls, const uint8_t *data, size_t len,
                              const struct journal_place *place, bool flush)
{
    struct calls_in in = {data, len, false}, content;
    enum calls_op op;
    bool good = true;

    while (good && calls_take_op(&in, &op, &content)) {
        switch (op) {
        case CALLS_OP_VECTOR:
        case CALLS_OP_STEP:
            good = apply_vector(calls, &content, op, data, place);
            break;
        case CALLS_OP_END:
            calls_end(calls, calls_take(&content));
            break;
        case CALLS_OP_ANSWER:
            good = apply_answer(calls, &content, data, place);
            break;
        case CALLS_OP_RECORD:
            good = apply_record(calls, &content, flush);
            break;
        case CALLS_OP_SQN:
            good = apply_sqn(calls, &content, flush);
            break;
        default:
            good = false;
        }
    }
    calls_commit(calls, place);
    return good && !in.failed ? STORE_OK : STORE_DAMAGED;
}

void calls_sweep(struct calls *calls, int64_t now, unsigned most)
{
    calls_vectors_sweep(calls, now, most);
    calls_answers_sweep(calls, now, most);
}
