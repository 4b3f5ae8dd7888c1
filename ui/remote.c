/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "remote.h"

#include <string.h>

const struct ui_remote ui_remote_peers = {"ListPeers", "PeersChanged", 0, 0, "Aor", FALSE};
const struct ui_remote ui_remote_keys = {"ListKeys", "KeysChanged", 0, 0, NULL, TRUE};
const struct ui_remote ui_remote_history = {"History", "HistoryChanged", 1, 500, NULL, FALSE};

static gboolean same(GVariant *a, GVariant *b, const char *key)
{
    const char *first, *second;

    if (key && g_variant_lookup(a, key, "&s", &first) && g_variant_lookup(b, key, "&s", &second))
        return !strcmp(first, second);
    return g_variant_equal(a, b);
}

static gboolean same_at(GVariant *a, gsize i, GVariant *b, gsize j, const char *key)
{
    GVariant *first = g_variant_get_child_value(a, i), *second = g_variant_get_child_value(b, j);
    gboolean is = same(first, second, key);

    g_variant_unref(first);
    g_variant_unref(second);
    return is;
}

static UiRecord *record_at(GVariant *array, gsize i, UiPhone *phone)
{
    GVariant *values = g_variant_get_child_value(array, i);
    UiRecord *record = ui_record_new(values);

    g_object_set_data_full(G_OBJECT(record), "phone", g_object_ref(phone), g_object_unref);
    g_variant_unref(values);
    return record;
}

/* Those that stay, as they are now. */
static void update(GListStore *list, GVariant *array, gsize from, gsize to)
{
    for (gsize i = from; i < to; i++) {
        GVariant *values = g_variant_get_child_value(array, i);
        UiRecord *record = g_list_model_get_item(G_LIST_MODEL(list), (guint)i);
        ui_record_update(record, values);
        g_object_unref(record);
        g_variant_unref(values);
    }
}

/* What is the same at both ends stays: a person may have opened it, or be reading it. */
void ui_remote_take(GListStore *list, GVariant *array, UiPhone *phone, const char *key)
{
    GVariant *before = g_object_get_data(G_OBJECT(list), "array");
    gsize old = before ? g_variant_n_children(before) : 0, new = g_variant_n_children(array);
    gsize head = 0, tail = 0;
    GPtrArray *records;

    while (head < old && head < new &&same_at(before, head, array, head, key))
        head++;
    while (tail < old - head &&
           tail < new - head &&same_at(before, old - 1 - tail, array, new - 1 - tail, key))
        tail++;
    records = g_ptr_array_new_with_free_func(g_object_unref);
    for (gsize i = head; i < new - tail; i++)
        g_ptr_array_add(records, record_at(array, i, phone));
    g_object_set_data_full(G_OBJECT(list), "array", g_variant_ref(array),
                           (GDestroyNotify)g_variant_unref);
    if (old - tail > head || records->len)
        g_list_store_splice(list, (guint)head, (guint)(old - tail - head), records->pdata,
                            records->len);
    update(list, array, 0, head);
    update(list, array, new - tail, new);
    g_ptr_array_unref(records);
}

/* -- asking, page by page ---------------------------------------------------------------------- */

/* What has come so far. It belongs to a list, and goes when that one asks anew: what is still under
 * way for it then is of before. */
struct asking {
    GObject *holder, *list; /* borrowed */
    GPtrArray *records;     /* GVariant */
};

static void asking_free(gpointer data)
{
    struct asking *asking = data;

    g_ptr_array_unref(asking->records);
    g_free(asking);
}

static void ask_on(struct asking *asking);

/* False: an answer of another form. */
static gboolean take_page(struct asking *asking, GVariant *answer, guint at, guint *added)
{
    GVariant *array = g_variant_get_child_value(answer, at);
    gboolean good = g_variant_is_of_type(array, G_VARIANT_TYPE("aa{sv}"));

    *added = good ? (guint)g_variant_n_children(array) : 0;
    for (guint i = 0; i < *added; i++)
        g_ptr_array_add(asking->records, g_variant_get_child_value(array, i));
    g_variant_unref(array);
    return good;
}

static void all_there(struct asking *asking, const struct ui_remote *what)
{
    GVariant *array = g_variant_ref_sink(g_variant_new_array(
        G_VARIANT_TYPE("a{sv}"), (GVariant *const *)asking->records->pdata, asking->records->len));

    ui_remote_take(G_LIST_STORE(asking->list), array, g_object_get_data(asking->list, "phone"),
                   what->key);
    g_variant_unref(array);
}

static void answered(GVariant *answer, const char *error, gpointer holder)
{
    struct asking *asking = g_object_get_data(holder, "asking");
    const struct ui_remote *what = g_object_get_data(asking->list, "what");
    guint added = 0, total = 0;

    if (!answer || what->at >= g_variant_n_children(answer) ||
        !take_page(asking, answer, what->at, &added)) {
        g_message("%s: %s", what->method, error ? error : "an answer of another form");
        if (asking->records->len)
            all_there(asking, what); /* what came is there */
        return;
    }
    if (what->page)
        g_variant_get_child(answer, 0, "u", &total);
    if (added && asking->records->len < total)
        ask_on(asking);
    else
        all_there(asking, what);
}

static void ask_on(struct asking *asking)
{
    const struct ui_remote *what = g_object_get_data(asking->list, "what");

    ui_phone_ask(g_object_get_data(asking->list, "phone"), what->method,
                 what->page ? g_variant_new("(uu)", asking->records->len, what->page) : NULL,
                 answered, asking->holder);
}

static void ask(GObject *list)
{
    struct asking *asking = g_new0(struct asking, 1);

    asking->holder = g_object_new(G_TYPE_OBJECT, NULL);
    asking->list = list;
    asking->records = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
    g_object_set_data_full(asking->holder, "asking", asking, asking_free);
    g_object_set_data_full(list, "asking", asking->holder, g_object_unref);
    ask_on(asking);
}

static gpointer list_of(gpointer phone, gpointer what)
{
    GListStore *list = g_list_store_new(UI_TYPE_RECORD);

    g_object_set_data_full(G_OBJECT(list), "phone", phone, g_object_unref);
    g_object_set_data(G_OBJECT(list), "what", what);
    ask(G_OBJECT(list));
    return list;
}

/* -- Linphones with the same settings ---------------------------------------------------------- */

static gboolean share(UiPhone *a, UiPhone *b)
{
    return !g_strcmp0(ui_record_text(ui_phone_state(a), "SettingsPath"),
                      ui_record_text(ui_phone_state(b), "SettingsPath"));
}

/* Whether it is the first with its settings. */
static gboolean is_first(gpointer item, gpointer phones)
{
    gboolean first = TRUE, reached = FALSE;

    for (guint i = 0; i < g_list_model_get_n_items(phones) && first && !reached; i++) {
        UiPhone *other = g_list_model_get_item(phones, i);
        reached = other == item;
        first = reached || !share(item, other);
        g_object_unref(other);
    }
    return first;
}

static gboolean is_any(gpointer item, gpointer phones)
{
    (void)item, (void)phones;
    return TRUE;
}

/* Of what is kept for both, by whomever. */
static void told(UiPhone *phone, GVariant *parameters, GListModel *lists)
{
    const struct ui_remote *what = g_object_get_data(G_OBJECT(lists), "what");

    (void)parameters;
    for (guint i = 0; i < g_list_model_get_n_items(lists); i++) {
        GObject *list = g_list_model_get_item(lists, i);
        UiPhone *its = g_object_get_data(list, "phone");
        if (its == phone || (!what->each && share(its, phone)))
            ask(list);
        g_object_unref(list);
    }
}

static void listen_to(GListModel *phones, guint at, guint count, GListModel *lists)
{
    const struct ui_remote *what = g_object_get_data(G_OBJECT(lists), "what");
    char *signal = g_strconcat("told::", what->signal, NULL);

    for (guint i = at; i < at + count; i++) {
        UiPhone *phone = g_list_model_get_item(phones, i);
        g_signal_connect_object(phone, signal, G_CALLBACK(told), lists, 0);
        g_object_unref(phone);
    }
    g_free(signal);
}

/* The second becomes the first when that one ends. */
static void phones_changed(GListModel *phones, guint at, guint removed, guint added,
                           GtkMapListModel *lists)
{
    GtkFilterListModel *ours = GTK_FILTER_LIST_MODEL(gtk_map_list_model_get_model(lists));

    listen_to(phones, at, added, G_LIST_MODEL(lists));
    if (removed)
        gtk_filter_changed(gtk_filter_list_model_get_filter(ours), GTK_FILTER_CHANGE_LESS_STRICT);
}

GListModel *ui_remote_new(UiPhones *phones, const struct ui_remote *what)
{
    GtkCustomFilter *filter = gtk_custom_filter_new(what->each ? is_any : is_first, phones, NULL);
    GtkFilterListModel *ours =
        gtk_filter_list_model_new(g_object_ref(G_LIST_MODEL(phones)), GTK_FILTER(filter));
    GtkMapListModel *lists =
        gtk_map_list_model_new(G_LIST_MODEL(ours), list_of, (gpointer)what, NULL);

    g_object_set_data(G_OBJECT(lists), "what", (gpointer)what);
    listen_to(G_LIST_MODEL(phones), 0, g_list_model_get_n_items(G_LIST_MODEL(phones)),
              G_LIST_MODEL(lists));
    g_signal_connect_object(phones, "items-changed", G_CALLBACK(phones_changed), lists,
                            G_CONNECT_AFTER);
    return G_LIST_MODEL(gtk_flatten_list_model_new(G_LIST_MODEL(lists)));
}

/* -- deciding ---------------------------------------------------------------------------------- */

/* One that has not seen a change itself trusts none (NotFound): it keeps the old pin and refuses
 * until it saves its pins, which takes those of the file, or is started again. */
static void other_told(GVariant *answer, const char *error, gpointer phone)
{
    (void)answer;
    if (error)
        g_message("%s: %s", ui_phone_name(phone), error);
}

void ui_remote_decide(UiPhones *phones, UiPhone *phone, const char *method, GVariant *parameters,
                      ui_phone_answer answer, GObject *owner)
{
    g_variant_ref_sink(parameters);
    ui_phone_ask(phone, method, parameters, answer, owner);
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(phones)); i++) {
        UiPhone *other = g_list_model_get_item(G_LIST_MODEL(phones), i);
        if (other != phone && share(other, phone))
            ui_phone_ask(other, method, parameters, other_told, G_OBJECT(other));
        g_object_unref(other);
    }
    g_variant_unref(parameters);
}
