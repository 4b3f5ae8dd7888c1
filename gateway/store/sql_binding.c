/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every SQL store does: AORs bound to SIMs, their proofs and history, claims of partners. */
#include "sql.h"

#include <string.h>

static int64_t limit_of(int limit)
{
    return limit > 0 ? limit : INT64_MAX;
}

/* -- bindings ---------------------------------------------------------------------------------- */

enum store_result sql_binding_add(struct store *store, const struct store_binding *b)
{
    return sql_run(store, sql_bind(store, SQL_BINDING_ADD, "titii", b->aor, b->subscriber, b->by,
                                   b->since, b->until));
}

enum store_result sql_binding_renew(struct store *store, const struct store_binding *b)
{
    return sql_run(
        store, sql_bind(store, SQL_BINDING_RENEW, "titi", b->aor, b->subscriber, b->by, b->until));
}

static enum store_result read_binding(struct store *store, struct sql_rows *s,
                                      struct store_binding *b)
{
    b->subscriber = sql_integer(store, s, 1);
    b->since = sql_integer(store, s, 4);
    b->until = sql_integer(store, s, 5);
    b->sim_since = sql_integer(store, s, 6);
    b->barred = (int)sql_integer(store, s, 7);
    return sql_text(store, s, 0, b->aor, sizeof b->aor) &&
                   sql_text(store, s, 2, b->nai, sizeof b->nai) &&
                   sql_text(store, s, 3, b->by, sizeof b->by)
               ? STORE_OK
               : STORE_DAMAGED;
}

enum store_result sql_binding_find(struct store *store, const char *aor, int64_t subscriber,
                                   const char *nai, int64_t now, struct store_binding *binding)
{
    struct sql_rows *s = sql_bind(store, SQL_BINDING_TWO, "titi", aor, subscriber, nai, now);
    enum store_result result = sql_row(store, s), another = STORE_NONE;

    if (result == STORE_OK)
        result = read_binding(store, s, binding);
    if (result == STORE_OK)
        another = sql_row(store, s);
    sql_reset(store, s);
    if (another == STORE_NONE) /* nearly always: nobody has to find the SIM that was used last */
        return result;
    if (another != STORE_OK)
        return another;
    s = sql_bind(store, SQL_BINDING_FIND, "titi", aor, subscriber, nai, now);
    result = sql_row(store, s);
    if (result == STORE_OK)
        result = read_binding(store, s, binding);
    sql_reset(store, s);
    return result;
}

struct binding_walk {
    store_binding_cb cb;
    void *data;
};

static enum store_result binding_row(struct store *store, struct sql_rows *s, void *data, int *stop)
{
    const struct binding_walk *walk = data;
    struct store_binding binding;
    enum store_result result = read_binding(store, s, &binding);

    if (result == STORE_OK)
        *stop = walk->cb(&binding, walk->data);
    return result;
}

enum store_result sql_binding_list(struct store *store, const struct store_binding_filter *f,
                                   store_binding_cb cb, void *data)
{
    struct binding_walk walk = {cb, data};
    const char *after = f->after_aor ? f->after_aor : "";
    struct sql_rows *s;

    if (f->aor && f->aor[0])
        s = sql_bind(store, SQL_BINDING_OF_AOR, "tiii", f->aor, f->subscriber, f->after_subscriber,
                     limit_of(f->limit));
    else if (f->subscriber)
        s = sql_bind(store, SQL_BINDING_OF_SIM, "iti", f->subscriber, after, limit_of(f->limit));
    else
        s = sql_bind(store, SQL_BINDING_LIST, "tii", after, f->after_subscriber,
                     limit_of(f->limit));
    return sql_walk(store, s, binding_row, &walk);
}

enum store_result sql_binding_remove(struct store *store, const char *aor, int64_t subscriber)
{
    enum store_result result = sql_certificate_revoke_aor(store, aor, subscriber);

    return result == STORE_OK
               ? sql_run(store, sql_bind(store, SQL_BINDING_REMOVE, "ti", aor, subscriber))
               : result;
}

/* -- history ----------------------------------------------------------------------------------- */

enum store_result sql_event_add(struct store *store, const struct store_event *e)
{
    return sql_run(
        store, sql_bind(store, SQL_EVENT_ADD, "itttt", e->time, e->aor, e->nai, e->what, e->who));
}

struct event_walk {
    store_event_cb cb;
    void *data;
};

static enum store_result event_row(struct store *store, struct sql_rows *s, void *data, int *stop)
{
    const struct event_walk *walk = data;
    struct store_event e = {.id = sql_integer(store, s, 0), .time = sql_integer(store, s, 1)};

    if (!sql_text(store, s, 2, e.aor, sizeof e.aor) ||
        !sql_text(store, s, 3, e.nai, sizeof e.nai) ||
        !sql_text(store, s, 4, e.what, sizeof e.what) ||
        !sql_text(store, s, 5, e.who, sizeof e.who))
        return STORE_DAMAGED;
    *stop = walk->cb(&e, walk->data);
    return STORE_OK;
}

enum store_result sql_event_list(struct store *store, const char *aor, const char *nai,
                                 store_event_cb cb, void *data)
{
    struct event_walk walk = {cb, data};

    return sql_walk(store, sql_bind(store, SQL_EVENT_LIST, "tt", aor, nai), event_row, &walk);
}

/* -- proofs ------------------------------------------------------------------------------------ */

enum store_result sql_proof_put(struct store *store, const struct store_proof *p)
{
    return sql_run(store, sql_bind(store, SQL_PROOF_PUT, "itbiii", p->subscriber, p->aor, p->hash,
                                   (size_t)STORE_HASH_LEN, p->made, (int64_t)p->sent, p->day));
}

enum store_result sql_proof_get(struct store *store, int64_t subscriber, const char *aor,
                                struct store_proof *p)
{
    struct sql_rows *s = sql_bind(store, SQL_PROOF_GET, "it", subscriber, aor);
    enum store_result result = sql_row(store, s);

    if (result != STORE_OK)
        return result;
    memset(p, 0, sizeof *p);
    p->subscriber = subscriber;
    strncpy(p->aor, aor, sizeof p->aor - 1);
    p->made = sql_integer(store, s, 1);
    p->wrong = (int)sql_integer(store, s, 2);
    p->sent = (int)sql_integer(store, s, 3);
    p->day = sql_integer(store, s, 4);
    if (!sql_octets(store, s, 0, p->hash, STORE_HASH_LEN))
        result = STORE_DAMAGED;
    sql_reset(store, s);
    return result;
}

enum store_result sql_proof_sent(struct store *store, int64_t subscriber, int64_t since,
                                 int64_t *sent)
{
    struct sql_rows *s = sql_bind(store, SQL_PROOF_SENT, "ii", subscriber, since);
    enum store_result result = sql_row(store, s);

    if (result == STORE_OK)
        *sent = sql_integer(store, s, 0);
    sql_reset(store, s);
    return result;
}

enum store_result sql_proof_wrong(struct store *store, int64_t subscriber, const char *aor)
{
    return sql_run(store, sql_bind(store, SQL_PROOF_WRONG, "it", subscriber, aor));
}

enum store_result sql_proof_take(struct store *store, int64_t subscriber, const char *aor)
{
    return sql_run(store, sql_bind(store, SQL_PROOF_TAKE, "it", subscriber, aor));
}

/* -- claims ------------------------------------------------------------------------------------ */

/* STORE_OK also when it was there and is recent enough: most calls write nothing. */
enum store_result sql_claim_put(struct store *store, const struct store_claim *claim)
{
    enum store_result result = sql_run(
        store, sql_bind(store, SQL_CLAIM_PUT, "tii", claim->aor, claim->partner, claim->last));

    return result == STORE_NONE ? STORE_OK : result;
}

struct claim_walk {
    store_claim_cb cb;
    void *data;
};

static enum store_result claim_row(struct store *store, struct sql_rows *s, void *data, int *stop)
{
    const struct claim_walk *walk = data;
    struct store_claim c = {.partner = sql_integer(store, s, 1),
                            .since = sql_integer(store, s, 3),
                            .last = sql_integer(store, s, 4)};

    if (!sql_text(store, s, 0, c.aor, sizeof c.aor) ||
        !sql_text(store, s, 2, c.name, sizeof c.name))
        return STORE_DAMAGED;
    *stop = walk->cb(&c, walk->data);
    return STORE_OK;
}

enum store_result sql_claim_list(struct store *store, const char *aor, int64_t since,
                                 store_claim_cb cb, void *data)
{
    struct claim_walk walk = {cb, data};

    return sql_walk(store,
                    aor[0] ? sql_bind(store, SQL_CLAIM_OF_AOR, "ti", aor, since)
                           : sql_bind(store, SQL_CLAIM_LIST, "i", since),
                    claim_row, &walk);
}

enum store_result sql_claim_remove(struct store *store, const char *aor, const char *partner)
{
    return sql_run(store, sql_bind(store, SQL_CLAIM_REMOVE, "tt", aor, partner));
}
