/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PINs in the desktop's keyring; pin.h has what is asked about one SIM. */
#ifndef SIMAUTH_UI_PIN_MEMORY_H
#define SIMAUTH_UI_PIN_MEMORY_H

#include "record.h"

/* One that the card with this mark has taken goes there; the SIM names the reader. */
void ui_pin_remember(UiRecord *sim, const char *tag, const char *pin);
/* Those that are there: the mark of the SIM, the keyring's label, when it was put there (seconds
 * since 1970). Not called when `owner` is gone by then. */
typedef void (*ui_pin_listed)(const char *tag, const char *label, gint64 since, gpointer owner);
void ui_pin_list(ui_pin_listed listed, GObject *owner);

#endif
