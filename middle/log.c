/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"
#include "../common/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char name[] = "simauth-middle: ";

void log_line(const char *format, ...)
{
    char line[LINE_MAX_OCTETS];
    size_t len = sizeof name - 1;
    struct stat where;
    va_list arguments;
    int n;

    snprintf(line, sizeof line, "%s", name);
    va_start(arguments, format);
    n = vsnprintf(line + len, sizeof line - len, format, arguments);
    va_end(arguments);
    len += n < 0 ? 0 : (size_t)n;
    if (len > sizeof line - 1)
        len = sizeof line - 1;
    line_make_plain(line, len);
    line[len++] = '\n';
    line_write(STDERR_FILENO, fstat(STDERR_FILENO, &where) == 0 && S_ISREG(where.st_mode), line,
               len);
}
