/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SIM that answers, the readers to choose from, and other SIMs. */
#include "assistant.h"
#include "pages.h"
#include "pin.h"
#include "reader_list.h"
#include "sim_file.h"
#include "sim_words.h"
#include "stack.h"
#include "words.h"

struct page {
    UiApp *app;
    UiPhone *phone; /* borrowed from the list of phones; NULL none */
    UiRecord *sim;
    GtkWidget *stack, *row, *icon, *pin, *forget, *readers;
    guint open; /* choices that are not answered yet */
};

/* -- the SIM in use ---------------------------------------------------------------------------- */

static void remembered(gboolean known, gpointer widget)
{
    gtk_widget_set_visible(widget, known);
}

static char *sim_told(UiRecord *sim)
{
    const char *text = ui_record_text(sim, "Text"), *advice = ui_sim_advice(sim);
    char *state, *told;

    if (ui_sim_is(sim, "failed") && *text) /* the plugin knows which of many it is */
        return ui_words_said(text);
    state = ui_sim_state(sim);
    if (!*advice)
        return state;
    told = g_strdup_printf("%s\n%s", state, advice);
    g_free(state);
    return told;
}

/* What is set, unless the person has just chosen another one. */
static void show_reader(struct page *page)
{
    if (!page->open)
        ui_reader_list_show(UI_READER_LIST(page->readers),
                            page->sim ? ui_record_text(page->sim, "Setting") : "");
}

static void show_sim(struct page *page)
{
    char *title, *text;

    show_reader(page);
    if (!page->sim)
        return;
    title = ui_sim_title(page->sim);
    text = sim_told(page->sim);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(page->row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(page->row), text);
    gtk_image_set_from_icon_name(GTK_IMAGE(page->icon), ui_sim_icon(page->sim));
    gtk_widget_set_visible(page->pin, ui_sim_is(page->sim, "locked"));
    ui_pin_is_remembered(page->sim, remembered, G_OBJECT(page->forget));
    g_free(title);
    g_free(text);
}

static void enter_pin(struct page *page)
{
    if (page->phone && page->sim)
        ui_pin_ask(page->app, page->phone, page->sim);
}

static void forgotten(gboolean gone, gpointer stack)
{
    struct page *page = g_object_get_data(stack, "page");

    show_sim(page); /* there may be another card by now */
    ui_app_toast(page->app, ui_pin_forgotten_words(gone));
}

static void forget_pin(struct page *page)
{
    if (page->sim && ui_pin_can_remember(page->sim))
        ui_pin_forget(ui_record_text(page->sim, "Tag"), forgotten, G_OBJECT(page->stack));
}

/* -- choosing ---------------------------------------------------------------------------------- */

static void chosen(GVariant *answer, const char *error, gpointer stack)
{
    struct page *page = g_object_get_data(stack, "page");

    (void)answer;
    page->open--;
    if (!error)
        return; /* the SIM tells */
    ui_app_toast(page->app, error);
    show_reader(page);
}

static void set_sim(struct page *page, const char *setting)
{
    if (!page->phone)
        return;
    page->open++;
    ui_phone_ask(page->phone, "SetSim", g_variant_new("(s)", setting), chosen,
                 G_OBJECT(page->stack));
}

static void reader_chosen(UiReaderList *list, const char *value, struct page *page)
{
    (void)list;
    if (page->sim && g_strcmp0(ui_record_text(page->sim, "Setting"), value))
        set_sim(page, value);
}

static void file_chosen(const char *setting, GObject *stack)
{
    set_sim(g_object_get_data(stack, "page"), setting);
}

static void choose_file(struct page *page)
{
    ui_sim_file_choose(ui_app_window(page->app), file_chosen, G_OBJECT(page->stack));
}

static void use_modem(struct page *page)
{
    set_sim(page, "modemmanager");
}

static void type_code(struct page *page)
{
    ui_assistant_show(page->app, "code");
}

/* -- which phone ------------------------------------------------------------------------------- */

static void take_sim(struct page *page)
{
    UiRecord *now = page->phone ? ui_sim_first(ui_phone_sims(page->phone)) : NULL;

    if (now != page->sim && page->sim)
        g_signal_handlers_disconnect_by_data(page->sim, page);
    if (now != page->sim && now)
        g_signal_connect_swapped(now, "changed", G_CALLBACK(show_sim), page);
    g_set_object(&page->sim, now);
    show_sim(page);
}

static void take_phone(struct page *page)
{
    UiPhone *now = ui_phones_first(ui_app_phones(page->app));

    if (now != page->phone) {
        if (page->phone)
            g_signal_handlers_disconnect_by_data(ui_phone_sims(page->phone), page);
        g_set_object(&page->phone, now);
        if (now)
            g_signal_connect_swapped(ui_phone_sims(now), "items-changed", G_CALLBACK(take_sim),
                                     page);
        ui_reader_list_set_phone(UI_READER_LIST(page->readers), now);
    }
    take_sim(page);
    gtk_stack_set_visible_child_name(GTK_STACK(page->stack), now ? "full" : "empty");
}

/* -- building ---------------------------------------------------------------------------------- */

static GtkWidget *row_button(struct page *page, const char *label, void (*act)(struct page *page))
{
    GtkWidget *button = gtk_button_new_with_label(label);

    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    g_signal_connect_swapped(button, "clicked", G_CALLBACK(act), page);
    return button;
}

static GtkWidget *sim_group(struct page *page)
{
    GtkWidget *group = adw_preferences_group_new();

    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _("SIM in Use"));
    page->row = ui_row("", "");
    page->icon = gtk_image_new();
    page->pin = row_button(page, _("Enter PIN…"), enter_pin);
    page->forget = row_button(page, _("Forget PIN"), forget_pin);
    gtk_widget_add_css_class(page->pin, "suggested-action");
    gtk_widget_set_visible(page->forget, FALSE);
    adw_action_row_add_prefix(ADW_ACTION_ROW(page->row), page->icon);
    adw_action_row_add_suffix(ADW_ACTION_ROW(page->row), page->forget);
    adw_action_row_add_suffix(ADW_ACTION_ROW(page->row), page->pin);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), page->row);
    return group;
}

static GtkWidget *readers_group(struct page *page)
{
    GtkWidget *group = adw_preferences_group_new();

    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _("Readers"));
    page->readers = ui_reader_list_new();
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), page->readers);
    g_signal_connect(page->readers, "chosen", G_CALLBACK(reader_chosen), page);
    return group;
}

/* Named for those who do not see the row; its words would leave it no room where text is large. */
static GtkWidget *arrow_button(struct page *page, const char *name, void (*act)(struct page *page))
{
    GtkWidget *button = ui_icon_button("go-next-symbolic", name);

    gtk_widget_add_css_class(button, "flat");
    g_signal_connect_swapped(button, "clicked", G_CALLBACK(act), page);
    return button;
}

static void add_other(GtkWidget *group, GtkWidget *button, const char *title, const char *text)
{
    GtkWidget *row = ui_row(title, text);

    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), button);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), row);
}

static GtkWidget *others_group(struct page *page)
{
    GtkWidget *group = adw_preferences_group_new();

    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _("Other SIMs"));
    add_other(group, arrow_button(page, _("Enter Code…"), type_code), _("Software SIM from a code"),
              _("Your operator gave you a code for this computer"));
    add_other(group, arrow_button(page, _("Choose File…"), choose_file),
              _("Software SIM in a file"), _("It stays on this computer, readable by you alone"));
    add_other(group, arrow_button(page, _("Use Modem"), use_modem), _("SIM in a modem"),
              _("A mobile broadband modem, by ModemManager"));
    return group;
}

static void free_page(gpointer data)
{
    struct page *page = data;

    g_signal_handlers_disconnect_by_data(ui_app_phones(page->app), page);
    if (page->phone)
        g_signal_handlers_disconnect_by_data(ui_phone_sims(page->phone), page);
    if (page->sim)
        g_signal_handlers_disconnect_by_data(page->sim, page);
    g_clear_object(&page->phone);
    g_clear_object(&page->sim);
    g_free(page);
}

GtkWidget *ui_page_sims(UiApp *app)
{
    struct page *page = g_new0(struct page, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 24);

    page->app = app;
    page->stack = ui_stack_new();
    gtk_box_append(GTK_BOX(box), sim_group(page));
    gtk_box_append(GTK_BOX(box), readers_group(page));
    gtk_box_append(GTK_BOX(box), others_group(page));
    gtk_stack_add_named(GTK_STACK(page->stack),
                        ui_page_status("media-flash-symbolic", _("No Linphone Is Running"),
                                       _("Start Linphone, and its SIM and your readers are here.")),
                        "empty");
    gtk_stack_add_named(GTK_STACK(page->stack), ui_page_frame(box), "full");
    g_signal_connect_swapped(ui_app_phones(app), "items-changed", G_CALLBACK(take_phone), page);
    g_object_set_data_full(G_OBJECT(page->stack), "page", page, free_page);
    take_phone(page);
    return page->stack;
}
