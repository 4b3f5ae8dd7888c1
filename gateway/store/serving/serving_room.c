/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who uses a journal: the gateway that runs, or for a moment a command where none does. */
#include "serving_own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define VISIT_MS 5000

/* -- the bell ---------------------------------------------------------------------------------- */

static long futex(_Atomic uint32_t *word, int what, uint32_t value, const struct timespec *limit)
{
    return syscall(SYS_futex, word, what, value, limit, NULL, 0);
}

void serving_wait(_Atomic uint32_t *word, uint32_t seen, int ms)
{
    const struct timespec limit = {ms / 1000, ms % 1000 * 1000000L};

    futex(word, FUTEX_WAIT, seen, &limit);
}

static void wake(_Atomic uint32_t *word)
{
    futex(word, FUTEX_WAKE, INT_MAX, NULL);
}

void serving_ring(struct serving_bell *bell)
{
    atomic_fetch_add(&bell->wanted, 1);
    wake(&bell->wanted);
}

void serving_tell(struct serving_bell *bell)
{
    wake(&bell->done);
}

/* -- the room ---------------------------------------------------------------------------------- */

static enum store_result refuse(struct serving_room *room, char *error)
{
    const enum store_result result =
        errno == ENOSPC || errno == EDQUOT ? STORE_FULL : STORE_READONLY;

    sql_say(error, room->folder, result, strerror(errno));
    serving_exit(room);
    return result;
}

enum store_result serving_enter(struct store *store, struct serving_room *room, bool make,
                                char *error)
{
    const char *database = sqlite3_db_filename(sqlite_database(store), "main");
    char path[SERVING_PATH_MAX + 8];
    struct stat st;
    void *bell;

    *room = (struct serving_room){.fd = -1};
    snprintf(room->folder, sizeof room->folder, "%s-calls", database);
    if (make && mkdir(room->folder, 0700) != 0 && errno != EEXIST)
        return refuse(room, error);
    snprintf(path, sizeof path, "%s/lock", room->folder);
    room->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (room->fd < 0 || fstat(room->fd, &st) != 0)
        return refuse(room, error);
    if (st.st_size < (off_t)sizeof *room->bell) {
        errno = posix_fallocate(room->fd, 0, (off_t)sizeof *room->bell);
        if (errno != 0)
            return refuse(room, error);
    }
    bell = mmap(NULL, sizeof *room->bell, PROT_READ | PROT_WRITE, MAP_SHARED, room->fd, 0);
    if (bell == MAP_FAILED)
        return refuse(room, error);
    room->bell = bell;
    return flock(room->fd, LOCK_EX | LOCK_NB) == 0 ? STORE_OK : STORE_BUSY;
}

void serving_exit(struct serving_room *room)
{
    if (room->bell)
        munmap(room->bell, sizeof *room->bell);
    if (room->fd >= 0)
        close(room->fd); /* and the lock */
    *room = (struct serving_room){.fd = -1};
}

/* The table is made when it is needed for the first time. */
static enum store_result read_dropped(sqlite3 *db, struct serving_reached *reached)
{
    int64_t last = sqlite_integer(
        db, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'journal_dropped'");

    if (last > 0)
        last = sqlite_integer(db, "SELECT coalesce(max(last), 0) FROM journal_dropped");
    reached->dropped = last > 0 ? (uint64_t)last : 0;
    return last < 0 ? STORE_FAILED : STORE_OK;
}

enum store_result serving_reached(struct store *store, struct serving_reached *reached)
{
    sqlite3_stmt *row = NULL;
    enum store_result result = STORE_DAMAGED;

    if (sqlite3_prepare_v2(sqlite_database(store), "SELECT name, flushed, mixed FROM journal", -1,
                           &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW && sqlite3_column_bytes(row, 0) == JOURNAL_NAME_LEN) {
        memcpy(reached->name, sqlite3_column_blob(row, 0), JOURNAL_NAME_LEN);
        reached->flushed = (uint64_t)sqlite3_column_int64(row, 1);
        reached->mixed = (uint64_t)sqlite3_column_int64(row, 2);
        result = STORE_OK;
    }
    sqlite3_finalize(row);
    return result == STORE_OK ? read_dropped(sqlite_database(store), reached) : result;
}

/* -- reading the journal again ----------------------------------------------------------------- */

static void apply_held(struct serving_replay *replay)
{
    struct journal_frame *held = &replay->held;

    if (!replay->holds)
        return;
    if (replay->result == STORE_OK)
        replay->result = calls_apply(replay->calls, held->data, held->len, &replay->place,
                                     held->seq > replay->reached.flushed);
    free((void *)(uintptr_t)held->data);
    replay->holds = false;
}

static void hold(struct serving_replay *replay, const struct journal_frame *frame)
{
    uint8_t *copy = malloc(frame->len + 1);

    if (!copy) {
        replay->result = STORE_FAILED;
        return;
    }
    memcpy(copy, frame->data, frame->len);
    replay->held = *frame;
    replay->held.data = copy;
    replay->holds = true;
}

static bool was_dropped(struct serving_replay *replay, uint64_t seq)
{
    char text[120];
    int64_t found;

    if (seq > replay->reached.dropped)
        return false;
    snprintf(text, sizeof text,
             "SELECT EXISTS (SELECT 1 FROM journal_dropped WHERE %lld BETWEEN first AND last)",
             (long long)seq);
    found = sqlite_integer(replay->db, text);
    if (found < 0)
        replay->result = STORE_FAILED;
    return found != 0;
}

/* Whether the database has its half: else it was not finished, or a power cut took it. */
static bool mixed_holds(struct serving_replay *replay, uint64_t seq)
{
    if (seq <= replay->reached.mixed)
        return !was_dropped(replay, seq);
    if (!replay->dropped_first)
        replay->dropped_first = seq;
    replay->dropped_last = seq;
    return false;
}

enum store_result serving_drop(sqlite3 *db, const struct serving_replay *replay)
{
    char text[320];

    if (replay->dropped_last <= replay->reached.dropped)
        return STORE_OK;
    snprintf(text, sizeof text,
             "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS journal_dropped (first INTEGER NOT NULL, "
             "last INTEGER NOT NULL); DELETE FROM journal_dropped WHERE last < %lld; INSERT INTO "
             "journal_dropped VALUES (%lld, %lld); COMMIT",
             (long long)replay->first, (long long)replay->dropped_first,
             (long long)replay->dropped_last);
    return sqlite_result(sqlite3_exec(db, text, NULL, NULL, NULL));
}

int serving_replay_frame(const struct journal_frame *frame, uint64_t number, void *data)
{
    struct serving_replay *replay = data;

    if (!replay->first)
        replay->first = frame->seq;
    if (frame->kind == JOURNAL_END)
        return 0;
    if (frame->kind == JOURNAL_ABORT && replay->holds) {
        free((void *)(uintptr_t)replay->held.data);
        replay->holds = false;
        return 0;
    }
    apply_held(replay);
    if (frame->kind == JOURNAL_ABORT ||
        (frame->kind == JOURNAL_MIXED && !mixed_holds(replay, frame->seq)))
        return replay->result != STORE_OK;
    replay->place = (struct journal_place){number, frame->at};
    hold(replay, frame);
    if (replay->holds && frame->kind == JOURNAL_CALLS)
        apply_held(replay);
    return replay->result != STORE_OK;
}

enum store_result serving_replay_end(struct serving_replay *replay)
{
    apply_held(replay);
    return replay->result;
}

/* -- visits ------------------------------------------------------------------------------------ */

struct serving_visit {
    struct serving_room room;
};

/* Nobody is there: the records and numbers that are in the journal alone go into the tables. */
static enum store_result bring_over(struct store *store, const struct serving_room *room,
                                    char *error)
{
    struct calls calls;
    struct serving_replay replay = {.calls = &calls, .db = sqlite_database(store)};
    struct serving_flush flush = {.calls = &calls};
    struct calls_unflushed over;
    enum store_result result = serving_reached(store, &replay.reached);

    calls_init(&calls, store->seal);
    if (result == STORE_OK)
        result = journal_read(room->folder, replay.reached.name, serving_replay_frame, &replay,
                              &flush.seq, error);
    if (result == STORE_OK && serving_replay_end(&replay) != STORE_OK)
        result = sql_say(error, room->folder, replay.result, "does not have what was written");
    if (result == STORE_OK && calls_unflushed_count(&calls) > 0) {
        calls_flush_begin(&calls);
        result = serving_write(sqlite_database(store), &flush);
        calls_flush_end(&calls, true, &over);
        calls_unflushed_free(&over);
        if (result != STORE_OK)
            sql_say(error, room->folder, result, store_result_name(result));
    }
    calls_clear(&calls);
    return result;
}

/* A gateway is there: it does that. */
static enum store_result ask(const struct serving_room *room, char *error)
{
    struct serving_bell *bell = room->bell;
    const uint32_t failed = atomic_load(&bell->failed);
    uint32_t mine = atomic_fetch_add(&bell->wanted, 1) + 1, done;

    wake(&bell->wanted);
    for (int ms = 0; (int32_t)((done = atomic_load(&bell->done)) - mine) < 0; ms += 100) {
        if (atomic_load(&bell->failed) != failed)
            return sql_say(error, room->folder, STORE_BUSY,
                           "the gateway that runs cannot write its database now: its log says why");
        if (flock(room->fd, LOCK_EX | LOCK_NB) == 0)
            return STORE_NONE; /* it ended */
        if (ms >= VISIT_MS)
            return sql_say(error, room->folder, STORE_BUSY,
                           "the gateway that runs does not answer: look at its log, or end it");
        serving_wait(&bell->done, done, 100);
    }
    return STORE_OK;
}

enum store_result serving_visit(struct store *store, struct serving_visit **result, char *error)
{
    const char *database = sqlite3_db_filename(sqlite_database(store), "main");
    char folder[SERVING_PATH_MAX];
    struct serving_visit *visit;
    enum store_result outcome = STORE_NONE;

    *result = NULL;
    snprintf(folder, sizeof folder, "%s-calls", database);
    if (access(folder, F_OK) != 0)
        return STORE_OK; /* no gateway was ever started */
    visit = calloc(1, sizeof *visit);
    if (!visit)
        return STORE_FAILED;
    for (int tries = 0; outcome == STORE_NONE && tries < 3; tries++) {
        outcome = serving_enter(store, &visit->room, false, error);
        if (outcome == STORE_OK) {
            outcome = bring_over(store, &visit->room, error);
            serving_exit(&visit->room);
            free(visit);
            return outcome;
        }
        if (outcome == STORE_BUSY && (outcome = ask(&visit->room, error)) == STORE_OK) {
            *result = visit;
            return STORE_OK;
        }
        serving_exit(&visit->room);
    }
    free(visit);
    return outcome;
}

int64_t serving_visit_record(struct serving_visit *visit)
{
    return visit ? atomic_fetch_add(&visit->room.bell->next_record, 1) : 0;
}

void serving_leave(struct serving_visit *visit)
{
    if (!visit)
        return;
    serving_exit(&visit->room);
    free(visit);
}
