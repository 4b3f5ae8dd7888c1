/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* partner add, set, list, suspend, resume, remove. */
#include "ctl.h"

#include <glib.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <time.h>

#define ANCHORS_MAX 65536

struct partner_change {
    struct store_partner p;
    char *anchors; /* that are given, or NULL */
    char refusal[1024];
};

static int read_realms(struct ctl *ctl, struct store_partner *p)
{
    const char *text = ctl_option(ctl, "realms");
    char **realms = g_strsplit_set(text ? text : "", ", ", -1);
    int result = 0;

    for (size_t i = 0; result == 0 && realms[i]; i++) {
        if (!realms[i][0])
            continue;
        if (p->realm_count == STORE_REALMS_MAX)
            result = ctl_fail("--realms: at most %d realms", STORE_REALMS_MAX);
        else if (!config_dns_name(realms[i]))
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

static int read_certificate(struct ctl *ctl, struct store_partner *p)
{
    const char *name = ctl_option(ctl, "certificate");
    char *lower;

    if (!name)
        return 0;
    if (!name[0] || strlen(name) > SIMAUTH_REALM_MAX)
        return ctl_fail("--certificate must be the DNS name in the partner's certificate");
    lower = g_ascii_strdown(name, -1);
    g_strlcpy(p->certificate, lower, sizeof p->certificate);
    g_free(lower);
    return 0;
}

/* Lower case; NULL: it is no URL of a partner. g_free() it. */
static char *host_of(const char *url)
{
    GUri *uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    const char *path = uri ? g_uri_get_path(uri) : NULL;
    char *host = NULL;

    if (uri && strcmp(g_uri_get_scheme(uri), "https") == 0 && g_uri_get_host(uri) &&
        g_uri_get_host(uri)[0] && !g_uri_get_userinfo(uri) && !g_uri_get_query(uri) &&
        !g_uri_get_fragment(uri) && (!path[0] || strcmp(path, "/") == 0))
        host = g_ascii_strdown(g_uri_get_host(uri), -1);
    if (uri)
        g_uri_unref(uri);
    return host;
}

/* The certificate's name goes with the host, unless --certificate gave it another. */
static int read_url(struct ctl *ctl, struct store_partner *p)
{
    const char *url = ctl_option(ctl, "url");
    char *host = url ? host_of(url) : NULL, *before = p->url[0] ? host_of(p->url) : NULL;
    int result = 1;

    if (!host || strlen(host) > SIMAUTH_REALM_MAX || strlen(url) > STORE_URL_MAX) {
        ctl_fail("--url must be https://HOST[:PORT]");
    } else {
        if (!p->certificate[0] || g_strcmp0(before, p->certificate) == 0)
            g_strlcpy(p->certificate, host, sizeof p->certificate);
        g_strlcpy(p->url, url, sizeof p->url);
        if (g_str_has_suffix(p->url, "/"))
            p->url[strlen(p->url) - 1] = '\0';
        result = read_certificate(ctl, p);
    }
    g_free(host);
    g_free(before);
    return result;
}

static int read_rest(struct ctl *ctl, struct store_partner *p)
{
    const char *from = ctl_option(ctl, "from"), *to = ctl_option(ctl, "to");
    const char *pin = ctl_option(ctl, "pin"), *connect_to = ctl_option(ctl, "connect-to");

    const char *test = ctl_option(ctl, "test-aor");

    if (from)
        p->valid_from = ctl_date(from);
    if (to)
        p->valid_to = ctl_date(to);
    if (p->valid_from < 0 || p->valid_to < 0 || p->valid_to <= p->valid_from)
        return ctl_fail("--from and --to must be dates, YYYY-MM-DD, in this order");
    if (pin && pin[0] && (strncmp(pin, "sha256//", 8) != 0 || strlen(pin) != 52))
        return ctl_fail("--pin must be sha256// and the base64 of the public key's hash");
    if (pin)
        g_strlcpy(p->pin, pin, sizeof p->pin);
    if (connect_to && connect_to[0] &&
        (!strchr(connect_to, ':') || strlen(connect_to) > STORE_URL_MAX))
        return ctl_fail("--connect-to must be HOST:PORT");
    if (connect_to)
        g_strlcpy(p->connect_to, connect_to, sizeof p->connect_to);
    if (test && ctl_aor(test, p->test_aor) != 0)
        return 1;
    return ctl_number(ctl, "per-minute", p->per_minute, 1, 100000000, &p->per_minute);
}

/* Which agreement is in the way, in one sentence. */
static int overlap_with(const struct store_partner *other, void *data)
{
    struct partner_change *change = data;

    if (other->id == change->p.id)
        return 0;
    if (strcmp(other->name, change->p.name) == 0)
        g_snprintf(change->refusal, sizeof change->refusal, "there is an agreement of this name");
    else if (strcmp(other->certificate, change->p.certificate) == 0)
        g_snprintf(change->refusal, sizeof change->refusal,
                   "certificate %s is that of %s: a certificate stands in one agreement only",
                   other->certificate, other->name);
    for (size_t i = 0; i < other->realm_count; i++)
        for (size_t j = 0; j < change->p.realm_count; j++)
            if (strcmp(other->realms[i], change->p.realms[j]) == 0)
                g_snprintf(change->refusal, sizeof change->refusal,
                           "realm %s stands in the agreement with %s: an address has at most one "
                           "voucher; take it out there first",
                           other->realms[i], other->name);
    return change->refusal[0] != '\0';
}

static enum store_result check_overlap(struct ctl *ctl, struct partner_change *change)
{
    const struct gateway *gateway = &ctl->gateway;
    enum store_result result = gateway->ops->partner_list(gateway->store, overlap_with, change);

    return result == STORE_OK && change->refusal[0] ? STORE_EXISTS : result;
}

static enum store_result add_one(struct ctl *ctl, void *data)
{
    struct partner_change *change = data;
    enum store_result result = check_overlap(ctl, change);

    return result == STORE_OK ? ctl->gateway.ops->partner_add(ctl->gateway.store, &change->p)
                              : result;
}

static int say(const struct partner_change *change, int result)
{
    if (result != 0 && change->refusal[0])
        ctl_fail("%s", change->refusal);
    return result;
}

static int add(struct ctl *ctl)
{
    struct partner_change change = {.p = {.id = -1, .valid_to = STORE_FOREVER, .per_minute = 600}};
    struct store_partner *p = &change.p;
    int result = 1;

    if (!ctl->words[0][0] || strlen(ctl->words[0]) > STORE_NAME_MAX ||
        !g_utf8_validate(ctl->words[0], -1, NULL))
        return ctl_fail("the name must have 1 to %d octets", STORE_NAME_MAX);
    g_strlcpy(p->name, ctl->words[0], sizeof p->name);
    if (read_url(ctl, p) == 0 && read_realms(ctl, p) == 0 && read_anchors(ctl, p) == 0 &&
        read_rest(ctl, p) == 0)
        result = say(&change, ctl_change(ctl, add_one, &change, p->name));
    store_partner_clear(p);
    return result;
}

/* -- set: a change of some of it, which holds at once ------------------------------------------ */

static int read_changes(struct ctl *ctl, const char *anchors, struct store_partner *p)
{
    if (ctl_option(ctl, "url") ? read_url(ctl, p) != 0 : read_certificate(ctl, p) != 0)
        return 1;
    if (ctl_option(ctl, "realms")) {
        p->realm_count = 0;
        if (read_realms(ctl, p) != 0)
            return 1;
    }
    if (anchors) {
        store_partner_clear(p);
        p->anchors = g_strdup(anchors);
    }
    return read_rest(ctl, p);
}

static enum store_result set_one(struct ctl *ctl, void *data)
{
    const struct gateway *gateway = &ctl->gateway;
    struct partner_change *change = data;
    enum store_result result =
        gateway->ops->partner_by_name(gateway->store, ctl->words[0], &change->p);

    if (result != STORE_OK)
        return result;
    if (read_changes(ctl, change->anchors, &change->p) != 0)
        return STORE_FAILED;
    result = check_overlap(ctl, change);
    return result == STORE_OK ? gateway->ops->partner_update(gateway->store, &change->p) : result;
}

static enum store_result find_one(struct ctl *ctl, void *data)
{
    const struct gateway *gateway = &ctl->gateway;

    return gateway->ops->partner_by_name(gateway->store, ctl->words[0], data);
}

/* What is wrong with the options is no failure of the database. */
static int try_changes(struct ctl *ctl, struct partner_change *change)
{
    struct store_partner p = {0};
    int result = ctl_option(ctl, "ca") ? read_anchors(ctl, &p) : 0;

    if (result == 0) {
        change->anchors = g_steal_pointer(&p.anchors); /* once: it may be a pipe */
        result = ctl_look(ctl, find_one, &p, ctl->words[0]);
    }
    if (result == 0)
        result = read_changes(ctl, change->anchors, &p);
    store_partner_clear(&p);
    return result;
}

static int set(struct ctl *ctl)
{
    struct partner_change change = {0};
    int result = ctl->option_count
                     ? try_changes(ctl, &change)
                     : ctl_fail("say what is to change: see simauth-gatewayctl help partner");

    if (result == 0)
        result = say(&change, ctl_change(ctl, set_one, &change, ctl->words[0]));
    g_free(change.anchors);
    store_partner_clear(&change.p);
    return result;
}

/* -- list -------------------------------------------------------------------------------------- */

static const char *state_of(const struct store_partner *p)
{
    int64_t now = (int64_t)time(NULL);

    if (p->suspended)
        return "suspended";
    if (now < p->valid_from)
        return "not yet";
    return now < p->valid_to ? "active" : "ended";
}

static const struct ctl_column columns[] = {{"Partner", "name", 20, CTL_TEXT},
                                            {"State", "state", 9, CTL_TEXT},
                                            {"A minute", "per_minute", 9, CTL_NUMBER},
                                            {"From", "valid_from", 10, CTL_DAY},
                                            {"To", "valid_to", 10, CTL_DAY},
                                            {"Realms and URL", "url", 0, CTL_TEXT},
                                            {0}};

static void print_json(const struct store_partner *p)
{
    json_t *realms = json_array();

    for (size_t i = 0; i < p->realm_count; i++)
        json_array_append_new(realms, json_string(p->realms[i]));
    ctl_json(json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:i, s:I, s:I, s:s}", "name", p->name,
                       "state", state_of(p), "realms", realms, "url", p->url, "certificate",
                       p->certificate, "pin", p->pin, "per_minute", p->per_minute, "valid_from",
                       (json_int_t)p->valid_from, "valid_to", (json_int_t)p->valid_to, "test_aor",
                       p->test_aor));
}

static int print_row(const struct store_partner *p, void *data)
{
    const struct ctl *ctl = data;

    if (ctl->json) {
        print_json(p);
        return 0;
    }
    ctl_row(ctl, columns, p->name, state_of(p), (int64_t)p->per_minute, p->valid_from, p->valid_to,
            p->url);
    for (size_t i = 0; i < p->realm_count; i++)
        printf("  %s\n", p->realms[i]);
    return 0;
}

static enum store_result list_all(struct ctl *ctl, void *data)
{
    (void)data;
    return ctl->gateway.ops->partner_list(ctl->gateway.store, print_row, ctl);
}

static int list(struct ctl *ctl)
{
    ctl_heading(ctl, columns);
    return ctl_look(ctl, list_all, NULL, "partners");
}

/* -- the rest ---------------------------------------------------------------------------------- */

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
     "      [--per-minute N] [--from DATE] [--to DATE] [--test-aor AOR]",
     " url= realms= ca= certificate= pin= connect-to= per-minute= from= to= test-aor= ",
     "enter an agreement; it holds at once", 1, false, add},
    {"partner", "set", "NAME [the same options]",
     " url= realms= ca= certificate= pin= connect-to= per-minute= from= to= test-aor= ",
     "change parts of an agreement; it holds at once, no gateway starts again", 1, false, set},
    {"partner", "list", "[--json]", " json ", "list agreements", 0, false, list},
    {"partner", "suspend", "NAME", "", "neither ask nor answer this partner for now", 1, false,
     suspend},
    {"partner", "resume", "NAME", "", "end a suspension", 1, false, resume},
    {"partner", "remove", "NAME", "", "end the agreement; its records stay", 1, false,
     remove_partner},
    {0}};
