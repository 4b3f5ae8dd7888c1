/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A secret of the person's in a sealed memfd: nobody can change it while it is read, and no message
 * of the bus has a digit of it. */
#include "session_bus_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

const char *bus_read_sealed(int fd, struct session_bus_secret *secret, const char **why)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat about;
    ssize_t got;

    secret->len = 0;
    if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &about) < 0) {
        *why = "The descriptor must be a memfd that is sealed against shrinking, growing, writing "
               "and other seals.";
        return "NotSealed";
    }
    if (about.st_size < 1 || about.st_size > SESSION_BUS_SECRET_MAX) {
        *why = "The memfd is empty or longer than what it may hold.";
        return "BadValue";
    }
    do
        got = pread(fd, secret->text, (size_t)about.st_size, 0);
    while (got < 0 && errno == EINTR);
    if (got != about.st_size) {
        *why = "The memfd cannot be read.";
        return "Failed";
    }
    secret->len = (size_t)got;
    secret->text[got] = '\0';
    return NULL;
}
