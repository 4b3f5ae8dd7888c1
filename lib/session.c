/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session's life, and what both roles do in the same way. */
#include "session_private.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static struct simauth_session *session_new(const struct simauth_session_config *config,
                                           enum session_role role)
{
    struct simauth_session *s = simauth_secure_alloc(sizeof *s);
    if (!s)
        return NULL;
    s->role = role;
    s->state = role == ROLE_CALLER ? SIMAUTH_STATE_CALLER_IDLE : SIMAUTH_STATE_CALLEE_IDLE;
    s->policy = config->policy;
    s->reason = SIMAUTH_EVENT_COUNT;
    s->pinned_strength = config->pinned_strength;
    s->peer_sim_age = -1;
    memcpy(s->random, config->random, sizeof s->random);
    if (config->pair)
        s->pair = *config->pair;
    const char *own_nai = config->own_nai ? config->own_nai : "";
    const char *pinned_nai = config->peer_nai ? config->peer_nai : "";
    if (strlen(own_nai) > SIMAUTH_NAI_MAX || strlen(pinned_nai) > SIMAUTH_NAI_MAX ||
        simauth_aor_canonical(config->own_aor, s->own_aor) ||
        simauth_aor_canonical(config->peer_aor, s->peer_aor)) {
        simauth_session_free(s);
        return NULL;
    }
    strcpy(s->own_nai, own_nai);
    strcpy(s->pinned_nai, pinned_nai);
    return s;
}

struct simauth_session *simauth_session_caller(const struct simauth_session_config *config)
{
    return session_new(config, ROLE_CALLER);
}

struct simauth_session *simauth_session_callee(const struct simauth_session_config *config)
{
    return session_new(config, ROLE_CALLEE);
}

static bool octets_copy(struct simauth_octets *to, const struct simauth_octets *from)
{
    *to = (struct simauth_octets){0};
    simauth_octets_append(to, from->data, from->len);
    return !to->failed;
}

struct simauth_session *simauth_session_fork(const struct simauth_session *session,
                                             const uint8_t random[static SIMAUTH_X25519_LEN])
{
    struct simauth_session *copy = simauth_secure_alloc(sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *session;
    memcpy(copy->random + sizeof copy->random - SIMAUTH_X25519_LEN, random, SIMAUTH_X25519_LEN);
    copy->answer_binding = copy->ack_binding = copy->streams_a = copy->streams_b = copy->t2 =
        copy->t3 = (struct simauth_octets){0};
    copy->element_2.text[0] = copy->element_3.text[0] = '\0';
    simauth_secret_wipe(&copy->ssk);
    if (!octets_copy(&copy->invite_binding, &session->invite_binding) ||
        !octets_copy(&copy->streams_a, &session->streams_a)) {
        simauth_session_free(copy);
        return NULL;
    }
    return copy;
}

void simauth_session_free(struct simauth_session *s)
{
    if (!s)
        return;
    simauth_octets_clear(&s->invite_binding);
    simauth_octets_clear(&s->answer_binding);
    simauth_octets_clear(&s->ack_binding);
    simauth_octets_clear(&s->streams_a);
    simauth_octets_clear(&s->streams_b);
    simauth_octets_clear(&s->t2);
    simauth_octets_clear(&s->t3);
    simauth_secure_free(s);
}

struct simauth_names session_names(const struct simauth_session *s)
{
    return (struct simauth_names){
        .aor_a = s->aor_a, .aor_b = s->aor_b, .nai_a = s->nai_a, .nai_b = s->nai_b};
}

bool session_rand_equal(const struct simauth_challenge *c, const uint8_t *rand, size_t rand_len)
{
    return c->rand_len == rand_len && rand_len > 0 && memcmp(c->rand, rand, rand_len) == 0;
}

enum simauth_result session_new_pair(struct simauth_session *s, int n)
{
    if (n == 0 && s->pair.private_key.len > 0)
        return SIMAUTH_OK; /* made before this call */
    simauth_secret_wipe(&s->pair.private_key);
    enum simauth_result result = simauth_seal_pair_make(s->random + 32 * n, &s->pair);
    OPENSSL_cleanse(s->random + 32 * n, 32);
    return result;
}

bool session_vector_fits(const struct simauth_session *s, const struct simauth_vector *vector,
                         const struct simauth_statement *statement, const char *peer_nai)
{
    const char *own_nai = s->role == ROLE_CALLER ? vector->nai_a : vector->nai_b;
    if (simauth_nai_check(vector->nai_a) || simauth_nai_check(vector->nai_b))
        return false;
    if (strcmp(statement->realm, simauth_nai_realm(peer_nai)) != 0)
        return false; /* an operator that speaks for a foreign realm */
    if (s->pinned_nai[0] && strcmp(s->pinned_nai, peer_nai) != 0)
        return false;
    /* The caller's vector is for the SIM that was asked for; ours was confirmed to us. */
    if (s->own_nai[0] && !s->asked_nai_b[0] && strcmp(s->own_nai, own_nai) != 0)
        return false;
    return vector->challenge.method && vector->challenge.method->strength >= s->pinned_strength;
}

void session_take_peer(struct simauth_session *s, const struct simauth_vector *vector,
                       const struct simauth_statement *statement)
{
    s->peer_challenge = vector->challenge;
    s->peer_method = vector->challenge.method;
    s->peer_sim_age = vector->sim_age;
    strcpy(s->peer_operator, statement->name);
}

enum simauth_result session_own_ssk(struct simauth_session *s,
                                    const struct simauth_card_answer *answer)
{
    const struct simauth_names names = session_names(s);
    const struct simauth_challenge *c = &s->own_challenge;
    bool callee = s->role == ROLE_CALLEE;
    const char *realm = simauth_nai_realm(callee ? names.nai_b : names.nai_a);
    struct simauth_secret k = {0};
    enum simauth_result result = simauth_method_k(c, realm, &answer->k, &k);
    if (!result)
        result = simauth_ssk_one_way(callee ? SIMAUTH_SUBJECT_CALLEE : SIMAUTH_SUBJECT_CALLER,
                                     &names, c->method, c->rand, c->rand_len, &k, &answer->res,
                                     callee ? &s->ssk_callee : &s->ssk_caller);
    simauth_secret_wipe(&k);
    return result;
}

enum simauth_result session_mac(const struct simauth_secret *key, const char *label,
                                const struct simauth_octets *transcript,
                                uint8_t mac[static SIMAUTH_MAC_LEN])
{
    struct simauth_secret mac_key = {0};
    enum simauth_result result = simauth_hkdf(key, label, SIMAUTH_KEY_LEN, &mac_key);
    if (!result)
        result = simauth_mac(&mac_key, transcript, mac);
    simauth_secret_wipe(&mac_key);
    return result;
}

enum simauth_result session_mac_b(struct simauth_session *s, uint8_t mac[static SIMAUTH_MAC_LEN])
{
    const struct simauth_names names = session_names(s);
    simauth_octets_clear(&s->t2);
    enum simauth_result result =
        simauth_t2(&s->t2, &names, &s->element_1, &s->invite_binding, &s->element_2);
    if (result)
        return result;
    return session_mac(&s->ssk_callee, SIMAUTH_LABEL_MAC_B, &s->t2, mac);
}

enum simauth_result session_bind_invite(struct simauth_session *s, const char *sdp, size_t len)
{
    return simauth_streams(sdp, len, &s->invite_binding, &s->streams_a, &s->invite_has_zrtp);
}

enum simauth_result session_bind_answer(struct simauth_session *s, const char *sdp, size_t len)
{
    simauth_octets_clear(&s->answer_binding);
    simauth_octets_clear(&s->t3);
    bool has_zrtp;
    enum simauth_result result =
        simauth_streams(sdp, len, &s->answer_binding, &s->streams_b, &has_zrtp);
    if (!result)
        result = simauth_t3(&s->t3, &s->t2, &s->element_2, &s->answer_binding);
    if (!result)
        result = simauth_ssk_both(&s->ssk_callee, &s->ssk_caller, &s->t3, &s->ssk);
    return result;
}

simauth_actions session_answer_sdp(struct simauth_session *s, const char *sdp, size_t len)
{
    if (!sdp || len == 0)
        return 0;
    if (s->t3.len > 0) {
        /* Early media has bound the description that the callee's 200 repeats. */
        if (simauth_session_later_fits(s, s->role == ROLE_CALLEE, sdp, len) ||
            session_answer_less(s, sdp, len))
            return 0;
        return session_advance(s, SIMAUTH_EVENT_SDP_DIFFERENT);
    }
    if (s->state != SIMAUTH_STATE_CALLER_ANSWERED && s->state != SIMAUTH_STATE_CALLEE_ANNOUNCED)
        return 0;
    /* A zrtp-hash must be in both bindings; a late offer has the second one in the ACK. */
    bool late_offer = s->invite_binding.len <= 2 && !s->invite_has_zrtp;
    if (!simauth_binding_has_zrtp(sdp, len) || (!s->invite_has_zrtp && !late_offer) ||
        session_bind_answer(s, sdp, len))
        return session_advance(s, SIMAUTH_EVENT_MEDIA_WEAK);
    return session_advance(s, SIMAUTH_EVENT_SDP_FIRST);
}

enum simauth_result session_mac_a(const struct simauth_session *s, const char *sdp, size_t len,
                                  struct session_ack *ack, uint8_t mac[static SIMAUTH_MAC_LEN])
{
    struct simauth_octets t4 = {0};
    bool has_zrtp;
    *ack = (struct session_ack){0};
    enum simauth_result result = simauth_streams(sdp, len, &ack->binding, &ack->streams, &has_zrtp);
    if (!result && !s->invite_has_zrtp && !has_zrtp)
        result = SIMAUTH_MALFORMED;
    if (!result)
        result = simauth_t4(&t4, &s->t3, &ack->binding);
    if (!result)
        result = session_mac(&s->ssk, SIMAUTH_LABEL_MAC_A, &t4, mac);
    simauth_octets_clear(&t4);
    return result;
}

void session_ack_take(struct simauth_session *s, struct session_ack *ack)
{
    simauth_octets_clear(&s->ack_binding);
    s->ack_binding = ack->binding;
    if (s->invite_has_zrtp || ack->binding.len == 0) {
        simauth_octets_clear(&ack->streams);
    } else {
        simauth_octets_clear(&s->streams_a);
        s->streams_a = ack->streams;
    }
}

void session_ack_clear(struct session_ack *ack)
{
    simauth_octets_clear(&ack->binding);
    simauth_octets_clear(&ack->streams);
}

/* -- inputs that go by the role ---------------------------------------------------------------- */

simauth_actions simauth_session_vector(struct simauth_session *s,
                                       const struct simauth_vector *vector,
                                       const struct simauth_statement *statement,
                                       const struct simauth_challenge *own, const char *own_nai)
{
    if (s->role == ROLE_CALLER)
        return session_caller_vector(s, vector, statement, own, own_nai);
    return session_callee_vector(s, vector, statement);
}

simauth_actions simauth_session_resynced(struct simauth_session *s,
                                         const struct simauth_challenge *own,
                                         const struct simauth_secret *mac0_key)
{
    simauth_actions actions;
    if (s->role == ROLE_CALLER)
        actions = session_caller_resynced(s, own);
    else
        actions = session_callee_resynced(s, own, mac0_key);
    s->resynced = s->resynced || actions != 0;
    return actions;
}

simauth_actions simauth_session_card(struct simauth_session *s,
                                     const struct simauth_card_answer *answer)
{
    bool waits = s->state == SIMAUTH_STATE_CALLER_CALLING ||
                 s->state == SIMAUTH_STATE_CALLEE_CARDING ||
                 s->state == SIMAUTH_STATE_CALLEE_RECARDING;
    if (!waits)
        return 0;
    if (answer->status == SIMAUTH_CARD_RESYNC && !s->resynced) {
        memcpy(s->auts, answer->auts, sizeof s->auts);
        return session_advance(s, SIMAUTH_EVENT_CARD_RESYNC);
    }
    /* A SIM that wants to resynchronise twice is broken, or somebody plays with it. */
    if (answer->status != SIMAUTH_CARD_GOOD)
        return session_advance(s, SIMAUTH_EVENT_CARD_FAILED);
    return s->role == ROLE_CALLER ? session_caller_card(s, answer) : session_callee_card(s, answer);
}

/* -- inputs that mean the same to both --------------------------------------------------------- */

simauth_actions simauth_session_problem(struct simauth_session *s,
                                        enum simauth_gateway_problem problem)
{
    static const enum simauth_event events[] = {
        [SIMAUTH_PROBLEM_REFUSED] = SIMAUTH_EVENT_GATEWAY_REFUSED,
        [SIMAUTH_PROBLEM_NOBODY] = SIMAUTH_EVENT_GATEWAY_NOBODY,
        [SIMAUTH_PROBLEM_DOWN] = SIMAUTH_EVENT_GATEWAY_DOWN,
    };
    return session_advance(s, events[problem]);
}

simauth_actions simauth_session_bad_vector(struct simauth_session *s)
{
    return session_advance(s, SIMAUTH_EVENT_VECTOR_BAD);
}

simauth_actions simauth_session_media(struct simauth_session *s, enum simauth_media_result result)
{
    static const enum simauth_event events[] = {
        [SIMAUTH_MEDIA_MATCH] = SIMAUTH_EVENT_MEDIA_MATCH,
        [SIMAUTH_MEDIA_MISMATCH] = SIMAUTH_EVENT_MEDIA_WRONG,
        [SIMAUTH_MEDIA_WEAK] = SIMAUTH_EVENT_MEDIA_WEAK,
    };
    return session_advance(s, events[result]);
}

simauth_actions simauth_session_later_sdp(struct simauth_session *s, bool ours, const char *sdp,
                                          size_t sdp_len)
{
    if (simauth_session_later_fits(s, ours, sdp, sdp_len))
        return 0;
    return session_advance(s, SIMAUTH_EVENT_SDP_DIFFERENT);
}

simauth_actions simauth_session_handed_over(struct simauth_session *s)
{
    return s->t3.len > 0 ? session_advance(s, SIMAUTH_EVENT_HANDED_OVER) : 0;
}

simauth_actions simauth_session_hold_expired(struct simauth_session *s)
{
    return session_advance(s, SIMAUTH_EVENT_HOLD_EXPIRED);
}

simauth_actions simauth_session_verdict_expired(struct simauth_session *s)
{
    return session_advance(s, SIMAUTH_EVENT_VERDICT_EXPIRED);
}

simauth_actions simauth_session_hung_up(struct simauth_session *s)
{
    return session_advance(s, SIMAUTH_EVENT_HUNG_UP);
}

/* -- what the driver reads --------------------------------------------------------------------- */

enum simauth_state simauth_session_state(const struct simauth_session *s)
{
    return s->state;
}

enum simauth_word simauth_session_word(const struct simauth_session *s)
{
    return s->word;
}

enum simauth_event simauth_session_reason(const struct simauth_session *s)
{
    return s->reason;
}

const uint8_t *simauth_session_seal_to(const struct simauth_session *s)
{
    return s->pair.public_key;
}

const struct simauth_challenge *simauth_session_peer_challenge(const struct simauth_session *s)
{
    return &s->peer_challenge;
}

const struct simauth_challenge *simauth_session_own_challenge(const struct simauth_session *s)
{
    return &s->own_challenge;
}

const char *simauth_session_element(const struct simauth_session *s, enum simauth_element_kind kind)
{
    const struct simauth_element *element = NULL;
    if (kind == SIMAUTH_ELEMENT_1)
        element = &s->element_1;
    else if (kind == SIMAUTH_ELEMENT_2)
        element = &s->element_2;
    else if (kind == SIMAUTH_ELEMENT_3)
        element = &s->element_3;
    return element && element->text[0] ? element->text : NULL;
}

size_t simauth_session_replaced(const struct simauth_session *s, const uint8_t **rand)
{
    *rand = s->element_2.replaced;
    return s->element_2.text[0] ? s->element_2.replaced_len : 0;
}

const uint8_t *simauth_session_auts(const struct simauth_session *s)
{
    return s->auts;
}

enum simauth_result simauth_session_key(const struct simauth_session *s, const char *label,
                                        size_t len, struct simauth_secret *key)
{
    if (s->ssk.len == 0)
        return SIMAUTH_NOT_OURS;
    return simauth_hkdf(&s->ssk, label, len, key);
}

const char *simauth_session_peer_nai(const struct simauth_session *s)
{
    return s->role == ROLE_CALLER ? s->nai_b : s->nai_a;
}

const char *simauth_session_own_nai(const struct simauth_session *s)
{
    return s->role == ROLE_CALLER ? s->nai_a : s->nai_b;
}

const char *simauth_session_peer_operator(const struct simauth_session *s)
{
    return s->peer_operator;
}

const struct simauth_method *simauth_session_peer_method(const struct simauth_session *s)
{
    return s->held.with ? s->held.origin : s->peer_method;
}

int simauth_session_peer_sim_age(const struct simauth_session *s)
{
    return s->peer_sim_age;
}
