/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls with a key that both hold (stp, agt), and what a call leaves for the next one. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1000100

struct pair {
    struct world w;
    struct simauth_session *a, *b;
    struct simauth_held_key of_a, of_b;
};

static int pair_setup(void **state)
{
    static struct pair p;
    memset(&p, 0, sizeof p);
    world_init(&p.w);
    p.of_a = world_held_key("stp", true);
    p.of_b = world_held_key("stp", false);
    *state = &p;
    return 0;
}

static int pair_teardown(void **state)
{
    struct pair *p = *state;
    simauth_session_free(p->a);
    simauth_session_free(p->b);
    return 0;
}

static simauth_actions dial(struct pair *p, enum simauth_policy policy)
{
    uint8_t nonce[SIMAUTH_NONCE_LEN];
    p->a = world_caller(&p->w, policy);
    world_nonce(&p->w, nonce);
    return simauth_session_begin_held(p->a, &p->of_a, nonce, world_offer, strlen(world_offer));
}

/* The callee's side as far as FIND_KEY, for this element 1. */
static simauth_actions arrive(struct pair *p, const struct simauth_element *e1, const char *sdp)
{
    p->b = world_callee(&p->w, SIMAUTH_REQUIRE);
    return simauth_session_begin_callee(p->b, SIMAUTH_ELEMENT_FOUND, e1, sdp, strlen(sdp));
}

static simauth_actions find(struct pair *p)
{
    uint8_t nonce[SIMAUTH_NONCE_LEN];
    world_nonce(&p->w, nonce);
    return simauth_session_found(p->b, &p->of_b, nonce);
}

static simauth_actions answer(struct pair *p, const struct simauth_element *e2)
{
    return simauth_session_response(p->a, true, SIMAUTH_ELEMENT_FOUND, e2, world_answer,
                                    strlen(world_answer));
}

/* From the dialling to both words. */
static void whole_call(struct pair *p)
{
    assert_int_equal(dial(p, SIMAUTH_REQUIRE), SIMAUTH_DO_SEND_INVITE);
    struct simauth_element e1 = world_element(p->a, SIMAUTH_ELEMENT_1);
    assert_int_equal(arrive(p, &e1, world_offer), SIMAUTH_DO_FIND_KEY);
    assert_true(find(p) & SIMAUTH_DO_RING);
    assert_int_equal(simauth_session_word(p->b), SIMAUTH_WORD_ANNOUNCED);
    assert_true(simauth_session_answer(p->b, world_answer, strlen(world_answer)) &
                SIMAUTH_DO_KEY_MEDIA);
    struct simauth_element e2 = world_element(p->b, SIMAUTH_ELEMENT_2);
    assert_true(answer(p, &e2) & SIMAUTH_DO_KEY_MEDIA);
    assert_true(simauth_session_ack_out(p->a, NULL, 0) & SIMAUTH_DO_SEND_PROOF);
    struct simauth_element e3 = world_element(p->a, SIMAUTH_ELEMENT_3);
    simauth_session_ack_in(p->b, SIMAUTH_ELEMENT_FOUND, &e3, NULL, 0);
    simauth_session_media(p->a, SIMAUTH_MEDIA_MATCH);
    simauth_session_media(p->b, SIMAUTH_MEDIA_MATCH);
    assert_int_equal(simauth_session_word(p->a), SIMAUTH_WORD_AUTHENTICATED);
    assert_int_equal(simauth_session_word(p->b), SIMAUTH_WORD_AUTHENTICATED);
}

static void no_gateway_no_sim(void **state)
{
    struct pair *p = *state;
    whole_call(p);
    assert_string_equal(simauth_session_peer_nai(p->a), NAI_B);
    assert_string_equal(simauth_session_peer_nai(p->b), NAI_A);
    assert_string_equal(simauth_session_peer_operator(p->b), "Operator A");
    assert_string_equal(simauth_session_peer_method(p->b)->name, "aka");
    assert_int_equal(simauth_session_known_since(p->b), 1000000);
}

static void ticket_instead_of_a_vector(void **state)
{
    struct pair *p = *state;
    uint8_t nonce[SIMAUTH_NONCE_LEN];
    p->of_a = world_held_key("agt", true);
    p->of_b = world_held_key("agt", false);
    p->a = world_caller(&p->w, SIMAUTH_REQUIRE);
    assert_true(simauth_session_begin_caller(p->a, world_offer, strlen(world_offer)) &
                SIMAUTH_DO_ASK_VECTOR);
    world_nonce(&p->w, nonce);
    assert_int_equal(simauth_session_ticket(p->a, &p->of_a, nonce), SIMAUTH_DO_SEND_INVITE);
    struct simauth_element e1 = world_element(p->a, SIMAUTH_ELEMENT_1);
    assert_memory_equal(e1.rand, p->of_a.ticket, SIMAUTH_TICKET_LEN);
    assert_int_equal(arrive(p, &e1, world_offer), SIMAUTH_DO_FIND_KEY);
    assert_true(find(p) & SIMAUTH_DO_RING);
    struct simauth_element e2 = world_element(p->b, SIMAUTH_ELEMENT_2);
    assert_true(answer(p, &e2) & SIMAUTH_DO_KEY_MEDIA);
    assert_int_equal(simauth_session_known_since(p->a), 0);
}

static void unknown_key_is_said_whatever_the_policy(void **state)
{
    struct pair *p = *state;
    static const enum simauth_policy policies[] = {SIMAUTH_REQUIRE, SIMAUTH_PREFER,
                                                   SIMAUTH_CONTINUE};
    dial(p, SIMAUTH_PREFER);
    struct simauth_element e1 = world_element(p->a, SIMAUTH_ELEMENT_1);
    for (size_t i = 0; i < 3; i++) {
        uint8_t nonce[SIMAUTH_NONCE_LEN] = {0};
        struct simauth_session *b = world_callee(&p->w, policies[i]);
        simauth_session_begin_callee(b, SIMAUTH_ELEMENT_FOUND, &e1, world_offer,
                                     strlen(world_offer));
        assert_int_equal(simauth_session_found(b, NULL, nonce),
                         SIMAUTH_DO_REFUSE | SIMAUTH_DO_TELL);
        assert_int_equal(simauth_session_reason(b), SIMAUTH_EVENT_KEY_UNKNOWN);
        simauth_session_free(b);
    }
    assert_int_equal(simauth_session_key_unknown(p->a), SIMAUTH_DO_TRY_AGAIN);
}

static void only_a_held_call_falls_back(void **state)
{
    struct pair *p = *state;
    struct simauth_challenge rand_a, rand_b;
    p->a = world_honest_caller(&p->w, &rand_b, &rand_a);
    assert_int_equal(simauth_session_key_unknown(p->a), 0);
    assert_int_equal(simauth_session_state(p->a), SIMAUTH_STATE_CALLER_READY);
}

/* Another key, another SDP, another pair, a key of the other direction: none rings. */
static void what_does_not_fit(void **state)
{
    struct pair *p = *state;
    dial(p, SIMAUTH_PREFER);
    struct simauth_element e1 = world_element(p->a, SIMAUTH_ELEMENT_1);
    struct simauth_held_key good = p->of_b;
    enum simauth_event reasons[5];
    for (int i = 0; i < 5; i++) {
        p->of_b = good;
        if (i == 0)
            p->of_b.key.octets[31] ^= 1;
        if (i == 2)
            strcpy(p->of_b.peer_aor, "sip:mallory@operator-a.example");
        if (i == 3)
            p->of_b.outgoing = true;
        if (i == 4)
            p->of_b.with = simauth_method_find("agt", 3);
        arrive(p, &e1, i == 1 ? world_answer : world_offer);
        assert_false(find(p) & SIMAUTH_DO_RING);
        reasons[i] = simauth_session_reason(p->b);
        simauth_session_free(p->b);
        p->b = NULL;
    }
    assert_int_equal(reasons[0], SIMAUTH_EVENT_OPENING_WRONG);
    assert_int_equal(reasons[1], SIMAUTH_EVENT_OPENING_WRONG);
    for (int i = 2; i < 5; i++)
        assert_int_equal(reasons[i], SIMAUTH_EVENT_KEY_UNKNOWN);
}

static void wrong_answers_end_it(void **state)
{
    struct pair *p = *state;
    for (int i = 0; i < 3; i++) {
        dial(p, SIMAUTH_PREFER);
        struct simauth_element e1 = world_element(p->a, SIMAUTH_ELEMENT_1);
        arrive(p, &e1, world_offer);
        find(p);
        struct simauth_element e2 = world_element(p->b, SIMAUTH_ELEMENT_2);
        if (i == 0)
            e2.mac[0] ^= 1;
        if (i == 1)
            e2.rand[0] ^= 1;
        if (i == 2) {
            e2.method = simauth_method_find("agt", 3);
        }
        simauth_element_write(&e2);
        assert_true(answer(p, &e2) & SIMAUTH_DO_END);
        assert_int_equal(simauth_session_reason(p->a), SIMAUTH_EVENT_CONFIRM_WRONG);
        pair_teardown(state);
        p->a = p->b = NULL;
    }
}

/* A pin is never undercut: a key of a weaker origin is not used and not taken. */
static void pins_hold(void **state)
{
    struct pair *p = *state;
    struct simauth_session_config config = {
        .policy = SIMAUTH_REQUIRE, .own_aor = AOR_A, .peer_aor = AOR_B, .pinned_strength = 30};
    uint8_t nonce[SIMAUTH_NONCE_LEN] = {1};
    p->of_a.origin = simauth_method_find("gsm", 3);
    p->a = simauth_session_caller(&config);
    assert_int_equal(simauth_session_begin_held(p->a, &p->of_a, nonce, world_offer, 0), 0);
    assert_int_equal(simauth_session_state(p->a), SIMAUTH_STATE_CALLER_IDLE);
    p->of_a.origin = simauth_method_find("aka", 3);
    assert_int_equal(
        simauth_session_begin_held(p->a, &p->of_a, nonce, world_offer, strlen(world_offer)),
        SIMAUTH_DO_SEND_INVITE);
}

/* A key of another SIM than one's own now, or of whoever had the address before. */
static void named_sims_hold(void **state)
{
    struct pair *p = *state;
    struct simauth_session_config config = {.policy = SIMAUTH_REQUIRE,
                                            .own_aor = AOR_A,
                                            .peer_aor = AOR_B,
                                            .own_nai = NAI_A,
                                            .peer_nai = NAI_B};
    const struct simauth_held_key good = p->of_a;
    uint8_t nonce[SIMAUTH_NONCE_LEN] = {1};

    p->a = simauth_session_caller(&config);
    strcpy(p->of_a.own_nai, "alice-2@operator-a.example");
    assert_int_equal(
        simauth_session_begin_held(p->a, &p->of_a, nonce, world_offer, strlen(world_offer)), 0);
    p->of_a = good;
    strcpy(p->of_a.peer_nai, "bob-2@operator-b.example");
    assert_int_equal(
        simauth_session_begin_held(p->a, &p->of_a, nonce, world_offer, strlen(world_offer)), 0);
    assert_int_equal(
        simauth_session_begin_held(p->a, &good, nonce, world_offer, strlen(world_offer)),
        SIMAUTH_DO_SEND_INVITE);
}

static void leaves_two_keys(void **state)
{
    struct pair *p = *state;
    struct simauth_held_key a[2], b[2];
    whole_call(p);
    assert_int_equal(simauth_session_setup_keys(p->a, 1, NOW, 3600, a), SIMAUTH_OK);
    simauth_session_hung_up(p->b); /* the keys outlive the call */
    assert_int_equal(simauth_session_setup_keys(p->b, 1, NOW, 3600, b), SIMAUTH_OK);
    for (int i = 0; i < 2; i++) {
        assert_true(simauth_secret_equal(&a[i].key, &b[i].key));
        assert_int_equal(a[i].outgoing, i == 0);
        assert_int_equal(b[i].outgoing, i == 1);
        assert_int_equal(a[i].expires, NOW + 3600);
        assert_int_equal(a[i].sim_time, 1000000); /* no SIM took part in this call */
        assert_int_equal(a[i].made, NOW);
        assert_string_equal(a[i].peer_nai, NAI_B);
        assert_string_equal(b[i].peer_nai, NAI_A);
        assert_string_equal(a[i].peer_operator, simauth_session_peer_operator(p->a));
        assert_string_not_equal(a[i].peer_operator, "");
        assert_string_equal(a[i].origin->name, "aka");
        assert_string_equal(a[i].with->name, "stp");
    }
    assert_false(simauth_secret_equal(&a[0].key, &a[1].key));
    assert_false(simauth_secret_equal(&a[0].key, &p->of_a.key));
}

/* However often renewed, no key lives past the limit since both SIMs took part. */
static void no_key_outlives_the_sim(void **state)
{
    struct pair *p = *state;
    struct simauth_held_key keys[2];
    int64_t end = 1000000 + SIMAUTH_SETUP_SIM_LIMIT;
    whole_call(p);
    assert_int_equal(simauth_session_setup_keys(p->a, 1, end - 10, 3600, keys), SIMAUTH_OK);
    assert_int_equal(keys[0].expires, end);
    assert_int_equal(simauth_session_setup_keys(p->a, 1, end, 3600, keys), SIMAUTH_EXPIRED);
    assert_int_equal(keys[0].key.len, 0);
    assert_int_equal(simauth_session_setup_keys(p->a, 1, NOW, 0, keys), SIMAUTH_EXPIRED);
}

static void no_keys_without_a_verdict(void **state)
{
    struct pair *p = *state;
    struct simauth_held_key keys[2];
    char wish[SIMAUTH_WISH_MAX + 1];
    int64_t seconds;
    dial(p, SIMAUTH_PREFER);
    memset(keys, 0xff, sizeof keys);
    assert_int_equal(simauth_session_setup_keys(p->a, 1, NOW, 3600, keys), SIMAUTH_NOT_OURS);
    assert_true(keys[0].key.len == 0 && keys[1].key.len == 0);
    strcpy(wish, "of before");
    assert_int_equal(simauth_session_write_wish(p->a, 3600, wish), SIMAUTH_NOT_OURS);
    assert_string_equal(wish, "");
    assert_int_equal(simauth_session_read_wish(p->a, "sim05.1.", &seconds), SIMAUTH_NOT_OURS);
    pair_teardown(state);
    p->a = p->b = NULL;
    whole_call(p); /* and a verdict that was taken away again */
    simauth_session_media(p->a, SIMAUTH_MEDIA_WEAK);
    assert_int_equal(simauth_session_setup_keys(p->a, 1, NOW, 3600, keys), SIMAUTH_NOT_OURS);
}

static void wishes(void **state)
{
    struct pair *p = *state;
    char wish[SIMAUTH_WISH_MAX + 1], other[SIMAUTH_WISH_MAX + 1];
    int64_t seconds;
    whole_call(p);
    assert_int_equal(simauth_session_write_wish(p->a, 604800, wish), SIMAUTH_OK);
    assert_int_equal(simauth_session_read_wish(p->b, wish, &seconds), SIMAUTH_OK);
    assert_int_equal(seconds, 604800);
    assert_int_equal(simauth_session_read_wish(p->a, wish, &seconds), SIMAUTH_WRONG);
    assert_int_equal(seconds, -1);
    assert_int_equal(simauth_session_write_wish(p->b, 0, other), SIMAUTH_OK);
    assert_int_equal(simauth_session_read_wish(p->a, other, &seconds), SIMAUTH_OK);
    assert_int_equal(seconds, 0);
    assert_int_equal(simauth_session_write_wish(p->a, 604801, other), SIMAUTH_MALFORMED);
    for (char *c = wish; *c; c++) { /* no octet may differ */
        char kept = *c;
        *c = kept == '9' ? '8' : '9';
        assert_int_not_equal(simauth_session_read_wish(p->b, wish, &seconds), SIMAUTH_OK);
        *c = kept;
    }
    static const char *const bad[] = {"",
                                      "sim05",
                                      "sim05.",
                                      "sim05..",
                                      "sim05.-1.AAAA",
                                      "sim05.01.AAAAAAAAAAAAAAAAAAAAAA",
                                      "sim05.9999999.AAAAAAAAAAAAAAAAAAAAAA",
                                      "sim05.604801.AAAAAAAAAAAAAAAAAAAAAA",
                                      "sim05.1.AAAA"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(simauth_session_read_wish(p->b, bad[i], &seconds), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_setup_lifetime(3600, 600), 600);
    assert_int_equal(simauth_setup_lifetime(3600, -1), 3600);
    assert_int_equal(simauth_setup_lifetime(3600, 0), 0);
    assert_int_equal(simauth_setup_lifetime(-1, 3600), 0);
    assert_int_equal(simauth_setup_lifetime(9000000, 9000000), SIMAUTH_SETUP_SIM_LIMIT);
}

/* The next call, in either direction, with what the last one left. */
static void chain_of_calls(void **state)
{
    struct pair *p = *state;
    struct simauth_held_key a[2], b[2];
    for (int i = 0; i < 5; i++) {
        whole_call(p);
        assert_int_equal(simauth_session_setup_keys(p->a, 1, NOW + i, 3600, a), SIMAUTH_OK);
        assert_int_equal(simauth_session_setup_keys(p->b, 1, NOW + i, 3600, b), SIMAUTH_OK);
        pair_teardown(state);
        p->a = p->b = NULL;
        p->of_a = a[0];
        p->of_b = b[0];
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(no_gateway_no_sim),
        TEST(ticket_instead_of_a_vector),
        TEST(unknown_key_is_said_whatever_the_policy),
        TEST(only_a_held_call_falls_back),
        TEST(what_does_not_fit),
        TEST(wrong_answers_end_it),
        TEST(pins_hold),
        TEST(named_sims_hold),
        TEST(leaves_two_keys),
        TEST(no_key_outlives_the_sim),
        TEST(no_keys_without_a_verdict),
        TEST(wishes),
        TEST(chain_of_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
