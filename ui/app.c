/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app.h"
#include "window.h"

struct _UiApp {
    AdwApplication parent;
    UiPhones *phones;
    bool background; /* --background: watch for calls, show no window yet */
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

/* -- actions ------------------------------------------------------------------------------------
 */

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

static void act_quit(GSimpleAction *action, GVariant *parameter, gpointer app)
{
    (void)action, (void)parameter;
    g_application_quit(app);
}

static void add_actions(UiApp *app)
{
    static const GActionEntry entries[] = {
        {"page", act_page, "s", NULL, NULL, {0}},
        {"about", act_about, NULL, NULL, NULL, {0}},
        {"quit", act_quit, NULL, NULL, NULL, {0}},
    };
    static const char *const quit[] = {"<Control>q", NULL};

    g_action_map_add_action_entries(G_ACTION_MAP(app), entries, G_N_ELEMENTS(entries), app);
    gtk_application_set_accels_for_action(GTK_APPLICATION(app), "app.quit", quit);
}

/* -- life ---------------------------------------------------------------------------------------
 */

static void startup(GApplication *application)
{
    UiApp *app = UI_APP(application);

    G_APPLICATION_CLASS(ui_app_parent_class)->startup(application);
    gtk_window_set_default_icon_name(UI_APP_ID);
    app->phones = ui_phones_new(g_application_get_dbus_connection(application));
    add_actions(app);
}

static void activate(GApplication *application)
{
    UiApp *app = UI_APP(application);

    if (!app->background) {
        ui_app_show(app, NULL);
        return;
    }
    app->background = false; /* the next activation is somebody who wants to see the window */
    if (!app->held) {
        app->held = true;
        g_application_hold(application);
    }
}

static gint handle_local_options(GApplication *application, GVariantDict *options)
{
    UiApp *app = UI_APP(application);

    if (g_variant_dict_contains(options, "version")) {
        g_print("simauth-ui %s\n", SIMAUTH_VERSION);
        return 0;
    }
    app->background = g_variant_dict_contains(options, "background");
    return -1;
}

static void dispose(GObject *object)
{
    UiApp *app = UI_APP(object);

    g_clear_object(&app->phones);
    G_OBJECT_CLASS(ui_app_parent_class)->dispose(object);
}

static void ui_app_class_init(UiAppClass *class)
{
    G_APPLICATION_CLASS(class)->startup = startup;
    G_APPLICATION_CLASS(class)->activate = activate;
    G_APPLICATION_CLASS(class)->handle_local_options = handle_local_options;
    G_OBJECT_CLASS(class)->dispose = dispose;
}

static void ui_app_init(UiApp *app)
{
    static const GOptionEntry options[] = {
        {"background", 0, 0, G_OPTION_ARG_NONE, NULL,
         N_("Watch for calls and tell of them, without a window"), NULL},
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
