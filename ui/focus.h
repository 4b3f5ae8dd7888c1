/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who uses the keyboard sees where they are for as long as they do. */
#ifndef SIMAUTH_UI_FOCUS_H
#define SIMAUTH_UI_FOCUS_H

#include "ui.h"

/* For each window of the application, from now on. GTK 4.8 hides the mark of the focus after three
 * seconds, and at once when a key did something but did not move it. */
void ui_focus_keep_visible(GtkApplication *app);

#endif
