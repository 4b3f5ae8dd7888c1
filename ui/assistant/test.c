/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The self-test, link by link. */
#include "link_list.h"
#include "steps.h"

struct step {
    UiAssistant *assistant;
    GtkWidget *again, *ways, *why, *sim, *gateway;
};

static void begin(UiAssistant *assistant)
{
    struct step *step = g_object_get_data(G_OBJECT(assistant), "test");

    ui_step_say(step->why, "");
    gtk_widget_set_visible(step->ways, FALSE);
    gtk_widget_set_sensitive(step->again, FALSE);
    ui_chain_test(ui_assistant_chain(assistant));
}

/* The first link that failed, "" for none. */
static const char *first_failed(UiChain *chain)
{
    GListModel *links = ui_chain_links(chain);

    for (guint i = 0; i < g_list_model_get_n_items(links); i++) {
        UiRecord *link = g_list_model_get_item(links, i);
        g_object_unref(link); /* the list holds it */
        if (!g_strcmp0(ui_record_text(link, "State"), "failed") &&
            g_strcmp0(ui_record_text(link, "Id"), "last-call"))
            return ui_record_text(link, "Id");
    }
    return "";
}

static void tested(UiChain *chain, gboolean good, const char *why, struct step *step)
{
    const char *failed = first_failed(chain);

    gtk_widget_set_sensitive(step->again, TRUE);
    if (!gtk_widget_get_mapped(step->again))
        return;
    if (good) {
        ui_assistant_go(step->assistant, "done");
        return;
    }
    ui_step_say(step->why, *why ? why
                                : _("Begin with the first one that failed: it says what to do, and "
                                    "the others hang on it."));
    gtk_widget_set_visible(step->ways, TRUE);
    gtk_widget_set_visible(step->gateway, g_strcmp0(failed, "sim") != 0);
}

static void back_to_sim(UiAssistant *assistant)
{
    ui_assistant_go(assistant, "sim");
}

static void back_to_gateway(UiAssistant *assistant)
{
    ui_assistant_go(assistant, "gateway");
}

static GtkWidget *ways(struct step *step)
{
    GtkWidget *group = adw_preferences_group_new();

    step->sim = ui_step_link(step->assistant, _("Choose another SIM"), "", back_to_sim);
    step->gateway = ui_step_link(step->assistant, _("Choose another gateway"), "", back_to_gateway);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), step->sim);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), step->gateway);
    return group;
}

static void free_step(gpointer data)
{
    struct step *step = data;

    g_signal_handlers_disconnect_by_data(ui_assistant_chain(step->assistant), step);
    g_free(step);
}

GtkWidget *ui_assistant_step_test(UiAssistant *assistant)
{
    struct step *step = g_new0(struct step, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12), *page;

    step->assistant = assistant;
    step->why = ui_step_line();
    step->ways = ways(step);
    gtk_box_append(GTK_BOX(box), ui_link_list_new(ui_assistant_chain(assistant), TRUE));
    gtk_box_append(GTK_BOX(box), step->why);
    gtk_box_append(GTK_BOX(box), step->ways);
    page = ui_step_page(assistant, _("Trying Everything Once"), "", box, _("Try Again"), begin,
                        &step->again);
    g_object_set_data_full(G_OBJECT(page), "step", step, free_step);
    g_object_set_data(G_OBJECT(assistant), "test", step);
    g_signal_connect(ui_assistant_chain(assistant), "tested", G_CALLBACK(tested), step);
    g_signal_connect_swapped(page, "map", G_CALLBACK(begin), assistant);
    return page;
}
