/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the phone holds: read from files that the person, or the gateway's client, put there. */
#include "e2m_talk.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <string.h>

struct text {
    char *octets;
    gsize len;
};

static bool read_file(const char *path, struct text *text, char *error)
{
    GError *problem = NULL;

    if (g_file_get_contents(path, &text->octets, &text->len, &problem))
        return true;
    g_snprintf(error, E2M_ERROR_MAX, "%s", problem->message);
    g_error_free(problem);
    return false;
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

    if (right && e2m_trust_add(keys->trust, span(&text)) != E2M_OK) {
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

    keys->trust = e2m_trust_new();
    if (!keys->trust)
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
    e2m_trust_free(keys->trust);
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
