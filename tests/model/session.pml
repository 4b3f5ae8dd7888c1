/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session of docs/protocol.md, method aka, with an intruder who is the SIP path.
 *
 * Every transition of an honest phone is made by step(), generated from session_table.def. Around it:
 *
 * callers 0, 1 and callees 0, 1   the sessions of honest phones; whose phone each is depends on the scenario
 * records 0, 1, 2                 what the gateways know of one call: AV of the callee and the reserved AV of the
 *                                 caller. Record c belongs to caller session c, record 2 to the call that M placed.
 * M                               a subscriber with his own SIM, who calls and can be called; the intruder plays him
 *
 * Terms. K1(r, v) is SSK_A=>B of record r, v = 1 when its challenge was replaced; K2(r, v) is SSK_B=>A. A MAC is named
 * by who made it, since what it covers is in the maker's own variables: MAC_0 is 1 + the binding that it covers; MAC_B
 * is COPY + callee for one that an honest callee made, SELF for one that the intruder made with a key he has, JUNK for
 * anything else; the same for MAC_A. So a MAC is right when its maker's variables are what the checker sees.
 *
 * The intruder. Whatever an honest phone sends he has; whatever it receives he chooses at that moment from what he
 * can make: no copy of the net is kept. That covers reading, dropping, repeating, redirecting, reordering and forging.
 *
 * Left out: forks at the caller (one To tag a session) and with them several SIMs of one address (sims.pml), tickets
 * (held.pml), two gateways, time as a
 * number (a timer may fire whenever it runs), and the algebra below the terms.
 *
 * CLAIM_x selects what is asserted (tests/model/CMakeLists.txt has them all), BREAK_x takes a countermeasure out.
 */
#define A 0
#define B 1
#define M 2

/* Bindings: 0 and 1 are the callers' own, 2 and 3 the callees', then the intruder's and none at all. */
#define EVIL 4
#define NONE 5
#define NO_HASH 6 /* an SDP without zrtp-hash */
#define OF_CALLER(c) (c)
#define OF_CALLEE(d) (2 + (d))

#define MISSING 0
#define JUNK 1
#define COPY 2
#define SELF 4

#define WANT_NOTHING 0
#define WANT_VECTOR 1
#define WANT_REPLACED 2
#define WANT_CHALLENGE 3
#define WANT_RESYNC 4
#define WANT_CARD 5

#define UNISSUED 0
#define ISSUED 1
#define CONFIRMED 2
#define RESERVED 1
#define GIVEN 2

/* Sessions: 0 and 1 are callers, 2 and 3 callees. */
byte state[4];
byte want[4];      /* which answer the session waits for */
byte owner[4];     /* whose phone */
bool keyed[4];     /* KEY_MEDIA was done */
bool matched[4];   /* MEDIA_MATCH came */
bool proved[4];    /* caller: element 3 went out; callee: a right one came */
bool up[4];        /* the 2xx came in or went out */
byte timer[4];     /* the timer of the verdict: 1 runs, 2 has run out */
byte policy;

/* What a caller has seen. */
byte bind_invite[2]; /* OF_CALLER, or NONE in a late offer: then the ACK has it */
bool sent[2];        /* element 1 left */
bool own_version[2]; /* its own challenge was replaced */
byte e2[2];          /* element 2: who made it */
bool e2_version[2];  /* ... and K1's version it names */
byte e2_bind[2];     /* binding of the first SDP of the dialog */

/* What a callee has seen. */
byte e1_rec[2];      /* RAND of element 1: the record it belongs to */
byte e1_mac[2];      /* MAC_0 */
byte e1_bind[2];     /* binding(INVITE) */
bool e1_alias[2];    /* From is not who the gateway says */
bool version[2];     /* K1's version, 1 after its SIM resynchronised */
bool ra_version[2];  /* version of the caller's challenge in its element 2 */
bool rung[2];        /* announced: element 2 may leave */
byte ack_bind[2];    /* binding of the ACK it took */

/* What the gateways hold. */
byte rec_caller[3];
byte rec_callee[3];
byte av_b[3];
byte av_b_tag[3];    /* the From tag that it was confirmed for: MAC_0 stands for the tag */
bool av_b_version[3];
byte av_a[3];
bool av_a_version[3];
bool av_a_auts[3];   /* AUTS was taken once */
byte av_b_used[3];   /* how many From tags it was confirmed for */
byte av_a_used[3];   /* how many times it was given */
bool ran[3];         /* the callee's SIM has run the first challenge */
bool stolen_1[3];    /* the intruder was given K1 of somebody else's record */
bool stolen_2[3];    /* ... K2 */
bool stolen_replaced[3]; /* ... K1 under the replaced challenge */
bool replaced_given[3];  /* AG(B) has sealed K1 under the replaced challenge to somebody */

bool keyed_ever[2];  /* callee: its SDP is out and bound */
bool proved_ever[2]; /* caller: its element 3 is out */
byte partner[2];     /* the caller that said AUTHENTICATED with callee d */
byte scenario;
bool calm;           /* nothing comes in any more, neither messages nor media: only timers and own answers */

/* Scratch of one step, always zero between steps. */
byte who;
byte ev;
byte input;          /* where the event is read from */
byte nx;
int acts;
byte entry;
byte rec;
byte mac;
byte binding;
bool flag;
bool final_2xx;

#define NO_EVENT 255
#define IN_RESPONSE 1
#define IN_REPLACED 2
#define IN_ACK 3
#define IN_OURS 4
#define MINE(r) (rec_caller[r] == M || rec_callee[r] == M)
#ifdef CORRUPT
/* The operator of CORRUPT helps the intruder: it has what that SIM makes, and asks the other one what it likes. */
#define OPERATOR_KNOWS(who_has) ((who_has) == CORRUPT)
#else
#define OPERATOR_KNOWS(who_has) 0
#endif
#define KNOWS_1(r) (MINE(r) || stolen_1[r] || OPERATOR_KNOWS(rec_callee[r]))
#define KNOWS_1_OF(r, v) (KNOWS_1(r) || (stolen_replaced[r] && (v) == 1))
#define KNOWS_2(r) (MINE(r) || stolen_2[r] || OPERATOR_KNOWS(rec_caller[r]))
#ifdef BREAK_ONE_KEY
#define KNOWS_SSK_CALLER(c) (KNOWS_1_OF(c, e2_version[c]) || KNOWS_2(c))
#define KNOWS_SSK_CALLEE(d) (KNOWS_1_OF(e1_rec[d], version[d]) || KNOWS_2(e1_rec[d]))
#else
#define KNOWS_SSK_CALLER(c) (KNOWS_1_OF(c, e2_version[c]) && KNOWS_2(c))
#define KNOWS_SSK_CALLEE(d) (KNOWS_1_OF(e1_rec[d], version[d]) && KNOWS_2(e1_rec[d]))
#endif

/* MAC_0 of an INVITE as it arrives: was it made under K1(r) over this binding? */
#ifdef BREAK_MAC_0
#define COVERS_0(m, x) ((m) != 0)
#else
#define COVERS_0(m, x) ((m) == 1 + (x))
#endif
#define OPENING_IS_RIGHT(d) (e1_mac[d] != 0 && rec_callee[e1_rec[d]] == owner[2 + (d)] && COVERS_0(e1_mac[d], e1_bind[d]))

/* The same transcripts seen from caller c and callee d. */
#define SAME_T1(c, d) (e1_rec[d] == (c) && e1_mac[d] == 1 + bind_invite[c] && e1_bind[d] == bind_invite[c])
#ifdef BREAK_T2
#define SAME_T2(c, d) (e1_rec[d] == (c))
#else
#define SAME_T2(c, d) SAME_T1(c, d)
#endif
#define SAME_ELEMENTS(c, d) (e1_rec[d] == (c) && e1_mac[d] == 1 + bind_invite[c] && e2[c] == COPY + (d) && \
    e2_version[c] == version[d] && own_version[c] == ra_version[d])
#define SAME_BINDINGS(c, d) (e1_bind[d] == bind_invite[c] && e2_bind[c] == OF_CALLEE(d))
#ifdef BREAK_T3
#define SAME_SSK(c, d) SAME_ELEMENTS(c, d)
#else
#define SAME_SSK(c, d) (SAME_ELEMENTS(c, d) && SAME_BINDINGS(c, d))
#endif
#define ACK_OF(c) (bind_invite[c] == NONE -> OF_CALLER(c) : NONE)
/* Agreement: elements and every binding, whatever the MACs of a broken variant cover. */
#define AGREE(c, d) (SAME_ELEMENTS(c, d) && SAME_BINDINGS(c, d))

#define LIVE(s) (!SETTLED(state[s]) && state[s] != STATE_AUTHENTICATED)
#define CALLER_TALKS(c) (state[c] == STATE_CALLER_CALLING || state[c] == STATE_CALLER_RESYNCING || \
    state[c] == STATE_CALLER_READY || state[c] == STATE_CALLER_REPLACING || state[c] == STATE_CALLER_ANSWERED || \
    state[c] == STATE_CALLER_KEYED || state[c] == STATE_CALLER_PROVED || state[c] == STATE_CALLER_SECURED || \
    state[c] == STATE_AUTHENTICATED)
#define CALLEE_TALKS(s) (state[s] == STATE_CALLEE_ANNOUNCED || state[s] == STATE_CALLEE_KEYED || \
    state[s] == STATE_CALLEE_PROVED || state[s] == STATE_CALLEE_SECURED || state[s] == STATE_AUTHENTICATED)

/* Whether the other end of s's media can have s's key. */
#define HAS_KEY_OF_CALLER(c) (KNOWS_SSK_CALLER(c) || (keyed[2] && SAME_SSK(c, 0)) || (keyed[3] && SAME_SSK(c, 1)))
#define HAS_KEY_OF_CALLEE(d) (KNOWS_SSK_CALLEE(d) || (keyed[0] && SAME_SSK(0, d)) || (keyed[1] && SAME_SSK(1, d)))

/* Two calls at once and resynchronisation on either side multiply; `--long` has them together. */
#ifdef WITH_RESYNC
#define RESYNC 1
#else
#define RESYNC (scenario == 1 || scenario >= 4)
#endif

/* What may happen to a session next. Each option is one input of the driver. */
#define GATEWAY_TROUBLE(s) \
    :: want[s] != WANT_NOTHING && want[s] != WANT_CARD -> who = s; \
       if :: ev = EVENT_GATEWAY_REFUSED :: ev = EVENT_GATEWAY_DOWN :: ev = EVENT_GATEWAY_NOBODY fi

#define ANY_SESSION(s) \
    GATEWAY_TROUBLE(s) \
    :: keyed[s] && !SETTLED(state[s]) && !calm -> who = s; \
       if :: ev = EVENT_MEDIA_WRONG :: ev = EVENT_MEDIA_WEAK :: ev = EVENT_HANDED_OVER fi \
    :: timer[s] == 1 && !SETTLED(state[s]) -> who = s; ev = EVENT_VERDICT_EXPIRED \
    :: MAY_HANG_UP(s) -> who = s; ev = EVENT_HUNG_UP

#ifdef CLAIM_ENDS
/* Nobody hangs up an established call: only its own timer may end it. Before that SIP's timers do. */
#define MAY_HANG_UP(s) (LIVE(s) && !up[s] && state[s] != STATE_CALLER_IDLE && state[s] != STATE_CALLEE_IDLE && \
    want[s] == WANT_NOTHING)
#else
#define MAY_HANG_UP(s) (!SETTLED(state[s]) && state[s] != STATE_CALLER_IDLE && state[s] != STATE_CALLEE_IDLE)
#endif

#define CALLER(c) \
    :: state[c] == STATE_CALLER_IDLE && owner[c] != M -> who = c; ev = EVENT_BEGIN \
    :: state[c] == STATE_CALLER_IDLE && owner[c] != M -> who = c; ev = EVENT_INVITE_BARE \
    :: want[c] == WANT_VECTOR -> who = c; \
       if :: ev = EVENT_VECTOR_GOOD :: ev = EVENT_VECTOR_BAD :: ev = EVENT_HOLD_EXPIRED fi \
    :: want[c] == WANT_REPLACED -> who = c; \
       if :: av_b_version[c] && REPLACED_GIVABLE(c) -> ev = NO_EVENT; input = IN_REPLACED \
          :: ev = EVENT_VECTOR_BAD :: ev = EVENT_HOLD_EXPIRED fi \
    :: want[c] == WANT_RESYNC && !av_a_auts[c] -> who = c; \
       if :: ev = EVENT_CHALLENGE_GOOD :: ev = EVENT_CHALLENGE_BAD fi \
    :: want[c] == WANT_CARD -> who = c; \
       if :: ev = EVENT_CARD_GOOD :: RESYNC && !av_a_auts[c] -> ev = EVENT_CARD_RESYNC :: ev = EVENT_CARD_FAILED fi \
    :: CALLER_TALKS(c) && !calm -> who = c; ev = NO_EVENT; input = IN_RESPONSE; \
       if :: mac = MISSING :: mac = JUNK :: mac = JUNK; flag = 1 \
          :: rung[0] -> mac = COPY; flag = version[0] :: rung[1] -> mac = COPY + 1; flag = version[1] \
          :: KNOWS_1(c) -> mac = SELF :: stolen_replaced[c] -> mac = SELF; flag = 1 fi; \
       if :: final_2xx = 1 :: final_2xx = 0 fi; \
       if :: binding = NONE :: binding = EVIL :: binding = NO_HASH \
          :: mac >= COPY && mac < SELF && keyed[mac] -> binding = OF_CALLEE(mac - COPY) fi \
    :: up[c] && !timer[c] && !SETTLED(state[c]) -> who = c; ev = EVENT_ACK_OUT \
    :: keyed[c] && !matched[c] && !SETTLED(state[c]) && !calm && HAS_KEY_OF_CALLER(c) -> who = c; ev = EVENT_MEDIA_MATCH

#define CALLEE(d) \
    :: state[2 + (d)] == STATE_CALLEE_IDLE && owner[2 + (d)] != M && !calm -> who = 2 + d; ev = EVENT_INVITE_BARE \
    :: state[2 + (d)] == STATE_CALLEE_IDLE && owner[2 + (d)] != M && FIRST_IDLE(d) && \
       !calm && (sent[0] || sent[1] || av_b[2]) -> who = 2 + d; ev = EVENT_BEGIN; \
       if :: sent[0] -> rec = 0 :: sent[1] -> rec = 1 :: av_b[2] -> rec = 2 fi; \
       if :: rec < 2 -> binding = bind_invite[rec]; mac = 1 + binding \
          :: rec < 2 -> binding = bind_invite[rec]; mac = 1 + binding; flag = 1 \
          :: rec < 2 -> binding = EVIL; mac = 1 + bind_invite[rec] \
          :: rec < 2 -> binding = bind_invite[rec]; mac = 0 \
          :: KNOWS_1(rec) -> binding = EVIL; mac = 1 + EVIL \
          :: rec == 2 -> binding = EVIL; mac = 0 fi \
    :: want[2 + (d)] == WANT_CHALLENGE && CONFIRMABLE(d) -> who = 2 + d; \
       ev = (NAMES_DIFFER(d) -> EVENT_CHALLENGE_BAD : EVENT_CHALLENGE_GOOD) \
    :: want[2 + (d)] == WANT_CHALLENGE -> who = 2 + d; ev = EVENT_HOLD_EXPIRED \
    :: want[2 + (d)] == WANT_CARD -> who = 2 + d; \
       if :: state[2 + (d)] == STATE_CALLEE_RECARDING -> ev = EVENT_CARD_GOOD \
          :: state[2 + (d)] != STATE_CALLEE_RECARDING && !ran[e1_rec[d]] -> \
             ev = (OPENING_IS_RIGHT(d) -> EVENT_OPENING_RIGHT : EVENT_OPENING_WRONG) \
          :: RESYNC && state[2 + (d)] != STATE_CALLEE_RECARDING -> ev = EVENT_CARD_RESYNC :: ev = EVENT_CARD_FAILED :: ev = EVENT_HOLD_EXPIRED fi \
    :: want[2 + (d)] == WANT_RESYNC && !av_b_version[e1_rec[d]] -> who = 2 + d; \
       ev = (OPENING_IS_RIGHT(d) -> EVENT_RESYNC_RIGHT : EVENT_RESYNC_WRONG) \
    :: want[2 + (d)] == WANT_RESYNC -> who = 2 + d; ev = EVENT_HOLD_EXPIRED \
    :: want[2 + (d)] == WANT_VECTOR && GIVABLE(e1_rec[d]) -> who = 2 + d; ev = EVENT_VECTOR_GOOD \
    :: want[2 + (d)] == WANT_VECTOR -> who = 2 + d; \
       if :: ev = EVENT_VECTOR_BAD :: ev = EVENT_HOLD_EXPIRED fi \
    :: CALLEE_TALKS(2 + (d)) && !up[2 + (d)] -> who = 2 + d; input = IN_OURS; \
       if :: keyed[2 + (d)] -> final_2xx = 1; ev = NO_EVENT \
          :: !keyed[2 + (d)] -> ev = EVENT_SDP_FIRST; if :: final_2xx = 1 :: final_2xx = 0 fi \
          :: !keyed[2 + (d)] -> ev = EVENT_MEDIA_WEAK fi \
    :: CALLEE_TALKS(2 + (d)) && !calm -> who = 2 + d; ev = NO_EVENT; input = IN_ACK; \
       if :: mac = JUNK :: proved[0] -> mac = COPY :: proved[1] -> mac = COPY + 1 \
          :: KNOWS_SSK_CALLEE(d) && keyed[2 + (d)] -> mac = SELF fi; \
       if :: binding = EVIL :: mac >= COPY && mac < SELF -> binding = ACK_OF(mac - COPY) fi \
    :: CALLEE_TALKS(2 + (d)) && keyed[2 + (d)] && !calm -> who = 2 + d; ev = EVENT_SDP_DIFFERENT \
    :: keyed[2 + (d)] && !matched[2 + (d)] && !SETTLED(state[2 + (d)]) && !calm && HAS_KEY_OF_CALLEE(d) -> \
       who = 2 + d; ev = EVENT_MEDIA_MATCH

/* Two idle phones of one person are alike: the first takes the first INVITE. */
#define FIRST_IDLE(d) ((d) == 0 || owner[2] != owner[3] || state[2] != STATE_CALLEE_IDLE)

/* The phone compares the names that its gateway confirmed with the call's own. */
#ifdef BREAK_ALIAS
#define NAMES_DIFFER(d) 0
#else
#define NAMES_DIFFER(d) e1_alias[d]
#endif

/* POST /v1/challenges: issued, for this SIM; the same From tag may ask again. */
#ifdef BREAK_CONFIRM_REUSE
#define CONFIRMABLE(d) (av_b[e1_rec[d]] != UNISSUED && rec_callee[e1_rec[d]] == owner[2 + (d)])
#elif defined(CORRUPT) /* ... says yes to everything that its subscriber asks */
#define CONFIRMABLE(d) (av_b[e1_rec[d]] != UNISSUED && (OPERATOR_KNOWS(owner[2 + (d)]) || \
    (rec_callee[e1_rec[d]] == owner[2 + (d)] && (av_b[e1_rec[d]] == ISSUED || av_b_tag[e1_rec[d]] == e1_mac[d]))))
#elif defined(BREAK_CONFIRM_OWNER)
#define CONFIRMABLE(d) (av_b[e1_rec[d]] == ISSUED)
#else
#define CONFIRMABLE(d) (rec_callee[e1_rec[d]] == owner[2 + (d)] && (av_b[e1_rec[d]] == ISSUED || \
    (av_b[e1_rec[d]] == CONFIRMED && av_b_tag[e1_rec[d]] == e1_mac[d])))
#endif
/* POST /v1/vectors, subject caller: once. */
#ifdef BREAK_GIVE_AGAIN
#define GIVABLE(r) (av_a[r] != UNISSUED)
#else
#define GIVABLE(r) (av_a[r] == RESERVED)
#endif

/* The same with {rand, replaced}, for the caller whose callee resynchronised: once too. */
#ifdef BREAK_REPLACED_AGAIN
#define REPLACED_GIVABLE(r) 1
#else
#define REPLACED_GIVABLE(r) (!replaced_given[r])
#endif

/* The callee's own checks of an INVITE before it becomes a session: the same From tag is the same call. */
#ifdef BREAK_TAG_MEMORY
#define SEEN_BEFORE(d) 0
#else
#define SEEN_BEFORE(d) (owner[2 + (d)] == owner[3 - (d)] && state[3 - (d)] != STATE_CALLEE_IDLE && \
    e1_rec[1 - (d)] == rec && e1_mac[1 - (d)] == mac && mac != 0)
#endif

/* Element 2 in the hands of caller c, K1's version v. */
#define MAC_B_RIGHT(c, v) ((mac == SELF && KNOWS_1_OF(c, v)) || \
    (mac == COPY && SAME_T2(c, 0) && version[0] == (v)) || (mac == COPY + 1 && SAME_T2(c, 1) && version[1] == (v)))
#define RA_FITS(c) (mac == SELF || mac == JUNK || ((mac == COPY || mac == COPY + 1) && \
    e1_rec[mac - COPY] == (c) && ra_version[mac - COPY] == own_version[c]))
#define RA_OLD(c) ((mac == COPY || mac == COPY + 1) && e1_rec[mac - COPY] == (c) && own_version[c])

/* Element 3 in the hands of callee d: MAC_A covers T4, with the binding of the ACK. */
#ifdef BREAK_T4
#define T4_COVERS(c) 1
#else
#define T4_COVERS(c) (binding == ACK_OF(c))
#endif
#define MAC_A_RIGHT(d) (keyed[2 + (d)] && ((mac == SELF && KNOWS_SSK_CALLEE(d)) || \
    (mac == COPY && SAME_SSK(0, d) && T4_COVERS(0)) || (mac == COPY + 1 && SAME_SSK(1, d) && T4_COVERS(1))))

/* simauth_session_response(): which event this element 2 is, then what its SDP is. */
inline read_response(c) {
    if
    :: mac == MISSING && final_2xx -> ev = EVENT_CONFIRM_MISSING
    :: mac == MISSING && !final_2xx -> ev = EVENT_PROVISIONAL_BARE
    :: mac == MISSING && !final_2xx -> ev = EVENT_PROVISIONAL_MEDIA
    :: mac != MISSING && (state[c] == STATE_CALLER_CALLING || state[c] == STATE_CALLER_RESYNCING ||
       state[c] == STATE_CALLER_REPLACING) -> ev = EVENT_CONFIRM_EARLY
    :: mac != MISSING && state[c] == STATE_CALLER_READY ->
        if
        :: RA_FITS(c) && flag -> ev = EVENT_CONFIRM_REPLACED; e2[c] = mac
        :: RA_FITS(c) && !flag ->
            e2[c] = mac;
            ev = (MAC_B_RIGHT(c, 0) -> EVENT_CONFIRM_RIGHT : EVENT_CONFIRM_WRONG)
        :: !RA_FITS(c) -> ev = (RA_OLD(c) -> EVENT_CONFIRM_STALE : EVENT_CONFIRM_WRONG)
        fi
    :: else -> ev = (mac == e2[c] && flag == e2_version[c] -> EVENT_CONFIRM_RIGHT : EVENT_CONFIRM_WRONG)
    fi
}

inline read_ack(d) {
    if
    :: MAC_A_RIGHT(d) -> ev = EVENT_ACK_RIGHT; ack_bind[d] = binding
    :: else -> ev = EVENT_ACK_WRONG
    fi
}

/* What the gateway does while it answers. */
inline gateway() {
    if
    :: who < 2 && want[who] == WANT_VECTOR && ev == EVENT_VECTOR_GOOD -> av_b[who] = ISSUED; av_a[who] = RESERVED
    :: who < 2 && ev == EVENT_CHALLENGE_GOOD ->
        av_a_auts[who] = 1; own_version[who] = 1;
        if :: av_a[who] == RESERVED -> av_a_version[who] = 1 :: else -> skip fi
    :: who >= 2 && (ev == EVENT_CHALLENGE_GOOD || ev == EVENT_CHALLENGE_BAD) ->
        rec = e1_rec[who - 2];
        if
        :: av_b[rec] == CONFIRMED && av_b_tag[rec] == e1_mac[who - 2] -> skip /* the same request */
        :: else -> av_b_used[rec]++; av_b[rec] = CONFIRMED; av_b_tag[rec] = e1_mac[who - 2]
        fi
    :: who >= 2 && (ev == EVENT_RESYNC_RIGHT || ev == EVENT_RESYNC_WRONG) -> av_b_version[e1_rec[who - 2]] = 1
    :: who >= 2 && want[who] == WANT_VECTOR && ev == EVENT_VECTOR_GOOD ->
        rec = e1_rec[who - 2];
        av_a[rec] = GIVEN; av_a_used[rec]++; ra_version[who - 2] = av_a_version[rec]
    :: else -> skip
    fi;
    if
    :: who >= 2 && state[who] == STATE_CALLEE_CARDING && (ev == EVENT_OPENING_RIGHT || ev == EVENT_OPENING_WRONG) ->
        ran[e1_rec[who - 2]] = 1
    :: who >= 2 && state[who] == STATE_CALLEE_RECARDING && ev == EVENT_CARD_GOOD -> version[who - 2] = 1
    :: else -> skip
    fi
}

/* What the driver does with the actions. */
inline act() {
    if :: acts & (DO_ASK_VECTOR | DO_ASK_REPLACED | DO_ASK_CHALLENGE | DO_ASK_RESYNC | DO_RUN_CARD) ->
            want[who] = (acts & DO_ASK_VECTOR -> WANT_VECTOR : (acts & DO_ASK_REPLACED -> WANT_REPLACED :
                (acts & DO_ASK_CHALLENGE -> WANT_CHALLENGE : (acts & DO_ASK_RESYNC -> WANT_RESYNC : WANT_CARD))))
       :: !(acts & (DO_ASK_VECTOR | DO_ASK_REPLACED | DO_ASK_CHALLENGE | DO_ASK_RESYNC | DO_RUN_CARD)) &&
            nx != state[who] -> want[who] = WANT_NOTHING
       :: else -> skip
    fi;
    if :: acts & DO_SEND_INVITE && nx == STATE_CALLER_CALLING -> sent[who] = 1 :: else -> skip fi;
    if :: acts & DO_RING && nx == STATE_CALLEE_ANNOUNCED -> rung[who - 2] = 1 :: else -> skip fi;
    if :: acts & DO_KEY_MEDIA -> keyed[who] = 1 :: else -> skip fi;
    if :: (acts & DO_SEND_PROOF) || ev == EVENT_ACK_RIGHT && nx != state[who] -> proved[who] = 1
       :: else -> skip fi;
    if :: ev == EVENT_MEDIA_MATCH -> matched[who] = 1 :: else -> skip fi;
    if :: ev == EVENT_ACK_OUT -> timer[who] = 1
       :: ev == EVENT_VERDICT_EXPIRED -> timer[who] = 2
       :: else -> skip fi
}

/* An operator can play its own subscriber, since it vouches for him: so with its help only what it says to its own
 * subscriber about the other operator's is claimed (no single operator holds SSK_A/B). */
#ifdef CORRUPT
#define CLAIMED(s) (owner[s] == CORRUPT)
#else
#define CLAIMED(s) 1
#endif

/* ---- claims ------------------------------------------------------------------------------------------------ */

inline claim_agreement_of_caller() {
    if :: rec_callee[who] != M ->
            rec = ((rung[0] && keyed_ever[0] && AGREE(who, 0)) -> 0 :
                   ((rung[1] && keyed_ever[1] && AGREE(who, 1)) -> 1 : 9));
            assert(rec != 9 && owner[2 + rec] == rec_callee[who]); /* it ran with us, on the same values */
            assert(partner[rec] == 9);                              /* and with nobody else */
            partner[rec] = who
       :: else -> skip
    fi
}

inline claim_agreement_of_callee() {
    rec = e1_rec[who - 2];
    if :: rec_caller[rec] != M ->
            assert(rec < 2 && sent[rec] && proved_ever[rec] && AGREE(rec, who - 2));
            assert(bind_invite[rec] != NONE || ack_bind[who - 2] == OF_CALLER(rec));
            assert(owner[5 - who] != owner[who] || state[5 - who] != STATE_AUTHENTICATED || e1_rec[3 - who] != rec)
       :: else -> skip
    fi
}

/* A phone that announces a caller: this caller's own gateway had it issued, for this callee, and it was this INVITE. */
inline claim_ring() {
    rec = e1_rec[who - 2];
    assert(av_b[rec] == CONFIRMED && rec_callee[rec] == owner[who]);
    assert(rec_caller[rec] == M || (rec < 2 && sent[rec] && SAME_T1(rec, who - 2)));
    assert(!(rung[3 - who] && e1_rec[3 - who] == rec));
    assert(!e1_alias[who - 2])
}

inline claims() {
    skip;
#if defined(CLAIM_AGREEMENT) || defined(CLAIM_OPERATOR)
    if :: nx == STATE_AUTHENTICATED && state[who] != nx && who < 2 && CLAIMED(who) -> claim_agreement_of_caller()
       :: nx == STATE_AUTHENTICATED && state[who] != nx && who >= 2 && CLAIMED(who) -> claim_agreement_of_callee()
       :: else -> skip fi;
#endif
#ifdef CLAIM_ANSWERED
    /* "B's SIM answered this INVITE": B was asked with the very element 1 and SDP that A sent. */
    if :: nx == STATE_CALLER_ANSWERED && state[who] != nx && rec_callee[who] != M ->
            assert((rung[0] && SAME_T1(who, 0)) || (rung[1] && SAME_T1(who, 1)))
       :: else -> skip fi;
#endif
#if defined(CLAIM_SECRECY) || defined(CLAIM_OPERATOR)
    assert(!(keyed[0] && CLAIMED(0) && rec_callee[0] != M && KNOWS_SSK_CALLER(0)));
    assert(!(keyed[1] && CLAIMED(1) && rec_callee[1] != M && KNOWS_SSK_CALLER(1)));
    assert(!(keyed[2] && CLAIMED(2) && rec_caller[e1_rec[0]] != M && KNOWS_SSK_CALLEE(0)));
    assert(!(keyed[3] && CLAIMED(3) && rec_caller[e1_rec[1]] != M && KNOWS_SSK_CALLEE(1)));
#endif
#ifdef CLAIM_RING
    if :: nx == STATE_CALLEE_ANNOUNCED && state[who] != nx -> claim_ring() :: else -> skip fi;
#endif
#ifdef CLAIM_VERDICT
    if :: nx == STATE_AUTHENTICATED && state[who] != nx -> assert(keyed[who] && matched[who] && proved[who])
       :: else -> skip fi;
#endif
#ifdef CLAIM_SIM
    if :: who >= 2 && (acts & DO_RUN_CARD) ->
            assert(av_b[e1_rec[who - 2]] == CONFIRMED && rec_callee[e1_rec[who - 2]] == owner[who] &&
                   av_b_tag[e1_rec[who - 2]] == e1_mac[who - 2])
       :: else -> skip fi;
#endif
#ifdef CLAIM_ONCE
    assert(av_b_used[0] <= 1 && av_b_used[1] <= 1 && av_b_used[2] <= 1);
    assert(av_a_used[0] <= 1 && av_a_used[1] <= 1 && av_a_used[2] <= 1);
#endif
#ifdef CLAIM_REQUIRE
    assert(!(policy == POLICY_REQUIRE && nx == STATE_UNPROVEN));
#endif
#ifdef CLAIM_ENTRIES
    assert(entry != ENTRY_NONE);
#endif
#ifdef CLAIM_SUCCESS
#ifdef BOTH_RESYNCED
#define SUCCESS_EXTRA (own_version[who] && e2_version[who])
#else
#define SUCCESS_EXTRA 1
#endif
    /* Not a claim but its opposite: the search has to find the run that it forbids. */
    assert(!(nx == STATE_AUTHENTICATED && who < 2 && SUCCESS_EXTRA &&
        ((state[2] == STATE_AUTHENTICATED && AGREE(who, 0)) ||
                    (state[3] == STATE_AUTHENTICATED && AGREE(who, 1)))));
#endif
}

/* A session that is settled is forgotten but for what went out on the wire and what the claims look back at. */
inline forget() {
    if
    :: SETTLED(state[who]) ->
        if :: who >= 2 && keyed[who] -> keyed_ever[who - 2] = 1 :: else -> skip fi;
        want[who] = WANT_NOTHING; keyed[who] = 0; matched[who] = 0; up[who] = 0; timer[who] = 0;
        state[who] = STATE_OVER;
        if :: who < 2 && !proved_ever[who] -> e2[who] = 0; e2_version[who] = 0; e2_bind[who] = 0; proved[who] = 0
           :: who < 2 && proved_ever[who] -> skip
           :: who >= 2 -> proved[who] = 0; ack_bind[who - 2] = 0; e1_alias[who - 2] = 0;
              if :: !rung[who - 2] ->
                      version[who - 2] = 0; ra_version[who - 2] = 0; e1_bind[who - 2] = 0;
                      e1_rec[who - 2] = (e1_mac[who - 2] == 0 -> 0 : e1_rec[who - 2])
                 :: else -> skip fi
        fi
    :: else -> skip
    fi
}

inline one_event() {
    gateway();
    step(state[who], ev, policy, nx, acts, entry);
    printf("STEP session %d state %d event %d next %d entry %d mac %d binding %d\n",
        who, state[who], ev, nx, entry, mac, binding);
    act();
    if :: who < 2 && proved[who] -> proved_ever[who] = 1 :: else -> skip fi;
    if :: who >= 2 && keyed[who] -> keyed_ever[who - 2] = 1 :: else -> skip fi;
    claims();
    state[who] = nx
}

/* What has to be read before it is an event. */
inline read_input() {
    if
    :: ev == EVENT_BEGIN && who >= 2 ->
        if
        :: SEEN_BEFORE(who - 2) -> ev = NO_EVENT
        :: else ->
            e1_rec[who - 2] = rec; e1_mac[who - 2] = mac; e1_bind[who - 2] = binding; e1_alias[who - 2] = flag
        fi
    :: ev == NO_EVENT && input == IN_RESPONSE -> read_response(who)
    :: ev == NO_EVENT && input == IN_REPLACED ->
        mac = e2[who];
#ifdef CORRUPT
        replaced_given[who] = 1; /* nobody else could ask */
#endif
        ev = (MAC_B_RIGHT(who, 1) -> EVENT_CONFIRM_RIGHT : EVENT_CONFIRM_WRONG);
        e2_version[who] = (ev == EVENT_CONFIRM_RIGHT)
    :: ev == NO_EVENT && input == IN_ACK -> read_ack(who - 2)
    :: else -> skip
    fi
}

/* The SDP of a response that was let in is an event of its own; our 2xx that leaves starts the timer. */
inline next_event() {
    ev = NO_EVENT;
    if
    :: input == IN_RESPONSE && mac != MISSING && !(acts & DO_HOLD) && !SETTLED(state[who]) ->
        up[who] = up[who] || final_2xx;
        if
        :: binding == NO_HASH && state[who] == STATE_CALLER_ANSWERED -> ev = EVENT_MEDIA_WEAK
        :: binding != NONE && binding != NO_HASH && state[who] == STATE_CALLER_ANSWERED ->
            ev = EVENT_SDP_FIRST; e2_bind[who] = binding
        :: binding != NONE && keyed[who] && binding != e2_bind[who] -> ev = EVENT_SDP_DIFFERENT
        :: else -> skip
        fi
    :: input == IN_OURS && CALLEE_TALKS(who) && final_2xx -> up[who] = 1; timer[who] = 1
    :: else -> skip
    fi;
    input = 0
}

inline inputs() {
    read_input();
    do
    :: ev != NO_EVENT || input == IN_OURS ->
        if :: ev != NO_EVENT -> one_event() :: else -> skip fi;
        next_event()
    :: else -> break
    od;
    forget();
    who = 0; ev = 0; input = 0; nx = 0; acts = 0; entry = 0; rec = 0; mac = 0; binding = 0; flag = 0; final_2xx = 0
}

/*
 * The intruder at the gateways, as the subscriber M that he is. A right gateway looks who asks. An operator that helps
 * him (CORRUPT) asks in the name of its own subscriber: vectors of its own, the replaced one of a call that its
 * subscriber placed, and the reserved AV_A of a call that its subscriber was sent.
 */
#ifdef BREAK_ASKER
#define MAY_ASK_AS(who_is_asked) 1
#else
#define MAY_ASK_AS(who_is_asked) ((who_is_asked) == M || OPERATOR_KNOWS(who_is_asked))
#endif
#ifdef BREAK_ASKER
#define MAY_ASK_AGAIN(r) (av_b[r] != UNISSUED && !stolen_1[r])
#else
#define MAY_ASK_AGAIN(r) 0 /* a new request is a new vector */
#endif
#define INTRUDER \
    :: !calm && av_b[2] == UNISSUED && rec_caller[2] == M -> av_b[2] = ISSUED; av_a[2] = RESERVED; \
       printf("INTRUDER M asks for a vector for callee B\n") \
    :: !calm && scenario == 1 && av_b[2] == UNISSUED && MAY_ASK_AS(A) -> \
       rec_caller[2] = A; rec_callee[2] = B; av_b[2] = ISSUED; av_a[2] = RESERVED; stolen_1[2] = 1; \
       printf("INTRUDER asks for a vector in the name of A\n") \
    ASK_FOR(0) ASK_FOR(1)
#define ASK_FOR(r) \
    :: !calm && !MINE(r) && MAY_ASK_AGAIN(r) -> stolen_1[r] = 1; \
       printf("INTRUDER is given SSK_A=>B of call %d\n", r) \
    :: !calm && !MINE(r) && av_b_version[r] && MAY_ASK_AS(rec_caller[r]) && REPLACED_GIVABLE(r) && \
       !stolen_replaced[r] -> stolen_replaced[r] = 1; replaced_given[r] = 1; \
       printf("INTRUDER is given SSK_A=>B of call %d under the replaced challenge\n", r) \
    :: !calm && !MINE(r) && av_a[r] == RESERVED && MAY_ASK_AS(rec_callee[r]) && !stolen_2[r] -> \
       stolen_2[r] = 1; av_a[r] = GIVEN; av_a_used[r]++; \
       printf("INTRUDER is given SSK_B=>A of call %d\n", r)

inline call(c, from, to, late) {
    owner[c] = from; rec_caller[c] = from; rec_callee[c] = to;
    bind_invite[c] = (late -> NONE : OF_CALLER(c))
}


init {
    atomic {
        state[0] = STATE_CALLER_IDLE; state[1] = STATE_CALLER_IDLE;
        state[2] = STATE_CALLEE_IDLE; state[3] = STATE_CALLEE_IDLE;
        owner[1] = M; owner[2] = B; owner[3] = B; rec_caller[1] = M; rec_callee[1] = M;
        rec_caller[2] = B; rec_callee[2] = M;
        partner[0] = 9; partner[1] = 9;
#ifdef POLICY
        policy = POLICY;
#else
        if :: policy = POLICY_REQUIRE :: policy = POLICY_PREFER :: policy = POLICY_CONTINUE fi;
#endif
#ifdef SCENARIO
        scenario = SCENARIO;
#else
        select(scenario : 0 .. 5);
#endif
        if
        :: scenario == 0 -> call(0, A, B, 0); call(1, A, B, 0)
        :: scenario == 1 -> call(0, A, B, 0); rec_caller[2] = M; rec_callee[2] = B
        :: scenario == 2 -> call(0, A, B, 0); call(1, A, M, 0)
        :: scenario == 3 -> call(0, A, B, 0); call(1, B, A, 0); owner[3] = A
        :: scenario == 4 -> call(0, A, M, 0); rec_caller[2] = M; rec_callee[2] = B
        :: scenario == 5 -> call(0, A, B, 1); owner[3] = M
        fi
    }
end:
    do
    :: atomic {
        if
        CALLER(0)
        CALLER(1)
        CALLEE(0)
        CALLEE(1)
        ANY_SESSION(0)
        ANY_SESSION(1)
        ANY_SESSION(2)
        ANY_SESSION(3)
        fi;
        d_step { inputs() }
       }
#ifdef CLAIM_ENDS
       /* A run that comes here for ever without the intruder is a livelock. */
       if
       :: calm ->
accept_alone: skip
       :: else -> skip
       fi
#endif
    :: atomic {
        if
        INTRUDER
        fi
       }
#ifdef CLAIM_ENDS
    :: !calm -> calm = 1
    :: timeout ->
        assert(!LIVE(0) || owner[0] == M || state[0] == STATE_CALLER_IDLE);
        assert(!LIVE(1) || owner[1] == M || state[1] == STATE_CALLER_IDLE);
        assert(!LIVE(2) || state[2] == STATE_CALLEE_IDLE);
        assert(!LIVE(3) || state[3] == STATE_CALLEE_IDLE);
        break
#endif
    od
}
