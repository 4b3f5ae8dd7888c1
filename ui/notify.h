/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A notification for each call, which changes as the verdict does: org.freedesktop.Notifications
 * itself, for a GNotification cannot be changed in place everywhere. While it rings it says no more
 * than who announced the call.
 */
#ifndef SIMAUTH_UI_NOTIFY_H
#define SIMAUTH_UI_NOTIFY_H

#include "record.h"

#define UI_TYPE_NOTIFIER (ui_notifier_get_type())
G_DECLARE_FINAL_TYPE(UiNotifier, ui_notifier, UI, NOTIFIER, GObject)

/* Watches `calls` (UiRecords of org.simauth.Call1). Emits "activated" when the person chose one. */
UiNotifier *ui_notifier_new(GDBusConnection *bus, GListModel *calls);

/* What it says of a call now: false for nothing (any more). For tests too. Free both. */
gboolean ui_notifier_words(UiRecord *call, char **summary, char **body);

#endif
