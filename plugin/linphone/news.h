/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the gateway has to tell between calls (docs/protocol.md section 8): whose SIM was changed or
 * revoked, so that no setup key outlives it, and first keys with people whom the person chose.
 * Asked at start, at each registration and every 15 minutes; never in the path of a call.
 */
#ifndef SIMAUTH_PLUGIN_NEWS_H
#define SIMAUTH_PLUGIN_NEWS_H

#include "core.h"

/* Main loop. Asks in 15 minutes for the first time, if nobody did: who we are, too (core.h). */
void news_begin(struct core *core);
/* Asks now, unless it is asking already. */
void news_ask(struct core *core);
/* The same, unless it was asked a minute ago. */
void news_registered(struct core *core);
void news_close(struct core *core);

#endif
