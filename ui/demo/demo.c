/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "demo.h"
#include "methods.h"

#include <string.h>
#include <unistd.h>

#define ROOT "/org/simauth/Phone1"
#define PHONE_XML "/org/simauth/CallSecurity/demo/org.simauth.Phone1.xml"
#define MANAGER "org.freedesktop.DBus.ObjectManager"

static const char own_xml[] =
    "<node><interface name='" MANAGER "'>"
    "<method name='GetManagedObjects'><arg name='o' type='a{oa{sa{sv}}}' direction='out'/></method>"
    "<signal name='InterfacesAdded'><arg type='o'/><arg type='a{sa{sv}}'/></signal>"
    "<signal name='InterfacesRemoved'><arg type='o'/><arg type='as'/></signal></interface>"
    "<interface name='org.simauth.Demo1'>"
    "<method name='Show'><arg name='state' type='s' direction='in'/></method>"
    "<method name='States'><arg name='states' type='as' direction='out'/></method>"
    "<method name='Owe'><arg name='method' type='s' direction='in'/></method>"
    "<method name='Asked'><arg name='methods' type='as' direction='out'/></method>"
    "</interface></node>";

/* An object beside the root: what its keys in the file begin with, and which interface it has. */
struct thing {
    const char *prefix, *path, *interface;
    const char *count_key; /* it is there while that number is above `at` */
    gint32 at;
};
static const struct thing things[] = {
    {"account", ROOT "/account/0", "org.simauth.Account1", "accounts", 0},
    {"sim", ROOT "/sim/0", "org.simauth.Sim1", "sims", 0},
    {"call", ROOT "/call/0", "org.simauth.Call1", "calls", 0},
    {"call2", ROOT "/call/1", "org.simauth.Call1", "calls", 1},
};
#define ROOT_THING G_N_ELEMENTS(things)

struct demo {
    GDBusConnection *bus;
    struct states *states;
    GDBusNodeInfo *phone_info, *own_info;
    struct methods *methods;
    char *state;
    guint things[ROOT_THING + 1]; /* registrations, 0: not there */
    guint manager, steer, name, timer;
};

/* -- properties -------------------------------------------------------------------------------- */

static const char *prefix_of(const char *interface, const char *path)
{
    for (size_t i = 0; i < G_N_ELEMENTS(things); i++) {
        if (!strcmp(things[i].interface, interface) && !strcmp(things[i].path, path))
            return things[i].prefix;
    }
    return "phone";
}

static GVariant *nothing_of(const char *type)
{
    switch (*type) {
    case 's':
        return g_variant_new_string("");
    case 'b':
        return g_variant_new_boolean(FALSE);
    case 'x':
        return g_variant_new_int64(0);
    case 'i':
        return g_variant_new_int32(-1);
    case 'u':
        return g_variant_new_uint32(0);
    default:
        g_error("the demo knows no empty %s", type);
    }
}

/* The second call is as the first where the file says nothing of it. */
static GVariant *property(const struct demo *demo, const char *prefix, const char *name,
                          const char *type)
{
    char *key = g_strconcat(prefix, ".", name, NULL);
    GVariant *value = states_value(demo->states, demo->state, key, type);

    g_free(key);
    if (!value && !strcmp(prefix, "call2"))
        return property(demo, "call", name, type);
    return value ? value : g_variant_ref_sink(nothing_of(type));
}

static GVariant *all_properties(const struct demo *demo, const char *prefix, const char *interface)
{
    GDBusInterfaceInfo *info = g_dbus_node_info_lookup_interface(demo->phone_info, interface);
    GVariantBuilder values;

    g_variant_builder_init(&values, G_VARIANT_TYPE_VARDICT);
    for (GDBusPropertyInfo **p = info->properties; p && *p; p++) {
        GVariant *value = property(demo, prefix, (*p)->name, (*p)->signature);
        g_variant_builder_add(&values, "{sv}", (*p)->name, value);
        g_variant_unref(value);
    }
    return g_variant_builder_end(&values);
}

static GVariant *get_property(GDBusConnection *bus, const char *sender, const char *path,
                              const char *interface, const char *name, GError **error,
                              gpointer user)
{
    const struct demo *demo = user;
    GDBusInterfaceInfo *info = g_dbus_node_info_lookup_interface(demo->phone_info, interface);

    (void)bus, (void)sender, (void)error;
    return property(demo, prefix_of(interface, path), name,
                    g_dbus_interface_info_lookup_property(info, name)->signature);
}

/* -- methods ----------------------------------------------------------------------------------- */

static GVariant *managed(const struct demo *demo)
{
    GVariantBuilder objects;

    g_variant_builder_init(&objects, G_VARIANT_TYPE("a{oa{sa{sv}}}"));
    for (size_t i = 0; i < ROOT_THING; i++) {
        if (!demo->things[i])
            continue;
        g_variant_builder_open(&objects, G_VARIANT_TYPE("{oa{sa{sv}}}"));
        g_variant_builder_add(&objects, "o", things[i].path);
        g_variant_builder_open(&objects, G_VARIANT_TYPE("a{sa{sv}}"));
        g_variant_builder_add(&objects, "{s@a{sv}}", things[i].interface,
                              all_properties(demo, things[i].prefix, things[i].interface));
        g_variant_builder_close(&objects);
        g_variant_builder_close(&objects);
    }
    return g_variant_new("(a{oa{sa{sv}}})", &objects);
}

static void steer(struct demo *demo, const char *method, GVariant *parameters,
                  GDBusMethodInvocation *invocation)
{
    const char *state, *owed;

    if (!strcmp(method, "Owe")) {
        g_variant_get(parameters, "(&s)", &owed);
        methods_owe(demo->methods, owed);
        g_dbus_method_invocation_return_value(invocation, NULL);
        return;
    }
    if (strcmp(method, "Show")) {
        char **names = strcmp(method, "States") ? methods_asked(demo->methods) : demo_states();
        g_dbus_method_invocation_return_value(invocation, g_variant_new("(^as)", names));
        g_strfreev(names);
        return;
    }
    g_variant_get(parameters, "(&s)", &state);
    if (demo_show(demo, state))
        g_dbus_method_invocation_return_value(invocation, NULL);
    else
        g_dbus_method_invocation_return_dbus_error(
            invocation, "org.freedesktop.DBus.Error.InvalidArgs", "no such state: ask States()");
}

static void call_method(GDBusConnection *bus, const char *sender, const char *path,
                        const char *interface, const char *method, GVariant *parameters,
                        GDBusMethodInvocation *invocation, gpointer user)
{
    struct demo *demo = user;

    (void)bus, (void)sender, (void)path;
    if (!strcmp(interface, MANAGER))
        g_dbus_method_invocation_return_value(invocation, managed(demo));
    else if (!strcmp(interface, "org.simauth.Demo1"))
        steer(demo, method, parameters, invocation);
    else
        methods_call(demo->methods, demo->state, method, parameters, invocation);
}

static const GDBusInterfaceVTable table = {call_method, get_property, NULL, {NULL}};

/* -- showing a state --------------------------------------------------------------------------- */

static void emit(const struct demo *demo, const char *path, const char *interface, const char *name,
                 GVariant *parameters)
{
    g_dbus_connection_emit_signal(demo->bus, NULL, path, interface, name, parameters, NULL);
}

static guint enter(struct demo *demo, const char *path, const char *interface)
{
    return g_dbus_connection_register_object(
        demo->bus, path, g_dbus_node_info_lookup_interface(demo->phone_info, interface), &table,
        demo, NULL, NULL);
}

static void tell_properties(const struct demo *demo, const char *path, const char *interface)
{
    emit(demo, path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
         g_variant_new("(s@a{sv}as)", interface,
                       all_properties(demo, prefix_of(interface, path), interface), NULL));
}

static gboolean wanted(const struct demo *demo, const struct thing *thing)
{
    GVariant *count = states_value(demo->states, demo->state, thing->count_key, "i");
    gboolean there = count && g_variant_get_int32(count) > thing->at;

    g_clear_pointer(&count, g_variant_unref);
    return there;
}

static void show_thing(struct demo *demo, size_t i)
{
    const struct thing *thing = &things[i];
    GVariantBuilder faces;

    if (!wanted(demo, thing)) {
        if (demo->things[i]) {
            g_dbus_connection_unregister_object(demo->bus, demo->things[i]);
            emit(demo, ROOT, MANAGER, "InterfacesRemoved",
                 g_variant_new("(o^as)", thing->path, (const char *[]){thing->interface, NULL}));
        }
        demo->things[i] = 0;
    } else if (demo->things[i]) {
        tell_properties(demo, thing->path, thing->interface);
    } else {
        demo->things[i] = enter(demo, thing->path, thing->interface);
        g_variant_builder_init(&faces, G_VARIANT_TYPE("a{sa{sv}}"));
        g_variant_builder_add(&faces, "{s@a{sv}}", thing->interface,
                              all_properties(demo, thing->prefix, thing->interface));
        emit(demo, ROOT, MANAGER, "InterfacesAdded",
             g_variant_new("(oa{sa{sv}})", thing->path, &faces));
    }
}

/* A state without a phone is one without a name on the bus. */
static void show_name(struct demo *demo)
{
    char *gone = states_text(demo->states, demo->state, "no-phone");
    char *name = g_strdup_printf(DEMO_NAMES ".instance%d", (int)getpid());

    if (gone && demo->name) {
        g_bus_unown_name(demo->name);
        demo->name = 0;
    } else if (!gone && !demo->name) {
        demo->name = g_bus_own_name_on_connection(demo->bus, name, G_BUS_NAME_OWNER_FLAGS_NONE,
                                                  NULL, NULL, NULL, NULL);
    }
    g_free(name);
    g_free(gone);
}

static gboolean same_calls(const struct demo *demo, const char *state)
{
    char *before = demo->state ? states_text(demo->states, demo->state, "call.Id") : NULL;
    char *after = states_text(demo->states, state, "call.Id");
    gboolean same = !g_strcmp0(before, after);

    g_free(before);
    g_free(after);
    return same;
}

gboolean demo_show(struct demo *demo, const char *state)
{
    if (!states_has(demo->states, state))
        return FALSE;
    for (size_t i = 2; i < ROOT_THING && !same_calls(demo, state); i++) {
        if (demo->things[i]) {
            g_dbus_connection_unregister_object(demo->bus, demo->things[i]);
            emit(demo, ROOT, MANAGER, "InterfacesRemoved",
                 g_variant_new("(o^as)", things[i].path,
                               (const char *[]){things[i].interface, NULL}));
            demo->things[i] = 0;
        }
    }
    g_free(demo->state);
    demo->state = g_strdup(state);
    methods_reset(demo->methods, state);
    if (!demo->things[ROOT_THING])
        demo->things[ROOT_THING] = enter(demo, ROOT, "org.simauth.Phone1");
    else
        tell_properties(demo, ROOT, "org.simauth.Phone1");
    for (size_t i = 0; i < ROOT_THING; i++)
        show_thing(demo, i);
    for (const char *const *told = methods_signals; *told; told++)
        emit(demo, ROOT, "org.simauth.Phone1", *told, NULL);
    methods_told(demo->methods, state);
    show_name(demo);
    return TRUE;
}

char **demo_states(void)
{
    struct states *states = states_read(NULL);
    char **names = states_names(states);

    states_free(states);
    return names;
}

static gboolean next_state(gpointer user)
{
    struct demo *demo = user;
    char **names = states_names(demo->states);
    guint at = 0;

    while (names[at] && strcmp(names[at], demo->state))
        at++;
    demo_show(demo, names[at] && names[at + 1] ? names[at + 1] : names[0]);
    g_strfreev(names);
    return G_SOURCE_CONTINUE;
}

void demo_play(struct demo *demo, guint seconds)
{
    if (!demo->timer)
        demo->timer = g_timeout_add_seconds(seconds, next_state, demo);
}

/* -- beginning and end ------------------------------------------------------------------------- */

static GDBusNodeInfo *read_interface(GError **error)
{
    GBytes *xml = g_resources_lookup_data(PHONE_XML, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
    GDBusNodeInfo *info = NULL;

    if (xml)
        info = g_dbus_node_info_new_for_xml(g_bytes_get_data(xml, NULL), error);
    g_clear_pointer(&xml, g_bytes_unref);
    return info;
}

struct demo *demo_new(GDBusConnection *bus, const char *state, GError **error)
{
    struct demo *demo = g_new0(struct demo, 1);

    demo->bus = g_object_ref(bus);
    demo->states = states_read(error);
    demo->phone_info = demo->states ? read_interface(error) : NULL;
    demo->own_info = g_dbus_node_info_new_for_xml(own_xml, NULL);
    if (!demo->phone_info || !states_has(demo->states, state)) {
        if (demo->phone_info)
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "the demo has no state \"%s\"",
                        state);
        demo_free(demo);
        return NULL;
    }
    demo->methods =
        methods_new(bus, demo->states,
                    g_dbus_node_info_lookup_interface(demo->phone_info, "org.simauth.Phone1"));
    demo->manager = g_dbus_connection_register_object(
        bus, ROOT, g_dbus_node_info_lookup_interface(demo->own_info, MANAGER), &table, demo, NULL,
        NULL);
    demo->steer = g_dbus_connection_register_object(
        bus, "/org/simauth/Demo1",
        g_dbus_node_info_lookup_interface(demo->own_info, "org.simauth.Demo1"), &table, demo, NULL,
        NULL);
    demo_show(demo, state);
    return demo;
}

void demo_free(struct demo *demo)
{
    if (!demo)
        return;
    g_clear_handle_id(&demo->timer, g_source_remove);
    for (size_t i = 0; i <= ROOT_THING; i++) {
        if (demo->things[i])
            g_dbus_connection_unregister_object(demo->bus, demo->things[i]);
    }
    if (demo->manager)
        g_dbus_connection_unregister_object(demo->bus, demo->manager);
    if (demo->steer)
        g_dbus_connection_unregister_object(demo->bus, demo->steer);
    if (demo->name)
        g_bus_unown_name(demo->name);
    methods_free(demo->methods);
    states_free(demo->states);
    g_clear_pointer(&demo->phone_info, g_dbus_node_info_unref);
    g_clear_pointer(&demo->own_info, g_dbus_node_info_unref);
    g_object_unref(demo->bus);
    g_free(demo->state);
    g_free(demo);
}
