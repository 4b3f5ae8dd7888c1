/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prices.h"
#include "bus_view.h"
#include "note.h"

#include <string.h>

#define RECENT_S (10 * 60)
#define UNIT 10000 /* an amount is of ten-thousandths */

struct task {
    struct errand errand; /* first */
    belle_sip_provider_t *provider;
    struct ag_prices prices;
    enum ag_status status;
    char error[AG_ERROR_MAX];
};

static void work(struct errand *errand, struct station *station)
{
    struct task *t = (struct task *)errand;

    t->status = AG_DOWN;
    if (station_prepare(station, errand->settings) != STATION_READY)
        return;
    t->status = ag_prices(station_ag(station), &t->prices);
    if (t->status != AG_OK)
        g_strlcpy(t->error, ag_error(station_ag(station)), sizeof(t->error));
}

static void lost(struct errand *errand)
{
    g_free(errand);
}

/* A gateway that does not answer leaves what was known; one that has no such page says no price. */
static void back(struct errand *errand)
{
    struct task *t = (struct task *)errand;
    struct core *core = core_of_provider(t->provider);

    if (core)
        core->prices_asking = false;
    if (core && core->settings && core->settings->number == core->prices_for &&
        (t->status == AG_OK || t->status == AG_REFUSED)) {
        core->prices = t->prices;
        bus_view_changed();
    } else if (core && t->status == AG_GARBAGE) {
        note("prices: problem=%s", t->error);
    }
    g_free(t);
}

void prices_ask(struct core *core)
{
    bool same = core->prices_for == core->settings->number;
    struct task *t;

    if (core->prices_asking || (same && core_now() - core->prices_asked < RECENT_S))
        return;
    if (!same)
        memset(&core->prices, 0, sizeof(core->prices));
    core->prices_for = core->settings->number;
    core->prices_asked = core_now();
    core->prices_asking = true;
    t = g_new0(struct task, 1);
    t->provider = core->provider;
    worker_begin(core->worker, &t->errand, core->settings, work, back, lost);
}

const struct ag_prices *prices_of(const struct core *core)
{
    static const struct ag_prices none;

    return core->settings && core->prices_for == core->settings->number ? &core->prices : &none;
}

/* Two decimals, and as many more as it has. */
static void amount_text(int64_t amount, char text[static PRICE_TEXT_MAX / 2])
{
    size_t len;

    g_snprintf(text, PRICE_TEXT_MAX / 2, "%lld.%04d", (long long)(amount / UNIT),
               (int)(amount % UNIT));
    len = strlen(text);
    for (int spare = 2; spare > 0 && text[len - 1] == '0'; spare--)
        text[--len] = '\0';
}

void price_amount(const struct ag_price *price, char text[static PRICE_TEXT_MAX])
{
    char most[PRICE_TEXT_MAX / 2];

    *text = '\0';
    if (!price->known)
        return;
    amount_text(price->least, text);
    amount_text(price->most, most);
    if (price->most != price->least) {
        g_strlcat(text, "-", PRICE_TEXT_MAX);
        g_strlcat(text, most, PRICE_TEXT_MAX);
    }
}

char *prices_text(const struct ag_prices *prices)
{
    char first[PRICE_TEXT_MAX], again[PRICE_TEXT_MAX];
    const char *blank = *prices->currency ? " " : "";

    price_amount(&prices->first, first);
    price_amount(&prices->again, again);
    if (*prices->words)
        return g_strdup(prices->words);
    if (*first && *again)
        return g_strdup_printf("%s%s%s for the first call with somebody, %s%s%s for each one after "
                               "that",
                               first, blank, prices->currency, again, blank, prices->currency);
    if (*first)
        return g_strdup_printf("%s%s%s for the first call with somebody", first, blank,
                               prices->currency);
    return *again ? g_strdup_printf("%s%s%s for each call after the first with somebody", again,
                                    blank, prices->currency)
                  : g_strdup("");
}
