/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The PIN of a SIM: the form in which a person types it (in the assistant and in a dialog), and
 * those that the person asked this computer to remember, in the desktop's keyring.
 */
#ifndef SIMAUTH_UI_PIN_H
#define SIMAUTH_UI_PIN_H

#include "app.h"

/* The form for that SIM (a UiRecord of Sim1) of that phone: says how many tries are left, never
 * spends the last one without the person's word, and tells about the PUK. Emits "opened" when the
 * SIM took the PIN. */
#define UI_TYPE_PIN_FORM (ui_pin_form_get_type())
G_DECLARE_FINAL_TYPE(UiPinForm, ui_pin_form, UI, PIN_FORM, GtkBox)
GtkWidget *ui_pin_form_new(UiPhone *phone, UiRecord *sim);

/* The same in a dialog over the application's window, one at a time: one about another SIM goes. It
 * also goes with its SIM's Linphone. */
void ui_pin_ask(UiApp *app, UiPhone *phone, UiRecord *sim);
/* The SIM that it is open for; NULL none. Borrowed. */
UiRecord *ui_pin_asks_about(UiApp *app);

/* Escape closes this window, as people expect of a dialog. */
void ui_close_by_escape(GtkWidget *dialog);

/* Takes that dialog away, if it is there. */
void ui_pin_ask_no_more(UiApp *app);

/* The PIN that was remembered for this SIM is given to it, if there is one and more than one try is
 * left. `told` (owner as ui_phone_ask's): FALSE when the person has to be asked. */
typedef void (*ui_pin_told)(gboolean opened, gpointer owner);
void ui_pin_give_remembered(UiPhone *phone, UiRecord *sim, ui_pin_told told, GObject *owner);
/* Whether one is remembered for this SIM. */
typedef void (*ui_pin_known)(gboolean known, gpointer owner);
void ui_pin_is_remembered(UiRecord *sim, ui_pin_known known, GObject *owner);
/* `forgotten` (NULL: nobody asks): whether the keyring has none for this mark any more; a locked
 * one keeps it. Not called when `owner` is gone by then. */
typedef void (*ui_pin_forgotten)(gboolean gone, gpointer owner);
void ui_pin_forget(const char *tag, ui_pin_forgotten forgotten, GObject *owner);
/* What the person is told of it. */
const char *ui_pin_forgotten_words(gboolean gone);
/* Whether this SIM can be told from others, so that its PIN can be remembered at all. */
gboolean ui_pin_can_remember(UiRecord *sim);

#endif
