/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PIN, when the SIM wants one. */
#include "pin.h"
#include "steps.h"

/* A form belongs to one SIM of one phone, so that it is made when its step begins. */
static void begin(GtkWidget *place, UiAssistant *assistant)
{
    GtkWidget *old = gtk_widget_get_first_child(place), *form;

    if (old)
        gtk_box_remove(GTK_BOX(place), old);
    if (!ui_assistant_phone(assistant) || !ui_assistant_sim(assistant))
        return;
    form = ui_pin_form_new(ui_assistant_phone(assistant), ui_assistant_sim(assistant));
    g_signal_connect_object(form, "opened", G_CALLBACK(ui_assistant_look), assistant,
                            G_CONNECT_SWAPPED);
    gtk_box_append(GTK_BOX(place), form);
    gtk_widget_child_focus(form, GTK_DIR_TAB_FORWARD);
}

GtkWidget *ui_assistant_step_pin(UiAssistant *assistant)
{
    GtkWidget *place = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    g_signal_connect(place, "map", G_CALLBACK(begin), assistant);
    return ui_step_page(assistant, _("PIN of Your SIM"), "", place, NULL, NULL, NULL);
}
