/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every SQL store does: agreements. */
#include "sql.h"

#include <stdlib.h>
#include <string.h>

static enum store_result add_realms(struct store *store, const struct store_partner *p)
{
    enum store_result result = STORE_OK;

    for (size_t i = 0; result == STORE_OK && i < p->realm_count; i++)
        result = sql_run(store, sql_bind(store, SQL_PARTNER_REALM_ADD, "ti", p->realms[i], p->id));
    return result;
}

enum store_result sql_partner_add(struct store *store, struct store_partner *p)
{
    enum store_result result =
        sql_run(store, sql_bind(store, SQL_PARTNER_ADD, "ttttttiiiit", p->name, p->url,
                                p->connect_to, p->certificate, p->pin, p->anchors ? p->anchors : "",
                                (int64_t)p->per_minute, p->valid_from, p->valid_to,
                                (int64_t)p->suspended, p->test_aor));

    p->id = sql_inserted(store);
    return result == STORE_OK ? add_realms(store, p) : result;
}

enum store_result sql_partner_update(struct store *store, const struct store_partner *p)
{
    enum store_result result =
        sql_run(store, sql_bind(store, SQL_PARTNER_UPDATE, "itttttiiit", p->id, p->url,
                                p->connect_to, p->certificate, p->pin, p->anchors ? p->anchors : "",
                                (int64_t)p->per_minute, p->valid_from, p->valid_to, p->test_aor));

    if (result == STORE_OK)
        result = sql_run(store, sql_bind(store, SQL_PARTNER_REALMS_REMOVE, "i", p->id));
    return result == STORE_OK || result == STORE_NONE ? add_realms(store, p) : result;
}

static enum store_result realm_row(struct store *store, struct sql_rows *s, void *walk, int *stop)
{
    struct store_partner *p = walk;

    (void)stop;
    return p->realm_count < STORE_REALMS_MAX &&
                   sql_text(store, s, 0, p->realms[p->realm_count++], sizeof *p->realms)
               ? STORE_OK
               : STORE_DAMAGED;
}

static enum store_result read_row(struct store *store, struct sql_rows *s, struct store_partner *p)
{
    memset(p, 0, sizeof *p);
    p->id = sql_integer(store, s, 0);
    p->per_minute = (int)sql_integer(store, s, 7);
    p->valid_from = sql_integer(store, s, 8);
    p->valid_to = sql_integer(store, s, 9);
    p->suspended = (int)sql_integer(store, s, 10);
    if (!sql_text(store, s, 1, p->name, sizeof p->name) ||
        !sql_text(store, s, 2, p->url, sizeof p->url) ||
        !sql_text(store, s, 3, p->connect_to, sizeof p->connect_to) ||
        !sql_text(store, s, 4, p->certificate, sizeof p->certificate) ||
        !sql_text(store, s, 5, p->pin, sizeof p->pin) ||
        !sql_text(store, s, 11, p->test_aor, sizeof p->test_aor))
        return STORE_DAMAGED;
    p->anchors = strdup(sql_string(store, s, 6));
    if (!p->anchors)
        return STORE_FAILED;
    return sql_walk(store, sql_bind(store, SQL_PARTNER_REALMS, "i", p->id), realm_row, p);
}

static enum store_result read_one(struct store *store, struct sql_rows *s, struct store_partner *p)
{
    enum store_result result = sql_row(store, s);

    if (result == STORE_OK) {
        result = read_row(store, s, p);
        if (result != STORE_OK)
            store_partner_clear(p);
    }
    sql_reset(store, s);
    return result;
}

struct partner_walk {
    store_partner_cb cb;
    void *data;
};

static enum store_result list_row(struct store *store, struct sql_rows *s, void *data, int *stop)
{
    const struct partner_walk *walk = data;
    struct store_partner partner;
    enum store_result result = read_row(store, s, &partner);

    if (result == STORE_OK)
        *stop = walk->cb(&partner, walk->data);
    store_partner_clear(&partner);
    return result;
}

enum store_result sql_partner_list(struct store *store, store_partner_cb cb, void *data)
{
    struct partner_walk walk = {cb, data};

    return sql_walk(store, sql_bind(store, SQL_PARTNER_LIST, ""), list_row, &walk);
}

enum store_result sql_partner_by_id(struct store *store, int64_t id, struct store_partner *p)
{
    return read_one(store, sql_bind(store, SQL_PARTNER_BY_ID, "i", id), p);
}

enum store_result sql_partner_by_name(struct store *store, const char *name,
                                      struct store_partner *p)
{
    return read_one(store, sql_bind(store, SQL_PARTNER_BY_NAME, "t", name), p);
}

enum store_result sql_partner_by_realm(struct store *store, const char *realm,
                                       struct store_partner *p)
{
    return read_one(store, sql_bind(store, SQL_PARTNER_BY_REALM, "t", realm), p);
}

enum store_result sql_partner_by_certificate(struct store *store, const char *dns_name,
                                             struct store_partner *p)
{
    return read_one(store, sql_bind(store, SQL_PARTNER_BY_CERTIFICATE, "t", dns_name), p);
}

enum store_result sql_partner_suspend(struct store *store, const char *name, bool suspended)
{
    return sql_run(store, sql_bind(store, SQL_PARTNER_SUSPEND, "ti", name, (int64_t)suspended));
}

enum store_result sql_partner_remove(struct store *store, const char *name)
{
    return sql_run(store, sql_bind(store, SQL_PARTNER_REMOVE, "t", name));
}
