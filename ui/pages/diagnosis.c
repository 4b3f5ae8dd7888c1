/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a verified call hangs on, link for link, and a report for whoever helps. */
#include "chain.h"
#include "link_list.h"
#include "linphone.h"
#include "pages.h"

#define AGAIN_S 2 /* a Linphone without the plugin, or one that ends, says nothing of it */

struct page {
    UiApp *app;
    UiChain *chain;
    GtkWidget *test, *start, *summary, *report;
    gboolean runs; /* some Linphone, as it is shown */
    guint again;
};

/* -- the report -------------------------------------------------------------------------------- */

static void write_report(struct page *page)
{
    char *report = ui_chain_report(page->chain);

    gtk_text_buffer_set_text(gtk_text_view_get_buffer(GTK_TEXT_VIEW(page->report)), report, -1);
    g_free(report);
}

static void copy_report(GtkButton *button, struct page *page)
{
    char *report = ui_chain_report(page->chain);

    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(button)), report);
    write_report(page);
    ui_app_toast(page->app, _("The report is copied"));
    g_free(report);
}

/* -- the test ---------------------------------------------------------------------------------- */

static void show_start(struct page *page)
{
    gboolean phone = ui_chain_phone(page->chain) != NULL, start;

    page->runs = phone || ui_linphone_runs();
    start = !page->runs;
    gtk_widget_set_visible(page->start, start);
    gtk_widget_set_visible(page->test, !start);
    gtk_widget_set_sensitive(page->test, phone);
    write_report(page);
}

static gboolean look(gpointer data)
{
    struct page *page = data;

    if (!ui_chain_phone(page->chain) && ui_linphone_runs() != page->runs) {
        ui_chain_look(page->chain);
        show_start(page);
    }
    return G_SOURCE_CONTINUE;
}

static void begin(struct page *page)
{
    if (!ui_chain_phone(page->chain))
        ui_chain_look(page->chain);
    show_start(page);
    if (!page->again)
        page->again = g_timeout_add_seconds(AGAIN_S, look, page);
}

static void end(struct page *page)
{
    g_clear_handle_id(&page->again, g_source_remove);
}

static void say(struct page *page, const char *text)
{
    gtk_label_set_text(GTK_LABEL(page->summary), text);
    gtk_widget_set_visible(page->summary, *text != '\0');
}

static void tested(UiChain *chain, gboolean good, const char *why, struct page *page)
{
    (void)chain;
    gtk_button_set_label(GTK_BUTTON(page->test), _("Run Self-Test"));
    show_start(page);
    if (*why)
        say(page, why);
    else
        say(page, good ? _("Everything is good: your calls can be verified.")
                       : _("Begin with the first one that failed: it says what to do, and the "
                           "others hang on it."));
}

static void run_test(GtkButton *button, struct page *page)
{
    gtk_button_set_label(button, _("Testing…"));
    gtk_widget_set_sensitive(GTK_WIDGET(button), FALSE);
    say(page, "");
    ui_chain_test(page->chain);
}

static void start_linphone(GtkButton *button, struct page *page)
{
    GError *error = NULL;

    (void)button;
    if (!ui_linphone_start(&error))
        ui_app_toast(page->app, error->message);
    g_clear_error(&error);
}

/* -- building ---------------------------------------------------------------------------------- */

/* One of them is shown. */
static GtkWidget *buttons(struct page *page)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    page->test = ui_pill(_("Run Self-Test"), "suggested-action");
    page->start = ui_pill(_("Start Linphone"), "suggested-action");
    gtk_box_append(GTK_BOX(box), page->start);
    gtk_box_append(GTK_BOX(box), page->test);
    g_signal_connect(page->test, "clicked", G_CALLBACK(run_test), page);
    g_signal_connect(page->start, "clicked", G_CALLBACK(start_linphone), page);
    return box;
}

static GtkWidget *copy_button(struct page *page)
{
    GtkWidget *copy = ui_pill(_("Copy Report"), NULL);

    g_signal_connect(copy, "clicked", G_CALLBACK(copy_report), page);
    return copy;
}

static GtkWidget *report_group(struct page *page)
{
    GtkWidget *group = adw_preferences_group_new(), *row = adw_expander_row_new();
    GtkWidget *inside = adw_preferences_row_new();

    page->report = gtk_text_view_new();
    gtk_text_view_set_editable(GTK_TEXT_VIEW(page->report), FALSE);
    gtk_text_view_set_monospace(GTK_TEXT_VIEW(page->report), TRUE);
    gtk_text_view_set_wrap_mode(GTK_TEXT_VIEW(page->report), GTK_WRAP_WORD_CHAR);
    gtk_text_view_set_top_margin(GTK_TEXT_VIEW(page->report), 12);
    gtk_text_view_set_bottom_margin(GTK_TEXT_VIEW(page->report), 12);
    gtk_text_view_set_left_margin(GTK_TEXT_VIEW(page->report), 12);
    gtk_text_view_set_right_margin(GTK_TEXT_VIEW(page->report), 12);
    gtk_accessible_update_property(GTK_ACCESSIBLE(page->report), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Report"), -1);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(inside), page->report);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(inside), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("Report"));
    adw_expander_row_set_subtitle(
        ADW_EXPANDER_ROW(row),
        _("For whoever helps you: no secrets, no addresses, no numbers of your SIM"));
    adw_expander_row_add_row(ADW_EXPANDER_ROW(row), inside);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), row);
    return group;
}

static void free_page(gpointer data)
{
    struct page *page = data;

    end(page);
    g_signal_handlers_disconnect_by_data(page->chain, page);
    g_signal_handlers_disconnect_by_data(ui_app_phones(page->app), page);
    g_object_unref(page->chain);
    g_free(page);
}

GtkWidget *ui_page_diagnosis(UiApp *app)
{
    struct page *page = g_new0(struct page, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);

    page->app = app;
    page->chain = ui_chain_new(app);
    page->summary = gtk_label_new("");
    gtk_label_set_wrap(GTK_LABEL(page->summary), TRUE);
    gtk_label_set_justify(GTK_LABEL(page->summary), GTK_JUSTIFY_CENTER);
    gtk_box_append(GTK_BOX(box), buttons(page));
    gtk_box_append(GTK_BOX(box), page->summary);
    gtk_box_append(GTK_BOX(box), ui_link_list_new(page->chain, FALSE));
    gtk_box_append(GTK_BOX(box), copy_button(page));
    gtk_box_append(GTK_BOX(box), report_group(page));
    say(page, "");
    show_start(page);
    g_signal_connect(page->chain, "tested", G_CALLBACK(tested), page);
    g_signal_connect_swapped(ui_app_phones(app), "changed", G_CALLBACK(show_start), page);
    g_signal_connect_swapped(box, "map", G_CALLBACK(begin), page);
    g_signal_connect_swapped(box, "unmap", G_CALLBACK(end), page);
    g_object_set_data_full(G_OBJECT(box), "page", page, free_page);
    return ui_page_frame(box);
}
