/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "operator_key.h"
#include "../fresh.h"
#include "../log.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <simauth/secret.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHAIN_MAX 8

struct operator_keys {
    struct gateway *gateway;
    EVP_PKEY *key; /* the main thread's alone, as is the chain */
    STACK_OF(X509) * chain;
    GMutex lock;     /* for all below */
    int64_t expires; /* the leaf of the chain */
    struct store_operator_key today;
    char *statements[CONFIG_REALMS_MAX]; /* in the order of config->realms */
};

/* -- certificate ------------------------------------------------------------------------------- */

static STACK_OF(X509) * read_chain(const char *path)
{
    BIO *file = BIO_new_file(path, "r");
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509 *certificate;

    while (file && chain && sk_X509_num(chain) < CHAIN_MAX &&
           (certificate = PEM_read_bio_X509(file, NULL, NULL, NULL)))
        sk_X509_push(chain, certificate);
    BIO_free(file);
    ERR_clear_error();
    if (chain && sk_X509_num(chain) > 0)
        return chain;
    sk_X509_pop_free(chain, X509_free);
    return NULL;
}

static EVP_PKEY *read_key(const char *path)
{
    BIO *file = BIO_new_file(path, "r");
    EVP_PKEY *key = file ? PEM_read_bio_PrivateKey(file, NULL, NULL, NULL) : NULL;

    BIO_free(file);
    ERR_clear_error();
    return key;
}

static char *sign(struct operator_keys *keys, const char *realm, const char *name,
                  const struct store_operator_key *key)
{
    struct simauth_statement statement = {.not_before = key->not_before,
                                          .not_after = key->not_after};

    g_strlcpy(statement.realm, realm, sizeof statement.realm);
    g_strlcpy(statement.name, name, sizeof statement.name);
    memcpy(statement.key, key->public_key, sizeof statement.key);
    return simauth_statement_sign(&statement, keys->key, keys->chain);
}

/* As whoever gets a statement of this operator will ask. */
static int check_realms(struct operator_keys *keys, const struct config *config, char *error)
{
    const struct store_operator_key none = {0};
    char *statement = sign(keys, config->realms[0], "?", &none);
    int result = statement ? 0 : -1;

    if (!statement)
        snprintf(error, CONFIG_ERROR_MAX,
                 "[tls] %s: no statement can be made with it: a phone takes %d certificates (of it "
                 "and its authorities) of %d octets each in DER",
                 config->statement_certificate, SIMAUTH_CHAIN_MAX, SIMAUTH_CERTIFICATE_MAX);
    for (size_t i = 0; config->realms[i] && result == 0; i++)
        if (!simauth_statement_names(statement, config->realms[i])) {
            snprintf(error, CONFIG_ERROR_MAX,
                     "[tls] %s has no dNSName %s: the certificate must name every realm of "
                     "[operator] realms",
                     config->statement_certificate, config->realms[i]);
            result = -1;
        }
    free(statement);
    return result;
}

static int check_certificate(struct operator_keys *keys, const struct config *config, char *error)
{
    X509 *leaf = sk_X509_value(keys->chain, 0);

    if (X509_check_private_key(leaf, keys->key) != 1) {
        snprintf(error, CONFIG_ERROR_MAX,
                 "[tls] %s and %s do not belong together: name the key of this certificate",
                 config->statement_certificate, config->statement_key);
        return -1;
    }
    if (EVP_PKEY_get_base_id(keys->key) != EVP_PKEY_EC || EVP_PKEY_get_bits(keys->key) != 256) {
        snprintf(error, CONFIG_ERROR_MAX,
                 "[tls] %s: the operator's statement needs a P-256 key (openssl ecparam -name "
                 "prime256v1); TLS alone may use another (statement_certificate)",
                 config->statement_key);
        return -1;
    }
    return check_realms(keys, config, error);
}

static int64_t expires(const X509 *certificate)
{
    struct tm end;

    return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1 ? (int64_t)timegm(&end) : 0;
}

static int read_files(struct operator_keys *keys, const struct config *config, char *error)
{
    char why[SEAL_ERROR_MAX];

    if (seal_check_others(config->statement_key, why) != 0) {
        snprintf(error, CONFIG_ERROR_MAX, "[tls] statement_key: %s", why);
        return -1;
    }
    keys->chain = read_chain(config->statement_certificate);
    keys->key = read_key(config->statement_key);
    if (keys->chain && keys->key)
        return check_certificate(keys, config, error);
    snprintf(error, CONFIG_ERROR_MAX, "[tls] %s is no %s in PEM that this user can read",
             keys->chain ? config->statement_key : config->statement_certificate,
             keys->chain ? "private key" : "certificate");
    return -1;
}

/* -- keys -------------------------------------------------------------------------------------- */

static int make_key(struct operator_keys *keys, int64_t now, struct store_operator_key *made)
{
    struct gateway *gateway = keys->gateway;
    struct simauth_seal_pair pair;
    uint8_t random[32];
    enum store_result result;

    memset(made, 0, sizeof *made);
    if (RAND_bytes(random, sizeof random) != 1 ||
        simauth_seal_pair_make(random, &pair) != SIMAUTH_OK)
        return -1;
    OPENSSL_cleanse(random, sizeof random);
    made->private_key = pair.private_key;
    memcpy(made->public_key, pair.public_key, sizeof made->public_key);
    simauth_secret_wipe(&pair.private_key);
    made->not_before = now - 60; /* a phone's clock may be a little behind */
    made->not_after = now + 2 * (int64_t)gateway->config->operator_key_rotate;
    result = gateway->ops->operator_key_add(gateway->store, made);
    return result == STORE_OK ? 0 : -1;
}

/* The key to use now, made when the last is older than a day. */
static int present_key(struct operator_keys *keys, int64_t now, struct store_operator_key *key)
{
    struct gateway *gateway = keys->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, STORE_WRITE);
    int good;

    if (result != STORE_OK)
        return -1;
    result = gateway->ops->operator_key_get(gateway->store, now, key);
    good = result == STORE_OK && key->not_before + gateway->config->operator_key_rotate > now;
    if (!good && (result == STORE_OK || result == STORE_NONE) && make_key(keys, now, key) == 0)
        return gateway->ops->commit(gateway->store) == STORE_OK ? 0 : -1;
    gateway->ops->rollback(gateway->store);
    return good ? 0 : -1;
}

static int refresh(struct operator_keys *keys, const char *name)
{
    const struct config *config = keys->gateway->config;
    char *statements[CONFIG_REALMS_MAX] = {0};
    struct store_operator_key key;
    int result = present_key(keys, (int64_t)time(NULL), &key);

    for (size_t i = 0; result == 0 && config->realms[i]; i++)
        if (!(statements[i] = sign(keys, config->realms[i], name, &key)))
            result = -1;
    g_mutex_lock(&keys->lock);
    for (size_t i = 0; i < CONFIG_REALMS_MAX; i++) {
        char *old = keys->statements[i];

        if (result == 0)
            keys->statements[i] = statements[i];
        free(result == 0 ? old : statements[i]);
    }
    if (result == 0)
        keys->today = key;
    g_mutex_unlock(&keys->lock);
    simauth_secret_wipe(&key.private_key);
    return result;
}

struct operator_keys *operator_keys_open(struct gateway *gateway, char *error)
{
    struct operator_keys *keys = simauth_secure_alloc(sizeof *keys);
    const struct config *config = gateway->config;

    if (!keys) {
        snprintf(error, CONFIG_ERROR_MAX, "out of memory");
        return NULL;
    }
    keys->gateway = gateway;
    g_mutex_init(&keys->lock);
    if (read_files(keys, config, error) == 0) {
        keys->expires = expires(sk_X509_value(keys->chain, 0));
        if (refresh(keys, config->name) == 0)
            return keys;
        snprintf(error, CONFIG_ERROR_MAX, "%s: the operator's key of the day cannot be kept",
                 config_database_name(config));
    }
    operator_keys_free(keys);
    return NULL;
}

int operator_keys_reload(struct operator_keys *keys, const struct config *fresh, char *error)
{
    struct operator_keys old = {.key = keys->key, .chain = keys->chain};
    int result = read_files(keys, fresh, error);

    if (result == 0 && refresh(keys, fresh->name) != 0) {
        snprintf(error, CONFIG_ERROR_MAX, "the operator's statement could not be made anew");
        result = -1;
    }
    if (result == 0) {
        g_mutex_lock(&keys->lock);
        keys->expires = expires(sk_X509_value(keys->chain, 0));
        g_mutex_unlock(&keys->lock);
    } else {
        struct operator_keys fault = {.key = keys->key, .chain = keys->chain};

        keys->key = old.key;
        keys->chain = old.chain;
        old = fault;
    }
    EVP_PKEY_free(old.key);
    sk_X509_pop_free(old.chain, X509_free);
    return result;
}

int64_t operator_keys_expires(struct operator_keys *keys)
{
    int64_t when;

    g_mutex_lock(&keys->lock);
    when = keys->expires;
    g_mutex_unlock(&keys->lock);
    return when;
}

void operator_keys_free(struct operator_keys *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < CONFIG_REALMS_MAX; i++)
        free(keys->statements[i]);
    simauth_secret_wipe(&keys->today.private_key);
    EVP_PKEY_free(keys->key);
    sk_X509_pop_free(keys->chain, X509_free);
    g_mutex_clear(&keys->lock);
    simauth_secure_free(keys);
}

void operator_keys_rotate(struct operator_keys *keys)
{
    int64_t now = (int64_t)time(NULL), since;

    g_mutex_lock(&keys->lock);
    since = keys->today.not_before;
    g_mutex_unlock(&keys->lock);
    /* One of the future was made before the clock went back: no phone would take it. */
    if (since <= now && since + keys->gateway->config->operator_key_rotate > now)
        return;
    log_line("op=operator-key result=%s",
             refresh(keys, keys->gateway->config->name) == 0 ? "rotated" : "could-not-rotate");
}

enum simauth_result operator_keys_seal(struct operator_keys *keys, const char *realm,
                                       const uint8_t seal_to[static SIMAUTH_X25519_LEN],
                                       const struct simauth_secret *ssk,
                                       struct simauth_vector *vector)
{
    const struct config *config = keys->gateway->config;
    struct simauth_seal_pair pair;
    uint8_t nonce[12];
    enum simauth_result result = SIMAUTH_NOT_OURS;

    g_strlcpy(vector->operator_name, config->name, sizeof vector->operator_name);
    g_mutex_lock(&keys->lock);
    for (size_t i = 0; config->realms[i]; i++)
        if (strcmp(config->realms[i], realm) == 0)
            vector->op_key = strdup(keys->statements[i]);
    pair.private_key = keys->today.private_key;
    memcpy(pair.public_key, keys->today.public_key, sizeof pair.public_key);
    g_mutex_unlock(&keys->lock);
    if (vector->op_key)
        result = fresh_octets(nonce, sizeof nonce)
                     ? simauth_seal(vector, &pair, seal_to, nonce, ssk)
                     : SIMAUTH_CRYPTO;
    simauth_secret_wipe(&pair.private_key);
    return result;
}
