/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call's pinholes: what the kernel is asked for, and what becomes of that. */
#include "calls_own.h"
#include "journal.h"
#include "log.h"
#include "tally.h"

#define RETRY_MAX 30 /* seconds */

/* Of another call that has one of them too it may be the later end. */
int64_t calls_seconds_of(const struct calls *calls, const struct call *call, int64_t now)
{
    int64_t until = call->expires;

    for (unsigned i = 0; i < call->hole_count; i++)
        until = MAX(until, tally_keep(calls->tally, &call->holes[i], call->expires));
    return until - now;
}

static bool has(const struct pinhole *holes, unsigned count, const struct pinhole *hole)
{
    for (unsigned i = 0; i < count; i++)
        if (pinhole_same(&holes[i], hole))
            return true;
    return false;
}

/* Those of the call that are not in `kept`. Two calls may name the same addresses and ports: what
 * another has stays. */
unsigned calls_to_remove(const struct calls *calls, const struct call *call,
                         const struct pinhole *kept, unsigned count, struct pinhole *gone)
{
    unsigned n = 0;

    for (unsigned i = 0; i < call->hole_count; i++)
        if (!has(kept, count, &call->holes[i]) && tally_holders(calls->tally, &call->holes[i]) == 1)
            gone[n++] = call->holes[i];
    return n;
}

static void take_holes(struct calls *calls, struct call *call, const struct pinhole *holes,
                       unsigned count, bool all)
{
    calls->with_holes -= call->hole_count > 0;
    for (unsigned i = 0; all && i < call->hole_count; i++)
        tally_hole(calls->tally, &call->holes[i], false);
    if (all)
        call->hole_count = 0;
    for (unsigned i = 0; i < count && call->hole_count < CALL_HOLES_MAX; i++) {
        if (has(call->holes, call->hole_count, &holes[i]))
            continue;
        call->holes[call->hole_count++] = holes[i];
        tally_hole(calls->tally, &holes[i], true);
    }
    calls->with_holes += call->hole_count > 0;
}

void calls_open_holes(struct calls *calls, struct call *call, const struct pinhole *holes,
                      unsigned count, bool all, int64_t now)
{
    struct pinhole gone[2 * CALL_HOLES_MAX]; /* and behind these what it has alone */
    struct firewall_change change = {.add = call->holes, .remove = gone, .undo = gone};

    if (all)
        change.remove_count = calls_to_remove(calls, call, holes, count, gone);
    take_holes(calls, call, holes, count, all);
    change.undo_count =
        change.remove_count + calls_to_remove(calls, call, NULL, 0, gone + change.remove_count);
    change.add_count = call->hole_count; /* what it could not take is nobody's */
    change.seconds = calls_seconds_of(calls, call, now);
    change.after = journal_opened(calls->journal, call);
    call->in_journal = true;
    firewall_submit(calls->firewall, &change, call->key);
    log_line("op=open call=%s holes=%u closed=%u seconds=%d", call->id, call->hole_count,
             change.remove_count, (int)change.seconds);
}

/* -- what nft refuses -------------------------------------------------------------------------- */

static void is_open(struct calls *calls, struct call *call)
{
    if (call->refusals)
        log_line("op=open call=%s result=good: nft takes its pinholes again, after %u refusals",
                 call->id, call->refusals);
    call->refusals = 0;
    call->retry_at = 0;
    g_hash_table_remove(calls->shut, call);
}

static void is_shut(struct calls *calls, struct call *call, int64_t now)
{
    int64_t pause = MIN(1 << MIN(call->refusals, 5), RETRY_MAX);

    if (!call->refusals++)
        log_line("op=open call=%s result=failed: it has no pinholes until nft takes them; it is "
                 "asked again, now and then",
                 call->id);
    call->retry_at = now + pause;
    g_hash_table_add(calls->shut, call);
}

void calls_take_results(struct calls *calls, int64_t now)
{
    struct firewall_result result;

    for (; firewall_result(calls->firewall, &result); g_free(result.key)) {
        struct call *call = g_hash_table_lookup(calls->table, result.key);

        calls->refusals += !result.good;
        if (!call)
            continue;
        if (!call->hole_count || result.good)
            is_open(calls, call);
        else if (!result.good)
            is_shut(calls, call, now);
    }
}

void calls_retry(struct calls *calls, int64_t now)
{
    GHashTableIter each;
    struct call *call;

    g_hash_table_iter_init(&each, calls->shut);
    while (g_hash_table_iter_next(&each, (void **)&call, NULL)) {
        struct pinhole alone[CALL_HOLES_MAX];
        const struct firewall_change change = {.add = call->holes,
                                               .add_count = call->hole_count,
                                               .seconds = calls_seconds_of(calls, call, now),
                                               .undo = alone,
                                               .undo_count =
                                                   calls_to_remove(calls, call, NULL, 0, alone)};

        if (!call->retry_at || call->retry_at > now)
            continue;
        call->retry_at = 0;
        firewall_submit(calls->firewall, &change, call->key);
    }
}

/* -- all of them once more --------------------------------------------------------------------- */

void calls_open_again(struct calls *calls)
{
    GHashTableIter each;
    struct call *call;

    g_ptr_array_set_size(calls->again, 0);
    g_hash_table_iter_init(&each, calls->table);
    while (g_hash_table_iter_next(&each, NULL, (void **)&call))
        if (call->hole_count)
            g_ptr_array_add(calls->again, g_strdup(call->key));
}

bool calls_open_some(struct calls *calls, unsigned most, int64_t now)
{
    for (; most && calls->again->len; most--) {
        char *key = g_ptr_array_steal_index_fast(calls->again, calls->again->len - 1);
        struct call *call = g_hash_table_lookup(calls->table, key); /* NULL: it has ended since */

        if (call && call->hole_count)
            calls_open_holes(calls, call, NULL, 0, false, now);
        g_free(key);
    }
    return calls->again->len > 0;
}
