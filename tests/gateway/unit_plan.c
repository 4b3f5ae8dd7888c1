/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All calls of a gateway share one connection to its store: no statement that is run for somebody,
 * or every few seconds, reads a table that grows with subscribers. The databases are asked what
 * they would do. */
#include "unit.h"

#include "store/postgresql_sql.h"
#include "store/sqlite_sql.h"

#include <sqlite3.h>

/* What may read all of a table, or all behind a point of it. */
static const enum sql reads_many[] = {
    /* tables with a few rows: agreements, prices, keys */
    SQL_PARTNER_REALMS, SQL_PARTNER_REALMS_REMOVE, SQL_PARTNER_LIST, SQL_PRICE_LIST,
    SQL_PRICE_HISTORY, SQL_OPERATOR_KEY_GET, SQL_AUTHORITY_GET, SQL_SWEEP_OPERATOR_KEY,
    /* removed as they are read, by an index */
    SQL_SWEEP_UB, SQL_SWEEP_SESSION, SQL_SWEEP_VECTOR, SQL_SWEEP_ANSWER, SQL_SWEEP_RECORD,
    SQL_SWEEP_PROOF, SQL_SWEEP_CODE, SQL_SWEEP_CLAIM, SQL_SWEEP_CERTIFICATE,
    /* given out as they are read: a signed list, which is kept */
    SQL_CERTIFICATE_REVOKED,
    /* a page, which ends where its limit is */
    SQL_SUBSCRIBER_LIST, SQL_BINDING_LIST, SQL_RECORD_LIST, SQL_RESEAL_AUTHORITY,
    SQL_RESEAL_SUBSCRIBER, SQL_RESEAL_OPERATOR_KEY, SQL_RESEAL_CODE, SQL_RESEAL_SESSION,
    SQL_RESEAL_UB, SQL_RESEAL_VECTOR, SQL_RESEAL_TICKET,
    /* commands of the operator, which have a connection of their own */
    SQL_EVENT_LIST, SQL_CLAIM_LIST, SQL_CERTIFICATE_LIST, SQL_RECORD_SUM_PARTNER,
    SQL_RECORD_SUM_SUBSCRIBER, SQL_RECORD_PAIRS, SQL_RECORD_PURGE, SQL_RECORD_ERASE_A,
    SQL_RECORD_ERASE_B, SQL_PAIR_ERASE, SQL_EVENT_ERASE, SQL_RESTORED_SQN, SQL_RESTORED_UB,
    SQL_RESTORED_SESSION, SQL_RESTORED_VECTOR, SQL_RESTORED_TICKET, SQL_RESTORED_CODE,
    SQL_RESTORED_ANSWER,
    /* the ends of two indexes */
    SQL_NEWEST};

static bool may_read_many(enum sql sql)
{
    for (size_t i = 0; i < sizeof reads_many / sizeof reads_many[0]; i++)
        if (reads_many[i] == sql)
            return true;
    return false;
}

static bool has_plan(const char *text)
{
    for (const char *const *verb =
             (const char *const[]){"SELECT ", "INSERT ", "UPDATE ", "DELETE ", NULL};
         *verb; verb++)
        if (strncmp(text, *verb, strlen(*verb)) == 0)
            return true;
    return false;
}

/* -- SQLite ------------------------------------------------------------------------------------ */

static bool step_reads_many(const char *step)
{
    if (strstr(step, "AUTOMATIC")) /* an index that is made for this once, of all rows */
        return true;
    if (strncmp(step, "SCAN (subquery", 14) == 0) /* of rows whose own steps are looked at */
        return false;
    return (strncmp(step, "SCAN ", 5) == 0 && !strstr(step, "CONSTANT ROW")) ||
           (strncmp(step, "SEARCH ", 7) == 0 && !strstr(step, "=?"));
}

static int count_sqlite(sqlite3 *db, const char *text)
{
    char *question = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text);
    sqlite3_stmt *plan = NULL;
    int wrong = 0;

    assert_int_equal(sqlite3_prepare_v2(db, question, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(plan, 3);

        if (step_reads_many(step)) {
            print_error("%s\n    %s\n", text, step);
            wrong++;
        }
    }
    sqlite3_finalize(plan);
    sqlite3_free(question);
    return wrong;
}

static int ask_sqlite(const struct unit_store *unit)
{
    sqlite3 *db = NULL;
    int wrong = 0;

    assert_int_equal(sqlite3_open(unit->path, &db), SQLITE_OK);
    for (int i = 0; i < SQL_COUNT; i++)
        if (has_plan(sqlite_text[i]) && !may_read_many((enum sql)i))
            wrong += count_sqlite(db, sqlite_text[i]);
    sqlite3_close(db);
    return wrong;
}

/* -- PostgreSQL -------------------------------------------------------------------------------- */

static PGresult *ask(PGconn *connection, const char *text)
{
    PGresult *result = PQexec(connection, text);

    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", text, PQerrorMessage(connection));
    return result;
}

/* A scan is right when the lines under it, up to the next node of the plan, have an index and a
 * value in it. */
static bool node_reads_many(const PGresult *plan, int at)
{
    const char *line = PQgetvalue(plan, at, 0);

    if (strstr(line, "Seq Scan on "))
        return true;
    if (!strstr(line, "Index Scan ") && !strstr(line, "Index Only Scan "))
        return false;
    for (at++; at < PQntuples(plan) && !strstr((line = PQgetvalue(plan, at, 0)), "->"); at++)
        if (strstr(line, "Index Cond:"))
            return !strstr(line, " = ");
    return true;
}

/* The plan for any values, of a table that is never small. */
static int count_postgresql(PGconn *connection, const char *text)
{
    char nulls[128] = "", question[4096];
    PGresult *plan;
    int wrong = 0, count;

    snprintf(question, sizeof question, "PREPARE asked AS %s", text);
    PQclear(ask(connection, question));
    plan = ask(connection, "SELECT coalesce(array_length(parameter_types, 1), 0) FROM "
                           "pg_prepared_statements WHERE name = 'asked'");
    count = atoi(PQgetvalue(plan, 0, 0));
    PQclear(plan);
    for (int i = 0; i < count; i++)
        strcat(nulls, i ? ", NULL" : "(NULL");
    snprintf(question, sizeof question, "EXPLAIN (COSTS OFF) EXECUTE asked%s%s", nulls,
             count ? ")" : "");
    plan = ask(connection, question);
    for (int i = 0; i < PQntuples(plan); i++)
        if (node_reads_many(plan, i)) {
            print_error("%s\n    %s\n", text, PQgetvalue(plan, i, 0));
            wrong++;
        }
    PQclear(plan);
    PQclear(ask(connection, "DEALLOCATE asked"));
    return wrong;
}

static int ask_postgresql(const struct unit_store *unit)
{
    PGconn *connection = PQconnectdb(unit->path);
    char text[POSTGRESQL_TEXT_MAX];
    int wrong = 0;

    PQclear(ask(connection, "SET plan_cache_mode = force_generic_plan"));
    PQclear(ask(connection, "SET enable_seqscan = off"));
    for (int i = 0; i < SQL_COUNT; i++)
        if (postgresql_text((enum sql)i, text) && has_plan(text) && !may_read_many((enum sql)i))
            wrong += count_postgresql(connection, text);
    PQfinish(connection);
    return wrong;
}

static void nothing_reads_a_table_that_grows(void **state)
{
    const struct unit_store *unit = *state;

    assert_int_equal(unit->schema ? ask_postgresql(unit) : ask_sqlite(unit), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        nothing_reads_a_table_that_grows, unit_store_open, unit_store_close)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
