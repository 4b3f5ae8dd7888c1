/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line of a server's log, which stops nobody: neither a full disk nor a reader that reads no
 * more. */
#ifndef SIMAUTH_COMMON_LINE_H
#define SIMAUTH_COMMON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_MAX_OCTETS 1024

/* What a stranger sent may stand in a line: it must not begin a new one, nor tell a terminal what
 * to do, be it in two octets. */
void line_make_plain(char *line, size_t len);
/* In one write, so that lines of two threads do not mix; with its end, `len` is at most
 * LINE_MAX_OCTETS. `is_file`: it always takes something, or fails at once. What it does not take is
 * counted. */
void line_write(int fd, bool is_file, const char *line, size_t len);
/* Lines that nobody took. */
uint64_t line_lost(void);

#endif
