/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 1024

static int log_fd = STDERR_FILENO;
static _Atomic bool log_is_file; /* which always takes something, or fails at once */
static _Atomic uint64_t lost;

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

/* What a stranger sent may stand in a line: it must not begin a new one, nor tell a terminal what
 * to do, be it in two octets. */
static void make_plain(char *line, size_t len)
{
    for (size_t at = 0, n; at < len; at += n) {
        gunichar letter = g_utf8_get_char_validated(line + at, (gssize)(len - at));
        bool good = letter < (gunichar)-2;

        n = good ? (size_t)g_unichar_to_utf8(letter, NULL) : 1;
        if (!good || g_unichar_iscntrl(letter))
            memset(line + at, '?', n);
    }
}

void log_line(const char *format, ...)
{
    char line[LINE_MAX_OCTETS];
    struct timespec now;
    struct tm utc;
    va_list arguments;
    struct pollfd out = {.fd = log_fd, .events = POLLOUT};
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
    make_plain(line, len);
    line[len++] = '\n';
    /* One write, so that lines of two threads do not mix. Neither a full disk nor a reader that
     * reads no more may stop the gateway. */
    if ((!log_is_file && (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))) ||
        write(log_fd, line, len) < 0)
        atomic_fetch_add_explicit(&lost, 1, memory_order_relaxed);
}

uint64_t log_lost(void)
{
    return lost;
}
