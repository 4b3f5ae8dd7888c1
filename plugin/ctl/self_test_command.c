/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

static void show(const json_t *answer)
{
    const json_t *link;
    size_t i;

    printf("Linphone %d\n", (int)json_integer_value(json_object_get(answer, "pid")));
    json_array_foreach(json_object_get(answer, "links"), i, link)
    {
        printf("  %-28s %s%s%s\n", ctl_text(link, "link"), ctl_text(link, "result"),
               *ctl_text(link, "problem") ? ": " : "", ctl_text(link, "problem"));
    }
}

/* Without a Linphone only the file can be tried; the rest needs its SIM and its connection. */
static enum ctl_exit alone(const struct ctl *ctl)
{
    struct settings *settings = ctl_read_settings(ctl);

    if (!settings)
        return CTL_SETTINGS;
    settings_unref(settings);
    if (!ctl->json)
        puts("  settings                     good");
    return ctl_not_running();
}

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    json_t *answers;
    const json_t *answer;
    enum ctl_exit status = CTL_GOOD;
    size_t i;

    (void)argv;
    if (argc != 1)
        return ctl_usage(&ctl_self_test);
    answers = ctl_ask_all(json_pack("{s:s}", "command", "self-test"));
    if (!json_array_size(answers)) {
        status = alone(ctl);
    } else if (!ctl_all_good(answers)) {
        status = CTL_ERROR;
    } else {
        json_array_foreach(answers, i, answer)
        {
            if (!ctl->json)
                show(answer);
            if (!json_is_true(json_object_get(answer, "good")))
                status = CTL_NOT;
        }
    }
    if (ctl->json)
        json_dumpf(answers, stdout, JSON_INDENT(1) | JSON_SORT_KEYS), puts("");
    json_decref(answers);
    return status;
}

const struct ctl_command ctl_self_test = {
    "self-test", "self-test [--json]",
    "Tries each link that a call needs, in order: settings, SIM, gateway over TLS, bootstrapping,\n"
    "the operator's record of you, the clock, your accounts. The first that fails says what to\n"
    "mend. All but the settings need a running Linphone, whose SIM and connection they are.",
    run};
