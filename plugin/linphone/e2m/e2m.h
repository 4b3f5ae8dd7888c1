/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * End-to-middle protection as the person set it (docs/protocol.md section 8): which calls are
 * enveloped, for whom, whom a 493 may bring in, and what is said of it. It looks at every message
 * before and after all others, which see the SDP as if nothing had been done to it. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_E2M_H
#define SIMAUTH_PLUGIN_E2M_H

#include "core.h"

/* First of all that looks at an INVITE. True: it was refused, did not leave, or is held until the
 * files that it needs are read; then the others look at it, and it goes on. */
bool e2m_invite_out(struct core *core, struct sip_call *sip);
bool e2m_invite_in(struct core *core, struct sip_call *sip);
void e2m_held_gone(struct sip_call *sip);
/* Last of all, where bodies become others. */
void e2m_body_out(struct core *core, struct sip_call *sip, belle_sip_message_t *message);
/* A response to an INVITE that was opened says so. */
void e2m_response_out(struct sip_call *sip, belle_sip_response_t *response);
/* First of all: opens what came. PASS: the others may look at it. */
enum sip_decision e2m_response_in(struct sip_call *sip, belle_sip_response_t *response);
/* Whether this call is enveloped or none at all. */
bool e2m_must(const struct sip_call *sip);
/* It is refused because a server sent it to somebody else. */
void e2m_sent_elsewhere(const struct sip_call *sip, const char *why);
enum sip_decision e2m_later_in(struct sip_call *sip, belle_sip_message_t *message);
/* Linphone has ended the call: into the list of calls, where nobody else puts it. The same when the
 * tap is about to forget one that Linphone said nothing of. */
void e2m_over(const struct core *core, const char *call_id);
void e2m_forget(struct sip_call *sip);
/* What came or leaves within the dialog: a BYE ends the tokens in RTCP. */
void e2m_bye(const struct sip_call *sip, belle_sip_message_t *message);
/* The tap has forgotten the call / the core is going. */
void e2m_gone(struct core *core, struct sip_call *sip);
void e2m_core_gone(struct core *core);
/* What is known of a call's bodies, into its record; nothing where nothing was asked. */
void e2m_add(const struct core *core, const struct sip_call *sip, json_t *record);
/* The same by Linphone's Call-ID, for a call that nothing else of ours looks at. */
void e2m_add_id(const struct core *core, const char *call_id, json_t *record);

#endif
