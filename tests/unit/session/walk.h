/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One walk through the table, and its inputs that concern a key both hold (walk_held.c). */
#ifndef SIMAUTH_TESTS_SESSION_WALK_H
#define SIMAUTH_TESTS_SESSION_WALK_H

#include "session_private.h"
#include "world.h"

/* One run of one side under test, and what its inputs need. */
struct run {
    struct world w;
    struct simauth_session *s;
    enum simauth_policy policy;
    struct simauth_challenge rand_b, rand_a, replacement;
    struct simauth_session *other; /* honest peer */
    bool lied;                     /* something wrong was given that shows only later */
};

/* Each does nothing in a state in which the driver would not give it. */
void walk_offer_held(struct run *r);
void walk_offer_held_wrong(struct run *r);
void walk_ticket(struct run *r);
void walk_ticket_for_others(struct run *r);
void walk_found(struct run *r);
void walk_found_none(struct run *r);
void walk_key_unknown(struct run *r);
/* An honest callee that holds the key of the caller under test, with element 2 made. */
struct simauth_session *walk_held_callee(struct run *r);

#endif
