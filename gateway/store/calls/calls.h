/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a call writes, in memory: vectors and answers, which live minutes, and those charging
 * records and sequence numbers that the database does not have yet. Each change is also an
 * operation in `frame`, which the journal keeps; calls_apply() does it again. Changes since the
 * last calls_commit() can be taken back. Not for two threads at once.
 */
#ifndef SIMAUTH_GATEWAY_CALLS_H
#define SIMAUTH_GATEWAY_CALLS_H

#include "../journal/journal.h"
#include "../store.h"

#include <glib.h>

#define CALLS_VECTOR_S 420 /* a vector is kept so long after its last step */
#define CALLS_ANSWER_S 300

struct calls_rand {
    uint8_t len;
    uint8_t octets[SIMAUTH_CHAL_MAX];
};
struct calls_vector {
    int64_t id, subscriber, peer, record;
    enum store_vector_role role;
    struct calls_rand rand, rand_b;
    struct calls_vector *older; /* of the same rand_b */
    /* what may change */
    int64_t changed;
    enum store_vector_state state;
    bool resynced, given;
    uint8_t given_to[SIMAUTH_X25519_LEN];
    char *element;
    GBytes *rest; /* as calls_code.c has it; the session key is sealed in it */
    /* of the queue of those that will be over */
    int64_t queued;
    bool dead;
};
struct calls_answer {
    uint8_t key[STORE_KEY_LEN];
    uint8_t hash[STORE_HASH_LEN];
    int64_t made;
    struct journal_place place; /* of its body; number 0: in the frame that is being made */
    size_t len;
    bool dead;
    char who[];
};
enum calls_change { CALLS_NEW = 1, CALLS_NAMED = 2, CALLS_OUTCOME = 4, CALLS_DROPPED = 8 };
/* A record that is new, or what became of one that the database has. */
struct calls_record {
    unsigned changes; /* enum calls_change */
    struct store_record record;
};

struct calls {
    const struct seal *seal;
    GHashTable *by_id, *by_rand, *by_rand_b; /* struct calls_vector */
    GHashTable *answers;                     /* struct calls_answer */
    GQueue vectors_due, answers_due;
    GHashTable *records, *records_flushing; /* int64_t -> struct calls_record */
    GHashTable *sqn, *sqn_flushing;         /* int64_t -> uint64_t */
    GHashTable *pairs;                      /* "a\nb" -> how many records of these two tables */
    int64_t next_vector, next_record;
    GByteArray *frame; /* operations since the last commit */
    GArray *undo;
};
void calls_init(struct calls *calls, const struct seal *seal);
void calls_clear(struct calls *calls);

/* -- transactions --------------------------------------------------------------------------------
 */
/* The frame was written: its content begins at `place`. */
void calls_commit(struct calls *calls, const struct journal_place *place);
void calls_rollback(struct calls *calls);
/* Does the operations of a frame again, and does not put them into `frame`; those on records and
 * numbers only with `flush`. STORE_DAMAGED: not what was written. */
enum store_result calls_apply(struct calls *calls, const uint8_t *data, size_t len,
                              const struct journal_place *place, bool flush);

/* -- vectors: as store.h has them ----------------------------------------------------------------
 */
enum store_result calls_vector_add(struct calls *calls, struct store_vector *v);
enum store_result calls_vector_by_rand(struct calls *calls, enum store_vector_role role,
                                       const uint8_t *rand, size_t len, struct store_vector *v);
enum store_result calls_vector_by_rand_b(struct calls *calls, enum store_vector_role role,
                                         int64_t peer, const uint8_t *rand_b, size_t len,
                                         struct store_vector *v);
enum store_result calls_vector_of_sim(struct calls *calls, int64_t subscriber,
                                      const uint8_t *rand_b, size_t len, struct store_vector *v);
enum store_result calls_vector_step(struct calls *calls, int64_t id, enum store_vector_state to,
                                    const char *element, int64_t since, int64_t now);
enum store_result calls_vector_resync(struct calls *calls, int64_t id,
                                      enum store_vector_state state);
enum store_result calls_vector_give(struct calls *calls, int64_t id, const uint8_t *seal_to);
enum store_result calls_vector_renew(struct calls *calls, const struct store_vector *v);
/* All of this subscriber (0: of all) go. */
void calls_end(struct calls *calls, int64_t subscriber);
/* After a start: whatever was changed before `since` is gone, as nobody knows how far it came. */
void calls_forget(struct calls *calls, int64_t since);
/* Seals with the present key what another opens; counts. */
enum store_result calls_reseal(struct calls *calls, struct store_reseal *reseal);

/* -- answers -------------------------------------------------------------------------------------
 */
/* The body is in the journal, or behind *pending. */
enum store_result calls_answer_get(struct calls *calls, const char *who, const uint8_t *key,
                                   const struct calls_answer **answer, const uint8_t **pending);
enum store_result calls_answer_put(struct calls *calls, const struct store_answer *answer);

/* What is over at `now` goes; at most `most` of each (0: all). */
void calls_sweep(struct calls *calls, int64_t now, unsigned most);

/* -- records and numbers -------------------------------------------------------------------------
 */
const struct calls_record *calls_record_find(struct calls *calls, int64_t id);
/* Whether a record of this pair is in memory. */
bool calls_pair_seen(struct calls *calls, const char *nai_a, const char *nai_b);
void calls_record_add(struct calls *calls, struct store_record *record);
/* `change`, of which `record` has what it needs and the id. */
void calls_record_change(struct calls *calls, enum calls_change change,
                         const struct store_record *record);
/* False: the database has the last. */
bool calls_sqn(struct calls *calls, int64_t subscriber, uint64_t *sqn);
void calls_sqn_set(struct calls *calls, int64_t subscriber, uint64_t sqn);

/* What the database does not have becomes `records_flushing` and `sqn_flushing`; then the database
 * has it, or not. Between transactions. */
void calls_flush_begin(struct calls *calls);
void calls_flush_end(struct calls *calls, bool good);
size_t calls_unflushed(const struct calls *calls);

#endif
