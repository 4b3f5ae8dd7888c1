/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "focus.h"

#define DATA "by-keyboard" /* of a window: the last that a person did in it was a key */

static void show_again(GtkWindow *window)
{
    if (g_object_get_data(G_OBJECT(window), DATA) && !gtk_window_get_focus_visible(window))
        gtk_window_set_focus_visible(window, TRUE);
}

static gboolean used(GtkEventController *controller, GdkEvent *event, GtkWindow *window)
{
    GdkEventType type = gdk_event_get_event_type(event);

    (void)controller;
    if (type == GDK_KEY_PRESS)
        g_object_set_data(G_OBJECT(window), DATA, window);
    else if (type == GDK_BUTTON_PRESS || type == GDK_TOUCH_BEGIN)
        g_object_set_data(G_OBJECT(window), DATA, NULL);
    return GDK_EVENT_PROPAGATE;
}

static void keep(GtkApplication *app, GtkWindow *window)
{
    GtkEventController *controller = gtk_event_controller_legacy_new();
    GtkWindow *parent = gtk_window_get_transient_for(window);

    (void)app;
    /* A dialog that a key has opened. */
    if (parent && g_object_get_data(G_OBJECT(parent), DATA))
        g_object_set_data(G_OBJECT(window), DATA, window);
    gtk_event_controller_set_propagation_phase(controller, GTK_PHASE_CAPTURE);
    g_signal_connect(controller, "event", G_CALLBACK(used), window);
    gtk_widget_add_controller(GTK_WIDGET(window), controller);
    g_signal_connect(window, "notify::focus-visible", G_CALLBACK(show_again), NULL);
}

void ui_focus_keep_visible(GtkApplication *app)
{
    g_signal_connect(app, "window-added", G_CALLBACK(keep), NULL);
}
