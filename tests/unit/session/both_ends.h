/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both ends of an honest call, step by step. */
#ifndef BOTH_ENDS_H
#define BOTH_ENDS_H

#include "world.h"

struct call {
    struct world w;
    struct simauth_session *a, *b;
    struct simauth_challenge rand_a, rand_b;
};

/* Of one test (cmocka): *state is its struct call. */
int call_setup(void **state);
int call_teardown(void **state);
/* Up to the phone that rings. */
void ring(struct call *c);
/* A response with element 2 reaches the caller; `sdp`: its description or NULL. */
simauth_actions give_sdp(struct simauth_session *s, bool final, const struct simauth_element *e2,
                         const char *sdp);
/* Both have the same key for ZRTP. */
void secrets_equal(const struct call *c);
/* The caller's ACK, with a description or (NULL) none, reaches the callee and is the right one. */
void ack(struct call *c, const char *sdp);
/* Keys of the media are told, and both ends say "authenticated". */
void both_authenticated(struct call *c);
/* All of it. */
void honest_call(void **state);

#define CALL_TEST(f) cmocka_unit_test_setup_teardown(f, call_setup, call_teardown)

#endif
