/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tally.h"

#include <glib.h>
#include <string.h>

struct tally {
    GHashTable *accounts, *trunks; /* name -> struct tally_sum */
    GHashTable *holes;             /* struct pinhole -> how many calls have it */
    struct tally_sum total;
};

static guint hole_hash(gconstpointer key)
{
    const uint8_t *octets = key;
    guint hash = 2166136261U;

    for (size_t i = 0; i < sizeof(struct pinhole); i++)
        hash = (hash ^ octets[i]) * 16777619U;
    return hash;
}

static gboolean hole_equal(gconstpointer one, gconstpointer other)
{
    return memcmp(one, other, sizeof(struct pinhole)) == 0;
}

struct tally *tally_new(void)
{
    struct tally *tally = g_new0(struct tally, 1);

    tally->accounts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    tally->trunks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    tally->holes = g_hash_table_new_full(hole_hash, hole_equal, g_free, NULL);
    return tally;
}

void tally_free(struct tally *tally)
{
    g_hash_table_destroy(tally->accounts);
    g_hash_table_destroy(tally->trunks);
    g_hash_table_destroy(tally->holes);
    g_free(tally);
}

/* -- bandwidth -----------------------------------------------------------------------------------
 */

static void move(struct tally_sum *sum, unsigned before, unsigned now)
{
    sum->kbit = sum->kbit - before + now;
    sum->calls = sum->calls - (before > 0) + (now > 0);
}

static void move_in(GHashTable *table, const char *name, unsigned before, unsigned now)
{
    struct tally_sum *sum = g_hash_table_lookup(table, name);

    if (!sum) {
        sum = g_new0(struct tally_sum, 1);
        g_hash_table_insert(table, g_strdup(name), sum);
    }
    move(sum, before, now);
    if (!sum->calls)
        g_hash_table_remove(table, name);
}

void tally_share(struct tally *tally, const char *account, const char *trunk, unsigned before,
                 unsigned now)
{
    if (before == now)
        return;
    move(&tally->total, before, now);
    move_in(tally->accounts, account, before, now);
    if (trunk[0])
        move_in(tally->trunks, trunk, before, now);
}

static struct tally_sum sum_of(GHashTable *table, const char *name)
{
    const struct tally_sum *sum = g_hash_table_lookup(table, name);

    return sum ? *sum : (struct tally_sum){0};
}

struct tally_sum tally_account(const struct tally *tally, const char *account)
{
    return sum_of(tally->accounts, account);
}

struct tally_sum tally_trunk(const struct tally *tally, const char *trunk)
{
    return sum_of(tally->trunks, trunk);
}

struct tally_sum tally_total(const struct tally *tally)
{
    return tally->total;
}

/* -- pinholes ------------------------------------------------------------------------------------
 */

/* The kernel's two elements are the same whichever end is called `a`. */
static struct pinhole in_order(const struct pinhole *hole)
{
    struct pinhole ordered;
    int order = memcmp(&hole->a, &hole->b, sizeof hole->a);
    bool turned = order > 0 || (order == 0 && hole->a_port > hole->b_port);

    memset(&ordered, 0, sizeof ordered); /* what is between the members counts in the hash */
    ordered.a = turned ? hole->b : hole->a;
    ordered.b = turned ? hole->a : hole->b;
    ordered.a_port = turned ? hole->b_port : hole->a_port;
    ordered.b_port = turned ? hole->a_port : hole->b_port;
    return ordered;
}

void tally_hole(struct tally *tally, const struct pinhole *hole, bool more)
{
    struct pinhole key = in_order(hole);
    unsigned count = tally_holders(tally, hole);

    if (more)
        g_hash_table_replace(tally->holes, g_memdup2(&key, sizeof key),
                             GUINT_TO_POINTER(count + 1));
    else if (count > 1)
        g_hash_table_replace(tally->holes, g_memdup2(&key, sizeof key),
                             GUINT_TO_POINTER(count - 1));
    else
        g_hash_table_remove(tally->holes, &key);
}

unsigned tally_holders(const struct tally *tally, const struct pinhole *hole)
{
    const struct pinhole key = in_order(hole);

    return GPOINTER_TO_UINT(g_hash_table_lookup(tally->holes, &key));
}
