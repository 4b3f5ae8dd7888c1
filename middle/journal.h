/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is open, on the disk: one line a change, written before the kernel is told, so that after a
 * sudden end nothing is open that nobody knows of. Addresses and ports, no keys. */
#ifndef SIMAUTH_MIDDLE_JOURNAL_H
#define SIMAUTH_MIDDLE_JOURNAL_H

#include "calls.h"

struct journal;
/* Hands on what it says, in its order; a call is the taker's (g_free() of it and of its key). A
 * line that is broken, as the last may be, is left out. */
void journal_read(const char *path, void (*opened)(struct call *call, void *data),
                  void (*ended)(const char *key, void *data), void *data);
/* A new one in the place of the old. NULL: it cannot be written. */
struct journal *journal_open(const char *path);
void journal_opened(struct journal *journal, const struct call *call);
void journal_ended(struct journal *journal, const char *key);
void journal_close(struct journal *journal);

#endif
