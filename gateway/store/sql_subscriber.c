/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every SQL store does: subscribers, and codes for software SIMs. */
#include "sql.h"

#include <openssl/crypto.h>
#include <string.h>

/* K 16, OP 16, flags 1, AMF 2, c 80, r 5; with TUAK in c and r: TOP 32, second half of K 16, and
 * iterations 1; without a SIM in c: H(A1) 32 */
#define KEYS_LEN 120
#define FLAG_OPC 1
#define FLAG_CONSTANTS 2
#define FLAG_AKAP 4
#define FLAG_TUAK 8
#define FLAG_K_256 16
#define FLAG_GSM 32
#define FLAG_ALGORITHM 64 /* its number is the first octet of OP */

static void keys_write(const struct store_keys *keys, uint8_t octets[static KEYS_LEN])
{
    memcpy(octets, keys->k, 16);
    memcpy(octets + 16, keys->op, 16);
    octets[32] = (keys->op_is_opc ? FLAG_OPC : 0) | (keys->has_constants ? FLAG_CONSTANTS : 0) |
                 (keys->akap ? FLAG_AKAP : 0) | (keys->tuak ? FLAG_TUAK : 0) |
                 (keys->k_256 ? FLAG_K_256 : 0) | (keys->gsm ? FLAG_GSM : 0);
    memcpy(octets + 33, keys->amf, 2);
    memcpy(octets + 35, keys->c, 80);
    memcpy(octets + 115, keys->r, 5);
    if (keys->tuak) {
        memcpy(octets + 35, keys->top, 32);
        memcpy(octets + 67, keys->k_more, 16);
        octets[115] = keys->iterations;
    } else if (keys->algorithm != STORE_MILENAGE) {
        octets[32] |= FLAG_ALGORITHM;
        octets[16] = (uint8_t)keys->algorithm;
    }
    if (keys->algorithm == STORE_NO_SIM)
        memcpy(octets + 35, keys->ha1, sizeof keys->ha1);
}

static void keys_read(struct store_keys *keys, const uint8_t octets[static KEYS_LEN])
{
    memcpy(keys->k, octets, 16);
    memcpy(keys->op, octets + 16, 16);
    keys->op_is_opc = octets[32] & FLAG_OPC;
    keys->has_constants = octets[32] & FLAG_CONSTANTS;
    keys->akap = octets[32] & FLAG_AKAP;
    memcpy(keys->amf, octets + 33, 2);
    memcpy(keys->c, octets + 35, 80);
    memcpy(keys->r, octets + 115, 5);
    keys->tuak = octets[32] & FLAG_TUAK;
    keys->k_256 = octets[32] & FLAG_K_256;
    if (keys->tuak) {
        memcpy(keys->top, octets + 35, 32);
        memcpy(keys->k_more, octets + 67, 16);
        keys->iterations = octets[115];
    }
    keys->gsm = octets[32] & FLAG_GSM;
    keys->algorithm = octets[32] & FLAG_ALGORITHM ? octets[16] : STORE_MILENAGE;
    if (keys->algorithm == STORE_NO_SIM)
        memcpy(keys->ha1, octets + 35, sizeof keys->ha1);
}

static enum store_result put_keys(struct store *store, const struct store_subscriber *subscriber)
{
    uint8_t octets[KEYS_LEN], sealed[KEYS_LEN + SEAL_OVERHEAD];
    enum store_result result = STORE_FAILED;
    char place[SEAL_PLACE_MAX];

    seal_place_number("subscriber.keys", subscriber->id, place);
    keys_write(&subscriber->keys, octets);
    if (seal_close(store->seal, place, octets, sizeof octets, sealed) == 0)
        result = sql_run(store, sql_bind(store, SQL_SUBSCRIBER_KEYS, "ib", subscriber->id, sealed,
                                         sizeof sealed));
    OPENSSL_cleanse(octets, sizeof octets);
    return result;
}

enum store_result sql_subscriber_add(struct store *store, struct store_subscriber *subscriber)
{
    enum store_result result = sql_run(
        store, sql_bind(store, SQL_SUBSCRIBER_ADD, "tttii", subscriber->imsi, subscriber->impi,
                        subscriber->nai, (int64_t)subscriber->sqn, subscriber->sim_since));

    if (result != STORE_OK)
        return result;
    subscriber->id = sql_inserted(store);
    return put_keys(store, subscriber);
}

static enum store_result read_row(struct store *store, struct sql_rows *s,
                                  struct store_subscriber *subscriber)
{
    uint8_t octets[KEYS_LEN];
    char place[SEAL_PLACE_MAX];

    memset(subscriber, 0, sizeof *subscriber);
    subscriber->id = sql_integer(store, s, 0);
    subscriber->sqn = (uint64_t)sql_integer(store, s, 5);
    subscriber->barred = (int)sql_integer(store, s, 7);
    subscriber->sim_since = sql_integer(store, s, 6);
    seal_place_number("subscriber.keys", subscriber->id, place);
    if (!sql_text(store, s, 1, subscriber->imsi, sizeof subscriber->imsi) ||
        !sql_text(store, s, 2, subscriber->impi, sizeof subscriber->impi) ||
        !sql_text(store, s, 3, subscriber->nai, sizeof subscriber->nai) ||
        !sql_sealed(store, s, 4, place, octets, sizeof octets))
        return STORE_DAMAGED;
    keys_read(&subscriber->keys, octets);
    OPENSSL_cleanse(octets, sizeof octets);
    return STORE_OK;
}

static enum store_result read_one(struct store *store, struct sql_rows *s,
                                  struct store_subscriber *subscriber)
{
    enum store_result result = sql_row(store, s);

    if (result == STORE_OK)
        result = read_row(store, s, subscriber);
    sql_reset(store, s);
    return result;
}

enum store_result sql_subscriber_by_id(struct store *store, int64_t id,
                                       struct store_subscriber *subscriber)
{
    return read_one(store, sql_bind(store, SQL_SUBSCRIBER_BY_ID, "i", id), subscriber);
}

enum store_result sql_subscriber_by_impi(struct store *store, const char *impi,
                                         struct store_subscriber *subscriber)
{
    return read_one(store, sql_bind(store, SQL_SUBSCRIBER_BY_IMPI, "t", impi), subscriber);
}

enum store_result sql_subscriber_by_imsi(struct store *store, const char *imsi,
                                         struct store_subscriber *subscriber)
{
    return read_one(store, sql_bind(store, SQL_SUBSCRIBER_BY_IMSI, "t", imsi), subscriber);
}

struct subscriber_walk {
    store_subscriber_cb cb;
    void *data;
};

static enum store_result list_row(struct store *store, struct sql_rows *s, void *data, int *stop)
{
    const struct subscriber_walk *walk = data;
    struct store_subscriber subscriber;
    enum store_result result = read_row(store, s, &subscriber);

    if (result == STORE_OK)
        *stop = walk->cb(&subscriber, walk->data);
    store_subscriber_wipe(&subscriber);
    return result;
}

enum store_result sql_subscriber_list(struct store *store, const char *after, int limit,
                                      store_subscriber_cb cb, void *data)
{
    struct subscriber_walk walk = {cb, data};
    struct sql_rows *s =
        sql_bind(store, SQL_SUBSCRIBER_LIST, "ti", after, limit > 0 ? (int64_t)limit : INT64_MAX);

    return sql_walk(store, s, list_row, &walk);
}

enum store_result sql_subscriber_remove(struct store *store, int64_t id)
{
    enum store_result result = sql_certificate_revoke_sim(store, id);

    if (result == STORE_OK)
        result = sql_run(store, sql_bind(store, SQL_BARRED_ENDED, "i", id));
    return result == STORE_OK || result == STORE_NONE
               ? sql_run(store, sql_bind(store, SQL_SUBSCRIBER_REMOVE, "i", id))
               : result;
}

/* What was agreed with a SIM, or is open. */
static enum store_result end_all(struct store *store, int64_t id)
{
    static const enum sql gone[] = {SQL_BARRED_SESSION, SQL_BARRED_UB, SQL_BARRED_VECTOR,
                                    SQL_BARRED_TICKET, SQL_BARRED_ENDED};
    enum store_result result = sql_certificate_revoke_sim(store, id);

    for (size_t i = 0; result == STORE_OK && i < sizeof gone / sizeof *gone; i++) {
        result = sql_run(store, sql_bind(store, gone[i], "i", id));
        if (result == STORE_NONE)
            result = STORE_OK;
    }
    return result;
}

enum store_result sql_subscriber_bar(struct store *store, int64_t id, bool barred)
{
    enum store_result result =
        sql_run(store, sql_bind(store, SQL_SUBSCRIBER_BAR, "ii", id, (int64_t)barred));

    return result == STORE_OK ? end_all(store, id) : result;
}

enum store_result sql_subscriber_rekey(struct store *store,
                                       const struct store_subscriber *subscriber)
{
    enum store_result result = put_keys(store, subscriber);

    return result == STORE_OK ? end_all(store, subscriber->id) : result;
}

enum store_result sql_subscriber_since(struct store *store, int64_t id, int64_t sim_since)
{
    enum store_result result = sql_certificate_revoke_sim(store, id);

    return result == STORE_OK
               ? sql_run(store, sql_bind(store, SQL_SUBSCRIBER_SINCE, "ii", id, sim_since))
               : result;
}

enum store_result sql_sqn_set(struct store *store, int64_t id, uint64_t sqn)
{
    return sql_run(store, sql_bind(store, SQL_SQN_SET, "ii", id, (int64_t)sqn));
}

/* -- codes ------------------------------------------------------------------------------------- */

enum store_result sql_code_put(struct store *store, const struct store_code *code)
{
    uint8_t sealed[STORE_CODE_SECRET_LEN + SEAL_OVERHEAD];
    char place[SEAL_PLACE_MAX];
    enum store_result result = sql_code_remove(store, code->subscriber);

    seal_place("code", code->id, STORE_CODE_ID_LEN, place);
    if (result != STORE_OK && result != STORE_NONE)
        return result;
    if (seal_close(store->seal, place, code->secret, STORE_CODE_SECRET_LEN, sealed) != 0)
        return STORE_FAILED;
    return sql_run(store, sql_bind(store, SQL_CODE_PUT, "bbii", code->id, (size_t)STORE_CODE_ID_LEN,
                                   sealed, sizeof sealed, code->subscriber, code->expires));
}

enum store_result sql_code_get(struct store *store, const uint8_t *id, struct store_code *code)
{
    struct sql_rows *s = sql_bind(store, SQL_CODE_GET, "b", id, (size_t)STORE_CODE_ID_LEN);
    enum store_result result = sql_row(store, s);
    char place[SEAL_PLACE_MAX];

    if (result != STORE_OK)
        return result;
    memset(code, 0, sizeof *code);
    memcpy(code->id, id, STORE_CODE_ID_LEN);
    seal_place("code", id, STORE_CODE_ID_LEN, place);
    code->subscriber = sql_integer(store, s, 2);
    code->expires = sql_integer(store, s, 3);
    code->used = sql_integer(store, s, 4);
    if (!sql_sealed(store, s, 1, place, code->secret, STORE_CODE_SECRET_LEN))
        result = STORE_DAMAGED;
    sql_reset(store, s);
    return result;
}

enum store_result sql_code_use(struct store *store, const uint8_t *id, int64_t now)
{
    return sql_run(store, sql_bind(store, SQL_CODE_USE, "bi", id, (size_t)STORE_CODE_ID_LEN, now));
}

enum store_result sql_code_remove(struct store *store, int64_t subscriber)
{
    return sql_run(store, sql_bind(store, SQL_CODE_REMOVE, "i", subscriber));
}
