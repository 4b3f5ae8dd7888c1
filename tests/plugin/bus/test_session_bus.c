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

static struct session_bus *front;
static sd_bus_message *asked; /* GetConnectionUnixUser, when it is to be answered later */
static bool answer_later;
static char commands[256]; /* in the order in which they came */
static bool asker_present;
static struct control_reply *waiting; /* of a command that is answered later */
static bool keep_waiting;

/* -- the bus ----------------------------------------------------------------------------------- */

static bool test_keeps(sd_bus_message *question)
{
    bool kept =
        answer_later && !strcmp(sd_bus_message_get_member(question), "GetConnectionUnixUser");

    if (kept)
        asked = sd_bus_message_ref(question);
    return kept;
}

static void bus_turn(void)
{
    while (sd_bus_process(bus, NULL) > 0)
        ;
}

/* -- the front's host -------------------------------------------------------------------------- */

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
    (void)state;
    *commands = '\0';
    answered = 0;
    answer_later = keep_waiting = asker_present = false;
    has_owner = true;
    waiting = NULL;
    front = front_start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    front_stop(front);
    return 0;
}

/* -- the caller -------------------------------------------------------------------------------- */

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
    false_loop_turn();
    assert_non_null(asked);
    assert_string_equal(commands, "");
    call("ListBindings", -1);
    daemon_answers(asked);
    asked = sd_bus_message_unref(asked);
    call("ListReaders", -1);
    false_loop_turn();
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
    false_loop_turn();
    assert_non_null(waiting);
    assert_int_equal(pthread_create(&thread, NULL, answers, waiting), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    bus_turn();
    assert_int_equal(answered, 0);
    false_loop_turn();
    assert_int_equal(answered, 1);
}

/* The same when the front ends before its next turn, or has ended. */
static void another_thread_answers_late(void **state)
{
    pthread_t thread;

    (void)state;
    keep_waiting = true;
    call("ListPeers", -1);
    false_loop_turn();
    assert_non_null(waiting);
    session_bus_stop(front);
    front = NULL;
    assert_int_equal(pthread_create(&thread, NULL, answers, waiting), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    end(state);
    begin(state);
    false_loop_turn();
    assert_int_equal(answered, 0);
}

/* It asked and died before the bus was told to say when it dies. */
static void dead_asker_asks_nobody(void **state)
{
    (void)state;
    call("AskForPin", 1);
    false_loop_turn();
    assert_true(asker_present);
    call("AskForPin", 0);
    false_loop_turn();
    assert_false(asker_present);
    has_owner = false;
    call("AskForPin", 1);
    false_loop_turn();
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
    false_loop_turn();
}

/* A second window that says the same, and takes it back or goes, takes nothing from the first. */
static void each_asker_counts(void **state)
{
    (void)state;
    call("AskForPin", 1);
    call_from(":1.8", "AskForPin", 1);
    call_from(":1.9", "AskForPin", 1);
    call("AskForPin", 1);
    false_loop_turn();
    assert_true(asker_present);
    call_from(":1.8", "AskForPin", 0);
    false_loop_turn();
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
