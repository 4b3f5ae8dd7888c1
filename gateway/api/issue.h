/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making and giving vectors: the same code for a phone of ours and for a partner. All inside a
 * writing transaction. */
#ifndef SIMAUTH_GATEWAY_ISSUE_H
#define SIMAUTH_GATEWAY_ISSUE_H

#include "request.h"

/* What a step found; `problem` PROBLEM_NONE and `store` STORE_OK: all is well. */
struct outcome {
    enum problem problem;
    const char *reason; /* static storage */
    enum store_result store;
};
#define FEDERATION_NOTHING "/v1/federation"
#define FEDERATION_VECTORS "/v1/federation/vectors"
#define OUTCOME_GOOD ((struct outcome){PROBLEM_NONE, NULL, STORE_OK})
struct outcome outcome_problem(enum problem problem, const char *reason);
struct outcome outcome_store(enum store_result result);
bool outcome_good(const struct outcome *outcome);
/* What the same call once more gives: each is one more answer that is kept. */
struct outcome outcome_once_more(struct request *request);
/* The answer to one that is not good; `detail` (may be NULL) goes to the asker. */
void outcome_refuse(struct request *request, const struct outcome *outcome, const char *detail);
/* request_finish() with it; a good one without an `object` (taken) is an answer that failed. */
void outcome_finish(struct request *request, const struct outcome *outcome, json_t *object);
/* The same with an answer that is written out. */
void outcome_finish_text(struct request *request, const struct outcome *outcome, char *text);

/* Who vouches for an address (docs/protocol.md section 3). */
struct voucher {
    bool own;
    struct store_partner partner; /* when not own; clear with store_partner_clear() */
};
struct outcome find_voucher(struct gateway *gateway, const char *aor, const char *nai,
                            struct voucher *voucher);
/* For an address outside all realms, where it counts who spoke for it: "two vouchers" when another
 * than `speaker` (a partner, 0: this operator) did within 30 days. In an open transaction. */
struct outcome check_claims(struct gateway *gateway, const char *aor, int64_t speaker, int64_t now);
/* The same for an address that the asking partner speaks for now, which is remembered, so that the
 * other one is told as well; what the answer has to wait for is in request->claimed. Outside of
 * transactions. */
struct outcome claim_address(struct request *request, const char *aor);
/* By its answer the partner that was asked speaks for the callee: remembers it in the open writing
 * transaction. */
struct outcome claim_by_answer(struct request *request, const char *aor);
/* The transaction with that claim did not hold: it does not count, unless it comes again. */
void claim_failed(struct request *request);
/* The caller's own address, and an operator that vouches for the callee: for a request of a phone.
 * In an open transaction, which stays open; store_partner_clear(&voucher->partner) in any case. */
struct outcome vouch_for_pair(struct request *request, const struct body_vectors *body,
                              struct voucher *voucher);
/* Whether a partner may ask for this pair. In an open transaction. */
struct outcome partner_may_ask(struct request *request, const struct body_vectors *body);
/* By asking for a call a partner speaks for the caller's address. False: answered. Outside of
 * transactions. */
bool partner_claims_caller(struct request *request, const struct body_vectors *body);
/* Answers the phone when the partner gave nothing; true when it did so. */
bool partner_refused(struct request *request);
/* The subscriber of ours that is called; wipe with store_subscriber_wipe(). */
struct outcome find_callee(struct request *request, const struct body_vectors *body,
                           struct store_subscriber *subscriber);
/* Whether the agreement holds now. */
bool partner_active(const struct store_partner *partner, int64_t now);
bool partner_has_realm(const struct store_partner *partner, const char *realm);

/* AV_B for a callee of ours. `peer` NULL: the caller is ours too. `record` is that of the call; its
 * id goes into the vector. `vector` is filled, its ssk to be wiped. */
struct outcome issue_callee(struct request *request, const struct body_vectors *body,
                            const char *nai_a, const struct store_partner *peer,
                            struct store_record *record, struct store_vector *vector);
/* What a caller's gateway can do before it asks the callee's, so that its disk works while the
 * other does: the caller's own vector, where the source draws. One that fetches is asked after the
 * partner: who can have none is told before the partner makes one. */
struct outcome issue_ahead(struct request *request);
/* AV_A reserved for our caller. */
struct outcome issue_caller(struct request *request, const struct body_vectors *body,
                            const uint8_t *rand_b, size_t rand_b_len, const char *nai_b,
                            int64_t peer, int64_t record, struct store_vector *vector);
/* A vector in the place of `old`, after its SIM's AUTS was found right: RAND, AUTN and SSK of
 * `fresh` are new. */
struct outcome issue_again(struct request *request, const struct store_vector *old,
                           const struct body_auts *auts, struct store_vector *fresh);
/* AV_B for the asking SIM of ours, in a call whose RAND_B (`first`) challenges another SIM of the
 * same address: confirmed at once, for element 1 as `element` has it, with a record of its own. */
struct outcome issue_other_sim(struct request *request, const struct store_vector *first,
                               const char *element, struct store_vector *vector);
/* AV_B in the place of another, as the caller asks for it by {RAND_B, RAND_B'}. */
struct outcome give_replaced(struct request *request, const struct body_vectors *body,
                             const char *nai_a, int64_t peer, struct store_vector *vector);
/* What the caller's phone has to know of the half that was given for RAND_B'; len 0: none was. */
struct outcome find_mix(struct request *request, const struct body_vectors *body,
                        struct simauth_secret *mix);
/* AV_A, once: `body->rand` is RAND_B as first issued. With `body->replaced`, the RAND_B' of another
 * SIM of the callee's address: that SIM's own half of the key, once too. */
struct outcome give_caller(struct request *request, const struct body_vectors *body, int64_t peer,
                           struct store_vector *vector);

/* Appends the vector object, sealed. False: no memory, or the seal could not be made. */
bool vector_append(struct gateway *gateway, const struct store_vector *vector,
                   const uint8_t seal_to[static SIMAUTH_X25519_LEN], struct simauth_octets *text);
/* {"vector":...}, malloc'ed; NULL as there. */
char *vector_answer(struct gateway *gateway, const struct store_vector *vector,
                    const uint8_t seal_to[static SIMAUTH_X25519_LEN]);
/* What was appended, malloc'ed; NULL where appending failed. `text` is empty then. */
char *text_take(struct simauth_octets *text);
/* NULL: no memory. */
json_t *challenge_object(const struct store_vector *vector);
/* Whether it came into its state within the last `seconds`. */
bool is_young(const struct request *request, const struct store_vector *vector, int seconds);
/* Whether the names of `vector` are those of the request. */
bool same_names(const struct store_vector *vector, const struct body_vectors *body);

#endif
