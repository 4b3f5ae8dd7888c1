/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A listener of its own for who watches: /metrics, /live, /ready, in plain HTTP on loopback. */
#ifndef SIMAUTH_GATEWAY_MONITOR_H
#define SIMAUTH_GATEWAY_MONITOR_H

#include "../api/http.h"
#include "../gateway.h"

struct monitor;
/* NULL, with "" in `error` where the configuration wants none, else a sentence (CONFIG_ERROR_MAX).
 */
struct monitor *monitor_start(struct gateway *gateway, struct http *http, char *error);
void monitor_stop(struct monitor *monitor);

#endif
