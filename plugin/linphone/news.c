/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "news.h"
#include "certificates.h"
#include "note.h"
#include "prices.h"
#include "revoked.h"
#include "setup.h"

#include <openssl/crypto.h>
#include <string.h>

#define AGAIN_MS (15 * 60 * 1000)
#define RECENT_S 60
#define FETCH_MAX 64

struct news {
    struct sip_timer *timer;
    GHashTable *asked_at; /* NAI -> int64_t, its gateway's clock when it was last asked about */
    bool asking, more;    /* more: somebody wanted to ask meanwhile */
    int64_t asked;        /* by core_uptime() */
};

/* About people of one realm. */
struct question {
    char realm[SIMAUTH_REALM_MAX + 1];
    char nais[AG_NAIS_MAX][SIMAUTH_NAI_MAX + 1];
    int64_t sim_time[AG_NAIS_MAX]; /* our clock: the earliest that one of its keys rests on */
    int64_t asked_at[AG_NAIS_MAX]; /* INT64_MAX: never */
    size_t count;
    int64_t now;
    bool answered, changed[AG_NAIS_MAX];
};
struct wish {
    char own[SIMAUTH_AOR_MAX + 1], peer[SIMAUTH_AOR_MAX + 1], nai[SIMAUTH_NAI_MAX + 1];
};
struct task {
    struct errand errand; /* first */
    belle_sip_provider_t *provider;
    GPtrArray *questions; /* struct question, owned */
    GArray *wishes;       /* struct wish */
    GArray *keys;         /* struct simauth_held_key: made for the wishes, then fetched */
    bool fetch;           /* keys that others asked for */
};

/* -- the worker's part ------------------------------------------------------------------------- */

/* What has happened to this SIM from then on, by the gateways' clock, ends a key of it: since both
 * SIMs took part, not since the key was renewed, and no later than we last asked: a clock of ours
 * that was ahead when the key was made, and has been set since, hides nothing. For that a new key
 * may be forgotten together with the old ones, once. */
static int64_t since(struct ag *ag, const struct question *q, size_t i)
{
    return MIN(q->sim_time[i] + ag_clock_ahead(ag), q->asked_at[i]);
}

/* One time stands for all names, the earliest: whose own is later is asked about once more, alone.
 */
static void ask_changes(struct ag *ag, struct question *q)
{
    const char *nais[AG_NAIS_MAX];
    int64_t first = INT64_MAX, now;

    for (size_t i = 0; i < q->count; i++) {
        nais[i] = q->nais[i];
        first = MIN(first, since(ag, q, i));
    }
    q->answered = ag_changes(ag, first, nais, q->count, q->changed, &q->now) == AG_OK;
    if (!q->answered)
        note("changes: realm=%s problem=%s", q->realm, ag_error(ag));
    for (size_t i = 0; q->answered && i < q->count; i++)
        if (q->changed[i] && since(ag, q, i) > first &&
            ag_changes(ag, since(ag, q, i), &nais[i], 1, &q->changed[i], &now) != AG_OK)
            q->changed[i] = true; /* nobody says that it was before its keys */
}

static void ask_first_key(struct ag *ag, const struct wish *wish, GArray *keys)
{
    struct simauth_held_key key;
    enum ag_status status =
        ag_ticket(ag, "stp", wish->own, wish->peer, *wish->nai ? wish->nai : NULL, &key);

    if (status == AG_OK)
        g_array_append_val(keys, key);
    else if (status != AG_NOBODY) /* their phone is not there: next time */
        note("first key: peer=%s problem=%s", wish->peer, ag_error(ag));
    OPENSSL_cleanse(&key, sizeof(key));
}

static void fetch_keys(struct ag *ag, GArray *keys)
{
    struct simauth_held_key *list = g_new0(struct simauth_held_key, FETCH_MAX);
    size_t count = 0;

    if (ag_first_keys(ag, list, FETCH_MAX, &count) == AG_OK)
        g_array_append_vals(keys, list, (guint)count);
    OPENSSL_cleanse(list, FETCH_MAX * sizeof(*list));
    g_free(list);
}

static void work(struct errand *errand, struct station *station)
{
    struct task *t = (struct task *)errand;
    struct ag *ag;

    if (station_prepare(station, errand->settings) != STATION_READY)
        return;
    ag = station_ag(station);
    for (guint i = 0; i < t->questions->len; i++)
        ask_changes(ag, g_ptr_array_index(t->questions, i));
    for (guint i = 0; i < t->wishes->len; i++)
        ask_first_key(ag, &g_array_index(t->wishes, struct wish, i), t->keys);
    if (t->fetch)
        fetch_keys(ag, t->keys);
}

static void task_free(struct task *t)
{
    OPENSSL_cleanse(t->keys->data, t->keys->len * sizeof(struct simauth_held_key));
    g_array_unref(t->keys);
    g_array_unref(t->wishes);
    g_ptr_array_unref(t->questions);
    g_free(t);
}

static void lost(struct errand *errand)
{
    task_free((struct task *)errand);
}

/* -- back in the main loop --------------------------------------------------------------------- */

static void take_changes(struct core *core, const struct question *q)
{
    for (size_t i = 0; q->answered && i < q->count; i++) {
        int64_t *now = g_new(int64_t, 1);

        *now = q->now;
        g_hash_table_replace(core->news->asked_at, g_strdup(q->nais[i]), now);
        if (!q->changed[i])
            continue;
        note("changes: nai=%s text=the SIM was changed or revoked", q->nais[i]);
        setup_forget_nai(core, q->nais[i]);
    }
}

/* Whether the person chose this peer, and is called by this account. */
static bool is_chosen(const struct core *core, const struct simauth_held_key *key)
{
    const struct settings_party *peer = settings_peer(core->settings, key->peer_aor);

    return peer && peer->first_key && (!*peer->nai || !strcmp(peer->nai, key->peer_nai)) &&
           (core_is_account(core, key->own_aor) || core_is_own(core, key->own_aor));
}

static void take_keys(struct core *core, const struct task *t)
{
    for (guint i = 0; i < t->keys->len; i++) {
        const struct simauth_held_key *key = &g_array_index(t->keys, struct simauth_held_key, i);

        if (!is_chosen(core, key)) {
            note("first key: peer=%s text=not chosen by the person: not kept", key->peer_aor);
            continue;
        }
        note("first key: peer=%s nai=%s side=%s", key->peer_aor, key->peer_nai,
             key->outgoing ? "caller" : "callee");
        setup_keep_first(core, key);
    }
}

static void back(struct errand *errand)
{
    struct task *t = (struct task *)errand;
    struct core *core = core_of_provider(t->provider);

    if (core && core->news)
        core->news->asking = false;
    if (core && core->news && core->settings) {
        take_keys(core, t);
        for (guint i = 0; i < t->questions->len; i++)
            take_changes(core, g_ptr_array_index(t->questions, i));
        if (core->news->more)
            news_ask(core);
    }
    task_free(t);
}

/* -- what is asked ----------------------------------------------------------------------------- */

/* The place of this NAI in the question; its count: it is not there. */
static size_t place_of(const struct question *q, const char *nai)
{
    size_t i = 0;

    while (i < q->count && strcmp(q->nais[i], nai) != 0)
        i++;
    return i;
}

/* The question that has this NAI, or room for it. */
static struct question *question_for(GPtrArray *questions, const char *nai)
{
    const char *realm = simauth_nai_realm(nai);
    struct question *room = NULL;

    for (guint i = 0; i < questions->len; i++) {
        struct question *q = g_ptr_array_index(questions, i);

        if (strcmp(q->realm, realm) != 0)
            continue;
        if (place_of(q, nai) < q->count)
            return q;
        if (q->count < AG_NAIS_MAX)
            room = q;
    }
    if (!room) {
        room = g_new0(struct question, 1);
        g_strlcpy(room->realm, realm, sizeof(room->realm));
        g_ptr_array_add(questions, room);
    }
    return room;
}

static void add_question(const struct news *news, GPtrArray *questions,
                         const struct simauth_held_key *key)
{
    struct question *q = question_for(questions, key->peer_nai);
    const int64_t *asked_at = g_hash_table_lookup(news->asked_at, key->peer_nai);
    size_t i = place_of(q, key->peer_nai);

    if (i == q->count) {
        g_strlcpy(q->nais[i], key->peer_nai, sizeof(q->nais[0]));
        q->sim_time[i] = key->sim_time;
        q->asked_at[i] = asked_at ? *asked_at : INT64_MAX;
        q->count++;
    }
    q->sim_time[i] = MIN(q->sim_time[i], key->sim_time);
}

static void add_wish(const struct core *core, const struct settings_party *peer, GArray *wishes)
{
    struct wish wish = {0};
    size_t own = 0;

    while (own < core->self.aor_count && !core_is_account(core, core->self.aors[own]))
        own++;
    if (own == core->self.aor_count || setup_knows(core, core->self.aors[own], peer->aor))
        return;
    g_strlcpy(wish.own, core->self.aors[own], sizeof(wish.own));
    g_strlcpy(wish.peer, peer->aor, sizeof(wish.peer));
    g_strlcpy(wish.nai, peer->nai, sizeof(wish.nai));
    g_array_append_val(wishes, wish);
}

static struct task *new_task(struct core *core)
{
    const struct settings *s = core->settings;
    const struct simauth_held_key *key;
    struct task *t = g_new0(struct task, 1);

    t->provider = core->provider;
    t->questions = g_ptr_array_new_with_free_func(g_free);
    t->wishes = g_array_new(FALSE, FALSE, sizeof(struct wish));
    t->keys = g_array_new(FALSE, FALSE, sizeof(struct simauth_held_key));
    for (size_t i = 0; (key = setup_at(core, i)); i++)
        add_question(core->news, t->questions, key);
    for (size_t i = 0; i < s->peer_count && s->keys != KEYS_OFF; i++) {
        if (!s->peers[i].first_key)
            continue;
        t->fetch = true;
        add_wish(core, &s->peers[i], t->wishes);
    }
    return t;
}

static void again(void *arg)
{
    struct core *core = arg;

    sip_timer_stop(core->news->timer);
    core->news->timer = sip_timer_start(core->provider, AGAIN_MS, again, core);
    news_ask(core);
}

void news_begin(struct core *core)
{
    if (core->news)
        return;
    core->news = g_new0(struct news, 1);
    core->news->asked = -RECENT_S;
    core->news->asked_at = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    core->news->timer = sip_timer_start(core->provider, AGAIN_MS, again, core);
}

void news_ask(struct core *core)
{
    struct task *t;

    if (!core_settings(core) || core->settings->built_in)
        return;
    core_warm_up_again(core);
    setup_again(core);
    setup_expire(core);
    certificates_ask(core);
    revoked_ask(core);
    prices_ask(core);
    news_begin(core);
    core->news->more = core->news->asking;
    if (core->news->asking)
        return;
    t = new_task(core);
    if (!t->questions->len && !t->fetch) {
        task_free(t);
        return;
    }
    core->news->asking = true;
    core->news->asked = core_uptime();
    worker_begin(core->worker, &t->errand, core->settings, work, back, lost);
}

void news_registered(struct core *core)
{
    if (core->news && core_uptime() - core->news->asked >= RECENT_S)
        news_ask(core);
}

void news_close(struct core *core)
{
    if (!core->news)
        return;
    sip_timer_stop(core->news->timer);
    g_hash_table_unref(core->news->asked_at);
    g_free(core->news);
    core->news = NULL;
}
