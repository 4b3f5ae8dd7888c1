/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* price set, list: for one vector, by the method of the SIM and whether the pair met before. */
#include "ctl.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define UNIT 10000 /* an amount has four decimals */

void ctl_amount_text(int64_t amount, char text[static 24])
{
    snprintf(text, 24, "%" PRId64 ".%04d", amount / UNIT, (int)(amount % UNIT));
}

static int read_amount(const char *text, int64_t *amount)
{
    const char *dot = strchr(text, '.');
    size_t whole = dot ? (size_t)(dot - text) : strlen(text), part = dot ? strlen(dot + 1) : 0;
    int64_t value = 0;

    if (whole == 0 || whole > 9 || part > 4 || (dot && part == 0) ||
        strspn(text, "0123456789") != whole || (dot && strspn(dot + 1, "0123456789") != part))
        return ctl_fail("\"%s\" is no amount such as 0.0025", text);
    for (size_t i = 0; i < whole + 4; i++) {
        size_t at = i < whole ? i : i + 1;
        bool there = i < whole || i - whole < part;

        value = 10 * value + (there ? text[at] - '0' : 0);
    }
    *amount = value;
    return 0;
}

static enum store_result set_one(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->price_set(ctl->gateway.store, data);
}

static int set(struct ctl *ctl)
{
    struct store_price price = {.first = strcmp(ctl->words[1], "first") == 0,
                                .since = (int64_t)time(NULL)};
    const char *from = ctl_option(ctl, "from");
    const int64_t day = from ? ctl_date(from) : price.since;

    if (!simauth_method_find(ctl->words[0], strlen(ctl->words[0])) &&
        strcmp(ctl->words[0], "cert") != 0)
        return ctl_fail("\"%s\" is no method of this version: aka, akap, gsm; or cert, a "
                        "subscriber's certificate",
                        ctl->words[0]);
    if (!price.first && strcmp(ctl->words[1], "again") != 0)
        return ctl_fail("the second word must be first or again");
    if (day < 0 || day > price.since)
        return ctl_fail("--from must be a date, YYYY-MM-DD, that is not to come");
    price.since = day;
    g_strlcpy(price.method, ctl->words[0], sizeof price.method);
    return read_amount(ctl->words[2], &price.amount) != 0
               ? 1
               : ctl_change(ctl, set_one, &price, "price");
}

static const struct ctl_column columns[] = {{"SIM", "method", 6, CTL_TEXT},
                                            {"First", "first", 5, CTL_FLAG},
                                            {"Amount", "amount", 0, CTL_TEXT},
                                            {0}};
static const struct ctl_column all_columns[] = {{"SIM", "method", 6, CTL_TEXT},
                                                {"First", "first", 5, CTL_FLAG},
                                                {"Since (UTC)", "since", 16, CTL_TEXT},
                                                {"Amount", "amount", 0, CTL_TEXT},
                                                {0}};

static int print_price(const struct store_price *price, void *data)
{
    char amount[24];

    ctl_amount_text(price->amount, amount);
    ctl_row(data, columns, price->method, (int)price->first, amount);
    return 0;
}

static int print_since(const struct store_price *price, void *data)
{
    char amount[24], since[24] = "";

    ctl_amount_text(price->amount, amount);
    if (price->since > 0)
        ctl_time_text(price->since, since);
    ctl_row(data, all_columns, price->method, (int)price->first, since, amount);
    return 0;
}

static enum store_result list_present(struct ctl *ctl, void *data)
{
    (void)data;
    return ctl->gateway.ops->price_list(ctl->gateway.store, print_price, ctl);
}

static enum store_result list_all(struct ctl *ctl, void *data)
{
    (void)data;
    return ctl->gateway.ops->price_history(ctl->gateway.store, print_since, ctl);
}

static int list(struct ctl *ctl)
{
    bool all = ctl_option(ctl, "all") != NULL;

    ctl_heading(ctl, all ? all_columns : columns);
    return ctl_look(ctl, all ? list_all : list_present, NULL, "prices");
}

const struct ctl_command ctl_price_commands[] = {
    {"price", "set", "METHOD first|again AMOUNT [--from DATE]", " from= ",
     "what one vector costs, in your currency, with up to four decimals, from now or\n"
     "      that day on; for \"record sum\"",
     3, false, set},
    {"price", "list", "[--all] [--json]", " all json ",
     "list prices; with --all also those that held before", 0, false, list},
    {0}};
