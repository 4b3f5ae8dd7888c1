/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* binding add, transfer, list, remove, history. */
#include "ctl.h"

#include <glib.h>
#include <string.h>
#include <time.h>

#define PROVED_DAYS 30 /* docs/protocol.md section 3 */

struct change {
    char aor[SIMAUTH_AOR_MAX + 1];
    const char *imsi, *to; /* to: of a transfer */
    bool proved, also;
    char refusal[256];
};

/* The subscriber's number; its keys are wiped at once. */
static enum store_result find(struct ctl *ctl, struct change *change, const char *imsi,
                              struct store_binding *binding)
{
    struct store_subscriber s = {0};
    enum store_result result = ctl->gateway.ops->subscriber_by_imsi(ctl->gateway.store, imsi, &s);

    if (result == STORE_NONE)
        g_strlcpy(change->refusal, "there is no subscriber with this IMSI", sizeof change->refusal);
    binding->subscriber = s.id;
    g_strlcpy(binding->nai, s.nai, sizeof binding->nai);
    store_subscriber_wipe(&s);
    return result;
}

static int first_other(const struct store_binding *binding, void *data)
{
    *(struct store_binding *)data = *binding;
    return 1;
}

/* An address in a partner's realm has its voucher already; one of another person stays theirs. */
static enum store_result check(struct ctl *ctl, struct change *change)
{
    struct gateway *gateway = &ctl->gateway;
    const struct store_binding_filter held = {.aor = change->aor};
    struct store_binding other = {0};
    struct store_partner partner = {0};
    enum store_result result =
        gateway->ops->partner_by_realm(gateway->store, simauth_aor_domain(change->aor), &partner);

    if (result == STORE_OK) {
        g_snprintf(change->refusal, sizeof change->refusal,
                   "its domain is a realm of %s: that operator vouches for it", partner.name);
        store_partner_clear(&partner);
        return STORE_EXISTS;
    }
    if (result != STORE_NONE || change->also)
        return result == STORE_NONE ? STORE_OK : result;
    result = gateway->ops->binding_list(gateway->store, &held, first_other, &other);
    if (result != STORE_OK || !other.subscriber)
        return result;
    g_snprintf(change->refusal, sizeof change->refusal,
               "it is bound to %s: say --also for one more SIM of the same person, or use "
               "\"binding transfer\"",
               other.nai);
    return STORE_EXISTS;
}

static enum store_result bind_to(struct ctl *ctl, struct change *change, const char *imsi,
                                 const char *what)
{
    struct gateway *gateway = &ctl->gateway;
    int64_t now = (int64_t)time(NULL);
    struct store_binding binding = {.by = "operator", .since = now, .until = STORE_FOREVER};
    enum store_result result = find(ctl, change, imsi, &binding);

    g_strlcpy(binding.aor, change->aor, sizeof binding.aor);
    if (!config_own_realm(gateway->config, simauth_aor_domain(change->aor)))
        binding.until = now + PROVED_DAYS * 86400;
    if (result == STORE_OK)
        result = gateway->ops->binding_add(gateway->store, &binding);
    if (result == STORE_EXISTS && change->proved) {
        g_strlcpy(change->refusal, "it is bound to this SIM already: remove it first",
                  sizeof change->refusal);
        return result;
    }
    return result == STORE_OK ? ctl_event(ctl, change->aor, binding.nai, what) : result;
}

static enum store_result add_one(struct ctl *ctl, void *data)
{
    struct change *change = data;
    enum store_result result = check(ctl, change);

    return result == STORE_OK ? bind_to(ctl, change, change->imsi, "bound") : result;
}

static int say(const struct change *change, int result)
{
    if (result != 0 && change->refusal[0])
        ctl_fail("%s: %s", change->aor, change->refusal);
    return result;
}

static int add(struct ctl *ctl)
{
    struct change change = {.imsi = ctl->words[1],
                            .proved = ctl_option(ctl, "proved") != NULL,
                            .also = ctl_option(ctl, "also") != NULL};

    if (ctl_aor(ctl->words[0], change.aor) != 0)
        return 1;
    if (!config_own_realm(ctl->gateway.config, simauth_aor_domain(change.aor)) && !change.proved)
        return ctl_fail("%s is outside [operator] realms: its owner proves it from the phone "
                        "(simauthctl binding prove), or say --proved when you have seen a proof; "
                        "it then holds for %d days",
                        change.aor, PROVED_DAYS);
    return say(&change, ctl_change(ctl, add_one, &change, change.aor));
}

static enum store_result transfer_one(struct ctl *ctl, void *data)
{
    struct gateway *gateway = &ctl->gateway;
    struct change *change = data;
    struct store_binding from;
    enum store_result result = find(ctl, change, change->imsi, &from);

    if (result == STORE_OK)
        result = gateway->ops->binding_remove(gateway->store, change->aor, from.subscriber);
    if (result == STORE_NONE && !change->refusal[0])
        g_strlcpy(change->refusal, "it is not bound to the first IMSI", sizeof change->refusal);
    if (result == STORE_OK)
        result = ctl_event(ctl, change->aor, from.nai, "moved away");
    return result == STORE_OK ? bind_to(ctl, change, change->to, "moved here") : result;
}

static int transfer(struct ctl *ctl)
{
    struct change change = {.imsi = ctl->words[1], .to = ctl->words[2]};

    if (ctl_aor(ctl->words[0], change.aor) != 0)
        return 1;
    return say(&change, ctl_change(ctl, transfer_one, &change, change.aor));
}

/* -- list -------------------------------------------------------------------------------------- */

#define PAGE 1000

static const struct ctl_column columns[] = {{"Address", "aor", 0, CTL_TEXT},
                                            {"NAI", "nai", 21, CTL_TEXT},
                                            {"By", "by", 8, CTL_TEXT},
                                            {"Until", "until", 10, CTL_DAY},
                                            {"SIM since", "sim_since", 10, CTL_DAY},
                                            {"State", "state", 7, CTL_TEXT},
                                            {0}};

struct page {
    const struct ctl *ctl;
    struct store_binding last;
    int count;
};

static int print_row(const struct store_binding *b, void *data)
{
    struct page *page = data;
    const char *state = b->until > (int64_t)time(NULL) ? "holds" : "lapsed";

    ctl_row(page->ctl, columns, b->aor, b->nai, b->by, b->until, b->sim_since,
            b->barred ? "revoked" : state);
    page->last = *b;
    page->count++;
    return 0;
}

static enum store_result list_pages(struct ctl *ctl, void *data)
{
    struct gateway *gateway = &ctl->gateway;
    struct page page = {.ctl = ctl, .count = PAGE};
    enum store_result result = STORE_OK;

    while (result == STORE_OK && page.count == PAGE) {
        const struct store_binding before = page.last;
        const struct store_binding_filter filter = {.aor = data,
                                                    .after_aor = before.aor,
                                                    .after_subscriber = before.subscriber,
                                                    .limit = PAGE};

        page.count = 0;
        result = gateway->ops->binding_list(gateway->store, &filter, print_row, &page);
    }
    return result;
}

/* Those of --aor alone. */
static int look(struct ctl *ctl, const struct ctl_column *what, const char *name,
                enum store_result (*run)(struct ctl *ctl, void *data))
{
    char aor[SIMAUTH_AOR_MAX + 1] = "";
    const char *one = ctl_option(ctl, "aor");

    if (one && ctl_aor(one, aor) != 0)
        return 1;
    ctl_heading(ctl, what);
    return ctl_look(ctl, run, aor, name);
}

static int list(struct ctl *ctl)
{
    return look(ctl, columns, "bindings", list_pages);
}

/* -- remove, history --------------------------------------------------------------------------- */

static int note_removal(const struct store_binding *b, void *data)
{
    struct ctl *ctl = data;

    return ctl_event(ctl, b->aor, b->nai, "removed") != STORE_OK;
}

static enum store_result remove_one(struct ctl *ctl, void *data)
{
    struct gateway *gateway = &ctl->gateway;
    struct change *change = data;
    struct store_binding of = {0};
    struct store_binding_filter filter = {.aor = change->aor};
    enum store_result result = change->imsi ? find(ctl, change, change->imsi, &of) : STORE_OK;

    filter.subscriber = of.subscriber;
    if (result == STORE_OK)
        result = gateway->ops->binding_list(gateway->store, &filter, note_removal, ctl);
    return result == STORE_OK
               ? gateway->ops->binding_remove(gateway->store, change->aor, of.subscriber)
               : result;
}

static int remove_binding(struct ctl *ctl)
{
    struct change change = {.imsi = ctl_option(ctl, "imsi")};

    if (ctl_aor(ctl->words[0], change.aor) != 0)
        return 1;
    return say(&change, ctl_change(ctl, remove_one, &change, change.aor));
}

static const struct ctl_column event_columns[] = {
    {"Time (UTC)", "time", 16, CTL_TIME}, {"What", "what", 12, CTL_TEXT},
    {"Who", "who", 10, CTL_TEXT},         {"NAI", "nai", 22, CTL_TEXT},
    {"Address", "aor", 0, CTL_TEXT},      {0}};

static int print_event(const struct store_event *e, void *data)
{
    ctl_row(data, event_columns, e->time, e->what, e->who, e->nai, e->aor);
    return 0;
}

static enum store_result list_events(struct ctl *ctl, void *data)
{
    const char *nai = ctl_option(ctl, "nai");

    return ctl->gateway.ops->event_list(ctl->gateway.store, data, nai ? nai : "", print_event, ctl);
}

static int history(struct ctl *ctl)
{
    return look(ctl, event_columns, "history", list_events);
}

const struct ctl_command ctl_binding_commands[] = {
    {"binding", "add", "AOR IMSI [--proved] [--also]", " proved also ",
     "vouch that this SIP address belongs to this SIM; --proved for one outside our\n"
     "      realms (holds 30 days), --also for one more SIM of the same person",
     2, false, add},
    {"binding", "transfer", "AOR FROM-IMSI TO-IMSI", "", "the address has another SIM from now on",
     3, false, transfer},
    {"binding", "list", "[--aor AOR] [--json]", " aor= json ",
     "list addresses, how long each holds and how old its SIM is", 0, false, list},
    {"binding", "remove", "AOR [--imsi IMSI]",
     " imsi= ", "vouch for it no longer (--imsi: not for this SIM)", 1, false, remove_binding},
    {"binding", "history", "[--aor AOR] [--nai NAI] [--json]", " aor= nai= json ",
     "what happened to an address or a subscriber, and by whom", 0, false, history},
    {0}};
