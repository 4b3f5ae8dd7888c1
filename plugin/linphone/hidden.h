/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether the caller's name is hidden (RFC 3323): nobody is asked about such a call. An INVITE says
 * so by itself; before ours is made there is only what the person chose. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_HIDDEN_H
#define SIMAUTH_PLUGIN_HIDDEN_H

#include "core.h"

bool hidden_in(belle_sip_request_t *invite, const char *own_uri);
bool hidden_by_choice(const struct core *core, LinphoneCall *linphone, const char *own_uri);

#endif
