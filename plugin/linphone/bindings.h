/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses of the person's accounts that the operator vouches for after a proof by SIP: asked for
 * by the person once, renewed by itself. Main loop only. */
#ifndef SIMAUTH_PLUGIN_BINDINGS_H
#define SIMAUTH_PLUGIN_BINDINGS_H

#include "control.h"
#include "core.h"

/* {"aor": ...}: asks the gateway to send the nonce; the answer says that it is on its way. */
void bindings_prove(const json_t *request, struct control_reply *reply);
/* What the gateway has bound, and what became of the proofs asked for. */
void bindings_list(const json_t *request, struct control_reply *reply);
/* A text message came: takes the nonce out of it if this phone asked for one. */
void bindings_message(struct core *core, LinphoneChatRoom *room, LinphoneChatMessage *message);
/* Asks again for those that end soon; called whenever the gateway was reached afresh. */
void bindings_renew(struct core *core);
/* The same, twice a day at most: an account has registered, which a phone that stays on does again
 * and again. */
void bindings_registered(struct core *core);

#endif
