/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim issue, new, offer: software SIMs; revoke, restore, changed: any. */
#include "../auc/algorithm.h"
#include "../soft_sim.h"
#include "ctl.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OFFER_DAYS 7
#define TRIES 8 /* to find an IMSI that nobody has */

struct sim {
    const char *imsi;
    struct store_subscriber s; /* wiped by whoever made this */
    struct store_keys keys;    /* of another card; wiped with it */
    char aor[SIMAUTH_AOR_MAX + 1];
    bool fresh;
    int64_t now;
    struct store_code code;
};

static int no_keys(const struct ctl *ctl)
{
    return config_has_keys(ctl->gateway.config)
               ? 0
               : ctl_fail("[auc] type is an HLR, which keeps the keys: issue the SIM there");
}

static int first_aor(const struct store_binding *binding, void *data)
{
    g_strlcpy(data, binding->aor, SIMAUTH_AOR_MAX + 1);
    return 1;
}

static enum store_result find(struct ctl *ctl, void *data)
{
    const struct gateway *gateway = &ctl->gateway;
    struct sim *sim = data;
    enum store_result result = gateway->ops->subscriber_by_imsi(gateway->store, sim->imsi, &sim->s);
    const struct store_binding_filter mine = {.subscriber = sim->s.id};

    return result == STORE_OK
               ? gateway->ops->binding_list(gateway->store, &mine, first_aor, sim->aor)
               : result;
}

/* -- issue: a file with the keys --------------------------------------------------------------- */

static int issue(struct ctl *ctl)
{
    struct sim sim = {.imsi = ctl->words[0]};
    char *text = NULL;
    int status = 1;

    if (no_keys(ctl) != 0 || ctl_look(ctl, find, &sim, ctl->words[0]) != 0)
        goto out;
    if (sim.s.keys.algorithm == STORE_NO_SIM) {
        ctl_fail("this subscriber has a password and no SIM");
        goto out;
    }
    if (store_keys_elsewhere(&sim.s.keys)) {
        ctl_fail("%s", auc_result_name(AUC_NO_KEYS));
        goto out;
    }
    if (!soft_sim_can(&sim.s.keys)) {
        ctl_fail("this SIM is a USIM with %s, which a software SIM is not",
                 algorithm_of(&sim.s.keys)->name);
        goto out;
    }
    text = soft_sim_text(ctl->gateway.config, &sim.s, sim.aor);
    if (text)
        status = ctl_write_private(ctl->words[1], text);
out:
    soft_sim_text_free(text);
    store_subscriber_wipe(&sim.s);
    return status;
}

/* -- new, offer: a code that is used once ------------------------------------------------------ */

/* A SIM of no card: keys of its own, made anew when it is activated. */
static int make_fresh(struct ctl *ctl, struct store_subscriber *s)
{
    uint64_t number;

    if (RAND_bytes((unsigned char *)&number, sizeof number) != 1 ||
        RAND_bytes(s->keys.k, sizeof s->keys.k) != 1 ||
        RAND_bytes(s->keys.op, sizeof s->keys.op) != 1)
        return ctl_fail("no random octets");
    s->keys.op_is_opc = true;
    memcpy(s->keys.amf, ctl->gateway.config->amf, sizeof s->keys.amf);
    s->sim_since = (int64_t)time(NULL);
    snprintf(s->imsi, sizeof s->imsi, SOFT_SIM_NETWORK "%010llu",
             (unsigned long long)(number % UINT64_C(10000000000)));
    return ctl_subscriber_names(ctl, s, 2, ctl_option(ctl, "nai"));
}

static enum store_result add_fresh(struct ctl *ctl, struct sim *sim)
{
    const struct gateway *gateway = &ctl->gateway;
    struct store_binding binding = {.by = "operator", .since = sim->now, .until = STORE_FOREVER};
    enum store_result result = gateway->ops->subscriber_add(gateway->store, &sim->s);

    if (result != STORE_OK || !sim->aor[0])
        return result;
    g_strlcpy(binding.aor, sim->aor, sizeof binding.aor);
    binding.subscriber = sim->s.id;
    result = gateway->ops->binding_add(gateway->store, &binding);
    return result == STORE_OK ? ctl_event(ctl, sim->aor, sim->s.nai, "bound") : result;
}

static enum store_result offer_one(struct ctl *ctl, void *data)
{
    const struct gateway *gateway = &ctl->gateway;
    struct sim *sim = data;
    enum store_result result = sim->fresh ? add_fresh(ctl, sim) : find(ctl, sim);

    sim->code.subscriber = sim->s.id;
    if (result == STORE_OK && (sim->s.barred || sim->s.keys.algorithm == STORE_NO_SIM ||
                               store_keys_elsewhere(&sim->s.keys)))
        result = STORE_NONE;
    if (result == STORE_OK)
        result = gateway->ops->code_put(gateway->store, &sim->code);
    return result == STORE_OK ? ctl_event(ctl, "", sim->s.nai, "SIM offered") : result;
}

static int code_to_file(const struct ctl *ctl, const struct sim *sim, const char *file)
{
    char text[SOFT_SIM_CODE_MAX];
    int result;

    soft_sim_code_text(ctl->gateway.config, &sim->code, text);
    result = ctl_write_private(file, text);
    OPENSSL_cleanse(text, sizeof text);
    return result;
}

/* Into a file that is the person's alone: before it holds, for then the older one is void. */
static int offer_code(struct ctl *ctl, struct sim *sim, const char *what)
{
    const char *file = ctl_option(ctl, "file");
    int result;

    if (file && code_to_file(ctl, sim, file) != 0)
        return 1;
    result = ctl_change(ctl, offer_one, sim, what);
    if (result != 0 && file)
        unlink(file);
    return result;
}

/* To a person on standard output. */
static void print_code(struct ctl *ctl, const struct sim *sim)
{
    char text[SOFT_SIM_CODE_MAX], until[24];

    if (ctl_option(ctl, "file"))
        return;
    soft_sim_code_text(ctl->gateway.config, &sim->code, text);
    ctl_time_text(sim->code.expires, until);
    if (ctl->json)
        ctl_json(json_pack("{s:s, s:s, s:s, s:I}", "imsi", sim->s.imsi, "nai", sim->s.nai, "code",
                           text, "until", (json_int_t)sim->code.expires));
    else
        printf("%s %s\nCode, to be used once until %.16s UTC (simauthctl sim activate):\n%s\n",
               sim->s.imsi, sim->s.nai, until, text);
    OPENSSL_cleanse(text, sizeof text);
}

static int make_code(struct ctl *ctl, struct sim *sim)
{
    int days;

    if (ctl_number(ctl, "days", OFFER_DAYS, 1, 90, &days) != 0)
        return 1;
    sim->now = (int64_t)time(NULL);
    sim->code.expires = sim->now + days * 86400;
    if (RAND_bytes(sim->code.id, sizeof sim->code.id) != 1 ||
        RAND_bytes(sim->code.secret, sizeof sim->code.secret) != 1)
        return ctl_fail("no random octets");
    return 0;
}

static void wipe(struct sim *sim)
{
    OPENSSL_cleanse(sim, sizeof *sim);
}

static int offer(struct ctl *ctl)
{
    struct sim sim = {.imsi = ctl->words[0]};
    int result =
        no_keys(ctl) != 0 || make_code(ctl, &sim) != 0 ? 1 : offer_code(ctl, &sim, ctl->words[0]);

    if (result == 0)
        print_code(ctl, &sim);
    else if (sim.s.keys.algorithm == STORE_NO_SIM)
        ctl_fail("this subscriber has a password and no SIM: remove it and add one with a SIM");
    else if (sim.s.imsi[0] && store_keys_elsewhere(&sim.s.keys))
        ctl_fail("%s", auc_result_name(AUC_NO_KEYS));
    else if (sim.s.barred)
        ctl_fail("its SIM was revoked: \"sim restore\" first");
    wipe(&sim);
    return result;
}

static int new_sim(struct ctl *ctl)
{
    const char *aor = ctl_option(ctl, "aor");
    struct sim sim = {.fresh = true};
    int result = 1;

    if (no_keys(ctl) != 0 || (aor && ctl_aor(aor, sim.aor) != 0) || make_code(ctl, &sim) != 0)
        return 1;
    if (aor && !config_own_realm(ctl->gateway.config, simauth_aor_domain(sim.aor)))
        return ctl_fail("--aor: %s is outside [operator] realms: its owner proves it from the "
                        "phone (simauthctl binding prove)",
                        sim.aor);
    if (make_fresh(ctl, &sim.s) == 0)
        result = offer_code(ctl, &sim, "new SIM");
    if (result == 0)
        print_code(ctl, &sim);
    wipe(&sim);
    return result;
}

/* -- revoke, restore, changed ------------------------------------------------------------------ */

static enum store_result remove_code(struct ctl *ctl, const struct sim *sim)
{
    enum store_result result = ctl->gateway.ops->code_remove(ctl->gateway.store, sim->s.id);

    return result == STORE_NONE ? STORE_OK : result;
}

static enum store_result bar(struct ctl *ctl, void *data, bool barred)
{
    const struct gateway *gateway = &ctl->gateway;
    struct sim *sim = data;
    enum store_result result = find(ctl, sim);

    if (result == STORE_OK)
        result = gateway->ops->subscriber_bar(gateway->store, sim->s.id, barred);
    if (result == STORE_OK && !barred) /* nobody knows in whose hands it was */
        result = gateway->ops->subscriber_since(gateway->store, sim->s.id, (int64_t)time(NULL));
    if (result == STORE_OK && barred)
        result = remove_code(ctl, sim);
    return result == STORE_OK
               ? ctl_event(ctl, "", sim->s.nai, barred ? "SIM revoked" : "SIM restored")
               : result;
}

static enum store_result revoke_one(struct ctl *ctl, void *data)
{
    return bar(ctl, data, true);
}

static enum store_result restore_one(struct ctl *ctl, void *data)
{
    return bar(ctl, data, false);
}

static int change(struct ctl *ctl, enum store_result (*run)(struct ctl *, void *))
{
    struct sim sim = {.imsi = ctl->words[0]};
    int result = ctl_change(ctl, run, &sim, ctl->words[0]);

    wipe(&sim);
    return result;
}

static int revoke_sim(struct ctl *ctl)
{
    return change(ctl, revoke_one);
}

static int restore_sim(struct ctl *ctl)
{
    return change(ctl, restore_one);
}

/* Another card in the same subscriber's hands: what the old one agreed ends with it. */
static enum store_result change_one(struct ctl *ctl, void *data)
{
    const struct gateway *gateway = &ctl->gateway;
    struct sim *sim = data;
    enum store_result result = find(ctl, sim);

    if (result == STORE_OK && sim->s.keys.algorithm == STORE_NO_SIM)
        result = STORE_NONE;
    if (result != STORE_OK)
        return result;
    if (ctl_option(ctl, "keys"))
        sim->s.keys = sim->keys;
    result = gateway->ops->subscriber_rekey(gateway->store, &sim->s);
    if (result == STORE_OK)
        result = gateway->ops->subscriber_since(gateway->store, sim->s.id, sim->now);
    if (result == STORE_OK)
        result = remove_code(ctl, sim);
    return result == STORE_OK ? ctl_event(ctl, "", sim->s.nai, "SIM changed") : result;
}

/* Before a transaction: standard input may be a person. */
static int read_changed(struct ctl *ctl, struct sim *sim)
{
    const char *since = ctl_option(ctl, "since");
    struct store_subscriber s = {0};
    int result = 0;

    sim->now = (int64_t)time(NULL);
    if (since && (ctl_date(since) < 0 || ctl_date(since) > sim->now))
        return ctl_fail("--since must be a date, YYYY-MM-DD, not after today");
    if (since) /* some time on that day */
        sim->now = MIN(sim->now, ctl_date(since) + 86399);
    if (ctl_option(ctl, "keys") || ctl_option(ctl, "algorithm") || ctl_option(ctl, "2g")) {
        memcpy(s.keys.amf, ctl->gateway.config->amf, sizeof s.keys.amf);
        result = ctl_subscriber_keys(ctl, &s);
        sim->keys = s.keys;
    }
    store_subscriber_wipe(&s);
    return result;
}

static int sim_changed(struct ctl *ctl)
{
    struct sim sim = {.imsi = ctl->words[0]};
    int result = read_changed(ctl, &sim);

    if (result == 0)
        result = ctl_change(ctl, change_one, &sim, ctl->words[0]);
    if (sim.s.keys.algorithm == STORE_NO_SIM)
        ctl_fail("this subscriber has a password and no SIM: remove it and add it anew");
    wipe(&sim);
    return result;
}

const struct ctl_command ctl_sim_commands[] = {
    {"sim", "new", "[--nai NAI] [--aor AOR] [--days N] [--file FILE] [--json]",
     " nai= aor= days= file= json ",
     "a subscriber without a card: a software SIM, for a code that is used once", 0, false,
     new_sim},
    {"sim", "offer", "IMSI [--days N] [--file FILE] [--json]", " days= file= json ",
     "a code for a software SIM of this subscriber, used once; an older code ends", 1, false,
     offer},
    {"sim", "issue", "IMSI FILE", "", "write a software SIM for this subscriber (mode 0600)", 2,
     false, issue},
    {"sim", "revoke", "IMSI", "",
     "this SIM is nobody's any more: no session, no vector, from now on", 1, false, revoke_sim},
    {"sim", "restore", "IMSI", "", "end a revocation; the SIM counts as changed today", 1, false,
     restore_sim},
    {"sim", "changed", "IMSI [--since DATE] [--keys FILE|- [--algorithm A] [--2g]]",
     " since= keys= algorithm= 2g ",
     "its card is another: sessions, codes and setup keys of the old end, and peers see its\n"
     "      age; tell it also where an HLR has the keys; --keys: those of the new card",
     1, false, sim_changed},
    {0}};
