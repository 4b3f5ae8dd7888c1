/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that are given again: where in the journal they are. */
#include "calls_code.h"
#include "calls_own.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

/* The asker chooses the key: see hash_rand(). */
static uint64_t stir[2];

static guint hash_answer(gconstpointer key)
{
    const struct calls_answer *answer = key;
    uint64_t half[2];

    memcpy(half, answer->key, sizeof half);
    half[0] = (half[0] ^ stir[0]) * UINT64_C(0x9e3779b97f4a7c15);
    half[1] = (half[1] ^ stir[1] ^ half[0] >> 32) * UINT64_C(0xc2b2ae3d27d4eb4f);
    return (guint)((half[0] ^ half[1]) >> 32);
}

static gboolean same_answer(gconstpointer a, gconstpointer b)
{
    const struct calls_answer *one = a, *other = b;

    return memcmp(one->key, other->key, sizeof one->key) == 0 && strcmp(one->who, other->who) == 0;
}

void calls_answers_init(struct calls *calls)
{
    if (stir[0] == 0)
        RAND_bytes((uint8_t *)stir, sizeof stir);
    calls->answers = g_hash_table_new(hash_answer, same_answer);
}

static void queue(struct calls *calls, struct calls_answer *answer)
{
    if (calls->answers_due)
        calls->answers_last->next = answer;
    else
        calls->answers_due = answer;
    calls->answers_last = answer;
}

static void leave_queue(struct calls *calls)
{
    calls->answers_due = calls->answers_due->next;
}

void calls_answers_clear(struct calls *calls)
{
    struct calls_answer *answer;

    g_hash_table_destroy(calls->answers);
    while ((answer = calls->answers_due)) {
        leave_queue(calls);
        g_free(answer);
    }
}

static struct calls_answer *new_answer(const char *who, const uint8_t *key)
{
    size_t len = strlen(who) + 1;
    struct calls_answer *answer = g_malloc0(sizeof *answer + len);

    memcpy(answer->who, who, len);
    memcpy(answer->key, key, sizeof answer->key);
    return answer;
}

static struct calls_answer *find(struct calls *calls, const char *who, const uint8_t *key)
{
    struct {
        struct calls_answer answer;
        char who[STORE_NAME_MAX + 32];
    } wanted;

    memcpy(wanted.answer.key, key, sizeof wanted.answer.key);
    g_strlcpy((char *)&wanted + offsetof(struct calls_answer, who), who, sizeof wanted.who);
    return g_hash_table_lookup(calls->answers, &wanted.answer);
}

/* Takes `answer`. */
static void add(struct calls *calls, struct calls_answer *answer)
{
    struct calls_answer *other = g_hash_table_lookup(calls->answers, answer);

    g_hash_table_replace(calls->answers, answer, answer);
    calls_remember(
        calls, (struct calls_undo){.what = CALLS_UNDO_ANSWER, .answer = answer, .other = other});
}

void calls_answer_done(struct calls *calls, struct calls_undo *undo,
                       const struct journal_place *place)
{
    struct calls_answer *other = undo->other;

    if (undo->answer->place.number == 0) {
        undo->answer->place.number = place->number;
        undo->answer->place.at += place->at;
    }
    if (other)
        other->dead = true;
    queue(calls, undo->answer);
}

void calls_answer_undo(struct calls *calls, struct calls_undo *undo)
{
    if (undo->other)
        g_hash_table_replace(calls->answers, undo->other, undo->other);
    else
        g_hash_table_remove(calls->answers, undo->answer);
    g_free(undo->answer);
}

void calls_answer_apply(struct calls *calls, const struct calls_answer *from, const char *who)
{
    struct calls_answer *answer = new_answer(who, from->key);

    memcpy(answer->hash, from->hash, sizeof answer->hash);
    answer->made = from->made;
    answer->place = from->place;
    answer->len = from->len;
    add(calls, answer);
}

enum store_result calls_answer_get(struct calls *calls, const char *who, const uint8_t *key,
                                   const struct calls_answer **answer, const uint8_t **pending)
{
    *answer = find(calls, who, key);
    if (!*answer)
        return STORE_NONE;
    *pending = (*answer)->place.number == 0 ? calls->frame->data + (*answer)->place.at : NULL;
    return STORE_OK;
}

enum store_result calls_answer_put(struct calls *calls, const struct store_answer *from)
{
    const struct calls_answer *there = find(calls, from->who, from->key);
    struct calls_answer *answer;
    size_t begin;

    if (there && there->made >= from->made - STORE_ANSWER_S)
        return STORE_NONE;
    answer = new_answer(from->who, from->key);
    memcpy(answer->hash, from->hash, sizeof answer->hash);
    answer->made = from->made;
    answer->len = (uint32_t)strlen(from->body);
    begin = calls_op_begin(calls->frame, CALLS_OP_ANSWER);
    calls_put(calls->frame, from->made);
    calls_put_text(calls->frame, from->who);
    calls_put_octets(calls->frame, from->key, sizeof from->key);
    calls_put_octets(calls->frame, from->hash, sizeof from->hash);
    calls_put_octets(calls->frame, from->body, answer->len);
    calls_op_end(calls->frame, begin);
    answer->place.at = calls->frame->len - answer->len;
    add(calls, answer);
    return STORE_OK;
}

void calls_answers_sweep(struct calls *calls, int64_t now, unsigned most)
{
    struct calls_answer *answer;

    for (unsigned i = 0; (most == 0 || i < most) && (answer = calls->answers_due); i++) {
        if (!answer->dead && store_is_young(answer->made, now - STORE_ANSWER_S, now))
            return;
        leave_queue(calls);
        if (!answer->dead)
            g_hash_table_remove(calls->answers, answer);
        g_free(answer);
    }
}
