/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose word lets an address into a call, and what nobody's word costs the others. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "judge.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#define ALICE "sip:alice@a.example"
#define BOB "sip:bob@b.example"
#define NOW 1000000

struct scene {
    struct config config;
    struct calls *calls;
    char folder[64], state[96];
};

static int begin(void **data)
{
    struct scene *scene = g_new0(struct scene, 1);
    char error[CONFIG_ERROR_MAX];

    g_strlcpy(scene->folder, "/tmp/test-judge-XXXXXX", sizeof scene->folder);
    assert_non_null(g_mkdtemp(scene->folder));
    g_snprintf(scene->state, sizeof scene->state, "%s/calls", scene->folder);
    scene->config = (struct config){.domain = (char[]){"a.example"},
                                    .state = scene->state,
                                    .nft = (char[]){""},
                                    .table = (char[]){"t"},
                                    .accounts = true,
                                    .clear = true,
                                    .audio_kbit = 100,
                                    .total_kbit = 150,
                                    .ring_seconds = 100,
                                    .call_seconds = 1000,
                                    .networks[0].bits = 24,
                                    .network_count = 1};
    assert_true(sdp_address_parse("192.0.2.0", &scene->config.networks[0].address));
    scene->calls = calls_open(&scene->config, NOW, error);
    assert_non_null(scene->calls);
    *data = scene;
    return 0;
}

static int end(void **data)
{
    struct scene *scene = *data;

    calls_free(scene->calls);
    g_unlink(scene->state);
    g_rmdir(scene->folder);
    g_free(scene);
    return 0;
}

static char *description(const char *address, unsigned port)
{
    return g_strdup_printf("v=0\r\nc=IN IP4 %s\r\nm=audio %u RTP/AVP 0\r\na=rtcp-mux\r\n", address,
                           port);
}

/* The code that the middle gives; `parties` has From and To, `body` is freed. */
static int ask(struct scene *scene, const char *first, const char *parties, unsigned cseq,
               char *body, const char *account)
{
    char *text =
        g_strdup_printf("%s\r\n%sCall-ID: x\r\nCSeq: %u INVITE\r\n%s\r\n%s", first, parties, cseq,
                        body ? "Content-Type: application/sdp\r\n" : "", body ? body : "");
    const struct question question = {
        .message = {(const uint8_t *)text, strlen(text)}, .account = account, .trunk = ""};
    struct verdict verdict;

    judge(scene->calls, &scene->config, &question, NOW, &verdict);
    g_free(body);
    g_free(text);
    return verdict.code;
}

#define INVITE "INVITE sip:x@y.example SIP/2.0"
#define OK "SIP/2.0 200 OK"
#define FIRST "From: <" ALICE ">;tag=a\r\nTo: <" BOB ">\r\n"
#define BY_ALICE "From: <" ALICE ">;tag=a\r\nTo: <" BOB ">;tag=b\r\n"
#define BY_BOB "From: <" BOB ">;tag=b\r\nTo: <" ALICE ">;tag=a\r\n"

static void tags_are_no_proof(void **data)
{
    struct scene *scene = *data;

    assert_int_equal(ask(scene, INVITE, FIRST, 1, description("192.0.2.10", 7000), ALICE), 0);
    assert_int_equal(ask(scene, OK, BY_ALICE, 1, description("198.51.100.1", 7000), ""), 0);
    /* the other side knows the tags, and sends as if it were Alice: another of her network */
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 2, description("192.0.2.66", 7000), ""), 403);
    assert_int_equal(ask(scene, INVITE, FIRST, 2, description("192.0.2.66", 7000), ""), 403);
    assert_int_equal(ask(scene, INVITE, BY_BOB, 1, description("192.0.2.66", 7000), ""), 403);
    /* what a call does: hold, other ports, an address outside that changes; she who is known moves
     */
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 3, description("192.0.2.10", 7002), ""), 0);
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 4, description("0.0.0.0", 7002), ""), 0);
    assert_int_equal(ask(scene, INVITE, BY_BOB, 5, description("198.51.100.9", 7000), ""), 0);
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 6, description("192.0.2.66", 7000), ALICE), 0);
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 7, description("192.0.2.66", 7000), ""), 0);
}

static void nobodys_call_takes_nothing(void **data)
{
    struct scene *scene = *data;

    assert_int_equal(
        ask(scene, INVITE, "From: <" BOB ">;tag=c\r\nTo: <" ALICE ">\r\n", 1, NULL, ""), 0);
    assert_int_equal(ask(scene, OK, "From: <" BOB ">;tag=c\r\nTo: <" ALICE ">;tag=d\r\n", 1,
                         description("192.0.2.10", 7000), ""),
                     0);
    assert_int_equal(ask(scene, INVITE, FIRST, 1, description("192.0.2.10", 7000), ALICE), 0);
}

static void calls_have_a_limit(void **data)
{
    struct scene *scene = *data;
    char parties[128];

    for (unsigned i = 0; i <= CALLS_MAX; i++) {
        g_snprintf(parties, sizeof parties, "From: <" BOB ">;tag=n%u\r\nTo: <" ALICE ">\r\n", i);
        assert_int_equal(ask(scene, INVITE, parties, 1, NULL, ""), i < CALLS_MAX ? 0 : 503);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tags_are_no_proof, begin, end),
        cmocka_unit_test_setup_teardown(nobodys_call_takes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(calls_have_a_limit, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
