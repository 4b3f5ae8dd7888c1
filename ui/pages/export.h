/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The history as a file of comma-separated values (RFC 4180), for a spreadsheet. */
#ifndef SIMAUTH_UI_EXPORT_H
#define SIMAUTH_UI_EXPORT_H

#include "app.h"

/* Asks for a file and writes what is in `records`. */
void ui_export_history(UiApp *app, GListModel *records);
/* The text of it; g_free() it. */
char *ui_export_text(GListModel *records);

#endif
