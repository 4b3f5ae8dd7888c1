/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ctl.h"

#include <stdio.h>

static void show_core(const json_t *core)
{
    const json_t *accounts = json_object_get(core, "accounts"), *account;
    bool active = json_is_true(json_object_get(core, "active"));
    size_t i;

    printf("  %s%s%s\n", active ? "active" : "inactive", active ? "" : ": ",
           active ? "" : ctl_text(core, "why"));
    printf("  settings  %s\n", ctl_text(core, "settings"));
    if (*ctl_text(core, "problem"))
        printf("  TO MEND   %s\n", ctl_text(core, "problem"));
    json_array_foreach(accounts, i, account) printf("  account   %s\n", json_string_value(account));
    if (!active)
        return;
    printf("  SIM       %s\n  gateway   %s\n  NAI       %s\n  policy    %s\n",
           ctl_text(core, "sim"), ctl_text(core, "gateway"), ctl_text(core, "nai"),
           ctl_text(core, "policy"));
    printf("  keys      %s%s%s\n", ctl_text(core, "keys"),
           *ctl_text(core, "keys_problem") ? "; " : "", ctl_text(core, "keys_problem"));
    if (*ctl_text(core, "price"))
        printf("  price     %s (as your operator says)\n", ctl_text(core, "price"));
}

static void show(const json_t *answer)
{
    const json_t *core;
    size_t i;

    printf("Linphone %d, plugin %s\n", (int)json_integer_value(json_object_get(answer, "pid")),
           ctl_text(answer, "version"));
    json_array_foreach(json_object_get(answer, "cores"), i, core) show_core(core);
}

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    (void)argv;
    return argc == 1 ? ctl_show_all(ctl, "status", show) : ctl_usage(&ctl_status);
}

const struct ctl_command ctl_status = {
    "status", "status [--json]",
    "What each running Linphone of yours says: whether the plugin is active and why not, its\n"
    "SIM, gateway, NAI, accounts and policy, and where the keys of the next calls are kept.",
    run};
