/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several SIMs at one address (docs/protocol.md 6.3) against an intruder who is the SIP path: one call of A to AOR_B, whose
 * element 1 has the RAND_B of SIM 0. The session itself is in session.pml, where such a call is one that was
 * resynchronised; here is what that leaves out: whose challenge is whose, and the half of SSK_B=>A that each has.
 *
 * SIMs 0, 1   bound to AOR_B, each in a phone that is honest
 * SIM 2       of the same operator, not bound to AOR_B; the intruder has it
 * legs        A has one for each To tag: leg p is the one whose element 2 names the challenge of SIM p
 *
 * K1(p) is SSK_A=>B under the challenge of SIM p, K2(p) the half of SSK_B=>A that belongs to it; the media of a leg or of
 * a phone can be keyed by whoever has both. Element 1 is the one that A sent or another under the same RAND_B.
 * CLAIM_x selects what is asserted, BREAK_x takes a countermeasure out, CORRUPT is the operator that helps the intruder.
 */
#define A 0
#define B 1
#define SIMS 3
#define FOREIGN 2
#define HONEST(p) ((p) != FOREIGN)

#ifdef CORRUPT
#define CORRUPT_IS(who) (CORRUPT == (who))
#else
#define CORRUPT_IS(who) false
#endif
#ifdef BREAK_BOUND
#define BOUND(p) true
#else
#define BOUND(p) HONEST(p)
#endif

#define IDLE 0
#define CONFIRMED 1 /* its gateway has answered: it has a challenge */
#define RUNG 2      /* its SIM has answered, K2 is here */
#define UP 3        /* "authenticated" */

byte phone[SIMS];
bool true_element[SIMS]; /* the INVITE that it took has the element 1 that A made */
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
#ifdef BREAK_MAC_0
#define OPENING_IS_RIGHT(p) true
#else
#define OPENING_IS_RIGHT(p) (true_element[p] || KNOWS_1(0))
#endif

active proctype world()
{
end:
    do
    :: atomic { select(p : 0 .. SIMS - 1);
       if
       /* AG(B): this phone's SIM is bound to the AOR; one challenge for each, for one element 1. */
       :: phone[p] == IDLE && BOUND(p) -> phone[p] = CONFIRMED;
          if :: true_element[p] = true :: true_element[p] = false fi
       /* MAC_0 and the SIM, in the order that the SIM asks for; then K2, once for each challenge. */
       :: phone[p] == CONFIRMED && HONEST(p) && !sim_ran[p] && (p == 0 || OPENING_IS_RIGHT(p)) -> sim_ran[p] = true
       :: phone[p] == CONFIRMED && HONEST(p) && sim_ran[p] && OPENING_IS_RIGHT(p) && HALF_GIVABLE(p) ->
          half_given[p] = true; answered[p] = true; phone[p] = RUNG
       :: phone[p] == CONFIRMED && !HONEST(p) && HALF_GIVABLE(p) -> half_given[p] = true; stolen_2[p] = true
       /* An operator helps: it asks for what its subscribers may ask for. */
       :: CORRUPT_IS(B) && HALF_GIVABLE(p) -> half_given[p] = true; stolen_2[p] = true
       :: CORRUPT_IS(A) && VECTOR_GIVABLE(p) -> vector_given[p] = true; stolen_1[p] = true
       /* A: an element 2 names a challenge; AG(B) knows of it, gives its vector to one, and MAC_B is under K1. */
       :: leg[p] == IDLE && VECTOR_GIVABLE(p) && (phone[p] != IDLE || CORRUPT_IS(B)) ->
          vector_given[p] = true; leg[p] = CONFIRMED
       :: leg[p] == CONFIRMED && ((answered[p] && true_element[p]) || KNOWS_1(p)) -> leg[p] = RUNG
       /* The media: the other end has both keys and the same transcript, or it is the intruder with both. */
       :: leg[p] == RUNG && ((phone[p] >= RUNG && true_element[p]) || KNOWS_BOTH(p)) -> leg[p] = UP
       :: HONEST(p) && phone[p] == RUNG && ((leg[p] >= RUNG && true_element[p]) || KNOWS_BOTH(p)) -> phone[p] = UP
       :: else -> skip
       fi;
#ifdef CLAIM_NAMED /* whom A names has a SIM bound to the address, answered this INVITE and is who A talks to */
       assert(leg[p] != UP || (HONEST(p) && phone[p] >= RUNG && true_element[p]));
#endif
#ifdef CLAIM_CALLER /* what a phone of AOR_B is told about A is true: A has this very leg */
       assert(phone[p] != UP || (leg[p] >= RUNG && true_element[p]));
#endif
#ifdef CLAIM_SIM /* the second SIM runs for an INVITE of A alone */
       assert(p == 0 || !sim_ran[p] || true_element[p]);
#endif
#ifdef CLAIM_SUCCESS /* to be found: both phones rang, A is authenticated to the one whose SIM was not asked for */
       assert(!(phone[0] == RUNG && leg[1] == UP && phone[1] == UP));
#endif
       }
    od
}
