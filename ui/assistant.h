/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way from nothing to "ready": Linphone, SIM, PIN, gateway, test. */
#ifndef SIMAUTH_UI_ASSISTANT_H
#define SIMAUTH_UI_ASSISTANT_H

#include "app.h"

/* Opens it, or brings it to the front. `step`: "code" begins where a code is typed; NULL: at the
 * beginning. */
void ui_assistant_show(UiApp *app, const char *step);
gboolean ui_assistant_is_open(UiApp *app);

#endif
