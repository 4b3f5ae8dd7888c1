/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sequence numbers that this SIM has taken, kept so that no challenge is ever taken twice. */
#include "soft.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <simauth/vector.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Three slots of one block each in a file that never grows.
 *
 * Two are on the disk before anything leaves that depends on them, written in turn, so that one is
 * whole whatever happens to the other. They promise: no SEQ above `reach` was ever taken. The third
 * says which were taken since, and is only written, not waited for: it outlives the program, not a
 * power cut. After that, which `boot` shows, everything up to `reach` counts as taken, and the
 * operator's gateway moves on by AUTS. So a challenge waits for the disk once in REACH_AHEAD.
 *
 * A slot: JSON text, a blank, SHA-256 of that text in hex, blanks, a line feed. */
#define SLOT_LEN 4096
#define SLOTS 2
#define SLOT_NOW SLOTS
#define FILE_LEN ((SLOTS + 1) * SLOT_LEN)
#define SUM_LEN (2 * SHA256_DIGEST_LENGTH)
#define REACH_AHEAD 64
#define BOOT_FILE "/proc/sys/kernel/random/boot_id"

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

/* -- one slot ---------------------------------------------------------------------------------- */

static void hash_of(const char *text, size_t len, char sum[static SUM_LEN + 1])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];

    SHA256((const uint8_t *)text, len, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(sum + 2 * i, 3, "%02x", digest[i]);
}

static bool read_members(struct soft_window *window, const json_t *object)
{
    static const char *const names[] = {"number", "boot", "reach", "seq", NULL};
    const json_t *number = json_object_get(object, "number");
    const json_t *reach = json_object_get(object, "reach");
    const json_t *list = json_object_get(object, "seq");
    const char *boot = json_string_value(json_object_get(object, "boot"));
    bool good = simauth_json_only(object, names) && json_is_integer(number) &&
                json_integer_value(number) > 0 && json_integer_value(number) < INT64_MAX &&
                json_is_integer(reach) && boot && strlen(boot) <= SOFT_BOOT_LEN &&
                json_integer_value(reach) >= 0 &&
                (uint64_t)json_integer_value(reach) <= SOFT_SEQ_MAX &&
                json_array_size(list) == SOFT_IND_COUNT;

    for (size_t i = 0; good && i < SOFT_IND_COUNT; i++) {
        const json_t *seq = json_array_get(list, i);

        good = json_is_integer(seq) && json_integer_value(seq) >= 0 &&
               (uint64_t)json_integer_value(seq) <= SOFT_SEQ_MAX;
        window->seq[i] = good ? (uint64_t)json_integer_value(seq) : 0;
    }
    window->number = good ? (uint64_t)json_integer_value(number) : 0;
    if (good) {
        window->reach = (uint64_t)json_integer_value(reach);
        strcpy(window->boot, boot);
    }
    return good;
}

static bool parse_slot(struct soft_window *window, const char slot[static SLOT_LEN])
{
    const char *end = memchr(slot, ' ', SLOT_LEN);
    char sum[SUM_LEN + 1];
    json_t *object;
    size_t len;
    bool good;

    if (!end || SLOT_LEN - (end - slot) < SUM_LEN + 2)
        return false;
    len = (size_t)(end - slot);
    hash_of(slot, len, sum);
    if (memcmp(sum, end + 1, SUM_LEN) != 0)
        return false;
    object = simauth_json_load(slot, len);
    good = read_members(window, object);
    json_decref(object);
    return good;
}

static void format_slot(const struct soft_window *window, char slot[static SLOT_LEN])
{
    size_t len = (size_t)snprintf(
        slot, SLOT_LEN, "{\"number\":%llu,\"boot\":\"%s\",\"reach\":%llu,\"seq\":[",
        (unsigned long long)window->number, window->boot, (unsigned long long)window->reach);

    for (size_t i = 0; i < SOFT_IND_COUNT; i++)
        len += (size_t)snprintf(slot + len, SLOT_LEN - len, "%s%llu", i ? "," : "",
                                (unsigned long long)window->seq[i]);
    len += (size_t)snprintf(slot + len, SLOT_LEN - len, "]}");
    hash_of(slot, len, slot + len + 1);
    slot[len] = ' ';
    memset(slot + len + 1 + SUM_LEN, ' ', SLOT_LEN - len - 1 - SUM_LEN);
    slot[SLOT_LEN - 1] = '\n';
}

/* -- the file ---------------------------------------------------------------------------------- */

/* "": this machine does not tell, and every challenge waits for the disk. */
static void this_boot(char boot[static SOFT_BOOT_LEN + 1])
{
    int fd = open(BOOT_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, boot, SOFT_BOOT_LEN) : -1;

    boot[len == SOFT_BOOT_LEN ? len : 0] = '\0';
    if (strspn(boot, "0123456789abcdef-") != SOFT_BOOT_LEN)
        boot[0] = '\0';
    if (fd >= 0)
        close(fd);
}

/* What was taken after a slot was written is not known: whatever could have been was. */
static void take_all(struct soft_window *window)
{
    if (window->reach <= window->seq[highest_index(window)])
        return;
    for (size_t i = 0; i < SOFT_IND_COUNT; i++)
        window->seq[i] = window->reach;
}

/* A slot that was torn by a power cut is not one: what it was to hold never left the SIM. */
static bool parse(struct soft_window *window, const char *text)
{
    struct soft_window slots[SLOTS] = {0}, now = {0};
    bool first = parse_slot(&slots[0], text), second = parse_slot(&slots[1], text + SLOT_LEN);
    char boot[SOFT_BOOT_LEN + 1];

    /* Each has its place: from a file that was put together in another way the next store could
     * not be read. */
    if ((!first && !second) || (first && slots[0].number % SLOTS != 0) ||
        (second && slots[1].number % SLOTS != 1))
        return false;
    *window = second && slots[1].number > slots[0].number ? slots[1] : slots[0];
    this_boot(boot);
    if (strcmp(window->boot, boot) != 0 || !parse_slot(&now, text + SLOT_NOW * SLOT_LEN))
        take_all(window);
    else if (now.number == window->number)
        *window = now;
    if (now.number != window->number)
        window->boot[0] = '\0'; /* its program ended before the disk was heard: wait for it again */
    return true;
}

bool soft_window_load(struct soft_window *window, const char *path,
                      enum simauth_card_status *status, char *error)
{
    char text[FILE_LEN + 1];
    ssize_t len;
    int fd = soft_open_private(path, "file of sequence numbers", status, error);

    memset(window, 0, sizeof *window);
    if (fd < 0)
        return *status == SIMAUTH_CARD_ABSENT;
    do
        len = read(fd, text, sizeof text);
    while (len < 0 && errno == EINTR);
    close(fd);
    if (len == FILE_LEN && parse(window, text))
        return true;
    *status = SIMAUTH_CARD_FAILED;
    snprintf(error, SIM_ERROR_MAX,
             "The sequence numbers beside the soft SIM (%s) are damaged: restore that file, or ask "
             "your operator for a new soft SIM.",
             strrchr(path, '/') + 1);
    return false;
}

static bool write_at(int fd, const char *text, size_t len, off_t at)
{
    while (len > 0) {
        ssize_t put = pwrite(fd, text, len, at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        text += put;
        len -= (size_t)put;
        at += put;
    }
    return true;
}

static bool write_new(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write_at(fd, text, len, 0) && fsync(fd) == 0;

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

/* The first time: whole or not there. All slots are written, so that the file has its blocks. */
static bool create(const char *path, const char slot[static SLOT_LEN])
{
    char text[FILE_LEN], *new_path = NULL;
    bool good = false;

    if (asprintf(&new_path, "%s.new", path) < 0)
        return false;
    memset(text, ' ', SLOT_LEN);
    text[SLOT_LEN - 1] = '\n';
    memcpy(text + SLOT_LEN, slot, SLOT_LEN);
    memcpy(text + (size_t)SLOT_NOW * SLOT_LEN, text, SLOT_LEN);
    unlink(new_path); /* left by a program that was killed; we hold the lock */
    if (write_new(new_path, text, sizeof text) && rename(new_path, path) == 0)
        good = sync_folder(new_path);
    else
        unlink(new_path);
    free(new_path);
    return good;
}

/* What a program that was killed left behind reaches the disk first: else the slot that is
 * overwritten could be the only one there. */
static bool write_lasting(int fd, const char *path, const char slot[static SLOT_LEN], off_t at)
{
    char *copy = strdup(path);
    bool good = copy && fdatasync(fd) == 0 && write_at(fd, slot, SLOT_LEN, at) &&
                fdatasync(fd) == 0 && sync_folder(copy);

    free(copy);
    return good;
}

static bool overwrite(const char *path, const struct soft_window *window, bool lasting)
{
    off_t at = (off_t)(window->number % SLOTS) * SLOT_LEN;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    char slot[SLOT_LEN];
    bool good;

    format_slot(window, slot);
    good = fd >= 0 && (!lasting || write_lasting(fd, path, slot, at)) &&
           write_at(fd, slot, sizeof slot, (off_t)SLOT_NOW * SLOT_LEN);
    if (fd >= 0)
        close(fd);
    return good;
}

bool soft_window_store(struct soft_window *window, const char *path)
{
    uint64_t highest = window->seq[highest_index(window)];
    char boot[SOFT_BOOT_LEN + 1], slot[SLOT_LEN];

    this_boot(boot);
    if (window->number > 0 && boot[0] && strcmp(window->boot, boot) == 0 &&
        highest <= window->reach)
        return overwrite(path, window, false);
    window->number++;
    strcpy(window->boot, boot);
    window->reach =
        boot[0] && highest + REACH_AHEAD <= SOFT_SEQ_MAX ? highest + REACH_AHEAD : highest;
    if (window->number > 1)
        return overwrite(path, window, true);
    format_slot(window, slot);
    return create(path, slot) && overwrite(path, window, false);
}
