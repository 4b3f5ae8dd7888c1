/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies and labels: what is printed parses, and what two readers could read in two ways does not
 * parse. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "e2m/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SDP "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"

static enum e2m_result parse(struct e2m_body *body, const char *type, const char *text)
{
    return e2m_body_parse(body, type, NULL, NULL, e2m_text_span(text));
}

static void test_sdp_alone(void **state)
{
    struct e2m_body body;

    (void)state;
    assert_int_equal(parse(&body, "Application/SDP; charset=utf-8", SDP), E2M_OK);
    assert_int_equal(body.count, 1);
    assert_int_equal(body.parts[0].kind, E2M_SDP);
    assert_string_equal(body.parts[0].type, "application/sdp");
    assert_int_equal(body.parts[0].content.len, strlen(SDP));
}

#define SIGNED "multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=\"b 1\""
static const char nested[] = "a preamble\r\n--b 1\r\n"
                             "Content-Type: multipart/mixed;\r\n boundary=b2\r\n\r\n"
                             "--b2\r\nContent-Type: application/pkcs7-mime\r\n"
                             "content-target: P.A.example,\r\n\tq.example\r\n"
                             "Content-Transfer-Encoding: Base64\r\n\r\nAAEC\r\n Aw==\r\n\r\n"
                             "--b2  \r\nContent-Type: application/sdp\r\n\r\n" SDP "\r\n--b2--\r\n"
                             "\r\n--b 1\r\nContent-Type: application/pkcs7-signature\r\n\r\nx"
                             "\r\n--b 1--\r\nan epilogue";

static void test_signed_and_mixed(void **state)
{
    struct e2m_buffer content;
    struct e2m_body body;
    int envelope;

    (void)state;
    assert_int_equal(parse(&body, SIGNED, nested), E2M_OK);
    assert_int_equal(body.count, 5);
    envelope = e2m_body_find(&body, 0, E2M_ENVELOPE);
    assert_int_equal(body.parts[envelope].parent, 1);
    assert_true(e2m_label_has(&body.parts[envelope].label, "p.a.EXAMPLE"));
    assert_string_equal(body.parts[envelope].label.hosts[1], "q.example");
    assert_int_equal(e2m_body_find(&body, 4, E2M_SDP), -1);
    assert_int_equal(e2m_part_content(&body.parts[envelope], &content), E2M_OK);
    assert_int_equal(content.len, 4);
    assert_memory_equal(content.octets, "\0\1\2\3", 4);
    e2m_buffer_free(&content);
    /* What is signed: from behind the delimiter's line to before the next one's CRLF. */
    assert_memory_equal(body.parts[1].entity.octets, "Content-Type: multipart/mixed", 29);
    assert_memory_equal(body.parts[1].entity.octets + body.parts[1].entity.len - 8, "--b2--\r\n",
                        8);
}

static void test_bad_bodies(void **state)
{
    static const struct {
        const char *type, *text;
        enum e2m_result result;
    } bad[] = {
        {"application", SDP, E2M_BAD_MIME},
        {"multipart/mixed", "--b\r\n\r\nx\r\n--b--", E2M_BAD_MIME},
        {"multipart/mixed; boundary=b", "--b\r\n\r\nx", E2M_BAD_MIME},
        {"multipart/mixed; boundary=b", "--b--\r\n", E2M_BAD_MIME},
        {"multipart/mixed; boundary=b", "--b\r\nno colon\r\n\r\nx\r\n--b--", E2M_BAD_MIME},
        {"multipart/mixed; boundary=b", "--b\r\nContent-Type: a/b\n\r\n\r\nx\r\n--b--",
         E2M_BAD_MIME},
        {"multipart/mixed; boundary=b",
         "--b\r\nContent-Type: a/b\r\nContent-Type: a/c\r\n\r\nx\r\n--b--", E2M_BAD_MIME},
        {"multipart/mixed; boundary=b",
         "--b\r\nContent-Target: a.example\r\ncontent-target: b.example\r\n\r\nx\r\n--b--",
         E2M_BAD_MIME},
        {"multipart/mixed; boundary=b",
         "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx\r\n--b--", E2M_BAD_MIME},
        {"multipart/mixed; boundary=\"b \"", "--b \r\n\r\nx\r\n--b --", E2M_BAD_MIME},
        {"multipart/signed; boundary=b", "--b\r\n\r\nx\r\n--b--", E2M_BAD_MIME},
        {"multipart/signed; boundary=b", "--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--", E2M_BAD_MIME},
        {"application/sdp", "", E2M_BAD_MIME},
    };
    struct e2m_body body;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (parse(&body, bad[i].type, bad[i].text) != bad[i].result)
            fail_msg("body %zu", i);
        assert_int_equal(body.count, 0);
    }
    assert_int_equal(parse(&body, NULL, SDP), E2M_BAD_MIME);
}

/* Multiparts one in the other, `levels` of them. */
static char *nest(unsigned levels)
{
    char *text = calloc(1, 4096);

    for (unsigned i = 0; i < levels; i++)
        sprintf(text + strlen(text), "--b%u\r\nContent-Type: multipart/mixed; boundary=b%u\r\n\r\n",
                i, i + 1);
    sprintf(text + strlen(text), "--b%u\r\n\r\nx", levels);
    for (int i = (int)levels; i >= 0; i--)
        sprintf(text + strlen(text), "\r\n--b%d--\r\n", i);
    return text;
}

static void test_limits(void **state)
{
    char *text = nest(2), *big = calloc(1, E2M_BODY_MAX + 2);
    struct e2m_body body;

    (void)state;
    assert_int_equal(parse(&body, "multipart/mixed; boundary=b0", text), E2M_OK);
    free(text);
    text = nest(3);
    assert_int_equal(parse(&body, "multipart/mixed; boundary=b0", text), E2M_TOO_DEEP);
    free(text);
    memset(big, 'a', E2M_BODY_MAX + 1);
    assert_int_equal(parse(&body, "application/sdp", big), E2M_TOO_LARGE);
    big[E2M_BODY_MAX] = '\0';
    assert_int_equal(parse(&body, "application/sdp", big), E2M_OK);
    strcpy(big, "--b");
    for (int i = 0; i < E2M_PARTS_MAX; i++)
        strcat(big, "\r\n\r\nx\r\n--b");
    strcat(big, "--");
    assert_int_equal(parse(&body, "multipart/mixed; boundary=b", big), E2M_TOO_LARGE);
    free(big);
}

static void test_labels(void **state)
{
    static const char *const bad[] = {"",     ",",   "a..b", ".a",  "a.",   "a b",   "-a.b",
                                      "a-.b", "a,A", "a;b",  "[1]", "a,,b", "a/b.c", "a@b.example"};
    char printed[E2M_LABEL_MAX + 1];
    struct e2m_label label, other;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (e2m_label_parse(&label, bad[i], strlen(bad[i])) != E2M_BAD_MIME)
            fail_msg("label %s", bad[i]);
    }
    assert_int_equal(e2m_label_parse(&label, "a,b,c,d,e", 9), E2M_TOO_LARGE);
    assert_int_equal(e2m_label_parse(&label, " P.example ,[2001:db8::1],10.0.0.1", 34), E2M_OK);
    e2m_label_print(&label, printed);
    assert_string_equal(printed, "p.example, [2001:db8::1], 10.0.0.1");
    assert_int_equal(e2m_label_parse(&other, "10.0.0.1, p.example", 19), E2M_OK);
    assert_int_equal(e2m_label_add(&other, &label), E2M_OK);
    e2m_label_print(&other, printed);
    assert_string_equal(printed, "10.0.0.1, p.example, [2001:db8::1]");
}

static void test_print_and_parse(void **state)
{
    struct e2m_buffer entities[2], whole, content, none;
    const uint8_t binary[] = {0, 1, 13, 10, 255};
    const struct e2m_headers first = {.type = "application/sdp", .label = "p.example"};
    const struct e2m_headers second = {.type = "application/octet-stream", .base64 = true};
    char boundary[E2M_BOUNDARY_MAX + 1], type[E2M_TYPE_MAX];
    struct e2m_span spans[2];
    struct e2m_body body;

    (void)state;
    assert_int_equal(e2m_entity_print(&first, e2m_text_span(SDP), &entities[0]), E2M_OK);
    assert_int_equal(
        e2m_entity_print(&second, (struct e2m_span){binary, sizeof(binary)}, &entities[1]), E2M_OK);
    for (int i = 0; i < 2; i++)
        spans[i] = e2m_buffer_span(&entities[i]);
    assert_int_equal(e2m_multipart_print(spans, 2, boundary, &whole), E2M_OK);
    snprintf(type, sizeof(type), "multipart/mixed; boundary=\"%s\"", boundary);
    assert_int_equal(e2m_body_parse(&body, type, NULL, NULL, e2m_buffer_span(&whole)), E2M_OK);
    assert_int_equal(body.count, 3);
    assert_memory_equal(body.parts[1].content.octets, SDP, strlen(SDP));
    assert_int_equal(body.parts[1].content.len, strlen(SDP));
    assert_int_equal(e2m_part_content(&body.parts[2], &content), E2M_OK);
    assert_int_equal(content.len, sizeof(binary));
    assert_memory_equal(content.octets, binary, sizeof(binary));
    assert_int_equal(
        e2m_entity_print(&(struct e2m_headers){.type = "a/b\r\nX: y"}, spans[0], &none),
        E2M_BAD_MIME);
    e2m_buffer_free(&content);
    e2m_buffer_free(&entities[0]);
    e2m_buffer_free(&entities[1]);
    e2m_buffer_free(&whole);
}

static void test_bad_base64(void **state)
{
    static const char *const bad[] = {"A", "AAA", "AA=A", "A===", "AAAA====", "AA*A", "===="};
    struct e2m_buffer content;
    struct e2m_body body;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(e2m_body_parse(&body, "a/b", "base64", NULL, e2m_text_span(bad[i])),
                         E2M_OK);
        if (e2m_part_content(&body.parts[0], &content) != E2M_BAD_MIME)
            fail_msg("%s", bad[i]);
    }
}

static void test_results_have_words(void **state)
{
    (void)state;
    for (int i = 0; i >= E2M_REPLAYED; i--)
        assert_string_not_equal(e2m_result_text((enum e2m_result)i), "unknown result");
    assert_string_equal(e2m_result_text((enum e2m_result) - 99), "unknown result");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sdp_alone),  cmocka_unit_test(test_signed_and_mixed),
        cmocka_unit_test(test_bad_bodies), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_labels),     cmocka_unit_test(test_print_and_parse),
        cmocka_unit_test(test_bad_base64), cmocka_unit_test(test_results_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
