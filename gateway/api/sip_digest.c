/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sip_digest.h"
#include "../store/seal.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <simauth/octets.h>
#include <string.h>

#define PASSWORD_MAX 256
#define CNONCE_LEN 12

static bool read_password(const struct sip_account *account, char password[static PASSWORD_MAX + 1],
                          char *error)
{
    size_t len = 0;

    if (seal_read_secret(account->password_file, false, "SIP password", (uint8_t *)password,
                         PASSWORD_MAX, &len, error) != 0)
        return false;
    password[len] = '\0';
    password[strcspn(password, "\r\n")] = '\0';
    if (password[0] == '\0')
        g_snprintf(error, SEAL_ERROR_MAX, "%s is empty: its first line is the password",
                   account->password_file);
    return password[0] != '\0';
}

bool sip_digest_check(const struct sip_account *account, char *error)
{
    char password[PASSWORD_MAX + 1];
    bool good = account->user[0] == '\0' || read_password(account, password, error);

    OPENSSL_cleanse(password, sizeof password);
    return good;
}

/* The next line of `answer` that is this header; its value, up to the end of the line. */
static const char *next_value(const char *at, const char *name, size_t *len)
{
    size_t name_len = strlen(name);

    while ((at = strstr(at, "\r\n")) && strncmp(at, "\r\n\r\n", 4) != 0) {
        at += 2;
        if (g_ascii_strncasecmp(at, name, name_len) != 0 || at[name_len] != ':')
            continue;
        at += name_len + 1;
        at += strspn(at, " \t");
        *len = strcspn(at, "\r\n");
        return at;
    }
    return NULL;
}

/* A proxy may ask several ways (RFC 8760): the first that is ours to answer. */
static bool find_challenge(const struct sip_account *account, const char *answer, const char *name,
                           struct simauth_digest_challenge *challenge, const char **why)
{
    const char *at = answer;
    size_t len;

    *why = "it asks for a password in no way that is known here (Digest with MD5 or SHA-256)";
    while ((at = next_value(at, name, &len))) {
        if (simauth_digest_parse_challenge(at, len, challenge) != SIMAUTH_OK ||
            challenge->algorithm == SIMAUTH_DIGEST_AKAV1_MD5)
            continue;
        if (strcmp(challenge->realm, account->realm) == 0)
            return true;
        *why = "it asks for the password of another realm than [sip] realm";
    }
    return false;
}

static bool sign(const struct sip_account *account, const struct simauth_digest_challenge *asked,
                 const char *uri, const char *body, const char *password, char *header)
{
    const struct simauth_digest_request request = {
        .method = "MESSAGE", .body = body, .body_len = strlen(body)};
    struct simauth_digest_credentials c = {.nc = 1, .algorithm = asked->algorithm};
    uint8_t random[CNONCE_LEN];

    if (RAND_bytes(random, sizeof random) != 1)
        return false;
    simauth_b64u_encode(random, sizeof random, c.cnonce);
    g_strlcpy(c.username, account->user, sizeof c.username);
    g_strlcpy(c.realm, asked->realm, sizeof c.realm);
    g_strlcpy(c.nonce, asked->nonce, sizeof c.nonce);
    g_strlcpy(c.opaque, asked->opaque, sizeof c.opaque);
    g_strlcpy(c.uri, uri, sizeof c.uri);
    if (asked->qop & SIMAUTH_QOP_AUTH_INT)
        c.qop = SIMAUTH_QOP_AUTH_INT;
    else if (asked->qop & SIMAUTH_QOP_AUTH)
        c.qop = SIMAUTH_QOP_AUTH;
    return simauth_digest_sign(&c, &request, password, strlen(password)) == SIMAUTH_OK &&
           simauth_digest_write_credentials(&c, header) == SIMAUTH_OK;
}

bool sip_digest_answer(const struct sip_account *account, const char *uri, const char *body,
                       const char *answer, char line[static SIP_DIGEST_LINE_MAX], const char **why,
                       char *error)
{
    bool by_proxy = strncmp(answer, "SIP/2.0 407", 11) == 0, good = false;
    char password[PASSWORD_MAX + 1], header[SIMAUTH_DIGEST_HEADER_MAX];
    struct simauth_digest_challenge challenge;

    *why = "it asks for a password: set user and password_file in [sip]";
    if (account->user[0] == '\0' ||
        !find_challenge(account, answer, by_proxy ? "Proxy-Authenticate" : "WWW-Authenticate",
                        &challenge, why))
        return false;
    *why = error;
    if (read_password(account, password, error)) {
        *why = "no answer to its challenge could be made";
        good = sign(account, &challenge, uri, body, password, header);
    }
    OPENSSL_cleanse(password, sizeof password);
    if (good)
        g_snprintf(line, SIP_DIGEST_LINE_MAX, "%s: %s\r\n",
                   by_proxy ? "Proxy-Authorization" : "Authorization", header);
    return good;
}
