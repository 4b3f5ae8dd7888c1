/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection and its registration without a phone or a server around them; the clock is ours. */
#include "tap_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ALICE "sip:alice@a.example"

static struct tap_core core;
static belle_sip_channel_t *channel; /* any object: nothing looks into it */
static time_t slept;                 /* seconds that the machine was suspended */
static bool wants_sips, checks;

#define OWN __attribute__((visibility("default")))

/* In place of belle-sip's and of libc's: the executable's own come first. */
OWN const char *belle_sip_channel_get_transport_name(const belle_sip_channel_t *which);

const char *belle_sip_channel_get_transport_name(const belle_sip_channel_t *which)
{
    (void)which;
    return "TLS";
}

OWN int clock_gettime(clockid_t clock, struct timespec *time)
{
    int result = (int)syscall(SYS_clock_gettime, clock, time);

    if (clock == CLOCK_BOOTTIME)
        time->tv_sec += slept;
    return result;
}

static bool register_out(void *user, belle_sip_provider_t *provider, const char *aor)
{
    (void)user;
    (void)provider;
    (void)aor;
    return wants_sips;
}

static bool certificates_checked(void *user, belle_sip_provider_t *provider)
{
    (void)user;
    (void)provider;
    return checks;
}

static belle_sip_message_t *say(const char *first, const char *scheme, unsigned cseq,
                                const char *more)
{
    char text[1024];
    belle_sip_message_t *message;

    snprintf(text, sizeof(text),
             "%s\r\nVia: SIP/2.0/TLS a.example.org;branch=z9hG4bK.one\r\n"
             "From: <%s:alice@a.example>;tag=from\r\nTo: <%s:alice@a.example>\r\n"
             "Call-ID: one\r\nCSeq: %u REGISTER\r\n%sContent-Length: 0\r\n\r\n",
             first, scheme, scheme, cseq, more);
    message = belle_sip_message_parse(text);
    assert_non_null(message);
    return message;
}

static void leaves(unsigned cseq)
{
    belle_sip_message_t *message = say("REGISTER sip:a.example SIP/2.0", "sip", cseq, "");

    tap_way_register_out(&core, channel, (belle_sip_request_t *)message);
    belle_sip_object_unref(message);
}

static void answered(int code, unsigned cseq)
{
    char first[64];
    belle_sip_message_t *message;

    snprintf(first, sizeof(first), "SIP/2.0 %d Word", code);
    message = say(first, "sip", cseq, code == 200 ? "Expires: 600\r\n" : "");
    tap_way_register_answer(&core, channel, (belle_sip_response_t *)message);
    belle_sip_object_unref(message);
}

static bool is_registered(void)
{
    struct sip_call call = {.core = &core};
    bool same;

    tap_way_message(&call, channel);
    same = tap_same(sip_call_registered_over(&call), ALICE);
    free(call.way);
    return same;
}

static int begin(void **state)
{
    (void)state;
    slept = 0;
    wants_sips = false;
    checks = true;
    leaves(1);
    assert_false(is_registered());
    answered(200, 1);
    assert_true(is_registered());
    return 0;
}

static int end(void **state)
{
    (void)state;
    tap_way_core_gone(&core);
    return 0;
}

/* RFC 3261, 10.2.4: a refresh that did not succeed for the server's own reasons changes nothing. */
static void refresh_refused(void **state)
{
    static const struct {
        int code;
        bool lasts;
    } rows[] = {{401, true}, {407, true}, {423, true}, {500, true}, {503, true}, {403, false}};

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        leaves(i + 2);
        answered(rows[i].code, i + 2);
        assert_int_equal(is_registered(), rows[i].lasts);
    }
}

/* Another phone of hers stays registered, which is no matter of this connection. */
static void taken_back(void **state)
{
    static const char *const asks[] = {
        "Contact: <sip:alice@10.0.0.1>\r\nExpires: 0\r\n",
        "Contact: <sip:alice@10.0.0.1>;expires=0\r\nExpires: 600\r\n",
    };
    belle_sip_message_t *message;

    for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        tap_way_core_gone(&core);
        assert_int_equal(begin(state), 0);
        message = say("REGISTER sip:a.example SIP/2.0", "sip", 2, asks[i]);
        tap_way_register_out(&core, channel, (belle_sip_request_t *)message);
        belle_sip_object_unref(message);
        message = say("SIP/2.0 200 OK", "sip", 2, "Contact: <sip:alice@10.0.0.2>;expires=600\r\n");
        tap_way_register_answer(&core, channel, (belle_sip_response_t *)message);
        belle_sip_object_unref(message);
        assert_false(is_registered());
    }
}

/* A registration ends at its server while the machine sleeps. */
static void suspended(void **state)
{
    (void)state;
    slept = 599;
    assert_true(is_registered());
    slept = 601;
    assert_false(is_registered());
}

/* Whoever is at the other end: that they are checked from now on says nothing of this connection.
 */
static void not_checked(void **state)
{
    tap_way_core_gone(&core);
    checks = false;
    leaves(1);
    answered(200, 1);
    assert_false(is_registered());
    checks = true;
    leaves(2);
    answered(200, 2);
    assert_false(is_registered());
    tap_way_core_gone(&core); /* another one */
    assert_int_equal(begin(state), 0);
    checks = false;
    leaves(2);
    assert_false(is_registered());
}

static bool contact_is_secure(const char *scheme, const char *contact)
{
    char more[128];
    belle_sip_message_t *message;
    belle_sip_header_contact_t *header;
    bool secure;

    snprintf(more, sizeof(more), "Contact: <%s:alice@10.0.0.1:5061>\r\n", contact);
    message = say("REGISTER sip:a.example SIP/2.0", scheme, 9, more);
    tap_way_register_out(&core, channel, (belle_sip_request_t *)message);
    header = belle_sip_message_get_header_by_type(message, belle_sip_header_contact_t);
    secure =
        belle_sip_uri_is_secure(belle_sip_header_address_get_uri(BELLE_SIP_HEADER_ADDRESS(header)));
    belle_sip_object_unref(message);
    return secure;
}

/* An account that is sips by itself stays so where nobody asked for anything. */
static void contact(void **state)
{
    (void)state;
    assert_false(contact_is_secure("sip", "sip"));
    assert_false(contact_is_secure("sip", "sips"));
    assert_true(contact_is_secure("sips", "sips"));
    wants_sips = true;
    assert_true(contact_is_secure("sip", "sip"));
    assert_true(contact_is_secure("sips", "sips"));
}

int main(void)
{
    static const struct sip_tap_user users = {.register_out = register_out,
                                              .certificates_checked = certificates_checked};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refresh_refused, begin, end),
        cmocka_unit_test_setup_teardown(taken_back, begin, end),
        cmocka_unit_test_setup_teardown(suspended, begin, end),
        cmocka_unit_test_setup_teardown(contact, begin, end),
        cmocka_unit_test_setup_teardown(not_checked, begin, end),
    };
    belle_sip_stack_t *stack = belle_sip_stack_new(NULL);
    belle_sip_object_t *any = belle_sip_object_ref(belle_sip_uri_new());
    int failed;

    tap.users = &users;
    channel = (belle_sip_channel_t *)any;
    failed = cmocka_run_group_tests_name("plugin.tap.way", tests, NULL, NULL);

    belle_sip_object_unref(any);
    belle_sip_object_unref(stack);
    return failed;
}
