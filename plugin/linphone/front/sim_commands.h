/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person does with SIM, PIN and gateway. */
#ifndef SIMAUTH_PLUGIN_SIM_COMMANDS_H
#define SIMAUTH_PLUGIN_SIM_COMMANDS_H

#include "control.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* False: no such command. */
bool sim_commands_handle(const char *command, const json_t *request, struct control_reply *reply);
void sim_commands_secret(const char *command, const char *secret, size_t len, const json_t *request,
                         struct control_reply *reply);

#endif
