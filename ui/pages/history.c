/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls of the past: searched, read, exported, erased. */
#include "export.h"
#include "pages.h"
#include "question.h"
#include "remote.h"
#include "stack.h"
#include "words.h"

#include <string.h>

#define ROWS_MAX                                                                                   \
    200 /* more are slow, most of all where a screen reader runs; the search finds them */

struct history {
    UiApp *app;
    GListModel *all;
    GtkFilterListModel *found;
    GtkWidget *search, *more;
    GtkStack *stack;
};

static struct history *of(gpointer widget)
{
    return g_object_get_data(widget, "history");
}

/* -- searching --------------------------------------------------------------------------------- */

static gboolean has(const char *text, const char *folded)
{
    char *other = g_utf8_casefold(text, -1);
    gboolean found = strstr(other, folded) != NULL;

    g_free(other);
    return found;
}

/* What stands on the screen, and the addresses. */
static gboolean fits(gpointer record, gpointer data)
{
    const struct history *history = data;
    char *folded = g_utf8_casefold(gtk_editable_get_text(GTK_EDITABLE(history->search)), -1);
    char *line = ui_words_line(record), *when = ui_words_time(ui_record_number(record, "Began"));
    gboolean fit = !*folded || has(line, folded) || has(when, folded) ||
                   has(ui_record_text(record, "Peer"), folded) ||
                   has(ui_record_text(record, "Nai"), folded) ||
                   has(ui_record_text(record, "Operator"), folded);

    g_free(folded);
    g_free(line);
    g_free(when);
    return fit;
}

/* What the list leaves out is said. */
static void show_more(struct history *history)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(history->found));
    char *text;

    gtk_widget_set_visible(history->more, count > ROWS_MAX);
    if (count <= ROWS_MAX)
        return;
    /* TRANSLATORS: both are numbers of calls, the second is the greater one. */
    text = g_strdup_printf(_("The newest %u of %u calls. The search finds older ones, and an "
                             "export has them all."),
                           ROWS_MAX, count);
    gtk_label_set_text(GTK_LABEL(history->more), text);
    g_free(text);
}

static void show(struct history *history)
{
    const char *page = "full";

    show_more(history);
    if (!g_list_model_get_n_items(history->all))
        page = "empty";
    else if (!g_list_model_get_n_items(G_LIST_MODEL(history->found)))
        page = "nothing";
    gtk_stack_set_visible_child_name(history->stack, page);
}

static void search_changed(GtkSearchEntry *entry, gpointer stack)
{
    (void)entry;
    gtk_filter_changed(gtk_filter_list_model_get_filter(of(stack)->found),
                       GTK_FILTER_CHANGE_DIFFERENT);
    show(of(stack));
}

static void list_changed(GListModel *list, guint at, guint removed, guint added, gpointer stack)
{
    (void)list, (void)at, (void)removed, (void)added;
    show(of(stack));
}

/* -- rows -------------------------------------------------------------------------------------- */

static void fact(GtkWidget *row, const char *name, const char *text)
{
    GtkWidget *made;

    if (!*text)
        return;
    made = ui_row(name, text);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(made), FALSE);
    adw_expander_row_add_row(ADW_EXPANDER_ROW(row), made);
}

static void facts(GtkWidget *row, UiRecord *record)
{
    char *began = ui_words_time(ui_record_number(record, "Began"));
    char *ended = ui_words_time(ui_record_number(record, "Ended"));
    char *method = ui_words_method(record), *age = ui_words_sim_age(record);
    char *sips = ui_words_sips(record), *setup = ui_words_setup(record);

    fact(row, _("Address of the call"), ui_words_address(ui_record_text(record, "Peer")));
    fact(row, _("Began"), began);
    fact(row, _("Ended"), ended);
    fact(row, _("What to do"), ui_words_advice(record));
    fact(row, _("Who could listen"), ui_words_listen(record));
    fact(row, _("Who could read the set-up"), setup);
    fact(row, _("Servers on the way"), sips);
    fact(row, _("How they proved themselves"), method);
    fact(row, _("Age of their SIM"), age);
    fact(row, _("What has changed"), ui_words_change(record));
    fact(row, _("You are"), ui_record_text(record, "OwnNai"));
    g_free(began);
    g_free(ended);
    g_free(sips);
    g_free(setup);
    g_free(method);
    g_free(age);
}

static GtkWidget *make_row(gpointer item, gpointer nothing)
{
    UiRecord *record = item;
    GtkWidget *row = adw_expander_row_new();
    GtkWidget *icon = gtk_image_new_from_icon_name(ui_words_icon(record));
    const char *nai = ui_record_text(record, "Nai");
    bool good = !strcmp(ui_record_text(record, "Verdict"), "authenticated");
    char *line = ui_words_line(record), *time = ui_words_time(ui_record_number(record, "Began"));
    const char *address = ui_words_address(ui_record_text(record, "Peer"));
    char *title = g_strdup_printf(
        !strcmp(ui_record_text(record, "Direction"), "incoming") ? _("From %s") : _("To %s"),
        good && *nai ? nai : address);
    char *both = g_strdup_printf("%s\n%s", time, line);
    char *literal = g_markup_escape_text(both, -1);

    (void)nothing;
    adw_expander_row_set_subtitle(ADW_EXPANDER_ROW(row), literal);
    g_free(literal);
    literal = g_markup_escape_text(title, -1);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), literal);
    gtk_widget_add_css_class(icon, ui_words_style(record));
    adw_expander_row_add_prefix(ADW_EXPANDER_ROW(row), icon);
    facts(row, record);
    g_free(literal);
    g_free(both);
    g_free(title);
    g_free(line);
    g_free(time);
    return row;
}

/* -- erasing ----------------------------------------------------------------------------------- */

static void cleared(GVariant *answer, const char *error, gpointer app)
{
    (void)answer;
    ui_app_toast(app, error ? error : _("The history is erased."));
}

static void clear_all(gpointer app)
{
    GListModel *phones = G_LIST_MODEL(ui_app_phones(app));

    for (guint i = 0; i < g_list_model_get_n_items(phones); i++) {
        UiPhone *phone = g_list_model_get_item(phones, i);
        ui_phone_ask(phone, "ClearHistory", NULL, cleared, app);
        g_object_unref(phone);
    }
}

static void ask_to_clear(GtkButton *button, gpointer stack)
{
    (void)button;
    ui_question_ask(of(stack)->app, _("Erase the History?"),
                    _("The list of past calls goes. Contacts and keys stay."), _("_Erase"),
                    clear_all, of(stack)->app, NULL);
}

static void export_clicked(GtkButton *button, gpointer stack)
{
    (void)button;
    ui_export_history(of(stack)->app, G_LIST_MODEL(of(stack)->found));
}

/* -- building ---------------------------------------------------------------------------------- */

static GtkWidget *button(const char *icon, const char *name, GCallback clicked, gpointer stack)
{
    GtkWidget *made = ui_icon_button(icon, name);

    g_signal_connect(made, "clicked", clicked, stack);
    return made;
}

static GtkWidget *make_bar(struct history *history)
{
    GtkWidget *bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *search = gtk_search_entry_new();

    history->search = search;
    gtk_widget_set_hexpand(search, TRUE);
    g_object_set(search, "placeholder-text", _("Name, operator, word or date"), NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(search), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Search the history"), -1);
    g_signal_connect(search, "search-changed", G_CALLBACK(search_changed), history->stack);
    gtk_box_append(GTK_BOX(bar), search);
    gtk_box_append(GTK_BOX(bar), button("document-save-symbolic", _("Export…"),
                                        G_CALLBACK(export_clicked), history->stack));
    gtk_box_append(GTK_BOX(bar), button("user-trash-symbolic", _("Erase the History…"),
                                        G_CALLBACK(ask_to_clear), history->stack));
    return bar;
}

static gboolean find_key(GtkWidget *widget, GVariant *arguments, gpointer search)
{
    (void)widget, (void)arguments;
    return gtk_widget_grab_focus(search);
}

static GtkWidget *make_full(struct history *history)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12), *list = gtk_list_box_new();
    GtkSliceListModel *newest;

    gtk_list_box_set_selection_mode(GTK_LIST_BOX(list), GTK_SELECTION_NONE);
    gtk_widget_add_css_class(list, "boxed-list");
    gtk_widget_set_valign(list, GTK_ALIGN_START);
    gtk_accessible_update_property(GTK_ACCESSIBLE(list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Past calls"), -1);
    newest = gtk_slice_list_model_new(g_object_ref(G_LIST_MODEL(history->found)), 0, ROWS_MAX);
    gtk_list_box_bind_model(GTK_LIST_BOX(list), G_LIST_MODEL(newest), make_row, NULL, NULL);
    g_object_unref(newest);
    history->more = gtk_label_new("");
    gtk_label_set_wrap(GTK_LABEL(history->more), TRUE);
    gtk_label_set_xalign(GTK_LABEL(history->more), 0);
    gtk_widget_add_css_class(history->more, "dim-label");
    gtk_box_append(GTK_BOX(box), history->more);
    gtk_box_append(GTK_BOX(box), list);
    return ui_page_frame(box);
}

static void history_free(gpointer data)
{
    struct history *history = data;

    g_clear_object(&history->found);
    g_clear_object(&history->all);
    g_free(history);
}

/* The search stays above whatever was found, so that it can be changed. */
static GtkWidget *with_search(struct history *history, GtkWidget *page)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *clamp = adw_clamp_new();
    GtkWidget *bar = make_bar(history);
    GtkShortcut *find = gtk_shortcut_new(gtk_shortcut_trigger_parse_string("<Control>f"),
                                         gtk_callback_action_new(find_key, history->search, NULL));
    GtkEventController *keys = gtk_shortcut_controller_new();

    gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys), find);
    gtk_shortcut_controller_set_scope(GTK_SHORTCUT_CONTROLLER(keys), GTK_SHORTCUT_SCOPE_MANAGED);
    gtk_widget_add_controller(box, keys);
    gtk_widget_set_margin_top(bar, 12);
    gtk_widget_set_margin_start(bar, 12);
    gtk_widget_set_margin_end(bar, 12);
    adw_clamp_set_child(ADW_CLAMP(clamp), bar);
    gtk_box_append(GTK_BOX(box), clamp);
    gtk_box_append(GTK_BOX(box), page);
    return box;
}

GtkWidget *ui_page_history(UiApp *app)
{
    struct history *history = g_new0(struct history, 1);
    GtkWidget *stack = ui_stack_new(), *full, *outer;
    GtkCustomFilter *filter = gtk_custom_filter_new(fits, history, NULL);

    history->app = app;
    history->stack = GTK_STACK(stack);
    history->all = ui_remote_new(ui_app_phones(app), &ui_remote_history);
    g_object_set_data_full(G_OBJECT(stack), "history", history, history_free);
    outer = with_search(history, stack);
    history->found = gtk_filter_list_model_new(g_object_ref(history->all), GTK_FILTER(filter));
    full = make_full(history);
    gtk_stack_add_named(GTK_STACK(stack), full, "full");
    gtk_stack_add_named(GTK_STACK(stack),
                        ui_page_status("document-open-recent-symbolic", _("No Calls Yet"),
                                       _("The calls of Linphone are listed here when they end.")),
                        "empty");
    gtk_stack_add_named(GTK_STACK(stack),
                        ui_page_status("edit-find-symbolic", _("Nothing Found"),
                                       _("Search for another name, operator, word or date.")),
                        "nothing");
    gtk_widget_set_vexpand(stack, TRUE);
    g_signal_connect_object(history->found, "items-changed", G_CALLBACK(list_changed), stack, 0);
    g_signal_connect_object(history->all, "items-changed", G_CALLBACK(list_changed), stack, 0);
    show(history);
    return outer;
}
