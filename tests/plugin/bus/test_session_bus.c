/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who sends on the session bus: the test is the bus, and chooses what comes between two messages.
 */
#include "false_loop.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CALLER ":1.7"
#define DRIVER "org.freedesktop.DBus"

static sd_bus *bus; /* the bus's end of the front's connection */
static int front_fd = -1;
static struct session_bus *front;
static bool has_owner;        /* whether CALLER is still there */
static sd_bus_message *asked; /* GetConnectionUnixUser, when it is to be answered later */
static bool answer_later;
static char commands[256]; /* in the order in which they came */
static unsigned answered;
static bool asker_present;
static struct control_reply *waiting; /* of a command that is answered later */
static bool keep_waiting;

/* -- the bus -------------------------------------------------------------------------------------
 */

int __wrap_sd_bus_open_user_with_description(sd_bus **to, const char *description);
int __wrap_sd_bus_open_user_with_description(sd_bus **to, const char *description)
{
    (void)description;
    assert_true(sd_bus_new(to) >= 0 && front_fd >= 0);
    assert_true(sd_bus_set_fd(*to, front_fd, front_fd) >= 0);
    assert_true(sd_bus_set_bus_client(*to, true) >= 0);
    front_fd = -1;
    return sd_bus_start(*to);
}

static void answer_uid(sd_bus_message *question)
{
    sd_bus_message *reply = NULL;

    assert_true(sd_bus_message_new_method_return(question, &reply) >= 0);
    sd_bus_message_set_sender(reply, DRIVER);
    sd_bus_message_append(reply, "u", (uint32_t)getuid());
    sd_bus_send(bus, reply, NULL);
    sd_bus_message_unref(reply);
}

static int on_call(sd_bus_message *m, void *data, sd_bus_error *error)
{
    const char *member = sd_bus_message_get_member(m);
    sd_bus_message *reply = NULL;
    uint8_t type = 0;

    (void)data;
    (void)error;
    sd_bus_message_get_type(m, &type);
    if (type != SD_BUS_MESSAGE_METHOD_CALL) {
        answered += type == SD_BUS_MESSAGE_METHOD_RETURN || type == SD_BUS_MESSAGE_METHOD_ERROR;
        return 0;
    }
    if (!strcmp(member, "GetConnectionUnixUser")) {
        if (answer_later)
            asked = sd_bus_message_ref(m);
        else
            answer_uid(m);
        return 1;
    }
    assert_true(sd_bus_message_new_method_return(m, &reply) >= 0);
    sd_bus_message_set_sender(reply, DRIVER);
    if (!strcmp(member, "Hello"))
        sd_bus_message_append(reply, "s", ":1.1");
    else if (!strcmp(member, "RequestName"))
        sd_bus_message_append(reply, "u", 1U);
    else if (!strcmp(member, "NameHasOwner"))
        sd_bus_message_append(reply, "b", (int)has_owner);
    sd_bus_send(bus, reply, NULL);
    sd_bus_message_unref(reply);
    return 1;
}

static void bus_turn(void)
{
    while (sd_bus_process(bus, NULL) > 0)
        ;
}

/* -- the front's host ----------------------------------------------------------------------------
 */

static void handle(const char *command, const json_t *request, struct control_reply *reply)
{
    (void)request;
    strcat(commands, command);
    strcat(commands, " ");
    if (keep_waiting)
        waiting = reply;
    else
        control_answer(reply, json_pack("{s:[], s:[]}", "peers", "keys"));
}

static void handle_secret(const char *command, const struct session_bus_secret *secret,
                          const json_t *request, struct control_reply *reply)
{
    (void)secret;
    handle(command, request, reply);
}

static json_t *objects(void)
{
    return json_pack("{s:{s:{s:s}}}", "", "org.simauth.Phone1", "Version", "1");
}

static void pin_asker(bool present)
{
    asker_present = present;
}

static void note(const char *sentence)
{
    (void)sentence;
}

static int begin(void **state)
{
    static const struct session_bus_user user = {.loop = FALSE_LOOP,
                                                 .handle = handle,
                                                 .handle_secret = handle_secret,
                                                 .objects = objects,
                                                 .pin_asker = pin_asker,
                                                 .note = note};
    sd_id128_t id = {.bytes = {1}};
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    front_fd = pair[0];
    assert_true(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, pair[1], pair[1]) >= 0);
    assert_true(sd_bus_set_server(bus, true, id) >= 0 && sd_bus_start(bus) >= 0);
    assert_true(sd_bus_add_filter(bus, NULL, on_call, NULL) >= 0);
    *commands = '\0';
    answered = 0;
    answer_later = keep_waiting = asker_present = false;
    has_owner = true;
    waiting = NULL;
    front = session_bus_start(&user);
    assert_non_null(front);
    false_loop_turn(bus);
    assert_true(session_bus_connected(front));
    return 0;
}

static int end(void **state)
{
    (void)state;
    session_bus_stop(front);
    sd_bus_close_unref(bus);
    return 0;
}

/* -- the caller ----------------------------------------------------------------------------------
 */

static void call_from(const char *sender, const char *member, int argument)
{
    sd_bus_message *m = NULL;
    uint64_t cookie;

    assert_true(sd_bus_message_new_method_call(bus, &m, "org.simauth.Phone1", "/org/simauth/Phone1",
                                               "org.simauth.Phone1", member) >= 0);
    sd_bus_message_set_sender(m, sender);
    if (argument >= 0)
        sd_bus_message_append(m, "b", argument);
    assert_true(sd_bus_send(bus, m, &cookie) >= 0);
    sd_bus_message_unref(m);
}

static void call(const char *member, int argument)
{
    call_from(CALLER, member, argument);
}

/* While the front asks who that is more comes, the last of it together with the answer. */
static void order_is_kept(void **state)
{
    (void)state;
    answer_later = true;
    call("ListPeers", -1);
    call("ListKeys", -1);
    false_loop_turn(bus);
    assert_non_null(asked);
    assert_string_equal(commands, "");
    call("ListBindings", -1);
    answer_uid(asked);
    asked = sd_bus_message_unref(asked);
    call("ListReaders", -1);
    false_loop_turn(bus);
    assert_string_equal(commands, "peers keys bindings readers ");
    assert_int_equal(answered, 4);
}

static void *answers(void *reply)
{
    control_fail(reply, "Inactive", "Linphone is ending");
    return NULL;
}

/* A worker that ends with its core says so by itself, and sd-bus belongs to the main loop. */
static void another_thread_answers(void **state)
{
    pthread_t thread;

    (void)state;
    keep_waiting = true;
    call("ListPeers", -1);
    false_loop_turn(bus);
    assert_non_null(waiting);
    assert_int_equal(pthread_create(&thread, NULL, answers, waiting), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    bus_turn();
    assert_int_equal(answered, 0);
    false_loop_turn(bus);
    assert_int_equal(answered, 1);
}

/* The same when the front ends before its next turn, or has ended. */
static void another_thread_answers_late(void **state)
{
    pthread_t thread;

    (void)state;
    keep_waiting = true;
    call("ListPeers", -1);
    false_loop_turn(bus);
    assert_non_null(waiting);
    session_bus_stop(front);
    front = NULL;
    assert_int_equal(pthread_create(&thread, NULL, answers, waiting), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    end(state);
    begin(state);
    false_loop_turn(bus);
    assert_int_equal(answered, 0);
}

/* It asked and died before the bus was told to say when it dies. */
static void dead_asker_asks_nobody(void **state)
{
    (void)state;
    call("AskForPin", 1);
    false_loop_turn(bus);
    assert_true(asker_present);
    call("AskForPin", 0);
    false_loop_turn(bus);
    assert_false(asker_present);
    has_owner = false;
    call("AskForPin", 1);
    false_loop_turn(bus);
    assert_false(asker_present);
}

static void leaves(const char *name)
{
    sd_bus_message *m = NULL;

    assert_true(sd_bus_message_new_signal(bus, &m, "/org/freedesktop/DBus", DRIVER,
                                          "NameOwnerChanged") >= 0);
    sd_bus_message_set_sender(m, DRIVER);
    sd_bus_message_append(m, "sss", name, name, "");
    assert_true(sd_bus_send(bus, m, NULL) >= 0);
    sd_bus_message_unref(m);
    false_loop_turn(bus);
}

/* A second window that says the same, and takes it back or goes, takes nothing from the first. */
static void each_asker_counts(void **state)
{
    (void)state;
    call("AskForPin", 1);
    call_from(":1.8", "AskForPin", 1);
    call_from(":1.9", "AskForPin", 1);
    call("AskForPin", 1);
    false_loop_turn(bus);
    assert_true(asker_present);
    call_from(":1.8", "AskForPin", 0);
    false_loop_turn(bus);
    assert_true(asker_present);
    leaves(":1.9");
    assert_true(asker_present);
    leaves(CALLER);
    assert_false(asker_present);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(order_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(another_thread_answers, begin, end),
        cmocka_unit_test_setup_teardown(another_thread_answers_late, begin, end),
        cmocka_unit_test_setup_teardown(dead_asker_asks_nobody, begin, end),
        cmocka_unit_test_setup_teardown(each_asker_counts, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
