/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GLib's locks are futexes of its own and its thread pool hands data over behind them:
 * ThreadSanitizer sees neither. These stand before GLib's in every program that is built with it,
 * do what those do, and say so. A part that a program loads (the HLR's) finds these too, so they
 * are visible.
 */
#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>

#pragma GCC visibility push(default)

#define REAL(name)                                                                                 \
    static void *found;                                                                            \
    if (!__atomic_load_n(&found, __ATOMIC_RELAXED))                                                \
        __atomic_store_n(&found, dlsym(RTLD_NEXT, #name), __ATOMIC_RELAXED);                       \
    __typeof__(&name) real;                                                                        \
    *(void **)(&real) = __atomic_load_n(&found, __ATOMIC_RELAXED);

void g_mutex_lock(GMutex *mutex)
{
    REAL(g_mutex_lock)
    real(mutex);
    __tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex *mutex)
{
    REAL(g_mutex_trylock)
    if (!real(mutex))
        return FALSE;
    __tsan_acquire(mutex);
    return TRUE;
}

void g_mutex_unlock(GMutex *mutex)
{
    REAL(g_mutex_unlock)
    __tsan_release(mutex);
    real(mutex);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
    REAL(g_cond_wait)
    __tsan_release(mutex);
    real(cond, mutex);
    __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end)
{
    gboolean woken;

    REAL(g_cond_wait_until)
    __tsan_release(mutex);
    woken = real(cond, mutex, end);
    __tsan_acquire(mutex);
    return woken;
}

/* -- a queue between threads -- */

void g_async_queue_push(GAsyncQueue *queue, gpointer data)
{
    REAL(g_async_queue_push)
    __tsan_release(queue);
    real(queue, data);
}

gpointer g_async_queue_pop(GAsyncQueue *queue)
{
    gpointer data;

    REAL(g_async_queue_pop)
    data = real(queue);
    __tsan_acquire(queue);
    return data;
}

/* -- a pool: what was done before a push is seen by what the pool runs, and that before the end of
 * the pool -- */

struct work {
    GFunc run;
    gpointer with;
};

static void run_work(gpointer data, gpointer user)
{
    struct work *work = user;

    __tsan_acquire(work);
    work->run(data, work->with);
    __tsan_release(work);
}

GThreadPool *g_thread_pool_new(GFunc run, gpointer with, gint threads, gboolean exclusive,
                               GError **error)
{
    struct work *work = g_new(struct work, 1); /* as long as the program: pools are few */

    REAL(g_thread_pool_new)
    *work = (struct work){run, with};
    __tsan_release(work);
    return real(run_work, work, threads, exclusive, error);
}

gboolean g_thread_pool_push(GThreadPool *pool, gpointer data, GError **error)
{
    REAL(g_thread_pool_push)
    __tsan_release(pool->user_data);
    return real(pool, data, error);
}

void g_thread_pool_free(GThreadPool *pool, gboolean now, gboolean wait)
{
    gpointer work = pool->user_data;

    REAL(g_thread_pool_free)
    real(pool, now, wait);
    __tsan_acquire(work);
}
