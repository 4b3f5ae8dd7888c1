/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int disk_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd >= 0 ? fsync(fd) : -1, error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
    return result;
}

int disk_sync_name(const char *path)
{
    char *copy = strdup(path); /* dirname() writes in it */
    int result = copy ? disk_sync_folder(dirname(copy)) : -1, error = errno;

    free(copy);
    errno = error;
    return result;
}

int disk_write_all(int fd, const void *octets, size_t len)
{
    for (const char *at = octets; len > 0;) {
        ssize_t n = write(fd, at, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}
