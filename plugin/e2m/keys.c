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
static const char *read_all(int file, bool secret, struct text *text)
{
    struct stat stat;
    gsize len;

    if (fstat(file, &stat) < 0)
        return g_strerror(errno);
    if (!S_ISREG(stat.st_mode)) /* a pipe would stop the phone */
        return "is no ordinary file";
    if (secret && stat.st_mode & 077)
        return "others can read it: chmod 600";
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

static bool read_file(const char *path, bool secret, struct text *text, char *error)
{
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const char *problem = file < 0 ? g_strerror(errno) : read_all(file, secret, text);

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

bool e2m_identity_load(struct e2m_identity *identity, const char *certificate, const char *key,
                       char *error)
{
    struct text public = {NULL, 0}, private = {NULL, 0};
    bool read =
        read_file(certificate, false, &public, error) && read_file(key, true, &private, error);
    enum e2m_result result = E2M_OK;

    *identity = (struct e2m_identity){NULL, NULL, NULL};
    if (read)
        result = e2m_identity_read(identity, span(&public), span(&private));
    if (result != E2M_OK)
        g_snprintf(error, E2M_ERROR_MAX, "%s, %s: %s", certificate, key, e2m_result_text(result));
    wipe(&public);
    wipe(&private);
    return read && result == E2M_OK;
}

bool e2m_trust_load(struct e2m_trust *trust, const char *path, const char *domain, char *error)
{
    struct text text = {NULL, 0};
    bool right = read_file(path, false, &text, error);
    enum e2m_result result = right ? e2m_trust_add(trust, span(&text), domain) : E2M_OK;

    if (result != E2M_OK)
        g_snprintf(error, E2M_ERROR_MAX, "%s: %s", path,
                   result == E2M_BAD_DER ? "no certificate in it, or a damaged one"
                                         : e2m_result_text(result));
    wipe(&text);
    return right && result == E2M_OK;
}

bool e2m_partner_load(struct e2m_partner *partner, const char *path, char *error)
{
    struct text text = {NULL, 0};
    bool read = read_file(path, false, &text, error);
    enum e2m_result result = E2M_OK;

    *partner = (struct e2m_partner){NULL, NULL};
    if (read)
        result = e2m_certificate_read(span(&text), &partner->certificate, &partner->chain);
    if (result != E2M_OK)
        g_snprintf(error, E2M_ERROR_MAX, "%s: %s", path, e2m_result_text(result));
    wipe(&text);
    return read && result == E2M_OK;
}

/* -- what a call has of it --------------------------------------------------------------------- */

static STACK_OF(X509) * chain_of(STACK_OF(X509) * chain)
{
    return chain ? X509_chain_up_ref(chain) : NULL;
}

struct e2m_keys *e2m_keys_new(const struct e2m_identity *own, const struct e2m_trust *trust)
{
    struct e2m_keys *keys = g_new0(struct e2m_keys, 1);

    keys->people = e2m_trust_copy(trust);
    keys->servers = e2m_trust_copy(trust);
    if (!keys->people || !keys->servers) {
        e2m_keys_free(keys);
        return NULL;
    }
    if (own && own->certificate) {
        X509_up_ref(own->certificate);
        EVP_PKEY_up_ref(own->key);
        keys->own = *own;
        keys->own.chain = chain_of(own->chain);
    }
    return keys;
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

void e2m_partner_copy(struct e2m_partner *partner, const struct e2m_partner *from)
{
    *partner = (struct e2m_partner){from->certificate, chain_of(from->chain)};
    if (partner->certificate)
        X509_up_ref(partner->certificate);
}

void e2m_partner_free(struct e2m_partner *partner)
{
    X509_free(partner->certificate);
    sk_X509_pop_free(partner->chain, X509_free);
    *partner = (struct e2m_partner){NULL, NULL};
}
