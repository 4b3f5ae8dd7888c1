/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this program does, and what the phone does: the former is kept here, the latter by the
 * plugin. */
#include "pages.h"
#include "pin_list.h"
#include "prefs.h"

#include <string.h>

#define VALUES_MAX 6

/* A setting of the plugin's that a person chooses from a list; the values' words are theirs, the
 * labels ours. What needs letters is in the file, and simauthctl explains it. */
struct choice {
    const char *key, *title, *text;
    struct {
        const char *value, *label;
    } values[VALUES_MAX];
};

static const struct choice choices[] = {
    {"enabled",
     N_("Verify Calls"),
     N_("Switched off, calls are as without SIMAUTH"),
     {{"true", N_("On")}, {"false", N_("Off")}}},
    {"policy",
     N_("Proof of a SIM"),
     N_("Require: no call without. Prefer: shown when missing. For everybody who has no rule of "
        "their own under Contacts"),
     {{"prefer", N_("Prefer")}, {"require", N_("Require")}, {"off", N_("Off")}}},
    {"ask",
     N_("Who Is Asked About"),
     N_("Known: contacts, and addresses of operators that you had calls with. Your operator learns "
        "whom you call when it is asked"),
     {{"known", N_("Known")}, {"everybody", N_("Everybody")}}},
    {"mark_verified",
     N_("Security Letters in Linphone"),
     N_("Marked: after a proof they count as compared"),
     {{"false", N_("Compare")}, {"true", N_("Marked")}}},
    {"agent",
     N_("Operator in Place of the SIM"),
     N_("For computers without a SIM at hand: your operator vouches for your calls"),
     {{"off", N_("Never")}, {"prefer", N_("Where accepted")}, {"only", N_("Always")}}},
    {"tickets",
     N_("Incoming Calls Without a SIM"),
     N_("Calls that operators vouch for, with no SIM in them"),
     {{"accept", N_("Accept")}, {"refuse", N_("Refuse")}}},
    {"keys",
     N_("Setup Keys"),
     N_("Where the keys of the next calls are kept. Automatic: sealed by your keyring where there "
        "is one, else by this computer"),
     {{"auto", N_("Automatic")},
      {"desktop", N_("Keyring")},
      {"file", N_("This computer")},
      {"memory", N_("Memory")},
      {"off", N_("Nowhere")}}},
};

struct preferences {
    UiApp *app;
    GtkWidget *group;                       /* the phone's */
    GtkWidget *rows[G_N_ELEMENTS(choices)]; /* combo rows */
    bool filling;                           /* what changes now is not the person's doing */
};

static struct preferences *of(gpointer page)
{
    return g_object_get_data(page, "preferences");
}

/* -- this program ------------------------------------------------------------------------------ */

static GtkWidget *add_switch(GtkWidget *group, const char *title, const char *text, gboolean on,
                             GCallback changed, gpointer user)
{
    GtkWidget *row = ui_row(title, text), *toggle = gtk_switch_new();

    gtk_switch_set_active(GTK_SWITCH(toggle), on);
    gtk_widget_set_valign(toggle, GTK_ALIGN_CENTER);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), toggle);
    /* This names it too, by the row's title. */
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), toggle);
    g_signal_connect(toggle, "notify::active", changed, user);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), row);
    return toggle;
}

static gboolean go_back(gpointer toggle)
{
    gtk_switch_set_active(toggle, GPOINTER_TO_INT(g_object_get_data(toggle, "kept")));
    return G_SOURCE_REMOVE;
}

/* What is shown is what is kept; a switch that is being turned cannot be turned yet. */
static void not_kept(GtkSwitch *toggle, gboolean kept, UiApp *app)
{
    if (gtk_switch_get_active(toggle) == kept)
        return;
    g_object_set_data(G_OBJECT(toggle), "kept", GINT_TO_POINTER(kept));
    g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, go_back, g_object_ref(toggle), g_object_unref);
    ui_app_toast(
        app,
        _("This could not be kept. Make room in your home folder, or make it writable, and try "
          "again."));
}

static void autostart_changed(GtkSwitch *toggle, GParamSpec *what, UiApp *app)
{
    (void)what;
    if (!ui_autostart_set(gtk_switch_get_active(toggle)))
        not_kept(toggle, ui_autostart(), app);
}

static void background_changed(GtkSwitch *toggle, GParamSpec *what, UiApp *app)
{
    (void)what;
    if (!ui_pref_set(UI_PREF_BACKGROUND, gtk_switch_get_active(toggle)))
        not_kept(toggle, ui_pref(UI_PREF_BACKGROUND), app);
    ui_app_watch(app);
}

static void notify_changed(GtkSwitch *toggle, GParamSpec *what, UiApp *app)
{
    (void)what;
    if (!ui_pref_set(UI_PREF_NOTIFY, gtk_switch_get_active(toggle)))
        not_kept(toggle, ui_pref(UI_PREF_NOTIFY), app);
}

static GtkWidget *make_own(UiApp *app)
{
    GtkWidget *group = adw_preferences_group_new();

    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _("This Program"));
    add_switch(group, _("Notifications"), _("Tell at the moment of each call who vouches for it"),
               ui_pref(UI_PREF_NOTIFY), G_CALLBACK(notify_changed), app);
    add_switch(group, _("Watch Calls in the Background"), _("Go on when the window is closed"),
               ui_pref(UI_PREF_BACKGROUND), G_CALLBACK(background_changed), app);
    add_switch(group, _("Start at Login"), _("Without a window, to watch for calls"),
               ui_autostart(), G_CALLBACK(autostart_changed), app);
    return group;
}

/* -- the phone --------------------------------------------------------------------------------- */

static int index_of(const struct choice *choice, const char *value)
{
    for (int i = 0; i < VALUES_MAX && choice->values[i].value; i++) {
        if (!strcmp(choice->values[i].value, value))
            return i;
    }
    return -1;
}

static void take_settings(struct preferences *preferences, GVariant *settings)
{
    GVariantIter iter;
    const char *key, *value, *fallback;

    preferences->filling = true;
    g_variant_iter_init(&iter, settings);
    while (g_variant_iter_next(&iter, "(&s&s&s&s&s)", &key, &value, &fallback, NULL, NULL)) {
        for (guint i = 0; i < G_N_ELEMENTS(choices); i++) {
            int at = index_of(&choices[i], *value ? value : fallback);
            if (!strcmp(choices[i].key, key) && at >= 0)
                adw_combo_row_set_selected(ADW_COMBO_ROW(preferences->rows[i]), (guint)at);
        }
    }
    preferences->filling = false;
}

static void got_settings(GVariant *answer, const char *error, gpointer page)
{
    GVariant *settings;

    gtk_widget_set_sensitive(of(page)->group, answer != NULL);
    if (!answer) {
        g_message("GetSettings: %s", error);
        return;
    }
    settings = g_variant_get_child_value(answer, 0);
    take_settings(of(page), settings);
    g_variant_unref(settings);
}

static void ask_settings(GObject *page)
{
    UiPhone *phone = ui_phones_first(ui_app_phones(of(page)->app));

    gtk_widget_set_sensitive(of(page)->group, phone != NULL);
    adw_preferences_group_set_description(ADW_PREFERENCES_GROUP(of(page)->group),
                                          phone ? _("They count from the next call.")
                                                : _("Start Linphone to see and change them."));
    if (phone)
        ui_phone_ask(phone, "GetSettings", g_variant_new("(s)", "phone"), got_settings, page);
}

static void setting_told(GVariant *answer, const char *error, gpointer page)
{
    (void)answer;
    if (!error)
        return;
    ui_app_toast(of(page)->app, error);
    ask_settings(page); /* what is shown is what is kept */
}

static void setting_chosen(AdwComboRow *row, GParamSpec *what, gpointer page)
{
    const struct choice *choice = g_object_get_data(G_OBJECT(row), "choice");
    UiPhone *phone = ui_phones_first(ui_app_phones(of(page)->app));
    guint at = adw_combo_row_get_selected(row);

    (void)what;
    if (of(page)->filling || !phone || at >= VALUES_MAX)
        return;
    ui_phone_ask(phone, "SetSetting",
                 g_variant_new("(sss)", "phone", choice->key, choice->values[at].value),
                 setting_told, page);
}

static GtkWidget *make_choice(const struct choice *choice, gpointer page)
{
    GtkStringList *names = gtk_string_list_new(NULL);
    GtkWidget *row;

    for (guint i = 0; i < VALUES_MAX && choice->values[i].value; i++)
        gtk_string_list_append(names, _(choice->values[i].label));
    row = ui_combo_row(_(choice->title), _(choice->text), names, 0);
    g_object_set_data(G_OBJECT(row), "choice", (gpointer)choice);
    g_signal_connect(row, "notify::selected", G_CALLBACK(setting_chosen), page);
    g_object_unref(names);
    return row;
}

/* The settings may be changed by somebody else, and the first phone may be another one. */
static void phones_changed(GListModel *phones, guint at, guint removed, guint added, GObject *page)
{
    UiPhone *first = ui_phones_first(UI_PHONES(phones));

    (void)at, (void)removed, (void)added;
    if (first) {
        g_signal_handlers_disconnect_by_func(first, ask_settings, page);
        g_signal_connect_object(first, "told::SettingsChanged", G_CALLBACK(ask_settings), page,
                                G_CONNECT_SWAPPED);
    }
    ask_settings(page);
}

GtkWidget *ui_page_preferences(UiApp *app)
{
    struct preferences *preferences = g_new0(struct preferences, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 24), *page = ui_page_frame(box);
    UiPhones *phones = ui_app_phones(app);

    preferences->app = app;
    preferences->group = adw_preferences_group_new();
    g_object_set_data_full(G_OBJECT(page), "preferences", preferences, g_free);
    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(preferences->group), _("Calls"));
    for (guint i = 0; i < G_N_ELEMENTS(choices); i++) {
        preferences->rows[i] = make_choice(&choices[i], page);
        adw_preferences_group_add(ADW_PREFERENCES_GROUP(preferences->group), preferences->rows[i]);
    }
    gtk_box_append(GTK_BOX(box), make_own(app));
    gtk_box_append(GTK_BOX(box), preferences->group);
    gtk_box_append(GTK_BOX(box), ui_pin_list_new(app));
    g_signal_connect_object(phones, "items-changed", G_CALLBACK(phones_changed), page, 0);
    phones_changed(G_LIST_MODEL(phones), 0, 0, 0, G_OBJECT(page));
    return page;
}
