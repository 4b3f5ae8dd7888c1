/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SIM of the test tool: a soft SIM, or one whose answers a test can foretell. */
#ifndef SIMAUTH_TESTS_AG_TOOL_H
#define SIMAUTH_TESTS_AG_TOOL_H

#include <ag.h>
#include <sim.h>

struct tool_card {
    const struct sim_backend *backend; /* NULL: the foretold one */
    struct sim *sim;
    unsigned runs;
};

/* `setting` is "foretold" or one of sim_backend_for(). False with a sentence in `error`. */
bool tool_card_open(struct tool_card *card, const char *setting, char error[static SIM_ERROR_MAX]);
void tool_card_close(struct tool_card *card);
/* For struct ag_card; `user` is the tool_card. */
enum simauth_card_status tool_card_run(void *user, const struct simauth_challenge *challenge,
                                       struct simauth_card_answer *answer);
enum simauth_card_status tool_card_ha1(void *user, const char *realm, struct simauth_secret *ha1);

#endif
