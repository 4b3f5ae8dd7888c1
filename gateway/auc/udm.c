/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Vectors from a UDM, as a GBA BSF asks for them: Nudm_UEAuthentication over HTTP/2 (TS 29.503, TS
 * 33.220 annex N).
 *
 * One thread runs libcurl and owns everything of it; fetches are handed over in a queue. They share
 * one connection (a second opens when the UDM takes no more streams), but for http: with libcurl
 * 7.88, which fails with every question but the first of a connection without TLS. Nothing tells of
 * a UDM that is there before it is asked, so it is asked OPTIONS when nobody else does; while the
 * connection is known not to be there, fetches end at once.
 */
#include "sources.h"
#include "udm_identity.h"
#include "udm_message.h"

#include <curl/curl.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define CONNECTIONS_MAX 4
#define CONNECTIONS_ALONE_MAX 64 /* where each has one question */
#define PROBE_DOWN_US G_USEC_PER_SEC
#define PROBE_IDLE_US (5 * G_USEC_PER_SEC)
#define STATE_TEXT_MAX (CURL_ERROR_SIZE + 96)

enum link { LINK_UNKNOWN, LINK_UP, LINK_DOWN };
struct udm {
    char *url, *ca, *certificate, *key, *token, *agent;
    int timeout_ms;
    bool tls, alone; /* alone: a connection for each question */
    void (*log)(const char *text);
    void (*links_up)(int up, int total);
    CURLM *multi; /* replaced by renew(), under lock */
    GThread *thread;
    GMutex lock;
    GQueue fresh; /* struct auc_fetch, under lock */
    bool stopping, stopped;
    /* the thread's own */
    GQueue jobs; /* struct job that are asked */
    enum link link;
    bool probing;
    int64_t heard_us, tried_us, opened_us; /* the last answer, the last probe, `multi` */
    struct udm_identity identity;          /* as its files last were good; with TLS alone */
    bool identity_kept;                    /* they are not, and that was told */
};
struct job {
    struct udm *udm;
    struct auc_fetch *fetch; /* NULL: a probe */
    CURL *easy;
    struct curl_slist *headers;
    int64_t sent_us;
    bool again; /* it was sent a second time */
    size_t len;
    char question[UDM_QUESTION_MAX], answer[UDM_ANSWER_MAX], error[CURL_ERROR_SIZE];
};

static void set_link(struct udm *udm, enum link link, const char *why)
{
    char text[STATE_TEXT_MAX];

    if (udm->link == link)
        return;
    udm->link = link;
    if (link == LINK_UP)
        g_strlcpy(text, "op=udm state=up", sizeof text);
    else
        snprintf(text, sizeof text, "op=udm state=down reason=\"%s\"", why);
    udm->log(text);
    udm->links_up(link == LINK_UP, 1);
}

static void end_fetch(struct auc_fetch *fetch, enum auc_result result, const char *reason)
{
    fetch->result = result;
    fetch->reason = reason;
    fetch->done(fetch);
}

/* After it was taken out of `multi`. */
static void end_job(struct job *job, enum auc_result result, const char *reason)
{
    struct auc_fetch *fetch = job->fetch;

    g_queue_remove(&job->udm->jobs, job);
    if (!fetch)
        job->udm->probing = false;
    curl_easy_cleanup(job->easy);
    curl_slist_free_all(job->headers);
    OPENSSL_cleanse(job, sizeof *job);
    g_free(job);
    if (fetch)
        end_fetch(fetch, result, reason);
}

/* -- questions --------------------------------------------------------------------------------- */

static size_t take_answer(char *data, size_t size, size_t count, void *user)
{
    struct job *job = user;
    size_t len = size * count;

    if (len > sizeof job->answer - job->len)
        return 0;
    memcpy(job->answer + job->len, data, len);
    job->len += len;
    return len;
}

/* libcurl's callback for each new connection. */
static CURLcode show_identity(CURL *easy, void *ctx, void *data)
{
    struct udm *udm = data;
    char error[AUC_ERROR_MAX], text[AUC_ERROR_MAX + 64];
    bool taken = udm_identity_show(&udm->identity, udm->certificate, udm->key, ctx, error);

    (void)easy;
    if (error[0] && !udm->identity_kept) {
        snprintf(text, sizeof text, "op=udm identity=kept reason=\"%s\"", error);
        udm->log(text);
    }
    udm->identity_kept = error[0] != '\0';
    return taken ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

static void set_tls(CURL *easy, struct udm *udm)
{
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, show_identity);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, udm);
    if (udm->ca[0]) {
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(easy, CURLOPT_CAINFO, udm->ca);
    }
}

/* The file is written anew by whoever fetches tokens from the NRF: it is read each time. */
static bool set_token(CURL *easy, const char *path)
{
    char *text = NULL, *token = NULL;
    gsize len = 0;

    if (g_file_get_contents(path, &text, &len, NULL) && len <= UDM_TOKEN_MAX)
        token = udm_token(text);
    if (token) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, token);
    }
    if (text)
        OPENSSL_cleanse(text, len);
    g_free(text);
    return token != NULL;
}

static void set_connection(CURL *easy, struct udm *udm)
{
    const bool tls = udm->tls;

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long)(tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, udm->alone ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, udm->alone ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, udm->alone ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* never wait for a resolver's thread */
#endif
    if (tls)
        set_tls(easy, udm);
}

static void set_request(struct job *job)
{
    CURL *easy = job->easy;
    char path[UDM_PATH_MAX] = "/nudm-ueau/v1";
    char *url;

    job->headers = curl_slist_append(NULL, "Accept: application/json, application/problem+json");
    if (job->fetch) {
        udm_path(job->fetch, path);
        udm_question(job->fetch, job->question);
        job->headers = curl_slist_append(job->headers, "Content-Type: application/json");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, job->question);
    } else {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "OPTIONS");
    }
    url = g_strconcat(job->udm->url, path, NULL);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, job->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, job->udm->agent);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, job);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, job);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job->error);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)job->udm->timeout_ms);
    g_free(url);
}

static void ask(struct udm *udm, struct auc_fetch *fetch)
{
    struct job *job;
    const char *reason = "question to the UDM could not be sent";

    if (fetch && udm->link == LINK_DOWN) {
        end_fetch(fetch, AUC_DOWN, "no connection with the UDM");
        return;
    }
    job = g_new0(struct job, 1);
    job->udm = udm;
    job->fetch = fetch;
    job->sent_us = g_get_monotonic_time();
    job->easy = curl_easy_init();
    g_queue_push_tail(&udm->jobs, job);
    if (job->easy) {
        set_connection(job->easy, udm);
        set_request(job);
        if (udm->token[0] && !set_token(job->easy, udm->token))
            reason = "access token cannot be read: look at [auc] udm_token";
        else if (curl_multi_add_handle(udm->multi, job->easy) == CURLM_OK)
            return;
    }
    end_job(job, AUC_DOWN, reason);
}

static void probe(struct udm *udm)
{
    udm->probing = true;
    udm->tried_us = g_get_monotonic_time();
    ask(udm, NULL);
}

/* A second time, while there is time; a vector that was lost on the way harms nobody. False: not.
 */
static bool ask_again(struct job *job)
{
    int64_t left_ms = job->udm->timeout_ms - (g_get_monotonic_time() - job->sent_us) / 1000;

    if (job->again || left_ms <= 0)
        return false;
    job->again = true;
    job->len = 0;
    job->error[0] = '\0';
    curl_easy_setopt(job->easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
    return curl_multi_add_handle(job->udm->multi, job->easy) == CURLM_OK;
}

/* -- connections ------------------------------------------------------------------------------- */

/* https://github.com/curl/curl/issues/10634: in 7.88, mended in 8.0. */
static bool reuse_fails(void)
{
    unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;

    return version >= 0x075800 && version < 0x080000;
}

static CURLM *open_multi(const struct udm *udm)
{
    const long most = udm->alone ? CONNECTIONS_ALONE_MAX : CONNECTIONS_MAX;
    CURLM *multi = curl_multi_init();

    if (multi) {
        curl_multi_setopt(multi, CURLMOPT_PIPELINING,
                          (long)(udm->alone ? CURLPIPE_NOTHING : CURLPIPE_MULTIPLEX));
        curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, most);
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, most);
    }
    return multi;
}

/* A connection on which nothing comes any more may be dead without a word, and libcurl would keep
 * it for as long as TCP does: those who wait on it are asked on a new one. */
static void renew(struct udm *udm)
{
    CURLM *old = udm->multi, *fresh = open_multi(udm);
    GQueue waiting = G_QUEUE_INIT;
    struct job *job;

    if (!fresh)
        return;
    for (GList *at = udm->jobs.head; at; at = at->next) {
        curl_multi_remove_handle(old, ((struct job *)at->data)->easy);
        g_queue_push_tail(&waiting, at->data);
    }
    g_mutex_lock(&udm->lock);
    udm->multi = fresh;
    g_mutex_unlock(&udm->lock);
    udm->opened_us = g_get_monotonic_time();
    while ((job = g_queue_pop_head(&waiting)))
        if (!ask_again(job))
            end_job(job, AUC_DOWN, "UDM did not answer in time");
    curl_multi_cleanup(old);
}

static bool was_connected(CURL *easy)
{
    curl_off_t us = 0;

    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &us);
    return us > 0;
}

/* Whether it was heard of since this was asked, on this connection. */
static bool is_mute(const struct udm *udm, const struct job *job)
{
    return !job->again && udm->heard_us < job->sent_us && udm->opened_us <= job->sent_us;
}

static void take_time_out(struct udm *udm, struct job *job)
{
    bool connected = was_connected(job->easy), mute = is_mute(udm, job);

    if (connected)
        set_link(udm, LINK_UP, NULL); /* and slow, as the fetches say */
    else
        set_link(udm, LINK_DOWN, "no connection in time");
    end_job(job, AUC_DOWN,
            connected ? "UDM did not answer in time" : "no connection with the UDM in time");
    if (connected && mute && !udm->alone)
        renew(udm);
}

static const char *reason_of(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "the UDM's name was not found";
    case CURLE_COULDNT_CONNECT:
        return "no connection with the UDM";
    case CURLE_WRITE_ERROR:
        return "UDM's answer is too long";
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE:
        return "UDM broke off its answer";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return "no TLS with the UDM: the log's op=udm says why";
    default:
        return "connection with the UDM was lost";
    }
}

/* One stream may have been broken off, or the whole connection: libcurl says the same of both. */
static bool is_of_a_stream(CURLcode code)
{
    return code == CURLE_HTTP2_STREAM || code == CURLE_PARTIAL_FILE;
}

static void take_failure(struct udm *udm, struct job *job, CURLcode code)
{
    char why[CURL_ERROR_SIZE];

    g_strlcpy(why, job->error[0] ? job->error : curl_easy_strerror(code), sizeof why);
    g_strdelimit(why, "\"\r\n", '\'');
    if (code == CURLE_WRITE_ERROR) {
        set_link(udm, LINK_UP, NULL);
    } else {
        /* Once may be a restart of the UDM; twice, nobody speaks HTTP/2 there. */
        if (was_connected(job->easy) && ask_again(job))
            return;
        if (job->fetch && is_of_a_stream(code))
            udm->tried_us = 0; /* the probe that is due now finds out */
        else
            set_link(udm, LINK_DOWN, why);
    }
    end_job(job, AUC_DOWN, reason_of(code));
}

/* -- answers ----------------------------------------------------------------------------------- */

static void take_good(struct udm *udm, struct job *job)
{
    struct udm_answer answer = {.body = job->answer, .len = job->len};
    enum auc_result result = AUC_DOWN;
    const char *reason = "UDM does not speak HTTP/2";
    struct curl_header *header;
    long version = 0;

    curl_easy_getinfo(job->easy, CURLINFO_HTTP_VERSION, &version);
    if (version != CURL_HTTP_VERSION_2_0) {
        set_link(udm, LINK_DOWN, "it does not speak HTTP/2");
        end_job(job, result, reason);
        return;
    }
    udm->heard_us = g_get_monotonic_time();
    set_link(udm, LINK_UP, NULL);
    curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &answer.status);
    answer.wants_token =
        curl_easy_header(job->easy, "www-authenticate", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
    if (job->fetch)
        result = udm_read(&answer, job->fetch->has_auts, &job->fetch->vector, &reason);
    end_job(job, result, reason);
}

static void take_answers(struct udm *udm)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(udm->multi, &left))) {
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        struct job *job = NULL;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&job);
        curl_multi_remove_handle(udm->multi, easy);
        if (code == CURLE_OK)
            take_good(udm, job);
        else if (code == CURLE_OPERATION_TIMEDOUT)
            take_time_out(udm, job);
        else
            take_failure(udm, job, code);
    }
}

/* -- the thread -------------------------------------------------------------------------------- */

/* True when it is to stop. */
static bool take_fresh(struct udm *udm)
{
    struct auc_fetch *fetch;
    bool stopping;

    g_mutex_lock(&udm->lock);
    while ((fetch = g_queue_pop_head(&udm->fresh))) {
        g_mutex_unlock(&udm->lock);
        ask(udm, fetch);
        g_mutex_lock(&udm->lock);
    }
    stopping = udm->stopping;
    g_mutex_unlock(&udm->lock);
    return stopping;
}

/* Milliseconds until there is something to look at. */
static int probe_when_due(struct udm *udm)
{
    int64_t now = g_get_monotonic_time(), due = udm->tried_us + PROBE_DOWN_US;

    if (udm->probing)
        return 1000;
    if (udm->link == LINK_UP)
        due = MAX(udm->heard_us, udm->tried_us) + PROBE_IDLE_US;
    if (udm->tried_us && due > now) /* 0: at once */
        return (int)((due - now) / 1000) + 1;
    probe(udm);
    return 0;
}

static gpointer run(gpointer data)
{
    struct udm *udm = data;
    struct job *job;
    int active;

    while (!take_fresh(udm)) {
        curl_multi_perform(udm->multi, &active);
        take_answers(udm); /* which say when the next probe is due */
        curl_multi_poll(udm->multi, NULL, 0, probe_when_due(udm), NULL);
    }
    while ((job = g_queue_peek_head(&udm->jobs))) {
        curl_multi_remove_handle(udm->multi, job->easy);
        end_job(job, AUC_DOWN, "gateway stops");
    }
    return NULL;
}

/* -- the source -------------------------------------------------------------------------------- */

static void udm_free(void *state)
{
    struct udm *udm = state;

    if (udm->multi)
        curl_multi_cleanup(udm->multi);
    udm_identity_clear(&udm->identity);
    g_mutex_clear(&udm->lock);
    g_free(udm->url);
    g_free(udm->ca);
    g_free(udm->certificate);
    g_free(udm->key);
    g_free(udm->token);
    g_free(udm->agent);
    g_free(udm);
}

static void *udm_start(const struct auc_settings *settings, char *error)
{
    struct udm *udm = g_new0(struct udm, 1);
    size_t len = strlen(settings->url);

    while (len && settings->url[len - 1] == '/')
        len--;
    udm->url = g_strndup(settings->url, len);
    udm->ca = g_strdup(settings->ca);
    udm->certificate = g_strdup(settings->certificate);
    udm->key = g_strdup(settings->key);
    udm->token = g_strdup(settings->token);
    udm->agent = g_strdup_printf("GBA_BSF-%s", settings->name); /* TS 29.500, 5.2.2.2 */
    udm->timeout_ms = settings->timeout_ms;
    udm->log = settings->log;
    udm->links_up = settings->links_up;
    g_mutex_init(&udm->lock);
    udm->tls = g_str_has_prefix(udm->url, "https:");
    udm->alone = !udm->tls && reuse_fails();
    if (udm->tls && !udm_identity_read(&udm->identity, udm->certificate, udm->key, error)) {
        udm_free(udm);
        return NULL;
    }
    udm->multi = open_multi(udm);
    if (udm->multi)
        udm->thread = g_thread_try_new("udm", run, udm, NULL);
    if (udm->thread)
        return udm;
    udm_free(udm);
    snprintf(error, AUC_ERROR_MAX, "the thread for questions to the UDM could not be started");
    return NULL;
}

static void udm_stop(void *state)
{
    struct udm *udm = state;
    struct auc_fetch *fetch;

    g_mutex_lock(&udm->lock);
    udm->stopping = true;
    curl_multi_wakeup(udm->multi);
    g_mutex_unlock(&udm->lock);
    g_thread_join(udm->thread);
    g_mutex_lock(&udm->lock);
    udm->stopped = true;
    while ((fetch = g_queue_pop_head(&udm->fresh)))
        end_fetch(fetch, AUC_DOWN, "gateway stops");
    g_mutex_unlock(&udm->lock);
}

static void udm_fetch(void *state, struct auc_fetch *fetch)
{
    struct udm *udm = state;
    bool stopped;

    g_mutex_lock(&udm->lock);
    stopped = udm->stopped;
    if (!stopped) {
        g_queue_push_tail(&udm->fresh, fetch);
        curl_multi_wakeup(udm->multi);
    }
    g_mutex_unlock(&udm->lock);
    if (stopped)
        end_fetch(fetch, AUC_DOWN, "gateway stops");
}

/* -- what the operator named ------------------------------------------------------------------- */

static int check_identity(const struct auc_settings *settings, char *error)
{
    struct udm_identity identity;
    bool good = udm_identity_read(&identity, settings->certificate, settings->key, error);

    if (good)
        udm_identity_clear(&identity);
    return good ? 0 : -1;
}

static int check_token(const char *path, char *error)
{
    CURL *easy = curl_easy_init();
    bool good = easy && set_token(easy, path);

    curl_easy_cleanup(easy);
    if (!good)
        snprintf(error, AUC_ERROR_MAX,
                 "[auc] udm_token: %s cannot be read or holds no bearer token", path);
    return good ? 0 : -1;
}

/* What show_identity() is given is OpenSSL's with that one alone. */
static int check_libcurl(char *error)
{
    const struct curl_tlssessioninfo *tls = NULL;
    CURL *easy = curl_easy_init();
    bool good = easy && curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK && tls &&
                tls->backend == CURLSSLBACKEND_OPENSSL;

    curl_easy_cleanup(easy);
    if (!good)
        snprintf(error, AUC_ERROR_MAX,
                 "[auc] udm_url: https needs a libcurl that was built with OpenSSL");
    return good ? 0 : -1;
}

static int check_private(const char *setting, const char *path, char *error)
{
    char why[SEAL_ERROR_MAX];

    if (seal_check_others(path, why) == 0)
        return 0;
    g_snprintf(error, AUC_ERROR_MAX, "[auc] %s: %s", setting, why);
    return -1;
}

static int udm_check(const struct auc_settings *settings, char *error)
{
    X509 *ca;

    if (settings->token[0] && (check_private("udm_token", settings->token, error) != 0 ||
                               check_token(settings->token, error) != 0))
        return -1;
    if (!g_str_has_prefix(settings->url, "https:"))
        return 0;
    if (check_libcurl(error) != 0)
        return -1;
    if (settings->ca[0]) {
        ca = udm_read_certificate(settings->ca);
        X509_free(ca);
        if (!ca) {
            snprintf(error, AUC_ERROR_MAX, "[auc] udm_ca: %s is no certificate in PEM",
                     settings->ca);
            return -1;
        }
    }
    return check_private("udm_key", settings->key, error) == 0 ? check_identity(settings, error)
                                                               : -1;
}

const struct auc_ops auc_udm = {
    .name = "udm",
    .start = udm_start,
    .stop = udm_stop,
    .free = udm_free,
    .fetch = udm_fetch,
    .check = udm_check,
};
