/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all cores of this process show on the session bus (plugin/bus/org.simauth.Phone1.xml). Main
 * loop only. Whoever changes something says so with one line, and knows nothing of D-Bus.
 */
#ifndef SIMAUTH_PLUGIN_BUS_VIEW_H
#define SIMAUTH_PLUGIN_BUS_VIEW_H

#include "control.h"
#include "core.h"

struct call;

/* Beside control_commands_start() and _stop(). */
void bus_view_start(belle_sip_provider_t *provider);
void bus_view_stop(void);
/* Something that is shown may be another now. */
void bus_view_changed(void);
/* A signal without arguments: "PeersChanged". */
void bus_view_tell(const char *signal);
/* One link of a self-test that runs; from any thread. `provider` NULL: from the main loop. */
void bus_view_link(belle_sip_provider_t *provider, const char *word, const char *result,
                   const char *problem);

/* bus_calls.c: the calls of all cores into `objects`; the last look at one that is over. */
void shown_calls_add(json_t *objects);
/* What is known of one is another, and with it perhaps what is known of its peer. */
void shown_call_told(const struct call *call);
void shown_call_over(const struct call *call);
/* What the record of an ended call has besides call_record(). */
void shown_call_record(const struct call *call, json_t *record);
/* Members that a record of call_record() has on the bus; a new reference. */
json_t *shown_record(const json_t *record);

/* person_commands.c: false: no such command. */
bool person_commands_handle(const char *command, const json_t *request,
                            struct control_reply *reply);
/* sim_commands.c */
bool sim_commands_handle(const char *command, const json_t *request, struct control_reply *reply);
void sim_commands_secret(const char *command, const char *secret, size_t len, const json_t *request,
                         struct control_reply *reply);
/* The same as SetSetting() for [phone]. */
void person_set(struct core *core, const char *key, const char *value, struct control_reply *reply);

#endif
