/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the listener's parts share. */
#ifndef SIMAUTH_GATEWAY_HTTP_OWN_H
#define SIMAUTH_GATEWAY_HTTP_OWN_H

#include "http.h"
#include "request.h"

#include <microhttpd.h>

enum open_state {
    OPEN_READING, /* a request, or a stranger's next: request_timeout for the whole of it */
    OPEN_WORKING, /* on a request; what it waits for has limits of its own */
    OPEN_SENDING, /* its answer: request_timeout, for nobody has to read it */
    OPEN_IDLE     /* after the request of somebody who is known: idle_timeout */
};
/* What MHD keeps with the connection; others read it under the lock. */
struct open_connection {
    int fd;
    _Atomic int64_t since_us; /* of `state`, and set before it */
    _Atomic enum open_state state;
    bool timed_out;    /* it is being closed */
    bool more;         /* what is sent next is a header, and its body comes behind it */
    struct peer *peer; /* owned; NULL: nobody asked yet */
    char remote[HTTP_REMOTE_MAX];
};
/* Seconds that a connection may stay in this state. */
int64_t open_limit(const struct config *config, enum open_state state);
/* A request's answer has not left. */
bool open_busy(const struct open_connection *open);
/* Whoever asked showed a key or a certificate, and may keep the connection: anybody else asks again
 * soon or goes. */
bool http_known(const struct request *request);
/* The address as a limit knows it (http_remote()); "" for none. */
struct sockaddr;
void http_address(const struct sockaddr *client, char remote[static HTTP_REMOTE_MAX]);
/* NULL: libmicrohttpd keeps none. */
struct open_connection *open_of(struct MHD_Connection *connection);
/* No more connections; the listener, to be closed once the daemon has stopped. By the thread that
 * stops it. */
MHD_socket http_quiesce(struct MHD_Daemon *daemon);

#endif
