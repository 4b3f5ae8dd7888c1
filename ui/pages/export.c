/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "export.h"

#include <string.h>

/* Names for programs, as the bus has them: a file that is read elsewhere is not translated. */
static const char *const columns[] = {"Began",    "Ended",  "Direction", "Own",        "Peer",
                                      "Verdict",  "Reason", "Nai",       "Operator",   "OwnNai",
                                      "Method",   "Media",  "Listen",    "KnownSince", "SimAge",
                                      "Answered", NULL};

/* Quoted always, quotes doubled; and what a spreadsheet would take for a formula is made text, for
 * an address is chosen by whoever calls. */
static void add_text(GString *csv, const char *text)
{
    g_string_append_c(csv, '"');
    if (*text && strchr("=+-@\t\r", *text))
        g_string_append_c(csv, '\'');
    for (; *text; text++) {
        if (*text == '"')
            g_string_append_c(csv, '"');
        g_string_append_c(csv, *text);
    }
    g_string_append_c(csv, '"');
}

static char *time_text(gint64 seconds)
{
    GDateTime *when = seconds ? g_date_time_new_from_unix_utc(seconds) : NULL;
    char *text = when ? g_date_time_format_iso8601(when) : g_strdup("");

    g_clear_pointer(&when, g_date_time_unref);
    return text;
}

static void add_value(GString *csv, UiRecord *record, const char *name)
{
    GVariant *value = ui_record_value(record, name);
    char *text;

    if (!value) {
        g_string_append(csv, "\"\"");
    } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_INT64)) {
        text = time_text(g_variant_get_int64(value));
        add_text(csv, text);
        g_free(text);
    } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
        g_string_append(csv, g_variant_get_boolean(value) ? "true" : "false");
    } else if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
        add_text(csv, g_variant_get_string(value, NULL));
    } else {
        g_string_append_printf(csv, "%" G_GINT64_FORMAT, ui_record_number(record, name));
    }
}

char *ui_export_text(GListModel *records)
{
    GString *csv = g_string_new(NULL);

    for (const char *const *column = columns; *column; column++)
        g_string_append_printf(csv, "%s%s", column == columns ? "" : ",", *column);
    g_string_append(csv, "\r\n");
    for (guint i = 0; i < g_list_model_get_n_items(records); i++) {
        UiRecord *record = g_list_model_get_item(records, i);
        for (const char *const *column = columns; *column; column++) {
            if (column != columns)
                g_string_append_c(csv, ',');
            add_value(csv, record, *column);
        }
        g_string_append(csv, "\r\n");
        g_object_unref(record);
    }
    return g_string_free(csv, FALSE);
}

struct export
{
    UiApp *app;
    char *text;
};

static void written(GObject *file, GAsyncResult *result, gpointer app)
{
    GError *error = NULL;

    char *name = g_file_get_basename(G_FILE(file)), *text;

    if (g_file_replace_contents_finish(G_FILE(file), result, NULL, &error))
        /* TRANSLATORS: %s is the name of a file. */
        text = g_strdup_printf(_("The history is exported to %s."), name);
    else
        /* TRANSLATORS: %s is the system's reason, a sentence without a dot. */
        text = g_strdup_printf(_("The history is not exported: %s. Choose another folder."),
                               error->message);
    ui_app_toast(app, text);
    g_free(text);
    g_free(name);
    g_clear_error(&error);
    g_application_release(app);
}

static void chosen(GtkNativeDialog *dialog, int response, struct export *export)
{
    gsize len = strlen(export->text);
    GFile *file = NULL;
    GBytes *bytes;

    if (response == GTK_RESPONSE_ACCEPT)
        file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
    if (file) {
        bytes = g_bytes_new_take(g_steal_pointer(&export->text), len);
        g_application_hold(G_APPLICATION(export->app)); /* until it is written */
        g_file_replace_contents_bytes_async(file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL,
                                            written, export->app);
        g_bytes_unref(bytes);
        g_object_unref(file);
    }
    g_free(export->text);
    g_free(export);
    g_object_unref(dialog);
}

void ui_export_history(UiApp *app, GListModel *records)
{
    GtkFileChooserNative *dialog = gtk_file_chooser_native_new(
        _("Export the History"), ui_app_window(app), GTK_FILE_CHOOSER_ACTION_SAVE, NULL, NULL);
    struct export *export = g_new0(struct export, 1);

    export->app = app;
    export->text = ui_export_text(records);
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(dialog), _("calls.csv"));
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(dialog), TRUE);
    g_signal_connect(dialog, "response", G_CALLBACK(chosen), export);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}
