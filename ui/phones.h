/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is on the session bus: every Linphone with the plugin, its state and its calls. The
 * interface is plugin/bus/org.simauth.Phone1.xml. All lists are GListModels that change as the bus
 * does.
 */
#ifndef SIMAUTH_UI_PHONES_H
#define SIMAUTH_UI_PHONES_H

#include "record.h"
#include <gio/gunixfdlist.h>

/* One running Linphone. */
#define UI_TYPE_PHONE (ui_phone_get_type())
G_DECLARE_FINAL_TYPE(UiPhone, ui_phone, UI, PHONE, GObject)

/* Its name on the bus. */
const char *ui_phone_name(UiPhone *phone);
/* The properties of org.simauth.Phone1; "changed" as they do. Borrowed. The phone itself emits
 * "told::NAME" (GVariant parameters) for each signal of that interface: "told::HistoryChanged";
 * and "changed" when its state, an account or a SIM changes. */
UiRecord *ui_phone_state(UiPhone *phone);
/* Its calls, accounts and SIMs: UiRecords with the properties of org.simauth.Call1, Account1 and
 * Sim1. Borrowed. */
GListModel *ui_phone_calls(UiPhone *phone);
GListModel *ui_phone_accounts(UiPhone *phone);
GListModel *ui_phone_sims(UiPhone *phone);
/* Of a call, account or SIM: the phone that it is on. Borrowed; NULL for a record of the history.
 */
UiPhone *ui_phone_of(UiRecord *record);

/* Exactly once, on the main loop: the answer's tuple (borrowed), or NULL and a sentence for a
 * person. Not called when `owner` is gone by then. */
typedef void (*ui_phone_answer)(GVariant *answer, const char *error, gpointer owner);
/* A method of the main interface. `parameters` (a tuple, NULL: none; floating is taken). */
void ui_phone_ask(UiPhone *phone, const char *method, GVariant *parameters, ui_phone_answer answer,
                  GObject *owner);

/* The same with files (a sealed memfd with a PIN); `parameters` name them by index. */
void ui_phone_ask_with(UiPhone *phone, const char *method, GVariant *parameters, GUnixFDList *files,
                       ui_phone_answer answer, GObject *owner);

/* All of them: a GListModel of UiPhone. Emits "changed" when a phone comes or goes, or one's state,
 * accounts or SIMs change: what a page shows of them all is to be made anew. */
#define UI_TYPE_PHONES (ui_phones_get_type())
G_DECLARE_FINAL_TYPE(UiPhones, ui_phones, UI, PHONES, GObject)

#define UI_PHONES_NAMES "org.simauth.Phone1"

/* `bus` NULL: no session bus, an empty list that stays so. `names`: what their names begin with,
 * UI_PHONES_NAMES or that of the demo. */
UiPhones *ui_phones_new(GDBusConnection *bus, const char *names);
/* The calls of all phones in one list of UiRecord. Borrowed. */
GListModel *ui_phones_calls(UiPhones *phones);
/* How many are on the bus and have not answered for some seconds, and so are in no list. */
guint ui_phones_silent(UiPhones *phones);
/* The first phone, for what a person does without choosing one; NULL when there is none. Borrowed.
 */
UiPhone *ui_phones_first(UiPhones *phones);

#endif
