/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A SIM in a modem that ModemManager holds: AT+CSIM through its D-Bus method Command. GIO is opened
 * when this back end is wanted, so that no other phone loads it.
 */
#include "card_sim.h"
#include "modem.h"
#include "sims.h"

#include <dlfcn.h>
#include <gio/gio.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "org.freedesktop.ModemManager1"
#define ROOT "/org/freedesktop/ModemManager1"
#define MODEM SERVICE ".Modem"

/* What is used of GIO and GLib, by name. */
static struct {
    bool loaded;
    __typeof__(g_dbus_address_get_for_bus_sync) *address;
    __typeof__(g_dbus_connection_new_for_address_sync) *connect;
    __typeof__(g_dbus_connection_call_sync) *call;
    __typeof__(g_dbus_connection_close_sync) *close;
    __typeof__(g_dbus_error_get_remote_error) *remote_error;
    __typeof__(g_object_unref) *unref_object;
    __typeof__(g_variant_new) *variant;
    __typeof__(g_variant_get) *get;
    __typeof__(g_variant_unref) *unref;
    __typeof__(g_variant_iter_loop) *loop;
    __typeof__(g_variant_iter_free) *iter_free;
    __typeof__(g_error_free) *error_free;
    __typeof__(g_free) *free;
} gio;

struct mm {
    struct card_way way; /* first */
    char wanted[128];    /* number or object path; "" any */
    char path[128];      /* of the modem that is connected */
    char name[64];
    GDBusConnection *bus;
};

static bool load(void)
{
    static const struct {
        const char *name;
        size_t at;
    } names[] = {
        {"g_dbus_address_get_for_bus_sync", offsetof(__typeof__(gio), address)},
        {"g_dbus_connection_new_for_address_sync", offsetof(__typeof__(gio), connect)},
        {"g_dbus_connection_call_sync", offsetof(__typeof__(gio), call)},
        {"g_dbus_connection_close_sync", offsetof(__typeof__(gio), close)},
        {"g_dbus_error_get_remote_error", offsetof(__typeof__(gio), remote_error)},
        {"g_object_unref", offsetof(__typeof__(gio), unref_object)},
        {"g_variant_new", offsetof(__typeof__(gio), variant)},
        {"g_variant_get", offsetof(__typeof__(gio), get)},
        {"g_variant_unref", offsetof(__typeof__(gio), unref)},
        {"g_variant_iter_loop", offsetof(__typeof__(gio), loop)},
        {"g_variant_iter_free", offsetof(__typeof__(gio), iter_free)},
        {"g_error_free", offsetof(__typeof__(gio), error_free)},
        {"g_free", offsetof(__typeof__(gio), free)},
    };
    void *library = gio.loaded ? NULL : dlopen("libgio-2.0.so.0", RTLD_NOW | RTLD_LOCAL);
    bool good = library != NULL;

    for (size_t i = 0; good && i < sizeof names / sizeof *names; i++) {
        void *found = dlsym(library, names[i].name);

        memcpy((char *)&gio + names[i].at, &found, sizeof found);
        good = found != NULL;
    }
    gio.loaded = gio.loaded || good;
    return gio.loaded;
}

/* -- D-Bus ------------------------------------------------------------------------------------- */

static GVariant *ask(struct mm *m, const char *path, const char *interface, const char *method,
                     GVariant *parameters, const char *reply, int limit_ms, GError **why)
{
    return gio.call(m->bus, SERVICE, path, interface, method, parameters,
                    (const GVariantType *)reply, G_DBUS_CALL_FLAGS_NONE, limit_ms, NULL, why);
}

/* What the modem says to one AT command, without "AT"; free with gio.free. */
static char *command(struct mm *m, const char *text, unsigned limit_ms, GError **why)
{
    GVariant *parameters = gio.variant("(su)", text, (limit_ms + 999) / 1000);
    GVariant *reply =
        ask(m, m->path, MODEM, "Command", parameters, "(s)", (int)limit_ms + 100, why);
    char *said = NULL;

    if (reply) {
        gio.get(reply, "(s)", &said);
        gio.unref(reply);
    }
    return said;
}

static bool meant(const struct mm *m, const char *path)
{
    const char *number = strrchr(path, '/');

    return strstr(path, "/Modem/") && strlen(path) < sizeof m->path &&
           (!*m->wanted || strcmp(m->wanted, path) == 0 || strcmp(m->wanted, number + 1) == 0);
}

/* The first that is meant; false: there is none. */
static bool take_modem(struct mm *m, GVariant *objects)
{
    GVariantIter *iter, *interfaces;
    const char *path;

    m->path[0] = '\0';
    gio.get(objects, "(a{oa{sa{sv}}})", &iter);
    while (gio.loop(iter, "{&oa{sa{sv}}}", &path, &interfaces))
        if (!m->path[0] && meant(m, path))
            memcpy(m->path, path, strlen(path) + 1);
    gio.iter_free(iter);
    return m->path[0] != '\0';
}

/* -- a way to the card ------------------------------------------------------------------------- */

static void mm_disconnect(struct card_way *way)
{
    struct mm *m = (struct mm *)way;

    if (!m->bus)
        return;
    gio.close(m->bus, NULL, NULL);
    gio.unref_object(m->bus);
    m->bus = NULL;
}

static bool open_bus(struct mm *m)
{
    char *address = gio.address(G_BUS_TYPE_SYSTEM, NULL, NULL);

    if (address)
        m->bus = gio.connect(address,
                             G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                 G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                             NULL, NULL, NULL);
    gio.free(address);
    return m->bus != NULL;
}

static bool find_modem(struct mm *m, char *error)
{
    GError *why = NULL;
    GVariant *objects = ask(m, ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
                            NULL, "(a{oa{sa{sv}}})", APDU_LIMIT_MS, &why);
    bool found = objects && take_modem(m, objects);

    if (!objects)
        snprintf(error, SIM_ERROR_MAX,
                 "ModemManager is not running: start it with `sudo systemctl start ModemManager`.");
    else if (!found)
        snprintf(error, SIM_ERROR_MAX,
                 *m->wanted ? "ModemManager knows no modem %s: `mmcli -L` shows those it knows."
                            : "ModemManager knows no modem: plug it in and wait a minute.",
                 m->wanted);
    if (objects)
        gio.unref(objects);
    if (why)
        gio.error_free(why);
    return found;
}

/* ModemManager's own rule, and polkit's. */
static void explain_command(GError *why, char *error)
{
    char *remote = gio.remote_error(why);

    if (remote && strstr(remote, "Unauthorized"))
        snprintf(error, SIM_ERROR_MAX,
                 "ModemManager passes no commands to modems here (Debian's does with --debug "
                 "alone, and logs the SIM's answers then): give the SIM a port of its own with "
                 "sim=modem:PORT.");
    else if (remote && strstr(remote, "AccessDenied"))
        snprintf(error, SIM_ERROR_MAX,
                 "This user may not use modems (polkit refused): log in at the computer itself.");
    else
        snprintf(error, SIM_ERROR_MAX, "The modem does not answer ModemManager.");
    gio.free(remote);
    gio.error_free(why);
}

static enum card_connected mm_connect(struct card_way *way, unsigned i, char *error)
{
    struct mm *m = (struct mm *)way;
    GError *why = NULL;
    char *said;

    if (i > 0)
        return CARD_NO_MORE;
    mm_disconnect(way);
    if (!load() || !open_bus(m)) {
        snprintf(error, SIM_ERROR_MAX, "There is no D-Bus system bus to ask ModemManager on.");
        return CARD_NO_MORE;
    }
    if (!find_modem(m, error))
        return CARD_NO_MORE;
    snprintf(m->name, sizeof m->name, "modem %.40s", strrchr(m->path, '/') + 1);
    way->link.t0 = true; /* as with a modem's own port */
    way->link.proactive = false;
    said = command(m, "E0", APDU_LIMIT_MS, &why);
    if (!said) {
        explain_command(why, error);
        return CARD_NO_MORE;
    }
    gio.free(said);
    return CARD_CONNECTED;
}

/* No such modem, interface or service any more; "unknown" is the name of an error of modems too. */
static bool is_gone(const char *remote)
{
    static const char bus[] = "org.freedesktop.DBus.Error.";

    return strstr(remote, "SimNotInserted") ||
           (strncmp(remote, bus, strlen(bus)) == 0 && strstr(remote, "Unknown"));
}

static enum apdu_meaning meaning_of(GError *why)
{
    char *remote = gio.remote_error(why);
    enum apdu_meaning meaning = APDU_NO_LINK;

    if (why->code == G_IO_ERROR_TIMED_OUT || (remote && strstr(remote, "Timeout")))
        meaning = APDU_MUTE;
    else if (remote && is_gone(remote))
        meaning = APDU_GONE;
    gio.free(remote);
    gio.error_free(why);
    return meaning;
}

static enum apdu_meaning mm_transmit(struct card_link *link, const uint8_t *octets, size_t len,
                                     uint8_t *reply, size_t *reply_len)
{
    struct mm *m = (struct mm *)link;
    char text[MODEM_COMMAND_MAX];
    enum apdu_meaning meaning = APDU_GOOD;
    GError *why = NULL;
    char *said;

    if (!m->bus || len > APDU_WIRE_MAX)
        return APDU_GONE;
    modem_write_csim(octets, len, text);
    said = command(m, text, apdu_left_ms(link), &why);
    OPENSSL_cleanse(text, sizeof text);
    if (!said)
        return meaning_of(why);
    if (strncmp(said, "+CSIM:", 6) != 0 || !modem_parse_csim(said, reply, reply_len))
        meaning = APDU_MALFORMED;
    OPENSSL_cleanse(said, strlen(said));
    gio.free(said);
    return meaning;
}

static enum apdu_meaning mm_begin(struct card_way *way)
{
    return ((struct mm *)way)->bus ? APDU_GOOD : APDU_GONE;
}

static const char *mm_name(const struct card_way *way)
{
    return ((const struct mm *)way)->name;
}

static void mm_free(struct card_way *way)
{
    mm_disconnect(way);
    free(way);
}

static const struct card_way_kind mm_way = {
    .transmit = mm_transmit,
    .connect = mm_connect,
    .name = mm_name,
    .begin = mm_begin,
    .disconnect = mm_disconnect,
    .free = mm_free,
};

static struct sim *mm_open(const char *where, const struct sim_pin_source *pin,
                           enum simauth_card_status *status, char *error)
{
    struct mm *m = calloc(1, sizeof *m);

    *status = SIMAUTH_CARD_FAILED;
    if (!m || strlen(where) >= sizeof m->wanted) {
        snprintf(error, SIM_ERROR_MAX, m ? "No modem has such a name." : "Out of memory.");
        free(m);
        return NULL;
    }
    memcpy(m->wanted, where, strlen(where) + 1);
    m->way.beside = true;
    m->way.logged = true; /* it passes commands with --debug alone, and then logs each */
    m->way.kind = &mm_way;
    return card_sim_open(&m->way, pin, status, error);
}

const struct sim_backend sim_backend_modemmanager = {
    .open = mm_open,
    CARD_SIM_BACKEND,
};
