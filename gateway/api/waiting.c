/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "waiting.h"
#include "../log.h"
#include "exchange.h"
#include "kept.h"

#include <curl/curl.h>
#include <glib.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_KEPT 1024
#define WITHOUT_BATCHES_US (INT64_C(3600) * G_USEC_PER_SEC)
#define BATCH_OCTETS (BODY_BATCH_MAX - 4096)
#define KEY_OCTETS 64 /* what a question is longer by in a batch */

struct job {
    struct request *request;
    int64_t at_us; /* a hold, or a question's end */
    bool hold;
};
/* Questions to one partner. Each leaves at once while there is a connection for it; those that came
 * in the same moment, or wait for a connection, leave together. */
struct line {
    GQueue jobs;
    unsigned running;   /* exchanges */
    int64_t without_us; /* it took no batch: none before then */
    struct kept kept;
};
struct waiting {
    struct gateway *gateway;
    CURLM *multi;
    GThread *thread;
    GMutex lock;
    GQueue fresh;        /* jobs handed over, under lock */
    GPtrArray *partners; /* handed over, under lock; NULL: nothing new */
    /* the thread's own */
    GQueue holds;
    GHashTable *lines; /* partner's id -> struct line */
    unsigned running, queued;
    bool leaving; /* stopping, as the thread has seen it */
    bool stopping, stopped;
};

static void finish(struct job *job)
{
    struct request *request = job->request;

    g_free(job);
    request_resume(request);
}

/* -- questions --------------------------------------------------------------------------------- */

static struct line *line_of(struct waiting *waiting, gint64 id)
{
    struct line *line = g_hash_table_lookup(waiting->lines, &id);

    if (!line) {
        line = g_new0(struct line, 1);
        kept_init(&line->kept);
        g_hash_table_insert(waiting->lines, g_memdup2(&id, sizeof id), line);
    }
    return line;
}

static void line_free(gpointer data)
{
    struct line *line = data;

    kept_free(&line->kept);
    g_free(line);
}

static void enqueue(struct waiting *waiting, struct job *job)
{
    g_queue_push_tail(&line_of(waiting, job->request->question->partner.id)->jobs, job);
    waiting->queued++;
}

static struct job *dequeue(struct waiting *waiting, struct line *line)
{
    waiting->queued--;
    return g_queue_pop_head(&line->jobs);
}

static void fail(struct request *request, const char *reason)
{
    g_strlcpy(request->question->reason, reason, sizeof request->question->reason);
}

/* Whether the next of the line can go with the ones before it. */
static bool goes_with(struct line *line, const struct request *first, size_t octets, int64_t now_us)
{
    const struct job *next = g_queue_peek_head(&line->jobs);
    const struct question *question = next ? next->request->question : NULL;

    return question && line->without_us <= now_us && may_batch(first->question) &&
           may_batch(question) && !question->turned && same_partner(first->question, question) &&
           octets + strlen(question->body) + KEY_OCTETS <= BATCH_OCTETS;
}

/* Those at the head of the line that leave in one exchange; the ones whose time is over are ended.
 */
static size_t take_together(struct waiting *waiting, struct line *line,
                            struct request *requests[static BATCH_MAX])
{
    const struct config *config = waiting->gateway->config;
    int64_t now_us = g_get_monotonic_time();
    size_t count = 0, octets = 0;
    struct job *job;

    while (line->jobs.length > 0 && count < (size_t)config->federation_batch) {
        if (count > 0 &&
            (requests[0]->question->turned || !goes_with(line, requests[0], octets, now_us)))
            break;
        job = dequeue(waiting, line);
        if (job->at_us <= now_us) {
            fail(job->request, "no connection with the partner became free in time");
            finish(job);
            continue;
        }
        octets += strlen(job->request->question->body) + KEY_OCTETS;
        requests[count++] = job->request;
        g_free(job);
    }
    return count;
}

static void begin_exchange(struct waiting *waiting, struct line *line,
                           struct request *const *requests, size_t count)
{
    struct exchange *exchange = exchange_new(waiting->gateway->config, requests, count);

    if (exchange)
        kept_watch(&line->kept, exchange, line->running);
    if (exchange && curl_multi_add_handle(waiting->multi, exchange_easy(exchange)) == CURLM_OK) {
        line->running++;
        waiting->running++;
        return;
    }
    if (exchange)
        exchange_free(exchange);
    for (size_t i = 0; i < count; i++) {
        fail(requests[i], "no connection could be made");
        request_resume(requests[i]);
    }
}

/* Their time is over; they may have waited for a connection. */
static void end_late(struct waiting *waiting, struct line *line)
{
    int64_t now_us = g_get_monotonic_time();

    for (struct job *job = g_queue_peek_head(&line->jobs); job && job->at_us <= now_us;
         job = g_queue_peek_head(&line->jobs)) {
        dequeue(waiting, line);
        fail(job->request, "no connection with the partner became free in time");
        finish(job);
    }
}

static void begin_line(struct waiting *waiting, struct line *line)
{
    const struct config *config = waiting->gateway->config;
    const unsigned most = (unsigned)config->federation_connections;
    struct request *requests[BATCH_MAX];
    size_t count;

    end_late(waiting, line);
    while (line->jobs.length > 0 && line->running < most &&
           kept_may_ask(&line->kept, config, line->running)) {
        count = take_together(waiting, line, requests);
        if (count > 0)
            begin_exchange(waiting, line, requests, count);
    }
}

static void begin_lines(struct waiting *waiting)
{
    GHashTableIter each;
    gpointer line;

    g_hash_table_iter_init(&each, waiting->lines);
    while (waiting->queued > 0 && g_hash_table_iter_next(&each, NULL, &line))
        begin_line(waiting, line);
}

static struct job *job_new(const struct waiting *waiting, struct request *request)
{
    struct job *job = g_new0(struct job, 1);

    job->request = request;
    job->at_us =
        g_get_monotonic_time() + (int64_t)waiting->gateway->config->federation_timeout_ms * 1000;
    return job;
}

static void no_batches(struct line *line, const struct request *request)
{
    int64_t now_us = g_get_monotonic_time();

    if (line->without_us <= now_us)
        log_line("op=batch partner=\"%s\" result=refused reason=\"its gateway takes none: its "
                 "questions go one by one for an hour\"",
                 request->question->partner.name);
    line->without_us = now_us + WITHOUT_BATCHES_US;
}

/* What came of one question of an exchange. */
static void told(struct request *request, enum exchange_end end, void *data)
{
    struct waiting *waiting = data;

    if (end == EXCHANGE_ANSWERED) {
        request_resume(request);
        return;
    }
    if (end == EXCHANGE_NO_BATCHES) {
        no_batches(line_of(waiting, request->question->partner.id), request);
        request->question->batched = false;
    }
    enqueue(waiting, job_new(waiting, request));
}

static void end_exchanges(struct waiting *waiting)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(waiting->multi, &left))) {
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        struct exchange *exchange = NULL;
        struct line *line;
        bool stands;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&exchange);
        line = line_of(waiting, exchange_partner(exchange));
        stands = code == CURLE_OK && kept_answered(&line->kept, exchange);
        curl_multi_remove_handle(waiting->multi, easy);
        if (exchange_asked(exchange)) {
            waiting->running--;
            line->running--;
            if (code == CURLE_OPERATION_TIMEDOUT)
                kept_late(&line->kept, exchange_asked(exchange));
        } else {
            kept_ended(&line->kept, exchange, code, stands);
        }
        exchange_end(exchange, code, told, waiting);
    }
}

/* Nobody waits for these. */
static void end_kept(struct waiting *waiting)
{
    GHashTableIter each;
    gpointer value;

    g_hash_table_iter_init(&each, waiting->lines);
    while (g_hash_table_iter_next(&each, NULL, &value))
        kept_clear(&((struct line *)value)->kept, waiting->multi);
}

static void step_kept(struct waiting *waiting)
{
    GHashTableIter each;
    gpointer value;

    g_hash_table_iter_init(&each, waiting->lines);
    while (!waiting->leaving && g_hash_table_iter_next(&each, NULL, &value)) {
        struct line *line = value;

        kept_step(&line->kept, waiting->multi, waiting->gateway->config, line->running,
                  line->jobs.length);
    }
}

static void take_partners(struct waiting *waiting, GPtrArray *partners)
{
    GHashTableIter each;
    gpointer id, value;

    for (guint i = 0; i < partners->len; i++) {
        const struct store_partner *partner = partners->pdata[i];

        kept_partner(&line_of(waiting, partner->id)->kept, partner);
    }
    g_hash_table_iter_init(&each, waiting->lines);
    while (g_hash_table_iter_next(&each, &id, &value)) {
        bool holds = false;

        for (guint i = 0; i < partners->len; i++)
            holds = holds || ((struct store_partner *)partners->pdata[i])->id == *(gint64 *)id;
        if (!holds)
            kept_partner(&((struct line *)value)->kept, NULL);
    }
    g_ptr_array_unref(partners);
}

/* -- the thread -------------------------------------------------------------------------------- */

static bool take_fresh(struct waiting *waiting)
{
    GPtrArray *partners;
    struct job *job;
    bool stopping;

    g_mutex_lock(&waiting->lock);
    partners = waiting->partners;
    waiting->partners = NULL;
    while ((job = g_queue_pop_head(&waiting->fresh))) {
        g_mutex_unlock(&waiting->lock);
        if (job->hold)
            g_queue_push_tail(&waiting->holds, job);
        else
            enqueue(waiting, job);
        g_mutex_lock(&waiting->lock);
    }
    stopping = waiting->stopping;
    g_mutex_unlock(&waiting->lock);
    if (partners)
        take_partners(waiting, partners);
    return stopping;
}

/* When the first of the questions that wait for a connection has no time left. */
static int64_t first_late(struct waiting *waiting)
{
    int64_t first = INT64_MAX;
    GHashTableIter each;
    gpointer value;

    g_hash_table_iter_init(&each, waiting->lines);
    while (waiting->queued > 0 && g_hash_table_iter_next(&each, NULL, &value)) {
        const struct job *job = g_queue_peek_head(&((struct line *)value)->jobs);

        if (job)
            first = MIN(first, job->at_us);
    }
    return first;
}

/* Milliseconds until the next hold is over, or a question late. Holds are as many as refusals in a
 * tenth of a second. */
static int end_holds(struct waiting *waiting)
{
    int64_t now = g_get_monotonic_time(), next = MIN(now + 1000000, first_late(waiting));
    GList *link = waiting->holds.head;

    while (link) {
        GList *following = link->next;
        struct job *job = link->data;

        if (job->at_us <= now) {
            g_queue_delete_link(&waiting->holds, link);
            finish(job);
        } else if (job->at_us < next) {
            next = job->at_us;
        }
        link = following;
    }
    return (int)(MAX(next - now, 0) / 1000) + 1;
}

static gpointer run(gpointer data)
{
    struct waiting *waiting = data;
    bool stopping = false;
    int active;

    while (!stopping || waiting->running || waiting->queued || waiting->holds.length) {
        int ms;

        stopping = take_fresh(waiting);
        waiting->leaving = stopping;
        begin_lines(waiting);
        step_kept(waiting);
        curl_multi_perform(waiting->multi, &active);
        end_exchanges(waiting);
        begin_lines(waiting); /* connections that became free */
        ms = end_holds(waiting);
        if (!stopping || waiting->running || waiting->queued || waiting->holds.length)
            curl_multi_poll(waiting->multi, NULL, 0, ms, NULL);
    }
    end_kept(waiting);
    return NULL;
}

struct waiting *waiting_start(struct gateway *gateway, char *error)
{
    struct waiting *waiting = g_new0(struct waiting, 1);

    g_mutex_init(&waiting->lock);
    waiting->gateway = gateway;
    waiting->lines = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, line_free);
    waiting->multi = curl_multi_init();
    if (waiting->multi) {
        curl_multi_setopt(waiting->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
        waiting->thread = g_thread_try_new("waiting", run, waiting, NULL);
    }
    if (waiting->thread)
        return waiting;
    g_strlcpy(error, "the thread for questions to partners could not be started", CONFIG_ERROR_MAX);
    if (waiting->multi)
        curl_multi_cleanup(waiting->multi);
    g_hash_table_destroy(waiting->lines);
    g_free(waiting);
    return NULL;
}

void waiting_stop(struct waiting *waiting)
{
    struct job *job;

    if (!waiting)
        return;
    g_mutex_lock(&waiting->lock);
    waiting->stopping = true;
    g_mutex_unlock(&waiting->lock);
    curl_multi_wakeup(waiting->multi);
    g_thread_join(waiting->thread);
    /* Who came while the thread ended gets no answer from a partner. */
    g_mutex_lock(&waiting->lock);
    waiting->stopped = true;
    while ((job = g_queue_pop_head(&waiting->fresh)))
        finish(job);
    g_mutex_unlock(&waiting->lock);
}

void waiting_free(struct waiting *waiting)
{
    if (!waiting)
        return;
    curl_multi_cleanup(waiting->multi);
    g_hash_table_destroy(waiting->lines);
    if (waiting->partners)
        g_ptr_array_unref(waiting->partners);
    g_mutex_clear(&waiting->lock);
    g_free(waiting);
}

static void hand_over(struct waiting *waiting, struct job *job)
{
    g_mutex_lock(&waiting->lock);
    if (waiting->stopped)
        finish(job);
    else
        g_queue_push_tail(&waiting->fresh, job);
    g_mutex_unlock(&waiting->lock);
    curl_multi_wakeup(waiting->multi);
}

void waiting_keep(struct waiting *waiting, GPtrArray *partners)
{
    GPtrArray *before;

    g_mutex_lock(&waiting->lock);
    before = waiting->partners;
    waiting->partners = partners;
    g_mutex_unlock(&waiting->lock);
    if (before)
        g_ptr_array_unref(before);
    curl_multi_wakeup(waiting->multi);
}

void waiting_ask(struct waiting *waiting, struct request *request)
{
    hand_over(waiting, job_new(waiting, request));
}

void waiting_hold(struct waiting *waiting, struct request *request, int64_t at_us)
{
    struct job *job = g_new0(struct job, 1);

    job->request = request;
    job->at_us = at_us;
    job->hold = true;
    hand_over(waiting, job);
}
