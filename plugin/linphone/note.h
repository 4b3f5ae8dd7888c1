/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log: one line for each decision, in Linphone's own log (domain "simauth") and in
 * ~/.local/state/simauth/log. The quick start and tests read it, so its form is stable:
 *   simauth: call CALL-ID caller|callee: STEP: KEY=VALUE KEY=VALUE ...
 * Never a secret, never an IMSI.
 */
#ifndef SIMAUTH_PLUGIN_NOTE_H
#define SIMAUTH_PLUGIN_NOTE_H

#include <stdbool.h>

/* What is not about one call: "simauth: ..." */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void note_call(const char *call_id, bool caller, const char *step, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Appends a line to a file of mode 0600 that is turned over to PATH.1 at `limit` octets; the folder
 * is made (0700). False when it cannot. */
bool note_append(const char *path, const char *line, long limit);

#endif
