/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One call for a person: the word, who it is about and who says so, who could listen, why not and
 * what to do. It follows its call from before it rings until after its end.
 */
#ifndef SIMAUTH_UI_CALL_CARD_H
#define SIMAUTH_UI_CALL_CARD_H

#include "app.h"

#define UI_TYPE_CALL_CARD (ui_call_card_get_type())
G_DECLARE_FINAL_TYPE(UiCallCard, ui_call_card, UI, CALL_CARD, GtkBox)

GtkWidget *ui_call_card_new(UiApp *app, UiRecord *call);

#endif
