/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The listener: libmicrohttpd with GnuTLS. Reads whole requests, sends answers; decides nothing
 * about SIMs. */
#include "http.h"
#include "../fresh.h"
#include "../log.h"
#include "../ops/metrics.h"
#include "counts.h"
#include "http_own.h"
#include "peer.h"
#include "request.h"
#include "settler.h"
#include "tls.h"
#include "waiting.h"

#include <glib.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netdb.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_MEMORY 32768
#define DRAIN_US 2000000
/* What TS 33.210 asks for, and nothing older: (EC)DHE, AEAD. */
#define TLS_PRIORITIES                                                                             \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-MAC-ALL:+AEAD:"                              \
    "-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:%SERVER_PRECEDENCE"

static const struct route routes[] = {
    {"GET", "/", "ub", ASKER_SIM, ub_get},
    {"GET", "/v1/self", "self", ASKER_PHONE, self_get},
    {"GET", "/v1/prices", "prices", ASKER_PHONE, prices_get},
    {"POST", "/v1/vectors", "vectors", ASKER_PHONE, vectors_post},
    {"POST", "/v1/challenges", "challenges", ASKER_PHONE, challenges_post},
    {"POST", "/v1/auts", "auts", ASKER_PHONE, auts_post},
    {"GET", "/v1/bindings", "bindings", ASKER_PHONE, bindings_get},
    {"POST", "/v1/bindings", "bindings", ASKER_PHONE, bindings_post},
    {"POST", "/v1/bindings/proof", "proof", ASKER_PHONE, bindings_proof_post},
    {"POST", "/v1/activations", "activations", ASKER_SIM, activations_post},
    {"POST", "/v1/tickets", "tickets", ASKER_PHONE, tickets_post},
    {"GET", "/v1/tickets", "tickets", ASKER_PHONE, tickets_get},
    {"POST", "/v1/tickets/claim", "claim", ASKER_PHONE, tickets_claim_post},
    {"POST", "/v1/changes", "changes", ASKER_PHONE, changes_post},
    {"POST", "/v1/certificates", "certificate", ASKER_PHONE, certificates_post},
    {"POST", "/v1/certificates/find", "find", ASKER_PHONE, certificates_find_post},
    {"GET", "/v1/certificates/revoked", "revoked", ASKER_SIM, certificates_revoked_get},
    {"GET", "/v1/federation", "standing", ASKER_PARTNER, federation_get},
    {"POST", "/v1/federation/certificates", "federation", ASKER_PARTNER,
     federation_certificates_post},
    {"POST", "/v1/federation/vectors", "federation", ASKER_PARTNER, federation_post},
    {"POST", "/v1/federation/tickets", "federation", ASKER_PARTNER, federation_tickets_post},
    {"POST", "/v1/federation/changes", "federation", ASKER_PARTNER, federation_changes_post},
};

struct http {
    struct gateway *gateway;
    struct MHD_Daemon *daemon;
    char *certificate; /* what makes libmicrohttpd ask for the other side's */
    GMutex lock;
    GCond changed;           /* a request was answered while `draining` */
    GHashTable *connections; /* a set of struct open_connection *, under lock */
    struct counts *remotes;
    struct settler *settler;
    int working; /* requests; atomic */
    _Atomic bool draining;
};

/* -- connections: MHD's time-out is for silence; one octet a second is not silent -------------- */

static void mark(struct http *http, struct MHD_Connection *connection, enum open_state state)
{
    struct open_connection *open = open_of(connection);

    if (!open)
        return;
    open->since_us = g_get_monotonic_time();
    open->state = state;
    if (!http->draining)
        return;
    g_mutex_lock(&http->lock);
    g_cond_signal(&http->changed);
    g_mutex_unlock(&http->lock);
}

/* In the place of GnuTLS's own: a header waits in the kernel for its body, so that both leave in
 * one segment. */
static ssize_t push(gnutls_transport_ptr_t to, const giovec_t *parts, int count)
{
    struct open_connection *open = to;
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)count};
    int flags = MSG_NOSIGNAL | (open->more ? MSG_MORE : 0);

    open->more = false;
    return sendmsg(open->fd, &message, flags);
}

static void connection_free(void *data)
{
    struct open_connection *open = data;

    peer_free(open->peer);
    g_free(open);
}

static void begin_connection(struct http *http, struct MHD_Connection *connection, void **context)
{
    struct open_connection *open = g_new0(struct open_connection, 1);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    open->fd = info ? info->connect_fd : -1;
    open->since_us = g_get_monotonic_time();
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    http_address(info ? info->client_addr : NULL, open->remote);
    counts_add(http->remotes, open->remote);
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info && info->tls_session && open->fd >= 0) {
        gnutls_session_t session = info->tls_session;

        gnutls_transport_set_ptr2(session, (gnutls_transport_ptr_t)(intptr_t)open->fd, open);
        gnutls_transport_set_vec_push_function(session, push);
    }
    *context = open;
    g_mutex_lock(&http->lock);
    g_hash_table_add(http->connections, open);
    g_mutex_unlock(&http->lock);
}

/* Before a connection begins; libmicrohttpd's own limit counts whole IPv6 addresses, of which one
 * customer has 2^64. Several at once may each find the last place: as many more as there
 * are threads. */
static enum MHD_Result has_room(void *cls, const struct sockaddr *client, socklen_t len)
{
    struct http *http = cls;
    char remote[HTTP_REMOTE_MAX];

    (void)len;
    http_address(client, remote);
    return counts_of(http->remotes, remote) <
           (unsigned)http->gateway->config->connections_per_address;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    const struct open_connection *open = *context;
    struct http *http = cls;

    if (code != MHD_CONNECTION_NOTIFY_CLOSED) {
        begin_connection(http, connection, context);
        return;
    }
    counts_remove(http->remotes, open->remote);
    g_mutex_lock(&http->lock);
    g_hash_table_remove(http->connections, open);
    g_mutex_unlock(&http->lock);
    *context = NULL;
}

void http_reap(struct http *http)
{
    int64_t now = g_get_monotonic_time();
    GHashTableIter iterator;
    gpointer value;

    g_mutex_lock(&http->lock);
    g_hash_table_iter_init(&iterator, http->connections);
    while (g_hash_table_iter_next(&iterator, &value, NULL)) {
        struct open_connection *open = value;
        enum open_state state = open->state;
        int64_t limit_us = open_limit(http->gateway->config, state) * G_USEC_PER_SEC;

        /* The listener closes the descriptor itself when it sees the end; until then it is not
         * another's. */
        if (now - open->since_us > limit_us && open->fd >= 0) {
            if (!open->timed_out && state != OPEN_IDLE)
                metrics_timed_out(); /* before the other side can know of it */
            shutdown(open->fd, SHUT_RDWR);
            open->timed_out = true;
        }
    }
    g_mutex_unlock(&http->lock);
}

void http_status(struct http *http, struct http_status *status)
{
    int64_t now = g_get_monotonic_time();
    GHashTableIter iterator;
    gpointer value;

    memset(status, 0, sizeof *status);
    g_mutex_lock(&http->lock);
    status->connections = g_hash_table_size(http->connections);
    g_hash_table_iter_init(&iterator, http->connections);
    while (g_hash_table_iter_next(&iterator, &value, NULL)) {
        const struct open_connection *open = value;

        status->busy += open_busy(open);
        /* An answer that its asker does not read says nothing of this gateway. */
        if (open->state == OPEN_WORKING)
            status->oldest_us = MAX(status->oldest_us, now - open->since_us);
    }
    g_mutex_unlock(&http->lock);
}

/* -- one request ------------------------------------------------------------------------------- */

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct http *http = cls;
    struct request *request = calloc(1, sizeof *request);
    uint8_t random[6];

    if (!request)
        return NULL;
    request->gateway = http->gateway;
    request->connection = connection;
    request->started_us = g_get_monotonic_time();
    request->target = strdup(uri);
    if (!fresh_octets(random, sizeof random))
        memset(random, 0, sizeof random); /* a name for the log alone */
    simauth_b64u_encode(random, sizeof random, request->id);
    mark(http, connection, OPEN_READING);
    return request;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct request *request = *context;

    (void)code;
    mark(cls, connection, request && http_known(request) ? OPEN_IDLE : OPEN_READING);
    *context = NULL;
    if (!request)
        return;
    if (request->working)
        g_atomic_int_add(&((struct http *)cls)->working, -1);
    request_clear(request);
    OPENSSL_cleanse(request, sizeof *request);
    free(request);
}

struct lookup {
    const char *name, *value;
    unsigned count;
};

static enum MHD_Result count_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct lookup *lookup = cls;

    (void)kind;
    if (g_ascii_strcasecmp(name, lookup->name) == 0) {
        lookup->value = value;
        lookup->count++;
    }
    return MHD_YES;
}

const char *http_header(const struct request *request, const char *name)
{
    struct lookup lookup = {.name = name};

    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_header, &lookup);
    return lookup.count == 1 ? lookup.value : NULL;
}

static void log_access(const struct request *request)
{
    const struct answer *answer = &request->answer;
    int64_t us = g_get_monotonic_time() - request->started_us;

    metrics_request(request->route ? request->route->name : "none", answer->status, answer->problem,
                    us);
    if (request->route && request->route->handle == federation_get && !answer->problem)
        return; /* once a minute of each partner */
    log_line("request=%s op=%s method=%s status=%d who=%s result=%s%s%s us=%lld", request->id,
             request->route ? request->route->name : "none", request->method, answer->status,
             request->who[0] ? request->who : "-",
             answer->problem ? problem_row(answer->problem)->name : "good",
             answer->reason ? " reason=" : "", answer->reason ? answer->reason : "", (long long)us);
}

/* The method that the path has (RFC 9110, 15.5.6). */
static const char *allowed_method(const struct request *request)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (strcmp(routes[i].path, request->target) == 0)
            return routes[i].method;
    return "";
}

static enum MHD_Result send_answer(struct http *http, struct request *request)
{
    struct answer *answer = &request->answer;
    char *body = answer->body;
    bool follows = body && body[0] && strcmp(request->method, "HEAD") != 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body ? strlen(body) : 0, body ? (void *)body : (void *)(uintptr_t) "",
        body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    answer->body = NULL; /* the response's */
    if (follows && open_of(request->connection))
        open_of(request->connection)->more = true;
    if (answer->type)
        MHD_add_response_header(response, "Content-Type", answer->type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    if (answer->challenge[0])
        MHD_add_response_header(response, "WWW-Authenticate", answer->challenge);
    if (answer->info[0])
        MHD_add_response_header(response, "Authentication-Info", answer->info);
    if (answer->status == 405)
        MHD_add_response_header(response, "Allow", allowed_method(request));
    if (answer->status == 429 || answer->status == 503)
        MHD_add_response_header(response, "Retry-After", "1");
    if (request->too_large || request->last)
        MHD_add_response_header(response, "Connection", "close");
    mark(http, request->connection, OPEN_SENDING);
    result = MHD_queue_response(request->connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    log_access(request);
    return result;
}

static void after_settle(struct request *request)
{
    if (request->settled != STORE_OK)
        answer_unsure(request, request->settled);
}

static void settle_here(struct http *http, struct request *request)
{
    request->settled = settler_settle(http->settler, request->ticket);
    request->ticket = 0;
}

/* Whether waiting for the disk in this thread keeps nobody waiting: no other request is here, or
 * the disk answers sooner than another thread would. */
static bool may_settle_here(const struct http *http)
{
    return g_atomic_int_get(&http->working) <= 1 || settler_is_quick(http->settler);
}

/* The answer waits for the disk: here when nobody else is kept waiting by that, else in a line.
 * True when it is suspended. */
static bool suspend_for_disk(struct http *http, struct request *request)
{
    if (request->ticket == 0)
        return false;
    if (may_settle_here(http)) {
        settle_here(http, request);
        after_settle(request);
        return false;
    }
    request->resume = after_settle;
    request_suspend(request, 1);
    settler_wait(http->settler, request);
    return true;
}

/* A question to a partner; what was kept before it is waited for at the same time. This thread
 * alone goes on with the request: not before it returned. */
static void suspend_for_partner(struct http *http, struct request *request)
{
    bool line = request->ticket != 0 && !may_settle_here(http);

    request_suspend(request, line ? 2 : 1);
    if (line)
        settler_wait(http->settler, request);
    waiting_ask(request->gateway->waiting, request);
    if (!line && request->ticket != 0)
        settle_here(http, request);
}

/* Suspends for a vector of the source, for a question or for the time of a refusal; true when it
 * does. */
static bool suspend(struct http *http, struct request *request)
{
    struct gateway *gateway = request->gateway;
    int64_t quantum = (int64_t)gateway->config->refusal_ms * 1000;
    int64_t spent = g_get_monotonic_time() - request->started_us;

    if (request->fetching) {
        request_suspend(request, (int)request_fetches(request));
        request_fetch(request);
        return true;
    }
    if (request->resume) {
        suspend_for_partner(http, request);
        return true;
    }
    /* The time that a refusal took must not tell which one it was. */
    if (request->answer.problem == PROBLEM_NOT_YOURS && request->route->asker == ASKER_PHONE &&
        !request->held && quantum > 0) {
        request->held = true;
        request_suspend(request, 1);
        waiting_hold(gateway->waiting, request,
                     request->started_us + (spent / quantum + 1) * quantum);
        return true;
    }
    return suspend_for_disk(http, request);
}

static void find_route(struct request *request)
{
    bool path_known = false;

    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (strcmp(routes[i].path, request->target) != 0)
            continue;
        path_known = true;
        if (strcmp(routes[i].method, request->method) == 0)
            request->route = &routes[i];
    }
    if (!request->route)
        answer_problem(request, path_known ? PROBLEM_METHOD_NOT_ALLOWED : PROBLEM_NOT_FOUND, NULL,
                       "no such path or method");
}

/* "Content-Length : 0" is another header for libmicrohttpd; RFC 9112, 5.1 wants it refused. */
static enum MHD_Result find_odd_name(void *cls, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    (void)kind;
    (void)value;
    for (const char *c = name; *c; c++)
        if (*c <= ' ')
            *(bool *)cls = true;
    return MHD_YES;
}

/* libmicrohttpd reads "+0" and "xchunked" as something; another HTTP server before us may not. */
static bool framed_oddly(const struct lookup *length, const struct lookup *encoding)
{
    const char *text = length->value ? length->value : "0";

    return length->count > 1 || encoding->count > 1 || (length->count && encoding->count) ||
           !text[0] || strspn(text, "0123456789") != strlen(text) ||
           (encoding->value && g_ascii_strcasecmp(encoding->value, "chunked") != 0);
}

static size_t body_max(const struct request *request)
{
    return request->route && request->route->handle == federation_post ? BODY_BATCH_MAX : BODY_MAX;
}

/* Headers are there, the body is not. */
static void begin_request(struct request *request, const char *method)
{
    struct lookup authorization = {.name = MHD_HTTP_HEADER_AUTHORIZATION};
    struct lookup length = {.name = MHD_HTTP_HEADER_CONTENT_LENGTH};
    struct lookup encoding = {.name = MHD_HTTP_HEADER_TRANSFER_ENCODING};
    bool odd_name = false;

    request->begun = true;
    g_strlcpy(request->method, method, sizeof request->method);
    find_route(request);
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_header, &authorization);
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_header, &length);
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_header, &encoding);
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, find_odd_name, &odd_name);
    if (authorization.count > 1 || odd_name || framed_oddly(&length, &encoding)) {
        request->too_large = true; /* whatever follows is not to be read as a request */
        answer_problem(request, PROBLEM_BAD_REQUEST,
                       "A header stands there twice, or a length that is no number.",
                       "doubled or odd header");
    } else if (length.value && g_ascii_strtoull(length.value, NULL, 10) > body_max(request)) {
        request->too_large = true;
        answer_problem(request, PROBLEM_TOO_LARGE, NULL, "body too large");
    }
    if (authorization.value)
        request->authorization = strdup(authorization.value);
    if (authorization.value && !request->authorization && !request->answer.status)
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "out of memory");
}

static void take_body(struct request *request, const char *data, size_t len)
{
    if (request->answer.status)
        return;
    if (request->body.len + len > body_max(request)) {
        request->too_large = true;
        answer_problem(request, PROBLEM_TOO_LARGE, NULL, "body too large");
        return;
    }
    simauth_octets_append(&request->body, data, len);
    if (request->body.failed)
        answer_problem(request, PROBLEM_OPERATOR_DOWN, NULL, "out of memory");
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **context)
{
    struct request *request = *context;
    void (*resume)(struct request *);

    (void)url;
    (void)version;
    if (!request || !request->target)
        return MHD_NO;
    if (!request->begun) {
        begin_request(request, method);
        return request->too_large ? send_answer(cls, request) : MHD_YES;
    }
    if (*len > 0) {
        take_body(request, data, *len);
        *len = 0;
        return MHD_YES;
    }
    resume = request->resume;
    request->resume = NULL;
    if (resume) /* whoever resumed it waited for the disk too */
        request->ticket = 0;
    if (!request->working)
        g_atomic_int_inc(&((struct http *)cls)->working);
    request->working = true;
    mark(cls, connection, OPEN_WORKING);
    request->step = resume ? resume : request->route ? request->route->handle : NULL;
    if (resume)
        resume(request);
    else if (!request->answer.status)
        request_run(request);
    if (suspend(cls, request))
        return MHD_YES;
    request_unasked(request);
    if (request->route && request->route->asker == ASKER_PHONE)
        ua_inform(request);
    return send_answer(cls, request);
}

/* -- starting ---------------------------------------------------------------------------------- */

static void on_error(void *cls, const char *format, va_list arguments)
{
    char text[512];

    (void)cls;
    vsnprintf(text, sizeof text, format, arguments);
    g_strchomp(text);
    metrics_nonsense();
    log_line("http %s", text);
}

static int read_pem(const char *path, char **text, char *error)
{
    GError *why = NULL;

    if (g_file_get_contents(path, text, NULL, &why))
        return 0;
    snprintf(error, CONFIG_ERROR_MAX, "[tls]: %s", why->message);
    g_clear_error(&why);
    return -1;
}

static struct addrinfo *resolve(const struct config *config, char *error)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof port, "%d", config->port);
    if (getaddrinfo(config->address, port, &hints, &found) != 0)
        snprintf(error, CONFIG_ERROR_MAX,
                 "[listen] address: \"%s\" is no IP address of this machine", config->address);
    return found;
}

static struct MHD_Daemon *start_daemon(struct http *http, const struct addrinfo *address)
{
    const struct config *config = http->gateway->config;
    unsigned flags = MHD_USE_TLS | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_ERROR_LOG | MHD_USE_ITC;

    if (address->ai_family == AF_INET6)
        flags |= MHD_USE_DUAL_STACK;
    return MHD_start_daemon(
        flags, (uint16_t)config->port, has_room, http, on_request, http, MHD_OPTION_EXTERNAL_LOGGER,
        on_error, NULL, MHD_OPTION_SOCK_ADDR, address->ai_addr, MHD_OPTION_HTTPS_CERT_CALLBACK,
        tls_retrieve, MHD_OPTION_HTTPS_MEM_TRUST, http->certificate, MHD_OPTION_HTTPS_PRIORITIES,
        TLS_PRIORITIES, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)config->threads,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)config->connections, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)config->idle_timeout, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_URI_LOG_CALLBACK, on_uri, http,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

struct http *http_start(struct gateway *gateway, char *error)
{
    struct http *http = g_new0(struct http, 1);
    struct addrinfo *address = NULL;

    http->gateway = gateway;
    g_mutex_init(&http->lock);
    g_cond_init(&http->changed);
    http->remotes = counts_new();
    http->connections = g_hash_table_new_full(g_direct_hash, g_direct_equal, connection_free, NULL);
    if (read_pem(gateway->config->certificate, &http->certificate, error) != 0)
        goto failed;
    address = resolve(gateway->config, error);
    if (!address)
        goto failed;
    http->settler = settler_start(gateway);
    http->daemon = http->settler ? start_daemon(http, address) : NULL;
    freeaddrinfo(address);
    if (http->daemon)
        return http;
    snprintf(error, CONFIG_ERROR_MAX,
             "cannot listen at %s port %d: see the line before, the port may be taken",
             gateway->config->address, gateway->config->port);
failed:
    http_stop(http);
    return NULL;
}

static bool any_busy(struct http *http)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, http->connections);
    while (g_hash_table_iter_next(&iterator, &value, NULL))
        if (open_busy(value))
            return true;
    return false;
}

/* Requests under way get their answers: the daemon would cut those that were just resumed. */
static void drain(struct http *http)
{
    gint64 end = g_get_monotonic_time() + DRAIN_US;

    http->draining = true; /* before it looks: see mark() */
    g_mutex_lock(&http->lock);
    while (any_busy(http) && g_cond_wait_until(&http->changed, &http->lock, end))
        ;
    g_mutex_unlock(&http->lock);
}

void http_stop(struct http *http)
{
    if (!http)
        return;
    if (http->daemon) {
        MHD_socket fd = http_quiesce(http->daemon);

        drain(http);
        /* A suspended connection must be resumed before the daemon may stop. */
        gateway_stop_auc(http->gateway);
        waiting_stop(http->gateway->waiting);
        settler_stop(http->settler);
        drain(http);
        MHD_stop_daemon(http->daemon);
        if (fd != MHD_INVALID_SOCKET)
            close(fd);
    }
    settler_free(http->settler);
    g_hash_table_destroy(http->connections);
    counts_free(http->remotes);
    g_free(http->certificate);
    g_mutex_clear(&http->lock);
    g_cond_clear(&http->changed);
    g_free(http);
}
