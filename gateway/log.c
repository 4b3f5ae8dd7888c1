/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"
#include "../common/line.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int log_fd = STDERR_FILENO;
static _Atomic bool log_is_file; /* which always takes something, or fails at once */

int log_open(const char *path)
{
    struct stat st;
    int fd;

    if (!path) {
        log_is_file = fstat(log_fd, &st) == 0 && S_ISREG(st.st_mode);
        return 0;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return -1;
    if (log_fd == STDERR_FILENO) {
        log_fd = fd;
    } else { /* under the number that other threads write to meanwhile, which is never another's */
        int taken = dup3(fd, log_fd, O_CLOEXEC);

        close(fd);
        if (taken < 0)
            return -1;
    }
    log_is_file = fstat(log_fd, &st) == 0 && S_ISREG(st.st_mode);
    return 0;
}

void log_line(const char *format, ...)
{
    char line[LINE_MAX_OCTETS];
    struct timespec now;
    struct tm utc;
    va_list arguments;
    size_t len;
    int n;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    len = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &utc);
    len += (size_t)snprintf(line + len, sizeof line - len, ".%03ldZ ", now.tv_nsec / 1000000);
    va_start(arguments, format);
    n = vsnprintf(line + len, sizeof line - len - 1, format, arguments);
    va_end(arguments);
    len = n < 0 ? len : len + (size_t)n;
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    line_make_plain(line, len);
    line[len++] = '\n';
    line_write(log_fd, log_is_file, line, len);
}

uint64_t log_lost(void)
{
    return line_lost();
}
