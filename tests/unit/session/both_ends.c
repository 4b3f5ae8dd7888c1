/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "both_ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

int call_setup(void **state)
{
    static struct call call;
    memset(&call, 0, sizeof call);
    world_init(&call.w);
    *state = &call;
    return 0;
}

int call_teardown(void **state)
{
    struct call *c = *state;
    simauth_session_free(c->a);
    simauth_session_free(c->b);
    return 0;
}

simauth_actions give_sdp(struct simauth_session *s, bool final, const struct simauth_element *e2,
                         const char *sdp)
{
    return simauth_session_response(s, final, SIMAUTH_ELEMENT_FOUND, e2, sdp,
                                    sdp ? strlen(sdp) : 0);
}

void ring(struct call *c)
{
    c->a = world_honest_caller(&c->w, &c->rand_b, &c->rand_a);
    struct simauth_element e1 = world_element(c->a, SIMAUTH_ELEMENT_1);
    c->b = world_honest_callee(&c->w, &e1, &c->rand_b, &c->rand_a, false, NULL);
    assert_int_equal(simauth_session_state(c->b), SIMAUTH_STATE_CALLEE_ANNOUNCED);
    assert_int_equal(simauth_session_word(c->b), SIMAUTH_WORD_ANNOUNCED);
}

void secrets_equal(const struct call *c)
{
    struct simauth_secret key_a = {0}, key_b = {0};
    assert_int_equal(simauth_session_key(c->a, SIMAUTH_LABEL_ZRTP, 32, &key_a), SIMAUTH_OK);
    assert_int_equal(simauth_session_key(c->b, SIMAUTH_LABEL_ZRTP, 32, &key_b), SIMAUTH_OK);
    assert_true(simauth_secret_equal(&key_a, &key_b));
}

void ack(struct call *c, const char *sdp)
{
    size_t len = sdp ? strlen(sdp) : 0;
    assert_true(simauth_session_ack_out(c->a, sdp, len) & SIMAUTH_DO_SEND_PROOF);
    struct simauth_element e3 = world_element(c->a, SIMAUTH_ELEMENT_3);
    assert_int_equal(
        simauth_session_ack_in(c->b, SIMAUTH_ELEMENT_FOUND, &e3, sdp, len) & SIMAUTH_DO_DROP, 0);
}

void both_authenticated(struct call *c)
{
    assert_int_equal(simauth_session_word(c->a), SIMAUTH_WORD_ANSWERED);
    assert_int_equal(simauth_session_word(c->b), SIMAUTH_WORD_ANNOUNCED); /* no half-open verdict */
    simauth_session_media(c->a, SIMAUTH_MEDIA_MATCH);
    simauth_session_media(c->b, SIMAUTH_MEDIA_MATCH);
    assert_int_equal(simauth_session_word(c->a), SIMAUTH_WORD_AUTHENTICATED);
    assert_int_equal(simauth_session_word(c->b), SIMAUTH_WORD_AUTHENTICATED);
    assert_string_equal(simauth_session_peer_nai(c->a), NAI_B);
    assert_string_equal(simauth_session_peer_nai(c->b), NAI_A);
    assert_string_equal(simauth_session_peer_operator(c->a), "Operator B");
    assert_string_equal(simauth_session_peer_operator(c->b), "Operator A");
}

void honest_call(void **state)
{
    struct call *c = *state;
    ring(c);
    struct simauth_element e2 = world_element(c->b, SIMAUTH_ELEMENT_2);
    assert_true(give_sdp(c->a, false, &e2, NULL) & SIMAUTH_DO_TELL);
    assert_true(simauth_session_answer(c->b, world_answer, strlen(world_answer)) &
                SIMAUTH_DO_KEY_MEDIA);
    assert_true(give_sdp(c->a, true, &e2, world_answer) & SIMAUTH_DO_KEY_MEDIA);
    secrets_equal(c);
    ack(c, NULL);
    both_authenticated(c);
}
