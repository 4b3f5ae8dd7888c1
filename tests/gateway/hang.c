/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded: fsync and fdatasync do not return while the file SIMAUTH_HANG_DISK is there, and the
 * monotonic clock is 31 seconds on while the file SIMAUTH_HANG_CLOCK is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define OURS __attribute__((visibility("default"))) /* in place of the C library's */

static bool there(const char *name)
{
    const char *path = getenv(name);

    return path && access(path, F_OK) == 0;
}

static int through(const char *name, int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);

    while (there("SIMAUTH_HANG_DISK"))
        usleep(10000);
    return real(fd);
}

OURS int fsync(int fd)
{
    return through("fsync", fd);
}

OURS int fdatasync(int fd)
{
    return through("fdatasync", fd);
}

OURS int clock_gettime(clockid_t clock, struct timespec *time)
{
    static int (*real)(clockid_t, struct timespec *);
    int result;

    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    result = real(clock, time);
    if (result == 0 && clock == CLOCK_MONOTONIC && there("SIMAUTH_HANG_CLOCK"))
        time->tv_sec += 31;
    return result;
}
