/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that is sealed, table by table: sealing it with the present key. And what a database
 * needs that comes out of a backup. */
#include "sql.h"

#include <openssl/crypto.h>
#include <string.h>

/* Each table has a number that grows, what names the place, and the sealed value. */
static const struct {
    enum sql list, set;
    const char *place;
    size_t name_len; /* octets of the name that stand in the place; 0: the number stands there */
} tables[] = {
    {SQL_RESEAL_SUBSCRIBER, SQL_RESEAL_SUBSCRIBER_SET, "subscriber.keys", 0},
    {SQL_RESEAL_OPERATOR_KEY, SQL_RESEAL_OPERATOR_KEY_SET, "operator_key", 4},
    {SQL_RESEAL_CODE, SQL_RESEAL_CODE_SET, "code", STORE_CODE_ID_LEN},
    {SQL_RESEAL_SESSION, SQL_RESEAL_SESSION_SET, "session", SIMAUTH_RAND_LEN},
    {SQL_RESEAL_UB, SQL_RESEAL_UB_SET, "ub", SIMAUTH_RAND_LEN},
    {SQL_RESEAL_VECTOR, SQL_RESEAL_VECTOR_SET, "vector", SIMAUTH_RAND_LEN},
    {SQL_RESEAL_AUTHORITY, SQL_RESEAL_AUTHORITY_SET, "authority", STORE_AUTHORITY_NAME_LEN},
    {SQL_RESEAL_TICKET, SQL_RESEAL_TICKET_SET, "ticket", SIMAUTH_TICKET_LEN},
};
#define TABLES (sizeof tables / sizeof *tables)

struct sealed_row {
    int64_t number;
    char place[SEAL_PLACE_MAX];
    uint8_t sealed[STORE_SECRET_MAX + SEAL_OVERHEAD];
    size_t len;
};

/* -- one value --------------------------------------------------------------------------------- */

static bool read_row(struct store *store, struct sql_rows *rows, size_t table,
                     struct sealed_row *row)
{
    size_t name_len, want = tables[table].name_len;
    const uint8_t *name = store->driver->value(store, rows, 1, &name_len);
    const void *sealed;

    row->number = sql_integer(store, rows, 0);
    if (want && (!name || name_len < want))
        return false;
    if (want)
        seal_place(tables[table].place, name, want, row->place);
    else
        seal_place_number(tables[table].place, row->number, row->place);
    sealed = store->driver->value(store, rows, 2, &row->len);
    if (!sealed || row->len < SEAL_OVERHEAD || row->len > sizeof row->sealed)
        return false;
    memcpy(row->sealed, sealed, row->len);
    return true;
}

static enum store_result renew(struct store *store, size_t table, const struct sealed_row *row,
                               struct store_reseal *reseal)
{
    uint8_t plain[STORE_SECRET_MAX], sealed[STORE_SECRET_MAX + SEAL_OVERHEAD];
    enum store_result result = STORE_OK;

    if (seal_open_present(store->seal, row->place, row->sealed, row->len, plain) == 0) {
        reseal->present++;
    } else if (seal_open(store->seal, row->place, row->sealed, row->len, plain) != 0) {
        reseal->unknown++;
    } else if (reseal->count_only) {
        reseal->old++;
    } else if (seal_close(store->seal, row->place, plain, row->len - SEAL_OVERHEAD, sealed) != 0) {
        result = STORE_FAILED;
    } else {
        reseal->old++;
        result = sql_run(store, sql_bind(store, tables[table].set, "ibb", row->number, sealed,
                                         row->len, row->sealed, row->len));
    }
    OPENSSL_cleanse(plain, sizeof plain);
    return result == STORE_NONE ? STORE_OK : result; /* it was written anew meanwhile */
}

/* -- a batch ----------------------------------------------------------------------------------- */

enum store_result sql_reseal(struct store *store, struct store_reseal *reseal)
{
    struct sealed_row batch[SQL_RESEAL_BATCH];
    struct sql_rows *rows = sql_bind(store, tables[reseal->table].list, "i", reseal->after);
    enum store_result result;
    size_t count = 0, read = 0;

    while ((result = sql_row(store, rows)) == STORE_OK && read < SQL_RESEAL_BATCH) {
        reseal->after = sql_integer(store, rows, 0);
        if (read_row(store, rows, reseal->table, &batch[count]))
            count++;
        else
            reseal->unknown++;
        read++;
    }
    sql_reset(store, rows);
    if (result != STORE_OK && result != STORE_NONE)
        return result;
    result = STORE_OK;
    for (size_t i = 0; result == STORE_OK && i < count; i++)
        result = renew(store, reseal->table, &batch[i], reseal);
    if (result == STORE_OK && read < SQL_RESEAL_BATCH) {
        reseal->table++;
        reseal->after = 0;
        reseal->done = reseal->table == TABLES;
    }
    return result;
}

/* -- a backup's -------------------------------------------------------------------------------- */

enum store_result sql_restored(struct store *store, uint64_t jump)
{
    static const enum sql volatile_tables[] = {SQL_RESTORED_UB,     SQL_RESTORED_SESSION,
                                               SQL_RESTORED_VECTOR, SQL_RESTORED_TICKET,
                                               SQL_RESTORED_CODE,   SQL_RESTORED_ANSWER};
    enum store_result result = sql_run(
        store, sql_bind(store, SQL_RESTORED_SQN, "ii", (int64_t)jump, INT64_C(0xffffffffffff)));

    for (size_t i = 0; i < sizeof volatile_tables / sizeof *volatile_tables; i++) {
        if (result == STORE_OK || result == STORE_NONE)
            result = sql_run(store, sql_bind(store, volatile_tables[i], ""));
    }
    if (result == STORE_OK || result == STORE_NONE)
        result = sql_run(store, sql_bind(store, SQL_BARRED_ENDED, "i", INT64_C(0)));
    return result == STORE_NONE ? STORE_OK : result;
}
