/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session's table against rules that were written without looking at it: where a call may go,
 * by what, and what must be done on the way. A row that is changed breaks one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <simauth/session.h>

#define S(name) SIMAUTH_STATE_##name
#define E(name) SIMAUTH_EVENT_##name
#define DO(name) SIMAUTH_DO_##name

struct entry {
    enum simauth_state state, next;
    enum simauth_event event;
    enum simauth_policy policy;
    simauth_actions actions;
};

typedef void (*rule)(const struct entry *e);

#define MUST(e, condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s, %s, policy %d: not so: %s", simauth_state_name((e)->state),              \
                     simauth_event_name((e)->event), (e)->policy, #condition);                     \
    } while (0)

/* Every row, for each policy that it speaks of. */
static unsigned each_row(rule look)
{
    unsigned rows = 0;

    for (int state = 0; state < SIMAUTH_STATE_COUNT; state++)
        for (int event = 0; event < SIMAUTH_EVENT_COUNT; event++)
            for (int policy = 0; policy < 3; policy++) {
                struct entry e = {.state = (enum simauth_state)state,
                                  .event = (enum simauth_event)event,
                                  .policy = (enum simauth_policy)policy};

                if (simauth_session_entry(e.state, e.event, e.policy, &e.next, &e.actions) == 0)
                    continue;
                rows++;
                look(&e);
            }
    return rows;
}

static bool is_caller(enum simauth_state s)
{
    return s < S(CALLEE_IDLE);
}

static bool is_callee(enum simauth_state s)
{
    return s >= S(CALLEE_IDLE) && s < S(AUTHENTICATED);
}

static bool settled(enum simauth_state s)
{
    return s == S(UNPROVEN) || s == S(REFUSED) || s == S(OVER);
}

/* The callee's INVITE is held: nothing rings, so there is nothing to end. */
static bool before_ringing(enum simauth_state s)
{
    return is_callee(s) && s < S(CALLEE_ANNOUNCED);
}

/* The caller's INVITE has not left. */
static bool before_leaving(enum simauth_state s)
{
    return s == S(CALLER_IDLE) || s == S(CALLER_ASKING);
}

static bool keyed(enum simauth_state s)
{
    return (s >= S(CALLER_KEYED) && s <= S(CALLER_SECURED)) ||
           (s >= S(CALLEE_KEYED) && s <= S(CALLEE_SECURED));
}

/* Why a call cannot be authenticated: without a word that somebody lied. */
static bool is_lack(enum simauth_event e)
{
    return e == E(GATEWAY_REFUSED) || e == E(GATEWAY_NOBODY) || e == E(GATEWAY_DOWN) ||
           e == E(CARD_FAILED) || e == E(HOLD_EXPIRED) || e == E(INVITE_BARE);
}

static bool is_lie(enum simauth_event e)
{
    return e == E(CHALLENGE_BAD) || e == E(OPENING_WRONG) || e == E(RESYNC_WRONG) ||
           e == E(CONFIRM_WRONG) || e == E(MEDIA_WRONG);
}

/* -- the rules --------------------------------------------------------------------------------- */

static void ends(const struct entry *e)
{
    if (settled(e->state)) {
        MUST(e, e->event == E(HUNG_UP) ? e->next == S(OVER) : e->next == e->state);
        MUST(e, e->actions == 0);
        return;
    }
    if (e->event == E(HUNG_UP))
        MUST(e, e->next == S(OVER) && e->actions == 0);
    else if (e->next == S(OVER))
        MUST(e, e->state == S(CALLER_READY) && e->actions == DO(TRY_AGAIN) &&
                    (e->event == E(KEY_UNKNOWN) || e->event == E(CONFIRM_STALE)));
    if (e->next == S(REFUSED))
        MUST(e, e->actions == ((before_ringing(e->state) ? DO(REFUSE) : DO(END)) | DO(TELL)));
    else
        MUST(e, !(e->actions & (DO(END) | DO(REFUSE))));
}

/* Never with `require`; and the person hears of it. */
static void unproven(const struct entry *e)
{
    simauth_actions what = DO(TELL);

    if (e->next != S(UNPROVEN) || settled(e->state))
        return;
    if (before_leaving(e->state))
        what |= DO(SEND_INVITE);
    else if (before_ringing(e->state))
        what |= DO(RING);
    else if (e->event != E(CONFIRM_MISSING) && e->event != E(VERDICT_EXPIRED) &&
             e->event != E(HANDED_OVER) && e->event != E(SDP_DIFFERENT))
        what |= DO(TRY_AGAIN); /* element 1 is out: the same call once more, bare */
    MUST(e, e->policy != SIMAUTH_REQUIRE && !is_lie(e->event) && e->actions == what);
}

static void authenticated(const struct entry *e)
{
    bool last = (e->state == S(CALLER_PROVED) && e->event == E(MEDIA_MATCH)) ||
                (e->state == S(CALLER_SECURED) && e->event == E(ACK_OUT)) ||
                (e->state == S(CALLEE_PROVED) && e->event == E(MEDIA_MATCH)) ||
                (e->state == S(CALLEE_SECURED) && e->event == E(ACK_RIGHT));

    if (e->state != S(AUTHENTICATED))
        MUST(e, (e->next == S(AUTHENTICATED)) == last);
    if (last)
        MUST(e, (e->actions & DO(TELL)) &&
                    !!(e->actions & DO(SEND_PROOF)) == (e->event == E(ACK_OUT)));
}

/* Element 2 promised the key of both SIMs and the media has none: somebody may stand there, so only
 * who said `continue` stays. A caller whose media has it lacks a proof alone. At the callee nothing
 * tells a call that was never answered for from one that is waited for. */
static bool goes_on_unproven(const struct entry *e)
{
    if (e->state == S(CALLEE_KEYED) || e->state == S(CALLEE_SECURED))
        return false;
    return e->policy == SIMAUTH_CONTINUE ||
           (e->policy == SIMAUTH_PREFER && e->state == S(CALLER_SECURED));
}

/* What shows a lie ends the call, whatever the policy; what lacks, ends it with `require`. */
static void lies(const struct entry *e)
{
    if (settled(e->state))
        return;
    if (is_lie(e->event))
        MUST(e, e->next == S(REFUSED));
    if (e->event == E(SDP_DIFFERENT))
        MUST(e, e->next == S(REFUSED) ||
                    (e->state == S(AUTHENTICATED) && e->policy != SIMAUTH_REQUIRE));
    if (e->event == E(MEDIA_WEAK))
        MUST(e, e->next == S(REFUSED));
    if (is_lack(e->event))
        MUST(e, e->next == (e->policy == SIMAUTH_REQUIRE || e->state == S(CALLER_REPLACING)
                                ? S(REFUSED)
                                : S(UNPROVEN)));
    if (e->event == E(VECTOR_BAD))
        MUST(e, e->next == (e->state == S(CALLER_ASKING) && e->policy != SIMAUTH_REQUIRE
                                ? S(UNPROVEN)
                                : S(REFUSED)));
    if (e->event == E(HANDED_OVER))
        MUST(e, e->next == (e->policy == SIMAUTH_REQUIRE ? S(REFUSED) : S(UNPROVEN)));
    if (e->event == E(CONFIRM_MISSING) && e->next != S(REFUSED))
        MUST(e, e->policy == SIMAUTH_CONTINUE && e->next == S(UNPROVEN) &&
                    (e->state == S(CALLER_CALLING) || e->state == S(CALLER_RESYNCING) ||
                     e->state == S(CALLER_READY)));
    if (e->event == E(CONFIRM_MISSING) && e->policy == SIMAUTH_CONTINUE)
        MUST(e, (e->next == S(REFUSED)) == (e->state >= S(CALLER_REPLACING)));
    /* At the callee nothing tells a call that was never answered for from one that is waited for.
     */
    if (e->event == E(VERDICT_EXPIRED) && e->state != S(AUTHENTICATED))
        MUST(e, e->next == (goes_on_unproven(e) ? S(UNPROVEN) : S(REFUSED)));
}

/* Each action where it belongs, and nowhere else. */
static void actions(const struct entry *e)
{
    bool asks_card = e->next == S(CALLER_CALLING) || e->next == S(CALLEE_CARDING) ||
                     e->next == S(CALLEE_RECARDING);
    bool stays = e->next == e->state;

    if (settled(e->state) || settled(e->next))
        return;
    MUST(e, !!(e->actions & DO(RUN_CARD)) == (asks_card && !stays));
    MUST(e, !!(e->actions & DO(ASK_CHALLENGE)) == (e->next == S(CALLEE_CONFIRMING) && !stays));
    MUST(e, !!(e->actions & DO(ASK_RESYNC)) == (e->event == E(CARD_RESYNC)));
    MUST(e, !!(e->actions & DO(ASK_REPLACED)) == (e->event == E(CONFIRM_REPLACED)));
    MUST(e, !!(e->actions & DO(ASK_VECTOR)) ==
                ((e->next == S(CALLER_ASKING) || e->next == S(CALLEE_ASKING)) && !stays));
    MUST(e, !!(e->actions & DO(FIND_KEY)) == (e->next == S(CALLEE_FINDING) && !stays));
    MUST(e, !!(e->actions & DO(SEND_INVITE)) ==
                (before_leaving(e->state) && !before_leaving(e->next)));
    MUST(e, !!(e->actions & DO(RING)) == (before_ringing(e->state) && !before_ringing(e->next)));
    MUST(e, !!(e->actions & DO(HOLD)) ==
                (e->event == E(CONFIRM_EARLY) || e->event == E(CONFIRM_REPLACED)));
    MUST(e, !!(e->actions & DO(RESUME)) ==
                ((e->state == S(CALLER_CALLING) && e->event == E(CARD_GOOD)) ||
                 (e->state == S(CALLER_REPLACING) && e->event == E(CONFIRM_RIGHT))));
    MUST(e, !!(e->actions & DO(KEY_MEDIA)) == (e->event == E(SDP_FIRST)));
    MUST(e, !!(e->actions & DO(SEND_PROOF)) ==
                (e->event == E(ACK_OUT) && e->state != S(CALLER_ANSWERED)));
    MUST(e, !!(e->actions & DO(DROP)) ==
                (e->event == E(PROVISIONAL_MEDIA) || e->event == E(ACK_WRONG)));
    MUST(e, !(e->actions & DO(TRY_AGAIN)));
    /* The word is another from "answered", "announced" and "authenticated" on. */
    MUST(e, !!(e->actions & DO(TELL)) ==
                (!stays && (e->next == S(CALLER_ANSWERED) || e->next == S(CALLEE_ANNOUNCED) ||
                            e->next == S(AUTHENTICATED))));
}

/* What follows what when nobody lies. */
static void forwards(const struct entry *e)
{
    static const struct {
        enum simauth_state state;
        enum simauth_event event;
        enum simauth_state next;
    } way[] = {
        {S(CALLER_IDLE), E(BEGIN), S(CALLER_ASKING)},
        {S(CALLER_IDLE), E(BEGIN_HELD), S(CALLER_READY)},
        {S(CALLER_ASKING), E(VECTOR_GOOD), S(CALLER_CALLING)},
        {S(CALLER_ASKING), E(KEY_GOOD), S(CALLER_READY)},
        {S(CALLER_CALLING), E(CARD_GOOD), S(CALLER_READY)},
        {S(CALLER_CALLING), E(CARD_RESYNC), S(CALLER_RESYNCING)},
        {S(CALLER_RESYNCING), E(CHALLENGE_GOOD), S(CALLER_CALLING)},
        {S(CALLER_READY), E(CONFIRM_RIGHT), S(CALLER_ANSWERED)},
        {S(CALLER_READY), E(CONFIRM_REPLACED), S(CALLER_REPLACING)},
        {S(CALLER_REPLACING), E(CONFIRM_RIGHT), S(CALLER_ANSWERED)},
        {S(CALLER_ANSWERED), E(SDP_FIRST), S(CALLER_KEYED)},
        {S(CALLER_KEYED), E(ACK_OUT), S(CALLER_PROVED)},
        {S(CALLER_KEYED), E(MEDIA_MATCH), S(CALLER_SECURED)},
        {S(CALLEE_IDLE), E(BEGIN), S(CALLEE_CONFIRMING)},
        {S(CALLEE_IDLE), E(BEGIN_HELD), S(CALLEE_FINDING)},
        {S(CALLEE_CONFIRMING), E(CHALLENGE_GOOD), S(CALLEE_CARDING)},
        {S(CALLEE_CONFIRMING), E(RESYNC_RIGHT), S(CALLEE_RECARDING)},
        {S(CALLEE_CARDING), E(OPENING_RIGHT), S(CALLEE_ASKING)},
        {S(CALLEE_CARDING), E(CARD_RESYNC), S(CALLEE_RESYNCING)},
        {S(CALLEE_RESYNCING), E(RESYNC_RIGHT), S(CALLEE_RECARDING)},
        {S(CALLEE_RECARDING), E(CARD_GOOD), S(CALLEE_ASKING)},
        {S(CALLEE_ASKING), E(VECTOR_GOOD), S(CALLEE_ANNOUNCED)},
        {S(CALLEE_FINDING), E(OPENING_RIGHT), S(CALLEE_ANNOUNCED)},
        {S(CALLEE_ANNOUNCED), E(SDP_FIRST), S(CALLEE_KEYED)},
        {S(CALLEE_KEYED), E(ACK_RIGHT), S(CALLEE_PROVED)},
        {S(CALLEE_KEYED), E(MEDIA_MATCH), S(CALLEE_SECURED)},
    };

    for (size_t i = 0; i < sizeof way / sizeof *way; i++)
        if (way[i].state == e->state && way[i].event == e->event) {
            MUST(e, e->next == way[i].next);
            return;
        }
    /* Nothing else leads on. */
    MUST(e, e->next == e->state || settled(e->next) || e->next == S(AUTHENTICATED));
    MUST(e, is_caller(e->state) || is_callee(e->state) || e->state >= S(AUTHENTICATED));
}

static bool there(enum simauth_state state, enum simauth_event event)
{
    enum simauth_state next;
    simauth_actions todo;

    return simauth_session_entry(state, event, SIMAUTH_REQUIRE, &next, &todo) != 0 &&
           simauth_session_entry(state, event, SIMAUTH_PREFER, &next, &todo) != 0 &&
           simauth_session_entry(state, event, SIMAUTH_CONTINUE, &next, &todo) != 0;
}

static void every_row_keeps_the_rules(void **unused)
{
    static const rule rules[] = {ends, unproven, authenticated, lies, actions, forwards};

    (void)unused;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        assert_true(each_row(rules[i]) > 500);
}

/* What can come has an entry for each policy. */
static void nothing_is_missing(void **unused)
{
    static const enum simauth_event waited[] = {E(GATEWAY_REFUSED), E(GATEWAY_NOBODY),
                                                E(GATEWAY_DOWN)};
    static const enum simauth_event on_media[] = {E(MEDIA_MATCH), E(MEDIA_WRONG), E(MEDIA_WEAK),
                                                  E(SDP_DIFFERENT), E(HANDED_OVER)};

    (void)unused;
    for (int s = 0; s < SIMAUTH_STATE_COUNT; s++) {
        enum simauth_state state = (enum simauth_state)s;
        bool asks = state == S(CALLER_ASKING) || state == S(CALLER_RESYNCING) ||
                    state == S(CALLER_REPLACING) || state == S(CALLEE_CONFIRMING) ||
                    state == S(CALLEE_FINDING) || state == S(CALLEE_RESYNCING) ||
                    state == S(CALLEE_ASKING);

        assert_true(there(state, E(HUNG_UP)));
        for (size_t i = 0; asks && i < 3; i++)
            assert_true(there(state, waited[i]));
        for (size_t i = 0; (keyed(state) || state == S(AUTHENTICATED)) && i < 5; i++)
            assert_true(there(state, on_media[i]) ||
                        (on_media[i] == E(MEDIA_MATCH) && state == S(AUTHENTICATED)));
        if (keyed(state) || state == S(CALLER_ANSWERED))
            assert_true(there(state, E(VERDICT_EXPIRED)));
        if (before_ringing(state) && state != S(CALLEE_IDLE))
            assert_true(there(state, E(HOLD_EXPIRED)));
    }
}

static void names_and_words(void **unused)
{
    (void)unused;
    for (int i = 0; i < SIMAUTH_STATE_COUNT; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(simauth_state_name((enum simauth_state)i),
                                    simauth_state_name((enum simauth_state)j));
    for (int i = 0; i < SIMAUTH_EVENT_COUNT; i++)
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(simauth_event_name((enum simauth_event)i),
                                    simauth_event_name((enum simauth_event)j));
            assert_string_not_equal(simauth_event_text((enum simauth_event)i),
                                    simauth_event_text((enum simauth_event)j));
        }
    assert_string_equal(simauth_state_name(SIMAUTH_STATE_COUNT), "?");
    assert_string_equal(simauth_event_name(SIMAUTH_EVENT_COUNT), "NONE");
    assert_string_equal(simauth_event_text(SIMAUTH_EVENT_COUNT), "nothing happened");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_keeps_the_rules),
        cmocka_unit_test(nothing_is_missing),
        cmocka_unit_test(names_and_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
