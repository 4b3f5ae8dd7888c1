/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store of its own for each test. */
#ifndef SIMAUTH_TESTS_GATEWAY_UNIT_H
#define SIMAUTH_TESTS_GATEWAY_UNIT_H

#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

struct unit_store {
    const struct store_ops *ops;
    struct store *store;
    struct seal seal;
    char folder[32], path[256];
    const char *schema; /* of a PostgreSQL */
};

static inline void unit_execute(const char *conninfo, const char *verb, const char *schema,
                                const char *how)
{
    PGconn *connection = PQconnectdb(conninfo);
    char text[96];
    PGresult *result;

    snprintf(text, sizeof text, "%s SCHEMA \"%s\" %s", verb, schema, how);
    result = PQexec(connection, text);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
}

/* SQLite, or a schema of its own in the PostgreSQL that the environment names. */
static inline void unit_choose(struct unit_store *unit)
{
    const char *shared = getenv("SIMAUTH_TEST_DATABASE");

    unit->ops = store_find(shared ? "postgresql" : "sqlite");
    if (!shared)
        return;
    unit->schema = strrchr(unit->folder, '-') + 1;
    unit_execute(shared, "CREATE", unit->schema, "");
    snprintf(unit->path, sizeof unit->path, "%s options='-csearch_path=\"%s\"'", shared,
             unit->schema);
}

static inline int unit_store_open(void **state)
{
    struct unit_store *unit = calloc(1, sizeof *unit);
    char error[STORE_ERROR_MAX] = "";

    assert_non_null(unit);
    strcpy(unit->folder, "/tmp/simauth-unit-XXXXXX");
    assert_non_null(mkdtemp(unit->folder));
    snprintf(unit->path, sizeof unit->path, "%s/db", unit->folder);
    memset(unit->seal.key, 7, sizeof unit->seal.key);
    unit_choose(unit);
    if (unit->ops->open(unit->path, true, &unit->seal, &unit->store, error) != STORE_OK)
        fail_msg("%s", error);
    *state = unit;
    return 0;
}

static inline int unit_store_close(void **state)
{
    struct unit_store *unit = *state;
    char path[272];

    unit->ops->close(unit->store);
    if (unit->schema)
        unit_execute(getenv("SIMAUTH_TEST_DATABASE"), "DROP", unit->schema, "CASCADE");
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end; end++) {
        snprintf(path, sizeof path, "%s%s", unit->path, *end);
        unlink(path);
    }
    rmdir(unit->folder);
    free(unit);
    return 0;
}

/* The callee's, for a call from operator A; `first` makes RAND and key. */
static inline struct store_vector unit_vector(int64_t subscriber, uint8_t first, int64_t changed)
{
    struct store_vector v = {.role = STORE_AV_B,
                             .subscriber = subscriber,
                             .method = simauth_method_find("aka", 3),
                             .rand_len = 16,
                             .caller = "sip:a@operator-a.test",
                             .callee = "sip:b@operator-b.test",
                             .nai_a = "a@operator-a.test",
                             .nai_b = "b@operator-b.test",
                             .operator_name = "A",
                             .changed = changed};

    memset(v.rand, first, sizeof v.rand);
    v.ssk.len = 32;
    memset(v.ssk.octets, first, 32);
    return v;
}

#endif
