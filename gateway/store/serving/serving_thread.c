/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the journal into the tables: a thread that no call waits for. */
#include "../../log.h"
#include "serving_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EVERY_MS 1000
#define SWEEP_US (5 * G_USEC_PER_SEC)
#define SETTLE_US (30 * G_USEC_PER_SEC)
#define FRAMES_DUE 4000   /* 16 MiB: back into the database */
#define FRAMES_MOST 16000 /* 64 MiB: writers wait while the log begins anew */

/* -- one transaction --------------------------------------------------------------------------- */

enum statement { ADD, PAIR, NAME, OUTCOME, DROP, SQN, REACHED, HEARD, GONE, STATEMENTS };
static const char *const texts[STATEMENTS] = {
    [ADD] = "INSERT INTO record (id, time, side, partner, nai_a, nai_b, method, first, outcome) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET outcome = "
            "max(outcome, excluded.outcome)",
    [PAIR] = "INSERT INTO pair (nai_a, nai_b) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    [NAME] = "UPDATE record SET nai_b = ?2, method = ?3, first = ?4 WHERE id = ?1",
    [OUTCOME] = "UPDATE record SET outcome = ?2 WHERE id = ?1 AND outcome < ?2",
    [DROP] = "DELETE FROM record WHERE id = ?1 AND outcome = 0",
    [SQN] = "UPDATE subscriber SET sqn = ?2 WHERE id = ?1 AND sqn < ?2",
    [REACHED] = "UPDATE journal SET flushed = ?1 WHERE flushed < ?1",
    [HEARD] = "DELETE FROM ended WHERE id <= ?1",
    [GONE] =
        "UPDATE record SET outcome = 3 WHERE outcome = 0 AND time < ?1 AND (method <> 'stp' OR "
        "time < ?1 - 86400)",
};

struct writing {
    sqlite3_stmt *statements[STATEMENTS];
    int code;
};

static void run(struct writing *writing, enum statement which)
{
    sqlite3_stmt *statement = writing->statements[which];
    int code = sqlite3_step(statement);

    sqlite3_reset(statement);
    if (code != SQLITE_DONE && writing->code == SQLITE_OK)
        writing->code = code;
}

static void run_two(struct writing *writing, enum statement which, int64_t one, int64_t two)
{
    sqlite3_bind_int64(writing->statements[which], 1, one);
    if (sqlite3_bind_parameter_count(writing->statements[which]) > 1)
        sqlite3_bind_int64(writing->statements[which], 2, two);
    run(writing, which);
}

static void text(sqlite3_stmt *statement, int at, const char *value)
{
    sqlite3_bind_text(statement, at, value, -1, SQLITE_STATIC);
}

/* Those who met for the first time have met. */
static void pair(struct writing *writing, const struct store_record *r)
{
    sqlite3_stmt *s = writing->statements[PAIR];

    if (!r->first || strcmp(r->method, STORE_METHOD_UNKNOWN) == 0)
        return;
    text(s, 1, r->nai_a);
    text(s, 2, r->nai_b);
    run(writing, PAIR);
}

static void add(struct writing *writing, const struct store_record *r)
{
    sqlite3_stmt *s = writing->statements[ADD];

    sqlite3_bind_int64(s, 1, r->id);
    sqlite3_bind_int64(s, 2, r->time);
    text(s, 3, r->side);
    text(s, 4, r->partner);
    text(s, 5, r->nai_a);
    text(s, 6, r->nai_b);
    text(s, 7, r->method);
    sqlite3_bind_int64(s, 8, r->first);
    sqlite3_bind_int64(s, 9, r->outcome);
    run(writing, ADD);
    pair(writing, r);
}

static void name(struct writing *writing, const struct store_record *r)
{
    sqlite3_stmt *s = writing->statements[NAME];

    sqlite3_bind_int64(s, 1, r->id);
    text(s, 2, r->nai_b);
    text(s, 3, r->method);
    sqlite3_bind_int64(s, 4, r->first);
    run(writing, NAME);
    pair(writing, r);
}

static void write_record(struct writing *writing, const struct calls_record *r)
{
    if (r->changes & CALLS_DROPPED) {
        run_two(writing, DROP, r->record.id, 0);
        return;
    }
    if (r->changes & CALLS_NEW) {
        add(writing, &r->record);
        return;
    }
    if (r->changes & CALLS_NAMED)
        name(writing, &r->record);
    if (r->changes & CALLS_OUTCOME)
        run_two(writing, OUTCOME, r->record.id, r->record.outcome);
}

static int by_id(const void *a, const void *b)
{
    const struct calls_record *one = *(struct calls_record *const *)a,
                              *other = *(struct calls_record *const *)b;

    return one->record.id < other->record.id ? -1 : 1;
}

/* In the order of their numbers: neighbours stand on one page. */
static void write_records(struct writing *writing, const struct calls *calls)
{
    guint count = g_hash_table_size(calls->flushing.records), i = 0;
    const struct calls_record **all = g_new(const struct calls_record *, count + 1);
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, calls->flushing.records);
    while (g_hash_table_iter_next(&iter, &value, NULL))
        all[i++] = value;
    qsort(all, count, sizeof *all, by_id);
    for (i = 0; i < count; i++)
        write_record(writing, all[i]);
    g_free(all);
}

static void write_all(struct writing *writing, const struct serving_flush *flush)
{
    GHashTableIter iter;
    gpointer value;

    write_records(writing, flush->calls);
    g_hash_table_iter_init(&iter, flush->calls->flushing.sqn);
    while (g_hash_table_iter_next(&iter, &value, NULL)) {
        const struct calls_sqn *last = value;

        run_two(writing, SQN, last->subscriber, (int64_t)last->sqn);
    }
    run_two(writing, REACHED, (int64_t)flush->seq, 0);
    if (flush->ended)
        run_two(writing, HEARD, flush->ended, 0);
    if (flush->swept_before)
        run_two(writing, GONE, flush->swept_before, 0);
}

enum store_result serving_write(sqlite3 *db, const struct serving_flush *flush)
{
    struct writing writing = {.code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL)};

    for (int i = 0; writing.code == SQLITE_OK && i < STATEMENTS; i++)
        writing.code = sqlite3_prepare_v2(db, texts[i], -1, &writing.statements[i], NULL);
    if (writing.code == SQLITE_OK)
        write_all(&writing, flush);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(writing.statements[i]);
    if (writing.code == SQLITE_OK)
        writing.code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (writing.code != SQLITE_OK && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return sqlite_result(writing.code);
}

/* -- the database's own log -------------------------------------------------------------------- */

int serving_sync_database(void *data)
{
    struct serving *serving = data;
    int result = 0;

    /* Who finds that somebody else is at it waits for that. */
    pthread_mutex_lock(&serving->syncing);
    if (atomic_exchange(&serving->wal_behind, false)) {
        result = fdatasync(serving->wal);
        if (result != 0)
            atomic_store(&serving->wal_behind, true);
    }
    pthread_mutex_unlock(&serving->syncing);
    return result;
}

static int on_commit(void *data, sqlite3 *db, const char *where, int frames)
{
    struct serving *serving = data;

    (void)db;
    (void)where;
    serving->frames = frames;
    return SQLITE_OK;
}

/* With `writer`: calls go on meanwhile. */
static void checkpoint(struct serving *serving)
{
    int how =
        serving->frames >= FRAMES_MOST ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    int code;

    if (serving->frames < FRAMES_DUE)
        return;
    code = sqlite3_wal_checkpoint_v2(serving->own, NULL, how, NULL, NULL);
    serving->frames = 0;
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        log_line("op=checkpoint result=failed reason=\"%s\"", sqlite3_errmsg(serving->own));
}

/* -- the thread -------------------------------------------------------------------------------- */

static void say(struct serving *serving, enum store_result result)
{
    if (result == serving->flushed)
        return;
    if (result == STORE_OK)
        log_line("op=flush result=good");
    else
        log_line("op=flush result=failed reason=\"%s\" detail=\"%s\"", store_result_name(result),
                 sqlite3_errmsg(serving->own));
}

enum store_result serving_flush(struct serving *serving)
{
    struct serving_flush flush = {.calls = &serving->calls};
    int64_t now_us = g_get_monotonic_time();
    bool sweep = now_us - serving->swept_us >= SWEEP_US;
    enum store_result result = STORE_OK;
    struct calls_unflushed over;

    pthread_mutex_lock(&serving->writer);
    pthread_mutex_lock(&serving->store->lock);
    flush.seq = serving->last;
    flush.ended = serving->ended;
    calls_flush_begin(&serving->calls);
    serving->hurried = false;
    pthread_mutex_unlock(&serving->store->lock);
    if (sweep)
        flush.swept_before = (int64_t)time(NULL) - SQL_SWEEP_RECORD_S;
    if (sweep || flush.seq > serving->reached.flushed) {
        result = serving_write(serving->own, &flush);
        atomic_store(&serving->locked_us, result == STORE_BUSY ? g_get_monotonic_time() : 0);
    }
    pthread_mutex_lock(&serving->store->lock);
    calls_flush_end(&serving->calls, result == STORE_OK, &over);
    say(serving, result);
    serving->flushed = result;
    if (result == STORE_OK) {
        serving->reached.flushed = flush.seq;
        serving->caught_up_us = now_us;
    }
    pthread_mutex_unlock(&serving->store->lock);
    calls_unflushed_free(&over);
    if (result == STORE_OK) {
        if (sweep)
            serving->swept_us = now_us;
        checkpoint(serving);
    }
    pthread_mutex_unlock(&serving->writer);
    return result;
}

/* What the tables have, on the disk. Those who wait for the journal do not wait for this. */
static void settle(struct serving *serving, uint64_t reached)
{
    serving->settled_us = g_get_monotonic_time();
    if (fdatasync(serving->wal_own) == 0) {
        serving->settled = reached;
        return;
    }
    serving->unsettled = true; /* the kernel forgets what it could not write */
    log_line(
        "op=flush result=disk-failed reason=\"%s\" advice=\"the journal keeps all from now on: "
        "look at the disk, then start the gateway again\"",
        strerror(errno));
}

/* A file of the journal goes when the database has what was in it, on the disk. */
static void tend(struct serving *serving)
{
    uint64_t reached;

    pthread_mutex_lock(&serving->store->lock);
    reached = serving->reached.flushed;
    pthread_mutex_unlock(&serving->store->lock);
    if (g_get_monotonic_time() - serving->settled_us >= SETTLE_US && !serving->unsettled &&
        reached > serving->settled)
        settle(serving, reached);
    journal_tend(serving->journal, serving->settled, (int64_t)time(NULL));
}

static void *run_thread(void *data)
{
    struct serving *serving = data;
    struct serving_bell *bell = serving->room.bell;

    while (!atomic_load(&serving->stopping)) {
        uint32_t wanted = atomic_load(&bell->wanted);

        if (serving_flush(serving) == STORE_OK)
            atomic_store(&bell->done, wanted);
        else
            atomic_fetch_add(&bell->failed, 1);
        serving_tell(bell);
        tend(serving);
        if (!atomic_load(&serving->stopping))
            serving_wait(&bell->wanted, wanted, EVERY_MS);
    }
    return NULL;
}

int serving_start(struct serving *serving)
{
    sqlite3_wal_hook(serving->own, on_commit, serving);
    serving->running = pthread_create(&serving->thread, NULL, run_thread, serving) == 0;
    return serving->running ? 0 : -1;
}

void serving_stop(struct serving *serving)
{
    if (!serving->running)
        return;
    atomic_store(&serving->stopping, true);
    serving_ring(serving->room.bell);
    pthread_join(serving->thread, NULL);
    serving->running = false;
    serving_flush(serving);
}
