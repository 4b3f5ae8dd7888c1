/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a middle finds on its disk when it starts: each call that it hands on can be opened as it
 * is, and is written back to the same. */
#include "file.h"

#include "../../middle/journal.h"

#include <arpa/inet.h>
#include <glib.h>

struct found {
    GPtrArray *calls;
    unsigned ended;
};

static void opened(struct call *call, void *data)
{
    struct found *found = data;

    MUST(call->key && call->hole_count <= CALL_HOLES_MAX);
    for (unsigned i = 0; i < call->hole_count; i++) {
        MUST(call->holes[i].a.family == AF_INET || call->holes[i].a.family == AF_INET6);
        MUST(call->holes[i].a.family == call->holes[i].b.family);
        MUST(call->holes[i].a_port && call->holes[i].b_port);
    }
    g_ptr_array_add(found->calls, call);
}

static void ended(const char *key, void *data)
{
    MUST(key != NULL);
    ((struct found *)data)->ended++;
}

static void call_drop(void *call)
{
    g_free(((struct call *)call)->key);
    g_free(call);
}

static struct found read_file(const char *path)
{
    struct found found = {g_ptr_array_new_with_free_func(call_drop), 0};

    journal_read(path, opened, ended, &found);
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
    struct found first = read_file(path), again;
    struct journal *journal = journal_open(path);

    MUST(journal != NULL);
    for (unsigned i = 0; i < first.calls->len; i++)
        journal_opened(journal, first.calls->pdata[i]);
    journal_ended(journal, "the last");
    journal_close(journal);
    again = read_file(path);
    MUST(again.calls->len == first.calls->len && again.ended == 1);
    for (unsigned i = 0; i < first.calls->len; i++)
        same(first.calls->pdata[i], again.calls->pdata[i]);
    g_ptr_array_unref(first.calls);
    g_ptr_array_unref(again.calls);
    return 0;
}
