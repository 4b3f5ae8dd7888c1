/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The readers of this computer as rows to choose one, live while they are shown. */
#ifndef SIMAUTH_UI_READER_LIST_H
#define SIMAUTH_UI_READER_LIST_H

#include "phones.h"

#define UI_TYPE_READER_LIST (ui_reader_list_get_type())
G_DECLARE_FINAL_TYPE(UiReaderList, ui_reader_list, UI, READER_LIST, GtkBox)

/* "chosen" (string: the value for SetSim()) is emitted when the person picks a reader. */
GtkWidget *ui_reader_list_new(void);
/* Whose readers: NULL none. Also shows what that phone has set. */
void ui_reader_list_set_phone(UiReaderList *list, UiPhone *phone);
/* What is set now (Sim1.Setting), whoever chose it: nothing is emitted. */
void ui_reader_list_show(UiReaderList *list, const char *setting);
/* The value of the reader that is picked; NULL none. Borrowed. */
const char *ui_reader_list_picked(UiReaderList *list);
/* The one with a card is picked by itself, when there is just one: for the assistant. */
void ui_reader_list_pick_card(UiReaderList *list);

#endif
