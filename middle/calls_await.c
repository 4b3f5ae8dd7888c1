/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which calls wait for tokens of which addresses and ports. */
#include "calls_own.h"
#include "log.h"
#include "tally.h"

#include <string.h>

static guint flow_hash(gconstpointer key)
{
    return octets_hash(key, sizeof(struct flow));
}

static gboolean flow_equal(gconstpointer one, gconstpointer other)
{
    return memcmp(one, other, sizeof(struct flow)) == 0;
}

GHashTable *calls_new_flows(void)
{
    return g_hash_table_new_full(flow_hash, flow_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

static struct flow flow_of(const struct pinhole *hole, bool back)
{
    struct flow flow;

    memset(&flow, 0, sizeof flow);
    flow.from = back ? hole->b : hole->a;
    flow.to = back ? hole->a : hole->b;
    flow.from_port = back ? hole->b_port : hole->a_port;
    flow.to_port = back ? hole->a_port : hole->b_port;
    return flow;
}

static void await_one(struct calls *calls, struct call *call, const struct flow *flow)
{
    GPtrArray *waiting = g_hash_table_lookup(calls->flows, flow);

    if (!waiting) {
        waiting = g_ptr_array_new();
        g_hash_table_insert(calls->flows, g_memdup2(flow, sizeof *flow), waiting);
    }
    if (g_ptr_array_find(waiting, call, NULL))
        return;
    if (waiting->len < CALLS_OF_FLOW_MAX)
        g_ptr_array_add(waiting, call);
    else
        log_line("op=asked call=%s result=no-room: %d calls wait for tokens of the same addresses "
                 "and ports",
                 call->id, CALLS_OF_FLOW_MAX);
}

void calls_await_no_more(struct calls *calls, struct call *call)
{
    for (unsigned i = 0; i < call->asked_count; i++)
        for (int back = 0; back < 2; back++) {
            struct flow flow = flow_of(&call->asked[i].hole, back);
            GPtrArray *waiting = g_hash_table_lookup(calls->flows, &flow);

            if (waiting && g_ptr_array_remove_fast(waiting, call) && !waiting->len)
                g_hash_table_remove(calls->flows, &flow);
        }
    call->asked_count = 0;
}

void calls_await(struct calls *calls, struct call *call, const struct asked *asked, unsigned count)
{
    calls_await_no_more(calls, call);
    for (unsigned i = 0; i < count && i < CALL_HOLES_MAX; i++) {
        call->asked[call->asked_count++] = asked[i];
        for (int back = 0; back < 2; back++) {
            struct flow flow = flow_of(&asked[i].hole, back);

            await_one(calls, call, &flow);
        }
    }
}

void calls_each_of(struct calls *calls, const struct flow *flow,
                   bool (*each)(struct call *call, void *data), void *data)
{
    const GPtrArray *waiting = g_hash_table_lookup(calls->flows, flow);

    for (guint i = 0; waiting && i < waiting->len; i++)
        if (each(g_ptr_array_index(waiting, i), data))
            return;
}
