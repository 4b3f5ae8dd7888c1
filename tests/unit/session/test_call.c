/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both ends of a call in one process: what holds when everybody is honest, and what each lie leads
 * to. */
#include "both_ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A USIM calls a 2G SIM, and every other pair. */
static void mixed_methods(void **state)
{
    struct call *c = *state;
    const struct simauth_method *of_a, *of_b;
    for (size_t i = 0; (of_a = simauth_method_at(i)) != NULL; i++) {
        for (size_t j = 0; (of_b = simauth_method_at(j)) != NULL; j++) {
            if (simauth_method_is_held(of_a) || simauth_method_is_held(of_b))
                continue; /* no SIM in those: test_held.c */
            call_teardown(state);
            call_setup(state);
            c->w.sim_a.method = of_a;
            c->w.sim_b.method = of_b;
            honest_call(state);
            assert_ptr_equal(simauth_session_peer_method(c->a), of_b);
            assert_ptr_equal(simauth_session_peer_method(c->b), of_a);
        }
    }
}

/* The card of a 2G SIM answers three challenges or none. */
static void two_triplets(void **state)
{
    struct call *c = *state;
    c->w.sim_a.method = simauth_method_find("gsm", 3);
    c->a = world_caller(&c->w, SIMAUTH_REQUIRE);
    c->rand_b = world_challenge(&c->w, &c->w.sim_b);
    c->rand_a = world_challenge(&c->w, &c->w.sim_a);
    simauth_session_begin_caller(c->a, world_offer, strlen(world_offer));
    struct simauth_vector v =
        world_vector(&c->w, SIMAUTH_SUBJECT_CALLEE, &c->rand_b, simauth_session_seal_to(c->a));
    simauth_session_vector(c->a, &v, &c->w.statement_b, &c->rand_a, NAI_A);
    simauth_vector_clear(&v);
    struct simauth_card_answer card = world_card(&c->w.sim_a, &c->rand_a);
    card.k.len -= 8;
    card.res.len -= 4;
    simauth_session_card(c->a, &card);
    assert_int_equal(simauth_session_reason(c->a), SIMAUTH_EVENT_CARD_FAILED);
}

static void media_before_ack(void **state)
{
    struct call *c = *state;
    ring(c);
    struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
    simauth_session_answer(c->b, world_answer, strlen(world_answer));
    give_sdp(c->a, false, &e2, world_answer);
    simauth_session_media(c->a, SIMAUTH_MEDIA_MATCH);
    simauth_session_media(c->b, SIMAUTH_MEDIA_MATCH);
    assert_int_equal(simauth_session_word(c->b), SIMAUTH_WORD_ANNOUNCED); /* no half-open verdict */
    assert_int_equal(simauth_session_word(c->a), SIMAUTH_WORD_ANSWERED);
    ack(c, NULL);
    assert_int_equal(simauth_session_word(c->a), SIMAUTH_WORD_AUTHENTICATED);
    assert_int_equal(simauth_session_word(c->b), SIMAUTH_WORD_AUTHENTICATED);
}

static void resynchronised_callee(void **state)
{
    struct call *c = *state;
    struct simauth_challenge replacement;
    c->a = world_honest_caller(&c->w, &c->rand_b, &c->rand_a);
    struct simauth_element e1 = world_element(c->a, SIMAUTH_ELEMENT_1);
    c->b = world_honest_callee(&c->w, &e1, &c->rand_b, &c->rand_a, true, &replacement);
    assert_int_equal(simauth_session_state(c->b), SIMAUTH_STATE_CALLEE_ANNOUNCED);
    simauth_session_answer(c->b, world_answer, strlen(world_answer));
    struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
    assert_true(give_sdp(c->a, true, &e2, world_answer) & SIMAUTH_DO_ASK_REPLACED);
    const uint8_t *replaced;
    assert_int_equal(simauth_session_replaced(c->a, &replaced), SIMAUTH_RAND_LEN);
    assert_memory_equal(replaced, replacement.rand, SIMAUTH_RAND_LEN);
    struct simauth_vector v =
        world_vector(&c->w, SIMAUTH_SUBJECT_CALLEE, &replacement, simauth_session_seal_to(c->a));
    assert_true(simauth_session_vector(c->a, &v, &c->w.statement_b, NULL, NULL) &
                SIMAUTH_DO_RESUME);
    simauth_vector_clear(&v);
    give_sdp(c->a, true, &e2, world_answer);
    ack(c, NULL);
    both_authenticated(c);
}

/* -- another SIM of the callee's address ------------------------------------------------------- */

/* Element 1 goes to a phone whose SIM is NAI_B_2: as its gateway says it, with `key` for MAC_0. */
static simauth_actions offer_other(struct call *c, const struct simauth_secret *key)
{
    struct simauth_element e1 = world_element(c->a, SIMAUTH_ELEMENT_1);
    c->b = world_callee(&c->w, SIMAUTH_REQUIRE);
    simauth_session_begin_callee(c->b, SIMAUTH_ELEMENT_FOUND, &e1, world_offer,
                                 strlen(world_offer));
    struct simauth_challenge own = world_challenge(&c->w, &c->w.sim_b);
    struct simauth_confirmation word = world_confirmation(&own);
    simauth_actions actions = simauth_session_offered(c->b, &word, NAI_B_2, key);
    c->w.other = own;
    return actions;
}

/* Up to its element 2. */
static struct simauth_element other_sim_rings(struct call *c)
{
    struct simauth_secret key = world_mac0_key(&c->w, &c->rand_b);
    assert_int_equal(offer_other(c, &key), SIMAUTH_DO_RUN_CARD);
    struct simauth_card_answer card = world_card(&c->w.sim_b, &c->w.other);
    assert_int_equal(simauth_session_card(c->b, &card), SIMAUTH_DO_ASK_VECTOR);
    struct simauth_vector v =
        world_vector(&c->w, SIMAUTH_SUBJECT_CALLER, &c->rand_a, simauth_session_seal_to(c->b));
    assert_true(simauth_session_vector(c->b, &v, &c->w.statement_a, NULL, NULL) & SIMAUTH_DO_RING);
    simauth_vector_clear(&v);
    simauth_session_answer(c->b, world_answer, strlen(world_answer));
    return world_element(c->b, SIMAUTH_ELEMENT_2);
}

static simauth_actions other_vector(struct call *c, struct simauth_session *a)
{
    struct simauth_vector v =
        world_vector(&c->w, SIMAUTH_SUBJECT_CALLEE, &c->w.other, simauth_session_seal_to(a));
    simauth_actions actions = simauth_session_vector(a, &v, &c->w.statement_b, NULL, NULL);
    simauth_vector_clear(&v);
    return actions;
}

/* Two To tags: the SIM that was asked for rings under one and another one under the other; that one
 * answers, and each has keys of its own. */
static void another_sim_answers(void **state)
{
    struct call *c = *state;
    struct simauth_session *first_a, *first_b;
    struct simauth_secret theirs = {0}, ours = {0};
    ring(c);
    first_a = c->a;
    first_b = c->b;
    c->a = simauth_session_fork(first_a, world_fresh);
    struct simauth_element e2 = world_element(first_b, SIMAUTH_ELEMENT_2);
    simauth_session_answer(first_b, world_answer, strlen(world_answer));
    give_sdp(first_a, false, &e2, world_answer);
    e2 = other_sim_rings(c);
    assert_true(give_sdp(c->a, true, &e2, world_answer) & SIMAUTH_DO_ASK_REPLACED);
    assert_true(other_vector(c, c->a) & SIMAUTH_DO_RESUME);
    give_sdp(c->a, true, &e2, world_answer);
    assert_string_equal(simauth_session_peer_nai(c->a), NAI_B_2);
    assert_string_equal(simauth_session_own_nai(c->b), NAI_B_2);
    assert_string_equal(simauth_session_peer_nai(first_a), NAI_B);
    ack(c, NULL);
    secrets_equal(c);
    simauth_session_media(c->a, SIMAUTH_MEDIA_MATCH);
    simauth_session_media(c->b, SIMAUTH_MEDIA_MATCH);
    assert_int_equal(simauth_session_word(c->a), SIMAUTH_WORD_AUTHENTICATED);
    assert_int_equal(simauth_session_word(c->b), SIMAUTH_WORD_AUTHENTICATED);
    assert_int_equal(simauth_session_key(first_b, SIMAUTH_LABEL_ZRTP, 32, &theirs), SIMAUTH_OK);
    assert_int_equal(simauth_session_key(c->a, SIMAUTH_LABEL_ZRTP, 32, &ours), SIMAUTH_OK);
    assert_false(simauth_secret_equal(&theirs, &ours));
    simauth_session_free(first_a);
    simauth_session_free(first_b);
}

/* Whoever was given the half of the SIM that was asked for cannot make that of another one. */
static void another_sim_without_mix(void **state)
{
    struct call *c = *state;
    ring(c);
    struct simauth_session *first_b = c->b;
    struct simauth_element e2 = other_sim_rings(c);
    assert_true(give_sdp(c->a, true, &e2, world_answer) & SIMAUTH_DO_ASK_REPLACED);
    struct simauth_vector v =
        world_vector(&c->w, SIMAUTH_SUBJECT_CALLEE, &c->w.other, simauth_session_seal_to(c->a));
    simauth_secret_wipe(&v.mix);
    assert_true(simauth_session_vector(c->a, &v, &c->w.statement_b, NULL, NULL) & SIMAUTH_DO_END);
    assert_int_equal(simauth_session_reason(c->a), SIMAUTH_EVENT_VECTOR_BAD);
    simauth_vector_clear(&v);
    simauth_session_free(first_b);
}

/* MAC_0 is checked before the SIM runs; the phone's own NAI stays its own. */
static void another_sim_wrong_opening(void **state)
{
    struct call *c = *state;
    struct simauth_secret key;
    c->a = world_honest_caller(&c->w, &c->rand_b, &c->rand_a);
    key = world_mac0_key(&c->w, &c->rand_b);
    key.octets[5] ^= 1;
    assert_int_equal(offer_other(c, &key), SIMAUTH_DO_REFUSE | SIMAUTH_DO_TELL);
    assert_int_equal(simauth_session_reason(c->b), SIMAUTH_EVENT_RESYNC_WRONG);
    assert_string_equal(simauth_session_own_nai(c->b), NAI_B_2);
}

/* A caller that knows its callee's SIM takes no other one for it. */
static void another_sim_than_the_pinned(void **state)
{
    struct call *c = *state;
    c->a = world_honest_caller(&c->w, &c->rand_b, &c->rand_a);
    struct simauth_element e2 = other_sim_rings(c);
    struct simauth_session_config config = {.policy = SIMAUTH_REQUIRE,
                                            .own_aor = AOR_A,
                                            .peer_aor = AOR_B,
                                            .peer_nai = NAI_B,
                                            .random = {7}};
    struct simauth_session *pinned = simauth_session_caller(&config);
    simauth_session_begin_caller(pinned, world_offer, strlen(world_offer));
    struct simauth_vector v =
        world_vector(&c->w, SIMAUTH_SUBJECT_CALLEE, &c->rand_b, simauth_session_seal_to(pinned));
    simauth_session_vector(pinned, &v, &c->w.statement_b, &c->rand_a, NAI_A);
    simauth_vector_clear(&v);
    struct simauth_card_answer card = world_card(&c->w.sim_a, &c->rand_a);
    simauth_session_card(pinned, &card);
    give_sdp(pinned, true, &e2, world_answer);
    assert_true(other_vector(c, pinned) & SIMAUTH_DO_END);
    assert_int_equal(simauth_session_reason(pinned), SIMAUTH_EVENT_VECTOR_BAD);
    simauth_session_free(pinned);
}

static void copied_element_2_with_other_sdp(void **state)
{
    struct call *c = *state;
    ring(c);
    struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
    simauth_session_answer(c->b, world_answer, strlen(world_answer));
    give_sdp(c->a, true, &e2, world_offer); /* a man in the middle's own zrtp-hash */
    struct simauth_secret key_a = {0}, key_b = {0};
    simauth_session_key(c->a, SIMAUTH_LABEL_ZRTP, 32, &key_a);
    simauth_session_key(c->b, SIMAUTH_LABEL_ZRTP, 32, &key_b);
    assert_false(simauth_secret_equal(&key_a, &key_b));
    simauth_session_ack_out(c->a, NULL, 0);
    struct simauth_element e3 = world_element(c->a, SIMAUTH_ELEMENT_3);
    assert_int_equal(simauth_session_ack_in(c->b, SIMAUTH_ELEMENT_FOUND, &e3, NULL, 0),
                     SIMAUTH_DO_DROP);
}

static void changed_offer_is_noticed_before_ringing(void **state)
{
    struct call *c = *state;
    c->a = world_honest_caller(&c->w, &c->rand_b, &c->rand_a);
    struct simauth_element e1 = world_element(c->a, SIMAUTH_ELEMENT_1);
    struct simauth_confirmation word = world_confirmation(&c->rand_b);
    struct simauth_card_answer card = world_card(&c->w.sim_b, &c->rand_b);
    c->b = world_callee(&c->w, SIMAUTH_PREFER);
    simauth_session_begin_callee(c->b, SIMAUTH_ELEMENT_FOUND, &e1, world_answer,
                                 strlen(world_answer));
    simauth_session_challenge(c->b, &word);
    assert_true(simauth_session_card(c->b, &card) & SIMAUTH_DO_REFUSE);
    assert_int_equal(simauth_session_reason(c->b), SIMAUTH_EVENT_OPENING_WRONG);
}

/* The operator itself lies: what it says is what it sealed. */
static void seal_again(struct call *c, struct simauth_vector *v)
{
    static const uint8_t nonce[12] = {1};
    const struct simauth_secret ssk = {.len = SIMAUTH_KEY_LEN};
    assert_int_equal(simauth_seal(v, &c->w.operator_b, simauth_session_seal_to(c->a), nonce, &ssk),
                     SIMAUTH_OK);
}

static simauth_actions vector_with(struct call *c, bool sealed,
                                   void (*change)(struct simauth_vector *v,
                                                  struct simauth_statement *st))
{
    struct simauth_statement statement = c->w.statement_b;
    struct simauth_challenge rand_b = world_challenge(&c->w, &c->w.sim_b);
    struct simauth_challenge rand_a = world_challenge(&c->w, &c->w.sim_a);
    c->a = world_caller(&c->w, SIMAUTH_REQUIRE);
    simauth_session_begin_caller(c->a, world_offer, strlen(world_offer));
    struct simauth_vector v =
        world_vector(&c->w, SIMAUTH_SUBJECT_CALLEE, &rand_b, simauth_session_seal_to(c->a));
    change(&v, &statement);
    if (sealed)
        seal_again(c, &v);
    simauth_actions actions = simauth_session_vector(c->a, &v, &statement, &rand_a, NAI_A);
    simauth_vector_clear(&v);
    return actions;
}

static void other_callee(struct simauth_vector *v, struct simauth_statement *st)
{
    (void)st;
    strcpy(v->callee, "sip:mallory@operator-b.example");
}

static void other_caller(struct simauth_vector *v, struct simauth_statement *st)
{
    (void)st;
    strcpy(v->caller, "sip:mallory@operator-a.example");
}

static void foreign_realm(struct simauth_vector *v, struct simauth_statement *st)
{
    (void)v;
    strcpy(st->realm, "operator-c.example");
}

static void own_nai_swapped(struct simauth_vector *v, struct simauth_statement *st)
{
    (void)st;
    strcpy(v->nai_a, "mallory@operator-a.example");
}

static void other_age(struct simauth_vector *v, struct simauth_statement *st)
{
    (void)st;
    v->sim_age = 4000; /* sealed with it: a gateway between cannot make a SIM look older */
}

static void other_subject(struct simauth_vector *v, struct simauth_statement *st)
{
    (void)st;
    v->subject = SIMAUTH_SUBJECT_CALLER;
}

static void nothing(struct simauth_vector *v, struct simauth_statement *st)
{
    (void)v, (void)st;
}

static void vectors_for_others_are_refused(void **state)
{
    struct call *c = *state;
    const struct {
        void (*change)(struct simauth_vector *, struct simauth_statement *);
        bool sealed;
    } lies[] = {{other_callee, true},    {other_caller, true},  {foreign_realm, true},
                {own_nai_swapped, true}, {other_subject, true}, {other_callee, false},
                {other_age, false}};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        assert_int_equal(vector_with(c, lies[i].sealed, lies[i].change),
                         SIMAUTH_DO_END | SIMAUTH_DO_TELL);
        assert_int_equal(simauth_session_reason(c->a), SIMAUTH_EVENT_VECTOR_BAD);
        assert_null(simauth_session_element(c->a, SIMAUTH_ELEMENT_1));
        simauth_session_free(c->a);
    }
    assert_true(vector_with(c, true, nothing) & SIMAUTH_DO_SEND_INVITE);
}

static void caller_in_word(struct simauth_confirmation *word)
{
    strcpy(word->caller, "sip:mallory@operator-a.example");
}

static void callee_in_word(struct simauth_confirmation *word)
{
    strcpy(word->callee, "sip:mallory@operator-b.example");
}

static void challenge_in_word(struct simauth_confirmation *word)
{
    word->challenge.rand[7] ^= 1;
}

/* From or To was rewritten on the way, or it is another challenge: no SIM runs, nothing rings. */
static void words_about_other_calls_are_refused(void **state)
{
    struct call *c = *state;
    void (*const others[])(struct simauth_confirmation *) = {caller_in_word, callee_in_word,
                                                             challenge_in_word};
    c->a = world_honest_caller(&c->w, &c->rand_b, &c->rand_a);
    struct simauth_element e1 = world_element(c->a, SIMAUTH_ELEMENT_1);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct simauth_confirmation word = world_confirmation(&c->rand_b);
        others[i](&word);
        simauth_session_free(c->b);
        c->b = world_callee(&c->w, SIMAUTH_PREFER);
        simauth_session_begin_callee(c->b, SIMAUTH_ELEMENT_FOUND, &e1, world_offer,
                                     strlen(world_offer));
        assert_int_equal(simauth_session_challenge(c->b, &word),
                         SIMAUTH_DO_REFUSE | SIMAUTH_DO_TELL);
        assert_int_equal(simauth_session_reason(c->b), SIMAUTH_EVENT_CHALLENGE_BAD);
    }
}

static void pinned_peer(void **state)
{
    struct call *c = *state;
    const struct {
        const char *nai;
        uint8_t strength;
        bool good;
    } pins[] = {{NAI_B, simauth_method_find("aka", 3)->strength, true},
                {"bob@operator-c.example", 0, false},
                {NAI_B, 255, false}};
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        struct simauth_session_config config = {.policy = SIMAUTH_REQUIRE,
                                                .own_aor = AOR_A,
                                                .peer_aor = AOR_B,
                                                .peer_nai = pins[i].nai,
                                                .pinned_strength = pins[i].strength,
                                                .random = {1, 2, 3}};
        struct simauth_session *s = simauth_session_caller(&config);
        struct simauth_challenge rand_b = world_challenge(&c->w, &c->w.sim_b);
        struct simauth_challenge rand_a = world_challenge(&c->w, &c->w.sim_a);
        simauth_session_begin_caller(s, world_offer, strlen(world_offer));
        struct simauth_vector v =
            world_vector(&c->w, SIMAUTH_SUBJECT_CALLEE, &rand_b, simauth_session_seal_to(s));
        simauth_session_vector(s, &v, &c->w.statement_b, &rand_a, NAI_A);
        assert_int_equal(simauth_session_state(s),
                         pins[i].good ? SIMAUTH_STATE_CALLER_CALLING : SIMAUTH_STATE_REFUSED);
        simauth_vector_clear(&v);
        simauth_session_free(s);
    }
}

/* A pair that was made before the call is the first request's, and that alone. */
static void pair_made_before_is_used_once(void **state)
{
    struct call *c = *state;
    struct simauth_seal_pair pair;
    uint8_t random[32] = {9};
    struct simauth_session_config config = {.policy = SIMAUTH_REQUIRE,
                                            .own_aor = AOR_A,
                                            .peer_aor = AOR_B,
                                            .pair = &pair,
                                            .random = {1, 2, 3}};

    assert_int_equal(simauth_seal_pair_make(random, &pair), SIMAUTH_OK);
    struct simauth_session *s = simauth_session_caller(&config);
    simauth_session_begin_caller(s, world_offer, strlen(world_offer));
    assert_memory_equal(simauth_session_seal_to(s), pair.public_key, sizeof pair.public_key);
    struct simauth_challenge rand_b = world_challenge(&c->w, &c->w.sim_b);
    struct simauth_challenge rand_a = world_challenge(&c->w, &c->w.sim_a);
    struct simauth_vector v =
        world_vector(&c->w, SIMAUTH_SUBJECT_CALLEE, &rand_b, simauth_session_seal_to(s));
    simauth_session_vector(s, &v, &c->w.statement_b, &rand_a, NAI_A);
    assert_int_equal(simauth_session_state(s), SIMAUTH_STATE_CALLER_CALLING);
    simauth_vector_clear(&v);
    simauth_session_free(s);

    config.pair = NULL;
    s = simauth_session_caller(&config);
    simauth_session_begin_caller(s, world_offer, strlen(world_offer));
    assert_memory_not_equal(simauth_session_seal_to(s), pair.public_key, sizeof pair.public_key);
    simauth_session_free(s);
}

static void fork_has_a_verdict_for_each_tag(void **state)
{
    struct call *c = *state;
    ring(c);
    struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
    struct simauth_session *other = simauth_session_fork(c->a, world_fresh);
    give_sdp(c->a, false, &e2, NULL);
    struct simauth_element wrong = e2;
    wrong.mac[0] ^= 1;
    simauth_element_write(&wrong);
    assert_true(give_sdp(other, false, &wrong, NULL) & SIMAUTH_DO_END);
    assert_int_equal(simauth_session_word(c->a), SIMAUTH_WORD_ANSWERED);
    assert_int_equal(simauth_session_word(other), SIMAUTH_WORD_NOT_AUTHENTICATED);
    simauth_session_free(other);
}

static void repeated_2xx_gets_the_same_proof(void **state)
{
    struct call *c = *state;
    ring(c);
    struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
    simauth_session_answer(c->b, world_answer, strlen(world_answer));
    give_sdp(c->a, true, &e2, world_answer);
    ack(c, NULL);
    char first[SIMAUTH_ELEMENT_MAX + 1];
    strcpy(first, simauth_session_element(c->a, SIMAUTH_ELEMENT_3));
    assert_int_equal(give_sdp(c->a, true, &e2, world_answer), 0);
    ack(c, NULL);
    assert_string_equal(simauth_session_element(c->a, SIMAUTH_ELEMENT_3), first);
}

static void wrong_ack_is_not_the_ack(void **state)
{
    struct call *c = *state;
    ring(c);
    struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
    simauth_session_answer(c->b, world_answer, strlen(world_answer));
    give_sdp(c->a, true, &e2, world_answer);
    simauth_session_ack_out(c->a, NULL, 0);
    struct simauth_element wrong = world_element(c->a, SIMAUTH_ELEMENT_3);
    wrong.mac[15] ^= 1;
    assert_int_equal(simauth_session_ack_in(c->b, SIMAUTH_ELEMENT_FOUND, &wrong, NULL, 0),
                     SIMAUTH_DO_DROP);
    assert_int_equal(simauth_session_word(c->b), SIMAUTH_WORD_ANNOUNCED);
    ack(c, NULL); /* the right one still counts */
    both_authenticated(c);
}

/* What a SIM's owner or operator does to it while the call lasts is after its exchange. */
static void keys_are_as_old_as_the_exchange(void **state)
{
    struct call *c = *state;
    struct simauth_held_key keys[2];
    const int64_t began = 1000000, ended = began + 5 * 3600;

    honest_call(state);
    assert_int_equal(simauth_session_setup_keys(c->a, began, ended, 3600, keys), SIMAUTH_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(keys[i].sim_time, began);
        assert_int_equal(keys[i].made, ended);
        assert_int_equal(keys[i].expires, ended + 3600);
    }
    assert_int_equal(
        simauth_session_setup_keys(c->a, began, began + SIMAUTH_SETUP_SIM_LIMIT - 10, 3600, keys),
        SIMAUTH_OK);
    assert_int_equal(keys[0].expires, began + SIMAUTH_SETUP_SIM_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALL_TEST(honest_call),
        CALL_TEST(mixed_methods),
        CALL_TEST(two_triplets),
        CALL_TEST(media_before_ack),
        CALL_TEST(resynchronised_callee),
        CALL_TEST(another_sim_answers),
        CALL_TEST(another_sim_without_mix),
        CALL_TEST(another_sim_wrong_opening),
        CALL_TEST(another_sim_than_the_pinned),
        CALL_TEST(copied_element_2_with_other_sdp),
        CALL_TEST(changed_offer_is_noticed_before_ringing),
        CALL_TEST(vectors_for_others_are_refused),
        CALL_TEST(words_about_other_calls_are_refused),
        CALL_TEST(pinned_peer),
        CALL_TEST(pair_made_before_is_used_once),
        CALL_TEST(fork_has_a_verdict_for_each_tag),
        CALL_TEST(repeated_2xx_gets_the_same_proof),
        CALL_TEST(wrong_ack_is_not_the_ack),
        CALL_TEST(keys_are_as_old_as_the_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
