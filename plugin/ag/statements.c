/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "statements.h"

#include <openssl/sha.h>
#include <string.h>

static struct statements_entry *find(struct statements *cache, const uint8_t digest[static 32])
{
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        struct statements_entry *e = &cache->entries[i];

        if (e->checked != 0 && memcmp(e->digest, digest, sizeof e->digest) == 0)
            return e;
    }
    return NULL;
}

static struct statements_entry *oldest(struct statements *cache)
{
    struct statements_entry *best = &cache->entries[0];

    for (size_t i = 1; i < STATEMENTS_MAX; i++)
        if (cache->entries[i].used < best->used)
            best = &cache->entries[i];
    return best;
}

/* A clock that went backwards makes it stale as well. */
static bool fresh(const struct statements_entry *e, int64_t now)
{
    return now >= e->checked && now - e->checked < STATEMENTS_KEEP &&
           now >= e->statement.not_before && now <= e->statement.not_after;
}

enum simauth_result statements_verify(struct statements *cache, const char *text,
                                      X509_STORE *anchors, int64_t now,
                                      struct simauth_statement *statement)
{
    uint8_t digest[32];
    struct statements_entry *e;
    enum simauth_result result;

    SHA256((const uint8_t *)text, strlen(text), digest);
    e = find(cache, digest);
    if (e && fresh(e, now)) {
        e->used = ++cache->uses;
        *statement = e->statement;
        return SIMAUTH_OK;
    }
    if (!e)
        e = oldest(cache);
    cache->checks++;
    result = simauth_statement_verify(text, anchors, now, statement);
    if (result != SIMAUTH_OK) { /* what does not verify puts nothing out of the cache */
        if (e->checked != 0 && memcmp(e->digest, digest, sizeof digest) == 0)
            memset(e, 0, sizeof *e);
        return result;
    }
    memcpy(e->digest, digest, sizeof digest);
    e->checked = now;
    e->used = ++cache->uses;
    e->statement = *statement;
    return SIMAUTH_OK;
}
