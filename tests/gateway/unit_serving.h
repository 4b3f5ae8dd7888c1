/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A database with one subscriber, a gateway that serves it, and commands beside that. */
#ifndef SIMAUTH_TEST_UNIT_SERVING_H
#define SIMAUTH_TEST_UNIT_SERVING_H

#include "unit.h"

#include "store/sqlite_sql.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

struct unit_serving {
    struct unit_store base; /* .ops, .store: of the gateway */
    const struct store_ops *command;
    int64_t subscriber;
    int64_t now;
};

static void open_gateway(struct unit_serving *unit)
{
    char error[STORE_ERROR_MAX] = "";

    if (unit->base.ops->open(unit->base.path, false, &unit->base.seal, &unit->base.store, error) !=
        STORE_OK)
        fail_msg("%s", error);
}

static inline struct store *open_command(struct unit_serving *unit)
{
    char error[STORE_ERROR_MAX] = "";
    struct store *store;

    if (unit->command->open(unit->base.path, false, &unit->base.seal, &store, error) != STORE_OK)
        fail_msg("%s", error);
    return store;
}

static int setup(void **state)
{
    struct unit_serving *unit = calloc(1, sizeof *unit);
    struct store_subscriber s = {.imsi = "001011", .impi = "i", .nai = "s@operator-a.test"};
    char error[STORE_ERROR_MAX] = "";

    assert_non_null(unit);
    strcpy(unit->base.folder, "/tmp/simauth-serve-XXXXXX");
    assert_non_null(mkdtemp(unit->base.folder));
    snprintf(unit->base.path, sizeof unit->base.path, "%s/db", unit->base.folder);
    memset(unit->base.seal.key, 7, sizeof unit->base.seal.key);
    unit->command = store_find("sqlite");
    unit->base.ops = unit->command->serving;
    unit->now = (int64_t)time(NULL);
    if (unit->command->open(unit->base.path, true, &unit->base.seal, &unit->base.store, error) !=
        STORE_OK)
        fail_msg("%s", error);
    assert_int_equal(unit->command->begin(unit->base.store, STORE_WRITE), STORE_OK);
    assert_int_equal(unit->command->subscriber_add(unit->base.store, &s), STORE_OK);
    assert_int_equal(unit->command->commit(unit->base.store), STORE_OK);
    unit->command->close(unit->base.store);
    unit->subscriber = s.id;
    open_gateway(unit);
    *state = unit;
    return 0;
}

static int teardown(void **state)
{
    struct unit_serving *unit = *state;
    char text[64];

    unit->base.ops->close(unit->base.store);
    seal_wipe(&unit->base.seal);
    snprintf(text, sizeof text, "rm -r %s", unit->base.folder);
    assert_int_equal(system(text), 0);
    free(unit);
    return 0;
}

static inline void begin(struct unit_serving *unit, enum store_kind kind)
{
    assert_int_equal(unit->base.ops->begin(unit->base.store, kind), STORE_OK);
}

static inline void commit(struct unit_serving *unit)
{
    assert_int_equal(unit->base.ops->commit(unit->base.store), STORE_OK);
}

/* In a process that is killed while it has the store open. */
static inline void in_killed(struct unit_serving *unit, void (*what)(struct unit_serving *unit))
{
    int status;
    pid_t child;

    unit->base.ops->close(unit->base.store);
    child = fork();
    if (child == 0) {
        open_gateway(unit);
        what(unit);
        _exit(7);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

#endif
