/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tally.h"

#include <glib.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

struct tally {
    GHashTable *accounts, *trunks; /* name -> struct tally_sum */
    GHashTable *holes;             /* struct pinhole -> struct held */
    struct tally_sum total;
};
struct held {
    unsigned calls;
    int64_t until;
};

static const uint64_t *hash_key(void)
{
    static uint64_t key[2];
    static gsize made;

    if (g_once_init_enter(&made)) {
        if (RAND_bytes((unsigned char *)key, sizeof key) != 1)
            abort(); /* no random numbers: no keys either */
        key[1] |= 1;
        g_once_init_leave(&made, 1);
    }
    return key;
}

unsigned octets_hash(const void *octets, size_t size)
{
    const uint64_t *key = hash_key();
    const uint8_t *one = octets;
    uint64_t hash = key[0];

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ one[i]) * key[1];
    return (unsigned)(hash >> 32); /* on which every octet has worked */
}

unsigned text_hash(const void *text)
{
    return octets_hash(text, strlen(text));
}

static guint hole_hash(gconstpointer key)
{
    return octets_hash(key, sizeof(struct pinhole));
}

static gboolean hole_equal(gconstpointer one, gconstpointer other)
{
    return memcmp(one, other, sizeof(struct pinhole)) == 0;
}

struct tally *tally_new(void)
{
    struct tally *tally = g_new0(struct tally, 1);

    tally->accounts = g_hash_table_new_full(text_hash, g_str_equal, g_free, g_free);
    tally->trunks = g_hash_table_new_full(text_hash, g_str_equal, g_free, g_free);
    tally->holes = g_hash_table_new_full(hole_hash, hole_equal, g_free, g_free);
    return tally;
}

void tally_free(struct tally *tally)
{
    g_hash_table_destroy(tally->accounts);
    g_hash_table_destroy(tally->trunks);
    g_hash_table_destroy(tally->holes);
    g_free(tally);
}

/* -- bandwidth --------------------------------------------------------------------------------- */

static void move(struct tally_sum *sum, unsigned before, unsigned now)
{
    sum->kbit = sum->kbit - before + now;
    sum->calls = sum->calls - (before > 0) + (now > 0);
}

static struct tally_sum *find(GHashTable *table, const char *name)
{
    struct tally_sum *sum = g_hash_table_lookup(table, name);

    if (!sum) {
        sum = g_new0(struct tally_sum, 1);
        g_hash_table_insert(table, g_strdup(name), sum);
    }
    return sum;
}

static void forget_empty(GHashTable *table, const char *name, const struct tally_sum *sum)
{
    if (!sum->calls && !sum->open)
        g_hash_table_remove(table, name);
}

static void move_in(GHashTable *table, const char *name, unsigned before, unsigned now)
{
    struct tally_sum *sum = find(table, name);

    move(sum, before, now);
    forget_empty(table, name, sum);
}

void tally_call(struct tally *tally, const char *account, bool more)
{
    struct tally_sum *sum = find(tally->accounts, account);

    sum->open = more ? sum->open + 1 : sum->open - 1;
    forget_empty(tally->accounts, account, sum);
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

/* -- pinholes ---------------------------------------------------------------------------------- */

void tally_hole(struct tally *tally, const struct pinhole *hole, bool more)
{
    struct pinhole key = pinhole_in_order(hole);
    struct held *held = g_hash_table_lookup(tally->holes, &key);

    if (!held && more) {
        held = g_new0(struct held, 1);
        g_hash_table_insert(tally->holes, g_memdup2(&key, sizeof key), held);
    }
    if (!held)
        return;
    held->calls = more ? held->calls + 1 : held->calls - 1;
    if (!held->calls)
        g_hash_table_remove(tally->holes, &key);
}

static struct held *held_of(const struct tally *tally, const struct pinhole *hole)
{
    const struct pinhole key = pinhole_in_order(hole);

    return g_hash_table_lookup(tally->holes, &key);
}

unsigned tally_holders(const struct tally *tally, const struct pinhole *hole)
{
    const struct held *held = held_of(tally, hole);

    return held ? held->calls : 0;
}

int64_t tally_keep(struct tally *tally, const struct pinhole *hole, int64_t until)
{
    struct held *held = held_of(tally, hole);

    if (held)
        held->until = until = MAX(until, held->until);
    return until;
}
