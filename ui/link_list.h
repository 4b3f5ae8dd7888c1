/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The links of a chain as a list of rows: state, name, what is known, the way on. */
#ifndef SIMAUTH_UI_LINK_LIST_H
#define SIMAUTH_UI_LINK_LIST_H

#include "chain.h"

/* `only_tested`: what a self-test says of a set-up, without Linphone, its plugin and the last call.
 */
GtkWidget *ui_link_list_new(UiChain *chain, gboolean only_tested);

#endif
