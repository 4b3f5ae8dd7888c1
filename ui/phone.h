/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One running Linphone: for phones.c, which makes and ends it; everybody else reads phones.h. */
#ifndef SIMAUTH_UI_PHONE_H
#define SIMAUTH_UI_PHONE_H

#include "phones.h"

/* Asks that name on the bus for what it has; the signal "ready" says that it has told,
 * "failed" that it did not. */
UiPhone *ui_phone_new(GDBusConnection *bus, const char *name);
/* It left the bus: no call of its is left. */
void ui_phone_end(UiPhone *phone);

#endif
