/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#define LOOK_US (G_USEC_PER_SEC / 4)
#define LIMIT_US (25 * G_USEC_PER_SEC)

static void show(const json_t *answer)
{
    const json_t *binding;
    size_t i;

    json_array_foreach(json_object_get(answer, "bindings"), i, binding)
    {
        json_int_t until = json_integer_value(json_object_get(binding, "until"));
        bool proved = !strcmp(ctl_text(binding, "by"), "sip");

        printf("%-40s  %s%s\n", ctl_text(binding, "aor"),
               proved ? "proved by you, until " : "by the operator", proved ? ctl_time(until) : "");
    }
}

/* What a running Linphone says of a proof; "" when it knows of none. Static storage. */
static const char *state_of(const char *aor)
{
    static char state[256];
    json_t *answers = ctl_ask_all(json_pack("{s:s}", "command", "bindings"));
    const json_t *answer, *asked;
    size_t i, j;

    *state = '\0';
    json_array_foreach(answers, i, answer)
    {
        json_array_foreach(json_object_get(answer, "asked"), j, asked)
        {
            if (!strcmp(ctl_text(asked, "aor"), aor))
                g_strlcpy(state, ctl_text(asked, "state"), sizeof(state));
        }
    }
    json_decref(answers);
    return state;
}

static enum ctl_exit wait_for(const char *aor)
{
    gint64 end = g_get_monotonic_time() + LIMIT_US;
    const char *state = "waiting";

    while (!strcmp(state, "waiting") && g_get_monotonic_time() < end) {
        g_usleep(LOOK_US);
        state = state_of(aor);
    }
    if (!strcmp(state, "bound")) {
        printf("%s is yours: the operator vouches for it, and it is proved again by itself\n", aor);
        return CTL_GOOD;
    }
    if (!strcmp(state, "waiting"))
        ctl_complain("the operator's message did not come to %s: is the account registered, and "
                     "does its service deliver messages?",
                     aor);
    else
        ctl_complain("%s", *state ? state : "Linphone has ended");
    return CTL_NOT;
}

/* The one that has the account; the others know of none. */
static bool one_good(const json_t *answers)
{
    const json_t *answer;
    size_t i;

    json_array_foreach(answers, i, answer)
    {
        if (json_is_true(json_object_get(answer, "ok")))
            return true;
    }
    return false;
}

static enum ctl_exit prove(const char *text)
{
    char aor[SIMAUTH_AOR_MAX + 1];
    enum ctl_exit status = CTL_NOT;
    json_t *answers;

    if (!ctl_read_address(text, aor))
        return CTL_USAGE;
    answers = ctl_ask_all(json_pack("{s:s, s:s}", "command", "prove", "aor", aor));
    if (!json_array_size(answers))
        status = ctl_not_running();
    else if (one_good(answers))
        status = wait_for(aor);
    else
        (void)ctl_all_good(answers); /* says why not */
    json_decref(answers);
    return status;
}

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "list"))
        return ctl_show_all(ctl, "bindings", show);
    if (argc == 3 && !strcmp(argv[1], "prove"))
        return prove(argv[2]);
    return ctl_usage(&ctl_binding);
}

const struct ctl_command ctl_binding = {
    "binding", "binding list [--json] | prove ADDRESS",
    "The addresses that your operator vouches for. `prove` shows it that an address of another\n"
    "provider is yours: the operator sends a message to it, and the running Linphone, which must\n"
    "have an account with that address, answers by itself. Linphone repeats that in time.",
    run};
