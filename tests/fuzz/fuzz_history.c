/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of calls that have ended (plugin/linphone/front/history.c), as a disk may have left it:
 * the first line is `SKIP LIMIT`, then the older file up to a line of three dashes, then the newer.
 * What is read travels on the session bus; what is added is the newest; what is cleared is gone.
 */
#include "phone.h"

#include <history.h>

static json_t *said;

static void on_reply(struct control_reply *reply, json_t *answer)
{
    (void)reply;
    MUST(!said && json_is_true(json_object_get(answer, "ok")));
    said = answer;
}

static struct control_reply reply = {on_reply};

static json_t *answer_of(void)
{
    json_t *answer = said;

    phone_turn();
    answer = said;
    said = NULL;
    MUST(answer != NULL);
    return answer;
}

/* How many lines there are, and in *first the newest of the records that were asked for. */
static json_int_t look(struct core *core, size_t skip, size_t limit, char **first)
{
    json_t *answer, *records;
    json_int_t total;

    history_read(core, skip, limit, &reply);
    answer = answer_of();
    records = json_object_get(answer, "records");
    total = json_integer_value(json_object_get(answer, "total"));
    MUST(json_is_array(records) && json_array_size(records) <= limit);
    MUST(total >= 0 && (skip >= (size_t)total ? json_array_size(records) == 0
                                              : json_array_size(records) <= (size_t)total - skip));
    for (size_t i = 0; i < json_array_size(records); i++)
        phone_check_flat(json_array_get(records, i));
    if (first)
        *first = g_strdup(json_string_value(json_object_get(json_array_get(records, 0), "Id")));
    json_decref(answer);
    return total;
}

static void put(struct core *core, const char *name, const char *text, size_t len)
{
    char *path = g_build_filename(core->pins_folder, name, NULL);

    MUST(g_mkdir_with_parents(core->pins_folder, 0700) == 0);
    MUST(g_file_set_contents(path, text, (gssize)len, NULL));
    g_free(path);
}

/* Both files as they come, NUL octets too. */
static void put_both(struct core *core, const char *text, size_t len)
{
    const char *cut = g_strstr_len(text, (gssize)len, "\n---\n");
    size_t older = cut ? (size_t)(cut - text) + 1 : 0;
    size_t newer = cut ? older + 4 : 0;

    put(core, "calls.jsonl.1", text, older);
    put(core, "calls.jsonl", text + newer, len - newer);
}

static void add_and_clear(struct core *core, json_int_t before)
{
    char *first = NULL;
    json_t *answer;

    history_add(core, "{\"call_id\":\"the newest\",\"time\":1}");
    phone_turn();
    MUST(look(core, 0, 1, &first) == before + 1);
    MUST(g_strcmp0(first, "the newest") == 0);
    g_free(first);
    history_clear(core, &reply);
    answer = answer_of();
    json_decref(answer);
    MUST(look(core, 0, 500, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *end = memchr(text, '\n', size);
    unsigned skip = 0, limit = 1;
    struct core *core;

    phone_begin();
    core = phone_core();
    g_free(core->pins_folder);
    core->pins_folder = g_strdup(fuzz_folder());
    if (end && size < 100000) {
        *end = '\0';
        (void)sscanf(text, "%9u %9u", &skip, &limit);
        put_both(core, end + 1, size - (size_t)(end + 1 - text));
        look(core, skip, limit % 501, NULL);
        add_and_clear(core, look(core, 0, 500, NULL));
    }
    phone_gone(core);
    fuzz_clear();
    free(text);
    return 0;
}
