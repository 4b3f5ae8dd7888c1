/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls.h"
#include "../config.h"

#include <glib.h>
#include <gnutls/x509.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define CHAIN_MAX 8
#define KEY_ID_MAX 64

struct tls_identity {
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned count;
    gnutls_privkey_t key;
    int64_t expires; /* the first of the chain that does */
    bool for_clients;
    gnutls_datum_t chain_pem, key_pem; /* the key's in memory of simauth_secure_alloc() */
    struct tls_identity *before;
};
static struct tls_identity *_Atomic present;

static bool read_pem(const char *path, gnutls_datum_t *data, char *error)
{
    GError *why = NULL;
    char *text;
    gsize len;

    if (!g_file_get_contents(path, &text, &len, &why)) {
        snprintf(error, CONFIG_ERROR_MAX, "[tls]: %s", why->message);
        g_clear_error(&why);
        return false;
    }
    data->data = (unsigned char *)text;
    data->size = (unsigned)len;
    return true;
}

/* Without any purpose it is for all; "any" alone is not enough for a partner's OpenSSL. */
static bool is_for_clients(gnutls_x509_crt_t leaf)
{
    char oid[64];
    size_t len = sizeof oid;
    unsigned at = 0;
    int result = gnutls_x509_crt_get_key_purpose_oid(leaf, at, oid, &len, NULL);

    if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return true;
    while (result == 0 || result == GNUTLS_E_SHORT_MEMORY_BUFFER) {
        if (result == 0 && strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT) == 0)
            return true;
        len = sizeof oid;
        result = gnutls_x509_crt_get_key_purpose_oid(leaf, ++at, oid, &len, NULL);
    }
    return false;
}

/* Into memory that is locked. */
static bool read_secret(const char *path, gnutls_datum_t *data, char *error)
{
    gnutls_datum_t plain;

    if (!read_pem(path, &plain, error))
        return false;
    data->size = plain.size;
    data->data = simauth_secure_alloc(plain.size + 1);
    if (data->data)
        memcpy(data->data, plain.data, plain.size);
    else
        snprintf(error, CONFIG_ERROR_MAX, "[tls]: out of memory");
    OPENSSL_cleanse(plain.data, plain.size);
    g_free(plain.data);
    return data->data != NULL;
}

static bool read_chain(struct tls_identity *identity, const gnutls_datum_t *pem)
{
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    bool good;

    if (gnutls_x509_crt_list_import2(&list, &count, pem, GNUTLS_X509_FMT_PEM, 0) < 0)
        return false;
    good = count > 0 && count <= CHAIN_MAX;
    for (unsigned i = 0; i < count; i++) {
        int64_t expires = (int64_t)gnutls_x509_crt_get_expiration_time(list[i]);

        if (good && gnutls_pcert_import_x509(&identity->chain[i], list[i], 0) == 0)
            identity->count++;
        else
            good = false;
        if (i == 0)
            identity->for_clients = is_for_clients(list[i]);
        if (i == 0 || expires < identity->expires)
            identity->expires = expires;
        gnutls_x509_crt_deinit(list[i]);
    }
    gnutls_free(list);
    return good;
}

static bool belong_together(const struct tls_identity *identity)
{
    unsigned char ids[2][KEY_ID_MAX];
    size_t lengths[2] = {KEY_ID_MAX, KEY_ID_MAX};
    gnutls_pubkey_t public_key;
    bool same;

    if (gnutls_pubkey_init(&public_key) != 0)
        return false;
    same = gnutls_pubkey_import_privkey(public_key, identity->key, 0, 0) == 0 &&
           gnutls_pubkey_get_key_id(public_key, 0, ids[0], &lengths[0]) == 0 &&
           gnutls_pubkey_get_key_id(identity->chain[0].pubkey, 0, ids[1], &lengths[1]) == 0 &&
           lengths[0] == lengths[1] && memcmp(ids[0], ids[1], lengths[0]) == 0;
    gnutls_pubkey_deinit(public_key);
    return same;
}

struct tls_identity *tls_load(const char *certificate, const char *key, char *error)
{
    struct tls_identity *identity = g_new0(struct tls_identity, 1);
    char why[SEAL_ERROR_MAX];
    bool good = false;

    gnutls_privkey_init(&identity->key);
    if (seal_check_others(key, why) != 0) {
        snprintf(error, CONFIG_ERROR_MAX, "[tls] key: %s", why);
        goto out;
    }
    if (!read_pem(certificate, &identity->chain_pem, error) ||
        !read_secret(key, &identity->key_pem, error))
        goto out;
    if (!read_chain(identity, &identity->chain_pem))
        snprintf(error, CONFIG_ERROR_MAX, "[tls] %s is no chain of certificates in PEM",
                 certificate);
    else if (gnutls_privkey_import_x509_raw(identity->key, &identity->key_pem, GNUTLS_X509_FMT_PEM,
                                            NULL, 0))
        snprintf(error, CONFIG_ERROR_MAX, "[tls] %s is no private key in PEM without password",
                 key);
    else if (!belong_together(identity))
        snprintf(error, CONFIG_ERROR_MAX,
                 "[tls] %s and %s do not belong together: name the key of this certificate",
                 certificate, key);
    else
        good = true;
out:
    if (good)
        return identity;
    tls_free(identity);
    return NULL;
}

void tls_free(struct tls_identity *identity)
{
    if (!identity)
        return;
    for (unsigned i = 0; i < identity->count; i++)
        gnutls_pcert_deinit(&identity->chain[i]);
    gnutls_privkey_deinit(identity->key);
    simauth_secure_free(identity->key_pem.data);
    g_free(identity->chain_pem.data);
    g_free(identity);
}

static bool is_same(const struct tls_identity *one, const struct tls_identity *other)
{
    return one->chain_pem.size == other->chain_pem.size &&
           memcmp(one->chain_pem.data, other->chain_pem.data, one->chain_pem.size) == 0 &&
           one->key_pem.size == other->key_pem.size &&
           CRYPTO_memcmp(one->key_pem.data, other->key_pem.data, one->key_pem.size) == 0;
}

void tls_use(struct tls_identity *identity)
{
    if (present && is_same(identity, present)) {
        tls_free(identity);
        return;
    }
    identity->before = present;
    present = identity;
}

void tls_end(void)
{
    struct tls_identity *at = present;

    present = NULL;
    while (at) {
        struct tls_identity *before = at->before;

        tls_free(at);
        at = before;
    }
}

int64_t tls_expires(const struct tls_identity *identity)
{
    return identity->expires;
}

bool tls_for_clients(const struct tls_identity *identity)
{
    return identity->for_clients;
}

bool tls_present_for_clients(void)
{
    const struct tls_identity *identity = present;

    return identity && identity->for_clients;
}

int64_t tls_present_expires(void)
{
    const struct tls_identity *identity = present;

    return identity ? identity->expires : 0;
}

const struct tls_identity *tls_present(void)
{
    return present;
}

void tls_pem(const struct tls_identity *identity, gnutls_datum_t *chain, gnutls_datum_t *key)
{
    *chain = identity->chain_pem;
    *key = identity->key_pem;
}

int tls_retrieve(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
                 const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                 gnutls_pcert_st **chain, unsigned *count, gnutls_privkey_t *key)
{
    struct tls_identity *identity = present;

    (void)session;
    (void)names;
    (void)name_count;
    (void)algorithms;
    (void)algorithm_count;
    if (!identity)
        return -1;
    *chain = identity->chain;
    *count = identity->count;
    *key = identity->key;
    return 0;
}
