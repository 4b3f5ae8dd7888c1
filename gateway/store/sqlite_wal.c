/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sqlite_wal.h"
#include "../../common/disk.h"
#include "../log.h"
#include "group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_DUE 4000   /* 16 MiB: back into the database */
#define FRAMES_MOST 16000 /* 64 MiB: writers wait while the log begins anew */
#define BUSY_MS 400

struct sqlite_wal {
    sqlite3 *db, *own; /* `own`: the thread's connection */
    pthread_mutex_t *writing;
    struct group group;
    int fd;     /* of the log, -1 until it is needed; of who syncs */
    bool named; /* the log's name is on the disk */
    pthread_t thread;
    pthread_mutex_t lock; /* for all below */
    pthread_cond_t due;
    int frames;
    bool broken, stopping;
};

/* -- on the disk ------------------------------------------------------------------------------- */

/* Opens the log, the first time. Where that fails (no descriptor left) nothing was written and
 * lost: the next one may try again. */
static int open_log(struct sqlite_wal *wal, const char *path)
{
    if (wal->fd < 0)
        wal->fd = open(path, O_RDWR | O_CLOEXEC);
    return wal->fd >= 0 ? 0 : -1;
}

static int sync_log(struct sqlite_wal *wal, const char *path)
{
    /* A log that was made just now must be found again. */
    if (!wal->named && disk_sync_name(path) != 0)
        return -1;
    wal->named = true;
    return fdatasync(wal->fd);
}

/* The group's: by one thread at a time. */
static int on_sync(void *data, unsigned lane)
{
    struct sqlite_wal *wal = data;
    const char *path = sqlite3_filename_wal(sqlite3_db_filename(wal->db, "main"));
    bool opened = open_log(wal, path) == 0;

    (void)lane;
    if (opened && sync_log(wal, path) == 0)
        return 0;
    log_line("op=store result=disk-failed reason=\"%s\"%s", strerror(errno),
             opened ? " advice=\"look at the disk, then start the gateway again\"" : "");
    /* The kernel forgets what it could not write: asking again proves nothing. */
    pthread_mutex_lock(&wal->lock);
    wal->broken = wal->broken || opened;
    pthread_mutex_unlock(&wal->lock);
    return -1;
}

enum store_result sqlite_wal_settle(struct sqlite_wal *wal, uint64_t ticket)
{
    return group_settle(&wal->group, ticket);
}

uint64_t sqlite_wal_written(struct sqlite_wal *wal)
{
    pthread_mutex_lock(&wal->lock);
    if (wal->frames >= FRAMES_DUE)
        pthread_cond_signal(&wal->due);
    pthread_mutex_unlock(&wal->lock);
    return group_written(&wal->group);
}

bool sqlite_wal_broken(struct sqlite_wal *wal)
{
    bool broken;

    pthread_mutex_lock(&wal->lock);
    broken = wal->broken;
    pthread_mutex_unlock(&wal->lock);
    return broken;
}

/* -- back into the database -------------------------------------------------------------------- */

static int on_commit(void *data, sqlite3 *db, const char *name, int frames)
{
    struct sqlite_wal *wal = data;

    (void)db;
    (void)name;
    pthread_mutex_lock(&wal->lock);
    wal->frames = frames;
    pthread_mutex_unlock(&wal->lock);
    return SQLITE_OK;
}

/* Without the lock: calls go on meanwhile. */
static void checkpoint(struct sqlite_wal *wal, int frames)
{
    int code = sqlite3_wal_checkpoint_v2(wal->own, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

    /* Who writes all the time would never let the log begin anew. */
    if (frames >= FRAMES_MOST) {
        pthread_mutex_lock(wal->writing);
        code = sqlite3_wal_checkpoint_v2(wal->own, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
        pthread_mutex_unlock(wal->writing);
    }
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        log_line("op=checkpoint result=failed reason=\"%s\"", sqlite3_errmsg(wal->own));
}

static void *run(void *data)
{
    struct sqlite_wal *wal = data;

    pthread_mutex_lock(&wal->lock);
    while (!wal->stopping) {
        int frames = wal->frames;

        if (frames < FRAMES_DUE) {
            pthread_cond_wait(&wal->due, &wal->lock);
            continue;
        }
        wal->frames = 0; /* the next commit says how many there are */
        pthread_mutex_unlock(&wal->lock);
        checkpoint(wal, frames);
        pthread_mutex_lock(&wal->lock);
    }
    pthread_mutex_unlock(&wal->lock);
    return NULL;
}

struct sqlite_wal *sqlite_wal_open(sqlite3 *db, pthread_mutex_t *writing)
{
    struct sqlite_wal *wal = calloc(1, sizeof *wal);

    if (!wal)
        return NULL;
    *wal = (struct sqlite_wal){.db = db, .writing = writing, .fd = -1};
    pthread_mutex_init(&wal->lock, NULL);
    group_init(&wal->group, 1, on_sync, wal);
    pthread_cond_init(&wal->due, NULL);
    sqlite3_wal_hook(db, on_commit, wal);
    if (sqlite3_open_v2(sqlite3_db_filename(db, "main"), &wal->own,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(wal->own, BUSY_MS);
        sqlite3_exec(wal->own, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
        if (pthread_create(&wal->thread, NULL, run, wal) == 0)
            return wal;
    }
    wal->thread = 0;
    sqlite_wal_close(wal);
    return NULL;
}

void sqlite_wal_close(struct sqlite_wal *wal)
{
    if (!wal)
        return;
    pthread_mutex_lock(&wal->lock);
    wal->stopping = true;
    pthread_cond_signal(&wal->due);
    pthread_mutex_unlock(&wal->lock);
    if (wal->thread)
        pthread_join(wal->thread, NULL);
    sqlite3_wal_hook(wal->db, NULL, NULL);
    sqlite3_close(wal->own);
    if (wal->fd >= 0)
        close(wal->fd);
    pthread_cond_destroy(&wal->due);
    group_clear(&wal->group);
    pthread_mutex_destroy(&wal->lock);
    free(wal);
}
