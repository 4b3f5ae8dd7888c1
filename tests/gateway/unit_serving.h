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

/* -- questions --------------------------------------------------------------------------------- */

static inline struct store_vector make_vector(const struct unit_serving *unit, uint8_t first)
{
    struct store_vector v = unit_vector(unit->subscriber, first, unit->now);

    v.sim_age = 5;
    memset(v.autn, first ^ 0xff, sizeof v.autn);
    return v;
}

static inline struct store_record make_record(const struct unit_serving *unit)
{
    return (struct store_record){.time = unit->now,
                                 .side = "given",
                                 .partner = "p",
                                 .nai_a = "a@operator-a.test",
                                 .nai_b = "b@operator-b.test",
                                 .method = "aka"};
}

static inline struct store_answer make_answer(const struct unit_serving *unit, uint8_t first)
{
    static char body[] = "{\"first\":1}";
    struct store_answer answer = {.who = "p:A", .body = body, .made = unit->now};

    memset(answer.key, first, sizeof answer.key);
    memset(answer.hash, first, sizeof answer.hash);
    return answer;
}

/* What one question writes; the number of its record. */
static inline int64_t one_question(struct unit_serving *unit, uint8_t first, uint64_t sqn)
{
    const struct store_ops *ops = unit->base.ops;
    struct store *store = unit->base.store;
    struct store_answer answer = make_answer(unit, first);
    struct store_vector v = make_vector(unit, first);
    struct store_record record = make_record(unit);

    assert_int_equal(ops->sqn_set(store, unit->subscriber, sqn), STORE_OK);
    assert_int_equal(ops->record_add(store, &record), STORE_OK);
    v.record = record.id;
    assert_int_equal(ops->vector_add(store, &v), STORE_OK);
    assert_int_equal(ops->answer_put(store, &answer), STORE_OK);
    return record.id;
}

static inline void expect_question(struct unit_serving *unit, uint8_t first, bool there)
{
    const struct store_ops *ops = unit->base.ops;
    struct store *store = unit->base.store;
    struct store_vector wanted = make_vector(unit, first), v;
    struct store_answer answer;

    assert_int_equal(ops->vector_by_rand(store, STORE_AV_B, wanted.rand, 16, &v),
                     there ? STORE_OK : STORE_NONE);
    assert_int_equal(ops->answer_get(store, "p:A", wanted.rand, &answer),
                     there ? STORE_OK : STORE_NONE);
    if (!there)
        return;
    assert_true(simauth_secret_equal(&v.ssk, &wanted.ssk));
    assert_memory_equal(v.autn, wanted.autn, sizeof v.autn);
    assert_string_equal(v.nai_b, wanted.nai_b);
    assert_int_equal(v.sim_age, 5);
    assert_string_equal(answer.body, "{\"first\":1}");
    assert_int_equal(answer.hash[0], first);
    free(answer.body);
}

static inline uint64_t number_of(struct unit_serving *unit)
{
    struct store_subscriber s;

    assert_int_equal(unit->base.ops->subscriber_by_id(unit->base.store, unit->subscriber, &s),
                     STORE_OK);
    return s.sqn;
}

#endif
