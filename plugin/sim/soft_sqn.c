/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sequence numbers that this SIM has taken, kept so that no challenge is ever taken twice. */
#include "soft.h"

#include <errno.h>
#include <fcntl.h>
#include <simauth/vector.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 4096

static size_t highest_index(const struct soft_window *window)
{
    size_t best = 0;

    for (size_t i = 1; i < SOFT_IND_COUNT; i++)
        if (window->seq[i] > window->seq[best])
            best = i;
    return best;
}

bool soft_window_fresh(const struct soft_window *window, uint64_t sqn)
{
    uint64_t seq = sqn >> SOFT_IND_BITS;
    uint64_t highest = window->seq[highest_index(window)];

    if (seq > highest && seq - highest > SOFT_SEQ_DELTA)
        return false;
    return seq > window->seq[sqn & (SOFT_IND_COUNT - 1)];
}

void soft_window_take(struct soft_window *window, uint64_t sqn)
{
    window->seq[sqn & (SOFT_IND_COUNT - 1)] = sqn >> SOFT_IND_BITS;
}

uint64_t soft_window_highest(const struct soft_window *window)
{
    size_t best = highest_index(window);

    return window->seq[best] << SOFT_IND_BITS | best;
}

/* -- the file -----------------------------------------------------------------------------------
 */

static bool parse(struct soft_window *window, const char *text, size_t len)
{
    static const char *const names[] = {"seq", NULL};
    json_t *object = simauth_json_load(text, len);
    const json_t *list = json_object_get(object, "seq");
    bool good = simauth_json_only(object, names) && json_array_size(list) == SOFT_IND_COUNT;

    for (size_t i = 0; good && i < SOFT_IND_COUNT; i++) {
        const json_t *seq = json_array_get(list, i);

        good = json_is_integer(seq) && json_integer_value(seq) >= 0 &&
               (uint64_t)json_integer_value(seq) <= SOFT_SEQ_MAX;
        window->seq[i] = good ? (uint64_t)json_integer_value(seq) : 0;
    }
    json_decref(object);
    return good;
}

bool soft_window_load(struct soft_window *window, const char *path,
                      enum simauth_card_status *status, char *error)
{
    char text[FILE_MAX];
    ssize_t len;
    int fd = soft_open_private(path, "file of sequence numbers", status, error);

    memset(window, 0, sizeof *window);
    if (fd < 0)
        return *status == SIMAUTH_CARD_ABSENT;
    do
        len = read(fd, text, sizeof text);
    while (len < 0 && errno == EINTR);
    close(fd);
    if (len >= 0 && len < FILE_MAX && parse(window, text, (size_t)len))
        return true;
    *status = SIMAUTH_CARD_FAILED;
    snprintf(error, SIM_ERROR_MAX,
             "The sequence numbers beside the soft SIM (%s) are damaged: restore that file, or ask "
             "your operator for a new soft SIM.",
             strrchr(path, '/') + 1);
    return false;
}

static size_t format(const struct soft_window *window, char text[static FILE_MAX])
{
    size_t len = (size_t)snprintf(text, FILE_MAX, "{\"seq\":[");

    for (size_t i = 0; i < SOFT_IND_COUNT; i++)
        len += (size_t)snprintf(text + len, FILE_MAX - len, "%s%llu", i ? "," : "",
                                (unsigned long long)window->seq[i]);
    return len + (size_t)snprintf(text + len, FILE_MAX - len, "]}\n");
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, text, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        text += put;
        len -= (size_t)put;
    }
    return true;
}

static bool write_new(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write_all(fd, text, len) && fsync(fd) == 0;

    if (fd >= 0 && close(fd) != 0)
        good = false;
    return good;
}

/* The rename itself is safe only when the folder is on the disk. */
static bool sync_folder(char *path)
{
    char *slash = strrchr(path, '/');
    int fd;
    bool good;

    slash[slash == path ? 1 : 0] = '\0';
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

bool soft_window_store(const struct soft_window *window, const char *path)
{
    char text[FILE_MAX], *new_path = NULL;
    size_t len = format(window, text);
    bool good = false;

    if (asprintf(&new_path, "%s.new", path) < 0)
        return false;
    unlink(new_path); /* left by a program that was killed; we hold the lock */
    if (write_new(new_path, text, len) && rename(new_path, path) == 0)
        good = sync_folder(new_path);
    else
        unlink(new_path);
    free(new_path);
    return good;
}
