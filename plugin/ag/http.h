/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTPS connection to one gateway, kept open; the only file that knows libcurl. */
#ifndef SIMAUTH_PLUGIN_AG_HTTP_H
#define SIMAUTH_PLUGIN_AG_HTTP_H

#include <simauth/keys.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_BODY_MAX 65536
#define HTTP_HEADER_MAX 2048

struct http; /* a connection */

struct http_request {
    const char *method; /* "GET", "POST" */
    const char *path;   /* "/v1/self" */
    const char *body;   /* NULL: none */
    size_t body_len;
    const char *authorization;   /* NULL: none */
    const char *idempotency_key; /* NULL: none */
    bool export_keys;            /* answer->tls_mk is wanted */
};
struct http_answer {
    long status;
    int64_t date; /* the gateway's clock, seconds since 1970; 0 unknown */
    char content_type[128];
    char www_authenticate[HTTP_HEADER_MAX + 1]; /* "" when absent */
    char info[HTTP_HEADER_MAX + 1];             /* Authentication-Info */
    bool header_bad;                            /* one of them came twice or too long */
    bool has_tls_mk, fresh;                     /* fresh: the request went over a new connection */
    uint8_t tls_mk[SIMAUTH_TLS_MK_LEN]; /* what TLS exports of this connection (simauth/keys.h) */
    size_t body_len;
    char body[HTTP_BODY_MAX + 1]; /* with a NUL behind it */
};
enum http_result {
    HTTP_GOOD,
    HTTP_CLOSED,  /* the connection went away when the request may have been read already */
    HTTP_FAILED,  /* no connection, time-out, TLS */
    HTTP_TOO_LONG /* an answer over HTTP_BODY_MAX */
};

/* `gateway` is FQDN or FQDN:port, checked; `ca_file` and `local_address` may be NULL. NULL: out of
 * memory. Nothing is sent. */
struct http *http_open(const char *gateway, const char *ca_file, const char *local_address);
/* One more to the same gateway, for another thread. NULL: out of memory. */
struct http *http_beside(const struct http *http);
void http_close(struct http *http); /* NULL is allowed */
/* Waits up to `limit_ms`. On failure `why` (room `why_len`) has some words. */
enum http_result http_send(struct http *http, const struct http_request *request, long limit_ms,
                           struct http_answer *answer, char *why, size_t why_len);

#endif
