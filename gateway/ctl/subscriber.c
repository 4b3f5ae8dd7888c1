/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* subscriber add, import, list, show, remove. */
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

static enum store_result add_one(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->subscriber_add(ctl->gateway.store, data);
}

/* --algorithm and --2g; what the keys must be is seen when they are read. */
static int read_algorithm(struct ctl *ctl, struct store_keys *keys)
{
    const char *name = ctl_option(ctl, "algorithm");
    const struct algorithm *a = name ? algorithm_find(name) : NULL;

    if (name && !a)
        return ctl_fail("--algorithm: %s is none of milenage, tuak, comp128v1, comp128v2, "
                        "comp128v3, xor",
                        name);
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
static int read_keys(struct ctl *ctl, struct store_subscriber *s)
{
    const char *path = ctl_option(ctl, "keys"), *name = ctl_option(ctl, "algorithm");

    if (ctl->gateway.config->auc) {
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

static int add(struct ctl *ctl)
{
    const struct config *config = ctl->gateway.config;
    struct store_subscriber s = {.sim_since = (int64_t)time(NULL)};
    const char *since = ctl_option(ctl, "sim-since");
    int mnc_digits, result = 1;

    g_strlcpy(s.imsi, ctl->words[0], sizeof s.imsi);
    memcpy(s.keys.amf, config->amf, sizeof s.keys.amf);
    if (strlen(ctl->words[0]) > STORE_IMSI_MAX)
        return ctl_fail("an IMSI has 6 to 15 digits");
    if (since && (s.sim_since = ctl_date(since)) < 0)
        return ctl_fail("--sim-since must be a date, YYYY-MM-DD");
    if (ctl_number(ctl, "mnc-digits", keys_file_mnc_digits(s.imsi), 2, 3, &mnc_digits) != 0 ||
        make_impi(&s, mnc_digits) != 0 || make_nai(config, ctl_option(ctl, "nai"), &s) != 0 ||
        read_keys(ctl, &s) != 0)
        goto out;
    result = ctl_change(ctl, add_one, &s, s.nai);
    if (result == 0)
        printf("%s\n", s.nai);
out:
    store_subscriber_wipe(&s);
    return result;
}

/* -- import --------------------------------------------------------------------------------------
 */

#define PROGRESS_ROWS 1000

struct import {
    FILE *file;
    const char *name;
    long line, added;
};

/* imsi,k,opc|op,value[,amf[,nai[,sqn]]] */
static int import_row(struct ctl *ctl, char *row, struct store_subscriber *s)
{
    const struct config *config = ctl->gateway.config;
    char **fields = g_strsplit(g_strchomp(row), ",", -1);
    guint count = g_strv_length(fields);
    int result = -1;

    memset(s, 0, sizeof *s);
    memcpy(s->keys.amf, config->amf, sizeof s->keys.amf);
    s->sim_since = (int64_t)time(NULL);
    if (count < 4 || count > 7 || strlen(fields[0]) > STORE_IMSI_MAX)
        goto out;
    g_strlcpy(s->imsi, fields[0], sizeof s->imsi);
    s->keys.op_is_opc = strcmp(fields[2], "opc") == 0;
    if (!ctl_hex(fields[1], s->keys.k, 16) || !ctl_hex(fields[3], s->keys.op, 16) ||
        (!s->keys.op_is_opc && strcmp(fields[2], "op") != 0) ||
        (count > 4 && fields[4][0] && !ctl_hex(fields[4], s->keys.amf, 2)) ||
        s->keys.amf[0] & 0x80 || make_impi(s, keys_file_mnc_digits(s->imsi)) != 0 ||
        make_nai(config, count > 5 && fields[5][0] ? fields[5] : NULL, s) != 0)
        goto out;
    if (count > 6)
        s->sqn = strtoull(fields[6], NULL, 10) & ((UINT64_C(1) << 48) - 1);
    result = 0;
out:
    for (guint i = 0; i < count; i++)
        OPENSSL_cleanse(fields[i], strlen(fields[i]));
    g_strfreev(fields);
    return result;
}

static enum store_result import_all(struct ctl *ctl, void *data)
{
    struct import *import = data;
    struct store_subscriber s;
    enum store_result result = STORE_OK;
    char row[1024];

    while (result == STORE_OK && fgets(row, sizeof row, import->file)) {
        import->line++;
        if (row[0] == '#' || row[0] == '\n' || strncmp(row, "imsi,", 5) == 0)
            continue;
        if (import_row(ctl, row, &s) != 0) {
            ctl_fail("%s line %ld: not imsi,k,opc|op,VALUE[,amf[,nai[,sqn]]]", import->name,
                     import->line);
            result = STORE_FAILED;
        } else {
            result = ctl->gateway.ops->subscriber_add(ctl->gateway.store, &s);
            import->added += result == STORE_OK;
        }
        if (import->added % PROGRESS_ROWS == 0 && isatty(STDERR_FILENO))
            fprintf(stderr, "\r%ld subscribers", import->added);
    }
    OPENSSL_cleanse(row, sizeof row);
    store_subscriber_wipe(&s);
    if (result == STORE_EXISTS)
        ctl_fail("%s line %ld: this IMSI or NAI is there already; nothing was imported",
                 import->name, import->line);
    return result;
}

static int import_csv(struct ctl *ctl)
{
    struct import import = {.name = ctl->words[0]};
    int result;

    import.file = strcmp(import.name, "-") == 0 ? stdin : fopen(import.name, "r");
    if (!import.file)
        return ctl_fail("%s: %s", import.name, g_strerror(errno));
    result = ctl_change(ctl, import_all, &import, import.name);
    if (import.file != stdin)
        fclose(import.file);
    if (result == 0)
        printf("%ld subscribers\n", import.added);
    return result;
}

/* -- list, show, remove --------------------------------------------------------------------------
 */

static int print_row(const struct store_subscriber *s, void *data)
{
    const struct ctl *ctl = data;
    const struct algorithm *algorithm = algorithm_of(&s->keys);
    const char *method = s->keys.gsm ? "gsm" : s->keys.akap ? "akap" : "aka";
    const char *name = algorithm ? algorithm->name : "unknown";
    const char *weak = algorithm && algorithm->weak ? "weak" : "";
    char since[24];

    ctl_time_text(s->sim_since, since);
    since[10] = '\0';
    if (!ctl->json) {
        printf("%-15s  %-40s  %s  %-6s  %llu%s%s\n", s->imsi, s->nai, since, method,
               (unsigned long long)s->sqn, *weak ? "  weak: " : "", *weak ? name : "");
    } else {
        json_t *object =
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:b}", "imsi", s->imsi, "impi", s->impi,
                      "nai", s->nai, "sim_since", since, "method", method, "sqn",
                      (json_int_t)s->sqn, "algorithm", name, "weak", *weak != '\0');

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
        return ctl_store(result, "subscribers");
    if (!ctl->json)
        printf("%-15s  %-40s  %-10s  %-6s  %s\n", "IMSI", "NAI", "SIM since", "Method", "SQN");
    result = gateway->ops->subscriber_list(gateway->store, print_row, ctl);
    gateway->ops->rollback(gateway->store);
    return ctl_store(result, "subscribers");
}

static int print_aor(const struct store_binding *binding, void *data)
{
    (void)data;
    printf("  %s\n", binding->aor);
    return 0;
}

static int show(struct ctl *ctl)
{
    struct gateway *gateway = &ctl->gateway;
    struct store_subscriber s;
    enum store_result result = gateway->ops->begin(gateway->store, false);

    if (result != STORE_OK)
        return ctl_store(result, ctl->words[0]);
    result = gateway->ops->subscriber_by_imsi(gateway->store, ctl->words[0], &s);
    if (result == STORE_OK) {
        print_row(&s, ctl);
        if (!ctl->json)
            result = gateway->ops->binding_list(gateway->store, s.id, print_aor, NULL);
    }
    gateway->ops->rollback(gateway->store);
    store_subscriber_wipe(&s);
    return ctl_store(result, ctl->words[0]);
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
     "IMSI [--keys FILE|-] [--nai NAI] [--algorithm A] [--2g] [--sim-since DATE]",
     " keys= algorithm= 2g nai= mnc-digits= sim-since= ",
     "add one SIM (--mnc-digits 2|3; A: milenage, tuak, comp128v1..3, xor; --2g: no USIM); lines "
     "k,\n"
     "      opc|op|topc|top; amf, c1..c5, r1..r5, keccak, method; none with an HLR",
     1, false, add},
    {"subscriber", "import", "FILE|-", "",
     "add many from CSV: imsi,k,opc|op,VALUE[,amf[,nai[,sqn]]]; all or none", 1, false, import_csv},
    {"subscriber", "list", "[--json]", " json ", "list SIMs; never their keys", 0, false, list},
    {"subscriber", "show", "IMSI [--json]", " json ", "one SIM and its addresses", 1, false, show},
    {"subscriber", "remove", "IMSI", "", "remove a SIM, its sessions and its addresses", 1, false,
     remove_subscriber},
    {0}};
