/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies of the database, and putting one back without giving a sequence number twice. */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SEQ values, of 2^43: more than a SIM uses between a backup and its return, and less than the
 * step of 2^28 that a USIM may refuse (TS 33.102 annex C.2.1). */
#define JUMP (1 << 20)
#define JUMP_MAX ((1 << 28) - 1)

/* What is not whole has another name than what is. */
static char *part_of(const char *path)
{
    return g_strdup_printf("%s.part", path);
}

/* Nothing is overwritten that came meanwhile, where the file system can do that. */
static int rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if ((errno != EINVAL && errno != ENOSYS) || access(to, F_OK) == 0)
        return -1;
    return rename(from, to);
}

/* `part` is on the disk, and then `path`. */
static int keep_part(const char *part, const char *path)
{
    int fd = open(part, O_RDONLY | O_CLOEXEC), result = -1;

    if (fd >= 0 && fsync(fd) == 0)
        result = rename_new(part, path);
    if (result != 0)
        ctl_fail("%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return result == 0 ? ctl_keep_name(path) : 1;
}

static int write_copy(struct ctl *ctl, const char *part, const char *path)
{
    if (unlink(part) != 0 && errno != ENOENT) /* of one that was killed */
        return ctl_fail("%s: %s", part, strerror(errno));
    return ctl_store(ctl->gateway.ops->backup(ctl->gateway.store, part), path) == 0
               ? keep_part(part, path)
               : 1;
}

static int backup(struct ctl *ctl)
{
    const char *path = ctl->words[0];
    char *part;
    int result;

    if (!ctl->gateway.ops->backup)
        return ctl_fail("PostgreSQL has its own: pg_dump --format=custom --file=FILE DATABASE");
    if (access(path, F_OK) == 0)
        return ctl_fail("%s is there already: nothing was changed", path);
    part = part_of(path);
    result = write_copy(ctl, part, path);
    if (result != 0)
        unlink(part);
    else
        printf("Made %s. It is worth nothing without the sealing key: keep that apart from it.\n",
               path);
    g_free(part);
    return result;
}

/* -- what a copy does not know ----------------------------------------------------------------- */

static int keep_last(const struct store_event *event, void *data)
{
    *(struct store_event *)data = *event;
    return 0;
}

static enum store_result find_last(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->event_list(ctl->gateway.store, "", "", keep_last, data);
}

/* `last` is what the copy knows last; id 0: nothing. */
static void say_what_is_lost(const struct store_event *last)
{
    char when[24];

    ctl_time_text(last->time, when);
    if (last->id)
        printf("The last change of a SIM or an address that this copy has is of %s UTC.\n", when);
    else
        puts("This copy has no change of a SIM or an address.");
    puts("Whatever was changed after the copy was made holds no longer; do it again before you "
         "start a\ngateway: SIMs that were revoked, changed or activated, subscribers that were "
         "added, removed or\nerased, passwords, addresses that were given, moved or taken away, "
         "agreements that were entered,\nchanged or suspended, certificates that were revoked, "
         "prices. Software SIMs that were activated\nsince have other keys than it: offer them "
         "anew.");
}

static const struct ctl_column lost_columns[] = {
    {"Time (UTC)", "time", 16, CTL_TIME}, {"What", "what", 13, CTL_TEXT},
    {"Who", "who", 10, CTL_TEXT},         {"NAI", "nai", 22, CTL_TEXT},
    {"Address", "aor", 0, CTL_TEXT},      {0}};

struct lost {
    const struct ctl *ctl;
    int64_t after; /* the number of the last that the copy has */
};

static int print_lost(const struct store_event *e, void *data)
{
    const struct lost *lost = data;

    if (e->id > lost->after)
        ctl_row(lost->ctl, lost_columns, e->time, e->what, e->who, e->nai, e->aor);
    return 0;
}

static enum store_result list_lost(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->event_list(ctl->gateway.store, "", "", print_lost, data);
}

/* The gateway's configuration with another database. */
static int open_at(struct ctl *ctl, struct config *config, const char *path, char *error)
{
    g_free(config->database);
    config->database = g_strdup(path);
    return gateway_open(&ctl->gateway, config, GATEWAY_LOOK, error);
}

/* -- putting one back -------------------------------------------------------------------------- */

static enum store_result jump(struct ctl *ctl, void *data)
{
    int steps = *(const int *)data;

    return ctl->gateway.ops->restored(ctl->gateway.store,
                                      (uint64_t)steps << ctl->gateway.auc.ind.bits);
}

static int move_on(struct ctl *ctl, struct store_event *last)
{
    int steps;

    if (ctl_number(ctl, "jump", JUMP, 1, JUMP_MAX, &steps) != 0 ||
        ctl_look(ctl, find_last, last, "history") != 0 ||
        ctl_change(ctl, jump, &steps, "restored") != 0)
        return 1;
    printf("Every SIM's sequence number was moved on by %d steps; sessions, challenges and vectors "
           "of before are gone: phones bootstrap again by themselves.\n",
           steps);
    return 0;
}

static int restored(struct ctl *ctl)
{
    struct store_event last = {0};

    if (move_on(ctl, &last) != 0)
        return 1;
    say_what_is_lost(&last);
    return 0;
}

static bool copy_octets(int from, int to)
{
    char octets[65536];
    ssize_t n;

    while ((n = read(from, octets, sizeof octets)) > 0)
        for (ssize_t done = 0, wrote; done < n; done += wrote)
            if ((wrote = write(to, octets + done, (size_t)(n - done))) <= 0)
                return false;
    return n == 0 && fsync(to) == 0;
}

static int put_back(const char *path, const char *database)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = from < 0 ? -1 : open(database, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = to >= 0 && copy_octets(from, to);
    int why = errno;

    if (from >= 0)
        close(from);
    if (to >= 0 && close(to) != 0)
        good = false;
    if (!good && to >= 0)
        unlink(database);
    return good ? 0 : ctl_fail("%s: %s", to < 0 && from >= 0 ? database : path, strerror(why));
}

/* SQLite's files of a database, as names end. */
static const char *const ends[] = {"", "-wal", "-shm"};

static void remove_copy(const char *copy)
{
    char path[PATH_MAX];

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (snprintf(path, sizeof path, "%s%s", copy, ends[i]) < (int)sizeof path)
            unlink(path);
}

/* With what stands in its log. */
static int copy_old(const char *old, const char *copy)
{
    char *log = g_strconcat(old, "-wal", NULL), *log_copy = g_strconcat(copy, "-wal", NULL);
    int result = put_back(old, copy);

    if (result == 0 && access(log, F_OK) == 0)
        result = put_back(log, log_copy);
    g_free(log_copy);
    g_free(log);
    return result;
}

/* What the database before knows more, where somebody still has it: told of a copy, for a look with
 * a newer program would change it. */
static void list_what_is_lost(struct ctl *ctl, struct config *config,
                              const struct store_event *last)
{
    const char *old = ctl_option(ctl, "old");
    struct lost lost = {ctl, last->id};
    char error[CONFIG_ERROR_MAX] = "see above";
    char *copy;

    if (!old)
        return;
    copy = g_strconcat(config->database, ".old.part", NULL);
    remove_copy(copy);
    if (copy_old(old, copy) != 0 || open_at(ctl, config, copy, error) != 0) {
        ctl_fail("--old: what it has more cannot be told: %s", error);
    } else {
        printf("\nOf SIMs and addresses %s has more:\n", old);
        ctl_heading(ctl, lost_columns);
        ctl_look(ctl, list_lost, &lost, old);
        gateway_close(&ctl->gateway);
    }
    remove_copy(copy);
    g_free(copy);
}

/* SQLite would take an old log for that of the copy, and write its pages into it. */
static const char *what_is_there(const char *database, char *path, size_t size)
{
    static const char *const all[] = {"", "-wal", "-journal"};

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        snprintf(path, size, "%s%s", database, all[i]);
        if (access(path, F_OK) == 0)
            return path;
    }
    return NULL;
}

/* Its numbers are moved on before it has the name under which a gateway would serve it. */
static int put_in_place(struct ctl *ctl, struct config *config, const char *part,
                        const char *database)
{
    struct store_event last = {0};
    char error[CONFIG_ERROR_MAX], *log;
    int result;

    if (open_at(ctl, config, part, error) != 0)
        return ctl_fail("%s", error);
    result = move_on(ctl, &last);
    gateway_close(&ctl->gateway);
    log = g_strconcat(part, "-wal", NULL);
    if (result == 0 && access(log, F_OK) == 0)
        result = ctl_fail("%s was not brought over: is the disk full?", log);
    g_free(log);
    if (result != 0 || keep_part(part, database) != 0)
        return 1;
    /* What the journal beside it still has comes in. */
    if (open_at(ctl, config, database, error) != 0) {
        unlink(database);
        return ctl_fail("%s", error);
    }
    gateway_close(&ctl->gateway);
    say_what_is_lost(&last);
    list_what_is_lost(ctl, config, &last);
    return 0;
}

static int restore_to(struct ctl *ctl, struct config *config, const char *database)
{
    char *part = part_of(database), path[PATH_MAX];
    int result = 1;

    if (what_is_there(part, path, sizeof path))
        ctl_fail("%s is there, of a restore that was broken off: remove it first", path);
    else if (put_back(ctl->words[0], part) == 0) {
        result = put_in_place(ctl, config, part, database);
        while (result != 0 && what_is_there(part, path, sizeof path) && unlink(path) == 0)
            continue;
        if (result != 0 && snprintf(path, sizeof path, "%s-shm", part) < (int)sizeof path)
            unlink(path);
    }
    g_free(part);
    return result;
}

/* The database must not be there: nobody overwrites a living one by a slip, or under a gateway. */
static int restore(struct ctl *ctl)
{
    char error[CONFIG_ERROR_MAX], path[PATH_MAX];
    struct config *config = config_load(ctl->program_config, error);
    char *database = config ? g_strdup(config->database) : NULL;
    int result = 1;

    if (!config)
        return ctl_fail("%s", error);
    if (config->store->shared)
        ctl_fail("PostgreSQL has its own: pg_restore, then \"simauth-gatewayctl restored\" before "
                 "a gateway starts");
    else if (what_is_there(database, path, sizeof path))
        ctl_fail("%s is there: stop the gateway and move it away (the database with -wal and -shm) "
                 "first",
                 path);
    else if (ctl_check_user(config) == 0)
        result = restore_to(ctl, config, database);
    g_free(database);
    config_free(config);
    return result;
}

const struct ctl_command ctl_backup_commands[] = {
    {"backup", "", "FILE", "", "write a copy of the database, also while the gateway runs", 1,
     false, backup},
    {"restore", "", "FILE [--old DATABASE] [--jump STEPS]", " old= jump= ",
     "put a copy back in the place of no database, and move every SQN on; --old: say what\n"
     "      the database that was there has more",
     1, true, restore},
    {"restored", "", "",
     " jump= ", "after pg_restore, before a gateway starts: move every SQN on [--jump STEPS]", 0,
     false, restored},
    {0}};
