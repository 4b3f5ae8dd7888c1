/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nonce.h"
#include "counts.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <simauth/octets.h>
#include <string.h>

#define RANDOM_LEN 9
#define MAC_LEN 16
#define OCTETS (8 + RANDOM_LEN + MAC_LEN)
#define ENTRIES_MAX 65536
#define ENTRIES_OF_ONE_MAX 128 /* of a subscriber, however many B-TIDs it makes */
#define SWEPT_FROM 256         /* entries: below, nobody looks for those that are over */
#define NC_MAX 100000
#define LIFETIME_MAX 3600 /* of any gateway: what [life] nonce may be */
#define CLOCKS_DIFFER 5   /* seconds, of gateways that share a store */

struct entry {
    int64_t made;
    uint32_t highest;
    uint64_t seen; /* bit n: highest - n was there */
    char *btid, *who;
};
struct nonces {
    GMutex lock;
    GHashTable *used;
    struct counts *holders; /* subscribers, of their entries */
    guint sweep_at;         /* entries */
    int64_t swept;          /* when last */
    int lifetime;
    const struct seal *seal; /* NULL: `key` is this process's alone */
    const struct seal *from; /* what the keys were made from; under lock */
    uint8_t key[32], old[32];
    bool has_old;
};

const char *nonce_result_name(enum nonce_result result)
{
    static const char *const names[] = {"good", "unknown", "worn", "replayed", "of another B-TID"};

    return names[result];
}

static void entry_free(void *data)
{
    struct entry *entry = data;

    g_free(entry->btid);
    g_free(entry->who);
    g_free(entry);
}

/* Never the sealing key itself. */
static bool derive(const uint8_t seal_key[static SEAL_KEY_LEN], uint8_t key[static 32])
{
    static const char label[] = "simauth gateway nonce";
    unsigned len = 0;

    return HMAC(EVP_sha256(), seal_key, SEAL_KEY_LEN, (const uint8_t *)label, sizeof label - 1, key,
                &len) != NULL;
}

/* While a sealing key is being replaced, gateways that have it and such that have it not yet take
 * each other's nonces. */
static bool make_keys(struct nonces *nonces)
{
    const struct seal *now = nonces->seal ? seal_now(nonces->seal) : NULL;

    if (!now)
        return RAND_bytes(nonces->key, sizeof nonces->key) == 1;
    nonces->from = now;
    nonces->has_old = now->has_old;
    return derive(now->key, nonces->key) && (!now->has_old || derive(now->old, nonces->old));
}

struct nonces *nonces_new(int lifetime, const struct seal *seal)
{
    struct nonces *nonces = g_new0(struct nonces, 1);

    nonces->seal = seal;
    if (!make_keys(nonces)) {
        g_free(nonces);
        return NULL;
    }
    nonces->lifetime = lifetime;
    nonces->holders = counts_new();
    nonces->used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    g_mutex_init(&nonces->lock);
    return nonces;
}

void nonces_free(struct nonces *nonces)
{
    if (!nonces)
        return;
    g_hash_table_destroy(nonces->used);
    counts_free(nonces->holders);
    g_mutex_clear(&nonces->lock);
    OPENSSL_cleanse(nonces->key, sizeof nonces->key);
    OPENSSL_cleanse(nonces->old, sizeof nonces->old);
    g_free(nonces);
}

/* False: with `old`, and there is none. */
static bool mac_of(struct nonces *nonces, bool old, const uint8_t *octets,
                   uint8_t mac[static MAC_LEN])
{
    uint8_t whole[EVP_MAX_MD_SIZE], key[32];
    unsigned len = 0;
    bool there;

    g_mutex_lock(&nonces->lock);
    if (nonces->seal && seal_now(nonces->seal) != nonces->from)
        make_keys(nonces);
    there = !old || nonces->has_old;
    memcpy(key, old ? nonces->old : nonces->key, sizeof key);
    g_mutex_unlock(&nonces->lock);
    if (there)
        HMAC(EVP_sha256(), key, sizeof key, octets, 8 + RANDOM_LEN, whole, &len);
    if (there)
        memcpy(mac, whole, MAC_LEN);
    OPENSSL_cleanse(key, sizeof key);
    return there;
}

void nonces_make(struct nonces *nonces, int64_t now, char nonce[static NONCE_TEXT_LEN + 1])
{
    uint8_t octets[OCTETS];
    uint64_t time = (uint64_t)now;

    for (int i = 7; i >= 0; i--, time >>= 8)
        octets[i] = (uint8_t)time;
    RAND_bytes(octets + 8, RANDOM_LEN);
    mac_of(nonces, false, octets, octets + 8 + RANDOM_LEN);
    simauth_b64u_encode(octets, sizeof octets, nonce);
}

/* When it was made; -1: not ours. */
static int64_t made_at(struct nonces *nonces, const char *nonce)
{
    uint8_t octets[OCTETS], mac[MAC_LEN];
    uint64_t time = 0;
    bool right;

    if (simauth_b64u_decode(nonce, strlen(nonce), octets, sizeof octets) != SIMAUTH_OK)
        return -1;
    mac_of(nonces, false, octets, mac);
    right = CRYPTO_memcmp(mac, octets + 8 + RANDOM_LEN, MAC_LEN) == 0;
    if (!right && mac_of(nonces, true, octets, mac))
        right = CRYPTO_memcmp(mac, octets + 8 + RANDOM_LEN, MAC_LEN) == 0;
    if (!right)
        return -1;
    for (int i = 0; i < 8; i++)
        time = time << 8 | octets[i];
    return (int64_t)time;
}

struct sweep {
    struct counts *holders;
    int64_t before, after; /* what was made earlier is over, or by a clock that was far ahead */
};

static gboolean drop_over(gpointer key, gpointer value, gpointer data)
{
    const struct entry *entry = value;
    const struct sweep *sweep = data;

    (void)key;
    if (entry->made >= sweep->before && entry->made <= sweep->after)
        return FALSE;
    counts_remove(sweep->holders, entry->who);
    return TRUE;
}

static void sweep(struct nonces *nonces, int64_t now)
{
    /* After a small step back of the clock they may come to count again. */
    struct sweep sweep = {nonces->holders, now - nonces->lifetime, now + LIFETIME_MAX};

    nonces->swept = now;
    g_hash_table_foreach_remove(nonces->used, drop_over, &sweep);
    /* Seldom enough that each entry pays for one look; never more than twice those alive. */
    nonces->sweep_at = MIN(2 * g_hash_table_size(nonces->used), ENTRIES_MAX);
}

/* Forgetting an entry that is young would let its nc values come again. */
static bool has_room(const struct nonces *nonces, const char *who)
{
    return g_hash_table_size(nonces->used) < ENTRIES_MAX &&
           counts_of(nonces->holders, who) < ENTRIES_OF_ONE_MAX;
}

static struct entry *entry_of(struct nonces *nonces, const char *nonce, const char *who,
                              const char *btid, int64_t made, int64_t now)
{
    struct entry *entry = g_hash_table_lookup(nonces->used, nonce);
    bool many = g_hash_table_size(nonces->used) >= MAX(nonces->sweep_at, SWEPT_FROM);

    if (entry)
        return entry;
    if ((many || !has_room(nonces, who)) && now != nonces->swept)
        sweep(nonces, now);
    if (!has_room(nonces, who))
        return NULL;
    entry = g_new0(struct entry, 1);
    entry->made = made;
    entry->btid = g_strdup(btid);
    entry->who = g_strdup(who);
    g_hash_table_insert(nonces->used, g_strdup(nonce), entry);
    counts_add(nonces->holders, who);
    return entry;
}

static enum nonce_result take(struct entry *entry, uint32_t nc)
{
    uint32_t behind;

    if (nc > NC_MAX)
        return NONCE_WORN;
    if (nc > entry->highest) {
        uint32_t step = nc - entry->highest;

        entry->seen = step >= NONCE_WINDOW ? 0 : entry->seen << step;
        entry->seen |= 1;
        entry->highest = nc;
        return NONCE_GOOD;
    }
    behind = entry->highest - nc;
    if (nc == 0 || behind >= NONCE_WINDOW || (entry->seen >> behind & 1))
        return NONCE_REPLAYED;
    entry->seen |= UINT64_C(1) << behind;
    return NONCE_GOOD;
}

enum nonce_result nonces_use(struct nonces *nonces, const char *nonce, const char *who,
                             const char *btid, uint32_t nc, int64_t now)
{
    int64_t made = made_at(nonces, nonce);
    enum nonce_result result = NONCE_WORN;
    struct entry *entry;

    if (made < 0 || made > now + CLOCKS_DIFFER)
        return NONCE_UNKNOWN;
    if (made < now - nonces->lifetime)
        return NONCE_WORN;
    g_mutex_lock(&nonces->lock);
    entry = entry_of(nonces, nonce, who, btid, made, now);
    if (entry)
        result = strcmp(entry->btid, btid) == 0 ? take(entry, nc) : NONCE_FOREIGN;
    g_mutex_unlock(&nonces->lock);
    return result;
}

int64_t nonces_end(struct nonces *nonces, const char *nonce)
{
    return made_at(nonces, nonce) + LIFETIME_MAX;
}

int nonces_old(struct nonces *nonces, const char *nonce, int64_t now)
{
    return made_at(nonces, nonce) < now - nonces->lifetime / 2;
}
