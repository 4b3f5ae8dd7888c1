/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PINs that this computer remembers, for the page of preferences. */
#ifndef SIMAUTH_UI_PIN_LIST_H
#define SIMAUTH_UI_PIN_LIST_H

#include "app.h"

/* A group that asks the keyring each time that it is shown. */
GtkWidget *ui_pin_list_new(UiApp *app);

#endif
