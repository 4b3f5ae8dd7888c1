/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a gateway of before left in the tables that memory and journal are for now. */
#include "serving_own.h"

#include <string.h>
#include <time.h>

#define ROWS 500 /* of one transaction */

static enum store_result take_vector(struct serving *serving, sqlite3_stmt *row)
{
    struct store_vector v = {0};
    enum store_result result =
        sql_vector_by_rand(serving->store, (enum store_vector_role)sqlite3_column_int(row, 0),
                           sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1), &v);

    if (result == STORE_OK)
        result = calls_vector_add(&serving->calls, &v);
    if (result == STORE_OK && sqlite3_column_bytes(row, 2) == SIMAUTH_X25519_LEN)
        result = calls_vector_give(&serving->calls, v.id, sqlite3_column_blob(row, 2));
    simauth_secret_wipe(&v.ssk);
    /* One that cannot be read is nobody's any more. */
    return result == STORE_DAMAGED || result == STORE_EXISTS ? STORE_OK : result;
}

static enum store_result take_answer(struct serving *serving, sqlite3_stmt *row)
{
    struct store_answer answer = {.body = (char *)(uintptr_t)sqlite3_column_text(row, 3),
                                  .made = sqlite3_column_int64(row, 4)};
    enum store_result result;

    g_strlcpy(answer.who, (const char *)sqlite3_column_text(row, 0), sizeof answer.who);
    if (!answer.body || sqlite3_column_bytes(row, 1) != STORE_KEY_LEN ||
        sqlite3_column_bytes(row, 2) != STORE_HASH_LEN)
        return STORE_OK;
    memcpy(answer.key, sqlite3_column_blob(row, 1), STORE_KEY_LEN);
    memcpy(answer.hash, sqlite3_column_blob(row, 2), STORE_HASH_LEN);
    result = calls_answer_put(&serving->calls, &answer);
    return result == STORE_NONE ? STORE_OK : result;
}

struct kind {
    const char *list, *remove;
    enum store_result (*take)(struct serving *serving, sqlite3_stmt *row);
};
static const struct kind kinds[] = {
    {"SELECT role, rand, given_to FROM vector ORDER BY id LIMIT 500",
     "DELETE FROM vector WHERE id IN (SELECT id FROM vector ORDER BY id LIMIT 500)", take_vector},
    {"SELECT who, key, hash, body, made FROM answer ORDER BY who, key LIMIT 500",
     "DELETE FROM answer WHERE (who, key) IN (SELECT who, key FROM answer ORDER BY who, key LIMIT "
     "500)",
     take_answer},
};

/* In a transaction; *more: there may be others. */
static enum store_result take_some(struct serving *serving, const struct kind *kind, bool *more)
{
    sqlite3 *db = sqlite_database(serving->store);
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(db, kind->list, -1, &rows, NULL), count = 0;
    enum store_result result = STORE_OK;

    while (code == SQLITE_OK && result == STORE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        result = kind->take(serving, rows);
        count++;
        code = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    if (result == STORE_OK && code == SQLITE_DONE)
        code = count ? sqlite3_exec(db, kind->remove, NULL, NULL, NULL) : SQLITE_OK;
    *more = count == ROWS;
    return result == STORE_OK ? sqlite_result(code) : result;
}

enum store_result serving_take_over(struct serving *serving)
{
    enum store_result result = STORE_OK;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool more = true;

        while (result == STORE_OK && more) {
            result = serving_begin(serving->store, STORE_WRITE);
            if (result != STORE_OK)
                break;
            result = take_some(serving, &kinds[i], &more);
            if (result == STORE_OK)
                result = serving_commit(serving->store);
            else
                serving_rollback(serving->store);
        }
    }
    return result;
}
