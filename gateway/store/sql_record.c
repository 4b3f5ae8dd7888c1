/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every SQL store does: records, prices, operator keys. */
#include "sql.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- records ----------------------------------------------------------------------------------- */

enum store_result sql_record_first(struct store *store, struct store_record *record)
{
    struct sql_rows *s = sql_bind(store, SQL_RECORD_SEEN, "tt", record->nai_a, record->nai_b);
    enum store_result result = sql_row(store, s);

    if (result != STORE_OK && result != STORE_NONE)
        return result;
    sql_reset(store, s);
    record->first = result == STORE_NONE;
    return STORE_OK;
}

enum store_result sql_record_add(struct store *store, struct store_record *record)
{
    enum store_result result = sql_record_first(store, record);

    if (result != STORE_OK)
        return result;
    result = sql_run(store, sql_bind(store, SQL_RECORD_ADD, "itttttii", record->time, record->side,
                                     record->partner, record->nai_a, record->nai_b, record->method,
                                     (int64_t)record->first, (int64_t)record->outcome));
    record->id = sql_inserted(store);
    return result;
}

enum store_result sql_record_name(struct store *store, struct store_record *record)
{
    enum store_result result = sql_record_first(store, record);

    if (result != STORE_OK)
        return result;
    return sql_run(store, sql_bind(store, SQL_RECORD_NAME, "itti", record->id, record->nai_b,
                                   record->method, (int64_t)record->first));
}

enum store_result sql_record_drop(struct store *store, int64_t id)
{
    return sql_run(store, sql_bind(store, SQL_RECORD_DROP, "i", id));
}

enum store_result sql_record_outcome(struct store *store, int64_t id, enum store_outcome outcome)
{
    return sql_run(store, sql_bind(store, SQL_RECORD_OUTCOME, "ii", id, (int64_t)outcome));
}

struct record_walk {
    store_record_cb cb;
    void *data;
};

static enum store_result record_row(struct store *store, struct sql_rows *s, void *data, int *stop)
{
    const struct record_walk *walk = data;
    struct store_record r = {.id = sql_integer(store, s, 0),
                             .time = sql_integer(store, s, 1),
                             .first = (int)sql_integer(store, s, 7),
                             .outcome = (enum store_outcome)(int)sql_integer(store, s, 8)};

    if (!sql_text(store, s, 2, r.side, sizeof r.side) ||
        !sql_text(store, s, 3, r.partner, sizeof r.partner) ||
        !sql_text(store, s, 4, r.nai_a, sizeof r.nai_a) ||
        !sql_text(store, s, 5, r.nai_b, sizeof r.nai_b) ||
        !sql_text(store, s, 6, r.method, sizeof r.method))
        return STORE_DAMAGED;
    *stop = walk->cb(&r, walk->data);
    return STORE_OK;
}

static int64_t end_of(int64_t to)
{
    return to ? to : INT64_MAX;
}

enum store_result sql_record_list(struct store *store, const struct store_record_filter *f,
                                  store_record_cb cb, void *data)
{
    struct record_walk walk = {cb, data};
    struct sql_rows *s =
        sql_bind(store, SQL_RECORD_LIST, "iiiti", f->from, end_of(f->to), f->after,
                 f->nai ? f->nai : "", f->limit > 0 ? (int64_t)f->limit : INT64_MAX);

    return sql_walk(store, s, record_row, &walk);
}

struct sum_walk {
    store_sum_cb cb;
    void *data;
};

static enum store_result sum_row(struct store *store, struct sql_rows *s, void *data, int *stop)
{
    const struct sum_walk *walk = data;
    struct store_sum sum = {.first = (int)sql_integer(store, s, 3),
                            .issued = sql_integer(store, s, 4),
                            .confirmed = sql_integer(store, s, 5),
                            .gone = sql_integer(store, s, 6)};

    if (!sql_text(store, s, 0, sum.key, sizeof sum.key) ||
        !sql_text(store, s, 1, sum.side, sizeof sum.side) ||
        !sql_text(store, s, 2, sum.method, sizeof sum.method))
        return STORE_DAMAGED;
    *stop = walk->cb(&sum, walk->data);
    return STORE_OK;
}

enum store_result sql_record_sum(struct store *store, bool by_subscriber, int64_t from, int64_t to,
                                 store_sum_cb cb, void *data)
{
    enum sql sql = by_subscriber ? SQL_RECORD_SUM_SUBSCRIBER : SQL_RECORD_SUM_PARTNER;
    struct sum_walk walk = {cb, data};

    return sql_walk(store, sql_bind(store, sql, "ii", from, end_of(to)), sum_row, &walk);
}

/* "first for this pair" must not come back with the age of the records. */
enum store_result sql_record_purge(struct store *store, int64_t before, int64_t last)
{
    const int64_t most = SQL_PURGE_MAX;
    enum store_result result =
        sql_run(store, sql_bind(store, SQL_RECORD_PAIRS, "iii", before, last, most));

    if (result != STORE_OK && result != STORE_NONE)
        return result;
    return sql_run(store, sql_bind(store, SQL_RECORD_PURGE, "iii", before, last, most));
}

enum store_result sql_record_erase(struct store *store, const char *nai)
{
    static const enum sql places[] = {SQL_RECORD_ERASE_A, SQL_RECORD_ERASE_B, SQL_PAIR_ERASE,
                                      SQL_EVENT_ERASE, SQL_CERTIFICATE_ERASE};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        enum store_result result = sql_run(store, sql_bind(store, places[i], "t", nai));

        if (result != STORE_OK && result != STORE_NONE)
            return result;
    }
    return STORE_OK;
}

/* -- prices ------------------------------------------------------------------------------------ */

enum store_result sql_price_set(struct store *store, const struct store_price *price)
{
    const int64_t first = price->first;
    enum store_result result = sql_run(
        store, sql_bind(store, SQL_PRICE_FORGET, "tii", price->method, first, price->since));

    if (result == STORE_OK || result == STORE_NONE)
        result = sql_run(store, sql_bind(store, SQL_PRICE_SINCE, "tiii", price->method, first,
                                         price->since, price->amount));
    return result == STORE_OK ? sql_run(store, sql_bind(store, SQL_PRICE_SET, "tii", price->method,
                                                        first, price->amount))
                              : result;
}

struct price_walk {
    store_price_cb cb;
    void *data;
};

static enum store_result price_row(struct store *store, struct sql_rows *s, void *data, int *stop)
{
    const struct price_walk *walk = data;
    struct store_price price = {.first = (int)sql_integer(store, s, 1),
                                .amount = sql_integer(store, s, 2),
                                .since = sql_integer(store, s, 3)};

    if (!sql_text(store, s, 0, price.method, sizeof price.method))
        return STORE_DAMAGED;
    *stop = walk->cb(&price, walk->data);
    return STORE_OK;
}

enum store_result sql_price_list(struct store *store, store_price_cb cb, void *data)
{
    struct price_walk walk = {cb, data};

    return sql_walk(store, sql_bind(store, SQL_PRICE_LIST, ""), price_row, &walk);
}

enum store_result sql_price_history(struct store *store, store_price_cb cb, void *data)
{
    struct price_walk walk = {cb, data};

    return sql_walk(store, sql_bind(store, SQL_PRICE_HISTORY, ""), price_row, &walk);
}

/* -- operator keys ----------------------------------------------------------------------------- */

enum store_result sql_operator_key_add(struct store *store, const struct store_operator_key *key)
{
    uint8_t sealed[32 + SEAL_OVERHEAD];
    char place[SEAL_PLACE_MAX];

    seal_place("operator_key", key->public_key, 4, place);
    if (key->private_key.len != 32 ||
        seal_close(store->seal, place, key->private_key.octets, 32, sealed) != 0)
        return STORE_FAILED;
    return sql_run(store, sql_bind(store, SQL_OPERATOR_KEY_ADD, "bbii", key->public_key,
                                   (size_t)SIMAUTH_X25519_LEN, sealed, sizeof sealed,
                                   key->not_before, key->not_after));
}

enum store_result sql_operator_key_get(struct store *store, int64_t now,
                                       struct store_operator_key *key)
{
    struct sql_rows *s = sql_bind(store, SQL_OPERATOR_KEY_GET, "i", now);
    enum store_result result = sql_row(store, s);
    char place[SEAL_PLACE_MAX];

    if (result != STORE_OK)
        return result;
    memset(key, 0, sizeof *key);
    key->id = sql_integer(store, s, 0);
    key->not_before = sql_integer(store, s, 3);
    key->not_after = sql_integer(store, s, 4);
    if (!sql_octets(store, s, 1, key->public_key, SIMAUTH_X25519_LEN)) {
        result = STORE_DAMAGED;
    } else {
        seal_place("operator_key", key->public_key, 4, place);
        key->private_key.len = 32;
        if (!sql_sealed(store, s, 2, place, key->private_key.octets, 32))
            result = STORE_DAMAGED;
    }
    sql_reset(store, s);
    return result;
}

/* -- what is over ------------------------------------------------------------------------------ */

struct sweep {
    enum sql sql;
    int64_t before;
};

static enum store_result sweep_all(struct store *store, const struct sweep *sweeps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum store_result result =
            sql_run(store, sql_bind(store, sweeps[i].sql, "i", sweeps[i].before));

        if (result != STORE_OK && result != STORE_NONE)
            return result;
    }
    return STORE_OK;
}

enum store_result sql_sweep_others(struct store *store, int64_t now)
{
    const struct sweep sweeps[] = {
        {SQL_SWEEP_UB, now - 120},
        {SQL_SWEEP_SESSION, now},
        {SQL_SWEEP_TICKET, now - STORE_VECTOR_S},
        {SQL_SWEEP_OPERATOR_KEY, now - 86400},
        {SQL_SWEEP_PROOF, now - 86400},
    };

    return sweep_all(store, sweeps, sizeof sweeps / sizeof *sweeps);
}

enum store_result sql_newest(struct store *store, int64_t *time)
{
    struct sql_rows *s = sql_bind(store, SQL_NEWEST, "");
    enum store_result result = sql_row(store, s);

    if (result == STORE_OK)
        *time = sql_integer(store, s, 0);
    sql_reset(store, s);
    return result;
}

enum store_result sql_sweep_lasting(struct store *store, int64_t now)
{
    const struct sweep sweeps[] = {{SQL_SWEEP_CODE, now - 86400},
                                   {SQL_SWEEP_CLAIM, now - STORE_CLAIM_S},
                                   {SQL_SWEEP_CERTIFICATE, now - 3600}};

    return sweep_all(store, sweeps, sizeof sweeps / sizeof *sweeps);
}

enum store_result sql_sweep(struct store *store, int64_t now)
{
    const struct sweep sweeps[] = {
        {SQL_SWEEP_VECTOR, now - STORE_VECTOR_S},
        {SQL_SWEEP_ANSWER, now - STORE_ANSWER_S},
        {SQL_SWEEP_RECORD, now - SQL_SWEEP_RECORD_S},
    };
    enum store_result result = sql_sweep_others(store, now);

    return result == STORE_OK ? sweep_all(store, sweeps, sizeof sweeps / sizeof *sweeps) : result;
}
