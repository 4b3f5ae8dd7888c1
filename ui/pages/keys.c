/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The setup keys: what the last authenticated calls left for the next ones, and revoking them. */
#include "pages.h"
#include "remote.h"
#include "words.h"

#include <string.h>

/* Whose keys a button erases: those of one peer, or all (peer NULL). */
struct revoke {
    UiApp *app;
    UiPhone *phone;
    char *peer;
};

static void revoke_free(gpointer data)
{
    struct revoke *revoke = data;

    g_clear_object(&revoke->phone);
    g_free(revoke->peer);
    g_free(revoke);
}

/* -- revoking -----------------------------------------------------------------------------------
 */

static void erased(GVariant *answer, const char *error, gpointer app)
{
    guint32 count = 0;
    char *text;

    if (answer)
        g_variant_get(answer, "(u)", &count);
    text = error ? g_strdup(error)
                 : g_strdup_printf(ngettext("%u key is revoked.", "%u keys are revoked.", count),
                                   count);
    ui_app_toast(app, text);
    g_free(text);
}

static void chosen(AdwMessageDialog *dialog, const char *response, struct revoke *revoke)
{
    UiPhones *phones = ui_app_phones(revoke->app);

    (void)dialog;
    if (strcmp(response, "revoke"))
        return;
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(phones)); i++) {
        UiPhone *phone = g_list_model_get_item(G_LIST_MODEL(phones), i);
        if (!revoke->phone || revoke->phone == phone)
            ui_phone_ask(phone, "ForgetKeys",
                         g_variant_new("(s)", revoke->peer ? revoke->peer : ""), erased,
                         G_OBJECT(revoke->app));
        g_object_unref(phone);
    }
}

static void ask_first(const struct revoke *revoke, const char *title, const char *text)
{
    GtkWidget *dialog = adw_message_dialog_new(ui_app_window(revoke->app), title, NULL);
    struct revoke *copy = g_new0(struct revoke, 1);

    copy->app = revoke->app;
    copy->phone = revoke->phone ? g_object_ref(revoke->phone) : NULL;
    copy->peer = g_strdup(revoke->peer);
    adw_message_dialog_set_body(ADW_MESSAGE_DIALOG(dialog), text);
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "revoke",
                                     _("_Revoke"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "revoke",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_object_set_data_full(G_OBJECT(dialog), "revoke", copy, revoke_free);
    g_signal_connect(dialog, "response", G_CALLBACK(chosen), copy);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void revoke_one(GtkButton *button, const struct revoke *revoke)
{
    char *text = g_strdup_printf(
        _("All keys with %s go. The next call asks both operators and both SIMs again."),
        ui_words_address(revoke->peer));

    (void)button;
    ask_first(revoke, _("Revoke the Keys With This Contact?"), text);
    g_free(text);
}

static void revoke_all(GtkButton *button, UiApp *app)
{
    struct revoke revoke = {.app = app};

    (void)button;
    ask_first(&revoke, _("Revoke All Keys?"),
              _("The next call with everybody asks both operators and both SIMs again."));
}

/* -- rows ---------------------------------------------------------------------------------------
 */

static GtkWidget *revoke_button(UiApp *app, UiRecord *key)
{
    GtkWidget *button = gtk_button_new_from_icon_name("user-trash-symbolic");
    struct revoke *revoke = g_new0(struct revoke, 1);
    char *name = g_strdup_printf(_("Revoke the keys with %s"), ui_record_text(key, "Nai"));

    revoke->app = app;
    revoke->phone = g_object_ref(ui_phone_of(key));
    revoke->peer = g_strdup(ui_record_text(key, "Peer"));
    g_object_set_data_full(G_OBJECT(button), "revoke", revoke, revoke_free);
    gtk_widget_set_tooltip_text(button, name);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(button, "flat");
    g_signal_connect(button, "clicked", G_CALLBACK(revoke_one), revoke);
    g_free(name);
    return button;
}

static GtkWidget *make_row(gpointer key, gpointer app)
{
    char *since = ui_words_time(ui_record_number(key, "KnownSince"));
    char *expires = ui_words_time(ui_record_number(key, "Expires"));
    bool agent = !strcmp(ui_record_text(key, "Method"), "agt");
    char *known = agent ? g_strdup(_("Made by the operators, no SIM took part."))
                        : g_strdup_printf(_("Known since %s."), since);
    char *until = g_strdup_printf(_("Expires %s."), expires);
    char *subtitle =
        g_strdup_printf("%s\n%s %s",
                        ui_record_flag(key, "Outgoing") ? _("For your next call to them.")
                                                        : _("For their next call to you."),
                        known, until);
    GtkWidget *row = ui_row(ui_record_text(key, "Nai"), subtitle);

    adw_action_row_add_suffix(ADW_ACTION_ROW(row), revoke_button(app, key));
    g_free(since);
    g_free(expires);
    g_free(known);
    g_free(subtitle);
    g_free(until);
    return row;
}

/* -- where they are kept ------------------------------------------------------------------------
 */

static const char *home_words(const char *home)
{
    static const struct {
        const char *home, *text;
    } homes[] = {
        {"desktop", N_("Kept in a sealed file; the seal is in your keyring.")},
        {"file", N_("Kept in a sealed file of this computer.")},
        {"memory", N_("Kept in memory: they end with Linphone.")},
        {"off", N_("Switched off: no keys are kept.")},
        {"loading", N_("Being read…")},
    };

    for (guint i = 0; i < G_N_ELEMENTS(homes); i++) {
        if (!strcmp(homes[i].home, home))
            return _(homes[i].text);
    }
    return "";
}

static void show_home(UiPhones *phones, GtkLabel *label)
{
    UiPhone *phone = ui_phones_first(phones);
    const char *home = phone ? ui_record_text(ui_phone_state(phone), "KeysHome") : "";
    const char *problem = phone ? ui_record_text(ui_phone_state(phone), "KeysProblem") : "";
    char *text = g_strdup_printf("%s%s%s", home_words(home), *problem ? "\n" : "", problem);

    gtk_label_set_text(label, text);
    g_free(text);
}

static GtkWidget *words(const char *text)
{
    GtkWidget *label = gtk_label_new(text);

    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    return label;
}

static GtkWidget *make_list(UiApp *app, GListModel *keys)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18), *list = gtk_list_box_new();
    GtkWidget *all = gtk_button_new_with_mnemonic(_("Revoke _All…")), *home = words("");

    gtk_list_box_set_selection_mode(GTK_LIST_BOX(list), GTK_SELECTION_NONE);
    gtk_widget_add_css_class(list, "boxed-list");
    gtk_accessible_update_property(GTK_ACCESSIBLE(list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Setup Keys"), -1);
    gtk_list_box_bind_model(GTK_LIST_BOX(list), keys, make_row, app, NULL);
    gtk_widget_set_halign(all, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(all, "destructive-action");
    gtk_widget_add_css_class(all, "pill");
    g_signal_connect(all, "clicked", G_CALLBACK(revoke_all), app);
    gtk_widget_add_css_class(home, "dim-label");
    g_signal_connect_object(ui_app_phones(app), "changed", G_CALLBACK(show_home), home, 0);
    show_home(ui_app_phones(app), GTK_LABEL(home));
    gtk_box_append(GTK_BOX(box),
                   words(_("A setup key lets the next call with somebody begin at once, without "
                           "operators and SIM. Each works for one call and never longer than a "
                           "week after both SIMs took part.")));
    gtk_box_append(GTK_BOX(box), list);
    gtk_box_append(GTK_BOX(box), home);
    gtk_box_append(GTK_BOX(box), all);
    return box;
}

GtkWidget *ui_page_keys(UiApp *app)
{
    GListModel *keys = ui_remote_new(ui_app_phones(app), &ui_remote_keys);
    GtkWidget *page = ui_page_or_empty(
        keys, ui_page_frame(make_list(app, keys)),
        ui_page_status("dialog-password-symbolic", _("No Setup Keys"),
                       _("An authenticated call leaves a key for the next one. It is listed here "
                         "and can be revoked.")));

    g_object_unref(keys);
    return page;
}
