/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end: ready. The letters of Linphone, which a proof makes needless, and the first call. */
#include "call_card.h"
#include "pages.h"
#include "steps.h"

struct done {
    UiAssistant *assistant;
    GtkWidget *status, *letters, *hint, *place; /* what to do; the place of the card */
    UiRecord *call;                             /* shown there */
    gboolean filling;
    gpointer followed; /* the phone's state */
};

static struct done *of(gpointer page)
{
    return g_object_get_data(page, "done");
}

static void close_it(UiAssistant *assistant)
{
    UiApp *app = ui_assistant_app(assistant);

    gtk_window_destroy(GTK_WINDOW(assistant));
    ui_app_show(app, "now");
}

/* -- who we are -------------------------------------------------------------------------------- */

static void show_who(GObject *page)
{
    UiPhone *phone = ui_assistant_phone(of(page)->assistant);
    UiRecord *state = phone ? ui_phone_state(phone) : NULL;
    const char *nai = state ? ui_record_text(state, "Nai") : "";
    const char *operator_name = state ? ui_record_text(state, "Operator") : "";
    char *text;

    if (*nai && *operator_name)
        /* Translators: a name such as alice@operator-a.example, then the operator's name. */
        text = g_markup_printf_escaped(_("You are %s, and %s vouches for you.\nPeople who use this "
                                         "too see that it is you when "
                                         "you talk with them."),
                                       nai, operator_name);
    else
        text = g_strdup(_("Your operator vouches for you. People who use this too see that it is "
                          "you when you talk with them."));
    gtk_label_set_markup(GTK_LABEL(of(page)->status), text);
    g_free(text);
}

/* -- letters ----------------------------------------------------------------------------------- */

static void got_settings(GVariant *answer, const char *error, gpointer page)
{
    GtkSwitch *letters = GTK_SWITCH(of(page)->letters);
    const char *key, *value;
    GVariantIter *iter;

    gtk_widget_set_sensitive(GTK_WIDGET(letters), !error);
    if (!answer || !g_variant_is_of_type(answer, G_VARIANT_TYPE("(a(sssss))")))
        return;
    g_variant_get(answer, "(a(sssss))", &iter);
    of(page)->filling = TRUE;
    while (g_variant_iter_next(iter, "(&s&s&s&s&s)", &key, &value, NULL, NULL, NULL)) {
        if (!g_strcmp0(key, "mark_verified"))
            gtk_switch_set_active(letters, !g_strcmp0(value, "true"));
    }
    of(page)->filling = FALSE;
    g_variant_iter_free(iter);
}

static void ask_settings(gpointer page)
{
    UiPhone *phone = ui_assistant_phone(of(page)->assistant);

    gtk_widget_set_sensitive(of(page)->letters, FALSE);
    if (phone)
        ui_phone_ask(phone, "GetSettings", g_variant_new("(s)", "phone"), got_settings, page);
}

static void letters_set(GVariant *answer, const char *error, gpointer page)
{
    (void)answer;
    if (error)
        ask_settings(page); /* what is shown is what is kept */
}

static void letters_changed(GtkSwitch *letters, GParamSpec *what, gpointer page)
{
    UiPhone *phone = ui_assistant_phone(of(page)->assistant);

    (void)what;
    if (of(page)->filling || !phone)
        return;
    ui_phone_ask(phone, "SetSetting",
                 g_variant_new("(sss)", "phone", "mark_verified",
                               gtk_switch_get_active(letters) ? "true" : "false"),
                 letters_set, page);
}

static GtkWidget *letters_group(struct done *done, gpointer page)
{
    GtkWidget *group = adw_preferences_group_new(), *row = adw_action_row_new();

    done->letters = gtk_switch_new();
    gtk_widget_set_valign(done->letters, GTK_ALIGN_CENTER);
    g_signal_connect(done->letters, "notify::active", G_CALLBACK(letters_changed), page);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("No letters to read aloud"));
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row),
                                _("Linphone asks two people to compare letters. After the proof of "
                                  "both SIMs it may take them as compared."));
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), done->letters);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), done->letters);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), row);
    return group;
}

/* -- the first call ---------------------------------------------------------------------------- */

static void show_call(GObject *page, UiRecord *call)
{
    struct done *done = of(page);
    GtkWidget *old = gtk_widget_get_first_child(done->place);

    if (call == done->call)
        return;
    if (old)
        gtk_box_remove(GTK_BOX(done->place), old);
    g_set_object(&done->call, call);
    gtk_widget_set_visible(done->hint, !call);
    if (call)
        gtk_box_append(GTK_BOX(done->place),
                       ui_call_card_new(ui_assistant_app(done->assistant), call));
}

/* The newest one that began while the page is there, whoever called. */
static void calls_changed(GListModel *calls, guint at, guint removed, guint added, GObject *page)
{
    UiRecord *call;

    (void)removed;
    if (!added || !gtk_widget_get_mapped(of(page)->place))
        return;
    call = g_list_model_get_item(calls, at + added - 1);
    show_call(page, call);
    g_clear_object(&call);
}

static GtkWidget *call_group(struct done *done)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);

    done->hint = adw_preferences_group_new();
    done->place = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    adw_preferences_group_add(
        ADW_PREFERENCES_GROUP(done->hint),
        ui_row(_("Your first verified call"),
               _("Let somebody you know who has this too call you: what comes "
                 "of it is shown here. To call first yourself, enter their "
                 "address under Contacts.")));
    gtk_box_append(GTK_BOX(box), done->hint);
    gtk_box_append(GTK_BOX(box), done->place);
    return box;
}

/* -- the page ---------------------------------------------------------------------------------- */

/* Who we are may become known a moment after the test has ended. */
static void begin(GObject *page, UiAssistant *assistant)
{
    UiPhone *phone = ui_assistant_phone(assistant);
    gpointer state = phone ? ui_phone_state(phone) : NULL;

    if (state && of(page)->followed != state)
        g_signal_connect_object(state, "changed", G_CALLBACK(show_who), page, G_CONNECT_SWAPPED);
    of(page)->followed = state;
    show_who(page);
    ask_settings(page);
}

static GtkWidget *who_label(void)
{
    GtkWidget *label = gtk_label_new("");

    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_justify(GTK_LABEL(label), GTK_JUSTIFY_CENTER);
    return label;
}

static void free_done(gpointer data)
{
    struct done *done = data;

    g_clear_object(&done->call);
    g_free(done);
}

GtkWidget *ui_assistant_step_done(UiAssistant *assistant)
{
    struct done *done = g_new0(struct done, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18), *page, *button;
    GtkWidget *icon = gtk_image_new_from_icon_name("emblem-ok-symbolic");

    done->assistant = assistant;
    done->status = who_label();
    gtk_image_set_pixel_size(GTK_IMAGE(icon), 64);
    gtk_widget_add_css_class(icon, "success");
    gtk_box_append(GTK_BOX(box), icon);
    gtk_box_append(GTK_BOX(box), done->status);
    page = ui_step_page(assistant, _("Ready"), "", box, _("Done"), close_it, &button);
    g_object_set_data_full(G_OBJECT(page), "done", done, free_done);
    gtk_box_append(GTK_BOX(box), letters_group(done, page));
    gtk_box_append(GTK_BOX(box), call_group(done));
    g_signal_connect_object(ui_phones_calls(ui_app_phones(ui_assistant_app(assistant))),
                            "items-changed", G_CALLBACK(calls_changed), page, 0);
    g_signal_connect(page, "map", G_CALLBACK(begin), assistant);
    return page;
}
