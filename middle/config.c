/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "../common/keyfile.h"

#include <e2m/body.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <simauth/secret.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* -- files ------------------------------------------------------------------------------------- */

static char *contents(struct keyfile *r, const char *group, const char *key, bool secret,
                      gsize *len)
{
    char *path = keyfile_text(r, group, key, NULL), *octets = NULL;
    struct stat stat_buffer;

    *len = 0;
    if (r->failed)
        goto out;
    if (!g_file_get_contents(path, &octets, len, NULL))
        keyfile_fail(r, group, key, "this file cannot be read");
    else if (secret && (stat(path, &stat_buffer) != 0 || stat_buffer.st_mode & 077))
        keyfile_fail(r, group, key, "others can read this file: chmod 600");
out:
    g_free(path);
    return octets;
}

static void wipe(char *octets, gsize len)
{
    if (octets)
        OPENSSL_cleanse(octets, len);
    g_free(octets);
}

static struct e2m_span span_of(const char *octets, gsize len)
{
    struct e2m_span span = {(const uint8_t *)octets, len};

    return span;
}

static int64_t end_of(const X509 *certificate)
{
    struct tm utc;

    return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) == 1 ? (int64_t)timegm(&utc) : 0;
}

static void read_identity(struct keyfile *r, struct config *c)
{
    gsize certificate_len, key_len;
    char *certificate = contents(r, "identity", "certificate", false, &certificate_len);
    char *key = contents(r, "identity", "key", true, &key_len);
    struct e2m_buffer der = {0};
    enum e2m_result result;

    if (!r->failed) {
        result = e2m_identity_read(&c->identity, span_of(certificate, certificate_len),
                                   span_of(key, key_len));
        if (result == E2M_OK)
            result = e2m_certificate_names_server(c->identity.certificate, c->domain);
        if (result == E2M_OK)
            result = e2m_certificate_print(c->identity.certificate, &der);
        if (result != E2M_OK)
            keyfile_fail(r, "identity", "certificate", e2m_result_text(result));
        else
            c->certificate = g_base64_encode(der.octets, der.len);
        if (result == E2M_OK)
            c->expires = end_of(c->identity.certificate);
    }
    e2m_buffer_free(&der);
    wipe(key, key_len);
    g_free(certificate);
}

static void fail_with_file(struct keyfile *r, const char *path, bool was_read)
{
    char *text = g_strdup_printf(
        was_read ? "%s has no certificate in PEM, or a damaged one"
                 : "%s cannot be read: it must be there, for the user simauth-middle too",
        path);

    keyfile_fail(r, "trust", "authorities", text);
    g_free(text);
}

/* "FILE" for all domains that have no authority of their own, "DOMAIN=FILE" for one. */
static void add_authority(struct keyfile *r, struct config *c, const char *entry)
{
    const char *equals = entry[0] == '/' ? NULL : strchr(entry, '=');
    char *domain = equals ? g_strndup(entry, (size_t)(equals - entry)) : NULL, *pem = NULL;
    enum e2m_result result = E2M_BAD_DER;
    gsize len;

    if (g_file_get_contents(equals ? equals + 1 : entry, &pem, &len, NULL))
        result = e2m_trust_add(c->trust, span_of(pem, len), domain);
    if (result == E2M_WRONG_SERVER)
        keyfile_fail(r, "trust", "authorities",
                     "must be FILE or DOMAIN=FILE, with blanks between them");
    else if (result != E2M_OK)
        fail_with_file(r, equals ? equals + 1 : entry, pem != NULL);
    g_free(pem);
    g_free(domain);
}

static void read_trust(struct keyfile *r, struct config *c)
{
    char *list = keyfile_text(r, "trust", "authorities", "");
    char **entries = g_strsplit_set(list, "; \t", -1);

    c->trust = e2m_trust_new();
    for (size_t i = 0; c->trust && entries[i]; i++)
        if (entries[i][0])
            add_authority(r, c, entries[i]);
    g_strfreev(entries);
    g_free(list);
    list = keyfile_text(r, "trust", "revoked", "");
    c->revoked = g_strsplit_set(list, "; \t", -1);
    g_free(list);
    c->want_lists = keyfile_word(r, "trust", "revoked_missing", "accept", "refuse", false);
    if (c->want_lists && c->trust)
        e2m_trust_want_lists(c->trust);
}

static void read_token(struct keyfile *r, struct config *c)
{
    gsize len;
    char *token = contents(r, "middle", "token", true, &len);

    while (token && len > 0 && g_ascii_isspace(token[len - 1]))
        len--;
    if (token && (len < 16 || len > CONFIG_TOKEN_MAX || memchr(token, '\0', len)))
        keyfile_fail(r, "middle", "token", "this file must have 16 to 128 characters in one line");
    else if (token)
        memcpy(c->token, token, c->token_len = len);
    wipe(token, token ? strlen(token) : 0);
}

/* -- groups ------------------------------------------------------------------------------------ */

static void read_networks(struct keyfile *r, struct config *c)
{
    char *list = keyfile_text(r, "pinholes", "networks", "");
    char **words = g_strsplit_set(list, "; \t", -1);

    for (size_t i = 0; words[i]; i++) {
        struct config_network *n = &c->networks[c->network_count];
        char *slash = strchr(words[i], '/');
        guint64 bits = 0;
        int most;

        if (!words[i][0])
            continue;
        if (slash)
            *slash++ = '\0';
        if (c->network_count == CONFIG_NETWORKS_MAX || !sdp_address_parse(words[i], &n->address)) {
            keyfile_fail(r, "pinholes", "networks",
                         "must be up to 16 networks such as 192.0.2.0/24");
            break;
        }
        most = n->address.family == AF_INET ? 32 : 128;
        if (slash && !g_ascii_string_to_unsigned(slash, 10, 1, (guint64)most, &bits, NULL))
            keyfile_fail(r, "pinholes", "networks", "has a length that no network has");
        n->bits = slash ? (unsigned)bits : (unsigned)most;
        c->network_count++;
    }
    g_strfreev(words);
    g_free(list);
}

static void read_policy(struct keyfile *r, struct config *c)
{
    c->must_read = keyfile_word(r, "policy", "must_read", "false", "true", true);
    c->want_signature = keyfile_word(r, "policy", "signature", "optional", "required", false);
    c->unsigned_labels = keyfile_word(r, "policy", "unsigned_labels", "refuse", "accept", false);
    c->accounts = keyfile_word(r, "policy", "accounts", "ignore", "accept", true);
    c->clear = keyfile_word(r, "policy", "clear", "refuse", "accept", true);
    c->account_kbit = (unsigned)keyfile_number(r, "admission", "account_kbit", 0, 0, 100000000);
    c->account_calls = (unsigned)keyfile_number(r, "admission", "account_calls", 0, 0, 1000000);
    c->trunk_kbit = (unsigned)keyfile_number(r, "admission", "trunk_kbit", 0, 0, 100000000);
    c->total_kbit = (unsigned)keyfile_number(r, "admission", "total_kbit", 0, 0, 100000000);
    c->audio_kbit = (unsigned)keyfile_number(r, "admission", "audio_kbit", 100, 1, 100000);
    c->video_kbit = (unsigned)keyfile_number(r, "admission", "video_kbit", 1500, 1, 1000000);
    c->nft = keyfile_text(r, "pinholes", "nft", "nft");
    c->nft_seconds = keyfile_number(r, "pinholes", "nft_seconds", 10, 1, 600);
    c->table = keyfile_text(r, "pinholes", "table", "simauth_middle");
    c->ring_seconds = keyfile_number(r, "pinholes", "ring_seconds", 200, 1, 3600);
    c->call_seconds = keyfile_number(r, "pinholes", "call_seconds", 7200, 10, 604800);
    c->tokens = keyfile_word(r, "pinholes", "tokens", "ignore", "required", false);
    c->token_seconds = keyfile_number(r, "pinholes", "token_seconds", 30, 6, 3600);
    c->token_group = keyfile_number(r, "pinholes", "token_group", 8493, 1, 65535);
    if (strspn(c->table, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(c->table))
        keyfile_fail(r, "pinholes", "table", "must be a word of small letters, digits and _");
    if (strcmp(c->nft, "none") == 0)
        c->nft[0] = '\0';
}

static const struct keyfile_group known[] = {
    {"middle", " domain address port token state "},
    {"identity", " certificate key "},
    {"trust", " authorities revoked revoked_missing "},
    {"policy", " must_read signature unsigned_labels accounts clear "},
    {"admission", " account_kbit account_calls trunk_kbit total_kbit audio_kbit video_kbit "},
    {"pinholes",
     " nft nft_seconds table ring_seconds call_seconds networks tokens token_seconds token_group "},
    {NULL, NULL},
};

static void read_all(struct keyfile *r, struct config *c)
{
    keyfile_refuse_unknown(r, known, "simauth-middle.conf.example");
    c->domain = keyfile_text(r, "middle", "domain", NULL);
    c->address = keyfile_text(r, "middle", "address", "127.0.0.1");
    c->port = keyfile_number(r, "middle", "port", 8493, 1, 65535);
    c->state = keyfile_text(r, "middle", "state", "/var/lib/simauth-middle/calls");
    read_token(r, c);
    read_policy(r, c);
    read_networks(r, c);
    read_identity(r, c);
    read_trust(r, c);
    if (!r->failed && !e2m_host_valid(c->domain, strlen(c->domain)))
        keyfile_fail(r, "middle", "domain", "must be the SIP domain of this server");
}

struct config *config_load(const char *path, char *error)
{
    struct keyfile r;
    struct config *c = simauth_secure_alloc(sizeof *c); /* the proxy's token is in it */

    if (!c) {
        g_strlcpy(error, "no memory", CONFIG_ERROR_MAX);
        return NULL;
    }
    if (keyfile_open(&r, path, error, CONFIG_ERROR_MAX))
        read_all(&r, c);
    keyfile_close(&r);
    if (!r.failed)
        return c;
    config_free(c);
    return NULL;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    e2m_identity_free(&c->identity);
    e2m_trust_free(c->trust);
    g_strfreev(c->revoked);
    g_free(c->domain);
    g_free(c->address);
    g_free(c->state);
    g_free(c->certificate);
    g_free(c->nft);
    g_free(c->table);
    simauth_secure_free(c);
}

static const char *keep_text(char **text, const char *old, const char *key)
{
    const char *changed = strcmp(*text, old) == 0 ? NULL : key;

    g_free(*text);
    *text = g_strdup(old);
    return changed;
}

static const char *keep_number(int *number, int old, const char *key)
{
    const char *changed = *number == old ? NULL : key;

    *number = old;
    return changed;
}

const char *config_keep(struct config *c, const struct config *old)
{
    int tokens = c->tokens;
    const char *changed[] = {
        keep_text(&c->address, old->address, "[middle] address"),
        keep_number(&c->port, old->port, "[middle] port"),
        keep_text(&c->state, old->state, "[middle] state"),
        keep_text(&c->nft, old->nft, "[pinholes] nft"),
        keep_number(&c->nft_seconds, old->nft_seconds, "[pinholes] nft_seconds"),
        keep_text(&c->table, old->table, "[pinholes] table"),
        keep_number(&tokens, old->tokens, "[pinholes] tokens"),
        keep_number(&c->token_group, old->token_group, "[pinholes] token_group"),
    };

    c->tokens = tokens != 0;
    for (size_t i = 0; i < G_N_ELEMENTS(changed); i++)
        if (changed[i])
            return changed[i];
    return NULL;
}

static bool within(const struct config_network *n, const struct sdp_address *a)
{
    unsigned whole = n->bits / 8, rest = n->bits % 8;
    uint8_t mask = (uint8_t)(0xff << (8 - rest));

    return n->address.family == a->family && memcmp(n->address.octets, a->octets, whole) == 0 &&
           (rest == 0 || (n->address.octets[whole] & mask) == (a->octets[whole] & mask));
}

bool config_guards(const struct config *c, const struct sdp_address *address)
{
    for (unsigned i = 0; i < c->network_count; i++)
        if (within(&c->networks[i], address))
            return true;
    return c->network_count == 0;
}
