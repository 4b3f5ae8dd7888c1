/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two subscribers, two operators and both ends of one call, without any I/O: the operators make
 * real vectors, the SIMs real answers, and the sessions are those of the product.
 */
#ifndef SIMAUTH_TESTS_SESSION_WORLD_H
#define SIMAUTH_TESTS_SESSION_WORLD_H

#include <simauth/milenage.h>
#include <simauth/session.h>

#define AOR_A "sip:alice@operator-a.example"
#define AOR_B "sip:bob@operator-b.example"
#define NAI_A "alice@operator-a.example"
#define NAI_B "bob@operator-b.example"
#define NAI_B_2 "bob-2@operator-b.example" /* another SIM of AOR_B */

extern const char world_offer[];                      /* SDP with zrtp-hash */
extern const char world_answer[];                     /* SDP with zrtp-hash */
extern const uint8_t world_fresh[SIMAUTH_X25519_LEN]; /* a fork's random octets */
extern const char world_no_zrtp[];                    /* SDP without */

/* One subscriber's SIM as its operator and its phone know it. */
struct world_sim {
    struct simauth_milenage milenage;
    uint8_t sqn[6];                      /* of the next vector */
    const struct simauth_method *method; /* "aka" until a test says otherwise */
};

struct world {
    struct world_sim sim_a, sim_b;
    struct simauth_seal_pair operator_a, operator_b; /* keys of the day */
    struct simauth_statement statement_a, statement_b;
    /* RAND_B' of the SIM NAI_B_2 (with the keys of sim_b), when it is the one that answers; method
     * NULL: it is not */
    struct simauth_challenge other;
    /* Each phone's key pair for its next session, made before; NULL: the session makes its own. */
    const struct simauth_seal_pair *pair_a, *pair_b;
    unsigned serial; /* makes every RAND and every session's randomness different */
};

void world_init(struct world *w);

struct simauth_session *world_caller(struct world *w, enum simauth_policy policy);
struct simauth_session *world_callee(struct world *w, enum simauth_policy policy);

/* A challenge that the operator draws for this SIM. */
struct simauth_challenge world_challenge(struct world *w, struct world_sim *sim);
/* The SIM's answer. */
struct simauth_card_answer world_card(const struct world_sim *sim,
                                      const struct simauth_challenge *challenge);
/* The vector for `subject` about `challenge`, sealed to `seal_to`. Clear with
 * simauth_vector_clear(). */
struct simauth_vector world_vector(struct world *w, enum simauth_subject subject,
                                   const struct simauth_challenge *challenge,
                                   const uint8_t *seal_to);
struct simauth_confirmation world_confirmation(const struct simauth_challenge *challenge);
/* The key of MAC_0 for `challenge` of the callee's SIM. */
struct simauth_secret world_mac0_key(const struct world *w,
                                     const struct simauth_challenge *challenge);

/* The other end, honest: what a callee answers to `element_1` when its gateway's vector for the
 * caller names `rand_a`. `resync`: its SIM's challenge was replaced; *replacement then is the new
 * challenge (may be NULL otherwise). */
struct simauth_session *world_honest_callee(struct world *w,
                                            const struct simauth_element *element_1,
                                            const struct simauth_challenge *rand_b,
                                            const struct simauth_challenge *rand_a, bool resync,
                                            struct simauth_challenge *replacement);
/* An honest caller up to READY, for a callee under test: *rand_b and *rand_a are the two
 * challenges. */
struct simauth_session *world_honest_caller(struct world *w, struct simauth_challenge *rand_b,
                                            struct simauth_challenge *rand_a);
/* A key that both hold, as the caller (`outgoing`) or the callee has it; `with` is stp or agt. */
struct simauth_held_key world_held_key(const char *with, bool outgoing);
/* NONCE_A or NONCE_B, a different one each time. */
void world_nonce(struct world *w, uint8_t nonce[static SIMAUTH_NONCE_LEN]);
struct simauth_element world_element(const struct simauth_session *s,
                                     enum simauth_element_kind kind);

#endif
