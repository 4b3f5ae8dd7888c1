/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread for everything that waits: questions to partners (libcurl, persistent connections,
 * mutual TLS; those that wait at the same time for one partner go in one batch) and refusals that
 * leave at a fixed time. No thread of the listener ever waits, so two gateways that ask each other
 * cannot block.
 */
#ifndef SIMAUTH_GATEWAY_WAITING_H
#define SIMAUTH_GATEWAY_WAITING_H

#include "request.h"
#include <glib.h>

struct waiting;
/* NULL with a sentence in `error` (CONFIG_ERROR_MAX). */
struct waiting *waiting_start(struct gateway *gateway, char *error);
/* Finishes what is under way (at most the time-out of a question). */
void waiting_stop(struct waiting *waiting);
/* After waiting_stop(), when the listener is gone. */
void waiting_free(struct waiting *waiting);
/* Runs request->question, then resumes the connection. */
void waiting_ask(struct waiting *waiting, struct request *request);
/* Agreements that hold now, each its own copy: connections to these stand open. Takes the array,
 * whose elements it frees by its own function. */
void waiting_keep(struct waiting *waiting, GPtrArray *partners);
/* Resumes the connection at `at_us` (monotonic). */
void waiting_hold(struct waiting *waiting, struct request *request, int64_t at_us);

#endif
