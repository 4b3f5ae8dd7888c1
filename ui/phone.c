/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phone.h"
#include "words.h"

#define ROOT "/org/simauth/Phone1"
#define PHONE_INTERFACE "org.simauth.Phone1"
#define ANSWER_MS 45000 /* a self-test waits for a gateway that does not answer */

enum kind { CALLS, ACCOUNTS, SIMS, KIND_COUNT };
static const char *const kind_interface[KIND_COUNT] = {"org.simauth.Call1", "org.simauth.Account1",
                                                       "org.simauth.Sim1"};

struct _UiPhone {
    GObject parent;
    char *name;
    UiRecord *state;
    GListStore *lists[KIND_COUNT];
    GHashTable *by_path; /* object path -> UiRecord, the same as in the lists */
    GDBusProxy *root;    /* NULL until it has told its properties */
    GDBusObjectManager *objects;
    GDBusConnection *bus;
    GCancellable *ending;
    bool ready;
};

G_DEFINE_FINAL_TYPE(UiPhone, ui_phone, G_TYPE_OBJECT)

static guint ready_signal, failed_signal, told_signal, changed_signal;

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
    return G_LIST_MODEL(phone->lists[CALLS]);
}

GListModel *ui_phone_accounts(UiPhone *phone)
{
    return G_LIST_MODEL(phone->lists[ACCOUNTS]);
}

GListModel *ui_phone_sims(UiPhone *phone)
{
    return G_LIST_MODEL(phone->lists[SIMS]);
}

UiPhone *ui_phone_of(UiRecord *record)
{
    return g_object_get_data(G_OBJECT(record), "phone");
}

/* -- objects come, change and go --------------------------------------------------------------- */

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

static void tell_change(UiPhone *phone)
{
    g_signal_emit(phone, changed_signal, 0);
}

static void add_face(UiPhone *phone, const char *path, GDBusProxy *face, enum kind kind)
{
    UiRecord *record = ui_record_new(properties_of(face));

    /* Not owned: the phone ends its records before it goes. */
    g_object_set_data(G_OBJECT(record), "phone", phone);
    g_hash_table_insert(phone->by_path, g_strdup(path), record);
    g_list_store_append(phone->lists[kind], record);
    if (kind != CALLS) {
        g_signal_connect_object(record, "changed", G_CALLBACK(tell_change), phone,
                                G_CONNECT_SWAPPED);
        tell_change(phone);
    }
}

static void add_object(UiPhone *phone, GDBusObject *object)
{
    const char *path = g_dbus_object_get_object_path(object);

    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        GDBusInterface *face = g_dbus_object_get_interface(object, kind_interface[kind]);
        if (face && !g_hash_table_contains(phone->by_path, path))
            add_face(phone, path, G_DBUS_PROXY(face), kind);
        g_clear_object(&face);
    }
}

static void object_added(GDBusObjectManager *objects, GDBusObject *object, gpointer phone)
{
    (void)objects;
    add_object(phone, object);
}

static void face_added(GDBusObjectManager *objects, GDBusObject *object, GDBusInterface *face,
                       gpointer phone)
{
    (void)objects, (void)face;
    add_object(phone, object);
}

static void object_removed(GDBusObjectManager *objects, GDBusObject *object, UiPhone *phone)
{
    const char *path = g_dbus_object_get_object_path(object);
    UiRecord *record = g_hash_table_lookup(phone->by_path, path);
    guint at;

    (void)objects;
    if (!record)
        return;
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        if (g_list_store_find(phone->lists[kind], record, &at))
            g_list_store_remove(phone->lists[kind], at);
    }
    g_object_set_data(G_OBJECT(record), "phone", NULL);
    g_hash_table_remove(phone->by_path, path);
    tell_change(phone);
}

static void properties_changed(GDBusObjectManagerClient *objects, GDBusObjectProxy *object,
                               GDBusProxy *face, GVariant *changed, const char *const *gone,
                               UiPhone *phone)
{
    UiRecord *record =
        g_hash_table_lookup(phone->by_path, g_dbus_object_get_object_path(G_DBUS_OBJECT(object)));

    (void)objects, (void)gone, (void)face;
    if (record)
        ui_record_update(record, changed);
}

static void root_changed(GDBusProxy *root, GVariant *changed, const char *const *gone,
                         UiPhone *phone)
{
    (void)root, (void)gone;
    ui_record_update(phone->state, changed);
}

static void root_told(GDBusProxy *root, const char *sender, const char *signal,
                      GVariant *parameters, UiPhone *phone)
{
    (void)root, (void)sender;
    g_signal_emit(phone, told_signal, g_quark_from_string(signal), parameters);
}

/* -- getting to know it ------------------------------------------------------------------------ */

static void ready_if_all_known(UiPhone *phone)
{
    if (phone->ready || !phone->root || !phone->objects)
        return;
    phone->ready = true;
    g_signal_emit(phone, ready_signal, 0);
}

/* A Linphone that ends while it is asked is nothing to talk about. */
static void not_told(UiPhone *phone, GError *error)
{
    if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_message("%s does not tell what it has: %s", phone->name, error->message);
        g_signal_emit(phone, failed_signal, 0);
    }
    g_error_free(error);
}

static void objects_known(GObject *source, GAsyncResult *result, gpointer data)
{
    GError *error = NULL;
    GDBusObjectManager *objects = g_dbus_object_manager_client_new_finish(result, &error);
    UiPhone *phone = data;
    GList *list;

    (void)source;
    if (!objects) {
        not_told(phone, error);
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
    ready_if_all_known(phone);
    g_object_unref(phone);
}

static void root_known(GObject *source, GAsyncResult *result, gpointer data)
{
    GError *error = NULL;
    GDBusProxy *root = g_dbus_proxy_new_finish(result, &error);
    UiPhone *phone = data;

    (void)source;
    if (!root) {
        not_told(phone, error);
        g_object_unref(phone);
        return;
    }
    phone->root = root;
    g_signal_connect_object(root, "g-properties-changed", G_CALLBACK(root_changed), phone, 0);
    g_signal_connect_object(root, "g-signal", G_CALLBACK(root_told), phone, 0);
    ui_record_update(phone->state, properties_of(root));
    ready_if_all_known(phone);
    g_object_unref(phone);
}

UiPhone *ui_phone_new(GDBusConnection *bus, const char *name)
{
    UiPhone *phone = g_object_new(UI_TYPE_PHONE, NULL);

    phone->name = g_strdup(name);
    phone->bus = g_object_ref(bus);
    g_dbus_proxy_new(bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NULL, name, ROOT, PHONE_INTERFACE,
                     phone->ending, root_known, g_object_ref(phone));
    g_dbus_object_manager_client_new(bus, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_DO_NOT_AUTO_START,
                                     name, ROOT, NULL, NULL, NULL, phone->ending, objects_known,
                                     g_object_ref(phone));
    return phone;
}

void ui_phone_end(UiPhone *phone)
{
    GHashTableIter iter;
    gpointer record;

    g_cancellable_cancel(phone->ending);
    g_hash_table_iter_init(&iter, phone->by_path);
    while (g_hash_table_iter_next(&iter, NULL, &record))
        g_object_set_data(record, "phone", NULL);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        g_list_store_remove_all(phone->lists[kind]);
    g_hash_table_remove_all(phone->by_path);
}

/* -- asking ------------------------------------------------------------------------------------ */

static gboolean is_gone(const GError *error)
{
    static const int gone[] = {G_DBUS_ERROR_SERVICE_UNKNOWN, G_DBUS_ERROR_NAME_HAS_NO_OWNER,
                               G_DBUS_ERROR_NO_REPLY, G_DBUS_ERROR_DISCONNECTED};

    for (guint i = 0; i < G_N_ELEMENTS(gone); i++) {
        if (g_error_matches(error, G_DBUS_ERROR, gone[i]))
            return TRUE;
    }
    return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

/* What a person is told: the plugin's own errors are sentences; what the bus says is for programs.
 */
static char *words_for(GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
        return g_strdup(
            _("Linphone did not answer in time. Try again; if that does not help, close "
              "Linphone and start it again."));
    if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD))
        return g_strdup(_("Linphone’s plugin does not know how to do that: update the package "
                          "linphone-plugin-simauth and start Linphone again."));
    if (is_gone(error))
        return g_strdup(_("Linphone has ended or cannot be reached. Start it and try again."));
    g_dbus_error_strip_remote_error(error);
    return ui_words_said(error->message);
}

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
    char *words = error ? words_for(error) : NULL;

    if (owner && question->answer)
        question->answer(answer, words, owner);
    g_free(words);
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

/* -- the object -------------------------------------------------------------------------------- */

static void finalize(GObject *object)
{
    UiPhone *phone = UI_PHONE(object);

    ui_phone_end(phone);
    g_clear_object(&phone->root);
    g_clear_object(&phone->objects);
    g_clear_object(&phone->bus);
    g_clear_object(&phone->ending);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        g_clear_object(&phone->lists[kind]);
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
    failed_signal = g_signal_new("failed", UI_TYPE_PHONE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
    changed_signal = g_signal_new("changed", UI_TYPE_PHONE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
    told_signal = g_signal_new("told", UI_TYPE_PHONE, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0,
                               NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_VARIANT);
}

static void ui_phone_init(UiPhone *phone)
{
    phone->state = ui_record_new(NULL);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        phone->lists[kind] = g_list_store_new(UI_TYPE_RECORD);
    phone->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_object_unref);
    phone->ending = g_cancellable_new();
    g_signal_connect_object(phone->state, "changed", G_CALLBACK(tell_change), phone,
                            G_CONNECT_SWAPPED);
}
