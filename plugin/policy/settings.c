/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"
#include "kinds.h"
#include "readable.h"
#include "small_file.h"

#include <errno.h>
#include <simauth/setup.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PHONE "phone"

/* Numbers of the emergency services that people dial (ITU-T E.161.1 and national plans). */
#define EMERGENCY                                                                                  \
    "000;08;110;111;112;113;114;115;117;118;119;120;122;123;15;17;18;190;191;192;193;911;995;997;" \
    "998;999"

const struct settings_key settings_keys[] = {
    {"enabled", "true or false", "the switch; a change counts from the next call", "true"},
    {"sim", SIM_KINDS_WRITTEN, "which SIM answers; digest: a password in its place", ""},
    {"pin", "ask, fd:NUMBER or none", "who gives the SIM's PIN", "ask, on a desktop"},
    {"gateway", "NAME or NAME:PORT", "the operator's gateway", "as the SIM says"},
    {"ca_file", "FILE", "certificates that gateways and operators must chain to", "the system's"},
    {"local_address", "ADDRESS", "another interface or address than SIP's", "any"},
    {"data", "FOLDER", "where pins and the list of calls are kept, its whole path",
     "~/.local/share/simauth"},
    {"carriage", "tag, header or both", "which fields carry elements", "both"},
    {"policy", "require, prefer or off", "for accounts and peers without one", "prefer"},
    {"sips", "require, prefer or off",
     "calls over servers that prove themselves, for accounts and peers without one", "off"},
    {"e2m", "require, prefer or off",
     "session descriptions enveloped for the callee and chosen servers", "off"},
    {"e2m_certificate", "FILE", "our certificate for envelopes and signatures", "none"},
    {"e2m_key", "FILE", "its private key", "none"},
    {"e2m_ca_file", "FILE", "who vouches for other people's certificates", "ca_file"},
    {"e2m_authorities", "DOMAIN=FILE;DOMAIN=FILE;...",
     "who alone vouches for certificates of a domain, before e2m_ca_file", "none"},
    {"e2m_servers", "DOMAIN=FILE;DOMAIN=FILE;...", "servers that may read them, by certificate",
     "none"},
    {"e2m_parts", "DOMAIN=PART;... with all, addresses, bandwidth or addresses+bandwidth",
     "how much of them a server reads", "all"},
    {"e2m_accept", "DOMAIN;DOMAIN;...",
     "whose servers may ask to read them (493), besides those of our own domain", "none"},
    {"e2m_signed", "true or false", "refuse what comes enveloped and not signed", "false"},
    {"e2m_revoked_missing", "accept or refuse",
     "whom no fresh list of revoked certificates speaks of", "accept"},
    {"ask", "known or everybody", "about which callees the gateway is asked", "known"},
    {"mark_verified", "true or false", "mark ZRTP's letters as compared after a proof", "false"},
    {"agent", "off, prefer or only",
     "whether your operator vouches for your calls instead of your SIM", "off"},
    {"tickets", "accept or refuse", "calls that operators vouch for without a SIM", "accept"},
    {"keys", "auto, desktop, file, memory or off", "where the keys of the next calls are kept",
     "auto"},
    {"key_lifetime", "NUMBER with s, m, h or d, at most 7d", "how long such a key lives; 0: none",
     "24h"},
    {"emergency", "NUMBER;NUMBER;...", "calls to these, 112 and 911 are never touched", EMERGENCY},
    {NULL, NULL, NULL, NULL},
};

const struct settings_key settings_party_keys[] = {
    {"policy", "require, prefer or off", "for calls with this address", ""},
    {"sips", "require, prefer or off", "trust in servers for calls with this address", ""},
    {"e2m", "require, prefer or off", "session descriptions enveloped for calls with this address",
     ""},
    {"certificate", "FILE", "this address's certificate, in the place of the one the gateway finds",
     "none"},
    {"nai", "USER@OPERATOR", "who this address belongs to", ""},
    {"ask", "yes", "the gateway is asked about this callee, as it is where any other key is set",
     ""},
    {"first_key", "true or false", "the operators may make the first setup key", "false"},
    {NULL, NULL, NULL, NULL},
};

struct reader {
    GKeyFile *file;
    const char *path;
    char *error;
    bool failed;
};

__attribute__((format(printf, 2, 3))) static void fail(struct reader *r, const char *format, ...)
{
    va_list args;
    int n;

    if (r->failed)
        return; /* the first mistake is the one to mend */
    r->failed = true;
    n = snprintf(r->error, SETTINGS_ERROR_MAX, "%s: ", r->path);
    va_start(args, format);
    if (n > 0 && n < SETTINGS_ERROR_MAX)
        vsnprintf(r->error + n, (size_t)(SETTINGS_ERROR_MAX - n), format, args);
    va_end(args);
}

/* What is not there is no mistake; what GLib cannot read is one, and not as if it were not there.
 */
static void check_read(struct reader *r, const char *group, const char *key, GError *problem)
{
    if (problem && !g_error_matches(problem, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND) &&
        !g_error_matches(problem, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND))
        fail(r, "[%s] %s: %s", group, key, problem->message);
    g_clear_error(&problem);
}

/* NULL when absent or empty. */
static char *read_text(struct reader *r, const char *group, const char *key)
{
    GError *problem = NULL;
    char *value = g_key_file_get_string(r->file, group, key, &problem);

    check_read(r, group, key, problem);
    if (value && !*g_strstrip(value)) {
        g_free(value);
        value = NULL;
    }
    return value;
}

/* "ONE;TWO;...", each without the blanks around it; NULL when absent. */
static char **read_list(struct reader *r, const char *key)
{
    GError *problem = NULL;
    char **list = g_key_file_get_string_list(r->file, PHONE, key, NULL, &problem);

    check_read(r, PHONE, key, problem);
    for (char **entry = list; entry && *entry; entry++)
        g_strstrip(*entry);
    return list;
}

/* The index of the value among `words`, `fallback` when absent. */
static int read_word(struct reader *r, const char *group, const char *key, const char *const *words,
                     int fallback)
{
    char *value = read_text(r, group, key);
    int found = fallback;

    if (value) {
        for (found = 0; words[found] && strcmp(words[found], value); found++)
            ;
        if (!words[found]) {
            char *all = g_strjoinv(", ", (char **)words);
            fail(r, "[%s] %s=%s: must be one of %s", group, key, value, all);
            g_free(all);
            found = fallback;
        }
    }
    g_free(value);
    return found;
}

static bool read_switch(struct reader *r, const char *key, bool fallback)
{
    static const char *const words[] = {"false", "true", NULL};
    return read_word(r, PHONE, key, words, fallback) == 1;
}

static enum settings_policy read_policy(struct reader *r, const char *group, const char *key,
                                        enum settings_policy fallback)
{
    static const char *const words[] = {"off", "prefer", "require", NULL};
    int word = read_word(r, group, key, words, -1);
    return word < 0 ? fallback : (enum settings_policy)(SETTINGS_OFF + word);
}

static void check_keys(struct reader *r, const char *group, const struct settings_key *known)
{
    char **keys = g_key_file_get_keys(r->file, group, NULL, NULL);

    for (char **key = keys; key && *key; key++) {
        const struct settings_key *same = known;

        while (same->key && strcmp(same->key, *key) != 0)
            same++;
        if (!same->key)
            fail(r, "[%s] %s: there is no such key; see `simauthctl settings --help`", group, *key);
    }
    g_strfreev(keys);
}

bool settings_no_sim(const struct settings *s)
{
    const struct sim_kind *kind = sim_kind_of(s->sim, NULL);

    return kind && kind->password;
}

/* A kind with a place that is not known here is no mistake in the file: the SIM has failed then. */
static void check_sim(struct reader *r, const struct settings *s)
{
    const char *number = s->pin && g_str_has_prefix(s->pin, "fd:") ? s->pin + 3 : "";

    if (s->sim && !strchr(s->sim, ':') && !sim_kind_of(s->sim, NULL))
        fail(r, "[%s] %s=%s: must be one of %s", PHONE, "sim", s->sim, SIM_KINDS_WRITTEN);
    if (settings_no_sim(s) && s->agent != AGENT_ONLY)
        fail(r, "[phone] agent: must be only (or absent): sim=digest:FILE is a password, no SIM");
    if (s->pin && strcmp(s->pin, "ask") && strcmp(s->pin, "none") &&
        (!*number || strlen(number) > 3 || strspn(number, "0123456789") != strlen(number)))
        fail(r, "[phone] pin: must be ask, none or fd:NUMBER; a PIN itself is never kept here");
}

/* "24h", "90m", "3600s", "7d"; "0". */
static int64_t read_lifetime(struct reader *r, const char *key)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    char *value = read_text(r, PHONE, key), *unit = NULL;
    int64_t seconds = value ? -1 : SIMAUTH_SETUP_LIFETIME;
    guint64 number = value && g_ascii_isdigit(*value) ? g_ascii_strtoull(value, &unit, 10) : 0;

    for (size_t i = 0; unit && i < G_N_ELEMENTS(units); i++) {
        if (!strcmp(unit, units[i].unit) && number <= SIMAUTH_SETUP_SIM_LIMIT)
            seconds = (int64_t)number * units[i].seconds;
    }
    if (unit && !*unit && !number)
        seconds = 0;
    if (seconds < 0 || seconds > SIMAUTH_SETUP_SIM_LIMIT) {
        fail(r, "[phone] %s=%s: must be a time such as 24h, 30m or 7d (the longest), or 0", key,
             value);
        seconds = 0;
    }
    g_free(value);
    return seconds;
}

/* As policy.c compares it with what is dialled: without what people write between digits. */
static void take_out_separators(char *number)
{
    char *to = number;

    for (const char *c = number; *c; c++) {
        if (!strchr("-.() ", *c))
            *to++ = *c;
    }
    *to = '\0';
}

/* The person's own list, and what no list takes away: 112 and 911 go through on every phone. */
static char **read_emergency(struct reader *r, bool *listed)
{
    static const char *const always[] = {"112", "911"};
    char **list = read_list(r, "emergency");
    GPtrArray *numbers;

    *listed = list != NULL;
    if (!list)
        return g_strsplit(EMERGENCY, ";", 0);
    numbers = g_ptr_array_new();
    for (char **number = list; *number; number++) {
        take_out_separators(*number);
        if (!strcmp(*number, "+") || strpbrk(*number, ",:@/=?<>"))
            fail(r, "[phone] emergency=%s: must be NUMBER;NUMBER;..., or users of SIP URIs",
                 *number);
        if (**number)
            g_ptr_array_add(numbers, *number);
        else
            g_free(*number);
    }
    g_free(list);
    for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
        g_ptr_array_add(numbers, g_strdup(always[i]));
    g_ptr_array_add(numbers, NULL);
    return (char **)g_ptr_array_free(numbers, FALSE);
}

/* Against which folder would a relative one count? Linphone is started in any. */
static void check_data(struct reader *r, const struct settings *s)
{
    if (s->data && !g_path_is_absolute(s->data))
        fail(r, "[phone] data=%s: must begin with \"/\", as the whole path of a folder", s->data);
}

static void read_phone(struct reader *r, struct settings *s)
{
    static const char *const keys[] = {"auto", "desktop", "file", "memory", "off", NULL};
    static const char *const carriages[] = {"tag", "header", "both", NULL};
    static const char *const asks[] = {"known", "everybody", NULL};
    static const char *const agents[] = {"off", "prefer", "only", NULL};
    static const char *const tickets[] = {"accept", "refuse", NULL};

    if (g_key_file_has_group(r->file, PHONE))
        check_keys(r, PHONE, settings_keys);
    s->enabled = read_switch(r, "enabled", true);
    s->sim = read_text(r, PHONE, "sim");
    s->pin = read_text(r, PHONE, "pin");
    s->gateway = read_text(r, PHONE, "gateway");
    s->ca_file = read_text(r, PHONE, "ca_file");
    s->local_address = read_text(r, PHONE, "local_address");
    s->data = read_text(r, PHONE, "data");
    check_data(r, s);
    s->carriage =
        (enum settings_carriage)(CARRY_TAG + read_word(r, PHONE, "carriage", carriages, 2));
    s->policy = read_policy(r, PHONE, "policy", SETTINGS_PREFER);
    s->sips = read_policy(r, PHONE, "sips", SETTINGS_OFF);
    s->ask = read_word(r, PHONE, "ask", asks, 0) ? ASK_EVERYBODY : ASK_KNOWN;
    s->mark_verified = read_switch(r, "mark_verified", false);
    s->agent = (enum settings_agent)read_word(r, PHONE, "agent", agents,
                                              settings_no_sim(s) ? AGENT_ONLY : AGENT_OFF);
    s->refuse_tickets = read_word(r, PHONE, "tickets", tickets, 0);
    s->keys = (enum settings_keys)read_word(r, PHONE, "keys", keys, KEYS_AUTO);
    s->key_lifetime = read_lifetime(r, "key_lifetime");
    s->emergency = read_emergency(r, &s->emergency_listed);
    if (!s->data)
        s->data = g_build_filename(g_get_user_data_dir(), "simauth", NULL);
    check_sim(r, s);
}

static bool is_part(const char *word)
{
    static const char *const parts[] = {"all", "addresses", "bandwidth", "addresses+bandwidth",
                                        NULL};

    return g_strv_contains(parts, word);
}

static void read_parts(struct reader *r, struct settings *s)
{
    s->e2m_parts = read_list(r, "e2m_parts");
    for (char **entry = s->e2m_parts; entry && *entry; entry++) {
        const char *part = strchr(*entry, '=');
        if (!part || part == *entry || !is_part(part + 1))
            fail(r,
                 "[phone] e2m_parts=%s: must be DOMAIN=all, DOMAIN=addresses, DOMAIN=bandwidth or "
                 "DOMAIN=addresses+bandwidth",
                 *entry);
    }
}

/* "DOMAIN=FILE;DOMAIN=FILE" */
static char **read_files_of_domains(struct reader *r, const char *key)
{
    char **list = read_list(r, key);

    for (char **entry = list; entry && *entry; entry++) {
        if (**entry == '=' || !strchr(*entry, '='))
            fail(r, "[phone] %s=%s: must be DOMAIN=FILE", key, *entry);
    }
    return list;
}

/* Two certificates for one server would leave open which of them it reads with. */
static void domains_once(struct reader *r, const char *key, char **list)
{
    for (char **entry = list; entry && *entry; entry++) {
        size_t len = strcspn(*entry, "=") + 1;

        for (char **other = list; other < entry; other++) {
            if (!g_ascii_strncasecmp(*other, *entry, len))
                fail(r, "[phone] %s=%s: each domain once; leave one of its files", key, *entry);
        }
    }
}

static void read_e2m(struct reader *r, struct settings *s)
{
    static const char *const missing[] = {"accept", "refuse", NULL};

    s->e2m = read_policy(r, PHONE, "e2m", SETTINGS_OFF);
    s->e2m_certificate = read_text(r, PHONE, "e2m_certificate");
    s->e2m_key = read_text(r, PHONE, "e2m_key");
    s->e2m_ca_file = read_text(r, PHONE, "e2m_ca_file");
    s->e2m_signed = read_switch(r, "e2m_signed", false);
    s->e2m_want_lists = read_word(r, PHONE, "e2m_revoked_missing", missing, 0) == 1;
    s->e2m_authorities = read_files_of_domains(r, "e2m_authorities");
    s->e2m_servers = read_files_of_domains(r, "e2m_servers");
    domains_once(r, "e2m_servers", s->e2m_servers);
    s->e2m_accept = read_list(r, "e2m_accept");
    read_parts(r, s);
    if (!s->e2m_certificate != !s->e2m_key)
        fail(r, "[phone] e2m_certificate, e2m_key: both or neither");
}

static void read_party(struct reader *r, const char *group, const char *uri,
                       struct settings_party *party)
{
    static const char *const switches[] = {"false", "true", NULL};
    static const char *const asks[] = {"yes", NULL};
    char *nai;

    check_keys(r, group, settings_party_keys);
    if (simauth_aor_canonical(uri, party->aor) != SIMAUTH_OK)
        fail(r, "[%s]: \"%s\" is no SIP address such as sip:bob@example.org", group, uri);
    party->policy = read_policy(r, group, "policy", SETTINGS_UNSET);
    party->sips = read_policy(r, group, "sips", SETTINGS_UNSET);
    party->e2m = read_policy(r, group, "e2m", SETTINGS_UNSET);
    party->certificate = read_text(r, group, "certificate");
    party->first_key = read_word(r, group, "first_key", switches, 0) == 1;
    party->ask = read_word(r, group, "ask", asks, -1) == 0;
    nai = read_text(r, group, "nai");
    if (nai && simauth_nai_check(nai) != SIMAUTH_OK)
        fail(r, "[%s] nai=%s: must be user@operator with the operator in lower case", group, nai);
    if (nai && !r->failed)
        g_strlcpy(party->nai, nai, sizeof(party->nai));
    g_free(nai);
}

/* Every group that begins with `kind`: the rest of its name is the address. */
static void read_parties(struct reader *r, const char *kind, struct settings_party **parties,
                         size_t *count)
{
    size_t n = 0, prefix = strlen(kind);
    char **groups = g_key_file_get_groups(r->file, &n);

    *parties = g_new0(struct settings_party, n + 1);
    for (char **group = groups; *group; group++) {
        if (!strncmp(*group, kind, prefix) && (*group)[prefix] == ' ')
            read_party(r, *group, *group + prefix + 1, *parties + (*count)++);
    }
    g_strfreev(groups);
}

static void check_groups(struct reader *r)
{
    char **groups = g_key_file_get_groups(r->file, NULL);

    for (char **group = groups; *group; group++) {
        if (strcmp(*group, PHONE) && !g_str_has_prefix(*group, "account ") &&
            !g_str_has_prefix(*group, "peer "))
            fail(r,
                 "[%s]: there is no such group; [phone], [account ADDRESS] and [peer ADDRESS] are",
                 *group);
    }
    g_strfreev(groups);
}

static _Atomic uint64_t last_number;

static struct settings *read_all(struct reader *r)
{
    struct settings *s = g_new0(struct settings, 1);

    s->refs = 1;
    s->number = ++last_number;
    check_groups(r);
    read_phone(r, s);
    read_e2m(r, s);
    read_parties(r, "account", &s->accounts, &s->account_count);
    read_parties(r, "peer", &s->peers, &s->peer_count);
    if (r->failed) {
        settings_unref(s);
        return NULL;
    }
    return s;
}

/* The first `lines` lines of `text`, or all of it. */
static size_t lines_of(const char *text, size_t len, size_t lines)
{
    const char *end = text;

    while (lines > 0 && (end = memchr(end, '\n', len - (size_t)(end - text)))) {
        end++;
        lines--;
    }
    return end ? (size_t)(end - text) : len;
}

/* Which line GKeyFile stumbled over: it does not say, so the file is given to it in halves. */
static size_t line_of_mistake(const char *text, size_t len)
{
    size_t good = 0, bad = 1;

    for (size_t i = 0; i < len; i++)
        bad += text[i] == '\n';
    while (good + 1 < bad) {
        size_t middle = good + (bad - good) / 2;
        GKeyFile *part = g_key_file_new();
        size_t part_len = lines_of(text, len, middle);

        if (g_key_file_load_from_data(part, text, part_len, G_KEY_FILE_NONE, NULL))
            good = middle;
        else
            bad = middle;
        g_key_file_free(part);
    }
    return bad;
}

struct settings *settings_parse(const char *text, size_t len, const char *path, char *error)
{
    struct reader r = {.file = g_key_file_new(), .path = path, .error = error};
    struct settings *s = NULL;
    GError *problem = NULL;

    *error = '\0';
    if (len && memchr(text, '\0', len)) /* what a disk leaves of a file that was being written */
        fail(&r, "this is no text (it has octets of zero): write it anew");
    else if (len && !g_key_file_load_from_data(r.file, text, len, G_KEY_FILE_NONE, &problem))
        fail(&r, "line %zu: %s", line_of_mistake(text, len), problem->message);
    else
        s = read_all(&r);
    if (!s)
        readable_copy(error, error, SETTINGS_ERROR_MAX);
    g_clear_error(&problem);
    g_key_file_free(r.file);
    return s;
}

int64_t settings_stamp(const char *path)
{
    struct stat about;

    if (stat(path, &about) == 0)
        return about.st_mtim.tv_sec * 1000000000LL + about.st_mtim.tv_nsec;
    return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

static char *read_file(const char *path, size_t *len, char *error)
{
    GError *problem = NULL;
    char *text = NULL;

    if (!small_file_read(path, SMALL_FILE_MAX, &text, len, &problem)) {
        g_snprintf(error, SETTINGS_ERROR_MAX, "%s; make it with `simauthctl settings set sim ...`",
                   problem->message);
        readable_copy(error, error, SETTINGS_ERROR_MAX);
        g_error_free(problem);
    }
    return text;
}

struct settings *settings_read(const char *path, char *error)
{
    size_t len = 0;
    char *text = read_file(path, &len, error);
    struct settings *s = text ? settings_parse(text, len, path, error) : NULL;

    g_free(text);
    return s;
}

static struct settings *built_in(const char *text, size_t len)
{
    static const char require[] = "[phone]\nask=everybody\npolicy=require\n";
    static const char prefer[] = "[phone]\nask=everybody\n";
    bool wanted = !text || !len || memmem(text, len, "require", 7) || memchr(text, '\0', len);
    const char *use = wanted ? require : prefer;
    char error[SETTINGS_ERROR_MAX];
    struct settings *s = settings_parse(use, strlen(use), "built in", error);

    if (s)
        s->built_in = true;
    return s;
}

struct settings *settings_fallback(const char *text, size_t len, const char *good, const char *copy,
                                   const char *problem)
{
    char error[SETTINGS_ERROR_MAX];
    struct settings *s = good ? settings_parse(good, strlen(good), copy, error) : NULL;

    if (!s)
        s = settings_read(copy, error);
    if (!s)
        s = built_in(text, len);
    if (s)
        s->problem = g_strdup(problem);
    return s;
}

/* A file without an octet is what is left of one whose writing was cut short, where something stood
 * there before; where nothing ever did it is a phone with everything as it comes. */
static bool was_emptied(const char *good, const char *copy)
{
    struct stat about;

    return good ? *good != '\0' : stat(copy, &about) == 0 && about.st_size > 0;
}

struct settings *settings_current(const char *path, const char *copy, char **good, bool *fresh,
                                  char *error)
{
    size_t len = 0;
    char *text = read_file(path, &len, error);
    struct settings *s = text ? settings_parse(text, len, path, error) : NULL;

    *fresh = false;
    if (s && len == 0 && was_emptied(*good, copy)) {
        settings_unref(s);
        s = NULL;
        g_snprintf(error, SETTINGS_ERROR_MAX,
                   "%s: is empty, and was not: write it anew, or remove it", path);
        readable_copy(error, error, SETTINGS_ERROR_MAX);
    }
    if (!s) {
        s = settings_fallback(text, len, *good, copy, error);
    } else if (g_strcmp0(text, *good) != 0) {
        *fresh = true;
        g_free(*good);
        *good = g_steal_pointer(&text);
    }
    g_free(text);
    return s;
}

char *settings_default_path(void)
{
    return g_build_filename(g_get_user_config_dir(), "simauth", "simauth.conf", NULL);
}

struct settings *settings_ref(struct settings *s)
{
    g_atomic_int_inc(&s->refs);
    return s;
}

void settings_unref(struct settings *s)
{
    if (!s || !g_atomic_int_dec_and_test(&s->refs))
        return;
    g_free(s->sim);
    g_free(s->pin);
    g_free(s->gateway);
    g_free(s->ca_file);
    g_free(s->local_address);
    g_free(s->data);
    g_free(s->problem);
    g_strfreev(s->emergency);
    g_free(s->e2m_certificate);
    g_free(s->e2m_key);
    g_free(s->e2m_ca_file);
    g_strfreev(s->e2m_authorities);
    g_strfreev(s->e2m_servers);
    g_strfreev(s->e2m_parts);
    g_strfreev(s->e2m_accept);
    for (size_t i = 0; i < s->account_count; i++)
        g_free(s->accounts[i].certificate);
    for (size_t i = 0; i < s->peer_count; i++)
        g_free(s->peers[i].certificate);
    g_free(s->accounts);
    g_free(s->peers);
    g_free(s);
}

static const struct settings_party *find(const struct settings_party *parties, size_t count,
                                         const char *aor)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(parties[i].aor, aor))
            return &parties[i];
    }
    return NULL;
}

const struct settings_party *settings_account(const struct settings *s, const char *aor)
{
    return find(s->accounts, s->account_count, aor);
}

const struct settings_party *settings_peer(const struct settings *s, const char *aor)
{
    return find(s->peers, s->peer_count, aor);
}

const char *settings_policy_name(enum settings_policy policy)
{
    static const char *const names[] = {"unset", "off", "prefer", "require"};
    return names[policy];
}
