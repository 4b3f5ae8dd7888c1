/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration file of gateway and simauth-gatewayctl. Every key stands in
 * simauth-gateway.conf.example. */
#ifndef SIMAUTH_GATEWAY_CONFIG_H
#define SIMAUTH_GATEWAY_CONFIG_H

#include "auc/auc.h"
#include "store/store.h"
#include <stdbool.h>

#define CONFIG_REALMS_MAX 16
#define CONFIG_FQDN_MAX 200 /* in a B-TID or the realm of Ua: SIMAUTH_DIGEST_TEXT_MAX */
#define CONFIG_ERROR_MAX 2000
#define CONFIG_CURRENCY_MAX 8
#define CONFIG_PRICE_WORDS_MAX 160 /* octets */

enum config_sip_transport { CONFIG_SIP_UDP, CONFIG_SIP_TCP, CONFIG_SIP_TLS };

/* Of the gateway, at the proxy that takes its address checks. */
struct sip_account {
    char *user;          /* "": none */
    char *realm;         /* which alone is answered */
    char *password_file; /* read with each challenge, so that a new one counts at once */
};

struct config {
    /* operator */
    char name[SIMAUTH_OPERATOR_NAME_MAX + 1];
    char fqdn[SIMAUTH_REALM_MAX + 1];
    char **realms; /* NULL-terminated, lower case; the first is the operator's main realm */
    /* listen */
    char *address;
    int port;
    int threads;
    int connections, connections_per_address;
    int request_timeout; /* seconds for a whole request, and for reading its answer */
    int idle_timeout;
    int drain; /* seconds between SIGTERM and the last new connection */
    /* metrics and health; port 0: none */
    char *metrics_address;
    int metrics_port;
    /* tls */
    char *certificate, *key; /* PEM files */
    /* operator key statement; the same files unless named */
    char *statement_certificate, *statement_key;
    /* store */
    const struct store_ops *store;
    char *database;
    char *seal_key, *seal_key_old; /* where they come from: seal.h; the second "" for none */
    /* auc */
    const struct auc_ops *auc; /* NULL: auc_module */
    char *auc_module;          /* path */
    char *hlr_address, *hlr_name;
    int hlr_port, hlr_links, hlr_timeout_ms;
    /* of the source udm, else NULL; "" where there is none */
    char *udm_url, *udm_ca, *udm_certificate, *udm_key, *udm_token;
    int udm_timeout_ms;
    struct auc_ind ind;
    uint8_t amf[2];
    bool allow_2g;         /* bootstrapping and calls of 2G SIMs */
    bool allow_password;   /* bootstrapping of subscribers without a SIM (GBA_Digest) */
    unsigned weak_allowed; /* bits 1 << enum store_algorithm */
    /* sip: where address checks are sent; sip_proxy "": nowhere */
    char *sip_proxy, *sip_ca_file, *sip_from;
    struct sip_account sip_account;
    int sip_port;
    enum config_sip_transport sip_transport;
    int keep_days; /* charging records, 0: for ever */
    /* what subscribers are told with the prices; "" for none */
    char currency[CONFIG_CURRENCY_MAX + 1], price_words[CONFIG_PRICE_WORDS_MAX + 1];
    /* life, seconds */
    int vector_ttl, confirmed_ttl, session_lifetime, nonce_lifetime;
    int operator_key_rotate;
    int certificate_lifetime; /* of a subscriber's certificate */
    /* limits */
    int subscriber_per_minute, subscriber_burst, ub_per_minute, ub_burst, ub_address_per_minute;
    int address_checks_per_day, claims_per_day;
    int federation_timeout_ms, refusal_ms;
    int federation_kept;                          /* connections that stand open to each partner */
    int federation_connections, federation_batch; /* of one partner: at a time; questions in one */
};

/* NULL, and a line in `error` (CONFIG_ERROR_MAX) for each fault: file, line, group, key, what to
 * do.
 */
struct config *config_load(const char *path, char *error);
void config_free(struct config *config);
/* Whether the SIMs' keys are this gateway's, and not the source's. */
bool config_has_keys(const struct config *config);
/* The database in a sentence: its file, or that it is PostgreSQL's, whose conninfo may have a
 * password. */
const char *config_database_name(const struct config *config);
/* In lower case, without a dot at its ends. */
bool config_dns_name(const char *name);
/* Whether `realm` is one of the operator's own. */
bool config_own_realm(const struct config *config, const char *realm);

#endif
