/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lives as long as the process. */
#ifndef SIMAUTH_GATEWAY_GATEWAY_H
#define SIMAUTH_GATEWAY_GATEWAY_H

#include "auc/auc.h"
#include "config.h"
#include "store/store.h"

struct nonces;
struct buckets;
struct operator_keys;
struct waiting;

struct gateway {
    const struct config *config;
    struct seal seal;
    const struct store_ops *ops; /* of the store */
    struct store *store;
    struct auc auc;
    struct nonces *nonces;
    struct buckets *buckets;
    struct operator_keys *operator_keys;
    struct waiting *waiting;
};

/* Opens seal key, store and AuC as the configuration says. -1 with a sentence in `error`
 * (CONFIG_ERROR_MAX). */
int gateway_open(struct gateway *gateway, const struct config *config, bool create, char *error);
void gateway_close(struct gateway *gateway);

#endif
