/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of stores, and what all of them share. */
#include "store.h"
#include "stores.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static const struct store_ops *const stores[] = {
    &store_sqlite,
    &store_postgresql,
};

const struct store_ops *store_find(const char *name)
{
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++)
        if (strcmp(stores[i]->name, name) == 0)
            return stores[i];
    return NULL;
}

const char *store_result_name(enum store_result result)
{
    switch (result) {
    case STORE_OK:
        return "good";
    case STORE_NONE:
        return "no such entry";
    case STORE_EXISTS:
        return "there already";
    case STORE_BUSY:
        return "database locked by another program";
    case STORE_FULL:
        return "database or disk full";
    case STORE_READONLY:
        return "database read-only";
    case STORE_DAMAGED:
        return "database damaged or sealed with another key";
    case STORE_FAILED:
        return "database failed";
    case STORE_BEHIND:
        return "more records than the database takes";
    case STORE_UNSURE:
        return "lost while it committed";
    }
    return "unknown result";
}

const char *store_outcome_name(enum store_outcome outcome)
{
    static const char *const names[] = {"issued", "confirmed", "completed", "gone"};

    return (size_t)outcome < sizeof names / sizeof *names ? names[outcome] : "unknown";
}

bool store_is_young(int64_t time, int64_t since, int64_t now)
{
    return time >= since && time <= now + STORE_AHEAD_S;
}

void store_subscriber_wipe(struct store_subscriber *subscriber)
{
    OPENSSL_cleanse(subscriber, sizeof *subscriber);
}

bool store_keys_elsewhere(const struct store_keys *keys)
{
    static const struct store_keys none;

    return keys->algorithm == STORE_MILENAGE && !keys->tuak &&
           CRYPTO_memcmp(keys->k, none.k, sizeof none.k) == 0 &&
           CRYPTO_memcmp(keys->op, none.op, sizeof none.op) == 0;
}

void store_partner_clear(struct store_partner *partner)
{
    free(partner->anchors);
    partner->anchors = NULL;
}
