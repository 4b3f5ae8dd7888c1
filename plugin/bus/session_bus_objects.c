/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands on the bus: the tables of org.simauth.Phone1.xml (a test compares the two), and the
 * objects, which are one JSON object that is compared with the one before. So nobody who changes
 * something has to know what is shown of it.
 */
#include "session_bus_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int get(sd_bus *bus, const char *path, const char *interface, const char *property,
               sd_bus_message *reply, void *userdata, sd_bus_error *error);

/* UNPRIVILEGED: sd-bus would ask the bus for capabilities, and wait. Who sends is known already. */
#define PROPERTY(name, type)                                                                       \
    SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
#define CONSTANT(name, type) SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_CONST)
#define FREE SD_BUS_VTABLE_UNPRIVILEGED

static const sd_bus_vtable phone_vtable[] = {
    SD_BUS_VTABLE_START(0),
    CONSTANT("Version", "s"),
    CONSTANT("Host", "s"),
    CONSTANT("HostVersion", "s"),
    CONSTANT("ProcessId", "u"),
    PROPERTY("State", "s"),
    PROPERTY("StateText", "s"),
    PROPERTY("Problem", "s"),
    PROPERTY("SettingsPath", "s"),
    PROPERTY("Policy", "s"),
    PROPERTY("Nai", "s"),
    PROPERTY("Operator", "s"),
    PROPERTY("KeysHome", "s"),
    PROPERTY("KeysProblem", "s"),
    SD_BUS_METHOD_WITH_ARGS("SelfTest", SD_BUS_NO_ARGS, SD_BUS_ARGS("b", good, "a(sss)", links),
                            bus_on_method, FREE),
    SD_BUS_SIGNAL_WITH_ARGS("SelfTestLink", SD_BUS_ARGS("s", link, "s", result, "s", text), 0),
    SD_BUS_METHOD_WITH_ARGS("Bootstrap", SD_BUS_NO_ARGS, SD_BUS_ARGS("b", good, "a(sss)", links),
                            bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("EnterPin", SD_BUS_ARGS("h", pin, "b", spend_last, "s", tag),
                            SD_BUS_ARGS("s", result, "i", tries_left, "s", text), bus_on_method,
                            FREE),
    SD_BUS_METHOD_WITH_ARGS("AskForPin", SD_BUS_ARGS("b", on), SD_BUS_NO_ARGS, bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("ListReaders", SD_BUS_NO_ARGS,
                            SD_BUS_ARGS("a(ssb)", readers, "s", text), bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("SetSim", SD_BUS_ARGS("s", sim), SD_BUS_NO_ARGS, bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("ActivateSim", SD_BUS_ARGS("h", code), SD_BUS_ARGS("s", path),
                            bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("SetGateway", SD_BUS_ARGS("s", gateway), SD_BUS_NO_ARGS, bus_on_method,
                            FREE),
    SD_BUS_METHOD_WITH_ARGS("FindGateways", SD_BUS_NO_ARGS, SD_BUS_ARGS("a(sss)", gateways),
                            bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("GetSettings", SD_BUS_ARGS("s", group),
                            SD_BUS_ARGS("a(sssss)", settings), bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("SetSetting", SD_BUS_ARGS("s", group, "s", key, "s", value),
                            SD_BUS_NO_ARGS, bus_on_method, FREE),
    SD_BUS_SIGNAL_WITH_ARGS("SettingsChanged", SD_BUS_NO_ARGS, 0),
    SD_BUS_METHOD_WITH_ARGS("ListPeers", SD_BUS_NO_ARGS, SD_BUS_ARGS("aa{sv}", peers),
                            bus_on_method, FREE),
    SD_BUS_SIGNAL_WITH_ARGS("PeersChanged", SD_BUS_NO_ARGS, 0),
    SD_BUS_METHOD_WITH_ARGS("TrustChange", SD_BUS_ARGS("s", aor, "s", nai), SD_BUS_NO_ARGS,
                            bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("Forget", SD_BUS_ARGS("s", aor), SD_BUS_ARGS("b", found), bus_on_method,
                            FREE),
    SD_BUS_METHOD_WITH_ARGS("AskAgain", SD_BUS_ARGS("s", aor), SD_BUS_ARGS("b", found),
                            bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("ContinueOnce", SD_BUS_ARGS("s", aor), SD_BUS_NO_ARGS, bus_on_method,
                            FREE),
    SD_BUS_METHOD_WITH_ARGS("ListKeys", SD_BUS_NO_ARGS, SD_BUS_ARGS("aa{sv}", keys), bus_on_method,
                            FREE),
    SD_BUS_METHOD_WITH_ARGS("ForgetKeys", SD_BUS_ARGS("s", peer), SD_BUS_ARGS("u", erased),
                            bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("ForgetKey", SD_BUS_ARGS("x", id), SD_BUS_ARGS("b", found),
                            bus_on_method, FREE),
    SD_BUS_SIGNAL_WITH_ARGS("KeysChanged", SD_BUS_NO_ARGS, 0),
    SD_BUS_METHOD_WITH_ARGS("History", SD_BUS_ARGS("u", skip, "u", limit),
                            SD_BUS_ARGS("u", total, "aa{sv}", records), bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("ClearHistory", SD_BUS_NO_ARGS, SD_BUS_NO_ARGS, bus_on_method, FREE),
    SD_BUS_SIGNAL_WITH_ARGS("HistoryChanged", SD_BUS_NO_ARGS, 0),
    SD_BUS_METHOD_WITH_ARGS("ListBindings", SD_BUS_NO_ARGS, SD_BUS_ARGS("aa{sv}", bindings),
                            bus_on_method, FREE),
    SD_BUS_METHOD_WITH_ARGS("ProveAddress", SD_BUS_ARGS("s", aor), SD_BUS_ARGS("s", text),
                            bus_on_method, FREE),
    SD_BUS_VTABLE_END};

static const sd_bus_vtable account_vtable[] = {SD_BUS_VTABLE_START(0),
                                               PROPERTY("Aor", "s"),
                                               PROPERTY("Registration", "s"),
                                               PROPERTY("Nai", "s"),
                                               PROPERTY("Operator", "s"),
                                               PROPERTY("Vouched", "b"),
                                               PROPERTY("Policy", "s"),
                                               PROPERTY("Gateway", "s"),
                                               PROPERTY("GatewayState", "s"),
                                               PROPERTY("GatewayText", "s"),
                                               PROPERTY("GatewaySince", "x"),
                                               PROPERTY("Price", "s"),
                                               PROPERTY("PriceFirst", "s"),
                                               PROPERTY("PriceAgain", "s"),
                                               PROPERTY("PriceCurrency", "s"),
                                               PROPERTY("PriceWords", "s"),
                                               SD_BUS_VTABLE_END};

static const sd_bus_vtable sim_vtable[] = {SD_BUS_VTABLE_START(0),
                                           PROPERTY("Setting", "s"),
                                           PROPERTY("Kind", "s"),
                                           PROPERTY("Name", "s"),
                                           PROPERTY("Generation", "s"),
                                           PROPERTY("State", "s"),
                                           PROPERTY("TriesLeft", "i"),
                                           PROPERTY("Text", "s"),
                                           PROPERTY("Since", "x"),
                                           PROPERTY("Tag", "s"),
                                           SD_BUS_VTABLE_END};

static const sd_bus_vtable call_vtable[] = {SD_BUS_VTABLE_START(0),
                                            CONSTANT("Id", "s"),
                                            CONSTANT("Direction", "s"),
                                            PROPERTY("Own", "s"),
                                            PROPERTY("Peer", "s"),
                                            PROPERTY("Began", "x"),
                                            PROPERTY("Ended", "x"),
                                            PROPERTY("Phase", "s"),
                                            PROPERTY("Answered", "b"),
                                            PROPERTY("Verdict", "s"),
                                            PROPERTY("VerdictText", "s"),
                                            PROPERTY("Reason", "s"),
                                            PROPERTY("ReasonText", "s"),
                                            PROPERTY("Advice", "s"),
                                            PROPERTY("AdviceText", "s"),
                                            PROPERTY("Problem", "s"),
                                            PROPERTY("Nai", "s"),
                                            PROPERTY("Operator", "s"),
                                            PROPERTY("OwnNai", "s"),
                                            PROPERTY("PinnedNai", "s"),
                                            PROPERTY("Change", "s"),
                                            PROPERTY("ChangeText", "s"),
                                            PROPERTY("Method", "s"),
                                            PROPERTY("MethodText", "s"),
                                            PROPERTY("Media", "s"),
                                            PROPERTY("Listen", "s"),
                                            PROPERTY("ListenText", "s"),
                                            PROPERTY("KnownSince", "x"),
                                            PROPERTY("SimAge", "i"),
                                            PROPERTY("Conference", "b"),
                                            PROPERTY("Weakest", "s"),
                                            PROPERTY("Policy", "s"),
                                            PROPERTY("Muted", "b"),
                                            PROPERTY("Sips", "s"),
                                            PROPERTY("SipsServers", "s"),
                                            PROPERTY("SipsText", "s"),
                                            PROPERTY("SipsRefusal", "s"),
                                            PROPERTY("EndToMiddle", "s"),
                                            PROPERTY("EndToMiddleServers", "s"),
                                            PROPERTY("EndToMiddleSigner", "s"),
                                            PROPERTY("EndToMiddleText", "s"),
                                            SD_BUS_VTABLE_END};

static const struct {
    const char *interface;
    const sd_bus_vtable *table;
} kinds[] = {
    {BUS_PHONE, phone_vtable}, /* sd-bus wants all tables of a path to be of one kind */
    {"org.simauth.Account1", account_vtable},
    {"org.simauth.Sim1", sim_vtable},
    {"org.simauth.Call1", call_vtable},
};

/* -- what is asked ----------------------------------------------------------------------------- */

/* "account/0" of "/org/simauth/Phone1/account/0"; "" for the root; NULL: not below it. */
static const char *short_path(const char *path)
{
    size_t len = strlen(BUS_ROOT);

    if (strncmp(path, BUS_ROOT, len) != 0)
        return NULL;
    return path[len] == '/' ? path + len + 1 : (path[len] ? NULL : "");
}

static json_t *find_interface(const struct session_bus *b, const char *path, const char *interface)
{
    const char *key = short_path(path);

    return key ? json_object_get(json_object_get(b->objects, key), interface) : NULL;
}

static int get(sd_bus *bus, const char *path, const char *interface, const char *property,
               sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    const struct session_bus *b = userdata;
    const json_t *value = json_object_get(find_interface(b, path, interface), property);
    char type[2] = {'s', '\0'};

    (void)bus;
    (void)error;
    if (json_is_boolean(value))
        *type = 'b';
    else if (json_is_integer(value))
        *type = bus_integer_type(property);
    return value ? bus_append(reply, type, value, NULL) : -ENOENT;
}

static int find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **found,
                sd_bus_error *error)
{
    const struct session_bus *b = userdata;

    (void)bus;
    (void)error;
    *found = userdata;
    return find_interface(b, path, interface) != NULL;
}

static int enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***nodes,
                     sd_bus_error *error)
{
    const struct session_bus *b = userdata;
    size_t count = 0;
    const char *key;
    json_t *object;
    char **list = calloc(json_object_size(b->objects) + 1, sizeof(*list)); /* sd-bus frees it */

    (void)bus;
    (void)prefix;
    (void)error;
    json_object_foreach(b->objects, key, object)
    {
        if (!list || !*key)
            continue;
        list[count] = malloc(sizeof(BUS_ROOT) + 1 + strlen(key));
        if (list[count])
            sprintf(list[count++], BUS_ROOT "/%s", key);
    }
    *nodes = list;
    return list ? 1 : -ENOMEM;
}

int bus_objects_install(struct session_bus *b)
{
    int result = 0;

    for (size_t i = 0; result >= 0 && i < G_N_ELEMENTS(kinds); i++)
        result = sd_bus_add_fallback_vtable(b->bus, NULL, BUS_ROOT, kinds[i].interface,
                                            kinds[i].table, find, b);
    if (result >= 0)
        result = sd_bus_add_node_enumerator(b->bus, NULL, BUS_ROOT, enumerate, b);
    if (result >= 0)
        result = sd_bus_add_object_manager(b->bus, NULL, BUS_ROOT);
    if (result >= 0 && !b->objects)
        b->objects = b->user.objects();
    return result;
}

/* -- what is told ------------------------------------------------------------------------------ */

static bool is_constant(const char *property)
{
    static const char *const names[] = {"Version",   "Host", "HostVersion", "ProcessId",
                                        "Direction", "Id",   NULL};
    return g_strv_contains(names, property);
}

/* Those of `now` that are another than in `before`. */
static void tell_changes(struct session_bus *b, const char *path, const char *interface,
                         json_t *before, json_t *now)
{
    GPtrArray *names = g_ptr_array_new();
    const char *property;
    json_t *value;

    json_object_foreach(now, property, value)
    {
        if (!is_constant(property) && !json_equal(value, json_object_get(before, property)))
            g_ptr_array_add(names, (gpointer)(uintptr_t)property);
    }
    g_ptr_array_add(names, NULL);
    if (names->len > 1)
        (void)sd_bus_emit_properties_changed_strv(b->bus, path, interface, (char **)names->pdata);
    g_ptr_array_unref(names);
}

enum telling { TELL_GONE, TELL_NEW_OR_CHANGED };

/* Each interface of `these` beside the one of the same name in `others`. */
static void tell(struct session_bus *b, json_t *these, json_t *others, enum telling what)
{
    const char *key, *interface;
    json_t *object, *properties;

    json_object_foreach(these, key, object)
    {
        char *path = g_strconcat(BUS_ROOT, *key ? "/" : "", key, NULL);

        json_object_foreach(object, interface, properties)
        {
            json_t *other = json_object_get(json_object_get(others, key), interface);

            if (what == TELL_GONE && !other)
                (void)sd_bus_emit_interfaces_removed(b->bus, path, interface, NULL);
            else if (what == TELL_NEW_OR_CHANGED && other)
                tell_changes(b, path, interface, other, properties);
            else if (what == TELL_NEW_OR_CHANGED)
                (void)sd_bus_emit_interfaces_added(b->bus, path, interface, NULL);
        }
        g_free(path);
    }
}

void bus_objects_refresh(struct session_bus *b)
{
    json_t *before = b->objects;

    b->objects = b->user.objects();
    tell(b, before, b->objects, TELL_GONE);
    tell(b, b->objects, before, TELL_NEW_OR_CHANGED);
    json_decref(before);
}
