/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines for the administrator: "op=... result=...". Never a session description, never a key. */
#ifndef SIMAUTH_MIDDLE_LOG_H
#define SIMAUTH_MIDDLE_LOG_H

/* One line on standard error, where systemd takes it. A reader that hangs loses lines, and stops
 * nobody (line_lost()). */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
