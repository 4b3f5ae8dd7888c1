/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keeper.h"
#include "log.h"
#include "steady.h"

#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define LOOK_SECONDS 1  /* at the files of lists: stat() alone, while nothing changes */
#define AGAIN_SECONDS 5 /* at a list that was not taken, though its file did not change */
#define SOON_SECONDS (14 * 86400)

/* A list of revoked certificates. */
struct list {
    char *path;
    struct stat seen;         /* of the file as it was read; all zero: never */
    X509_CRL *list;           /* NULL: none could be read yet */
    int64_t again_at;         /* 0: it was read */
    const char *told_refusal; /* of this file; NULL: none */
    bool told_missing, told_old;
};

struct keeper {
    char *path;
    struct config *config;  /* the one that serves */
    struct e2m_trust *base; /* its authorities, without lists */
    GPtrArray *lists;       /* struct list, owned */
    struct http *http;      /* NULL: nobody is served yet */
    GThread *thread;
    GMutex lock;
    GCond changed;
    bool reload, stopping;
    int64_t told_end; /* of our certificate: what the log says of it; 0: nothing yet */
    bool told_ended;
};

static void list_free(void *data)
{
    struct list *list = data;

    X509_CRL_free(list->list);
    g_free(list->path);
    g_free(list);
}

/* -- lists ------------------------------------------------------------------------------------- */

static bool is_as_read(const struct list *list, const struct stat *now)
{
    return list->seen.st_ino == now->st_ino && list->seen.st_size == now->st_size &&
           list->seen.st_mtim.tv_sec == now->st_mtim.tv_sec &&
           list->seen.st_mtim.tv_nsec == now->st_mtim.tv_nsec;
}

static void tell_missing(struct list *list, const char *why)
{
    if (!list->told_missing)
        log_line("op=revoked file=%s result=not-read why=\"%s\": %s", list->path, why,
                 list->list ? "the last one counts on" : "nobody is known as revoked by it");
    list->told_missing = true;
}

/* True: there is another one than before. Whoever can write the file is not who signs: an older
 * one, or one that he made himself, is not taken. */
static bool read_list(const struct keeper *k, struct list *list)
{
    const char *why = NULL;
    X509_CRL *fresh = NULL;
    struct stat now;
    char *octets = NULL;
    gsize len = 0;

    if (stat(list->path, &now) != 0 || !S_ISREG(now.st_mode)) {
        tell_missing(list, "there is no such file");
        return false;
    }
    if (!is_as_read(list, &now))
        list->told_refusal = NULL;
    else if (!list->again_at || list->again_at > steady_seconds())
        return false;
    list->seen = now;
    list->again_at = steady_seconds() + AGAIN_SECONDS;
    if (!g_file_get_contents(list->path, &octets, &len, NULL) ||
        e2m_revoked_read((struct e2m_span){(const uint8_t *)octets, len}, &fresh) != E2M_OK) {
        tell_missing(list, "it is no list of revoked certificates in PEM or DER");
    } else if ((why =
                    e2m_revoked_refusal(k->base, NULL, list->list, fresh, (uint64_t)time(NULL)))) {
        if (why != list->told_refusal)
            log_line("op=revoked file=%s result=not-taken why=\"%s\"", list->path, why);
        list->told_refusal = why;
        X509_CRL_free(fresh);
        fresh = NULL;
    }
    g_free(octets);
    if (!fresh)
        return false;
    X509_CRL_free(list->list);
    list->list = fresh;
    list->again_at = 0;
    list->told_missing = false;
    return true;
}

static void look_at_age(struct list *list, bool refuses)
{
    bool old = list->list && e2m_revoked_is_old(list->list, (uint64_t)time(NULL));

    if (old && !list->told_old)
        log_line("op=revoked file=%s result=old: whom it names stays refused%s", list->path,
                 refuses ? ", and so is everybody else of that authority" : "");
    list->told_old = old;
}

/* Nobody looks at its signature until a certificate of that authority comes. */
static const char *doubt(const struct keeper *k, X509_CRL *list)
{
    return k->base && e2m_trust_signed(k->base, NULL, list, (uint64_t)time(NULL)) > 0
               ? ""
               : " why=\"its authority is not among [trust] authorities: whoever can write the "
                 "file "
                 "can put a forged one in its place\"";
}

static bool read_lists(struct keeper *k)
{
    bool changed = false;

    for (guint i = 0; i < k->lists->len; i++) {
        struct list *list = g_ptr_array_index(k->lists, i);
        bool fresh = read_list(k, list);
        const char *why = fresh ? doubt(k, list->list) : "";

        if (fresh)
            log_line("op=revoked file=%s result=read%s", list->path, why);
        changed = changed || fresh;
        look_at_age(list, k->config->want_lists);
    }
    return changed;
}

/* The authorities of the configuration with the lists as they are now; NULL: no memory. */
static struct e2m_trust *with_lists(const struct keeper *k)
{
    struct e2m_trust *trust = k->base ? e2m_trust_copy(k->base) : NULL;

    for (guint i = 0; trust && i < k->lists->len; i++) {
        const struct list *list = g_ptr_array_index(k->lists, i);

        if (list->list && e2m_trust_add_revoked(trust, list->list) != E2M_OK)
            log_line("op=revoked file=%s result=not-taken why=\"too many lists\"", list->path);
    }
    return trust;
}

static void use_lists(struct keeper *k)
{
    struct e2m_trust *trust = with_lists(k), *old;

    if (!trust)
        return;
    if (k->http)
        http_lock(k->http);
    old = k->config->trust;
    k->config->trust = trust;
    if (k->http)
        http_unlock(k->http);
    e2m_trust_free(old);
}

/* -- the certificate --------------------------------------------------------------------------- */

/* Once when it is about to end, and once when it has. */
static void look_at_certificate(struct keeper *k)
{
    int64_t ends = k->config->expires, now = (int64_t)time(NULL);
    bool ended = ends <= now;

    if (ends - now >= SOON_SECONDS || (k->told_end == ends && k->told_ended == ended))
        return;
    if (ended)
        log_line("op=certificate result=ended: phones take our certificate no more; put a new one "
                 "in its place and reload");
    else
        log_line("op=certificate result=ends-soon days=%d: put a new one in its place and reload",
                 (int)((ends - now) / 86400));
    k->told_end = ends;
    k->told_ended = ended;
}

/* The one that serves is better. */
static bool has_ended(const struct config *fresh, const struct config *old)
{
    int64_t now = (int64_t)time(NULL);

    return fresh->expires <= now && old->expires > now;
}

/* -- the configuration ------------------------------------------------------------------------- */

/* Lists that stay are not forgotten: an older file must not take the place of what was read. */
static void take_names(struct keeper *k)
{
    GPtrArray *lists = g_ptr_array_new_with_free_func(list_free);

    for (char **path = k->config->revoked; path && *path; path++) {
        struct list *list = NULL;

        for (guint i = 0; k->lists && i < k->lists->len && !list; i++)
            if (!strcmp(((struct list *)g_ptr_array_index(k->lists, i))->path, *path))
                list = g_ptr_array_steal_index(k->lists, i);
        if (!list && **path) {
            list = g_new0(struct list, 1);
            list->path = g_strdup(*path);
        }
        if (list && list->again_at)
            list->again_at = 1; /* by other authorities it may be right now */
        if (list)
            g_ptr_array_add(lists, list);
    }
    if (k->lists)
        g_ptr_array_unref(k->lists);
    k->lists = lists;
}

static void take(struct keeper *k, struct config *config)
{
    e2m_trust_free(k->base);
    k->config = config;
    k->base = e2m_trust_copy(config->trust);
    take_names(k);
    read_lists(k);
}

static void reload(struct keeper *k)
{
    struct config *old = k->config, *fresh;
    char error[CONFIG_ERROR_MAX] = "";
    const char *fixed;
    struct e2m_trust *trust;

    fresh = config_load(k->path, error);
    if (!fresh) {
        g_strdelimit(error, "\n", ' ');
        log_line("op=reload result=refused why=\"%s\": it goes on as before", error);
        return;
    }
    if (has_ended(fresh, old)) {
        log_line("op=reload result=refused why=\"[identity] certificate has ended, and the one in "
                 "use has not\": it goes on as before");
        config_free(fresh);
        return;
    }
    fixed = config_keep(fresh, old);
    take(k, fresh);
    trust = with_lists(k);
    if (trust) {
        e2m_trust_free(fresh->trust);
        fresh->trust = trust;
    }
    http_lock(k->http);
    http_use(k->http, fresh);
    http_unlock(k->http);
    config_free(old);
    log_line("op=reload result=good domain=%s%s%s", fresh->domain, fixed ? " restart-for=" : "",
             fixed ? fixed : "");
}

/* -- life -------------------------------------------------------------------------------------- */

static void *work(void *data)
{
    struct keeper *k = data;

    g_mutex_lock(&k->lock);
    while (!k->stopping) {
        gint64 until = g_get_monotonic_time() + LOOK_SECONDS * G_TIME_SPAN_SECOND;
        bool asked;

        while (!k->stopping && !k->reload && g_cond_wait_until(&k->changed, &k->lock, until))
            ;
        asked = k->reload;
        k->reload = false;
        if (k->stopping)
            break;
        g_mutex_unlock(&k->lock);
        if (asked)
            reload(k);
        else if (read_lists(k))
            use_lists(k);
        look_at_certificate(k);
        g_mutex_lock(&k->lock);
    }
    g_mutex_unlock(&k->lock);
    return NULL;
}

struct keeper *keeper_new(const char *path, struct config *config)
{
    struct keeper *k = g_new0(struct keeper, 1);

    g_mutex_init(&k->lock);
    g_cond_init(&k->changed);
    k->path = g_strdup(path);
    take(k, config);
    use_lists(k);
    look_at_certificate(k);
    return k;
}

bool keeper_start(struct keeper *k, struct http *http)
{
    k->http = http;
    k->thread = g_thread_try_new("keeper", work, k, NULL);
    return k->thread != NULL;
}

static void wake(struct keeper *k, bool *flag)
{
    g_mutex_lock(&k->lock);
    *flag = true;
    g_cond_signal(&k->changed);
    g_mutex_unlock(&k->lock);
}

void keeper_reload(struct keeper *k)
{
    wake(k, &k->reload);
}

void keeper_stop(struct keeper *k)
{
    wake(k, &k->stopping);
    if (k->thread)
        g_thread_join(k->thread);
    k->thread = NULL;
}

void keeper_free(struct keeper *k)
{
    g_ptr_array_unref(k->lists);
    e2m_trust_free(k->base);
    config_free(k->config);
    g_mutex_clear(&k->lock);
    g_cond_clear(&k->changed);
    g_free(k->path);
    g_free(k);
}
