/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phones.h"
#include "phone.h"

#include <string.h>

struct _UiPhones {
    GObject parent;
    GListStore *list;
    GtkFlattenListModel *calls;
    GDBusConnection *bus;
    GHashTable *coming; /* name -> struct coming: on the bus, and not in the list yet */
    char *names;
    guint watch;
};

#define SILENT_S 4 /* a phone that has said nothing for so long is told to be silent */

struct coming {
    UiPhones *phones;
    UiPhone *phone;
    guint timer;
    bool late;
};

static void ui_phones_model(GListModelInterface *interface);
G_DEFINE_FINAL_TYPE_WITH_CODE(UiPhones, ui_phones, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, ui_phones_model))

/* -- names come and go ------------------------------------------------------------------------- */

static guint changed_signal;

/* Whatever else somebody puts below that name is no Linphone. */
static bool is_ours(const UiPhones *phones, const char *name)
{
    size_t len = strlen(phones->names);

    return g_str_has_prefix(name, phones->names) && g_str_has_prefix(name + len, ".instance");
}

static void name_came(UiPhones *phones, const char *name);

static void coming_free(gpointer data)
{
    struct coming *coming = data;

    g_clear_handle_id(&coming->timer, g_source_remove);
    g_signal_handlers_disconnect_by_data(coming->phone, coming);
    ui_phone_end(coming->phone);
    g_object_unref(coming->phone);
    g_free(coming);
}

guint ui_phones_silent(UiPhones *phones)
{
    GHashTableIter iter;
    gpointer coming;
    guint late = 0;

    g_hash_table_iter_init(&iter, phones->coming);
    while (g_hash_table_iter_next(&iter, NULL, &coming))
        late += ((struct coming *)coming)->late;
    return late;
}

static void name_went(UiPhones *phones, const char *name)
{
    if (g_hash_table_remove(phones->coming, name))
        g_signal_emit(phones, changed_signal, 0);
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(phones->list)); i++) {
        UiPhone *phone = g_list_model_get_item(G_LIST_MODEL(phones->list), i);
        bool found = !g_strcmp0(ui_phone_name(phone), name);
        if (found) {
            ui_phone_end(phone);
            g_list_store_remove(phones->list, i);
            g_signal_emit(phones, changed_signal, 0);
        }
        g_object_unref(phone);
        if (found)
            return;
    }
}

static void tell_change(UiPhones *phones)
{
    g_signal_emit(phones, changed_signal, 0);
}

static void phone_ready(UiPhone *phone, struct coming *coming)
{
    UiPhones *phones = coming->phones;

    g_object_ref(phone);
    g_clear_handle_id(&coming->timer, g_source_remove);
    g_signal_handlers_disconnect_by_data(phone, coming);
    g_hash_table_steal(phones->coming, ui_phone_name(phone));
    g_object_unref(coming->phone);
    g_free(coming);
    g_signal_connect_object(phone, "changed", G_CALLBACK(tell_change), phones, G_CONNECT_SWAPPED);
    g_list_store_append(phones->list, phone);
    tell_change(phones);
    g_object_unref(phone);
}

static gboolean is_late(gpointer data)
{
    struct coming *coming = data;

    coming->timer = 0;
    coming->late = true;
    tell_change(coming->phones);
    return G_SOURCE_REMOVE;
}

/* It did not tell: it is asked again, for it may only have been busy. */
static gboolean ask_again(gpointer data)
{
    struct coming *coming = data;
    UiPhones *phones = coming->phones;
    char *name = g_strdup(ui_phone_name(coming->phone));
    bool late = coming->late;

    coming->timer = 0;
    name_came(phones, name);
    coming = g_hash_table_lookup(phones->coming, name);
    if (coming)
        coming->late = late;
    g_free(name);
    return G_SOURCE_REMOVE;
}

static void phone_failed(UiPhone *phone, struct coming *coming)
{
    (void)phone;
    g_clear_handle_id(&coming->timer, g_source_remove);
    coming->late = true;
    coming->timer = g_timeout_add_seconds(SILENT_S, ask_again, coming);
    tell_change(coming->phones);
}

/* It is shown when it has told what it has: a phone without a word about itself helps nobody. */
static void name_came(UiPhones *phones, const char *name)
{
    struct coming *coming = g_new0(struct coming, 1);

    name_went(phones, name); /* the list of names and the signal may both tell of it */
    coming->phones = phones;
    coming->phone = ui_phone_new(phones->bus, name);
    coming->timer = g_timeout_add_seconds(SILENT_S, is_late, coming);
    g_signal_connect(coming->phone, "ready", G_CALLBACK(phone_ready), coming);
    g_signal_connect(coming->phone, "failed", G_CALLBACK(phone_failed), coming);
    g_hash_table_insert(phones->coming, g_strdup(name), coming);
}

static void owner_changed(GDBusConnection *bus, const char *sender, const char *path,
                          const char *interface, const char *signal, GVariant *parameters,
                          gpointer phones)
{
    const char *name, *before, *after;

    (void)bus, (void)sender, (void)path, (void)interface, (void)signal;
    g_variant_get(parameters, "(&s&s&s)", &name, &before, &after);
    if (!is_ours(phones, name))
        return;
    if (*before)
        name_went(phones, name);
    if (*after)
        name_came(phones, name);
}

static void names_listed(GObject *bus, GAsyncResult *result, gpointer data)
{
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, NULL);
    UiPhones *phones = data;
    GVariantIter *names = NULL;
    const char *name;

    if (answer) {
        g_variant_get(answer, "(as)", &names);
        while (g_variant_iter_next(names, "&s", &name)) {
            if (is_ours(phones, name))
                name_came(phones, name);
        }
        g_variant_iter_free(names);
        g_variant_unref(answer);
    }
    g_object_unref(phones);
}

/* -- the list ---------------------------------------------------------------------------------- */

static GType item_type(GListModel *model)
{
    (void)model;
    return UI_TYPE_PHONE;
}

static guint n_items(GListModel *model)
{
    return g_list_model_get_n_items(G_LIST_MODEL(UI_PHONES(model)->list));
}

static gpointer item_at(GListModel *model, guint at)
{
    return g_list_model_get_item(G_LIST_MODEL(UI_PHONES(model)->list), at);
}

static void ui_phones_model(GListModelInterface *interface)
{
    interface->get_item_type = item_type;
    interface->get_n_items = n_items;
    interface->get_item = item_at;
}

GListModel *ui_phones_calls(UiPhones *phones)
{
    return G_LIST_MODEL(phones->calls);
}

UiPhone *ui_phones_first(UiPhones *phones)
{
    UiPhone *phone = g_list_model_get_item(G_LIST_MODEL(phones), 0);

    if (phone)
        g_object_unref(phone); /* the list holds it */
    return phone;
}

/* -- the object -------------------------------------------------------------------------------- */

static gpointer calls_of(gpointer phone, gpointer nothing)
{
    GListModel *calls = g_object_ref(ui_phone_calls(phone));

    (void)nothing;
    g_object_unref(phone);
    return calls;
}

static void dispose(GObject *object)
{
    UiPhones *phones = UI_PHONES(object);

    if (phones->bus && phones->watch)
        g_dbus_connection_signal_unsubscribe(phones->bus, phones->watch);
    phones->watch = 0;
    g_hash_table_remove_all(phones->coming);
    g_clear_object(&phones->calls);
    g_clear_object(&phones->list);
    g_clear_object(&phones->bus);
    G_OBJECT_CLASS(ui_phones_parent_class)->dispose(object);
}

static void finalize(GObject *object)
{
    g_hash_table_unref(UI_PHONES(object)->coming);
    g_free(UI_PHONES(object)->names);
    G_OBJECT_CLASS(ui_phones_parent_class)->finalize(object);
}

static void ui_phones_class_init(UiPhonesClass *class)
{
    G_OBJECT_CLASS(class)->finalize = finalize;
    G_OBJECT_CLASS(class)->dispose = dispose;
    changed_signal = g_signal_new("changed", UI_TYPE_PHONES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
}

static void ui_phones_init(UiPhones *phones)
{
    GtkMapListModel *lists;

    phones->list = g_list_store_new(UI_TYPE_PHONE);
    phones->coming = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, coming_free);
    g_signal_connect_swapped(phones->list, "items-changed", G_CALLBACK(g_list_model_items_changed),
                             phones);
    lists = gtk_map_list_model_new(g_object_ref(G_LIST_MODEL(phones->list)), calls_of, NULL, NULL);
    phones->calls = gtk_flatten_list_model_new(G_LIST_MODEL(lists));
}

UiPhones *ui_phones_new(GDBusConnection *bus, const char *names)
{
    UiPhones *phones = g_object_new(UI_TYPE_PHONES, NULL);

    phones->names = g_strdup(names);
    if (!bus)
        return phones;
    phones->bus = g_object_ref(bus);
    phones->watch = g_dbus_connection_signal_subscribe(
        bus, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
        "/org/freedesktop/DBus", names, G_DBUS_SIGNAL_FLAGS_MATCH_ARG0_NAMESPACE, owner_changed,
        phones, NULL);
    g_dbus_connection_call(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                           "org.freedesktop.DBus", "ListNames", NULL, G_VARIANT_TYPE("(as)"),
                           G_DBUS_CALL_FLAGS_NONE, -1, NULL, names_listed, g_object_ref(phones));
    return phones;
}
