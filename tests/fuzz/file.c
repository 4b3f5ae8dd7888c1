/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "file.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
    (void)about;
    (void)kind;
    return ftw->level > 0 ? remove(path) : 0;
}

void fuzz_clear(void)
{
    nftw(fuzz_folder(), remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void remove_all(void)
{
    fuzz_clear();
    rmdir(folder);
}

const char *fuzz_folder(void)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%s/simauth-fuzz-XXXXXX", base);
        MUST(mkdtemp(folder) != NULL);
        atexit(remove_all);
    }
    return folder;
}

const char *fuzz_file(const char *name, const void *octets, size_t len)
{
    static char path[600];
    int fd;

    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    MUST(fd >= 0 && (len == 0 || write(fd, octets, len) == (ssize_t)len));
    close(fd);
    return path;
}
