/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A software SIM from the operator's code: it names its gateway, so that only the test is left. */
#include "sealed.h"
#include "steps.h"

#include <string.h>

struct step {
    UiAssistant *assistant;
    GtkWidget *entry, *next, *why;
};

static void show(struct step *step)
{
    const char *code = gtk_editable_get_text(GTK_EDITABLE(step->entry));

    gtk_widget_set_sensitive(step->next, strchr(code, '/') != NULL);
}

static void activated(GVariant *answer, const char *error, gpointer owner)
{
    UiAssistant *assistant = owner;
    struct step *step = g_object_get_data(G_OBJECT(assistant), "code");

    (void)answer;
    gtk_widget_set_sensitive(step->entry, TRUE);
    show(step);
    ui_step_say(step->why, error ? error : "");
    if (error)
        return;
    gtk_editable_set_text(GTK_EDITABLE(step->entry), "");
    ui_assistant_look(assistant);
}

static void activate(UiAssistant *assistant)
{
    struct step *step = g_object_get_data(G_OBJECT(assistant), "code");
    UiPhone *phone = ui_assistant_phone(assistant);
    GError *error = NULL;
    char *code;
    GUnixFDList *files;

    if (!phone || !gtk_widget_get_sensitive(step->next))
        return;
    code = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(step->entry))));
    files = ui_sealed(code, &error);
    explicit_bzero(code, strlen(code));
    g_free(code);
    ui_step_say(step->why, error ? error->message : "");
    g_clear_error(&error);
    if (!files)
        return;
    gtk_widget_set_sensitive(step->entry, FALSE);
    gtk_widget_set_sensitive(step->next, FALSE);
    ui_phone_ask_with(phone, "ActivateSim", g_variant_new("(h)", 0), files, activated,
                      G_OBJECT(assistant));
    g_object_unref(files);
}

GtkWidget *ui_assistant_step_code(UiAssistant *assistant)
{
    struct step *step = g_new0(struct step, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12), *page;

    step->assistant = assistant;
    step->entry = ui_step_entry(box, _("Code"), &step->why);
    page = ui_step_page(assistant, _("The Code From Your Operator"),
                        _("It begins with a name and a slash, such as ag.operator.example/, and "
                          "can be used once: then ask your operator for another one."),
                        box, _("Activate"), activate, &step->next);
    g_object_set_data_full(G_OBJECT(assistant), "code", step, g_free);
    g_signal_connect_swapped(step->entry, "changed", G_CALLBACK(show), step);
    g_signal_connect_swapped(step->entry, "entry-activated", G_CALLBACK(activate), assistant);
    show(step);
    return page;
}
