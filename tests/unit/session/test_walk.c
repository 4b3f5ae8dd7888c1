/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks every edge of the session's table: from each state that can be reached, each input that the
 * driver can give, good and bad, is given through the public functions alone. An edge of the table
 * that is never taken, and an input that meets no entry, both fail.
 */
#include "walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef void (*input)(struct run *r);

/* The driver answers only what was asked for: these are the states in which a gateway's answer can
 * come. */
static bool gateway_asked(const struct run *r)
{
    switch (r->s->state) {
    case SIMAUTH_STATE_CALLER_ASKING:
    case SIMAUTH_STATE_CALLER_RESYNCING:
    case SIMAUTH_STATE_CALLER_REPLACING:
    case SIMAUTH_STATE_CALLEE_FINDING:
    case SIMAUTH_STATE_CALLEE_CONFIRMING:
    case SIMAUTH_STATE_CALLEE_RESYNCING:
    case SIMAUTH_STATE_CALLEE_ASKING:
        return true;
    default:
        return false;
    }
}

static bool vector_asked(const struct run *r)
{
    return r->s->state == SIMAUTH_STATE_CALLER_ASKING ||
           r->s->state == SIMAUTH_STATE_CALLER_REPLACING ||
           r->s->state == SIMAUTH_STATE_CALLEE_ASKING;
}

/* What is held for a gateway or a SIM is held for a limited time. */
static bool held(const struct run *r)
{
    return (gateway_asked(r) && r->s->state != SIMAUTH_STATE_CALLER_RESYNCING) ||
           r->s->state == SIMAUTH_STATE_CALLEE_CARDING ||
           r->s->state == SIMAUTH_STATE_CALLEE_RECARDING;
}

static void offer(struct run *r)
{
    if (r->s->state != SIMAUTH_STATE_CALLER_IDLE && r->s->state != SIMAUTH_STATE_CALLEE_IDLE)
        return;
    if (r->s->role == ROLE_CALLER) {
        simauth_session_begin_caller(r->s, world_offer, strlen(world_offer));
        return;
    }
    r->other = world_honest_caller(&r->w, &r->rand_b, &r->rand_a);
    struct simauth_element e1 = world_element(r->other, SIMAUTH_ELEMENT_1);
    simauth_session_begin_callee(r->s, SIMAUTH_ELEMENT_FOUND, &e1, world_offer,
                                 strlen(world_offer));
}

static void offer_wrong_mac(struct run *r)
{
    if (r->s->state != SIMAUTH_STATE_CALLER_IDLE && r->s->state != SIMAUTH_STATE_CALLEE_IDLE)
        return;
    if (r->s->role == ROLE_CALLER)
        return;
    r->other = world_honest_caller(&r->w, &r->rand_b, &r->rand_a);
    struct simauth_element e1 = world_element(r->other, SIMAUTH_ELEMENT_1);
    e1.mac[3] ^= 1;
    r->lied = true;
    simauth_element_write(&e1);
    simauth_session_begin_callee(r->s, SIMAUTH_ELEMENT_FOUND, &e1, world_offer,
                                 strlen(world_offer));
}

static void offer_bare(struct run *r)
{
    static char huge[SIMAUTH_BINDING_BODY_MAX + 2];
    if (r->s->state != SIMAUTH_STATE_CALLER_IDLE && r->s->state != SIMAUTH_STATE_CALLEE_IDLE)
        return;
    if (r->s->role == ROLE_CALLER) {
        memset(huge, 'x', sizeof huge - 1);
        simauth_session_begin_caller(r->s, huge, sizeof huge - 1);
        return;
    }
    simauth_session_begin_callee(r->s, SIMAUTH_ELEMENT_NONE, NULL, world_offer,
                                 strlen(world_offer));
}

static void challenge(struct run *r)
{
    struct simauth_confirmation c = world_confirmation(&r->rand_b);
    simauth_session_challenge(r->s, &c);
}

static void challenge_for_others(struct run *r)
{
    struct simauth_confirmation c = world_confirmation(&r->rand_b);
    strcpy(c.caller, "sip:mallory@operator-a.example");
    simauth_session_challenge(r->s, &c);
}

static void offered(struct run *r)
{
    struct simauth_secret key;
    if (r->s->state != SIMAUTH_STATE_CALLEE_CONFIRMING)
        return;
    key = world_mac0_key(&r->w, &r->rand_b);
    r->replacement = world_challenge(&r->w, &r->w.sim_b);
    r->w.other = r->replacement;
    struct simauth_confirmation c = world_confirmation(&r->replacement);
    simauth_session_offered(r->s, &c, NAI_B_2, &key);
}

static void offered_for_others(struct run *r)
{
    struct simauth_secret key = {0};
    if (r->s->state != SIMAUTH_STATE_CALLEE_CONFIRMING)
        return;
    struct simauth_challenge own = world_challenge(&r->w, &r->w.sim_b);
    struct simauth_confirmation c = world_confirmation(&own);
    simauth_session_offered(r->s, &c, NAI_B_2, &key);
}

static void vector(struct run *r)
{
    struct simauth_vector v;
    if (!vector_asked(r))
        return;
    if (r->s->role == ROLE_CALLEE) {
        v = world_vector(&r->w, SIMAUTH_SUBJECT_CALLER, &r->rand_a, simauth_session_seal_to(r->s));
        simauth_session_vector(r->s, &v, &r->w.statement_a, NULL, NULL);
    } else if (r->s->state == SIMAUTH_STATE_CALLER_REPLACING) {
        v = world_vector(&r->w, SIMAUTH_SUBJECT_CALLEE, &r->replacement,
                         simauth_session_seal_to(r->s));
        simauth_session_vector(r->s, &v, &r->w.statement_b, NULL, NULL);
    } else {
        r->rand_b = world_challenge(&r->w, &r->w.sim_b);
        r->rand_a = world_challenge(&r->w, &r->w.sim_a);
        v = world_vector(&r->w, SIMAUTH_SUBJECT_CALLEE, &r->rand_b, simauth_session_seal_to(r->s));
        simauth_session_vector(r->s, &v, &r->w.statement_b, &r->rand_a, NAI_A);
    }
    simauth_vector_clear(&v);
}

static void vector_changed(struct run *r)
{
    bool callee = r->s->role == ROLE_CALLEE;
    if (!vector_asked(r))
        return;
    if (!callee && r->s->state != SIMAUTH_STATE_CALLER_REPLACING)
        r->rand_b = world_challenge(&r->w, &r->w.sim_b);
    struct simauth_vector v =
        world_vector(&r->w, callee ? SIMAUTH_SUBJECT_CALLER : SIMAUTH_SUBJECT_CALLEE,
                     callee                                          ? &r->rand_a
                     : r->s->state == SIMAUTH_STATE_CALLER_REPLACING ? &r->replacement
                                                                     : &r->rand_b,
                     simauth_session_seal_to(r->s));
    v.sealed[20] ^= 1;
    simauth_session_vector(r->s, &v, callee ? &r->w.statement_a : &r->w.statement_b, &r->rand_b,
                           NULL);
    simauth_vector_clear(&v);
}

static void refused(struct run *r)
{
    if (gateway_asked(r))
        simauth_session_problem(r->s, SIMAUTH_PROBLEM_REFUSED);
}

static void nobody(struct run *r)
{
    if (gateway_asked(r))
        simauth_session_problem(r->s, SIMAUTH_PROBLEM_NOBODY);
}

static void down(struct run *r)
{
    if (gateway_asked(r))
        simauth_session_problem(r->s, SIMAUTH_PROBLEM_DOWN);
}

static void card(struct run *r)
{
    if (!r->s->own_challenge.method || r->s->held.with)
        return;
    struct world_sim *sim = r->s->role == ROLE_CALLER ? &r->w.sim_a : &r->w.sim_b;
    struct simauth_card_answer answer = world_card(sim, &r->s->own_challenge);
    simauth_session_card(r->s, &answer);
}

static void card_resync(struct run *r)
{
    struct simauth_card_answer answer = {.status = SIMAUTH_CARD_RESYNC};
    simauth_session_card(r->s, &answer);
}

static void card_absent(struct run *r)
{
    struct simauth_card_answer answer = {.status = SIMAUTH_CARD_ABSENT};
    simauth_session_card(r->s, &answer);
}

static void resynced(struct run *r)
{
    if (!gateway_asked(r) || r->s->state == SIMAUTH_STATE_CALLEE_FINDING)
        return;
    bool callee = r->s->role == ROLE_CALLEE;
    struct simauth_secret key = {0};
    if (callee)
        key = world_mac0_key(&r->w, &r->rand_b);
    r->replacement = world_challenge(&r->w, callee ? &r->w.sim_b : &r->w.sim_a);
    simauth_session_resynced(r->s, &r->replacement, callee ? &key : NULL);
}

static void resynced_bad(struct run *r)
{
    if (!gateway_asked(r) || r->s->state == SIMAUTH_STATE_CALLEE_FINDING)
        return;
    struct simauth_secret key = {0};
    simauth_secret_set(&key, "0123456789abcdef0123456789abcdef", 32);
    struct simauth_challenge c = world_challenge(&r->w, &r->w.sim_b);
    if (r->s->role == ROLE_CALLER)
        c.method = NULL;
    simauth_session_resynced(r->s, &c, &key);
}

/* What an honest callee answers to the caller under test. */
static struct simauth_element honest_answer(struct run *r, const struct simauth_challenge *rand_a,
                                            bool resync)
{
    if (r->s->held.with) {
        struct simauth_session *held = walk_held_callee(r);
        struct simauth_element answer = world_element(held, SIMAUTH_ELEMENT_2);
        simauth_session_free(held);
        return answer;
    }
    struct simauth_challenge replacement;
    struct simauth_session *callee =
        world_honest_callee(&r->w, &r->s->element_1, &r->rand_b, rand_a, resync, &replacement);
    struct simauth_element e2 = world_element(callee, SIMAUTH_ELEMENT_2);
    if (resync)
        r->replacement = replacement;
    simauth_session_free(callee);
    return e2;
}

static bool has_element_1(const struct run *r)
{
    return r->s->role == ROLE_CALLER && r->s->element_1.text[0];
}

static void give(struct run *r, bool final, struct simauth_element *e2, const char *sdp)
{
    simauth_session_response(r->s, final, SIMAUTH_ELEMENT_FOUND, e2, sdp, sdp ? strlen(sdp) : 0);
}

static void response_same_or_honest(struct run *r, const char *sdp)
{
    if (!has_element_1(r))
        return;
    struct simauth_element e2 =
        r->s->element_2.text[0] ? r->s->element_2 : honest_answer(r, &r->s->own_challenge, false);
    give(r, false, &e2, sdp);
}

static void response(struct run *r)
{
    response_same_or_honest(r, NULL);
}

static void response_sdp(struct run *r)
{
    response_same_or_honest(r, world_answer);
}

static void response_other_sdp(struct run *r)
{
    response_same_or_honest(r, world_offer);
}

static void response_no_zrtp(struct run *r)
{
    response_same_or_honest(r, world_no_zrtp);
}

/* More lines than a binding may have. */
static const char *crowded_sdp(void)
{
    static char sdp[8192];
    size_t len = (size_t)snprintf(sdp, sizeof sdp, "%s", world_answer);
    for (int i = 0; i < SIMAUTH_BINDING_LINES_MAX; i++)
        len +=
            (size_t)snprintf(sdp + len, sizeof sdp - len, "a=fingerprint:sha-256 AB:%02X\r\n", i);
    return sdp;
}

static void response_crowded_sdp(struct run *r)
{
    response_same_or_honest(r, crowded_sdp());
}

static void answer_crowded_sdp(struct run *r)
{
    if (r->s->role == ROLE_CALLEE)
        simauth_session_answer(r->s, crowded_sdp(), strlen(crowded_sdp()));
}

static void response_wrong(struct run *r)
{
    if (!has_element_1(r))
        return;
    struct simauth_element e2 = honest_answer(r, &r->s->own_challenge, false);
    e2.mac[0] ^= 0x80;
    simauth_element_write(&e2);
    give(r, false, &e2, NULL);
}

static void response_stale(struct run *r)
{
    if (!has_element_1(r) || !r->s->resynced)
        return;
    struct simauth_element e2 = honest_answer(r, &r->rand_a, false);
    give(r, false, &e2, NULL);
}

static void response_replaced(struct run *r)
{
    if (r->s->held.with)
        return;
    if (!has_element_1(r) || r->s->state != SIMAUTH_STATE_CALLER_READY)
        return;
    struct simauth_element e2 = honest_answer(r, &r->s->own_challenge, true);
    give(r, false, &e2, NULL);
}

static void response_replaced_wrong(struct run *r)
{
    if (r->s->held.with)
        return;
    if (!has_element_1(r) || r->s->state != SIMAUTH_STATE_CALLER_READY)
        return;
    struct simauth_element e2 = honest_answer(r, &r->s->own_challenge, true);
    r->lied = true;
    e2.mac[0] ^= 0x80;
    simauth_element_write(&e2);
    give(r, false, &e2, NULL);
}

static void response_bare(struct run *r)
{
    if (has_element_1(r))
        simauth_session_response(r->s, true, SIMAUTH_ELEMENT_NONE, NULL, world_answer,
                                 strlen(world_answer));
}

static void provisional_bare(struct run *r)
{
    if (has_element_1(r))
        simauth_session_response(r->s, false, SIMAUTH_ELEMENT_MALFORMED, NULL, NULL, 0);
}

static void provisional_media(struct run *r)
{
    if (has_element_1(r))
        simauth_session_response(r->s, false, SIMAUTH_ELEMENT_NONE, NULL, world_answer,
                                 strlen(world_answer));
}

static void answer_sdp(struct run *r)
{
    if (r->s->role == ROLE_CALLEE)
        simauth_session_answer(r->s, world_answer, strlen(world_answer));
}

static void answer_other_sdp(struct run *r)
{
    if (r->s->role == ROLE_CALLEE)
        simauth_session_answer(r->s, world_offer, strlen(world_offer));
}

static void answer_no_zrtp(struct run *r)
{
    if (r->s->role == ROLE_CALLEE)
        simauth_session_answer(r->s, world_no_zrtp, strlen(world_no_zrtp));
}

/* The honest caller's ACK to the callee under test; the caller under test sends its own. */
static void ack(struct run *r)
{
    if (r->s->role == ROLE_CALLER) {
        if (r->s->t2.len)
            simauth_session_ack_out(r->s, NULL, 0);
        return;
    }
    if (!r->s->t3.len)
        return;
    if (!simauth_session_element(r->other, SIMAUTH_ELEMENT_3)) {
        simauth_session_response(r->other, true, SIMAUTH_ELEMENT_FOUND, &r->s->element_2,
                                 world_answer, strlen(world_answer));
        if (simauth_session_state(r->other) == SIMAUTH_STATE_CALLER_REPLACING) {
            struct simauth_vector v = world_vector(&r->w, SIMAUTH_SUBJECT_CALLEE, &r->replacement,
                                                   simauth_session_seal_to(r->other));
            simauth_session_vector(r->other, &v, &r->w.statement_b, NULL, NULL);
            simauth_vector_clear(&v);
            simauth_session_response(r->other, true, SIMAUTH_ELEMENT_FOUND, &r->s->element_2,
                                     world_answer, strlen(world_answer));
        }
        simauth_session_ack_out(r->other, NULL, 0);
    }
    struct simauth_element e3 = world_element(r->other, SIMAUTH_ELEMENT_3);
    simauth_session_ack_in(r->s, SIMAUTH_ELEMENT_FOUND, &e3, NULL, 0);
}

/* From the moment that our To tag is known, somebody on the path can send an ACK. */
static void ack_wrong(struct run *r)
{
    if (r->s->role == ROLE_CALLEE && r->s->t2.len)
        simauth_session_ack_in(r->s, SIMAUTH_ELEMENT_NONE, NULL, NULL, 0);
}

static void match(struct run *r)
{
    if (r->s->t3.len)
        simauth_session_media(r->s, SIMAUTH_MEDIA_MATCH);
}

static void mismatch(struct run *r)
{
    if (r->s->t3.len)
        simauth_session_media(r->s, SIMAUTH_MEDIA_MISMATCH);
}

static void weak(struct run *r)
{
    if (r->s->t3.len)
        simauth_session_media(r->s, SIMAUTH_MEDIA_WEAK);
}

static void later_sdp(struct run *r)
{
    simauth_session_later_sdp(r->s, true, world_no_zrtp, strlen(world_no_zrtp));
}

static void handed_over(struct run *r)
{
    simauth_session_handed_over(r->s);
}

static void hold_expired(struct run *r)
{
    if (held(r))
        simauth_session_hold_expired(r->s);
}

static void verdict_expired(struct run *r)
{
    if (r->s->role == ROLE_CALLER ? r->s->t2.len > 0 : r->s->t3.len > 0)
        simauth_session_verdict_expired(r->s);
}

static void hung_up(struct run *r)
{
    simauth_session_hung_up(r->s);
}

static const input inputs[] = {offer,
                               offer_wrong_mac,
                               walk_offer_held,
                               walk_offer_held_wrong,
                               walk_ticket,
                               walk_ticket_for_others,
                               walk_found,
                               walk_found_none,
                               walk_key_unknown,
                               offer_bare,
                               challenge,
                               challenge_for_others,
                               offered,
                               offered_for_others,
                               vector,
                               vector_changed,
                               refused,
                               nobody,
                               down,
                               card,
                               card_resync,
                               card_absent,
                               resynced,
                               resynced_bad,
                               response,
                               response_sdp,
                               response_other_sdp,
                               response_no_zrtp,
                               response_crowded_sdp,
                               answer_crowded_sdp,
                               response_wrong,
                               response_stale,
                               response_replaced,
                               response_replaced_wrong,
                               response_bare,
                               provisional_bare,
                               provisional_media,
                               answer_sdp,
                               answer_other_sdp,
                               answer_no_zrtp,
                               ack,
                               ack_wrong,
                               match,
                               mismatch,
                               weak,
                               later_sdp,
                               handed_over,
                               hold_expired,
                               verdict_expired,
                               hung_up};
#define INPUTS (sizeof inputs / sizeof inputs[0])
#define PATH_MAX_LEN 12

static bool taken[SIMAUTH_STATE_COUNT][SIMAUTH_EVENT_COUNT][3];

/* session_advance() tells us here what it was asked (see CMakeLists.txt: --wrap). */
simauth_actions __wrap_session_advance(struct simauth_session *s, enum simauth_event event);
simauth_actions __real_session_advance(struct simauth_session *s, enum simauth_event event);
simauth_actions __wrap_session_advance(struct simauth_session *s, enum simauth_event event)
{
    taken[s->state][event][s->policy] = true;
    return __real_session_advance(s, event);
}

static void run_path(struct run *r, bool caller, enum simauth_policy policy,
                     const unsigned char *path, size_t len)
{
    memset(r, 0, sizeof *r);
    world_init(&r->w);
    r->policy = policy;
    r->s = caller ? world_caller(&r->w, policy) : world_callee(&r->w, policy);
    for (size_t i = 0; i < len; i++)
        inputs[path[i]](r);
}

static void run_end(struct run *r)
{
    simauth_session_free(r->s);
    simauth_session_free(r->other);
}

/* What makes two situations differ for later inputs. */
static unsigned situation(const struct run *r)
{
    const struct simauth_session *s = r->s;
    return (unsigned)s->state | (unsigned)s->resynced << 8 | (unsigned)(s->t3.len > 0) << 9 |
           (unsigned)(s->element_2.text[0] != 0) << 10 |
           (unsigned)(s->element_3.text[0] != 0) << 11 |
           (unsigned)(s->element_2.replaced_len > 0) << 12 | (unsigned)r->lied << 13 |
           (unsigned)(s->held.with != NULL) << 14;
}

struct path {
    unsigned char steps[PATH_MAX_LEN];
    size_t len;
};

static size_t explore(bool caller, enum simauth_policy policy)
{
    static struct path queue[8192];
    static bool seen[1 << 15];
    size_t head = 0, tail = 1;
    struct run r;
    memset(seen, 0, sizeof seen);
    queue[0].len = 0;
    while (head < tail) {
        struct path p = queue[head++];
        for (unsigned char i = 0; i < INPUTS && p.len < PATH_MAX_LEN; i++) {
            p.steps[p.len] = i;
            run_path(&r, caller, policy, p.steps, p.len + 1);
            unsigned here = situation(&r);
            if (!seen[here] && tail < sizeof queue / sizeof queue[0]) {
                seen[here] = true;
                queue[tail] = p;
                queue[tail++].len = p.len + 1;
            }
            run_end(&r);
        }
    }
    return tail;
}

/* For whom a row is, as the table says it. */
enum {
    FOR_REQUIRE = 1,
    FOR_PREFER = 2,
    FOR_STRICT = 3,
    FOR_CONTINUE = 4,
    FOR_LENIENT = 6,
    FOR_ANY = 7
};

/* How many of these policies have never taken it; with `require` nobody is in UNPROVEN
 * (lib.session.table). */
static unsigned never_taken(enum simauth_state state, enum simauth_event event, int policies)
{
    unsigned missed = 0;

    for (int policy = 0; policy < 3; policy++)
        if (policies & 1 << policy && !taken[state][event][policy] &&
            (state != SIMAUTH_STATE_UNPROVEN || policy != SIMAUTH_REQUIRE)) {
            print_message("never taken: %s, %s, policy %d\n", simauth_state_name(state),
                          simauth_event_name(event), policy);
            missed++;
        }
    return missed;
}

static void every_edge_is_walked(void **unused)
{
    (void)unused;
    for (int policy = 0; policy < 3; policy++) {
        assert_true(explore(true, policy) > 20);
        assert_true(explore(false, policy) > 15);
    }
    unsigned missed = 0, rows = 0;
#define ROW(state, event, policies, next, actions)                                                 \
    rows++;                                                                                        \
    missed += never_taken(SIMAUTH_STATE_##state, SIMAUTH_EVENT_##event, FOR_##policies);
#define IGNORED(state, event) ROW(state, event, ANY, state, 0)
#define EVERYWHERE(event, next, actions)                                                           \
    for (int s = 0; s < SIMAUTH_STATE_COUNT; s++)                                                  \
        missed += never_taken((enum simauth_state)s, SIMAUTH_EVENT_##event, FOR_ANY);
#define SETTLED(state)
#include <simauth/session_table.def>
#undef ROW
#undef IGNORED
#undef EVERYWHERE
#undef SETTLED
    print_message("%u rows, each with every policy that it is for\n", rows);
    assert_int_equal(missed, 0);
}

static void every_input_has_an_entry(void **unused)
{
    (void)unused;
    unsigned missing = 0;
    for (int state = 0; state < SIMAUTH_STATE_COUNT; state++)
        for (int event = 0; event < SIMAUTH_EVENT_COUNT; event++)
            for (int policy = 0; policy < 3; policy++) {
                enum simauth_state next;
                simauth_actions actions;
                if (taken[state][event][policy] &&
                    simauth_session_entry(state, event, policy, &next, &actions) ==
                        SIMAUTH_ENTRY_NONE)
                    missing++,
                        print_message("no entry: %s, %s, policy %d\n", simauth_state_name(state),
                                      simauth_event_name(event), policy);
            }
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_edge_is_walked),
        cmocka_unit_test(every_input_has_an_entry), /* looks at what the first one took */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
