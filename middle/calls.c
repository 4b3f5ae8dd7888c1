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
    GHashTable *flows;  /* struct flow -> GPtrArray of calls that wait for tokens of it */
    struct firewall *firewall;
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

static guint flow_hash(gconstpointer key)
{
    const uint8_t *octets = key;
    guint hash = 2166136261U;

    for (size_t i = 0; i < sizeof(struct flow); i++)
        hash = (hash ^ octets[i]) * 16777619U;
    return hash;
}

static gboolean flow_equal(gconstpointer one, gconstpointer other)
{
    return memcmp(one, other, sizeof(struct flow)) == 0;
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
    calls->flows =
        g_hash_table_new_full(flow_hash, flow_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
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
    if ((calls->firewall = firewall_start(config)))
        return calls;
    g_strlcpy(error, "no thread could be had", CONFIG_ERROR_MAX);
    calls_free(calls);
    return NULL;
}

void calls_free(struct calls *calls)
{
    if (!calls)
        return;
    firewall_stop(calls->firewall);
    journal_close(calls->journal);
    g_hash_table_destroy(calls->flows);
    g_hash_table_destroy(calls->table);
    g_hash_table_destroy(calls->bodies);
    g_free(calls);
}

void calls_use(struct calls *calls, const struct config *config)
{
    calls->config = config;
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

void calls_open_holes(struct calls *calls, struct call *call, const struct pinhole *holes,
                      unsigned count, bool all, int64_t now)
{
    struct pinhole gone[CALL_HOLES_MAX];
    struct firewall_change change = {
        .add = holes, .add_count = count, .seconds = call->expires - now, .remove = gone};

    if (all) {
        change.remove_count = to_remove(calls, call, holes, count, gone);
        call->hole_count = 0;
    }
    for (unsigned i = 0; i < count && call->hole_count < CALL_HOLES_MAX; i++)
        if (!has(call->holes, call->hole_count, &holes[i]))
            call->holes[call->hole_count++] = holes[i];
    journal_opened(calls->journal, call);
    firewall_submit(calls->firewall, &change, call->key);
    log_line("op=open call=%s holes=%u closed=%u seconds=%d", call->id, call->hole_count,
             change.remove_count, (int)change.seconds);
}

void calls_take_failures(struct calls *calls)
{
    char *key;

    for (; (key = firewall_failed(calls->firewall)); g_free(key)) {
        struct call *call = g_hash_table_lookup(calls->table, key);

        if (!call || !call->hole_count)
            continue;
        call->hole_count = 0;
        for (unsigned i = 0; i < SDP_STREAMS_MAX; i++)
            call->gates[i].open = false; /* the next token tries again */
        journal_opened(calls->journal, call);
        log_line("op=open call=%s result=failed: it has no pinholes until its next offer or token",
                 call->id);
    }
}

/* -- who waits for which token -------------------------------------------------------------------
 */

static struct flow flow_of(const struct pinhole *hole, bool back)
{
    struct flow flow;

    memset(&flow, 0, sizeof flow);
    flow.from = back ? hole->b : hole->a;
    flow.to = back ? hole->a : hole->b;
    flow.from_port = back ? hole->b_port : hole->a_port;
    flow.to_port = back ? hole->a_port : hole->b_port;
    return flow;
}

static void await_one(struct calls *calls, struct call *call, const struct flow *flow)
{
    GPtrArray *waiting = g_hash_table_lookup(calls->flows, flow);

    if (!waiting) {
        waiting = g_ptr_array_new();
        g_hash_table_insert(calls->flows, g_memdup2(flow, sizeof *flow), waiting);
    }
    if (!g_ptr_array_find(waiting, call, NULL))
        g_ptr_array_add(waiting, call);
}

static void await_no_more(struct calls *calls, struct call *call)
{
    for (unsigned i = 0; i < call->asked_count; i++)
        for (int back = 0; back < 2; back++) {
            struct flow flow = flow_of(&call->asked[i].hole, back);
            GPtrArray *waiting = g_hash_table_lookup(calls->flows, &flow);

            if (waiting && g_ptr_array_remove_fast(waiting, call) && !waiting->len)
                g_hash_table_remove(calls->flows, &flow);
        }
    call->asked_count = 0;
}

void calls_await(struct calls *calls, struct call *call, const struct asked *asked, unsigned count)
{
    await_no_more(calls, call);
    for (unsigned i = 0; i < count && i < CALL_HOLES_MAX; i++) {
        call->asked[call->asked_count++] = asked[i];
        for (int back = 0; back < 2; back++) {
            struct flow flow = flow_of(&asked[i].hole, back);

            await_one(calls, call, &flow);
        }
    }
}

void calls_each_of(struct calls *calls, const struct flow *flow,
                   bool (*each)(struct call *call, void *data), void *data)
{
    const GPtrArray *waiting = g_hash_table_lookup(calls->flows, flow);

    for (guint i = 0; waiting && i < waiting->len; i++)
        if (each(g_ptr_array_index(waiting, i), data))
            return;
}

/* -- all of them ---------------------------------------------------------------------------------
 */

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
    firewall_submit(calls->firewall, &change, call->key);
    await_no_more(calls, call);
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
