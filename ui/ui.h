/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every file of the window needs: the toolkit, gettext, and the names under which it is known.
 */
#ifndef SIMAUTH_UI_H
#define SIMAUTH_UI_H

#include <adwaita.h>
#include <glib/gi18n.h>

#define UI_APP_ID "org.simauth.CallSecurity"
#define UI_RESOURCES "/org/simauth/CallSecurity"

#endif
