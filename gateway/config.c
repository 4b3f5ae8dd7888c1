/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "auc/algorithm.h"
#include "auc/udm_message.h"

#include <glib.h>
#include <string.h>

struct reader {
    GKeyFile *file;
    const char *path;
    char *text; /* the whole file */
    char *error;
    bool failed;
};

/* -- lines: GKeyFile knows none, and a person wants to know where ---------------------------------
 */

/* One more line of faults, once. */
static void say(struct reader *r, int line, const char *what)
{
    char text[512];
    size_t len = strlen(r->error);

    if (line > 0)
        g_snprintf(text, sizeof text, "%s:%d: %s", r->path, line, what);
    else
        g_snprintf(text, sizeof text, "%s: %s", r->path, what);
    if (!r->failed)
        r->error[0] = '\0';
    if (!r->failed)
        g_strlcpy(r->error, text, CONFIG_ERROR_MAX);
    else if (!strstr(r->error, text) && len + strlen(text) + 2 < CONFIG_ERROR_MAX)
        g_snprintf(r->error + len, CONFIG_ERROR_MAX - len, "\n%s", text);
    r->failed = true;
}

/* What stands in a line: '#' nothing, '[' a group, '=' a key, '?' none of these. `name` is the
 * group or key, in the line itself. */
static char line_kind(char *line, char **name)
{
    char *end;

    *name = g_strstrip(line);
    if (!line[0] || line[0] == '#')
        return '#';
    if (line[0] == '[') {
        end = strchr(line, ']');
        if (!end || end[1] || end == line + 1)
            return '?';
        *end = '\0';
        *name = line + 1;
        return '[';
    }
    end = strchr(line, '=');
    if (!end || end == line)
        return '?';
    *end = '\0';
    g_strstrip(line);
    return '=';
}

/* Where `key` of `group` stands, else where the group begins, else 0. */
static int line_of(const struct reader *r, const char *group, const char *key)
{
    char **lines = g_strsplit(r->text ? r->text : "", "\n", -1), *name;
    bool inside = false;
    int found = 0;

    for (int i = 0; lines[i]; i++) {
        char kind = line_kind(lines[i], &name);

        if (kind == '[')
            inside = strcmp(name, group) == 0;
        if (inside && (kind == '[' || (kind == '=' && strcmp(name, key) == 0)))
            found = i + 1;
        if (inside && kind == '=' && strcmp(name, key) == 0)
            break;
    }
    g_strfreev(lines);
    return found;
}

static void fail(struct reader *r, const char *group, const char *key, const char *what)
{
    char *text = g_strdup_printf("[%s] %s: %s", group, key, what);

    say(r, line_of(r, group, key), text);
    g_free(text);
}

static void say_key(struct reader *r, int line, const char *group, const char *key,
                    const char *what)
{
    char *text = g_strdup_printf("[%s] %s: %s", group, key, what);

    say(r, line, text);
    g_free(text);
}

/* What GKeyFile would take without a word (a key twice), or refuse without a number. */
static void check_lines(struct reader *r)
{
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    char **lines = g_strsplit(r->text, "\n", -1), *name;
    const char *group = NULL;

    for (int i = 0; lines[i]; i++) {
        char kind = line_kind(lines[i], &name);

        if (kind == '?')
            say(r, i + 1, "is neither [group], key=value nor a comment (#)");
        else if (kind == '[')
            group = name;
        else if (kind == '=' && !group)
            say(r, i + 1, "stands before the first [group]");
        else if (kind == '=' && !g_hash_table_add(seen, g_strdup_printf("%s]%s", group, name)))
            say_key(r, i + 1, group, name, "stands there twice: take one out");
    }
    g_hash_table_destroy(seen);
    g_strfreev(lines);
}

static bool read_file(struct reader *r)
{
    GError *why = NULL;

    if (!g_file_get_contents(r->path, &r->text, NULL, &why)) {
        say(r, 0, why->message);
    } else {
        check_lines(r);
        if (!r->failed &&
            !g_key_file_load_from_data(r->file, r->text, (gsize)-1, G_KEY_FILE_NONE, &why))
            say(r, 0, why->message);
    }
    g_clear_error(&why);
    return !r->failed;
}

/* Owned by the caller; NULL and failed when a required one is missing. */
static char *text(struct reader *r, const char *group, const char *key, const char *otherwise)
{
    char *value = g_key_file_get_string(r->file, group, key, NULL);

    if (value)
        g_strstrip(value);
    if (value && value[0])
        return value;
    if (value)
        fail(r, group, key, "is empty: give it a value or take the line out");
    else if (!otherwise)
        fail(r, group, key, "is missing: add it");
    g_free(value);
    return g_strdup(otherwise);
}

static void text_to(struct reader *r, const char *group, const char *key, char *to, size_t room)
{
    char *value = text(r, group, key, NULL);

    if (value && g_strlcpy(to, value, room) >= room)
        fail(r, group, key, "is too long");
    if (value && !g_utf8_validate(value, -1, NULL))
        fail(r, group, key, "is not UTF-8");
    g_free(value);
}

static int number(struct reader *r, const char *group, const char *key, int otherwise, int least,
                  int most)
{
    GError *error = NULL;
    char what[96];
    int value = g_key_file_get_integer(r->file, group, key, &error);

    if (error && (g_error_matches(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND) ||
                  g_error_matches(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND)))
        value = otherwise;
    else if (error || value < least || value > most) {
        g_snprintf(what, sizeof what, "must be a number from %d to %d", least, most);
        fail(r, group, key, what);
    }
    g_clear_error(&error);
    return value;
}

/* -- groups -------------------------------------------------------------------------------------
 */

static bool dns_name(const char *name)
{
    return name[0] && strlen(name) <= SIMAUTH_REALM_MAX && !strstr(name, "..") && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(name);
}

static void read_operator(struct reader *r, struct config *c)
{
    char *realms;

    text_to(r, "operator", "name", c->name, sizeof c->name);
    text_to(r, "operator", "fqdn", c->fqdn, sizeof c->fqdn);
    if (!r->failed && !dns_name(c->fqdn))
        fail(r, "operator", "fqdn", "must be the gateway's DNS name in lower case");
    realms = text(r, "operator", "realms", NULL);
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
        fail(r, "operator", "realms", "must name 1 to 16 realms, separated by blanks");
    for (size_t i = 0; i < n; i++)
        if (!dns_name(c->realms[i]))
            fail(r, "operator", "realms", "must be DNS names in lower case");
}

static void read_listen(struct reader *r, struct config *c)
{
    c->address = text(r, "listen", "address", "::");
    c->port = number(r, "listen", "port", 443, 1, 65535);
    c->threads = number(r, "listen", "threads", (int)g_get_num_processors(), 1, 64);
    c->connections = number(r, "listen", "connections", 1000, 8, 100000);
    c->connections_per_address = number(r, "listen", "connections_per_address", 200, 4, 100000);
    c->request_timeout = number(r, "listen", "request_timeout", 10, 1, 120);
    c->idle_timeout = number(r, "listen", "idle_timeout", 180, 1, 3600);
    c->drain = number(r, "listen", "drain", 0, 0, 300);
    c->metrics_address = text(r, "metrics", "address", "127.0.0.1");
    c->metrics_port = number(r, "metrics", "port", 0, 0, 65535);
    c->certificate = text(r, "tls", "certificate", NULL);
    c->key = text(r, "tls", "key", NULL);
    c->statement_certificate =
        text(r, "tls", "statement_certificate", c->certificate ? c->certificate : "");
    c->statement_key = text(r, "tls", "statement_key", c->key ? c->key : "");
}

static void read_store(struct reader *r, struct config *c)
{
    char *name = text(r, "store", "type", "sqlite");

    c->store = store_find(name);
    if (!c->store)
        fail(r, "store", "type", "is no store that this gateway has: use sqlite or postgresql");
    g_free(name);
    c->database = text(r, "store", "database", NULL);
    c->seal_key = text(r, "store", "seal_key", NULL);
    c->seal_key_old = text(r, "store", "seal_key_old", "");
}

static void read_hlr(struct reader *r, struct config *c, const char *source)
{
    char *file = g_strdup_printf(SIMAUTH_MODULES "/simauth-gateway-%s.so", source);

    c->auc_module = text(r, "auc", "module", file);
    c->hlr_address = text(r, "auc", "hlr_address", "127.0.0.1");
    c->hlr_port = number(r, "auc", "hlr_port", 4222, 1, 65535);
    c->hlr_name = text(r, "auc", "hlr_name", c->fqdn);
    c->hlr_links = number(r, "auc", "hlr_links", 8, 1, AUC_LINKS_MAX);
    c->hlr_timeout_ms = number(r, "auc", "hlr_timeout_ms", 500, 50, 5000);
    if (!r->failed && !g_hostname_is_ip_address(c->hlr_address))
        fail(r, "auc", "hlr_address", "must be an IP address");
    if (!r->failed && strlen(c->hlr_name) > AUC_NAME_MAX)
        fail(r, "auc", "hlr_name", "is too long: at most 63 octets");
    g_free(file);
}

static void read_udm(struct reader *r, struct config *c)
{
    const char *fault;

    c->udm_url = text(r, "auc", "udm_url", NULL);
    c->udm_ca = text(r, "auc", "udm_ca", "");
    c->udm_certificate = text(r, "auc", "udm_certificate", c->certificate ? c->certificate : "");
    c->udm_key = text(r, "auc", "udm_key", c->key ? c->key : "");
    c->udm_token = text(r, "auc", "udm_token", "");
    c->udm_timeout_ms = number(r, "auc", "udm_timeout_ms", 500, 50, 5000);
    c->hlr_links = 1;
    fault = c->udm_url ? udm_url_fault(c->udm_url) : NULL;
    if (fault)
        fail(r, "auc", "udm_url", fault);
}

static bool yes(struct reader *r, const char *group, const char *key, const char *otherwise)
{
    char *value = text(r, group, key, otherwise);
    bool is = value && strcmp(value, "true") == 0;

    if (value && !is && strcmp(value, "false") != 0)
        fail(r, group, key, "must be true or false");
    g_free(value);
    return is;
}

static void read_weak(struct reader *r, struct config *c)
{
    char *list = text(r, "auc", "weak_algorithms", "none");
    char **names = g_strsplit_set(list ? list : "none", ", ;\t", -1);

    for (size_t i = 0; names[i]; i++) {
        const struct algorithm *a = algorithm_find(names[i]);

        if (a && a->weak)
            c->weak_allowed |= 1u << a->number;
        else if (names[i][0] && strcmp(names[i], "none") != 0)
            fail(r, "auc", "weak_algorithms", "must be none, or name comp128v1, xor, or both");
    }
    g_strfreev(names);
    g_free(list);
}

static void read_auc(struct reader *r, struct config *c)
{
    char *name = text(r, "auc", "type", "embedded"), *amf = text(r, "auc", "amf", "0000");

    c->auc = auc_find(name);
    if (!c->auc && !auc_is_module(name))
        fail(r, "auc", "type",
             "is no source that this gateway has: use embedded, gsup or "
             "udm");
    else if (!c->auc)
        read_hlr(r, c, name);
    else if (!c->auc->draw)
        read_udm(r, c);
    c->allow_2g = yes(r, "auc", "allow_2g", "true");
    c->allow_password = yes(r, "auc", "allow_password", "true");
    read_weak(r, c);
    c->ind.bits = number(r, "auc", "ind_bits", 5, 3, 8);
    c->ind.first = number(r, "auc", "ind_first", 0, 0, 255);
    c->ind.count = number(r, "auc", "ind_count", 32, 8, 256);
    if (!r->failed && c->ind.first + c->ind.count > 1 << c->ind.bits)
        fail(r, "auc", "ind_count", "ind_first + ind_count does not fit in ind_bits");
    if (strlen(amf) != 4 || strspn(amf, "0123456789abcdefABCDEF") != 4 ||
        g_ascii_xdigit_value(amf[0]) > 7)
        fail(r, "auc", "amf", "must be four hexadecimal digits, the first not over 7");
    for (int i = 0; !r->failed && i < 2; i++)
        c->amf[i] =
            (uint8_t)(g_ascii_xdigit_value(amf[2 * i]) << 4 | g_ascii_xdigit_value(amf[2 * i + 1]));
    g_free(name);
    g_free(amf);
}

/* Whom the proxy asks for a password. The realm is its own domain's unless said. */
static void read_sip_account(struct reader *r, struct config *c)
{
    struct sip_account *account = &c->sip_account;
    const char *domain = c->sip_from ? strchr(c->sip_from, '@') : NULL;
    char why[SEAL_ERROR_MAX];

    account->user = text(r, "sip", "user", "");
    account->realm = text(r, "sip", "realm", domain ? domain + 1 : "");
    account->password_file = text(r, "sip", "password_file", "");
    if (r->failed)
        return;
    if (!account->user[0] != !account->password_file[0])
        fail(r, "sip", account->user[0] ? "user" : "password_file",
             "user and password_file belong together");
    else if (strlen(account->user) > SIMAUTH_DIGEST_TEXT_MAX || strpbrk(account->user, "\"\\:"))
        fail(r, "sip", "user", "cannot be a user of Digest: no quotes, backslashes and colons");
    else if (!sip_digest_check(account, why))
        fail(r, "sip", "password_file", why);
}

static void read_sip(struct reader *r, struct config *c)
{
    static const char *const names[] = {"udp", "tcp", "tls"};
    char *transport = text(r, "sip", "transport", "udp");
    char *from =
        g_strdup_printf("sip:address-check@%s", c->realms && c->realms[0] ? c->realms[0] : c->fqdn);
    size_t i = 0;

    while (i < G_N_ELEMENTS(names) && strcmp(transport, names[i]) != 0)
        i++;
    if (i == G_N_ELEMENTS(names))
        fail(r, "sip", "transport", "must be udp, tcp or tls");
    c->sip_transport = (enum config_sip_transport)i;
    c->sip_proxy = text(r, "sip", "proxy", "");
    c->sip_port =
        number(r, "sip", "port", c->sip_transport == CONFIG_SIP_TLS ? 5061 : 5060, 1, 65535);
    c->sip_ca_file = text(r, "sip", "ca_file", "");
    c->sip_from = text(r, "sip", "from", from);
    if (!r->failed && (strncmp(c->sip_from, "sip:", 4) != 0 || strpbrk(c->sip_from, "<> \"")))
        fail(r, "sip", "from", "must be a SIP address such as sip:address-check@operator.example");
    if (!r->failed && strpbrk(c->sip_proxy, "<>;/@ \""))
        fail(r, "sip", "proxy", "must be a host name or an IP address; the port stands in port");
    read_sip_account(r, c);
    g_free(transport);
    g_free(from);
}

/* A line that phones show: UTF-8 without control characters. */
static void shown_to(struct reader *r, const char *group, const char *key, char *to, size_t room)
{
    if (!g_key_file_has_key(r->file, group, key, NULL))
        return;
    text_to(r, group, key, to, room);
    for (const char *c = to; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            fail(r, group, key, "must be one line without control characters");
            return;
        }
    }
}

static void read_charging(struct reader *r, struct config *c)
{
    c->keep_days = number(r, "charging", "keep_days", 0, 0, 36500);
    shown_to(r, "charging", "currency", c->currency, sizeof c->currency);
    shown_to(r, "charging", "words", c->price_words, sizeof c->price_words);
}

static void read_limits(struct reader *r, struct config *c)
{
    c->vector_ttl = number(r, "life", "vector", 60, 1, 60);
    c->confirmed_ttl = number(r, "life", "confirmed", 300, 1, 300);
    c->session_lifetime = number(r, "life", "session", 86400, 60, 604800);
    c->nonce_lifetime = number(r, "life", "nonce", 300, 1, 3600);
    c->certificate_lifetime = number(r, "life", "certificate", 86400, 3600, 604800);
    c->operator_key_rotate = number(r, "life", "operator_key", 86400, 3600, 604800);
    c->subscriber_per_minute = number(r, "limits", "subscriber_per_minute", 30, 1, 1000000);
    c->subscriber_burst = number(r, "limits", "subscriber_burst", 10, 1, 1000000);
    c->ub_per_minute = number(r, "limits", "ub_per_minute", 6, 1, 1000000);
    c->ub_burst = number(r, "limits", "ub_burst", 6, 1, 1000000);
    c->federation_timeout_ms = number(r, "limits", "federation_timeout_ms", 700, 50, 5000);
    c->federation_connections = number(r, "limits", "federation_connections", 32, 1, 1024);
    c->federation_kept = number(r, "limits", "federation_kept", 1, 0, 64);
    c->federation_batch = number(r, "limits", "federation_batch", 16, 1, 64);
    c->refusal_ms = number(r, "limits", "refusal_ms", 100, 0, 500);
}

/* -- keys that nobody reads ---------------------------------------------------------------------
 */

static const struct {
    const char *group;
    const char *keys; /* blanks around each */
} known[] = {
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
    {"limits", " subscriber_per_minute subscriber_burst ub_per_minute ub_burst "
               "federation_timeout_ms federation_connections federation_kept federation_batch "
               "refusal_ms "},
};

static const char *known_keys(const char *group)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].group, group) == 0)
            return known[i].keys;
    return NULL;
}

/* A misspelt key would silently be its default. */
static void refuse_unknown(struct reader *r)
{
    char **groups = g_key_file_get_groups(r->file, NULL);

    for (size_t i = 0; groups[i]; i++) {
        char **keys = g_key_file_get_keys(r->file, groups[i], NULL, NULL);
        const char *names = known_keys(groups[i]);

        if (!names)
            fail(r, groups[i], "*", "no such group: see simauth-gateway.conf.example");
        for (size_t j = 0; names && keys && keys[j]; j++) {
            char *word = g_strdup_printf(" %s ", keys[j]);

            if (!strstr(names, word))
                fail(r, groups[i], keys[j], "no such key: see simauth-gateway.conf.example");
            g_free(word);
        }
        g_strfreev(keys);
    }
    g_strfreev(groups);
}

struct config *config_load(const char *path, char *error)
{
    struct reader r = {.file = g_key_file_new(), .path = path, .error = error};
    struct config *c = g_new0(struct config, 1);

    if (read_file(&r)) {
        refuse_unknown(&r);
        read_operator(&r, c);
        read_listen(&r, c);
        read_store(&r, c);
        read_auc(&r, c);
        read_sip(&r, c);
        read_limits(&r, c);
        read_charging(&r, c);
    }
    g_key_file_free(r.file);
    g_free(r.text);
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

bool config_own_realm(const struct config *c, const char *realm)
{
    for (size_t i = 0; c->realms[i]; i++)
        if (strcmp(c->realms[i], realm) == 0)
            return true;
    return false;
}
