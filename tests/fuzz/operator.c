/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "operator.h"

#include "api/bucket.h"
#include "api/nonce.h"
#include "api/operator_key.h"
#include "api/tries.h"
#include "pki.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

static void name_it(X509 *certificate)
{
    X509V3_CTX ctx;
    X509_EXTENSION *names;

    X509V3_set_ctx_nodb(&ctx);
    names = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, "DNS:a.example,DNS:ag.a.example");
    MUST(names && X509_add_ext(certificate, names, -1) == 1);
    X509_EXTENSION_free(names);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)"ag.a.example", -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
}

void operator_certificate(char certificate_path[static 600], char key_path[static 600])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    FILE *file;

    MUST(key && certificate);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    name_it(certificate);
    X509_set_pubkey(certificate, key);
    MUST(X509_sign(certificate, key, EVP_sha256()) > 0);
    strcpy(certificate_path, fuzz_file("a.crt", "", 0));
    MUST((file = fopen(certificate_path, "w")) && PEM_write_X509(file, certificate) == 1);
    fclose(file);
    strcpy(key_path, fuzz_file("a.key", "", 0));
    MUST((file = fopen(key_path, "w")) &&
         PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
    fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* -- the store, which keeps nothing of a request ----------------------------------------------- */

static const struct store_ops *real;

static enum store_result commit_nothing(struct store *store)
{
    real->rollback(store);
    return STORE_OK;
}

static enum store_result commit_nothing_soft(struct store *store, uint64_t *ticket)
{
    real->rollback(store);
    *ticket = 0;
    return STORE_OK;
}

static int64_t add_subscriber(const struct gateway *g)
{
    struct store_subscriber s = {.imsi = "001010000000001",
                                 .impi = "001010000000001@ims.mnc001.mcc001.3gppnetwork.org",
                                 .nai = OPERATOR_NAI,
                                 .keys = {.k = {1}, .op = {2}, .op_is_opc = true}};
    struct store_binding b = {.aor = OPERATOR_AOR, .by = "operator", .until = STORE_FOREVER};

    MUST(g->ops->subscriber_add(g->store, &s) == STORE_OK);
    b.subscriber = s.id;
    MUST(g->ops->binding_add(g->store, &b) == STORE_OK);
    return s.id;
}

static int64_t add_partner(const struct gateway *g)
{
    struct store_partner p = {.name = "B",
                              .url = "https://ag.b.example",
                              .certificate = "ag.b.example",
                              .anchors = (char[]){""},
                              .realms = {"b.example"},
                              .realm_count = 1,
                              .per_minute = 1000000,
                              .valid_to = STORE_FOREVER};

    MUST(g->ops->partner_add(g->store, &p) == STORE_OK);
    return p.id;
}

static void add_authority(const struct gateway *g)
{
    struct store_authority authority;

    MUST(pki_authority_make("A", "a.example", 100, time(NULL), &authority) == 0);
    MUST(g->ops->authority_add(g->store, &authority) == STORE_OK);
    store_authority_clear(&authority);
}

static struct config *configure(void)
{
    char certificate[600], key[600], text[4096], seal[SEAL_KEY_LEN], error[CONFIG_ERROR_MAX];
    struct config *config;
    int len;

    operator_certificate(certificate, key);
    memset(seal, 9, sizeof seal);
    fuzz_file("seal", seal, sizeof seal);
    len = snprintf(text, sizeof text,
                   "[operator]\nname=Operator A\nfqdn=ag.a.example\nrealms=a.example\n"
                   "[listen]\naddress=127.0.0.1\n[tls]\ncertificate=%s\nkey=%s\n"
                   "[store]\ndatabase=%s/db\nseal_key=%s/seal\n[auc]\nallow_password=true\n"
                   "[limits]\nsubscriber_per_minute=100000\nsubscriber_burst=10000\n"
                   "ub_per_minute=100000\nub_burst=10000\nrefusal_ms=0\n",
                   certificate, key, fuzz_folder(), fuzz_folder());
    config = config_load(fuzz_file("gateway.conf", text, (size_t)len), error);
    if (!config)
        fprintf(stderr, "%s\n", error);
    MUST(config != NULL);
    return config;
}

struct gateway *operator_open(int64_t *subscriber, int64_t *partner)
{
    static struct store_ops ops;
    static struct gateway gateway;
    char error[CONFIG_ERROR_MAX] = "";
    const struct config *config = configure();

    if (gateway_open(&gateway, config, true, error) != 0 || gateway_load_auc(&gateway, error) != 0)
        fprintf(stderr, "%s\n", error);
    MUST(error[0] == '\0' && gateway.ops->begin(gateway.store, true) == STORE_OK);
    *subscriber = add_subscriber(&gateway);
    *partner = add_partner(&gateway);
    add_authority(&gateway);
    MUST(gateway.ops->commit(gateway.store) == STORE_OK);
    gateway.buckets = buckets_new();
    gateway.tries = tries_new();
    gateway.nonces = nonces_new(300, NULL);
    gateway.operator_keys = operator_keys_open(&gateway, error);
    if (!gateway.operator_keys)
        fprintf(stderr, "%s\n", error);
    MUST(gateway.buckets && gateway.nonces && gateway.operator_keys);
    real = gateway.ops;
    ops = *real;
    ops.commit = commit_nothing;
    ops.commit_soft = commit_nothing_soft;
    gateway.ops = gateway.auc.store_ops = &ops;
    return &gateway;
}
