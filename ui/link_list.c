/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link_list.h"
#include "words.h"

static const struct {
    const char *state, *words, *icon, *style;
} states[] = {
    {"good", N_("Good"), "emblem-ok-symbolic", "success"},
    {"failed", N_("Failed"), "dialog-warning-symbolic", "error"},
    {"waiting", N_("Being tried"), "content-loading-symbolic", "dim-label"},
    {"unknown", N_("Not known"), "content-loading-symbolic", "dim-label"},
};

static guint state_of(UiRecord *link)
{
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        if (!g_strcmp0(ui_record_text(link, "State"), states[i].state))
            return i;
    }
    return G_N_ELEMENTS(states) - 1;
}

static char *told(UiRecord *link, const char *state)
{
    const char *advice = ui_record_text(link, "Advice");
    char *text = ui_words_said(ui_record_text(link, "Text")), *both;

    if (*text && !*advice)
        return text;
    both = *text ? g_strdup_printf("%s\n%s", text, advice) : g_strdup(*advice ? advice : state);
    g_free(text);
    return both;
}

static void show(UiRecord *link, AdwActionRow *row)
{
    GtkWidget *icon = g_object_get_data(G_OBJECT(row), "icon");
    guint is = state_of(link);
    char *text = told(link, _(states[is].words));

    adw_action_row_set_subtitle(row, text);
    gtk_image_set_from_icon_name(GTK_IMAGE(icon), states[is].icon);
    for (guint i = 0; i < G_N_ELEMENTS(states); i++)
        gtk_widget_remove_css_class(icon, states[i].style);
    gtk_widget_add_css_class(icon, states[is].style);
    gtk_accessible_update_property(GTK_ACCESSIBLE(icon), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _(states[is].words), -1);
    g_free(text);
}

static GtkWidget *make_row(UiRecord *link)
{
    GtkWidget *row = adw_action_row_new(), *icon = gtk_image_new();

    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), ui_record_text(link, "Title"));
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), icon);
    g_object_set_data(G_OBJECT(row), "icon", icon);
    g_signal_connect_object(link, "changed", G_CALLBACK(show), row, 0);
    show(link, ADW_ACTION_ROW(row));
    return row;
}

static gboolean is_wanted(UiRecord *link, gboolean only_tested)
{
    static const char *const around[] = {"linphone", "plugin", "settings", "last-call", NULL};

    return !only_tested || !g_strv_contains(around, ui_record_text(link, "Id"));
}

GtkWidget *ui_link_list_new(UiChain *chain, gboolean only_tested)
{
    GListModel *links = ui_chain_links(chain);
    GtkWidget *group = adw_preferences_group_new();

    for (guint i = 0; i < g_list_model_get_n_items(links); i++) {
        UiRecord *link = g_list_model_get_item(links, i);
        if (is_wanted(link, only_tested))
            adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), make_row(link));
        g_object_unref(link);
    }
    g_object_set_data_full(G_OBJECT(group), "chain", g_object_ref(chain), g_object_unref);
    return group;
}
