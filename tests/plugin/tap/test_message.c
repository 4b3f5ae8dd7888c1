/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message without a phone around it: tokens, tags, branches, headers, SDP alone and in a
 * multipart body. */
#include "tap_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SDP "v=0\r\no=a 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\n"

static const char head[] = "INVITE sip:b@example.org SIP/2.0\r\n"
                           "Via: SIP/2.0/UDP proxy.example.org;branch=z9hG4bK.top\r\n"
                           "Via: SIP/2.0/UDP a.example.org;branch=z9hG4bK.bottom\r\n"
                           "From: <sip:a@example.org>;tag=from\r\n"
                           "To: <sip:b@example.org>\r\n"
                           "Call-ID: call\r\nCSeq: 7 INVITE\r\nMax-Forwards: 70\r\n"
                           "SIM-Auth: one\r\nSIM-Auth: two\r\n";

static belle_sip_message_t *parse(const char *type, const char *body)
{
    char text[4096];
    belle_sip_message_t *message;

    snprintf(text, sizeof(text), "%s%s%s%sContent-Length: %zu\r\n\r\n%s", head,
             type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "",
             body ? strlen(body) : 0, body ? body : "");
    message = belle_sip_message_parse(text);
    assert_non_null(message);
    if (body)
        belle_sip_message_set_body(message, body, strlen(body));
    return message;
}

static void tokens(void **state)
{
    char longest[SIP_TAP_TOKEN_MAX + 2];

    (void)state;
    memset(longest, 'a', sizeof(longest));
    longest[SIP_TAP_TOKEN_MAX] = '\0';
    assert_true(tap_is_token(longest));
    longest[SIP_TAP_TOKEN_MAX] = 'a';
    longest[SIP_TAP_TOKEN_MAX + 1] = '\0';
    assert_false(tap_is_token(longest));
    assert_true(tap_is_token("sim01.aka.AZaz09-_.!%*+`'~"));
    assert_false(tap_is_token(""));
    assert_false(tap_is_token(NULL));
    for (const char *bad = " ;,\"<>@:/\\=?[]{}()\r\n\t\x7f\xc3"; *bad; bad++) {
        char text[] = {'a', *bad, '\0'};
        assert_false(tap_is_token(text));
    }
}

static void has_uri(belle_sip_message_t *message, enum sip_field field, const char *expected)
{
    char *uri = sip_message_uri(message, field);

    if (expected)
        assert_string_equal(uri, expected);
    else
        assert_null(uri);
    belle_sip_free(uri);
}

static void identity(void **state)
{
    belle_sip_message_t *message = parse(NULL, NULL);

    (void)state;
    assert_string_equal(tap_call_id_of(message), "call");
    assert_string_equal(tap_from_tag_of(message), "from");
    assert_null(sip_message_to_tag(message));
    assert_string_equal(tap_top_branch_of(message), "z9hG4bK.top");
    assert_string_equal(sip_message_bottom_branch(message), "z9hG4bK.bottom");
    has_uri(message, SIP_FROM, "sip:a@example.org");
    has_uri(message, SIP_TO, "sip:b@example.org");
    has_uri(message, SIP_CONTACT, NULL);
    sip_message_set_header(message, "Contact", "<sip:c@192.0.2.1:5070;transport=tcp>;q=1");
    has_uri(message, SIP_CONTACT, "sip:c@192.0.2.1:5070;transport=tcp");
    assert_int_equal(tap_cseq_of(message), 7);
    assert_string_equal(tap_cseq_method_of(message), "INVITE");
    /* Two Vias: it is not ours to change. */
    assert_false(sip_ack_set_branch((belle_sip_request_t *)message, "z9hG4bK.sim03.x"));
}

static void nothing_in_it(void **state)
{
    belle_sip_message_t *message = (belle_sip_message_t *)belle_sip_request_new();
    size_t len = 1;

    (void)state;
    assert_null(tap_call_id_of(message));
    assert_null(tap_from_tag_of(message));
    assert_null(tap_to_tag_of(message));
    assert_null(tap_top_branch_of(message));
    assert_null(sip_message_bottom_branch(message));
    assert_null(tap_cseq_method_of(message));
    assert_int_equal(tap_cseq_of(message), 0);
    assert_null(sip_message_sdp(message, &len));
    assert_false(sip_message_set_sdp(message, SDP, strlen(SDP)));
    assert_null(sip_message_header(message, "SIM-Auth", &len));
    assert_int_equal(len, 0);
}

static void headers(void **state)
{
    belle_sip_message_t *message = parse(NULL, NULL);
    size_t count = 0;

    (void)state;
    assert_string_equal(sip_message_header(message, "SIM-Auth", &count), "one");
    assert_int_equal(count, 2);
    sip_message_set_header(message, "SIM-Auth", "three");
    assert_string_equal(sip_message_header(message, "SIM-Auth", &count), "three");
    assert_int_equal(count, 1);
    sip_message_remove_header(message, "SIM-Auth");
    assert_null(sip_message_header(message, "SIM-Auth", &count));
    assert_int_equal(count, 0);
}

static void warning(void **state)
{
    belle_sip_message_t *message = parse(NULL, NULL);
    size_t count = 0;

    (void)state;
    tap_message_explain(message, NULL, NULL);
    assert_null(sip_message_header(message, "Warning", NULL));
    for (int i = 0; i < 2; i++)
        tap_message_explain(message, "SIP;cause=1;text=\"no\"", "a \"b\" \\c\r\nX: y");
    assert_string_equal(sip_message_header(message, "Warning", &count),
                        "399 simauth \"a \\\"b\\\" \\\\cX: y\"");
    assert_int_equal(count, 1);
    assert_non_null(sip_message_header(message, "Reason", &count));
    assert_int_equal(count, 1);
}

static void sdp_alone(void **state)
{
    belle_sip_message_t *message = parse("application/sdp", SDP);
    size_t len = 0;
    const char *seen = sip_message_sdp(message, &len);

    (void)state;
    assert_int_equal(len, strlen(SDP));
    assert_memory_equal(seen, SDP, len);
    assert_true(sip_message_set_sdp(message, SDP "a=x\r\n", strlen(SDP) + 5));
    seen = sip_message_sdp(message, &len);
    assert_int_equal(len, strlen(SDP) + 5);
    assert_memory_equal(seen, SDP "a=x\r\n", len);
    assert_false(sip_message_set_sdp(message, NULL, 0));
}

static void other_body(void **state)
{
    belle_sip_message_t *message = parse("text/plain", "hello");
    size_t len = 0;

    (void)state;
    assert_null(sip_message_sdp(message, &len));
    message = parse("application/sdp", SDP);
    sip_message_set_header(message, "Content-Encoding", "deflate");
    assert_null(sip_message_sdp(message, &len));
}

/* A part of application/sdp, in a multipart as belle-sip reads it. */
#define PART "--b\r\nContent-Type: application/sdp\r\n\r\n" SDP "\r\n"

static belle_sip_message_t *multipart(const char *type, const char *body)
{
    belle_sip_message_t *message = parse(type, body);

    tap_body_ready(message);
    return message;
}

/* liblinphone takes a description from each of these, and we see none. */
static void unread(void **state)
{
    belle_sip_message_t *messages[] = {
        parse("application/sdp", SDP),
        multipart("multipart/mixed;boundary=\"b\"", PART "--b--\r\n"),
        multipart("multipart/mixed;boundary=b", PART PART "--b--\r\n"),
    };
    size_t len = 0;

    (void)state;
    sip_message_set_header(messages[0], "Content-Encoding", "identity");
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        assert_null(sip_message_sdp(messages[i], &len));
        assert_non_null(belle_sip_message_get_body(messages[i]));
        assert_true(sip_message_drop_unread(messages[i]));
        assert_null(belle_sip_message_get_body(messages[i]));
        assert_null(sip_message_header(messages[i], "Content-Type", NULL));
        assert_null(sip_message_header(messages[i], "Content-Encoding", NULL));
    }
}

static void read_or_no_description(void **state)
{
    belle_sip_message_t *messages[] = {
        parse("application/sdp", SDP),
        multipart("multipart/mixed;boundary=b", PART "--b--\r\n"),
        parse("text/plain", "hello"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        assert_false(sip_message_drop_unread(messages[i]));
        assert_non_null(belle_sip_message_get_body(messages[i]));
    }
    assert_false(sip_message_drop_unread(parse(NULL, NULL)));
}

static belle_sip_body_handler_t *part(const char *type, const char *body)
{
    belle_sip_body_handler_t *made =
        (belle_sip_body_handler_t *)belle_sip_memory_body_handler_new_copy_from_buffer(
            body, strlen(body), NULL, NULL);
    belle_sip_body_handler_add_header(made, belle_sip_header_create("Content-Type", type));
    return made;
}

static void sdp_in_multipart(void **state)
{
    belle_sip_message_t *message = parse(NULL, NULL);
    belle_sip_multipart_body_handler_t *body =
        belle_sip_multipart_body_handler_new(NULL, NULL, part("text/plain", "before"), "border");
    size_t len = 0;
    const char *seen;
    char *all;

    (void)state;
    belle_sip_multipart_body_handler_add_part(body, part("application/sdp", SDP));
    belle_sip_multipart_body_handler_add_part(body, part("text/plain", "after"));
    belle_sip_message_set_body_handler(message, (belle_sip_body_handler_t *)body);
    seen = sip_message_sdp(message, &len);
    assert_int_equal(len, strlen(SDP));
    assert_memory_equal(seen, SDP, len);

    assert_true(sip_message_set_sdp(message, SDP "a=x\r\n", strlen(SDP) + 5));
    seen = sip_message_sdp(message, &len);
    assert_int_equal(len, strlen(SDP) + 5);
    assert_memory_equal(seen, SDP "a=x\r\n", len);
    all = belle_sip_object_to_string(belle_sip_message_get_body_handler(message));
    assert_non_null(strstr(all, "--border"));
    assert_non_null(strstr(strstr(all, "before"), "a=x"));
    assert_non_null(strstr(strstr(all, "a=x"), "after"));
    assert_null(strstr(strstr(all, "application/sdp") + 1, "application/sdp"));
    belle_sip_free(all);
}

/* A dialog that we hand over is named by its tag on the wire; others stay as they are. */
static void refer_out(void **state)
{
    struct tap_core core = {.settle_scheduled = true};
    belle_sip_message_t *invite = parse(NULL, NULL);
    belle_sip_message_t *refer = belle_sip_message_parse(
        "REFER sip:c@example.org SIP/2.0\r\n"
        "Refer-To: <sip:a@example.org?Replaces=call%3Bto-tag%3Dinner%3Bfrom-tag%3Dfrom>\r\n\r\n");
    struct sip_call *call = tap_call_new(&core, SIP_INCOMING, (belle_sip_request_t *)invite);
    belle_sip_header_refer_to_t *header =
        belle_sip_message_get_header_by_type(refer, belle_sip_header_refer_to_t);
    belle_sip_uri_t *uri = belle_sip_header_address_get_uri((belle_sip_header_address_t *)header);

    (void)state;
    strcpy(call->inner_tag, "inner");
    tap_alias_refer_out(&core, (belle_sip_request_t *)refer);
    assert_string_equal(belle_sip_uri_get_header(uri, "Replaces"),
                        "call;to-tag=inner;from-tag=from");
    strcpy(call->wire_tag, "sim02.wire");
    for (int i = 0; i < 2; i++)
        tap_alias_refer_out(&core, (belle_sip_request_t *)refer);
    assert_string_equal(belle_sip_uri_get_header(uri, "Replaces"),
                        "call;to-tag=sim02.wire;from-tag=from");
    tap_calls_core_gone(&core);
    assert_null(core.calls);
}

static void names_that_are_not_there(void **state)
{
    const struct tap_names *good = &tap_default_names;
    const char *const *fields = (const char *const *)good;

    (void)state;
    for (size_t i = 0; i < sizeof(*good) / sizeof(fields[0]); i++) {
        struct tap_names names = *good;
        struct tap_belle found = {0};
        const char *missing = NULL;
        ((const char **)&names)[i] = "no_such_function";
        assert_int_equal(tap_belle_find(&found, &names, &missing), SIP_TAP_MISSING_SYMBOL);
        assert_string_equal(missing, "no_such_function");
    }
}

static void another_class_of_that_name(void **state)
{
    struct tap_names names = tap_default_names;
    struct tap_belle found = {0};
    const char *missing = NULL;

    (void)state;
    names.ict_vptr = "belle_sip_ist_t_vptr_get";
    assert_int_equal(tap_belle_find(&found, &names, &missing), SIP_TAP_UNKNOWN_LAYOUT);
    assert_string_equal(missing, "belle_sip_ist_t_vptr_get");
    names = tap_default_names;
    names.provider_vptr = "belle_sip_dialog_t_vptr_get";
    assert_int_equal(tap_belle_find(&found, &names, &missing), SIP_TAP_UNKNOWN_LAYOUT);
}

int main(void)
{
    static const struct sip_tap_user nobody;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens),
        cmocka_unit_test(identity),
        cmocka_unit_test(nothing_in_it),
        cmocka_unit_test(headers),
        cmocka_unit_test(warning),
        cmocka_unit_test(sdp_alone),
        cmocka_unit_test(other_body),
        cmocka_unit_test(unread),
        cmocka_unit_test(read_or_no_description),
        cmocka_unit_test(sdp_in_multipart),
        cmocka_unit_test(refer_out),
        cmocka_unit_test(names_that_are_not_there),
        cmocka_unit_test(another_class_of_that_name),
    };
    belle_sip_stack_t *stack = belle_sip_stack_new(NULL);
    int failed;

    tap.users = &nobody;
    failed = cmocka_run_group_tests_name("plugin.tap.message", tests, NULL, NULL);

    belle_sip_object_unref(stack);
    return failed;
}
