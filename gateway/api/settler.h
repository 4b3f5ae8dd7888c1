/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread that waits for the store's disk in place of the listener's threads: one wait serves all
 * requests that stand in its line, and the listener goes on with others. */
#ifndef SIMAUTH_GATEWAY_SETTLER_H
#define SIMAUTH_GATEWAY_SETTLER_H

#include "request.h"

struct settler;
/* NULL: the thread could not be started. */
struct settler *settler_start(struct gateway *gateway);
/* Waits for what the disk is at; whoever stands in line then or comes later goes on at once, with
 * STORE_BUSY. Before the listener ends: it cannot while a connection is suspended. */
void settler_stop(struct settler *settler);
void settler_free(struct settler *settler);
/* Waits in the caller's thread. */
enum store_result settler_settle(struct settler *settler, uint64_t ticket);
/* Whether that was over, lately, sooner than a thread is woken: the store is in memory. */
bool settler_is_quick(const struct settler *settler);
/* Sets request->settled when the transaction of request->ticket is on the disk or lost, then calls
 * request_resume(). */
void settler_wait(struct settler *settler, struct request *request);

#endif
