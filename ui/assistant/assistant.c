/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The assistant's window: which step is shown, and the way back. */
#include "steps.h"

#include "pages.h"
#include "pin.h"
#include "stack.h"
#include "words.h"

#define DATA "assistant" /* of the application: the window that is open */
#define LOOK_LIMIT_S 20  /* a card that does not come to an end by then is told as it is */

struct _UiAssistant {
    AdwWindow parent;
    UiApp *app;
    UiPhone *phone;
    UiRecord *sim;
    UiChain *chain;
    GtkStack *stack;
    GtkWidget *back;
    gboolean looking;
    guint limit;
};

G_DEFINE_FINAL_TYPE(UiAssistant, ui_assistant, ADW_TYPE_WINDOW)

static guint phone_changed_signal, sim_changes_signal;

UiApp *ui_assistant_app(UiAssistant *assistant)
{
    return assistant->app;
}

UiPhone *ui_assistant_phone(UiAssistant *assistant)
{
    return assistant->phone;
}

UiRecord *ui_assistant_sim(UiAssistant *assistant)
{
    return assistant->sim;
}

UiChain *ui_assistant_chain(UiAssistant *assistant)
{
    return assistant->chain;
}

/* -- steps ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    GtkWidget *(*make)(UiAssistant *assistant);
    const char *back; /* where the way back leads; NULL: there is none */
} steps[] = {
    {"phone", ui_assistant_step_phone, NULL},    {"sim", ui_assistant_step_sim, "phone"},
    {"code", ui_assistant_step_code, "sim"},     {"look", ui_assistant_step_look, "sim"},
    {"pin", ui_assistant_step_pin, "sim"},       {"gateway", ui_assistant_step_gateway, "sim"},
    {"test", ui_assistant_step_test, "gateway"}, {"done", ui_assistant_step_done, NULL},
};

static const char *way_back(const char *step)
{
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (!g_strcmp0(steps[i].name, step))
            return steps[i].back;
    }
    return NULL;
}

void ui_assistant_go(UiAssistant *assistant, const char *step)
{
    assistant->looking = !g_strcmp0(step, "look") || !g_strcmp0(step, "pin");
    if (!g_strcmp0(step, "sim"))
        g_signal_emit(assistant, sim_changes_signal, 0);
    gtk_stack_set_visible_child_name(assistant->stack, step);
    gtk_widget_set_visible(assistant->back, way_back(step) != NULL);
}

static void go_back(UiAssistant *assistant)
{
    const char *step = way_back(gtk_stack_get_visible_child_name(assistant->stack));

    if (step)
        ui_assistant_go(assistant, step);
}

/* -- the SIM as it is -------------------------------------------------------------------------- */

static void stop_limit(UiAssistant *assistant)
{
    if (assistant->limit)
        g_source_remove(assistant->limit);
    assistant->limit = 0;
}

/* What the person can do about it; the plugin knows which of many reasons it is. */
static char *why_not(UiRecord *sim)
{
    const char *text = sim ? ui_record_text(sim, "Text") : "";
    const char *advice = sim ? ui_sim_advice(sim) : "";

    if (*advice && !(ui_sim_is(sim, "failed") && *text))
        return g_strdup(advice);
    return *text ? ui_words_said(text)
                 : g_strdup(_("The SIM did not answer in time. Take it out, put it in again and "
                              "try once more."));
}

static void cannot_use(UiAssistant *assistant)
{
    char *why = why_not(assistant->sim);

    stop_limit(assistant);
    ui_assistant_go(assistant, "sim");
    ui_assistant_complain(assistant, why);
    g_free(why);
}

static gboolean too_late(gpointer data)
{
    UiAssistant *assistant = data;

    assistant->limit = 0;
    if (assistant->looking && g_strcmp0(gtk_stack_get_visible_child_name(assistant->stack), "pin"))
        cannot_use(assistant);
    return G_SOURCE_REMOVE;
}

static void sim_changed(UiAssistant *assistant)
{
    const char *step = gtk_stack_get_visible_child_name(assistant->stack);
    UiRecord *sim = assistant->sim;

    if (!assistant->looking || !sim || ui_sim_is(sim, "busy") || ui_sim_is(sim, "unknown"))
        return;
    if (ui_sim_is(sim, "locked") || ui_sim_is(sim, "blocked")) {
        stop_limit(assistant);
        if (g_strcmp0(step, "pin")) /* else the form says it by itself */
            ui_assistant_go(assistant, "pin");
    } else if (ui_sim_is(sim, "ready")) {
        stop_limit(assistant);
        ui_assistant_go(assistant, "gateway");
    } else {
        cannot_use(assistant);
    }
}

void ui_assistant_look(UiAssistant *assistant)
{
    stop_limit(assistant);
    assistant->limit = g_timeout_add_seconds(LOOK_LIMIT_S, too_late, assistant);
    ui_assistant_go(assistant, "look");
    sim_changed(assistant);
}

/* -- which phone ------------------------------------------------------------------------------- */

static void take_sim(UiAssistant *assistant)
{
    UiRecord *now = assistant->phone ? ui_sim_first(ui_phone_sims(assistant->phone)) : NULL;

    if (now != assistant->sim && assistant->sim)
        g_signal_handlers_disconnect_by_func(assistant->sim, sim_changed, assistant);
    if (now != assistant->sim && now)
        g_signal_connect_object(now, "changed", G_CALLBACK(sim_changed), assistant,
                                G_CONNECT_SWAPPED);
    g_set_object(&assistant->sim, now);
    sim_changed(assistant);
}

static void tell_change(UiAssistant *assistant)
{
    g_signal_emit(assistant, phone_changed_signal, 0);
}

static void leave_phone(UiAssistant *assistant)
{
    if (assistant->sim)
        g_signal_handlers_disconnect_by_func(assistant->sim, sim_changed, assistant);
    g_clear_object(&assistant->sim);
    if (!assistant->phone)
        return;
    g_signal_handlers_disconnect_by_data(ui_phone_sims(assistant->phone), assistant);
    g_signal_handlers_disconnect_by_data(ui_phone_accounts(assistant->phone), assistant);
    g_clear_object(&assistant->phone);
}

static void take_phone(UiAssistant *assistant)
{
    UiPhone *now = ui_phones_first(ui_app_phones(assistant->app));

    if (now == assistant->phone)
        return;
    leave_phone(assistant);
    g_set_object(&assistant->phone, now);
    if (now) {
        g_signal_connect_object(ui_phone_sims(now), "items-changed", G_CALLBACK(take_sim),
                                assistant, G_CONNECT_SWAPPED);
        g_signal_connect_object(ui_phone_accounts(now), "items-changed", G_CALLBACK(tell_change),
                                assistant, G_CONNECT_SWAPPED);
    } else if (g_strcmp0(gtk_stack_get_visible_child_name(assistant->stack), "done")) {
        ui_assistant_go(assistant, "phone"); /* Linphone ended in the middle */
    }
    take_sim(assistant);
    tell_change(assistant);
}

/* -- the window -------------------------------------------------------------------------------- */

static GtkWidget *header(UiAssistant *assistant)
{
    GtkWidget *bar = adw_header_bar_new();

    assistant->back = ui_icon_button("go-previous-symbolic", _("Back"));
    g_signal_connect_swapped(assistant->back, "clicked", G_CALLBACK(go_back), assistant);
    adw_header_bar_pack_start(ADW_HEADER_BAR(bar), assistant->back);
    adw_header_bar_set_title_widget(ADW_HEADER_BAR(bar), adw_window_title_new(_("Set Up"), NULL));
    gtk_widget_add_css_class(bar, "flat");
    return bar;
}

static void build(UiAssistant *assistant)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    assistant->stack = GTK_STACK(ui_stack_new());
    gtk_stack_set_transition_type(assistant->stack, GTK_STACK_TRANSITION_TYPE_SLIDE_LEFT_RIGHT);
    gtk_stack_set_vhomogeneous(assistant->stack, FALSE);
    gtk_box_append(GTK_BOX(box), header(assistant));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(assistant->stack));
    take_phone(assistant);
    assistant->chain = ui_chain_new(assistant->app);
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++)
        gtk_stack_add_named(assistant->stack, steps[i].make(assistant), steps[i].name);
    adw_window_set_content(ADW_WINDOW(assistant), box);
    g_signal_connect_object(ui_app_phones(assistant->app), "items-changed", G_CALLBACK(take_phone),
                            assistant, G_CONNECT_SWAPPED);
}

static void forget(GtkWidget *assistant, GObject *app)
{
    (void)assistant;
    g_object_set_data(app, DATA, NULL);
}

gboolean ui_assistant_is_open(UiApp *app)
{
    return g_object_get_data(G_OBJECT(app), DATA) != NULL;
}

void ui_assistant_show(UiApp *app, const char *step)
{
    UiAssistant *assistant = g_object_get_data(G_OBJECT(app), DATA);

    if (!assistant) {
        assistant = g_object_new(UI_TYPE_ASSISTANT, "application", app, "transient-for",
                                 ui_app_window(app), "modal", ui_app_window(app) != NULL, NULL);
        assistant->app = app;
        build(assistant);
        ui_assistant_go(assistant, "phone");
        ui_close_by_escape(GTK_WIDGET(assistant));
        g_object_set_data(G_OBJECT(app), DATA, assistant);
        g_signal_connect_object(assistant, "destroy", G_CALLBACK(forget), app, 0);
    }
    ui_pin_ask_no_more(app); /* the assistant asks for it when it comes to that */
    if (step && assistant->phone)
        ui_assistant_go(assistant, step);
    gtk_window_present(GTK_WINDOW(assistant));
}

static void dispose(GObject *object)
{
    UiAssistant *assistant = UI_ASSISTANT(object);

    stop_limit(assistant);
    g_signal_handlers_disconnect_by_data(ui_app_phones(assistant->app), assistant);
    leave_phone(assistant);
    G_OBJECT_CLASS(ui_assistant_parent_class)->dispose(object); /* the pages use the chain */
    g_clear_object(&assistant->chain);
}

static void ui_assistant_class_init(UiAssistantClass *class)
{
    G_OBJECT_CLASS(class)->dispose = dispose;
    phone_changed_signal = g_signal_new("phone-changed", UI_TYPE_ASSISTANT, G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 0);
    sim_changes_signal = g_signal_new("sim-changes", UI_TYPE_ASSISTANT, G_SIGNAL_RUN_LAST, 0, NULL,
                                      NULL, NULL, G_TYPE_NONE, 0);
}

static void ui_assistant_init(UiAssistant *assistant)
{
    gtk_window_set_title(GTK_WINDOW(assistant), _("Set Up"));
    gtk_window_set_default_size(GTK_WINDOW(assistant), 540, 680);
    gtk_widget_set_size_request(GTK_WIDGET(assistant), 360, 294);
}
