/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTPS listener. */
#ifndef SIMAUTH_GATEWAY_HTTP_H
#define SIMAUTH_GATEWAY_HTTP_H

#include "../gateway.h"
#include <simauth/keys.h>

struct request;
struct http;

/* NULL with a sentence in `error` (CONFIG_ERROR_MAX). */
struct http *http_start(struct gateway *gateway, char *error);
/* Takes no new connection, lets those that wait finish, and closes. */
void http_stop(struct http *http);
/* What is open now. */
struct http_status {
    unsigned connections;
    unsigned busy;     /* requests whose answer has not left */
    int64_t oldest_us; /* how long the oldest of those without one has been; 0: none */
};
void http_status(struct http *http, struct http_status *status);
/* Ends connections that take too long for a request; called about once a second. */
void http_reap(struct http *http);

/* A header of the request that stands there exactly once; else NULL. */
const char *http_header(const struct request *request, const char *name);
/* The other side's address for a limit: of IPv6 the network of 64 bits, which is one customer's. */
#define HTTP_REMOTE_MAX 46
void http_remote(const struct request *request, char remote[static HTTP_REMOTE_MAX]);
/* What TLS exports of this connection for GBA_Digest (simauth/keys.h). False: it cannot. */
bool http_tls_mk(const struct request *request, uint8_t tls_mk[static SIMAUTH_TLS_MK_LEN]);
/* The certificates that the other side showed: DER, leaf first; returns how many, 0 for more than
 * HTTP_CHAIN_MAX. */
#define HTTP_CHAIN_MAX 8
unsigned http_certificates(const struct request *request,
                           const unsigned char *der[static HTTP_CHAIN_MAX],
                           size_t lengths[static HTTP_CHAIN_MAX]);
/* Where the connection keeps who it is (peer.h), which is freed with it; NULL: libmicrohttpd keeps
 * nothing. */
struct peer **http_peer(const struct request *request);

#endif
