/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every SQL store does: the authority of subscribers' certificates, and these. */
#include "sql.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* -- the authority ----------------------------------------------------------------------------- */

void store_authority_clear(struct store_authority *authority)
{
    OPENSSL_cleanse(authority->key, sizeof authority->key);
    free(authority->chain);
    memset(authority, 0, sizeof *authority);
}

enum store_result sql_authority_add(struct store *store, const struct store_authority *a)
{
    uint8_t sealed[STORE_AUTHORITY_KEY_MAX + SEAL_OVERHEAD];
    char place[SEAL_PLACE_MAX];

    seal_place("authority", a->name, STORE_AUTHORITY_NAME_LEN, place);
    if (seal_close(store->seal, place, a->key, a->key_len, sealed) != 0)
        return STORE_FAILED;
    return sql_run(store, sql_bind(store, SQL_AUTHORITY_ADD, "btbi", a->name,
                                   (size_t)STORE_AUTHORITY_NAME_LEN, a->chain, sealed,
                                   a->key_len + SEAL_OVERHEAD, a->made));
}

static enum store_result read_authority(struct store *store, struct sql_rows *s,
                                        struct store_authority *a)
{
    const char *chain = sql_string(store, s, 1);
    int sealed = sql_bytes(store, s, 2);
    char place[SEAL_PLACE_MAX];

    memset(a, 0, sizeof *a);
    if (!sql_octets(store, s, 0, a->name, sizeof a->name) || !chain || sealed <= SEAL_OVERHEAD ||
        (size_t)sealed > sizeof a->key + SEAL_OVERHEAD)
        return STORE_DAMAGED;
    seal_place("authority", a->name, STORE_AUTHORITY_NAME_LEN, place);
    a->key_len = (size_t)sealed - SEAL_OVERHEAD;
    a->made = sql_integer(store, s, 3);
    if (!sql_sealed(store, s, 2, place, a->key, a->key_len))
        return STORE_DAMAGED;
    a->chain = strdup(chain);
    return a->chain ? STORE_OK : STORE_FAILED;
}

enum store_result sql_authority_get(struct store *store, struct store_authority *a)
{
    struct sql_rows *s = sql_bind(store, SQL_AUTHORITY_GET, "");
    enum store_result result = sql_row(store, s);

    memset(a, 0, sizeof *a);
    if (result != STORE_OK)
        return result;
    result = read_authority(store, s, a);
    if (result != STORE_OK)
        store_authority_clear(a);
    sql_reset(store, s);
    return result;
}

/* -- certificates ------------------------------------------------------------------------------ */

enum store_result sql_certificate_add(struct store *store, const struct store_certificate *c)
{
    return sql_run(store, sql_bind(store, SQL_CERTIFICATE_ADD, "bittiib", c->serial,
                                   (size_t)STORE_SERIAL_LEN, c->subscriber, c->nai, c->aor,
                                   c->not_before, c->not_after, c->der, c->der_len));
}

struct certificate_walk {
    store_certificate_cb cb;
    void *data;
};

static enum store_result list_row(struct store *store, struct sql_rows *s, void *data, int *stop)
{
    const struct certificate_walk *walk = data;
    struct store_certificate c = {.subscriber = sql_integer(store, s, 1),
                                  .not_before = sql_integer(store, s, 4),
                                  .not_after = sql_integer(store, s, 5),
                                  .revoked = sql_integer(store, s, 6)};

    if (!sql_octets(store, s, 0, c.serial, sizeof c.serial) ||
        !sql_text(store, s, 2, c.nai, sizeof c.nai) || !sql_text(store, s, 3, c.aor, sizeof c.aor))
        return STORE_DAMAGED;
    c.der = store->driver->value(store, s, 7, &c.der_len);
    *stop = walk->cb(&c, walk->data);
    return STORE_OK;
}

enum store_result sql_certificate_list(struct store *store,
                                       const struct store_certificate_filter *f,
                                       store_certificate_cb cb, void *data)
{
    struct certificate_walk walk = {cb, data};
    int64_t limit = f->limit ? f->limit : INT64_MAX;
    struct sql_rows *s;

    if (f->aor && f->aor[0])
        s = sql_bind(store, SQL_CERTIFICATE_OF_AOR, "tiiii", f->aor, f->subscriber, f->after,
                     (int64_t)f->good, limit);
    else if (f->revoked)
        s = sql_bind(store, SQL_CERTIFICATE_REVOKED, "ii", f->after, limit);
    else
        s = sql_bind(store, SQL_CERTIFICATE_LIST, "iii", f->after, (int64_t)f->good, limit);
    return sql_walk(store, s, list_row, &walk);
}

enum store_result sql_certificate_revoke(struct store *store, const uint8_t *serial, int64_t now)
{
    return sql_run(store, sql_bind(store, SQL_CERTIFICATE_REVOKE, "bi", serial,
                                   (size_t)STORE_SERIAL_LEN, now));
}

static enum store_result or_none(enum store_result result)
{
    return result == STORE_NONE ? STORE_OK : result;
}

enum store_result sql_certificate_revoke_sim(struct store *store, int64_t subscriber)
{
    return or_none(sql_run(
        store, sql_bind(store, SQL_CERTIFICATE_REVOKE_SIM, "ii", subscriber, (int64_t)time(NULL))));
}

enum store_result sql_certificate_revoke_aor(struct store *store, const char *aor,
                                             int64_t subscriber)
{
    return or_none(sql_run(store, sql_bind(store, SQL_CERTIFICATE_REVOKE_AOR, "tii", aor,
                                           subscriber, (int64_t)time(NULL))));
}
