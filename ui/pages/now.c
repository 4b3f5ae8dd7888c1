/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes on now: a card for each call; without one, whether everything is ready for it. */
#include "call_card.h"
#include "pages.h"
#include "stack.h"
#include "words.h"

#include <string.h>

struct now {
    UiApp *app;
    GtkStack *stack;
    GtkWidget *cards;
    AdwStatusPage *status;
    GtkWidget *act;
    const char *target; /* what `act` leads to: a page's name, or "" for the assistant */
    GtkLabel *problem;
};

/* -- without a call ---------------------------------------------------------------------------- */

struct status {
    const char *state, *icon, *title, *text, *act, *target;
};

/* What each state of a phone means for a person, and the way on. */
static const struct status states[] = {
    {"", "call-stop-symbolic", N_("No Linphone Is Running"),
     N_("Start Linphone. As soon as it runs with the SIMAUTH plugin, this page shows who is "
        "calling "
        "and who vouches for them."),
     NULL, NULL},
    {"silent", "content-loading-symbolic", N_("Linphone Does Not Answer"),
     N_("It runs, and may be busy. If this stays, close it and start it again. No call can be "
        "shown "
        "until it answers."),
     NULL, NULL},
    {"unset", "auth-sim-symbolic", N_("Not Set Up Yet"),
     N_("Choose the SIM that answers for you. It takes less than a minute."), N_("_Set Up…"), ""},
    {"off", "security-low-symbolic", N_("Switched Off"),
     N_("Calls are not verified, because that is what your settings say."), N_("Open _Preferences"),
     "preferences"},
    {"broken", "dialog-error-symbolic", N_("Settings Cannot Be Used"),
     N_("Calls are shown as not authenticated until this is mended."), N_("Open _Diagnosis"),
     "diagnosis"},
    {"starting", "content-loading-symbolic", N_("Asking SIM and Operator…"),
     N_("That takes a few seconds."), NULL, NULL},
    {"not-ready", "dialog-warning-symbolic", N_("Not Ready"),
     N_("Calls go on, and are shown as not authenticated."), N_("Open _Diagnosis"), "diagnosis"},
    {"ready", "security-high-symbolic", N_("Ready"),
     N_("No call at the moment. A call with somebody who has SIMAUTH too is verified."), NULL,
     NULL},
    {"ready-off", "security-low-symbolic", N_("Switched Off"),
     N_("Only calls with contacts of whom you want proof are verified, because that is what your "
        "settings say."),
     N_("Open _Preferences"), "preferences"},
    {"not-vouched", "dialog-warning-symbolic", N_("No Operator Vouches for Your Address"),
     N_("SIM and operator answer, and your calls are shown as not authenticated until your "
        "operator vouches for your address."),
     N_("Open _Diagnosis"), "diagnosis"},
};

/* What stands in the way, told by where it is. */
static const struct status obstacles[] = {
    {"locked", "dialog-password-symbolic", N_("The SIM Needs Its PIN"),
     N_("Until it is open, calls are shown as not authenticated."), N_("_Enter PIN…"), "sims"},
    {"absent", "media-removable-symbolic", N_("No SIM in the Reader"),
     N_("Put your SIM into the reader. Until then calls are shown as not authenticated."),
     N_("Look at _SIMs"), "sims"},
    {"blocked", "dialog-error-symbolic", N_("The SIM Is Blocked"),
     N_("Too many wrong PINs. A mobile phone or your operator can open it with the PUK."),
     N_("Look at _SIMs"), "sims"},
    {"other", "dialog-warning-symbolic", N_("Another SIM Is in the Reader"),
     N_("It is not the one that answered before. Put that one back, or set up this one."),
     N_("Look at _SIMs"), "sims"},
    {"down", "network-error-symbolic", N_("The Operator Does Not Answer"),
     N_("Calls go on, and are shown as not authenticated. Check the connection to the Internet."),
     N_("Open _Diagnosis"), "diagnosis"},
    {"refused", "dialog-error-symbolic", N_("The Operator Refuses This SIM"),
     N_("Ask your operator whether your SIM takes part."), N_("Open _Diagnosis"), "diagnosis"},
    {"unnamed", "network-error-symbolic", N_("No Operator Is Set"),
     N_("The SIM does not name its operator’s gateway. Say who it is."), N_("_Set Up…"), ""},
};

static const struct status *find(const struct status *list, guint count, const char *state)
{
    for (guint i = 0; i < count; i++) {
        if (!strcmp(list[i].state, state))
            return &list[i];
    }
    return NULL;
}

static const char *first_text(GListModel *list, const char *name)
{
    UiRecord *record = g_list_model_get_item(list, 0);
    const char *text = record ? ui_record_text(record, name) : "";

    g_clear_object(&record); /* the list holds it */
    return text;
}

static bool is_vouched(UiRecord *account)
{
    return ui_record_flag(account, "Vouched");
}

static bool is_asked_about(UiRecord *account)
{
    return strcmp(ui_record_text(account, "Policy"), "off");
}

static bool can_be_verified(UiRecord *account)
{
    return is_vouched(account) && is_asked_about(account);
}

/* Without an account nothing is known yet: true. */
static bool some_account(UiPhone *phone, bool (*is)(UiRecord *account))
{
    GListModel *accounts = ui_phone_accounts(phone);
    guint count = g_list_model_get_n_items(accounts);
    bool found = !count;

    for (guint i = 0; i < count && !found; i++) {
        UiRecord *account = g_list_model_get_item(accounts, i);
        found = is(account);
        g_object_unref(account);
    }
    return found;
}

/* SIM and gateway can answer, and yet no call of this phone's be verified. */
static const char *state_of(UiPhone *phone)
{
    const char *state = ui_record_text(ui_phone_state(phone), "State");

    if (strcmp(state, "ready"))
        return state;
    if (!some_account(phone, is_asked_about))
        return "ready-off";
    return some_account(phone, can_be_verified) ? state : "not-vouched";
}

/* The nearest obstacle: without a SIM nothing is asked of the gateway. */
static const struct status *status_of(UiPhone *phone, guint silent)
{
    const char *state = phone ? state_of(phone) : silent ? "silent" : "";
    const struct status *found = NULL;

    if (!strcmp(state, "not-ready")) {
        found = find(obstacles, G_N_ELEMENTS(obstacles), first_text(ui_phone_sims(phone), "State"));
        if (!found)
            found = find(obstacles, G_N_ELEMENTS(obstacles),
                         first_text(ui_phone_accounts(phone), "GatewayState"));
    }
    if (!found)
        found = find(states, G_N_ELEMENTS(states), state);
    return found ? found : find(states, G_N_ELEMENTS(states), "not-ready");
}

/* Ready as whom; else the plugin's own sentence, which knows more than the table. */
static char *description(UiPhone *phone, const struct status *status)
{
    UiRecord *state = phone ? ui_phone_state(phone) : NULL;
    const char *nai = state ? ui_record_text(state, "Nai") : "";
    char *text, *said, *literal;

    if (!strcmp(status->state, "ready") && *nai)
        text = g_strdup_printf(_("%s\nYou are %s, vouched for by %s."), _(status->text), nai,
                               ui_record_text(state, "Operator"));
    else if (!strcmp(status->state, "broken") || !strcmp(status->state, "not-ready")) {
        said = ui_words_said(ui_record_text(state, "StateText"));
        text = g_strdup_printf("%s\n%s", _(status->text), said);
        g_free(said);
    } else {
        text = g_strdup(_(status->text));
    }
    literal = g_markup_escape_text(text, -1); /* a status page's text is markup */
    g_free(text);
    return literal;
}

/* With several phones: the one that needs a person first. */
static UiPhone *worst_phone(UiPhones *phones)
{
    UiPhone *worst = ui_phones_first(phones);

    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(phones)); i++) {
        UiPhone *phone = g_list_model_get_item(G_LIST_MODEL(phones), i);
        if (strcmp(state_of(phone), "ready"))
            worst = phone;
        g_object_unref(phone);
    }
    return worst;
}

static void show_problem(struct now *now, UiPhones *phones)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(phones));
    UiPhone *first = ui_phones_first(phones);
    const char *problem = first ? ui_record_text(ui_phone_state(first), "Problem") : "";
    char *text =
        *problem || count <= 1
            ? ui_words_said(problem)
            : g_strdup_printf(
                  ngettext("%u Linphone is running.", "%u Linphones are running.", count), count);

    gtk_label_set_text(now->problem, text);
    g_free(text);
    gtk_widget_set_visible(GTK_WIDGET(now->problem), *gtk_label_get_text(now->problem) != '\0');
}

static void show_status(struct now *now)
{
    UiPhones *phones = ui_app_phones(now->app);
    UiPhone *phone = worst_phone(phones);
    const struct status *status = status_of(phone, ui_phones_silent(phones));
    char *text = description(phone, status);

    adw_status_page_set_icon_name(now->status, status->icon);
    adw_status_page_set_title(now->status, _(status->title));
    adw_status_page_set_description(now->status, text);
    gtk_widget_set_visible(now->act, status->act != NULL);
    if (status->act)
        gtk_button_set_label(GTK_BUTTON(now->act), _(status->act));
    now->target = status->target;
    show_problem(now, phones);
    g_free(text);
}

static void act(GtkButton *button, struct now *now)
{
    (void)button;
    if (now->target && *now->target)
        ui_app_show(now->app, now->target);
    else
        g_action_group_activate_action(G_ACTION_GROUP(now->app), "assistant", NULL);
}

/* -- with calls -------------------------------------------------------------------------------- */

static void calls_changed(GListModel *calls, guint at, guint removed, guint added, struct now *now)
{
    GtkWidget *after = NULL, *card = gtk_widget_get_first_child(now->cards);

    for (guint i = 0; i < at; i++) {
        after = card;
        card = gtk_widget_get_next_sibling(card);
    }
    for (guint i = 0; i < removed; i++) {
        GtkWidget *next = gtk_widget_get_next_sibling(card);
        gtk_box_remove(GTK_BOX(now->cards), card);
        card = next;
    }
    for (guint i = 0; i < added; i++) {
        UiRecord *call = g_list_model_get_item(calls, at + i);
        GtkWidget *made = ui_call_card_new(now->app, call);
        gtk_box_insert_child_after(GTK_BOX(now->cards), made, after);
        after = made;
        g_object_unref(call);
    }
    gtk_stack_set_visible_child_name(now->stack,
                                     g_list_model_get_n_items(calls) ? "calls" : "status");
}

/* -- building ---------------------------------------------------------------------------------- */

static void phones_changed(UiPhones *phones, GObject *stack)
{
    (void)phones;
    show_status(g_object_get_data(stack, "now"));
}

static void list_changed(GListModel *calls, guint at, guint removed, guint added, GObject *stack)
{
    calls_changed(calls, at, removed, added, g_object_get_data(stack, "now"));
}

static GtkWidget *make_status(struct now *now)
{
    GtkWidget *page = ui_page_status("", "", ""), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);
    GtkWidget *problem = gtk_label_new("");

    now->status = ADW_STATUS_PAGE(page);
    now->problem = GTK_LABEL(problem);
    gtk_label_set_wrap(now->problem, TRUE);
    gtk_label_set_justify(now->problem, GTK_JUSTIFY_CENTER);
    now->act = ui_pill("", "suggested-action");
    g_signal_connect(now->act, "clicked", G_CALLBACK(act), now);
    gtk_box_append(GTK_BOX(box), problem);
    gtk_box_append(GTK_BOX(box), now->act);
    adw_status_page_set_child(now->status, box);
    return page;
}

/* What goes on stands above what is over, and then the newest first. */
static int newest_first(gconstpointer a, gconstpointer b, gpointer nothing)
{
    UiRecord *first = (UiRecord *)a, *second = (UiRecord *)b;
    bool over = ui_record_number(first, "Ended"), other_over = ui_record_number(second, "Ended");
    gint64 began = ui_record_number(first, "Began"), other = ui_record_number(second, "Began");

    (void)nothing;
    if (over != other_over)
        return over ? 1 : -1;
    return began == other ? 0 : began > other ? -1 : 1;
}

static void call_changed(UiRecord *call, GtkSorter *sorter)
{
    gpointer over = GINT_TO_POINTER(ui_record_number(call, "Ended") != 0);

    if (g_object_get_data(G_OBJECT(call), "sorted-over") == over)
        return;
    g_object_set_data(G_OBJECT(call), "sorted-over", over);
    gtk_sorter_changed(sorter, GTK_SORTER_CHANGE_DIFFERENT);
}

/* A list is sorted as its items come; one that ends changes its place. */
static void watch_new(GListModel *calls, guint at, guint removed, guint added, GtkSorter *sorter)
{
    (void)removed;
    for (guint i = at; i < at + added; i++) {
        UiRecord *call = g_list_model_get_item(calls, i);
        g_object_set_data(G_OBJECT(call), "sorted-over",
                          GINT_TO_POINTER(ui_record_number(call, "Ended") != 0));
        g_signal_handlers_disconnect_by_func(call, call_changed, sorter);
        g_signal_connect_object(call, "changed", G_CALLBACK(call_changed), sorter, 0);
        g_object_unref(call);
    }
}

static GListModel *sorted_calls(UiApp *app)
{
    GListModel *calls = g_object_ref(ui_phones_calls(ui_app_phones(app)));
    GtkSorter *sorter = GTK_SORTER(gtk_custom_sorter_new(newest_first, NULL, NULL));

    g_signal_connect_object(calls, "items-changed", G_CALLBACK(watch_new), sorter, 0);
    watch_new(calls, 0, 0, g_list_model_get_n_items(calls), sorter);
    return G_LIST_MODEL(gtk_sort_list_model_new(calls, sorter));
}

GtkWidget *ui_page_now(UiApp *app)
{
    struct now *now = g_new0(struct now, 1);
    GListModel *calls = sorted_calls(app);
    GtkWidget *stack = ui_stack_new();

    g_object_set_data_full(G_OBJECT(stack), "calls", calls, g_object_unref);
    now->app = app;
    now->stack = GTK_STACK(stack);
    now->cards = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);
    g_object_set_data_full(G_OBJECT(stack), "now", now, g_free);
    gtk_stack_add_named(now->stack, make_status(now), "status");
    gtk_stack_add_named(now->stack, ui_page_frame(now->cards), "calls");
    gtk_stack_set_vhomogeneous(now->stack, FALSE);
    g_signal_connect_object(calls, "items-changed", G_CALLBACK(list_changed), stack, 0);
    g_signal_connect_object(ui_app_phones(app), "changed", G_CALLBACK(phones_changed), stack, 0);
    calls_changed(calls, 0, 0, g_list_model_get_n_items(calls), now);
    show_status(now);
    return stack;
}
