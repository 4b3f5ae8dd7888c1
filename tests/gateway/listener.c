/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded: whoever takes a listener out of a set of descriptors finds that another thread has
 * just done so, once for each set. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define SETS 1024

static bool listens(int fd)
{
    int value = 0;
    socklen_t len = sizeof value;

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == 0 && value;
}

__attribute__((visibility("default"))) int epoll_ctl(int set, int op, int fd,
                                                     struct epoll_event *event)
{
    static bool told[SETS];
    int (*real)(int, int, int, struct epoll_event *) =
        (int (*)(int, int, int, struct epoll_event *))dlsym(RTLD_NEXT, "epoll_ctl");

    if (op != EPOLL_CTL_DEL || set >= SETS || !listens(fd))
        return real(set, op, fd, event);
    if (told[set])
        return 0;
    told[set] = true;
    real(set, op, fd, event);
    errno = ENOENT;
    return -1;
}
