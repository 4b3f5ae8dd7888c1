/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the phone holds: read from files that the person, or the gateway's client, put there. */
#include "e2m_talk.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct text {
    char *octets;
    gsize len;
};

#define FILE_MAX (1024 * 1024) /* the machine's list of authorities is a quarter of that */

/* Why not; NULL: it is read. */
static const char *read_all(int file, struct text *text)
{
    struct stat stat;
    gsize len;

    if (fstat(file, &stat) < 0)
        return g_strerror(errno);
    if (!S_ISREG(stat.st_mode)) /* a pipe would stop the phone */
        return "is no ordinary file";
    if (stat.st_size > FILE_MAX)
        return "is too large for certificates";
    len = (gsize)stat.st_size;
    text->octets = g_malloc0(len + 1);
    while (text->len < len) {
        ssize_t got = read(file, text->octets + text->len, len - text->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? g_strerror(errno) : "became shorter while it was read";
        text->len += (gsize)got;
    }
    return NULL;
}

static bool read_file(const char *path, struct text *text, char *error)
{
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const char *problem = file < 0 ? g_strerror(errno) : read_all(file, text);

    if (problem)
        g_snprintf(error, E2M_ERROR_MAX, "%s: %s", path, problem);
    if (file >= 0)
        close(file);
    return !problem;
}

static void wipe(struct text *text)
{
    if (text->octets)
        OPENSSL_cleanse(text->octets, text->len);
    g_free(text->octets);
}

static struct e2m_span span(const struct text *text)
{
    return (struct e2m_span){(const uint8_t *)text->octets, text->len};
}

static bool read_own(struct e2m_keys *keys, const char *certificate, const char *key, char *error)
{
    struct text public = {NULL, 0}, private = {NULL, 0};
    bool read = read_file(certificate, &public, error) && read_file(key, &private, error);
    enum e2m_result result =
        read ? e2m_identity_read(&keys->own, span(&public), span(&private)) : E2M_OK;

    if (result != E2M_OK)
        g_snprintf(error, E2M_ERROR_MAX, "%s, %s: %s", certificate, key, e2m_result_text(result));
    wipe(&public);
    wipe(&private);
    return read && result == E2M_OK;
}

static bool read_trust(struct e2m_keys *keys, const char *path, char *error)
{
    struct text text = {NULL, 0};
    bool right = read_file(path, &text, error);

    if (right && (e2m_trust_add(keys->people, span(&text), NULL) != E2M_OK ||
                  e2m_trust_add(keys->servers, span(&text), NULL) != E2M_OK)) {
        g_snprintf(error, E2M_ERROR_MAX, "%s: no certificate in it", path);
        right = false;
    }
    wipe(&text);
    return right;
}

struct e2m_keys *e2m_keys_read(const char *certificate, const char *key, const char *authorities,
                               char *error)
{
    struct e2m_keys *keys = g_new0(struct e2m_keys, 1);

    keys->people = e2m_trust_new();
    keys->servers = e2m_trust_new();
    if (!keys->people || !keys->servers)
        g_snprintf(error, E2M_ERROR_MAX, "out of memory");
    else if ((!certificate || read_own(keys, certificate, key, error)) &&
             (!authorities || read_trust(keys, authorities, error)))
        return keys;
    e2m_keys_free(keys);
    return NULL;
}

void e2m_keys_free(struct e2m_keys *keys)
{
    if (!keys)
        return;
    e2m_identity_free(&keys->own);
    e2m_trust_free(keys->people);
    e2m_trust_free(keys->servers);
    g_free(keys);
}

bool e2m_partner_read(struct e2m_partner *partner, const char *path, char *error)
{
    struct text text = {NULL, 0};
    enum e2m_result result;

    *partner = (struct e2m_partner){NULL, NULL};
    if (!read_file(path, &text, error))
        return false;
    result = e2m_certificate_read(span(&text), &partner->certificate, &partner->chain);
    if (result != E2M_OK)
        g_snprintf(error, E2M_ERROR_MAX, "%s: %s", path, e2m_result_text(result));
    wipe(&text);
    return result == E2M_OK;
}

void e2m_partner_free(struct e2m_partner *partner)
{
    X509_free(partner->certificate);
    sk_X509_pop_free(partner->chain, X509_free);
    *partner = (struct e2m_partner){NULL, NULL};
}
