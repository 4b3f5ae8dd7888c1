/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "certificates.h"
#include "ag_certificates.h"
#include "note.h"
#include "policy.h"
#include "revoked.h"

#include <string.h>

#define AGAIN_MS 5000 /* their phone may just be starting; then twice as long, and so on */
#define AGAIN_MOST_MS (15 * 60 * 1000)

struct certificates {
    GHashTable *own, *others; /* canonical AOR -> struct ag_certificates */
    GHashTable *wanted;       /* AORs that calls looked for in vain */
    bool asking;
    struct sip_timer *timer; /* NULL: nobody is waited for */
    guint again_ms;
};
struct wish {
    char aor[SIMAUTH_AOR_MAX + 1];
    bool own;
    struct ag_certificates came; /* count 0: did not */
};
struct task {
    struct errand errand; /* first */
    belle_sip_provider_t *provider;
    GPtrArray *wishes; /* struct wish, owned */
    struct ag *ag;     /* of the thread beside the worker, with the worker's session */
};

static void certificates_free(void *data)
{
    ag_certificates_clear(data);
    g_free(data);
}

/* -- the threads' part ------------------------------------------------------------------------- */

static void ask(struct ag *ag, struct wish *wish)
{
    enum ag_status status = wish->own ? ag_certificate(ag, wish->aor, &wish->came)
                                      : ag_find_certificates(ag, wish->aor, NULL, &wish->came);

    if (status != AG_OK && status != AG_NOBODY)
        note("certificate: aor=%s problem=%s", wish->aor, ag_error(ag));
}

/* On the worker, which calls wait for: no request but the one that a call would make as well. */
static void prepare(struct errand *errand, struct station *station)
{
    struct task *t = (struct task *)errand;

    if (station_prepare(station, errand->settings) == STATION_READY &&
        ag_bootstrap(station_ag(station)) == AG_OK)
        t->ag = ag_beside(station_ag(station));
}

/* Beside it: a gateway, or a partner's, that takes its time keeps no call waiting. */
static void work(struct errand *errand, struct station *station)
{
    struct task *t = (struct task *)errand;

    (void)station;
    for (guint i = 0; i < t->wishes->len; i++)
        ask(t->ag, g_ptr_array_index(t->wishes, i));
}

static void wish_free(void *data)
{
    struct wish *wish = data;

    ag_certificates_clear(&wish->came);
    g_free(wish);
}

static void task_free(struct task *t)
{
    ag_close(t->ag);
    g_ptr_array_unref(t->wishes);
    g_free(t);
}

static void lost(struct errand *errand)
{
    task_free((struct task *)errand);
}

static void again(void *arg)
{
    struct core *core = arg;

    sip_timer_stop(core->certificates->timer);
    core->certificates->timer = NULL;
    certificates_ask(core);
}

/* Whoever has no certificate yet may have one soon. */
static void wait_for_more(struct core *core, bool missing)
{
    struct certificates *c = core->certificates;

    c->again_ms = missing ? MIN(MAX(2 * c->again_ms, AGAIN_MS), AGAIN_MOST_MS) : 0;
    if (missing && !c->timer)
        c->timer = sip_timer_start(core->provider, c->again_ms, again, core);
}

static void back(struct errand *errand)
{
    bool missing = false;
    struct task *t = (struct task *)errand;
    struct core *core = core_of_provider(t->provider);

    if (core && core->certificates) {
        core->certificates->asking = false;
        for (guint i = 0; i < t->wishes->len; i++) {
            struct wish *wish = g_ptr_array_index(t->wishes, i);
            struct ag_certificates *kept;

            missing = missing || !wish->came.count;
            if (!wish->came.count)
                continue;
            note("certificate: aor=%s side=%s until=%lld", wish->aor, wish->own ? "own" : "other",
                 (long long)wish->came.until);
            revoked_look_for(core, wish->came.list[0]);
            kept = g_new0(struct ag_certificates, 1);
            *kept = wish->came;
            memset(&wish->came, 0, sizeof(wish->came));
            g_hash_table_replace(wish->own ? core->certificates->own : core->certificates->others,
                                 g_strdup(wish->aor), kept);
        }
        wait_for_more(core, missing);
    }
    task_free(t);
}

static void prepared(struct errand *errand)
{
    struct task *t = (struct task *)errand;
    struct core *core = core_of_provider(t->provider);
    struct worker *beside = core && t->ag ? core_beside(core) : NULL;

    if (beside)
        worker_begin(beside, errand, NULL, work, back, lost);
    else
        back(errand);
}

/* -- what is asked ----------------------------------------------------------------------------- */

static struct certificates *of(struct core *core)
{
    struct certificates *c = core->certificates;

    if (c)
        return c;
    core->certificates = c = g_new0(struct certificates, 1);
    c->own = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, certificates_free);
    c->others = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, certificates_free);
    c->wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return c;
}

/* Two thirds of a day are over 8 hours before its end; of a shorter life, as much sooner. */
static bool is_old(const struct ag_certificates *c)
{
    struct tm tm;
    int64_t since = 0, now = core_now();

    if (!c || c->until <= now)
        return true;
    if (ASN1_TIME_to_tm(X509_get0_notBefore(c->list[0]), &tm) == 1)
        since = (int64_t)timegm(&tm);
    return now >= since + (c->until - since) / 3 * 2;
}

static void add_wish(GPtrArray *wishes, const char *aor, bool own)
{
    struct wish *wish = g_new0(struct wish, 1);

    g_strlcpy(wish->aor, aor, sizeof(wish->aor));
    wish->own = own;
    g_ptr_array_add(wishes, wish);
}

static bool wants_e2m(const struct settings *s)
{
    bool wants = s->e2m > SETTINGS_OFF;

    for (size_t i = 0; i < s->peer_count; i++)
        wants = wants || s->peers[i].e2m > SETTINGS_OFF;
    return wants;
}

static void list_wishes(struct core *core, GPtrArray *wishes)
{
    const struct settings *s = core->settings;
    struct certificates *c = of(core);
    GHashTableIter each;
    char *aor;

    for (size_t i = 0; i < core->self.aor_count && !s->e2m_certificate; i++)
        if (core_is_account(core, core->self.aors[i]) &&
            is_old(g_hash_table_lookup(c->own, core->self.aors[i])))
            add_wish(wishes, core->self.aors[i], true);
    for (size_t i = 0; i < s->peer_count; i++)
        if (s->peers[i].e2m > SETTINGS_OFF && !s->peers[i].certificate)
            g_hash_table_add(c->wanted, g_strdup(s->peers[i].aor));
    g_hash_table_iter_init(&each, c->wanted);
    while (g_hash_table_iter_next(&each, (void **)&aor, NULL))
        if (is_old(g_hash_table_lookup(c->others, aor)))
            add_wish(wishes, aor, false);
}

void certificates_ask(struct core *core)
{
    struct task *t;

    if (!core->settings || core->settings->built_in || !wants_e2m(core->settings) ||
        !core->self.aor_count || of(core)->asking)
        return;
    t = g_new0(struct task, 1);
    t->wishes = g_ptr_array_new_with_free_func(wish_free);
    list_wishes(core, t->wishes);
    if (!t->wishes->len) {
        task_free(t);
        return;
    }
    t->provider = core->provider;
    core->certificates->asking = true;
    worker_begin(core->worker, &t->errand, core->settings, prepare, prepared, lost);
}

/* -- what calls take --------------------------------------------------------------------------- */

bool certificates_own(const struct core *core, const char *aor, struct e2m_identity *identity)
{
    const struct ag_certificates *c =
        core->certificates ? g_hash_table_lookup(core->certificates->own, aor) : NULL;

    if (!c || c->until <= core_now())
        return false;
    X509_up_ref(c->list[0]);
    EVP_PKEY_up_ref(c->key);
    identity->certificate = c->list[0];
    identity->key = c->key;
    return true;
}

bool certificates_of(struct core *core, const char *aor, struct e2m_partner *partner)
{
    const struct ag_certificates *c = g_hash_table_lookup(of(core)->others, aor);

    memset(partner, 0, sizeof(*partner));
    if (!c || c->until <= core_now()) {
        g_hash_table_add(core->certificates->wanted, g_strdup(aor));
        certificates_ask(core);
        return false;
    }
    X509_up_ref(c->list[0]);
    partner->certificate = c->list[0];
    return true;
}

void certificates_trust(const struct core *core, const char *aor, struct e2m_trust *trust)
{
    const struct ag_certificates *c =
        core->certificates ? g_hash_table_lookup(core->certificates->others, aor) : NULL;

    if (c && trust)
        (void)e2m_trust_lend(trust, c->authority, simauth_aor_domain(aor));
}

void certificates_close(struct core *core)
{
    struct certificates *c = core->certificates;

    if (!c)
        return;
    if (c->timer)
        sip_timer_stop(c->timer);
    g_hash_table_unref(c->own);
    g_hash_table_unref(c->others);
    g_hash_table_unref(c->wanted);
    g_free(c);
    core->certificates = NULL;
}
