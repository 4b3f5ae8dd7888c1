/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls to the emergency services, and what is left of them for those that call back. */
#ifndef SIMAUTH_PLUGIN_EMERGENCY_H
#define SIMAUTH_PLUGIN_EMERGENCY_H

#include "core.h"

/* Whether To or Request-URI of an INVITE of ours is theirs, by the settings that are read. */
bool emergency_is(const struct core *core, belle_sip_request_t *invite);
/* Linphone begins a call, and lets one go: which ones another person named. */
void emergency_call_begins(struct core *core, LinphoneCall *call);
void emergency_call_over(struct core *core, LinphoneCall *call);
/* An INVITE leaves: if the person dialled them, those who call back are let through for a while. */
void emergency_note(struct core *core, struct sip_call *sip);
/* Whether this caller may be them, calling back: it is not refused then for what it cannot prove.
 */
bool emergency_may_call_back(const struct core *core, const char *peer_uri);

#endif
