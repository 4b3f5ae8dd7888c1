/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* binding add, list, remove; and sim issue. */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <simauth/milenage.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct addition {
    const char *imsi;
    struct store_binding binding;
    const char *refusal;
};

/* An address in a partner's realm has its voucher already. */
static enum store_result add_one(struct ctl *ctl, void *data)
{
    struct gateway *gateway = &ctl->gateway;
    struct addition *addition = data;
    const char *domain = simauth_aor_domain(addition->binding.aor);
    struct store_subscriber s;
    struct store_partner partner = {0};
    enum store_result result = gateway->ops->partner_by_realm(gateway->store, domain, &partner);

    store_partner_clear(&partner);
    if (result == STORE_OK) {
        addition->refusal = "its domain is a partner's realm: that operator vouches for it";
        return STORE_EXISTS;
    }
    result = gateway->ops->subscriber_by_imsi(gateway->store, addition->imsi, &s);
    if (result == STORE_OK) {
        addition->binding.subscriber = s.id;
        result = gateway->ops->binding_add(gateway->store, &addition->binding);
    }
    store_subscriber_wipe(&s);
    return result;
}

static int add(struct ctl *ctl)
{
    struct addition addition = {.imsi = ctl->words[1]};

    if (simauth_aor_canonical(ctl->words[0], addition.binding.aor) != SIMAUTH_OK)
        return ctl_fail("\"%s\" is no SIP address", ctl->words[0]);
    if (!config_own_realm(ctl->gateway.config, simauth_aor_domain(addition.binding.aor)) &&
        !ctl_option(ctl, "proved"))
        return ctl_fail("%s is outside [operator] realms: once its owner has proved that it is "
                        "theirs, say --proved",
                        addition.binding.aor);
    if (ctl_change(ctl, add_one, &addition, addition.binding.aor) == 0)
        return 0;
    if (addition.refusal)
        ctl_fail("%s: %s", addition.binding.aor, addition.refusal);
    return 1;
}

static int print_row(const struct store_binding *binding, void *data)
{
    const struct ctl *ctl = data;

    if (!ctl->json) {
        printf("%-40s  %s\n", binding->aor, binding->nai);
    } else {
        json_t *object = json_pack("{s:s, s:s}", "aor", binding->aor, "nai", binding->nai);

        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(object);
    }
    return 0;
}

static int list(struct ctl *ctl)
{
    struct gateway *gateway = &ctl->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, false);

    if (result != STORE_OK)
        return ctl_store(result, "bindings");
    if (!ctl->json)
        printf("%-40s  %s\n", "Address", "NAI");
    result = gateway->ops->binding_list(gateway->store, 0, print_row, ctl);
    gateway->ops->rollback(gateway->store);
    return ctl_store(result, "bindings");
}

static enum store_result remove_one(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->binding_remove(ctl->gateway.store, data);
}

static int remove_binding(struct ctl *ctl)
{
    char aor[SIMAUTH_AOR_MAX + 1];

    if (simauth_aor_canonical(ctl->words[0], aor) != SIMAUTH_OK)
        return ctl_fail("\"%s\" is no SIP address", ctl->words[0]);
    return ctl_change(ctl, remove_one, aor, aor);
}

/* -- sim issue -----------------------------------------------------------------------------------
 */

static char *hex(const uint8_t *octets, size_t len, char *text)
{
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", octets[i]);
    return text;
}

static int set_hex(json_t *object, const char *name, const uint8_t *octets, size_t len)
{
    char text[33];
    int result = json_object_set_new(object, name, json_string(hex(octets, len, text)));

    OPENSSL_cleanse(text, sizeof text);
    return result;
}

static void add_constants(json_t *object, const struct store_keys *keys)
{
    json_t *c = json_array(), *r = json_array();
    char text[33];

    for (int i = 0; i < 5; i++) {
        json_array_append_new(c, json_string(hex(keys->c[i], 16, text)));
        json_array_append_new(r, json_integer(keys->r[i]));
    }
    json_object_set_new(object, "c", c);
    json_object_set_new(object, "r", r);
}

static int first_aor(const struct store_binding *binding, void *data)
{
    g_strlcpy(data, binding->aor, SIMAUTH_AOR_MAX + 1);
    return 1;
}

static json_t *sim_object(const struct ctl *ctl, const struct store_subscriber *s, const char *aor)
{
    const struct config *config = ctl->gateway.config;
    struct simauth_milenage m;
    char gateway[SIMAUTH_REALM_MAX + 24];
    json_t *object;
    enum simauth_result result =
        s->keys.has_constants
            ? simauth_milenage_init_custom(&m, s->keys.k, s->keys.op, s->keys.op_is_opc, s->keys.c,
                                           s->keys.r)
            : simauth_milenage_init(&m, s->keys.k, s->keys.op, s->keys.op_is_opc);

    if (result != SIMAUTH_OK)
        return NULL;
    if (config->port == 443)
        snprintf(gateway, sizeof gateway, "%s", config->fqdn);
    else
        snprintf(gateway, sizeof gateway, "%s:%d", config->fqdn, config->port);
    object = json_pack("{s:s, s:s, s:s, s:s, s:s*}", "imsi", s->imsi, "impi", s->impi, "gateway",
                       gateway, "nai", s->nai, "aor", aor[0] ? aor : NULL);
    if (object && set_hex(object, "k", m.k, 16) == 0 && set_hex(object, "opc", m.opc, 16) == 0 &&
        s->keys.has_constants)
        add_constants(object, &s->keys);
    simauth_milenage_wipe(&m);
    return object;
}

static int write_private(const char *path, char *text)
{
    size_t len = strlen(text);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good;

    if (fd < 0)
        return ctl_fail("%s: %s", path, g_strerror(errno));
    good = write(fd, text, len) == (ssize_t)len && write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    if (close(fd) != 0 || !good) {
        unlink(path);
        return ctl_fail("%s: %s", path, g_strerror(errno));
    }
    return 0;
}

static int issue(struct ctl *ctl)
{
    struct gateway *gateway = &ctl->gateway;
    struct store_subscriber s;
    char aor[SIMAUTH_AOR_MAX + 1] = "", *text = NULL;
    json_t *object = NULL;
    int status = 1;
    enum store_result result;

    if (!gateway->config->auc)
        return ctl_fail("[auc] type is an HLR, which keeps the keys: issue the SIM there");
    result = gateway->ops->begin(gateway->store, false);
    if (result != STORE_OK)
        return ctl_store(result, ctl->words[0]);
    result = gateway->ops->subscriber_by_imsi(gateway->store, ctl->words[0], &s);
    if (result == STORE_OK)
        result = gateway->ops->binding_list(gateway->store, s.id, first_aor, aor);
    gateway->ops->rollback(gateway->store);
    if (result != STORE_OK) {
        ctl_store(result, ctl->words[0]);
    } else if ((object = sim_object(ctl, &s, aor)) && (text = json_dumps(object, JSON_INDENT(2)))) {
        status = write_private(ctl->words[1], text);
        OPENSSL_cleanse(text, strlen(text));
    }
    free(text);
    json_decref(object);
    store_subscriber_wipe(&s);
    return status;
}

const struct ctl_command ctl_binding_commands[] = {
    {"binding", "add", "AOR IMSI [--proved]", " proved ",
     "vouch that this SIP address belongs to this SIM; --proved for one outside our realms", 2,
     false, add},
    {"binding", "list", "[--json]", " json ", "list addresses", 0, false, list},
    {"binding", "remove", "AOR", "", "vouch for it no longer", 1, false, remove_binding},
    {"sim", "issue", "IMSI FILE", "", "write a software SIM for this subscriber (mode 0600)", 2,
     false, issue},
    {0}};
