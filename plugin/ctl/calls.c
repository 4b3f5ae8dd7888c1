/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ctl.h"
#include "kept_lines.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

/* Nobody vouches for the one that a call without proof was about. */
static void show_name(const json_t *call)
{
    static const char *const vouched[] = {"announced", "answered", "authenticated", NULL};

    if (!*ctl_text(call, "nai"))
        return;
    if (g_strv_contains(vouched, ctl_text(call, "word")))
        printf(" (%s, vouched for by %s)", ctl_text(call, "nai"), ctl_text(call, "operator"));
    else
        printf(" (asked about %s)", ctl_text(call, "nai"));
}

static void show(const json_t *call, bool live)
{
    printf("%s  %s %s: %s", ctl_time(json_integer_value(json_object_get(call, "began"))),
           !strcmp(ctl_text(call, "side"), "caller") ? "to" : "from", ctl_text(call, "peer"),
           ctl_text(call, "word"));
    show_name(call);
    printf("%s\n", live ? "  [now]" : "");
    if (!strcmp(ctl_text(call, "method"), "agt") &&
        !strcmp(ctl_text(call, "word"), "authenticated"))
        printf("    vouched for by the operators, no SIM in the call\n");
    if (json_integer_value(json_object_get(call, "known_since")))
        printf("    known since %s, no SIM in this call; %s\n",
               ctl_time(json_integer_value(json_object_get(call, "known_since"))),
               words_known_worst());
    if (!strcmp(ctl_text(call, "sips"), "trusted"))
        printf("    trust in the servers named (%s): %s\n", ctl_text(call, "servers"),
               ctl_text(call, "sips_text"));
    else if (*ctl_text(call, "sips"))
        printf("    no trust in servers: %s%s%s\n", ctl_text(call, "sips_text"),
               *ctl_text(call, "sips_refusal") ? ": " : "", ctl_text(call, "sips_refusal"));
    if (json_is_true(json_object_get(call, "conference")))
        printf("    in a conference on this phone, which is worth its weakest: %s (%s)\n",
               ctl_text(call, "weakest"), ctl_text(call, "weakest_peer"));
    if (*ctl_text(call, "text"))
        printf("    %s%s%s\n", ctl_text(call, "text"), *ctl_text(call, "problem") ? ": " : "",
               ctl_text(call, "problem"));
    if (*ctl_text(call, "advice"))
        printf("    %s\n", ctl_text(call, "advice"));
}

static void append(json_t *to, const json_t *calls, bool live)
{
    json_t *call;
    size_t i;

    json_array_foreach(calls, i, call)
    {
        json_t *copy = json_copy(call);
        json_object_set_new(copy, "live", json_boolean(live));
        json_array_append_new(to, copy);
    }
}

/* No Linphone: what the last ones wrote. */
static void read_file(const struct ctl *ctl, json_t *calls)
{
    struct settings *settings = ctl_read_settings(ctl);
    char *path = settings ? g_build_filename(settings->data, "calls.jsonl", NULL) : NULL;
    GPtrArray *lines = path ? kept_lines(path) : NULL;

    for (guint i = lines ? lines->len : 0; i > 0; i--) {
        json_t *call = json_loads(lines->pdata[i - 1], 0, NULL);
        if (json_is_object(call)) {
            ctl_make_harmless(call);
            json_object_set_new(call, "live", json_false());
            json_array_append(calls, call);
        }
        json_decref(call);
    }
    if (lines)
        g_ptr_array_unref(lines);
    g_free(path);
    settings_unref(settings);
}

static json_t *gather(const struct ctl *ctl)
{
    json_t *answers = ctl_ask_all(json_pack("{s:s}", "command", "calls"));
    json_t *calls = json_array();
    const json_t *answer;
    size_t i;

    (void)ctl_all_good(answers);
    json_array_foreach(answers, i, answer)
    {
        append(calls, json_object_get(answer, "live"), true);
        append(calls, json_object_get(answer, "last"), false);
    }
    if (!json_array_size(answers))
        read_file(ctl, calls);
    json_decref(answers);
    return calls;
}

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    json_t *calls;
    const json_t *call;
    size_t i;

    (void)argv;
    if (argc != 1)
        return ctl_usage(&ctl_calls);
    calls = gather(ctl);
    if (ctl->json)
        json_dumpf(calls, stdout, JSON_INDENT(1) | JSON_SORT_KEYS), puts("");
    else
        json_array_foreach(calls, i, call) show(call, json_is_true(json_object_get(call, "live")));
    json_decref(calls);
    return CTL_GOOD;
}

const struct ctl_command ctl_calls = {
    "calls", "calls [--json]",
    "The calls of now and the last ones, newest first, each with its word: announced,\n"
    "authenticated, or not authenticated with the reason and what can be done; unknown where\n"
    "nobody was asked. With no Linphone running: those in the file.",
    run};
