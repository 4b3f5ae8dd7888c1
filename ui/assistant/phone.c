/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first step: a Linphone with the plugin and an account in it. */
#include "linphone.h"
#include "stack.h"
#include "steps.h"

struct step {
    UiAssistant *assistant;
    GtkWidget *stack, *accounts, *next, *why;
    GPtrArray *rows;
};

static void go_on(UiAssistant *assistant)
{
    ui_assistant_go(assistant, "sim");
}

static void start(UiAssistant *assistant)
{
    GError *error = NULL;

    if (!ui_linphone_start(&error))
        ui_app_toast(ui_assistant_app(assistant), error->message);
    g_clear_error(&error);
}

/* -- accounts ---------------------------------------------------------------------------------- */

static const char *registration(UiRecord *account)
{
    const char *is = ui_record_text(account, "Registration");

    if (!g_strcmp0(is, "ok"))
        return _("Registered");
    if (!g_strcmp0(is, "failed"))
        return _("Not registered: look at the account in Linphone");
    return !g_strcmp0(is, "progress") ? _("Registering") : _("Not registered");
}

static const char *without_scheme(const char *aor)
{
    return g_str_has_prefix(aor, "sip:") ? aor + 4 : aor;
}

static void fill(struct step *step, GListModel *accounts)
{
    for (guint i = 0; i < step->rows->len; i++)
        adw_preferences_group_remove(ADW_PREFERENCES_GROUP(step->accounts), step->rows->pdata[i]);
    g_ptr_array_set_size(step->rows, 0);
    for (guint i = 0; accounts && i < g_list_model_get_n_items(accounts); i++) {
        UiRecord *account = g_list_model_get_item(accounts, i);
        GtkWidget *row = adw_action_row_new();
        adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
        adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row),
                                      without_scheme(ui_record_text(account, "Aor")));
        adw_action_row_set_subtitle(ADW_ACTION_ROW(row), registration(account));
        adw_preferences_group_add(ADW_PREFERENCES_GROUP(step->accounts), row);
        g_ptr_array_add(step->rows, row);
        g_object_unref(account);
    }
}

static void show(struct step *step)
{
    UiPhones *phones = ui_app_phones(ui_assistant_app(step->assistant));
    UiPhone *phone = ui_assistant_phone(step->assistant);
    GListModel *accounts = phone ? ui_phone_accounts(phone) : NULL;
    guint count = accounts ? g_list_model_get_n_items(accounts) : 0;

    fill(step, accounts);
    ui_step_say(step->why,
                count ? ""
                      : _("Linphone has no account yet: add yours in Linphone, then come back."));
    gtk_widget_set_sensitive(step->next, count > 0);
    if (phone)
        gtk_stack_set_visible_child_name(GTK_STACK(step->stack), "found");
    else
        gtk_stack_set_visible_child_name(GTK_STACK(step->stack), ui_phones_silent(phones) ? "silent"
                                                                 : ui_linphone_runs() ? "without"
                                                                                      : "none");
}

/* Whether one is silent: no phone of the assistant's changes then. */
static void show_without_phone(struct step *step)
{
    if (!ui_assistant_phone(step->assistant))
        show(step);
}

/* -- building ---------------------------------------------------------------------------------- */

static void add_none(struct step *step)
{
    GtkWidget *button;
    GtkWidget *none = ui_step_page(step->assistant, _("Start Linphone"),
                                   _("Verified calls are made with Linphone. As soon as it runs, "
                                     "this goes on."),
                                   NULL, _("Start Linphone"), start, &button);
    GtkWidget *without = ui_step_page(
        step->assistant, _("Linphone Runs Without the Plugin"),
        _("Close Linphone and start it again. If that does not help, install the package "
          "linphone-plugin-simauth; this goes on as soon as the plugin is there."),
        NULL, NULL, NULL, NULL);
    GtkWidget *silent = ui_step_page(step->assistant, _("Linphone Does Not Answer"),
                                     _("It runs, and may be busy. If this stays, close Linphone "
                                       "and start it again; this goes on "
                                       "as soon as it answers."),
                                     NULL, NULL, NULL, NULL);

    gtk_stack_add_named(GTK_STACK(step->stack), none, "none");
    gtk_stack_add_named(GTK_STACK(step->stack), silent, "silent");
    gtk_stack_add_named(GTK_STACK(step->stack), without, "without");
}

static void add_found(struct step *step)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);

    step->accounts = adw_preferences_group_new();
    step->why = ui_step_line();
    gtk_box_append(GTK_BOX(box), step->accounts);
    gtk_box_append(GTK_BOX(box), step->why);
    gtk_stack_add_named(
        GTK_STACK(step->stack),
        ui_step_page(step->assistant, _("Know Who Is Speaking"),
                     _("With the SIM of your mobile operator, the people you call see that it is "
                       "you, and you see who they are. This sets it up for:"),
                     box, _("Continue"), go_on, &step->next),
        "found");
}

static void free_step(gpointer data)
{
    struct step *step = data;

    g_signal_handlers_disconnect_by_data(step->assistant, step);
    g_signal_handlers_disconnect_by_data(ui_app_phones(ui_assistant_app(step->assistant)), step);
    g_ptr_array_unref(step->rows);
    g_free(step);
}

GtkWidget *ui_assistant_step_phone(UiAssistant *assistant)
{
    struct step *step = g_new0(struct step, 1);

    step->assistant = assistant;
    step->rows = g_ptr_array_new();
    step->stack = ui_stack_new();
    add_none(step);
    add_found(step);
    g_object_set_data_full(G_OBJECT(step->stack), "step", step, free_step);
    g_signal_connect_swapped(step->stack, "map", G_CALLBACK(show), step);
    g_signal_connect_data(assistant, "phone-changed", G_CALLBACK(show), step, NULL,
                          G_CONNECT_SWAPPED);
    g_signal_connect_swapped(ui_app_phones(ui_assistant_app(assistant)), "changed",
                             G_CALLBACK(show_without_phone), step);
    show(step);
    return step->stack;
}
