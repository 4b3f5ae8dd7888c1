/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom the phone knows: what is demanded of them, what has changed, and forgetting. */
#include "pages.h"
#include "remote.h"
#include "words.h"

#include <string.h>

static const char *const policies[] = {"", "require", "prefer", "off"};

/* What a row's buttons act on: both live as long as the row. */
struct contact {
    UiApp *app;
    UiRecord *peer;
};

static void contact_free(gpointer data)
{
    struct contact *contact = data;

    g_object_unref(contact->peer);
    g_free(contact);
}

static const char *text_of(const struct contact *contact, const char *name)
{
    return ui_record_text(contact->peer, name);
}

/* -- acting -------------------------------------------------------------------------------------
 */

static void told(GVariant *answer, const char *error, gpointer app)
{
    (void)answer;
    if (error)
        ui_app_toast(app, error);
}

static void ask(const struct contact *contact, const char *method, GVariant *parameters)
{
    ui_phone_ask(ui_phone_of(contact->peer), method, parameters, told, G_OBJECT(contact->app));
}

static void policy_chosen(AdwComboRow *row, GParamSpec *what, struct contact *contact)
{
    const char *policy = policies[MIN(adw_combo_row_get_selected(row), 3)];
    char *group;

    (void)what;
    if (!strcmp(policy, text_of(contact, "Policy")))
        return;
    group = g_strconcat("peer ", text_of(contact, "Aor"), NULL);
    ask(contact, "SetSetting", g_variant_new("(sss)", group, "policy", policy));
    g_free(group);
}

static void forget_chosen(AdwMessageDialog *dialog, const char *response, struct contact *contact)
{
    (void)dialog;
    if (!strcmp(response, "forget"))
        ask(contact, "Forget", g_variant_new("(s)", text_of(contact, "Aor")));
}

static void trust_chosen(AdwMessageDialog *dialog, const char *response, struct contact *contact)
{
    (void)dialog;
    if (!strcmp(response, "trust"))
        ask(contact, "TrustChange",
            g_variant_new("(ss)", text_of(contact, "Aor"), text_of(contact, "SeenNai")));
}

/* The dialog keeps what it asks about: the list may be another one before it is answered. */
static void ask_first(const struct contact *contact, const char *title, const char *text,
                      const char *yes, const char *label, GCallback chosen)
{
    GtkWidget *dialog = adw_message_dialog_new(ui_app_window(contact->app), title, NULL);
    struct contact *copy = g_new0(struct contact, 1);

    copy->app = contact->app;
    copy->peer = g_object_ref(contact->peer);
    adw_message_dialog_set_body(ADW_MESSAGE_DIALOG(dialog), text);
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), yes, label,
                                     NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), yes,
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_object_set_data_full(G_OBJECT(dialog), "contact", copy, contact_free);
    g_signal_connect(dialog, "response", chosen, copy);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void forget(GtkButton *button, struct contact *contact)
{
    (void)button;
    ask_first(
        contact, _("Forget This Contact?"),
        _("The SIM that is known for this address and its setup keys go. Whoever answers there "
          "next is taken for them."),
        "forget", _("_Forget"), G_CALLBACK(forget_chosen));
}

static void revoke_chosen(AdwMessageDialog *dialog, const char *response, struct contact *contact)
{
    (void)dialog;
    if (!strcmp(response, "revoke"))
        ask(contact, "ForgetKeys", g_variant_new("(s)", text_of(contact, "Aor")));
}

static void revoke_keys(GtkButton *button, struct contact *contact)
{
    char *text = g_strdup_printf(
        _("All keys with %s go. The next call asks both operators and both SIMs again."),
        ui_words_address(text_of(contact, "Aor")));

    (void)button;
    ask_first(contact, _("Revoke the Keys With This Contact?"), text, "revoke", _("_Revoke"),
              G_CALLBACK(revoke_chosen));
    g_free(text);
}

static void trust(GtkButton *button, struct contact *contact)
{
    char *text = g_strdup_printf(
        /* TRANSLATORS: a name such as bob@operator-b.example, then its operator. */
        _("From now on %s, vouched for by %s, is taken for this contact. Ask the person by other "
          "means first: with a new SIM somebody else may be speaking."),
        text_of(contact, "SeenNai"), text_of(contact, "SeenOperator"));

    (void)button;
    ask_first(contact, _("Trust the Change?"), text, "trust", _("_Trust"),
              G_CALLBACK(trust_chosen));
    g_free(text);
}

static void continue_once(GtkButton *button, struct contact *contact)
{
    (void)button;
    ask(contact, "ContinueOnce", g_variant_new("(s)", text_of(contact, "Aor")));
    ui_app_toast(contact->app, _("The next call with this contact goes on without proof, once."));
}

/* -- rows ---------------------------------------------------------------------------------------
 */

static void add_button(GtkWidget *row, const char *label, const char *style, GCallback clicked,
                       struct contact *contact)
{
    GtkWidget *button = gtk_button_new_with_mnemonic(label);

    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    if (style)
        gtk_widget_add_css_class(button, style);
    g_signal_connect(button, "clicked", clicked, contact);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), button);
}

static void add_policy(GtkWidget *expander, struct contact *contact)
{
    GtkStringList *names = gtk_string_list_new(NULL);
    GtkWidget *row;
    guint now = 0;

    for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
        gtk_string_list_append(names, ui_words_policy(policies[i]));
        if (!strcmp(policies[i], text_of(contact, "Policy")))
            now = i;
    }
    row = ui_combo_row(_("Proof of a SIM"),
                       _("Require: no call without. Prefer: shown when missing."), names, now);
    g_signal_connect(row, "notify::selected", G_CALLBACK(policy_chosen), contact);
    adw_expander_row_add_row(ADW_EXPANDER_ROW(expander), row);
    g_object_unref(names);
}

static void add_change(GtkWidget *expander, struct contact *contact)
{
    char *when = ui_words_time(ui_record_number(contact->peer, "ChangeSince"));
    char *text = g_strdup_printf(_("%s Now: %s, vouched for by %s, since %s."),
                                 ui_words_change(contact->peer), text_of(contact, "SeenNai"),
                                 text_of(contact, "SeenOperator"), when);
    GtkWidget *row = ui_row(_("Something Has Changed"), text);
    GtkWidget *icon = gtk_image_new_from_icon_name("dialog-warning-symbolic");

    gtk_widget_add_css_class(icon, "warning");
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), icon);
    add_button(row, _("_Trust…"), NULL, G_CALLBACK(trust), contact);
    adw_expander_row_add_row(ADW_EXPANDER_ROW(expander), row);
    g_free(text);
    g_free(when);
}

static void add_known(GtkWidget *expander, struct contact *contact)
{
    char *since = ui_words_time(ui_record_number(contact->peer, "Since"));
    char *last = ui_words_time(ui_record_number(contact->peer, "Last"));
    char *text = g_strdup_printf(_("First authenticated %s, last %s. Proved by: %s."), since, last,
                                 ui_words_method_name(text_of(contact, "Method")));

    adw_expander_row_add_row(ADW_EXPANDER_ROW(expander), ui_row(_("Known"), text));
    g_free(text);
    g_free(since);
    g_free(last);
}

static bool has_changed(UiRecord *peer)
{
    const char *change = ui_record_text(peer, "Change");

    return *change && strcmp(change, "none");
}

static void fill(GtkWidget *expander, struct contact *contact)
{
    GtkWidget *row;

    if (has_changed(contact->peer))
        add_change(expander, contact);
    add_policy(expander, contact);
    adw_expander_row_add_row(ADW_EXPANDER_ROW(expander),
                             ui_row(_("Address"), ui_words_address(text_of(contact, "Aor"))));
    if (ui_record_flag(contact->peer, "Pinned"))
        add_known(expander, contact);
    row = ui_row(_("One Call Without Proof"),
                 _("The next call goes on though proof is required and missing."));
    add_button(row, _("_Allow Once"), NULL, G_CALLBACK(continue_once), contact);
    adw_expander_row_add_row(ADW_EXPANDER_ROW(expander), row);
    row = ui_row(_("Setup Keys"), _("They let the next calls begin at once, without a SIM."));
    add_button(row, _("_Revoke…"), NULL, G_CALLBACK(revoke_keys), contact);
    adw_expander_row_add_row(ADW_EXPANDER_ROW(expander), row);
    row = ui_row(_("Forget"), _("The known SIM and the setup keys of this contact."));
    add_button(row, _("_Forget…"), "destructive-action", G_CALLBACK(forget), contact);
    adw_expander_row_add_row(ADW_EXPANDER_ROW(expander), row);
}

static char *subtitle_of(UiRecord *peer)
{
    const char *operator_name = ui_record_text(peer, "Operator");
    const char *policy = ui_record_text(peer, "Policy");

    if (has_changed(peer))
        return g_strdup(ui_words_change(peer));
    if (!*operator_name)
        return g_strdup(_("No authenticated call yet"));
    if (*policy)
        return g_strdup_printf(_("Vouched for by %s. Proof of a SIM: %s"), operator_name,
                               ui_words_policy(policy));
    return g_strdup_printf(_("Vouched for by %s"), operator_name);
}

/* A row is made anew when something about its contact is another; whoever opened it is not done. */
static GHashTable *opened(UiApp *app)
{
    GHashTable *aors = g_object_get_data(G_OBJECT(app), "opened contacts");

    if (!aors) {
        aors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_object_set_data_full(G_OBJECT(app), "opened contacts", aors,
                               (GDestroyNotify)g_hash_table_unref);
    }
    return aors;
}

static void expanded(AdwExpanderRow *row, GParamSpec *what, struct contact *contact)
{
    (void)what;
    if (adw_expander_row_get_expanded(row))
        g_hash_table_add(opened(contact->app), g_strdup(text_of(contact, "Aor")));
    else
        g_hash_table_remove(opened(contact->app), text_of(contact, "Aor"));
}

/* Open is also what waits for an answer. */
static void keep_open(GtkWidget *row, struct contact *contact)
{
    adw_expander_row_set_expanded(
        ADW_EXPANDER_ROW(row),
        has_changed(contact->peer) ||
            g_hash_table_contains(opened(contact->app), text_of(contact, "Aor")));
    g_signal_connect(row, "notify::expanded", G_CALLBACK(expanded), contact);
}

static GtkWidget *make_row(gpointer peer, gpointer app)
{
    struct contact *contact = g_new0(struct contact, 1);
    GtkWidget *row = adw_expander_row_new();
    const char *nai = ui_record_text(peer, "Nai");
    char *subtitle = subtitle_of(peer), *literal = g_markup_escape_text(subtitle, -1);
    GtkWidget *icon = gtk_image_new_from_icon_name(has_changed(peer) ? "dialog-warning-symbolic"
                                                                     : "avatar-default-symbolic");

    contact->app = app;
    contact->peer = g_object_ref(peer);
    g_object_set_data_full(G_OBJECT(row), "contact", contact, contact_free);
    adw_expander_row_set_subtitle(ADW_EXPANDER_ROW(row), literal);
    g_free(literal);
    literal = g_markup_escape_text(*nai ? nai : ui_words_address(text_of(contact, "Aor")), -1);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), literal);
    if (has_changed(peer))
        gtk_widget_add_css_class(icon, "warning");
    adw_expander_row_add_prefix(ADW_EXPANDER_ROW(row), icon);
    fill(row, contact);
    keep_open(row, contact);
    g_free(literal);
    g_free(subtitle);
    return row;
}

/* -- somebody new -------------------------------------------------------------------------------
 */

static void add_contact(AdwEntryRow *row, UiApp *app)
{
    UiPhone *phone = ui_phones_first(ui_app_phones(app));
    const char *address = gtk_editable_get_text(GTK_EDITABLE(row));
    char *group;

    if (!phone || !*address)
        return;
    group = g_strconcat("peer ", strchr(address, ':') ? "" : "sip:", address, NULL);
    ui_phone_ask(phone, "SetSetting", g_variant_new("(sss)", group, "policy", "require"), told,
                 G_OBJECT(app));
    g_free(group);
    gtk_editable_set_text(GTK_EDITABLE(row), "");
}

static GtkWidget *make_new(UiApp *app)
{
    GtkWidget *group = adw_preferences_group_new(), *row = adw_entry_row_new();

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("SIP address"));
    adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(row), TRUE);
    g_signal_connect(row, "apply", G_CALLBACK(add_contact), app);
    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _("Require Proof of Somebody"));
    adw_preferences_group_set_description(
        ADW_PREFERENCES_GROUP(group),
        _("Calls with that address do not go on without proof of a SIM."));
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), row);
    return group;
}

GtkWidget *ui_page_contacts(UiApp *app)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 24), *list = gtk_list_box_new();
    GListModel *peers = ui_remote_new(ui_app_phones(app), &ui_remote_peers);
    GtkWidget *empty = ui_page_status("avatar-default-symbolic", _("No Contacts Yet"),
                                      _("After an authenticated call the other side’s SIM is known "
                                        "here, and a change is shown."));

    gtk_widget_add_css_class(empty, "compact");
    gtk_widget_set_size_request(empty, -1, 280); /* else its text would scroll in a few lines */
    gtk_list_box_set_selection_mode(GTK_LIST_BOX(list), GTK_SELECTION_NONE);
    gtk_widget_add_css_class(list, "boxed-list");
    gtk_accessible_update_property(GTK_ACCESSIBLE(list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Contacts"), -1);
    gtk_list_box_bind_model(GTK_LIST_BOX(list), peers, make_row, app, NULL);
    gtk_box_append(GTK_BOX(box), ui_page_or_empty(peers, list, empty));
    gtk_box_append(GTK_BOX(box), make_new(app));
    g_object_unref(peers);
    return ui_page_frame(box);
}
