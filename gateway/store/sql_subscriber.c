/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every SQL store does: subscribers and the AORs bound to them. */
#include "sql.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* K 16, OP 16, flags 1, AMF 2, c 80, r 5; with TUAK in c and r: TOP 32, second half of K 16, and
 * iterations 1 */
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
}

static void place_of(int64_t id, char place[static 48])
{
    snprintf(place, 48, "subscriber.keys %" PRId64, id);
}

enum store_result sql_subscriber_add(struct store *store, struct store_subscriber *subscriber)
{
    uint8_t octets[KEYS_LEN], sealed[KEYS_LEN + SEAL_OVERHEAD];
    char place[48];
    enum store_result result = sql_run(
        store, sql_bind(store, SQL_SUBSCRIBER_ADD, "tttii", subscriber->imsi, subscriber->impi,
                        subscriber->nai, (int64_t)subscriber->sqn, subscriber->sim_since));

    if (result != STORE_OK)
        return result;
    subscriber->id = sql_inserted(store);
    place_of(subscriber->id, place);
    keys_write(&subscriber->keys, octets);
    result = STORE_FAILED;
    if (seal_close(store->seal, place, octets, sizeof octets, sealed) == 0)
        result = sql_run(store, sql_bind(store, SQL_SUBSCRIBER_KEYS, "ib", subscriber->id, sealed,
                                         sizeof sealed));
    OPENSSL_cleanse(octets, sizeof octets);
    return result;
}

static enum store_result read_row(struct store *store, struct sql_rows *s,
                                  struct store_subscriber *subscriber)
{
    uint8_t octets[KEYS_LEN];
    char place[48];

    memset(subscriber, 0, sizeof *subscriber);
    subscriber->id = sql_integer(store, s, 0);
    subscriber->sqn = (uint64_t)sql_integer(store, s, 5);
    subscriber->sim_since = sql_integer(store, s, 6);
    place_of(subscriber->id, place);
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

enum store_result sql_subscriber_list(struct store *store, store_subscriber_cb cb, void *data)
{
    struct sql_rows *s = sql_bind(store, SQL_SUBSCRIBER_LIST, "");
    struct store_subscriber subscriber;
    enum store_result result;
    int stop = 0;

    while (!stop && (result = sql_row(store, s)) == STORE_OK) {
        result = read_row(store, s, &subscriber);
        if (result != STORE_OK)
            break;
        stop = cb(&subscriber, data);
    }
    store_subscriber_wipe(&subscriber);
    sql_reset(store, s);
    return stop || result == STORE_NONE ? STORE_OK : result;
}

enum store_result sql_subscriber_remove(struct store *store, int64_t id)
{
    return sql_run(store, sql_bind(store, SQL_SUBSCRIBER_REMOVE, "i", id));
}

enum store_result sql_sqn_set(struct store *store, int64_t id, uint64_t sqn)
{
    return sql_run(store, sql_bind(store, SQL_SQN_SET, "ii", id, (int64_t)sqn));
}

/* -- bindings -----------------------------------------------------------------------------------
 */

enum store_result sql_binding_add(struct store *store, const struct store_binding *binding)
{
    return sql_run(store,
                   sql_bind(store, SQL_BINDING_ADD, "ti", binding->aor, binding->subscriber));
}

static enum store_result read_binding(struct store *store, struct sql_rows *s,
                                      struct store_binding *binding)
{
    binding->subscriber = sql_integer(store, s, 1);
    return sql_text(store, s, 0, binding->aor, sizeof binding->aor) &&
                   sql_text(store, s, 2, binding->nai, sizeof binding->nai)
               ? STORE_OK
               : STORE_DAMAGED;
}

enum store_result sql_binding_find(struct store *store, const char *aor,
                                   struct store_binding *binding)
{
    struct sql_rows *s = sql_bind(store, SQL_BINDING_FIND, "t", aor);
    enum store_result result = sql_row(store, s);

    if (result == STORE_OK)
        result = read_binding(store, s, binding);
    sql_reset(store, s);
    return result;
}

enum store_result sql_binding_list(struct store *store, int64_t subscriber, store_binding_cb cb,
                                   void *data)
{
    struct sql_rows *s = sql_bind(store, SQL_BINDING_LIST, "i", subscriber);
    struct store_binding binding;
    enum store_result result;
    int stop = 0;

    while (!stop && (result = sql_row(store, s)) == STORE_OK) {
        result = read_binding(store, s, &binding);
        if (result != STORE_OK)
            break;
        stop = cb(&binding, data);
    }
    sql_reset(store, s);
    return stop || result == STORE_NONE ? STORE_OK : result;
}

enum store_result sql_binding_remove(struct store *store, const char *aor)
{
    return sql_run(store, sql_bind(store, SQL_BINDING_REMOVE, "t", aor));
}
