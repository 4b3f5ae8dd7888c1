/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every SQL store does: tickets and first setup keys, and what ends a setup key early. */
#include "sql.h"

#include <string.h>

static enum store_result replace(struct store *store, const struct store_ticket *t)
{
    enum store_result result =
        t->first_key ? sql_run(store, sql_bind(store, SQL_TICKET_REPLACE, "tttt", t->nai_a,
                                               t->nai_b, t->caller, t->callee))
                     : STORE_OK;

    return result == STORE_NONE ? STORE_OK : result;
}

enum store_result sql_ticket_add(struct store *store, struct store_ticket *t)
{
    uint8_t sealed[SIMAUTH_KEY_LEN + SEAL_OVERHEAD];
    enum store_result result;
    char place[SEAL_PLACE_MAX];

    seal_place("ticket", t->ticket, SIMAUTH_TICKET_LEN, place);
    if (t->key.len != SIMAUTH_KEY_LEN ||
        seal_close(store->seal, place, t->key.octets, SIMAUTH_KEY_LEN, sealed) != 0)
        return STORE_FAILED;
    result = replace(store, t);
    if (result == STORE_OK)
        result =
            sql_run(store, sql_bind(store, SQL_TICKET_ADD, "ibitttttbii", (int64_t)t->first_key,
                                    t->ticket, (size_t)SIMAUTH_TICKET_LEN, t->subscriber, t->caller,
                                    t->callee, t->nai_a, t->nai_b, t->operator_name, sealed,
                                    sizeof sealed, t->record, t->made));
    if (result == STORE_OK)
        t->id = sql_inserted(store);
    return result;
}

static bool read_texts(struct store *store, struct sql_rows *s, struct store_ticket *t)
{
    return sql_text(store, s, 4, t->caller, sizeof t->caller) &&
           sql_text(store, s, 5, t->callee, sizeof t->callee) &&
           sql_text(store, s, 6, t->nai_a, sizeof t->nai_a) &&
           sql_text(store, s, 7, t->nai_b, sizeof t->nai_b) &&
           sql_text(store, s, 8, t->operator_name, sizeof t->operator_name) &&
           sql_text(store, s, 11, t->element, sizeof t->element);
}

static enum store_result read_row(struct store *store, struct sql_rows *s, struct store_ticket *t)
{
    char place[SEAL_PLACE_MAX];

    memset(t, 0, sizeof *t);
    t->id = sql_integer(store, s, 0);
    t->first_key = sql_integer(store, s, 1) != 0;
    t->subscriber = sql_integer(store, s, 3);
    t->claimed = sql_integer(store, s, 10) != 0;
    t->record = sql_integer(store, s, 12);
    t->made = sql_integer(store, s, 13);
    if (!sql_octets(store, s, 2, t->ticket, SIMAUTH_TICKET_LEN) || !read_texts(store, s, t))
        return STORE_DAMAGED;
    seal_place("ticket", t->ticket, SIMAUTH_TICKET_LEN, place);
    t->key.len = SIMAUTH_KEY_LEN;
    return sql_sealed(store, s, 9, place, t->key.octets, SIMAUTH_KEY_LEN) ? STORE_OK
                                                                          : STORE_DAMAGED;
}

enum store_result sql_ticket_get(struct store *store, const uint8_t *ticket,
                                 struct store_ticket *found)
{
    struct sql_rows *s = sql_bind(store, SQL_TICKET_GET, "b", ticket, (size_t)SIMAUTH_TICKET_LEN);
    enum store_result result = sql_row(store, s);

    if (result == STORE_OK)
        result = read_row(store, s, found);
    sql_reset(store, s);
    return result;
}

enum store_result sql_ticket_claim(struct store *store, int64_t id, const char *element,
                                   int64_t since)
{
    return sql_run(store, sql_bind(store, SQL_TICKET_CLAIM, "iti", id, element, since));
}

struct ticket_walk {
    store_ticket_cb cb;
    void *data;
};

static enum store_result list_row(struct store *store, struct sql_rows *s, void *data, int *stop)
{
    const struct ticket_walk *walk = data;
    struct store_ticket ticket;
    enum store_result result = read_row(store, s, &ticket);

    if (result == STORE_OK)
        *stop = walk->cb(&ticket, walk->data);
    simauth_secret_wipe(&ticket.key);
    return result;
}

enum store_result sql_ticket_list(struct store *store, int64_t subscriber, int64_t since,
                                  store_ticket_cb cb, void *data)
{
    struct ticket_walk walk = {cb, data};

    return sql_walk(store, sql_bind(store, SQL_TICKET_LIST, "ii", subscriber, since), list_row,
                    &walk);
}

enum store_result sql_ticket_take(struct store *store, int64_t id)
{
    return sql_run(store, sql_bind(store, SQL_TICKET_TAKE, "i", id));
}

/* -- what they rest on ------------------------------------------------------------------------- */

static enum store_result is_there(struct store *store, struct sql_rows *s)
{
    enum store_result result = sql_row(store, s);

    sql_reset(store, s);
    return result;
}

enum store_result sql_session_lives(struct store *store, int64_t subscriber, int64_t now)
{
    return is_there(store, sql_bind(store, SQL_SESSION_LIVES, "ii", subscriber, now));
}

enum store_result sql_subscriber_changed(struct store *store, const char *nai, int64_t since)
{
    return is_there(store, sql_bind(store, SQL_SUBSCRIBER_CHANGED, "ti", nai, since));
}
