/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SQLite store: agreements. */
#include "sqlite_private.h"

#include <stdlib.h>
#include <string.h>

enum store_result sqlite_partner_add(struct store *store, struct store_partner *p)
{
    enum store_result result =
        sqlite_run(store, sqlite_bind(store, SQL_PARTNER_ADD, "ttttttiiii", p->name, p->url,
                                      p->connect_to, p->certificate, p->pin,
                                      p->anchors ? p->anchors : "", (int64_t)p->per_minute,
                                      p->valid_from, p->valid_to, (int64_t)p->suspended));

    p->id = sqlite3_last_insert_rowid(store->db);
    for (size_t i = 0; result == STORE_OK && i < p->realm_count; i++)
        result =
            sqlite_run(store, sqlite_bind(store, SQL_PARTNER_REALM_ADD, "ti", p->realms[i], p->id));
    return result;
}

static enum store_result read_realms(struct store *store, struct store_partner *p)
{
    sqlite3_stmt *s = sqlite_bind(store, SQL_PARTNER_REALMS, "i", p->id);
    enum store_result result;

    p->realm_count = 0;
    while ((result = sqlite_row(s)) == STORE_OK) {
        if (p->realm_count == STORE_REALMS_MAX ||
            !sqlite_text(s, 0, p->realms[p->realm_count++], sizeof *p->realms)) {
            result = STORE_DAMAGED;
            break;
        }
    }
    sqlite3_reset(s);
    return result == STORE_NONE ? STORE_OK : result;
}

static enum store_result read_row(struct store *store, sqlite3_stmt *s, struct store_partner *p)
{
    memset(p, 0, sizeof *p);
    p->id = sqlite3_column_int64(s, 0);
    p->per_minute = sqlite3_column_int(s, 7);
    p->valid_from = sqlite3_column_int64(s, 8);
    p->valid_to = sqlite3_column_int64(s, 9);
    p->suspended = sqlite3_column_int(s, 10);
    if (!sqlite_text(s, 1, p->name, sizeof p->name) || !sqlite_text(s, 2, p->url, sizeof p->url) ||
        !sqlite_text(s, 3, p->connect_to, sizeof p->connect_to) ||
        !sqlite_text(s, 4, p->certificate, sizeof p->certificate) ||
        !sqlite_text(s, 5, p->pin, sizeof p->pin))
        return STORE_DAMAGED;
    p->anchors = strdup((const char *)sqlite3_column_text(s, 6));
    if (!p->anchors)
        return STORE_FAILED;
    return read_realms(store, p);
}

static enum store_result read_one(struct store *store, sqlite3_stmt *s, struct store_partner *p)
{
    enum store_result result = sqlite_row(s);

    if (result == STORE_OK) {
        result = read_row(store, s, p);
        if (result != STORE_OK)
            store_partner_clear(p);
    }
    sqlite3_reset(s);
    return result;
}

enum store_result sqlite_partner_list(struct store *store, store_partner_cb cb, void *data)
{
    sqlite3_stmt *s = sqlite_bind(store, SQL_PARTNER_LIST, "");
    struct store_partner partner;
    enum store_result result;
    int stop = 0;

    while (!stop && (result = sqlite_row(s)) == STORE_OK) {
        result = read_row(store, s, &partner);
        if (result == STORE_OK)
            stop = cb(&partner, data);
        store_partner_clear(&partner);
        if (result != STORE_OK)
            break;
    }
    sqlite3_reset(s);
    return stop || result == STORE_NONE ? STORE_OK : result;
}

enum store_result sqlite_partner_by_id(struct store *store, int64_t id, struct store_partner *p)
{
    return read_one(store, sqlite_bind(store, SQL_PARTNER_BY_ID, "i", id), p);
}

enum store_result sqlite_partner_by_name(struct store *store, const char *name,
                                         struct store_partner *p)
{
    return read_one(store, sqlite_bind(store, SQL_PARTNER_BY_NAME, "t", name), p);
}

enum store_result sqlite_partner_by_realm(struct store *store, const char *realm,
                                          struct store_partner *p)
{
    return read_one(store, sqlite_bind(store, SQL_PARTNER_BY_REALM, "t", realm), p);
}

enum store_result sqlite_partner_by_certificate(struct store *store, const char *dns_name,
                                                struct store_partner *p)
{
    return read_one(store, sqlite_bind(store, SQL_PARTNER_BY_CERTIFICATE, "t", dns_name), p);
}

enum store_result sqlite_partner_suspend(struct store *store, const char *name, bool suspended)
{
    return sqlite_run(store,
                      sqlite_bind(store, SQL_PARTNER_SUSPEND, "ti", name, (int64_t)suspended));
}

enum store_result sqlite_partner_remove(struct store *store, const char *name)
{
    return sqlite_run(store, sqlite_bind(store, SQL_PARTNER_REMOVE, "t", name));
}
