/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct http {
    CURL *easy;
    char *base; /* "https://FQDN:port", owned */
    char error[CURL_ERROR_SIZE];
    struct http_answer *answer; /* during http_send() */
    bool export_keys;
    bool too_long;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_result;

static void curl_begin(void)
{
    /* Never undone: the process may have other users of libcurl. */
    curl_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* -- what comes back --------------------------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct http *http = user;
    struct http_answer *answer = http->answer;
    size_t len = size * count;

    if (len > HTTP_BODY_MAX - answer->body_len) {
        http->too_long = true;
        return 0; /* libcurl gives up */
    }
    memcpy(answer->body + answer->body_len, data, len);
    answer->body_len += len;
    return len;
}

/* The value of the header line when its name is `name`, without the blanks around it. */
static bool header_value(const char *line, size_t len, const char *name, const char **value,
                         size_t *value_len)
{
    size_t name_len = strlen(name);

    if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len) != 0)
        return false;
    line += name_len + 1;
    len -= name_len + 1;
    while (len > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    while (len > 0 && strchr(" \t\r\n", line[len - 1]))
        len--;
    *value = line;
    *value_len = len;
    return true;
}

static void keep(struct http_answer *answer, char *to, size_t room, const char *value, size_t len)
{
    if (to[0] != '\0' || len >= room || memchr(value, '\0', len)) {
        answer->header_bad = true;
        return;
    }
    memcpy(to, value, len);
    to[len] = '\0';
}

/* libcurl lends its TLS session while a transfer goes on, and not behind it. */
static void take_tls_mk(struct http *http)
{
    struct http_answer *answer = http->answer;
    const struct curl_tlssessioninfo *tls = NULL;

    if (!http->export_keys || answer->has_tls_mk ||
        curl_easy_getinfo(http->easy, CURLINFO_TLS_SSL_PTR, &tls) != CURLE_OK || !tls ||
        tls->backend != CURLSSLBACKEND_OPENSSL || !tls->internals)
        return;
    answer->has_tls_mk = SSL_export_keying_material(tls->internals, answer->tls_mk,
                                                    sizeof answer->tls_mk, SIMAUTH_TLS_MK_LABEL,
                                                    strlen(SIMAUTH_TLS_MK_LABEL), NULL, 0, 0) == 1;
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
    struct http_answer *a = ((struct http *)user)->answer;
    size_t len = size * count, value_len;
    char date[64] = "";
    const char *value;

    take_tls_mk(user);
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) { /* a new answer begins, after a 100 too */
        a->content_type[0] = a->www_authenticate[0] = a->info[0] = '\0';
        a->header_bad = false;
    } else if (header_value(line, len, "Content-Type", &value, &value_len)) {
        keep(a, a->content_type, sizeof a->content_type, value, value_len);
    } else if (header_value(line, len, "WWW-Authenticate", &value, &value_len)) {
        keep(a, a->www_authenticate, sizeof a->www_authenticate, value, value_len);
    } else if (header_value(line, len, "Authentication-Info", &value, &value_len)) {
        keep(a, a->info, sizeof a->info, value, value_len);
    } else if (header_value(line, len, "Date", &value, &value_len) && value_len < sizeof date) {
        memcpy(date, value, value_len);
        a->date = curl_getdate(date, NULL);
    }
    return len;
}

/* -- life -------------------------------------------------------------------------------------- */

static bool set_up(struct http *http, const char *ca_file, const char *local_address)
{
    CURL *e = http->easy;
    bool good = true;

    /* curl_easy_setopt() is a macro that checks types: one statement an option. */
#define SET(option, value) good = curl_easy_setopt(e, option, value) == CURLE_OK && good
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (ca_file) {
        SET(CURLOPT_CAINFO, ca_file);
        SET(CURLOPT_CAPATH, (char *)NULL); /* else Debian's own anchors count as well */
    }
    SET(CURLOPT_PROXY, ""); /* none, whatever the environment says */
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    SET(CURLOPT_QUICK_EXIT, 1L); /* a resolver's thread knows no limit: never wait for it */
#endif
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_MAXCONNECTS, 1L);
    SET(CURLOPT_MAXAGE_CONN, 3600L); /* the gateway says how long, not libcurl's 118 s */
    SET(CURLOPT_USERAGENT, "SIMAUTH/" SIMAUTH_VERSION " 3gpp-gba"); /* TS 24.109, 4.3 */
    SET(CURLOPT_ERRORBUFFER, http->error);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, http);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, http);
    if (local_address)
        SET(CURLOPT_INTERFACE, local_address);
#undef SET
    return good;
}

struct http *http_open(const char *gateway, const char *ca_file, const char *local_address)
{
    struct http *http;

    pthread_once(&curl_once, curl_begin);
    if (curl_result != CURLE_OK)
        return NULL;
    http = calloc(1, sizeof *http);
    if (!http)
        return NULL;
    http->easy = curl_easy_init();
    if (http->easy && asprintf(&http->base, "https://%s", gateway) > 0 &&
        set_up(http, ca_file, local_address))
        return http;
    http_close(http);
    return NULL;
}

struct http *http_beside(const struct http *http)
{
    struct http *beside = calloc(1, sizeof *beside);

    if (!beside)
        return NULL;
    beside->easy = curl_easy_duphandle(http->easy);
    beside->base = strdup(http->base);
    if (beside->easy && beside->base &&
        curl_easy_setopt(beside->easy, CURLOPT_ERRORBUFFER, beside->error) == CURLE_OK &&
        curl_easy_setopt(beside->easy, CURLOPT_WRITEDATA, beside) == CURLE_OK &&
        curl_easy_setopt(beside->easy, CURLOPT_HEADERDATA, beside) == CURLE_OK)
        return beside;
    http_close(beside);
    return NULL;
}

void http_close(struct http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->easy);
    free(http->base);
    free(http);
}

/* -- one request ------------------------------------------------------------------------------- */

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[HTTP_HEADER_MAX + 64];
    struct curl_slist *more;
    int len = snprintf(line, sizeof line, "%s: %s", name, value);

    if (len < 0 || (size_t)len >= sizeof line)
        return false;
    more = curl_slist_append(*list, line);
    if (more)
        *list = more;
    return more != NULL;
}

static struct curl_slist *make_headers(const struct http_request *request)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no 100-continue */
    bool good = list != NULL;

    if (good && request->body)
        good = add_header(&list, "Content-Type", "application/json");
    if (good && request->authorization)
        good = add_header(&list, "Authorization", request->authorization);
    if (good && request->idempotency_key)
        good = add_header(&list, "Idempotency-Key", request->idempotency_key);
    if (good)
        return list;
    curl_slist_free_all(list);
    return NULL;
}

/* The connection of the last request leaves from an address. When this machine does not have that
 * any more (another network), the connection is dead and nobody would tell: a new one is made
 * instead. */
static bool address_gone(CURL *easy)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM}, *own = NULL;
    char *address = NULL;
    bool gone = false;
    int s;

    if (curl_easy_getinfo(easy, CURLINFO_LOCAL_IP, &address) != CURLE_OK || !address || !*address ||
        getaddrinfo(address, NULL, &hints, &own) != 0)
        return false;
    s = socket(own->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s >= 0) {
        gone = bind(s, own->ai_addr, own->ai_addrlen) != 0 && errno == EADDRNOTAVAIL;
        close(s);
    }
    freeaddrinfo(own);
    return gone;
}

static bool prepare(struct http *http, const struct http_request *request, long limit_ms,
                    const char *url, struct curl_slist *headers)
{
    CURL *e = http->easy;

    if (curl_easy_setopt(e, CURLOPT_URL, url) != CURLE_OK ||
        curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
        curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, address_gone(e) ? 1L : 0L) != CURLE_OK ||
        curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, limit_ms) != CURLE_OK ||
        curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, limit_ms) != CURLE_OK)
        return false;
    if (!request->body)
        return curl_easy_setopt(e, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    return curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)request->body_len) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_POSTFIELDS, request->body) == CURLE_OK;
}

/* libcurl leaves SIGPIPE alone when it may not use signals; a closed connection must not end
 * somebody's phone. */
static CURLcode perform_without_sigpipe(CURL *easy)
{
    const struct timespec none = {0, 0};
    sigset_t pipe_set, old, pending;
    bool was_pending;
    CURLcode code;

    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    sigpending(&pending);
    was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
    code = curl_easy_perform(easy);
    if (!was_pending)
        while (sigtimedwait(&pipe_set, NULL, &none) > 0)
            ;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return code;
}

static bool clock_problem(CURL *easy)
{
    long verify = X509_V_OK;

    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verify);
    return verify == X509_V_ERR_CERT_NOT_YET_VALID || verify == X509_V_ERR_CERT_HAS_EXPIRED;
}

static void explain_certificate(CURL *easy, const char *text, char *why, size_t why_len)
{
    if (clock_problem(easy))
        snprintf(why, why_len,
                 "its certificate is not valid at the time that this machine's clock "
                 "shows: check the clock");
    else
        snprintf(why, why_len, "its certificate is not to be trusted (ca_file): %.100s", text);
}

/* What libcurl says is for engineers: before it, what it means. */
static const char *sentence_of(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return "no answer in time: ";
    case CURLE_COULDNT_RESOLVE_HOST:
        return "its name is not found, check name and network: ";
    case CURLE_COULDNT_CONNECT:
        return "it is down, or the network is: ";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        return "what is there does not speak as a gateway does: ";
    default:
        return "";
    }
}

static enum http_result explain(struct http *http, CURLcode code, char *why, size_t why_len)
{
    const char *text = http->error[0] ? http->error : curl_easy_strerror(code);

    if (http->too_long) {
        snprintf(why, why_len, "its answer is longer than 64 KiB");
        return HTTP_TOO_LONG;
    }
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        explain_certificate(http->easy, text, why, why_len);
    } else if (code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
               code == CURLE_PARTIAL_FILE) {
        snprintf(why, why_len, "the connection was closed before the answer was complete");
        return HTTP_CLOSED;
    } else {
        snprintf(why, why_len, "%s%.110s", sentence_of(code), text);
    }
    return HTTP_FAILED;
}

enum http_result http_send(struct http *http, const struct http_request *request, long limit_ms,
                           struct http_answer *answer, char *why, size_t why_len)
{
    struct curl_slist *headers = make_headers(request);
    char *url = NULL;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    long connects = 0;

    memset(answer, 0, offsetof(struct http_answer, body));
    http->answer = answer;
    http->export_keys = request->export_keys;
    http->too_long = false;
    http->error[0] = '\0';
    if (headers && asprintf(&url, "%s%s", http->base, request->path) > 0 &&
        prepare(http, request, limit_ms, url, headers))
        code = perform_without_sigpipe(http->easy);
    answer->body[answer->body_len] = '\0';
    if (code == CURLE_OK)
        code = curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    answer->fresh =
        curl_easy_getinfo(http->easy, CURLINFO_NUM_CONNECTS, &connects) != CURLE_OK || connects > 0;
    /* Neither list nor body may be looked at again. */
    curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, (struct curl_slist *)NULL);
    curl_easy_setopt(http->easy, CURLOPT_POSTFIELDS, (char *)NULL);
    http->answer = NULL;
    curl_slist_free_all(headers);
    free(url);
    return code == CURLE_OK ? HTTP_GOOD : explain(http, code, why, why_len);
}
