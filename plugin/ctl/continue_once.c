/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ctl.h"

#include <stdio.h>

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    char aor[SIMAUTH_AOR_MAX + 1];
    enum ctl_exit status = CTL_GOOD;
    json_t *answers;

    (void)ctl;
    if (argc != 2)
        return ctl_usage(&ctl_continue_once);
    if (!ctl_read_address(argv[1], aor))
        return CTL_USAGE;
    answers = ctl_ask_all(json_pack("{s:s, s:s}", "command", "continue-once", "peer", aor));
    if (!json_array_size(answers))
        status = ctl_not_running();
    else if (!ctl_all_good(answers))
        status = CTL_ERROR;
    else
        printf("the next call with %s goes on even without proof\n", aor);
    json_decref(answers);
    return status;
}

const struct ctl_command ctl_continue_once = {
    "continue-once", "continue-once ADDRESS",
    "The next call with that address goes on even if the other side proves nothing; it is shown "
    "as\n"
    "not authenticated. A wrong proof still ends it; where Linphone is set to SRTP or DTLS, one "
    "that\n"
    "you place may ask for none. Once, in the direction of the last call with it that was not\n"
    "authenticated, and for this running Linphone only.",
    run};
