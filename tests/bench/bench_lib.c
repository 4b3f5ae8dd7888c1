/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPU time of libsimauth for one call, both phones, without I/O and without the operators' share.
 * The peer is one X25519 key agreement (key pair and shared secret, both ends) of libcrypto in the
 * same run: what ZRTP itself spends on the same call. Prints one JSON object a line: name, value,
 * unit, peer, ratio, samples.
 */
#include "world.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 500

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_value);
    return values[ROUNDS / 2];
}

/* The stages of a call between which the operators work; only ours is timed. */
static double one_call(struct world *w, double *sealing)
{
    double spent = 0, start = cpu_us();
#define PAUSE() (spent += cpu_us() - start)
#define GO_ON() (start = cpu_us())
    struct simauth_session *a = world_caller(w, SIMAUTH_REQUIRE);
    struct simauth_session *b = world_callee(w, SIMAUTH_REQUIRE);
    double before_seal = cpu_us();
    simauth_session_begin_caller(a, world_offer, strlen(world_offer));
    *sealing = cpu_us() - before_seal;
    PAUSE();
    struct simauth_challenge rand_b = world_challenge(w, &w->sim_b);
    struct simauth_challenge rand_a = world_challenge(w, &w->sim_a);
    struct simauth_vector v =
        world_vector(w, SIMAUTH_SUBJECT_CALLEE, &rand_b, simauth_session_seal_to(a));
    struct simauth_card_answer card_a = world_card(&w->sim_a, &rand_a);
    struct simauth_card_answer card_b = world_card(&w->sim_b, &rand_b);
    struct simauth_confirmation word = world_confirmation(&rand_b);
    GO_ON();
    simauth_session_vector(a, &v, &w->statement_b, &rand_a, NAI_A);
    simauth_session_card(a, &card_a);
    struct simauth_element e1 = world_element(a, SIMAUTH_ELEMENT_1);
    simauth_session_begin_callee(b, SIMAUTH_ELEMENT_FOUND, &e1, world_offer, strlen(world_offer));
    simauth_session_challenge(b, &word);
    simauth_session_card(b, &card_b);
    PAUSE();
    simauth_vector_clear(&v);
    v = world_vector(w, SIMAUTH_SUBJECT_CALLER, &rand_a, simauth_session_seal_to(b));
    GO_ON();
    simauth_session_vector(b, &v, &w->statement_a, NULL, NULL);
    struct simauth_element e2 = world_element(b, SIMAUTH_ELEMENT_2);
    simauth_session_answer(b, world_answer, strlen(world_answer));
    simauth_session_response(a, true, SIMAUTH_ELEMENT_FOUND, &e2, world_answer,
                             strlen(world_answer));
    simauth_session_ack_out(a, NULL, 0);
    struct simauth_element e3 = world_element(a, SIMAUTH_ELEMENT_3);
    simauth_session_ack_in(b, SIMAUTH_ELEMENT_FOUND, &e3, NULL, 0);
    simauth_session_media(a, SIMAUTH_MEDIA_MATCH);
    simauth_session_media(b, SIMAUTH_MEDIA_MATCH);
    bool good = simauth_session_word(a) == SIMAUTH_WORD_AUTHENTICATED &&
                simauth_session_word(b) == SIMAUTH_WORD_AUTHENTICATED;
    simauth_session_free(a);
    simauth_session_free(b);
    PAUSE();
    simauth_vector_clear(&v);
    if (!good)
        exit(1);
    return spent;
}

static EVP_PKEY *x25519_pair(void)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
}

static void x25519_derive(EVP_PKEY *own, EVP_PKEY *peer)
{
    unsigned char z[32];
    size_t len = sizeof z;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
    if (!ctx || EVP_PKEY_derive_init(ctx) <= 0 || EVP_PKEY_derive_set_peer(ctx, peer) <= 0 ||
        EVP_PKEY_derive(ctx, z, &len) <= 0)
        exit(1);
    EVP_PKEY_CTX_free(ctx);
}

static double one_agreement(void)
{
    double start = cpu_us();
    EVP_PKEY *a = x25519_pair(), *b = x25519_pair();
    x25519_derive(a, b);
    x25519_derive(b, a);
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
    return cpu_us() - start;
}

static void report(const char *name, double value, const char *peer, double peer_value)
{
    printf("{\"name\": \"%s\", \"value\": %.1f, \"unit\": \"us CPU\", \"peer\": \"%s\", "
           "\"peer_value\": %.1f, \"ratio\": %.2f, \"samples\": %d}\n",
           name, value, peer, peer_value, value / peer_value, ROUNDS);
}

int main(void)
{
    static double ours[ROUNDS], peer[ROUNDS], pairs[ROUNDS];
    struct world w;
    world_init(&w);
    for (int i = 0; i < 20; i++) { /* warm */
        double unused;
        one_call(&w, &unused);
        one_agreement();
    }
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 2) {
            ours[i] = one_call(&w, &pairs[i]);
            peer[i] = one_agreement();
        } else {
            peer[i] = one_agreement();
            ours[i] = one_call(&w, &pairs[i]);
        }
    }
    double agreement = median(peer);
    report("bench.lib.call", median(ours), "one X25519 agreement, both ends", agreement);
    report("bench.lib.begin", median(pairs), "one X25519 agreement, both ends", agreement);
    return 0;
}
