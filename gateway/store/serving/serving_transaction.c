/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transactions of a gateway that serves: memory, journal and database as one. */
#include "serving_own.h"

#include <time.h>
#include <unistd.h>

#define UNFLUSHED_MOST 65536 /* records and numbers that the database would not take */
#define UNFLUSHED_DUE 16384  /* they are taken before the second is over */
#define BUSY_MS 400 /* shorter than the phone's second, so that it hears of a locked database */
#define BUSY_STEP_MS 4
#define PAUSE_US (BUSY_MS * 1000) /* after a wait in vain: nobody waits */
#define SWEPT_EACH 8              /* of what is over, with each transaction */

/* -- beginning --------------------------------------------------------------------------------- */

enum store_result serving_hear(struct serving *serving)
{
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(sqlite_database(serving->store),
                                  "SELECT id, subscriber FROM ended WHERE id > ?1 ORDER BY id", -1,
                                  &rows, NULL);

    if (code == SQLITE_OK) {
        sqlite3_bind_int64(rows, 1, serving->ended);
        while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
            calls_end(&serving->calls, sqlite3_column_int64(rows, 1));
            serving->ended = sqlite3_column_int64(rows, 0);
        }
    }
    sqlite3_finalize(rows);
    return sqlite_result(code);
}

/* Whether another program changed the database: then it may have ended somebody's vectors. */
static enum store_result look(struct serving *serving)
{
    int64_t version = serving->seen;
    int code = sqlite3_step(serving->version);

    if (code == SQLITE_ROW)
        version = sqlite3_column_int64(serving->version, 0);
    sqlite3_reset(serving->version);
    if (code != SQLITE_ROW)
        return sqlite_result(code);
    if (version == serving->seen)
        return STORE_OK;
    serving->seen = version;
    serving_partners_forget(serving);
    return serving_hear(serving);
}

static enum store_result may_write(struct serving *serving)
{
    if (journal_broken(serving->journal))
        return STORE_FAILED;
    if (calls_unflushed_count(&serving->calls) > UNFLUSHED_MOST)
        return serving->flushed == STORE_OK ? STORE_BEHIND : serving->flushed;
    return STORE_OK;
}

/* A thread that waits serves no calls. So as long as another program holds the database, one at
 * most waits for it, and not all the time. */
static enum store_result take_turn(struct serving *serving)
{
    if (atomic_load(&serving->locked_us))
        return pthread_mutex_trylock(&serving->writer) == 0 ? STORE_OK : STORE_BUSY;
    pthread_mutex_lock(&serving->writer);
    return STORE_OK;
}

static int64_t patience_us(const struct serving *serving, int64_t now_us)
{
    int64_t locked_us = atomic_load(&serving->locked_us);

    return locked_us && now_us - locked_us < PAUSE_US ? 0 : BUSY_MS * 1000;
}

/* Whoever else writes the database is waited for without the lock that calls need. */
static enum store_result begin_database(struct store *store, enum store_kind kind)
{
    int64_t begun_us = g_get_monotonic_time(), now_us = begun_us;
    int64_t most_us = patience_us(store->serving, begun_us);
    enum store_result result;

    for (;;) {
        result = sqlite_result(
            sqlite_step(store, kind == STORE_WRITE ? SQL_BEGIN_WRITE : SQL_BEGIN_READ));
        if (result != STORE_BUSY || now_us - begun_us >= most_us)
            break;
        pthread_mutex_unlock(&store->lock);
        usleep(BUSY_STEP_MS * 1000);
        pthread_mutex_lock(&store->lock);
        now_us = g_get_monotonic_time();
    }
    if (kind == STORE_WRITE && (result != STORE_BUSY || most_us > 0))
        atomic_store(&store->serving->locked_us, result == STORE_BUSY ? now_us : 0);
    return result;
}

enum store_result serving_begin(struct store *store, enum store_kind kind)
{
    struct serving *serving = store->serving;
    enum store_result result = STORE_OK;

    if (kind == STORE_WRITE && (result = take_turn(serving)) != STORE_OK)
        return result;
    pthread_mutex_lock(&store->lock);
    if (kind != STORE_READ)
        result = may_write(serving);
    if (result == STORE_OK)
        result = begin_database(store, kind);
    serving->kind = kind;
    serving->read_id = 0;
    serving->sweep_at = 0;
    serving->ended_before = serving->ended;
    serving->changes = sqlite3_total_changes64(sqlite_database(store));
    if (result == STORE_OK && (result = look(serving)) != STORE_OK) {
        serving_rollback(store);
        return result;
    }
    if (result != STORE_OK) {
        pthread_mutex_unlock(&store->lock);
        if (kind == STORE_WRITE)
            pthread_mutex_unlock(&serving->writer);
    }
    return result;
}

/* -- ending ------------------------------------------------------------------------------------ */

static void leave(struct serving *serving)
{
    enum store_kind kind = serving->kind;

    if (serving->partners_changed)
        serving_partners_forget(serving);
    pthread_mutex_unlock(&serving->store->lock);
    if (kind == STORE_WRITE)
        pthread_mutex_unlock(&serving->writer);
}

void serving_rollback(struct store *store)
{
    struct serving *serving = store->serving;

    /* Some failures have rolled back already. */
    if (!sqlite3_get_autocommit(sqlite_database(store)))
        sqlite_step(store, SQL_ROLLBACK);
    calls_rollback(&serving->calls);
    /* What was heard in it is heard again. */
    if (serving->ended != serving->ended_before)
        serving->seen = 0;
    serving->ended = serving->ended_before;
    leave(serving);
}

/* The last frame does not hold; before anything else is written. */
static enum store_result say_abort(struct serving *serving)
{
    enum store_result result = STORE_OK;
    uint64_t seq;

    if (serving->abort)
        result = journal_append(serving->journal, JOURNAL_ABORT, "", 0, &seq, NULL);
    if (result == STORE_OK)
        serving->abort = 0;
    return result;
}

/* The frame first: the database then says that it holds. */
static enum store_result end_database(struct serving *serving, bool mixed)
{
    char text[80];
    int code = SQLITE_OK;

    if (mixed) {
        snprintf(text, sizeof text, "UPDATE journal SET mixed = %lld", (long long)serving->last);
        code = sqlite3_exec(sqlite_database(serving->store), text, NULL, NULL, NULL);
    }
    if (code == SQLITE_OK)
        code = sqlite_step(serving->store, SQL_COMMIT);
    return sqlite_result(code);
}

/* Once for each flush; a database that took nothing is asked again each second alone. */
static void hurry(struct serving *serving)
{
    if (serving->hurried || serving->flushed != STORE_OK ||
        calls_unflushed_count(&serving->calls) < UNFLUSHED_DUE)
        return;
    serving->hurried = true;
    serving_ring(serving->room.bell);
}

static void kept(struct serving *serving, const struct journal_place *place, bool mixed)
{
    int64_t now = (int64_t)time(NULL);

    calls_commit(&serving->calls, place);
    if (serving->sweep_at)
        calls_sweep(&serving->calls, serving->sweep_at, 0);
    else
        calls_sweep(&serving->calls, now, SWEPT_EACH);
    hurry(serving);
    if (mixed) { /* in this order: whoever waits for the frame brings both to the disk */
        atomic_store(&serving->wal_behind, true);
        journal_stands(serving->journal, serving->last);
    }
}

enum store_result serving_commit_soft(struct store *store, uint64_t *ticket)
{
    struct serving *serving = store->serving;
    sqlite3 *db = sqlite_database(store);
    const bool mixed = sqlite3_txn_state(db, "main") == SQLITE_TXN_WRITE &&
                       sqlite3_total_changes64(db) != serving->changes;
    const GByteArray *frame = serving->calls.frame;
    struct journal_place place = {0};
    uint64_t seq = serving->last;
    enum store_result result = STORE_OK;

    if (mixed || frame->len > 0) {
        result = say_abort(serving);
        if (result == STORE_OK)
            result = journal_append(serving->journal, mixed ? JOURNAL_MIXED : JOURNAL_CALLS,
                                    frame->data, frame->len, &seq, &place);
        if (result == STORE_OK)
            serving->last = seq;
    }
    if (result == STORE_OK && (result = end_database(serving, mixed)) != STORE_OK && mixed) {
        serving->abort = seq;
        say_abort(serving);
    }
    if (result != STORE_OK) {
        serving_rollback(store);
        return result;
    }
    *ticket = seq;
    kept(serving, &place, mixed);
    leave(serving);
    return STORE_OK;
}

enum store_result serving_commit(struct store *store)
{
    uint64_t ticket;
    enum store_result result = serving_commit_soft(store, &ticket);

    return result == STORE_OK ? journal_settle(store->serving->journal, ticket) : result;
}
