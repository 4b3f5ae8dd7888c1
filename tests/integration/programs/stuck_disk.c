/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk that hangs, for tests (LD_PRELOAD): what is written to SIMAUTH_STUCK_FILE, fsync and
 * fdatasync of it, wait for as long as there is a file SIMAUTH_STUCK_WHILE.
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OURS __attribute__((visibility("default"))) /* in place of the C library's */

static void wait_for_disk(int fd)
{
    const char *file = getenv("SIMAUTH_STUCK_FILE"), *stuck = getenv("SIMAUTH_STUCK_WHILE");
    char link[64], path[PATH_MAX];
    ssize_t len;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = file && stuck ? readlink(link, path, sizeof path - 1) : -1;
    if (len < 0)
        return;
    path[len] = '\0';
    while (strcmp(path, file) == 0 && access(stuck, F_OK) == 0)
        usleep(10000);
}

OURS ssize_t write(int fd, const void *octets, size_t len)
{
    ssize_t (*real)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");

    wait_for_disk(fd);
    return real(fd, octets, len);
}

OURS int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

    wait_for_disk(fd);
    return real(fd);
}

OURS int fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

    wait_for_disk(fd);
    return real(fd);
}
