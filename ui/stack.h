/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stack whose other pages a screen reader does not read: GTK 4.8 says of all of them that they
 * are visible. */
#ifndef SIMAUTH_UI_STACK_H
#define SIMAUTH_UI_STACK_H

#include "ui.h"

/* A GtkStack that keeps it so by itself. */
GtkWidget *ui_stack_new(void);

#endif
