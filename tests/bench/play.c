/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play.h"

#include <stdlib.h>
#include <string.h>

/* Counts what a session asks of SIM and gateway. */
static simauth_actions seen(struct load *load, simauth_actions actions)
{
    load->sims += (actions & SIMAUTH_DO_RUN_CARD) != 0;
    load->requests += (actions & SIMAUTH_DO_ASK_VECTOR) != 0;
    load->requests += (actions & SIMAUTH_DO_ASK_CHALLENGE) != 0;
    return actions;
}

void play_finish(struct simauth_session *a, struct simauth_session *b)
{
    simauth_session_answer(b, world_answer, strlen(world_answer));
    struct simauth_element e2 = world_element(b, SIMAUTH_ELEMENT_2);
    simauth_session_response(a, true, SIMAUTH_ELEMENT_FOUND, &e2, world_answer,
                             strlen(world_answer));
    simauth_session_ack_out(a, NULL, 0);
    struct simauth_element e3 = world_element(a, SIMAUTH_ELEMENT_3);
    simauth_session_ack_in(b, SIMAUTH_ELEMENT_FOUND, &e3, NULL, 0);
    simauth_session_media(a, SIMAUTH_MEDIA_MATCH);
    simauth_session_media(b, SIMAUTH_MEDIA_MATCH);
    if (simauth_session_word(a) != SIMAUTH_WORD_AUTHENTICATED ||
        simauth_session_word(b) != SIMAUTH_WORD_AUTHENTICATED)
        exit(1);
    simauth_session_free(a);
    simauth_session_free(b);
}

void play_sims(struct world *w, struct load *load)
{
    struct simauth_session *a = world_caller(w, SIMAUTH_REQUIRE);
    struct simauth_session *b = world_callee(w, SIMAUTH_REQUIRE);
    struct simauth_challenge rand_b = world_challenge(w, &w->sim_b);
    struct simauth_challenge rand_a = world_challenge(w, &w->sim_a);
    struct simauth_card_answer card_a = world_card(&w->sim_a, &rand_a);
    struct simauth_card_answer card_b = world_card(&w->sim_b, &rand_b);
    struct simauth_confirmation word = world_confirmation(&rand_b);

    seen(load, simauth_session_begin_caller(a, world_offer, strlen(world_offer)));
    struct simauth_vector v =
        world_vector(w, SIMAUTH_SUBJECT_CALLEE, &rand_b, simauth_session_seal_to(a));
    seen(load, simauth_session_vector(a, &v, &w->statement_b, &rand_a, NAI_A));
    simauth_vector_clear(&v);
    seen(load, simauth_session_card(a, &card_a));
    struct simauth_element e1 = world_element(a, SIMAUTH_ELEMENT_1);
    seen(load, simauth_session_begin_callee(b, SIMAUTH_ELEMENT_FOUND, &e1, world_offer,
                                            strlen(world_offer)));
    seen(load, simauth_session_challenge(b, &word));
    seen(load, simauth_session_card(b, &card_b));
    v = world_vector(w, SIMAUTH_SUBJECT_CALLER, &rand_a, simauth_session_seal_to(b));
    seen(load, simauth_session_vector(b, &v, &w->statement_a, NULL, NULL));
    simauth_vector_clear(&v);
    play_finish(a, b);
    load->elements += 3;
}

void play_key(struct world *w, const char *with, struct load *load)
{
    struct simauth_held_key of_a = world_held_key(with, true), of_b = world_held_key(with, false);
    struct simauth_session *a = world_caller(w, SIMAUTH_REQUIRE);
    struct simauth_session *b = world_callee(w, SIMAUTH_REQUIRE);
    bool ticket = strcmp(with, "agt") == 0;
    uint8_t nonce[SIMAUTH_NONCE_LEN];

    world_nonce(w, nonce);
    if (ticket) {
        seen(load, simauth_session_begin_caller(a, world_offer, strlen(world_offer)));
        simauth_session_ticket(a, &of_a, nonce);
    } else {
        simauth_session_begin_held(a, &of_a, nonce, world_offer, strlen(world_offer));
    }
    struct simauth_element e1 = world_element(a, SIMAUTH_ELEMENT_1);
    simauth_session_begin_callee(b, SIMAUTH_ELEMENT_FOUND, &e1, world_offer, strlen(world_offer));
    load->requests += ticket; /* FIND_KEY: the claim */
    world_nonce(w, nonce);
    simauth_session_found(b, &of_b, nonce);
    play_finish(a, b);
    load->elements += 3;
}
