/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls that have ended: FOLDER/calls.jsonl, one record a line, turned over once at a bounded size.
 * Written and read by the worker, so that no disk makes a main loop wait.
 */
#ifndef SIMAUTH_PLUGIN_HISTORY_H
#define SIMAUTH_PLUGIN_HISTORY_H

#include "control.h"
#include "core.h"

/* What the record of every call begins with; `began` in seconds since 1970, AORs canonical. */
json_t *history_record(int64_t began, const char *call_id, bool caller, const char *own,
                       const char *peer, enum simauth_word word);
/* Adds a line. While the core goes it is written by whoever ends the worker. */
void history_add(struct core *core, const char *line);
/* {"total": n, "records": [...]}, newest first, in the form of shown_record(). */
void history_read(struct core *core, size_t skip, size_t limit, struct control_reply *reply);
void history_clear(struct core *core, struct control_reply *reply);

#endif
