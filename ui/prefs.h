/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the person chose about this program itself: ~/.config/simauth/ui.conf, and the file that
 * makes the desktop start it. What the phone does is the plugin's to keep, not ours.
 */
#ifndef SIMAUTH_UI_PREFS_H
#define SIMAUTH_UI_PREFS_H

#include "ui.h"

enum ui_pref {
    UI_PREF_NOTIFY,     /* a notification for each call; on */
    UI_PREF_BACKGROUND, /* calls are watched when the window is closed; on */
    UI_PREF_SET_UP,     /* the assistant was once at its end; off */
    UI_PREF_COUNT
};

gboolean ui_pref(enum ui_pref pref);
/* False with a sentence in the log when it could not be kept. */
gboolean ui_pref_set(enum ui_pref pref, gboolean on);

/* Whether the desktop starts us at login, in the background. */
gboolean ui_autostart(void);
gboolean ui_autostart_set(gboolean on);

#endif
