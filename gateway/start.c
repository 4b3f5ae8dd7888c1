/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "start.h"
#include "api/operator_key.h"
#include "api/tls.h"

#include <stdio.h>

/* A million would take seconds; a line that was lost from the configuration is seen in the first,
 * and no vector is drawn for any. */
#define LOOKED_AT 1000

static int count_elsewhere(const struct store_subscriber *subscriber, void *data)
{
    *(int *)data += !subscriber->barred && store_keys_elsewhere(&subscriber->keys);
    return 0;
}

/* What cannot be read is told to whoever asks for it. */
static int check_keys(struct gateway *gateway, char *error)
{
    int count = 0;

    if (!config_has_keys(gateway->config) ||
        gateway->ops->begin(gateway->store, STORE_READ) != STORE_OK)
        return 0;
    gateway->ops->subscriber_list(gateway->store, "", LOOKED_AT, count_elsewhere, &count);
    gateway->ops->rollback(gateway->store);
    if (count == 0)
        return 0;
    snprintf(error, CONFIG_ERROR_MAX,
             "[auc] type is embedded, and the keys of %d of the first %d subscribers are not in "
             "this database but with an HLR or UDM: is type= missing in [auc]? Else remove them "
             "(\"elsewhere\" in simauth-gatewayctl subscriber list), or give them theirs: "
             "simauth-gatewayctl sim changed IMSI --keys FILE",
             count, LOOKED_AT);
    return -1;
}

int start_prepare(struct gateway *gateway, char *error)
{
    struct tls_identity *identity;

    if (gateway_load_auc(gateway, error) != 0 || check_keys(gateway, error) != 0)
        return -1;
    identity = tls_load(gateway->config->certificate, gateway->config->key, error);
    if (!identity)
        return -1;
    tls_use(identity);
    gateway->operator_keys = operator_keys_open(gateway, error);
    return gateway->operator_keys ? 0 : -1;
}

void start_end(struct gateway *gateway)
{
    operator_keys_free(gateway->operator_keys);
    gateway->operator_keys = NULL;
    tls_end();
}
