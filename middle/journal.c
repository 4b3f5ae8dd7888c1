/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "journal.h"
#include "log.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct journal {
    FILE *file;
    bool told; /* that it cannot be written */
};

/* -- reading -------------------------------------------------------------------------------------
 */

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

static bool fill(struct call *call, const json_t *object)
{
    const json_t *holes = json_object_get(object, "holes"), *item;
    const char *key = json_string_value(json_object_get(object, "key"));
    size_t i;
    bool good = key && json_array_size(holes) <= CALL_HOLES_MAX &&
                copy(object, "tag", call->tag, sizeof call->tag) &&
                copy(object, "from", call->from, sizeof call->from) &&
                copy(object, "to", call->to, sizeof call->to) &&
                copy(object, "trunk", call->trunk, sizeof call->trunk);

    call->key = g_strdup(key);
    call->authenticated = true; /* no other has pinholes */
    call->established = json_is_true(json_object_get(object, "established"));
    call->kbit = (unsigned)json_integer_value(json_object_get(object, "kbit"));
    call->expires = json_integer_value(json_object_get(object, "expires"));
    json_array_foreach(holes, i, item) good =
        good && read_hole(item, &call->holes[call->hole_count++]);
    return good;
}

static bool read_line(const char *line, void (*opened)(struct call *, void *),
                      void (*ended)(const char *, void *), void *data)
{
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    const char *end = json_string_value(json_object_get(object, "end"));
    struct call *call;
    bool good = object != NULL;

    if (end) {
        ended(end, data);
    } else if (good) {
        call = g_new0(struct call, 1);
        good = fill(call, object);
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

void journal_read(const char *path, void (*opened)(struct call *, void *),
                  void (*ended)(const char *, void *), void *data)
{
    char *text = NULL, **lines;
    unsigned broken = 0;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return; /* the first start */
    lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i]; i++)
        if (lines[i][0] && !read_line(lines[i], opened, ended, data))
            broken++;
    if (broken)
        log_line("op=journal result=broken lines=%u: what they had open is closed", broken);
    g_strfreev(lines);
    g_free(text);
}

/* -- writing -------------------------------------------------------------------------------------
 */

struct journal *journal_open(const char *path)
{
    char *fresh = g_strdup_printf("%s.new", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *file = fd >= 0 && rename(fresh, path) == 0 ? fdopen(fd, "a") : NULL;
    struct journal *journal = NULL;

    if (file) {
        setvbuf(file, NULL, _IOLBF, 0);
        journal = g_new0(struct journal, 1);
        journal->file = file;
    } else if (fd >= 0) {
        close(fd);
    }
    g_free(fresh);
    return journal;
}

/* A line that is not on the disk costs a call its pinholes at the next start, and opens none. */
static void put(struct journal *journal, json_t *object)
{
    char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;
    bool good = line && fprintf(journal->file, "%s\n", line) > 0 && fflush(journal->file) == 0;

    if (!good && !journal->told)
        log_line("op=journal result=not-written: pinholes will not survive a restart");
    journal->told = !good;
    free(line);
    json_decref(object);
}

void journal_opened(struct journal *journal, const struct call *call)
{
    json_t *holes = json_array();

    for (unsigned i = 0; i < call->hole_count; i++) {
        const struct pinhole *h = &call->holes[i];
        char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];

        inet_ntop(h->a.family, h->a.octets, a, sizeof a);
        inet_ntop(h->b.family, h->b.octets, b, sizeof b);
        json_array_append_new(holes, json_pack("[s, i, s, i]", a, h->a_port, b, h->b_port));
    }
    put(journal, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:o}", "key", call->key, "tag",
                           call->tag, "from", call->from, "to", call->to, "trunk", call->trunk,
                           "established", call->established, "kbit", (json_int_t)call->kbit,
                           "expires", (json_int_t)call->expires, "holes", holes));
}

void journal_ended(struct journal *journal, const char *key)
{
    put(journal, json_pack("{s:s}", "end", key));
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    fclose(journal->file);
    g_free(journal);
}
