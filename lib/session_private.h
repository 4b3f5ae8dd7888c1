/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the session share: its data and the one function that moves it. */
#ifndef SIMAUTH_SESSION_PRIVATE_H
#define SIMAUTH_SESSION_PRIVATE_H

#include <simauth/binding.h>
#include <simauth/session.h>
#include <simauth/transcript.h>

#include "streams.h"

enum session_role { ROLE_CALLER, ROLE_CALLEE };

struct simauth_session {
    enum session_role role;
    enum simauth_policy policy;
    enum simauth_state state;
    enum simauth_event reason; /* SIMAUTH_EVENT_COUNT: none */
    enum simauth_word word;

    char own_aor[SIMAUTH_AOR_MAX + 1]; /* canonical, for comparison only */
    char peer_aor[SIMAUTH_AOR_MAX + 1];
    char own_nai[SIMAUTH_NAI_MAX + 1];    /* "" while unknown */
    char pinned_nai[SIMAUTH_NAI_MAX + 1]; /* "" when the peer is not pinned */
    uint8_t pinned_strength;

    /* Names as vouched for: their octets are those of the keys and transcripts. */
    char aor_a[SIMAUTH_AOR_MAX + 1];
    char aor_b[SIMAUTH_AOR_MAX + 1];
    char nai_a[SIMAUTH_NAI_MAX + 1];
    char nai_b[SIMAUTH_NAI_MAX + 1];
    char asked_nai_b[SIMAUTH_NAI_MAX + 1]; /* callee: another SIM of our address; "" when it is ours
                                              that was asked for */
    char peer_operator[SIMAUTH_OPERATOR_NAME_MAX + 1];
    const struct simauth_method *peer_method;
    int peer_sim_age;

    uint8_t random[64];
    struct simauth_seal_pair pair;
    struct simauth_challenge peer_challenge; /* what the peer's SIM is asked */
    struct simauth_challenge own_challenge;  /* what our SIM is asked */
    uint8_t first_rand[SIMAUTH_CHAL_MAX];    /* own RAND before a resynchronisation */
    bool resynced;
    uint8_t auts[SIMAUTH_AUTS_LEN];

    struct simauth_element element_1; /* text[0] is NUL while there is none */
    struct simauth_element element_2;
    struct simauth_element element_3;
    struct simauth_octets invite_binding;
    struct simauth_octets answer_binding;
    struct simauth_octets ack_binding;
    bool invite_has_zrtp;
    /* Those of the two bound descriptions of A and B (streams.h), for what comes later. */
    struct simauth_octets streams_a;
    struct simauth_octets streams_b;
    struct simauth_octets t2; /* once element 2 is known */
    struct simauth_octets t3; /* once the answer's SDP is bound */

    struct simauth_held_key held; /* with: NULL for a call that both SIMs prove */

    struct simauth_secret ssk_callee; /* SSK_A=>B */
    struct simauth_secret ssk_caller; /* SSK_B=>A */
    struct simauth_secret ssk;        /* SSK_A/B */
};

/* Looks the event up, moves, and returns what is to be done. */
simauth_actions session_advance(struct simauth_session *s, enum simauth_event event);

struct simauth_names session_names(const struct simauth_session *s);
bool session_rand_equal(const struct simauth_challenge *c, const uint8_t *rand, size_t rand_len);
/* Makes the key pair for request `n` (0 or 1) out of the session's random octets. */
enum simauth_result session_new_pair(struct simauth_session *s, int n);
/* What is the same for both roles in a vector: for this call, from the operator of `nai`, no weaker
 * than pinned. */
bool session_vector_fits(const struct simauth_session *s, const struct simauth_vector *vector,
                         const struct simauth_statement *statement, const char *peer_nai);
void session_take_peer(struct simauth_session *s, const struct simauth_vector *vector,
                       const struct simauth_statement *statement);
/* The SSK of our own SIM's answer. */
enum simauth_result session_own_ssk(struct simauth_session *s,
                                    const struct simauth_card_answer *answer);
/* HKDF(key, label, 32) and MAC over the transcript. */
enum simauth_result session_mac(const struct simauth_secret *key, const char *label,
                                const struct simauth_octets *transcript,
                                uint8_t mac[static SIMAUTH_MAC_LEN]);
/* T2 into s->t2 and MAC_B of it under SSK_A=>B. */
enum simauth_result session_mac_b(struct simauth_session *s, uint8_t mac[static SIMAUTH_MAC_LEN]);
/* Binds the INVITE's SDP. */
enum simauth_result session_bind_invite(struct simauth_session *s, const char *sdp, size_t len);
/* Binds the first SDP of the dialog: T3 and SSK_A/B. */
enum simauth_result session_bind_answer(struct simauth_session *s, const char *sdp, size_t len);
/* Whether an answer after early media is the bound one but for streams that it ends by port 0,
 * none of them the first: it is the bound one from then on, so that none of them comes back. */
bool session_answer_less(struct simauth_session *s, const char *sdp, size_t sdp_len);
/* Gives SDP_FIRST, SDP_DIFFERENT, MEDIA_WEAK or nothing to an SDP of the dialog. */
simauth_actions session_answer_sdp(struct simauth_session *s, const char *sdp, size_t len);
/* What an ACK binds. */
struct session_ack {
    struct simauth_octets binding;
    struct simauth_octets streams; /* A's */
};
/* MAC_A of an ACK with this SDP, and what it binds; session_ack_take() or session_ack_clear(). */
enum simauth_result session_mac_a(const struct simauth_session *s, const char *sdp, size_t len,
                                  struct session_ack *ack, uint8_t mac[static SIMAUTH_MAC_LEN]);
/* `ack` is the session's from now on. Its streams count where the INVITE had none; of a description
 * that could not be read they are those of before. */
void session_ack_take(struct simauth_session *s, struct session_ack *ack);
void session_ack_clear(struct session_ack *ack);

/* Element 1 with MAC_0 and element 2 with MAC_B out of the session's challenges and keys. */
enum simauth_result session_make_element_1(struct simauth_session *s);
enum simauth_result session_make_element_2(struct simauth_session *s);
/* MAC_0 under its key, or under SSK_A=>B when `mac0_key` is NULL. */
bool session_opening_right(const struct simauth_session *s, const struct simauth_secret *mac0_key);
/* Caller of a held key: SSK_B=>A, once element 2 has brought NONCE_B. */
enum simauth_result session_take_nonce_b(struct simauth_session *s);

/* One side each; the state was not looked at yet. */
simauth_actions session_caller_vector(struct simauth_session *s,
                                      const struct simauth_vector *vector,
                                      const struct simauth_statement *statement,
                                      const struct simauth_challenge *own, const char *own_nai);
simauth_actions session_callee_vector(struct simauth_session *s,
                                      const struct simauth_vector *vector,
                                      const struct simauth_statement *statement);
simauth_actions session_caller_resynced(struct simauth_session *s,
                                        const struct simauth_challenge *own);
simauth_actions session_callee_resynced(struct simauth_session *s,
                                        const struct simauth_challenge *own,
                                        const struct simauth_secret *mac0_key);
simauth_actions session_caller_card(struct simauth_session *s,
                                    const struct simauth_card_answer *answer);
simauth_actions session_callee_card(struct simauth_session *s,
                                    const struct simauth_card_answer *answer);

#endif
