/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records and sequence numbers that the database does not have yet. */
#include "calls_code.h"
#include "calls_own.h"

#include <string.h>

/* -- tables ------------------------------------------------------------------------------------ */

static GHashTable *new_table(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

static struct calls_unflushed new_tables(void)
{
    return (struct calls_unflushed){
        .records = new_table(),
        .sqn = new_table(),
        .pairs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
}

void calls_records_init(struct calls *calls)
{
    calls->fresh = new_tables();
    calls->flushing = new_tables();
}

void calls_unflushed_free(struct calls_unflushed *over)
{
    g_hash_table_destroy(over->records);
    g_hash_table_destroy(over->sqn);
    g_hash_table_destroy(over->pairs);
}

void calls_records_clear(struct calls *calls)
{
    calls_unflushed_free(&calls->fresh);
    calls_unflushed_free(&calls->flushing);
}

/* -- pairs ------------------------------------------------------------------------------------- */

#define PAIR_MAX (2 * SIMAUTH_NAI_MAX + 2)

static void pair_of(const char *nai_a, const char *nai_b, char pair[static PAIR_MAX])
{
    char *at = g_stpcpy(pair, nai_a);

    *at++ = '\n';
    strcpy(at, nai_b);
}

static void count_pair(struct calls *calls, const struct calls_record *r, int by)
{
    char pair[PAIR_MAX];
    guint count;

    if (!r || !(r->changes & (CALLS_NEW | CALLS_NAMED)) || r->changes & CALLS_DROPPED ||
        strcmp(r->record.method, STORE_METHOD_UNKNOWN) == 0) /* only asked for: nobody was met */
        return;
    pair_of(r->record.nai_a, r->record.nai_b, pair);
    count = GPOINTER_TO_UINT(g_hash_table_lookup(calls->fresh.pairs, pair)) + (guint)by;
    if (count)
        g_hash_table_insert(calls->fresh.pairs, g_strdup(pair), GUINT_TO_POINTER(count));
    else
        g_hash_table_remove(calls->fresh.pairs, pair);
}

bool calls_pair_seen(struct calls *calls, const char *nai_a, const char *nai_b)
{
    char pair[PAIR_MAX];

    pair_of(nai_a, nai_b, pair);
    return g_hash_table_contains(calls->fresh.pairs, pair) ||
           g_hash_table_contains(calls->flushing.pairs, pair);
}

/* -- records ----------------------------------------------------------------------------------- */

void calls_record_set(struct calls *calls, int64_t id, struct calls_record *record)
{
    count_pair(calls, record, 1);
    count_pair(calls, g_hash_table_lookup(calls->fresh.records, &id), -1);
    if (record)
        g_hash_table_add(calls->fresh.records, record);
    else
        g_hash_table_remove(calls->fresh.records, &id);
}

/* Takes `record`. */
static void change(struct calls *calls, struct calls_record *record)
{
    int64_t id = record->record.id;
    const struct calls_record *before = g_hash_table_lookup(calls->fresh.records, &id);

    calls_remember(calls,
                   (struct calls_undo){.what = CALLS_UNDO_RECORD,
                                       .number = id,
                                       .other = before ? g_memdup2(before, sizeof *before) : NULL});
    calls_put_record(calls->frame, record);
    calls_record_set(calls, id, record);
}

void calls_record_add(struct calls *calls, struct store_record *record)
{
    struct calls_record *kept = g_new0(struct calls_record, 1);

    record->id = calls->next_record++;
    kept->changes = CALLS_NEW;
    kept->record = *record;
    change(calls, kept);
}

/* What `later` says of a record of which `record` is known. */
static void merge(struct calls_record *record, unsigned changes, const struct store_record *later)
{
    if (changes & CALLS_NAMED) {
        memcpy(record->record.nai_a, later->nai_a, sizeof later->nai_a);
        memcpy(record->record.nai_b, later->nai_b, sizeof later->nai_b);
        memcpy(record->record.method, later->method, sizeof later->method);
        record->record.first = later->first;
    }
    if (changes & CALLS_OUTCOME)
        record->record.outcome = later->outcome;
    record->changes |= changes;
}

void calls_record_change(struct calls *calls, enum calls_change what,
                         const struct store_record *record)
{
    const struct calls_record *known = g_hash_table_lookup(calls->fresh.records, &record->id);
    struct calls_record *kept = g_new0(struct calls_record, 1);

    if (known)
        *kept = *known;
    kept->record.id = record->id;
    merge(kept, what, record);
    change(calls, kept);
}

/* What was already on its way to the table then may not have come there. */
void calls_record_again(struct calls *calls, const struct calls_record *record)
{
    const struct calls_record *known =
        g_hash_table_lookup(calls->fresh.records, &record->record.id);
    struct calls_record *kept = g_memdup2(record, sizeof *record);

    if (known && !(record->changes & CALLS_NEW)) {
        *kept = *known;
        merge(kept, record->changes, &record->record);
    }
    calls_record_set(calls, record->record.id, kept);
}

/* -- numbers ----------------------------------------------------------------------------------- */

void calls_sqn_put(struct calls *calls, int64_t subscriber, const uint64_t *sqn)
{
    struct calls_sqn *there = g_hash_table_lookup(calls->fresh.sqn, &subscriber);

    if (!sqn) {
        g_hash_table_remove(calls->fresh.sqn, &subscriber);
        return;
    }
    if (!there) {
        there = g_new(struct calls_sqn, 1);
        there->subscriber = subscriber;
        g_hash_table_add(calls->fresh.sqn, there);
    }
    there->sqn = *sqn;
}

bool calls_sqn(struct calls *calls, int64_t subscriber, uint64_t *sqn)
{
    const struct calls_sqn *found = g_hash_table_lookup(calls->fresh.sqn, &subscriber);

    if (!found)
        found = g_hash_table_lookup(calls->flushing.sqn, &subscriber);
    if (found)
        *sqn = found->sqn;
    return found != NULL;
}

void calls_sqn_set(struct calls *calls, int64_t subscriber, uint64_t sqn)
{
    const struct calls_sqn *before = g_hash_table_lookup(calls->fresh.sqn, &subscriber);
    size_t begin = calls_op_begin(calls->frame, CALLS_OP_SQN);

    calls_put(calls->frame, subscriber);
    calls_put(calls->frame, (int64_t)sqn);
    calls_op_end(calls->frame, begin);
    calls_remember(
        calls, (struct calls_undo){.what = CALLS_UNDO_SQN,
                                   .number = subscriber,
                                   .other = before ? g_memdup2(&before->sqn, sizeof sqn) : NULL});
    calls_sqn_put(calls, subscriber, &sqn);
}

/* -- into the database ------------------------------------------------------------------------- */

void calls_flush_begin(struct calls *calls)
{
    struct calls_unflushed empty = calls->flushing;

    calls->flushing = calls->fresh;
    calls->fresh = empty;
}

/* The database did not take them: what was changed since goes on top. */
static void take_back(struct calls *calls)
{
    GHashTableIter all;
    gpointer value;

    g_hash_table_iter_init(&all, calls->flushing.records);
    while (g_hash_table_iter_next(&all, &value, NULL)) {
        struct calls_record *older = g_memdup2(value, sizeof *older);
        const struct calls_record *later = g_hash_table_lookup(calls->fresh.records, value);

        if (later)
            merge(older, later->changes, &later->record);
        calls_record_set(calls, older->record.id, older);
    }
    g_hash_table_iter_init(&all, calls->flushing.sqn);
    while (g_hash_table_iter_next(&all, &value, NULL)) {
        const struct calls_sqn *older = value;

        if (!g_hash_table_contains(calls->fresh.sqn, older))
            calls_sqn_put(calls, older->subscriber, &older->sqn);
    }
}

void calls_flush_end(struct calls *calls, bool good, struct calls_unflushed *over)
{
    if (!good)
        take_back(calls);
    *over = calls->flushing;
    calls->flushing = new_tables();
}

size_t calls_unflushed_count(const struct calls *calls)
{
    return g_hash_table_size(calls->fresh.records) + g_hash_table_size(calls->fresh.sqn);
}
