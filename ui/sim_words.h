/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words for SIMs, gateways and the links between: as words.h, for org.simauth.Sim1, Account1
 * and the self-test. */
#ifndef SIMAUTH_UI_SIM_WORDS_H
#define SIMAUTH_UI_SIM_WORDS_H

#include "record.h"

/* "Ready", "Locked: it wants its PIN". */
char *ui_sim_state(UiRecord *sim);
/* What to do about it; "" where nothing is to be done. */
const char *ui_sim_advice(UiRecord *sim);
/* "SIM card in Gemalto PC Twin Reader", "Software SIM", "No SIM". The caller's. */
char *ui_sim_title(UiRecord *sim);
/* An icon for its state. */
const char *ui_sim_icon(UiRecord *sim);
gboolean ui_sim_is(UiRecord *sim, const char *state);
/* The first SIM of that phone; NULL when it has none. Borrowed. */
UiRecord *ui_sim_first(GListModel *sims);

#endif
