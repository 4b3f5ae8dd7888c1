/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "walk.h"

#include <string.h>

/* The same with a setup key. */
static struct simauth_session *held_caller(struct run *r, bool wrong)
{
    struct simauth_session *caller = world_caller(&r->w, SIMAUTH_PREFER);
    struct simauth_held_key key = world_held_key("stp", true);
    uint8_t nonce[SIMAUTH_NONCE_LEN];
    key.key.octets[0] ^= wrong;
    world_nonce(&r->w, nonce);
    simauth_session_begin_held(caller, &key, nonce, world_offer, strlen(world_offer));
    return caller;
}

static void offer_held_with(struct run *r, bool wrong)
{
    if (r->s->state != SIMAUTH_STATE_CALLER_IDLE && r->s->state != SIMAUTH_STATE_CALLEE_IDLE)
        return;
    if (r->s->role == ROLE_CALLER) {
        struct simauth_held_key key = world_held_key("stp", true);
        uint8_t nonce[SIMAUTH_NONCE_LEN];
        world_nonce(&r->w, nonce);
        simauth_session_begin_held(r->s, &key, nonce, world_offer, strlen(world_offer));
        return;
    }
    r->other = held_caller(r, wrong);
    struct simauth_element e1 = world_element(r->other, SIMAUTH_ELEMENT_1);
    r->lied = wrong;
    simauth_session_begin_callee(r->s, SIMAUTH_ELEMENT_FOUND, &e1, world_offer,
                                 strlen(world_offer));
}

void walk_offer_held(struct run *r)
{
    offer_held_with(r, false);
}

void walk_offer_held_wrong(struct run *r)
{
    offer_held_with(r, true);
}

void walk_ticket(struct run *r)
{
    struct simauth_held_key key = world_held_key("agt", true);
    uint8_t nonce[SIMAUTH_NONCE_LEN];
    world_nonce(&r->w, nonce);
    simauth_session_ticket(r->s, &key, nonce);
}

void walk_ticket_for_others(struct run *r)
{
    struct simauth_held_key key = world_held_key("agt", true);
    uint8_t nonce[SIMAUTH_NONCE_LEN];
    world_nonce(&r->w, nonce);
    strcpy(key.peer_nai, "");
    strcpy(key.peer_aor, "sip:mallory@operator-b.example");
    simauth_session_ticket(r->s, &key, nonce);
}

void walk_found(struct run *r)
{
    struct simauth_held_key key = world_held_key("stp", false);
    uint8_t nonce[SIMAUTH_NONCE_LEN];
    world_nonce(&r->w, nonce);
    simauth_session_found(r->s, &key, nonce);
}

void walk_found_none(struct run *r)
{
    uint8_t nonce[SIMAUTH_NONCE_LEN] = {0};
    simauth_session_found(r->s, NULL, nonce);
}

/* The callee's 480 can only come before any element 2. */
void walk_key_unknown(struct run *r)
{
    if (r->s->state == SIMAUTH_STATE_CALLER_READY)
        simauth_session_key_unknown(r->s);
}

/* An honest callee that holds the same key. */
struct simauth_session *walk_held_callee(struct run *r)
{
    struct simauth_session *callee = world_callee(&r->w, SIMAUTH_PREFER);
    struct simauth_held_key key = r->s->held;
    uint8_t nonce[SIMAUTH_NONCE_LEN];
    key = world_held_key(key.with->name, false);
    world_nonce(&r->w, nonce);
    simauth_session_begin_callee(callee, SIMAUTH_ELEMENT_FOUND, &r->s->element_1, world_offer,
                                 strlen(world_offer));
    simauth_session_found(callee, &key, nonce);
    return callee;
}
