/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be taken back for as long as a word at the window's foot offers it: done when that goes,
 * when the next such thing is begun, when the window closes, and when the program ends.
 */
#ifndef SIMAUTH_UI_UNDO_H
#define SIMAUTH_UI_UNDO_H

#include "app.h"

/* Exactly once: do it, or show it as it was. */
typedef void (*ui_undo_over)(gboolean taken_back, gpointer data);
/* After the application has its actions: there is nothing to take back yet. */
void ui_undo_begin(UiApp *app);
/* `text` is translated. Without a window it is done at once. */
void ui_undo_offer(UiApp *app, const char *text, ui_undo_over over, gpointer data);
/* Does what waits now. */
void ui_undo_settle(UiApp *app);
/* As its button does. */
void ui_undo_take_back(UiApp *app);

/* Of the application; enabled while there is something to take back, so that its key is an entry's
 * else. */
#define UI_UNDO_ACTION "undo"

#endif
