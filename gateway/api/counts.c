/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counts.h"

#include <glib.h>

struct counts {
    GMutex lock;
    GHashTable *names; /* none is 0 */
};

struct counts *counts_new(void)
{
    struct counts *counts = g_new0(struct counts, 1);

    g_mutex_init(&counts->lock);
    counts->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return counts;
}

void counts_free(struct counts *counts)
{
    g_hash_table_destroy(counts->names);
    g_mutex_clear(&counts->lock);
    g_free(counts);
}

static unsigned find(const struct counts *counts, const char *name)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(counts->names, name));
}

void counts_add(struct counts *counts, const char *name)
{
    g_mutex_lock(&counts->lock);
    g_hash_table_insert(counts->names, g_strdup(name), GUINT_TO_POINTER(find(counts, name) + 1));
    g_mutex_unlock(&counts->lock);
}

void counts_remove(struct counts *counts, const char *name)
{
    unsigned count;

    g_mutex_lock(&counts->lock);
    count = find(counts, name);
    if (count > 1)
        g_hash_table_insert(counts->names, g_strdup(name), GUINT_TO_POINTER(count - 1));
    else
        g_hash_table_remove(counts->names, name);
    g_mutex_unlock(&counts->lock);
}

unsigned counts_of(struct counts *counts, const char *name)
{
    unsigned count;

    g_mutex_lock(&counts->lock);
    count = find(counts, name);
    g_mutex_unlock(&counts->lock);
    return count;
}
