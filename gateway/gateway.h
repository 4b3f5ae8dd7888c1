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
struct tries;
struct operator_keys;
struct waiting;

struct gateway {
    /* Replaced by a reload; whoever reads two keys that belong together reads it once. */
    const struct config *_Atomic config;
    struct seal seal;
    const struct store_ops *ops; /* of the store */
    struct store *store;
    struct auc auc;
    void (*links_up)(int up, int total); /* hears of the source's links; may not be NULL then */
    struct nonces *nonces;
    struct buckets *buckets;
    struct tries *tries; /* on Ub */
    struct operator_keys *operator_keys;
    struct waiting *waiting;
};

enum gateway_use {
    GATEWAY_LOOK,   /* a command */
    GATEWAY_CREATE, /* makes the database */
    GATEWAY_SERVE   /* the gateway itself */
};
/* Opens seal key, store and AuC as the configuration says. -1 with a sentence in `error`
 * (CONFIG_ERROR_MAX). */
int gateway_open(struct gateway *gateway, const struct config *config, enum gateway_use use,
                 char *error);
/* Loads the source of vectors, where it is a module; looks at what it needs, where it can. */
int gateway_load_auc(struct gateway *gateway, char *error);
/* Begins to fetch, where the source does; between the two no request may run. */
int gateway_start_auc(struct gateway *gateway, char *error);
/* Nobody waits for the source after that; then, when no request is left, gateway_free_auc(). */
void gateway_stop_auc(struct gateway *gateway);
void gateway_free_auc(struct gateway *gateway);
void gateway_close(struct gateway *gateway);

#endif
