/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "waiting.h"
#include "../ops/metrics.h"

#include <curl/curl.h>
#include <glib.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX 65536
#define CONNECTIONS_KEPT 64
#define CONNECTIONS_TO_ONE 32

struct job {
    struct request *request;
    int64_t at_us; /* a hold; 0: a question */
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    char error[CURL_ERROR_SIZE];
};
struct waiting {
    struct gateway *gateway;
    CURLM *multi;
    GThread *thread;
    GMutex lock;
    GQueue fresh; /* jobs handed over, under lock */
    GQueue holds; /* the thread's own */
    unsigned running;
    bool stopping, stopped;
};

static void finish(struct job *job)
{
    struct request *request = job->request;

    curl_slist_free_all(job->headers);
    curl_slist_free_all(job->connect_to);
    if (job->easy)
        curl_easy_cleanup(job->easy);
    g_free(job);
    request_resume(request);
}

/* -- questions -----------------------------------------------------------------------------------
 */

static size_t take_answer(char *data, size_t size, size_t count, void *user)
{
    struct question *question = user;
    size_t len = size * count;

    if (question->answer.len + len > ANSWER_MAX)
        return 0;
    simauth_octets_append(&question->answer, data, len);
    return question->answer.failed ? 0 : len;
}

static void set_tls(struct job *job, const struct config *config, const struct store_partner *p)
{
    CURL *easy = job->easy;
    struct curl_blob anchors = {.data = p->anchors, .len = strlen(p->anchors)};

    curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSLCERT, config->certificate);
    curl_easy_setopt(easy, CURLOPT_SSLKEY, config->key);
    if (anchors.len) {
        anchors.flags = CURL_BLOB_COPY;
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &anchors);
    }
    if (p->pin[0])
        curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, p->pin);
    if (p->connect_to[0]) {
        char *entry = g_strdup_printf("::%s", p->connect_to);

        job->connect_to = curl_slist_append(NULL, entry);
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, job->connect_to);
        g_free(entry);
    }
}

static void set_request(struct job *job, const struct config *config)
{
    struct question *question = job->request->question;
    CURL *easy = job->easy;
    char key[sizeof "Idempotency-Key: " + SIMAUTH_B64U_LEN(STORE_KEY_LEN)] = "Idempotency-Key: ";
    char *url = g_strconcat(question->partner.url, question->path, NULL);

    simauth_b64u_encode(question->key, STORE_KEY_LEN, key + strlen(key));
    job->headers = curl_slist_append(NULL, "Content-Type: application/json");
    job->headers = curl_slist_append(job->headers, key);
    job->headers = curl_slist_append(job->headers, "Expect:");
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, job->headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, question->body);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, question);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, job);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job->error);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)config->federation_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    g_free(url);
}

static void begin_question(struct waiting *waiting, struct job *job)
{
    const struct config *config = waiting->gateway->config;

    job->easy = curl_easy_init();
    if (job->easy) {
        set_request(job, config);
        set_tls(job, config, &job->request->question->partner);
        if (curl_multi_add_handle(waiting->multi, job->easy) == CURLM_OK) {
            waiting->running++;
            return;
        }
    }
    g_strlcpy(job->request->question->reason, "no connection could be made",
              sizeof job->request->question->reason);
    finish(job);
}

static int64_t asked_us(CURL *easy)
{
    curl_off_t us = 0;

    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &us);
    return (int64_t)us;
}

static void end_questions(struct waiting *waiting)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(waiting->multi, &left))) {
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        struct job *job = NULL;
        struct question *question;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&job);
        question = job->request->question;
        if (code == CURLE_OK)
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &question->status);
        else
            g_strlcpy(question->reason, job->error[0] ? job->error : curl_easy_strerror(code),
                      sizeof question->reason);
        metrics_partner_asked(question->partner.name, code == CURLE_OK, asked_us(easy));
        curl_multi_remove_handle(waiting->multi, easy);
        waiting->running--;
        finish(job);
    }
}

/* -- the thread ----------------------------------------------------------------------------------
 */

static bool take_fresh(struct waiting *waiting)
{
    struct job *job;
    bool stopping;

    g_mutex_lock(&waiting->lock);
    while ((job = g_queue_pop_head(&waiting->fresh))) {
        g_mutex_unlock(&waiting->lock);
        if (job->at_us)
            g_queue_push_tail(&waiting->holds, job);
        else
            begin_question(waiting, job);
        g_mutex_lock(&waiting->lock);
    }
    stopping = waiting->stopping;
    g_mutex_unlock(&waiting->lock);
    return stopping;
}

/* Milliseconds until the next hold is over. They are as many as refusals in a tenth of a second. */
static int end_holds(struct waiting *waiting)
{
    int64_t now = g_get_monotonic_time(), next = now + 1000000;
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
    return (int)((next - now) / 1000) + 1;
}

static gpointer run(gpointer data)
{
    struct waiting *waiting = data;
    bool stopping = false;
    int active;

    while (!stopping || waiting->running || waiting->holds.length) {
        int ms;

        stopping = take_fresh(waiting);
        curl_multi_perform(waiting->multi, &active);
        end_questions(waiting);
        ms = end_holds(waiting);
        if (!stopping || waiting->running || waiting->holds.length)
            curl_multi_poll(waiting->multi, NULL, 0, ms, NULL);
    }
    return NULL;
}

struct waiting *waiting_start(struct gateway *gateway, char *error)
{
    struct waiting *waiting = g_new0(struct waiting, 1);

    g_mutex_init(&waiting->lock);
    waiting->gateway = gateway;
    waiting->multi = curl_multi_init();
    if (waiting->multi) {
        curl_multi_setopt(waiting->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
        curl_multi_setopt(waiting->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS_TO_ONE);
        waiting->thread = g_thread_try_new("waiting", run, waiting, NULL);
    }
    if (waiting->thread)
        return waiting;
    g_strlcpy(error, "the thread for questions to partners could not be started", CONFIG_ERROR_MAX);
    if (waiting->multi)
        curl_multi_cleanup(waiting->multi);
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
    g_mutex_clear(&waiting->lock);
    g_free(waiting);
}

static void hand_over(struct waiting *waiting, struct request *request, int64_t at_us)
{
    struct job *job = g_new0(struct job, 1);

    job->request = request;
    job->at_us = at_us;
    g_mutex_lock(&waiting->lock);
    if (waiting->stopped)
        finish(job);
    else
        g_queue_push_tail(&waiting->fresh, job);
    g_mutex_unlock(&waiting->lock);
    curl_multi_wakeup(waiting->multi);
}

void waiting_ask(struct waiting *waiting, struct request *request)
{
    hand_over(waiting, request, 0);
}

void waiting_hold(struct waiting *waiting, struct request *request, int64_t at_us)
{
    hand_over(waiting, request, at_us);
}
