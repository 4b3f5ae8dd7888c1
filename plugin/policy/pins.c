/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pins.h"
#include "small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define PINS_FILE_MAX (16u * SMALL_FILE_MAX)

#define ERROR_MAX 512
#define LOCK_TRIES 5 /* a call waits here; who was not written is written with the next */
#define LOCK_PAUSE_US 10000

enum { LEARNED = 1, FORGOTTEN = 2, IS_NOBODY = 4, OPENS = 8, ASK_AGAIN = 16 };

struct pins {
    char *folder;
    GArray *pins;        /* struct pin */
    GHashTable *nobody;  /* canonical AOR -> int64_t * */
    GHashTable *opens;   /* the same: when that was seen first */
    GHashTable *changed; /* canonical AOR -> what of it (below) since the file was written here */
    bool lost;           /* the file is there and cannot be read: it stays as it is */
};

static char *file_of(const struct pins *pins)
{
    return g_build_filename(pins->folder, "pins.json", NULL);
}

static struct pins *pins_new(const char *folder)
{
    struct pins *pins = g_new0(struct pins, 1);

    pins->folder = g_strdup(folder);
    pins->pins = g_array_new(FALSE, TRUE, sizeof(struct pin));
    pins->nobody = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pins->opens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pins->changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return pins;
}

void pins_close(struct pins *pins)
{
    if (!pins)
        return;
    g_free(pins->folder);
    g_array_free(pins->pins, TRUE);
    g_hash_table_unref(pins->nobody);
    g_hash_table_unref(pins->opens);
    g_hash_table_unref(pins->changed);
    g_free(pins);
}

/* -- the file -------------------------------------------------------------------------------- */

static bool copy_text(const json_t *object, const char *name, char *to, size_t room)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && g_strlcpy(to, text, room) < room;
}

static bool read_pin(struct pins *pins, const json_t *object)
{
    struct pin pin = {0};
    const char *method = json_string_value(json_object_get(object, "method"));

    if (!copy_text(object, "aor", pin.aor, sizeof(pin.aor)) ||
        !copy_text(object, "nai", pin.nai, sizeof(pin.nai)) ||
        !copy_text(object, "operator", pin.operator_name, sizeof(pin.operator_name)) || !method)
        return false;
    pin.method = simauth_method_find(method, strlen(method));
    pin.since = json_integer_value(json_object_get(object, "since"));
    pin.last = json_integer_value(json_object_get(object, "last"));
    if (!pin.method)
        return false;
    g_array_append_val(pins->pins, pin);
    return true;
}

static bool read_file(struct pins *pins, const json_t *root)
{
    const json_t *list = json_object_get(root, "pins"), *object, *when;
    json_t *nobody = json_object_get(root, "nobody"), *opens = json_object_get(root, "opens");
    const char *aor;
    size_t i;

    if (!json_is_array(list) || !json_is_object(nobody) || (opens && !json_is_object(opens)))
        return false;
    json_array_foreach(list, i, object)
    {
        if (!read_pin(pins, object))
            return false;
    }
    json_object_foreach(nobody, aor, when) pins_set_nobody(pins, aor, json_integer_value(when));
    json_object_foreach(opens, aor, when) pins_set_opens(pins, aor, json_integer_value(when));
    return true;
}

/* jansson's reader and writer go on with a piece less when they are out of memory (seen with 2.14).
 */
static bool says_all(const char *text, const json_t *root)
{
    json_t *again = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    bool same = again && json_equal(again, root);

    json_decref(again);
    return same;
}

static json_t *load(const char *path, json_error_t *mistake)
{
    GError *problem = NULL;
    json_t *root = NULL;
    char *text = NULL;
    gsize len = 0;

    if (small_file_read(path, PINS_FILE_MAX, &text, &len, &problem))
        root = json_loadb(text, len, JSON_REJECT_DUPLICATES, mistake);
    else
        g_strlcpy(mistake->text, problem->message, sizeof(mistake->text));
    if (root && !says_all(text, root)) {
        g_strlcpy(mistake->text, "out of memory", sizeof(mistake->text));
        json_decref(root);
        root = NULL;
    }
    g_clear_error(&problem);
    g_free(text);
    return root;
}

static struct pins *read_folder(const char *folder, bool *there, char *error)
{
    struct pins *pins = pins_new(folder);
    char *path = file_of(pins);
    json_error_t mistake;
    json_t *root = NULL;
    GStatBuf about;

    *there = g_stat(path, &about) == 0 || errno != ENOENT; /* one that cannot be seen is not none */
    if (*there) {
        root = load(path, &mistake);
        if (!root || !read_file(pins, root)) {
            char *why = /* what stands in the file is quoted, and may be cut within a letter */
                g_utf8_make_valid(root ? "a member is missing or unknown" : mistake.text, -1);

            g_snprintf(error, ERROR_MAX,
                       "%s: not a list of pins (%s); move it away to begin a new one", path, why);
            g_free(why);
            pins_close(pins);
            pins = NULL;
        }
    }
    if (pins)
        g_hash_table_remove_all(pins->changed);
    json_decref(root);
    g_free(path);
    return pins;
}

struct pins *pins_open(const char *folder, char *error)
{
    bool there;

    return read_folder(folder, &there, error);
}

struct pins *pins_open_lost(const char *folder)
{
    struct pins *pins = pins_new(folder);

    pins->lost = true;
    return pins;
}

json_t *pin_to_json(const struct pin *pin)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "aor", pin->aor, "nai", pin->nai, "operator",
                     pin->operator_name, "method", pin->method->name, "since",
                     (json_int_t)pin->since, "last", (json_int_t)pin->last);
}

/* NULL: out of memory. A file with fewer than all would be a file that forgot somebody. */
static json_t *times_to_json(GHashTable *times)
{
    json_t *object = json_object();
    GHashTableIter iter;
    gpointer aor, when;

    g_hash_table_iter_init(&iter, times);
    while (object && g_hash_table_iter_next(&iter, &aor, &when)) {
        if (json_object_set_new(object, aor, json_integer(*(int64_t *)when)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

static json_t *pins_to_json(const struct pins *pins)
{
    json_t *list = json_array();

    for (guint i = 0; list && i < pins->pins->len; i++) {
        if (json_array_append_new(list, pin_to_json(&g_array_index(pins->pins, struct pin, i))) !=
            0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static char *to_text(const struct pins *pins)
{
    json_t *root = json_pack("{s:o, s:o, s:o}", "pins", pins_to_json(pins), "nobody",
                             times_to_json(pins->nobody), "opens", times_to_json(pins->opens));
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;

    if (!says_all(text, root)) {
        free(text);
        text = NULL;
    }
    json_decref(root);
    return text;
}

bool pins_lost(const struct pins *pins)
{
    return pins->lost;
}

/* What was changed here goes over what stands there; of the same SIM the stronger method stays. */
static void merge(struct pins *into, const struct pins *from, const char *aor, unsigned what)
{
    const struct pin *pin = pins_find(from, aor);
    const int64_t *nobody = g_hash_table_lookup(from->nobody, aor);
    const int64_t *opens = g_hash_table_lookup(from->opens, aor);

    if (what & FORGOTTEN)
        (void)pins_forget(into, aor);
    if (what & ASK_AGAIN)
        (void)pins_ask_again(into, aor);
    if (pin && (what & LEARNED))
        pins_learn(into, pin);
    if (nobody && (what & IS_NOBODY))
        pins_set_nobody(into, aor, *nobody);
    if (opens && (what & OPENS))
        (void)pins_set_opens(into, aor, *opens);
}

/* What stands in the file now, with what was changed here; NULL with a sentence. A file that is
 * gone is no news from anybody: it is written anew. */
static struct pins *merged(const struct pins *pins, bool *there, char *error)
{
    struct pins *now = read_folder(pins->folder, there, error);
    GHashTableIter iter;
    gpointer aor, what;

    if (!now || !*there)
        return now;
    g_hash_table_iter_init(&iter, pins->changed);
    while (g_hash_table_iter_next(&iter, &aor, &what))
        merge(now, pins, aor, GPOINTER_TO_UINT(what));
    return now;
}

/* Others hold it as long as they write; -1 with a sentence. */
static int lock_folder(const struct pins *pins, char *error)
{
    char *path = g_build_filename(pins->folder, "pins.json.lock", NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    for (unsigned i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno == ENOLCK ||
            errno == EOPNOTSUPP) /* NFS that knows no locks: as well as it can be */
            break;
        if (errno == EWOULDBLOCK && i < LOCK_TRIES) {
            g_usleep(LOCK_PAUSE_US);
            continue;
        }
        (void)close(fd);
        fd = -1;
    }
    if (fd < 0)
        g_snprintf(error, ERROR_MAX, "%s: %s", path, g_strerror(errno));
    g_free(path);
    return fd;
}

static bool write_file(const struct pins *pins, char *error)
{
    char *path = file_of(pins), *text = to_text(pins);
    GError *problem = NULL;
    bool good = text && g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                                 0600, &problem);

    if (!good)
        g_snprintf(error, ERROR_MAX, "%s", problem ? problem->message : "out of memory");
    g_clear_error(&problem);
    free(text);
    g_free(path);
    return good;
}

static void take_over(struct pins *pins, struct pins *from)
{
    struct pins before = *pins;

    pins->pins = from->pins;
    pins->nobody = from->nobody;
    pins->opens = from->opens;
    from->pins = before.pins;
    from->nobody = before.nobody;
    from->opens = before.opens;
}

static bool save_locked(struct pins *pins, char *error)
{
    bool there = false;
    struct pins *now = merged(pins, &there, error);
    bool good = now && write_file(there ? now : pins, error);

    if (good && there)
        take_over(pins, now);
    if (good)
        g_hash_table_remove_all(pins->changed);
    pins_close(now);
    return good;
}

bool pins_save(struct pins *pins, char *error)
{
    int lock;
    bool good = false;

    if (pins->lost) {
        char *path = file_of(pins);
        g_snprintf(error, ERROR_MAX, "%s is damaged: move it away to begin a new one", path);
        g_free(path);
        return false;
    }
    if (g_mkdir_with_parents(pins->folder, 0700) < 0) {
        g_snprintf(error, ERROR_MAX, "%s: %s", pins->folder, g_strerror(errno));
        return false;
    }
    lock = lock_folder(pins, error);
    if (lock >= 0) {
        good = save_locked(pins, error);
        (void)close(lock);
    }
    return good;
}

/* -- pins ------------------------------------------------------------------------------------ */

size_t pins_count(const struct pins *pins)
{
    return pins->pins->len;
}

const struct pin *pins_at(const struct pins *pins, size_t i)
{
    return &g_array_index(pins->pins, struct pin, i);
}

static guint index_of(const struct pins *pins, const char *aor)
{
    guint i = 0;
    while (i < pins->pins->len && strcmp(pins_at(pins, i)->aor, aor))
        i++;
    return i;
}

const struct pin *pins_find(const struct pins *pins, const char *aor)
{
    guint i = index_of(pins, aor);
    return i < pins->pins->len ? pins_at(pins, i) : NULL;
}

bool pins_know_realm(const struct pins *pins, const char *realm)
{
    for (guint i = 0; i < pins->pins->len; i++) {
        if (!strcmp(simauth_nai_realm(pins_at(pins, i)->nai), realm))
            return true;
    }
    return false;
}

static void drop_oldest(struct pins *pins)
{
    guint oldest = 0;

    for (guint i = 1; i < pins->pins->len; i++) {
        if (pins_at(pins, i)->last < pins_at(pins, oldest)->last)
            oldest = i;
    }
    g_array_remove_index_fast(pins->pins, oldest);
}

static void note_change(struct pins *pins, const char *aor, unsigned what)
{
    what |= GPOINTER_TO_UINT(g_hash_table_lookup(pins->changed, aor));
    g_hash_table_replace(pins->changed, g_strdup(aor), GUINT_TO_POINTER(what));
}

void pins_learn(struct pins *pins, const struct pin *pin)
{
    guint i = index_of(pins, pin->aor);
    struct pin *known;

    note_change(pins, pin->aor, LEARNED);
    g_hash_table_remove(pins->nobody, pin->aor);
    if (i == pins->pins->len) {
        if (pins->pins->len >= PINS_MAX)
            drop_oldest(pins);
        g_array_append_val(pins->pins, *pin);
        return;
    }
    known = &g_array_index(pins->pins, struct pin, i);
    if (strcmp(known->nai, pin->nai)) { /* another SIM, agreed to by the person: known from now */
        *known = *pin;
        return;
    }
    memcpy(known->operator_name, pin->operator_name, sizeof(known->operator_name));
    known->last = pin->last;
    if (pin->method->strength > known->method->strength)
        known->method = pin->method;
}

bool pins_forget(struct pins *pins, const char *aor)
{
    guint i = index_of(pins, aor);
    bool nobody = g_hash_table_remove(pins->nobody, aor);
    bool opens = g_hash_table_remove(pins->opens, aor);

    note_change(pins, aor, FORGOTTEN);
    if (i == pins->pins->len)
        return nobody || opens;
    g_array_remove_index_fast(pins->pins, i);
    return true;
}

bool pins_ask_again(struct pins *pins, const char *aor)
{
    note_change(pins, aor, ASK_AGAIN);
    return g_hash_table_remove(pins->nobody, aor);
}

void pins_set_nobody(struct pins *pins, const char *aor, int64_t now)
{
    int64_t *when;

    note_change(pins, aor, IS_NOBODY);
    if (g_hash_table_size(pins->nobody) >= PINS_MAX)
        g_hash_table_remove_all(pins->nobody); /* costs one question each, and nothing else */
    when = g_new(int64_t, 1);
    *when = now;
    g_hash_table_replace(pins->nobody, g_strdup(aor), when);
}

int64_t pins_nobody_since(const struct pins *pins, const char *aor)
{
    const int64_t *when = g_hash_table_lookup(pins->nobody, aor);

    return when ? *when : 0;
}

bool pins_is_nobody(const struct pins *pins, const char *aor, int64_t now)
{
    int64_t when = pins_nobody_since(pins, aor);

    return when && now >= when && now - when < PINS_NOBODY_S;
}

bool pins_set_opens(struct pins *pins, const char *aor, int64_t now)
{
    int64_t *when;

    if (g_hash_table_contains(pins->opens, aor) || g_hash_table_size(pins->opens) >= PINS_MAX)
        return false;
    note_change(pins, aor, OPENS);
    when = g_new(int64_t, 1);
    *when = now;
    return g_hash_table_replace(pins->opens, g_strdup(aor), when);
}

bool pins_opens(const struct pins *pins, const char *aor)
{
    return pins->lost || g_hash_table_contains(pins->opens, aor);
}
