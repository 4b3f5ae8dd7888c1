/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static gboolean fill(int fd, const char *secret)
{
    size_t len = strlen(secret);

    return fd >= 0 && write(fd, secret, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0 &&
           fcntl(fd, F_ADD_SEALS, SEALS) == 0;
}

GUnixFDList *ui_sealed(const char *secret, GError **error)
{
    int fd = memfd_create("simauth", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    GUnixFDList *list = NULL;

    if (fill(fd, secret))
        list = g_unix_fd_list_new_from_array(&fd, 1); /* takes it */
    else
        g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(errno), g_strerror(errno));
    if (!list && fd >= 0)
        close(fd);
    return list;
}
