/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calls_own.h"
#include "journal.h"
#include "log.h"
#include "tally.h"

#include <e2m/envelope.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <simauth/secret.h>
#include <stdio.h>
#include <string.h>

struct body {
    char *sender; /* key_of() the Call-ID and his tag */
    int64_t until;
};

static void call_free(void *data)
{
    struct call *call = data;

    g_free(call->key);
    simauth_secure_free(call->keys);
    g_free(call);
}

/* "@host", which no address is, or "@" where there is none: numbers (tel:), and who is not known,
 * whose address is "". */
static const char *domain_of(const char *aor)
{
    const char *at = strrchr(aor, '@');

    return at ? at : "@";
}

static void count(struct calls *calls, const struct call *call, bool more)
{
    tally_call(calls->tally, call->from, more);
    tally_call(calls->tally, domain_of(call->from), more);
}

/* Out of the table, and of what is counted of all. */
static void drop(struct calls *calls, struct call *call)
{
    tally_share(calls->tally, call->from, call->trunk, call->kbit, 0);
    count(calls, call, false);
    calls->with_holes -= call->hole_count > 0;
    for (unsigned i = 0; i < call->hole_count; i++)
        tally_hole(calls->tally, &call->holes[i], false);
    g_hash_table_remove(calls->shut, call);
    g_hash_table_remove(calls->table, call->key);
}

static void body_free(void *data)
{
    struct body *body = data;

    g_free(body->sender);
    g_free(body);
}

static void set_id(struct call *call)
{
    char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, call->key, -1);

    g_strlcpy(call->id, hash, sizeof call->id);
    g_free(hash);
}

/* -- from the journal -------------------------------------------------------------------------- */

static void take_back(struct call *call, void *data)
{
    struct calls *calls = data;
    struct call *before = g_hash_table_lookup(calls->table, call->key);

    if (before)
        drop(calls, before);
    set_id(call);
    call->in_journal = true;
    call->expires = MIN(call->expires, calls->most);
    call->agreed_kbit = call->kbit;
    tally_share(calls->tally, call->from, call->trunk, 0, call->kbit);
    count(calls, call, true);
    calls->with_holes += call->hole_count > 0;
    for (unsigned i = 0; i < call->hole_count; i++) {
        tally_hole(calls->tally, &call->holes[i], true);
        tally_keep(calls->tally, &call->holes[i], call->expires);
    }
    g_hash_table_insert(calls->table, call->key, call);
}

static void forget(const char *key, void *data)
{
    struct calls *calls = data;
    struct call *call = g_hash_table_lookup(calls->table, key);

    if (call)
        drop(calls, call);
}

/* Each call whose time is over. */
static GPtrArray *over(const struct calls *calls, int64_t now)
{
    GPtrArray *found = g_ptr_array_new();
    GHashTableIter each;
    struct call *call;

    g_hash_table_iter_init(&each, calls->table);
    while (g_hash_table_iter_next(&each, NULL, (void **)&call))
        if (call->expires <= now)
            g_ptr_array_add(found, call);
    return found;
}

static void forget_refused(struct calls *calls, struct call *call)
{
    log_line("op=restore call=%s result=refused: nft does not take its pinholes; it is over",
             call->id);
    drop(calls, call);
}

/* What the kernel has is what the journal says, and nothing else. A call that nft refuses keeps
 * nobody from starting. */
static bool restore(struct calls *calls, int64_t now)
{
    GPtrArray *gone = over(calls, now), *all = g_ptr_array_new();
    struct firewall_change *changes;
    GHashTableIter each;
    struct call *call;
    bool good, *refused;

    for (guint i = 0; i < gone->len; i++)
        drop(calls, g_ptr_array_index(gone, i));
    g_ptr_array_free(gone, TRUE);
    changes = g_new0(struct firewall_change, g_hash_table_size(calls->table) + 1);
    refused = g_new(bool, g_hash_table_size(calls->table) + 1);
    changes[0].flush = true;
    g_hash_table_iter_init(&each, calls->table);
    while (g_hash_table_iter_next(&each, NULL, (void **)&call)) {
        g_ptr_array_add(all, call);
        changes[all->len] = (struct firewall_change){.add = call->holes,
                                                     .add_count = call->hole_count,
                                                     .seconds = calls_seconds_of(calls, call, now)};
    }
    good = firewall_apply_most(calls->config, changes, all->len + 1, refused);
    for (guint i = 0; good && i < all->len; i++)
        if (refused[i + 1])
            forget_refused(calls, g_ptr_array_index(all, i));
    g_ptr_array_free(all, TRUE);
    g_free(changes);
    g_free(refused);
    log_line("op=restore result=%s calls=%u", good ? "good" : "failed",
             g_hash_table_size(calls->table));
    return good;
}

static void wait_for_journal(void *data, uint64_t after)
{
    const struct calls *calls = data;

    journal_wait(calls->journal, after);
}

static struct journal *begin_journal(const struct calls *calls)
{
    GPtrArray *all = g_ptr_array_new();
    struct journal *journal;
    GHashTableIter each;
    struct call *call;

    g_hash_table_iter_init(&each, calls->table);
    while (g_hash_table_iter_next(&each, NULL, (void **)&call))
        g_ptr_array_add(all, call);
    journal = journal_open(calls->config->state, (struct call *const *)all->pdata, all->len);
    g_ptr_array_free(all, TRUE);
    return journal;
}

struct calls *calls_open(const struct config *config, int64_t now, char *error)
{
    struct calls *calls = g_new0(struct calls, 1);

    calls->config = config;
    calls->most = now + MAX(config->ring_seconds, config->call_seconds);
    calls->tally = tally_new();
    calls->shut = g_hash_table_new(NULL, NULL);
    calls->again = g_ptr_array_new_with_free_func(g_free);
    calls->table = g_hash_table_new_full(text_hash, g_str_equal, NULL, call_free);
    calls->bodies = g_hash_table_new_full(text_hash, g_str_equal, g_free, body_free);
    calls->flows = calls_new_flows();
    if (!firewall_check(config)) {
        g_snprintf(error, CONFIG_ERROR_MAX,
                   "[pinholes] table: the sets holes4 and holes6 of inet %s are not there, or may "
                   "not be changed: nft -f simauth-middle.nft, and CAP_NET_ADMIN",
                   config->table);
        calls_free(calls);
        return NULL;
    }
    if (!journal_read(config->state, take_back, forget, calls)) {
        g_snprintf(error, CONFIG_ERROR_MAX, "[middle] state: %s cannot be read", config->state);
        calls_free(calls);
        return NULL;
    }
    if (!restore(calls, now)) {
        g_snprintf(error, CONFIG_ERROR_MAX,
                   "[pinholes] table: nft did not open the pinholes of the calls that go on; what "
                   "it said is in the log. To begin without them: take %s away",
                   config->state);
        calls_free(calls);
        return NULL;
    }
    if (!(calls->journal = begin_journal(calls))) {
        g_snprintf(error, CONFIG_ERROR_MAX, "[middle] state: %s cannot be written", config->state);
        calls_free(calls);
        return NULL;
    }
    if ((calls->firewall = firewall_start(config, wait_for_journal, calls)))
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
    g_hash_table_destroy(calls->shut);
    g_ptr_array_unref(calls->again);
    tally_free(calls->tally);
    g_free(calls);
}

void calls_use(struct calls *calls, const struct config *config)
{
    calls->config = config;
}

/* -- one call ---------------------------------------------------------------------------------- */

static char *key_of(const char *call_id, const char *tag)
{
    return g_strdup_printf("%s\n%s", call_id, tag);
}

/* How well a call's other side is the one with this tag. */
static int fits(const struct call *call, const char *tag)
{
    return strcmp(call->other_tag, tag) == 0 ? 2 : call->other_tag[0] == '\0';
}

/* Either side may name the other's tag as its own in a call that it begins: the one that is between
 * these two, where there is one. */
struct call *calls_find(const struct calls *calls, const struct sip_message *m)
{
    const char *tags[] = {m->from_tag, m->to_tag};
    struct call *found = NULL;

    for (int i = 0; i < 2; i++) {
        char *key = key_of(m->call_id, tags[i]);
        struct call *call = g_hash_table_lookup(calls->table, key);

        if (call && (!found || fits(call, tags[!i]) > fits(found, tags[i])))
            found = call;
        g_free(key);
    }
    return found;
}

/* A signature names who speaks to whom, and no call: whoever got it could show it again, also with
 * the same Call-ID and a tag of his own. */
bool calls_own_body(struct calls *calls, const struct sip_message *m, const uint8_t hash[static 32],
                    int64_t now)
{
    char *text = g_base64_encode(hash, 32);
    char *sender = key_of(m->call_id, m->request ? m->from_tag : m->to_tag);
    struct body *body = g_hash_table_lookup(calls->bodies, text);

    if (body) {
        bool own = strcmp(body->sender, sender) == 0;

        g_free(sender);
        g_free(text);
        return own;
    }
    body = g_new0(struct body, 1);
    body->sender = sender;
    body->until = now + 2 * (int64_t)E2M_SIGNATURE_AGE; /* our clock may be as much behind */
    g_hash_table_insert(calls->bodies, text, body);
    return true;
}

static gboolean is_old(void *hash, void *body, void *now)
{
    (void)hash;
    return ((struct body *)body)->until <= *(int64_t *)now;
}

/* A partner's people are as many as it says; they do not take the room of all others. */
static bool domain_is_full(const struct calls *calls, const char *aor)
{
    const char *domain = domain_of(aor);

    return g_strcmp0(domain + 1, calls->config->domain) != 0 &&
           tally_account(calls->tally, domain).open >= CALLS_OF_DOMAIN_MAX;
}

struct call *calls_begin(struct calls *calls, const struct sip_message *m, const char *trunk,
                         int64_t now)
{
    struct call *call;

    if (g_hash_table_size(calls->table) >= CALLS_MAX ||
        tally_account(calls->tally, m->from).open >= CALLS_OF_ONE_MAX ||
        domain_is_full(calls, m->from))
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
    count(calls, call, true);
    return call;
}

/* Which limit this call would be over with so much; NULL: none. */
static const char *limit_of(const struct calls *calls, const struct call *call, unsigned kbit)
{
    const struct config *c = calls->config;
    const struct tally_sum account = tally_account(calls->tally, call->from);

    if (c->account_calls && account.calls >= c->account_calls)
        return "account_calls";
    if (c->account_kbit && account.kbit + kbit > c->account_kbit)
        return "account_kbit";
    if (c->trunk_kbit && call->trunk[0] &&
        tally_trunk(calls->tally, call->trunk).kbit + kbit > c->trunk_kbit)
        return "trunk_kbit";
    if (c->total_kbit && tally_total(calls->tally).kbit + kbit > c->total_kbit)
        return "total_kbit";
    return NULL;
}

const char *calls_admit(struct calls *calls, struct call *call, unsigned kbit)
{
    const char *limit;

    tally_share(calls->tally, call->from, call->trunk, call->kbit, 0); /* the others alone */
    limit = limit_of(calls, call, kbit);
    if (!limit)
        call->kbit = kbit;
    tally_share(calls->tally, call->from, call->trunk, 0, call->kbit);
    return limit;
}

/* Few calls of those that ring have any. */
struct call_keys *call_keys(struct call *call)
{
    if (!call->keys)
        call->keys = simauth_secure_alloc(sizeof *call->keys);
    return call->keys;
}

void call_keep_cek(struct call *call, const struct e2m_cek *cek)
{
    struct call_keys *keys = call_keys(call);

    for (unsigned i = 0; keys && i < call->cek_count; i++)
        if (CRYPTO_memcmp(keys->ceks[i].reference, cek->reference, E2M_REFERENCE_LEN) == 0)
            return; /* a repeat must not begin its count anew */
    if (!keys)
        return;
    keys->ceks[call->next_cek] = *cek;
    call->next_cek = (call->next_cek + 1) % CALL_CEKS_MAX;
    if (call->cek_count < CALL_CEKS_MAX)
        call->cek_count++;
}

/* -- all of them ------------------------------------------------------------------------------- */

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

void calls_establish(struct calls *calls, struct call *call, int64_t now)
{
    calls_extend(calls, call, now);
    if (!call->agreed_kbit)
        call->agreed_kbit = call->kbit;
    if (call->in_journal)
        calls_open_holes(calls, call, NULL, 0, false, now);
}

void calls_prolong(struct calls *calls, struct call *call, int64_t now)
{
    if (!call->established || call->expires - now > calls->config->call_seconds / 2)
        return;
    calls_extend(calls, call, now);
    calls_open_holes(calls, call, NULL, 0, false, now);
}

void calls_end(struct calls *calls, struct call *call, const char *why)
{
    struct pinhole gone[CALL_HOLES_MAX];
    struct firewall_change change = {.remove = gone, .undo = gone};

    change.remove_count = change.undo_count = calls_to_remove(calls, call, NULL, 0, gone);
    log_line("op=end call=%s why=%s closed=%u kbit=%u", call->id, why, change.remove_count,
             call->kbit);
    if (call->in_journal)
        journal_ended(calls->journal, call->key);
    firewall_submit(calls->firewall, &change, call->key);
    calls_await_no_more(calls, call);
    drop(calls, call);
}

void calls_expire(struct calls *calls, int64_t now)
{
    GPtrArray *gone = over(calls, now);

    g_hash_table_foreach_remove(calls->bodies, is_old, &now);
    for (guint i = 0; i < gone->len; i++)
        calls_end(calls, g_ptr_array_index(gone, i), "timeout");
    g_ptr_array_free(gone, TRUE);
}

struct calls_state calls_look(struct calls *calls)
{
    const struct journal_state journal = journal_look(calls->journal);
    struct calls_state state = {.calls = g_hash_table_size(calls->table),
                                .with_holes = calls->with_holes,
                                .shut = g_hash_table_size(calls->shut),
                                .kbit = tally_total(calls->tally).kbit,
                                .refusals = calls->refusals,
                                .journal_pending = journal.pending,
                                .journal_seconds = journal.seconds,
                                .journal_failing = journal.failing,
                                .journal_late = journal.late};

    return state;
}
