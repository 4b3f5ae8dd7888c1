/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "e2m_files.h"
#include "revoked.h"

#include <string.h>
#include <sys/stat.h>

#define KEPT_MAX 4096 /* then all are read anew: settings that change for ever */

enum role { ROLE_OWN, ROLE_TRUST, ROLE_PARTNER };

/* What stands in one file, or in some that count together. */
struct file {
    enum role role;
    char **paths; /* of authorities DOMAIN=FILE, or FILE */
    char *name;   /* role and paths: what it is found by */
    char *stamp;  /* of the files when it was read */
    struct e2m_identity own;
    struct e2m_trust *trust;
    struct e2m_partner partner;
    char error[E2M_ERROR_MAX]; /* "": it is good */
};
struct waiting {
    void (*then)(void *arg);
    void *arg;
};
struct e2m_files {
    GHashTable *table; /* name -> struct file, owned */
    GQueue waiting;    /* struct waiting, owned */
    struct worker *helper;
    bool reading;
};
struct task {
    struct errand errand; /* first */
    belle_sip_provider_t *provider;
    GPtrArray *files; /* struct file, owned until they are in the table */
};

static void file_free(void *data)
{
    struct file *file = data;

    e2m_identity_free(&file->own);
    e2m_trust_free(file->trust);
    e2m_partner_free(&file->partner);
    g_strfreev(file->paths);
    g_free(file->name);
    g_free(file->stamp);
    g_free(file);
}

static struct e2m_files *of(struct core *core)
{
    if (!core->e2m_files) {
        core->e2m_files = g_new0(struct e2m_files, 1);
        core->e2m_files->table = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, file_free);
        core->e2m_files->helper = worker_start(core->provider);
        g_queue_init(&core->e2m_files->waiting);
    }
    return core->e2m_files;
}

/* -- which files ------------------------------------------------------------------------------- */

/* "DOMAIN=FILE", or a file alone. */
static const char *path_of(const char *entry)
{
    const char *equals = *entry == '/' ? NULL : strchr(entry, '=');

    return equals ? equals + 1 : entry;
}

static char *name_of(enum role role, char *const *paths)
{
    char *joined = g_strjoinv("\n", (char **)(uintptr_t)paths);
    char *name = g_strdup_printf("%d\n%s", (int)role, joined);

    g_free(joined);
    return name;
}

static char *stamp_of(char *const *paths)
{
    GString *text = g_string_new(NULL);

    for (; *paths; paths++) {
        struct stat s;

        if (stat(path_of(*paths), &s) == 0)
            g_string_append_printf(text, "%llu %lld %lld.%09ld;", (unsigned long long)s.st_ino,
                                   (long long)s.st_size, (long long)s.st_mtim.tv_sec,
                                   s.st_mtim.tv_nsec);
        else
            g_string_append(text, "none;");
    }
    return g_string_free(text, FALSE);
}

/* Those of the settings' authorities, for domains and for all others. */
static char **authorities_of(const struct settings *s)
{
    const char *all = s->e2m_ca_file ? s->e2m_ca_file : s->ca_file;
    GPtrArray *paths = g_ptr_array_new();

    for (char **entry = s->e2m_authorities; entry && *entry; entry++)
        g_ptr_array_add(paths, g_strdup(*entry));
    if (all)
        g_ptr_array_add(paths, g_strdup(all));
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_free(paths, FALSE);
}

static char **one_path(const char *first, const char *second)
{
    char **paths = g_new0(char *, 3);

    paths[0] = g_strdup(first);
    paths[1] = g_strdup(second);
    return paths;
}

static void want(struct e2m_files *f, GPtrArray *todo, enum role role, char **paths)
{
    char *name = name_of(role, paths), *stamp = stamp_of(paths);
    const struct file *known = g_hash_table_lookup(f->table, name);
    struct file *file;

    if (known && !strcmp(known->stamp, stamp)) {
        g_strfreev(paths);
        g_free(name);
        g_free(stamp);
        return;
    }
    file = g_new0(struct file, 1);
    file->role = role;
    file->paths = paths;
    file->name = name;
    file->stamp = stamp;
    g_ptr_array_add(todo, file);
}

static GPtrArray *missing(struct e2m_files *f, const struct settings *s, const char *peer)
{
    GPtrArray *todo = g_ptr_array_new_with_free_func(file_free);

    if (s->e2m_certificate)
        want(f, todo, ROLE_OWN, one_path(s->e2m_certificate, s->e2m_key));
    want(f, todo, ROLE_TRUST, authorities_of(s));
    for (char **entry = s->e2m_servers; entry && *entry; entry++)
        want(f, todo, ROLE_PARTNER, one_path(path_of(*entry), NULL));
    for (size_t i = 0; i < s->peer_count; i++)
        if (s->peers[i].certificate && (!peer || !strcmp(s->peers[i].aor, peer)))
            want(f, todo, ROLE_PARTNER, one_path(s->peers[i].certificate, NULL));
    return todo;
}

/* -- the helper's part ------------------------------------------------------------------------- */

static void read_trust(struct file *file)
{
    bool good = (file->trust = e2m_trust_new()) != NULL;

    for (char **entry = file->paths; good && *entry; entry++) {
        const char *path = path_of(*entry);
        char *domain = path == *entry ? NULL : g_strndup(*entry, (size_t)(path - *entry) - 1);

        good = e2m_trust_load(file->trust, path, domain, file->error);
        g_free(domain);
    }
}

static void work(struct errand *errand, struct station *station)
{
    const struct task *t = (struct task *)errand;

    (void)station;
    for (guint i = 0; i < t->files->len; i++) {
        struct file *file = g_ptr_array_index(t->files, i);

        if (file->role == ROLE_OWN)
            (void)e2m_identity_load(&file->own, file->paths[0], file->paths[1], file->error);
        else if (file->role == ROLE_TRUST)
            read_trust(file);
        else
            (void)e2m_partner_load(&file->partner, file->paths[0], file->error);
    }
}

static void lost(struct errand *errand)
{
    struct task *t = (struct task *)errand;

    g_ptr_array_unref(t->files);
    g_free(t);
}

/* Whoever is called may ask anew, or be gone after another was called. */
static void tell_all(struct e2m_files *f)
{
    for (guint count = f->waiting.length; count && f->waiting.length; count--) {
        struct waiting *w = g_queue_pop_head(&f->waiting), copy = *w;

        g_free(w);
        copy.then(copy.arg);
    }
}

static void back(struct errand *errand)
{
    struct task *t = (struct task *)errand;
    struct core *core = core_of_provider(t->provider);

    if (core && core->e2m_files) {
        core->e2m_files->reading = false;
        if (g_hash_table_size(core->e2m_files->table) > KEPT_MAX)
            g_hash_table_remove_all(core->e2m_files->table);
        g_ptr_array_set_free_func(t->files, NULL);
        for (guint i = 0; i < t->files->len; i++) {
            struct file *file = g_ptr_array_index(t->files, i);

            g_hash_table_replace(core->e2m_files->table, file->name, file);
            if (file->partner.certificate)
                revoked_look_for(core, file->partner.certificate);
            revoked_know(core, file->partner.chain);
        }
        tell_all(core->e2m_files);
    }
    lost(errand);
}

/* -- the loop's part --------------------------------------------------------------------------- */

bool e2m_files_ready(struct core *core, const struct settings *s, const char *peer,
                     void (*then)(void *arg), void *arg)
{
    struct e2m_files *f = of(core);
    GPtrArray *todo = missing(f, s, peer);
    struct waiting *w;
    struct task *t;

    if (!todo->len || !f->helper) {
        g_ptr_array_unref(todo);
        return true;
    }
    if (then) {
        w = g_new0(struct waiting, 1);
        *w = (struct waiting){then, arg};
        g_queue_push_tail(&f->waiting, w);
    }
    if (f->reading) { /* who waits looks again when that is there */
        g_ptr_array_unref(todo);
        return false;
    }
    t = g_new0(struct task, 1);
    t->provider = core->provider;
    t->files = todo;
    f->reading = true;
    worker_begin(f->helper, &t->errand, NULL, work, back, lost);
    return false;
}

void e2m_files_warm(struct core *core)
{
    const struct settings *s = core->settings;
    bool wanted = s->e2m > SETTINGS_OFF;

    for (size_t i = 0; i < s->peer_count; i++)
        wanted = wanted || s->peers[i].e2m > SETTINGS_OFF;
    if (wanted)
        (void)e2m_files_ready(core, s, NULL, NULL, NULL);
}

void e2m_files_forget(struct core *core, const void *arg)
{
    for (GList *each = core->e2m_files ? core->e2m_files->waiting.head : NULL, *next; each;
         each = next) {
        next = each->next;
        if (((const struct waiting *)each->data)->arg == arg) {
            g_free(each->data);
            g_queue_delete_link(&core->e2m_files->waiting, each);
        }
    }
}

void e2m_files_close(struct core *core)
{
    if (!core->e2m_files)
        return;
    worker_stop(core->e2m_files->helper);
    g_queue_clear_full(&core->e2m_files->waiting, g_free);
    g_hash_table_unref(core->e2m_files->table);
    g_free(core->e2m_files);
    core->e2m_files = NULL;
}

/* -- what calls take --------------------------------------------------------------------------- */

/* Takes `paths`. NULL with a sentence. */
static const struct file *find(struct core *core, enum role role, char **paths, char *error)
{
    char *name = name_of(role, paths);
    const struct file *file = g_hash_table_lookup(of(core)->table, name);

    if (!file)
        g_snprintf(error, E2M_ERROR_MAX, "%s: could not be read in time",
                   *paths ? path_of(*paths) : "e2m_ca_file");
    else if (*file->error)
        g_strlcpy(error, file->error, E2M_ERROR_MAX);
    g_strfreev(paths);
    g_free(name);
    return file && !*file->error ? file : NULL;
}

const struct e2m_identity *e2m_files_own(struct core *core, const struct settings *s, char *error)
{
    const struct file *file = find(core, ROLE_OWN, one_path(s->e2m_certificate, s->e2m_key), error);

    return file ? &file->own : NULL;
}

const struct e2m_trust *e2m_files_trust(struct core *core, const struct settings *s, char *error)
{
    const struct file *file = find(core, ROLE_TRUST, authorities_of(s), error);

    return file ? file->trust : NULL;
}

const struct e2m_partner *e2m_files_partner(struct core *core, const char *path, char *error)
{
    const struct file *file = find(core, ROLE_PARTNER, one_path(path, NULL), error);

    return file ? &file->partner : NULL;
}
