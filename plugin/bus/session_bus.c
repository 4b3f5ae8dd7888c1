/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection: made, kept turning by somebody else's loop, and looked for again. */
#include "session_bus_private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 500   /* what nobody tells of is seen by then */
#define SOON_MS 1     /* the loop's next turn */
#define AGAIN_MS 1000 /* doubled up to: */
#define AGAIN_MAX_MS 30000
#define TURN_MAX 64 /* messages in one turn of a loop that has calls to carry */
#define NAMES_MAX 8

static void on_tick(void *arg);
static void on_ready(void *arg);

static void say(struct session_bus *b, const char *what, int error)
{
    char *line = error ? g_strdup_printf("%s: %s", what, g_strerror(-error)) : g_strdup(what);

    b->user.note(line);
    g_free(line);
}

static void tick_in(struct session_bus *b, unsigned ms)
{
    b->user.loop.timer_stop(b->tick);
    b->tick = b->user.loop.timer(b->user.loop.context, ms, on_tick, b);
}

/* -- the end of a connection ------------------------------------------------------------------- */

static void let_go(struct session_bus *b)
{
    b->user.loop.unwatch(b->watch);
    b->watch = NULL;
    bus_drop_pin_askers(b);
    bus_senders_clear(b);
    b->bus = sd_bus_close_unref(b->bus);
    b->named = false;
    b->names = 0;
    json_decref(b->objects);
    b->objects = NULL;
}

static void lost(struct session_bus *b, int error)
{
    bool was_there = b->named;

    let_go(b);
    if (was_there)
        b->again_ms = AGAIN_MS;
    if (was_there || !b->told_no_bus)
        say(b,
            was_there ? "the session bus is gone; calls go on without it"
                      : "no session bus: the window cannot show this Linphone",
            error);
    b->told_no_bus = true;
    tick_in(b, b->again_ms);
    b->again_ms = MIN(2 * b->again_ms, AGAIN_MAX_MS);
}

/* -- turning ----------------------------------------------------------------------------------- */

/* What was queued goes out, and the loop is asked for room when it does not. */
static void flush(struct session_bus *b)
{
    int events = b->bus ? sd_bus_get_events(b->bus) : 0;

    if (b->watch)
        b->user.loop.watch_for_write(b->watch, events > 0 && (events & POLLOUT));
}

/* False: the bus is gone, and so is what belonged to it. */
static bool turn(struct session_bus *b)
{
    int result = 1, count = 0;

    while (result > 0 && count++ < TURN_MAX)
        result = sd_bus_process(b->bus, NULL);
    if (result < 0 || sd_bus_is_open(b->bus) <= 0) {
        lost(b, result < 0 ? result : -ECONNRESET);
        return false;
    }
    if (result > 0)
        tick_in(b, SOON_MS);
    flush(b);
    return true;
}

static void on_ready(void *arg)
{
    struct session_bus *b = arg;

    if (b->bus)
        (void)turn(b);
}

void session_bus_changed(struct session_bus *b)
{
    if (!b || b->dirty || !b->named)
        return;
    b->dirty = true;
    tick_in(b, SOON_MS);
}

/* -- the name ---------------------------------------------------------------------------------- */

static int ask_for_name(struct session_bus *b);

static int on_name(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    struct session_bus *b = userdata;
    uint32_t result = 0;

    (void)error;
    if (!sd_bus_message_is_method_error(reply, NULL) &&
        sd_bus_message_read(reply, "u", &result) > 0 && result == 1) {
        b->named = true;
        b->told_no_bus = false;
        b->again_ms = AGAIN_MS;
        bus_objects_refresh(b);
        say(b, "on the session bus", 0);
        return 0;
    }
    /* Another one's, perhaps of another space of process numbers. */
    if (++b->names < NAMES_MAX)
        return ask_for_name(b);
    say(b, "the session bus gives no name: the window cannot show this Linphone", 0);
    return 0;
}

static int ask_for_name(struct session_bus *b)
{
    char name[96];

    if (b->names)
        g_snprintf(name, sizeof(name), BUS_NAME ".instance%d_%u", (int)getpid(), b->names);
    else
        g_snprintf(name, sizeof(name), BUS_NAME ".instance%d", (int)getpid());
    return sd_bus_request_name_async(b->bus, NULL, name, 0, on_name, b);
}

/* -- the beginning ----------------------------------------------------------------------------- */

static int open_bus(struct session_bus *b)
{
    int result = sd_bus_open_user_with_description(&b->bus, "simauth");

    if (result < 0)
        return result;
    /* A person's program does not end because its bus does. */
    (void)sd_bus_set_exit_on_disconnect(b->bus, false);
    result = sd_bus_add_filter(b->bus, NULL, bus_on_message, b);
    if (result >= 0)
        result = bus_objects_install(b);
    if (result >= 0)
        result = ask_for_name(b);
    if (result < 0)
        return result;
    b->watch = b->user.loop.watch(b->user.loop.context, sd_bus_get_fd(b->bus), on_ready, b);
    return b->watch ? 0 : -ENOMEM;
}

static void look_for_bus(struct session_bus *b)
{
    int result = open_bus(b);

    if (result < 0)
        lost(b, result);
    else if (turn(b))
        tick_in(b, TICK_MS);
}

static void on_tick(void *arg)
{
    struct session_bus *b = arg;

    bus_answer_late();
    if (!b->bus) {
        look_for_bus(b);
        return;
    }
    tick_in(b, TICK_MS);
    if (!turn(b))
        return;
    b->dirty = false;
    if (b->named)
        bus_objects_refresh(b);
    flush(b);
}

struct session_bus *session_bus_start(const struct session_bus_user *user)
{
    struct session_bus *b = g_new0(struct session_bus, 1);

    b->user = *user;
    b->again_ms = AGAIN_MS;
    b->calls = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_rc_box_release);
    tick_in(b, SOON_MS);
    return b;
}

void session_bus_stop(struct session_bus *b)
{
    if (!b)
        return;
    bus_answer_late();
    let_go(b);
    b->user.loop.timer_stop(b->tick);
    g_hash_table_unref(b->calls);
    if (b->senders)
        g_hash_table_unref(b->senders);
    g_free(b);
}

bool session_bus_connected(const struct session_bus *b)
{
    return b && b->named;
}

void session_bus_signal(struct session_bus *b, const char *member, const json_t *strings)
{
    sd_bus_message *signal = NULL;
    int result;

    if (!session_bus_connected(b))
        return;
    result = sd_bus_message_new_signal(b->bus, &signal, BUS_ROOT, BUS_PHONE, member);
    for (size_t i = 0; result >= 0 && i < json_array_size(strings); i++)
        result = bus_append(signal, "s", json_array_get(strings, i), NULL);
    if (result >= 0)
        (void)sd_bus_send(b->bus, signal, NULL);
    sd_bus_message_unref(signal);
    flush(b);
}
