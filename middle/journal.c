/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "journal.h"
#include "../common/disk.h"
#include "log.h"
#include "steady.h"
#include "tally.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS 500    /* what pinholes wait for the disk, at most */
#define SLOW_SECONDS 2 /* so long is a write told of */
#define AGAIN_SECONDS 1
#define CLOSE_SECONDS 5
#define OCTETS_MIN (1024 * 1024) /* a file that is smaller is not written anew */
#define OCTETS_TIMES 4           /* nor one that is not so much larger than what counts of it */
#define APART_KEY "apart"        /* as which no call's key is: those have a line feed in them */
#define APART_MIN 2              /* seconds; less is no clock that was set */
#define SECONDS_MAX (INT64_C(1) << 40)

/* The last word about a call. */
struct entry {
    char *line;
    bool end;
};

struct journal {
    char *path;
    int fd;    /* the thread's. Not stdio's: exit() would wait for a stream that is being written */
    bool torn; /* the last line was not written whole */
    bool lost; /* what was written may not be there: the disk would not say */
    size_t octets, octets_max; /* of the file; at which it is written anew */
    GThread *thread;
    GMutex lock;
    GCond more, less;
    GHashTable *pending; /* key -> struct entry: what the file does not have */
    GHashTable *known;   /* key -> line: what the file has of calls that go on */
    unsigned writing;    /* how many are on their way to it */
    int64_t apart;       /* it tells, or is to: steady_apart() */
    uint64_t number, written, late;
    gint64 since; /* it has been busy with one write; 0: it is not */
    bool failing, slow_told, stopping, over;
};

/* -- reading ----------------------------------------------------------------------------------- */

static bool copy(const json_t *object, const char *name, char *to, size_t room)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text && g_strlcpy(to, text, room) < room;
}

static bool read_hole(const json_t *item, struct pinhole *hole)
{
    const char *a, *b;
    int a_port, b_port;

    memset(hole, 0, sizeof *hole);
    if (json_unpack((json_t *)(uintptr_t)item, "[s, i, s, i]", &a, &a_port, &b, &b_port) != 0 ||
        !sdp_address_parse(a, &hole->a) || !sdp_address_parse(b, &hole->b) ||
        hole->a.family != hole->b.family || a_port < 1 || a_port > 65535 || b_port < 1 ||
        b_port > 65535)
        return false;
    hole->a_port = (uint16_t)a_port;
    hole->b_port = (uint16_t)b_port;
    return true;
}

static int64_t in_limits(int64_t seconds)
{
    return CLAMP(seconds, -SECONDS_MAX, SECONDS_MAX);
}

/* A line of how far the clock was set: the file's times are of before. */
static bool is_apart(const json_t *object, int64_t *apart)
{
    const json_t *value = json_object_get(object, APART_KEY);

    if (json_is_integer(value))
        *apart = in_limits(json_integer_value(value));
    return json_is_integer(value);
}

/* The last one counts, also for the lines before it. */
static int64_t apart_of(char **lines)
{
    int64_t apart = 0;

    for (size_t i = 0; lines[i]; i++)
        if (g_str_has_prefix(lines[i], "{\"" APART_KEY "\":")) {
            json_t *object = json_loads(lines[i], JSON_REJECT_DUPLICATES, NULL);

            is_apart(object, &apart);
            json_decref(object);
        }
    return apart;
}

static bool fill(struct call *call, const json_t *object, int64_t apart)
{
    const json_t *holes = json_object_get(object, "holes"), *item;
    const char *key = json_string_value(json_object_get(object, "key"));
    size_t i;
    bool good = key && json_array_size(holes) <= CALL_HOLES_MAX &&
                copy(object, "tag", call->tag, sizeof call->tag) &&
                copy(object, "from", call->from, sizeof call->from) &&
                copy(object, "to", call->to, sizeof call->to) &&
                copy(object, "trunk", call->trunk, sizeof call->trunk);

    copy(object, "other", call->other_tag, sizeof call->other_tag); /* not in older ones */
    call->key = g_strdup(key);
    call->authenticated = true; /* no other has pinholes */
    call->established = json_is_true(json_object_get(object, "established"));
    call->kbit = (unsigned)json_integer_value(json_object_get(object, "kbit"));
    call->expires = in_limits(json_integer_value(json_object_get(object, "expires")));
    call->expires = in_limits(call->expires + apart);
    json_array_foreach(holes, i, item) good =
        good && read_hole(item, &call->holes[call->hole_count++]);
    return good;
}

static bool read_line(const char *line, int64_t apart, void (*opened)(struct call *, void *),
                      void (*ended)(const char *, void *), void *data)
{
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    const char *end = json_string_value(json_object_get(object, "end"));
    struct call *call;
    bool good = object != NULL;

    if (end) {
        ended(end, data);
    } else if (good && !is_apart(object, &(int64_t){0})) {
        call = g_new0(struct call, 1);
        good = fill(call, object, apart);
        if (good) {
            opened(call, data);
        } else {
            g_free(call->key);
            g_free(call);
        }
    }
    json_decref(object);
    return good;
}

bool journal_read(const char *path, void (*opened)(struct call *, void *),
                  void (*ended)(const char *, void *), void *data)
{
    GError *error = NULL;
    char *text = NULL, **lines;
    unsigned broken = 0;
    int64_t apart;
    bool first;
    gsize len;

    if (!g_file_get_contents(path, &text, &len, &error)) {
        first = g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
        g_error_free(error);
        return first;
    }
    for (gsize i = 0; i < len; i++) /* as a power cut leaves them */
        if (!text[i])
            text[i] = '\n';
    lines = g_strsplit(text, "\n", -1);
    apart = apart_of(lines) - steady_apart();
    for (size_t i = 0; lines[i]; i++)
        if (lines[i][0] && !read_line(lines[i], apart, opened, ended, data))
            broken++;
    if (broken)
        log_line("op=journal result=broken lines=%u: what they had open is closed", broken);
    g_strfreev(lines);
    g_free(text);
    return true;
}

/* -- writing ----------------------------------------------------------------------------------- */

static void entry_free(void *data)
{
    struct entry *entry = data;

    g_free(entry->line);
    g_free(entry);
}

static GHashTable *entries_new(void)
{
    return g_hash_table_new_full(text_hash, g_str_equal, g_free, entry_free);
}

static bool append(struct journal *j, GHashTable *entries)
{
    GString *text = g_string_new(j->torn ? "\n" : "");
    GHashTableIter each;
    const struct entry *entry;

    g_hash_table_iter_init(&each, entries);
    while (g_hash_table_iter_next(&each, NULL, (void **)&entry))
        g_string_append_printf(text, "%s\n", entry->line);
    j->torn = disk_write_all(j->fd, text->str, text->len) != 0;
    j->octets += text->len;
    g_string_free(text, TRUE);
    if (!j->torn)
        j->lost = fdatasync(j->fd) != 0; /* a second try would say yes, of nothing */
    return !j->torn && !j->lost;
}

/* All that is known, as a file of its own that takes the place of what is there. */
static bool write_anew(struct journal *j)
{
    char *fresh = g_strdup_printf("%s.new", j->path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    GString *text = g_string_new(NULL);
    GHashTableIter each;
    const char *line;
    bool good;

    g_hash_table_iter_init(&each, j->known);
    while (g_hash_table_iter_next(&each, NULL, (void **)&line))
        g_string_append_printf(text, "%s\n", line);
    good = fd >= 0 && disk_write_all(fd, text->str, text->len) == 0 && fsync(fd) == 0 &&
           rename(fresh, j->path) == 0;
    if (good) {
        if (j->fd >= 0)
            close(j->fd);
        j->fd = fd;
        j->octets = text->len;
        j->torn = false;
        good = disk_sync_name(j->path) == 0;
        j->lost = !good;
    } else if (fd >= 0) {
        close(fd);
    }
    j->octets_max = MAX(OCTETS_MIN, OCTETS_TIMES * j->octets);
    g_string_free(text, TRUE);
    g_free(fresh);
    return good;
}

/* What is known has these already. */
static bool write_all(struct journal *j, GHashTable *entries)
{
    if (j->lost)
        return write_anew(j);
    if (j->octets > j->octets_max && write_anew(j))
        return true;
    return append(j, entries);
}

/* What could not be written is pending again, but for calls that there is a newer word about. */
static void put_back(struct journal *j, GHashTable *entries)
{
    GHashTableIter each;
    char *key;
    struct entry *entry;

    g_hash_table_iter_init(&each, entries);
    while (g_hash_table_iter_next(&each, (void **)&key, (void **)&entry)) {
        g_hash_table_iter_steal(&each);
        if (!g_hash_table_contains(j->pending, key)) {
            g_hash_table_insert(j->pending, key, entry);
            continue;
        }
        g_free(key);
        entry_free(entry);
    }
}

/* From now on the file has them, as far as anybody knows. */
static void know(struct journal *j, GHashTable *entries)
{
    GHashTableIter each;
    const char *key;
    const struct entry *entry;

    g_hash_table_iter_init(&each, entries);
    while (g_hash_table_iter_next(&each, (void **)&key, (void **)&entry))
        if (entry->end)
            g_hash_table_remove(j->known, key);
        else
            g_hash_table_replace(j->known, g_strdup(key), g_strdup(entry->line));
}

/* With the lock, but for the write. */
static void write_pending(struct journal *j)
{
    GHashTable *entries = j->pending;
    uint64_t number = j->number;
    bool good;

    j->pending = entries_new();
    know(j, entries);
    j->writing = g_hash_table_size(entries);
    j->since = g_get_monotonic_time();
    g_mutex_unlock(&j->lock);
    good = write_all(j, entries);
    g_mutex_lock(&j->lock);
    j->since = 0;
    j->writing = 0;
    if (!good)
        put_back(j, entries);
    else
        j->written = g_hash_table_size(j->pending) ? number : j->number;
    if (good == j->failing)
        log_line("op=journal result=%s", good ? "good: it is written again"
                                              : "not-written: pinholes may not survive a restart");
    j->failing = !good;
    g_cond_broadcast(&j->less);
    g_hash_table_destroy(entries);
}

static void *work(void *data)
{
    struct journal *j = data;

    g_mutex_lock(&j->lock);
    for (;;) {
        gint64 again = g_get_monotonic_time() + AGAIN_SECONDS * G_TIME_SPAN_SECOND;

        while (!g_hash_table_size(j->pending) && !j->stopping)
            g_cond_wait(&j->more, &j->lock);
        while (j->failing && !j->stopping && g_cond_wait_until(&j->less, &j->lock, again))
            ;
        if (!g_hash_table_size(j->pending))
            break;
        write_pending(j);
        if (j->stopping && j->failing)
            break;
    }
    j->over = true;
    g_cond_broadcast(&j->less);
    g_mutex_unlock(&j->lock);
    return NULL;
}

static void journal_free(struct journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    g_free(j->path);
    g_hash_table_destroy(j->pending);
    g_hash_table_destroy(j->known);
    g_mutex_clear(&j->lock);
    g_cond_clear(&j->more);
    g_cond_clear(&j->less);
    g_free(j);
}

/* g_free() it; "": it cannot be said. */
static char *print(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT), *line = g_strdup(text ? text : "");

    free(text);
    json_decref(object);
    return line;
}

static char *line_of(const struct call *call)
{
    json_t *holes = json_array();

    for (unsigned i = 0; i < call->hole_count; i++) {
        const struct pinhole *h = &call->holes[i];
        char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];

        inet_ntop(h->a.family, h->a.octets, a, sizeof a);
        inet_ntop(h->b.family, h->b.octets, b, sizeof b);
        json_array_append_new(holes, json_pack("[s, i, s, i]", a, h->a_port, b, h->b_port));
    }
    return print(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:o}", "key", call->key,
                           "tag", call->tag, "other", call->other_tag, "from", call->from, "to",
                           call->to, "trunk", call->trunk, "established", call->established, "kbit",
                           (json_int_t)call->kbit, "expires", (json_int_t)call->expires, "holes",
                           holes));
}

static char *line_of_apart(int64_t apart)
{
    return print(json_pack("{s:I}", APART_KEY, (json_int_t)apart));
}

struct journal *journal_open(const char *path, struct call *const *calls, size_t count)
{
    struct journal *j = g_new0(struct journal, 1);

    j->path = g_strdup(path);
    j->fd = -1;
    j->pending = entries_new();
    j->known = g_hash_table_new_full(text_hash, g_str_equal, g_free, g_free);
    g_mutex_init(&j->lock);
    g_cond_init(&j->more);
    g_cond_init(&j->less);
    for (size_t i = 0; i < count; i++)
        g_hash_table_replace(j->known, g_strdup(calls[i]->key), line_of(calls[i]));
    if ((j->apart = steady_apart()))
        g_hash_table_replace(j->known, g_strdup(APART_KEY), line_of_apart(j->apart));
    if (write_anew(j) && (j->thread = g_thread_try_new("journal", work, j, NULL)))
        return j;
    journal_free(j);
    return NULL;
}

static struct entry *entry_new(char *line, bool end)
{
    struct entry *entry = g_new0(struct entry, 1);

    entry->line = line;
    entry->end = end;
    return entry;
}

/* With the lock. Calls live as long as they did before somebody set the clock, and whoever starts
 * after that has to know it. */
static void look_at_clock(struct journal *j)
{
    int64_t apart = steady_apart();

    if (ABS(apart - j->apart) < APART_MIN)
        return;
    j->apart = apart;
    g_hash_table_replace(j->pending, g_strdup(APART_KEY), entry_new(line_of_apart(apart), false));
    j->number++;
    g_cond_signal(&j->more);
}

/* Takes `line`. */
static uint64_t put(struct journal *j, const char *key, char *line, bool end)
{
    struct entry *entry = entry_new(line, end);
    uint64_t number;

    g_mutex_lock(&j->lock);
    if (end && !g_hash_table_contains(j->known, key)) {
        g_hash_table_remove(j->pending, key); /* it came and went, and the file never knew */
        entry_free(entry);
    } else {
        g_hash_table_replace(j->pending, g_strdup(key), entry);
    }
    number = ++j->number;
    if (!g_hash_table_size(j->pending) && !j->since)
        j->written = number;
    g_cond_signal(&j->more);
    g_mutex_unlock(&j->lock);
    return number;
}

uint64_t journal_opened(struct journal *journal, const struct call *call)
{
    return put(journal, call->key, line_of(call), false);
}

void journal_ended(struct journal *journal, const char *key)
{
    put(journal, key, print(json_pack("{s:s}", "end", key)), true);
}

/* -- a disk that takes its time ---------------------------------------------------------------- */

static unsigned seconds_of(const struct journal *j)
{
    return j->since ? (unsigned)((g_get_monotonic_time() - j->since) / G_TIME_SPAN_SECOND) : 0;
}

void journal_wait(struct journal *j, uint64_t number)
{
    gint64 until = g_get_monotonic_time() + WAIT_MS * G_TIME_SPAN_MILLISECOND;

    g_mutex_lock(&j->lock);
    while (j->written < number && !j->failing && !j->over && seconds_of(j) < 1 &&
           g_cond_wait_until(&j->less, &j->lock, until))
        ;
    j->late += j->written < number;
    g_mutex_unlock(&j->lock);
}

struct journal_state journal_look(struct journal *j)
{
    struct journal_state state;
    bool slow;

    g_mutex_lock(&j->lock);
    look_at_clock(j);
    state.pending = g_hash_table_size(j->pending) + j->writing;
    state.late = j->late;
    state.seconds = seconds_of(j);
    state.failing = j->failing;
    slow = state.seconds >= SLOW_SECONDS;
    if (slow && !j->slow_told)
        log_line("op=journal result=waits: the disk does not take it. Calls go on; a restart now "
                 "would not know what changed since");
    else if (!state.seconds && j->slow_told)
        log_line("op=journal result=good: the disk took it");
    j->slow_told = slow || (j->slow_told && state.seconds);
    g_mutex_unlock(&j->lock);
    return state;
}

void journal_close(struct journal *j)
{
    gint64 until = g_get_monotonic_time() + CLOSE_SECONDS * G_TIME_SPAN_SECOND;
    bool over;

    if (!j)
        return;
    g_mutex_lock(&j->lock);
    look_at_clock(j);
    j->stopping = true;
    g_cond_signal(&j->more);
    g_cond_broadcast(&j->less);
    while (!j->over && g_cond_wait_until(&j->less, &j->lock, until))
        ;
    over = j->over;
    g_mutex_unlock(&j->lock);
    if (!over) { /* the thread still has it: nothing of it may go */
        log_line("op=journal result=left: the disk did not take the last changes");
        return;
    }
    g_thread_join(j->thread);
    journal_free(j);
}
