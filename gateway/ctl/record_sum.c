/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record sum: each vector by the price of its time. */
#include "ctl.h"

#include <glib.h>
#include <string.h>

struct sums {
    const struct ctl *ctl;
    const struct ctl_column *columns;
    GArray *prices; /* struct store_price, of each the oldest first */
    GArray *times;  /* int64_t: where a price changes within the time asked for, and its begin */
    GHashTable *rows;
    GPtrArray *order; /* struct row, owned by `rows` */
    int64_t from, to;
    int64_t since; /* of the part that is summed now */
    bool by_subscriber;
    bool unpriced;
};
struct row {
    struct store_sum sum;
    int64_t cost; /* -1: without a price */
};

#define SUM_COLUMNS                                                                                \
    {"Side", "side", 5, CTL_TEXT}, {"SIM", "method", 7, CTL_TEXT},                                 \
        {"First", "first", 5, CTL_FLAG}, {"Vectors", "vectors", 9, CTL_NUMBER},                    \
        {"Confirmed", "confirmed", 9, CTL_NUMBER}, {"Gone", "gone", 7, CTL_NUMBER},                \
    {                                                                                              \
        "Sum", "sum", 12, CTL_TEXT                                                                 \
    }

static const struct ctl_column partner_columns[] = {
    {"Partner", "partner", 0, CTL_TEXT}, SUM_COLUMNS, {0}};
static const struct ctl_column subscriber_columns[] = {
    {"Subscriber", "subscriber", 0, CTL_TEXT}, SUM_COLUMNS, {0}};

/* -- prices ------------------------------------------------------------------------------------ */

static int take_price(const struct store_price *price, void *data)
{
    struct sums *sums = data;

    g_array_append_val(sums->prices, *price);
    if (price->since > sums->from && (!sums->to || price->since < sums->to))
        g_array_append_val(sums->times, price->since);
    return 0;
}

static int by_time(gconstpointer a, gconstpointer b)
{
    const int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

    return (one > other) - (one < other);
}

/* The last that began by then; -1: there is none. */
static int64_t price_of(struct sums *sums, const struct store_sum *sum)
{
    int64_t amount = -1;

    for (guint i = 0; i < sums->prices->len; i++) {
        const struct store_price *price = &g_array_index(sums->prices, struct store_price, i);

        if (price->first == sum->first && strcmp(price->method, sum->method) == 0 &&
            price->since <= sums->since)
            amount = price->amount;
    }
    /* What has no answer has no price: which SIM it was is not known. */
    if (amount < 0 && strcmp(sum->method, STORE_METHOD_UNKNOWN) != 0)
        sums->unpriced = true;
    return amount;
}

/* -- rows -------------------------------------------------------------------------------------- */

static void print_row(const struct sums *sums, const struct row *row)
{
    const struct store_sum *sum = &row->sum;
    char total[24] = "-";

    if (row->cost >= 0)
        ctl_amount_text(row->cost, total);
    ctl_row(sums->ctl, sums->columns, sum->key[0] ? sum->key : "(between our own)", sum->side,
            sum->method, (int)sum->first, sum->issued, sum->confirmed, sum->gone, total);
}

static struct row row_of(struct sums *sums, const struct store_sum *sum)
{
    const int64_t each = price_of(sums, sum);

    return (struct row){*sum, each < 0 ? -1 : each * sum->issued};
}

static int print_sum(const struct store_sum *sum, void *data)
{
    const struct row row = row_of(data, sum);

    print_row(data, &row);
    return 0;
}

static int add_sum(const struct store_sum *sum, void *data)
{
    struct sums *sums = data;
    const struct row part = row_of(sums, sum);
    char *name = g_strdup_printf("%s\n%s\n%s\n%d", sum->key, sum->side, sum->method, sum->first);
    struct row *row = g_hash_table_lookup(sums->rows, name);

    if (row) {
        row->sum.issued += sum->issued;
        row->sum.confirmed += sum->confirmed;
        row->sum.gone += sum->gone;
        row->cost = row->cost < 0 || part.cost < 0 ? -1 : row->cost + part.cost;
        g_free(name);
        return 0;
    }
    row = g_memdup2(&part, sizeof part);
    g_hash_table_insert(sums->rows, name, row);
    g_ptr_array_add(sums->order, row);
    return 0;
}

/* As the store sorts them. */
static int by_name(gconstpointer a, gconstpointer b)
{
    const struct store_sum *one = &(*(struct row *const *)a)->sum,
                           *other = &(*(struct row *const *)b)->sum;
    int way = strcmp(one->key, other->key);

    way = way ? way : strcmp(one->side, other->side);
    way = way ? way : strcmp(one->method, other->method);
    return way ? way : (int)other->first - (int)one->first;
}

/* A part of the time for each price. */
static enum store_result sum_parts(struct ctl *ctl, struct sums *sums)
{
    const struct gateway *gateway = &ctl->gateway;
    const guint count = sums->times->len;
    enum store_result result = STORE_OK;

    for (guint i = 0; result == STORE_OK && i < count; i++) {
        int64_t end = i + 1 < count ? g_array_index(sums->times, int64_t, i + 1) : sums->to;

        sums->since = g_array_index(sums->times, int64_t, i);
        if (end == 0 || end > sums->since)
            result = gateway->ops->record_sum(gateway->store, sums->by_subscriber, sums->since, end,
                                              count > 1 ? add_sum : print_sum, sums);
    }
    g_ptr_array_sort(sums->order, by_name);
    for (guint i = 0; result == STORE_OK && i < sums->order->len; i++)
        print_row(sums, sums->order->pdata[i]);
    return result;
}

static enum store_result sum_all(struct ctl *ctl, void *data)
{
    struct sums *sums = data;
    enum store_result result;

    g_array_append_val(sums->times, sums->from);
    result = ctl->gateway.ops->price_history(ctl->gateway.store, take_price, sums);
    g_array_sort(sums->times, by_time);
    return result == STORE_OK ? sum_parts(ctl, sums) : result;
}

int ctl_record_sum(struct ctl *ctl)
{
    struct sums sums = {.ctl = ctl, .columns = partner_columns};
    const char *by = ctl_option(ctl, "by");
    int result;

    sums.by_subscriber = by && strcmp(by, "subscriber") == 0;
    if (sums.by_subscriber)
        sums.columns = subscriber_columns;
    else if (by && strcmp(by, "partner") != 0)
        return ctl_fail("--by must be partner or subscriber");
    if (ctl_period(ctl, &sums.from, &sums.to) != 0)
        return 1;
    sums.prices = g_array_new(FALSE, FALSE, sizeof(struct store_price));
    sums.times = g_array_new(FALSE, FALSE, sizeof(int64_t));
    sums.rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    sums.order = g_ptr_array_new();
    ctl_heading(ctl, sums.columns);
    result = ctl_look(ctl, sum_all, &sums, "records");
    if (result == 0 && sums.unpriced)
        fputs("Some have no price: see \"price set\".\n", stderr);
    if (result == 0 && sums.times->len > 1)
        fputs("A price changed within this time: see \"price list --all\".\n", stderr);
    g_ptr_array_free(sums.order, TRUE);
    g_hash_table_destroy(sums.rows);
    g_array_unref(sums.times);
    g_array_unref(sums.prices);
    return result;
}
