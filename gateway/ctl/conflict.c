/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conflict list, clear: addresses outside all realms that several operators speak for. */
#include "ctl.h"

#include <glib.h>
#include <string.h>
#include <time.h>

#define CLAIM_DAYS 30 /* as long as a proof by SIP holds */
#define CLAIMANTS_MAX 16

static const struct ctl_column columns[] = {{"Address", "aor", 0, CTL_TEXT},
                                            {"Claimed by", "claimed_by", 30, CTL_TEXT},
                                            {"Since", "since", 10, CTL_DAY},
                                            {"Last", "last", 10, CTL_DAY},
                                            {0}};

/* The claimants of the address that is being read. */
struct conflicts {
    struct ctl *ctl;
    struct store_claim claims[CLAIMANTS_MAX];
    size_t count;
};

static int add_own(const struct store_binding *b, void *data)
{
    struct conflicts *c = data;
    struct store_claim *own;

    if (b->until <= (int64_t)time(NULL) || b->barred || c->count == CLAIMANTS_MAX)
        return 0;
    own = &c->claims[c->count++];
    memset(own, 0, sizeof *own);
    g_strlcpy(own->aor, b->aor, sizeof own->aor);
    g_strlcpy(own->name, "(bound here)", sizeof own->name);
    own->since = b->since;
    own->last = (int64_t)time(NULL);
    return 1;
}

static void end_address(struct conflicts *c)
{
    const struct gateway *gateway = &c->ctl->gateway;
    const struct store_binding_filter held = {.aor = c->claims[0].aor};

    if (c->count > 0)
        gateway->ops->binding_list(gateway->store, &held, add_own, c);
    for (size_t i = 0; c->count > 1 && i < c->count; i++)
        ctl_row(c->ctl, columns, c->claims[i].aor, c->claims[i].name, c->claims[i].since,
                c->claims[i].last);
    c->count = 0;
}

static int take_claim(const struct store_claim *claim, void *data)
{
    struct conflicts *c = data;

    if (c->count > 0 && strcmp(c->claims[0].aor, claim->aor) != 0)
        end_address(c);
    if (c->count < CLAIMANTS_MAX)
        c->claims[c->count++] = *claim;
    return 0;
}

static enum store_result list_all(struct ctl *ctl, void *data)
{
    struct conflicts *c = data;
    enum store_result result = ctl->gateway.ops->claim_list(
        ctl->gateway.store, "", (int64_t)time(NULL) - CLAIM_DAYS * 86400, take_claim, c);

    end_address(c);
    return result;
}

static int list(struct ctl *ctl)
{
    struct conflicts c = {.ctl = ctl};

    ctl_heading(ctl, columns);
    return ctl_look(ctl, list_all, &c, "conflicts");
}

static enum store_result clear_one(struct ctl *ctl, void *data)
{
    const char *partner = ctl_option(ctl, "partner");
    enum store_result result =
        ctl->gateway.ops->claim_remove(ctl->gateway.store, data, partner ? partner : "");

    return result == STORE_OK ? ctl_event(ctl, data, "", "claim cleared") : result;
}

static int clear(struct ctl *ctl)
{
    char aor[SIMAUTH_AOR_MAX + 1];

    return ctl_aor(ctl->words[0], aor) != 0 ? 1 : ctl_change(ctl, clear_one, aor, aor);
}

const struct ctl_command ctl_conflict_commands[] = {
    {"conflict", "list", "[--json]", " json ",
     "addresses outside all realms that more than one operator speaks for: nobody vouches", 0,
     false, list},
    {"conflict", "clear", "AOR [--partner NAME]",
     " partner= ", "forget the claims to it (of this partner alone): who is right claims it again",
     1, false, clear},
    {0}};
