/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which SIM: a card in a reader, a software SIM, a modem; and the wait until it has been looked at.
 */
#include "reader_list.h"
#include "sim_file.h"
#include "steps.h"

struct step {
    UiAssistant *assistant;
    GtkWidget *readers, *next, *why;
};

static void sim_set(GVariant *answer, const char *error, gpointer owner)
{
    UiAssistant *assistant = owner;

    (void)answer;
    if (error)
        ui_assistant_complain(assistant, error);
    else
        ui_assistant_look(assistant);
}

static void use(UiAssistant *assistant, const char *setting)
{
    UiPhone *phone = ui_assistant_phone(assistant);

    ui_assistant_complain(assistant, "");
    if (phone)
        ui_phone_ask(phone, "SetSim", g_variant_new("(s)", setting), sim_set, G_OBJECT(assistant));
    else
        ui_assistant_go(assistant, "phone");
}

static void use_picked(UiAssistant *assistant)
{
    GtkWidget *readers = g_object_get_data(G_OBJECT(assistant), "readers");
    const char *picked = ui_reader_list_picked(UI_READER_LIST(readers));

    use(assistant, picked ? picked : "pcsc");
}

static void use_code(UiAssistant *assistant)
{
    ui_assistant_go(assistant, "code");
}

static void use_modem(UiAssistant *assistant)
{
    use(assistant, "modemmanager");
}

static void file_chosen(const char *setting, GObject *assistant)
{
    use(UI_ASSISTANT(assistant), setting);
}

static void use_file(UiAssistant *assistant)
{
    ui_sim_file_choose(GTK_WINDOW(assistant), file_chosen, G_OBJECT(assistant));
}

/* -- building ---------------------------------------------------------------------------------- */

static void show(struct step *step)
{
    const char *picked = ui_reader_list_picked(UI_READER_LIST(step->readers));

    gtk_widget_set_sensitive(step->next, picked && g_str_has_prefix(picked, "pcsc"));
}

static void mapped(struct step *step)
{
    ui_reader_list_set_phone(UI_READER_LIST(step->readers), ui_assistant_phone(step->assistant));
    show(step);
}

static GtkWidget *others(UiAssistant *assistant)
{
    GtkWidget *group = adw_preferences_group_new();

    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), _("Without a card reader"));
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group),
                              ui_step_link(assistant, _("Enter a code from my operator"),
                                           _("It puts a software SIM on this computer"), use_code));
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group),
                              ui_step_link(assistant, _("Use a software SIM in a file"),
                                           _("If you have one already"), use_file));
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group),
                              ui_step_link(assistant, _("Use the SIM in my modem"),
                                           _("A mobile broadband modem"), use_modem));
    return group;
}

GtkWidget *ui_assistant_step_sim(UiAssistant *assistant)
{
    struct step *step = g_new0(struct step, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18), *page;

    step->assistant = assistant;
    step->readers = ui_reader_list_new();
    step->why = ui_step_line();
    ui_reader_list_pick_card(UI_READER_LIST(step->readers));
    gtk_box_append(GTK_BOX(box), step->why);
    gtk_box_append(GTK_BOX(box), step->readers);
    page = ui_step_page(assistant, _("Your SIM"),
                        _("Put the SIM card into a card reader, or choose another way."), box,
                        _("Continue"), use_picked, &step->next);
    gtk_box_append(GTK_BOX(gtk_widget_get_parent(step->next)), others(assistant));
    g_object_set_data(G_OBJECT(assistant), "readers", step->readers);
    g_object_set_data(G_OBJECT(assistant), "sim-complaint", step->why);
    g_signal_connect_swapped(step->readers, "chosen", G_CALLBACK(show), step);
    g_signal_connect_swapped(page, "map", G_CALLBACK(mapped), step);
    g_object_set_data_full(G_OBJECT(page), "step", step, g_free);
    return page;
}

void ui_assistant_complain(UiAssistant *assistant, const char *text)
{
    ui_step_say(g_object_get_data(G_OBJECT(assistant), "sim-complaint"), text);
}

/* -- looking at it ----------------------------------------------------------------------------- */

static void spin(GtkWidget *spinner)
{
    gtk_spinner_start(GTK_SPINNER(spinner));
}

static void rest(GtkWidget *spinner)
{
    gtk_spinner_stop(GTK_SPINNER(spinner));
}

GtkWidget *ui_assistant_step_look(UiAssistant *assistant)
{
    GtkWidget *spinner = gtk_spinner_new();

    gtk_widget_set_size_request(spinner, 48, 48);
    gtk_widget_set_halign(spinner, GTK_ALIGN_CENTER);
    g_signal_connect(spinner, "map", G_CALLBACK(spin), NULL);
    g_signal_connect(spinner, "unmap", G_CALLBACK(rest), NULL);
    return ui_step_page(assistant, _("Looking at Your SIM"), "", spinner, NULL, NULL, NULL);
}
