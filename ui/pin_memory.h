/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For pin.c: a PIN that the SIM has taken goes into the desktop's keyring. */
#ifndef SIMAUTH_UI_PIN_MEMORY_H
#define SIMAUTH_UI_PIN_MEMORY_H

#include "record.h"

void ui_pin_remember(UiRecord *sim, const char *pin);

#endif
