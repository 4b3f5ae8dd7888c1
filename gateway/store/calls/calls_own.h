/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of calls.h share. */
#ifndef SIMAUTH_GATEWAY_CALLS_OWN_H
#define SIMAUTH_GATEWAY_CALLS_OWN_H

#include "calls.h"

enum calls_undo_what {
    CALLS_UNDO_ADD,    /* vector: came */
    CALLS_UNDO_REMOVE, /* vector: went */
    CALLS_UNDO_SET,    /* vector: was `before` */
    CALLS_UNDO_ANSWER, /* answer: came, in the place of `other` */
    CALLS_UNDO_RECORD, /* records[number] was `other` */
    CALLS_UNDO_SQN     /* sqn[number] was `other`, a uint64_t */
};
struct calls_undo {
    enum calls_undo_what what;
    struct calls_vector *vector, *before; /* owned: before */
    struct calls_answer *answer;
    int64_t number;
    void *other; /* owned; NULL: none */
};
/* Remembered until the next commit or rollback. */
void calls_remember(struct calls *calls, struct calls_undo undo);

void calls_vectors_init(struct calls *calls);
void calls_vectors_clear(struct calls *calls);
void calls_vector_done(struct calls *calls, struct calls_undo *undo,
                       const struct journal_place *place);
void calls_vector_undo(struct calls *calls, struct calls_undo *undo);
/* Of an operation that is done again; takes `v`. */
void calls_vector_put(struct calls *calls, struct calls_vector *v);
void calls_vector_change(struct calls *calls, struct calls_vector *v);
void calls_vectors_sweep(struct calls *calls, int64_t now, unsigned most);

void calls_answers_init(struct calls *calls);
void calls_answers_clear(struct calls *calls);
void calls_answer_done(struct calls *calls, struct calls_undo *undo,
                       const struct journal_place *place);
void calls_answer_undo(struct calls *calls, struct calls_undo *undo);
void calls_answer_apply(struct calls *calls, const struct calls_answer *answer, const char *who);
void calls_answers_sweep(struct calls *calls, int64_t now, unsigned most);

void calls_records_init(struct calls *calls);
void calls_records_clear(struct calls *calls);
/* `record` (taken; NULL: none) is what is known of this id. */
void calls_record_set(struct calls *calls, int64_t id, struct calls_record *record);
/* Of an operation that is done again: on top of what is known. */
void calls_record_again(struct calls *calls, const struct calls_record *record);
void calls_sqn_put(struct calls *calls, int64_t subscriber, const uint64_t *sqn); /* NULL: none */

#endif
