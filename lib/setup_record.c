/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One setup key as a record: field()s of docs/protocol.md section 4, not JSON, because a JSON
 * library leaves copies of what it read behind in freed memory. */
#include "methods.h"
#include "setup_keyring.h"

#include <openssl/crypto.h>
#include <string.h>

#define LABEL "simauth 1 setup key"

static void put_text(struct simauth_octets *o, const char *text)
{
    simauth_octets_field(o, text, strlen(text));
}

static void put_time(struct simauth_octets *o, int64_t time)
{
    uint8_t octets[8];

    for (int i = 0; i < 8; i++)
        octets[i] = (uint8_t)((uint64_t)time >> (56 - 8 * i));
    simauth_octets_field(o, octets, sizeof octets);
}

enum simauth_result simauth_keyring_write(const struct simauth_keyring *ring, size_t i,
                                          struct simauth_octets *record)
{
    const struct ring_entry *entry;
    const struct simauth_held_key *key;

    if (i >= ring->count)
        return SIMAUTH_MALFORMED;
    entry = ring->entries + i;
    key = &entry->held;
    put_text(record, LABEL);
    simauth_octets_field(record, key->key.octets, key->key.len);
    put_text(record, key->origin->name);
    put_text(record, key->outgoing ? "out" : "in");
    put_text(record, key->own_aor);
    put_text(record, key->peer_aor);
    put_text(record, key->own_nai);
    put_text(record, key->peer_nai);
    put_text(record, key->peer_operator);
    put_time(record, key->sim_time);
    put_time(record, key->made);
    put_time(record, key->expires);
    simauth_octets_field(record, entry->nonces, (size_t)entry->nonce_count * SIMAUTH_NONCE_LEN);
    return record->failed ? SIMAUTH_NO_MEMORY : SIMAUTH_OK;
}

/* What is left to be read; after a fault nothing more is. */
struct rest {
    const uint8_t *at;
    size_t len;
    bool failed;
};

static size_t take(struct rest *rest, const uint8_t **octets, size_t max)
{
    size_t len = rest->len >= 2 ? (size_t)rest->at[0] << 8 | rest->at[1] : 0;

    if (rest->failed || rest->len < 2 || len > rest->len - 2 || len > max) {
        rest->failed = true;
        return 0;
    }
    *octets = rest->at + 2;
    rest->at += 2 + len;
    rest->len -= 2 + len;
    return len;
}

/* `text` has room for max + 1. */
static void take_text(struct rest *rest, char *text, size_t max)
{
    const uint8_t *octets = NULL;
    size_t len = take(rest, &octets, max);

    if (len > 0 && memchr(octets, '\0', len))
        rest->failed = true;
    if (rest->failed)
        len = 0;
    memcpy(text, len > 0 ? (const void *)octets : "", len);
    text[len] = '\0';
}

static int64_t take_time(struct rest *rest)
{
    const uint8_t *octets = NULL;
    uint64_t time = 0;

    if (take(rest, &octets, 8) != 8) {
        rest->failed = true;
        return 0;
    }
    for (int i = 0; i < 8; i++)
        time = time << 8 | octets[i];
    if (time == 0 || time > INT64_MAX)
        rest->failed = true;
    return (int64_t)time;
}

static void take_key(struct rest *rest, struct simauth_held_key *key)
{
    const uint8_t *octets = NULL;
    char origin[16], direction[4];

    if (take(rest, &octets, SIMAUTH_KEY_LEN) != SIMAUTH_KEY_LEN)
        rest->failed = true;
    else
        simauth_secret_set(&key->key, octets, SIMAUTH_KEY_LEN);
    take_text(rest, origin, sizeof origin - 1);
    take_text(rest, direction, sizeof direction - 1);
    key->with = &simauth_method_stp;
    key->origin = simauth_method_find(origin, strlen(origin));
    key->outgoing = strcmp(direction, "out") == 0;
    if (!key->origin || (!key->outgoing && strcmp(direction, "in") != 0))
        rest->failed = true;
}

static void take_nonces(struct rest *rest, struct ring_entry *entry)
{
    const uint8_t *octets = NULL;
    size_t len = take(rest, &octets, sizeof entry->nonces);

    if (rest->failed || len % SIMAUTH_NONCE_LEN != 0) {
        rest->failed = true;
        return;
    }
    if (len > 0)
        memcpy(entry->nonces, octets, len);
    entry->nonce_count = (uint8_t)(len / SIMAUTH_NONCE_LEN);
}

static bool read_entry(struct rest *rest, struct ring_entry *entry)
{
    struct simauth_held_key *key = &entry->held;
    char label[sizeof LABEL];

    take_text(rest, label, sizeof label - 1);
    if (strcmp(label, LABEL) != 0)
        return false;
    take_key(rest, key);
    take_text(rest, key->own_aor, SIMAUTH_AOR_MAX);
    take_text(rest, key->peer_aor, SIMAUTH_AOR_MAX);
    take_text(rest, key->own_nai, SIMAUTH_NAI_MAX);
    take_text(rest, key->peer_nai, SIMAUTH_NAI_MAX);
    take_text(rest, key->peer_operator, SIMAUTH_OPERATOR_NAME_MAX);
    key->sim_time = take_time(rest);
    key->made = take_time(rest);
    key->expires = take_time(rest);
    take_nonces(rest, entry);
    return !rest->failed && rest->len == 0;
}

enum simauth_result simauth_keyring_read(struct simauth_keyring *ring, const uint8_t *record,
                                         size_t len, int64_t now)
{
    struct rest rest = {record, len, false};
    struct ring_entry entry = {.taken = false};
    enum simauth_result result = SIMAUTH_MALFORMED;

    if (read_entry(&rest, &entry))
        result = ring_add(ring, &entry, now);
    OPENSSL_cleanse(&entry, sizeof entry);
    return result;
}
