/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls with a key that both hold (stp; agt once its ticket is there), with an intruder who is the SIP path.
 *
 * A and B hold one setup key for calls from A to B. Caller sessions 0 and 1 are two attempts of A: with that key
 * where A's ring gives it, else in full (which session.pml is about: here it ends at once). Callee sessions 2 and 3
 * are what B's phone makes of the INVITEs that reach it. The intruder has everything that was sent and chooses what
 * comes in; he has no key. A MAC is named by who made it, as in session.pml: COPY + session, or JUNK.
 *
 * The rings are those of lib/setup_keyring.c: a key is taken while a call uses it, erased when that call was
 * authenticated or the peer does not know it, and a NONCE_A comes once.
 *
 * Left out: lifetimes as numbers (a key may be over at any moment at either end), more than one key for a pair.
 */
#define EVIL 4  /* the intruder's SDP; 0 to 3 are the sessions' own */
#define NOTHING 9
#define JUNK 8

byte state[4];
bool keyed[4];
bool matched[4];
bool proved[4];     /* caller: element 3 went out; callee: a right one came */
byte policy;

/* Callers: 0 and 1. */
bool sent[2];       /* element 1 with the key left; its NONCE_A is the session's number */
byte e2[2];         /* who made the element 2 that was right: a callee */
byte e2_bind[2];    /* the SDP that came with it */
bool again[2];      /* TRY_AGAIN was asked for */

/* Callees: index 0 and 1 for sessions 2 and 3. */
byte e1[2];         /* NONCE_A and MAC_0 of its element 1: a caller's, or JUNK */
byte e1_bind[2];
bool rung[2];
byte ack_of[2];     /* whose MAC_A was right */

/* The rings. */
bool has_a, has_b;  /* the key is there */
byte taken_a, taken_b; /* by which session; NOTHING */
bool seen[2];       /* NONCE_A of caller 0 and 1 */
byte uses_a, uses_b;   /* calls that the key authenticated */
byte rings_of[2];   /* how often the phone rang for one NONCE_A */

/* Scratch of one step, always zero between steps. */
byte who, ev, input, nx, entry, mac, binding;
int acts;

#define NO_EVENT 255
#define IN_DIAL 1
#define IN_TICKET 2
#define IN_INVITE 3
#define IN_RESPONSE 4
#define IN_FINAL 5
#define IN_ACK 6
#define LIVE(s) (!SETTLED(state[s]))

#ifdef BREAK_MAC_0
#define MAC_0_COVERS(d) 1
#else
#define MAC_0_COVERS(d) (e1_bind[d] == e1[d])
#endif
#ifdef BREAK_T3
#define SAME_SSK(c, d) (e1[d] == (c) && e2[c] == 2 + (d))
#else
#define SAME_SSK(c, d) (e1[d] == (c) && e2[c] == 2 + (d) && e1_bind[d] == (c) && e2_bind[c] == 2 + (d))
#endif
#define AGREE(c, d) (e1[d] == (c) && e2[c] == 2 + (d) && e1_bind[d] == (c) && e2_bind[c] == 2 + (d))
#define RANG(d) (rung[d] && e1[d] < 2)

#ifdef BREAK_TAKEN
#define FREE_A 1
#define FREE_B 1
#else
#define FREE_A (taken_a == NOTHING)
#define FREE_B (taken_b == NOTHING)
#endif
#ifdef BREAK_NONCE_MEMORY
#define FRESH(n) 1
#else
#define FRESH(n) (!seen[n])
#endif

inline release(s, spent) {
    if :: s < 2 && taken_a == s -> taken_a = NOTHING :: else -> skip fi;
    if :: s >= 2 && taken_b == s -> taken_b = NOTHING :: else -> skip fi;
    if :: (spent) && s < 2 -> has_a = 0 :: (spent) && s >= 2 -> has_b = 0 :: else -> skip fi
}

inline claims() {
#ifdef CLAIM_AGREEMENT
    assert(!(nx == STATE_AUTHENTICATED && state[who] != STATE_AUTHENTICATED) ||
           (who < 2 && e2[who] >= 2 && e2[who] < 4 && AGREE(who, e2[who] - 2)) ||
           (who >= 2 && ack_of[who - 2] < 2 && AGREE(ack_of[who - 2], who - 2)));
#endif
#ifdef CLAIM_RING
    assert(!(who >= 2 && (acts & DO_RING) && nx == STATE_CALLEE_ANNOUNCED) ||
           (e1[who - 2] < 2 && sent[e1[who - 2]] && e1_bind[who - 2] == e1[who - 2]));
#endif
#ifdef CLAIM_REPLAY
    assert(rings_of[0] <= 1 && rings_of[1] <= 1);
#endif
#ifdef CLAIM_ONCE
    assert(uses_a <= 1 && uses_b <= 1);
#endif
#ifdef CLAIM_VERDICT
    assert(nx != STATE_AUTHENTICATED || (matched[who] && proved[who]));
#endif
#ifdef CLAIM_REQUIRE
    assert(nx != STATE_UNPROVEN);
#endif
#ifdef CLAIM_ENTRIES
    assert(entry != ENTRY_NONE);
#endif
#ifdef CLAIM_SUCCESS
    /* Not a claim but its opposite: the search has to find the run that it forbids. */
    assert(!(nx == STATE_AUTHENTICATED && who >= 2 && ack_of[who - 2] < 2 &&
             state[ack_of[who - 2]] == STATE_AUTHENTICATED));
#endif
#ifdef CLAIM_FALLBACK
    assert(!(who < 2 && (acts & DO_TRY_AGAIN) && !has_b)); /* B's key was over, A's was not */
#endif
}

inline advance() {
    step(state[who], ev, policy, nx, acts, entry);
    printf("STEP session %d state %d event %d next %d entry %d mac %d binding %d\n",
        who, state[who], ev, nx, entry, mac, binding);
    if :: acts & DO_KEY_MEDIA -> keyed[who] = 1 :: else -> skip fi;
    if :: (acts & DO_SEND_PROOF) || ev == EVENT_ACK_RIGHT -> proved[who] = 1 :: else -> skip fi;
    if :: ev == EVENT_MEDIA_MATCH -> matched[who] = 1 :: else -> skip fi;
    if :: who < 2 && (acts & DO_SEND_INVITE) && nx == STATE_CALLER_READY -> sent[who] = 1 :: else -> skip fi;
    if :: who < 2 && (acts & DO_TRY_AGAIN) -> again[who] = 1 :: else -> skip fi;
    if :: who >= 2 && (acts & DO_RING) && nx == STATE_CALLEE_ANNOUNCED ->
            rung[who - 2] = 1;
            if :: e1[who - 2] < 2 -> rings_of[e1[who - 2]]++ :: else -> skip fi
       :: else -> skip fi;
    if :: nx == STATE_AUTHENTICATED && state[who] != STATE_AUTHENTICATED && who < 2 -> uses_a++
       :: nx == STATE_AUTHENTICATED && state[who] != STATE_AUTHENTICATED && who >= 2 -> uses_b++
       :: else -> skip fi;
    claims();
    if :: ev == EVENT_KEY_UNKNOWN && who < 2 -> release(who, 1)
       :: ev != EVENT_KEY_UNKNOWN && nx == STATE_AUTHENTICATED -> release(who, 1)
       :: ev != EVENT_KEY_UNKNOWN && SETTLED(nx) -> release(who, 0)
       :: else -> skip fi;
    state[who] = nx
}

/* What has to be read before it is an event. A dials with the key where the ring gives it. */
inline read_input() {
    if
    :: input == IN_DIAL && has_a && FREE_A -> taken_a = who; ev = EVENT_BEGIN_HELD
    :: input == IN_TICKET && has_a && FREE_A -> taken_a = who; ev = EVENT_BEGIN
    :: (input == IN_DIAL || input == IN_TICKET) && !(has_a && FREE_A) ->
        state[who] = STATE_OVER /* the full exchange: session.pml */
    :: input == IN_INVITE -> e1[who - 2] = mac; e1_bind[who - 2] = binding; ev = EVENT_BEGIN_HELD
    :: (input == IN_RESPONSE || input == IN_FINAL) -> read_response(who)
    :: input == IN_ACK -> read_ack(who - 2)
    :: else -> skip
    fi
}

/* Element 2 as the caller sees it: MAC_B is an honest callee's for this element 1 and SDP, or it is wrong. */
inline read_response(s) {
    if
    :: mac == NOTHING && input == IN_FINAL -> ev = EVENT_CONFIRM_MISSING
    :: mac == NOTHING && input != IN_FINAL ->
        ev = (binding == EVIL -> EVENT_PROVISIONAL_MEDIA : EVENT_PROVISIONAL_BARE)
    :: mac != NOTHING && state[s] == STATE_CALLER_READY ->
        if
        :: mac >= 2 && mac < 4 && RANG(mac - 2) && e1[mac - 2] == s && e1_bind[mac - 2] == s ->
            e2[s] = mac; ev = EVENT_CONFIRM_RIGHT
        :: else -> ev = EVENT_CONFIRM_WRONG
        fi
    :: else -> ev = (mac == e2[s] -> EVENT_CONFIRM_RIGHT : EVENT_CONFIRM_WRONG)
    fi
}

inline read_ack(d) {
    if
    :: mac < 2 && proved[mac] && keyed[2 + d] && SAME_SSK(mac, d) -> ack_of[d] = mac; ev = EVENT_ACK_RIGHT
    :: else -> ev = EVENT_ACK_WRONG
    fi
}

/* B's ring is asked at once, on the same thread; so is the SDP of a response looked at. */
inline next_event() {
    ev = NO_EVENT;
    if
    :: input == IN_TICKET && state[who] == STATE_CALLER_ASKING -> ev = EVENT_KEY_GOOD
    :: input == IN_INVITE && mac < 2 && has_b && FREE_B && FRESH(mac) ->
        seen[mac] = 1; taken_b = who;
        ev = (MAC_0_COVERS(who - 2) -> EVENT_OPENING_RIGHT : EVENT_OPENING_WRONG)
    :: input == IN_INVITE && !(mac < 2 && has_b && FREE_B && FRESH(mac)) -> ev = EVENT_KEY_UNKNOWN
    :: (input == IN_RESPONSE || input == IN_FINAL) && mac != NOTHING && binding != NOTHING &&
       state[who] == STATE_CALLER_ANSWERED -> e2_bind[who] = binding; ev = EVENT_SDP_FIRST
    :: (input == IN_RESPONSE || input == IN_FINAL) && mac != NOTHING && binding != NOTHING &&
       keyed[who] && LIVE(who) && binding != e2_bind[who] -> ev = EVENT_SDP_DIFFERENT
    :: else -> skip
    fi;
    input = 0
}

inline inputs() {
    read_input();
    do
    :: ev != NO_EVENT -> advance(); next_event()
    :: else -> break
    od;
    who = 0; ev = NO_EVENT; input = 0; nx = 0; acts = 0; entry = 0; mac = 0; binding = 0
}

/* ZRTP reports MATCH only to two who have the same auxiliary secret. */
#define MATCHES(s) (((s) < 2 && e2[s] >= 2 && e2[s] < 4 && keyed[e2[s]] && SAME_SSK(s, e2[s] - 2)) || \
    ((s) >= 2 && ((e1[(s) - 2] < 2 && keyed[e1[(s) - 2]] && SAME_SSK(e1[(s) - 2], (s) - 2)))))

#define IS(s, event) who = s; ev = event
#define TAKES(s, what) who = s; input = what

#define CALLER(s) \
    :: state[s] == STATE_CALLER_IDLE -> TAKES(s, IN_DIAL) \
    :: state[s] == STATE_CALLER_IDLE -> TAKES(s, IN_TICKET) \
    :: state[s] == STATE_CALLER_READY -> IS(s, EVENT_KEY_UNKNOWN) \
    :: sent[s] && LIVE(s) -> who = s; \
       if :: input = IN_RESPONSE :: input = IN_FINAL fi; \
       if :: mac = 2 :: mac = 3 :: mac = JUNK :: mac = NOTHING fi; \
       if :: binding = 2 :: binding = 3 :: binding = EVIL :: binding = NOTHING fi \
    :: LIVE(s) && state[s] != STATE_CALLER_READY && sent[s] -> IS(s, EVENT_ACK_OUT) \
    :: keyed[s] && LIVE(s) && MATCHES(s) -> IS(s, EVENT_MEDIA_MATCH) \
    :: keyed[s] && LIVE(s) -> IS(s, EVENT_MEDIA_WRONG) \
    :: keyed[s] && LIVE(s) -> IS(s, EVENT_MEDIA_WEAK) \
    :: e2[s] != NOTHING && LIVE(s) -> IS(s, EVENT_VERDICT_EXPIRED) \
    :: sent[s] && LIVE(s) -> IS(s, EVENT_HUNG_UP)

/* The first idle session of B's phone takes an INVITE, so that two alike are not two. */
#define CALLEE(s) \
    :: state[s] == STATE_CALLEE_IDLE && ((s) == 2 || state[2] != STATE_CALLEE_IDLE) -> TAKES(s, IN_INVITE); \
       if :: sent[0] -> mac = 0 :: sent[1] -> mac = 1 :: mac = JUNK fi; \
       if :: binding = 0 :: binding = 1 :: binding = EVIL fi \
    :: state[s] == STATE_CALLEE_ANNOUNCED -> IS(s, EVENT_SDP_FIRST) \
    :: rung[(s) - 2] && LIVE(s) -> TAKES(s, IN_ACK); if :: mac = 0 :: mac = 1 :: mac = JUNK fi \
    :: keyed[s] && LIVE(s) -> IS(s, EVENT_SDP_DIFFERENT) \
    :: keyed[s] && LIVE(s) && MATCHES(s) -> IS(s, EVENT_MEDIA_MATCH) \
    :: keyed[s] && LIVE(s) -> IS(s, EVENT_MEDIA_WRONG) \
    :: keyed[s] && LIVE(s) -> IS(s, EVENT_VERDICT_EXPIRED) \
    :: rung[(s) - 2] && LIVE(s) -> IS(s, EVENT_HUNG_UP)

init {
    atomic {
        state[0] = STATE_CALLER_IDLE; state[1] = STATE_CALLER_IDLE;
        state[2] = STATE_CALLEE_IDLE; state[3] = STATE_CALLEE_IDLE;
        e2[0] = NOTHING; e2[1] = NOTHING; e2_bind[0] = NOTHING; e2_bind[1] = NOTHING;
        e1[0] = JUNK; e1[1] = JUNK; ack_of[0] = NOTHING; ack_of[1] = NOTHING;
        taken_a = NOTHING; taken_b = NOTHING; has_a = 1; has_b = 1;
#ifdef POLICY
        policy = POLICY;
#else
        if :: policy = POLICY_REQUIRE :: policy = POLICY_PREFER :: policy = POLICY_CONTINUE fi;
#endif
        ev = NO_EVENT
    }
end:
    do
    :: atomic {
        if
        CALLER(0)
        CALLER(1)
        CALLEE(2)
        CALLEE(3)
        :: has_a && taken_a == NOTHING -> has_a = 0 /* its time is over at this end ... */
        :: has_b && taken_b == NOTHING -> has_b = 0 /* ... or at that one */
        fi;
        d_step { inputs() }
       }
    od
}
