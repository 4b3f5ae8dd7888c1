/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The caller's side (Entity-A): element 1 out, element 2 checked, element 3 out. */
#include "session_private.h"

#include <openssl/crypto.h>
#include <string.h>

simauth_actions simauth_session_begin_caller(struct simauth_session *s, const char *sdp,
                                             size_t sdp_len)
{
    if (s->state != SIMAUTH_STATE_CALLER_IDLE)
        return 0;
    if (session_bind_invite(s, sdp, sdp_len) || session_new_pair(s, 0))
        return session_advance(s, SIMAUTH_EVENT_INVITE_BARE);
    return session_advance(s, SIMAUTH_EVENT_BEGIN);
}

static void take_names(struct simauth_session *s, const struct simauth_vector *vector)
{
    strcpy(s->aor_a, vector->caller);
    strcpy(s->aor_b, vector->callee);
    strcpy(s->nai_a, vector->nai_a);
    strcpy(s->nai_b, vector->nai_b);
}

enum simauth_result session_make_element_1(struct simauth_session *s)
{
    struct simauth_element *e = &s->element_1;
    struct simauth_octets t1 = {0};
    const struct simauth_names names = session_names(s);
    *e = (struct simauth_element){.kind = SIMAUTH_ELEMENT_1, .method = s->peer_method};
    e->rand_len = s->peer_challenge.rand_len;
    memcpy(e->rand, s->peer_challenge.rand, e->rand_len);
    enum simauth_result result = simauth_element_write(e); /* T1 has it without its MAC */
    if (!result)
        result = simauth_t1(&t1, &names, e, &s->invite_binding);
    if (!result)
        result = session_mac(&s->ssk_callee, SIMAUTH_LABEL_MAC_0, &t1, e->mac);
    if (!result)
        result = simauth_element_write(e);
    if (result)
        e->text[0] = '\0';
    simauth_octets_clear(&t1);
    return result;
}

static bool vector_is_ours(const struct simauth_session *s, const struct simauth_vector *vector,
                           const struct simauth_statement *statement)
{
    return vector->subject == SIMAUTH_SUBJECT_CALLEE &&
           simauth_aor_same(vector->caller, s->own_aor) &&
           simauth_aor_same(vector->callee, s->peer_aor) &&
           session_vector_fits(s, vector, statement, vector->nai_b);
}

static simauth_actions first_vector(struct simauth_session *s, const struct simauth_vector *vector,
                                    const struct simauth_statement *statement,
                                    const struct simauth_challenge *own, const char *own_nai)
{
    if (!own || !own->method || !vector_is_ours(s, vector, statement) ||
        (own_nai && own_nai[0] && strcmp(own_nai, vector->nai_a) != 0))
        return session_advance(s, SIMAUTH_EVENT_VECTOR_BAD);
    take_names(s, vector);
    session_take_peer(s, vector, statement);
    s->own_challenge = *own;
    if (simauth_unseal(vector, statement->key, &s->pair, &s->ssk_callee) ||
        session_make_element_1(s))
        return session_advance(s, SIMAUTH_EVENT_VECTOR_BAD);
    return session_advance(s, SIMAUTH_EVENT_VECTOR_GOOD);
}

/* MAC_B of the element 2 that is kept. */
static simauth_actions check_confirm(struct simauth_session *s)
{
    uint8_t mac[SIMAUTH_MAC_LEN];
    bool right = session_mac_b(s, mac) == SIMAUTH_OK &&
                 CRYPTO_memcmp(mac, s->element_2.mac, sizeof mac) == 0;
    OPENSSL_cleanse(mac, sizeof mac);
    return session_advance(s, right ? SIMAUTH_EVENT_CONFIRM_RIGHT : SIMAUTH_EVENT_CONFIRM_WRONG);
}

/* Another SIM of the callee's address answers than the one that was asked: it is named from here
 * on, and our half of the key is its own. */
static enum simauth_result take_other_sim(struct simauth_session *s,
                                          const struct simauth_vector *vector)
{
    if (strcmp(vector->nai_b, s->nai_b) == 0)
        return SIMAUTH_OK;
    strcpy(s->nai_b, vector->nai_b);
    return simauth_ssk_other_sim(s->element_2.replaced, &vector->mix, &s->ssk_caller);
}

/* The vector that replaced the callee's: same people, the RAND that element 2 named. Its SIM may be
 * another one of the same operator's, unless a NAI is pinned (session_vector_fits()). */
static simauth_actions replaced_vector(struct simauth_session *s,
                                       const struct simauth_vector *vector,
                                       const struct simauth_statement *statement)
{
    bool same =
        vector_is_ours(s, vector, statement) && strcmp(vector->caller, s->aor_a) == 0 &&
        strcmp(vector->callee, s->aor_b) == 0 && strcmp(vector->nai_a, s->nai_a) == 0 &&
        strcmp(simauth_nai_realm(vector->nai_b), simauth_nai_realm(s->nai_b)) == 0 &&
        vector->challenge.method == s->element_1.method &&
        session_rand_equal(&vector->challenge, s->element_2.replaced, s->element_2.replaced_len);
    if (!same || simauth_unseal(vector, statement->key, &s->pair, &s->ssk_callee) ||
        take_other_sim(s, vector))
        return session_advance(s, SIMAUTH_EVENT_VECTOR_BAD);
    session_take_peer(s, vector, statement);
    return check_confirm(s);
}

simauth_actions session_caller_vector(struct simauth_session *s,
                                      const struct simauth_vector *vector,
                                      const struct simauth_statement *statement,
                                      const struct simauth_challenge *own, const char *own_nai)
{
    if (s->state == SIMAUTH_STATE_CALLER_REPLACING)
        return replaced_vector(s, vector, statement);
    if (s->state == SIMAUTH_STATE_CALLER_ASKING)
        return first_vector(s, vector, statement, own, own_nai);
    return 0;
}

simauth_actions session_caller_resynced(struct simauth_session *s,
                                        const struct simauth_challenge *own)
{
    if (s->state != SIMAUTH_STATE_CALLER_RESYNCING)
        return 0;
    if (own->method != s->own_challenge.method)
        return session_advance(s, SIMAUTH_EVENT_CHALLENGE_BAD);
    memcpy(s->first_rand, s->own_challenge.rand, sizeof s->first_rand);
    s->own_challenge = *own;
    return session_advance(s, SIMAUTH_EVENT_CHALLENGE_GOOD);
}

simauth_actions session_caller_card(struct simauth_session *s,
                                    const struct simauth_card_answer *answer)
{
    if (session_own_ssk(s, answer))
        return session_advance(s, SIMAUTH_EVENT_CARD_FAILED);
    return session_advance(s, SIMAUTH_EVENT_CARD_GOOD);
}

static simauth_actions first_confirm(struct simauth_session *s,
                                     const struct simauth_element *element_2)
{
    const struct simauth_challenge *own = &s->own_challenge;
    bool method = element_2->method == own->method;
    if (s->held.with) {
        s->element_2 = *element_2;
        if (!method || session_take_nonce_b(s))
            return session_advance(s, SIMAUTH_EVENT_CONFIRM_WRONG);
        return check_confirm(s);
    }
    if (!method || !session_rand_equal(own, element_2->rand, element_2->rand_len)) {
        bool stale = method && s->resynced && element_2->rand_len == own->rand_len &&
                     memcmp(element_2->rand, s->first_rand, element_2->rand_len) == 0;
        return session_advance(s,
                               stale ? SIMAUTH_EVENT_CONFIRM_STALE : SIMAUTH_EVENT_CONFIRM_WRONG);
    }
    s->element_2 = *element_2;
    if (element_2->replaced_len == 0)
        return check_confirm(s);
    if (session_new_pair(s, 1))
        return session_advance(s, SIMAUTH_EVENT_CONFIRM_WRONG);
    return session_advance(s, SIMAUTH_EVENT_CONFIRM_REPLACED);
}

static simauth_actions confirm(struct simauth_session *s, const struct simauth_element *element_2)
{
    switch (s->state) {
    case SIMAUTH_STATE_CALLER_CALLING:
    case SIMAUTH_STATE_CALLER_RESYNCING:
    case SIMAUTH_STATE_CALLER_REPLACING:
        return session_advance(s, SIMAUTH_EVENT_CONFIRM_EARLY);
    case SIMAUTH_STATE_CALLER_READY:
        return first_confirm(s, element_2);
    default: /* one element 2 a dialog: another is as good as a wrong one */
        return session_advance(s, strcmp(element_2->text, s->element_2.text) == 0
                                      ? SIMAUTH_EVENT_CONFIRM_RIGHT
                                      : SIMAUTH_EVENT_CONFIRM_WRONG);
    }
}

simauth_actions simauth_session_response(struct simauth_session *s, bool final,
                                         enum simauth_element_found found,
                                         const struct simauth_element *element_2, const char *sdp,
                                         size_t sdp_len)
{
    if (found != SIMAUTH_ELEMENT_FOUND && final)
        return session_advance(s, SIMAUTH_EVENT_CONFIRM_MISSING);
    if (found !=
        SIMAUTH_ELEMENT_FOUND) /* nobody whose SIM did not answer is heard before the call */
        return session_advance(s, sdp && sdp_len > 0 ? SIMAUTH_EVENT_PROVISIONAL_MEDIA
                                                     : SIMAUTH_EVENT_PROVISIONAL_BARE);
    simauth_actions actions = confirm(s, element_2);
    if (!(actions & SIMAUTH_DO_HOLD))
        actions |= session_answer_sdp(s, sdp, sdp_len);
    return actions;
}

static enum simauth_result make_element_3(struct simauth_session *s, const char *sdp,
                                          size_t sdp_len)
{
    struct simauth_element *e = &s->element_3;
    struct session_ack ack;
    *e = (struct simauth_element){.kind = SIMAUTH_ELEMENT_3};
    enum simauth_result result = session_mac_a(s, sdp, sdp_len, &ack, e->mac);
    session_ack_take(s, &ack);
    if (!result)
        result = simauth_element_write(e);
    if (result)
        e->text[0] = '\0';
    return result;
}

simauth_actions simauth_session_ack_out(struct simauth_session *s, const char *sdp, size_t sdp_len)
{
    /* The ACK of a repeated 2xx has the same branch (RFC 3261, 13.2.2.4), so the proof is made
     * once. */
    if (s->t3.len > 0 && !s->element_3.text[0] && make_element_3(s, sdp, sdp_len))
        return session_advance(s, SIMAUTH_EVENT_MEDIA_WEAK);
    return session_advance(s, SIMAUTH_EVENT_ACK_OUT);
}
