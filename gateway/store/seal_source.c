/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a sealing key comes from: a file, a credential of systemd, or a token (seal_pkcs11.c). */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDENTIAL "credential:"
#define TOKEN "pkcs11:"

static int refuse_others(const char *path, mode_t mode, mode_t others, char *error)
{
    if (!(mode & others))
        return 0;
    snprintf(error, SEAL_ERROR_MAX,
             "%s can be read by others (mode %04o): chmod 600 it, and make a new one if they did",
             path, (unsigned)(mode & 07777));
    return -1;
}

int seal_check_others(const char *path, char *error)
{
    struct stat st;

    return stat(path, &st) == 0 ? refuse_others(path, st.st_mode, S_IRWXO, error) : 0;
}

static void say_whose(const char *path, uid_t uid, char *error)
{
    const struct passwd *owner = geteuid() == 0 ? getpwuid(uid) : NULL;

    if (owner)
        snprintf(error, SEAL_ERROR_MAX,
                 "%s belongs to the user %s: run this as that user: runuser -u %s -- ...", path,
                 owner->pw_name, owner->pw_name);
    else
        snprintf(error, SEAL_ERROR_MAX, "%s belongs to another user: chown it to the gateway's",
                 path);
}

/* systemd's credentials are its own: mode 0400, or 0440 with an access list for the service. */
static int check_file(int fd, const char *path, bool credential, const char *what, char *error)
{
    struct stat st;
    mode_t others = credential ? S_IRWXO : S_IRWXG | S_IRWXO;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(error, SEAL_ERROR_MAX, "%s is no regular file: name the file of the %s", path,
                 what);
        return -1;
    }
    if (st.st_uid != geteuid() && st.st_uid != 0 && !(credential && geteuid() == 0)) {
        say_whose(path, st.st_uid, error);
        return -1;
    }
    return refuse_others(path, st.st_mode, others, error);
}

int seal_read_secret(const char *path, bool credential, const char *what, uint8_t *octets,
                     size_t room, size_t *len, char *error)
{
    int result = -1, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t n;

    if (fd < 0) {
        snprintf(error, SEAL_ERROR_MAX, "%s cannot be opened: %s%s", path, strerror(errno),
                 strcmp(what, "sealing key") == 0
                     ? ". \"simauth-gatewayctl init\" makes the sealing key"
                     : "");
        return -1;
    }
    if (check_file(fd, path, credential, what, error) == 0) {
        n = read(fd, octets, room);
        *len = n > 0 ? (size_t)n : 0;
        result = n >= 0 ? 0 : -1;
        if (n < 0)
            snprintf(error, SEAL_ERROR_MAX, "%s cannot be read: %s", path, strerror(errno));
    }
    close(fd);
    return result;
}

char *seal_credential_path(const char *name, char *error)
{
    const char *folder = g_getenv("CREDENTIALS_DIRECTORY");

    if (folder && name[0] && !strchr(name, '/') && name[0] != '.')
        return g_build_filename(folder, name, NULL);
    if (folder)
        snprintf(error, SEAL_ERROR_MAX, "credential:%s: this is no name of a credential", name);
    else
        snprintf(error, SEAL_ERROR_MAX,
                 "credential:%s: there are none here: start it by systemd with "
                 "LoadCredential=%s:FILE, or set CREDENTIALS_DIRECTORY to the service's "
                 "(/run/credentials/simauth-gateway.service)",
                 name, name);
    return NULL;
}

static int read_key(const char *path, bool credential, uint8_t key[static SEAL_KEY_LEN],
                    char *error)
{
    uint8_t octets[SEAL_KEY_LEN + 1];
    size_t len;
    int result =
        seal_read_secret(path, credential, "sealing key", octets, sizeof octets, &len, error);

    if (result == 0 && len != SEAL_KEY_LEN) {
        snprintf(error, SEAL_ERROR_MAX, "%s is no sealing key: it must have %d octets", path,
                 SEAL_KEY_LEN);
        result = -1;
    }
    if (result == 0)
        memcpy(key, octets, SEAL_KEY_LEN);
    OPENSSL_cleanse(octets, sizeof octets);
    return result;
}

int seal_fetch(const char *source, uint8_t key[static SEAL_KEY_LEN], char *error)
{
    char *path;
    int result;

    if (g_str_has_prefix(source, TOKEN))
        return seal_pkcs11_fetch(source, key, error);
    if (!g_str_has_prefix(source, CREDENTIAL))
        return read_key(source, false, key, error);
    path = seal_credential_path(source + strlen(CREDENTIAL), error);
    if (!path)
        return -1;
    result = read_key(path, true, key, error);
    g_free(path);
    return result;
}

static int create_file(const char *path, char *error)
{
    uint8_t octets[SEAL_KEY_LEN];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written;

    if (fd < 0) {
        snprintf(error, SEAL_ERROR_MAX, "%s cannot be made: %s", path, strerror(errno));
        return -1;
    }
    written = RAND_bytes(octets, sizeof octets) == 1 &&
              write(fd, octets, sizeof octets) == (ssize_t)sizeof octets && fsync(fd) == 0;
    OPENSSL_cleanse(octets, sizeof octets);
    if (close(fd) != 0)
        written = false;
    if (written)
        return 0;
    snprintf(error, SEAL_ERROR_MAX, "%s cannot be written: %s", path, strerror(errno));
    unlink(path);
    return -1;
}

int seal_create(const char *source, char *error)
{
    if (g_str_has_prefix(source, TOKEN))
        return seal_pkcs11_create(source, error);
    if (!g_str_has_prefix(source, CREDENTIAL))
        return create_file(source, error);
    snprintf(error, SEAL_ERROR_MAX,
             "%s: systemd gives credentials, they are not made here: see docs/operator-guide.md",
             source);
    return -1;
}

bool seal_exists(const char *source)
{
    char error[SEAL_ERROR_MAX], *path;
    bool there;

    if (g_str_has_prefix(source, TOKEN))
        return seal_pkcs11_exists(source);
    if (!g_str_has_prefix(source, CREDENTIAL))
        return access(source, F_OK) == 0;
    path = seal_credential_path(source + strlen(CREDENTIAL), error);
    there = path && access(path, F_OK) == 0;
    g_free(path);
    return there;
}
