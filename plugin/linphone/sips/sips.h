/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transitive trust (docs/protocol.md section 8): calls to sips:, or of those for whom the person
 * asked for it. What a phone can see of the path is looked at here; whatever it says is trust in
 * servers, and stands beside the word about the SIM (call.h), never in its place. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_SIPS_H
#define SIMAUTH_PLUGIN_SIPS_H

#include "core.h"

struct sips;

/* First of all that looks at an INVITE. True: it was refused, or did not leave; nothing is left to
 * do. */
bool sips_invite_out(struct core *core, struct sip_call *sip);
bool sips_invite_in(struct core *core, struct sip_call *sip);
/* A response to our INVITE. PASS: the others may look at it too. */
enum sip_decision sips_response_in(struct core *core, struct sip_call *sip,
                                   belle_sip_response_t *response);
/* Anything of ours that is about to leave: its Contact. */
void sips_out(struct core *core, struct sip_call *sip, belle_sip_message_t *message);
enum sip_decision sips_later_in(struct core *core, struct sip_call *sip,
                                belle_sip_message_t *message);
/* Whether this account's contact is to be a sips URI. */
bool sips_register_out(struct core *core, const char *aor);
/* Linphone's call with this Call-ID has ended / the tap has forgotten it / the core is going. */
void sips_over(struct core *core, const char *call_id);
void sips_gone(struct core *core, struct sip_call *sip);
void sips_core_gone(struct core *core);
/* What is known of a call's servers, into its record; nothing where nothing was asked. */
void sips_add(const struct core *core, const struct sip_call *sip, json_t *record);
/* The same by Linphone's Call-ID, for a call that nothing else of ours looks at. */
void sips_add_id(const struct core *core, const char *call_id, json_t *record);
/* Records of the calls that nothing else of ours looks at. */
void sips_live(const struct core *core, json_t *live);

#endif
