/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main thread, once everything runs: signals, sweeping, states, the watchdog, reloading. */
#ifndef SIMAUTH_GATEWAY_KEEPER_H
#define SIMAUTH_GATEWAY_KEEPER_H

#include "../api/http.h"
#include "../gateway.h"
#include <signal.h>

/* Returns when SIGTERM or SIGINT came and [listen] drain is over. `signals` are blocked in every
 * thread. SIGHUP reads the configuration at `path` again and opens `log` (NULL: none) anew. */
void keeper_run(struct gateway *gateway, struct http *http, const sigset_t *signals,
                const char *path, const char *log);

/* Sets the listener's state. Also who is asked for it looks: what a request hangs at may hold up
 * the main thread as well. */
void keeper_watch_listener(struct gateway *gateway, struct http *http);

/* -- reload.c ---------------------------------------------------------------------------------- */
/* Reads the configuration again: all of it takes effect, or none. -1 with lines in `error`
 * (CONFIG_ERROR_MAX). */
int reload(struct gateway *gateway, const char *path, char *error);
/* Frees the configurations that reloads left behind, when nobody reads them any more. */
void reload_end(void);

#endif
