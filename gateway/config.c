/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "../common/keyfile.h"
#include "api/sip_digest.h"
#include "auc/algorithm.h"
#include "auc/udm_message.h"

#include <glib.h>
#include <string.h>

static void text_to(struct keyfile *r, const char *group, const char *key, char *to, size_t room)
{
    char *value = keyfile_text(r, group, key, NULL);

    if (value && g_strlcpy(to, value, room) >= room)
        keyfile_fail(r, group, key, "is too long");
    if (value && !g_utf8_validate(value, -1, NULL))
        keyfile_fail(r, group, key, "is not UTF-8");
    g_free(value);
}

/* -- groups ------------------------------------------------------------------------------------ */

bool config_dns_name(const char *name)
{
    return name[0] && strlen(name) <= SIMAUTH_REALM_MAX && !strstr(name, "..") && name[0] != '.' &&
           name[strlen(name) - 1] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(name);
}

static void read_operator(struct keyfile *r, struct config *c)
{
    char *realms;

    text_to(r, "operator", "name", c->name, sizeof c->name);
    text_to(r, "operator", "fqdn", c->fqdn, sizeof c->fqdn);
    if (!r->failed && !config_dns_name(c->fqdn))
        keyfile_fail(r, "operator", "fqdn", "must be the gateway's DNS name in lower case");
    if (!r->failed && strlen(c->fqdn) > CONFIG_FQDN_MAX)
        keyfile_fail(r, "operator", "fqdn", "is too long: at most 200 octets");
    realms = keyfile_text(r, "operator", "realms", NULL);
    c->realms = g_strsplit_set(realms ? realms : "", ", ;\t", -1);
    g_free(realms);
    size_t n = 0;
    for (size_t i = 0; c->realms[i]; i++) {
        char *realm = c->realms[i];

        if (realm[0])
            c->realms[n++] = realm;
        else
            g_free(realm);
    }
    c->realms[n] = NULL;
    if (n == 0 || n > CONFIG_REALMS_MAX)
        keyfile_fail(r, "operator", "realms", "must name 1 to 16 realms, separated by blanks");
    for (size_t i = 0; i < n; i++)
        if (!config_dns_name(c->realms[i]))
            keyfile_fail(r, "operator", "realms", "must be DNS names in lower case");
}

static void read_listen(struct keyfile *r, struct config *c)
{
    c->address = keyfile_text(r, "listen", "address", "::");
    c->port = keyfile_number(r, "listen", "port", 443, 1, 65535);
    c->threads = keyfile_number(r, "listen", "threads", (int)g_get_num_processors(), 1, 64);
    c->connections = keyfile_number(r, "listen", "connections", 1000, 8, 100000);
    c->connections_per_address =
        keyfile_number(r, "listen", "connections_per_address", 200, 4, 100000);
    c->request_timeout = keyfile_number(r, "listen", "request_timeout", 10, 1, 120);
    c->idle_timeout = keyfile_number(r, "listen", "idle_timeout", 180, 1, 3600);
    c->drain = keyfile_number(r, "listen", "drain", 0, 0, 300);
    c->metrics_address = keyfile_text(r, "metrics", "address", "127.0.0.1");
    c->metrics_port = keyfile_number(r, "metrics", "port", 0, 0, 65535);
    c->certificate = keyfile_text(r, "tls", "certificate", NULL);
    c->key = keyfile_text(r, "tls", "key", NULL);
    c->statement_certificate =
        keyfile_text(r, "tls", "statement_certificate", c->certificate ? c->certificate : "");
    c->statement_key = keyfile_text(r, "tls", "statement_key", c->key ? c->key : "");
}

static void read_store(struct keyfile *r, struct config *c)
{
    char *name = keyfile_text(r, "store", "type", "sqlite");

    c->store = store_find(name);
    if (!c->store)
        keyfile_fail(r, "store", "type",
                     "is no store that this gateway has: use sqlite or postgresql");
    g_free(name);
    c->database = keyfile_text(r, "store", "database", NULL);
    c->seal_key = keyfile_text(r, "store", "seal_key", NULL);
    c->seal_key_old = keyfile_text(r, "store", "seal_key_old", "");
}

/* osmo-hlr answers the first that came with a name: gateways of one database have each their own.
 */
static char *own_name(const struct config *c)
{
    char *whole, *name;

    if (!c->store || !c->store->shared)
        return g_strdup(c->fqdn);
    whole = g_strdup_printf("%s-%s", g_get_host_name(), c->fqdn);
    name = g_strndup(whole, AUC_NAME_MAX);
    g_free(whole);
    return name;
}

static void read_hlr(struct keyfile *r, struct config *c, const char *source)
{
    char *file = g_strdup_printf(SIMAUTH_MODULES "/simauth-gateway-%s.so", source);
    char *own = own_name(c);

    c->auc_module = keyfile_text(r, "auc", "module", file);
    c->hlr_address = keyfile_text(r, "auc", "hlr_address", "127.0.0.1");
    c->hlr_port = keyfile_number(r, "auc", "hlr_port", 4222, 1, 65535);
    c->hlr_name = keyfile_text(r, "auc", "hlr_name", own);
    c->hlr_links = keyfile_number(r, "auc", "hlr_links", 8, 1, AUC_LINKS_MAX);
    c->hlr_timeout_ms = keyfile_number(r, "auc", "hlr_timeout_ms", 500, 50, 5000);
    if (!r->failed && !g_hostname_is_ip_address(c->hlr_address))
        keyfile_fail(r, "auc", "hlr_address", "must be an IP address");
    if (!r->failed && strlen(c->hlr_name) > AUC_NAME_MAX)
        keyfile_fail(r, "auc", "hlr_name", "is too long: at most 63 octets");
    g_free(own);
    g_free(file);
}

static void read_udm(struct keyfile *r, struct config *c)
{
    const char *fault;

    c->udm_url = keyfile_text(r, "auc", "udm_url", NULL);
    c->udm_ca = keyfile_text(r, "auc", "udm_ca", "");
    c->udm_certificate =
        keyfile_text(r, "auc", "udm_certificate", c->certificate ? c->certificate : "");
    c->udm_key = keyfile_text(r, "auc", "udm_key", c->key ? c->key : "");
    c->udm_token = keyfile_text(r, "auc", "udm_token", "");
    c->udm_timeout_ms = keyfile_number(r, "auc", "udm_timeout_ms", 500, 50, 5000);
    c->hlr_links = 1;
    fault = c->udm_url ? udm_url_fault(c->udm_url) : NULL;
    if (fault)
        keyfile_fail(r, "auc", "udm_url", fault);
}

static void read_weak(struct keyfile *r, struct config *c)
{
    char *list = keyfile_text(r, "auc", "weak_algorithms", "none");
    char **names = g_strsplit_set(list ? list : "none", ", ;\t", -1);

    for (size_t i = 0; names[i]; i++) {
        const struct algorithm *a = algorithm_find(names[i]);

        if (a && a->weak)
            c->weak_allowed |= 1u << a->number;
        else if (names[i][0] && strcmp(names[i], "none") != 0)
            keyfile_fail(r, "auc", "weak_algorithms",
                         "must be none, or name comp128v1, xor, or both");
    }
    g_strfreev(names);
    g_free(list);
}

static void read_auc(struct keyfile *r, struct config *c)
{
    char *name = keyfile_text(r, "auc", "type", "embedded"),
         *amf = keyfile_text(r, "auc", "amf", "0000");

    c->auc = auc_find(name);
    if (!c->auc && !auc_is_module(name))
        keyfile_fail(r, "auc", "type",
                     "is no source that this gateway has: use embedded, gsup or "
                     "udm");
    else if (!c->auc)
        read_hlr(r, c, name);
    else if (!c->auc->draw)
        read_udm(r, c);
    c->allow_2g = keyfile_word(r, "auc", "allow_2g", "false", "true", true);
    c->allow_password = keyfile_word(r, "auc", "allow_password", "false", "true", true);
    read_weak(r, c);
    c->ind.bits = keyfile_number(r, "auc", "ind_bits", 5, 3, 8);
    c->ind.first = keyfile_number(r, "auc", "ind_first", 0, 0, 255);
    c->ind.count = keyfile_number(r, "auc", "ind_count", 32, 8, 256);
    if (!r->failed && c->ind.first + c->ind.count > 1 << c->ind.bits)
        keyfile_fail(r, "auc", "ind_count", "ind_first + ind_count does not fit in ind_bits");
    if (strlen(amf) != 4 || strspn(amf, "0123456789abcdefABCDEF") != 4 ||
        g_ascii_xdigit_value(amf[0]) > 7)
        keyfile_fail(r, "auc", "amf", "must be four hexadecimal digits, the first not over 7");
    for (int i = 0; !r->failed && i < 2; i++)
        c->amf[i] =
            (uint8_t)(g_ascii_xdigit_value(amf[2 * i]) << 4 | g_ascii_xdigit_value(amf[2 * i + 1]));
    g_free(name);
    g_free(amf);
}

/* Whom the proxy asks for a password. The realm is its own domain's unless said. */
static void read_sip_account(struct keyfile *r, struct config *c)
{
    struct sip_account *account = &c->sip_account;
    const char *domain = c->sip_from ? strchr(c->sip_from, '@') : NULL;
    char why[SEAL_ERROR_MAX];

    account->user = keyfile_text(r, "sip", "user", "");
    account->realm = keyfile_text(r, "sip", "realm", domain ? domain + 1 : "");
    account->password_file = keyfile_text(r, "sip", "password_file", "");
    if (r->failed)
        return;
    if (!account->user[0] != !account->password_file[0])
        keyfile_fail(r, "sip", account->user[0] ? "user" : "password_file",
                     "user and password_file belong together");
    else if (strlen(account->user) > SIMAUTH_DIGEST_TEXT_MAX || strpbrk(account->user, "\"\\:"))
        keyfile_fail(r, "sip", "user",
                     "cannot be a user of Digest: no quotes, backslashes and colons");
    else if (!sip_digest_check(account, why))
        keyfile_fail(r, "sip", "password_file", why);
}

static void read_sip(struct keyfile *r, struct config *c)
{
    static const char *const names[] = {"udp", "tcp", "tls"};
    char *transport = keyfile_text(r, "sip", "transport", "udp");
    char *from =
        g_strdup_printf("sip:address-check@%s", c->realms && c->realms[0] ? c->realms[0] : c->fqdn);
    size_t i = 0;

    while (i < G_N_ELEMENTS(names) && strcmp(transport, names[i]) != 0)
        i++;
    if (i == G_N_ELEMENTS(names))
        keyfile_fail(r, "sip", "transport", "must be udp, tcp or tls");
    c->sip_transport = (enum config_sip_transport)i;
    c->sip_proxy = keyfile_text(r, "sip", "proxy", "");
    c->sip_port = keyfile_number(r, "sip", "port", c->sip_transport == CONFIG_SIP_TLS ? 5061 : 5060,
                                 1, 65535);
    c->sip_ca_file = keyfile_text(r, "sip", "ca_file", "");
    c->sip_from = keyfile_text(r, "sip", "from", from);
    if (!r->failed && (strncmp(c->sip_from, "sip:", 4) != 0 || strpbrk(c->sip_from, "<> \"")))
        keyfile_fail(r, "sip", "from",
                     "must be a SIP address such as sip:address-check@operator.example");
    if (!r->failed && strpbrk(c->sip_proxy, "<>;/@ \""))
        keyfile_fail(r, "sip", "proxy",
                     "must be a host name or an IP address; the port stands in port");
    read_sip_account(r, c);
    g_free(transport);
    g_free(from);
}

/* A line that phones show: UTF-8 without control characters. */
static void shown_to(struct keyfile *r, const char *group, const char *key, char *to, size_t room)
{
    if (!g_key_file_has_key(r->file, group, key, NULL))
        return;
    text_to(r, group, key, to, room);
    for (const char *c = to; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            keyfile_fail(r, group, key, "must be one line without control characters");
            return;
        }
    }
}

static void read_charging(struct keyfile *r, struct config *c)
{
    c->keep_days = keyfile_number(r, "charging", "keep_days", 0, 0, 36500);
    shown_to(r, "charging", "currency", c->currency, sizeof c->currency);
    shown_to(r, "charging", "words", c->price_words, sizeof c->price_words);
}

static void read_limits(struct keyfile *r, struct config *c)
{
    c->vector_ttl = keyfile_number(r, "life", "vector", 60, 1, 60);
    c->confirmed_ttl = keyfile_number(r, "life", "confirmed", 300, 1, 300);
    c->confirmed_ttl = MAX(c->vector_ttl, c->confirmed_ttl); /* both since it was drawn */
    c->session_lifetime = keyfile_number(r, "life", "session", 86400, 60, 604800);
    c->nonce_lifetime = keyfile_number(r, "life", "nonce", 300, 1, 3600);
    c->certificate_lifetime = keyfile_number(r, "life", "certificate", 86400, 3600, 604800);
    c->operator_key_rotate = keyfile_number(r, "life", "operator_key", 86400, 3600, 604800);
    c->subscriber_per_minute = keyfile_number(r, "limits", "subscriber_per_minute", 30, 1, 1000000);
    c->subscriber_burst = keyfile_number(r, "limits", "subscriber_burst", 10, 1, 1000000);
    c->ub_address_per_minute =
        keyfile_number(r, "limits", "ub_address_per_minute", 600, 1, 1000000);
    c->ub_per_minute = keyfile_number(r, "limits", "ub_per_minute", 6, 1, 1000000);
    c->address_checks_per_day =
        keyfile_number(r, "limits", "address_checks_per_day", 20, 1, 1000000);
    c->claims_per_day = keyfile_number(r, "limits", "claims_per_day", 1000, 1, 1000000);
    c->ub_burst = keyfile_number(r, "limits", "ub_burst", 6, 1, 1000000);
    c->federation_timeout_ms = keyfile_number(r, "limits", "federation_timeout_ms", 700, 50, 5000);
    c->federation_connections = keyfile_number(r, "limits", "federation_connections", 32, 1, 1024);
    c->federation_kept = keyfile_number(r, "limits", "federation_kept", 1, 0, 64);
    c->federation_batch = keyfile_number(r, "limits", "federation_batch", 16, 1, 64);
    c->refusal_ms = keyfile_number(r, "limits", "refusal_ms", 100, 0, 500);
}

static const struct keyfile_group known[] = {
    {"operator", " name fqdn realms "},
    {"listen", " address port threads connections connections_per_address request_timeout "
               "idle_timeout drain "},
    {"tls", " certificate key statement_certificate statement_key "},
    {"store", " type database seal_key seal_key_old "},
    {"metrics", " address port "},
    {"auc", " type amf ind_bits ind_first ind_count module hlr_address hlr_port hlr_name hlr_links "
            "hlr_timeout_ms allow_2g allow_password weak_algorithms udm_url udm_ca udm_certificate "
            "udm_key "
            "udm_token udm_timeout_ms "},
    {"sip", " proxy port transport ca_file from user realm password_file "},
    {"charging", " keep_days currency words "},
    {"life", " vector confirmed session nonce operator_key certificate "},
    {"limits",
     " subscriber_per_minute subscriber_burst ub_per_minute ub_burst ub_address_per_minute "
     "address_checks_per_day claims_per_day "
     "federation_timeout_ms federation_connections federation_kept federation_batch "
     "refusal_ms "},
    {NULL, NULL},
};

struct config *config_load(const char *path, char *error)
{
    struct keyfile r;
    struct config *c = g_new0(struct config, 1);

    if (keyfile_open(&r, path, error, CONFIG_ERROR_MAX)) {
        keyfile_refuse_unknown(&r, known, "simauth-gateway.conf.example");
        read_operator(&r, c);
        read_listen(&r, c);
        read_store(&r, c);
        read_auc(&r, c);
        read_sip(&r, c);
        read_limits(&r, c);
        read_charging(&r, c);
    }
    keyfile_close(&r);
    if (!r.failed)
        return c;
    config_free(c);
    return NULL;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    g_strfreev(c->realms);
    g_free(c->address);
    g_free(c->certificate);
    g_free(c->key);
    g_free(c->statement_certificate);
    g_free(c->statement_key);
    g_free(c->database);
    g_free(c->seal_key);
    g_free(c->seal_key_old);
    g_free(c->metrics_address);
    g_free(c->auc_module);
    g_free(c->sip_proxy);
    g_free(c->sip_ca_file);
    g_free(c->sip_from);
    g_free(c->sip_account.user);
    g_free(c->sip_account.realm);
    g_free(c->sip_account.password_file);
    g_free(c->hlr_address);
    g_free(c->hlr_name);
    g_free(c->udm_url);
    g_free(c->udm_ca);
    g_free(c->udm_certificate);
    g_free(c->udm_key);
    g_free(c->udm_token);
    g_free(c);
}

bool config_has_keys(const struct config *c)
{
    return c->auc && c->auc->draw;
}

const char *config_database_name(const struct config *config)
{
    return config->store->shared ? "the database" : config->database;
}

bool config_own_realm(const struct config *c, const char *realm)
{
    for (size_t i = 0; c->realms[i]; i++)
        if (strcmp(c->realms[i], realm) == 0)
            return true;
    return false;
}
