/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The application: one instance for each session, which stays without a window while it watches for
 * calls. It owns what the pages show (phones) and its own settings; pages ask it for both.
 */
#ifndef SIMAUTH_UI_APP_H
#define SIMAUTH_UI_APP_H

#include "phones.h"
#include "ui.h"

#define UI_TYPE_APP (ui_app_get_type())
G_DECLARE_FINAL_TYPE(UiApp, ui_app, UI, APP, AdwApplication)

UiApp *ui_app_new(void);
/* What is on the bus. Borrowed. */
UiPhones *ui_app_phones(UiApp *app);
/* The window, made if there is none, on that page (NULL: as it was), in front. */
void ui_app_show(UiApp *app, const char *page);
/* A word at the window's foot, for some seconds; translated. Without a window nobody is told. */
void ui_app_toast(UiApp *app, const char *text);
/* After a change of UI_PREF_BACKGROUND. */
void ui_app_watch(UiApp *app);
/* Whether it goes on without a window. */
gboolean ui_app_watches(UiApp *app);
/* The window if there is one: parent of dialogs. */
GtkWindow *ui_app_window(UiApp *app);

#endif
