/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the listener's parts share. */
#ifndef SIMAUTH_GATEWAY_HTTP_OWN_H
#define SIMAUTH_GATEWAY_HTTP_OWN_H

#include "http.h"
#include "request.h"

#include <microhttpd.h>

/* What MHD keeps with the connection; others read it under the lock. */
struct open_connection {
    int fd;
    _Atomic int64_t since_us; /* the last event that mattered */
    _Atomic bool served;      /* a whole request came before: idle time counts */
    _Atomic bool busy;        /* a request is being worked on */
    bool timed_out;           /* it is being closed */
    bool more;                /* what is sent next is a header, and its body comes behind it */
    struct peer *peer;        /* owned; NULL: nobody asked yet */
};
/* NULL: libmicrohttpd keeps none. */
struct open_connection *open_of(struct MHD_Connection *connection);
/* No more connections; the listener, to be closed once the daemon has stopped. By the thread that
 * stops it. */
MHD_socket http_quiesce(struct MHD_Daemon *daemon);

#endif
