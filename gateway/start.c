/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "start.h"
#include "api/operator_key.h"
#include "ops/tls.h"

int start_prepare(struct gateway *gateway, char *error)
{
    struct tls_identity *identity;

    if (gateway_load_auc(gateway, error) != 0)
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
