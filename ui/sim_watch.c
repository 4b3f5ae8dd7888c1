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

static void ask_person(UiRecord *sim)
{
    UiSimWatch *watch = g_object_get_data(G_OBJECT(sim), "watch");
    UiPhone *phone = ui_phone_of(sim);

    if (!watch || !phone || ui_assistant_is_open(watch->app))
        return;
    if (ui_app_window(watch->app))
        ui_pin_ask(watch->app, phone, sim);
    else
        notify(watch->app);
}

static void remembered_given(gboolean opened, gpointer owner)
{
    if (!opened && ui_sim_is(owner, "locked"))
        ask_person(owner);
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
        g_application_withdraw_notification(G_APPLICATION(watch->app), NOTIFICATION);
    else if (!asked && ui_phone_of(sim))
        ui_pin_give_remembered(ui_phone_of(sim), sim, remembered_given, G_OBJECT(sim));
}

static void sims_changed(GListModel *sims, guint at, guint removed, guint added, UiSimWatch *watch)
{
    (void)removed;
    for (guint i = at; i < at + added; i++) {
        UiRecord *sim = g_list_model_get_item(sims, i);
        g_object_set_data_full(G_OBJECT(sim), "watch", g_object_ref(watch), g_object_unref);
        g_signal_connect_object(sim, "changed", G_CALLBACK(sim_changed), watch, 0);
        sim_changed(sim, watch);
        g_object_unref(sim);
    }
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
    (void)removed;
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
