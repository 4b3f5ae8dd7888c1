/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log lines: time, then "key=value" words. No IMSI and no secret ever. */
#ifndef SIMAUTH_GATEWAY_LOG_H
#define SIMAUTH_GATEWAY_LOG_H

#include <stdint.h>

/* NULL: stderr. -1 with errno. May be called again with the same path after a rotation. */
int log_open(const char *path);
/* Lines that nobody took: a full disk, a reader that hangs. */
uint64_t log_lost(void);
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
