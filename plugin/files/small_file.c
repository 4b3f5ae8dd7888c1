/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void say_errno(GError **error, const char *path, const char *what)
{
    int number = errno;

    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(number), "%s \"%s\": %s", what,
                path, g_strerror(number));
}

/* One octet more than is allowed tells that there is more; what is appended to meanwhile too. */
static gboolean read_all(int fd, const char *path, gsize max, GByteArray *octets, GError **error)
{
    guint8 part[16384];
    ssize_t got;

    while ((got = read(fd, part, sizeof(part))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            say_errno(error, path, "Cannot read");
            return FALSE;
        }
        g_byte_array_append(octets, part, (guint)got);
        if (octets->len > max) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                        "\"%s\" is longer than %" G_GSIZE_FORMAT " octets: move it away", path,
                        max);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean is_regular(int fd, const char *path, GError **error)
{
    struct stat about;

    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
        return TRUE;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "\"%s\" is no ordinary file: move it away",
                path);
    return FALSE;
}

gboolean small_file_read(const char *path, gsize max, char **text, gsize *len, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    GByteArray *octets;
    gboolean good;

    *text = NULL;
    if (fd < 0) {
        say_errno(error, path, "Cannot open");
        return FALSE;
    }
    octets = g_byte_array_new();
    good = is_regular(fd, path, error) && read_all(fd, path, max, octets, error);
    close(fd);
    if (good && len)
        *len = octets->len;
    if (good)
        g_byte_array_append(octets, (const guint8 *)"", 1);
    *text = (char *)g_byte_array_free(octets, !good);
    return good;
}
