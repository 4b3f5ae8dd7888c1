/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation.h"
#include "ag.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <openssl/crypto.h>
#include <simauth/activation.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FREE_NAMES 99
#define ROOM 16384 /* octets: as much as a software SIM's file may have */

/* GATEWAY/CODE, in place. */
static bool split(char *typed, const char **gateway, uint8_t code[static SIMAUTH_CODE_LEN])
{
    char *slash;

    g_strstrip(typed);
    if (g_str_has_prefix(typed, "https://"))
        typed += 8;
    slash = strchr(typed, '/');
    if (!slash || slash == typed || simauth_code_read(slash + 1, code) != SIMAUTH_OK)
        return false;
    *slash = '\0';
    *gateway = typed;
    return true;
}

static int make_file(const char *path)
{
    char *folder = g_path_get_dirname(path);
    int fd = -1;

    if (g_mkdir_with_parents(folder, 0700) == 0)
        fd = g_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    g_free(folder);
    return fd;
}

/* The file is there before the code is used up: a full disk costs no code. */
static int make_free_file(const char *wanted, char **path, char *error)
{
    int fd = -1;

    for (unsigned i = 1; fd < 0 && i <= FREE_NAMES; i++) {
        char number[16] = "", name[32];

        if (i > 1)
            g_snprintf(number, sizeof(number), "-%u", i);
        g_snprintf(name, sizeof(name), "sim%s.json", number);
        g_free(*path);
        *path = wanted ? g_strdup(wanted)
                       : g_build_filename(g_get_user_config_dir(), "simauth", name, NULL);
        fd = make_file(*path);
        if (wanted || errno != EEXIST)
            break;
    }
    if (fd < 0 && errno == EEXIST)
        g_snprintf(error, ACTIVATION_ERROR_MAX,
                   "%s is there already: name another with --file, or move it away", *path);
    else if (fd < 0)
        g_snprintf(error, ACTIVATION_ERROR_MAX, "%s: %s", *path, g_strerror(errno));
    return fd;
}

/* What the disk has promised is there when the code is used up. */
static bool take_room(int fd, const char *path, char *error)
{
    int number = posix_fallocate(fd, 0, ROOM);

    if (number == 0 || number == EOPNOTSUPP || number == EINVAL) /* not every file system can */
        return true;
    g_snprintf(error, ACTIVATION_ERROR_MAX, "%s: %s", path, g_strerror(number));
    return false;
}

/* The name too outlives a power cut. */
static bool sync_folder(const char *path)
{
    char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd);
    g_free(folder);
    return good;
}

static bool write_all(int fd, const char *text, const char *path, char *error)
{
    size_t len = strlen(text);

    if (write(fd, text, len) == (ssize_t)len && write(fd, "\n", 1) == 1 &&
        ftruncate(fd, (off_t)len + 1) == 0 && fsync(fd) == 0 && sync_folder(path))
        return true;
    g_snprintf(error, ACTIVATION_ERROR_MAX, "%s: %s", path, g_strerror(errno));
    return false;
}

static bool fetch_into(int fd, const char *path, const char *gateway, const char *ca_file,
                       const uint8_t code[static SIMAUTH_CODE_LEN], char *error)
{
    char *sim = NULL, why[AG_ERROR_MAX] = "";
    bool good = false;

    if (!take_room(fd, path, error))
        return false;
    if (ag_activate(gateway, ca_file, code, &sim, why) == AG_OK)
        good = write_all(fd, sim, path, error);
    else
        g_strlcpy(error, why, ACTIVATION_ERROR_MAX);
    if (sim)
        OPENSSL_cleanse(sim, strlen(sim));
    free(sim);
    return good;
}

char *activation_fetch(char *typed, const char *wanted, const char *ca_file, bool *no_code,
                       char error[ACTIVATION_ERROR_MAX])
{
    uint8_t code[SIMAUTH_CODE_LEN];
    const char *gateway;
    char *path = NULL;
    bool good = false;
    int fd;

    *no_code = !split(typed, &gateway, code);
    if (*no_code) {
        g_strlcpy(error,
                  "that is no code such as ag.operator.example/XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-X: "
                  "look at each letter",
                  ACTIVATION_ERROR_MAX);
        return NULL;
    }
    fd = make_free_file(wanted, &path, error);
    if (fd >= 0) {
        good = fetch_into(fd, path, gateway, ca_file, code, error);
        if ((close(fd) != 0 || !good) && g_unlink(path) == 0)
            good = false;
    }
    OPENSSL_cleanse(code, sizeof(code));
    if (good)
        return path;
    g_free(path);
    return NULL;
}
