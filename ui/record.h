/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Something that the bus tells of (a phone, a call of now or of the history, a contact, a key):
 * named values, and the signal "changed" when one of them is another. A value that is not there
 * reads as "", 0 or false, so that a plugin of another version costs a word on a page and never the
 * page.
 */
#ifndef SIMAUTH_UI_RECORD_H
#define SIMAUTH_UI_RECORD_H

#include "ui.h"

#define UI_TYPE_RECORD (ui_record_get_type())
G_DECLARE_FINAL_TYPE(UiRecord, ui_record, UI, RECORD, GObject)

/* `values` is an a{sv}, or NULL; a floating one is taken. */
UiRecord *ui_record_new(GVariant *values);
/* Takes over what differs, and tells once if anything does. */
void ui_record_update(UiRecord *record, GVariant *values);

/* Never NULL; valid until the next change. */
const char *ui_record_text(UiRecord *record, const char *name);
/* Of any integer type, or a double. */
gint64 ui_record_number(UiRecord *record, const char *name);
gboolean ui_record_flag(UiRecord *record, const char *name);
/* NULL when it is not there. Borrowed, until the next change. */
GVariant *ui_record_value(UiRecord *record, const char *name);

#endif
