/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A race in a program of ours, and the same without one. `one`: two threads under one lock of GLib,
 * and a number that is handed to its pool; ThreadSanitizer has nothing to say. `two`: each thread
 * has a lock of its own, and `pool`: what was handed over is written once more; it has to find
 * both, or what glib_locks.c tells it would hide ours too.
 */
#include <glib.h>
#include <string.h>

static GMutex locks[2];
static int shared; /* under a lock; which one it is goes wrong */
static int handed;

static gpointer planted_count(gpointer lock)
{
    for (int i = 0; i < 1000; i++) {
        g_mutex_lock(lock);
        shared++;
        g_mutex_unlock(lock);
    }
    return NULL;
}

static void planted_take(gpointer data, gpointer user)
{
    (void)user;
    (*(int *)data)++;
}

static void hand_over(gboolean again)
{
    GThreadPool *pool = g_thread_pool_new(planted_take, NULL, 1, FALSE, NULL);

    handed = 1;
    g_thread_pool_push(pool, &handed, NULL);
    if (again)
        handed = 2;
    g_thread_pool_free(pool, FALSE, TRUE);
    handed++;
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "one";
    GThread *other = g_thread_new("other", planted_count, &locks[0]);

    planted_count(&locks[strcmp(kind, "two") == 0]);
    g_thread_join(other);
    hand_over(strcmp(kind, "pool") == 0);
    return 0;
}
