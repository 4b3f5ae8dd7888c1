/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session: one side of one authentication (at the caller: one for each To tag). A pure function
 * of its inputs: it asks nobody, waits for nothing and reads no clock. Each input returns the set
 * of things that the driver is to do now; what they need is read with the getters. States, events
 * and actions are in session_table.def.
 *
 * A session is used by one thread at a time; the driver may hand it from the main loop to its
 * worker and back.
 */
#ifndef SIMAUTH_SESSION_H
#define SIMAUTH_SESSION_H

#include "element.h"
#include "keys.h"
#include "setup.h"
#include "vector.h"

enum simauth_state {
#define STATE(name, text) SIMAUTH_STATE_##name,
#include "session_table.def"
#undef STATE
    SIMAUTH_STATE_COUNT
};
enum simauth_event {
#define EVENT(name, text) SIMAUTH_EVENT_##name,
#include "session_table.def"
#undef EVENT
    SIMAUTH_EVENT_COUNT
};
enum simauth_action_bit {
#define ACTION(name, text) SIMAUTH_ACTION_BIT_##name,
#include "session_table.def"
#undef ACTION
    SIMAUTH_ACTION_BIT_COUNT
};
/* A set of actions. */
enum simauth_action {
#define ACTION(name, text) SIMAUTH_DO_##name = 1 << SIMAUTH_ACTION_BIT_##name,
#include "session_table.def"
#undef ACTION
};
typedef unsigned simauth_actions;

enum simauth_policy {
    SIMAUTH_REQUIRE,
    SIMAUTH_PREFER,
    SIMAUTH_CONTINUE /* the person said: this once, even without proof */
};

/* The word for the person, and nothing in between. */
enum simauth_word {
    SIMAUTH_WORD_NONE,             /* nothing is known yet */
    SIMAUTH_WORD_ANNOUNCED,        /* B while ringing: announced by the caller's operator (MAC_0) */
    SIMAUTH_WORD_ANSWERED,         /* A after element 2: the callee's SIM answered */
    SIMAUTH_WORD_AUTHENTICATED,    /* both proofs right and the media keyed by both SIMs */
    SIMAUTH_WORD_NOT_AUTHENTICATED /* with simauth_session_reason() */
};

enum simauth_media_result {
    SIMAUTH_MEDIA_MATCH,    /* ZRTP secure, auxiliary secrets equal */
    SIMAUTH_MEDIA_MISMATCH, /* ZRTP secure, unequal or unset: a failure */
    SIMAUTH_MEDIA_WEAK      /* not ZRTP, cleared, or lowered */
};

enum simauth_gateway_problem {
    SIMAUTH_PROBLEM_REFUSED, /* 400, 401, 403, 409, 413, 422 */
    SIMAUTH_PROBLEM_NOBODY,  /* 404 */
    SIMAUTH_PROBLEM_DOWN     /* no answer in time, 429, 5xx, TLS failure */
};

struct simauth_session_config {
    enum simauth_policy policy; /* a pinned peer's is REQUIRE */
    const char *own_aor;     /* as this phone has it; any form that simauth_aor_canonical() takes */
    const char *peer_aor;    /* From (callee) or To (caller) as in the INVITE */
    const char *own_nai;     /* NULL: not known yet */
    const char *peer_nai;    /* pinned or named by the person; NULL: none. A vector with another is
                                VECTOR_BAD */
    uint8_t pinned_strength; /* strongest method seen with this peer, 0: none; a weaker one is
                                VECTOR_BAD */
    uint8_t random[64];      /* fresh random octets for the sealing keys (two requests at most) */
    const struct simauth_seal_pair *pair; /* the first request's key pair, made before and used in
                                             no other call; NULL: made from `random` when asked */
};

struct simauth_session;

/* NULL: out of memory or an AOR that has no canonical form. Everything is copied. Free with
 * simauth_session_free(). */
SIMAUTH_API struct simauth_session *
simauth_session_caller(const struct simauth_session_config *config);
SIMAUTH_API struct simauth_session *
simauth_session_callee(const struct simauth_session_config *config);
/* A copy for another To tag of the same INVITE (a fork), as it was when element 1 left. `random`:
 * fresh octets for the sealing key of its own request. NULL: out of memory. */
SIMAUTH_API struct simauth_session *
simauth_session_fork(const struct simauth_session *session,
                     const uint8_t random[static SIMAUTH_X25519_LEN]);
/* Wipes every key. NULL is allowed. */
SIMAUTH_API void simauth_session_free(struct simauth_session *session);

/* -- inputs ------------------------------------------------------------------------------------ */
/* Caller: the INVITE's SDP (NULL: none). */
SIMAUTH_API simauth_actions simauth_session_begin_caller(struct simauth_session *s, const char *sdp,
                                                         size_t sdp_len);
/* Caller: the same with a setup key (section 8) and a fresh NONCE_A, instead of the gateway and the
 * SIM. Returns 0 and stays as it was when the key is not for this call (other names, weaker than
 * pinned): simauth_session_begin_caller() then. */
SIMAUTH_API simauth_actions simauth_session_begin_held(
    struct simauth_session *s, const struct simauth_held_key *key,
    const uint8_t nonce_a[static SIMAUTH_NONCE_LEN], const char *sdp, size_t sdp_len);
/* Caller: answer to ASK_VECTOR when both operators gave a ticket (agt) instead; fresh NONCE_A. */
SIMAUTH_API simauth_actions simauth_session_ticket(struct simauth_session *s,
                                                   const struct simauth_held_key *key,
                                                   const uint8_t nonce_a[static SIMAUTH_NONCE_LEN]);
/* Callee: answer to FIND_KEY with a fresh NONCE_B; NULL: there is no such key. */
SIMAUTH_API simauth_actions simauth_session_found(struct simauth_session *s,
                                                  const struct simauth_held_key *key,
                                                  const uint8_t nonce_b[static SIMAUTH_NONCE_LEN]);
/* Caller: 480 with SIM;cause=3: the callee does not have the key. */
SIMAUTH_API simauth_actions simauth_session_key_unknown(struct simauth_session *s);
/* Callee: what simauth_element_read() found, and the INVITE's SDP. */
SIMAUTH_API simauth_actions simauth_session_begin_callee(struct simauth_session *s,
                                                         enum simauth_element_found found,
                                                         const struct simauth_element *element_1,
                                                         const char *sdp, size_t sdp_len);
/* Answer to ASK_VECTOR or ASK_REPLACED. `statement` is that of vector->op_key, verified. `own` is
 * the reserved challenge (caller, ASK_VECTOR), else NULL; `own_nai` as the gateway gave it, or
 * NULL. */
SIMAUTH_API simauth_actions simauth_session_vector(struct simauth_session *s,
                                                   const struct simauth_vector *vector,
                                                   const struct simauth_statement *statement,
                                                   const struct simauth_challenge *own,
                                                   const char *own_nai);
/* Answer to ASK_CHALLENGE: our gateway's word. */
struct simauth_confirmation {
    struct simauth_challenge challenge;
    char caller[SIMAUTH_AOR_MAX + 1];
    char callee[SIMAUTH_AOR_MAX + 1];
    char nai_a[SIMAUTH_NAI_MAX + 1];
    char nai_b[SIMAUTH_NAI_MAX + 1];
    char operator_name[SIMAUTH_OPERATOR_NAME_MAX + 1];
};
SIMAUTH_API simauth_actions simauth_session_challenge(
    struct simauth_session *s, const struct simauth_confirmation *confirmation);
/* Answer to ASK_CHALLENGE when element 1 challenges another SIM of our address: `confirmation` has
 * that SIM's `nai_b` and a challenge for ours, whose NAI is `own_nai`; `mac0_key` is that of
 * element 1. */
SIMAUTH_API simauth_actions simauth_session_offered(struct simauth_session *s,
                                                    const struct simauth_confirmation *confirmation,
                                                    const char *own_nai,
                                                    const struct simauth_secret *mac0_key);
/* Answer to ASK_RESYNC; `mac0_key` for a callee, else NULL. */
SIMAUTH_API simauth_actions simauth_session_resynced(struct simauth_session *s,
                                                     const struct simauth_challenge *own,
                                                     const struct simauth_secret *mac0_key);
/* Instead of any of these: the request failed, or (VECTOR_BAD) its answer was no good before it got
 * here. */
SIMAUTH_API simauth_actions simauth_session_problem(struct simauth_session *s,
                                                    enum simauth_gateway_problem problem);
SIMAUTH_API simauth_actions simauth_session_bad_vector(struct simauth_session *s);
/* Answer to RUN_CARD. */
SIMAUTH_API simauth_actions simauth_session_card(struct simauth_session *s,
                                                 const struct simauth_card_answer *answer);
/* Caller: a response above 100 of this dialog; `final` for a 2xx. Call again with the same after
 * HOLD, when RESUME came. */
SIMAUTH_API simauth_actions simauth_session_response(struct simauth_session *s, bool final,
                                                     enum simauth_element_found found,
                                                     const struct simauth_element *element_2,
                                                     const char *sdp, size_t sdp_len);
/* Callee: our response with this SDP (NULL: none) is about to leave. */
SIMAUTH_API simauth_actions simauth_session_answer(struct simauth_session *s, const char *sdp,
                                                   size_t sdp_len);
/* The ACK of the 2xx leaves / came. */
SIMAUTH_API simauth_actions simauth_session_ack_out(struct simauth_session *s, const char *sdp,
                                                    size_t sdp_len);
SIMAUTH_API simauth_actions simauth_session_ack_in(struct simauth_session *s,
                                                   enum simauth_element_found found,
                                                   const struct simauth_element *element_3,
                                                   const char *sdp, size_t sdp_len);
/* A later offer or answer (re-INVITE, UPDATE) from either side: nothing happens while every bound
 * value stays. */
SIMAUTH_API simauth_actions simauth_session_later_sdp(struct simauth_session *s, bool ours,
                                                      const char *sdp, size_t sdp_len);
/* Whether that description has every bound value, without a consequence: one that does not can
 * still be refused (488), and the call is as it was. */
SIMAUTH_API bool simauth_session_later_fits(const struct simauth_session *s, bool ours,
                                            const char *sdp, size_t sdp_len);
/* The same of our own offer, of which those streams do not count that the answer refused by port 0
 * (RFC 3264, 6; answer NULL, 0 octets: none). */
SIMAUTH_API bool simauth_session_offer_fits(const struct simauth_session *s, const char *offer,
                                            size_t offer_len, const char *answer,
                                            size_t answer_len);
/* Our own offer that did not fit was taken. */
SIMAUTH_API simauth_actions simauth_session_other_media(struct simauth_session *s);
/* REFER, or the other side became a conference: who is heard is no longer said by the two proofs.
 */
SIMAUTH_API simauth_actions simauth_session_handed_over(struct simauth_session *s);
SIMAUTH_API simauth_actions simauth_session_media(struct simauth_session *s,
                                                  enum simauth_media_result result);
SIMAUTH_API simauth_actions simauth_session_hold_expired(struct simauth_session *s);
SIMAUTH_API simauth_actions simauth_session_verdict_expired(struct simauth_session *s);
SIMAUTH_API simauth_actions simauth_session_hung_up(struct simauth_session *s);

/* -- what the driver reads --------------------------------------------------------------------- */
SIMAUTH_API enum simauth_state simauth_session_state(const struct simauth_session *s);
SIMAUTH_API enum simauth_word simauth_session_word(const struct simauth_session *s);
/* The event that led to UNPROVEN or REFUSED; SIMAUTH_EVENT_COUNT while there is none. */
SIMAUTH_API enum simauth_event simauth_session_reason(const struct simauth_session *s);
/* The public key for seal_to of the request that was just asked for. */
SIMAUTH_API const uint8_t *simauth_session_seal_to(const struct simauth_session *s);
/* The other side's challenge as first sent / as replaced (rand_len 0: not replaced); the own one
 * for RUN_CARD. */
SIMAUTH_API const struct simauth_challenge *
simauth_session_peer_challenge(const struct simauth_session *s);
SIMAUTH_API const struct simauth_challenge *
simauth_session_own_challenge(const struct simauth_session *s);
/* Elements as text; NULL when the session has not made or read them. Valid until the session is
 * freed. */
SIMAUTH_API const char *simauth_session_element(const struct simauth_session *s,
                                                enum simauth_element_kind kind);
/* RAND_B' that element 2 named, for ASK_REPLACED. Returns its length, 0 when there is none. */
SIMAUTH_API size_t simauth_session_replaced(const struct simauth_session *s, const uint8_t **rand);
/* AUTS for ASK_RESYNC, SIMAUTH_AUTS_LEN octets. */
SIMAUTH_API const uint8_t *simauth_session_auts(const struct simauth_session *s);
/* After KEY_MEDIA. `label` is SIMAUTH_LABEL_ZRTP or another of section 4. SIMAUTH_NOT_OURS while
 * there is no SSK_A/B. */
SIMAUTH_API enum simauth_result simauth_session_key(const struct simauth_session *s,
                                                    const char *label, size_t len,
                                                    struct simauth_secret *key);
/* Whether the call rests on a setup key, and since when its peer is known: the time of the last
 * exchange in which both SIMs took part, seconds since 1970; 0: it does not. */
SIMAUTH_API int64_t simauth_session_known_since(const struct simauth_session *s);
/* The KEYID or TICKET and NONCE_A of element 1, for FIND_KEY. */
SIMAUTH_API const struct simauth_element *simauth_session_opening(const struct simauth_session *s);
/* When the call ended, at `now`: the keys for the next call in this direction and in the other, of
 * `lifetime` seconds. `began`: when the call did, before any SIM took part in it; what happens to a
 * SIM during the call is after that. All in seconds, the times since 1970. SIMAUTH_NOT_OURS: the
 * call was not authenticated; SIMAUTH_EXPIRED: `lifetime` is 0 or both SIMs took part too long ago.
 * Wipe them. */
SIMAUTH_API enum simauth_result simauth_session_setup_keys(const struct simauth_session *s,
                                                           int64_t began, int64_t now,
                                                           int64_t lifetime,
                                                           struct simauth_held_key keys[2]);
/* Our wish for the lifetime in seconds, for the BYE or its 200 (SIM-Auth header): `text` has room
 * for SIMAUTH_WISH_MAX + 1. SIMAUTH_NOT_OURS as above; SIMAUTH_MALFORMED: not 0 to
 * SIMAUTH_SETUP_SIM_LIMIT. */
#define SIMAUTH_WISH_MAX 40
SIMAUTH_API enum simauth_result simauth_session_write_wish(const struct simauth_session *s,
                                                           int64_t seconds, char *text);
/* The other side's. SIMAUTH_MALFORMED, SIMAUTH_WRONG (its MAC), SIMAUTH_NOT_OURS; *seconds is then
 * -1, as for none. */
SIMAUTH_API enum simauth_result simauth_session_read_wish(const struct simauth_session *s,
                                                          const char *text, int64_t *seconds);
/* Names as vouched for; "" while unknown. The name of the operator that vouches for the peer. */
SIMAUTH_API const char *simauth_session_peer_nai(const struct simauth_session *s);
SIMAUTH_API const char *simauth_session_own_nai(const struct simauth_session *s);
SIMAUTH_API const char *simauth_session_peer_operator(const struct simauth_session *s);
/* How the peer was authenticated; with a setup key, how it was when the key's first call was. */
SIMAUTH_API const struct simauth_method *
simauth_session_peer_method(const struct simauth_session *s);
SIMAUTH_API int
simauth_session_peer_sim_age(const struct simauth_session *s); /* days, -1 unknown */

SIMAUTH_API const char *simauth_state_name(enum simauth_state state); /* "CALLER_IDLE" */
SIMAUTH_API const char *simauth_event_name(enum simauth_event event); /* "CARD_FAILED" */
SIMAUTH_API const char *
simauth_event_text(enum simauth_event event); /* for the log and for people */
/* Whether the table has an entry for the pair (the walk of the unit tests). */
enum simauth_table_entry { SIMAUTH_ENTRY_NONE, SIMAUTH_ENTRY_IGNORED, SIMAUTH_ENTRY_ROW };
SIMAUTH_API enum simauth_table_entry simauth_session_entry(enum simauth_state state,
                                                           enum simauth_event event,
                                                           enum simauth_policy policy,
                                                           enum simauth_state *next,
                                                           simauth_actions *actions);
#endif
