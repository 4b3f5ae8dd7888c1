/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phone.h"

#define ROOT "/org/simauth/Phone1"
#define PHONE_INTERFACE "org.simauth.Phone1"
#define CALL_INTERFACE "org.simauth.Phone1.Call"
#define ANSWER_MS 45000 /* a self-test waits for a gateway that does not answer */

struct _UiPhone {
    GObject parent;
    char *name;
    UiRecord *state;
    GListStore *calls;
    GHashTable *by_path; /* object path -> UiRecord, the same as in calls */
    GDBusObjectManager *objects;
    GDBusConnection *bus;
    GCancellable *ending;
};

G_DEFINE_FINAL_TYPE(UiPhone, ui_phone, G_TYPE_OBJECT)

static guint ready_signal;

const char *ui_phone_name(UiPhone *phone)
{
    return phone->name;
}

UiRecord *ui_phone_state(UiPhone *phone)
{
    return phone->state;
}

GListModel *ui_phone_calls(UiPhone *phone)
{
    return G_LIST_MODEL(phone->calls);
}

/* -- objects come, change and go ----------------------------------------------------------------
 */

static GVariant *properties_of(GDBusProxy *proxy)
{
    char **names = g_dbus_proxy_get_cached_property_names(proxy);
    GVariantBuilder values;

    g_variant_builder_init(&values, G_VARIANT_TYPE_VARDICT);
    for (char **name = names; name && *name; name++) {
        GVariant *value = g_dbus_proxy_get_cached_property(proxy, *name);
        g_variant_builder_add(&values, "{sv}", *name, value);
        g_variant_unref(value);
    }
    g_strfreev(names);
    return g_variant_builder_end(&values);
}

static void add_object(UiPhone *phone, GDBusObject *object)
{
    const char *path = g_dbus_object_get_object_path(object);
    GDBusInterface *main_face = g_dbus_object_get_interface(object, PHONE_INTERFACE);
    GDBusInterface *call_face = g_dbus_object_get_interface(object, CALL_INTERFACE);

    if (main_face)
        ui_record_update(phone->state, properties_of(G_DBUS_PROXY(main_face)));
    if (call_face && !g_hash_table_contains(phone->by_path, path)) {
        UiRecord *call = ui_record_new(properties_of(G_DBUS_PROXY(call_face)));
        g_object_set_data(G_OBJECT(call), "phone", phone);
        g_hash_table_insert(phone->by_path, g_strdup(path), call);
        g_list_store_append(phone->calls, call);
    }
    g_clear_object(&main_face);
    g_clear_object(&call_face);
}

static void object_added(GDBusObjectManager *objects, GDBusObject *object, gpointer phone)
{
    (void)objects;
    add_object(phone, object);
}

static void object_removed(GDBusObjectManager *objects, GDBusObject *object, UiPhone *phone)
{
    UiRecord *call = g_hash_table_lookup(phone->by_path, g_dbus_object_get_object_path(object));
    guint at;

    (void)objects;
    if (!call)
        return;
    if (g_list_store_find(phone->calls, call, &at))
        g_list_store_remove(phone->calls, at);
    g_hash_table_remove(phone->by_path, g_dbus_object_get_object_path(object));
}

static void properties_changed(GDBusObjectManagerClient *objects, GDBusObjectProxy *object,
                               GDBusProxy *face, GVariant *changed, const char *const *gone,
                               UiPhone *phone)
{
    UiRecord *call =
        g_hash_table_lookup(phone->by_path, g_dbus_object_get_object_path(G_DBUS_OBJECT(object)));

    (void)objects, (void)gone;
    if (!g_strcmp0(g_dbus_proxy_get_interface_name(face), PHONE_INTERFACE))
        ui_record_update(phone->state, changed);
    else if (call && !g_strcmp0(g_dbus_proxy_get_interface_name(face), CALL_INTERFACE))
        ui_record_update(call, changed);
}

static void face_added(GDBusObjectManager *objects, GDBusObject *object, GDBusInterface *face,
                       gpointer phone)
{
    (void)face;
    object_added(objects, object, phone);
}

static void objects_known(GObject *source, GAsyncResult *result, gpointer data)
{
    GError *error = NULL;
    GDBusObjectManager *objects = g_dbus_object_manager_client_new_finish(result, &error);
    UiPhone *phone = data;
    GList *list;

    (void)source;
    if (!objects) {
        if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
            g_debug("%s does not tell what it has: %s", phone->name, error->message);
        g_error_free(error);
        g_object_unref(phone);
        return;
    }
    phone->objects = objects;
    g_signal_connect_object(objects, "object-added", G_CALLBACK(object_added), phone, 0);
    g_signal_connect_object(objects, "object-removed", G_CALLBACK(object_removed), phone, 0);
    g_signal_connect_object(objects, "interface-added", G_CALLBACK(face_added), phone, 0);
    g_signal_connect_object(objects, "interface-proxy-properties-changed",
                            G_CALLBACK(properties_changed), phone, 0);
    list = g_dbus_object_manager_get_objects(objects);
    for (GList *item = list; item; item = item->next)
        add_object(phone, item->data);
    g_list_free_full(list, g_object_unref);
    g_signal_emit(phone, ready_signal, 0);
    g_object_unref(phone);
}

UiPhone *ui_phone_new(GDBusConnection *bus, const char *name)
{
    UiPhone *phone = g_object_new(UI_TYPE_PHONE, NULL);

    phone->name = g_strdup(name);
    phone->bus = g_object_ref(bus);
    g_dbus_object_manager_client_new(bus, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_DO_NOT_AUTO_START,
                                     name, ROOT, NULL, NULL, NULL, phone->ending, objects_known,
                                     g_object_ref(phone));
    return phone;
}

void ui_phone_end(UiPhone *phone)
{
    g_cancellable_cancel(phone->ending);
    g_list_store_remove_all(phone->calls);
    g_hash_table_remove_all(phone->by_path);
}

/* -- asking -------------------------------------------------------------------------------------
 */

struct question {
    ui_phone_answer answer;
    GWeakRef owner;
};

static void answered(GObject *source, GAsyncResult *result, gpointer data)
{
    struct question *question = data;
    GError *error = NULL;
    GVariant *answer = g_dbus_connection_call_with_unix_fd_list_finish(G_DBUS_CONNECTION(source),
                                                                       NULL, result, &error);
    GObject *owner = g_weak_ref_get(&question->owner);

    if (error)
        g_dbus_error_strip_remote_error(error);
    if (owner && question->answer)
        question->answer(answer, error ? error->message : NULL, owner);
    g_clear_object(&owner);
    g_clear_error(&error);
    g_clear_pointer(&answer, g_variant_unref);
    g_weak_ref_clear(&question->owner);
    g_free(question);
}

void ui_phone_ask_with(UiPhone *phone, const char *method, GVariant *parameters, GUnixFDList *files,
                       ui_phone_answer answer, GObject *owner)
{
    struct question *question = g_new0(struct question, 1);

    question->answer = answer;
    g_weak_ref_init(&question->owner, owner);
    g_dbus_connection_call_with_unix_fd_list(phone->bus, phone->name, ROOT, PHONE_INTERFACE, method,
                                             parameters, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                             ANSWER_MS, files, NULL, answered, question);
}

void ui_phone_ask(UiPhone *phone, const char *method, GVariant *parameters, ui_phone_answer answer,
                  GObject *owner)
{
    ui_phone_ask_with(phone, method, parameters, NULL, answer, owner);
}

/* -- the object ---------------------------------------------------------------------------------
 */

static void finalize(GObject *object)
{
    UiPhone *phone = UI_PHONE(object);

    g_clear_object(&phone->objects);
    g_clear_object(&phone->bus);
    g_clear_object(&phone->ending);
    g_clear_object(&phone->calls);
    g_clear_object(&phone->state);
    g_hash_table_unref(phone->by_path);
    g_free(phone->name);
    G_OBJECT_CLASS(ui_phone_parent_class)->finalize(object);
}

static void ui_phone_class_init(UiPhoneClass *class)
{
    G_OBJECT_CLASS(class)->finalize = finalize;
    ready_signal = g_signal_new("ready", UI_TYPE_PHONE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 0);
}

static void ui_phone_init(UiPhone *phone)
{
    phone->state = ui_record_new(NULL);
    phone->calls = g_list_store_new(UI_TYPE_RECORD);
    phone->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_object_unref);
    phone->ending = g_cancellable_new();
}
