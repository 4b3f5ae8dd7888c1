/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SQLite store: connection, transactions, statements. */
#include "serving/serving.h"
#include "sqlite_own.h"
#include "sqlite_sql.h"
#include "sqlite_wal.h"
#include "stores.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Shorter than the phone's second, so that the phone hears of a locked database. */
#define BUSY_MS 400

struct sqlite_store {
    struct store base;
    sqlite3 *db;
    struct sqlite_wal *wal;
    struct serving_visit *visit;
    sqlite3_stmt *statements[SQL_COUNT];
};

/* -- statements -------------------------------------------------------------------------------- */

enum store_result sqlite_result(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return STORE_OK;
    case SQLITE_CONSTRAINT:
        return STORE_EXISTS;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return STORE_BUSY;
    case SQLITE_FULL:
        return STORE_FULL;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return STORE_READONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return STORE_DAMAGED;
    case SQLITE_IOERR: /* a disk without room for the write-ahead log says this */
        return code == SQLITE_IOERR_WRITE ? STORE_FULL : STORE_FAILED;
    default:
        return STORE_FAILED;
    }
}

static struct sqlite_store *of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* Nothing is copied: whoever binds runs, or reads its rows, before its arguments go. */
static sqlite3_stmt *bind_list(struct sqlite_store *store, enum sql sql, const char *types,
                               va_list arguments)
{
    sqlite3_stmt *statement = store->statements[sql];
    const char *text;
    const void *octets;

    sqlite3_reset(statement);
    for (int i = 1; types[i - 1]; i++) {
        switch (types[i - 1]) {
        case 'i':
            sqlite3_bind_int64(statement, i, va_arg(arguments, int64_t));
            break;
        case 't':
            text = va_arg(arguments, const char *);
            sqlite3_bind_text(statement, i, text, -1, SQLITE_STATIC);
            break;
        default:
            octets = va_arg(arguments, const void *);
            sqlite3_bind_blob(statement, i, octets, (int)va_arg(arguments, size_t), SQLITE_STATIC);
        }
    }
    return statement;
}

static struct sql_rows *driver_bind(struct store *store, enum sql sql, const char *types,
                                    va_list arguments)
{
    return (struct sql_rows *)bind_list(of(store), sql, types, arguments);
}

static enum store_result driver_row(struct store *store, struct sql_rows *rows)
{
    sqlite3_stmt *statement = (sqlite3_stmt *)rows;
    int code = sqlite3_step(statement);

    (void)store;
    if (code == SQLITE_ROW)
        return STORE_OK;
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? STORE_NONE : sqlite_result(code);
}

static void driver_reset(struct store *store, struct sql_rows *rows)
{
    (void)store;
    sqlite3_reset((sqlite3_stmt *)rows);
}

static enum store_result driver_run(struct store *store, struct sql_rows *rows)
{
    sqlite3_stmt *statement = (sqlite3_stmt *)rows;
    int code = sqlite3_step(statement);

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (code != SQLITE_DONE)
        return sqlite_result(code);
    return sqlite3_changes(of(store)->db) > 0 ? STORE_OK : STORE_NONE;
}

static int64_t driver_integer(struct store *store, struct sql_rows *rows, int column)
{
    (void)store;
    return sqlite3_column_int64((sqlite3_stmt *)rows, column);
}

static const void *driver_value(struct store *store, struct sql_rows *rows, int column, size_t *len)
{
    sqlite3_stmt *statement = (sqlite3_stmt *)rows;
    const void *value = sqlite3_column_type(statement, column) == SQLITE_TEXT
                            ? (const void *)sqlite3_column_text(statement, column)
                            : sqlite3_column_blob(statement, column);

    (void)store;
    *len = (size_t)sqlite3_column_bytes(statement, column);
    return value;
}

static int64_t driver_inserted(struct store *store)
{
    return sqlite3_last_insert_rowid(of(store)->db);
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

/* A statement without parameters; SQLite's own code. */
static int step(struct sqlite_store *store, enum sql sql)
{
    int code;

    sqlite3_reset(store->statements[sql]);
    code = sqlite3_step(store->statements[sql]);
    sqlite3_reset(store->statements[sql]); /* one that waits would hold up the next commit */
    return code;
}

int sqlite_step(struct store *store, enum sql sql)
{
    return step(of(store), sql);
}

sqlite3 *sqlite_database(struct store *store)
{
    return of(store)->db;
}

/* -- opening ----------------------------------------------------------------------------------- */

int64_t sqlite_integer(sqlite3 *db, const char *pragma)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;

    if (sqlite3_prepare_v2(db, pragma, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static enum store_result upgrade(sqlite3 *db, int64_t version)
{
    char text[128];
    int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    if (code == SQLITE_OK) { /* another program may have been faster */
        version = sqlite_integer(db, "PRAGMA user_version");
        code = version < 0 || version > SCHEMA_VERSION ? SQLITE_ERROR : SQLITE_OK;
    }
    for (; code == SQLITE_OK && schema_steps[version]; version++)
        code = sqlite3_exec(db, schema_steps[version], NULL, NULL, NULL);
    snprintf(text, sizeof text, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
             SCHEMA_APPLICATION_ID, (int)version);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, text, NULL, NULL, NULL);
    if (code != SQLITE_OK)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return sqlite_result(code);
}

static enum store_result check_schema(sqlite3 *db, const char *where, bool create, char *error)
{
    int64_t version = sqlite_integer(db, "PRAGMA user_version");
    int64_t application = sqlite_integer(db, "PRAGMA application_id");

    if (version < 0)
        return sql_say(error, where, STORE_DAMAGED, "is no SQLite database, or cannot be read");
    if (version > SCHEMA_VERSION)
        return sql_say(error, where, STORE_DAMAGED, "was made by a newer simauth-gateway");
    if ((version == 0 && !create) || (version > 0 && application != SCHEMA_APPLICATION_ID))
        return sql_say(error, where, STORE_DAMAGED,
                       "is no database of simauth-gateway: \"simauth-gatewayctl init\" makes one");
    if (version < SCHEMA_VERSION && upgrade(db, version) != STORE_OK)
        return sql_say(error, where, STORE_READONLY, "could not be brought to the present schema");
    return STORE_OK;
}

static int prepare_all(struct sqlite_store *store)
{
    for (int i = 0; i < SQL_COUNT; i++) {
        int code = sqlite3_prepare_v3(store->db, sqlite_text[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &store->statements[i], NULL);

        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

void sqlite_disconnect(struct store *base)
{
    struct sqlite_store *store = of(base);

    if (!store)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    pthread_mutex_destroy(&base->lock);
    free(store);
}

/* The file holds who called whom: nobody else may read it, whatever the umask. */
static bool make_private(const char *where)
{
    int fd = open(where, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    return fd >= 0 && close(fd) == 0;
}

/* Before the first connection of a process: SQLite counts its memory under one lock for all. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum store_result sqlite_connect(const char *where, bool create, const struct seal *seal,
                                 struct store **result, char *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct sqlite_store *store = calloc(1, sizeof *store);
    enum store_result outcome = STORE_FAILED;

    *result = NULL;
    pthread_once(&once, configure);
    if (!store)
        return sql_say(error, where, STORE_FAILED, "out of memory");
    pthread_mutex_init(&store->base.lock, NULL);
    store->base.driver = &driver;
    store->base.seal = seal;
    if (create && !make_private(where)) {
        sql_say(error, where, STORE_READONLY, strerror(errno));
        goto failed;
    }
    if (sqlite3_open_v2(where, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        outcome = sql_say(error, where, STORE_READONLY,
                          store->db ? sqlite3_errmsg(store->db) : "out of memory");
        goto failed;
    }
    sqlite3_busy_timeout(store->db, BUSY_MS);
    sqlite3_exec(
        store->db,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; "
        "PRAGMA cache_size = -16384; "
        "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF",
        NULL, NULL, NULL);
    outcome = check_schema(store->db, where, create, error);
    if (outcome != STORE_OK)
        goto failed;
    if (prepare_all(store) != SQLITE_OK) {
        outcome = sql_say(error, where, STORE_DAMAGED, sqlite3_errmsg(store->db));
        goto failed;
    }
    *result = &store->base;
    return STORE_OK;
failed:
    sqlite_disconnect(&store->base);
    return outcome;
}

static void sqlite_close(struct store *base)
{
    if (!base)
        return;
    serving_leave(of(base)->visit);
    sqlite_wal_close(of(base)->wal);
    sqlite_disconnect(base);
}

static enum store_result sqlite_open(const char *where, bool create, const struct seal *seal,
                                     struct store **result, char *error)
{
    struct store *store;
    enum store_result outcome = sqlite_connect(where, create, seal, &store, error);

    *result = NULL;
    if (outcome != STORE_OK)
        return outcome;
    outcome = serving_visit(store, &of(store)->visit, error);
    if (outcome == STORE_OK &&
        !(of(store)->wal = sqlite_wal_open(sqlite_database(store), &store->lock)))
        outcome = sql_say(error, where, STORE_FAILED, "out of memory");
    if (outcome == STORE_OK)
        *result = store;
    else
        sqlite_close(store);
    return outcome;
}

/* -- transactions ------------------------------------------------------------------------------ */

static enum store_result sqlite_begin(struct store *store, enum store_kind kind)
{
    const bool write = kind != STORE_READ;
    enum store_result result;
    int code;

    if (write && sqlite_wal_broken(of(store)->wal))
        return STORE_FAILED;
    pthread_mutex_lock(&store->lock);
    code = step(of(store), write ? SQL_BEGIN_WRITE : SQL_BEGIN_READ);
    result = sqlite_result(code);
    if (result != STORE_OK)
        pthread_mutex_unlock(&store->lock);
    return result;
}

static void sqlite_rollback(struct store *store)
{
    /* Some failures have rolled back already. */
    if (!sqlite3_get_autocommit(of(store)->db))
        step(of(store), SQL_ROLLBACK);
    pthread_mutex_unlock(&store->lock);
}

static enum store_result sqlite_commit_soft(struct store *store, uint64_t *ticket)
{
    int code = step(of(store), SQL_COMMIT);

    if (code == SQLITE_DONE) {
        *ticket = sqlite_wal_written(of(store)->wal);
        pthread_mutex_unlock(&store->lock);
        return STORE_OK;
    }
    sqlite_rollback(store);
    return sqlite_result(code);
}

static enum store_result sqlite_settle(struct store *store, uint64_t ticket)
{
    return sqlite_wal_settle(of(store)->wal, ticket);
}

static enum store_result sqlite_commit(struct store *store)
{
    uint64_t ticket;
    enum store_result result = sqlite_commit_soft(store, &ticket);

    return result == STORE_OK ? sqlite_settle(store, ticket) : result;
}

enum store_result sqlite_backup(struct store *store, const char *path)
{
    sqlite3_stmt *statement = NULL;
    int code;

    pthread_mutex_lock(&store->lock);
    code = sqlite3_prepare_v2(of(store)->db, "VACUUM INTO ?1", -1, &statement, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
        code = sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&store->lock);
    return sqlite_result(code);
}

/* Which pairs have met is asked for each record, and records have no index for it. */
static enum store_result add_pair(struct store *store, const struct store_record *record,
                                  enum store_result result)
{
    if (result != STORE_OK || !record->first || strcmp(record->method, STORE_METHOD_UNKNOWN) == 0)
        return result;
    result = sql_run(store, sql_bind(store, SQL_PAIR_ADD, "tt", record->nai_a, record->nai_b));
    return result == STORE_NONE ? STORE_OK : result;
}

static enum store_result sqlite_record_name(struct store *store, struct store_record *record)
{
    return add_pair(store, record, sql_record_name(store, record));
}

/* A gateway that runs gives numbers to its own records, which the table does not have yet. */
static enum store_result sqlite_record_add(struct store *store, struct store_record *record)
{
    enum store_result result = add_pair(store, record, sql_record_add(store, record));
    int64_t number = serving_visit_record(of(store)->visit);

    if (result != STORE_OK || number == 0)
        return result;
    result = sql_run(store, sql_bind(store, SQL_RECORD_NUMBER, "ii", record->id, number));
    record->id = number;
    return result;
}

const struct store_ops store_sqlite = {
    .name = "sqlite",
    .serving = &store_sqlite_serving,
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .commit_soft = sqlite_commit_soft,
    .settle = sqlite_settle,
    .rollback = sqlite_rollback,
    .backup = sqlite_backup,
    SQL_METHODS,
    SQL_CALL_METHODS,
    .record_add = sqlite_record_add,
    .record_name = sqlite_record_name,
};
