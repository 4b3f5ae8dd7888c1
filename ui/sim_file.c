/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_file.h"

#define DATA "sim-file" /* of the owner: the chooser that is open */

static void answered(GtkNativeDialog *dialog, int response, GObject *owner)
{
    ui_sim_file_chosen chosen = g_object_get_data(G_OBJECT(dialog), "chosen");
    GFile *file = response == GTK_RESPONSE_ACCEPT
                      ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog))
                      : NULL;
    char *path = file ? g_file_get_path(file) : NULL;
    char *setting = path ? g_strconcat("soft:", path, NULL) : NULL;

    g_object_ref(owner);
    g_object_set_data(owner, DATA, NULL); /* ends the dialog */
    if (setting)
        chosen(setting, owner);
    g_object_unref(owner);
    g_free(setting);
    g_free(path);
    g_clear_object(&file);
}

void ui_sim_file_choose(GtkWindow *parent, ui_sim_file_chosen chosen, GObject *owner)
{
    GtkFileChooserNative *dialog = gtk_file_chooser_native_new(
        _("Software SIM"), parent, GTK_FILE_CHOOSER_ACTION_OPEN, _("_Use"), _("_Cancel"));

    g_object_set_data_full(owner, DATA, dialog, g_object_unref);
    g_object_set_data(G_OBJECT(dialog), "chosen", chosen);
    g_signal_connect_object(dialog, "response", G_CALLBACK(answered), owner, 0);
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(dialog), TRUE);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}
