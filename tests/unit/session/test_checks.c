/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session compares before it goes on, one thing at a time: the right value is taken and one
 * that differs in nothing else is not. */
#include "session_private.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct caller {
    struct world w;
    struct simauth_session *s;
    struct simauth_challenge rand_b, rand_a;
    struct simauth_vector v;
};

static struct simauth_session_config config(const char *own_nai, const char *peer_nai,
                                            uint8_t random)
{
    struct simauth_session_config c = {.policy = SIMAUTH_REQUIRE,
                                       .own_aor = AOR_A,
                                       .peer_aor = AOR_B,
                                       .own_nai = own_nai,
                                       .peer_nai = peer_nai};
    for (size_t i = 0; i < sizeof c.random; i++)
        c.random[i] = (uint8_t)(random + i);
    return c;
}

/* A caller that has asked for its vector, and the vector. */
static void ask(struct caller *c, const char *own_nai, const char *peer_nai)
{
    const struct simauth_session_config with = config(own_nai, peer_nai, 1);

    world_init(&c->w);
    c->s = simauth_session_caller(&with);
    assert_non_null(c->s);
    c->rand_b = world_challenge(&c->w, &c->w.sim_b);
    c->rand_a = world_challenge(&c->w, &c->w.sim_a);
    simauth_session_begin_caller(c->s, world_offer, strlen(world_offer));
    c->v = world_vector(&c->w, SIMAUTH_SUBJECT_CALLEE, &c->rand_b, simauth_session_seal_to(c->s));
}

static enum simauth_state give(struct caller *c, const char *nai)
{
    enum simauth_state state;

    simauth_session_vector(c->s, &c->v, &c->w.statement_b, &c->rand_a, nai);
    state = simauth_session_state(c->s);
    simauth_vector_clear(&c->v);
    return state;
}

static void end(struct caller *c)
{
    simauth_session_free(c->s);
}

static void names_of_the_vector(void **unused)
{
    static const struct {
        const char *own, *pinned, *said;
        bool good;
    } cases[] = {
        {NULL, NULL, NULL, true},
        {NULL, NULL, "", true},
        {NULL, NULL, NAI_A, true},
        {NULL, NULL, "alice2@operator-a.example", false},
        {NAI_A, NULL, NAI_A, true},
        {NAI_B, NULL, NAI_A, false}, /* our NAI is not the caller's in the vector */
        {"", NULL, NAI_A, true},
        {"alice2@operator-a.example", NULL, NULL, false},
        {NULL, NAI_B, NAI_A, true},
        {NULL, NAI_A, NAI_A, false},
        {NULL, "bob2@operator-b.example", NULL, false},
        {NAI_A, NAI_B, NAI_A, true},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct caller c = {0};

        ask(&c, cases[i].own, cases[i].pinned);
        assert_int_equal(give(&c, cases[i].said),
                         cases[i].good ? SIMAUTH_STATE_CALLER_CALLING : SIMAUTH_STATE_REFUSED);
        end(&c);
    }
}

/* The callee's side: our own NAI and the one that is pinned, against what our gateway confirms. */
static void names_of_the_confirmation(void **unused)
{
    static const struct {
        const char *own, *pinned;
        bool good;
    } cases[] = {
        {NULL, NULL, true},
        {NAI_B, NULL, true},
        {NAI_A, NULL, false},
        {NULL, NAI_A, true},
        {NULL, NAI_B, false},
        {NAI_B, NAI_A, true},
        {"bob2@operator-b.example", NULL, false},
        {NULL, "alice2@operator-a.example", false},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct simauth_session_config with = config(cases[i].own, cases[i].pinned, 1);
        struct simauth_challenge rand_a, rand_b;
        struct simauth_confirmation word;
        struct simauth_session *a, *b;
        struct simauth_seal_pair pair;
        struct simauth_element e1;
        struct world w;

        world_init(&w);
        a = world_honest_caller(&w, &rand_b, &rand_a);
        e1 = world_element(a, SIMAUTH_ELEMENT_1);
        with.own_aor = AOR_B;
        with.peer_aor = AOR_A;
        b = simauth_session_callee(&with);
        assert_int_equal(simauth_session_begin_callee(b, SIMAUTH_ELEMENT_FOUND, &e1, world_offer,
                                                      strlen(world_offer)),
                         SIMAUTH_DO_ASK_CHALLENGE);
        assert_int_equal(simauth_session_begin_callee(b, SIMAUTH_ELEMENT_FOUND, &e1, world_offer,
                                                      strlen(world_offer)),
                         0); /* once */
        assert_int_equal(simauth_seal_pair_make(with.random, &pair), SIMAUTH_OK);
        assert_memory_equal(simauth_session_seal_to(b), pair.public_key, SIMAUTH_X25519_LEN);
        word = world_confirmation(&rand_b);
        simauth_session_challenge(b, &word);
        assert_int_equal(simauth_session_state(b),
                         cases[i].good ? SIMAUTH_STATE_CALLEE_CARDING : SIMAUTH_STATE_REFUSED);
        simauth_session_free(a);
        simauth_session_free(b);
    }
}

static void names_that_are_none(void **unused)
{
    (void)unused;
    for (int which = 0; which < 2; which++) {
        struct caller c = {0};

        ask(&c, NULL, NULL);
        strcpy(which ? c.v.nai_b : c.v.nai_a, which ? "@operator-b.example" : "alice");
        assert_int_equal(give(&c, NULL), SIMAUTH_STATE_REFUSED);
        end(&c);
    }
}

/* Each rule by itself: what a vector says is sealed too, so whoever changes it fails elsewhere. */
static void what_fits(void **unused)
{
    enum {
        AS_IT_IS,
        NAI_A_BAD,
        NAI_B_BAD,
        REALM,
        PINNED,
        PINNED_RIGHT,
        OWN,
        OWN_RIGHT,
        METHOD,
        WEAK,
        STRONG,
        KINDS
    };

    (void)unused;
    for (int kind = 0; kind < KINDS; kind++) {
        bool good = kind == AS_IT_IS || kind == PINNED_RIGHT || kind == OWN_RIGHT || kind == STRONG;
        struct caller c = {0};

        ask(&c, NULL, NULL);
        if (kind == NAI_A_BAD)
            strcpy(c.v.nai_a, "alice");
        if (kind == NAI_B_BAD)
            strcpy(c.v.nai_b, "@operator-b.example");
        if (kind == REALM)
            strcpy(c.w.statement_b.realm, "operator-a.example");
        if (kind == PINNED || kind == PINNED_RIGHT)
            strcpy(c.s->pinned_nai, kind == PINNED ? NAI_B_2 : NAI_B);
        if (kind == OWN || kind == OWN_RIGHT)
            strcpy(c.s->own_nai, kind == OWN ? "alice2@operator-a.example" : NAI_A);
        if (kind == WEAK || kind == STRONG)
            c.s->pinned_strength = (uint8_t)(c.v.challenge.method->strength + (kind == WEAK));
        if (kind == METHOD)
            c.v.challenge.method = NULL;
        assert_int_equal(session_vector_fits(c.s, &c.v, &c.w.statement_b, NAI_B), good);
        simauth_vector_clear(&c.v);
        end(&c);
    }
}

/* A pair that was made before is the first one, and not the second. */
static void a_pair_that_was_made_before(void **unused)
{
    struct simauth_session_config with = config(NULL, NULL, 1);
    struct simauth_seal_pair before, second;
    struct simauth_session *s;

    (void)unused;
    assert_int_equal(simauth_seal_pair_make((const uint8_t[32]){9}, &before), SIMAUTH_OK);
    assert_int_equal(simauth_seal_pair_make(with.random + 32, &second), SIMAUTH_OK);
    with.pair = &before;
    s = simauth_session_caller(&with);
    assert_int_equal(session_new_pair(s, 0), SIMAUTH_OK);
    assert_memory_equal(simauth_session_seal_to(s), before.public_key, SIMAUTH_X25519_LEN);
    assert_int_equal(session_new_pair(s, 1), SIMAUTH_OK);
    assert_memory_equal(simauth_session_seal_to(s), second.public_key, SIMAUTH_X25519_LEN);
    simauth_session_free(s);
}

/* Pages that this process has: those of sessions are in no heap, so no one else looks for them. */
static long pages(void)
{
    FILE *statm = fopen("/proc/self/statm", "r");
    long count = -1;

    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%ld", &count), 1);
    fclose(statm);
    return count;
}

static void rooms_are_given_back(void **unused)
{
    const struct simauth_session_config good = config(NULL, NULL, 1);
    struct simauth_session_config bad = good;
    long before = 0;

    (void)unused;
    bad.peer_aor = "bob";
    for (int i = 0; i < 600; i++) {
        struct simauth_session *s = simauth_session_caller(&good),
                               *fork = simauth_session_fork(s, world_fresh);

        assert_null(simauth_session_caller(&bad));
        simauth_session_free(fork);
        simauth_session_free(s);
        if (i == 99)
            before = pages();
    }
#ifndef __SANITIZE_ADDRESS__ /* which keeps what is freed for a while */
    assert_in_range(pages() - before + 100, 0, 200);
#else
    (void)before;
#endif
}

static void no_challenge_of_our_own(void **unused)
{
    struct simauth_challenge none = {0};

    (void)unused;
    for (int which = 0; which < 2; which++) {
        struct caller c = {0};

        ask(&c, NULL, NULL);
        simauth_session_vector(c.s, &c.v, &c.w.statement_b, which ? &none : NULL, NAI_A);
        assert_int_equal(simauth_session_state(c.s), SIMAUTH_STATE_REFUSED);
        simauth_vector_clear(&c.v);
        end(&c);
    }
}

static void other_people(void **unused)
{
    (void)unused;
    for (int which = 0; which < 5; which++) {
        struct caller c = {0};

        ask(&c, NULL, NULL);
        if (which == 0)
            strcpy(c.v.caller, "sip:eve@operator-a.example");
        else if (which == 1)
            strcpy(c.v.callee, "sip:eve@operator-b.example");
        else if (which == 2)
            c.v.subject = SIMAUTH_SUBJECT_CALLER;
        else if (which == 3)
            strcpy(c.w.statement_b.realm, "operator-a.example");
        else
            c.w.statement_b.key[0] ^= 1;
        assert_int_equal(give(&c, NULL), SIMAUTH_STATE_REFUSED);
        end(&c);
    }
}

static void lengths(void **unused)
{
    char nai[SIMAUTH_NAI_MAX + 2];
    struct simauth_session_config c;
    struct simauth_session *s;

    (void)unused;
    memset(nai, 'x', sizeof nai);
    for (int which = 0; which < 2; which++) {
        nai[SIMAUTH_NAI_MAX] = '\0';
        c = config(which ? NULL : nai, which ? nai : NULL, 1);
        s = simauth_session_callee(&c);
        assert_non_null(s);
        simauth_session_free(s);
        nai[SIMAUTH_NAI_MAX] = 'x';
        nai[SIMAUTH_NAI_MAX + 1] = '\0';
        assert_null(simauth_session_callee(&c));
    }
    c = config(NULL, NULL, 1);
    c.own_aor = "alice";
    assert_null(simauth_session_caller(&c));
    c = config(NULL, NULL, 1);
    c.peer_aor = "bob";
    assert_null(simauth_session_caller(&c));
}

/* The pair that a vector is sealed to is made of the session's random octets, and is another one
 * for the second vector. */
static void pairs(void **unused)
{
    const struct simauth_session_config one = config(NULL, NULL, 1);
    struct simauth_session *s = simauth_session_caller(&one);
    struct simauth_seal_pair first, second;

    (void)unused;
    assert_int_equal(simauth_seal_pair_make(one.random, &first), SIMAUTH_OK);
    assert_int_equal(simauth_seal_pair_make(one.random + 32, &second), SIMAUTH_OK);
    simauth_session_begin_caller(s, world_offer, strlen(world_offer));
    assert_memory_equal(simauth_session_seal_to(s), first.public_key, SIMAUTH_X25519_LEN);
    assert_int_equal(session_new_pair(s, 1), SIMAUTH_OK);
    assert_memory_equal(simauth_session_seal_to(s), second.public_key, SIMAUTH_X25519_LEN);
    for (size_t i = 0; i < sizeof s->random; i++)
        assert_int_equal(s->random[i], 0); /* used once */
    simauth_session_free(s);
}

static void what_is_told(void **unused)
{
    struct caller c = {0};
    struct simauth_card_answer auts = {.status = SIMAUTH_CARD_RESYNC};
    const uint8_t *replaced;

    (void)unused;
    ask(&c, NULL, NULL);
    assert_int_equal(simauth_session_reason(c.s), SIMAUTH_EVENT_COUNT);
    assert_int_equal(simauth_session_peer_sim_age(c.s), -1);
    assert_null(simauth_session_element(c.s, SIMAUTH_ELEMENT_1));
    assert_int_equal(simauth_session_replaced(c.s, &replaced), 0);
    c.v.sim_age = 400;
    assert_int_equal(give(&c, NAI_A), SIMAUTH_STATE_CALLER_CALLING);
    assert_int_equal(simauth_session_peer_sim_age(c.s), 400);
    assert_string_equal(simauth_session_peer_operator(c.s), "Operator B");
    assert_string_equal(simauth_session_own_nai(c.s), NAI_A);
    assert_memory_equal(simauth_session_own_challenge(c.s)->rand, c.rand_a.rand, 16);
    assert_memory_equal(simauth_session_peer_challenge(c.s)->rand, c.rand_b.rand, 16);
    assert_string_equal(simauth_session_opening(c.s)->text,
                        simauth_session_element(c.s, SIMAUTH_ELEMENT_1));
    assert_null(simauth_session_element(c.s, SIMAUTH_ELEMENT_3));
    memset(auts.auts, 0xa5, sizeof auts.auts);
    assert_int_equal(simauth_session_card(c.s, &auts), SIMAUTH_DO_ASK_RESYNC);
    assert_memory_equal(simauth_session_auts(c.s), auts.auts, SIMAUTH_AUTS_LEN);
    /* Twice is one time too many. */
    simauth_session_resynced(c.s, &c.rand_b, NULL);
    assert_int_equal(simauth_session_state(c.s), SIMAUTH_STATE_CALLER_CALLING);
    simauth_session_card(c.s, &auts);
    assert_int_equal(simauth_session_state(c.s), SIMAUTH_STATE_REFUSED);
    assert_int_equal(simauth_session_reason(c.s), SIMAUTH_EVENT_CARD_FAILED);
    end(&c);
}

static void a_vector_that_nobody_signed(void **unused)
{
    struct caller c = {0};

    (void)unused;
    ask(&c, NULL, NULL);
    simauth_session_bad_vector(c.s);
    assert_int_equal(simauth_session_state(c.s), SIMAUTH_STATE_REFUSED);
    assert_int_equal(simauth_session_reason(c.s), SIMAUTH_EVENT_VECTOR_BAD);
    simauth_vector_clear(&c.v);
    end(&c);
}

/* A fork has what belongs to the INVITE, and nothing of the first answer. */
static void forks(void **unused)
{
    struct world w;
    struct simauth_challenge rand_a, rand_b;
    struct simauth_session *a, *b, *fork;
    struct simauth_element e1, e2;
    struct simauth_secret key = {0};

    (void)unused;
    world_init(&w);
    a = world_honest_caller(&w, &rand_b, &rand_a);
    e1 = world_element(a, SIMAUTH_ELEMENT_1);
    b = world_honest_callee(&w, &e1, &rand_b, &rand_a, false, NULL);
    e2 = world_element(b, SIMAUTH_ELEMENT_2);
    simauth_session_response(a, true, SIMAUTH_ELEMENT_FOUND, &e2, world_answer,
                             strlen(world_answer));
    simauth_session_ack_out(a, NULL, 0);
    assert_int_equal(simauth_session_key(a, SIMAUTH_LABEL_ZRTP, 32, &key), SIMAUTH_OK);
    fork = simauth_session_fork(a, world_fresh);
    assert_non_null(fork);
    assert_null(simauth_session_element(fork, SIMAUTH_ELEMENT_2));
    assert_null(simauth_session_element(fork, SIMAUTH_ELEMENT_3));
    assert_string_equal(simauth_session_element(fork, SIMAUTH_ELEMENT_1), e1.text);
    assert_int_equal(simauth_session_key(fork, SIMAUTH_LABEL_ZRTP, 32, &key), SIMAUTH_NOT_OURS);
    assert_int_equal(fork->invite_binding.len, a->invite_binding.len);
    assert_memory_equal(fork->invite_binding.data, a->invite_binding.data, a->invite_binding.len);
    assert_ptr_not_equal(fork->invite_binding.data, a->invite_binding.data);
    simauth_session_free(fork);
    simauth_session_free(a);
    simauth_session_free(b);
}

/* An input that nobody waits for changes nothing, and there is nothing to do about it. */
static void out_of_turn(void **unused)
{
    struct world w;
    struct simauth_challenge challenge;
    struct simauth_card_answer answer;
    struct simauth_held_key key = world_held_key("stp", true);
    struct simauth_element element = {.kind = SIMAUTH_ELEMENT_1};
    struct simauth_confirmation word;
    struct simauth_vector v;
    const uint8_t nonce[SIMAUTH_NONCE_LEN] = {1};

    (void)unused;
    world_init(&w);
    challenge = world_challenge(&w, &w.sim_b);
    answer = world_card(&w.sim_b, &challenge);
    word = world_confirmation(&challenge);
    v = world_vector(&w, SIMAUTH_SUBJECT_CALLEE, &challenge, w.operator_a.public_key);
    for (int callee = 0; callee < 2; callee++) {
        struct simauth_session *s =
            callee ? world_callee(&w, SIMAUTH_REQUIRE) : world_caller(&w, SIMAUTH_REQUIRE);
        enum simauth_state state = simauth_session_state(s);

        assert_int_equal(simauth_session_vector(s, &v, &w.statement_b, &challenge, NULL), 0);
        assert_int_equal(simauth_session_resynced(s, &challenge, &key.key), 0);
        assert_int_equal(simauth_session_card(s, &answer), 0);
        assert_int_equal(simauth_session_handed_over(s), 0);
        assert_int_equal(simauth_session_key_unknown(s), 0);
        assert_int_equal(simauth_session_answer(s, world_answer, strlen(world_answer)), 0);
        if (callee) {
            assert_int_equal(simauth_session_challenge(s, &word), 0);
            assert_int_equal(simauth_session_offered(s, &word, NAI_B_2, &key.key), 0);
            assert_int_equal(simauth_session_found(s, &key, nonce), 0);
            assert_int_equal(simauth_session_ack_in(s, SIMAUTH_ELEMENT_NONE, &element, NULL, 0), 0);
        } else {
            assert_int_equal(simauth_session_ticket(s, &key, nonce), 0);
            assert_int_equal(simauth_session_response(s, true, SIMAUTH_ELEMENT_NONE, &element,
                                                      world_answer, strlen(world_answer)),
                             0);
            assert_int_equal(simauth_session_ack_out(s, NULL, 0), 0);
            assert_int_not_equal(simauth_session_begin_caller(s, world_offer, strlen(world_offer)),
                                 0);
            state = simauth_session_state(s);
            assert_int_equal(simauth_session_begin_caller(s, world_offer, strlen(world_offer)), 0);
        }
        assert_int_equal(simauth_session_state(s), state);
        simauth_session_free(s);
    }
    simauth_vector_clear(&v);
}

/* What is proved may be asked for again; it is the same then. */
static void twice_is_once(void **unused)
{
    struct session_ack ack;
    uint8_t first[SIMAUTH_MAC_LEN], again[SIMAUTH_MAC_LEN];
    struct world w;
    struct simauth_challenge rand_a, rand_b;
    struct simauth_session *a, *b;
    struct simauth_element e1, e2;
    struct simauth_secret ssk;
    size_t t3;

    (void)unused;
    world_init(&w);
    a = world_honest_caller(&w, &rand_b, &rand_a);
    e1 = world_element(a, SIMAUTH_ELEMENT_1);
    b = world_honest_callee(&w, &e1, &rand_b, &rand_a, false, NULL);
    e2 = world_element(b, SIMAUTH_ELEMENT_2);
    assert_int_equal(simauth_session_answer(a, world_answer, strlen(world_answer)), 0); /* early */
    simauth_session_response(a, true, SIMAUTH_ELEMENT_FOUND, &e2, world_answer,
                             strlen(world_answer));
    assert_int_equal(session_answer_sdp(a, world_answer, strlen(world_answer)), 0);
    assert_int_equal(session_answer_sdp(a, NULL, 0), 0);
    assert_int_equal(session_mac_b(a, first), SIMAUTH_OK);
    assert_memory_equal(first, e2.mac, sizeof first);
    assert_int_equal(session_mac_b(a, again), SIMAUTH_OK);
    assert_memory_equal(again, first, sizeof first);
    ssk = a->ssk;
    t3 = a->t3.len;
    assert_int_equal(session_bind_answer(a, world_answer, strlen(world_answer)), SIMAUTH_OK);
    assert_true(simauth_secret_equal(&ssk, &a->ssk) && a->t3.len == t3);
    assert_int_equal(session_mac_a(a, NULL, 0, &ack, first), SIMAUTH_OK);
    session_ack_clear(&ack);
    assert_int_equal(session_mac_a(a, NULL, 0, &ack, again), SIMAUTH_OK);
    session_ack_clear(&ack);
    assert_memory_equal(again, first, sizeof first);
    simauth_session_free(a);
    simauth_session_free(b);
}

/* Another SIM of ours: a NAI that is one, is another one, of the same operator; a challenge that is
 * another one and one of 16 octets. Each by itself. */
static void what_an_offer_needs(void **unused)
{
    enum { AS_IT_IS, NO_NAI, SAME_NAI, OTHER_REALM, LONG, SAME_RAND, OTHER_CALLER, KINDS };

    (void)unused;
    for (int kind = 0; kind < KINDS; kind++) {
        const char *nai = kind == NO_NAI        ? "@operator-b.example"
                          : kind == SAME_NAI    ? NAI_B
                          : kind == OTHER_REALM ? "bob-2@operator-a.example"
                                                : NAI_B_2;
        struct simauth_challenge rand_a, rand_b;
        struct simauth_secret key = {.len = 32};
        struct simauth_confirmation word;
        struct simauth_session *a, *b;
        struct simauth_element e1;
        struct world w;

        world_init(&w);
        a = world_honest_caller(&w, &rand_b, &rand_a);
        e1 = world_element(a, SIMAUTH_ELEMENT_1);
        b = world_callee(&w, SIMAUTH_REQUIRE);
        simauth_session_begin_callee(b, SIMAUTH_ELEMENT_FOUND, &e1, world_offer,
                                     strlen(world_offer));
        word = world_confirmation(&rand_b);
        if (kind != SAME_RAND)
            word.challenge.rand[3] ^= 1;
        if (kind == OTHER_CALLER)
            strcpy(word.caller, "sip:eve@operator-a.example");
        if (kind == LONG)
            word.challenge.rand_len = 48;
        simauth_session_offered(b, &word, nai, &key);
        assert_int_equal(simauth_session_reason(b),
                         kind == AS_IT_IS ? SIMAUTH_EVENT_RESYNC_WRONG /* by a key that is none */
                                          : SIMAUTH_EVENT_CHALLENGE_BAD);
        simauth_session_free(a);
        simauth_session_free(b);
    }
}

/* Without ZRTP in the INVITE (and no late offer) nothing is bound to it. */
static void media_without_zrtp(void **unused)
{
    static const char *const offers[] = {world_offer, world_no_zrtp};

    (void)unused;
    for (int i = 0; i < 2; i++) {
        struct simauth_session s = {.role = ROLE_CALLEE, .state = SIMAUTH_STATE_CALLEE_ANNOUNCED};

        assert_int_equal(simauth_binding(offers[i], strlen(offers[i]), &s.invite_binding),
                         SIMAUTH_OK);
        s.invite_has_zrtp = simauth_binding_has_zrtp(offers[i], strlen(offers[i]));
        assert_int_equal(session_answer_sdp(&s, NULL, 5), 0);
        assert_int_equal(session_answer_sdp(&s, world_answer, 0), 0);
        assert_int_equal(s.state, SIMAUTH_STATE_CALLEE_ANNOUNCED);
        session_answer_sdp(&s, world_no_zrtp, strlen(world_no_zrtp));
        assert_int_equal(s.state, SIMAUTH_STATE_REFUSED);
        assert_int_equal(s.reason, SIMAUTH_EVENT_MEDIA_WEAK);
        simauth_octets_clear(&s.invite_binding);
        simauth_octets_clear(&s.answer_binding);
        simauth_octets_clear(&s.streams_b);
    }
}

/* An INVITE that binds something else than ZRTP is no late offer; one that binds nothing is. */
static void media_with_a_fingerprint(void **unused)
{
    static const char *const offers[] = {
        "v=0\r\nm=audio 7078 RTP/AVP 0\r\na=fingerprint:sha-1 AA:BB\r\n", NULL};

    (void)unused;
    for (int i = 0; i < 2; i++) {
        struct simauth_session s = {.role = ROLE_CALLEE,
                                    .state = SIMAUTH_STATE_CALLEE_ANNOUNCED,
                                    .element_2.kind = SIMAUTH_ELEMENT_2,
                                    .ssk_callee.len = 32,
                                    .ssk_caller.len = 32};
        size_t len = offers[i] ? strlen(offers[i]) : 0;

        simauth_octets_append(&s.t2, world_offer,
                              strlen(world_offer)); /* any that is long enough */
        assert_int_equal(simauth_binding(offers[i], len, &s.invite_binding), SIMAUTH_OK);
        assert_int_equal(s.invite_binding.len > 2, i == 0);
        session_answer_sdp(&s, world_answer, strlen(world_answer));
        assert_int_equal(s.state, i == 0 ? SIMAUTH_STATE_REFUSED : SIMAUTH_STATE_CALLEE_KEYED);
        assert_int_equal(s.reason, i == 0 ? SIMAUTH_EVENT_MEDIA_WEAK : 0);
        if (i == 1) { /* the ACK brings the other half */
            struct session_ack ack;
            uint8_t mac[SIMAUTH_MAC_LEN];

            assert_int_equal(session_mac_a(&s, NULL, 0, &ack, mac), SIMAUTH_MALFORMED);
            session_ack_clear(&ack);
            assert_int_equal(session_mac_a(&s, world_no_zrtp, strlen(world_no_zrtp), &ack, mac),
                             SIMAUTH_MALFORMED);
            session_ack_clear(&ack);
            assert_int_equal(session_mac_a(&s, world_answer, strlen(world_answer), &ack, mac),
                             SIMAUTH_OK);
            session_ack_take(&s, &ack);
            assert_true(s.ack_binding.len > 2 && s.streams_a.len > 0);
        }
        simauth_octets_clear(&s.invite_binding);
        simauth_octets_clear(&s.answer_binding);
        simauth_octets_clear(&s.streams_a);
        simauth_octets_clear(&s.streams_b);
        simauth_octets_clear(&s.ack_binding);
        simauth_octets_clear(&s.t2);
        simauth_octets_clear(&s.t3);
    }
}

static void random_equal(void **unused)
{
    struct simauth_challenge c = {.rand_len = 16, .rand = {1, 2, 3}};
    uint8_t rand[SIMAUTH_CHAL_MAX] = {1, 2, 3};

    (void)unused;
    assert_true(session_rand_equal(&c, rand, 16));
    assert_false(session_rand_equal(&c, rand, 15));
    rand[15] = 1;
    assert_false(session_rand_equal(&c, rand, 16));
    c.rand_len = 0;
    assert_false(session_rand_equal(&c, rand, 0)); /* nothing is equal to nothing */
    c.rand_len = 1;
    assert_true(session_rand_equal(&c, rand, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_vector),
        cmocka_unit_test(names_of_the_confirmation),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(what_fits),
        cmocka_unit_test(a_pair_that_was_made_before),
        cmocka_unit_test(rooms_are_given_back),
        cmocka_unit_test(no_challenge_of_our_own),
        cmocka_unit_test(other_people),
        cmocka_unit_test(lengths),
        cmocka_unit_test(pairs),
        cmocka_unit_test(what_is_told),
        cmocka_unit_test(a_vector_that_nobody_signed),
        cmocka_unit_test(forks),
        cmocka_unit_test(out_of_turn),
        cmocka_unit_test(twice_is_once),
        cmocka_unit_test(what_an_offer_needs),
        cmocka_unit_test(media_with_a_fingerprint),
        cmocka_unit_test(media_without_zrtp),
        cmocka_unit_test(random_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
