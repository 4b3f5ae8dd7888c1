/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "methods.h"

#include <stdbool.h>
#include <string.h>

enum list { PEERS, KEYS, RECORDS, LIST_COUNT, SETTINGS = LIST_COUNT };
static const char *const list_kind[LIST_COUNT] = {"peer", "key", "record"};
const char *const methods_signals[] = {"PeersChanged", "KeysChanged", "HistoryChanged",
                                       "SettingsChanged", NULL};
#define TELLS "org.simauth.Tells" /* of a method: the signals that the plugin sends for it */

struct methods {
    GDBusConnection *bus;
    const struct states *states;
    GDBusInterfaceInfo *info;
    GPtrArray *lists[LIST_COUNT];
    GPtrArray *asked; /* of char *, since methods_asked() */
    GPtrArray *owed;  /* of GDBusMethodInvocation */
    char *slow;       /* the method whose next answer comes behind the next state */
    GDBusMethodInvocation *late;
    bool changed[SETTINGS + 1]; /* by the method that runs */
};

/* -- lists ------------------------------------------------------------------------------------- */

static const char *member(GVariant *item, const char *name)
{
    const char *text = "";

    g_variant_lookup(item, name, "&s", &text);
    return text;
}

static GVariant *page(const GPtrArray *list, guint skip, guint limit)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = skip; i < list->len && i - skip < limit; i++)
        g_variant_builder_add_value(&builder, list->pdata[i]);
    return g_variant_builder_end(&builder);
}

static guint remove_all(struct methods *m, enum list what, const char *name, const char *value)
{
    GPtrArray *list = m->lists[what];
    guint removed = 0;

    for (guint i = list->len; i-- > 0;) {
        if (!*value || !strcmp(member(list->pdata[i], name), value)) {
            g_ptr_array_remove_index(list, i);
            removed++;
        }
    }
    m->changed[what] |= removed > 0;
    return removed;
}

/* Of that peer. False: there is none. */
static bool set_member(struct methods *m, const char *aor, const char *name, GVariant *value)
{
    GPtrArray *list = m->lists[PEERS];
    bool found = false;

    g_variant_ref_sink(value);
    for (guint i = 0; i < list->len; i++) {
        if (!strcmp(member(list->pdata[i], "Aor"), aor)) {
            GVariantDict dict;
            g_variant_dict_init(&dict, list->pdata[i]);
            g_variant_dict_insert_value(&dict, name, value);
            g_variant_unref(list->pdata[i]);
            list->pdata[i] = g_variant_ref_sink(g_variant_dict_end(&dict));
            found = true;
        }
    }
    m->changed[PEERS] |= found;
    g_variant_unref(value);
    return found;
}

/* What the plugin tells for that method, and no more: a window that does not ask again by itself is
 * to be seen. */
static void tell_changes(struct methods *m, const char *method)
{
    GDBusMethodInfo *info = g_dbus_interface_info_lookup_method(m->info, method);
    const char *tells = g_dbus_annotation_info_lookup(info->annotations, TELLS);
    char **told = g_strsplit(tells ? tells : "", " ", -1);

    for (int i = 0; i <= SETTINGS; i++) {
        if (m->changed[i] && g_strv_contains((const char *const *)told, methods_signals[i]))
            g_dbus_connection_emit_signal(m->bus, NULL, "/org/simauth/Phone1", "org.simauth.Phone1",
                                          methods_signals[i], NULL, NULL);
        m->changed[i] = false;
    }
    g_strfreev(told);
}

/* -- what the demo can do itself --------------------------------------------------------------- */

static GVariant *list_peers(struct methods *m, GVariant *in)
{
    (void)in;
    return g_variant_new("(@aa{sv})", page(m->lists[PEERS], 0, G_MAXUINT));
}

static GVariant *list_keys(struct methods *m, GVariant *in)
{
    (void)in;
    return g_variant_new("(@aa{sv})", page(m->lists[KEYS], 0, G_MAXUINT));
}

static GVariant *history(struct methods *m, GVariant *in)
{
    guint skip, limit;

    g_variant_get(in, "(uu)", &skip, &limit);
    return g_variant_new("(u@aa{sv})", m->lists[RECORDS]->len,
                         page(m->lists[RECORDS], skip, limit));
}

static GVariant *clear_history(struct methods *m, GVariant *in)
{
    (void)in;
    g_ptr_array_set_size(m->lists[RECORDS], 0);
    m->changed[RECORDS] = true;
    return NULL;
}

static GVariant *forget(struct methods *m, GVariant *in)
{
    const char *aor;
    guint removed;

    g_variant_get(in, "(&s)", &aor);
    removed = remove_all(m, PEERS, "Aor", aor) + remove_all(m, KEYS, "Peer", aor);
    return g_variant_new("(b)", removed > 0);
}

static GVariant *forget_keys(struct methods *m, GVariant *in)
{
    const char *peer;
    guint removed;

    g_variant_get(in, "(&s)", &peer);
    removed = remove_all(m, KEYS, "Peer", peer);
    return g_variant_new("(u)", removed);
}

static GVariant *forget_key(struct methods *m, GVariant *in)
{
    GPtrArray *keys = m->lists[KEYS];
    guint before = keys->len;
    gint64 id, own;

    g_variant_get(in, "(x)", &id);
    for (guint i = keys->len; i-- > 0;) {
        if (g_variant_lookup(keys->pdata[i], "Id", "x", &own) && own == id)
            g_ptr_array_remove_index(keys, i);
    }
    m->changed[KEYS] = keys->len < before;
    return g_variant_new("(b)", keys->len < before);
}

static GVariant *trust_change(struct methods *m, GVariant *in)
{
    const char *aor, *nai;

    g_variant_get(in, "(&s&s)", &aor, &nai);
    set_member(m, aor, "Change", g_variant_new_string("none"));
    set_member(m, aor, "Nai", g_variant_new_string(nai));
    set_member(m, aor, "Pinned", g_variant_new_boolean(TRUE));
    return NULL;
}

/* Who has settings is one of the peers. */
static void set_rule(struct methods *m, const char *aor, const char *name, GVariant *value)
{
    g_variant_ref_sink(value);
    if (!set_member(m, aor, name, value))
        g_ptr_array_add(m->lists[PEERS],
                        g_variant_ref_sink(g_variant_new_parsed(
                            "{'Aor': <%s>, 'Change': <'none'>, %s: %v}", aor, name, value)));
    g_variant_unref(value);
}

static GVariant *set_setting(struct methods *m, GVariant *in)
{
    const char *group, *key, *value, *aor;

    g_variant_get(in, "(&s&s&s)", &group, &key, &value);
    aor = g_str_has_prefix(group, "peer ") ? group + strlen("peer ") : NULL;
    if (aor && !strcmp(key, "policy"))
        set_rule(m, aor, "Policy", g_variant_new_string(value));
    else if (aor && !strcmp(key, "ask"))
        set_rule(m, aor, "Ask", g_variant_new_boolean(!strcmp(value, "yes")));
    m->changed[SETTINGS] = m->changed[PEERS] = true;
    return NULL;
}

static const struct {
    const char *name;
    GVariant *(*run)(struct methods *m, GVariant *in);
} own[] = {
    {"ListPeers", list_peers},       {"ListKeys", list_keys},     {"History", history},
    {"ClearHistory", clear_history}, {"Forget", forget},          {"ForgetKeys", forget_keys},
    {"TrustChange", trust_change},   {"SetSetting", set_setting}, {"ForgetKey", forget_key},
};

/* -- answering --------------------------------------------------------------------------------- */

static GVariant *nothing(const char *type)
{
    switch (*type) {
    case 's':
        return g_variant_new_string("");
    case 'b':
        return g_variant_new_boolean(FALSE);
    case 'i':
        return g_variant_new_int32(-1);
    case 'u':
        return g_variant_new_uint32(0);
    default:
        return g_variant_new_array(G_VARIANT_TYPE(type + 1), NULL, 0);
    }
}

static char *out_type(const GDBusMethodInfo *info)
{
    GString *type = g_string_new("(");

    for (GDBusArgInfo **arg = info->out_args; arg && *arg; arg++)
        g_string_append(type, (*arg)->signature);
    g_string_append_c(type, ')');
    return g_string_free(type, FALSE);
}

static GVariant *from_file(const struct methods *m, const char *state, const char *method)
{
    GDBusMethodInfo *info = g_dbus_interface_info_lookup_method(m->info, method);
    char *key = g_strconcat("answer.", method, NULL), *type = out_type(info);
    GVariant *answer = states_value(m->states, state, key, type);
    GVariantBuilder empty;

    if (!answer) {
        g_variant_builder_init(&empty, G_VARIANT_TYPE_TUPLE);
        for (GDBusArgInfo **arg = info->out_args; arg && *arg; arg++)
            g_variant_builder_add_value(&empty, nothing((*arg)->signature));
        answer = g_variant_ref_sink(g_variant_builder_end(&empty));
    }
    g_free(key);
    g_free(type);
    return answer;
}

/* What the state says of a list comes before the file's. */
static gboolean has_own(const struct methods *m, const char *state, const char *method)
{
    char *key = g_strconcat("answer.", method, NULL), *text = states_text(m->states, state, key);
    gboolean has = text != NULL;

    g_free(text);
    g_free(key);
    return has;
}

static gboolean refused(const struct methods *m, const char *state, const char *method,
                        GDBusMethodInvocation *invocation)
{
    char *key = g_strconcat("error.", method, NULL);
    char *text = states_text(m->states, state, key), *cut = text ? strchr(text, '|') : NULL;

    if (cut) {
        *cut = '\0';
        g_dbus_method_invocation_return_dbus_error(invocation, text, cut + 1);
    }
    g_free(key);
    g_free(text);
    return cut != NULL;
}

/* As a Linphone that hangs: an answer is owed until another state comes. */
static gboolean silent(struct methods *m, const char *state, const char *method,
                       GDBusMethodInvocation *invocation)
{
    char *key = g_strconcat("silent.", method, NULL);
    char *text = states_text(m->states, state, key);
    gboolean is = text != NULL;

    if (is)
        g_ptr_array_add(m->owed, invocation);
    g_free(key);
    g_free(text);
    return is;
}

void methods_call(struct methods *m, const char *state, const char *method, GVariant *parameters,
                  GDBusMethodInvocation *invocation)
{
    GVariant *answer;
    char *arguments = g_variant_print(parameters, FALSE);

    g_ptr_array_add(m->asked, g_strconcat(method, arguments, NULL));
    g_free(arguments);
    if (!g_strcmp0(m->slow, method)) {
        g_clear_pointer(&m->slow, g_free);
        m->late = invocation;
        return;
    }
    if (silent(m, state, method, invocation) || refused(m, state, method, invocation))
        return;
    for (size_t i = 0; !has_own(m, state, method) && i < G_N_ELEMENTS(own); i++) {
        if (!strcmp(own[i].name, method)) {
            answer = own[i].run(m, parameters);
            tell_changes(m, method);
            g_dbus_method_invocation_return_value(invocation, answer);
            return;
        }
    }
    answer = from_file(m, state, method);
    g_dbus_method_invocation_return_value(invocation, answer);
    g_variant_unref(answer);
}

static void answer_late(struct methods *m)
{
    for (guint i = 0; i < m->owed->len; i++)
        g_dbus_method_invocation_return_dbus_error(m->owed->pdata[i], "org.simauth.Error.Failed",
                                                   "Linphone did not answer in time.");
    g_ptr_array_set_size(m->owed, 0);
}

void methods_owe(struct methods *m, const char *method)
{
    g_free(m->slow);
    m->slow = g_strdup(method);
}

void methods_told(struct methods *m, const char *state)
{
    GDBusMethodInvocation *late = g_steal_pointer(&m->late);

    if (late)
        methods_call(m, state, g_dbus_method_invocation_get_method_name(late),
                     g_dbus_method_invocation_get_parameters(late), late);
}

char **methods_asked(struct methods *m)
{
    char **asked;

    g_ptr_array_add(m->asked, NULL);
    asked = (char **)g_ptr_array_free(m->asked, FALSE);
    m->asked = g_ptr_array_new();
    return asked;
}

/* Each as many times as the state says, as if it had been kept for long. */
static void repeat(const struct methods *m, const char *state, enum list what)
{
    char *key = g_strconcat("times.", list_kind[what], NULL);
    char *times = states_text(m->states, state, key);
    GPtrArray *list = m->lists[what];
    guint once = list->len;

    for (guint64 i = times ? g_ascii_strtoull(times, NULL, 10) : 1; i > 1; i--) {
        for (guint at = 0; at < once; at++)
            g_ptr_array_add(list, g_variant_ref(list->pdata[at]));
    }
    g_free(times);
    g_free(key);
}

void methods_reset(struct methods *m, const char *state)
{
    char *empty = states_text(m->states, state, "empty");

    answer_late(m);
    for (int i = 0; i < LIST_COUNT; i++) {
        g_clear_pointer(&m->lists[i], g_ptr_array_unref);
        m->lists[i] = states_list(m->states, list_kind[i]);
        if (empty)
            g_ptr_array_set_size(m->lists[i], 0);
        repeat(m, state, (enum list)i);
    }
    g_free(empty);
}

struct methods *methods_new(GDBusConnection *bus, const struct states *states,
                            GDBusInterfaceInfo *info)
{
    struct methods *m = g_new0(struct methods, 1);

    m->bus = bus;
    m->states = states;
    m->info = info;
    m->asked = g_ptr_array_new();
    m->owed = g_ptr_array_new();
    return m;
}

void methods_free(struct methods *m)
{
    if (!m)
        return;
    for (int i = 0; i < LIST_COUNT; i++)
        g_clear_pointer(&m->lists[i], g_ptr_array_unref);
    if (m->late)
        g_ptr_array_add(m->owed, m->late);
    answer_late(m);
    g_free(m->slow);
    g_ptr_array_unref(m->owed);
    g_strfreev(methods_asked(m));
    g_ptr_array_unref(m->asked);
    g_free(m);
}
