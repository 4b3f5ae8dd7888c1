/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record list. */
#include "ctl.h"

#include <jansson.h>

static int print_row(const struct store_record *r, void *data)
{
    const struct ctl *ctl = data;
    char when[24];

    ctl_time_text(r->time, when);
    if (!ctl->json) {
        printf("%6lld  %s  %-5s  %-12.12s  %-4s  %-5s  %-9s  %s -> %s\n", (long long)r->id, when,
               r->side, r->partner, r->method, r->first ? "first" : "again",
               store_outcome_name(r->outcome), r->nai_a, r->nai_b);
    } else {
        json_t *object =
            json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "id", (json_int_t)r->id,
                      "time", (json_int_t)r->time, "side", r->side, "partner", r->partner, "nai_a",
                      r->nai_a, "nai_b", r->nai_b, "method", r->method, "first", r->first,
                      "outcome", store_outcome_name(r->outcome));

        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(object);
    }
    return 0;
}

static int list(struct ctl *ctl)
{
    struct gateway *gateway = &ctl->gateway;
    const char *from = ctl_option(ctl, "from");
    int64_t since = from ? ctl_date(from) : 0;
    enum store_result result;

    if (since < 0)
        return ctl_fail("--from must be a date, YYYY-MM-DD");
    result = gateway->ops->begin(gateway->store, false);
    if (result != STORE_OK)
        return ctl_store(result, "records");
    if (!ctl->json)
        printf("%6s  %-19s  %-5s  %-12s  %-4s  %-5s  %-9s  %s\n", "Number", "Time (UTC)", "Side",
               "Partner", "SIM", "Pair", "Outcome", "Caller -> callee");
    result = gateway->ops->record_list(gateway->store, since, print_row, ctl);
    gateway->ops->rollback(gateway->store);
    return ctl_store(result, "records");
}

const struct ctl_command ctl_record_commands[] = {{"record", "list", "[--from DATE] [--json]",
                                                   " from= json ", "list charging records", 0,
                                                   false, list},
                                                  {0}};
