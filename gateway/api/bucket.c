/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bucket.h"

#include <glib.h>

#define BUCKETS_MAX 200000
#define SWEEP_US INT64_C(1000000)

struct bucket {
    double tokens;
    int64_t filled_us;
    int64_t full_us; /* when it will be full again, and tell no more than a new one */
};
struct buckets {
    GMutex lock;
    GHashTable *table;
    int64_t swept_us;
};

struct buckets *buckets_new(void)
{
    struct buckets *buckets = g_new0(struct buckets, 1);

    g_mutex_init(&buckets->lock);
    buckets->table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return buckets;
}

void buckets_free(struct buckets *buckets)
{
    if (!buckets)
        return;
    g_hash_table_destroy(buckets->table);
    g_mutex_clear(&buckets->lock);
    g_free(buckets);
}

static gboolean is_full_again(gpointer key, gpointer value, gpointer data)
{
    (void)key;
    return ((struct bucket *)value)->full_us <= *(int64_t *)data;
}

static struct bucket *bucket_of(struct buckets *buckets, const char *name, int burst, int64_t now)
{
    struct bucket *bucket = g_hash_table_lookup(buckets->table, name);

    if (bucket)
        return bucket;
    if (g_hash_table_size(buckets->table) >= BUCKETS_MAX && now - buckets->swept_us >= SWEEP_US) {
        buckets->swept_us = now;
        g_hash_table_foreach_remove(buckets->table, is_full_again, &now);
    }
    if (g_hash_table_size(buckets->table) >= BUCKETS_MAX)
        return NULL;
    bucket = g_new0(struct bucket, 1);
    bucket->tokens = burst;
    bucket->filled_us = now;
    g_hash_table_insert(buckets->table, g_strdup(name), bucket);
    return bucket;
}

/* `count` of them, or none. `us_each`: until one comes back. */
static bool take(struct buckets *buckets, const char *name, int count, double us_each, int burst,
                 int64_t now_us)
{
    struct bucket *bucket;
    bool taken = false;

    g_mutex_lock(&buckets->lock);
    bucket = bucket_of(buckets, name, burst, now_us);
    if (bucket) {
        double gained = (double)(now_us - bucket->filled_us) / us_each;

        bucket->tokens = MIN(bucket->tokens + gained, (double)burst);
        bucket->filled_us = now_us;
        taken = bucket->tokens >= count;
        if (taken)
            bucket->tokens -= count;
        bucket->full_us = now_us + (int64_t)((burst - bucket->tokens) * us_each);
    }
    g_mutex_unlock(&buckets->lock);
    return taken;
}

bool buckets_take(struct buckets *buckets, const char *name, int per_minute, int burst,
                  int64_t now_us)
{
    return take(buckets, name, 1, 60e6 / per_minute, burst, now_us);
}

bool buckets_take_all(struct buckets *buckets, const char *name, int count, int per_minute,
                      int burst, int64_t now_us)
{
    return take(buckets, name, count, 60e6 / per_minute, burst, now_us);
}

bool buckets_take_of_day(struct buckets *buckets, const char *name, int per_day, int64_t now_us)
{
    return take(buckets, name, 1, 86400e6 / per_day, per_day, now_us);
}

bool buckets_have(struct buckets *buckets, const char *name, int per_minute, int burst,
                  int64_t now_us)
{
    const struct bucket *bucket;
    bool have = true;

    g_mutex_lock(&buckets->lock);
    bucket = g_hash_table_lookup(buckets->table, name);
    if (bucket)
        have = MIN(bucket->tokens + (double)(now_us - bucket->filled_us) * per_minute / 60e6,
                   (double)burst) >= 1.0;
    g_mutex_unlock(&buckets->lock);
    return have;
}

void buckets_give(struct buckets *buckets, const char *name)
{
    struct bucket *bucket;

    g_mutex_lock(&buckets->lock);
    bucket = g_hash_table_lookup(buckets->table, name);
    if (bucket)
        bucket->tokens += 1.0; /* above the burst until the next one is taken, which cuts it */
    g_mutex_unlock(&buckets->lock);
}
