/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calls.h"
#include "journal.h"
#include "log.h"

#include <e2m/envelope.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

struct calls {
    const struct config *config;
    struct journal *journal;
    GHashTable *table;  /* key -> struct call */
    GHashTable *bodies; /* hash -> struct body: what was signed lately */
};

struct body {
    char *call_id;
    int64_t until;
};

static void call_free(void *data)
{
    struct call *call = data;

    g_free(call->key);
    OPENSSL_cleanse(call, sizeof *call); /* keys and secrets */
    g_free(call);
}

static void body_free(void *data)
{
    struct body *body = data;

    g_free(body->call_id);
    g_free(body);
}

static void set_id(struct call *call)
{
    char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, call->key, -1);

    g_strlcpy(call->id, hash, sizeof call->id);
    g_free(hash);
}

/* -- from the journal ----------------------------------------------------------------------------
 */

static void take_back(struct call *call, void *data)
{
    struct calls *calls = data;

    set_id(call);
    g_hash_table_replace(calls->table, call->key, call);
}

static void forget(const char *key, void *data)
{
    struct calls *calls = data;

    g_hash_table_remove(calls->table, key);
}

/* What the kernel has is what the journal says, and nothing else. */
static bool restore(struct calls *calls, int64_t now)
{
    struct firewall_change flush = {.flush = true};
    bool good = firewall_apply(calls->config, &flush);
    GHashTableIter each;
    struct call *call;

    g_hash_table_iter_init(&each, calls->table);
    while (good && g_hash_table_iter_next(&each, NULL, (void **)&call)) {
        const struct firewall_change back = {
            .add = call->holes, .add_count = call->hole_count, .seconds = call->expires - now};

        if (call->expires <= now)
            g_hash_table_iter_remove(&each);
        else
            good = firewall_apply(calls->config, &back);
    }
    log_line("op=restore result=%s calls=%u", good ? "good" : "failed",
             g_hash_table_size(calls->table));
    return good;
}

struct calls *calls_open(const struct config *config, int64_t now, char *error)
{
    struct calls *calls = g_new0(struct calls, 1);
    GHashTableIter each;
    struct call *call;

    calls->config = config;
    calls->table = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, call_free);
    calls->bodies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, body_free);
    if (!firewall_check(config)) {
        g_snprintf(error, CONFIG_ERROR_MAX,
                   "[pinholes] table: the sets holes4 and holes6 of inet %s are not there, or may "
                   "not be changed: nft -f simauth-middle.nft, and CAP_NET_ADMIN",
                   config->table);
        calls_free(calls);
        return NULL;
    }
    journal_read(config->state, take_back, forget, calls);
    if (!restore(calls, now) || !(calls->journal = journal_open(config->state))) {
        g_snprintf(error, CONFIG_ERROR_MAX, "[middle] state: %s cannot be written", config->state);
        calls_free(calls);
        return NULL;
    }
    g_hash_table_iter_init(&each, calls->table);
    while (g_hash_table_iter_next(&each, NULL, (void **)&call))
        journal_opened(calls->journal, call);
    return calls;
}

void calls_free(struct calls *calls)
{
    if (!calls)
        return;
    journal_close(calls->journal);
    g_hash_table_destroy(calls->table);
    g_hash_table_destroy(calls->bodies);
    g_free(calls);
}

/* -- one call ------------------------------------------------------------------------------------
 */

static char *key_of(const char *call_id, const char *tag)
{
    return g_strdup_printf("%s\n%s", call_id, tag);
}

struct call *calls_find(const struct calls *calls, const struct sip_message *m)
{
    const char *tags[] = {m->from_tag, m->to_tag};
    struct call *call = NULL;

    for (int i = 0; i < 2 && !call; i++) {
        char *key = key_of(m->call_id, tags[i]);

        call = g_hash_table_lookup(calls->table, key);
        g_free(key);
    }
    return call;
}

/* A signature names who speaks to whom, and no call: whoever got it could show it again. */
bool calls_own_body(struct calls *calls, const char *call_id, const uint8_t hash[static 32],
                    int64_t now)
{
    char *text = g_base64_encode(hash, 32);
    struct body *body = g_hash_table_lookup(calls->bodies, text);

    if (body) {
        g_free(text);
        return strcmp(body->call_id, call_id) == 0;
    }
    body = g_new0(struct body, 1);
    body->call_id = g_strdup(call_id);
    body->until = now + 2 * (int64_t)E2M_SIGNATURE_AGE; /* our clock may be as much behind */
    g_hash_table_insert(calls->bodies, text, body);
    return true;
}

static gboolean is_old(void *hash, void *body, void *now)
{
    (void)hash;
    return ((struct body *)body)->until <= *(int64_t *)now;
}

struct call *calls_begin(struct calls *calls, const struct sip_message *m, const char *trunk,
                         int64_t now)
{
    struct call *call;

    if (g_hash_table_size(calls->table) >= CALLS_MAX)
        return NULL;
    call = g_new0(struct call, 1);
    call->key = key_of(m->call_id, m->from_tag);
    set_id(call);
    g_strlcpy(call->tag, m->from_tag, sizeof call->tag);
    g_strlcpy(call->from, m->from, sizeof call->from);
    g_strlcpy(call->to, m->to, sizeof call->to);
    g_strlcpy(call->trunk, trunk, sizeof call->trunk);
    call->expires = now + calls->config->ring_seconds;
    g_hash_table_replace(calls->table, call->key, call);
    return call;
}

const char *calls_admit(struct calls *calls, struct call *call, unsigned kbit)
{
    const struct config *c = calls->config;
    uint64_t account = kbit, trunk = kbit, total = kbit;
    unsigned count = 1;
    GHashTableIter each;
    struct call *other;

    g_hash_table_iter_init(&each, calls->table);
    while (g_hash_table_iter_next(&each, NULL, (void **)&other)) {
        if (other == call || other->kbit == 0)
            continue;
        total += other->kbit;
        if (strcmp(other->from, call->from) == 0) {
            account += other->kbit;
            count++;
        }
        if (call->trunk[0] && strcmp(other->trunk, call->trunk) == 0)
            trunk += other->kbit;
    }
    if (c->account_calls && count > c->account_calls)
        return "account_calls";
    if (c->account_kbit && account > c->account_kbit)
        return "account_kbit";
    if (c->trunk_kbit && call->trunk[0] && trunk > c->trunk_kbit)
        return "trunk_kbit";
    if (c->total_kbit && total > c->total_kbit)
        return "total_kbit";
    call->kbit = kbit;
    return NULL;
}

void call_keep_cek(struct call *call, const struct e2m_cek *cek)
{
    for (unsigned i = 0; i < call->cek_count; i++)
        if (CRYPTO_memcmp(call->ceks[i].reference, cek->reference, E2M_REFERENCE_LEN) == 0)
            return; /* a repeat must not begin its count anew */
    call->ceks[call->next_cek] = *cek;
    call->next_cek = (call->next_cek + 1) % CALL_CEKS_MAX;
    if (call->cek_count < CALL_CEKS_MAX)
        call->cek_count++;
}

/* -- pinholes ------------------------------------------------------------------------------------
 */

static bool has(const struct pinhole *holes, unsigned count, const struct pinhole *hole)
{
    for (unsigned i = 0; i < count; i++)
        if (pinhole_same(&holes[i], hole))
            return true;
    return false;
}

/* Two calls may name the same addresses and ports: what the other has stays. */
static bool others(const struct calls *calls, const struct call *call, const struct pinhole *hole)
{
    GHashTableIter each;
    struct call *other;

    g_hash_table_iter_init(&each, calls->table);
    while (g_hash_table_iter_next(&each, NULL, (void **)&other))
        if (other != call && has(other->holes, other->hole_count, hole))
            return true;
    return false;
}

/* Those of the call that are not in `kept`. */
static unsigned to_remove(const struct calls *calls, const struct call *call,
                          const struct pinhole *kept, unsigned count, struct pinhole *gone)
{
    unsigned n = 0;

    for (unsigned i = 0; i < call->hole_count; i++)
        if (!has(kept, count, &call->holes[i]) && !others(calls, call, &call->holes[i]))
            gone[n++] = call->holes[i];
    return n;
}

bool calls_open_holes(struct calls *calls, struct call *call, const struct pinhole *holes,
                      unsigned count, bool all, int64_t now)
{
    struct pinhole gone[CALL_HOLES_MAX], before[CALL_HOLES_MAX];
    unsigned before_count = call->hole_count;
    struct firewall_change change = {
        .add = holes, .add_count = count, .seconds = call->expires - now, .remove = gone};

    memcpy(before, call->holes, sizeof before);
    if (all) {
        change.remove_count = to_remove(calls, call, holes, count, gone);
        call->hole_count = 0;
    }
    for (unsigned i = 0; i < count && call->hole_count < CALL_HOLES_MAX; i++)
        if (!has(call->holes, call->hole_count, &holes[i]))
            call->holes[call->hole_count++] = holes[i];
    journal_opened(calls->journal, call);
    if (firewall_apply(calls->config, &change)) {
        log_line("op=open call=%s holes=%u closed=%u seconds=%d", call->id, call->hole_count,
                 change.remove_count, (int)change.seconds);
        return true;
    }
    memcpy(call->holes, before, sizeof before);
    call->hole_count = before_count;
    journal_opened(calls->journal, call);
    return false;
}

void calls_each(struct calls *calls, void (*each)(struct call *call, void *data), void *data)
{
    GHashTableIter iterator;
    struct call *call;

    g_hash_table_iter_init(&iterator, calls->table);
    while (g_hash_table_iter_next(&iterator, NULL, (void **)&call))
        each(call, data);
}

void calls_extend(struct calls *calls, struct call *call, int64_t now)
{
    call->established = true;
    call->expires = now + calls->config->call_seconds;
}

void calls_end(struct calls *calls, struct call *call, const char *why)
{
    struct pinhole gone[CALL_HOLES_MAX];
    struct firewall_change change = {.remove = gone};

    change.remove_count = to_remove(calls, call, NULL, 0, gone);
    log_line("op=end call=%s why=%s closed=%u kbit=%u", call->id, why, change.remove_count,
             call->kbit);
    if (call->hole_count)
        journal_ended(calls->journal, call->key);
    firewall_apply(calls->config, &change);
    g_hash_table_remove(calls->table, call->key);
}

void calls_expire(struct calls *calls, int64_t now)
{
    GPtrArray *over = g_ptr_array_new();
    GHashTableIter each;
    struct call *call;

    g_hash_table_foreach_remove(calls->bodies, is_old, &now);
    g_hash_table_iter_init(&each, calls->table);
    while (g_hash_table_iter_next(&each, NULL, (void **)&call))
        if (call->expires <= now)
            g_ptr_array_add(over, call);
    for (guint i = 0; i < over->len; i++)
        calls_end(calls, g_ptr_array_index(over, i), "timeout");
    g_ptr_array_free(over, TRUE);
}
