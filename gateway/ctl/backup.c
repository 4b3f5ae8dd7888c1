/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies of the database, and putting one back without giving a sequence number twice. */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SEQ values, of 2^43: more than a SIM uses between a backup and its return, and less than the
 * step of 2^28 that a USIM may refuse (TS 33.102 annex C.2.1). */
#define JUMP (1 << 20)
#define JUMP_MAX ((1 << 28) - 1)

static int backup(struct ctl *ctl)
{
    struct gateway *gateway = &ctl->gateway;
    const char *path = ctl->words[0];
    int fd;

    if (!gateway->ops->backup)
        return ctl_fail("PostgreSQL has its own: pg_dump --format=custom --file=FILE DATABASE");
    if (access(path, F_OK) == 0)
        return ctl_fail("%s is there already: nothing was changed", path);
    if (ctl_store(gateway->ops->backup(gateway->store, path), path) != 0)
        return 1;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0 || close(fd) != 0)
        return ctl_fail("%s: %s", path, strerror(errno));
    if (ctl_keep_name(path) != 0)
        return 1;
    printf("Made %s. It is worth nothing without the sealing key: keep that apart from it.\n",
           path);
    return 0;
}

static enum store_result jump(struct ctl *ctl, void *data)
{
    int steps = *(const int *)data;

    return ctl->gateway.ops->restored(ctl->gateway.store,
                                      (uint64_t)steps << ctl->gateway.auc.ind.bits);
}

static int restored(struct ctl *ctl)
{
    int steps;

    if (ctl_number(ctl, "jump", JUMP, 1, JUMP_MAX, &steps) != 0 ||
        ctl_change(ctl, jump, &steps, "restored") != 0)
        return 1;
    printf("Every SIM's sequence number was moved on by %d steps; sessions, challenges and vectors "
           "of before are gone: phones bootstrap again by themselves.\n",
           steps);
    return 0;
}

static bool copy(int from, int to)
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
    bool good = to >= 0 && copy(from, to);
    int why = errno;

    if (from >= 0)
        close(from);
    if (to >= 0 && close(to) != 0)
        good = false;
    if (!good && to >= 0)
        unlink(database);
    return good ? 0 : ctl_fail("%s: %s", to < 0 && from >= 0 ? database : path, strerror(why));
}

/* SQLite would take an old log for that of the copy, and write its pages into it. */
static const char *what_is_there(const char *database, char *path, size_t size)
{
    static const char *const ends[] = {"", "-wal", "-journal"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, size, "%s%s", database, ends[i]);
        if (access(path, F_OK) == 0)
            return path;
    }
    return NULL;
}

/* The database must not be there: nobody overwrites a living one by a slip, or under a gateway. */
static int restore(struct ctl *ctl)
{
    char error[CONFIG_ERROR_MAX];
    char path[PATH_MAX];
    struct config *config = config_load(ctl->program_config, error);
    int result = 1;

    if (!config)
        return ctl_fail("%s", error);
    if (config->store->shared)
        ctl_fail("PostgreSQL has its own: pg_restore, then \"simauth-gatewayctl restored\" before "
                 "a gateway starts");
    else if (what_is_there(config->database, path, sizeof path))
        ctl_fail("%s is there: stop the gateway and move it away (the database with -wal and -shm) "
                 "first",
                 path);
    else if (put_back(ctl->words[0], config->database) == 0) {
        if (gateway_open(&ctl->gateway, config, GATEWAY_LOOK, error) == 0) {
            result = restored(ctl) == 0 ? ctl_keep_name(config->database) : 1;
            gateway_close(&ctl->gateway);
        } else {
            ctl_fail("%s", error);
        }
        if (result != 0)
            unlink(config->database); /* whose numbers were not moved on must not be served */
    }
    config_free(config);
    return result;
}

const struct ctl_command ctl_backup_commands[] = {
    {"backup", "", "FILE", "", "write a copy of the database, also while the gateway runs", 1,
     false, backup},
    {"restore", "", "FILE",
     " jump= ", "put a copy back in the place of no database, and move every SQN on [--jump STEPS]",
     1, true, restore},
    {"restored", "", "",
     " jump= ", "after pg_restore, before a gateway starts: move every SQN on [--jump STEPS]", 0,
     false, restored},
    {0}};
