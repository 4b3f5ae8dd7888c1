/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a verified call costs, as the gateway says it: asked for between calls, beside what news.h
 * asks, and kept in memory alone. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_PRICES_H
#define SIMAUTH_PLUGIN_PRICES_H

#include "core.h"

/* Asks, unless that was done a short while ago. */
void prices_ask(struct core *core);
/* What is known under the settings of now: all "" and false while it is nothing. */
const struct ag_prices *prices_of(const struct core *core);
/* "0.02", or "0.01-0.02" where it depends on the other one's SIM; "" not known. */
#define PRICE_TEXT_MAX 64
void price_amount(const struct ag_price *price, char text[static PRICE_TEXT_MAX]);
/* In the operator's own words, or a sentence of ours; "" while it says no price. g_free(). */
char *prices_text(const struct ag_prices *prices);

#endif
