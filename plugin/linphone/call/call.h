/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One call: drives a session for each dialog. Read caller.c or callee.c first; each is one INVITE
 * from top to bottom. Main loop only; what waits is in drive.c, on the worker.
 *
 * A session is either here (leg->session) or with the worker (leg->trip). What happens to the call
 * while it is with the worker is held by the tap, or makes the trip one that nobody waits for.
 */
#ifndef SIMAUTH_PLUGIN_CALL_H
#define SIMAUTH_PLUGIN_CALL_H

#include "core.h"
#include "drive.h"
#include "media.h"
#include "setup.h"
#include "sink.h"

/* docs/protocol.md section 7 */
#define CALL_HOLD_MS 2000     /* an INVITE is held at most that long */
#define CALL_BUSY_MS 3500     /* longer than a SIM or a gateway may take: a PIN is asked for */
#define CALL_VERDICT_MS 10000 /* after the ACK */
#define CALL_NO_ACK_MS 32000  /* 64*T1 after the 200 */

enum call_again {
    AGAIN_NO,
    AGAIN_BARE, /* without an element: our own SIM or gateway failed when element 1 had left */
    AGAIN_WHOLE /* a new exchange: our SIM's challenge was replaced when the callee had asked */
};

struct trip;

struct leg {
    struct leg *next;
    struct call *call;
    struct simauth_session *session; /* NULL while the worker has it */
    struct trip *trip;               /* NULL while it is here */
    char *to_tag;               /* caller, but the root: of any length; "" where there is none */
    belle_sip_response_t *held; /* the response that waits for this session; a reference */
    bool key_waits;             /* caller, late offer: there is media to key when the ACK leaves */
    bool key_later; /* caller, fork: the media is another one's until this one answers */
};

struct call {
    struct call *next;
    struct core *core;
    struct sip_call *sip;
    bool caller;
    char *id;          /* Call-ID for the log, as of the last INVITE */
    char *first_id;    /* of the first INVITE: Linphone's own log keeps that one */
    char *invite_hash; /* callee: of what was decided about */
    struct policy_answer policy;
    struct ahead *ahead;       /* caller: what was asked before the INVITE was made; NULL */
    struct settings *settings; /* those of this call */
    unsigned sim_number;       /* the core's when it began */

    struct leg *root;  /* callee: the one leg; caller: the INVITE, as it was when element 1 left */
    struct leg *legs;  /* caller: one for each To tag */
    struct leg *talk;  /* the leg whose media this is; NULL until there is one */
    struct leg *taken; /* caller: the leg of the first 2xx; Linphone ends every other dialog */
    struct leg *keyed; /* whose key the media was given first; NULL: nobody's */

    bool invite_held, element_sent, counted;
    bool hold_over;        /* CALL_HOLD_MS have passed since the INVITE */
    bool asked;            /* callee: the limits let it through, so our gateway is asked about it */
    bool refusing;         /* callee: refused, and waits for that moment */
    bool in_hook;          /* caller: within invite_out, where PASS lets it go */
    bool ending;           /* terminate was asked for */
    enum call_again again; /* the INVITE is being taken back for another try of the same call */
    bool tried_again;      /* once a call */
    bool acked;            /* callee: the ACK came */
    bool secured;          /* media was secured once */
    bool over;             /* ended, its record written */
    bool moved;            /* redirected to whom nobody is asked about: unasked.c records it */
    bool silent;           /* by us, until proved */
    bool marking;          /* guard: marking calls back */
    bool mark_later;       /* not possible in early media */
    char marked[SINK_SAID_MAX];
    bool card_unusable;
    unsigned handing_cseq; /* our own REFER or conference, not answered yet; 0: none */
    bool joining, leaving; /* and it is a conference on this phone, or its end */
    bool joined;           /* its media is mixed with that of others on this phone */
    bool handed;           /* one of these was taken, under `require`: no word comes back */
    unsigned offered_cseq; /* our own later offer of other media, not answered yet; 0: none */
    char *offered;         /* its description, of which the answer may refuse what is other */

    bool wants_sim;      /* callee: a ticket came, and the SIM itself is wanted */
    uint64_t key_handle; /* of the setup key that this call rests on; 0: none (any more) */
    int64_t peer_wish;   /* the other side's, for the lifetime of new keys; -1: none came */
    bool keys_made;      /* what this call leaves behind is made, or is not to be made */

    struct sip_timer *hold_timer, *verdict_timer;
    int64_t began, began_us;
    int64_t pinned_last; /* when the peer's pin was last renewed before this call; 0: none */
    char other_nai[SIMAUTH_NAI_MAX + 1]; /* callee: who it is instead of the known one, "" nobody */
    char other_operator[SIMAUTH_OPERATOR_NAME_MAX + 1];
    int gateway_us, card_us;
    char error[SETTINGS_ERROR_MAX];
    enum simauth_word word; /* last told */
    enum simauth_event reason;
};

/* -- what caller.c and callee.c are built of --------------------------------------------------- */

/* A call for an INVITE that policy looks at; NULL when nothing is to be done with it. */
struct call *call_new(struct core *core, struct sip_call *sip, const char *own_uri,
                      const char *peer_uri);
/* Linphone's call has ended (its dialog lives a little longer): writes its record, once. */
void call_over(struct call *call);
void call_free(struct call *call);
/* A callee's question is answered, or nobody waits for it: the next one may be asked. */
void call_leave_limits(struct call *call);
/* A fresh key pair for one request, made ahead where there is one. False: no random octets. */
bool call_new_pair(struct core *core, struct simauth_seal_pair *pair);
struct simauth_session *call_new_session(const struct call *call);
struct leg *leg_new(struct call *call,
                    struct simauth_session *session); /* takes session; NULL: oom */
void call_free_legs(struct call *call);
/* Takes the session to the worker for `actions`. `in_place` waits up to WORKER_PATIENCE_MS: true
 * when it is back already, with what is left to do in *actions. */
bool leg_send(struct leg *leg, simauth_actions *actions, bool in_place);
/* The session as it is here, or as it was when it left: word, reason and names for a person. */
void call_tell(struct call *call, const struct simauth_session *session);
/* KEY_MEDIA once more, when the key had to wait for the ACK: what the session says when that fails,
 * else 0. */
simauth_actions call_key_in_ack(struct call *call, struct leg *leg);
/* "Not authenticated" for a reason that no session told: the word and the log alone. */
void call_deny(struct call *call, enum simauth_event reason);
/* The same, and the end. */
void call_give_up(struct call *call, enum simauth_event reason);
/* The same, to the person too; the call goes on. */
void call_unsay(struct call *call, enum simauth_event reason);
/* Ends it with its Reason as soon as the main loop turns. */
void call_end(struct call *call);
void call_clean_sdp(struct call *call, belle_sip_message_t *message);
/* What came in a call with elements: Linphone gets no description that was not looked at. True:
 * the message lost its body. */
bool call_drop_unread(struct call *call, belle_sip_message_t *message);
void call_set_header(struct call *call, belle_sip_message_t *message, const char *element);
LinphoneCall *call_linphone(const struct call *call); /* NULL: not (yet, any more) */
int call_ms(const struct call *call);                 /* since its INVITE came or left */
void call_silent_until_proved(struct call *call, const struct simauth_session *session);
void call_start_verdict(struct call *call, unsigned ms);
void call_start_hold(struct call *call);
/* Under `require`: whether streams that run now may be heard yet. */
void call_silence(struct call *call);
/* What call_silence() does to them: true, nothing of ours is heard. */
bool call_is_silent(const struct call *call);
/* Streams run: Linphone's mark on the letters, which could not be taken away in early media. */
void call_mark_running(struct call *call);
/* After every input of a leg whose INVITE is through: END, TELL, KEY_MEDIA. */
void call_settle(struct call *call, struct leg *leg, simauth_actions actions);

/* -- the two sides ----------------------------------------------------------------------------- */

/* An INVITE of ours is about to leave: the first, one with credentials, or another try. PASS: it
 * leaves now, with element 1 or without (no policy for it, nothing to prove with). HOLD: the worker
 * asks, and caller_go_on() lets it leave; or it never leaves, and the call ends as soon as the main
 * loop turns. */
enum sip_decision caller_invite_out(struct core *core, struct sip_call *sip);
/* PASS: Linphone gets it, a refusal too. HOLD: what decides about it is with the worker, and
 * caller_go_on() looks at it again. DROP: a provisional response that is not to be seen or heard.
 */
enum sip_decision caller_response_in(struct call *call, belle_sip_response_t *response);
void caller_ack_out(struct call *call, belle_sip_request_t *ack);
/* The session is back from the worker, or was replaced because the hold ran out. */
void caller_go_on(struct leg *leg, simauth_actions actions);

/* Whether this call is to be placed once more because of `actions`; then its INVITE is being taken
 * back, and provisional responses to it mean nothing any more. */
bool caller_again(struct call *call, struct leg *leg, simauth_actions actions);
/* The 2xx that was faster; a final response to what is being taken back. */
void caller_again_too_late(struct call *call);
void caller_again_failed(struct call *call, belle_sip_response_t *response);
/* At its end: the list of Linphone's has no entry for a first try. */
void caller_one_entry(const struct call *call, LinphoneCall *linphone);
/* The other INVITE is here, within invite_out. True: with a new session; false: without element. */
bool caller_again_begin(struct call *call);
/* Takes away what an INVITE has of another one's elements; within invite_out. */
void caller_strip(struct sip_call *sip);

/* PASS: it rings as any other, nothing of it is to be proved. HOLD: it rings when callee_go_on()
 * has let it in; or it was let in, or refused, already. Never DROP. */
enum sip_decision callee_invite_in(struct core *core, struct sip_call *sip);
/* The longest wait is over: what was refused meanwhile is told so. */
void callee_hold_over(struct call *call);
void callee_response_out(struct call *call, belle_sip_response_t *response);
/* PASS: it is the ACK, proved or not asked for a proof. DROP: it is none; the right one may come.
 */
enum sip_decision callee_ack_in(struct call *call, belle_sip_request_t *ack);
void callee_go_on(struct leg *leg, simauth_actions actions);

/* -- setup keys (call_setup.c) ----------------------------------------------------------------- */

/* Caller: begins with a setup key; 0: there is none for this call, and all is as it was. */
simauth_actions call_begin_held(struct call *call, const char *sdp, size_t len);
/* Callee: the answer to FIND_KEY. */
simauth_actions call_find_key(struct call *call);
/* The call is decided or over. `spent`: it was authenticated, or the peer does not have the key. */
void call_key_over(struct call *call, bool spent);
/* Caller: whether this refusal says that the callee does not have the key. Then the key is erased,
 * and the same call is placed once more, in full. */
bool call_key_unknown(struct call *call, belle_sip_response_t *response);
/* Whether a response is 480 with this cause of ours. */
bool call_says_cause(belle_sip_response_t *response, int cause);
/* When both SIMs last took part, seconds since 1970, in a call that rests on a setup key, else 0;
 * the same in words, NULL or g_free(). */
int64_t call_known_since(const struct call *call);
char *call_known_words(const struct call *call);
/* BYE and its responses: each side's wish for a lifetime, and the end that makes the keys. */
void call_bye_in(struct call *call, belle_sip_message_t *message);
void call_bye_out(struct call *call, belle_sip_message_t *message);
/* Whether it ends another dialog than the call's: that of a fork's late 2xx. */
bool call_is_other_bye(const struct call *call, belle_sip_message_t *message);
/* The call has ended: makes the keys for the next ones, once. */
void call_leave_keys(struct call *call);

/* -- operators in the place of SIMs (agent.c) -------------------------------------------------- */

/* Callee: whether this element 1 names a ticket; refused before anybody is asked where this phone
 * takes none (`actions` says what the session makes of it, else it may be claimed). */
bool agent_opening(struct call *call, const struct simauth_element *element,
                   simauth_actions *actions);
/* What the worker is to know of it, and what it found: a right ticket of somebody who is known by a
 * SIM, which is wanted then. */
void agent_pack(const struct call *call, struct drive *drive);
void agent_unpack(struct call *call, const struct drive *drive);
/* How strong a method this peer must have in a new session: the pin's, unless the person agreed. */
uint8_t agent_strength(const struct call *call);
/* Caller: whether this refusal says that the callee wants the SIM. True: the same call is placed
 * once more, in full. */
bool agent_sim_wanted(struct call *call, belle_sip_response_t *response);
/* "vouched for by the operators, ..." or NULL; static. */
const char *agent_words(const struct simauth_session *session);

/* -- both -------------------------------------------------------------------------------------- */
/* A later message of the call's dialogs. PASS: Linphone gets it, perhaps without its description.
 * DROP: it was refused (488), and the call goes on as it was. Never HOLD. */
enum sip_decision call_later_in(struct call *call, belle_sip_message_t *message);
void call_later_out(struct call *call, belle_sip_message_t *message);
/* The reason whose advice fits: nobody vouches for the one that was known under that address, so
 * that it may be somebody else's by now, as where another one answers. */
enum simauth_event call_advised(const struct call *call);
/* Whether one of ours is this call of Linphone's. */
bool call_is_ours(const struct core *core, LinphoneCall *linphone);
/* REFER, Replaces, a conference; both first of all that looks at a message. True: refused. */
bool handed_in(struct call *call, belle_sip_message_t *message);
void handed_out(struct call *call, belle_sip_message_t *message);
/* An INVITE that takes over a call which is under `require`: refused, and nothing is left to do. */
bool handed_replaces(struct sip_call *sip);
/* A new call whose INVITE takes the place of one that Linphone knows already. */
void handed_takes_place(struct call *call);
void call_held_gone(struct call *call, enum sip_gone why);
void call_media_changed(struct call *call, LinphoneCall *linphone, bool on);
json_t *call_record(const struct call *call); /* a new reference */

#endif
