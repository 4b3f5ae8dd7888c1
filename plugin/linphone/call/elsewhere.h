/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A call that a server sends to somebody else (3xx). liblinphone follows by itself and goes on
 * showing whom the person dialled, and what is asked of a call is asked of whom its INVITE names:
 * anybody on the way would choose that. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_ELSEWHERE_H
#define SIMAUTH_PLUGIN_ELSEWHERE_H

#include "sip_tap.h"

/* First of all that looks at a response to an outgoing INVITE, as it came. True: it was a 3xx to
 * another address in a call that must be authenticated or enveloped, and is a refusal now. */
bool elsewhere_refused(struct sip_call *sip, belle_sip_response_t *response);

#endif
