/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the middle reads of SIP messages and session descriptions, and what it takes for neither. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "sdp.h"
#include "sip.h"

#include <string.h>

#define FIRST "INVITE sip:bob@b.example SIP/2.0\r\n"
#define PARTIES "From: <sip:alice@a.example>;tag=1\r\nTo: <sip:bob@b.example>\r\n"
#define REST "Call-ID: x\r\nCSeq: 7 INVITE\r\n"

static struct e2m_span span(const char *text)
{
    return (struct e2m_span){(const uint8_t *)text, strlen(text)};
}

static void whole_messages(void **state)
{
    struct sip_message m;

    (void)state;
    assert_null(sip_parse(span(FIRST PARTIES REST "Content-Type: application/sdp\r\n\r\nv=0"), &m));
    assert_true(m.request);
    assert_string_equal(m.from, "sip:alice@a.example");
    assert_string_equal(m.from_tag, "1");
    assert_string_equal(m.to_tag, "");
    assert_string_equal(m.method, "INVITE");
    assert_int_equal(m.cseq, 7);
    assert_string_equal(m.content_type, "application/sdp");
    assert_int_equal(m.body.len, 3);
    sip_clear(&m);
    assert_null(
        sip_parse(span("SIP/2.0 200 OK\r\nf: \"a <b>;tag=no\" <sips:Alice@A.example;x=1>;x=y;"
                       "TAG=2\r\nt : sip:bob@b.example;tag=3\r\ni: x\r\nCSeq: 7\r\n  INVITE\r\n"
                       "c: multipart/signed;\r\n boundary=z\r\ncontent-target: a.example\r\n"
                       "\r\n"),
                  &m));
    assert_false(m.request);
    assert_int_equal(m.status, 200);
    assert_string_equal(m.from, "sip:Alice@a.example");
    assert_string_equal(m.from_tag, "2");
    assert_string_equal(m.to, "sip:bob@b.example");
    assert_string_equal(m.to_tag, "3");
    assert_string_equal(m.method, "INVITE");
    assert_string_equal(m.content_type, "multipart/signed; boundary=z");
    assert_string_equal(m.label, "a.example");
    sip_clear(&m);
}

static void no_messages(void **state)
{
    static const char *const broken[] = {
        "",
        "\r\n\r\n",
        FIRST,
        FIRST PARTIES "CSeq: 7 INVITE\r\n\r\n",
        FIRST PARTIES "Call-ID: x\r\nCSeq: INVITE\r\n\r\n",
        FIRST "From: <sip:alice@a.example>\r\nTo: <sip:bob@b.example>\r\n" REST "\r\n",
        FIRST "From: <sip:alice@a.example;tag=1\r\nTo: <sip:bob@b.example>\r\n" REST "\r\n",
        FIRST PARTIES PARTIES REST "\r\n",
        FIRST PARTIES REST "Content-Type: a/b\r\nc: application/sdp\r\n\r\n",
        FIRST PARTIES "CSeq: 7 OPTIONS\r\nCall-ID: x\r\n\r\n",
        FIRST PARTIES REST "RAck: INVITE\r\n\r\n",
        FIRST PARTIES "CSeq: 7 INVITE\r\nCall-ID: caf\xc3\xa9\r\n\r\n",
        FIRST "From: <sip:alice@a.example>;tag=\x80\r\nTo: <sip:bob@b.example>\r\n" REST "\r\n",
        "GET / HTTP/1.1\r\n" PARTIES REST "\r\n",
        "SIP/2.0 99 No\r\n" PARTIES REST "\r\n",
    };
    struct sip_message m;

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_non_null(sip_parse(span(broken[i]), &m));
        sip_clear(&m);
    }
}

/* What comes behind it would be body, and not seen. */
static void no_octet_0_in_the_head(void **state)
{
    static const char text[] =
        FIRST PARTIES REST "X: a\0b\r\nContent-Type: application/sdp\r\n\r\n";
    struct sip_message m;

    (void)state;
    assert_non_null(sip_parse((struct e2m_span){(const uint8_t *)text, sizeof text - 1}, &m));
    sip_clear(&m);
}

/* Emergency calls, and telephone numbers. */
static void other_addresses(void **state)
{
    struct sip_message m;

    (void)state;
    assert_null(sip_parse(span("INVITE urn:service:sos SIP/2.0\r\nFrom: <tel:+4930123456>;tag=1\r\n"
                               "To: <urn:service:sos>\r\n" REST "\r\n"),
                          &m));
    assert_string_equal(m.from, "tel:+4930123456");
    assert_string_equal(m.from_tag, "1");
    assert_string_equal(m.to, "");
    sip_clear(&m);
    assert_string_equal(
        sip_parse(span(FIRST "From: <sip:alice@a.example>;tag=1\r\nTo: <sip:bob\r\n" REST "\r\n"),
                  &m),
        "From or To is no address");
    sip_clear(&m);
    assert_non_null(sip_parse(span(FIRST "From: <urn:service:sos>;tag=1\r\nTo: <tel:1>\r\n"
                                         "To: <sip:bob@b.example>\r\n" REST "\r\n"),
                              &m));
    sip_clear(&m);
}

static void descriptions(void **state)
{
    struct sdp sdp;

    (void)state;
    assert_true(sdp_parse(span("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\nc=IN IP4 192.0.2.1/127\r\n"
                               "m=audio 7078 RTP/AVP 0\r\nb=AS:64\r\na=rtcp-mux\r\n"
                               "m=video 9078/2 RTP/AVP 97\r\nc=IN IP6 2001:db8::1\r\n"
                               "a=rtcp:5000 IN IP6 2001:db8::2\r\nm=audio 0 RTP/AVP 0\r\n"),
                          &sdp));
    assert_int_equal(sdp.count, 3);
    assert_int_equal(sdp.streams[0].port, 7078);
    assert_int_equal(sdp.streams[0].rtcp_port, 7079);
    assert_true(sdp.streams[0].mux);
    assert_int_equal(sdp.streams[0].address.octets[3], 1);
    assert_int_equal(sdp.streams[1].rtcp_port, 5000);
    assert_int_equal(sdp.streams[1].rtcp_address.octets[15], 2);
    assert_int_equal(sdp.streams[1].address.family, AF_INET6);
    assert_int_equal(sdp_kbit(&sdp, 100, 1500), 1564);
    assert_true(sdp_parse(span("v=0\nb=AS:300\nm=audio 1 RTP/AVP 0\n"), &sdp));
    assert_int_equal(sdp_kbit(&sdp, 100, 1500), 300);
    assert_false(sdp_address_usable(&sdp.streams[0].address));
}

static void no_descriptions(void **state)
{
    static const char *const broken[] = {
        "",
        "m=audio 7078 RTP/AVP 0\r\n",
        "v=0\r\nm=audio\r\n",
        "v=0\r\nm=audio 70780 RTP/AVP 0\r\n",
        "v=0\r\nm=audio -1 RTP/AVP 0\r\n",
        "v=0\r\nc=IN IP6 192.0.2.1\r\n",
        "v=0\r\nb=AS:-5\r\n",
        "v=0\r\nm=audio 7078 RTP/AVP 0\r\na=rtcp:x\r\n",
        "v=0\r\nm=a 1 R 0\r\nm=a 1 R 0\r\nm=a 1 R 0\r\nm=a 1 R 0\r\nm=a 1 R 0\r\n",
    };
    struct sdp sdp;

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_false(sdp_parse(span(broken[i]), &sdp));
    assert_true(sdp.too_many);
}

static void addresses(void **state)
{
    static const char *const bad[] = {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255",
                                      "::",      "::1",       "ff02::1",   "::ffff:192.0.2.1"};
    struct sdp_address address;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_true(sdp_address_parse(bad[i], &address));
        assert_false(sdp_address_usable(&address));
    }
    assert_true(sdp_address_parse("192.0.2.1", &address) && sdp_address_usable(&address));
    assert_true(sdp_address_parse("2001:db8::1", &address) && sdp_address_usable(&address));
    assert_false(sdp_address_parse("host.example", &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_messages),  cmocka_unit_test(no_messages),
        cmocka_unit_test(descriptions),    cmocka_unit_test(no_descriptions),
        cmocka_unit_test(addresses),       cmocka_unit_test(no_octet_0_in_the_head),
        cmocka_unit_test(other_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
