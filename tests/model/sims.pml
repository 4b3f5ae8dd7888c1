/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several SIMs at one address (docs/protocol.md 6.3) against an intruder who is the SIP path: one call of A to AOR_B, whose
 * element 1 has the RAND_B of SIM 0. The session itself is in session.pml, where such a call is one that was
 * resynchronised; here is what that leaves out: whose challenge is whose, and the half of SSK_B=>A that each has.
 *
 * SIMs 0, 1   bound to AOR_B, each in a phone that is honest
 * SIM 2       of the same operator; the intruder has it. It is not bound to AOR_B, but with INSIDER=2
 * legs        A has one for each To tag: leg p is the one whose element 2 names the challenge of SIM p
 *
 * K1(p) is SSK_A=>B under the challenge of SIM p, K2(p) the half of SSK_B=>A that belongs to it; the media of a leg or of
 * a phone can be keyed by whoever has both. An INVITE has the element 1 that A sent, one that the intruder made with the
 * key of MAC_0, or one that he made without. That key is given to each other SIM that is bound, so also to his.
 * CLAIM_x selects what is asserted, BREAK_x takes a countermeasure out, CORRUPT is the operator that helps the intruder,
 * INSIDER a SIM of his that is bound to AOR_B: 2, another one than RAND_B is for, or 0, the very one (he knows its K, so he
 * needs no AUTN).
 */
#define A 0
#define B 1
#define SIMS 3
#define FOREIGN 2
#ifndef INSIDER
#define INSIDER 9 /* nobody */
#endif
#define HONEST(p) ((p) != FOREIGN && (p) != INSIDER)

#ifdef CORRUPT
#define CORRUPT_IS(who) (CORRUPT == (who))
#else
#define CORRUPT_IS(who) false
#endif
#ifdef BREAK_BOUND
#define BOUND(p) true
#else
#define BOUND(p) ((p) != FOREIGN || INSIDER == FOREIGN)
#endif

#define IDLE 0
#define CONFIRMED 1 /* its gateway has answered: it has a challenge */
#define RUNG 2      /* its SIM has answered, K2 is here */
#define UP 3        /* "authenticated" */

/* Who made element 1. */
#define JUNK 0   /* somebody without the key of MAC_0 */
#define OF_A 1
#define FORGED 2 /* the intruder, with that key */

byte phone[SIMS];
byte element[SIMS];      /* of the INVITE that it took */
bool sim_ran[SIMS];
bool answered[SIMS];     /* element 2 of SIM p is on the path */
byte leg[SIMS];          /* of A: CONFIRMED: K1(p) is here; RUNG: MAC_B was right; UP */
bool vector_given[SIMS]; /* AG(B) has sealed K1(p) to somebody */
bool half_given[SIMS];   /* AG(A) has sealed K2(p) to somebody */
bool stolen_1[SIMS];
bool stolen_2[SIMS];
byte p;

#define KNOWS_1(p) (!HONEST(p) || CORRUPT_IS(B) || stolen_1[p])
#ifdef BREAK_ONE_HALF /* ... K2 is the same for all */
#define KNOWS_2(p) (CORRUPT_IS(A) || stolen_2[0] || stolen_2[1] || stolen_2[2])
#elif defined(BREAK_MIX) /* ... K2 of the others is made of SIM 0's alone */
#define KNOWS_2(p) (CORRUPT_IS(A) || stolen_2[p] || stolen_2[0])
#else
#define KNOWS_2(p) (CORRUPT_IS(A) || stolen_2[p])
#endif
#define KNOWS_BOTH(p) (KNOWS_1(p) && KNOWS_2(p))

#ifdef BREAK_VECTOR_AGAIN
#define VECTOR_GIVABLE(p) true
#else
#define VECTOR_GIVABLE(p) (!vector_given[p])
#endif
#ifdef BREAK_HALF_AGAIN
#define HALF_GIVABLE(p) true
#else
#define HALF_GIVABLE(p) (!half_given[p])
#endif
/* MAC_0: SIM 0 must run to check it; for another SIM the gateway sends its key, and it is checked first. */
#define KNOWS_OPENING (KNOWS_1(0) || phone[FOREIGN] != IDLE)
#ifdef BREAK_MAC_0
#define OPENING_IS_RIGHT(p) true
#else
#define OPENING_IS_RIGHT(p) (element[p] != JUNK)
#endif
/* MAC_B and the keys cover element 1. */
#ifdef BREAK_T2
#define COVERED(p) true
#else
#define COVERED(p) (element[p] == OF_A)
#endif
/* AG(B) says yes to one element 1 for each RAND_B: to no other once SIM 0 has shown one, or a key of MAC_0 was given. */
#define FITS(q, e) (phone[q] == IDLE || element[q] == (e) || CORRUPT_IS(B))
#ifdef BREAK_ELEMENT_OF_FIRST /* ... SIM 0's phone may show another than the key was given for */
#define FITS_FIRST(e) true
#else
#define FITS_FIRST(e) (FITS(1, e) && FITS(2, e))
#endif
#ifdef BREAK_ELEMENT_OF_OTHERS /* ... the key is given for each other SIM's own */
#define FITS_OTHERS(e) FITS(0, e)
#else
#define FITS_OTHERS(e) (FITS(0, e) && FITS(1, e) && FITS(2, e))
#endif
#define CONFIRMABLE(p, e) (((p) == 0 && FITS_FIRST(e)) || ((p) != 0 && FITS_OTHERS(e)))

active proctype world()
{
end:
    do
    :: atomic { select(p : 0 .. SIMS - 1);
       if
       /* AG(B): this phone's SIM is bound to the AOR; one challenge for each, for one element 1. */
       :: phone[p] == IDLE && BOUND(p) && CONFIRMABLE(p, OF_A) ->
          phone[p] = CONFIRMED; element[p] = OF_A; printf("INTRUDER brings A's INVITE to SIM %d\n", p)
       :: phone[p] == IDLE && BOUND(p) && CONFIRMABLE(p, JUNK) ->
          phone[p] = CONFIRMED; element[p] = JUNK; printf("INTRUDER brings an INVITE with any MAC_0 to SIM %d\n", p)
       :: phone[p] == IDLE && BOUND(p) && CONFIRMABLE(p, FORGED) && KNOWS_OPENING ->
          phone[p] = CONFIRMED; element[p] = FORGED;
          printf("INTRUDER brings an INVITE with a MAC_0 of his own to SIM %d\n", p)
       /* MAC_0 and the SIM, in the order that the SIM asks for; then K2, once for each challenge. */
       :: phone[p] == CONFIRMED && HONEST(p) && !sim_ran[p] && (p == 0 || OPENING_IS_RIGHT(p)) -> sim_ran[p] = true
       :: phone[p] == CONFIRMED && HONEST(p) && sim_ran[p] && OPENING_IS_RIGHT(p) && HALF_GIVABLE(p) ->
          half_given[p] = true; answered[p] = true; phone[p] = RUNG; printf("INTRUDER hears SIM %d's phone ring\n", p)
       :: phone[p] == CONFIRMED && !HONEST(p) && HALF_GIVABLE(p) -> half_given[p] = true; stolen_2[p] = true
       /* An operator helps: it asks for what its subscribers may ask for. */
       :: CORRUPT_IS(B) && HALF_GIVABLE(p) -> half_given[p] = true; stolen_2[p] = true
       :: CORRUPT_IS(A) && VECTOR_GIVABLE(p) -> vector_given[p] = true; stolen_1[p] = true
       /* A: an element 2 names a challenge; AG(B) knows of it, gives its vector to one, and MAC_B is under K1. */
       :: leg[p] == IDLE && VECTOR_GIVABLE(p) && (phone[p] != IDLE || CORRUPT_IS(B)) ->
          vector_given[p] = true; leg[p] = CONFIRMED
       :: leg[p] == CONFIRMED && ((answered[p] && COVERED(p)) || KNOWS_1(p)) -> leg[p] = RUNG
       /* The media: the other end has both keys and the same transcript, or it is the intruder with both. */
       :: leg[p] == RUNG && ((phone[p] >= RUNG && COVERED(p)) || KNOWS_BOTH(p)) -> leg[p] = UP
       :: HONEST(p) && phone[p] == RUNG && ((leg[p] >= RUNG && COVERED(p)) || KNOWS_BOTH(p)) -> phone[p] = UP
       :: else -> skip
       fi;
#ifdef CLAIM_NAMED /* whom A names has a SIM bound to the address, answered this INVITE and is who A talks to */
       assert(leg[p] != UP || p == INSIDER || (HONEST(p) && phone[p] >= RUNG && element[p] == OF_A));
#endif
#ifdef CLAIM_CALLER /* what a phone of AOR_B is told about A is true: A has this very leg */
       assert(phone[p] != UP || (leg[p] >= RUNG && element[p] == OF_A));
#endif
#ifdef CLAIM_ANNOUNCED /* a phone that rings as announced rings for A's own INVITE */
       assert(!HONEST(p) || phone[p] < RUNG || element[p] == OF_A);
#endif
#ifdef CLAIM_SIM /* the second SIM runs for an INVITE of A alone */
       assert(p == 0 || !sim_ran[p] || element[p] == OF_A);
#endif
#ifdef CLAIM_SUCCESS /* to be found: both phones rang, A is authenticated to the one whose SIM was not asked for */
       assert(!(phone[0] == RUNG && leg[1] == UP && phone[1] == UP));
#endif
       p = 0 }
    od
}
