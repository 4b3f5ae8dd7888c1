/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* subscriber add, list, show, remove. */
#include "../auc/algorithm.h"
#include "ctl.h"
#include "keys_file.h"

#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int make_impi(struct store_subscriber *s, int mnc_digits)
{
    size_t len = strlen(s->imsi);

    if (len < 6 || len > STORE_IMSI_MAX || strspn(s->imsi, "0123456789") != len)
        return ctl_fail("an IMSI has 6 to 15 digits");
    snprintf(s->impi, sizeof s->impi, "%s@ims.mnc%s%.*s.mcc%.3s.3gppnetwork.org", s->imsi,
             mnc_digits == 2 ? "0" : "", mnc_digits, s->imsi + 3, s->imsi);
    return 0;
}

/* The given one, or a name that says nothing of the IMSI. */
static int make_nai(const struct config *config, const char *given, struct store_subscriber *s)
{
    uint8_t random[8];
    char text[2 * sizeof random + 1];

    if (given) {
        if (simauth_nai_check(given) != SIMAUTH_OK)
            return ctl_fail("\"%s\" is no NAI (user@realm, realm in lower case)", given);
        if (!config_own_realm(config, simauth_nai_realm(given)))
            return ctl_fail("the realm of %s is none of [operator] realms", given);
        g_strlcpy(s->nai, given, sizeof s->nai);
        return 0;
    }
    if (RAND_bytes(random, sizeof random) != 1)
        return ctl_fail("no random octets");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(text + 2 * i, 3, "%02x", random[i]);
    snprintf(s->nai, sizeof s->nai, "s%s@%s", text, config->realms[0]);
    return 0;
}

/* Without a SIM: NAME@home network, as in the SIP credentials of an IMS (TS 33.203 annex N). */
static int make_impi_without(const struct config *config, struct store_subscriber *s)
{
    static const char *const allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(s->imsi);

    if (!g_ascii_isalpha(s->imsi[0]) || len > STORE_IMSI_MAX || strspn(s->imsi, allowed) != len)
        return ctl_fail("a subscriber without a SIM has a name of 1 to 15 letters, digits, dots, "
                        "hyphens, of which the first is a letter");
    if (snprintf(s->impi, sizeof s->impi, "%s@%s", s->imsi, config->realms[0]) >=
        (int)sizeof s->impi)
        return ctl_fail("%s is too long beside the name", config->realms[0]);
    return 0;
}

int ctl_subscriber_names_without(const struct ctl *ctl, struct store_subscriber *s, const char *nai)
{
    s->keys.algorithm = STORE_NO_SIM;
    return make_impi_without(ctl->gateway.config, s) == 0 ? make_nai(ctl->gateway.config, nai, s)
                                                          : 1;
}

int ctl_subscriber_names(const struct ctl *ctl, struct store_subscriber *s, int mnc_digits,
                         const char *nai)
{
    return make_impi(s, mnc_digits) == 0 ? make_nai(ctl->gateway.config, nai, s) : 1;
}

static enum store_result add_one(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->subscriber_add(ctl->gateway.store, data);
}

/* --algorithm and --2g; what the keys must be is seen when they are read. */
static int read_algorithm(const struct ctl *ctl, struct store_keys *keys)
{
    const char *name = ctl_option(ctl, "algorithm");
    const struct algorithm *a = name ? algorithm_find(name) : NULL;

    if (name && !a)
        return ctl_fail("--algorithm: %s is none of milenage, tuak, comp128v1, comp128v2, "
                        "comp128v3, xor",
                        name);
    if (a && a->number == STORE_NO_SIM)
        return ctl_fail("--algorithm %s: say --no-sim instead", name);
    keys->gsm = ctl_option(ctl, "2g") || (a && a->only_2g);
    if (a && a->number != STORE_TUAK)
        keys->algorithm = a->number;
    if (keys->gsm && !ctl->gateway.config->allow_2g)
        return ctl_fail("this is a 2G SIM, and [auc] allow_2g is false");
    if (!algorithm_allowed(keys, ctl->gateway.config->weak_allowed))
        return ctl_fail("%s is weak: %s. Change the SIM; or, knowing that, put %s into [auc] "
                        "weak_algorithms",
                        a->name, a->weak, a->name);
    return 0;
}

/* Where an HLR makes the vectors, this gateway has no keys. */
int ctl_subscriber_keys(const struct ctl *ctl, struct store_subscriber *s)
{
    const char *path = ctl_option(ctl, "keys"), *name = ctl_option(ctl, "algorithm");

    if (config_has_keys(ctl->gateway.config)) {
        if (read_algorithm(ctl, &s->keys) != 0 || keys_file_read(path, s) != 0)
            return 1;
        if (name && strcmp(algorithm_of(&s->keys)->name, name) != 0)
            return ctl_fail("--algorithm %s: these are keys of %s", name,
                            algorithm_of(&s->keys)->name);
        return 0;
    }
    if (name || ctl_option(ctl, "2g"))
        return ctl_fail("[auc] type is an HLR, which is not asked for the triplets of 2G SIMs");
    return path ? ctl_fail("--keys: [auc] type is an HLR, which keeps the keys itself") : 0;
}

static int read_password(struct ctl *ctl, struct store_subscriber *s)
{
    if (ctl_option(ctl, "algorithm") || ctl_option(ctl, "2g") || ctl_option(ctl, "mnc-digits"))
        return ctl_fail("--no-sim: --algorithm, --2g and --mnc-digits are of SIMs");
    if (!ctl->gateway.config->allow_password)
        return ctl_fail("this subscriber has no SIM, and [auc] allow_password is false");
    if (ctl_subscriber_names_without(ctl, s, ctl_option(ctl, "nai")) != 0)
        return 1;
    return password_file_read(ctl_option(ctl, "keys"), s);
}

static int read_sim(struct ctl *ctl, struct store_subscriber *s)
{
    int mnc_digits;

    if (ctl_number(ctl, "mnc-digits", keys_file_mnc_digits(s->imsi), 2, 3, &mnc_digits) != 0 ||
        ctl_subscriber_names(ctl, s, mnc_digits, ctl_option(ctl, "nai")) != 0)
        return 1;
    return ctl_subscriber_keys(ctl, s);
}

static int add(struct ctl *ctl)
{
    const struct config *config = ctl->gateway.config;
    struct store_subscriber s = {.sim_since = (int64_t)time(NULL)};
    const char *since = ctl_option(ctl, "sim-since");
    bool without = ctl_option(ctl, "no-sim");
    int result = 1;

    g_strlcpy(s.imsi, ctl->words[0], sizeof s.imsi);
    memcpy(s.keys.amf, config->amf, sizeof s.keys.amf);
    if (strlen(ctl->words[0]) > STORE_IMSI_MAX)
        return ctl_fail(without ? "a name has at most 15 characters"
                                : "an IMSI has 6 to 15 digits");
    if (since && (s.sim_since = ctl_date(since)) < 0)
        return ctl_fail("--sim-since must be a date, YYYY-MM-DD");
    if ((without ? read_password(ctl, &s) : read_sim(ctl, &s)) != 0)
        goto out;
    result = ctl_change(ctl, add_one, &s, s.nai);
    if (result == 0)
        printf("%s\n", s.nai);
out:
    store_subscriber_wipe(&s);
    return result;
}

/* -- list, show, remove ------------------------------------------------------------------------ */

#define PAGE 1000

static const struct ctl_column columns[] = {{"IMSI", "imsi", 15, CTL_TEXT},
                                            {"NAI", "nai", 0, CTL_TEXT},
                                            {"SIM since", "sim_since", 10, CTL_DAY},
                                            {"Method", "method", 6, CTL_TEXT},
                                            {"State", "state", 7, CTL_TEXT},
                                            {"Algorithm", "algorithm", 9, CTL_TEXT},
                                            {"Weak", "weak", 4, CTL_FLAG},
                                            {"SQN", "sqn", 15, CTL_NUMBER},
                                            {0}};

struct page {
    const struct ctl *ctl;
    char last[STORE_IMSI_MAX + 1];
    int count;
};

static int print_row(const struct store_subscriber *s, void *data)
{
    struct page *page = data;
    const struct algorithm *algorithm = algorithm_of(&s->keys);

    ctl_row(page->ctl, columns, s->imsi, s->nai, s->sim_since,
            s->keys.algorithm == STORE_NO_SIM ? "agt"
            : s->keys.gsm                     ? "gsm"
            : s->keys.akap                    ? "akap"
                                              : "aka",
            s->barred ? "revoked" : "good",
            store_keys_elsewhere(&s->keys) ? "elsewhere"
            : algorithm                    ? algorithm->name
                                           : "unknown",
            (int)(algorithm && algorithm->weak), (int64_t)s->sqn);
    g_strlcpy(page->last, s->imsi, sizeof page->last);
    page->count++;
    return 0;
}

static enum store_result list_pages(struct ctl *ctl, void *data)
{
    struct page page = {.ctl = ctl, .count = PAGE};
    enum store_result result = STORE_OK;
    char after[STORE_IMSI_MAX + 1];

    (void)data;
    while (result == STORE_OK && page.count == PAGE) {
        g_strlcpy(after, page.last, sizeof after);
        page.count = 0;
        result =
            ctl->gateway.ops->subscriber_list(ctl->gateway.store, after, PAGE, print_row, &page);
    }
    return result;
}

static int list(struct ctl *ctl)
{
    ctl_heading(ctl, columns);
    return ctl_look(ctl, list_pages, NULL, "subscribers");
}

static int print_aor(const struct store_binding *binding, void *data)
{
    char until[24];

    (void)data;
    ctl_time_text(binding->until, until);
    printf("  %s  %s%.10s\n", binding->aor,
           binding->until == STORE_FOREVER ? "by the operator" : "until ",
           binding->until == STORE_FOREVER ? "" : until);
    return 0;
}

static enum store_result show_one(struct ctl *ctl, void *data)
{
    struct gateway *gateway = &ctl->gateway;
    struct page page = {.ctl = ctl};
    struct store_subscriber s = {0};
    enum store_result result = gateway->ops->subscriber_by_imsi(gateway->store, data, &s);
    const struct store_binding_filter mine = {.subscriber = s.id};

    if (result == STORE_OK) {
        ctl_heading(ctl, columns);
        print_row(&s, &page);
        if (!ctl->json)
            result = gateway->ops->binding_list(gateway->store, &mine, print_aor, NULL);
    }
    store_subscriber_wipe(&s);
    return result;
}

static int show(struct ctl *ctl)
{
    return ctl_look(ctl, show_one, (void *)(uintptr_t)ctl->words[0], ctl->words[0]);
}

static enum store_result remove_one(struct ctl *ctl, void *data)
{
    struct gateway *gateway = &ctl->gateway;
    struct store_subscriber s;
    enum store_result result = gateway->ops->subscriber_by_imsi(gateway->store, data, &s);

    if (result == STORE_OK)
        result = gateway->ops->subscriber_remove(gateway->store, s.id);
    store_subscriber_wipe(&s);
    return result;
}

static int remove_subscriber(struct ctl *ctl)
{
    return ctl_change(ctl, remove_one, (void *)(uintptr_t)ctl->words[0], ctl->words[0]);
}

const struct ctl_command ctl_subscriber_commands[] = {
    {"subscriber", "add",
     "IMSI [--keys FILE|-] [--nai NAI] [--algorithm A] [--2g|--no-sim] [--sim-since DATE]",
     " keys= algorithm= 2g no-sim nai= mnc-digits= sim-since= ",
     "add one SIM (--mnc-digits 2|3; A: milenage, tuak, comp128v1..3, xor; --2g: no USIM); lines "
     "k,\n"
     "      opc|op|topc|top; amf, c1..c5, r1..r5, keccak, method; none with an HLR; --no-sim: a "
     "name,\n"
     "      no IMSI, and one line password= or ha1= (SHA-256 of NAME@REALM:REALM:password)",
     1, false, add},
    {"subscriber", "list", "[--json]", " json ", "list SIMs; never their keys", 0, false, list},
    {"subscriber", "show", "IMSI [--json]", " json ", "one SIM and its addresses", 1, false, show},
    {"subscriber", "remove", "IMSI", "", "remove a SIM, its sessions and its addresses", 1, false,
     remove_subscriber},
    {0}};
