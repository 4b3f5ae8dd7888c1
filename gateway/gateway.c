/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway.h"
#include "log.h"

#include <stdio.h>
#include <string.h>

static int overlap_seen(const struct store_partner *partner, void *data)
{
    const struct config *config = ((void **)data)[0];
    char *error = ((void **)data)[1];

    for (size_t i = 0; i < partner->realm_count; i++)
        if (config_own_realm(config, partner->realms[i])) {
            snprintf(error, CONFIG_ERROR_MAX,
                     "realm %s is this operator's own and stands in the agreement with %s: an "
                     "address has one voucher; remove one of them",
                     partner->realms[i], partner->name);
            return 1;
        }
    return 0;
}

/* An address must have at most one voucher (docs/protocol.md section 3). */
static int check_realms(struct gateway *gateway, char *error)
{
    void *data[2] = {(void *)(uintptr_t)gateway->config, error};
    enum store_result result = gateway->ops->begin(gateway->store, STORE_READ);

    error[0] = '\0';
    if (result == STORE_OK) {
        result = gateway->ops->partner_list(gateway->store, overlap_seen, data);
        gateway->ops->rollback(gateway->store);
    }
    if (result != STORE_OK)
        snprintf(error, CONFIG_ERROR_MAX, "%s: %s", config_database_name(gateway->config),
                 store_result_name(result));
    return error[0] ? -1 : 0;
}

int gateway_open(struct gateway *gateway, const struct config *config, enum gateway_use use,
                 char *error)
{
    memset(gateway, 0, sizeof *gateway);
    gateway->config = config;
    gateway->ops = config->store;
    if (use == GATEWAY_SERVE && config->store->serving)
        gateway->ops = config->store->serving;
    if (seal_load(&gateway->seal, config->seal_key, error) != 0 ||
        seal_load_old(&gateway->seal, config->seal_key_old, error) != 0) {
        seal_wipe(&gateway->seal);
        return -1;
    }
    if (gateway->ops->open(config->database, use == GATEWAY_CREATE, &gateway->seal, &gateway->store,
                           error) != STORE_OK) {
        seal_wipe(&gateway->seal);
        return -1;
    }
    if (use == GATEWAY_LOOK && gateway->ops->patient)
        gateway->ops->patient(gateway->store);
    gateway->auc = (struct auc){.ops = config->auc,
                                .store_ops = gateway->ops,
                                .store = gateway->store,
                                .ind = config->ind,
                                .weak_allowed = config->weak_allowed};
    if (check_realms(gateway, error) == 0)
        return 0;
    gateway_close(gateway);
    return -1;
}

static void log_text(const char *text)
{
    log_line("%s", text);
}

static struct auc_settings settings_of(const struct gateway *gateway)
{
    const struct config *config = gateway->config;
    const struct auc_settings settings = {.host = config->hlr_address,
                                          .port = config->hlr_port,
                                          .name = config->udm_url ? config->fqdn : config->hlr_name,
                                          .links = config->hlr_links,
                                          .timeout_ms = config->udm_url ? config->udm_timeout_ms
                                                                        : config->hlr_timeout_ms,
                                          .url = config->udm_url,
                                          .ca = config->udm_ca,
                                          .certificate = config->udm_certificate,
                                          .key = config->udm_key,
                                          .token = config->udm_token,
                                          .log = log_text,
                                          .links_up = gateway->links_up};

    return settings;
}

int gateway_load_auc(struct gateway *gateway, char *error)
{
    const struct auc_settings settings = settings_of(gateway);
    char why[AUC_ERROR_MAX];

    if (gateway->auc.ops)
        return gateway->auc.ops->check ? gateway->auc.ops->check(&settings, error) : 0;
    gateway->auc.ops = auc_load(gateway->config->auc_module, why);
    if (gateway->auc.ops)
        return 0;
    snprintf(error, CONFIG_ERROR_MAX,
             "[auc] type: its module cannot be loaded (is the package simauth-gateway-gsup "
             "installed?): %s",
             why);
    return -1;
}

int gateway_start_auc(struct gateway *gateway, char *error)
{
    const struct auc_settings settings = settings_of(gateway);

    if (!gateway->auc.ops->start)
        return 0;
    gateway->auc.state = gateway->auc.ops->start(&settings, error);
    return gateway->auc.state ? 0 : -1;
}

void gateway_stop_auc(struct gateway *gateway)
{
    if (gateway->auc.state)
        gateway->auc.ops->stop(gateway->auc.state);
}

void gateway_free_auc(struct gateway *gateway)
{
    if (gateway->auc.state)
        gateway->auc.ops->free(gateway->auc.state);
    gateway->auc.state = NULL;
}

void gateway_close(struct gateway *gateway)
{
    if (gateway->store)
        gateway->ops->close(gateway->store);
    gateway->store = NULL;
    seal_wipe(&gateway->seal);
}
