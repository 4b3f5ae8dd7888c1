/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIGHUP: certificates, limits and the sealing key, while requests go on. Agreements and bindings
 * stand in the store and need none of it. */
#include "../api/operator_key.h"
#include "../api/tls.h"
#include "keeper.h"

#include <glib.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What needs a restart. */
static const struct {
    const char *name;
    size_t offset;
    bool text;
} frozen[] = {
    {"[listen] address", offsetof(struct config, address), true},
    {"[listen] port", offsetof(struct config, port), false},
    {"[listen] threads", offsetof(struct config, threads), false},
    {"[listen] connections", offsetof(struct config, connections), false},
    {"[listen] idle_timeout", offsetof(struct config, idle_timeout), false},
    {"[metrics] address", offsetof(struct config, metrics_address), true},
    {"[metrics] port", offsetof(struct config, metrics_port), false},
    {"[store] database", offsetof(struct config, database), true},
    {"[auc] module", offsetof(struct config, auc_module), true},
    {"[auc] hlr_address", offsetof(struct config, hlr_address), true},
    {"[auc] hlr_name", offsetof(struct config, hlr_name), true},
    {"[auc] hlr_port", offsetof(struct config, hlr_port), false},
    {"[auc] hlr_links", offsetof(struct config, hlr_links), false},
    {"[auc] hlr_timeout_ms", offsetof(struct config, hlr_timeout_ms), false},
    {"[auc] udm_url", offsetof(struct config, udm_url), true},
    {"[auc] udm_ca", offsetof(struct config, udm_ca), true},
    {"[auc] udm_certificate", offsetof(struct config, udm_certificate), true},
    {"[auc] udm_key", offsetof(struct config, udm_key), true},
    {"[auc] udm_token", offsetof(struct config, udm_token), true},
    {"[auc] udm_timeout_ms", offsetof(struct config, udm_timeout_ms), false},
    {"[auc] ind_bits", offsetof(struct config, ind.bits), false},
    {"[auc] ind_first", offsetof(struct config, ind.first), false},
    {"[auc] ind_count", offsetof(struct config, ind.count), false},
    {"[life] nonce", offsetof(struct config, nonce_lifetime), false},
};

/* Those that others may still read. */
static GSList *left_behind;

static bool same(const struct config *a, const struct config *b, size_t i)
{
    const char *at_a = (const char *)a + frozen[i].offset;
    const char *at_b = (const char *)b + frozen[i].offset;

    if (frozen[i].text)
        return g_strcmp0(*(char *const *)at_a, *(char *const *)at_b) == 0;
    return *(const int *)at_a == *(const int *)at_b;
}

/* NULL, or the key that may not change. */
static const char *needs_restart(const struct config *old, const struct config *fresh)
{
    if (strcmp(old->fqdn, fresh->fqdn) != 0)
        return "[operator] fqdn";
    if (!g_strv_equal((const char *const *)old->realms, (const char *const *)fresh->realms))
        return "[operator] realms";
    if (old->store != fresh->store)
        return "[store] type";
    if (old->auc != fresh->auc)
        return "[auc] type";
    for (size_t i = 0; i < G_N_ELEMENTS(frozen); i++)
        if (!same(old, fresh, i))
            return frozen[i].name;
    return NULL;
}

/* A key under which nothing opens would make every SIM unknown. */
static int check_seal(struct gateway *gateway, const struct config *fresh, struct seal *seal,
                      char *error)
{
    const struct seal *now = seal_now(&gateway->seal);
    bool known;

    if (seal_load(seal, fresh->seal_key, error) != 0 ||
        seal_load_old(seal, fresh->seal_key_old, error) != 0)
        return -1;
    known = memcmp(seal->key, now->key, sizeof seal->key) == 0 ||
            (seal->has_old && memcmp(seal->old, now->key, sizeof seal->old) == 0);
    if (known)
        return 0;
    snprintf(error, CONFIG_ERROR_MAX,
             "[store] seal_key: the key in use is neither seal_key nor seal_key_old: name it as "
             "seal_key_old until everything is sealed anew");
    return -1;
}

static int take_partner(const struct store_partner *partner, void *data)
{
    *(bool *)data = *(bool *)data || !partner->suspended;
    return *(bool *)data;
}

/* Whom a certificate that is for servers alone would be useless with. */
static bool has_partners(struct gateway *gateway)
{
    bool any = false;

    if (gateway->ops->begin(gateway->store, STORE_READ) != STORE_OK)
        return false;
    gateway->ops->partner_list(gateway->store, take_partner, &any);
    gateway->ops->rollback(gateway->store);
    return any;
}

static int load(struct gateway *gateway, const struct config *fresh, struct seal *seal,
                struct tls_identity **identity, char *error)
{
    int64_t now = g_get_real_time() / G_USEC_PER_SEC;
    const char *key = needs_restart(gateway->config, fresh);

    if (key) {
        snprintf(error, CONFIG_ERROR_MAX, "%s needs a restart; nothing was changed", key);
        return -1;
    }
    if (check_seal(gateway, fresh, seal, error) != 0)
        return -1;
    *identity = tls_load(fresh->certificate, fresh->key, error);
    if (!*identity)
        return -1;
    if (tls_expires(*identity) <= now && tls_present_expires() > now) {
        snprintf(error, CONFIG_ERROR_MAX, "[tls] %s has expired; the one in use has not",
                 fresh->certificate);
        return -1;
    }
    if (!tls_for_clients(*identity) && tls_present_for_clients() && tls_present_expires() > now &&
        has_partners(gateway)) {
        snprintf(error, CONFIG_ERROR_MAX,
                 "[tls] %s is for servers alone: partners would refuse it; its extendedKeyUsage "
                 "needs clientAuth, as that of the one in use",
                 fresh->certificate);
        return -1;
    }
    return operator_keys_reload(gateway->operator_keys, fresh, error);
}

int reload(struct gateway *gateway, const char *path, char *error)
{
    struct config *fresh = config_load(path, error);
    struct tls_identity *identity = NULL;
    struct seal seal = {0};
    int result = fresh ? load(gateway, fresh, &seal, &identity, error) : -1;

    if (result == 0 && seal_replace(&gateway->seal, &seal) != 0) {
        snprintf(error, CONFIG_ERROR_MAX, "out of memory");
        result = -1;
    }
    seal_wipe(&seal);
    if (result != 0) {
        tls_free(identity);
        config_free(fresh);
        return -1;
    }
    tls_use(identity);
    left_behind = g_slist_prepend(left_behind, (void *)(uintptr_t)gateway->config);
    gateway->config = fresh;
    gateway->auc.weak_allowed = fresh->weak_allowed;
    return 0;
}

static void free_config(void *config)
{
    config_free(config);
}

void reload_end(void)
{
    g_slist_free_full(left_behind, free_config);
    left_behind = NULL;
}
