/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http.h"
#include "../common/line.h"
#include "log.h"
#include "steady.h"
#include "who.h"

#include <arpa/inet.h>
#include <glib.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BODY_MAX (SIP_MESSAGE_MAX / 3 * 4 + 8)
#define CONNECTIONS_MAX 256
/* Of them, of one user of this machine who never showed the token; of all these users. */
#define STRANGER_MAX 32
#define STRANGERS_MAX 192
#define GUESS_SECONDS 60

struct http {
    struct calls *calls;
    const struct config *config;
    struct MHD_Daemon *daemon;
    GMutex lock;
    /* of the daemon's thread: */
    struct sockaddr_storage where;
    uint32_t coming;       /* whose connection was let in last */
    GHashTable *shown;     /* users who showed the token: the proxy, and whoever tries it by hand */
    GHashTable *strangers; /* user -> how many (unsigned *) */
    unsigned all_strangers;
    bool told;
    GHashTable *guessers; /* user -> struct guesser */
};
/* Who shows wrong tokens. */
struct guesser {
    int64_t told_at;
    unsigned since; /* then */
};
struct request {
    GByteArray *body;
    bool too_large;
};

void http_lock(struct http *http)
{
    g_mutex_lock(&http->lock);
}

void http_unlock(struct http *http)
{
    g_mutex_unlock(&http->lock);
}

void http_use(struct http *http, const struct config *config)
{
    http->config = config;
    calls_use(http->calls, config);
}

const struct config *http_config(const struct http *http)
{
    return http->config;
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_NO;

    if (response) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
        result = MHD_queue_response(connection, status, response);
        MHD_destroy_response(response);
    }
    return result;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

    return value ? value : "";
}

/* Whoever else is on this machine could have holes made. */
static bool shows_token(struct http *http, struct MHD_Connection *connection)
{
    const char *token = header(connection, "X-Token");
    bool is;

    http_lock(http);
    is = strlen(token) == http->config->token_len &&
         CRYPTO_memcmp(token, http->config->token, http->config->token_len) == 0;
    http_unlock(http);
    return is;
}

/* -- whose connections ---------------------------------------------------------------------------
 * Anybody on this machine may open some; nobody but the proxy may have them all. */

static unsigned *count_of(struct http *http, uint32_t user)
{
    unsigned *count = g_hash_table_lookup(http->strangers, GUINT_TO_POINTER(user));

    if (!count) {
        count = g_new0(unsigned, 1);
        g_hash_table_insert(http->strangers, GUINT_TO_POINTER(user), count);
    }
    return count;
}

static bool is_stranger(const struct http *http)
{
    return http->coming != WHO_UNKNOWN &&
           !g_hash_table_contains(http->shown, GUINT_TO_POINTER(http->coming));
}

static enum MHD_Result let_in(void *data, const struct sockaddr *theirs, socklen_t len)
{
    struct http *http = data;

    (void)len;
    http->coming = who_connected(theirs, (const struct sockaddr *)&http->where);
    if (!is_stranger(http) ||
        (*count_of(http, http->coming) < STRANGER_MAX && http->all_strangers < STRANGERS_MAX))
        return MHD_YES;
    if (!http->told)
        log_line("op=ask result=too-many-connections uid=%u: no more until some end, for it never "
                 "showed the token",
                 http->coming);
    http->told = true;
    return MHD_NO;
}

/* As what it was counted stands with it, for it may show the token meanwhile. */
static void comes_or_goes(void *data, struct MHD_Connection *connection, void **counted,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *http = data;

    (void)connection;
    if (what == MHD_CONNECTION_NOTIFY_STARTED && is_stranger(http)) {
        *counted = count_of(http, http->coming);
        ++*(unsigned *)*counted;
        http->all_strangers++;
    } else if (what == MHD_CONNECTION_NOTIFY_CLOSED && *counted) {
        --*(unsigned *)*counted;
        *counted = NULL;
        http->all_strangers--;
    }
}

static uint32_t user_of(const struct http *http, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *client =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    return client ? who_connected(client->client_addr, (const struct sockaddr *)&http->where)
                  : WHO_UNKNOWN;
}

/* Whose connections count no more, from now on; this one was counted still. */
static void know(struct http *http, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *counted =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    uint32_t user = counted && counted->socket_context ? user_of(http, connection) : WHO_UNKNOWN;

    if (user != WHO_UNKNOWN)
        g_hash_table_add(http->shown, GUINT_TO_POINTER(user));
}

/* A line in a minute for each user: whoever guesses writes no log full. */
static void tell_of_guess(struct http *http, struct MHD_Connection *connection)
{
    uint32_t user = user_of(http, connection);
    struct guesser *g = g_hash_table_lookup(http->guessers, GUINT_TO_POINTER(user));
    char name[16] = "unknown";

    if (!g) {
        g = g_new0(struct guesser, 1);
        g_hash_table_insert(http->guessers, GUINT_TO_POINTER(user), g);
    } else if (steady_seconds() - g->told_at < GUESS_SECONDS) {
        g->since++;
        return;
    }
    if (user != WHO_UNKNOWN)
        g_snprintf(name, sizeof name, "%u", user);
    if (g->since)
        log_line("op=ask result=wrong-token uid=%s more=%u", name, g->since);
    else
        log_line("op=ask result=wrong-token uid=%s", name);
    g->told_at = steady_seconds();
    g->since = 0;
}

static bool is_the_proxy(struct http *http, struct MHD_Connection *connection)
{
    if (!shows_token(http, connection))
        return false;
    know(http, connection);
    return true;
}

static enum MHD_Result judged(struct http *http, struct MHD_Connection *connection,
                              struct request *request)
{
    char account[SIMAUTH_AOR_MAX + 1] = "";
    struct question question = {.account = account,
                                .clock = (int64_t)time(NULL),
                                .trunk = header(connection, "X-Trunk"),
                                .failed = strcmp(header(connection, "X-Event"), "failed") == 0,
                                .withheld = strcmp(header(connection, "X-Event"), "withheld") == 0};
    enum MHD_Result result;
    struct verdict verdict;
    gsize len = 0;
    guchar *message;
    char *words;

    g_byte_array_append(request->body, (const guint8 *)"", 1);
    message = g_base64_decode((const char *)request->body->data, &len);
    question.message = (struct e2m_span){message, len};
    if (header(connection, "X-Account")[0] &&
        simauth_aor_canonical(header(connection, "X-Account"), account) != SIMAUTH_OK)
        account[0] = '\0';
    http_lock(http);
    judge(http->calls, http->config, &question, steady_seconds(), &verdict);
    words = g_strdup(verdict.certificate ? http->config->certificate : verdict.words);
    http_unlock(http);
    OPENSSL_cleanse(message, len);
    g_free(message);
    result = verdict.code ? answer(connection, (unsigned)verdict.code, words)
                          : answer(connection, MHD_HTTP_NO_CONTENT, "");
    g_free(words);
    return result;
}

/* How many, and never who: for whoever watches the service (Prometheus' text). */
static enum MHD_Result metrics(struct http *http, struct MHD_Connection *connection)
{
    struct calls_state s;
    enum MHD_Result result;
    int64_t expires;
    char *text;

    http_lock(http);
    s = calls_look(http->calls);
    expires = http->config->expires;
    http_unlock(http);
    text = g_strdup_printf(
        "simauth_middle_calls %u\n"
        "simauth_middle_calls_with_pinholes %u\n"
        "simauth_middle_calls_refused_by_nft %u\n"
        "simauth_middle_nft_refusals_total %" G_GUINT64_FORMAT "\n"
        "simauth_middle_kbit %" G_GUINT64_FORMAT "\n"
        "simauth_middle_journal_pending %u\n"
        "simauth_middle_journal_busy_seconds %u\n"
        "simauth_middle_journal_failing %d\n"
        "simauth_middle_journal_late_total %" G_GUINT64_FORMAT "\n"
        "simauth_middle_log_lines_lost_total %" G_GUINT64_FORMAT "\n"
        "simauth_middle_certificate_expiry_timestamp_seconds %" G_GINT64_FORMAT "\n",
        s.calls, s.with_holes, s.shut, s.refusals, s.kbit, s.journal_pending, s.journal_seconds,
        s.journal_failing, s.journal_late, line_lost(), expires);
    result = answer(connection, MHD_HTTP_OK, text);
    g_free(text);
    return result;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *octets,
                              size_t *len, void **state)
{
    struct http *http = data;
    struct request *request = *state;

    (void)version;
    if (!request) {
        *state = request = g_new0(struct request, 1);
        request->body = g_byte_array_new();
        return MHD_YES;
    }
    if (*len > 0) {
        request->too_large = request->too_large || request->body->len + *len > BODY_MAX;
        if (!request->too_large)
            g_byte_array_append(request->body, (const guint8 *)octets, (guint)*len);
        *len = 0;
        return MHD_YES;
    }
    if (strcmp(url, "/metrics") == 0 && strcmp(method, "GET") == 0)
        return metrics(http, connection);
    if (!is_the_proxy(http, connection)) {
        tell_of_guess(http, connection);
        return answer(connection, MHD_HTTP_UNAUTHORIZED, "X-Token is not this server's");
    }
    if (strcmp(url, "/v1/message") != 0 || strcmp(method, "POST") != 0)
        return answer(connection, MHD_HTTP_NOT_FOUND, "POST /v1/message");
    if (request->too_large)
        return answer(connection, 513, "Message Too Large");
    return judged(http, connection, request);
}

static void done(void *data, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode why)
{
    struct request *request = *state;

    (void)data;
    (void)connection;
    (void)why;
    if (!request)
        return;
    g_byte_array_free(request->body, TRUE);
    g_free(request);
    *state = NULL;
}

struct http *http_start(struct calls *calls, const struct config *config, char *error)
{
    struct http *http = g_new0(struct http, 1);
    struct sdp_address address;

    http->coming = WHO_UNKNOWN;
    http->shown = g_hash_table_new(NULL, NULL);
    http->strangers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    http->guessers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    http->calls = calls;
    http->config = config;
    g_mutex_init(&http->lock);
    sdp_address_parse(config->address, &address);
    http->where.ss_family = (sa_family_t)address.family;
    if (address.family == AF_INET) {
        memcpy(&((struct sockaddr_in *)&http->where)->sin_addr, address.octets, 4);
        ((struct sockaddr_in *)&http->where)->sin_port = htons((uint16_t)config->port);
    } else if (address.family == AF_INET6) {
        memcpy(&((struct sockaddr_in6 *)&http->where)->sin6_addr, address.octets, 16);
        ((struct sockaddr_in6 *)&http->where)->sin6_port = htons((uint16_t)config->port);
    }
    if (address.family)
        http->daemon = MHD_start_daemon(
            MHD_USE_INTERNAL_POLLING_THREAD | (address.family == AF_INET6 ? MHD_USE_IPv6 : 0u),
            (uint16_t)config->port, let_in, http, handle, http, MHD_OPTION_SOCK_ADDR, &http->where,
            MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_NOTIFY_CONNECTION, comes_or_goes,
            http, MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_CONNECTION_LIMIT,
            (unsigned)CONNECTIONS_MAX, MHD_OPTION_END);
    if (http->daemon)
        return http;
    g_snprintf(error, CONFIG_ERROR_MAX,
               "[middle] address, port: cannot listen on %s port %d (an IP address of this "
               "machine, and a port that nobody else has)",
               config->address, config->port);
    http_stop(http);
    return NULL;
}

void http_stop(struct http *http)
{
    if (!http)
        return;
    if (http->daemon)
        MHD_stop_daemon(http->daemon);
    g_hash_table_destroy(http->guessers);
    g_hash_table_destroy(http->strangers);
    g_hash_table_destroy(http->shown);
    g_mutex_clear(&http->lock);
    g_free(http);
}
