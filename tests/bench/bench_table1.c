/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Table 1 of Jiang's paper with the protocol library: m originators call n destinations each,
 * twice. End-to-end: both SIMs in every call. Hybrid: both SIMs in the first, a setup key in the
 * second. Agents: a ticket in every call. What the sessions ask for is counted, and their CPU and
 * that of the operators' vectors and seals is timed together. bench.agt.table1 has the same with
 * real phones. Prints one JSON object a line.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct load {
    unsigned long sims, requests, elements;
    double us;
};

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Counts what a session asks of SIM and gateway. */
static simauth_actions seen(struct load *load, simauth_actions actions)
{
    load->sims += (actions & SIMAUTH_DO_RUN_CARD) != 0;
    load->requests += (actions & SIMAUTH_DO_ASK_VECTOR) != 0;
    load->requests += (actions & SIMAUTH_DO_ASK_CHALLENGE) != 0;
    return actions;
}

/* From element 2 to both words. */
static void finish(struct load *load, struct simauth_session *a, struct simauth_session *b)
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
    load->elements += 3;
    if (simauth_session_word(a) != SIMAUTH_WORD_AUTHENTICATED ||
        simauth_session_word(b) != SIMAUTH_WORD_AUTHENTICATED)
        exit(1);
    simauth_session_free(a);
    simauth_session_free(b);
}

static void by_sims(struct world *w, struct load *load)
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
    finish(load, a, b);
}

/* `with`: stp, which asks nobody, or agt, whose ticket and claim are a request each. */
static void by_key(struct world *w, const char *with, struct load *load)
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
    finish(load, a, b);
}

static void report(const char *model, unsigned m, unsigned n, const struct load *load)
{
    const struct {
        const char *what, *unit;
        double value;
    } rows[] = {{"SIM operations", "", (double)load->sims},
                {"gateway requests", "", (double)load->requests},
                {"elements", "", (double)load->elements},
                {"CPU", "ms", load->us / 1000}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        printf("{\"name\": \"table 1, library, %s, %u to %u, %s\", \"value\": %.6g, \"unit\": "
               "\"%s\", \"model\": \"%s\", \"m\": %u, \"n\": %u, \"what\": \"%s\"}\n",
               model, m, n, rows[i].what, rows[i].value, rows[i].unit, model, m, n, rows[i].what);
}

/* Two calls of each originator to each destination. */
static void group(const char *model, unsigned m, unsigned n)
{
    struct world w;
    struct load load = {0};
    double start;

    world_init(&w);
    start = cpu_us();
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < m * n; i++) {
            if (strcmp(model, "agents") == 0)
                by_key(&w, "agt", &load);
            else if (strcmp(model, "hybrid") == 0 && round > 0)
                by_key(&w, "stp", &load);
            else
                by_sims(&w, &load);
        }
    load.us = cpu_us() - start;
    report(model, m, n, &load);
}

int main(void)
{
    static const unsigned sizes[][2] = {{1, 10}, {1, 100}, {1, 1000}, {4, 1000}};
    static const char *const models[] = {"end-to-end", "hybrid", "agents"};

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t i = 0; i < sizeof models / sizeof *models; i++)
            group(models[i], sizes[s][0], sizes[s][1]);
    return 0;
}
