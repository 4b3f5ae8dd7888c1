/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "journal_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "%016llx"
#define NAME_LEN 16
#define FILE_MOST ((off_t)256 << 20)
/* What to do about a journal that is not as it was written. */
#define MOVE_AWAY                                                                                  \
    "move the folder away and run \"simauth-gatewayctl restored\" before the gateway starts: "     \
    "what "                                                                                        \
    "it answered in its last seconds may have no record"

char *journal_path(const char *folder, uint64_t number)
{
    return g_strdup_printf("%s/" NAME, folder, (unsigned long long)number);
}

struct scan {
    const char *folder;
    const uint8_t *name;
    journal_cb cb;
    void *data;
    struct journal_ends *ends;
    char *error;
    bool stop;
};
struct octets {
    uint8_t *data;
    size_t len;
};

static enum store_result say(struct scan *scan, enum store_result result, uint64_t number,
                             const char *what)
{
    snprintf(scan->error, STORE_ERROR_MAX, "%s/" NAME ": %s", scan->folder,
             (unsigned long long)number, what);
    return result;
}

/* -- one file ---------------------------------------------------------------------------------- */

static enum store_result load(struct scan *scan, uint64_t number, struct octets *file)
{
    char *path = journal_path(scan->folder, number);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum store_result result = STORE_OK;
    struct stat st;

    g_free(path);
    if (fd < 0 || fstat(fd, &st) != 0) {
        result = say(scan, STORE_READONLY, number, strerror(errno));
    } else if (st.st_mode & 077) {
        result = say(scan, STORE_READONLY, number,
                     "others may read it: chmod 600 it, and 700 its folder");
    } else if (st.st_size > FILE_MOST || !(file->data = malloc((size_t)st.st_size + 1))) {
        result = say(scan, STORE_FAILED, number, "out of memory");
    } else {
        file->len = (size_t)st.st_size;
        for (size_t at = 0; at < file->len;) {
            ssize_t n = pread(fd, file->data + at, file->len - at, (off_t)at);

            if (n <= 0) {
                result = say(scan, STORE_FAILED, number, n ? strerror(errno) : "became shorter");
                break;
            }
            at += (size_t)n;
        }
    }
    if (fd >= 0)
        close(fd);
    return result;
}

static bool all_zeros(const struct octets *file, size_t from)
{
    for (size_t i = from; i < file->len; i++)
        if (file->data[i])
            return false;
    return true;
}

/* Whether a frame behind `from` says that the one that should be there was on the disk. */
static bool was_settled(const struct octets *file, size_t from, uint64_t number, uint64_t seq)
{
    struct journal_frame frame;

    for (size_t at = from + 8; at + JOURNAL_FRAME_LEN <= file->len; at += 8)
        if (journal_frame_read(file->data, file->len, at, number, &frame) && frame.seq > seq &&
            frame.durable >= seq)
            return true;
    return false;
}

static enum store_result check_header(struct scan *scan, uint64_t number, const struct octets *file)
{
    switch (journal_header_check(file->data, file->len, number, scan->name)) {
    case JOURNAL_GOOD:
        return STORE_OK;
    case JOURNAL_OTHER_FORMAT:
        return say(scan, STORE_DAMAGED, number,
                   "was made by another version of simauth-gateway: start that one once and end "
                   "it, or " MOVE_AWAY);
    default:
        return say(scan, STORE_DAMAGED, number,
                   "is no journal of this database: move the folder away");
    }
}

/* The frames of a file, to its end or to where it was cut. */
static enum store_result walk(struct scan *scan, uint64_t number, const struct octets *file)
{
    struct journal_ends *ends = scan->ends;
    struct journal_frame frame;
    size_t at = JOURNAL_HEADER_LEN;
    struct journal_past past = {.number = number, .size = file->len};
    bool end = false;

    /* Numbers may leap between two files, where a database had come further than its journal. */
    while (!end && journal_frame_read(file->data, file->len, at, number, &frame) &&
           (at == JOURNAL_HEADER_LEN ? frame.seq > ends->seq : frame.seq == ends->seq + 1)) {
        end = frame.kind == JOURNAL_END;
        ends->settled = end && frame.durable + 1 == frame.seq;
        ends->seq = frame.seq;
        past.time = frame.time;
        at += journal_frame_size(frame.len);
        if (!scan->stop && scan->cb(&frame, number, scan->data) != 0)
            scan->stop = true;
    }
    ends->number = number;
    ends->used = at;
    ends->size = file->len;
    ends->open = !end;
    ends->garbage = !end && !all_zeros(file, at);
    past.seq = ends->open ? ends->seq + 1 : ends->seq; /* the end that it gets */
    if (ends->past)
        g_array_append_val(ends->past, past);
    return ends->garbage && was_settled(file, at, number, ends->seq + 1)
               ? say(scan, STORE_DAMAGED, number, "is damaged: " MOVE_AWAY)
               : STORE_OK;
}

/* Made in advance, or just made. */
static bool is_empty(const struct octets *file)
{
    return file->len < JOURNAL_HEADER_LEN || all_zeros(file, JOURNAL_HEADER_LEN);
}

/* After a power cut: what was before it, or its own beginning, did not come to the disk, and of all
 * this nothing was promised. */
static bool is_loose(const struct scan *scan, uint64_t number, const struct octets *file)
{
    static const uint8_t zeros[JOURNAL_HEADER_LEN];
    const struct journal_ends *ends = scan->ends;

    return (ends->open || ends->empty || memcmp(file->data, zeros, sizeof zeros) == 0) &&
           !was_settled(file, JOURNAL_HEADER_LEN - 8, number, ends->seq + 1);
}

static enum store_result scan_file(struct scan *scan, uint64_t number)
{
    struct journal_ends *ends = scan->ends;
    struct octets file = {0};
    enum store_result result = load(scan, number, &file);

    if (result == STORE_OK && (is_empty(&file) || is_loose(scan, number, &file))) {
        ends->empty = ends->empty ? ends->empty : number;
        ends->behind = number;
    } else if (result == STORE_OK) {
        result = check_header(scan, number, &file);
        if (result == STORE_OK && ends->open)
            result = say(scan, STORE_DAMAGED, ends->number, "has no end: " MOVE_AWAY);
        else if (result == STORE_OK &&
                 (ends->empty || (ends->number && ends->number + 1 != number)))
            result = say(scan, STORE_DAMAGED, number - 1, "is missing: " MOVE_AWAY);
        if (result == STORE_OK)
            result = walk(scan, number, &file);
    }
    free(file.data);
    return result;
}

/* -- all of them ------------------------------------------------------------------------------- */

static int is_file(const struct dirent *entry)
{
    return strlen(entry->d_name) == NAME_LEN &&
           strspn(entry->d_name, "0123456789abcdef") == NAME_LEN;
}

enum store_result journal_scan(const char *folder, const uint8_t name[static JOURNAL_NAME_LEN],
                               journal_cb cb, void *data, struct journal_ends *ends, char *error)
{
    struct scan scan = {folder, name, cb, data, ends, error, false};
    enum store_result result = STORE_OK;
    struct dirent **list;
    int count = scandir(folder, &list, is_file, alphasort);

    if (count < 0 && errno == ENOENT)
        return STORE_OK;
    if (count < 0) {
        snprintf(error, STORE_ERROR_MAX, "%s: %s", folder, strerror(errno));
        return STORE_READONLY;
    }
    for (int i = 0; i < count; i++) {
        if (result == STORE_OK)
            result = scan_file(&scan, strtoull(list[i]->d_name, NULL, 16));
        free(list[i]);
    }
    free(list);
    return result;
}

enum store_result journal_read(const char *folder, const uint8_t name[static JOURNAL_NAME_LEN],
                               journal_cb cb, void *data, uint64_t *last, char *error)
{
    struct journal_ends ends = {0};
    enum store_result result = journal_scan(folder, name, cb, data, &ends, error);

    *last = ends.seq;
    return result;
}
