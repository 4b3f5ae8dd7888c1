/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptions that come later in a call, and in the ACK. */
#include "both_ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* `sdp` fits as it is; with a stream more only while that is refused, and with no other stream in
 * the place of its own. */
static void more_streams(const struct simauth_session *s, bool ours, const char *sdp)
{
    static const struct {
        const char *more;
        bool fits;
    } more[] = {
        {"", true},
        {"m=video 0 RTP/AVP 97\r\n", true},
        {"m=video 0 RTP/AVP 97\r\na=mid:v\r\na=bundle-only\r\n", false},
        {"m=video 0 RTP/AVP 97\r\na=mid:v\r\na=bundle-only-not\r\n", true},
        {"m=text 0 RTP/AVP 98\r\nm=video 0 RTP/AVP 97\r\na= bundle-only \r\n", false},
        {"m=video 9 RTP/AVP 97\r\n", false},
        {"m=audio 7078 RTP/AVP 0\r\n", false},
        {"m=video 0 RTP/AVP 97\r\nm=text 9 RTP/AVP 98\r\n", false},
        {"m=audio 9 RTP/SAVP 0\r\n"
         "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
         false},
    };
    static const struct {
        const char *from, *to;
        bool fits;
    } other[] = {
        {"RTP/AVP ", "RTP/AVPF ", true},   {"RTP/AVP ", "RTP/SAVP ", false},
        {"RTP/AVP ", "RTP/SAVPF ", false}, {"RTP/AVP ", "RTP/AV ", false},
        {"m=audio", "m=video", false},
    };
    char text[1024];

    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        snprintf(text, sizeof text, "%s%s", sdp, more[i].more);
        assert_int_equal(simauth_session_later_fits(s, ours, text, strlen(text)), more[i].fits);
    }
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        const char *at = strstr(sdp, other[i].from);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - sdp), sdp, other[i].to,
                 at + strlen(other[i].from));
        assert_int_equal(simauth_session_later_fits(s, ours, text, strlen(text)), other[i].fits);
    }
}

/* The honest callee of an INVITE with this description, or (NULL) none. */
static void callee_that_heard(struct call *c, const struct simauth_element *e1, const char *offer)
{
    struct simauth_confirmation word = world_confirmation(&c->rand_b);
    struct simauth_card_answer card = world_card(&c->w.sim_b, &c->rand_b);
    c->b = world_callee(&c->w, SIMAUTH_REQUIRE);
    simauth_session_begin_callee(c->b, SIMAUTH_ELEMENT_FOUND, e1, offer, offer ? strlen(offer) : 0);
    simauth_session_challenge(c->b, &word);
    simauth_session_card(c->b, &card);
    struct simauth_vector v =
        world_vector(&c->w, SIMAUTH_SUBJECT_CALLER, &c->rand_a, simauth_session_seal_to(c->b));
    simauth_session_vector(c->b, &v, &c->w.statement_a, NULL, NULL);
    simauth_vector_clear(&v);
}

/* ring() with this offer, or (NULL) none. */
static void ring_with(struct call *c, const char *offer)
{
    struct simauth_card_answer card;
    struct simauth_vector v;
    c->a = world_caller(&c->w, SIMAUTH_REQUIRE);
    c->rand_b = world_challenge(&c->w, &c->w.sim_b);
    c->rand_a = world_challenge(&c->w, &c->w.sim_a);
    simauth_session_begin_caller(c->a, offer, offer ? strlen(offer) : 0);
    v = world_vector(&c->w, SIMAUTH_SUBJECT_CALLEE, &c->rand_b, simauth_session_seal_to(c->a));
    simauth_session_vector(c->a, &v, &c->w.statement_b, &c->rand_a, NAI_A);
    simauth_vector_clear(&v);
    card = world_card(&c->w.sim_a, &c->rand_a);
    simauth_session_card(c->a, &card);
    struct simauth_element e1 = world_element(c->a, SIMAUTH_ELEMENT_1);
    callee_that_heard(c, &e1, offer);
}

static const char added[] = "m=video 9 RTP/AVP 97\r\n";

/* A stream that somebody put into the answer was in no offer, so the peer cannot bring it later. */
static void stream_put_into_the_answer(void **state)
{
    struct call *c = *state;
    char heard[1024], hold[1024];
    ring(c);
    struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
    simauth_session_answer(c->b, world_answer, strlen(world_answer));
    snprintf(heard, sizeof heard, "%s%s", world_answer, added);
    give_sdp(c->a, true, &e2, heard);
    ack(c, NULL);
    both_authenticated(c);
    assert_false(simauth_session_later_fits(c->a, false, heard, strlen(heard)));
    snprintf(hold, sizeof hold, "%sm=video 0 RTP/AVP 97\r\n", world_answer);
    assert_true(simauth_session_later_fits(c->a, false, hold, strlen(hold)));
}

/* The same with the offer: the callee did not take it. */
static void stream_put_into_the_offer(void **state)
{
    struct call *c = *state;
    char heard[1024], said[1024];
    c->a = world_honest_caller(&c->w, &c->rand_b, &c->rand_a);
    struct simauth_element e1 = world_element(c->a, SIMAUTH_ELEMENT_1);
    snprintf(heard, sizeof heard, "%s%s", world_offer, added);
    snprintf(said, sizeof said, "%sm=video 0 RTP/AVP 97\r\n", world_answer);
    callee_that_heard(c, &e1, heard);
    simauth_session_answer(c->b, said, strlen(said));
    struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
    give_sdp(c->a, true, &e2, said);
    ack(c, NULL);
    both_authenticated(c);
    assert_true(simauth_session_later_fits(c->b, false, world_offer, strlen(world_offer)));
    assert_false(simauth_session_later_fits(c->b, false, heard, strlen(heard)));
}

static void late_offer(void **state)
{
    struct call *c = *state;
    ring_with(c, NULL);
    struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
    simauth_session_answer(c->b, world_offer, strlen(world_offer));
    give_sdp(c->a, true, &e2, world_offer);
    ack(c, world_answer);
    both_authenticated(c);
    /* Somebody's ACK with another description changes nothing of what the right one bound, nor does
     * the right proof copied on top of one. */
    struct simauth_element wrong = world_element(c->a, SIMAUTH_ELEMENT_3);
    assert_int_equal(simauth_session_ack_in(c->b, SIMAUTH_ELEMENT_FOUND, &wrong, world_offer,
                                            strlen(world_offer)),
                     SIMAUTH_DO_DROP);
    wrong.mac[0] ^= 1;
    simauth_session_ack_in(c->b, SIMAUTH_ELEMENT_FOUND, &wrong, world_offer, strlen(world_offer));
    assert_true(simauth_session_later_fits(c->b, false, world_answer, strlen(world_answer)));
    assert_false(simauth_session_later_fits(c->b, false, world_offer, strlen(world_offer)));
    more_streams(c->a, true, world_answer);
    more_streams(c->b, false, world_answer);
}

static void changed_media_later_takes_the_word_away(void **state)
{
    struct call *c = *state;
    honest_call(state);
    more_streams(c->a, true, world_offer);
    more_streams(c->a, false, world_answer);
    more_streams(c->b, false, world_offer);
    more_streams(c->b, true, world_answer);
    assert_int_equal(simauth_session_later_sdp(c->a, false, world_answer, strlen(world_answer)), 0);
    assert_int_equal(simauth_session_later_sdp(c->a, true, world_offer, strlen(world_offer)), 0);
    simauth_session_later_sdp(c->a, false, world_no_zrtp, strlen(world_no_zrtp));
    assert_int_equal(simauth_session_word(c->a), SIMAUTH_WORD_NOT_AUTHENTICATED);
    assert_int_equal(simauth_session_reason(c->a), SIMAUTH_EVENT_SDP_DIFFERENT);
}

/* What we offered counts as far as it was taken. */
static void stream_refused_by_the_answer(void **state)
{
    static const struct {
        const char *offered, *answered;
        bool fits;
    } rows[] = {
        {"m=video 9 RTP/AVP 97\r\na=zrtp-hash:1.10 ab\r\n", "m=video 0 RTP/AVP 97\r\n", true},
        {"m=video 9 RTP/AVP 97\r\n", "m=video 9 RTP/AVP 97\r\n", false},
        {"m=video 9 RTP/AVP 97\r\n", "m=video 0 RTP/AVP 97\r\na=bundle-only\r\n", false},
        {"m=video 9 RTP/AVP 97\r\n", "", false},
        {"m=video 9 RTP/AVP 97\r\nm=text 9 RTP/AVP 98\r\n",
         "m=video 9 RTP/AVP 97\r\nm=text 0 RTP/AVP 98\r\n", false},
        {"m=video 9 RTP/AVP 97\r\nm=text 9 RTP/AVP 98\r\n",
         "m=video 0 RTP/AVP 97\r\nm=text 0 RTP/AVP 98\r\n", true},
    };
    struct call *c = *state;
    char offer[1024], answer[1024];

    honest_call(state);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(offer, sizeof offer, "%s%s", world_offer, rows[i].offered);
        snprintf(answer, sizeof answer, "%s%s", world_answer, rows[i].answered);
        assert_int_equal(
            simauth_session_offer_fits(c->a, offer, strlen(offer), answer, strlen(answer)),
            rows[i].fits);
    }
    assert_false(simauth_session_offer_fits(c->a, offer, strlen(offer), NULL, 0));
    assert_true(simauth_session_offer_fits(c->a, world_offer, strlen(world_offer), NULL, 0));
}

/* Early media has bound the callee's description: the 200 may move a stream to another port, and
 * switches none on. */
static void final_answer_after_early_media(void **state)
{
    static const struct {
        const char *audio, *video;
        bool fits;
    } answers[] = {
        {"m=audio 7080 ", "m=video 0 RTP/AVP 97\r\n", true},
        {"m=audio 9078 ", "m=video 0 RTP/AVP 97\r\n", true},
        {"m=audio 7080 ", "m=video 40000 RTP/AVP 97\r\nc=IN IP4 192.0.2.66\r\n", false},
        {"m=audio 7080 ", "a=zrtp-hash:1.10 00\r\nm=video 0 RTP/AVP 97\r\n", false},
        {"m=audio 7080 ", "m=video 0 RTP/AVP 97\r\nm=text 40000 RTP/AVP 98\r\n", false},
    };
    const char *audio = strstr(world_answer, "m=audio ");
    const char *after = audio + strlen("m=audio ") + strcspn(audio + strlen("m=audio "), " ") + 1;

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct call *c = *state;
        char early[1024], said[1024];
        snprintf(early, sizeof early, "%s%s", world_answer, answers[0].video);
        snprintf(said, sizeof said, "%.*s%s%s%s", (int)(audio - world_answer), world_answer,
                 answers[i].audio, after, answers[i].video);
        ring(c);
        struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
        simauth_session_answer(c->b, early, strlen(early));
        assert_true(give_sdp(c->a, false, &e2, early) & SIMAUTH_DO_KEY_MEDIA);
        simauth_session_media(c->a, SIMAUTH_MEDIA_MATCH);
        simauth_session_media(c->b, SIMAUTH_MEDIA_MATCH);
        assert_int_equal(give_sdp(c->a, false, &e2, early), 0);
        simauth_session_answer(c->b, said, strlen(said));
        give_sdp(c->a, true, &e2, said);
        for (int n = 0; n < 2; n++) {
            const struct simauth_session *s = n ? c->b : c->a;
            assert_int_equal(simauth_session_word(s) == SIMAUTH_WORD_NOT_AUTHENTICATED,
                             !answers[i].fits);
            if (!answers[i].fits)
                assert_int_equal(simauth_session_reason(s), SIMAUTH_EVENT_SDP_DIFFERENT);
        }
        if (answers[i].fits)
            ack(c, NULL);
        assert_int_equal(simauth_session_word(c->a) == SIMAUTH_WORD_AUTHENTICATED, answers[i].fits);
        assert_int_equal(simauth_session_word(c->b) == SIMAUTH_WORD_AUTHENTICATED, answers[i].fits);
        call_teardown(state);
        call_setup(state);
    }
}

/* Whether a description of the caller's, or the callee's, fits at both. */
static void later_both(const struct call *c, bool by_caller, const char *sdp, bool fits)
{
    assert_int_equal(simauth_session_later_fits(c->a, by_caller, sdp, strlen(sdp)), fits);
    assert_int_equal(simauth_session_later_fits(c->b, !by_caller, sdp, strlen(sdp)), fits);
}

/* What was bound as heard and seen may be heard alone later: a stream but the first may go, with
 * its hash and no other. */
static void stream_that_goes(void **state)
{
#define SEEN "m=video 9078 RTP/AVP 97\r\na=zrtp-hash:1.10 cd\r\n"
    static const struct {
        const char *more, *early, *said;
        bool fits;
    } rows[] = {
        {"", SEEN, SEEN, true},
        {"", SEEN, "m=video 0 RTP/AVP 97\r\n", true},
        {"", SEEN, "m=video 0 RTP/AVP 97\r\na=inactive\r\na=zrtp-hash:1.10 ee\r\n", true},
        {"", SEEN, "m=video 9078 RTP/AVP 97\r\n", false},
        {"", SEEN, "m=video 9078 RTP/AVP 97\r\na=zrtp-hash:1.10 ce\r\n", false},
        {"", SEEN, "m=video 0 RTP/AVP 97\r\na=bundle-only\r\n", false},
        {"", SEEN, "", false},
        {"", SEEN, "m=video 0 RTP/AVP 97\r\nm=text 9 RTP/AVP 98\r\n", false},
        {"a=zrtp-hash:1.10 ee\r\n", SEEN, "m=video 0 RTP/AVP 97\r\n", false},
    };
    char offer[1024], held[1024], bare[1024], early[1024], said[1024];

    snprintf(bare, sizeof bare, "%sm=video 9078 RTP/AVP 97\r\n", world_offer);
    snprintf(held, sizeof held, "%sm=video 0 RTP/AVP 97\r\n", world_offer);
    snprintf(offer, sizeof offer, "%s%s", world_offer, SEEN);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct call *c = *state;
        snprintf(early, sizeof early, "%s%s", world_answer, rows[i].early);
        snprintf(said, sizeof said, "%s%s%s", world_answer, rows[i].more, rows[i].said);
        ring_with(c, offer);
        struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
        simauth_session_answer(c->b, early, strlen(early));
        give_sdp(c->a, false, &e2, early);
        simauth_session_answer(c->b, said, strlen(said));
        give_sdp(c->a, true, &e2, said);
        if (rows[i].fits) {
            ack(c, NULL);
            both_authenticated(c);
            later_both(c, false, early, i == 0);
            later_both(c, false, said, true);
            later_both(c, true, held, i > 0);
            later_both(c, true, bare, false);
            assert_int_equal(simauth_session_later_fits(c->b, false, offer, strlen(offer)), i == 0);
        } else {
            assert_int_equal(simauth_session_reason(c->a), SIMAUTH_EVENT_SDP_DIFFERENT);
            assert_int_equal(simauth_session_reason(c->b), SIMAUTH_EVENT_SDP_DIFFERENT);
        }
        call_teardown(state);
        call_setup(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALL_TEST(stream_refused_by_the_answer),
        CALL_TEST(stream_that_goes),
        CALL_TEST(stream_put_into_the_answer),
        CALL_TEST(stream_put_into_the_offer),
        CALL_TEST(late_offer),
        CALL_TEST(final_answer_after_early_media),
        CALL_TEST(changed_media_later_takes_the_word_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
