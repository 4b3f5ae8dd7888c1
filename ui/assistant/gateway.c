/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which gateway is the operator's: what the SIM or the settings say, what its network's name would
 * be, or what the person types. */
#include "pages.h"
#include "steps.h"

struct step {
    UiAssistant *assistant;
    GtkWidget *group, *entry, *next, *why;
    GPtrArray *rows;
    char *picked;
    gboolean settled; /* the person came back to choose: nothing is chosen by itself any more */
};

static const char *source_words(const char *source, const char *text)
{
    if (!g_strcmp0(source, "settings"))
        return _("Set on this computer");
    if (!g_strcmp0(source, "sim"))
        return _("Your SIM names it");
    if (!g_strcmp0(source, "network"))
        return _("Made from your SIM’s network: it may not exist yet");
    return text;
}

static void show(struct step *step)
{
    const char *typed = gtk_editable_get_text(GTK_EDITABLE(step->entry));

    gtk_widget_set_sensitive(step->next, *typed || step->picked);
}

/* -- setting it -------------------------------------------------------------------------------- */

static void gateway_set(GVariant *answer, const char *error, gpointer owner)
{
    UiAssistant *assistant = owner;
    struct step *step = g_object_get_data(G_OBJECT(assistant), "gateway");

    (void)answer;
    ui_step_say(step->why, error ? error : "");
    if (!error)
        ui_assistant_go(assistant, "test");
}

static void set(struct step *step, const char *gateway)
{
    UiPhone *phone = ui_assistant_phone(step->assistant);

    if (phone)
        ui_phone_ask(phone, "SetGateway", g_variant_new("(s)", gateway), gateway_set,
                     G_OBJECT(step->assistant));
}

static void use(UiAssistant *assistant)
{
    struct step *step = g_object_get_data(G_OBJECT(assistant), "gateway");
    char *typed = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(step->entry))));

    if (*typed || step->picked)
        set(step, *typed ? typed : step->picked);
    g_free(typed);
}

/* -- what may be ours -------------------------------------------------------------------------- */

static void toggled(GtkCheckButton *check, struct step *step)
{
    if (!gtk_check_button_get_active(check))
        return;
    g_free(step->picked);
    step->picked = g_strdup(ui_radio_value(check));
    show(step);
}

static void add_row(struct step *step, const char *name, const char *text)
{
    GtkWidget *first = step->rows->len ? step->rows->pdata[0] : NULL;
    GtkWidget *row = ui_radio_row(name, text, first, name);

    g_signal_connect(ui_radio_of(row), "toggled", G_CALLBACK(toggled), step);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(step->group), row);
    g_ptr_array_add(step->rows, row);
    if (!first)
        gtk_check_button_set_active(ui_radio_of(row), TRUE);
}

static void clear(struct step *step)
{
    for (guint i = 0; i < step->rows->len; i++)
        adw_preferences_group_remove(ADW_PREFERENCES_GROUP(step->group), step->rows->pdata[i]);
    g_ptr_array_set_size(step->rows, 0);
    g_clear_pointer(&step->picked, g_free);
}

/* What SIM or settings name is not asked about: the test will tell whether it is right. */
static void found(GVariant *answer, const char *error, gpointer owner)
{
    struct step *step = g_object_get_data(G_OBJECT(owner), "gateway");
    const char *name, *source, *text;
    gboolean named = FALSE;
    GVariantIter *all;

    clear(step);
    ui_step_say(step->why, error ? error : "");
    if (answer && g_variant_is_of_type(answer, G_VARIANT_TYPE("(a(sss))"))) {
        g_variant_get(answer, "(a(sss))", &all);
        while (g_variant_iter_next(all, "(&s&s&s)", &name, &source, &text)) {
            named = named || !g_strcmp0(source, "settings") || !g_strcmp0(source, "sim");
            add_row(step, name, source_words(source, text));
        }
        g_variant_iter_free(all);
    }
    gtk_widget_set_visible(step->group, step->rows->len > 0);
    show(step);
    if (named && !step->settled)
        ui_assistant_go(step->assistant, "test");
    step->settled = TRUE;
}

static void mapped(struct step *step)
{
    UiPhone *phone = ui_assistant_phone(step->assistant);

    if (phone)
        ui_phone_ask(phone, "FindGateways", NULL, found, G_OBJECT(step->assistant));
    show(step);
}

static void sim_changes(struct step *step)
{
    step->settled = FALSE;
}

/* -- building ---------------------------------------------------------------------------------- */

static void free_step(gpointer data)
{
    struct step *step = data;

    g_ptr_array_unref(step->rows);
    g_free(step->picked);
    g_free(step);
}

GtkWidget *ui_assistant_step_gateway(UiAssistant *assistant)
{
    struct step *step = g_new0(struct step, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12), *page;

    step->assistant = assistant;
    step->rows = g_ptr_array_new();
    step->group = adw_preferences_group_new();
    gtk_box_append(GTK_BOX(box), step->group);
    step->entry = ui_step_entry(box, _("Another name"), &step->why);
    page = ui_step_page(assistant, _("Your Operator"),
                        _("Your operator’s gateway vouches for you. Its name is on your "
                          "operator’s pages about verified calls."),
                        box, _("Continue"), use, &step->next);
    g_object_set_data_full(G_OBJECT(assistant), "gateway", step, free_step);
    g_signal_connect_swapped(step->entry, "changed", G_CALLBACK(show), step);
    g_signal_connect_swapped(step->entry, "entry-activated", G_CALLBACK(use), assistant);
    g_signal_connect_swapped(page, "map", G_CALLBACK(mapped), step);
    g_signal_connect_swapped(assistant, "sim-changes", G_CALLBACK(sim_changes), step);
    return page;
}
