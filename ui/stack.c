/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack.h"

static void hide_others(GtkStack *stack)
{
    GtkWidget *shown = gtk_stack_get_visible_child(stack);

    for (GtkWidget *child = gtk_widget_get_first_child(GTK_WIDGET(stack)); child;
         child = gtk_widget_get_next_sibling(child))
        gtk_accessible_update_state(GTK_ACCESSIBLE(child), GTK_ACCESSIBLE_STATE_HIDDEN,
                                    child != shown, -1);
}

GtkWidget *ui_stack_new(void)
{
    GtkWidget *stack = gtk_stack_new();

    g_signal_connect(stack, "notify::visible-child", G_CALLBACK(hide_others), NULL);
    g_signal_connect_object(gtk_stack_get_pages(GTK_STACK(stack)), "items-changed",
                            G_CALLBACK(hide_others), stack, G_CONNECT_SWAPPED);
    return stack;
}
