/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The callee's side (Entity-B): element 1 checked, element 2 out, element 3 checked. */
#include "session_private.h"

#include <openssl/crypto.h>
#include <string.h>

simauth_actions simauth_session_begin_callee(struct simauth_session *s,
                                             enum simauth_element_found found,
                                             const struct simauth_element *element_1,
                                             const char *sdp, size_t sdp_len)
{
    if (s->state != SIMAUTH_STATE_CALLEE_IDLE)
        return 0;
    if (found != SIMAUTH_ELEMENT_FOUND || session_bind_invite(s, sdp, sdp_len) ||
        session_new_pair(s, 0))
        return session_advance(s, SIMAUTH_EVENT_INVITE_BARE);
    s->element_1 = *element_1;
    return session_advance(s, simauth_method_is_held(element_1->method) ? SIMAUTH_EVENT_BEGIN_HELD
                                                                        : SIMAUTH_EVENT_BEGIN);
}

/* `own_nai` is that of the SIM for which the challenge is. */
static bool confirmation_fits(const struct simauth_session *s, const struct simauth_confirmation *c,
                              const char *own_nai)
{
    return c->challenge.method == s->element_1.method && simauth_aor_same(c->caller, s->peer_aor) &&
           simauth_aor_same(c->callee, s->own_aor) && simauth_nai_check(c->nai_a) == SIMAUTH_OK &&
           simauth_nai_check(c->nai_b) == SIMAUTH_OK &&
           (!s->own_nai[0] || strcmp(s->own_nai, own_nai) == 0) &&
           (!s->pinned_nai[0] || strcmp(s->pinned_nai, c->nai_a) == 0);
}

static void take_confirmation(struct simauth_session *s, const struct simauth_confirmation *c)
{
    strcpy(s->aor_a, c->caller);
    strcpy(s->aor_b, c->callee);
    strcpy(s->nai_a, c->nai_a);
    strcpy(s->nai_b, c->nai_b);
}

simauth_actions simauth_session_challenge(struct simauth_session *s,
                                          const struct simauth_confirmation *confirmation)
{
    if (s->state != SIMAUTH_STATE_CALLEE_CONFIRMING)
        return 0;
    if (!confirmation_fits(s, confirmation, confirmation->nai_b) ||
        !session_rand_equal(&confirmation->challenge, s->element_1.rand, s->element_1.rand_len))
        return session_advance(s, SIMAUTH_EVENT_CHALLENGE_BAD);
    take_confirmation(s, confirmation);
    s->own_challenge = confirmation->challenge;
    return session_advance(s, SIMAUTH_EVENT_CHALLENGE_GOOD);
}

bool session_opening_right(const struct simauth_session *s, const struct simauth_secret *mac0_key)
{
    uint8_t mac[SIMAUTH_MAC_LEN];
    struct simauth_octets t1 = {0};
    const struct simauth_names names = session_names(s);
    enum simauth_result result = simauth_t1(&t1, &names, &s->element_1, &s->invite_binding);
    if (!result)
        result = mac0_key ? simauth_mac(mac0_key, &t1, mac)
                          : session_mac(&s->ssk_callee, SIMAUTH_LABEL_MAC_0, &t1, mac);
    bool right = !result && CRYPTO_memcmp(mac, s->element_1.mac, sizeof mac) == 0;
    OPENSSL_cleanse(mac, sizeof mac);
    simauth_octets_clear(&t1);
    return right;
}

/* Element 2 has room for one challenge of 16 octets, and the operator of both SIMs is one. */
static bool offer_fits(const struct simauth_session *s, const struct simauth_confirmation *c,
                       const char *own_nai)
{
    return simauth_nai_check(own_nai) == SIMAUTH_OK && strcmp(own_nai, c->nai_b) != 0 &&
           strcmp(simauth_nai_realm(own_nai), simauth_nai_realm(c->nai_b)) == 0 &&
           c->challenge.rand_len == SIMAUTH_RAND_LEN &&
           !session_rand_equal(&c->challenge, s->element_1.rand, s->element_1.rand_len);
}

simauth_actions simauth_session_offered(struct simauth_session *s,
                                        const struct simauth_confirmation *confirmation,
                                        const char *own_nai, const struct simauth_secret *mac0_key)
{
    if (s->state != SIMAUTH_STATE_CALLEE_CONFIRMING)
        return 0;
    if (!confirmation_fits(s, confirmation, own_nai) || !offer_fits(s, confirmation, own_nai))
        return session_advance(s, SIMAUTH_EVENT_CHALLENGE_BAD);
    take_confirmation(s, confirmation);
    bool right = mac0_key->len > 0 && session_opening_right(s, mac0_key);
    /* MAC_0 names the SIM that was asked for; everything from here on names ours. */
    strcpy(s->asked_nai_b, confirmation->nai_b);
    strcpy(s->nai_b, own_nai);
    s->resynced = true; /* element 2 names our challenge, and there is no second */
    s->own_challenge = confirmation->challenge;
    return session_advance(s, right ? SIMAUTH_EVENT_RESYNC_RIGHT : SIMAUTH_EVENT_RESYNC_WRONG);
}

simauth_actions session_callee_card(struct simauth_session *s,
                                    const struct simauth_card_answer *answer)
{
    if (session_own_ssk(s, answer))
        return session_advance(s, SIMAUTH_EVENT_CARD_FAILED);
    if (s->state == SIMAUTH_STATE_CALLEE_RECARDING)
        return session_advance(s, SIMAUTH_EVENT_CARD_GOOD);
    return session_advance(s, session_opening_right(s, NULL) ? SIMAUTH_EVENT_OPENING_RIGHT
                                                             : SIMAUTH_EVENT_OPENING_WRONG);
}

simauth_actions session_callee_resynced(struct simauth_session *s,
                                        const struct simauth_challenge *own,
                                        const struct simauth_secret *mac0_key)
{
    if (s->state != SIMAUTH_STATE_CALLEE_RESYNCING)
        return 0;
    bool right = own->method == s->own_challenge.method && mac0_key && mac0_key->len > 0 &&
                 !session_rand_equal(own, s->own_challenge.rand, s->own_challenge.rand_len) &&
                 session_opening_right(s, mac0_key);
    if (right)
        s->own_challenge = *own;
    return session_advance(s, right ? SIMAUTH_EVENT_RESYNC_RIGHT : SIMAUTH_EVENT_RESYNC_WRONG);
}

/* Element 2 with MAC_B: it needs no SDP, so it can go out with the first response whatever that is.
 */
enum simauth_result session_make_element_2(struct simauth_session *s)
{
    struct simauth_element *e = &s->element_2;
    *e = (struct simauth_element){.kind = SIMAUTH_ELEMENT_2, .method = s->peer_method};
    e->rand_len = s->peer_challenge.rand_len;
    memcpy(e->rand, s->peer_challenge.rand, e->rand_len);
    if (s->resynced) {
        e->replaced_len = s->own_challenge.rand_len;
        memcpy(e->replaced, s->own_challenge.rand, e->replaced_len);
    }
    enum simauth_result result = simauth_element_write(e);
    if (!result)
        result = session_mac_b(s, e->mac);
    if (!result)
        result = simauth_element_write(e);
    if (result)
        e->text[0] = '\0';
    return result;
}

simauth_actions session_callee_vector(struct simauth_session *s,
                                      const struct simauth_vector *vector,
                                      const struct simauth_statement *statement)
{
    if (s->state != SIMAUTH_STATE_CALLEE_ASKING)
        return 0;
    const char *nai_b = s->asked_nai_b[0] ? s->asked_nai_b : s->nai_b;
    bool same = vector->subject == SIMAUTH_SUBJECT_CALLER &&
                strcmp(vector->caller, s->aor_a) == 0 && strcmp(vector->callee, s->aor_b) == 0 &&
                strcmp(vector->nai_a, s->nai_a) == 0 && strcmp(vector->nai_b, nai_b) == 0 &&
                session_vector_fits(s, vector, statement, vector->nai_a);
    if (!same || simauth_unseal(vector, statement->key, &s->pair, &s->ssk_caller))
        return session_advance(s, SIMAUTH_EVENT_VECTOR_BAD);
    session_take_peer(s, vector, statement);
    if (session_make_element_2(s))
        return session_advance(s, SIMAUTH_EVENT_VECTOR_BAD);
    return session_advance(s, SIMAUTH_EVENT_VECTOR_GOOD);
}

simauth_actions simauth_session_answer(struct simauth_session *s, const char *sdp, size_t sdp_len)
{
    return session_answer_sdp(s, sdp, sdp_len);
}

simauth_actions simauth_session_ack_in(struct simauth_session *s, enum simauth_element_found found,
                                       const struct simauth_element *element_3, const char *sdp,
                                       size_t sdp_len)
{
    struct session_ack ack = {0};
    uint8_t mac[SIMAUTH_MAC_LEN];
    bool right = found == SIMAUTH_ELEMENT_FOUND && s->t3.len > 0 &&
                 session_mac_a(s, sdp, sdp_len, &ack, mac) == SIMAUTH_OK &&
                 CRYPTO_memcmp(mac, element_3->mac, sizeof mac) == 0;
    OPENSSL_cleanse(mac, sizeof mac);
    if (right) { /* a wrong one changes nothing of what a right one has bound */
        session_ack_take(s, &ack);
        s->element_3 = *element_3;
    } else {
        session_ack_clear(&ack);
    }
    return session_advance(s, right ? SIMAUTH_EVENT_ACK_RIGHT : SIMAUTH_EVENT_ACK_WRONG);
}
