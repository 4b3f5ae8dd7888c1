/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question.h"

#include <string.h>

#define YES "yes"

struct question {
    ui_agreed agreed;
    gpointer data;
    GDestroyNotify free_data;
};

static void answered(AdwMessageDialog *dialog, const char *response,
                     const struct question *question)
{
    (void)dialog;
    if (!strcmp(response, YES))
        question->agreed(question->data);
}

static void question_free(gpointer data)
{
    struct question *question = data;

    if (question->free_data)
        question->free_data(question->data);
    g_free(question);
}

void ui_question_ask(UiApp *app, const char *title, const char *text, const char *label,
                     ui_agreed agreed, gpointer data, GDestroyNotify free_data)
{
    GtkWidget *widget = adw_message_dialog_new(ui_app_window(app), title, NULL);
    AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG(widget);
    struct question *question = g_new0(struct question, 1);

    question->agreed = agreed;
    question->data = data;
    question->free_data = free_data;
    adw_message_dialog_set_body(dialog, text);
    adw_message_dialog_add_responses(dialog, "cancel", _("_Cancel"), YES, label, NULL);
    adw_message_dialog_set_response_appearance(dialog, YES, ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_close_response(dialog, "cancel");
    g_object_set_data_full(G_OBJECT(widget), "question", question, question_free);
    g_signal_connect(widget, "response", G_CALLBACK(answered), question);
    gtk_window_present(GTK_WINDOW(widget));
}
