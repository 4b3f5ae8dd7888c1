/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GET /v1/prices (docs/protocol.md section 6.1). A gateway that does not know it says no price. */
#include "ag_private.h"
#include "members.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ROWS_MAX 32
#define METHOD_MAX 7

static bool take_amount(const json_t *value, struct ag_price *price)
{
    json_int_t amount = json_integer_value(value);

    if (!value)
        return true;
    if (!json_is_integer(value) || amount < 0 || amount > AG_AMOUNT_MAX)
        return false;
    price->least = price->known && price->least < amount ? price->least : (int64_t)amount;
    price->most = price->known && price->most > amount ? price->most : (int64_t)amount;
    price->known = true;
    return true;
}

/* What a call costs depends on the SIM of the other one, which nobody knows before: all that a SIM
 * can be count. Methods of no SIM are checked, and not shown. */
static bool is_of_sim(const char *name)
{
    const struct simauth_method *method = simauth_method_find(name, strlen(name));

    return method && !simauth_method_is_held(method);
}

static bool read_row(const json_t *row, struct ag_prices *prices)
{
    static const char *const names[] = {"method", "first", "again", NULL};
    struct ag_prices other = {0};
    char method[METHOD_MAX + 1];
    const struct member member = {"method", MEMBER_TEXT, false, method, sizeof method};
    struct ag_prices *to;

    if (!json_is_object(row) || !simauth_json_only(row, names) ||
        !member_read(json_object_get(row, "method"), &member))
        return false;
    to = is_of_sim(method) ? prices : &other;
    return take_amount(json_object_get(row, "first"), &to->first) &&
           take_amount(json_object_get(row, "again"), &to->again);
}

static bool read_prices(const json_t *object, struct ag_prices *prices)
{
    const json_t *rows = NULL;
    const struct member members[] = {
        {"currency", MEMBER_TEXT, true, prices->currency, sizeof prices->currency},
        {"words", MEMBER_TEXT, true, prices->words, sizeof prices->words},
        {"prices", MEMBER_RAW, false, &rows, 0},
    };
    bool good = members_read(object, members, COUNT(members)) && json_is_array(rows) &&
                json_array_size(rows) <= ROWS_MAX;

    for (size_t i = 0; good && i < json_array_size(rows); i++)
        good = read_row(json_array_get(rows, i), prices);
    return good;
}

enum ag_status ag_prices(struct ag *ag, struct ag_prices *prices)
{
    json_t *object;
    enum ag_status status;

    memset(prices, 0, sizeof *prices);
    status = ua_request(ag, "/v1/prices", NULL, &object);
    if (status == AG_OK && !read_prices(object, prices)) {
        memset(prices, 0, sizeof *prices);
        status = ag_garbage(ag, "prices");
    }
    json_decref(object);
    return status;
}
