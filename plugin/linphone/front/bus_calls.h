/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls as a person sees them, on the session bus and in the history. Main loop only. */
#ifndef SIMAUTH_PLUGIN_BUS_CALLS_H
#define SIMAUTH_PLUGIN_BUS_CALLS_H

#include <jansson.h>
#include <stdbool.h>

struct call;

/* The calls of all cores into `objects`; the last look at one that is over. */
void shown_calls_add(json_t *objects);
/* A look at one that runs: without a session bus nobody else takes one for the record. */
void shown_call_look(const struct call *call);
/* What is known of one is another, and with it perhaps what is known of its peer. */
void shown_call_told(const struct call *call);
void shown_call_over(const struct call *call);
/* What the record of an ended call has besides call_record(), by the Call-ID of its first INVITE
 * and its side. */
void shown_call_record(const char *first_id, bool outgoing, json_t *record);
/* Members that a record of call_record() has on the bus; a new reference. */
json_t *shown_record(const json_t *record);

#endif
