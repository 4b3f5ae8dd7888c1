/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pages.h"
#include "steps.h"

static GtkWidget *text_label(const char *text, const char *class)
{
    GtkWidget *label = gtk_label_new(text);

    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_justify(GTK_LABEL(label), GTK_JUSTIFY_CENTER);
    gtk_widget_add_css_class(label, class);
    return label;
}

static GtkWidget *scrolled(GtkWidget *child)
{
    GtkWidget *clamp = adw_clamp_new(), *scroll = gtk_scrolled_window_new();

    adw_clamp_set_maximum_size(ADW_CLAMP(clamp), 460);
    adw_clamp_set_child(ADW_CLAMP(clamp), child);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroll), clamp);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroll), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_widget_set_vexpand(scroll, TRUE);
    return scroll;
}

GtkWidget *ui_step_page(UiAssistant *assistant, const char *title, const char *text,
                        GtkWidget *content, const char *label, void (*act)(UiAssistant *assistant),
                        GtkWidget **button)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);

    gtk_box_append(GTK_BOX(box), text_label(title, "title-1"));
    if (*text)
        gtk_box_append(GTK_BOX(box), text_label(text, "body"));
    if (content)
        gtk_box_append(GTK_BOX(box), content);
    if (label) {
        *button = ui_pill(label, "suggested-action");
        g_signal_connect_swapped(*button, "clicked", G_CALLBACK(act), assistant);
        gtk_box_append(GTK_BOX(box), *button);
    }
    gtk_widget_set_valign(box, GTK_ALIGN_CENTER);
    gtk_widget_set_margin_top(box, 12);
    gtk_widget_set_margin_bottom(box, 24);
    gtk_widget_set_margin_start(box, 18);
    gtk_widget_set_margin_end(box, 18);
    return scrolled(box);
}

GtkWidget *ui_step_line(void)
{
    GtkWidget *line = text_label("", "error");

    gtk_widget_set_visible(line, FALSE);
    return line;
}

void ui_step_say(GtkWidget *line, const char *text)
{
    gtk_label_set_text(GTK_LABEL(line), text);
    gtk_widget_set_visible(line, *text != '\0');
}

GtkWidget *ui_step_link(UiAssistant *assistant, const char *title, const char *text,
                        void (*act)(UiAssistant *assistant))
{
    GtkWidget *row = adw_action_row_new();
    GtkWidget *arrow = gtk_button_new_from_icon_name("go-next-symbolic");

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), text);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    gtk_widget_add_css_class(arrow, "flat");
    gtk_widget_set_valign(arrow, GTK_ALIGN_CENTER);
    g_signal_connect_swapped(arrow, "clicked", G_CALLBACK(act), assistant);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), arrow);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), arrow);
    return row;
}

GtkWidget *ui_step_entry(GtkWidget *box, const char *title, GtkWidget **line)
{
    GtkWidget *group = adw_preferences_group_new(), *entry = adw_entry_row_new();

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(entry), title);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), entry);
    *line = ui_step_line();
    gtk_box_append(GTK_BOX(box), group);
    gtk_box_append(GTK_BOX(box), *line);
    return entry;
}
