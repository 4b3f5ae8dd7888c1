/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which pinholes tokens open and close: with no kernel (nft=none) and a clock of the test's own. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "gates.h"
#include "tokens.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

#define ALICE "sip:alice@a.example"
#define BOB "sip:bob@b.example"
#define NOW 1000
#define SECRET "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8"
#define OFFER                                                                                      \
    "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 7078 RTP/AVP 0\r\na=rtcp-mux\r\n"                        \
    "a=simauth-pinhole:" SECRET "\r\nm=video 9078 RTP/AVP 0\r\n"
#define ANSWER "v=0\r\nc=IN IP4 192.0.2.2\r\nm=audio 5000 RTP/AVP 0\r\nm=video 6000 RTP/AVP 0\r\n"

struct scene {
    struct config config;
    struct calls *calls;
    struct call *call;
    uint8_t secret[E2M_TOKEN_SECRET_LEN];
    char folder[64], state[96];
};

static struct asked hole(uint16_t a_port, uint16_t b_port, unsigned stream)
{
    struct asked asked = {.stream = stream, .a_is_caller = true};

    sdp_address_parse("192.0.2.1", &asked.hole.a);
    sdp_address_parse("192.0.2.2", &asked.hole.b);
    asked.hole.a_port = a_port;
    asked.hole.b_port = b_port;
    return asked;
}

static int set_up(void **state)
{
    struct scene *s = g_new0(struct scene, 1);
    struct asked asked[] = {hole(7078, 5000, 0), hole(7079, 5001, 0), hole(9078, 6000, 1)};
    struct sip_message invite = {.call_id = "x", .from_tag = "1", .from = ALICE, .to = BOB};
    char error[CONFIG_ERROR_MAX];
    struct sdp offer;

    strcpy(s->folder, "/tmp/gatesXXXXXX");
    assert_non_null(mkdtemp(s->folder));
    g_snprintf(s->state, sizeof s->state, "%s/calls", s->folder);
    s->config.nft = s->config.table = (char *)"";
    s->config.state = s->state;
    s->config.tokens = true;
    s->config.token_seconds = 30;
    s->config.call_seconds = s->config.ring_seconds = 600;
    s->config.networks[0].bits = 32; /* Alice's alone */
    s->config.network_count = 1;
    assert_true(sdp_address_parse("192.0.2.1", &s->config.networks[0].address));
    s->calls = calls_open(&s->config, NOW, error);
    assert_non_null(s->calls);
    s->call = calls_begin(s->calls, &invite, "", NOW);
    assert_true(sdp_parse((struct e2m_span){(const uint8_t *)OFFER, strlen(OFFER)}, &offer));
    assert_true(offer.streams[0].has_secret);
    assert_false(offer.streams[1].has_secret);
    memcpy(s->secret, offer.streams[0].secret, sizeof s->secret);
    gates_take_secrets(s->call, &offer, 0);
    gates_ask(s->calls, &s->config, s->call, asked, 3, true, NOW);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    calls_free(s->calls);
    unlink(s->state);
    rmdir(s->folder);
    g_free(s);
    return 0;
}

/* A token of Alice's from this port of hers to that of Bob's. */
static struct token_packet token(const struct scene *s, uint16_t from, uint16_t to, bool close,
                                 uint64_t counter)
{
    const struct e2m_token said = {.close = close, .ssrc = 5, .counter = counter};
    struct token_packet packet = {.from_port = from, .to_port = to};

    sdp_address_parse("192.0.2.1", &packet.from);
    sdp_address_parse("192.0.2.2", &packet.to);
    assert_true(e2m_token_make(s->secret, ALICE, BOB, &said, packet.octets));
    return packet;
}

/* The same of Bob's. */
static struct token_packet token_of_bob(const struct scene *s, uint16_t from, uint16_t to,
                                        uint64_t counter)
{
    const struct e2m_token said = {.ssrc = 6, .counter = counter};
    struct token_packet packet = {.from_port = from, .to_port = to};

    sdp_address_parse("192.0.2.2", &packet.from);
    sdp_address_parse("192.0.2.1", &packet.to);
    assert_true(e2m_token_make(s->secret, BOB, ALICE, &said, packet.octets));
    return packet;
}

static unsigned after(struct scene *s, const struct token_packet *packet, int64_t now)
{
    gates_token(s->calls, &s->config, packet, now);
    return s->call->hole_count;
}

static void opens_and_closes(void **state)
{
    struct scene *s = *state;
    struct token_packet open = token(s, 7079, 5001, false, 1);
    struct token_packet later = token(s, 7079, 5001, false, 2);
    struct token_packet close = token(s, 7079, 5001, true, 3);
    struct token_packet again = token(s, 7079, 5001, false, 4);

    assert_int_equal(s->call->hole_count, 0);
    assert_int_equal(after(s, &open, NOW), 2); /* its stream's two, not the other's */
    gates_expire(s->calls, NOW + 29);
    assert_int_equal(s->call->hole_count, 2);
    assert_int_equal(after(s, &later, NOW + 29), 2);
    gates_expire(s->calls, NOW + 58);
    assert_int_equal(s->call->hole_count, 2);
    assert_int_equal(after(s, &close, NOW + 58), 0);
    assert_int_equal(after(s, &later, NOW + 58), 0); /* a replay */
    assert_int_equal(after(s, &again, NOW + 58), 2);
    gates_expire(s->calls, NOW + 58 + 30);
    assert_int_equal(s->call->hole_count, 0);
}

static void refuses(void **state)
{
    struct scene *s = *state;
    struct token_packet good = token(s, 7078, 5000, false, 7), bad = good;
    struct token_packet elsewhere = token(s, 7080, 5000, false, 8);
    struct token_packet video = token(s, 9078, 6000, false, 9);

    bad.octets[E2M_TOKEN_LEN - 1] ^= 1;
    assert_int_equal(after(s, &bad, NOW), 0);
    assert_int_equal(after(s, &elsewhere, NOW), 0);
    assert_int_equal(after(s, &video, NOW), 0); /* that stream has no secret */
    assert_true(s->call->token_told);
    assert_int_equal(after(s, &good, NOW), 2);
    gates_expire(s->calls, NOW + 30);
    assert_int_equal(after(s, &good, NOW + 30), 0); /* the same counter */
}

/* A new offer moves what is open; the same secret goes on counting, another begins anew. */
static void moves(void **state)
{
    struct scene *s = *state;
    struct token_packet first = token(s, 7078, 5000, false, 1), moved;
    struct asked asked[] = {hole(7090, 5000, 0)};
    struct sdp answer;

    assert_int_equal(after(s, &first, NOW), 2);
    gates_ask(s->calls, &s->config, s->call, asked, 1, true, NOW);
    assert_int_equal(s->call->hole_count, 1);
    assert_int_equal(s->call->holes[0].a_port, 7090);
    moved = token(s, 7090, 5000, true, 1);
    assert_int_equal(after(s, &moved, NOW), 1); /* counted already */
    moved = token(s, 7090, 5000, true, 2);
    assert_int_equal(after(s, &moved, NOW), 0);
    assert_true(sdp_parse((struct e2m_span){(const uint8_t *)ANSWER, strlen(ANSWER)}, &answer));
    gates_take_secrets(s->call, &answer, 0); /* none any more */
    moved = token(s, 7090, 5000, false, 3);
    assert_int_equal(after(s, &moved, NOW), 0);
    assert_true(sdp_parse((struct e2m_span){(const uint8_t *)OFFER, strlen(OFFER)}, &answer));
    gates_take_secrets(s->call, &answer, 0);
    moved = token(s, 7090, 5000, false, 1);
    assert_int_equal(after(s, &moved, NOW), 0); /* counted before */
    moved = token(s, 7090, 5000, false, 3);
    assert_int_equal(after(s, &moved, NOW), 1);
}

static bool count_one(struct call *call, void *data)
{
    (void)call;
    ++*(unsigned *)data;
    return false;
}

/* What a token costs does not grow with the calls that somebody makes for it. */
static void few_calls_for_a_flow(void **state)
{
    struct scene *s = *state;
    struct asked asked[] = {hole(7078, 5000, 0)};
    struct flow flow;
    unsigned count = 0;

    memset(&flow, 0, sizeof flow);
    flow.from = asked[0].hole.a;
    flow.to = asked[0].hole.b;
    flow.from_port = 7078;
    flow.to_port = 5000;
    for (unsigned i = 0; i < 20; i++) {
        struct sip_message invite = {.from_tag = "1", .from = ALICE, .to = BOB};

        g_snprintf(invite.call_id, sizeof invite.call_id, "more-%u", i);
        calls_await(s->calls, calls_begin(s->calls, &invite, "", NOW), asked, 1);
    }
    calls_each_of(s->calls, &flow, count_one, &count);
    assert_int_equal(count, 8);
    calls_expire(s->calls, NOW + 600);
    count = 0;
    calls_each_of(s->calls, &flow, count_one, &count);
    assert_int_equal(count, 0);
}

/* Who is guarded is asked, whoever else shows one: Bob gave Alice's address, or she his. */
static void asks_whom_it_guards(void **state)
{
    struct scene *s = *state;
    struct token_packet of_bob = token_of_bob(s, 5000, 7078, 1);
    struct token_packet of_alice = token(s, 7078, 5000, false, 1);
    struct asked asked[] = {hole(7078, 5000, 0)};
    struct sdp answer;

    assert_true(sdp_parse((struct e2m_span){(const uint8_t *)OFFER, strlen(OFFER)}, &answer));
    gates_take_secrets(s->call, &answer, 1);
    assert_int_equal(after(s, &of_bob, NOW), 0);
    assert_false(s->call->token_told); /* it was right */
    assert_int_equal(after(s, &of_alice, NOW), 2);
    s->config.networks[0].bits = 24; /* both */
    gates_ask(s->calls, &s->config, s->call, asked, 1, true, NOW);
    assert_int_equal(s->call->hole_count, 1);
    of_alice = token(s, 7078, 5000, false, 2);
    assert_int_equal(after(s, &of_alice, NOW + 29), 1);
    gates_expire(s->calls, NOW + 30); /* Bob has shown none since */
    assert_int_equal(s->call->hole_count, 0);
    of_bob = token_of_bob(s, 5000, 7078, 2);
    assert_int_equal(after(s, &of_bob, NOW + 30), 1);
}

/* As long as the guarded phone shows tokens and has not closed; no other keeps it. */
static void tokens_keep_a_call(void **state)
{
    struct scene *s = *state;
    struct token_packet ringing = token(s, 7078, 5000, false, 1);
    struct token_packet first = token(s, 7078, 5000, false, 2);
    struct token_packet second = token(s, 7078, 5000, false, 3);
    struct token_packet of_bob = token_of_bob(s, 5000, 7078, 1);
    struct sdp answer;
    char error[CONFIG_ERROR_MAX];

    assert_true(sdp_parse((struct e2m_span){(const uint8_t *)OFFER, strlen(OFFER)}, &answer));
    gates_take_secrets(s->call, &answer, 1);
    assert_int_equal(after(s, &ringing, NOW + 500), 2);
    assert_int_equal(s->call->expires, NOW + 600); /* nobody has answered it */
    calls_extend(s->calls, s->call, NOW);
    assert_int_equal(after(s, &first, NOW + 299), 2);
    assert_int_equal(s->call->expires, NOW + 600); /* time enough: the disk is spared */
    assert_int_equal(after(s, &second, NOW + 301), 2);
    assert_int_equal(s->call->expires, NOW + 901);
    gates_expire(s->calls, NOW + 800);
    assert_int_equal(after(s, &of_bob, NOW + 800), 0);
    assert_int_equal(s->call->expires, NOW + 901);
    calls_free(s->calls);
    s->calls = calls_open(&s->config, NOW + 900, error);
    assert_int_equal(calls_look(s->calls).calls, 1); /* and the journal knew */
}

static void without_tokens(void **state)
{
    struct scene *s = *state;
    struct asked asked[] = {hole(7078, 5000, 0), hole(9078, 6000, 1)};

    s->config.tokens = false;
    gates_ask(s->calls, &s->config, s->call, asked, 2, true, NOW);
    assert_int_equal(s->call->hole_count, 2);
    gates_expire(s->calls, NOW + 500);
    assert_int_equal(s->call->hole_count, 2);
}

static void packets(void **state)
{
    uint8_t ip[28 + E2M_TOKEN_LEN] = {0x45, 0,
                                      0,    28 + E2M_TOKEN_LEN,
                                      0,    0,
                                      0x40, 0,
                                      64,   17,
                                      0,    0,
                                      192,  0,
                                      2,    1,
                                      192,  0,
                                      2,    2,
                                      0x1b, 0xa6,
                                      0x13, 0x88,
                                      0,    8 + E2M_TOKEN_LEN};
    struct token_packet packet;

    (void)state;
    assert_true(tokens_parse(ip, sizeof ip, &packet));
    assert_int_equal(packet.from_port, 7078);
    assert_int_equal(packet.to_port, 5000);
    assert_int_equal(packet.from.octets[3], 1);
    for (size_t len = 0; len < sizeof ip; len++)
        assert_false(tokens_parse(ip, len, &packet));
    ip[0] = 0x4f; /* longer than it is */
    assert_false(tokens_parse(ip, sizeof ip, &packet));
    ip[0] = 0x45;
    ip[7] = 1; /* a fragment */
    assert_false(tokens_parse(ip, sizeof ip, &packet));
    ip[7] = 0;
    ip[9] = 6;
    assert_false(tokens_parse(ip, sizeof ip, &packet));
}

int main(void)
{
#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        GATE_TEST(opens_and_closes),
        GATE_TEST(refuses),
        GATE_TEST(moves),
        GATE_TEST(asks_whom_it_guards),
        GATE_TEST(without_tokens),
        cmocka_unit_test(packets),
        GATE_TEST(few_calls_for_a_flow),
        GATE_TEST(tokens_keep_a_call),
    };

    return cmocka_run_group_tests_name("e2m.token.gates", tests, NULL, NULL);
}
