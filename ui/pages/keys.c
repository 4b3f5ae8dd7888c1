/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The setup keys: what the last authenticated calls left for the next ones, and revoking them. */
#include "pages.h"
#include "question.h"
#include "remote.h"
#include "undo.h"
#include "words.h"

#include <string.h>

/* One key: what its button revokes. */
struct key {
    UiApp *app;
    UiPhone *phone;
    gint64 id;
    char *nai;
    GtkFilterListModel *shown; /* without those that are gone for the person */
};

static void key_free(gpointer data)
{
    struct key *key = data;

    g_clear_object(&key->phone);
    g_clear_object(&key->shown);
    g_free(key->nai);
    g_free(key);
}

/* -- gone for the person, and there until it cannot be taken back any more --------------------- */

static char *name_of(UiPhone *phone, gint64 id)
{
    return g_strdup_printf("%s %" G_GINT64_FORMAT, ui_phone_name(phone), id);
}

static gboolean is_shown(gpointer record, gpointer hidden)
{
    UiPhone *phone = ui_phone_of(record);
    char *name = phone ? name_of(phone, ui_record_number(record, "Id")) : NULL;
    gboolean shown = !name || !g_hash_table_contains(hidden, name);

    g_free(name);
    return shown;
}

static void hide(const struct key *key, gboolean hidden)
{
    GHashTable *names = g_object_get_data(G_OBJECT(key->shown), "hidden");
    char *name = name_of(key->phone, key->id);

    if (hidden) {
        g_hash_table_add(names, name);
    } else {
        g_hash_table_remove(names, name);
        g_free(name);
    }
    gtk_filter_changed(gtk_filter_list_model_get_filter(key->shown),
                       hidden ? GTK_FILTER_CHANGE_MORE_STRICT : GTK_FILTER_CHANGE_LESS_STRICT);
}

/* Takes `keys`. */
static GListModel *without_hidden(GListModel *keys, UiApp *app)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GtkCustomFilter *filter = gtk_custom_filter_new(is_shown, names, NULL);
    GtkFilterListModel *shown = gtk_filter_list_model_new(keys, GTK_FILTER(filter));

    g_object_set_data_full(G_OBJECT(shown), "hidden", names, (GDestroyNotify)g_hash_table_unref);
    g_object_set_data(G_OBJECT(shown), "app", app);
    return G_LIST_MODEL(shown);
}

/* -- revoking ---------------------------------------------------------------------------------- */

/* A key that could not be revoked is there again. */
static void settle(struct key *key, const char *error, const char *text)
{
    if (error)
        hide(key, FALSE);
    if (error || *text)
        ui_app_toast(key->app, error ? error : text);
}

/* Gone by then: a call took it (what that made of it went now), or it was over, or was revoked. */
static void told(GVariant *answer, const char *error, gpointer holder)
{
    struct key *key = g_object_get_data(holder, "key");
    gboolean found = TRUE;
    char *text;

    if (answer && g_variant_is_of_type(answer, G_VARIANT_TYPE("(b)")))
        g_variant_get(answer, "(b)", &found);
    /* TRANSLATORS: a name such as bob@operator-b.example. One line, of which the end may be cut. */
    text = g_strdup_printf(_("Gone already: the key with %s, and what a call may have made of it."),
                           key->nai);
    settle(key, error, found ? "" : text);
    g_free(text);
    g_object_unref(holder);
}

static void over(gboolean taken_back, gpointer data)
{
    struct key *key = data;
    GObject *holder;

    if (taken_back) {
        hide(key, FALSE);
        key_free(key);
        return;
    }
    holder = g_object_new(G_TYPE_OBJECT, NULL); /* lives until the answer */
    g_object_set_data_full(holder, "key", key, key_free);
    ui_phone_ask(key->phone, "ForgetKey", g_variant_new("(x)", key->id), told, holder);
}

static void revoke_one(GtkButton *button, const struct key *key)
{
    struct key *copy = g_new0(struct key, 1);
    /* TRANSLATORS: a name such as bob@operator-b.example. */
    char *text = g_strdup_printf(_("Will be revoked: the key with %s"), key->nai);

    (void)button;
    copy->app = key->app;
    copy->phone = g_object_ref(key->phone);
    copy->id = key->id;
    copy->nai = g_strdup(key->nai);
    copy->shown = g_object_ref(key->shown);
    hide(copy, TRUE); /* ends the button's own */
    ui_undo_offer(copy->app, text, over, copy);
    g_free(text);
}

/* -- all of them ------------------------------------------------------------------------------- */

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

static void revoke_agreed(gpointer app)
{
    GListModel *phones = G_LIST_MODEL(ui_app_phones(app));

    for (guint i = 0; i < g_list_model_get_n_items(phones); i++) {
        UiPhone *phone = g_list_model_get_item(phones, i);
        ui_phone_ask(phone, "ForgetKeys", g_variant_new("(s)", ""), erased, app);
        g_object_unref(phone);
    }
}

static void revoke_all(GtkButton *button, UiApp *app)
{
    (void)button;
    ui_question_ask(app, _("Revoke All Keys?"),
                    _("The next call with everybody asks both operators and both SIMs again."),
                    _("_Revoke"), revoke_agreed, app, NULL);
}

/* -- rows -------------------------------------------------------------------------------------- */

static GtkWidget *revoke_button(GtkFilterListModel *shown, UiRecord *record)
{
    struct key *key = g_new0(struct key, 1);
    GtkWidget *button;
    char *name = g_strdup_printf(ui_record_flag(record, "Outgoing")
                                     ? _("Revoke the key for your next call to %s")
                                     : _("Revoke the key for the next call from %s"),
                                 ui_record_text(record, "Nai"));

    key->app = g_object_get_data(G_OBJECT(shown), "app");
    key->phone = g_object_ref(ui_phone_of(record));
    key->id = ui_record_number(record, "Id");
    key->nai = g_strdup(ui_record_text(record, "Nai"));
    key->shown = g_object_ref(shown);
    button = ui_icon_button("user-trash-symbolic", name);
    g_object_set_data_full(G_OBJECT(button), "key", key, key_free);
    gtk_widget_add_css_class(button, "flat");
    g_signal_connect(button, "clicked", G_CALLBACK(revoke_one), key);
    g_free(name);
    return button;
}

static GtkWidget *make_row(gpointer key, gpointer shown)
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

    adw_action_row_add_suffix(ADW_ACTION_ROW(row), revoke_button(shown, key));
    g_free(since);
    g_free(expires);
    g_free(known);
    g_free(subtitle);
    g_free(until);
    return row;
}

/* -- where they are kept ----------------------------------------------------------------------- */

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
    char *why = ui_words_said(problem);
    char *text = g_strdup_printf("%s%s%s", home_words(home), *why ? "\n" : "", why);

    gtk_label_set_text(label, text);
    g_free(text);
    g_free(why);
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
    GtkWidget *all = ui_pill(_("Revoke _All…"), "destructive-action"), *home = words("");

    gtk_list_box_set_selection_mode(GTK_LIST_BOX(list), GTK_SELECTION_NONE);
    gtk_widget_add_css_class(list, "boxed-list");
    gtk_accessible_update_property(GTK_ACCESSIBLE(list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Setup Keys"), -1);
    gtk_list_box_bind_model(GTK_LIST_BOX(list), keys, make_row, keys, NULL);
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
    GListModel *keys = without_hidden(ui_remote_new(ui_app_phones(app), &ui_remote_keys), app);
    GtkWidget *page = ui_page_or_empty(
        keys, ui_page_frame(make_list(app, keys)),
        ui_page_status("dialog-password-symbolic", _("No Setup Keys"),
                       _("An authenticated call leaves a key for the next one. It is listed here "
                         "and can be revoked.")));

    g_object_unref(keys);
    return page;
}
