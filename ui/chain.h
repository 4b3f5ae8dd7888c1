/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The chain that a verified call hangs on, from Linphone to the last call, in the order in which a
 * call needs its links. Live: what the bus tells is shown as it changes; what only a self-test can
 * know stays until the SIM or the gateway is another.
 */
#ifndef SIMAUTH_UI_CHAIN_H
#define SIMAUTH_UI_CHAIN_H

#include "app.h"

#define UI_TYPE_CHAIN (ui_chain_get_type())
G_DECLARE_FINAL_TYPE(UiChain, ui_chain, UI, CHAIN, GObject)

UiChain *ui_chain_new(UiApp *app);
/* UiRecords, always the same ones: Id s, Title s, State s ("good", "failed", "waiting",
 * "unknown"), Text s (what is known of it), Advice s (the way on, when failed). Borrowed. */
GListModel *ui_chain_links(UiChain *chain);
/* The phone that it is about, the first; NULL when none runs. Borrowed. */
UiPhone *ui_chain_phone(UiChain *chain);

/* Without a phone: whether some Linphone runs, which no signal tells. */
void ui_chain_look(UiChain *chain);

/* Asks the phone to try each link. Emits "tested" (boolean: all were good, string: why it could not
 * begin, or "") exactly once when it is over; nothing while a test runs already. */
void ui_chain_test(UiChain *chain);

/* The report for whoever helps: every link and version, without addresses of others, names of SIMs,
 * keys or numbers (report.c). The caller's. */
char *ui_chain_report(UiChain *chain);

#endif
