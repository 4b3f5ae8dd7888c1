/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window: the list of pages beside the page; on a narrow screen one after the other. */
#ifndef SIMAUTH_UI_WINDOW_H
#define SIMAUTH_UI_WINDOW_H

#include "app.h"

#define UI_TYPE_WINDOW (ui_window_get_type())
G_DECLARE_FINAL_TYPE(UiWindow, ui_window, UI, WINDOW, AdwApplicationWindow)

UiWindow *ui_window_new(UiApp *app);
/* Turns to the page of that name (pages.def); an unknown name changes nothing. */
void ui_window_turn_to(UiWindow *window, const char *page);
void ui_window_toast(UiWindow *window, const char *text);
/* The same for one that was made elsewhere. Takes it. */
void ui_window_add_toast(UiWindow *window, AdwToast *toast);

#endif
