/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_watch.h"
#include "assistant.h"
#include "pin.h"
#include "sim_words.h"

#define NOTIFICATION "pin"

struct _UiSimWatch {
    GObject parent;
    UiApp *app;
    gboolean offered;
};

G_DEFINE_FINAL_TYPE(UiSimWatch, ui_sim_watch, G_TYPE_OBJECT)

/* -- one SIM ----------------------------------------------------------------------------------- */

static void notify(UiApp *app)
{
    GNotification *notification = g_notification_new(_("Your SIM wants its PIN"));

    g_notification_set_body(notification,
                            _("Until you enter it, your operator does not vouch for your calls."));
    g_notification_set_default_action_and_target(notification, "app.page", "s", "sims");
    g_application_send_notification(G_APPLICATION(app), NOTIFICATION, notification);
    g_object_unref(notification);
}

/* Behind one that the person is asked about already: what they type is not to go. */
static void ask_person(UiRecord *sim)
{
    UiSimWatch *watch = g_object_get_data(G_OBJECT(sim), "watch");
    UiPhone *phone = ui_phone_of(sim);
    UiRecord *other;

    if (!watch || !phone || ui_assistant_is_open(watch->app))
        return;
    other = ui_pin_asks_about(watch->app);
    if (!ui_app_window(watch->app))
        notify(watch->app);
    else if (other && other != sim)
        g_object_set_data(G_OBJECT(sim), "waits", watch);
    else
        ui_pin_ask(watch->app, phone, sim);
}

static void ask_if_it_waits(UiRecord *sim)
{
    if (g_object_steal_data(G_OBJECT(sim), "waits") && ui_sim_is(sim, "locked"))
        ask_person(sim);
}

/* One after the other, each in its turn of the loop: a dialog has left by then. */
static gboolean ask_next(gpointer data)
{
    UiSimWatch *watch = data;
    GListModel *phones = G_LIST_MODEL(ui_app_phones(watch->app));

    for (guint i = 0; i < g_list_model_get_n_items(phones); i++) {
        UiPhone *phone = g_list_model_get_item(phones, i);
        UiRecord *sim = ui_sim_first(ui_phone_sims(phone));
        if (sim && !ui_pin_asks_about(watch->app))
            ask_if_it_waits(sim);
        g_object_unref(phone);
    }
    return G_SOURCE_REMOVE;
}

static void window_gone(UiSimWatch *watch)
{
    if (ui_app_window(watch->app) || ui_app_watches(watch->app))
        g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, ask_next, g_object_ref(watch), g_object_unref);
}

static void remembered_given(gboolean opened, gpointer owner)
{
    if (!opened && ui_sim_is(owner, "locked"))
        ask_person(owner);
}

/* It is one for all that are locked, and for one that was and is busy now. */
static void withdraw_after_last(UiSimWatch *watch)
{
    GListModel *phones = G_LIST_MODEL(ui_app_phones(watch->app));
    gboolean wanted = FALSE;

    if (!phones) /* the program ends */
        return;
    for (guint i = 0; i < g_list_model_get_n_items(phones) && !wanted; i++) {
        UiPhone *phone = g_list_model_get_item(phones, i);
        UiRecord *sim = ui_sim_first(ui_phone_sims(phone));
        wanted = sim && g_object_get_data(G_OBJECT(sim), "asked");
        g_object_unref(phone);
    }
    if (!wanted)
        g_application_withdraw_notification(G_APPLICATION(watch->app), NOTIFICATION);
}

/* Once for each time that it is locked: whoever closed the dialog is not asked again and again. */
static void sim_changed(UiRecord *sim, UiSimWatch *watch)
{
    gboolean locked = ui_sim_is(sim, "locked"), asked = FALSE;

    if (ui_sim_is(sim, "busy"))
        return;
    asked = g_object_get_data(G_OBJECT(sim), "asked") != NULL;
    g_object_set_data(G_OBJECT(sim), "asked", locked ? watch : NULL);
    if (!locked)
        withdraw_after_last(watch);
    else if (!asked && ui_phone_of(sim))
        ui_pin_give_remembered(ui_phone_of(sim), sim, remembered_given, G_OBJECT(sim));
}

static void sims_changed(GListModel *sims, guint at, guint removed, guint added, UiSimWatch *watch)
{
    for (guint i = at; i < at + added; i++) {
        UiRecord *sim = g_list_model_get_item(sims, i);
        g_object_set_data_full(G_OBJECT(sim), "watch", g_object_ref(watch), g_object_unref);
        g_signal_connect_object(sim, "changed", G_CALLBACK(sim_changed), watch, 0);
        sim_changed(sim, watch);
        g_object_unref(sim);
    }
    if (removed)
        withdraw_after_last(watch);
}

/* -- nothing is set up yet --------------------------------------------------------------------- */

/* Once: whoever closed the assistant finds it in the menu. */
static void offer_assistant(UiSimWatch *watch)
{
    UiPhone *first = ui_phones_first(ui_app_phones(watch->app));

    if (watch->offered || !first || !ui_app_window(watch->app) ||
        g_strcmp0(ui_record_text(ui_phone_state(first), "State"), "unset"))
        return;
    watch->offered = TRUE;
    ui_assistant_show(watch->app, NULL);
}

/* -- all phones -------------------------------------------------------------------------------- */

static void phones_changed(GListModel *phones, guint at, guint removed, guint added,
                           UiSimWatch *watch)
{
    for (guint i = at; i < at + added; i++) {
        UiPhone *phone = g_list_model_get_item(phones, i);
        GListModel *sims = ui_phone_sims(phone);
        ui_phone_ask(phone, "AskForPin", g_variant_new("(b)", TRUE), NULL, G_OBJECT(watch));
        g_signal_connect_object(sims, "items-changed", G_CALLBACK(sims_changed), watch, 0);
        sims_changed(sims, 0, 0, g_list_model_get_n_items(sims), watch);
        g_signal_connect_object(ui_phone_state(phone), "changed", G_CALLBACK(offer_assistant),
                                watch, G_CONNECT_SWAPPED);
        g_object_unref(phone);
    }
    if (removed)
        withdraw_after_last(watch);
    offer_assistant(watch);
}

UiSimWatch *ui_sim_watch_new(UiApp *app)
{
    UiSimWatch *watch = g_object_new(UI_TYPE_SIM_WATCH, NULL);
    GListModel *phones = G_LIST_MODEL(ui_app_phones(app));

    watch->app = app;
    g_signal_connect_object(phones, "items-changed", G_CALLBACK(phones_changed), watch, 0);
    g_signal_connect_object(app, "window-added", G_CALLBACK(offer_assistant), watch,
                            G_CONNECT_SWAPPED | G_CONNECT_AFTER);
    g_signal_connect_object(app, "window-removed", G_CALLBACK(window_gone), watch,
                            G_CONNECT_SWAPPED | G_CONNECT_AFTER);
    phones_changed(phones, 0, 0, g_list_model_get_n_items(phones), watch);
    return watch;
}

static void ui_sim_watch_class_init(UiSimWatchClass *class)
{
    (void)class;
}

static void ui_sim_watch_init(UiSimWatch *watch)
{
    (void)watch;
}
