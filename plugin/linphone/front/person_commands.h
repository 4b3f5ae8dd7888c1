/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person sets, and whom they know. */
#ifndef SIMAUTH_PLUGIN_PERSON_COMMANDS_H
#define SIMAUTH_PLUGIN_PERSON_COMMANDS_H

#include "control.h"
#include <jansson.h>
#include <stdbool.h>

struct core;

/* False: no such command. */
bool person_commands_handle(const char *command, const json_t *request,
                            struct control_reply *reply);
/* The same as SetSetting() for [phone]. */
void person_set(struct core *core, const char *key, const char *value, struct control_reply *reply);

#endif
