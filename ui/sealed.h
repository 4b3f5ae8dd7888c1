/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A secret on its way to the plugin: a PIN or a code, never in a message of the bus. */
#ifndef SIMAUTH_UI_SEALED_H
#define SIMAUTH_UI_SEALED_H

#include <gio/gunixfdlist.h>

/* A list of one descriptor, a memfd that holds `secret` without its end and takes no change any
 * more; NULL with an error. The caller wipes `secret`. */
GUnixFDList *ui_sealed(const char *secret, GError **error);

#endif
