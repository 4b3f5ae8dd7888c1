/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ctl.h"

#include <string.h>

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    bool on = argc == 2 && !strcmp(argv[1], "on");

    if (!on && (argc != 2 || strcmp(argv[1], "off")))
        return ctl_usage(&ctl_switch);
    return ctl_change(ctl, "phone", "enabled", on ? "true" : "false");
}

const struct ctl_command ctl_switch = {
    "switch", "switch on | off",
    "One switch for everything. It counts from the next call; Linphone need not be restarted, and\n"
    "its own settings are as they were.",
    run};
