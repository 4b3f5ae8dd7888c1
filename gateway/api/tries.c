/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tries.h"
#include "bucket.h"

#include <glib.h>
#include <stdio.h>

#define KNOWN_MOST 100000
#define KEY_MAX 80

struct tries {
    struct buckets *buckets;
    GMutex lock;
    /* Sets of "SUBSCRIBER ADDRESS": who answered rightly from where. When the newer one is full it
     * becomes the older, and that is forgotten. */
    GHashTable *newer, *older;
};

static GHashTable *new_set(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

struct tries *tries_new(void)
{
    struct tries *tries = g_new0(struct tries, 1);

    tries->buckets = buckets_new();
    g_mutex_init(&tries->lock);
    tries->newer = new_set();
    tries->older = new_set();
    return tries;
}

void tries_free(struct tries *tries)
{
    if (!tries)
        return;
    buckets_free(tries->buckets);
    g_hash_table_destroy(tries->newer);
    g_hash_table_destroy(tries->older);
    g_mutex_clear(&tries->lock);
    g_free(tries);
}

struct names {
    char here[KEY_MAX], all[KEY_MAX];
};

static struct names names_of(int64_t subscriber, const char *address)
{
    struct names names;

    snprintf(names.here, sizeof names.here, "%lld %s", (long long)subscriber, address);
    snprintf(names.all, sizeof names.all, "%lld", (long long)subscriber);
    return names;
}

static bool known(struct tries *tries, const char *here)
{
    bool is;

    g_mutex_lock(&tries->lock);
    is = g_hash_table_contains(tries->newer, here) || g_hash_table_contains(tries->older, here);
    g_mutex_unlock(&tries->lock);
    return is;
}

static void remember(struct tries *tries, const char *here)
{
    g_mutex_lock(&tries->lock);
    if (g_hash_table_size(tries->newer) >= KNOWN_MOST) {
        g_hash_table_destroy(tries->older);
        tries->older = tries->newer;
        tries->newer = new_set();
    }
    g_hash_table_add(tries->newer, g_strdup(here));
    g_mutex_unlock(&tries->lock);
}

bool tries_take(struct tries *tries, int64_t subscriber, const char *address, int64_t now_us)
{
    struct names names = names_of(subscriber, address);

    return buckets_take(tries->buckets, names.here, TRIES_OF_ADDRESS, TRIES_OF_ADDRESS, now_us) &&
           (known(tries, names.here) ||
            buckets_take(tries->buckets, names.all, TRIES_IN_ALL, TRIES_IN_ALL, now_us));
}

void tries_right(struct tries *tries, int64_t subscriber, const char *address)
{
    struct names names = names_of(subscriber, address);

    buckets_give(tries->buckets, names.here);
    if (!known(tries, names.here))
        buckets_give(tries->buckets, names.all);
    remember(tries, names.here);
}
