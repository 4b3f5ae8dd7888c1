/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked before something that cannot be taken back: "Cancel", which Escape says too, or go
 * on. */
#ifndef SIMAUTH_UI_QUESTION_H
#define SIMAUTH_UI_QUESTION_H

#include "app.h"

/* At most once: the person agreed. */
typedef void (*ui_agreed)(gpointer data);
/* `title`, `text` and `label` (the button that agrees, with a mnemonic) are translated and taken
 * literally. `data` lives as long as the question, then `free_data` has it (NULL: nobody). */
void ui_question_ask(UiApp *app, const char *title, const char *text, const char *label,
                     ui_agreed agreed, gpointer data, GDestroyNotify free_data);

#endif
