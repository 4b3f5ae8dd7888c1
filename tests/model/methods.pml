/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a method does against somebody who reads, keeps, places and changes calls: the paper's exchange beside gsm and
 * aka, in one frame, so that the attacks which are found in the first are looked for in the others. The session itself
 * (session.pml) knows no AUTN, so that it stands for gsm as it stands for aka; here the card's own check is a switch.
 *
 * A calls B, twice at most; B's phone takes two INVITEs; A's phone can be called too. SIMs are A and B. RANDs: B's and
 * A's of each call, and one that the intruder made. In the paper both calls have the same, static triplets.
 *
 * METHOD: PAPER, GSM or AKA. CLAIM_CHOSEN: no SIM answers the intruder's RAND. CLAIM_RELAY: whom B believes to be A
 * placed a call and saw B's proof. CLAIM_REPLAY: B believes no more calls than A finished.
 * What is taken out: BREAK_QUESTION, that the phone asks its gateway before its SIM runs; BREAK_AUTN, that a USIM looks who
 * made a RAND; BREAK_NAMES, that a proof says for whom and for what it is (then the SIM's answer itself is one, for whoever
 * has it); BREAK_ORDER, that A's phone proves nothing before it has seen B's proof; BREAK_ONCE, that the gateway confirms a
 * RAND for one INVITE. Of the intruder: NO_CALL_TO_A, that A's phone can be called.
 */
#define PAPER 0
#define GSM 1
#define AKA 2

#define A 0
#define B 1
#define OF_B(c) (c)
#define OF_A(c) (2 + (c))
#define CHOSEN 4
#define RANDS 5

#define IDLE 0
#define OPEN 1
#define DONE 2
#define CLOSED 3

byte caller[2];          /* A's calls */
byte callee[2];          /* what B's phone took */
byte asked[2];           /* the RAND in that INVITE */
bool ran[10];            /* SIM * RANDS + RAND: has answered */
bool known[10];          /* ... and the intruder has SRES */
bool mac_a[RANDS];       /* A's phone, as the caller, has made a MAC for who has this RAND of A's */
bool confirmed[RANDS];   /* B's gateway has said yes to this RAND once */
byte c;
byte d;
byte r;

#if METHOD == PAPER
#define RAND_B(c) OF_B(0)
#define RAND_A(c) OF_A(0)
#else
#define RAND_B(c) OF_B(c)
#define RAND_A(c) OF_A(c)
#endif

/* Whether the SIM of `who` answers r: a USIM checks who made it. */
#if METHOD == AKA && !defined(BREAK_AUTN)
#define CARD_ANSWERS(r) ((r) != CHOSEN)
#else
#define CARD_ANSWERS(r) true
#endif

/* Whether the gateway says: issued, for this SIM as a callee's, once. */
#if METHOD == PAPER || defined(BREAK_QUESTION)
#define MAY_RUN_B(r) true
#define MAY_RUN_A(r) true
#else
#ifdef BREAK_ONCE
#define MAY_RUN_B(r) ((r) < 2 && caller[r] != IDLE)
#else
#define MAY_RUN_B(r) ((r) < 2 && caller[r] != IDLE && !confirmed[r])
#endif
#define MAY_RUN_A(r) false /* A was called by nobody whom an operator gave a vector */
#endif

/* SRES in the clear is a thing to keep; a MAC says this call's both ends, so the intruder can only carry it. */
#if METHOD == PAPER
#define PROOF_OF_B(c) known[B * RANDS + RAND_B(c)]
#define PROOF_OF_A(d) known[A * RANDS + RAND_A(0)]
#elif defined(BREAK_NAMES)
#define PROOF_OF_B(c) known[B * RANDS + RAND_B(c)]
#define PROOF_OF_A(d) (asked[d] < 2 && known[A * RANDS + RAND_A(asked[d])])
#else
#define PROOF_OF_B(c) ((callee[0] != IDLE && callee[0] != CLOSED && asked[0] == OF_B(c)) || \
                       (callee[1] != IDLE && callee[1] != CLOSED && asked[1] == OF_B(c)))
#define PROOF_OF_A(d) (asked[d] < 2 && mac_a[RAND_A(asked[d])])
#endif

inline run_sim(who, x) {
    if
    :: CARD_ANSWERS(x) -> ran[who * RANDS + x] = true; known[who * RANDS + x] = true
    :: else
    fi
}

active proctype net() {
    do
    :: d_step { caller[0] == IDLE -> caller[0] = OPEN; printf("INTRUDER sees A's first call\n") }
    :: d_step { caller[0] != IDLE && caller[1] == IDLE -> caller[1] = OPEN; printf("INTRUDER sees A's second call\n") }
    :: atomic { /* an INVITE for B, whoever sends it */
        if :: d = 0 :: d = 1 fi;
        if :: r = OF_B(0) :: r = OF_B(1) :: r = OF_A(0) :: r = CHOSEN fi;
        if
        :: callee[d] == IDLE && MAY_RUN_B(r) && CARD_ANSWERS(r) ->
            run_sim(B, r); asked[d] = r; confirmed[r] = true; callee[d] = OPEN;
            printf("INTRUDER brings RAND %d to B, call %d\n", r, d)
        :: else -> skip
        fi; r = 0; d = 0 }
    :: atomic { /* an answer for A, with what B challenges A with, or another RAND */
        if :: c = 0 :: c = 1 fi;
        if :: r = RAND_A(c) :: r = CHOSEN fi;
        if
        :: caller[c] == OPEN && PROOF_OF_B(c) && (METHOD == PAPER || r == RAND_A(c)) ->
            run_sim(A, r); mac_a[r] = (r != CHOSEN); caller[c] = DONE;
            printf("INTRUDER brings B's answer and RAND %d to A, call %d\n", r, c)
#ifdef BREAK_ORDER
        :: caller[c] == OPEN && r == RAND_A(c) ->
            run_sim(A, r); mac_a[r] = true; printf("INTRUDER brings RAND %d alone to A, call %d\n", r, c)
#endif
        :: else -> skip
        fi; c = 0; r = 0 }
    :: atomic { /* an ACK for B */
        if :: d = 0 :: d = 1 fi;
        if
        :: callee[d] == OPEN && PROOF_OF_A(d) -> callee[d] = DONE; printf("INTRUDER brings A's proof to B, call %d\n", d)
        :: callee[d] == OPEN && !PROOF_OF_A(d) -> callee[d] = CLOSED
        :: else -> skip
        fi; d = 0 }
#ifndef NO_CALL_TO_A
    :: atomic { /* A is called with that RAND */
        if :: r = OF_A(0) :: r = OF_A(1) :: r = OF_B(0) :: r = CHOSEN fi;
        if
        :: MAY_RUN_A(r) -> run_sim(A, r); printf("INTRUDER calls A with RAND %d\n", r)
        :: else -> skip
        fi; r = 0 }
#endif
    :: d_step { callee[0] == DONE && caller[0] == DONE -> printf("INTRUDER lets the call be\n") }; break
    :: break
    od
}

active proctype claim() {
    end: atomic {
#ifdef CLAIM_CHOSEN
        (ran[A * RANDS + CHOSEN] || ran[B * RANDS + CHOSEN]) -> assert(false)
#endif
#ifdef CLAIM_RELAY
        ((callee[0] == DONE || callee[1] == DONE) && caller[0] != DONE && caller[1] != DONE) -> assert(false)
#endif
#ifdef CLAIM_REPLAY
        ((callee[0] == DONE) + (callee[1] == DONE) > (caller[0] == DONE) + (caller[1] == DONE)) -> assert(false)
#endif
#ifdef CLAIM_SUCCESS /* the run that has to exist */
        (callee[0] == DONE && callee[1] == DONE && caller[0] == DONE && caller[1] == DONE) -> assert(false)
#endif
    }
}
