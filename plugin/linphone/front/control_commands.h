/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that a user interface may give, for all cores of this process. */
#ifndef SIMAUTH_PLUGIN_CONTROL_COMMANDS_H
#define SIMAUTH_PLUGIN_CONTROL_COMMANDS_H

#include "control.h"
#include <belle-sip/belle-sip.h>

/* Opens the socket if it is not open; commands run on that provider's main loop. */
void control_commands_start(belle_sip_provider_t *provider);
/* Closes it when it is that provider's. */
void control_commands_stop(const belle_sip_provider_t *provider);

/* The names stand in three tables: here, in person_commands.c and in sim_commands.c. */
void control_commands_handle(const char *command, const json_t *request,
                             struct control_reply *reply);
/* self_test.c: answers `reply` when the worker has tried each link of the first core. */
void self_test(struct control_reply *reply, bool bootstrap_only);

#endif
