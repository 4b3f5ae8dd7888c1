/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pages.h"
#include "stack.h"

const struct ui_page ui_pages[] = {
#define UI_PAGE(name, title, icon) {#name, title, icon, ui_page_##name},
#include "pages.def"
#undef UI_PAGE
};
const guint ui_page_count = G_N_ELEMENTS(ui_pages);

GtkWidget *ui_page_frame(GtkWidget *child)
{
    GtkWidget *scroll = gtk_scrolled_window_new(), *clamp = adw_clamp_new();

    gtk_widget_set_margin_top(child, 24);
    gtk_widget_set_margin_bottom(child, 24);
    gtk_widget_set_margin_start(child, 12);
    gtk_widget_set_margin_end(child, 12);
    adw_clamp_set_child(ADW_CLAMP(clamp), child);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroll), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroll), clamp);
    gtk_widget_set_vexpand(scroll, TRUE);
    return scroll;
}

static void show_empty(GListModel *model, guint at, guint removed, guint added, gpointer stack)
{
    (void)at, (void)removed, (void)added;
    gtk_stack_set_visible_child_name(stack, g_list_model_get_n_items(model) ? "full" : "empty");
}

GtkWidget *ui_page_or_empty(GListModel *model, GtkWidget *full, GtkWidget *empty)
{
    GtkWidget *stack = ui_stack_new();

    gtk_stack_set_vhomogeneous(GTK_STACK(stack), FALSE);
    gtk_stack_add_named(GTK_STACK(stack), empty, "empty");
    gtk_stack_add_named(GTK_STACK(stack), full, "full");
    g_object_set_data_full(G_OBJECT(stack), "model", g_object_ref(model), g_object_unref);
    g_signal_connect_object(model, "items-changed", G_CALLBACK(show_empty), stack, 0);
    show_empty(model, 0, 0, 0, stack);
    return stack;
}

GtkWidget *ui_page_status(const char *icon, const char *title, const char *text)
{
    GtkWidget *page = adw_status_page_new();

    adw_status_page_set_icon_name(ADW_STATUS_PAGE(page), icon);
    adw_status_page_set_title(ADW_STATUS_PAGE(page), title);
    adw_status_page_set_description(ADW_STATUS_PAGE(page), text);
    return page;
}

GtkWidget *ui_pill(const char *label, const char *style)
{
    GtkWidget *button = gtk_button_new_with_mnemonic(label);
    GtkLabel *words = GTK_LABEL(gtk_button_get_child(GTK_BUTTON(button)));

    gtk_label_set_wrap(words, TRUE);
    gtk_label_set_justify(words, GTK_JUSTIFY_CENTER);
    gtk_widget_add_css_class(button, "pill");
    if (style)
        gtk_widget_add_css_class(button, style);
    gtk_widget_set_halign(button, GTK_ALIGN_CENTER);
    return button;
}

GtkWidget *ui_row(const char *title, const char *subtitle)
{
    GtkWidget *row = adw_action_row_new();

    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 0);
    return row;
}

GtkWidget *ui_icon_button(const char *icon, const char *name)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon);

    gtk_widget_set_tooltip_text(button, name);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    return button;
}

GtkWidget *ui_radio_row(const char *title, const char *text, GtkWidget *first, const char *value)
{
    GtkWidget *row = ui_row(title, text), *check = gtk_check_button_new();

    gtk_widget_set_valign(check, GTK_ALIGN_CENTER);
    gtk_check_button_set_group(GTK_CHECK_BUTTON(check), first ? ui_radio_of(first) : NULL);
    g_object_set_data_full(G_OBJECT(check), "value", g_strdup(value), g_free);
    g_object_set_data(G_OBJECT(row), "check", check);
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), check);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), check);
    return row;
}

GtkCheckButton *ui_radio_of(GtkWidget *row)
{
    return g_object_get_data(G_OBJECT(row), "check");
}

const char *ui_radio_value(GtkCheckButton *check)
{
    return g_object_get_data(G_OBJECT(check), "value");
}

static void make_word(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    GtkWidget *label = gtk_label_new("");

    (void)factory;
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_list_item_set_child(item, label);
}

static void show_word(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    gtk_label_set_text(GTK_LABEL(gtk_list_item_get_child(item)),
                       gtk_string_object_get_string(gtk_list_item_get_item(item)));
}

GtkWidget *ui_combo_row(const char *title, const char *text, GtkStringList *names, guint selected)
{
    GtkWidget *row = adw_combo_row_new();
    GtkListItemFactory *words = gtk_signal_list_item_factory_new();

    g_signal_connect(words, "setup", G_CALLBACK(make_word), NULL);
    g_signal_connect(words, "bind", G_CALLBACK(show_word), NULL);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), text);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 0);
    adw_combo_row_set_factory(ADW_COMBO_ROW(row), words);
    adw_combo_row_set_model(ADW_COMBO_ROW(row), G_LIST_MODEL(names));
    adw_combo_row_set_selected(ADW_COMBO_ROW(row), selected);
    g_object_unref(words);
    return row;
}
