/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Somebody who asks for the PIN: tells each phone that it need not start a pinentry, gives a locked
 * SIM the PIN that is remembered for it, and else tells the person.
 */
#ifndef SIMAUTH_UI_SIM_WATCH_H
#define SIMAUTH_UI_SIM_WATCH_H

#include "app.h"

#define UI_TYPE_SIM_WATCH (ui_sim_watch_get_type())
G_DECLARE_FINAL_TYPE(UiSimWatch, ui_sim_watch, UI, SIM_WATCH, GObject)

/* `app` is borrowed and outlives it. */
UiSimWatch *ui_sim_watch_new(UiApp *app);

#endif
