/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "line.h"

#include <glib.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static GMutex writing; /* or another thread takes the room that one has just seen */
static _Atomic uint64_t lost;

void line_make_plain(char *line, size_t len)
{
    for (size_t at = 0, n; at < len; at += n) {
        gunichar letter = g_utf8_get_char_validated(line + at, (gssize)(len - at));
        bool good = letter < (gunichar)-2;

        n = good ? (size_t)g_unichar_to_utf8(letter, NULL) : 1;
        if (!good || g_unichar_iscntrl(letter))
            memset(line + at, '?', n);
    }
}

/* A pipe that is ready takes a line of this size without waiting (PIPE_BUF), and so does a socket
 * of journald's. */
void line_write(int fd, bool is_file, const char *line, size_t len)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};
    bool room;

    g_mutex_lock(&writing);
    room = is_file || (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT));
    if (!room || write(fd, line, len) < 0)
        atomic_fetch_add_explicit(&lost, 1, memory_order_relaxed);
    g_mutex_unlock(&writing);
}

uint64_t line_lost(void)
{
    return lost;
}
