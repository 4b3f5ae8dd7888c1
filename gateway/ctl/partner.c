/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* partner add, list, suspend, resume, remove. */
#include "ctl.h"

#include <glib.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <time.h>

#define ANCHORS_MAX 65536

static int read_realms(struct ctl *ctl, struct store_partner *p)
{
    const char *text = ctl_option(ctl, "realms");
    char **realms = g_strsplit_set(text ? text : "", ", ", -1);
    int result = 0;

    for (size_t i = 0; result == 0 && realms[i]; i++) {
        if (!realms[i][0])
            continue;
        if (p->realm_count == STORE_REALMS_MAX || strlen(realms[i]) > SIMAUTH_REALM_MAX)
            result = ctl_fail("--realms: at most %d realms", STORE_REALMS_MAX);
        else if (strspn(realms[i], "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(realms[i]))
            result = ctl_fail("--realms: \"%s\" is no DNS name in lower case", realms[i]);
        else if (config_own_realm(ctl->gateway.config, realms[i]))
            result = ctl_fail("--realms: %s is this operator's own", realms[i]);
        else
            g_strlcpy(p->realms[p->realm_count++], realms[i], sizeof *p->realms);
    }
    g_strfreev(realms);
    if (result == 0 && p->realm_count == 0)
        result = ctl_fail("--realms REALM[,REALM] is missing");
    return result;
}

static int read_anchors(struct ctl *ctl, struct store_partner *p)
{
    const char *path = ctl_option(ctl, "ca");
    GError *why = NULL;
    gsize len = 0;
    BIO *memory;
    X509 *certificate;

    if (!path)
        return ctl_fail("--ca FILE is missing: the PEM of the authority that signs the partner's "
                        "certificates");
    if (!g_file_get_contents(path, &p->anchors, &len, &why)) {
        ctl_fail("--ca: %s", why->message);
        g_clear_error(&why);
        return 1;
    }
    memory = BIO_new_mem_buf(p->anchors, (int)MIN(len, ANCHORS_MAX));
    certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL);
    BIO_free(memory);
    ERR_clear_error();
    X509_free(certificate);
    return certificate && len <= ANCHORS_MAX ? 0 : ctl_fail("--ca: %s has no certificate", path);
}

static int read_url(struct ctl *ctl, struct store_partner *p)
{
    const char *url = ctl_option(ctl, "url"), *certificate = ctl_option(ctl, "certificate");
    GUri *uri = url ? g_uri_parse(url, G_URI_FLAGS_NONE, NULL) : NULL;
    int result = 1;

    if (!uri || strcmp(g_uri_get_scheme(uri), "https") != 0 || !g_uri_get_host(uri) ||
        strlen(url) > STORE_URL_MAX || (g_uri_get_path(uri)[0] && strcmp(g_uri_get_path(uri), "/")))
        ctl_fail("--url must be https://HOST[:PORT]");
    else {
        const char *host = certificate ? certificate : g_uri_get_host(uri);
        char *lower = g_ascii_strdown(host, -1);

        g_strlcpy(p->url, url, sizeof p->url);
        if (g_str_has_suffix(p->url, "/"))
            p->url[strlen(p->url) - 1] = '\0';
        g_strlcpy(p->certificate, lower, sizeof p->certificate);
        g_free(lower);
        result = 0;
    }
    if (uri)
        g_uri_unref(uri);
    return result;
}

static int read_rest(struct ctl *ctl, struct store_partner *p)
{
    const char *from = ctl_option(ctl, "from"), *to = ctl_option(ctl, "to");
    const char *pin = ctl_option(ctl, "pin"), *connect_to = ctl_option(ctl, "connect-to");

    p->valid_from = from ? ctl_date(from) : 0;
    p->valid_to = to ? ctl_date(to) : INT64_C(253402300800); /* the year 10000 */
    if (p->valid_from < 0 || p->valid_to < 0 || p->valid_to <= p->valid_from)
        return ctl_fail("--from and --to must be dates, YYYY-MM-DD, in this order");
    if (pin && (strncmp(pin, "sha256//", 8) != 0 || strlen(pin) != 52))
        return ctl_fail("--pin must be sha256// and the base64 of the public key's hash");
    g_strlcpy(p->pin, pin ? pin : "", sizeof p->pin);
    if (connect_to && (!strchr(connect_to, ':') || strlen(connect_to) > STORE_URL_MAX))
        return ctl_fail("--connect-to must be HOST:PORT");
    g_strlcpy(p->connect_to, connect_to ? connect_to : "", sizeof p->connect_to);
    return ctl_number(ctl, "per-minute", 600, 1, 100000000, &p->per_minute);
}

static enum store_result add_one(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->partner_add(ctl->gateway.store, data);
}

static int add(struct ctl *ctl)
{
    struct store_partner p = {0};
    int result = 1;

    if (!ctl->words[0][0] || strlen(ctl->words[0]) > STORE_NAME_MAX ||
        !g_utf8_validate(ctl->words[0], -1, NULL))
        return ctl_fail("the name must have 1 to %d octets", STORE_NAME_MAX);
    g_strlcpy(p.name, ctl->words[0], sizeof p.name);
    if (read_url(ctl, &p) == 0 && read_realms(ctl, &p) == 0 && read_anchors(ctl, &p) == 0 &&
        read_rest(ctl, &p) == 0) {
        result = ctl_change(ctl, add_one, &p, p.name);
        if (result != 0)
            ctl_fail("name, certificate and each realm may stand in one agreement only");
    }
    store_partner_clear(&p);
    return result;
}

/* -- list ----------------------------------------------------------------------------------------
 */

static const char *state_of(const struct store_partner *p)
{
    int64_t now = (int64_t)time(NULL);

    if (p->suspended)
        return "suspended";
    if (now < p->valid_from)
        return "not yet";
    return now < p->valid_to ? "active" : "ended";
}

static int print_row(const struct store_partner *p, void *data)
{
    const struct ctl *ctl = data;

    if (ctl->json) {
        json_t *realms = json_array(), *object;

        for (size_t i = 0; i < p->realm_count; i++)
            json_array_append_new(realms, json_string(p->realms[i]));
        object = json_pack("{s:s, s:s, s:o, s:s, s:s, s:i, s:I, s:I}", "name", p->name, "state",
                           state_of(p), "realms", realms, "url", p->url, "certificate",
                           p->certificate, "per_minute", p->per_minute, "valid_from",
                           (json_int_t)p->valid_from, "valid_to", (json_int_t)p->valid_to);
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(object);
        return 0;
    }
    for (size_t i = 0; i < p->realm_count; i++)
        printf("%-20s  %-9s  %-24s  %s\n", i ? "" : p->name, i ? "" : state_of(p), p->realms[i],
               i ? "" : p->url);
    return 0;
}

static int list(struct ctl *ctl)
{
    struct gateway *gateway = &ctl->gateway;
    enum store_result result = gateway->ops->begin(gateway->store, false);

    if (result != STORE_OK)
        return ctl_store(result, "partners");
    if (!ctl->json)
        printf("%-20s  %-9s  %-24s  %s\n", "Partner", "State", "Realms", "URL");
    result = gateway->ops->partner_list(gateway->store, print_row, ctl);
    gateway->ops->rollback(gateway->store);
    return ctl_store(result, "partners");
}

/* -- the rest ------------------------------------------------------------------------------------
 */

static enum store_result suspend_one(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->partner_suspend(ctl->gateway.store, data, true);
}

static enum store_result resume_one(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->partner_suspend(ctl->gateway.store, data, false);
}

static enum store_result remove_one(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->partner_remove(ctl->gateway.store, data);
}

static int change(struct ctl *ctl, enum store_result (*run)(struct ctl *, void *))
{
    return ctl_change(ctl, run, (void *)(uintptr_t)ctl->words[0], ctl->words[0]);
}

static int suspend(struct ctl *ctl)
{
    return change(ctl, suspend_one);
}

static int resume(struct ctl *ctl)
{
    return change(ctl, resume_one);
}

static int remove_partner(struct ctl *ctl)
{
    return change(ctl, remove_one);
}

const struct ctl_command ctl_partner_commands[] = {
    {"partner", "add",
     "NAME --url https://HOST[:PORT] --realms REALM[,REALM] --ca FILE\n"
     "      [--certificate DNSNAME] [--pin sha256//BASE64] [--connect-to HOST:PORT]\n"
     "      [--per-minute N] [--from DATE] [--to DATE]",
     " url= realms= ca= certificate= pin= connect-to= per-minute= from= to= ",
     "enter an agreement; it holds at once", 1, false, add},
    {"partner", "list", "[--json]", " json ", "list agreements", 0, false, list},
    {"partner", "suspend", "NAME", "", "neither ask nor answer this partner for now", 1, false,
     suspend},
    {"partner", "resume", "NAME", "", "end a suspension", 1, false, resume},
    {"partner", "remove", "NAME", "", "end the agreement; its records stay", 1, false,
     remove_partner},
    {0}};
