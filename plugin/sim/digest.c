/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A terminal without a SIM: a file with a password, for GBA_Digest (TS 33.220 annex M). It answers
 * no challenge, so nothing that rests on it is ever shown as a SIM's word; calls go by tickets
 * (agt).
 * {"impi": NAME@REALM, "password": TEXT, "gateway": HOST[:PORT] (optional)}, mode 0600.
 */
#include "sims.h"
#include "soft.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <simauth/keys.h>
#include <simauth/secret.h>
#include <simauth/vector.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 4096
#define PASSWORD_MAX 256

struct sim {
    struct sim_identity identity;
    char password[PASSWORD_MAX + 1];
};

static void digest_close(struct sim *sim)
{
    simauth_secure_free(sim);
}

/* -- the file ---------------------------------------------------------------------------------- */

static bool read_text(const json_t *object, const char *name, char *text, size_t room)
{
    const json_t *value = json_object_get(object, name);
    const char *string = json_string_value(value);

    if (!string || !*string || json_string_length(value) >= room ||
        strlen(string) != json_string_length(value))
        return false;
    memcpy(text, string, json_string_length(value) + 1);
    return true;
}

/* It stands between quotation marks in a header, and its realm in a hash. */
static bool impi_good(const char *impi)
{
    const char *at = strchr(impi, '@');

    if (!at || at == impi || !at[1] || strchr(at + 1, '@'))
        return false;
    for (; *impi; impi++)
        if (*impi <= ' ' || *impi > '~' || *impi == '"' || *impi == '\\')
            return false;
    return true;
}

/* NULL, or what is wrong; never what stood there. */
static const char *read_members(const json_t *object, struct sim *sim)
{
    static const char *const names[] = {"impi", "password", "gateway", NULL};
    struct sim_identity *identity = &sim->identity;

    identity->none = true;
    if (!object || !simauth_json_only(object, names))
        return "is not one JSON object with \"impi\", \"password\" and perhaps \"gateway\"";
    if (!read_text(object, "impi", identity->impi, sizeof identity->impi) ||
        !impi_good(identity->impi))
        return "has no \"impi\" such as carol@operator.example";
    if (!read_text(object, "password", sim->password, sizeof sim->password))
        return "has no \"password\" of 1 to 256 octets";
    if (json_object_get(object, "gateway") &&
        !read_text(object, "gateway", identity->gateway, sizeof identity->gateway))
        return "has a \"gateway\" that is empty, too long or no string";
    return NULL;
}

static const char *read_file(int fd, struct sim *sim)
{
    char text[FILE_MAX + 1];
    size_t len = 0;
    ssize_t got = 1;
    const char *why;
    json_t *object, *password;

    while (len < sizeof text && (got > 0 || errno == EINTR)) {
        got = read(fd, text + len, sizeof text - len);
        len += got > 0 ? (size_t)got : 0;
        if (got == 0)
            break;
    }
    object = got >= 0 && len <= FILE_MAX ? simauth_json_load(text, len) : NULL;
    OPENSSL_cleanse(text, sizeof text);
    why = read_members(object, sim);
    password = json_object_get(object, "password");
    if (json_is_string(password)) /* the parser's own copy */
        OPENSSL_cleanse((char *)(uintptr_t)json_string_value(password),
                        json_string_length(password));
    json_decref(object);
    return why;
}

static struct sim *digest_open(const char *where, const struct sim_pin_source *pin,
                               enum simauth_card_status *status, char *error)
{
    int fd = soft_open_private(where, "file with your password", status, error);
    struct sim *sim = fd >= 0 ? simauth_secure_alloc(sizeof *sim) : NULL;
    const char *why = "cannot be read: out of memory";

    (void)pin; /* the file's mode is its lock */
    if (fd < 0)
        return NULL;
    if (sim)
        why = read_file(fd, sim);
    close(fd);
    *status = why ? SIMAUTH_CARD_FAILED : SIMAUTH_CARD_GOOD;
    if (!why)
        return sim;
    snprintf(error, SIM_ERROR_MAX, "The file with your password, %.60s, %s.",
             strrchr(where, '/') ? strrchr(where, '/') + 1 : where, why);
    digest_close(sim);
    return NULL;
}

/* -- what it can do ---------------------------------------------------------------------------- */

static enum simauth_card_status digest_identity(struct sim *sim, struct sim_identity *identity)
{
    *identity = sim->identity;
    return SIMAUTH_CARD_GOOD;
}

static enum simauth_card_status digest_run(struct sim *sim,
                                           const struct simauth_challenge *challenge,
                                           struct simauth_card_answer *answer)
{
    (void)sim;
    (void)challenge;
    memset(answer, 0, sizeof *answer);
    return answer->status = SIMAUTH_CARD_ABSENT;
}

static const char *digest_why(const struct sim *sim)
{
    (void)sim;
    return "this phone has a password and no SIM";
}

static enum simauth_card_status digest_ha1(struct sim *sim, const char *realm,
                                           struct simauth_secret *ha1)
{
    enum simauth_result result = simauth_gba_digest_ha1(sim->identity.impi, realm, sim->password,
                                                        strlen(sim->password), ha1);

    return result == SIMAUTH_OK ? SIMAUTH_CARD_GOOD : SIMAUTH_CARD_FAILED;
}

const struct sim_backend sim_backend_digest = {
    .instant = true,
    .open = digest_open,
    .identity = digest_identity,
    .run = digest_run,
    .close = digest_close,
    .why = digest_why,
    .ha1 = digest_ha1,
};
