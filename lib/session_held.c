/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both sides of a call with a key that they hold already: stp and agt (docs/protocol.md section 8).
 */
#include "session_private.h"

#include <string.h>

/* Whether the key is for this call, as far as names and pins say. */
static bool key_fits(const struct simauth_session *s, const struct simauth_held_key *key)
{
    return simauth_method_is_held(key->with) && key->origin &&
           key->outgoing == (s->role == ROLE_CALLER) &&
           simauth_aor_same(key->own_aor, s->own_aor) &&
           simauth_aor_same(key->peer_aor, s->peer_aor) &&
           (!s->own_nai[0] || strcmp(s->own_nai, key->own_nai) == 0) &&
           (!s->pinned_nai[0] || strcmp(s->pinned_nai, key->peer_nai) == 0) &&
           key->origin->strength >= s->pinned_strength;
}

static void take_key(struct simauth_session *s, const struct simauth_held_key *key)
{
    bool caller = s->role == ROLE_CALLER;

    s->held = *key;
    strcpy(s->aor_a, caller ? key->own_aor : key->peer_aor);
    strcpy(s->aor_b, caller ? key->peer_aor : key->own_aor);
    strcpy(s->nai_a, caller ? key->own_nai : key->peer_nai);
    strcpy(s->nai_b, caller ? key->peer_nai : key->own_nai);
    strcpy(s->peer_operator, key->peer_operator);
    s->peer_method = key->with;
    s->own_challenge = (struct simauth_challenge){.method = key->with};
    s->peer_challenge = (struct simauth_challenge){.method = key->with};
}

static enum simauth_result make_ssk(struct simauth_session *s, enum simauth_subject subject,
                                    const uint8_t *nonce)
{
    const struct simauth_names names = session_names(s);
    bool callee = subject == SIMAUTH_SUBJECT_CALLEE;

    return simauth_ssk_held(subject, &names, s->held.with,
                            s->held.with->id_len == SIMAUTH_TICKET_LEN ? s->held.ticket : NULL,
                            nonce, &s->held.key, callee ? &s->ssk_callee : &s->ssk_caller);
}

/* -- Entity-A ---------------------------------------------------------------------------------- */

/* KEYID or TICKET, then NONCE_A: the challenge of element 1. */
static enum simauth_result open_with(struct simauth_session *s, const uint8_t *nonce_a)
{
    struct simauth_challenge *c = &s->peer_challenge;
    size_t id_len = s->held.with->id_len;
    enum simauth_result result = SIMAUTH_OK;

    if (id_len == SIMAUTH_TICKET_LEN)
        memcpy(c->rand, s->held.ticket, id_len);
    else
        result = simauth_setup_keyid(&s->held.key, nonce_a, c->rand);
    memcpy(c->rand + id_len, nonce_a, SIMAUTH_NONCE_LEN);
    c->rand_len = s->held.with->rand_len;
    if (!result)
        result = make_ssk(s, SIMAUTH_SUBJECT_CALLEE, nonce_a);
    if (!result)
        result = session_make_element_1(s);
    return result;
}

simauth_actions simauth_session_begin_held(struct simauth_session *s,
                                           const struct simauth_held_key *key,
                                           const uint8_t nonce_a[static SIMAUTH_NONCE_LEN],
                                           const char *sdp, size_t sdp_len)
{
    if (s->state != SIMAUTH_STATE_CALLER_IDLE || !key_fits(s, key))
        return 0;
    if (session_bind_invite(s, sdp, sdp_len))
        return session_advance(s, SIMAUTH_EVENT_INVITE_BARE);
    take_key(s, key);
    if (open_with(s, nonce_a) == SIMAUTH_OK)
        return session_advance(s, SIMAUTH_EVENT_BEGIN_HELD);
    memset(&s->held, 0, sizeof s->held);
    simauth_octets_clear(&s->invite_binding);
    simauth_octets_clear(&s->streams_a);
    return 0;
}

simauth_actions simauth_session_ticket(struct simauth_session *s,
                                       const struct simauth_held_key *key,
                                       const uint8_t nonce_a[static SIMAUTH_NONCE_LEN])
{
    if (s->state != SIMAUTH_STATE_CALLER_ASKING)
        return 0;
    if (!key_fits(s, key))
        return session_advance(s, SIMAUTH_EVENT_VECTOR_BAD);
    take_key(s, key);
    return session_advance(s, open_with(s, nonce_a) ? SIMAUTH_EVENT_VECTOR_BAD
                                                    : SIMAUTH_EVENT_KEY_GOOD);
}

enum simauth_result session_take_nonce_b(struct simauth_session *s)
{
    return make_ssk(s, SIMAUTH_SUBJECT_CALLER, s->element_2.rand);
}

simauth_actions simauth_session_key_unknown(struct simauth_session *s)
{
    return s->held.with ? session_advance(s, SIMAUTH_EVENT_KEY_UNKNOWN) : 0;
}

/* -- Entity-B ---------------------------------------------------------------------------------- */

/* Element 2 brings NONCE_B as its challenge. */
static enum simauth_result answer_with(struct simauth_session *s, const uint8_t *nonce_b)
{
    enum simauth_result result = make_ssk(s, SIMAUTH_SUBJECT_CALLER, nonce_b);

    memcpy(s->peer_challenge.rand, nonce_b, SIMAUTH_NONCE_LEN);
    s->peer_challenge.rand_len = SIMAUTH_NONCE_LEN;
    return result ? result : session_make_element_2(s);
}

simauth_actions simauth_session_found(struct simauth_session *s, const struct simauth_held_key *key,
                                      const uint8_t nonce_b[static SIMAUTH_NONCE_LEN])
{
    const uint8_t *nonce_a = s->element_1.rand;

    if (s->state != SIMAUTH_STATE_CALLEE_FINDING)
        return 0;
    if (!key || key->with != s->element_1.method || !key_fits(s, key))
        return session_advance(s, SIMAUTH_EVENT_KEY_UNKNOWN);
    take_key(s, key);
    nonce_a += key->with->id_len;
    if (make_ssk(s, SIMAUTH_SUBJECT_CALLEE, nonce_a) || !session_opening_right(s, NULL))
        return session_advance(s, SIMAUTH_EVENT_OPENING_WRONG);
    return session_advance(s, answer_with(s, nonce_b) ? SIMAUTH_EVENT_KEY_UNKNOWN
                                                      : SIMAUTH_EVENT_OPENING_RIGHT);
}
