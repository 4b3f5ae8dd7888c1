/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every method of the product in one frame, SESSIONS calls at each end, against somebody who is the SIP path and a
 * subscriber M: what session.pml proves of two sessions with every state and every failure, here with what a method is
 * made of and few states, so that three sessions can be looked through. The paper's own exchange is in methods.pml.
 *
 * callers 0 ..     A's phone, which calls B or M; element 1 of caller c has the RAND (or nonce) c
 * callees 0 ..     what B's phone makes of the INVITEs that reach it
 * records 0 ..     what the gateways (for stp the rings of keys) know of the call that caller c placed; the last is of
 *                  the call that M placed, or that a bad operator placed in A's name
 *
 * K1(r) is SSK_A=>B of record r, K2(r) SSK_B=>A. In gsm, aka and akap each operator makes one half, sealed to the phone; of
 * agt (and digest, a phone without a SIM, which can do agt alone) each of the two gateways knows both; of stp nobody but
 * the phones. A MAC is COPY + who made it, SELF (the intruder has the key), or JUNK. What it covers is in its maker's
 * variables. A call has two methods: B's stands in element 1, A's in element 2, and the record's are what the gateways
 * know, each of its own subscriber. gsm, aka and akap go with each other; stp, agt and digest are the same in both.
 *
 * METHOD   of all calls (not defined: each of them; NO_AGENTS: but agt and digest); METHOD_A: A's, where it is another
 * FALLBACK a call may be by any methods that somebody could choose for it instead; FALLBACK=2: one that A places, by a
 *          weaker one of either
 * PINNED   A knows B by METHOD, B knows A by METHOD_A, or both; PINNED=2: both
 * CORRUPT  operators on the intruder's side: 1 is A's, 2 is B's, 3 both. What is claimed then is what a subscriber of the
 *          bad one is told about the other's; with both, and for stp, what either is told
 * CLAIM_x selects what is asserted, BREAK_x takes a countermeasure out.
 */
#ifndef SESSIONS
#define SESSIONS 2
#endif
#define GSM 20
#define AKA 30
#define AKAP 32
#define AGT 10
#define DIGEST 11 /* agt between phones without SIMs */
#define STP 40    /* both SIMs took part in the call that left it: as strong as that */

#define A 0
#define B 1
#define M 2
#define LAST SESSIONS       /* the record of M's call */
#define RECORDS (SESSIONS + 1)
#define OF_CALLER(c) (c)
#define OF_CALLEE(d) (SESSIONS + (d))
#define EVIL 20
#define JUNK 0
#define SELF 1
#define COPY 2

#define IDLE 0
#define SENT 1    /* caller: element 1 is out; callee: RUNG */
#define RUNG 1
#define KEYED 2   /* caller: MAC_B was right, element 3 is out; callee: MAC_A was right */
#define AUTH 3
#define CLOSED 4

#ifdef METHOD
#define best METHOD
#ifdef METHOD_A
#define best_a METHOD_A
#else
#define best_a METHOD
#endif
#else
byte best;   /* B's method where nobody chooses another one */
byte best_a; /* A's */
#endif
#ifndef CORRUPT
#define CORRUPT 0
#endif
#define BAD_A (CORRUPT == 1 || CORRUPT == 3)
#define BAD_B (CORRUPT == 2 || CORRUPT == 3)

byte caller[SESSIONS];
byte method[RECORDS];    /* B's; 0: no such call yet */
byte method_a[RECORDS];
byte rec_caller[RECORDS];
byte rec_callee[RECORDS];
byte confirmed[RECORDS]; /* by AG(B), for callee d + 1; of stp: the nonce was seen */
bool given[RECORDS];     /* K2, to somebody */
bool stolen[RECORDS];    /* K2 was given to the intruder */
byte e2[SESSIONS];       /* element 2: who made it */
byte e2_bind[SESSIONS];  /* the SDP that came with it */
byte e2_token[SESSIONS]; /* the method that stands in it */
#ifdef PINNED
byte pin_a;              /* the weakest method by which A takes B; 0: any */
byte pin_b;              /* ... B takes A */
#endif

byte callee[SESSIONS];
byte rec[SESSIONS];      /* the record of its element 1 */
byte token[SESSIONS];    /* the method that stands in it */
byte e1[SESSIONS];       /* MAC_0: who made it */
byte bind[SESSIONS];     /* the SDP of the INVITE */
byte announced[RECORDS]; /* how often B's phone rang for it as announced */
#ifdef CLAIM_VERDICT
bool proved_b[SESSIONS]; /* caller c: MAC_B was right */
bool proved_a[SESSIONS]; /* callee d: MAC_A was right */
#endif
byte c, d, r, made, sdp, word; /* one step's, zero between steps */

#define HELD(r) (method[r] == STP)
#define BOTH_KNOW(r) (method[r] == AGT || method[r] == DIGEST)
#define MINE(r) (rec_caller[r] == M || rec_callee[r] == M)
#ifdef BREAK_ONE_KEY /* ... an operator sees what the other sealed */
#define SEEN_BY_ONE(r) (CORRUPT != 0)
#else
#define SEEN_BY_ONE(r) (BOTH_KNOW(r) && CORRUPT != 0)
#endif
#ifdef BREAK_KEPT /* ... of a key that the phones keep the operators know as well */
#define THEIRS(r) false
#else
#define THEIRS(r) HELD(r)
#endif
#define KNOWS_1(r) (MINE(r) || (!THEIRS(r) && (BAD_B || SEEN_BY_ONE(r) || (BAD_A && (r) == LAST))))
#define KNOWS_2(r) (MINE(r) || (!THEIRS(r) && (BAD_A || SEEN_BY_ONE(r) || stolen[r])))
#define KNOWS(r) (KNOWS_1(r) && KNOWS_2(r))

/* The gateway looks at the method in element 1, A at the one in element 2, and every MAC that comes later covers them:
 * only without both is there an attack. */
#ifdef BREAK_METHOD
#define METHOD_COVERED(d) true
#define METHOD_RIGHT(d) true
#else
#define METHOD_COVERED(d) (token[d] == method[rec[d]])
#define METHOD_RIGHT(d) (token[d] == method[rec[d]])
#endif
#ifdef BREAK_METHOD_A
#define METHOD_A_COVERED(c, d) true
#define METHOD_A_RIGHT(c) true
#else
#define METHOD_A_COVERED(c, d) (e2_token[c] == method_a[rec[d]])
#define METHOD_A_RIGHT(c) (e2_token[c] == method_a[c])
#endif
/* MAC_0 of callee d's INVITE covers the names (the record's), the method and the offer. */
#ifdef BREAK_MAC_0
#define COVERED_0(d) true
#else
#define COVERED_0(d) (bind[d] == OF_CALLER(rec[d]) && METHOD_COVERED(d))
#endif
#define OPENING_RIGHT(d) (e1[d] == SELF || (e1[d] == COPY + rec[d] && COVERED_0(d)))
/* What AG(B), or for stp the ring, says yes to: once, for this method, for B. */
#ifdef BREAK_CONFIRM_AGAIN
#define FRESH(r) true
#else
#define FRESH(r) (confirmed[r] == 0 || (BAD_B && !HELD(r))) /* a bad one says yes again */
#endif
#ifdef BREAK_OWNER
#define OURS(r) true
#else
#define OURS(r) (rec_callee[r] == B) /* ... and so say the ring of keys, and the names that the caller's operator sealed */
#endif
#ifdef BREAK_GIVE_AGAIN
#define GIVABLE(r) true
#else
#define GIVABLE(r) (!given[r])
#endif
/* A phone takes no vector (key, ticket) that is weaker than its pin of the other: A's is of B's method, B's of A's. */
#if defined(PINNED) && !defined(BREAK_PIN_OF_A)
#define A_TAKES(r) (rec_callee[r] == M || method[r] >= pin_a)
#else
#define A_TAKES(r) true
#endif
#if defined(PINNED) && !defined(BREAK_PIN_OF_B)
#define B_TAKES(r) (rec_caller[r] == M || method_a[r] >= pin_b)
#else
#define B_TAKES(r) true
#endif

/* The same elements, names and offers: what MAC_B covers. With the answer: what SSK_A/B and MAC_A cover. */
#define SAME_T2(c, d) (rec[d] == (c) && e1[d] == COPY + (c) && bind[d] == OF_CALLER(c) && METHOD_COVERED(d) && \
                       METHOD_A_COVERED(c, d))
#ifdef BREAK_T3
#define SAME_SSK(c, d) (rec[d] == (c) && e1[d] == COPY + (c) && e2[c] == COPY + (d))
#else
#define SAME_SSK(c, d) (SAME_T2(c, d) && e2[c] == COPY + (d) && e2_bind[c] == OF_CALLEE(d))
#endif
#define AGREE(c, d) (SAME_T2(c, d) && token[d] == method[c] && e2_token[c] == method_a[rec[d]] && \
                     e2[c] == COPY + (d) && e2_bind[c] == OF_CALLEE(d))

/* Whether somebody at the other end of the media has the key. */
#define ANSWERS(c, d) (callee[d] != IDLE && callee[d] != CLOSED && SAME_SSK(c, d))
#define CALLS(c, d) (caller[c] >= KEYED && caller[c] != CLOSED && SAME_SSK(c, d))
#if SESSIONS == 2
#define ANY_CALLEE(what, c) (what(c, 0) || what(c, 1))
#define ANY_CALLER(what, d) (what(0, d) || what(1, d))
#else
#define ANY_CALLEE(what, c) (what(c, 0) || what(c, 1) || what(c, 2))
#define ANY_CALLER(what, d) (what(0, d) || what(1, d) || what(2, d))
#endif
#define IS_TRUE(c, d) (AGREE(c, d) && callee[d] != IDLE && callee[d] != CLOSED)
#define WAS_CALLED(c, d) (AGREE(c, d) && caller[c] >= KEYED && caller[c] != CLOSED)
/* ... and took this method for its own: what stands in the element that the other end has pinned. */
#define STRONG_CALLEE(c, d) (callee[d] != IDLE && callee[d] != CLOSED && rec[d] == (c) && e2[c] == COPY + (d) && \
                             token[d] >= pin_a)
#define STRONG_CALLER(c, d) (caller[c] >= KEYED && caller[c] != CLOSED && rec[d] == (c) && e2[c] == COPY + (d) && \
                             e2_token[c] >= pin_b)

/* Who is KEYED, by the other's proof, waits for media with this key. */
#ifdef BREAK_MEDIA
#define MATCHES_A(c) true
#define MATCHES_B(d) true
#else
#define MATCHES_A(c) (KNOWS(c) || ANY_CALLEE(ANSWERS, c))
#define MATCHES_B(d) (KNOWS(rec[d]) || ANY_CALLER(CALLS, d))
#endif
#ifdef BREAK_PROOF /* ... media are enough for the callee */
#define AWAITS_MEDIA(d) (callee[d] == KEYED || callee[d] == RUNG)
#else
#define AWAITS_MEDIA(d) (callee[d] == KEYED)
#endif

/* With a bad operator what is claimed is what its own subscriber is told about the other's; CLAIM_ALL: everything. */
#if CORRUPT == 0 || CORRUPT == 3 || defined(CLAIM_ALL)
#define CLAIMED_OF_CALLER true
#define CLAIMED_OF_CALLEE true
#elif CORRUPT == 1
#define CLAIMED_OF_CALLER true
#define CLAIMED_OF_CALLEE false
#else
#define CLAIMED_OF_CALLER false
#define CLAIMED_OF_CALLEE true
#endif

inline claim_of_caller() {
#ifdef CLAIM_AGREEMENT
    assert(!CLAIMED_OF_CALLER || rec_callee[c] == M || ANY_CALLEE(IS_TRUE, c));
#endif
#ifdef CLAIM_SECRECY
    assert(!CLAIMED_OF_CALLER || rec_callee[c] == M || !KNOWS(c));
#endif
#ifdef CLAIM_DOWNGRADE /* what each end took stands for, not only what this one's gateway said */
    assert(rec_callee[c] == M || (method[c] != 0 && method[c] >= pin_a && e2_token[c] == method_a[c] &&
                                  ANY_CALLEE(STRONG_CALLEE, c)));
#endif
#ifdef CLAIM_VERDICT /* nothing half-open: B's proof, and at the other end of these media somebody who has the key */
    assert(proved_b[c] && (KNOWS(c) || ANY_CALLEE(ANSWERS, c)));
#endif
#ifdef CLAIM_SUCCESS /* the run that has to exist: all calls are authenticated at both ends */
    word = 0;
    for (d : 0 .. SESSIONS - 1) { word = word + (callee[d] == AUTH) + (caller[d] == AUTH) }
    assert(word < 2 * SESSIONS);
    word = 0; d = 0;
#endif
    skip
}

inline claim_of_callee() {
#ifdef CLAIM_AGREEMENT
    assert(!CLAIMED_OF_CALLEE || rec_caller[rec[d]] == M || (rec[d] < LAST && ANY_CALLER(WAS_CALLED, d)));
#endif
#ifdef CLAIM_SECRECY
    assert(!CLAIMED_OF_CALLEE || rec_caller[rec[d]] == M || !KNOWS(rec[d]));
#endif
#ifdef CLAIM_DOWNGRADE
    assert(rec_caller[rec[d]] == M || (method_a[rec[d]] >= pin_b && token[d] == method[rec[d]] && rec[d] < LAST &&
                                       ANY_CALLER(STRONG_CALLER, d)));
#endif
#ifdef CLAIM_VERDICT
    assert(proved_a[d] && (KNOWS(rec[d]) || ANY_CALLER(CALLS, d)));
#endif
    skip
}

/* The phone rings as "announced": this caller's operator had this INVITE made, for B, and it rings once for it. */
inline claim_of_ring() {
#ifdef CLAIM_RING
    assert(!CLAIMED_OF_CALLEE || rec_caller[rec[d]] == M ||
           (rec[d] < LAST && rec_callee[rec[d]] == B && bind[d] == OF_CALLER(rec[d]) && announced[rec[d]] <= 1));
#endif
#ifdef CLAIM_DOWNGRADE
    assert(rec_caller[rec[d]] == M || method_a[rec[d]] >= pin_b);
#endif
    skip
}

/* Which methods a call is by. Somebody who could choose others (an operator, a phone without its SIM, a key that is said
 * to be unknown) can choose any. */
inline choose_method(x) {
    if
    :: method[x] = best; method_a[x] = best_a
#if FALLBACK == 2
    :: x < LAST -> method[x] = GSM; method_a[x] = best_a
    :: x < LAST -> method[x] = best; method_a[x] = GSM
#elif defined(FALLBACK)
    :: if :: method[x] = GSM :: method[x] = AKA fi;
       if :: method_a[x] = GSM :: method_a[x] = AKA fi
#ifndef NO_AGENTS
    :: method[x] = AGT; method_a[x] = AGT
#endif
#endif
    fi
}

active proctype net() {
#ifndef METHOD
    if
    :: if :: best = GSM :: best = AKA :: best = AKAP fi;
       if :: best_a = GSM :: best_a = AKA :: best_a = AKAP fi
    :: best = STP; best_a = STP
#ifndef NO_AGENTS
    :: best = AGT; best_a = AGT
    :: best = DIGEST; best_a = DIGEST
#endif
    fi;
#endif
#ifdef PINNED
    if
#if PINNED != 2
    :: pin_a = best
    :: pin_b = best_a
#endif
    :: pin_a = best; pin_b = best_a
    fi;
#endif
    do
    :: atomic { /* A dials B, or M */
        select(c : 0 .. SESSIONS - 1);
        if
        :: caller[c] == IDLE && (c == 0 || caller[c - 1] != IDLE) ->
            choose_method(c);
            rec_caller[c] = A;
            if :: rec_callee[c] = B :: rec_callee[c] = M fi;
            if
            :: A_TAKES(c) -> caller[c] = SENT
            :: else -> caller[c] = CLOSED; method[c] = 0; method_a[c] = 0; rec_callee[c] = 0
            fi
        :: else -> skip
        fi; c = 0 }
    :: atomic { /* M dials B; a bad operator of A's in A's name */
        if
        :: method[LAST] == 0 ->
            choose_method(LAST);
            rec_callee[LAST] = B; rec_caller[LAST] = M;
            if
            :: BAD_A && method[LAST] != STP -> rec_caller[LAST] = A
            :: skip
            fi
        :: else -> skip
        fi }
    :: atomic { /* AG(B) asks for the caller's half in the name of its subscriber */
        select(r : 0 .. RECORDS - 1);
        if
        :: BAD_B && method[r] != 0 && !HELD(r) && !BOTH_KNOW(r) && rec_callee[r] == B && GIVABLE(r) ->
            given[r] = 1; stolen[r] = true
        :: else -> skip
        fi; r = 0 }
    :: atomic { /* an INVITE for B, of whatever element and offer */
        select(d : 0 .. SESSIONS - 1);
        select(r : 0 .. RECORDS - 1);
        if
        :: callee[d] == IDLE && (d == 0 || callee[d - 1] != IDLE) && method[r] != 0 ->
            rec[d] = r;
            if :: token[d] = method[r] :: token[d] = GSM :: token[d] = AGT fi;
            if :: bind[d] = EVIL :: r < LAST -> bind[d] = OF_CALLER(r) fi;
            if :: r < LAST -> e1[d] = COPY + r :: KNOWS_1(r) -> e1[d] = SELF :: e1[d] = JUNK fi;
            if
            :: METHOD_RIGHT(d) && FRESH(r) && OURS(r) ->
                confirmed[r] = d + 1;
                if
                :: OPENING_RIGHT(d) && (BOTH_KNOW(r) || HELD(r) || GIVABLE(r)) ->
                    given[r] = (!BOTH_KNOW(r) && !HELD(r));
                    if
                    :: B_TAKES(r) ->
                        callee[d] = RUNG; announced[r] = (announced[r] < 2 -> announced[r] + 1 : 2);
                        printf("INTRUDER brings element 1 of call %d (MAC_0 %d, methods %d %d, offer %d) to B, call %d: ",
                            r, e1[d], token[d], method_a[r], bind[d], d);
                        printf("it rings\n");
                        claim_of_ring()
                    :: else -> callee[d] = CLOSED
                    fi
                :: else -> callee[d] = CLOSED
                fi
            :: else -> callee[d] = CLOSED
            fi;
            if :: callee[d] == CLOSED -> rec[d] = 0; token[d] = 0; bind[d] = 0; e1[d] = 0 :: else -> skip fi
        :: else -> skip
        fi; d = 0; r = 0 }
    :: atomic { /* a response for A */
        select(c : 0 .. SESSIONS - 1);
        select(d : 0 .. SESSIONS - 1);
        if
        :: caller[c] == SENT ->
            if
            :: callee[d] != IDLE && callee[d] != CLOSED -> made = COPY + d; if :: sdp = OF_CALLEE(d) :: sdp = EVIL fi
            :: KNOWS_1(c) -> made = SELF; sdp = EVIL
            :: made = JUNK; sdp = EVIL
            fi;
            if :: e2_token[c] = method_a[c] :: e2_token[c] = GSM :: e2_token[c] = AGT fi;
            if
            :: METHOD_A_RIGHT(c) && (made == SELF || (made == COPY + d && SAME_T2(c, d))) ->
                e2[c] = made; e2_bind[c] = sdp; caller[c] = KEYED;
#ifdef CLAIM_VERDICT
                proved_b[c] = true
#endif
            :: else -> caller[c] = CLOSED; e2_token[c] = 0
            fi;
            printf("INTRUDER brings element 2 (made by %d, answer %d) to A, call %d\n", made, sdp, c)
        :: else -> skip
        fi; c = 0; d = 0; made = 0; sdp = 0 }
    :: atomic { /* an ACK for B */
        select(d : 0 .. SESSIONS - 1);
        select(c : 0 .. SESSIONS - 1);
        if
        :: callee[d] == RUNG ->
            if
            :: caller[c] >= KEYED && caller[c] != CLOSED && SAME_SSK(c, d) -> callee[d] = KEYED
            :: KNOWS(rec[d]) -> callee[d] = KEYED
            :: callee[d] = CLOSED
            fi;
#ifdef CLAIM_VERDICT
            proved_a[d] = (callee[d] == KEYED);
#endif
            printf("INTRUDER brings element 3 to B, call %d: state %d\n", d, callee[d])
        :: else -> skip
        fi; c = 0; d = 0 }
    :: atomic { /* the media of A's call: ZRTP says MATCH to two who have one key */
        select(c : 0 .. SESSIONS - 1);
        if
        :: caller[c] == KEYED && MATCHES_A(c) -> caller[c] = AUTH; claim_of_caller()
        :: else -> skip
        fi; c = 0; d = 0 }
    :: atomic { /* ... of B's */
        select(d : 0 .. SESSIONS - 1);
        if
        :: AWAITS_MEDIA(d) && MATCHES_B(d) -> callee[d] = AUTH; claim_of_callee()
        :: else -> skip
        fi; d = 0 }
    od
}
