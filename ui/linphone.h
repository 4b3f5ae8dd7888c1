/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linphone's window, where no plugin speaks for it: whether it runs, and starting it. */
#ifndef SIMAUTH_UI_LINPHONE_H
#define SIMAUTH_UI_LINPHONE_H

#include "ui.h"

/* A Linphone of this user runs, with the plugin or without. */
gboolean ui_linphone_runs(void);
/* Starts the one that is installed; FALSE with an error for a person. */
gboolean ui_linphone_start(GError **error);

#endif
