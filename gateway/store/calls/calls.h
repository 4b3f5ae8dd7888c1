/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a call writes, in memory: vectors and answers, which live minutes, and those charging
 * records and sequence numbers that the database does not have yet. Each change is also an
 * operation in `frame`, which the journal keeps; calls_apply() does it again. Changes since the
 * last calls_commit() can be taken back. What is only ever read whole (an answer, a vector's names
 * and key) is read from the journal: memory has the place. Not for two threads at once.
 */
#ifndef SIMAUTH_GATEWAY_CALLS_H
#define SIMAUTH_GATEWAY_CALLS_H

#include "../journal/journal.h"
#include "../store.h"

#include <glib.h>

#define CALLS_RESEAL_BATCH 1024
#define CALLS_FORGET_BATCH 65536

/* Small: there is one for each question of seven minutes. */
struct calls_vector {
    int64_t id; /* first: by_id looks for it */
    int64_t subscriber, peer, record;
    struct calls_vector *older; /* of the same RAND_B */
    /* Names, AUTN and the sealed session key, as calls_code.c has them; number 0: in the frame that
     * is being made. */
    struct journal_place place;
    uint32_t rest_len;
    uint8_t role, rand_len, rand_b_len;
    /* what may change */
    uint8_t state;
    bool resynced;
    bool dead;
    int64_t changed;
    uint8_t *given_to; /* SIMAUTH_X25519_LEN; NULL: to nobody yet */
    char *element;     /* NULL: none */
    /* of the queue of those that will be over */
    struct calls_vector *next;
    int64_t queued;
    uint8_t rands[]; /* RAND, RAND_B */
};
struct calls_answer {
    uint8_t key[STORE_KEY_LEN];
    uint8_t hash[STORE_HASH_LEN];
    int64_t made;
    struct journal_place place; /* of its body; number 0: in the frame that is being made */
    struct calls_answer *next;
    uint32_t len;
    bool dead;
    char who[];
};
enum calls_change { CALLS_NEW = 1, CALLS_NAMED = 2, CALLS_OUTCOME = 4, CALLS_DROPPED = 8 };
/* A record that is new, or what became of one that the database has. */
struct calls_record {
    struct store_record record; /* first: its number is */
    unsigned changes;           /* enum calls_change */
};
struct calls_sqn {
    int64_t subscriber;
    uint64_t sqn;
};

/* What the database does not have. */
struct calls_unflushed {
    GHashTable *records; /* set of struct calls_record */
    GHashTable *sqn;     /* set of struct calls_sqn */
    GHashTable *pairs;   /* "a\nb" -> how many of these records */
};

struct calls {
    const struct seal *seal;
    struct journal *journal;                 /* of whoever reads vectors */
    GHashTable *by_id, *by_rand, *by_rand_b; /* sets of struct calls_vector */
    GHashTable *answers;                     /* set of struct calls_answer */
    struct calls_vector *vectors_due, *vectors_last;
    struct calls_answer *answers_due, *answers_last;
    struct calls_unflushed fresh, flushing;
    int64_t next_vector, next_record;
    GByteArray *frame; /* operations since the last commit */
    GByteArray *rest;  /* of a vector, while it is made */
    GArray *undo;
};
void calls_init(struct calls *calls, const struct seal *seal);
void calls_clear(struct calls *calls);

/* -- transactions ------------------------------------------------------------------------------ */
/* The frame was written: its content begins at `place`. */
void calls_commit(struct calls *calls, const struct journal_place *place);
void calls_rollback(struct calls *calls);
/* Does the operations of a frame again, and does not put them into `frame`; those on records and
 * numbers only with `flush`. STORE_DAMAGED: not what was written. */
enum store_result calls_apply(struct calls *calls, const uint8_t *data, size_t len,
                              const struct journal_place *place, bool flush);

/* -- vectors: as store.h has them -------------------------------------------------------------- */
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
enum store_result calls_vector_bind(struct calls *calls, int64_t id, const char *element);
enum store_result calls_vector_resync(struct calls *calls, int64_t id,
                                      enum store_vector_state state);
enum store_result calls_vector_give(struct calls *calls, int64_t id, const uint8_t *seal_to);
enum store_result calls_vector_renew(struct calls *calls, const struct store_vector *v);
/* All of this subscriber (0: of all) go. */
void calls_end(struct calls *calls, int64_t subscriber);
/* After a start: whatever was drawn before `since` is gone, as nobody knows how far it came. At
 * most CALLS_FORGET_BATCH of them at a time (a frame that a start can read): false until there are
 * no more. */
bool calls_forget(struct calls *calls, int64_t since);
/* Seals with the present key what another opens, CALLS_RESEAL_BATCH numbers of vectors at a time
 * (a frame that a start can read, and nobody waits long); counts. */
enum store_result calls_reseal(struct calls *calls, struct store_reseal *reseal);

/* -- answers ----------------------------------------------------------------------------------- */
/* The body is in the journal, or behind *pending. */
enum store_result calls_answer_get(struct calls *calls, const char *who, const uint8_t *key,
                                   const struct calls_answer **answer, const uint8_t **pending);
enum store_result calls_answer_put(struct calls *calls, const struct store_answer *answer);

/* What is over at `now` goes; at most `most` of each (0: all). */
void calls_sweep(struct calls *calls, int64_t now, unsigned most);

/* -- records and numbers ----------------------------------------------------------------------- */
/* Whether a record of this pair is in memory. */
bool calls_pair_seen(struct calls *calls, const char *nai_a, const char *nai_b);
void calls_record_add(struct calls *calls, struct store_record *record);
/* `change`, of which `record` has what it needs and the id. */
void calls_record_change(struct calls *calls, enum calls_change change,
                         const struct store_record *record);
/* False: the database has the last. */
bool calls_sqn(struct calls *calls, int64_t subscriber, uint64_t *sqn);
void calls_sqn_set(struct calls *calls, int64_t subscriber, uint64_t sqn);

/* What the database does not have becomes `flushing`; then the database has it, or not. Between
 * transactions. What is `over` is to be freed, which others need not wait for. */
void calls_flush_begin(struct calls *calls);
void calls_flush_end(struct calls *calls, bool good, struct calls_unflushed *over);
void calls_unflushed_free(struct calls_unflushed *over);
size_t calls_unflushed_count(const struct calls *calls);

#endif
