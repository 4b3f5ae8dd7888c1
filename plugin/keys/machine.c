/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key of this user on this machine, where no desktop keeps one. */
#include "seal_key.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <simauth/keys.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MACHINE_ID "/etc/machine-id"
#define MACHINE_ID_DIGITS 32 /* machine-id(5) */

static enum seal_key_status fail(char *error, const char *path, const char *what)
{
    g_snprintf(error, SEAL_KEY_ERROR_MAX, "%s: %s", path, what);
    return SEAL_KEY_FAILED;
}

/* The 32 digits; any other text is no machine's id (an image that was never started has none). */
static bool read_machine_id(const char *path, char id[static MACHINE_ID_DIGITS + 1])
{
    gchar *text = NULL;
    bool good = g_file_get_contents(path, &text, NULL, NULL) &&
                strspn(text, "0123456789abcdef") == MACHINE_ID_DIGITS &&
                (text[MACHINE_ID_DIGITS] == '\n' || text[MACHINE_ID_DIGITS] == '\0');

    if (good) {
        memcpy(id, text, MACHINE_ID_DIGITS);
        id[MACHINE_ID_DIGITS] = '\0';
    }
    g_free(text);
    return good;
}

/* Makes the file when there is none; a half-written one is never left under its name. */
static enum seal_key_status make_seal(const char *path, char *error)
{
    char *fresh = g_strconcat(path, ".XXXXXX", NULL);
    uint8_t octets[SEAL_KEY_LEN];
    enum seal_key_status status = SEAL_KEY_GOOD;
    int fd = mkostemp(fresh, O_CLOEXEC); /* another Linphone may make one at the same time */

    if (fd < 0 || RAND_bytes(octets, sizeof octets) != 1 ||
        write(fd, octets, sizeof octets) != (ssize_t)sizeof octets || fsync(fd) != 0)
        status = fail(error, fresh, g_strerror(errno));
    OPENSSL_cleanse(octets, sizeof octets);
    if (fd >= 0)
        (void)close(fd);
    /* link() does not replace what another Linphone made meanwhile: that one counts. */
    if (status == SEAL_KEY_GOOD && link(fresh, path) != 0 && errno != EEXIST)
        status = fail(error, path, g_strerror(errno));
    (void)unlink(fresh);
    g_free(fresh);
    return status;
}

static enum seal_key_status read_seal(const char *path, uint8_t octets[static SEAL_KEY_LEN],
                                      char *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    enum seal_key_status status = SEAL_KEY_GOOD;
    struct stat st;

    if (fd < 0)
        return errno == ENOENT ? SEAL_KEY_NONE : fail(error, path, g_strerror(errno));
    if (fstat(fd, &st) != 0)
        status = fail(error, path, g_strerror(errno));
    else if (!S_ISREG(st.st_mode)) /* a pipe would be waited for without end */
        status = fail(error, path, "is no ordinary file: remove it to begin anew");
    else if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
        status = fail(error, path, "others can read it: chmod 600, or remove it to begin anew");
    else if (st.st_size != SEAL_KEY_LEN || read(fd, octets, SEAL_KEY_LEN) != SEAL_KEY_LEN)
        status = fail(error, path, "not 32 octets: remove it to begin anew");
    (void)close(fd);
    return status;
}

enum seal_key_status seal_octets_of_file(const char *path, uint8_t octets[static SEAL_KEY_LEN],
                                         char *error)
{
    enum seal_key_status status = read_seal(path, octets, error);

    if (status == SEAL_KEY_NONE) {
        status = make_seal(path, error);
        if (status == SEAL_KEY_GOOD)
            status = read_seal(path, octets, error);
    }
    return status;
}

enum seal_key_status seal_key_of_machine(const char *folder, const char *machine_id,
                                         struct simauth_secret *key, char *error)
{
    char id[MACHINE_ID_DIGITS + 1];
    uint8_t octets[SEAL_KEY_LEN + MACHINE_ID_DIGITS];
    char *path;
    enum seal_key_status status;

    error[0] = '\0';
    simauth_secret_wipe(key);
    if (!machine_id)
        machine_id = MACHINE_ID;
    if (!read_machine_id(machine_id, id))
        return fail(error, machine_id, "is missing or no machine-id: setup keys are not kept");
    path = g_build_filename(folder, "setup-keys.seal", NULL);
    status = seal_octets_of_file(path, octets, error);
    if (status == SEAL_KEY_GOOD) {
        memcpy(octets + SEAL_KEY_LEN, id, MACHINE_ID_DIGITS);
        if (simauth_secret_set(key, octets, sizeof octets) ||
            simauth_hkdf(key, "setup keys at rest", SEAL_KEY_LEN, key))
            status = fail(error, path, "the key could not be derived");
    }
    OPENSSL_cleanse(octets, sizeof octets);
    g_free(path);
    return status;
}
