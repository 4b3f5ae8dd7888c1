/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starts one program inside a node of a world: network, file systems, user; then becomes it, so
 * that whatever is changed here ends with it. A world starts some twenty programs, so this is none
 * in Python, whose start alone takes longer than most of them. entrance.py compiles it and makes
 * its arguments.
 *
 *     enter OPTION VALUE ... -- PROGRAM ARGUMENT ...
 *
 * In the order in which they are given:
 *     --net NAME            the network namespace /run/netns/NAME
 *     --root FOLDER         that folder is / from here on, read-only
 *     --overlay OVER:AT     the folder OVER is laid over the folder AT, read-only
 *     --bind FROM:AT        FROM is seen as AT
 *     --cwd FOLDER          where the program begins (at first: /)
 *     --user NUMBER         who it is; after all that needs root
 */
#include <err.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static const char *root = ""; /* until it is entered, what is mounted goes below it */

static void mount_at(const char *from, const char *at, const char *kind, unsigned long flags,
                     const char *words)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s%s", root, at);
    if (mount(from, path, kind, flags, words))
        err(1, "mount %s at %s", from, path);
}

static void net(char *name)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof path, "/run/netns/%s", name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET))
        err(1, "%s", path);
}

/* FROM and what is behind its colon. */
static const char *divided(char *pair)
{
    char *colon = strrchr(pair, ':');

    if (!colon)
        errx(2, "no colon in %s", pair);
    *colon = '\0';
    return colon + 1;
}

static void overlay(char *pair)
{
    const char *at = divided(pair);
    char words[2 * PATH_MAX];

    snprintf(words, sizeof words, "lowerdir=%s:%s%s", pair, root, at);
    mount_at("overlay", at, "overlay", MS_RDONLY, words);
}

static void bind_at(char *pair)
{
    mount_at(pair, divided(pair), NULL, MS_BIND | MS_REC, NULL);
}

static void take_root(char *folder)
{
    static const char *const shared[] = {"/proc", "/dev", "/sys", "/run"};

    mount_at(folder, folder, NULL, MS_BIND, NULL);
    mount_at("none", folder, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL);
    root = folder;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        mount_at(shared[i], shared[i], NULL, MS_BIND | MS_REC, NULL);
}

static void cwd(char *folder)
{
    if (*root && chroot(root))
        err(1, "chroot %s", root);
    root = "";
    if (chdir(folder))
        err(1, "%s", folder);
}

static void user(char *number)
{
    uid_t id = (uid_t)strtoul(number, NULL, 10);

    if (setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id))
        err(1, "user %s", number);
}

static const struct {
    const char *name;
    void (*take)(char *value);
} options[] = {
    {"--net", net},      {"--root", take_root}, {"--overlay", overlay},
    {"--bind", bind_at}, {"--cwd", cwd},        {"--user", user},
};

static void take(const char *name, char *value)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp(name, options[i].name) == 0) {
            options[i].take(value);
            return;
        }
    }
    errx(2, "no such option: %s", name);
}

int main(int argc, char **argv)
{
    int i = 1;

    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
        err(1, "a mount namespace");
    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2)
        take(argv[i], argv[i + 1]);
    if (i + 1 >= argc)
        errx(2, "OPTION VALUE ... -- PROGRAM ARGUMENT ...");
    execvp(argv[i + 1], argv + i + 1);
    err(127, "%s", argv[i + 1]);
}
