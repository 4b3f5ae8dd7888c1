/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app.h"
#include "assistant.h"
#include "demo.h"
#include "focus.h"
#include "notify.h"
#include "pages.h"
#include "prefs.h"
#include "sim_watch.h"
#include "undo.h"
#include "window.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>

#define DEMO_SECONDS 5 /* each state, when all are played */

struct _UiApp {
    AdwApplication parent;
    UiPhones *phones;
    UiNotifier *notifier;
    UiSimWatch *sims;
    struct demo *demo; /* NULL without --demo */
    char *demo_state;  /* "": all of them, one after the other */
    char *page;        /* --page: the first one shown */
    bool background;   /* --background: watch for calls, show no window yet */
    bool held;
};

G_DEFINE_FINAL_TYPE(UiApp, ui_app, ADW_TYPE_APPLICATION)

UiPhones *ui_app_phones(UiApp *app)
{
    return app->phones;
}

GtkWindow *ui_app_window(UiApp *app)
{
    for (GList *item = gtk_application_get_windows(GTK_APPLICATION(app)); item; item = item->next) {
        if (UI_IS_WINDOW(item->data))
            return item->data;
    }
    return NULL;
}

void ui_app_show(UiApp *app, const char *page)
{
    GtkWindow *window = ui_app_window(app);

    if (!window)
        window = GTK_WINDOW(ui_window_new(app));
    if (page)
        ui_window_turn_to(UI_WINDOW(window), page);
    gtk_window_present(window);
}

void ui_app_toast(UiApp *app, const char *text)
{
    GtkWindow *window = ui_app_window(app);

    if (window)
        ui_window_toast(UI_WINDOW(window), text);
}

/* -- actions ----------------------------------------------------------------------------------- */

static void act_page(GSimpleAction *action, GVariant *name, gpointer app)
{
    (void)action;
    ui_app_show(app, g_variant_get_string(name, NULL));
}

static void act_about(GSimpleAction *action, GVariant *parameter, gpointer app)
{
    (void)action, (void)parameter;
    adw_show_about_window(ui_app_window(app), "application-name", _("SIM Call Security"),
                          "application-icon", UI_APP_ID, "developer-name", _("The SIMAUTH authors"),
                          "version", SIMAUTH_VERSION, "license-type", GTK_LICENSE_GPL_3_0,
                          "copyright", "© 2026 The SIMAUTH authors", "comments",
                          _("Who is speaking, who says so, and whether anyone could listen."),
                          "translator-credits", _("translator-credits"), NULL);
}

static void act_shortcuts(GSimpleAction *action, GVariant *parameter, gpointer app)
{
    GtkBuilder *builder = gtk_builder_new_from_resource(UI_RESOURCES "/shortcuts.ui");
    GtkWindow *shortcuts = GTK_WINDOW(gtk_builder_get_object(builder, "help_overlay"));

    (void)action, (void)parameter;
    gtk_window_set_transient_for(shortcuts, ui_app_window(app));
    gtk_window_present(shortcuts);
    g_object_unref(builder); /* the window is the toolkit's until it closes */
}

static void act_quit(GSimpleAction *action, GVariant *parameter, gpointer app)
{
    (void)action, (void)parameter;
    g_application_quit(app);
}

static void act_undo(GSimpleAction *action, GVariant *parameter, gpointer app)
{
    (void)action, (void)parameter;
    ui_undo_take_back(app);
}

static void act_assistant(GSimpleAction *action, GVariant *parameter, gpointer app)
{
    (void)action, (void)parameter;
    ui_assistant_show(app, NULL);
}

static void add_actions(UiApp *app)
{
    static const GActionEntry entries[] = {
        {"page", act_page, "s", NULL, NULL, {0}},
        {"assistant", act_assistant, NULL, NULL, NULL, {0}},
        {"shortcuts", act_shortcuts, NULL, NULL, NULL, {0}},
        {"about", act_about, NULL, NULL, NULL, {0}},
        {"quit", act_quit, NULL, NULL, NULL, {0}},
        {UI_UNDO_ACTION, act_undo, NULL, NULL, NULL, {0}},
    };

    g_action_map_add_action_entries(G_ACTION_MAP(app), entries, G_N_ELEMENTS(entries), app);
    ui_undo_begin(app);
}

static void add_key(UiApp *app, const char *action, const char *key)
{
    gtk_application_set_accels_for_action(GTK_APPLICATION(app), action,
                                          (const char *const[]){key, NULL});
}

static void add_keys(UiApp *app)
{
    add_key(app, "app.quit", "<Control>q");
    add_key(app, "app." UI_UNDO_ACTION, "<Control>z");
    add_key(app, "window.close", "<Control>w");
    add_key(app, "app.shortcuts", "<Control>question");
    for (guint i = 0; i < ui_page_count && i < 9; i++) {
        char *action = g_strconcat("app.page::", ui_pages[i].name, NULL);
        char *key = g_strdup_printf("<Alt>%u", i + 1);
        add_key(app, action, key);
        g_free(action);
        g_free(key);
    }
}

/* -- life -------------------------------------------------------------------------------------- */

static void show_now(UiNotifier *notifier, gpointer app)
{
    (void)notifier;
    ui_app_show(app, "now");
}

static void begin_demo(UiApp *app, GDBusConnection *bus)
{
    GError *error = NULL;

    app->demo = demo_new(bus, *app->demo_state ? app->demo_state : "idle", &error);
    if (!app->demo) {
        g_printerr("%s\n", error->message);
        exit(2);
    }
    if (!*app->demo_state)
        demo_play(app->demo, DEMO_SECONDS);
}

/* The session ends, or somebody in a terminal: what waits to be taken back is done before. */
static gboolean end_by_signal(gpointer app)
{
    g_application_quit(app);
    return G_SOURCE_CONTINUE;
}

static void watch_signals(UiApp *app)
{
    for (const int *number = (const int[]){SIGHUP, SIGINT, SIGTERM, 0}; *number; number++)
        g_unix_signal_add(*number, end_by_signal, app);
}

static void startup(GApplication *application)
{
    UiApp *app = UI_APP(application);
    GDBusConnection *bus;

    G_APPLICATION_CLASS(ui_app_parent_class)->startup(application);
    gtk_window_set_default_icon_name(UI_APP_ID);
    ui_focus_keep_visible(GTK_APPLICATION(app));
    bus = g_application_get_dbus_connection(application);
    if (bus && app->demo_state)
        begin_demo(app, bus);
    app->phones = ui_phones_new(bus, app->demo_state ? DEMO_NAMES : UI_PHONES_NAMES);
    if (bus) {
        app->notifier = ui_notifier_new(bus, ui_phones_calls(app->phones));
        g_signal_connect(app->notifier, "activated", G_CALLBACK(show_now), app);
    }
    app->sims = ui_sim_watch_new(app);
    add_actions(app);
    add_keys(app);
    watch_signals(app);
}

/* Without a window we go on only where the person wants calls to be watched. */
static void hold_as_wanted(UiApp *app, bool wanted)
{
    if (wanted && !app->held)
        g_application_hold(G_APPLICATION(app));
    if (!wanted && app->held)
        g_application_release(G_APPLICATION(app));
    app->held = wanted;
}

void ui_app_watch(UiApp *app)
{
    hold_as_wanted(app, ui_pref(UI_PREF_BACKGROUND) && !app->demo);
}

gboolean ui_app_watches(UiApp *app)
{
    return app->held;
}

static void activate(GApplication *application)
{
    UiApp *app = UI_APP(application);

    if (app->background)
        hold_as_wanted(app, true);
    else
        ui_app_show(app, app->page);
    if (!app->background)
        ui_app_watch(app);
    g_clear_pointer(&app->page, g_free);
    app->background = false; /* the next activation is somebody who wants to see the window */
}

static char *demo_state;

static gboolean parse_demo(const char *option, const char *value, gpointer data, GError **error)
{
    (void)option, (void)data, (void)error;
    g_free(demo_state);
    demo_state = g_strdup(value ?: "");
    return TRUE;
}

static int print_demo_states(void)
{
    char **states = demo_states(), *text = g_strjoinv("\n", states);

    g_print("%s\n", text);
    g_free(text);
    g_strfreev(states);
    return 0;
}

/* The one that runs already turns to the page. */
static bool turned_elsewhere(GApplication *application, const char *page)
{
    if (!g_application_register(application, NULL, NULL) ||
        !g_application_get_is_remote(application))
        return false;
    g_action_group_activate_action(G_ACTION_GROUP(application), "page", g_variant_new_string(page));
    return true;
}

static gint handle_local_options(GApplication *application, GVariantDict *options)
{
    UiApp *app = UI_APP(application);

    if (g_variant_dict_contains(options, "version")) {
        g_print("simauth-ui %s\n", SIMAUTH_VERSION);
        return 0;
    }
    if (!g_strcmp0(demo_state, "list"))
        return print_demo_states();
    app->background = g_variant_dict_contains(options, "background");
    g_variant_dict_lookup(options, "page", "s", &app->page);
    if (demo_state) {
        /* Not the window that watches real calls: another name, and never in its place. */
        app->demo_state = g_steal_pointer(&demo_state);
        g_application_set_application_id(application, UI_APP_ID ".Demo");
        g_application_set_flags(application, G_APPLICATION_NON_UNIQUE);
    }
    return app->page && turned_elsewhere(application, app->page) ? 0 : -1;
}

static void shut_down(GApplication *application)
{
    GDBusConnection *bus = g_application_get_dbus_connection(application);

    ui_undo_settle(UI_APP(application));
    if (bus)
        (void)g_dbus_connection_flush_sync(bus, NULL, NULL);
    G_APPLICATION_CLASS(ui_app_parent_class)->shutdown(application);
}

static void dispose(GObject *object)
{
    UiApp *app = UI_APP(object);

    g_clear_object(&app->notifier);
    g_clear_object(&app->sims);
    g_clear_object(&app->phones);
    g_clear_pointer(&app->demo, demo_free);
    g_clear_pointer(&app->demo_state, g_free);
    g_clear_pointer(&app->page, g_free);
    G_OBJECT_CLASS(ui_app_parent_class)->dispose(object);
}

static void ui_app_class_init(UiAppClass *class)
{
    G_APPLICATION_CLASS(class)->startup = startup;
    G_APPLICATION_CLASS(class)->activate = activate;
    G_APPLICATION_CLASS(class)->shutdown = shut_down;
    G_APPLICATION_CLASS(class)->handle_local_options = handle_local_options;
    G_OBJECT_CLASS(class)->dispose = dispose;
}

static void ui_app_init(UiApp *app)
{
    static const GOptionEntry options[] = {
        {"background", 0, 0, G_OPTION_ARG_NONE, NULL,
         N_("Watch for calls and tell of them, without a window"), NULL},
        {"page", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Show that page first: now, history, ..."),
         N_("PAGE")},
        {"demo", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, parse_demo,
         N_("Show what no phone is behind: one state, or all of them in turn; \"list\" names them"),
         N_("STATE")},
        {"version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Print the version"), NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };

    g_application_add_main_option_entries(G_APPLICATION(app), options);
}

UiApp *ui_app_new(void)
{
    return g_object_new(UI_TYPE_APP, "application-id", UI_APP_ID, "flags",
                        G_APPLICATION_DEFAULT_FLAGS, "resource-base-path", UI_RESOURCES, NULL);
}
