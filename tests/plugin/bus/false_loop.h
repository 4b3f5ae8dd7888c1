/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main loop and the bus of a front, both the test: the loop turns when the test says so, every
 * timer is due at once, and the bus answers what a bus daemon does. */
#ifndef SIMAUTH_TESTS_FALSE_LOOP_H
#define SIMAUTH_TESTS_FALSE_LOOP_H

#include <session_bus.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define FALSE_LOOP_TURNS 6

static struct {
    void (*run)(void *arg);
    void *arg;
} watched, timer;

static void *watch(void *context, int fd, void (*ready)(void *arg), void *arg)
{
    (void)context;
    (void)fd;
    watched.run = ready;
    watched.arg = arg;
    return &watched;
}

static void watch_for_write(void *at, bool on)
{
    (void)at;
    (void)on;
}

static void unwatch(void *at)
{
    (void)at;
    watched.run = NULL;
}

static void *start_timer(void *context, unsigned ms, void (*expired)(void *arg), void *arg)
{
    (void)context;
    (void)ms;
    timer.run = expired;
    timer.arg = arg;
    return &timer;
}

static void stop_timer(void *at)
{
    if (at)
        timer.run = NULL;
}

#define FALSE_LOOP                                                                                 \
    {                                                                                              \
        watch, watch_for_write, unwatch, start_timer, stop_timer, NULL                             \
    }

/* -- the bus ----------------------------------------------------------------------------------- */

#define CALLER ":1.7"
#define DRIVER "org.freedesktop.DBus"

static sd_bus *bus; /* the bus's end of the front's connection */
static int front_fd = -1;
static bool has_owner; /* whether CALLER is still there */
static unsigned answered;

static void must(bool good)
{
    if (!good)
        abort();
}

int __wrap_sd_bus_open_user_with_description(sd_bus **to, const char *description);
int __wrap_sd_bus_open_user_with_description(sd_bus **to, const char *description)
{
    (void)description;
    must(front_fd >= 0 && sd_bus_new(to) >= 0 && sd_bus_set_fd(*to, front_fd, front_fd) >= 0 &&
         sd_bus_set_bus_client(*to, true) >= 0 && sd_bus_negotiate_fds(*to, true) >= 0);
    front_fd = -1;
    return sd_bus_start(*to);
}

/* A name, and who the caller is. */
static void daemon_answers(sd_bus_message *question)
{
    const char *member = sd_bus_message_get_member(question);
    sd_bus_message *reply = NULL;

    must(sd_bus_message_new_method_return(question, &reply) >= 0);
    sd_bus_message_set_sender(reply, DRIVER);
    if (!strcmp(member, "Hello"))
        sd_bus_message_append(reply, "s", ":1.1");
    else if (!strcmp(member, "GetConnectionUnixUser"))
        sd_bus_message_append(reply, "u", (uint32_t)getuid());
    else if (!strcmp(member, "RequestName"))
        sd_bus_message_append(reply, "u", 1U);
    else if (!strcmp(member, "NameHasOwner"))
        sd_bus_message_append(reply, "b", (int)has_owner);
    sd_bus_send(bus, reply, NULL);
    sd_bus_message_unref(reply);
}

/* The front's answers are counted; the test may keep a question. */
static bool test_keeps(sd_bus_message *question);

static int on_call(sd_bus_message *m, void *data, sd_bus_error *error)
{
    uint8_t type = 0;

    (void)data;
    (void)error;
    sd_bus_message_get_type(m, &type);
    if (type != SD_BUS_MESSAGE_METHOD_CALL) {
        answered += type == SD_BUS_MESSAGE_METHOD_RETURN || type == SD_BUS_MESSAGE_METHOD_ERROR;
        return 0;
    }
    if (!test_keeps(m))
        daemon_answers(m);
    return 1;
}

static void false_loop_turn(void)
{
    for (int i = 0; i <= FALSE_LOOP_TURNS; i++) {
        void (*expired)(void *arg) = timer.run;

        while (sd_bus_process(bus, NULL) > 0)
            ;
        if (i == FALSE_LOOP_TURNS)
            break;
        timer.run = NULL;
        if (expired)
            expired(timer.arg);
        if (watched.run)
            watched.run(watched.arg);
    }
}

/* -- the front's host: the test ---------------------------------------------------------------- */

static void handle(const char *command, const json_t *request, struct control_reply *reply);
static void handle_secret(const char *command, const struct session_bus_secret *secret,
                          const json_t *request, struct control_reply *reply);
static void pin_asker(bool present);
static void note(const char *sentence);

static json_t *objects(void)
{
    return json_pack("{s:{s:{s:s}}}", "", "org.simauth.Phone1", "Version", "1");
}

/* A front on a bus of its own. */
static struct session_bus *front_start(void)
{
    static const struct session_bus_user user = {.loop = FALSE_LOOP,
                                                 .handle = handle,
                                                 .handle_secret = handle_secret,
                                                 .objects = objects,
                                                 .pin_asker = pin_asker,
                                                 .note = note};
    sd_id128_t id = {.bytes = {1}};
    struct session_bus *front;
    int pair[2];

    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    front_fd = pair[0];
    must(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, pair[1], pair[1]) >= 0 &&
         sd_bus_set_server(bus, true, id) >= 0 && sd_bus_negotiate_fds(bus, true) >= 0 &&
         sd_bus_start(bus) >= 0 && sd_bus_add_filter(bus, NULL, on_call, NULL) >= 0);
    front = session_bus_start(&user);
    must(front != NULL);
    false_loop_turn();
    must(session_bus_connected(front));
    return front;
}

static void front_stop(struct session_bus *front)
{
    session_bus_stop(front);
    sd_bus_close_unref(bus);
}

#endif
