/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ring of setup keys: at most four unused for each ordered pair, each for one call. */
#include "setup_keyring.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 16

struct simauth_keyring *simauth_keyring_new(void)
{
    return calloc(1, sizeof(struct simauth_keyring));
}

void simauth_keyring_free(struct simauth_keyring *ring)
{
    if (!ring)
        return;
    simauth_secure_free(ring->entries);
    free(ring);
}

/* A clock that was set back says nothing about how old a key is, so the key is over. */
static bool alive(const struct simauth_held_key *key, int64_t now)
{
    return now < key->expires && now - key->sim_time < SIMAUTH_SETUP_SIM_LIMIT &&
           now + SIMAUTH_SETUP_CLOCK_BACK >= key->made &&
           now + SIMAUTH_SETUP_CLOCK_BACK >= key->sim_time;
}

static void erase(struct simauth_keyring *ring, size_t i)
{
    struct ring_entry *at = ring->entries + i;

    memmove(at, at + 1, (ring->count - i - 1) * sizeof *at);
    ring->count--;
    OPENSSL_cleanse(ring->entries + ring->count, sizeof *at);
}

static bool grow(struct simauth_keyring *ring)
{
    size_t room = ring->room ? 2 * ring->room : ROOM_FIRST;
    struct ring_entry *entries;

    if (ring->count < ring->room)
        return true;
    entries = simauth_secure_alloc(room * sizeof *entries);
    if (!entries)
        return false;
    if (ring->entries) {
        memcpy(entries, ring->entries, ring->count * sizeof *entries);
        simauth_secure_free(ring->entries);
    }
    ring->entries = entries;
    ring->room = room;
    return true;
}

static bool same_pair(const struct simauth_held_key *a, const struct simauth_held_key *b)
{
    return a->outgoing == b->outgoing && strcmp(a->own_aor, b->own_aor) == 0 &&
           strcmp(a->peer_aor, b->peer_aor) == 0;
}

/* Of those of this ordered pair that no call has, the newest stay. */
static void keep_newest(struct simauth_keyring *ring, const struct simauth_held_key *key,
                        size_t most)
{
    size_t unused = 0;

    for (size_t i = ring->count; i-- > 0;) {
        if (!ring->entries[i].taken && same_pair(&ring->entries[i].held, key) && ++unused > most)
            erase(ring, i);
    }
}

static bool is_setup_key(const struct simauth_held_key *key)
{
    return key->with && key->with->id_len == SIMAUTH_KEYID_LEN && key->origin &&
           key->origin->strength > 0 && key->key.len == SIMAUTH_KEY_LEN && key->own_aor[0] &&
           key->peer_aor[0] && simauth_nai_check(key->own_nai) == SIMAUTH_OK &&
           simauth_nai_check(key->peer_nai) == SIMAUTH_OK;
}

enum simauth_result ring_add(struct simauth_keyring *ring, const struct ring_entry *entry,
                             int64_t now)
{
    const struct simauth_held_key *key = &entry->held;

    if (!is_setup_key(key) || entry->nonce_count > SIMAUTH_SETUP_NONCES)
        return SIMAUTH_MALFORMED;
    if (!alive(key, now))
        return SIMAUTH_EXPIRED;
    keep_newest(ring, key, SIMAUTH_SETUP_PER_PAIR - 1); /* with this one */
    if (ring->count >= SIMAUTH_SETUP_KEYS_MAX)
        return SIMAUTH_TOO_LONG;
    if (!grow(ring))
        return SIMAUTH_NO_MEMORY;
    ring->entries[ring->count] = *entry;
    ring->entries[ring->count].taken = false;
    ring->entries[ring->count++].handle = ++ring->last_handle;
    return SIMAUTH_OK;
}

enum simauth_result simauth_keyring_add(struct simauth_keyring *ring,
                                        const struct simauth_held_key *key, int64_t now)
{
    struct ring_entry entry = {.held = *key};
    enum simauth_result result = ring_add(ring, &entry, now);

    OPENSSL_cleanse(&entry, sizeof entry);
    return result;
}

/* Both in canonical form; "" fits nothing. */
struct pair {
    char own[SIMAUTH_AOR_MAX + 1];
    char peer[SIMAUTH_AOR_MAX + 1];
};

static bool pair_make(struct pair *pair, const char *own_aor, const char *peer_aor)
{
    return simauth_aor_canonical(own_aor, pair->own) == SIMAUTH_OK &&
           simauth_aor_canonical(peer_aor, pair->peer) == SIMAUTH_OK;
}

static bool is_for(const struct simauth_held_key *key, const struct pair *pair, bool outgoing)
{
    return key->outgoing == outgoing && strcmp(key->own_aor, pair->own) == 0 &&
           strcmp(key->peer_aor, pair->peer) == 0;
}

const struct simauth_held_key *simauth_keyring_take(struct simauth_keyring *ring,
                                                    const char *own_aor, const char *peer_aor,
                                                    uint8_t strength, int64_t now, uint64_t *handle)
{
    struct pair pair;

    if (!pair_make(&pair, own_aor, peer_aor))
        return NULL;
    for (size_t i = ring->count; i-- > 0;) {
        struct ring_entry *entry = ring->entries + i;

        if (entry->taken || !is_for(&entry->held, &pair, true) || !alive(&entry->held, now) ||
            entry->held.origin->strength < strength)
            continue;
        entry->taken = true;
        *handle = entry->handle;
        return &entry->held;
    }
    return NULL;
}

static bool nonce_seen(const struct ring_entry *entry, const uint8_t *nonce)
{
    for (size_t i = 0; i < entry->nonce_count; i++) {
        if (memcmp(entry->nonces[i], nonce, SIMAUTH_NONCE_LEN) == 0)
            return true;
    }
    return false;
}

/* The one whose KEYID this is, or NULL. */
static struct ring_entry *named(struct simauth_keyring *ring, const struct pair *pair,
                                const uint8_t *keyid, const uint8_t *nonce_a)
{
    uint8_t own[SIMAUTH_KEYID_LEN];

    for (size_t i = ring->count; i-- > 0;) {
        struct ring_entry *entry = ring->entries + i;

        if (is_for(&entry->held, pair, false) &&
            simauth_setup_keyid(&entry->held.key, nonce_a, own) == SIMAUTH_OK &&
            CRYPTO_memcmp(own, keyid, sizeof own) == 0)
            return entry;
    }
    return NULL;
}

enum simauth_result simauth_keyring_find(struct simauth_keyring *ring, const char *own_aor,
                                         const char *peer_aor,
                                         const uint8_t keyid[static SIMAUTH_KEYID_LEN],
                                         const uint8_t nonce_a[static SIMAUTH_NONCE_LEN],
                                         int64_t now, const struct simauth_held_key **key,
                                         uint64_t *handle)
{
    struct ring_entry *entry;
    struct pair pair;

    *key = NULL;
    entry = pair_make(&pair, own_aor, peer_aor) ? named(ring, &pair, keyid, nonce_a) : NULL;
    if (!entry)
        return SIMAUTH_NOT_OURS;
    if (!alive(&entry->held, now) || entry->nonce_count == SIMAUTH_SETUP_NONCES) {
        erase(ring, (size_t)(entry - ring->entries));
        return SIMAUTH_EXPIRED;
    }
    if (entry->taken || nonce_seen(entry, nonce_a))
        return SIMAUTH_WRONG;
    memcpy(entry->nonces[entry->nonce_count++], nonce_a, SIMAUTH_NONCE_LEN);
    entry->taken = true;
    *handle = entry->handle;
    *key = &entry->held;
    return SIMAUTH_OK;
}

void simauth_keyring_release(struct simauth_keyring *ring, uint64_t handle, bool spent)
{
    struct simauth_held_key key;

    for (size_t i = 0; i < ring->count; i++) {
        if (ring->entries[i].handle != handle)
            continue;
        ring->entries[i].taken = false;
        key = ring->entries[i].held;
        if (spent)
            erase(ring, i);
        else
            keep_newest(ring, &key, SIMAUTH_SETUP_PER_PAIR);
        OPENSSL_cleanse(&key, sizeof key);
        return;
    }
}

size_t simauth_keyring_expire(struct simauth_keyring *ring, int64_t now)
{
    size_t before = ring->count;

    for (size_t i = ring->count; i-- > 0;) {
        if (!alive(&ring->entries[i].held, now))
            erase(ring, i);
    }
    return before - ring->count;
}

size_t simauth_keyring_forget(struct simauth_keyring *ring, const char *peer)
{
    size_t before = ring->count;

    for (size_t i = ring->count; i-- > 0;) {
        const struct simauth_held_key *key = &ring->entries[i].held;

        if (!peer || strcmp(key->peer_nai, peer) == 0 || simauth_aor_same(key->peer_aor, peer))
            erase(ring, i);
    }
    return before - ring->count;
}

const struct simauth_held_key *simauth_keyring_at(const struct simauth_keyring *ring, size_t i)
{
    return i < ring->count ? &ring->entries[i].held : NULL;
}

uint64_t simauth_keyring_handle(const struct simauth_keyring *ring, size_t i)
{
    return i < ring->count ? ring->entries[i].handle : 0;
}
