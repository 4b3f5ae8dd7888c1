/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "journal.h"
#include "../../../common/disk.h"
#include "../../log.h"
#include "../group.h"
#include "journal_read.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LANES 4
#define SIZE_FIRST ((size_t)256 << 10)
#define SIZE_MOST ((size_t)8 << 20)
#define SIZE_LEAST ((size_t)16 << 10)
#define GROWS_S 60   /* a file that was filled sooner gets a larger successor */
#define OLDEST_S 600 /* who called whom does not stay for want of more */

struct file {
    uint64_t number;
    int fd;
    int lanes[LANES]; /* descriptors for those who sync it, made before it has anything: of two who
                         ask with one, or with one that was opened later, the kernel tells a failure
                         to the first alone */
    size_t size, used;
    int64_t begun;
};
struct journal {
    struct journal_settings settings;
    char *folder;
    struct group group;
    pthread_mutex_t lock;      /* for all below */
    struct file present, next; /* next.fd -1: not made yet */
    GArray *past;              /* struct journal_past, the oldest first */
    GByteArray *whole;         /* a frame as it is written */
    uint64_t seq;
    bool making; /* the next one */
    pthread_cond_t made;
    bool broken;
    bool folder_behind;     /* the present file's name is not on the disk */
    pthread_mutex_t before; /* held while what comes first is brought to the disk */
    GArray *ended;          /* descriptors of files that are full and were not synced since */
    struct {
        uint64_t number;
        int fd;
    } lanes[LANES];
};

/* -- files ------------------------------------------------------------------------------------- */

static enum store_result result_of(int code)
{
    return code == ENOSPC || code == EDQUOT                   ? STORE_FULL
           : code == EROFS || code == EACCES || code == EPERM ? STORE_READONLY
                                                              : STORE_FAILED;
}

static int open_file(const struct journal *journal, uint64_t number, int flags)
{
    char *path = journal_path(journal->folder, number);
    int fd = open(path, flags | O_CLOEXEC, 0600);

    g_free(path);
    return fd;
}

/* -1: there is none. */
static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static struct file no_file(void)
{
    struct file file = {.fd = -1};

    for (unsigned i = 0; i < LANES; i++)
        file.lanes[i] = -1;
    return file;
}

static void close_lanes(struct file *file)
{
    for (unsigned i = 0; i < LANES; i++) {
        close_fd(file->lanes[i]);
        file->lanes[i] = -1;
    }
}

static void close_file(struct file *file)
{
    close_lanes(file);
    close_fd(file->fd);
    *file = no_file();
}

/* -1: one of them cannot be opened. */
static int open_lanes(const struct journal *journal, struct file *file)
{
    for (unsigned i = 0; i < LANES; i++)
        file->lanes[i] = open_file(journal, file->number, O_RDWR);
    for (unsigned i = 0; i < LANES; i++)
        if (file->lanes[i] < 0)
            return -1;
    return 0;
}

static int write_all(int fd, const void *octets, size_t len, size_t at)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, octets, len, (off_t)at);

        if (n < 0)
            return -1;
        octets = (const uint8_t *)octets + n;
        at += (size_t)n;
        len -= (size_t)n;
    }
    return 0;
}

/* Zeros that are written, and not a hole: what is written over them needs no other block of the
 * disk. */
static int fill(int fd, size_t size)
{
    static const uint8_t zeros[65536];

    for (size_t at = 0; at < size; at += sizeof zeros)
        if (write_all(fd, zeros, MIN(sizeof zeros, size - at), at) != 0)
            return -1;
    return 0;
}

/* As large as there is room for, down to `least`. errno where it is none. */
static int make_file(const struct journal *journal, uint64_t number, size_t size, size_t least,
                     struct file *made)
{
    uint8_t header[JOURNAL_HEADER_LEN];
    char *path = journal_path(journal->folder, number);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), why;

    journal_header(header, number, journal->settings.name);
    while (fd >= 0 && fill(fd, size) != 0) {
        if (errno != ENOSPC || size / 2 < least || ftruncate(fd, 0) != 0)
            goto failed;
        size /= 2;
    }
    *made = no_file();
    made->number = number;
    made->size = size;
    made->used = JOURNAL_HEADER_LEN;
    if (fd < 0 || write_all(fd, header, sizeof header, 0) != 0 || open_lanes(journal, made) != 0)
        goto failed;
    g_free(path);
    made->fd = fd;
    return 0;
failed:
    why = errno;
    close_file(made);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    g_free(path);
    errno = why;
    return -1;
}

/* -- appending --------------------------------------------------------------------------------- */

/* In one write, so that a file has a frame or, at its end, a part of one. */
static int write_frame(struct journal *journal, struct file *file,
                       const struct journal_frame *frame, struct journal_place *place)
{
    static const uint8_t zeros[8];
    GByteArray *whole = journal->whole;
    const guint size = (guint)journal_frame_size(frame->len);

    g_byte_array_set_size(whole, JOURNAL_FRAME_LEN);
    journal_frame_head(whole->data, file->number, frame);
    g_byte_array_append(whole, frame->data, (guint)frame->len);
    g_byte_array_append(whole, zeros, size - whole->len);
    errno = ENOSPC; /* what a short write means */
    if (pwrite(file->fd, whole->data, size, (off_t)file->used) != (ssize_t)size)
        return -1;
    if (place)
        *place = (struct journal_place){file->number, file->used + JOURNAL_FRAME_LEN};
    if (file->begun == 0)
        file->begun = frame->time;
    file->used += size;
    return 0;
}

static struct journal_frame frame_of(struct journal *journal, enum journal_kind kind,
                                     const void *data, size_t len)
{
    return (struct journal_frame){.seq = journal->seq + 1,
                                  .durable = group_durable(&journal->group),
                                  .time = (int64_t)time(NULL),
                                  .kind = kind,
                                  .data = data,
                                  .len = len};
}

static size_t next_size(const struct journal *journal, int64_t now)
{
    const struct file *present = &journal->present;
    bool quick = present->begun && now - present->begun < GROWS_S;

    return !quick ? SIZE_FIRST : present->size * 4 < SIZE_MOST ? present->size * 4 : SIZE_MOST;
}

/* With the lock held: the present file is full or old, the next one takes its place. */
static enum store_result change_file(struct journal *journal, size_t room)
{
    struct journal_frame end = frame_of(journal, JOURNAL_END, "", 0);
    struct file *next = &journal->next;
    struct journal_past past;
    bool in_time;

    while (journal->making)
        pthread_cond_wait(&journal->made, &journal->lock);
    if (next->fd >= 0 && next->size < room + JOURNAL_HEADER_LEN) {
        char *path = journal_path(journal->folder, next->number);

        unlink(path);
        g_free(path);
        close_file(next);
    }
    in_time = next->fd >= 0; /* then it is on the disk, and its name */
    if (!in_time && make_file(journal, journal->present.number + 1,
                              MAX(next_size(journal, end.time), room + JOURNAL_HEADER_LEN),
                              MAX(SIZE_LEAST, room + JOURNAL_HEADER_LEN), next) != 0)
        return result_of(errno);
    if (write_frame(journal, &journal->present, &end, NULL) != 0)
        return result_of(errno);
    journal->seq = end.seq;
    group_wrote(&journal->group, end.seq);
    past = (struct journal_past){journal->present.number, end.seq, end.time, journal->present.size};
    g_array_append_val(journal->past, past);
    close_lanes(&journal->present); /* those that nobody took */
    g_array_append_val(journal->ended, journal->present.fd);
    journal->present = *next;
    *next = no_file();
    journal->folder_behind = journal->folder_behind || !in_time;
    return STORE_OK;
}

enum store_result journal_append(struct journal *journal, enum journal_kind kind, const void *data,
                                 size_t len, uint64_t *seq, struct journal_place *place)
{
    size_t room = journal_frame_size(len) + journal_frame_size(0);
    enum store_result result = STORE_OK;
    struct journal_frame frame;

    pthread_mutex_lock(&journal->lock);
    if (journal->broken)
        result = STORE_FAILED;
    else if (journal->present.used + room > journal->present.size)
        result = change_file(journal, room);
    if (result == STORE_OK) {
        frame = frame_of(journal, kind, data, len);
        result = write_frame(journal, &journal->present, &frame, place) == 0 ? STORE_OK
                                                                             : result_of(errno);
    }
    if (result == STORE_OK) {
        *seq = journal->seq = frame.seq;
        if (kind != JOURNAL_MIXED)
            group_wrote(&journal->group, frame.seq);
    }
    pthread_mutex_unlock(&journal->lock);
    return result;
}

void journal_stands(struct journal *journal, uint64_t seq)
{
    group_wrote(&journal->group, seq);
}

enum store_result journal_fetch(struct journal *journal, const struct journal_place *place,
                                void *octets, size_t len)
{
    bool present;
    ssize_t n = -1;
    int fd = -1;

    pthread_mutex_lock(&journal->lock);
    present = place->number == journal->present.number;
    if (present)
        n = pread(journal->present.fd, octets, len, (off_t)place->at);
    pthread_mutex_unlock(&journal->lock);
    if (!present && (fd = open_file(journal, place->number, O_RDONLY)) < 0)
        return errno == ENOENT ? STORE_NONE : STORE_FAILED;
    if (!present) {
        n = pread(fd, octets, len, (off_t)place->at);
        close(fd);
    }
    return n == (ssize_t)len ? STORE_OK : STORE_FAILED;
}

/* -- on the disk ------------------------------------------------------------------------------- */

/* The descriptor of the present file that is this lane's alone. */
static int lane_file(struct journal *journal, unsigned lane)
{
    struct file *present = &journal->present;

    pthread_mutex_lock(&journal->lock);
    if (journal->lanes[lane].number != present->number) {
        close_fd(journal->lanes[lane].fd);
        journal->lanes[lane].fd = present->lanes[lane];
        journal->lanes[lane].number = present->number;
        present->lanes[lane] = -1;
    }
    pthread_mutex_unlock(&journal->lock);
    return journal->lanes[lane].fd;
}

/* The kernel forgets what it could not write: asking again proves nothing. True: not said yet. */
static bool set_broken(struct journal *journal)
{
    bool first;

    pthread_mutex_lock(&journal->lock);
    first = !journal->broken;
    journal->broken = true;
    pthread_mutex_unlock(&journal->lock);
    return first;
}

/* All that the present file stands on. Who comes after one that failed finds nothing left to do,
 * and hears of it all the same. `first`: to hear of it. */
static int sync_before(struct journal *journal, bool *first)
{
    GArray *ended;
    bool folder;
    int result;

    pthread_mutex_lock(&journal->before);
    result = journal->settings.before ? journal->settings.before(journal->settings.data) : 0;
    pthread_mutex_lock(&journal->lock);
    folder = journal->folder_behind;
    journal->folder_behind = false;
    ended = journal->ended;
    journal->ended = g_array_new(FALSE, FALSE, sizeof(int));
    pthread_mutex_unlock(&journal->lock);
    for (guint i = 0; i < ended->len; i++) {
        int fd = g_array_index(ended, int, i);

        if (fdatasync(fd) != 0)
            result = -1;
        close(fd);
    }
    g_array_free(ended, TRUE);
    if (folder && disk_sync_folder(journal->folder) != 0)
        result = -1;
    if (result != 0)
        *first = set_broken(journal);
    else if (journal_broken(journal))
        result = -1;
    pthread_mutex_unlock(&journal->before);
    return result;
}

static int on_sync(void *data, unsigned lane)
{
    struct journal *journal = data;
    int fd = lane_file(journal, lane), result;
    bool first = false;

    result = sync_before(journal, &first);
    if (result == 0 && (result = fdatasync(fd)) != 0)
        first = set_broken(journal);
    if (first)
        log_line(
            "op=journal result=disk-failed reason=\"%s\" advice=\"look at the disk, then start the "
            "gateway again\"",
            strerror(errno));
    return result;
}

enum store_result journal_settle(struct journal *journal, uint64_t seq)
{
    return group_settle(&journal->group, seq);
}

uint64_t journal_last(struct journal *journal)
{
    uint64_t seq;

    pthread_mutex_lock(&journal->lock);
    seq = journal->seq;
    pthread_mutex_unlock(&journal->lock);
    return seq;
}

bool journal_broken(struct journal *journal)
{
    bool broken;

    pthread_mutex_lock(&journal->lock);
    broken = journal->broken;
    pthread_mutex_unlock(&journal->lock);
    return broken;
}

/* -- what nobody waits for --------------------------------------------------------------------- */

/* One that the disk did not keep may have lost its beginning, and says so only once. */
static void discard(const struct journal *journal, struct file *made)
{
    char *path = journal_path(journal->folder, made->number);

    log_line("op=journal result=next-file-failed reason=\"%s\" advice=\"look at the disk\"",
             strerror(errno));
    unlink(path);
    g_free(path);
    close_file(made);
}

static void make_next(struct journal *journal, int64_t now)
{
    struct file made = no_file();
    uint64_t number;
    size_t size;

    pthread_mutex_lock(&journal->lock);
    number = journal->present.number + 1;
    size = next_size(journal, now);
    journal->making = journal->next.fd < 0 && journal->present.used > journal->present.size / 2;
    if (!journal->making) {
        pthread_mutex_unlock(&journal->lock);
        return;
    }
    pthread_mutex_unlock(&journal->lock);
    /* Where it fails it is tried again; who needs it before that says so. */
    if (make_file(journal, number, size, SIZE_LEAST, &made) == 0 &&
        (fdatasync(made.fd) != 0 || disk_sync_folder(journal->folder) != 0))
        discard(journal, &made);
    pthread_mutex_lock(&journal->lock);
    journal->next = made;
    journal->making = false;
    pthread_cond_broadcast(&journal->made);
    pthread_mutex_unlock(&journal->lock);
}

/* Nothing of it is to be found on the disk again. */
static void remove_file(const struct journal *journal, uint64_t number)
{
    char *path = journal_path(journal->folder, number);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0) {
        fill(fd, (size_t)st.st_size);
        fdatasync(fd);
    }
    close_fd(fd);
    unlink(path);
    g_free(path);
}

void journal_tend(struct journal *journal, uint64_t flushed, int64_t now)
{
    struct journal_past past;
    bool over;

    make_next(journal, now);
    do {
        pthread_mutex_lock(&journal->lock);
        /* Or a clock that was put back would keep them until it is where it was. */
        journal->present.begun = MIN(journal->present.begun, now);
        if (journal->present.begun && now - journal->present.begun > OLDEST_S)
            change_file(journal, JOURNAL_FRAME_LEN);
        over = journal->past->len > 0;
        if (over) {
            past = g_array_index(journal->past, struct journal_past, 0);
            past.time = MIN(past.time, now + STORE_AHEAD_S);
            g_array_index(journal->past, struct journal_past, 0).time = past.time;
            over = past.seq <= flushed + 1 && past.time + journal->settings.keep < now;
        }
        if (over)
            g_array_remove_index(journal->past, 0);
        pthread_mutex_unlock(&journal->lock);
        if (over)
            remove_file(journal, past.number);
    } while (over);
}

uint64_t journal_size(struct journal *journal)
{
    uint64_t size;

    pthread_mutex_lock(&journal->lock);
    size = journal->present.size + (journal->next.fd >= 0 ? journal->next.size : 0);
    for (guint i = 0; i < journal->past->len; i++)
        size += g_array_index(journal->past, struct journal_past, i).size;
    pthread_mutex_unlock(&journal->lock);
    return size;
}

/* -- opening ----------------------------------------------------------------------------------- */

static enum store_result say(char *error, const char *folder, int code)
{
    snprintf(error, STORE_ERROR_MAX, "%s: %s", folder, strerror(code));
    return result_of(code);
}

/* Files that have nothing to keep, the last one first: what is left is as if it had ended there. */
static void remove_empty(const struct journal *journal, const struct journal_ends *ends)
{
    for (uint64_t number = ends->behind; ends->empty && number >= ends->empty; number--)
        remove_file(journal, number);
}

/* What a process wrote and was killed before it waited for the disk: as it was read, it counts as
 * kept from now on. */
static int sync_past(const struct journal *journal, const struct journal_ends *ends)
{
    if (ends->settled)
        return 0;
    for (guint i = 0; i < journal->past->len; i++) {
        uint64_t number = g_array_index(journal->past, struct journal_past, i).number;
        int fd = open_file(journal, number, O_RDWR), result = fd >= 0 ? fdatasync(fd) : -1;

        close_fd(fd);
        if (result != 0)
            return -1;
    }
    return disk_sync_folder(journal->folder);
}

/* The last file ends where its last whole frame does. */
static enum store_result cut_tail(struct journal *journal, const struct journal_ends *ends)
{
    struct file last = {.number = ends->number, .used = ends->used, .size = ends->size};
    struct journal_frame end = {.seq = ends->seq + 1,
                                .durable = ends->seq,
                                .time = (int64_t)time(NULL),
                                .kind = JOURNAL_END,
                                .data = (const uint8_t *)""};
    enum store_result result = STORE_OK;

    if (!ends->open)
        return STORE_OK;
    if (ends->garbage)
        log_line("op=journal result=tail-cut file=%016llx at=%zu: was not written to its end",
                 (unsigned long long)ends->number, ends->used);
    last.fd = open_file(journal, last.number, O_RDWR);
    if (last.fd < 0 || write_frame(journal, &last, &end, NULL) != 0)
        result = result_of(errno);
    if (last.fd >= 0) /* before anything that is new */
        g_array_append_val(journal->ended, last.fd);
    journal->seq = end.seq;
    return result;
}

static void free_journal(struct journal *journal)
{
    for (unsigned i = 0; i < LANES; i++)
        close_fd(journal->lanes[i].fd);
    close_file(&journal->present);
    close_file(&journal->next);
    for (guint i = 0; i < journal->ended->len; i++)
        close(g_array_index(journal->ended, int, i));
    g_array_free(journal->ended, TRUE);
    g_array_free(journal->past, TRUE);
    g_byte_array_free(journal->whole, TRUE);
    g_free(journal->folder);
    group_clear(&journal->group);
    pthread_cond_destroy(&journal->made);
    pthread_mutex_destroy(&journal->before);
    pthread_mutex_destroy(&journal->lock);
    g_free(journal);
}

static struct journal *new_journal(const struct journal_settings *settings)
{
    struct journal *journal = g_new0(struct journal, 1);

    journal->settings = *settings;
    journal->folder = g_strdup(settings->folder);
    journal->settings.folder = journal->folder;
    journal->present = journal->next = no_file();
    for (unsigned i = 0; i < LANES; i++)
        journal->lanes[i].fd = -1;
    journal->past = g_array_new(FALSE, FALSE, sizeof(struct journal_past));
    journal->ended = g_array_new(FALSE, FALSE, sizeof(int));
    journal->whole = g_byte_array_new();
    pthread_mutex_init(&journal->lock, NULL);
    pthread_mutex_init(&journal->before, NULL);
    pthread_cond_init(&journal->made, NULL);
    group_init(&journal->group, LANES, on_sync, journal);
    return journal;
}

enum store_result journal_open(const struct journal_settings *settings, journal_cb cb, void *data,
                               struct journal **result, char *error)
{
    struct journal *journal = new_journal(settings);
    struct journal_ends ends = {.past = journal->past};
    enum store_result outcome;

    *result = NULL;
    if (mkdir(journal->folder, 0700) != 0 && errno != EEXIST)
        outcome = say(error, journal->folder, errno);
    else
        outcome = journal_scan(journal->folder, settings->name, cb, data, &ends, error);
    if (outcome == STORE_OK) {
        journal->seq = ends.seq;
        remove_empty(journal, &ends);
        outcome = sync_past(journal, &ends) == 0 ? cut_tail(journal, &ends) : result_of(errno);
        if (outcome == STORE_OK &&
            make_file(journal, ends.number + 1, SIZE_FIRST, SIZE_LEAST, &journal->present) != 0)
            outcome = result_of(errno);
        if (outcome != STORE_OK)
            say(error, journal->folder, errno);
    }
    if (outcome != STORE_OK) {
        free_journal(journal);
        return outcome;
    }
    if (journal->seq < settings->above)
        journal->seq = settings->above;
    journal->folder_behind = true;
    group_wrote(&journal->group, journal->seq);
    *result = journal;
    return STORE_OK;
}

/* All is on the disk: the next process need not ask. */
static void say_end(struct journal *journal)
{
    struct journal_frame end;

    pthread_mutex_lock(&journal->lock);
    end = frame_of(journal, JOURNAL_END, "", 0);
    if (!journal->broken && journal->present.begun)
        write_frame(journal, &journal->present, &end, NULL);
    pthread_mutex_unlock(&journal->lock);
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    if (journal_settle(journal, 0) == STORE_OK)
        say_end(journal);
    free_journal(journal);
}
