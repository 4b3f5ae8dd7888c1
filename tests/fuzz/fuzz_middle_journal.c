/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a middle finds on its disk when it starts: each call that it hands on can be opened as it
 * is, and is written back to the same. */
#include "file.h"

#include "../../middle/journal.h"

#include <arpa/inet.h>
#include <glib.h>

static void call_drop(void *call)
{
    g_free(((struct call *)call)->key);
    g_free(call);
}

/* Of each call the last word. */
static void opened(struct call *call, void *data)
{
    MUST(call->key && call->hole_count <= CALL_HOLES_MAX);
    for (unsigned i = 0; i < call->hole_count; i++) {
        MUST(call->holes[i].a.family == AF_INET || call->holes[i].a.family == AF_INET6);
        MUST(call->holes[i].a.family == call->holes[i].b.family);
        MUST(call->holes[i].a_port && call->holes[i].b_port);
    }
    g_hash_table_replace(data, call->key, call);
}

static void ended(const char *key, void *data)
{
    MUST(key != NULL);
    g_hash_table_remove(data, key);
}

static GHashTable *read_file(const char *path)
{
    GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, call_drop);

    journal_read(path, opened, ended, found);
    return found;
}

static void same(const struct call *a, const struct call *b)
{
    MUST(strcmp(a->key, b->key) == 0 && strcmp(a->tag, b->tag) == 0);
    MUST(strcmp(a->from, b->from) == 0 && strcmp(a->to, b->to) == 0);
    MUST(strcmp(a->trunk, b->trunk) == 0 && a->established == b->established);
    MUST(a->kbit == b->kbit && a->expires == b->expires && a->hole_count == b->hole_count);
    for (unsigned i = 0; i < a->hole_count; i++)
        MUST(a->holes[i].a_port == b->holes[i].a_port && a->holes[i].b_port == b->holes[i].b_port &&
             memcmp(&a->holes[i].a, &b->holes[i].a, sizeof a->holes[i].a) == 0 &&
             memcmp(&a->holes[i].b, &b->holes[i].b, sizeof a->holes[i].b) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file("journal", data, size);
    GHashTable *first = read_file(path), *again;
    struct journal *journal = journal_open(path, NULL, 0);
    struct call *over = NULL, *call;
    GHashTableIter each;

    MUST(journal != NULL);
    g_hash_table_iter_init(&each, first);
    while (g_hash_table_iter_next(&each, NULL, (void **)&call)) {
        journal_opened(journal, call);
        over = call; /* one of them ends, whether the file has it already or not */
    }
    if (over)
        journal_ended(journal, over->key);
    journal_ended(journal, "one that never was");
    journal_close(journal);
    again = read_file(path);
    MUST(!over || !g_hash_table_contains(again, over->key));
    MUST(g_hash_table_size(again) + (over != NULL) == g_hash_table_size(first));
    g_hash_table_iter_init(&each, again);
    while (g_hash_table_iter_next(&each, NULL, (void **)&call))
        same(call, g_hash_table_lookup(first, call->key));
    g_hash_table_unref(first);
    g_hash_table_unref(again);
    return 0;
}
