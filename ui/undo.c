/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "undo.h"
#include "window.h"

#define SECONDS 10  /* to read it and to find its button, or its key */
#define DATA "undo" /* of the application: the one that waits */

struct undo {
    UiApp *app;
    AdwToast *toast;
    ui_undo_over over;
    gpointer data;
};

static void can_take_back(UiApp *app, gboolean can)
{
    GAction *action = g_action_map_lookup_action(G_ACTION_MAP(app), UI_UNDO_ACTION);

    g_simple_action_set_enabled(G_SIMPLE_ACTION(action), can);
}

void ui_undo_begin(UiApp *app)
{
    can_take_back(app, FALSE);
}

static void settle(struct undo *undo, gboolean taken_back)
{
    g_object_set_data(G_OBJECT(undo->app), DATA, NULL);
    can_take_back(undo->app, FALSE);
    g_signal_handlers_disconnect_by_data(undo->toast, undo);
    undo->over(taken_back, undo->data);
    g_object_unref(undo->toast);
    g_free(undo);
}

static void take_back(struct undo *undo)
{
    settle(undo, TRUE);
}

static void go_on(struct undo *undo)
{
    settle(undo, FALSE);
}

static void end(UiApp *app, gboolean taken_back)
{
    struct undo *undo = g_object_get_data(G_OBJECT(app), DATA);
    AdwToast *toast;

    if (!undo)
        return;
    toast = g_object_ref(undo->toast);
    settle(undo, taken_back);
    adw_toast_dismiss(toast); /* else the next one would wait behind it */
    g_object_unref(toast);
}

void ui_undo_settle(UiApp *app)
{
    end(app, FALSE);
}

void ui_undo_take_back(UiApp *app)
{
    end(app, TRUE);
}

void ui_undo_offer(UiApp *app, const char *text, ui_undo_over over, gpointer data)
{
    GtkWindow *window = ui_app_window(app);
    struct undo *undo;
    char *literal;

    ui_undo_settle(app);
    if (!window) {
        over(FALSE, data);
        return;
    }
    undo = g_new0(struct undo, 1);
    literal = g_markup_escape_text(text, -1); /* a toast's title is markup */
    undo->app = app;
    undo->toast = adw_toast_new(literal);
    undo->over = over;
    undo->data = data;
    adw_toast_set_button_label(undo->toast, _("_Undo"));
    adw_toast_set_timeout(undo->toast, SECONDS);
    adw_toast_set_priority(undo->toast, ADW_TOAST_PRIORITY_HIGH); /* at once */
    g_object_set_data(G_OBJECT(app), DATA, undo);
    can_take_back(app, TRUE);
    g_signal_connect_swapped(undo->toast, "button-clicked", G_CALLBACK(take_back), undo);
    g_signal_connect_swapped(undo->toast, "dismissed", G_CALLBACK(go_on), undo);
    ui_window_add_toast(UI_WINDOW(window), g_object_ref(undo->toast));
    g_free(literal);
}
