/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SQLite store: connection, transactions, answers, records, operator keys. */
#include "sqlite_private.h"
#include "stores.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Shorter than the phone's second, so that the phone hears of a locked database. */
#define BUSY_MS 400

/* -- statements ---------------------------------------------------------------------------------
 */

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

sqlite3_stmt *sqlite_bind(struct store *store, enum sql sql, const char *types, ...)
{
    sqlite3_stmt *statement = store->statements[sql];
    va_list arguments;
    const char *text;
    const void *octets;

    sqlite3_reset(statement);
    va_start(arguments, types);
    for (int i = 1; types[i - 1]; i++) {
        switch (types[i - 1]) {
        case 'i':
            sqlite3_bind_int64(statement, i, va_arg(arguments, int64_t));
            break;
        case 't':
            text = va_arg(arguments, const char *);
            sqlite3_bind_text(statement, i, text, -1, SQLITE_TRANSIENT);
            break;
        default:
            octets = va_arg(arguments, const void *);
            sqlite3_bind_blob(statement, i, octets, (int)va_arg(arguments, size_t),
                              SQLITE_TRANSIENT);
        }
    }
    va_end(arguments);
    return statement;
}

enum store_result sqlite_row(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);

    if (code == SQLITE_ROW)
        return STORE_OK;
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? STORE_NONE : sqlite_result(code);
}

enum store_result sqlite_run(struct store *store, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (code != SQLITE_DONE)
        return sqlite_result(code);
    return sqlite3_changes(store->db) > 0 ? STORE_OK : STORE_NONE;
}

bool sqlite_text(sqlite3_stmt *statement, int column, char *text, size_t room)
{
    const unsigned char *value = sqlite3_column_text(statement, column);
    size_t len = (size_t)sqlite3_column_bytes(statement, column);

    if (!value || len >= room)
        return false;
    memcpy(text, value, len);
    text[len] = '\0';
    return true;
}

bool sqlite_octets(sqlite3_stmt *statement, int column, uint8_t *octets, size_t len)
{
    const void *value = sqlite3_column_blob(statement, column);

    if (!value || (size_t)sqlite3_column_bytes(statement, column) != len)
        return false;
    memcpy(octets, value, len);
    return true;
}

bool sqlite_sealed(struct store *store, sqlite3_stmt *statement, int column, const char *place,
                   void *plain, size_t len)
{
    const void *value = sqlite3_column_blob(statement, column);
    size_t sealed_len = (size_t)sqlite3_column_bytes(statement, column);

    return value && sealed_len == len + SEAL_OVERHEAD &&
           seal_open(store->seal, place, value, sealed_len, plain) == 0;
}

/* -- opening ------------------------------------------------------------------------------------
 */

static enum store_result say(char *error, const char *where, enum store_result result,
                             const char *what)
{
    snprintf(error, STORE_ERROR_MAX, "%s: %s", where, what);
    return result;
}

static int64_t pragma_integer(sqlite3 *db, const char *pragma)
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
    int64_t version = pragma_integer(db, "PRAGMA user_version");
    int64_t application = pragma_integer(db, "PRAGMA application_id");

    if (version < 0)
        return say(error, where, STORE_DAMAGED, "is no SQLite database, or cannot be read");
    if (version > SCHEMA_VERSION)
        return say(error, where, STORE_DAMAGED, "was made by a newer simauth-gateway");
    if ((version == 0 && !create) || (version > 0 && application != SCHEMA_APPLICATION_ID))
        return say(error, where, STORE_DAMAGED,
                   "is no database of simauth-gateway: \"simauth-gatewayctl init\" makes one");
    if (version < SCHEMA_VERSION && upgrade(db, version) != STORE_OK)
        return say(error, where, STORE_READONLY, "could not be brought to the present schema");
    return STORE_OK;
}

static int prepare_all(struct store *store)
{
    for (int i = 0; i < SQL_COUNT; i++) {
        int code = sqlite3_prepare_v3(store->db, sql_text[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &store->statements[i], NULL);

        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

static void sqlite_close(struct store *store)
{
    if (!store)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

/* The file holds who called whom: nobody else may read it, whatever the umask. */
static bool make_private(const char *where)
{
    int fd = open(where, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    return fd >= 0 && close(fd) == 0;
}

static enum store_result sqlite_open(const char *where, bool create, const struct seal *seal,
                                     struct store **result, char *error)
{
    struct store *store = calloc(1, sizeof *store);
    enum store_result outcome = STORE_FAILED;

    *result = NULL;
    if (!store)
        return say(error, where, STORE_FAILED, "out of memory");
    pthread_mutex_init(&store->lock, NULL);
    store->seal = seal;
    if (create && !make_private(where)) {
        say(error, where, STORE_READONLY, strerror(errno));
        goto failed;
    }
    if (sqlite3_open_v2(where, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        outcome = say(error, where, STORE_READONLY,
                      store->db ? sqlite3_errmsg(store->db) : "out of memory");
        goto failed;
    }
    sqlite3_busy_timeout(store->db, BUSY_MS);
    sqlite3_exec(store->db,
                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                 "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF",
                 NULL, NULL, NULL);
    outcome = check_schema(store->db, where, create, error);
    if (outcome != STORE_OK)
        goto failed;
    if (prepare_all(store) != SQLITE_OK) {
        outcome = say(error, where, STORE_DAMAGED, sqlite3_errmsg(store->db));
        goto failed;
    }
    *result = store;
    return STORE_OK;
failed:
    sqlite_close(store);
    return outcome;
}

/* -- transactions -------------------------------------------------------------------------------
 */

static enum store_result sqlite_begin(struct store *store, bool write)
{
    enum store_result result;
    int code;

    pthread_mutex_lock(&store->lock);
    code = sqlite3_step(sqlite_bind(store, write ? SQL_BEGIN_WRITE : SQL_BEGIN_READ, ""));
    result = sqlite_result(code);
    if (result != STORE_OK)
        pthread_mutex_unlock(&store->lock);
    return result;
}

static void sqlite_rollback(struct store *store)
{
    /* Some failures have rolled back already. */
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_step(sqlite_bind(store, SQL_ROLLBACK, ""));
    pthread_mutex_unlock(&store->lock);
}

static enum store_result sqlite_commit(struct store *store)
{
    int code = sqlite3_step(sqlite_bind(store, SQL_COMMIT, ""));

    if (code == SQLITE_DONE) {
        pthread_mutex_unlock(&store->lock);
        return STORE_OK;
    }
    sqlite_rollback(store);
    return sqlite_result(code);
}

/* -- answers ------------------------------------------------------------------------------------
 */

static enum store_result sqlite_answer_get(struct store *store, const char *who, const uint8_t *key,
                                           struct store_answer *answer)
{
    sqlite3_stmt *s = sqlite_bind(store, SQL_ANSWER_GET, "tb", who, key, (size_t)STORE_KEY_LEN);
    enum store_result result = sqlite_row(s);

    if (result != STORE_OK)
        return result;
    memset(answer, 0, sizeof *answer);
    snprintf(answer->who, sizeof answer->who, "%s", who);
    memcpy(answer->key, key, STORE_KEY_LEN);
    if (!sqlite_octets(s, 0, answer->hash, STORE_HASH_LEN))
        result = STORE_DAMAGED;
    else if (!(answer->body = strdup((const char *)sqlite3_column_text(s, 1))))
        result = STORE_FAILED;
    answer->made = sqlite3_column_int64(s, 2);
    sqlite3_reset(s);
    return result;
}

static enum store_result sqlite_answer_put(struct store *store, const struct store_answer *answer)
{
    return sqlite_run(store, sqlite_bind(store, SQL_ANSWER_PUT, "tbbti", answer->who, answer->key,
                                         (size_t)STORE_KEY_LEN, answer->hash,
                                         (size_t)STORE_HASH_LEN, answer->body, answer->made));
}

/* -- records ------------------------------------------------------------------------------------
 */

static enum store_result sqlite_record_add(struct store *store, struct store_record *record)
{
    sqlite3_stmt *s = sqlite_bind(store, SQL_RECORD_SEEN, "tt", record->nai_a, record->nai_b);
    enum store_result result = sqlite_row(s);

    if (result != STORE_OK && result != STORE_NONE)
        return result;
    sqlite3_reset(s);
    record->first = result == STORE_NONE;
    result =
        sqlite_run(store, sqlite_bind(store, SQL_RECORD_ADD, "itttttii", record->time, record->side,
                                      record->partner, record->nai_a, record->nai_b, record->method,
                                      (int64_t)record->first, (int64_t)record->outcome));
    record->id = sqlite3_last_insert_rowid(store->db);
    return result;
}

static enum store_result sqlite_record_outcome(struct store *store, int64_t id,
                                               enum store_outcome outcome)
{
    return sqlite_run(store, sqlite_bind(store, SQL_RECORD_OUTCOME, "ii", id, (int64_t)outcome));
}

static enum store_result sqlite_record_list(struct store *store, int64_t since, store_record_cb cb,
                                            void *data)
{
    sqlite3_stmt *s = sqlite_bind(store, SQL_RECORD_LIST, "i", since);
    struct store_record record;
    enum store_result result;

    while ((result = sqlite_row(s)) == STORE_OK) {
        record.id = sqlite3_column_int64(s, 0);
        record.time = sqlite3_column_int64(s, 1);
        record.first = sqlite3_column_int(s, 7);
        record.outcome = (enum store_outcome)sqlite3_column_int(s, 8);
        if (!sqlite_text(s, 2, record.side, sizeof record.side) ||
            !sqlite_text(s, 3, record.partner, sizeof record.partner) ||
            !sqlite_text(s, 4, record.nai_a, sizeof record.nai_a) ||
            !sqlite_text(s, 5, record.nai_b, sizeof record.nai_b) ||
            !sqlite_text(s, 6, record.method, sizeof record.method)) {
            result = STORE_DAMAGED;
            break;
        }
        if (cb(&record, data) != 0)
            break;
    }
    sqlite3_reset(s);
    return result == STORE_NONE ? STORE_OK : result;
}

/* -- operator keys ------------------------------------------------------------------------------
 */

static void operator_key_place(const uint8_t *public_key, char place[static 32])
{
    snprintf(place, 32, "operator_key %02x%02x%02x%02x", public_key[0], public_key[1],
             public_key[2], public_key[3]);
}

static enum store_result sqlite_operator_key_add(struct store *store,
                                                 const struct store_operator_key *key)
{
    uint8_t sealed[32 + SEAL_OVERHEAD];
    char place[32];

    operator_key_place(key->public_key, place);
    if (key->private_key.len != 32 ||
        seal_close(store->seal, place, key->private_key.octets, 32, sealed) != 0)
        return STORE_FAILED;
    return sqlite_run(store, sqlite_bind(store, SQL_OPERATOR_KEY_ADD, "bbii", key->public_key,
                                         (size_t)SIMAUTH_X25519_LEN, sealed, sizeof sealed,
                                         key->not_before, key->not_after));
}

static enum store_result sqlite_operator_key_get(struct store *store, int64_t now,
                                                 struct store_operator_key *key)
{
    sqlite3_stmt *s = sqlite_bind(store, SQL_OPERATOR_KEY_GET, "i", now);
    enum store_result result = sqlite_row(s);
    char place[32];

    if (result != STORE_OK)
        return result;
    memset(key, 0, sizeof *key);
    key->id = sqlite3_column_int64(s, 0);
    key->not_before = sqlite3_column_int64(s, 3);
    key->not_after = sqlite3_column_int64(s, 4);
    if (!sqlite_octets(s, 1, key->public_key, SIMAUTH_X25519_LEN)) {
        result = STORE_DAMAGED;
    } else {
        operator_key_place(key->public_key, place);
        key->private_key.len = 32;
        if (!sqlite_sealed(store, s, 2, place, key->private_key.octets, 32))
            result = STORE_DAMAGED;
    }
    sqlite3_reset(s);
    return result;
}

/* -- what is over -------------------------------------------------------------------------------
 */

static enum store_result sqlite_sweep(struct store *store, int64_t now)
{
    const struct {
        enum sql sql;
        int64_t before;
    } sweeps[] = {
        {SQL_SWEEP_UB, now - 120},
        {SQL_SWEEP_SESSION, now},
        {SQL_SWEEP_VECTOR, now - 420},
        {SQL_SWEEP_ANSWER, now - 300},
        {SQL_SWEEP_OPERATOR_KEY, now - 86400},
    };

    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++) {
        enum store_result result =
            sqlite_run(store, sqlite_bind(store, sweeps[i].sql, "i", sweeps[i].before));

        if (result != STORE_OK && result != STORE_NONE)
            return result;
    }
    return STORE_OK;
}

const struct store_ops store_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .subscriber_add = sqlite_subscriber_add,
    .subscriber_by_id = sqlite_subscriber_by_id,
    .subscriber_by_impi = sqlite_subscriber_by_impi,
    .subscriber_by_imsi = sqlite_subscriber_by_imsi,
    .subscriber_list = sqlite_subscriber_list,
    .subscriber_remove = sqlite_subscriber_remove,
    .sqn_set = sqlite_sqn_set,
    .binding_add = sqlite_binding_add,
    .binding_find = sqlite_binding_find,
    .binding_list = sqlite_binding_list,
    .binding_remove = sqlite_binding_remove,
    .partner_add = sqlite_partner_add,
    .partner_list = sqlite_partner_list,
    .partner_by_id = sqlite_partner_by_id,
    .partner_by_name = sqlite_partner_by_name,
    .partner_by_realm = sqlite_partner_by_realm,
    .partner_by_certificate = sqlite_partner_by_certificate,
    .partner_suspend = sqlite_partner_suspend,
    .partner_remove = sqlite_partner_remove,
    .ub_put = sqlite_ub_put,
    .ub_get = sqlite_ub_get,
    .ub_wrong = sqlite_ub_wrong,
    .ub_take = sqlite_ub_take,
    .session_put = sqlite_session_put,
    .session_get = sqlite_session_get,
    .vector_add = sqlite_vector_add,
    .vector_by_rand = sqlite_vector_by_rand,
    .vector_by_rand_b = sqlite_vector_by_rand_b,
    .vector_step = sqlite_vector_step,
    .vector_resync = sqlite_vector_resync,
    .vector_give = sqlite_vector_give,
    .vector_renew = sqlite_vector_renew,
    .answer_get = sqlite_answer_get,
    .answer_put = sqlite_answer_put,
    .record_add = sqlite_record_add,
    .record_outcome = sqlite_record_outcome,
    .record_list = sqlite_record_list,
    .operator_key_add = sqlite_operator_key_add,
    .operator_key_get = sqlite_operator_key_get,
    .sweep = sqlite_sweep,
};
