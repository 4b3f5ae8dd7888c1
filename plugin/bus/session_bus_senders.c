/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who sends: the bus is asked for the uid of each new sender, without waiting; what it sends
 * meanwhile is kept and looked at when the answer is here. (sd_bus_query_sender_creds() would
 * wait.)
 */
#include "session_bus_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DRIVER "org.freedesktop.DBus"
#define SENDERS_MAX 256 /* unique names never come again: the table may be begun anew */
#define WAITING_MAX 32  /* messages of one sender */
#define ASKERS_MAX 16   /* windows that ask for PINs */

enum standing { STANDING_ASKED, STANDING_OURS, STANDING_STRANGER };

struct bus_sender {
    struct session_bus *b;
    enum standing standing;
    GQueue waiting; /* sd_bus_message *, references */
    sd_bus_slot *slot;
};

static void drop_message(gpointer message)
{
    (void)sd_bus_reply_method_errorf(message, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                     "Too many programs at once: ask again.");
    sd_bus_message_unref(message);
}

static void sender_free(gpointer data)
{
    struct bus_sender *sender = data;

    sd_bus_slot_unref(sender->slot);
    g_queue_clear_full(&sender->waiting, drop_message);
    g_free(sender);
}

void bus_senders_clear(struct session_bus *b)
{
    if (b->senders)
        g_hash_table_remove_all(b->senders);
}

static int refuse(sd_bus_message *message)
{
    return sd_bus_reply_method_errorf(message, SD_BUS_ERROR_ACCESS_DENIED,
                                      "Only the user who runs this Linphone may ask it.");
}

static int on_uid(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    struct bus_sender *sender = userdata;
    sd_bus_message *waiting;
    uint32_t uid = 0;
    bool ours = !sd_bus_message_is_method_error(reply, NULL) &&
                sd_bus_message_read(reply, "u", &uid) > 0 && uid == getuid();

    (void)error;
    sender->standing = ours ? STANDING_OURS : STANDING_STRANGER;
    while ((waiting = g_queue_pop_head(&sender->waiting))) {
        if (!ours)
            (void)refuse(waiting);
        else if (sd_bus_enqueue_for_read(sender->b->bus, waiting) < 0) {
            drop_message(waiting);
            continue;
        }
        sd_bus_message_unref(waiting);
    }
    return 0;
}

/* NULL: the bus could not be asked. */
static struct bus_sender *ask_about(struct session_bus *b, const char *name)
{
    struct bus_sender *sender;

    if (!b->senders)
        b->senders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, sender_free);
    if (g_hash_table_size(b->senders) >= SENDERS_MAX)
        g_hash_table_remove_all(b->senders);
    sender = g_new0(struct bus_sender, 1);
    sender->b = b;
    g_queue_init(&sender->waiting);
    if (sd_bus_call_method_async(b->bus, &sender->slot, DRIVER, "/org/freedesktop/DBus", DRIVER,
                                 "GetConnectionUnixUser", on_uid, sender, "s", name) < 0) {
        sender_free(sender);
        return NULL;
    }
    g_hash_table_insert(b->senders, g_strdup(name), sender);
    return sender;
}

int bus_on_message(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct session_bus *b = userdata;
    const char *name = sd_bus_message_get_sender(message);
    struct bus_sender *sender;
    uint8_t type = 0;

    (void)error;
    (void)sd_bus_message_get_type(message, &type);
    if (type != SD_BUS_MESSAGE_METHOD_CALL || !name)
        return 0;
    sender = b->senders ? g_hash_table_lookup(b->senders, name) : NULL;
    if (!sender)
        sender = ask_about(b, name);
    if (sender && sender->standing == STANDING_OURS)
        return 0;
    if (!sender || sender->standing == STANDING_STRANGER)
        return refuse(message) < 0 ? -1 : 1;
    if (g_queue_get_length(&sender->waiting) >= WAITING_MAX)
        (void)sd_bus_reply_method_errorf(message, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                         "Too much at once: wait for an answer.");
    else
        g_queue_push_tail(&sender->waiting, sd_bus_message_ref(message));
    return 1;
}

/* -- who asks the person for PINs -------------------------------------------------------------- */

struct pin_asker {
    struct session_bus *b;
    char *name; /* its unique name */
    sd_bus_slot *gone, *look;
};

static void asker_free(gpointer data)
{
    struct pin_asker *asker = data;

    sd_bus_slot_unref(asker->gone);
    sd_bus_slot_unref(asker->look);
    g_free(asker->name);
    g_free(asker);
}

static guint askers(const struct session_bus *b)
{
    return b->pin_askers ? g_hash_table_size(b->pin_askers) : 0;
}

/* One leaves, and the others still ask. `asker` is gone then. */
static void drop_asker(struct session_bus *b, const char *name)
{
    if (askers(b) && g_hash_table_remove(b->pin_askers, name) && !askers(b))
        b->user.pin_asker(false);
}

void bus_drop_pin_askers(struct session_bus *b)
{
    bool any = askers(b) > 0;

    g_clear_pointer(&b->pin_askers, g_hash_table_unref);
    if (any)
        b->user.pin_asker(false);
}

static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    const struct pin_asker *asker = userdata;
    const char *name, *before, *after;

    (void)error;
    if (sd_bus_message_read(message, "sss", &name, &before, &after) > 0 &&
        !strcmp(name, asker->name) && !*after)
        drop_asker(asker->b, name);
    return 0;
}

/* It may have gone before the bus was told to say so. */
static int on_has_owner(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    const struct pin_asker *asker = userdata;
    int there = 0;

    (void)error;
    if (sd_bus_message_is_method_error(reply, NULL) ||
        sd_bus_message_read(reply, "b", &there) <= 0 || !there)
        drop_asker(asker->b, asker->name);
    return 0;
}

static int add_asker(struct session_bus *b, const char *name)
{
    struct pin_asker *asker = g_new0(struct pin_asker, 1);
    char rule[256];
    int result;

    asker->b = b;
    asker->name = g_strdup(name);
    g_snprintf(rule, sizeof(rule),
               "type='signal',sender='" DRIVER "',interface='" DRIVER
               "',member='NameOwnerChanged',arg0='%s'",
               name);
    result = sd_bus_add_match_async(b->bus, &asker->gone, rule, on_owner, NULL, asker);
    if (result >= 0)
        result = sd_bus_call_method_async(b->bus, &asker->look, DRIVER, "/org/freedesktop/DBus",
                                          DRIVER, "NameHasOwner", on_has_owner, asker, "s", name);
    if (result < 0) {
        asker_free(asker);
        return result;
    }
    g_hash_table_insert(b->pin_askers, asker->name, asker);
    return 0;
}

int bus_set_pin_asker(struct session_bus *b, sd_bus_message *message, bool on)
{
    const char *name = sd_bus_message_get_sender(message);
    int result;

    if (!on) {
        drop_asker(b, name);
        return 0;
    }
    if (!b->pin_askers)
        b->pin_askers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, asker_free);
    if (g_hash_table_contains(b->pin_askers, name))
        return 0;
    if (askers(b) >= ASKERS_MAX)
        return -ENOBUFS;
    result = add_asker(b, name);
    if (result >= 0 && askers(b) == 1)
        b->user.pin_asker(true);
    return result;
}
