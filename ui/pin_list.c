/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pin_list.h"
#include "pages.h"
#include "pin.h"
#include "pin_memory.h"
#include "words.h"

struct pins {
    UiApp *app;
    GtkWidget *none;
    GPtrArray *rows; /* borrowed: the group has them */
};

static struct pins *of(gpointer group)
{
    return g_object_get_data(group, "pins");
}

static void forgotten(gboolean gone, gpointer row)
{
    GtkWidget *group = g_object_get_data(row, "group");
    struct pins *pins = of(group);

    gtk_widget_set_sensitive(row, TRUE);
    if (gone && g_ptr_array_remove(pins->rows, row)) {
        gtk_widget_set_visible(pins->none, !pins->rows->len);
        adw_preferences_group_remove(ADW_PREFERENCES_GROUP(group), row);
    }
    ui_app_toast(pins->app, ui_pin_forgotten_words(gone));
}

static void forget(GtkWidget *button, GtkWidget *row)
{
    (void)button;
    gtk_widget_set_sensitive(row, FALSE);
    ui_pin_forget(g_object_get_data(G_OBJECT(row), "tag"), forgotten, G_OBJECT(row));
}

static gboolean is_there(const struct pins *pins, const char *tag)
{
    for (guint i = 0; i < pins->rows->len; i++) {
        if (!g_strcmp0(g_object_get_data(pins->rows->pdata[i], "tag"), tag))
            return TRUE;
    }
    return FALSE;
}

static void listed(const char *tag, const char *label, gint64 since, gpointer group)
{
    char *when, *text;
    GtkWidget *row, *button;

    if (is_there(of(group), tag)) /* two questions at once */
        return;
    when = ui_words_time(since);
    text = g_strdup_printf(_("Remembered since %s"), when);
    row = ui_row(label, text);
    button = gtk_button_new_with_label(_("Forget"));
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    g_object_set_data(G_OBJECT(row), "group", group);
    g_object_set_data_full(G_OBJECT(row), "tag", g_strdup(tag), g_free);
    g_signal_connect(button, "clicked", G_CALLBACK(forget), row);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), row);
    g_ptr_array_add(of(group)->rows, row);
    gtk_widget_set_visible(of(group)->none, FALSE);
    g_free(when);
    g_free(text);
}

static void look(GtkWidget *group)
{
    struct pins *pins = of(group);

    for (guint i = 0; i < pins->rows->len; i++)
        adw_preferences_group_remove(ADW_PREFERENCES_GROUP(group), pins->rows->pdata[i]);
    g_ptr_array_set_size(pins->rows, 0);
    gtk_widget_set_visible(pins->none, TRUE);
    ui_pin_list(listed, G_OBJECT(group));
}

static void free_pins(gpointer data)
{
    struct pins *pins = data;

    g_ptr_array_unref(pins->rows);
    g_free(pins);
}

GtkWidget *ui_pin_list_new(UiApp *app)
{
    struct pins *pins = g_new0(struct pins, 1);
    GtkWidget *group = adw_preferences_group_new();

    pins->app = app;
    pins->rows = g_ptr_array_new();
    pins->none = ui_row(_("None"), _("When you enter a PIN you can have it remembered"));
    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _("Remembered PINs"));
    adw_preferences_group_set_description(
        ADW_PREFERENCES_GROUP(group),
        _("In your keyring. Each is tried once, on its own SIM alone, and never with the last "
          "try."));
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), pins->none);
    g_object_set_data_full(G_OBJECT(group), "pins", pins, free_pins);
    g_signal_connect(group, "map", G_CALLBACK(look), NULL);
    return group;
}
