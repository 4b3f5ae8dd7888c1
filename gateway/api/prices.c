/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GET /v1/prices: what the operator charges for a vector, as its table of prices has it now, so
 * that a person knows before calling (docs/protocol.md section 6.1). */
#include "request.h"

#include <string.h>

/* One object for each method: the table is in that order, "first" before "again". */
static int add_price(const struct store_price *price, void *data)
{
    json_t *list = data, *row = NULL;

    if (json_array_size(list))
        row = json_array_get(list, json_array_size(list) - 1);
    if (!row || strcmp(json_string_value(json_object_get(row, "method")), price->method) != 0) {
        row = json_pack("{s:s}", "method", price->method);
        if (json_array_append_new(list, row) != 0)
            return -1;
    }
    return json_object_set_new(row, price->first ? "first" : "again",
                               json_integer((json_int_t)price->amount));
}

/* Takes `list`. */
static json_t *prices_object(const struct config *config, json_t *list)
{
    json_t *object = json_pack("{s:o}", "prices", list);

    if (config->currency[0])
        json_object_set_new(object, "currency", json_string(config->currency));
    if (config->price_words[0])
        json_object_set_new(object, "words", json_string(config->price_words));
    return object;
}

static enum store_result list_prices(struct request *request, json_t *list)
{
    return request->gateway->ops->price_list(request->gateway->store, add_price, list);
}

void prices_get(struct request *request)
{
    json_t *list = request_list(request, list_prices);

    if (list)
        answer_json(request, prices_object(request->gateway->config, list));
}
