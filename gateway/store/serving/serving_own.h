/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of serving.h share. */
#ifndef SIMAUTH_GATEWAY_SERVING_OWN_H
#define SIMAUTH_GATEWAY_SERVING_OWN_H

#include "../calls/calls.h"
#include "../sqlite_own.h"
#include "serving.h"

#include <stdatomic.h>

#define SERVING_PATH_MAX 4096

/* In a file that both map: who wants the tables to be complete, and how far that is. */
struct serving_bell {
    _Atomic uint32_t wanted, done, failed;
    _Atomic int64_t next_record;
};
struct serving_room {
    char folder[SERVING_PATH_MAX];
    int fd; /* of the file that is locked by a gateway that runs */
    struct serving_bell *bell;
};
/* Who is there: STORE_OK: nobody, and the lock is ours now; STORE_BUSY: somebody. */
enum store_result serving_enter(struct store *store, struct serving_room *room, bool make,
                                char *error);
void serving_exit(struct serving_room *room);
void serving_ring(struct serving_bell *bell); /* to who writes */
void serving_tell(struct serving_bell *bell); /* to who waits */
/* Until `wanted` is another than `seen`, or that time is over. */
void serving_wait(_Atomic uint32_t *word, uint32_t seen, int ms);

/* What the database says of its journal. */
struct serving_reached {
    uint8_t name[JOURNAL_NAME_LEN];
    uint64_t flushed, mixed;
    uint64_t dropped; /* the last mixed frame that an earlier start found not to hold; 0: none */
};
enum store_result serving_reached(struct store *store, struct serving_reached *reached);

/* Reading the journal again: records and numbers above `flushed` are to be brought over. */
struct serving_replay {
    struct calls *calls;
    sqlite3 *db;
    struct serving_reached reached;
    uint64_t first;                       /* frame of the journal; 0: it has none */
    uint64_t dropped_first, dropped_last; /* mixed ones that do not hold; 0: none */
    struct journal_frame held; /* a mixed one, of which the next may say that it does not hold */
    struct journal_place place;
    bool holds;
    enum store_result result;
};
int serving_replay_frame(const struct journal_frame *frame, uint64_t number, void *data);
enum store_result serving_replay_end(struct serving_replay *replay);
/* Those that do not hold never will, though the database will have numbers above theirs: says so in
 * it. Before anything else is written. */
enum store_result serving_drop(sqlite3 *db, const struct serving_replay *replay);

/* Into the tables, in a transaction of `db` that is not open yet: what is in calls->flushing. */
struct serving_flush {
    const struct calls *calls;
    uint64_t seq;
    int64_t ended;        /* those up to this one were heard */
    int64_t swept_before; /* records of before that nobody confirmed are gone; 0: not now */
};
enum store_result serving_write(sqlite3 *db, const struct serving_flush *flush);

struct serving {
    struct store *store; /* whose lock is held from begin to commit */
    sqlite3 *own;        /* the thread's */
    sqlite3_stmt *version;
    struct calls calls;
    struct journal *journal;
    struct serving_room room;
    struct serving_reached reached;
    pthread_mutex_t writer; /* who writes the database; taken before the store's lock */
    /* When somebody last waited in vain for who else writes it; 0: somebody got in since. */
    _Atomic int64_t locked_us;
    pthread_t thread;
    bool running;
    _Atomic bool stopping;
    pthread_mutex_t syncing; /* the database's own log */
    _Atomic bool wal_behind; /* something was committed to the database and not synced */
    int wal, wal_own;        /* each hears of a failure once: of who waits, the thread's */
    /* under the store's lock */
    enum store_kind kind;
    int64_t changes;       /* of the connection, at the transaction's beginning */
    uint64_t last;         /* of the journal */
    uint64_t abort;        /* of a frame that does not hold and was not said to; 0: none */
    int64_t seen;          /* the database's version */
    GHashTable *partners;  /* of that version: serving_partners.c */
    bool partners_changed; /* by this transaction */
    int64_t ended, ended_before;
    int64_t sweep_at; /* when this transaction is kept; 0: not */
    int64_t read_id;  /* whose number was read in this transaction */
    uint64_t read_sqn;
    enum store_result flushed; /* how it went last */
    bool hurried;              /* the thread was woken since it last took what there was */
    int64_t caught_up_us;      /* when all of then stood in the tables */
    /* the thread's */
    int frames;
    int64_t swept_us, settled_us;
    uint64_t settled; /* in the database, and on the disk */
    bool unsettled;   /* the disk failed the database once: nobody knows what it has */
};
/* The thread: starts it, ends it after a last flush. */
int serving_start(struct serving *serving);
void serving_stop(struct serving *serving);
/* Brings over what there is now. Outside of transactions. */
enum store_result serving_flush(struct serving *serving);
/* Before the journal: the database's own log. */
int serving_sync_database(void *serving);
/* What an earlier version left in the tables goes into memory and journal. */
enum store_result serving_take_over(struct serving *serving);

/* Agreements. */
void serving_partners_init(struct serving *serving);
void serving_partners_clear(struct serving *serving);
void serving_partners_forget(struct serving *serving);
enum store_result serving_partner_by_realm(struct store *store, const char *realm,
                                           struct store_partner *partner);
enum store_result serving_partner_by_certificate(struct store *store, const char *dns_name,
                                                 struct store_partner *partner);
enum store_result serving_partner_add(struct store *store, struct store_partner *partner);
enum store_result serving_partner_update(struct store *store, const struct store_partner *partner);
enum store_result serving_partner_suspend(struct store *store, const char *name, bool suspended);
enum store_result serving_partner_remove(struct store *store, const char *name);

/* Transactions. */
enum store_result serving_begin(struct store *store, enum store_kind kind);
enum store_result serving_commit_soft(struct store *store, uint64_t *ticket);
enum store_result serving_commit(struct store *store);
void serving_rollback(struct store *store);
/* In a transaction: ends the vectors of those whose SIMs were changed. */
enum store_result serving_hear(struct serving *serving);

#endif
