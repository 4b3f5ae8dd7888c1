/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "revoked.h"
#include "ag_certificates.h"
#include "note.h"

#include <string.h>

#define LISTS_MAX 32 /* operators that one person has to do with */
#define RECENT_S 600 /* news come every 900 s */
#define FAILED_S 60  /* where it could not be had */
#define URL_MAX 255

struct list {
    X509_CRL *list;  /* NULL: none yet */
    X509_CRL *fresh; /* came behind it, and nobody has looked at its signature; NULL: none */
    int64_t next;    /* not asked for before that */
    bool asking, told_old;
};
struct revoked {
    GHashTable *lists;        /* URL -> struct list, owned */
    STACK_OF(X509) * between; /* authorities that somebody showed; vouched for, or not */
};
struct task {
    struct errand errand; /* first */
    belle_sip_provider_t *provider;
    char url[URL_MAX + 1];
    X509_CRL *came;
    char why[AG_ERROR_MAX];
};

static void list_free(void *data)
{
    struct list *list = data;

    X509_CRL_free(list->list);
    X509_CRL_free(list->fresh);
    g_free(list);
}

/* -- the helper's part ------------------------------------------------------------------------- */

static void work(struct errand *errand, struct station *station)
{
    struct task *t = (struct task *)errand;
    const struct settings *s = errand->settings;

    (void)station;
    t->came = ag_revoked(t->url, s->ca_file, s->local_address, t->why);
}

static void lost(struct errand *errand)
{
    X509_CRL_free(((struct task *)errand)->came);
    g_free(errand);
}

/* Whoever serves it is not who signed it: it takes the place of the one before when a call knows
 * its authority. */
static void take(struct list *list, struct task *t)
{
    uint64_t now = (uint64_t)core_now();
    const char *why = t->came ? e2m_revoked_refusal(NULL, NULL, list->list, t->came, now) : t->why;
    const X509_CRL *newest;

    if (!why && list->fresh)
        why = e2m_revoked_refusal(NULL, NULL, list->fresh, t->came, now);
    list->asking = false;
    list->next = core_now() + (t->came ? RECENT_S : FAILED_S);
    if (why) {
        note("revoked: list=%s problem=%s", t->url, why);
    } else {
        note("revoked: list=%s names=%d", t->url,
             MAX(0, sk_X509_REVOKED_num(X509_CRL_get_REVOKED(t->came))));
        X509_CRL_free(list->fresh);
        list->fresh = t->came;
        t->came = NULL;
        list->told_old = false;
    }
    newest = list->fresh ? list->fresh : list->list;
    if (!list->told_old && newest && e2m_revoked_is_old(newest, now)) {
        note("revoked: list=%s text=old; whom it names stays refused", t->url);
        list->told_old = true;
    }
}

static void back(struct errand *errand)
{
    struct task *t = (struct task *)errand;
    struct core *core = core_of_provider(t->provider);
    struct list *list =
        core && core->revoked ? g_hash_table_lookup(core->revoked->lists, t->url) : NULL;

    if (list)
        take(list, t);
    lost(errand);
}

/* -- the loop's part --------------------------------------------------------------------------- */

static void ask(struct core *core, const char *url, struct list *list)
{
    struct worker *helper = core_beside(core);
    struct task *t;

    if (list->asking || core_now() < list->next || !helper || !core->settings)
        return;
    list->asking = true;
    t = g_new0(struct task, 1);
    t->provider = core->provider;
    g_strlcpy(t->url, url, sizeof(t->url));
    worker_begin(helper, &t->errand, core->settings, work, back, lost);
}

static struct revoked *of(struct core *core)
{
    if (core->revoked)
        return core->revoked;
    core->revoked = g_new0(struct revoked, 1);
    core->revoked->lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, list_free);
    core->revoked->between = sk_X509_new_null();
    return core->revoked;
}

void revoked_look_for_url(struct core *core, const char *url)
{
    struct revoked *r;
    struct list *list;

    if (!*url || strlen(url) > URL_MAX)
        return;
    r = of(core);
    list = g_hash_table_lookup(r->lists, url);
    if (!list && g_hash_table_size(r->lists) >= LISTS_MAX)
        return;
    if (!list) {
        list = g_new0(struct list, 1);
        g_hash_table_insert(r->lists, g_strdup(url), list);
    }
    ask(core, url, list);
}

void revoked_look_for(struct core *core, X509 *certificate)
{
    char url[URL_MAX + 1];

    if (e2m_revoked_url(certificate, url, sizeof(url)))
        revoked_look_for_url(core, url);
}

void revoked_know(struct core *core, const STACK_OF(X509) * chain)
{
    for (int i = 0; i < sk_X509_num(chain); i++) {
        e2m_chain_keep(of(core)->between, sk_X509_value(chain, i));
        revoked_look_for(core, sk_X509_value(chain, i));
    }
}

void revoked_ask(struct core *core)
{
    GHashTableIter each;
    struct list *list;
    const char *url;

    if (!core->revoked)
        return;
    g_hash_table_iter_init(&each, core->revoked->lists);
    while (g_hash_table_iter_next(&each, (void **)&url, (void **)&list))
        ask(core, url, list);
}

static void look_at_fresh(struct list *list, const char *url, const struct e2m_trust *trust,
                          STACK_OF(X509) * between)
{
    uint64_t now = (uint64_t)core_now();
    int is_signed = e2m_trust_signed(trust, between, list->fresh, now);
    const char *why = e2m_revoked_refusal(trust, between, list->list, list->fresh, now);

    if (is_signed == 0) /* not by this call; both count */
        return;
    if (why) {
        note("revoked: list=%s problem=%s", url, why);
        X509_CRL_free(list->fresh);
    } else {
        X509_CRL_free(list->list);
        list->list = list->fresh;
    }
    list->fresh = NULL;
}

void revoked_add(const struct core *core, struct e2m_trust *trust)
{
    GHashTableIter each;
    struct list *list;
    const char *url;

    if (!core->revoked)
        return;
    g_hash_table_iter_init(&each, core->revoked->lists);
    while (g_hash_table_iter_next(&each, (void **)&url, (void **)&list)) {
        if (list->fresh)
            look_at_fresh(list, url, trust, core->revoked->between);
        if (list->list)
            (void)e2m_trust_add_revoked(trust, list->list);
        if (list->fresh)
            (void)e2m_trust_add_revoked(trust, list->fresh);
    }
}

const char *revoked_missing(struct core *core, const char *url)
{
    revoked_look_for_url(core, url);
    return *url ? "no fresh list of revoked certificates could be had yet: try again in a minute, "
                  "or "
                  "let such calls pass (e2m_revoked_missing=accept)"
                : "the certificate names no list of revoked certificates, and "
                  "e2m_revoked_missing=refuse wants one";
}

void revoked_close(struct core *core)
{
    if (!core->revoked)
        return;
    g_hash_table_unref(core->revoked->lists);
    sk_X509_pop_free(core->revoked->between, X509_free);
    g_free(core->revoked);
    core->revoked = NULL;
}
