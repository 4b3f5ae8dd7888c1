/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "history.h"
#include "bus_calls.h"
#include "bus_view.h"
#include "kept_lines.h"
#include "note.h"
#include "words.h"

#include <glib/gstdio.h>
#include <string.h>

#define FILE_LIMIT (512L * 1024L) /* with a last line that is longer, less than SMALL_FILE_MAX */

enum what { HISTORY_ADD, HISTORY_READ, HISTORY_CLEAR };

struct task {
    struct errand errand; /* first */
    enum what what;
    belle_sip_provider_t *provider;
    char *path, *line;
    size_t skip, limit, total;
    json_t *records; /* of the file, newest first */
    bool good;
    struct control_reply *reply;
};

/* -- the worker's part ------------------------------------------------------------------------- */

static void read_records(struct task *t)
{
    GPtrArray *lines = kept_lines(t->path);

    t->records = json_array();
    for (size_t i = 0; i < lines->len; i++) {
        json_t *record = json_loads(lines->pdata[lines->len - 1 - i], 0, NULL);

        /* A line that a full disk cut off is none, and does not count. */
        if (json_is_object(record) && t->total++ >= t->skip &&
            json_array_size(t->records) < t->limit)
            json_array_append(t->records, record);
        json_decref(record);
    }
    t->good = true;
    g_ptr_array_unref(lines);
}

static bool remove_files(const char *path)
{
    char *older = g_strconcat(path, ".1", NULL);
    bool good = (g_unlink(path) == 0 || !g_file_test(path, G_FILE_TEST_EXISTS)) &&
                (g_unlink(older) == 0 || !g_file_test(older, G_FILE_TEST_EXISTS));

    g_free(older);
    return good;
}

static void add_line(struct task *t)
{
    t->good = note_append(t->path, t->line, FILE_LIMIT);
    if (!t->good)
        note("the list of calls cannot be written: %s", t->path);
}

static void work(struct errand *errand, struct station *station)
{
    struct task *t = (struct task *)errand;

    (void)station;
    if (t->what == HISTORY_ADD)
        add_line(t);
    else if (t->what == HISTORY_READ)
        read_records(t);
    else
        t->good = remove_files(t->path);
}

/* -- the main loop's part ---------------------------------------------------------------------- */

static void task_free(struct task *t)
{
    json_decref(t->records);
    g_free(t->path);
    g_free(t->line);
    g_free(t);
}

static void lost(struct errand *errand)
{
    struct task *t = (struct task *)errand;

    if (t->what == HISTORY_ADD && !t->good)
        add_line(t);
    if (t->reply)
        control_error(t->reply, "Linphone is ending");
    task_free(t);
}

static json_t *shown_records(const json_t *records)
{
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(records); i++)
        json_array_append_new(list, shown_record(json_array_get(records, i)));
    return list;
}

static void back(struct errand *errand)
{
    struct task *t = (struct task *)errand;

    if (t->what != HISTORY_READ)
        bus_view_tell("HistoryChanged");
    if (t->reply && !t->good)
        control_error(t->reply, "the list of calls cannot be removed: look at the rights of its "
                                "folder");
    else if (t->reply && t->what == HISTORY_READ)
        control_answer(t->reply, json_pack("{s:I, s:o}", "total", (json_int_t)t->total, "records",
                                           shown_records(t->records)));
    else if (t->reply)
        control_answer(t->reply, json_object());
    task_free(t);
}

static void begin(struct core *core, enum what what, const char *line, size_t skip, size_t limit,
                  struct control_reply *reply)
{
    struct task *t = g_new0(struct task, 1);
    char *folder = core->pins_folder ? g_strdup(core->pins_folder)
                                     : g_build_filename(g_get_user_data_dir(), "simauth", NULL);

    t->what = what;
    t->provider = core->provider;
    t->path = g_build_filename(folder, "calls.jsonl", NULL);
    t->line = g_strdup(line);
    t->skip = skip;
    t->limit = limit;
    t->reply = reply;
    g_free(folder);
    if (core->worker)
        worker_begin(core->worker, &t->errand, NULL, work, back, lost);
    else
        lost(&t->errand);
}

json_t *history_record(int64_t began, const char *call_id, bool caller, const char *own,
                       const char *peer, enum simauth_word word)
{
    json_t *record = json_object();

    json_object_set_new(record, "began", json_integer(began));
    json_object_set_new(record, "call_id", json_string(call_id));
    json_object_set_new(record, "side", json_string(caller ? "caller" : "callee"));
    json_object_set_new(record, "own", json_string(own));
    json_object_set_new(record, "peer", json_string(peer));
    json_object_set_new(record, "word", json_string(words_token(word)));
    return record;
}

void history_add(struct core *core, const char *line)
{
    begin(core, HISTORY_ADD, line, 0, 0, NULL);
}

void history_read(struct core *core, size_t skip, size_t limit, struct control_reply *reply)
{
    begin(core, HISTORY_READ, NULL, skip, limit, reply);
}

void history_clear(struct core *core, struct control_reply *reply)
{
    begin(core, HISTORY_CLEAR, NULL, 0, 0, reply);
}
