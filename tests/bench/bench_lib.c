/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPU time of libsimauth for one call, both phones, without I/O and without the operators' share:
 * `call` with the key pairs made before it, as the plugin has them, `pairs` what those cost,
 * `whole` with them made when they are needed. The peer is one X25519 key agreement (key pair and
 * shared secret, both ends) of libcrypto in the same run: what ZRTP itself spends on the same call.
 * Prints one JSON object a line: name, value, unit, peer, ratio, samples.
 */
#include "cpu.h"
#include "play.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 500

/* The stages of a call between which the operators work; only ours is timed. */
static double one_call(struct world *w)
{
    double spent = 0, start = cpu_us();
#define PAUSE() (spent += cpu_us() - start)
#define GO_ON() (start = cpu_us())
    struct simauth_session *a = world_caller(w, SIMAUTH_REQUIRE);
    struct simauth_session *b = world_callee(w, SIMAUTH_REQUIRE);
    simauth_session_begin_caller(a, world_offer, strlen(world_offer));
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
    play_finish(a, b);
    PAUSE();
    simauth_vector_clear(&v);
    return spent;
}

/* Both phones' pairs; *spent is what making them took. */
static double call_with_pairs_ahead(struct world *w, double *spent)
{
    struct simauth_seal_pair a, b;
    uint8_t random[32] = {(uint8_t)w->serial, 1};
    double start = cpu_us();
    bool good = !simauth_seal_pair_make(random, &a);
    random[1] = 2;
    good = good && !simauth_seal_pair_make(random, &b);
    *spent = cpu_us() - start;
    if (!good)
        exit(1);
    w->pair_a = &a;
    w->pair_b = &b;
    double call = one_call(w);
    w->pair_a = w->pair_b = NULL;
    return call;
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
    static double whole[ROUNDS], calls[ROUNDS], pairs[ROUNDS], peer[ROUNDS];
    struct world w;
    world_init(&w);
    for (int i = -20; i < ROUNDS; i++) {
        int n = i < 0 ? 0 : i; /* the first ones warm it up */
        if (i % 2)
            whole[n] = one_call(&w);
        peer[n] = one_agreement();
        calls[n] = call_with_pairs_ahead(&w, &pairs[n]);
        if (i % 2 == 0)
            whole[n] = one_call(&w);
    }
    double agreement = cpu_median(peer, ROUNDS);
    report("bench.lib.call", cpu_median(calls, ROUNDS), "one X25519 agreement, both ends",
           agreement);
    report("bench.lib.pairs", cpu_median(pairs, ROUNDS), "one X25519 agreement, both ends",
           agreement);
    report("bench.lib.whole", cpu_median(whole, ROUNDS), "one X25519 agreement, both ends",
           agreement);
    return 0;
}
