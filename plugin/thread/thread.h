/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread inside somebody else's program. */
#ifndef SIMAUTH_PLUGIN_THREAD_H
#define SIMAUTH_PLUGIN_THREAD_H

#include <stdbool.h>

/* Starts run(arg) in a thread that nobody joins and that takes no signal: they belong to the
 * application. `name` (at most 15 octets) is what debuggers show. False: no thread, and arg stays
 * the caller's. */
bool thread_launch(const char *name, void *(*run)(void *arg), void *arg);

#endif
