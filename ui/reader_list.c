/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reader_list.h"
#include "pages.h"
#include "sim_words.h"
#include "words.h"

#define AGAIN_MS 1000 /* a person who puts a card in looks for it at once */

struct _UiReaderList {
    GtkBox parent;
    UiPhone *phone;
    GtkWidget *group, *none;
    GPtrArray *rows; /* borrowed; each a ui_radio_row() */
    char *known;     /* what the rows were made from */
    char *picked;
    guint again;
    gboolean asking, pick_card, filling;
};

G_DEFINE_FINAL_TYPE(UiReaderList, ui_reader_list, GTK_TYPE_BOX)

static guint chosen_signal;

const char *ui_reader_list_picked(UiReaderList *list)
{
    return list->picked;
}

/* -- rows -------------------------------------------------------------------------------------- */

static void put(UiReaderList *list, GtkCheckButton *check, gboolean active)
{
    list->filling = TRUE;
    gtk_check_button_set_active(check, active);
    list->filling = FALSE;
}

static void toggled(GtkCheckButton *check, UiReaderList *list)
{
    if (list->filling)
        return;
    if (!gtk_check_button_get_active(check)) {
        if (list->rows->len == 1) /* one alone is in no group: a click would take it out */
            put(list, check, TRUE);
        return;
    }
    g_free(list->picked);
    list->picked = g_strdup(ui_radio_value(check));
    g_signal_emit(list, chosen_signal, 0, list->picked);
}

/* The setting "pcsc" is whichever reader has the card. */
static gboolean is_picked(UiReaderList *list, const char *value, gboolean card)
{
    return !g_strcmp0(value, list->picked) || (card && !g_strcmp0(list->picked, "pcsc"));
}

static void add_row(UiReaderList *list, const char *value, const char *name, gboolean card)
{
    GtkWidget *first = list->rows->len ? list->rows->pdata[0] : NULL;
    GtkWidget *row =
        ui_radio_row(name, card ? _("A card is in it") : _("Empty: put your SIM in"), first, value);

    g_object_set_data(G_OBJECT(ui_radio_of(row)), "card", GINT_TO_POINTER(card));
    gtk_check_button_set_active(ui_radio_of(row), is_picked(list, value, card));
    g_signal_connect(ui_radio_of(row), "toggled", G_CALLBACK(toggled), list);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(list->group), row);
    g_ptr_array_add(list->rows, row);
}

static void remove_rows(UiReaderList *list)
{
    for (guint i = 0; i < list->rows->len; i++)
        adw_preferences_group_remove(ADW_PREFERENCES_GROUP(list->group), list->rows->pdata[i]);
    g_ptr_array_set_size(list->rows, 0);
}

static void pick(UiReaderList *list, const char *value)
{
    if (!g_strcmp0(value, list->picked))
        return;
    g_free(list->picked);
    list->picked = g_strdup(value);
    if (value)
        g_signal_emit(list, chosen_signal, 0, value);
}

static void pick_by_itself(UiReaderList *list, GVariant *readers)
{
    const char *value, *name, *card = NULL;
    gboolean is_in;
    GVariantIter all;
    guint cards = 0;

    g_variant_iter_init(&all, readers);
    while (g_variant_iter_next(&all, "(&s&sb)", &value, &name, &is_in)) {
        cards += is_in;
        card = is_in ? value : card;
    }
    if (cards == 1 && !list->picked)
        pick(list, card);
}

static void fill(UiReaderList *list, GVariant *readers, const char *text)
{
    char *now = g_variant_print(readers, FALSE), *why = ui_words_said(text);
    const char *value, *name;
    gboolean card;
    GVariantIter all;

    gtk_label_set_text(GTK_LABEL(list->none),
                       *why ? why : _("No smart card reader is plugged in."));
    g_free(why);
    gtk_widget_set_visible(list->none, g_variant_n_children(readers) == 0);
    gtk_widget_set_visible(list->group, g_variant_n_children(readers) > 0);
    if (list->pick_card)
        pick_by_itself(list, readers);
    if (g_strcmp0(now, list->known)) { /* else a person's focus would jump with every look */
        list->filling = TRUE;
        remove_rows(list);
        g_variant_iter_init(&all, readers);
        while (g_variant_iter_next(&all, "(&s&sb)", &value, &name, &card))
            add_row(list, value, name, card);
        list->filling = FALSE;
    }
    g_free(list->known);
    list->known = now;
}

/* -- asking again and again -------------------------------------------------------------------- */

static void listed(GVariant *answer, const char *error, gpointer owner)
{
    UiReaderList *list = owner;
    GVariant *readers = NULL;
    const char *text = error ? error : "";

    list->asking = FALSE;
    if (answer && g_variant_is_of_type(answer, G_VARIANT_TYPE("(a(ssb)s)")))
        g_variant_get(answer, "(@a(ssb)&s)", &readers, &text);
    if (!readers)
        readers = g_variant_ref_sink(g_variant_new("a(ssb)", NULL));
    fill(list, readers, text);
    g_variant_unref(readers);
}

static gboolean ask(gpointer data)
{
    UiReaderList *list = data;

    if (list->phone && !list->asking) {
        list->asking = TRUE;
        ui_phone_ask(list->phone, "ListReaders", NULL, listed, G_OBJECT(list));
    }
    return G_SOURCE_CONTINUE;
}

static void begin(UiReaderList *list)
{
    if (!list->again)
        list->again = g_timeout_add(AGAIN_MS, ask, list);
    ask(list);
}

static void end(UiReaderList *list)
{
    if (list->again)
        g_source_remove(list->again);
    list->again = 0;
}

void ui_reader_list_pick_card(UiReaderList *list)
{
    list->pick_card = TRUE;
}

void ui_reader_list_show(UiReaderList *list, const char *setting)
{
    g_free(list->picked);
    list->picked = *setting ? g_strdup(setting) : NULL;
    for (guint i = 0; i < list->rows->len; i++) {
        GtkCheckButton *check = ui_radio_of(list->rows->pdata[i]);
        gboolean card = GPOINTER_TO_INT(g_object_get_data(G_OBJECT(check), "card"));
        put(list, check, is_picked(list, ui_radio_value(check), card));
    }
}

void ui_reader_list_set_phone(UiReaderList *list, UiPhone *phone)
{
    UiRecord *sim = phone ? ui_sim_first(ui_phone_sims(phone)) : NULL;
    const char *setting = sim ? ui_record_text(sim, "Setting") : "";

    g_set_object(&list->phone, phone);
    list->asking = FALSE;
    ui_reader_list_show(list, setting);
    g_clear_pointer(&list->known, g_free); /* fill again: another one may be set */
    if (gtk_widget_get_mapped(GTK_WIDGET(list)))
        ask(list);
}

/* -- the object -------------------------------------------------------------------------------- */

GtkWidget *ui_reader_list_new(void)
{
    return g_object_new(UI_TYPE_READER_LIST, "orientation", GTK_ORIENTATION_VERTICAL, NULL);
}

static void dispose(GObject *object)
{
    UiReaderList *list = UI_READER_LIST(object);

    end(list);
    g_clear_object(&list->phone);
    g_clear_pointer(&list->known, g_free);
    g_clear_pointer(&list->picked, g_free);
    g_clear_pointer(&list->rows, g_ptr_array_unref);
    G_OBJECT_CLASS(ui_reader_list_parent_class)->dispose(object);
}

static void ui_reader_list_class_init(UiReaderListClass *class)
{
    G_OBJECT_CLASS(class)->dispose = dispose;
    chosen_signal = g_signal_new("chosen", UI_TYPE_READER_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void ui_reader_list_init(UiReaderList *list)
{
    list->rows = g_ptr_array_new();
    list->group = adw_preferences_group_new();
    list->none = gtk_label_new("");
    gtk_label_set_wrap(GTK_LABEL(list->none), TRUE);
    gtk_label_set_justify(GTK_LABEL(list->none), GTK_JUSTIFY_CENTER);
    gtk_widget_add_css_class(list->none, "dim-label");
    gtk_widget_set_visible(list->none, FALSE);
    gtk_box_append(GTK_BOX(list), list->group);
    gtk_box_append(GTK_BOX(list), list->none);
    g_signal_connect(list, "map", G_CALLBACK(begin), NULL);
    g_signal_connect(list, "unmap", G_CALLBACK(end), NULL);
}
