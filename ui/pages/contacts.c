/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom the phone knows: what is demanded of them, what has changed, and forgetting. */
#include "pages.h"
#include "question.h"
#include "remote.h"
#include "words.h"

#include <string.h>

static const char *const policies[] = {"", "require", "prefer", "off"};

/* A row is made once and follows its contact, so that whoever is at it, with the keyboard or a
 * screen reader, stays where they are. It lives as long as the row. */
struct contact {
    UiApp *app;
    UiRecord *peer;
    GtkWidget *row, *icon;                              /* what is always shown */
    GtkWidget *change, *trust, *policy, *known, *asked; /* what stands in it */
    guint chosen; /* the policy that was last shown, or asked for */
    guint open;   /* questions about it that are not answered yet */
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

/* -- acting ------------------------------------------------------------------------------------ */

static void told(GVariant *answer, const char *error, gpointer app)
{
    (void)answer;
    if (error)
        ui_app_toast(app, error);
}

/* What the phone is asked when the person agrees: exactly what the question told, though the
 * contact may be another one by then. */
struct errand {
    UiApp *app;
    UiPhone *phone;
    const char *method;
    GVariant *parameters;
};

static void errand_free(gpointer data)
{
    struct errand *errand = data;

    g_object_unref(errand->phone);
    g_variant_unref(errand->parameters);
    g_free(errand);
}

static void errand_run(gpointer data)
{
    const struct errand *errand = data;

    ui_remote_decide(ui_app_phones(errand->app), errand->phone, errand->method, errand->parameters,
                     told, G_OBJECT(errand->app));
}

/* Takes `parameters`. */
static void ask_first(const struct contact *contact, const char *title, const char *text,
                      const char *label, const char *method, GVariant *parameters)
{
    struct errand *errand = g_new0(struct errand, 1);

    errand->app = contact->app;
    errand->phone = g_object_ref(ui_phone_of(contact->peer));
    errand->method = method;
    errand->parameters = g_variant_ref_sink(parameters);
    ui_question_ask(contact->app, title, text, label, errand_run, errand, errand_free);
}

static void forget(GtkButton *button, struct contact *contact)
{
    (void)button;
    ask_first(
        contact, _("Forget This Contact?"),
        _("The SIM that is known for this address and its setup keys go. Whoever answers there "
          "next is taken for them."),
        _("_Forget"), "Forget", g_variant_new("(s)", text_of(contact, "Aor")));
}

static void revoke_keys(GtkButton *button, struct contact *contact)
{
    char *text = g_strdup_printf(
        _("All keys with %s go. The next call asks both operators and both SIMs again."),
        ui_words_address(text_of(contact, "Aor")));

    (void)button;
    ask_first(contact, _("Revoke the Keys With This Contact?"), text, _("_Revoke"), "ForgetKeys",
              g_variant_new("(s)", text_of(contact, "Aor")));
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
    ask_first(contact, _("Trust the Change?"), text, _("_Trust"), "TrustChange",
              g_variant_new("(ss)", text_of(contact, "Aor"), text_of(contact, "SeenNai")));
    g_free(text);
}

static void allowed(GVariant *answer, const char *error, gpointer app)
{
    (void)answer;
    ui_app_toast(app,
                 error ? error : _("The next call with this contact goes on without proof, once."));
}

static void continue_once(GtkButton *button, struct contact *contact)
{
    (void)button;
    ui_phone_ask(ui_phone_of(contact->peer), "ContinueOnce",
                 g_variant_new("(s)", text_of(contact, "Aor")), allowed, G_OBJECT(contact->app));
}

static void ask_no_more(GtkButton *button, struct contact *contact)
{
    char *group = g_strconcat("peer ", text_of(contact, "Aor"), NULL);

    (void)button;
    ui_phone_ask(ui_phone_of(contact->peer), "SetSetting", g_variant_new("(sss)", group, "ask", ""),
                 told, G_OBJECT(contact->app));
    g_free(group);
}

/* -- the policy -------------------------------------------------------------------------------- */

static guint policy_at(const char *policy)
{
    for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
        if (!strcmp(policies[i], policy))
            return i;
    }
    return 0;
}

/* Who is known by a SIM has to prove it, whatever else stands here but "off". */
static void show_policy(struct contact *contact)
{
    adw_action_row_set_subtitle(
        ADW_ACTION_ROW(contact->policy),
        ui_record_flag(contact->peer, "Pinned")
            ? _("Their SIM is known: until you forget it, Prefer counts as Require.")
            : _("Require: no call without. Prefer: shown when missing."));
    if (contact->open) /* it may be another one by now */
        return;
    contact->chosen = policy_at(text_of(contact, "Policy"));
    adw_combo_row_set_selected(ADW_COMBO_ROW(contact->policy), contact->chosen);
}

/* What is shown is what is kept; that it is known does not hang on the list that comes later. */
static void policy_told(GVariant *answer, const char *error, gpointer row)
{
    struct contact *contact = g_object_get_data(row, "contact");

    told(answer, error, contact->app);
    if (--contact->open)
        return;
    if (!error)
        ui_record_update(contact->peer,
                         g_variant_new_parsed("{'Policy': <%s>}", policies[contact->chosen]));
    show_policy(contact);
}

static void policy_chosen(AdwComboRow *row, GParamSpec *what, struct contact *contact)
{
    guint at = MIN(adw_combo_row_get_selected(row), G_N_ELEMENTS(policies) - 1);
    char *group;

    (void)what;
    if (at == contact->chosen)
        return;
    contact->chosen = at;
    contact->open++;
    group = g_strconcat("peer ", text_of(contact, "Aor"), NULL);
    ui_phone_ask(ui_phone_of(contact->peer), "SetSetting",
                 g_variant_new("(sss)", group, "policy", policies[at]), policy_told,
                 G_OBJECT(contact->row));
    g_free(group);
}

static void add_policy(struct contact *contact)
{
    GtkStringList *names = gtk_string_list_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(policies); i++)
        gtk_string_list_append(names, ui_words_policy(policies[i]));
    contact->chosen = policy_at(text_of(contact, "Policy"));
    contact->policy = ui_combo_row(_("Proof of a SIM"), "", names, contact->chosen);
    g_signal_connect(contact->policy, "notify::selected", G_CALLBACK(policy_chosen), contact);
    adw_expander_row_add_row(ADW_EXPANDER_ROW(contact->row), contact->policy);
    g_object_unref(names);
}

/* -- rows -------------------------------------------------------------------------------------- */

static GtkWidget *add_row(struct contact *contact, const char *title, const char *text)
{
    GtkWidget *row = ui_row(title, text);

    adw_expander_row_add_row(ADW_EXPANDER_ROW(contact->row), row);
    return row;
}

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

static bool has_changed(UiRecord *peer)
{
    const char *change = ui_record_text(peer, "Change");

    return *change && strcmp(change, "none");
}

static void add_change(struct contact *contact)
{
    GtkWidget *icon = gtk_image_new_from_icon_name("dialog-warning-symbolic");

    contact->change = add_row(contact, _("Something Has Changed"), "");
    gtk_widget_add_css_class(icon, "warning");
    adw_action_row_add_prefix(ADW_ACTION_ROW(contact->change), icon);
    contact->trust = add_row(contact, _("Trust the Change?"), "");
    add_button(contact->trust, _("_Trust…"), NULL, G_CALLBACK(trust), contact);
}

/* Open is also what waits for an answer. */
static void show_change(const struct contact *contact)
{
    char *when = ui_words_time(ui_record_number(contact->peer, "ChangeSince"));
    char *text = g_strdup_printf(_("%s Now: %s, vouched for by %s, since %s."),
                                 ui_words_change(contact->peer), text_of(contact, "SeenNai"),
                                 text_of(contact, "SeenOperator"), when);
    bool is = has_changed(contact->peer), was = gtk_widget_get_visible(contact->change);

    adw_action_row_set_subtitle(ADW_ACTION_ROW(contact->change), is ? text : "");
    gtk_widget_set_visible(contact->change, is);
    gtk_widget_set_visible(contact->trust, is);
    if (is && !was)
        adw_expander_row_set_expanded(ADW_EXPANDER_ROW(contact->row), TRUE);
    g_free(text);
    g_free(when);
}

static void show_known(const struct contact *contact)
{
    char *since = ui_words_time(ui_record_number(contact->peer, "Since"));
    char *last = ui_words_time(ui_record_number(contact->peer, "Last"));
    char *text = g_strdup_printf(_("Known since %s, last %s. Proved by: %s."), since, last,
                                 ui_words_method_name(text_of(contact, "Method")));

    adw_action_row_set_subtitle(ADW_ACTION_ROW(contact->known), text);
    gtk_widget_set_visible(contact->known, ui_record_flag(contact->peer, "Pinned"));
    g_free(text);
    g_free(since);
    g_free(last);
}

/* Where nothing else makes the address one that is asked about. */
static void show_asked(const struct contact *contact)
{
    gtk_widget_set_visible(contact->asked, ui_record_flag(contact->peer, "Ask") &&
                                               !ui_record_flag(contact->peer, "AskAnyway"));
}

/* As it counts: see show_policy(). */
static const char *policy_of(UiRecord *peer)
{
    const char *policy = ui_record_text(peer, "Policy");

    return ui_record_flag(peer, "Pinned") && !strcmp(policy, "prefer") ? "require" : policy;
}

static char *subtitle_of(UiRecord *peer)
{
    const char *operator_name = ui_record_text(peer, "Operator");
    const char *policy = policy_of(peer);

    if (has_changed(peer))
        return g_strdup(ui_words_change(peer));
    if (!*operator_name)
        return g_strdup(_("No authenticated call yet"));
    if (*policy)
        return g_strdup_printf(_("Vouched for by %s. Proof of a SIM: %s"), operator_name,
                               ui_words_policy(policy));
    return g_strdup_printf(_("Vouched for by %s"), operator_name);
}

static void show_head(const struct contact *contact)
{
    const char *nai = text_of(contact, "Nai");
    char *subtitle = subtitle_of(contact->peer), *literal = g_markup_escape_text(subtitle, -1);
    bool changed = has_changed(contact->peer);

    adw_expander_row_set_subtitle(ADW_EXPANDER_ROW(contact->row), literal);
    g_free(literal);
    literal = g_markup_escape_text(*nai ? nai : ui_words_address(text_of(contact, "Aor")), -1);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(contact->row), literal);
    gtk_image_set_from_icon_name(GTK_IMAGE(contact->icon),
                                 changed ? "dialog-warning-symbolic" : "avatar-default-symbolic");
    if (changed)
        gtk_widget_add_css_class(contact->icon, "warning");
    else
        gtk_widget_remove_css_class(contact->icon, "warning");
    g_free(literal);
    g_free(subtitle);
}

static void show(GObject *row)
{
    struct contact *contact = g_object_get_data(row, "contact");

    show_head(contact);
    show_change(contact);
    show_policy(contact);
    show_known(contact);
    show_asked(contact);
}

static void fill(struct contact *contact)
{
    GtkWidget *row;

    add_change(contact);
    gtk_widget_set_visible(contact->change, FALSE);
    add_policy(contact);
    add_row(contact, _("Address"), ui_words_address(text_of(contact, "Aor")));
    contact->known = add_row(contact, _("Known SIM"), "");
    contact->asked = add_row(contact, _("Asked About"),
                             _("Your operator is asked about your calls with this address."));
    add_button(contact->asked, _("Ask _No More"), NULL, G_CALLBACK(ask_no_more), contact);
    row = add_row(contact, _("One Call Without Proof"),
                  _("The next call goes on though proof is required and missing."));
    add_button(row, _("_Allow Once"), NULL, G_CALLBACK(continue_once), contact);
    row = add_row(contact, _("Setup Keys"),
                  _("They let the next calls begin at once, without a SIM."));
    add_button(row, _("_Revoke…"), NULL, G_CALLBACK(revoke_keys), contact);
    row = add_row(contact, _("Forget"), _("The known SIM and the setup keys of this contact."));
    add_button(row, _("_Forget…"), "destructive-action", G_CALLBACK(forget), contact);
}

static GtkWidget *make_row(gpointer peer, gpointer app)
{
    struct contact *contact = g_new0(struct contact, 1);

    contact->app = app;
    contact->peer = g_object_ref(peer);
    contact->row = adw_expander_row_new();
    contact->icon = gtk_image_new();
    g_object_set_data_full(G_OBJECT(contact->row), "contact", contact, contact_free);
    adw_expander_row_add_prefix(ADW_EXPANDER_ROW(contact->row), contact->icon);
    fill(contact);
    show(G_OBJECT(contact->row));
    g_signal_connect_object(peer, "changed", G_CALLBACK(show), contact->row, G_CONNECT_SWAPPED);
    return contact->row;
}

/* -- somebody new ------------------------------------------------------------------------------ */

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
