/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's file: who may read it, and what stands in it. */
#include "impi.h"
#include "soft.h"
#include "utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <simauth/vector.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A path in a sentence: its end is what tells files apart. */
#define SHOWN_MAX 96

static const char *shown(const char *path)
{
    return utf8_last(path, SHOWN_MAX);
}

static bool say(char *error, const char *path, const char *rest)
{
    snprintf(error, SIM_ERROR_MAX, "%s %s", shown(path), rest);
    return false;
}

static int refuse_open(const char *path, const char *what, enum simauth_card_status *status,
                       char *error)
{
    *status = errno == ENOENT || errno == ENOTDIR ? SIMAUTH_CARD_ABSENT : SIMAUTH_CARD_FAILED;
    if (errno == ELOOP)
        snprintf(error, SIM_ERROR_MAX,
                 "The %s %s is a symbolic link: name the file itself in the settings.", what,
                 shown(path));
    else if (errno == EACCES)
        snprintf(error, SIM_ERROR_MAX,
                 "The %s %s cannot be read by this user: become its owner (chown) and chmod 600.",
                 what, shown(path));
    else
        snprintf(error, SIM_ERROR_MAX, "The %s %s cannot be opened: %s.", what, shown(path),
                 strerror(errno));
    return -1;
}

#define NAMES_MAX 4096

/* A group of one's own name, in which nobody else is, as many systems make it for each user. */
static bool is_own_group(gid_t gid)
{
    char names[NAMES_MAX], more[NAMES_MAX];
    struct passwd own, *user = NULL;
    struct group of, *group = NULL;

    return gid == getegid() && getpwuid_r(geteuid(), &own, names, sizeof names, &user) == 0 &&
           user && getgrgid_r(gid, &of, more, sizeof more, &group) == 0 && group &&
           strcmp(user->pw_name, group->gr_name) == 0 &&
           (!group->gr_mem[0] ||
            (strcmp(group->gr_mem[0], user->pw_name) == 0 && !group->gr_mem[1]));
}

/* Whoever may write to the folder could put another file in place of this one, or an older one. */
static const char *why_not_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    struct stat st;
    bool known = folder && stat(folder, &st) == 0;

    free(folder);
    if (!known)
        return "lies in a folder that cannot be examined.";
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return "lies in another user's folder: move it to one of your own.";
    if (st.st_mode & S_ISVTX)
        return NULL;
    if (st.st_mode & S_IWOTH)
        return "lies in a folder that everybody can write to: chmod o-w that folder.";
    if ((st.st_mode & S_IWGRP) && !is_own_group(st.st_gid))
        return "lies in a folder that a group can write to: chmod g-w that folder.";
    return NULL;
}

static const char *why_not_private(int fd, const char *path)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return "cannot be examined.";
    if (!S_ISREG(st.st_mode))
        return "is not a regular file: name the file that your operator issued.";
    if (st.st_uid != geteuid())
        return "belongs to another user: chown it to the user who runs the phone.";
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return "can be read or written by others: make it yours alone with chmod 600 and ask your "
               "operator for a new one if others use this machine.";
    return why_not_folder(path);
}

#define FLAGS (O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

int soft_open_private(const char *path, const char *what, enum simauth_card_status *status,
                      char *error)
{
    const char *why;
    int fd;

    if (path[0] != '/') {
        *status = SIMAUTH_CARD_ABSENT;
        snprintf(error, SIM_ERROR_MAX,
                 "The %s \"%s\" is not an absolute path: begin it with \"/\".", what, shown(path));
        return -1;
    }
    /* O_NONBLOCK: a pipe in its place must not stop the worker. O_RDWR: on NFS it could not be
     * locked else; nothing is written. EPERM: nobody may, not even its owner (chattr +i). */
    fd = open(path, O_RDWR | FLAGS);
    if (fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS || errno == EISDIR))
        fd = open(path, O_RDONLY | FLAGS);
    if (fd < 0)
        return refuse_open(path, what, status, error);
    why = why_not_private(fd, path);
    if (!why)
        return fd;
    close(fd);
    *status = SIMAUTH_CARD_FAILED;
    say(error, path, why);
    return -1;
}

/* -- members ----------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at;
    char lower = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;

    at = lower ? strchr(digits, lower) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool read_hex(const json_t *value, uint8_t *octets, size_t len)
{
    const char *text = json_string_value(value);

    if (!text || json_string_length(value) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        octets[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* A string member that may be missing; "" then. */
static bool read_text(const json_t *object, const char *name, char *text, size_t room)
{
    const json_t *value = json_object_get(object, name);
    const char *string = json_string_value(value);

    text[0] = '\0';
    if (!value)
        return true;
    if (!string || json_string_length(value) >= room || string[0] == '\0')
        return false;
    memcpy(text, string, json_string_length(value) + 1);
    return true;
}

static bool read_constants(const json_t *object, uint8_t c[static 5][16], uint8_t r[static 5])
{
    const json_t *cs = json_object_get(object, "c"), *rs = json_object_get(object, "r");

    if (json_array_size(cs) != 5 || json_array_size(rs) != 5)
        return false;
    for (size_t i = 0; i < 5; i++) {
        const json_t *rotation = json_array_get(rs, i);

        if (!read_hex(json_array_get(cs, i), c[i], 16) || !json_is_integer(rotation) ||
            json_integer_value(rotation) < 0 || json_integer_value(rotation) > 127)
            return false;
        r[i] = (uint8_t)json_integer_value(rotation);
    }
    return true;
}

static const char *read_milenage(const json_t *object, struct simauth_milenage *milenage)
{
    uint8_t k[16], opc[16], c[5][16], r[5];
    const char *why = NULL;
    bool own = json_object_get(object, "c") || json_object_get(object, "r");
    enum simauth_result result = SIMAUTH_OK;

    if (!read_hex(json_object_get(object, "k"), k, sizeof k))
        why = "has no \"k\" of 32 hexadecimal digits";
    else if (!read_hex(json_object_get(object, "opc"), opc, sizeof opc))
        why = "has no \"opc\" of 32 hexadecimal digits";
    else if (own && !read_constants(object, c, r))
        why = "has a \"c\" or \"r\" that is not five constants of Milenage (both or neither)";
    else if (own)
        result = simauth_milenage_init_custom(milenage, k, opc, true, c, r);
    else
        result = simauth_milenage_init(milenage, k, opc, true);
    if (!why && result != SIMAUTH_OK)
        why = "has constants of Milenage that may not be used together (TS 35.206, 5.3)";
    OPENSSL_cleanse(k, sizeof k);
    OPENSSL_cleanse(opc, sizeof opc);
    return why;
}

/* COMP128 and XOR have K and nothing else. */
static const char *read_bare(const json_t *object, struct simauth_milenage *milenage)
{
    if (json_object_get(object, "opc") || json_object_get(object, "c") ||
        json_object_get(object, "r"))
        return "has an \"opc\", \"c\" or \"r\", which its \"algorithm\" does not have";
    return read_hex(json_object_get(object, "k"), milenage->k, sizeof milenage->k)
               ? NULL
               : "has no \"k\" of 32 hexadecimal digits";
}

static const char *read_algorithm(const json_t *object, struct soft_file *file)
{
    static const char *const names[] = {[SOFT_MILENAGE] = "milenage",
                                        [SOFT_COMP128V1] = "comp128v1",
                                        [SOFT_COMP128V2] = "comp128v2",
                                        [SOFT_COMP128V3] = "comp128v3",
                                        [SOFT_XOR] = "xor"};
    const json_t *value = json_object_get(object, "algorithm"),
                 *gsm = json_object_get(object, "2g");
    const char *name = value ? json_string_value(value) : names[SOFT_MILENAGE];
    size_t i = 0;

    while (name && i < sizeof names / sizeof *names && strcmp(names[i], name) != 0)
        i++;
    if (!name || i == sizeof names / sizeof *names)
        return "has an \"algorithm\" that is none of milenage, comp128v1, comp128v2, comp128v3 and "
               "xor";
    if (gsm && !json_is_boolean(gsm))
        return "has a \"2g\" that is neither true nor false";
    file->algorithm = (enum soft_algorithm)i;
    file->identity.gsm = json_is_true(gsm);
    if (i != SOFT_MILENAGE && !file->identity.gsm)
        return "has an \"algorithm\" of 2G SIMs but not \"2g\": true";
    if (i != SOFT_MILENAGE && i != SOFT_XOR && !soft_comp128_there())
        return "needs libosmogsm for its \"algorithm\": install it (Debian: libosmogsm18), or";
    return i == SOFT_MILENAGE ? read_milenage(object, &file->milenage)
                              : read_bare(object, &file->milenage);
}

static const char *read_mnc_len(const json_t *object, int *mnc_len)
{
    const json_t *value = json_object_get(object, "mnc_len");
    json_int_t number = json_integer_value(value); /* 0 for what is no integer */

    *mnc_len = number == 2 || number == 3 ? (int)number : 0;
    return value && *mnc_len == 0 ? "has an \"mnc_len\" that is neither 2 nor 3" : NULL;
}

/* It is going to stand between quotation marks in a header. */
static bool impi_printable(const char *impi)
{
    for (; *impi; impi++)
        if (*impi <= ' ' || *impi > '~' || *impi == '"' || *impi == '\\')
            return false;
    return true;
}

/* Operators issue it as host name or as the address of its root: both name host and port. */
static bool read_gateway(const json_t *object, struct sim_identity *identity)
{
    char text[sizeof "https://" + sizeof identity->gateway + 1], *host = text;
    size_t len;

    if (!read_text(object, "gateway", text, sizeof text))
        return false;
    if (strncmp(text, "https://", 8) == 0) {
        host += 8;
        if (*host && host[strlen(host) - 1] == '/')
            host[strlen(host) - 1] = '\0';
    }
    len = strlen(host);
    if ((len == 0 && host != text) || len >= sizeof identity->gateway ||
        strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") != len)
        return false;
    memcpy(identity->gateway, host, len + 1);
    return true;
}

static const char *read_identity(const json_t *object, struct sim_identity *identity)
{
    char imsi[SIM_IMSI_MAX + 1], text[SIMAUTH_AOR_MAX + 1];
    const char *why = read_mnc_len(object, &identity->mnc_len);

    if (why)
        return why;
    if (!read_text(object, "imsi", imsi, sizeof imsi) || !sim_imsi_ok(imsi))
        return "has no \"imsi\" of 6 to 15 digits";
    memcpy(identity->imsi, imsi, sizeof imsi);
    if (!read_text(object, "impi", identity->impi, sizeof identity->impi))
        return "has an \"impi\" that is empty, too long or no string";
    if (identity->impi[0] == '\0')
        sim_impi(imsi, identity->mnc_len, identity->impi);
    if (!impi_printable(identity->impi))
        return "has an \"impi\" with a character that no IMPI has";
    if (!read_gateway(object, identity))
        return "has a \"gateway\" that is neither a host name, with or without a port, nor "
               "https://HOST[:PORT]/";
    if (!read_text(object, "aor", text, sizeof text) ||
        !read_text(object, "nai", text, sizeof text))
        return "has an \"aor\" or \"nai\" that is empty, too long or no string";
    return NULL;
}

static const char *read_members(const json_t *object, struct soft_file *file)
{
    static const char *const names[] = {"imsi",      "impi", "mnc_len", "k", "opc",
                                        "gateway",   "aor",  "nai",     "c", "r",
                                        "algorithm", "2g",   NULL};
    const char *why;

    if (!object)
        return "is not one JSON object with each member once";
    if (!simauth_json_only(object, names))
        return "has a member that a soft SIM does not have";
    why = read_identity(object, &file->identity);
    return why ? why : read_algorithm(object, file);
}

/* The parser's copies of K and OPc; the strings belong to the object and are as long as they say.
 */
static void wipe_member(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    if (json_is_string(value))
        OPENSSL_cleanse((char *)(uintptr_t)json_string_value(value), json_string_length(value));
}

static ssize_t read_all(int fd, char *text, size_t room)
{
    size_t len = 0;

    while (len < room) {
        ssize_t got = read(fd, text + len, room - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static const char *read_file(struct soft_file *file)
{
    char text[SOFT_FILE_MAX + 1];
    ssize_t len = read_all(file->fd, text, sizeof text);
    const char *why;
    json_t *object;

    if (len < 0)
        return "cannot be read";
    if (len > SOFT_FILE_MAX) {
        OPENSSL_cleanse(text, sizeof text);
        return "is longer than 16 KiB";
    }
    object = simauth_json_load(text, (size_t)len);
    OPENSSL_cleanse(text, sizeof text);
    why = read_members(object, file);
    wipe_member(object, "k");
    wipe_member(object, "opc");
    json_decref(object);
    return why;
}

bool soft_file_open(struct soft_file *file, const char *path, enum simauth_card_status *status,
                    char *error)
{
    const char *why;

    memset(file, 0, sizeof *file);
    file->fd = soft_open_private(path, "soft SIM", status, error);
    if (file->fd < 0)
        return false;
    why = read_file(file);
    if (!why)
        return true;
    soft_file_close(file);
    *status = SIMAUTH_CARD_FAILED;
    snprintf(error, SIM_ERROR_MAX, "The soft SIM %s %s: ask your operator for the file again.",
             shown(path), why);
    return false;
}

void soft_file_close(struct soft_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    simauth_milenage_wipe(&file->milenage);
    OPENSSL_cleanse(file, sizeof *file);
    file->fd = -1;
}
