/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Agreements in memory: nearly each question looks for one, and there are few. What is known was
 * read in a transaction that saw the database's version `seen` and is used in those alone that see
 * the same one; a transaction that changes one reads the database. A certificate's name that no
 * partner has is a stranger's, who may have any number of them, and is not kept.
 */
#include "serving_own.h"

#include <stdlib.h>
#include <string.h>

#define KNOWN_MOST 256 /* realms that no partner has are among them */

struct known {
    enum store_result result; /* STORE_OK, STORE_NONE */
    struct store_partner partner;
};

static void known_free(void *data)
{
    struct known *known = data;

    store_partner_clear(&known->partner);
    free(known);
}

void serving_partners_init(struct serving *serving)
{
    serving->partners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, known_free);
}

void serving_partners_clear(struct serving *serving)
{
    if (serving->partners)
        g_hash_table_destroy(serving->partners);
    serving->partners = NULL;
}

void serving_partners_forget(struct serving *serving)
{
    if (g_hash_table_size(serving->partners) > 0)
        g_hash_table_remove_all(serving->partners);
    serving->partners_changed = false;
}

static enum store_result copy(const struct known *known, struct store_partner *partner)
{
    char *anchors;

    if (known->result != STORE_OK)
        return known->result;
    anchors = strdup(known->partner.anchors);
    if (!anchors)
        return STORE_FAILED;
    *partner = known->partner;
    partner->anchors = anchors;
    return STORE_OK;
}

typedef enum store_result find(struct store *store, const char *name,
                               struct store_partner *partner);

static enum store_result look_up(struct store *store, const char *prefix, find *in_database,
                                 const char *name, bool keep_none, struct store_partner *partner)
{
    struct serving *serving = store->serving;
    char key[SIMAUTH_REALM_MAX + 8];
    struct known *known;
    bool fits = g_snprintf(key, sizeof key, "%s%s", prefix, name) < (int)sizeof key;

    if (!fits || serving->partners_changed)
        return in_database(store, name, partner);
    known = g_hash_table_lookup(serving->partners, key);
    if (known)
        return copy(known, partner);
    known = calloc(1, sizeof *known);
    if (!known)
        return STORE_FAILED;
    known->result = in_database(store, name, &known->partner);
    if (known->result != STORE_OK && (known->result != STORE_NONE || !keep_none)) {
        enum store_result result = known->result;

        known_free(known);
        return result;
    }
    if (g_hash_table_size(serving->partners) >= KNOWN_MOST)
        g_hash_table_remove_all(serving->partners);
    g_hash_table_insert(serving->partners, g_strdup(key), known);
    return copy(known, partner);
}

enum store_result serving_partner_by_realm(struct store *store, const char *realm,
                                           struct store_partner *partner)
{
    return look_up(store, "realm ", sql_partner_by_realm, realm, true, partner);
}

enum store_result serving_partner_by_certificate(struct store *store, const char *dns_name,
                                                 struct store_partner *partner)
{
    return look_up(store, "name ", sql_partner_by_certificate, dns_name, false, partner);
}

/* -- changes ----------------------------------------------------------------------------------- */

enum store_result serving_partner_add(struct store *store, struct store_partner *partner)
{
    store->serving->partners_changed = true;
    return sql_partner_add(store, partner);
}

enum store_result serving_partner_update(struct store *store, const struct store_partner *partner)
{
    store->serving->partners_changed = true;
    return sql_partner_update(store, partner);
}

enum store_result serving_partner_suspend(struct store *store, const char *name, bool suspended)
{
    store->serving->partners_changed = true;
    return sql_partner_suspend(store, name, suspended);
}

enum store_result serving_partner_remove(struct store *store, const char *name)
{
    store->serving->partners_changed = true;
    return sql_partner_remove(store, name);
}
