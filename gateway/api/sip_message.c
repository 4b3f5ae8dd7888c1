/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sip_message.h"
#include "../log.h"
#include "../store/seal.h"
#include "sip_digest.h"

#include <curl/curl.h>
#include <errno.h>
#include <glib.h>
#include <netdb.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_US (10 * G_USEC_PER_SEC)
#define T1_US (G_USEC_PER_SEC / 2)
#define T2_US (4 * G_USEC_PER_SEC)
#define THREADS 4
#define WAITING_MAX 256
#define MESSAGE_MAX 4096
#define STOP_US G_USEC_PER_SEC /* for those under way when all stop */
#define LOOK_US (G_USEC_PER_SEC / 5)

struct message {
    char *host, *ca_file, *from;
    int port;
    enum config_sip_transport transport;
    char aor[SIMAUTH_AOR_MAX + 1], text[SIP_MESSAGE_TEXT_MAX + 1];
    char branch[33], call[33], tag[17];
    struct sip_account account;
    unsigned cseq;
    char credentials[SIP_DIGEST_LINE_MAX]; /* a header's line, or "" */
    char answer[MESSAGE_MAX];              /* the final one */
    int64_t until_us;
};

static GMutex pool_lock;
static GThreadPool *pool;
static _Atomic int64_t stops_us; /* when all end that are under way then; 0: nobody stops */

static void message_free(gpointer data)
{
    struct message *m = data;

    g_free(m->host);
    g_free(m->ca_file);
    g_free(m->from);
    g_free(m->account.user);
    g_free(m->account.realm);
    g_free(m->account.password_file);
    g_free(m);
}

static int64_t end_of(const struct message *m)
{
    int64_t stop_us = stops_us;

    return stop_us ? MIN(stop_us, m->until_us) : m->until_us;
}

/* For poll(): not so long that nobody hears that all stop. */
static int milliseconds(int64_t us)
{
    return (int)(MIN(us, LOOK_US) / 1000) + 1;
}

static bool random_hex(char *text, size_t digits)
{
    uint8_t octets[16];

    if (RAND_bytes(octets, sizeof octets) != 1)
        return false;
    for (size_t i = 0; i < digits / 2; i++)
        snprintf(text + 2 * i, 3, "%02x", octets[i]);
    return true;
}

/* -- the request and its answer ---------------------------------------------------------------- */

/* RFC 3428; the Route is the configured proxy alone. `local` is host:port of this end. */
static int compose(const struct message *m, const char *local, char text[static MESSAGE_MAX])
{
    static const char *const names[] = {"UDP", "TCP", "TLS"}, *const parameters[] = {
                                                                  "", ";transport=tcp",
                                                                  ";transport=tls"};
    bool literal = strchr(m->host, ':') != NULL;

    return snprintf(text, MESSAGE_MAX,
                    "MESSAGE %s SIP/2.0\r\n"
                    "Via: SIP/2.0/%s %s;rport;branch=z9hG4bK%s\r\n"
                    "Max-Forwards: 70\r\n"
                    "Route: <sip:%s%s%s:%d%s;lr>\r\n"
                    "From: <%s>;tag=%s\r\n"
                    "To: <%s>\r\n"
                    "Call-ID: %s\r\n"
                    "CSeq: %u MESSAGE\r\n"
                    "%s"
                    "Content-Type: text/plain\r\n"
                    "Content-Length: %zu\r\n"
                    "\r\n%s",
                    m->aor, names[m->transport], local, m->branch, literal ? "[" : "", m->host,
                    literal ? "]" : "", m->port, parameters[m->transport], m->from, m->tag, m->aor,
                    m->call, m->cseq, m->credentials, strlen(m->text), m->text);
}

/* The status of an answer to this request; 0: anything else. */
static int status_of(const struct message *m, const char *text)
{
    const char *via = strcasestr(text, "\r\nVia:"), *short_via = strcasestr(text, "\r\nv:");
    const char *end;
    char branch[64];

    if (strncmp(text, "SIP/2.0 ", 8) != 0)
        return 0;
    via = via ? via : short_via;
    end = via ? strstr(via + 2, "\r\n") : NULL;
    g_snprintf(branch, sizeof branch, "branch=z9hG4bK%s", m->branch);
    return end && g_strstr_len(via, end - via, branch) ? atoi(text + 8) : 0;
}

/* -- UDP: RFC 3261, 17.1.2 --------------------------------------------------------------------- */

static int connect_udp(const struct message *m)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    char port[8];
    int fd = -1;

    g_snprintf(port, sizeof port, "%d", m->port);
    if (getaddrinfo(m->host, port, &hints, &found) != 0)
        return -1;
    for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

static bool local_of(int fd, char local[static 80])
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char host[64], port[8];

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0 ||
        getnameinfo((struct sockaddr *)&address, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    g_snprintf(local, 80, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return true;
}

/* The final status, 0 when none came before `until_us` or the message's end, and whether a
 * provisional one did. */
static int read_udp(struct message *m, int fd, int64_t until_us, bool *provisional)
{
    struct pollfd waits = {.fd = fd, .events = POLLIN};
    char *answer = m->answer;
    int64_t now;

    while ((now = g_get_monotonic_time()) < MIN(until_us, end_of(m))) {
        ssize_t len;
        int status;

        if (poll(&waits, 1, milliseconds(until_us - now)) <= 0)
            continue;
        len = recv(fd, answer, sizeof m->answer - 1, 0);
        if (len < 0) /* nobody listens there: it may come back, the timer goes on */
            g_usleep(20000);
        answer[MAX(len, 0)] = '\0';
        status = status_of(m, answer);
        if (status >= 200)
            return status;
        *provisional = *provisional || status >= 100;
    }
    return 0;
}

static int over_udp(struct message *m)
{
    char text[MESSAGE_MAX], local[80];
    int fd = connect_udp(m), len, status = 0;
    int64_t wait = T1_US;
    bool provisional = false;

    if (fd < 0)
        return 0;
    len = local_of(fd, local) ? compose(m, local, text) : MESSAGE_MAX;
    while (len < MESSAGE_MAX && status == 0 && g_get_monotonic_time() < end_of(m)) {
        if (send(fd, text, (size_t)len, 0) < 0 && errno == EMSGSIZE)
            break;
        status = read_udp(m, fd, g_get_monotonic_time() + wait, &provisional);
        wait = provisional ? T2_US : MIN(2 * wait, T2_US);
    }
    close(fd);
    return status;
}

/* -- TCP and TLS: libcurl makes the connection and checks the certificate ---------------------- */

static bool wait_for(const struct message *m, CURL *easy, short events)
{
    struct pollfd waits = {.events = events};
    curl_socket_t fd = CURL_SOCKET_BAD;
    int64_t left_us;
    int ready = 0;

    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK)
        return false;
    waits.fd = fd;
    while (ready == 0 && (left_us = end_of(m) - g_get_monotonic_time()) > 0)
        ready = poll(&waits, 1, milliseconds(left_us));
    return ready > 0;
}

/* libcurl asks while it connects. */
static int is_over(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return g_get_monotonic_time() >= end_of(data);
}

static int talk(struct message *m, CURL *easy)
{
    char text[MESSAGE_MAX], *answer = m->answer, local[80], *host = NULL;
    size_t sent = 0, got = 0, n, len;
    long port = 0;
    CURLcode code = CURLE_OK;
    int status = 0;

    curl_easy_getinfo(easy, CURLINFO_LOCAL_IP, &host);
    curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &port);
    g_snprintf(local, sizeof local, host && strchr(host, ':') ? "[%s]:%ld" : "%s:%ld",
               host ? host : "0.0.0.0", port);
    len = (size_t)compose(m, local, text);
    while (len < sizeof text && sent < len && (code == CURLE_OK || code == CURLE_AGAIN)) {
        code = curl_easy_send(easy, text + sent, len - sent, &n);
        sent += code == CURLE_OK ? n : 0;
        if (code == CURLE_AGAIN && !wait_for(m, easy, POLLOUT))
            return 0;
    }
    while (sent == len && status < 200 && got < sizeof m->answer - 1) {
        code = curl_easy_recv(easy, answer + got, sizeof m->answer - 1 - got, &n);
        if (code == CURLE_AGAIN && wait_for(m, easy, POLLIN))
            continue;
        if (code != CURLE_OK || n == 0)
            break;
        got += n;
        answer[got] = '\0';
        if (!strstr(answer, "\r\n\r\n"))
            continue;
        status = status_of(m, answer);
        got = status < 200 ? 0 : got; /* a provisional one: the next begins after it */
    }
    return status;
}

static int over_stream(struct message *m)
{
    CURL *easy = curl_easy_init();
    char *url =
        g_strdup_printf(strchr(m->host, ':') ? "%s://[%s]:%d" : "%s://%s:%d",
                        m->transport == CONFIG_SIP_TLS ? "https" : "http", m->host, m->port);
    int status = 0;

    if (easy) {
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(LIMIT_US / 1000));
        curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, is_over);
        curl_easy_setopt(easy, CURLOPT_XFERINFODATA, m);
        if (m->ca_file[0])
            curl_easy_setopt(easy, CURLOPT_CAINFO, m->ca_file);
        if (curl_easy_perform(easy) == CURLE_OK)
            status = talk(m, easy);
        curl_easy_cleanup(easy);
    }
    g_free(url);
    return status;
}

/* -- the threads ------------------------------------------------------------------------------- */

static int send_it(struct message *m)
{
    return m->transport == CONFIG_SIP_UDP ? over_udp(m) : over_stream(m);
}

/* The same request once more, with credentials: another transaction of the same dialog-less call
 * (RFC 3261, 22.2). */
static int send_again(struct message *m, const char **why, char *error)
{
    if (!sip_digest_answer(&m->account, m->aor, m->text, m->answer, m->credentials, why, error) ||
        !random_hex(m->branch, 32))
        return 0;
    m->cseq++;
    *why = "the proxy did not take user and password of [sip]";
    return send_it(m);
}

static bool asks(int status)
{
    return status == 401 || status == 407;
}

static void run(gpointer data, gpointer unused)
{
    struct message *m = data;
    const char *why = "the proxy or the address refused it", *asked = NULL;
    char error[SEAL_ERROR_MAX] = "";
    int status, second = 0;

    (void)unused;
    m->until_us = g_get_monotonic_time() + LIMIT_US;
    status = send_it(m);
    if (asks(status))
        second = send_again(m, &asked, error);
    status = second ? second : status;
    if (status == 0)
        why = "no answer from the proxy of [sip]";
    else if (asks(status) && asked)
        why = asked;
    if (status >= 200 && status < 300)
        log_line("op=message result=sent status=%d", status);
    else
        log_line("op=message result=failed status=%d reason=\"%s\"", status, why);
    message_free(m);
}

static struct message *message_new(const struct config *config, const char *aor, const char *text)
{
    struct message *m = g_new0(struct message, 1);

    m->host = g_strdup(config->sip_proxy);
    m->port = config->sip_port;
    m->ca_file = g_strdup(config->sip_ca_file);
    m->from = g_strdup(config->sip_from);
    m->transport = config->sip_transport;
    m->account.user = g_strdup(config->sip_account.user);
    m->account.realm = g_strdup(config->sip_account.realm);
    m->account.password_file = g_strdup(config->sip_account.password_file);
    m->cseq = 1;
    g_strlcpy(m->aor, aor, sizeof m->aor);
    g_strlcpy(m->text, text, sizeof m->text);
    if (random_hex(m->branch, 32) && random_hex(m->call, 32) && random_hex(m->tag, 16))
        return m;
    message_free(m);
    return NULL;
}

bool sip_message_send(const struct config *config, const char *aor, const char *text)
{
    struct message *m = config->sip_proxy[0] ? message_new(config, aor, text) : NULL;
    bool taken = false;

    if (!m)
        return false;
    g_mutex_lock(&pool_lock);
    if (!pool)
        pool = g_thread_pool_new_full(run, NULL, message_free, THREADS, FALSE, NULL);
    if (g_thread_pool_unprocessed(pool) < WAITING_MAX)
        taken = g_thread_pool_push(pool, m, NULL);
    g_mutex_unlock(&pool_lock);
    if (!taken)
        message_free(m);
    return taken;
}

void sip_message_stop(void)
{
    unsigned waiting = 0;

    g_mutex_lock(&pool_lock);
    if (pool) {
        waiting = g_thread_pool_unprocessed(pool);
        stops_us = g_get_monotonic_time() + STOP_US;
        g_thread_pool_free(pool, TRUE, TRUE);
    }
    pool = NULL;
    stops_us = 0;
    g_mutex_unlock(&pool_lock);
    if (waiting > 0)
        log_line("op=message result=forgotten count=%u", waiting);
}
