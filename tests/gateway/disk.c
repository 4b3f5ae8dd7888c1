/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk for tests (LD_PRELOAD): fsync and fdatasync
 * - take SIMAUTH_DISK_DELAY_US longer;
 * - with SIMAUTH_DISK_FROM and SIMAUTH_DISK_TO, two folders, copy the file below the one to its
 *   place below the other, which so has what a power cut would leave at its worst: all that was
 *   synced, nothing that was not. A file NAME.new that was synced and then renamed to NAME has that
 *   name there once its folder was synced too.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OURS __attribute__((visibility("default"))) /* in place of the C library's */

static void make_folders(char *path)
{
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
}

static int copy(int from, int to)
{
    char octets[65536];
    off_t at = 0;
    ssize_t n;

    while ((n = pread(from, octets, sizeof octets, at)) > 0) {
        if (pwrite(to, octets, (size_t)n, at) != n)
            return -1;
        at += n;
    }
    return n < 0 ? -1 : 0;
}

/* The names that a folder has now. */
static void keep_names(const char *path, const char *place)
{
    char from[PATH_MAX], to[PATH_MAX], real[PATH_MAX];
    DIR *folder = opendir(place);
    const struct dirent *each;

    while (folder && (each = readdir(folder))) {
        size_t len = strlen(each->d_name);

        if (len <= 4 || strcmp(each->d_name + len - 4, ".new") != 0)
            continue;
        snprintf(from, sizeof from, "%.2000s/%s", place, each->d_name);
        snprintf(to, sizeof to, "%.2000s/%.*s", place, (int)len - 4, each->d_name);
        snprintf(real, sizeof real, "%.2000s/%s", path, each->d_name);
        if (access(real, F_OK) != 0)
            rename(from, to);
    }
    if (folder)
        closedir(folder);
}

static void keep_file(const char *link, const char *place, mode_t mode)
{
    char fresh[PATH_MAX + 8];
    int from, to;

    snprintf(fresh, sizeof fresh, "%s.copying", place);
    from = open(link, O_RDONLY | O_CLOEXEC);
    to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode & 0777);
    if (from < 0 || to < 0 || copy(from, to) != 0 || rename(fresh, place) != 0)
        abort(); /* the test must not go on with an image that is none */
    close(from);
    close(to);
}

/* What is copied later is newer: one at a time, of all processes. */
static void keep(int fd, const char *root, const char *image)
{
    char link[64], path[PATH_MAX], place[PATH_MAX], lock_name[PATH_MAX + 8];
    struct stat st;
    ssize_t n;
    int lock;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n <= 0 || fstat(fd, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
        return;
    path[n] = '\0';
    if (strncmp(path, root, strlen(root)) != 0 || path[strlen(root)] != '/')
        return;
    snprintf(lock_name, sizeof lock_name, "%s.lock", image);
    lock = open(lock_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    flock(lock, LOCK_EX);
    snprintf(place, sizeof place, "%s%s", image, path + strlen(root));
    make_folders(place);
    if (S_ISDIR(st.st_mode))
        keep_names(path, place);
    else
        keep_file(link, place, st.st_mode);
    close(lock);
}

static int through(const char *name, int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    const char *delay = getenv("SIMAUTH_DISK_DELAY_US");
    const char *root = getenv("SIMAUTH_DISK_FROM"), *image = getenv("SIMAUTH_DISK_TO");
    int result;

    if (delay)
        usleep((useconds_t)atoi(delay));
    result = real(fd);
    if (result == 0 && root && image)
        keep(fd, root, image);
    return result;
}

OURS int fsync(int fd)
{
    return through("fsync", fd);
}

OURS int fdatasync(int fd)
{
    return through("fdatasync", fd);
}
