/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands of a user interface, with any arguments, to the handlers behind socket and session bus
 * (plugin/linphone/front: control_commands.c, person_commands.c, sim_commands.c, bindings.c,
 * self_test.c), over the real core with its settings, people and list of calls. A line is one of
 *   {"command": ...}                 as it comes through the socket
 *   !COMMAND SECRET {...}            as it comes through a sealed descriptor
 *   =TEXT  <TEXT  +TEXT  *TEXT       the file of settings (blanks: '|' is a line's end), pins.json,
 *                                    one more line of calls.jsonl, what is remembered as changed
 *   ?LETTERS                         what SIM and gateway answer (phone.h)
 *   ~                                the core goes and another one comes
 * A line that begins with '&' is not waited for. Each command has one answer, in the end; an
 * answer has what the session bus says of that method; settings that were good stay good, and
 * nobody but `set`, `set-sim`, `set-gateway` and a fetched SIM changes them.
 */
#include "phone.h"

#include "../../plugin/bus/session_bus_calls.c"

#include <activation.h>
#include <bus_view.h>
#include <changes.h>
#include <control_commands.h>
#include <readers.h>
#include <sim_commands.h>

#define LINES_MAX 60

static struct core *core;
static unsigned asked, answered;

/* -- in the places of what is not tried here --------------------------------------------------- */

const char *bus_read_sealed(int fd, struct session_bus_secret *secret, const char **why)
{
    (void)fd;
    (void)secret;
    *why = "never asked";
    return "Failed";
}

int bus_set_pin_asker(struct session_bus *b, sd_bus_message *message, bool on)
{
    (void)b;
    (void)message;
    (void)on;
    return 0;
}

size_t sim_readers(struct sim_reader list[static SIM_READERS_MAX], char *error)
{
    *error = '\0';
    g_strlcpy(list[0].name, "A reader", sizeof list[0].name);
    list[0].card = true;
    return 1;
}

/* The code's letters decide. */
char *activation_fetch(char *typed, const char *path, const char *ca_file, bool *no_code,
                       char error[ACTIVATION_ERROR_MAX])
{
    (void)path;
    (void)ca_file;
    *no_code = *typed == 'x';
    g_strlcpy(error, "that code is none", ACTIVATION_ERROR_MAX);
    return *typed == 'g' ? g_strconcat("/home/a/", typed, NULL) : NULL;
}

/* -- answers ----------------------------------------------------------------------------------- */

struct waiting {
    struct control_reply reply;  /* first */
    const struct method *method; /* NULL: one that the socket alone has */
};

static bool is_word(const char *word)
{
    static const char *const words[] = {"BadValue", "NotFound",  "Changed",  "TooOften",
                                        "Busy",     "NotSealed", "Inactive", "Failed"};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static void check_basic(char type, const json_t *value)
{
    if (type == 's')
        MUST(json_is_string(value) && g_utf8_validate(json_string_value(value), -1, NULL));
    else if (type == 'b')
        MUST(json_is_boolean(value));
    else
        MUST(json_is_integer(value));
}

static void check_list(const struct out *out, const json_t *list)
{
    char **names = out->fields ? g_strsplit(out->fields, ",", 0) : NULL;

    MUST(json_is_array(list));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        MUST(json_is_object(one));
        for (size_t f = 0; names && names[f]; f++)
            check_basic(out->type[2 + f], json_object_get(one, names[f]));
    }
    g_strfreev(names);
}

static void check_results(const struct method *method, const json_t *answer)
{
    for (const struct out *out = method->out; out < method->out + ARGS_MAX && out->type; out++) {
        const json_t *value = json_object_get(answer, out->name);

        if (out->type[0] == 'a')
            check_list(out, value);
        else
            check_basic(out->type[0], value);
    }
}

static void on_reply(struct control_reply *reply, json_t *answer)
{
    struct waiting *w = (struct waiting *)reply;
    const char *error = json_string_value(json_object_get(answer, "error"));
    const char *word = json_string_value(json_object_get(answer, "word"));

    answered++;
    MUST(json_is_boolean(json_object_get(answer, "ok")));
    if (!json_is_true(json_object_get(answer, "ok")))
        MUST(error && *error && g_utf8_validate(error, -1, NULL) && (!word || is_word(word)));
    else if (w->method)
        check_results(w->method, answer);
    json_decref(answer);
    free(w);
}

static struct control_reply *new_reply(const char *command)
{
    struct waiting *w = calloc(1, sizeof *w);

    MUST(w != NULL);
    w->reply.answer = on_reply;
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
        if (strcmp(methods[i].command, command) == 0)
            w->method = &methods[i];
    asked++;
    return &w->reply;
}

/* -- settings ---------------------------------------------------------------------------------- */

static char *settings_text(void)
{
    char *text = NULL;

    (void)g_file_get_contents(core->settings_path, &text, NULL, NULL);
    return text;
}

static bool are_good(const char *text)
{
    char error[SETTINGS_ERROR_MAX];
    struct settings *settings = text ? settings_parse(text, strlen(text), "x", error) : NULL;

    settings_unref(settings);
    return settings != NULL;
}

static bool may_change_settings(const char *command)
{
    return command[0] == 's' &&
           command[1] == 'e'; /* set, set-sim, set-gateway; self-test, settings */
}

static void check_settings(const char *before, const char *command)
{
    char *now = settings_text();

    if (!may_change_settings(command))
        MUST(g_strcmp0(before, now) == 0);
    if (before && are_good(before))
        MUST(are_good(now));
    g_free(now);
}

/* -- lines ------------------------------------------------------------------------------------- */

/* Files of ours stay in the folder of this process. */
static bool leads_elsewhere(const json_t *request)
{
    const char *key = json_string_value(json_object_get(request, "key"));

    return key && strcmp(key, "data") == 0;
}

static void command(const char *line)
{
    json_t *request = json_loads(line, 0, NULL);
    const char *name = json_string_value(json_object_get(request, "command"));
    char *before = settings_text();

    if (name && !leads_elsewhere(request)) {
        control_commands_handle(name, request, new_reply(name));
        check_settings(before, name);
    }
    g_free(before);
    json_decref(request);
}

static void secret(char *line)
{
    char *rest, *name = strtok_r(line, " ", &rest), *text = strtok_r(NULL, " ", &rest);
    json_t *request = json_loads(name && text ? rest : "", 0, NULL);

    if (!request)
        request = json_object();
    if (name && text && strlen(text) <= SESSION_BUS_SECRET_MAX && json_is_object(request))
        sim_commands_secret(name, text, strlen(text), request, new_reply(name));
    json_decref(request);
}

static void put_settings(char *text)
{
    char *path = g_path_get_dirname(core->settings_path);

    if (strstr(text, "data"))
        return;
    for (char *c = text; *c; c++)
        if (*c == '|')
            *c = '\n';
    MUST(g_mkdir_with_parents(path, 0700) == 0);
    MUST(g_file_set_contents(core->settings_path, text, -1, NULL));
    core->settings_stamp = -1; /* two of them within one tick of the file system's clock */
    g_free(path);
}

static void put_file(const char *name, const char *text, bool append)
{
    char *path = core->pins_folder ? g_build_filename(core->pins_folder, name, NULL) : NULL;
    char *before = NULL;

    if (append && path)
        (void)g_file_get_contents(path, &before, NULL, NULL);
    if (path) {
        char *whole = g_strconcat(before ? before : "", text, append ? "\n" : "", NULL);

        MUST(g_file_set_contents(path, whole, -1, NULL));
        g_free(whole);
    }
    g_free(before);
    g_free(path);
}

static void put_changes(const char *text)
{
    char *path = core_state_path(core, "changes"), *folder = g_path_get_dirname(path);

    MUST(g_mkdir_with_parents(folder, 0700) == 0);
    MUST(g_file_set_contents(path, text, -1, NULL));
    json_decref(core->changes);
    core->changes = NULL;
    g_free(folder);
    g_free(path);
}

static void again(void)
{
    phone_gone(core);
    MUST(answered == asked); /* those that nobody did are lost, and say so */
    core = phone_core();
}

static void happens(char *line)
{
    bool wait = line[0] != '&';

    line += !wait;
    switch (line[0]) {
    case '{':
        command(line);
        break;
    case '!':
        secret(line + 1);
        break;
    case '=':
        put_settings(line + 1);
        break;
    case '<':
        put_file("pins.json", line + 1, false);
        break;
    case '+':
        put_file("calls.jsonl", line + 1, true);
        break;
    case '*':
        put_changes(line + 1);
        break;
    case '?':
        phone_script(line + 1);
        break;
    case '~':
        again();
        break;
    }
    if (!wait)
        return;
    phone_turn();
    MUST(answered == asked);
    phone_look();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest, *line;
    int lines = 0;

    phone_begin();
    asked = answered = 0;
    phone_script(NULL);
    core = phone_core();
    for (line = strtok_r(text, "\n", &rest); line && lines++ < LINES_MAX;
         line = strtok_r(NULL, "\n", &rest))
        happens(line);
    phone_gone(core);
    MUST(answered == asked);
    fuzz_clear();
    free(text);
    return 0;
}
