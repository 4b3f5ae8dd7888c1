/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settler.h"

#include <glib.h>
#include <string.h>

#define THREADS 4   /* as many as a journal brings to the disk at once */
#define QUICK_US 20 /* to another thread and back costs more */
#define MOST_US 200 /* what one wait counts for: somebody else had the processor */

struct settler {
    struct gateway *gateway;
    GThread *threads[THREADS];
    GMutex lock;
    GCond changed;
    GQueue line; /* of requests */
    bool stopping;
    bool stopped;       /* the threads have ended */
    _Atomic int64_t us; /* of a wait, lately; a lost update is none that matters */
};

static bool is_stopping(struct settler *settler)
{
    bool stopping;

    g_mutex_lock(&settler->lock);
    stopping = settler->stopping;
    g_mutex_unlock(&settler->lock);
    return stopping;
}

/* The whole line, once there is one; empty: the end. */
static GQueue take_line(struct settler *settler)
{
    GQueue line;

    g_mutex_lock(&settler->lock);
    while (settler->line.length == 0 && !settler->stopping)
        g_cond_wait(&settler->changed, &settler->lock);
    line = settler->line;
    g_queue_init(&settler->line);
    g_mutex_unlock(&settler->lock);
    return line;
}

enum store_result settler_settle(struct settler *settler, uint64_t ticket)
{
    struct gateway *gateway = settler->gateway;
    int64_t begun_us = g_get_monotonic_time(), us;
    enum store_result result = gateway->ops->settle(gateway->store, ticket);

    us = MIN(g_get_monotonic_time() - begun_us, MOST_US);
    settler->us = (7 * settler->us + us) / 8;
    return result;
}

bool settler_is_quick(const struct settler *settler)
{
    return settler->us < QUICK_US;
}

/* The last of a line waits first: that has all before it on the disk as well, and who came while
 * another thread was at the disk does not wait for that one. */
static void settle_line(struct settler *settler, GQueue *line)
{
    struct gateway *gateway = settler->gateway;
    struct request *request;
    uint64_t last = 0;

    for (GList *at = line->head; at; at = at->next)
        last = MAX(last, ((struct request *)at->data)->ticket);
    if (!is_stopping(settler))
        settler_settle(settler, last);
    while ((request = g_queue_pop_head(line))) {
        request->settled = is_stopping(settler)
                               ? STORE_BUSY
                               : gateway->ops->settle(gateway->store, request->ticket);
        request_resume(request);
    }
}

static gpointer run(gpointer data)
{
    struct settler *settler = data;

    for (;;) {
        GQueue line = take_line(settler);

        if (line.length == 0)
            return NULL;
        settle_line(settler, &line);
    }
}

struct settler *settler_start(struct gateway *gateway)
{
    struct settler *settler = g_new0(struct settler, 1);

    settler->gateway = gateway;
    settler->us = MOST_US;
    g_mutex_init(&settler->lock);
    g_cond_init(&settler->changed);
    for (int i = 0; i < THREADS; i++)
        settler->threads[i] = g_thread_try_new("settler", run, settler, NULL);
    if (settler->threads[0])
        return settler;
    settler_free(settler);
    return NULL;
}

/* It is written, and may be on the disk or not: the same request once more finds out. */
static void turn_away(struct request *request)
{
    request->settled = STORE_BUSY;
    request_resume(request);
}

void settler_stop(struct settler *settler)
{
    struct request *request;

    if (!settler)
        return;
    g_mutex_lock(&settler->lock);
    settler->stopping = true;
    g_cond_broadcast(&settler->changed);
    g_mutex_unlock(&settler->lock);
    for (int i = 0; i < THREADS; i++)
        if (settler->threads[i])
            g_thread_join(settler->threads[i]);
    memset(settler->threads, 0, sizeof settler->threads);
    g_mutex_lock(&settler->lock);
    settler->stopped = true;
    while ((request = g_queue_pop_head(&settler->line))) /* who came while the thread ended */
        turn_away(request);
    g_mutex_unlock(&settler->lock);
}

void settler_free(struct settler *settler)
{
    if (!settler)
        return;
    settler_stop(settler);
    g_mutex_clear(&settler->lock);
    g_cond_clear(&settler->changed);
    g_free(settler);
}

void settler_wait(struct settler *settler, struct request *request)
{
    bool stopped;

    g_mutex_lock(&settler->lock);
    stopped = settler->stopped;
    if (!stopped)
        g_queue_push_tail(&settler->line, request);
    g_cond_signal(&settler->changed);
    g_mutex_unlock(&settler->lock);
    if (!stopped)
        return;
    turn_away(request);
}
