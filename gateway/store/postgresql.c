/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The PostgreSQL store: connection, transactions, statements. Many gateways may share a database:
 * writing transactions of all of them stand in one row, by an advisory lock, so that what is read
 * in one is still true when it writes, as with SQLite. COMMIT does not wait for the server's disk,
 * or each would wait in that row; settle() has the server flush its log, once for many, over a
 * connection of its own.
 *
 * That flush says something of a transaction only where it is of the same server, which has not
 * been down in between. So the two connections are a pair: both are made before a transaction
 * begins, to one server, and what was committed over one pair is not asked for over another.
 */
#include "../log.h"
#include "group.h"
#include "postgresql_sql.h"
#include "stores.h"

#include <glib.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARAMETERS_MAX 20
#define LOCK "1397312833" /* "SIMA" */
/* Shorter than the phone's second; a node that hangs must not hold the others for long. */
#define SESSION                                                                                    \
    "SET synchronous_commit = on; SET client_min_messages = warning; SET lock_timeout = 400; "     \
    "SET statement_timeout = 5000; SET idle_in_transaction_session_timeout = 5000"
#define BEGIN_WRITE                                                                                \
    "BEGIN; SET LOCAL synchronous_commit = off; SELECT pg_advisory_xact_lock(" LOCK ")"
/* A transaction with something in it, committed and waited for: the log before it is flushed too.
 */
#define FLUSH "SELECT pg_logical_emit_message(true, 'simauth', '')"
/* statement_timeout does not hold for the wait for a standby, which the operator may ask for. */
#define FLUSH_MS 5000
#define BEGIN_READ "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
/* A month's sum takes what it takes, and nobody waits behind it. */
#define BEGIN_READ_LONG                                                                            \
    BEGIN_READ "; SET LOCAL statement_timeout = 0; "                                               \
               "SET LOCAL idle_in_transaction_session_timeout = 0"
/* Two servers, also copies of each other, never began in the same microsecond; every role may ask.
 */
#define WHICH_SERVER "SELECT extract(epoch FROM pg_postmaster_start_time())::text"
#define SERVER_MAX 32

struct sql_rows {
    enum sql sql;
    int count;
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX], formats[PARAMETERS_MAX];
    char numbers[PARAMETERS_MAX][24];
    PGresult *result;
    int row;
};
struct postgresql_store {
    struct store base;
    PGconn *connection;
    struct sql_rows rows[SQL_COUNT];
    int64_t inserted;
    bool prepared; /* all statements, since it connected */
    bool patient;
    time_t tried; /* to connect again */
    struct group group;
    char *where;
    pthread_mutex_t flushing; /* for `flusher`, and while it is asked */
    PGconn *flusher;
    char warning[120];    /* of what it was asked last: "" for none */
    _Atomic bool flushes; /* `flusher` is of the server that `connection` is of */
};

static struct postgresql_store *of(struct store *store)
{
    return (struct postgresql_store *)store;
}

static const char *fault(PGconn *connection)
{
    static _Thread_local char line[160];

    snprintf(line, sizeof line, "%s", PQerrorMessage(connection));
    line[strcspn(line, "\n")] = '\0';
    return line;
}

/* By SQLSTATE. */
static enum store_result failed(struct postgresql_store *store, const PGresult *result)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    if (state && strncmp(state, "23", 2) == 0)
        return STORE_EXISTS;
    log_line("op=store state=%s reason=\"%s\"", state ? state : "none", fault(store->connection));
    if (!state)
        return STORE_FAILED;
    if (strcmp(state, "55P03") == 0 || strcmp(state, "57014") == 0 || strncmp(state, "40", 2) == 0)
        return STORE_BUSY;
    if (strcmp(state, "53100") == 0)
        return STORE_FULL;
    if (strcmp(state, "25006") == 0 || strcmp(state, "42501") == 0)
        return STORE_READONLY;
    return STORE_FAILED;
}

/* -- statements -------------------------------------------------------------------------------- */

static void clear(struct sql_rows *rows)
{
    PQclear(rows->result);
    rows->result = NULL;
    rows->row = -1;
}

static struct sql_rows *driver_bind(struct store *base, enum sql sql, const char *types,
                                    va_list arguments)
{
    struct sql_rows *rows = &of(base)->rows[sql];

    clear(rows);
    rows->sql = sql;
    rows->count = (int)strlen(types);
    for (int i = 0; i < rows->count; i++) {
        rows->formats[i] = types[i] == 'b';
        rows->lengths[i] = 0;
        if (types[i] == 'i') {
            snprintf(rows->numbers[i], sizeof *rows->numbers, "%" PRId64,
                     va_arg(arguments, int64_t));
            rows->values[i] = rows->numbers[i];
        } else {
            rows->values[i] = va_arg(arguments, const char *);
        }
        if (types[i] == 'b')
            rows->lengths[i] = (int)va_arg(arguments, size_t);
    }
    return rows;
}

/* What a stranger sends need not be text. PostgreSQL refuses a statement with what is no UTF-8, and
 * the transaction with it; no row has such a name. */
static bool is_text(const struct sql_rows *rows)
{
    for (int i = 0; i < rows->count; i++)
        if (!rows->formats[i] && rows->values[i] && !g_utf8_validate(rows->values[i], -1, NULL))
            return false;
    return true;
}

/* The parameters are the caller's: it runs a statement where it binds it. */
static enum store_result execute(struct postgresql_store *store, struct sql_rows *rows)
{
    char name[16];
    ExecStatusType status;

    snprintf(name, sizeof name, "s%d", (int)rows->sql);
    rows->result = PQexecPrepared(store->connection, name, rows->count, rows->values, rows->lengths,
                                  rows->formats, 1);
    status = PQresultStatus(rows->result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return STORE_OK;
    return failed(store, rows->result);
}

static enum store_result driver_row(struct store *base, struct sql_rows *rows)
{
    enum store_result result = STORE_OK;

    if (!rows->result)
        result = is_text(rows) ? execute(of(base), rows) : STORE_NONE;
    if (result == STORE_OK && ++rows->row < PQntuples(rows->result))
        return STORE_OK;
    clear(rows);
    return result == STORE_OK ? STORE_NONE : result;
}

static void driver_reset(struct store *base, struct sql_rows *rows)
{
    (void)base;
    clear(rows);
}

static int64_t driver_integer(struct store *base, struct sql_rows *rows, int column)
{
    const uint8_t *value = (const uint8_t *)PQgetvalue(rows->result, rows->row, column);
    uint64_t number = 0;

    (void)base;
    for (int i = 0; i < PQgetlength(rows->result, rows->row, column); i++)
        number = number << 8 | value[i];
    return (int64_t)number;
}

static enum store_result driver_run(struct store *base, struct sql_rows *rows)
{
    struct postgresql_store *store = of(base);
    enum store_result result = execute(store, rows);

    if (result == STORE_OK && PQntuples(rows->result) > 0) { /* RETURNING id */
        rows->row = 0;
        store->inserted = driver_integer(base, rows, 0);
    } else if (result == STORE_OK && atoll(PQcmdTuples(rows->result)) == 0) {
        result = STORE_NONE;
    }
    clear(rows);
    return result;
}

static const void *driver_value(struct store *base, struct sql_rows *rows, int column, size_t *len)
{
    (void)base;
    *len = (size_t)PQgetlength(rows->result, rows->row, column);
    return PQgetisnull(rows->result, rows->row, column)
               ? NULL
               : PQgetvalue(rows->result, rows->row, column);
}

static int64_t driver_inserted(struct store *base)
{
    return of(base)->inserted;
}

static const struct sql_driver driver = {
    .bind = driver_bind,
    .row = driver_row,
    .run = driver_run,
    .reset = driver_reset,
    .integer = driver_integer,
    .value = driver_value,
    .inserted = driver_inserted,
};

/* -- opening ----------------------------------------------------------------------------------- */

/*
 * A server whose machine is gone says nothing, and TCP would wait a quarter of an hour for it, with
 * everybody else behind the lock: so a connection is given up after seconds. What the operator
 * wrote into the configuration comes last, and counts.
 */
static PGconn *connect_to(const char *where)
{
    const char *const names[] = {"connect_timeout",
                                 "tcp_user_timeout",
                                 "keepalives_idle",
                                 "keepalives_interval",
                                 "keepalives_count",
                                 "dbname",
                                 NULL};
    const char *const values[] = {"2", "4000", "5", "2", "2", where, NULL};

    return PQconnectdbParams(names, values, 1);
}

static enum store_result simple(struct postgresql_store *store, const char *text)
{
    PGresult *result = PQexec(store->connection, text);
    ExecStatusType status = PQresultStatus(result);
    enum store_result outcome = STORE_OK;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        outcome = failed(store, result);
    PQclear(result);
    return outcome;
}

/* -1: no schema of ours. */
static int schema_version(struct postgresql_store *store)
{
    PGresult *result = PQexec(store->connection, "SELECT version FROM simauth_schema");
    int version = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1
                      ? atoi(PQgetvalue(result, 0, 0))
                      : -1;

    PQclear(result);
    return version;
}

/* Made by a newer gateway, whose changes this one need not know: while nodes are brought to a newer
 * version one by one. */
static bool harmless(struct postgresql_store *store)
{
    PGresult *result = PQexec(store->connection, "SELECT least FROM simauth_schema");
    bool known = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 &&
                 atoi(PQgetvalue(result, 0, 0)) <= POSTGRESQL_SCHEMA_VERSION;

    PQclear(result);
    return known;
}

static enum store_result upgrade(struct postgresql_store *store, int version)
{
    char text[192];
    enum store_result result = simple(store, BEGIN_WRITE);

    if (result == STORE_OK && version < 0)
        result = simple(store, "CREATE TABLE simauth_schema (version INTEGER NOT NULL); "
                               "INSERT INTO simauth_schema VALUES (0)");
    if (result == STORE_OK) /* another node may have been faster */
        version = schema_version(store);
    if (version > POSTGRESQL_SCHEMA_VERSION) /* and newer */
        result = STORE_DAMAGED;
    for (int i = version; result == STORE_OK && i >= 0 && postgresql_schema[i]; i++)
        result = simple(store, postgresql_schema[i]);
    snprintf(text, sizeof text,
             "ALTER TABLE simauth_schema ADD COLUMN IF NOT EXISTS least INTEGER NOT NULL DEFAULT "
             "0; UPDATE simauth_schema SET version = %d, least = %d",
             POSTGRESQL_SCHEMA_VERSION, POSTGRESQL_SCHEMA_LEAST);
    if (result == STORE_OK)
        result = simple(store, text);
    if (result == STORE_OK)
        return simple(store, "COMMIT");
    simple(store, "ROLLBACK");
    return result;
}

static enum store_result check_schema(struct postgresql_store *store, bool create, char *error)
{
    const char *where = PQdb(store->connection);
    int version = schema_version(store);

    if (version > POSTGRESQL_SCHEMA_VERSION && !harmless(store))
        return sql_say(error, where, STORE_DAMAGED, "was made by a newer simauth-gateway");
    if (version >= 0 && create)
        return sql_say(error, where, STORE_EXISTS,
                       "is there already, with tables of simauth-gateway: nothing was changed");
    if (version < 0 && !create)
        return sql_say(error, where, STORE_DAMAGED,
                       "has no tables of simauth-gateway: \"simauth-gatewayctl init\" makes them");
    if (version < POSTGRESQL_SCHEMA_VERSION && upgrade(store, version) != STORE_OK)
        return sql_say(error, where, STORE_READONLY, "could not be brought to the present schema");
    return STORE_OK;
}

static enum store_result prepare_all(struct postgresql_store *store)
{
    enum store_result result = simple(store, SESSION);
    char name[16], text[POSTGRESQL_TEXT_MAX];

    for (int i = 0; result == STORE_OK && i < SQL_COUNT; i++) {
        PGresult *prepared;

        if (!postgresql_text((enum sql)i, text))
            continue;
        snprintf(name, sizeof name, "s%d", i);
        prepared = PQprepare(store->connection, name, text, 0, NULL);
        if (PQresultStatus(prepared) != PGRES_COMMAND_OK)
            result = failed(store, prepared);
        PQclear(prepared);
    }
    return result;
}

static void postgresql_close(struct store *base)
{
    struct postgresql_store *store = of(base);

    if (!store)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        clear(&store->rows[i]);
    PQfinish(store->connection);
    PQfinish(store->flusher);
    if (store->where) /* may hold a password */
        OPENSSL_cleanse(store->where, strlen(store->where));
    free(store->where);
    group_clear(&store->group);
    pthread_mutex_destroy(&store->flushing);
    pthread_mutex_destroy(&base->lock);
    free(store);
}

/* -- a pair of connections --------------------------------------------------------------------- */

static void which_server(PGconn *connection, char server[static SERVER_MAX])
{
    PGresult *result = PQexec(connection, WHICH_SERVER);

    server[0] = '\0';
    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1)
        snprintf(server, SERVER_MAX, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
}

/* A wait for a standby that was given up is a warning. */
static void on_notice(void *data, const PGresult *result)
{
    struct postgresql_store *store = data;
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    snprintf(store->warning, sizeof store->warning, "%s", text ? text : "a warning");
}

/* Its answer is there within FLUSH_MS, or the server is told that nobody waits any more. */
static void await_flush(struct postgresql_store *store)
{
    int64_t end = g_get_monotonic_time() + FLUSH_MS * INT64_C(1000), left;
    struct pollfd in = {.fd = PQsocket(store->flusher), .events = POLLIN};
    char error[256];
    PGcancel *cancel;

    while (PQisBusy(store->flusher)) {
        left = (end - g_get_monotonic_time() + 999) / 1000;
        if (left <= 0)
            break;
        if (poll(&in, 1, (int)left) > 0 && !PQconsumeInput(store->flusher))
            return;
    }
    if (!PQisBusy(store->flusher))
        return;
    snprintf(store->warning, sizeof store->warning, "no answer in %d ms", FLUSH_MS);
    cancel = PQgetCancel(store->flusher);
    if (!PQcancel(cancel, error, sizeof error)) {
        PQfinish(store->flusher);
        store->flusher = NULL;
    }
    PQfreeCancel(cancel);
}

static bool flush(struct postgresql_store *store)
{
    PGresult *result, *last = NULL;
    bool good;

    store->warning[0] = '\0';
    if (PQsendQuery(store->flusher, FLUSH) == 1)
        await_flush(store);
    while ((result = PQgetResult(store->flusher))) {
        PQclear(last);
        last = result;
    }
    good = PQresultStatus(last) == PGRES_TUPLES_OK && !store->warning[0];
    PQclear(last);
    return good;
}

static long backend(PGconn *connection)
{
    PGresult *result = PQexec(connection, "SELECT pg_backend_pid()");
    long pid = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1
                   ? atol(PQgetvalue(result, 0, 0))
                   : -1;

    PQclear(result);
    return pid;
}

/* A pooler that gives each transaction a connection of its server's gives both ours the same, or
 * ours another than before: what was set for the session and its prepared statements are there at
 * times. */
static bool shares_sessions(struct postgresql_store *store)
{
    long first = backend(store->connection), other = backend(store->flusher);

    return first == other || backend(store->connection) != first;
}

/* With `flushing` held; `error`: STORE_ERROR_MAX, what to do. */
static bool connect_flusher(struct postgresql_store *store, char *error)
{
    char ours[SERVER_MAX], its[SERVER_MAX];
    PGresult *result;
    bool ready;

    store->flusher = connect_to(store->where);
    PQsetNoticeReceiver(store->flusher, on_notice, store);
    result = PQexec(store->flusher, SESSION);
    ready = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    which_server(store->connection, ours);
    which_server(store->flusher, its);
    if (!ready || !its[0] || !ours[0]) {
        sql_say(error, "PostgreSQL", STORE_FAILED,
                fault(ours[0] ? store->flusher : store->connection));
        return false;
    }
    if (strcmp(ours, its) == 0 && !shares_sessions(store))
        return true;
    if (strcmp(ours, its) == 0) {
        sql_say(error, "PostgreSQL", STORE_FAILED,
                "a pooler in between pools transactions: let it pool sessions (PgBouncer: "
                "pool_mode = session), or name the server itself in [store] database");
        return false;
    }
    sql_say(error, "PostgreSQL", STORE_FAILED,
            "a second connection comes to another server than the first, so nothing that is "
            "written counts as kept: name in [store] database one server (or "
            "target_session_attrs=read-write, and end the old one)");
    return false;
}

/* A second connection for the first, before anything is written over that. What was committed
 * before may have been of a server that is gone. */
static bool pair(struct postgresql_store *store, char *error)
{
    bool paired;

    pthread_mutex_lock(&store->flushing);
    group_lose(&store->group);
    PQfinish(store->flusher);
    store->flusher = NULL;
    paired = connect_flusher(store, error);
    store->flushes = paired;
    pthread_mutex_unlock(&store->flushing);
    return paired;
}

/* The group's: by one thread at a time. Who lost its connection tells nobody that it is kept, and
 * is given another one where the next transaction begins. */
static int on_flush(void *data, unsigned lane)
{
    struct postgresql_store *store = data;
    bool good = false;

    (void)lane;
    pthread_mutex_lock(&store->flushing);
    if (store->flushes) {
        good = flush(store);
        if (!good)
            log_line("op=store result=flush-failed reason=\"%s\"",
                     store->warning[0] ? store->warning : fault(store->flusher));
        store->flushes = PQstatus(store->flusher) == CONNECTION_OK;
    }
    pthread_mutex_unlock(&store->flushing);
    return good ? 0 : -1;
}

static enum store_result postgresql_open(const char *where, bool create, const struct seal *seal,
                                         struct store **result, char *error)
{
    struct postgresql_store *store = calloc(1, sizeof *store);
    enum store_result outcome = STORE_FAILED;

    *result = NULL;
    if (!store)
        return sql_say(error, "PostgreSQL", STORE_FAILED, "out of memory");
    pthread_mutex_init(&store->base.lock, NULL);
    pthread_mutex_init(&store->flushing, NULL);
    store->base.driver = &driver;
    store->base.seal = seal;
    store->where = strdup(where);
    group_init(&store->group, 1, on_flush, store);
    store->connection = connect_to(where);
    if (PQstatus(store->connection) != CONNECTION_OK)
        sql_say(error, "PostgreSQL", STORE_FAILED, fault(store->connection));
    else
        outcome = check_schema(store, create, error);
    if (outcome == STORE_OK && !pair(store, error))
        outcome = STORE_FAILED;
    if (outcome == STORE_OK && (outcome = prepare_all(store)) != STORE_OK)
        sql_say(error, "PostgreSQL", outcome, fault(store->connection));
    store->prepared = outcome == STORE_OK;
    if (outcome == STORE_OK)
        *result = &store->base;
    else
        postgresql_close(&store->base);
    return outcome;
}

/* -- transactions ------------------------------------------------------------------------------ */

static bool is_connected(struct postgresql_store *store)
{
    return store->prepared && PQstatus(store->connection) == CONNECTION_OK;
}

/* At most once a second: who comes meanwhile hears at once that the database is gone. */
static bool connected(struct postgresql_store *store)
{
    char error[STORE_ERROR_MAX];

    if (is_connected(store) && store->flushes)
        return true;
    if (time(NULL) == store->tried)
        return false;
    store->tried = time(NULL);
    if (!is_connected(store)) {
        PQreset(store->connection);
        store->prepared =
            PQstatus(store->connection) == CONNECTION_OK && prepare_all(store) == STORE_OK;
        store->flushes = false;
    }
    if (!store->prepared)
        return false;
    if (!pair(store, error)) {
        log_line("op=store state=down reason=\"%s\"", error);
        return false;
    }
    log_line("op=store state=connected");
    return true;
}

static void postgresql_patient(struct store *base)
{
    of(base)->patient = true;
}

static enum store_result postgresql_begin(struct store *base, enum store_kind kind)
{
    struct postgresql_store *store = of(base);
    const char *read = store->patient ? BEGIN_READ_LONG : BEGIN_READ;
    const char *text = kind == STORE_READ ? read : BEGIN_WRITE;
    enum store_result result = STORE_FAILED;

    pthread_mutex_lock(&base->lock);
    if (connected(store))
        result = simple(store, text);
    /* A server that was started again is seen by the first statement. */
    if (result != STORE_OK && PQstatus(store->connection) != CONNECTION_OK && connected(store))
        result = simple(store, text);
    if (result == STORE_OK)
        return STORE_OK;
    if (PQtransactionStatus(store->connection) != PQTRANS_IDLE)
        simple(store, "ROLLBACK");
    pthread_mutex_unlock(&base->lock);
    return result;
}

static void postgresql_rollback(struct store *base)
{
    struct postgresql_store *store = of(base);

    if (PQstatus(store->connection) == CONNECTION_OK)
        simple(store, "ROLLBACK");
    pthread_mutex_unlock(&base->lock);
}

static enum store_result postgresql_commit_soft(struct store *base, uint64_t *ticket)
{
    struct postgresql_store *store = of(base);
    bool whole = PQtransactionStatus(store->connection) == PQTRANS_INTRANS;
    enum store_result result = simple(store, "COMMIT");

    *ticket = group_written(&store->group);
    if (result != STORE_OK && whole && PQstatus(store->connection) != CONNECTION_OK)
        result = STORE_UNSURE; /* the server may have heard it */
    pthread_mutex_unlock(&base->lock);
    /* COMMIT of a transaction that failed is a rollback, and no error. */
    return result == STORE_OK && !whole ? STORE_FAILED : result;
}

static enum store_result postgresql_settle(struct store *base, uint64_t ticket)
{
    struct group *group = &of(base)->group;

    /* "All so far" is also what other gateways wrote, so it needs a wait of its own. */
    return group_settle(group, ticket ? ticket : group_written(group));
}

static enum store_result postgresql_commit(struct store *base)
{
    uint64_t ticket;
    enum store_result result = postgresql_commit_soft(base, &ticket);

    return result == STORE_OK ? postgresql_settle(base, ticket) : result;
}

const struct store_ops store_postgresql = {
    .name = "postgresql",
    .shared = true,
    .open = postgresql_open,
    .close = postgresql_close,
    .patient = postgresql_patient,
    .begin = postgresql_begin,
    .commit = postgresql_commit,
    .commit_soft = postgresql_commit_soft,
    .settle = postgresql_settle,
    .rollback = postgresql_rollback,
    SQL_METHODS,
    SQL_CALL_METHODS,
    .record_name = sql_record_name,
    .record_add = sql_record_add,
};
