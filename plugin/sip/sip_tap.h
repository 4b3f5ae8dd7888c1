/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The belle-sip tap: sees every SIP message of every core in this process, can hold an INVITE
 * (either direction), a response or an ACK, and can rewrite the three fields that carry elements.
 *
 * It knows belle-sip and nothing else of SIMAUTH: it neither parses nor makes elements. Everything
 * here runs on the main loop of the provider concerned; only sip_tap_run_later() may be called from
 * another thread. No function blocks.
 */
#ifndef SIMAUTH_PLUGIN_SIP_TAP_H
#define SIMAUTH_PLUGIN_SIP_TAP_H

#include <belle-sip/belle-sip.h>
#include <stdbool.h>
#include <stddef.h>

/* Longest tag or branch that the tap writes, without the terminating NUL. What it reads may be of
 * any length. */
#define SIP_TAP_TOKEN_MAX 160

/* One INVITE and the dialogs it makes (several at the caller when it forks): from the first sight
 * of the INVITE until belle-sip has forgotten its last dialog and its transaction (which lives 32 s
 * after a 2xx, so that neither a repeated INVITE nor the late 2xx of a fork is taken for something
 * new). Owned by the tap; valid from invite_in / invite_out until call_gone returns. */
struct sip_call;

enum sip_direction { SIP_OUTGOING, SIP_INCOMING };

enum sip_decision {
    SIP_PASS, /* go on as if nobody had looked (with what was rewritten) */
    SIP_HOLD, /* keep it; the user resumes or ends it later */
    SIP_DROP  /* swallow it (responses and ACKs only) */
};

/* Why a held message will never be resumed. */
enum sip_gone {
    SIP_GONE_CANCELLED, /* CANCEL from the caller; the tap has answered 200 and 487 */
    SIP_GONE_HUNG_UP,   /* the local person hung up, and nothing went or will go out; or the other
                           side, whose 2xx was still held */
    SIP_GONE_DISCONNECTED, /* the channel died */
    SIP_GONE_CORE          /* the core itself is going */
};

/* What the tap tells. Every function is called on the main loop. `user` is that of
 * sip_tap_install(). */
struct sip_tap_user {
    /* A core's provider is seen for the first time. `core` is its LinphoneCore *, never NULL. */
    void (*core_found)(void *user, belle_sip_provider_t *provider, void *core);
    /* The provider is being destroyed; nothing of it may be touched after this returns. */
    void (*core_gone)(void *user, belle_sip_provider_t *provider);

    /* The first INVITE of an outgoing call is about to leave, its dialog not yet made, its SDP in
     * it. A repeat after 401, 407 or 422 and the INVITE of sip_call_try_again() come here again, as
     * the same sip_call. PASS or HOLD. */
    enum sip_decision (*invite_out)(void *user, struct sip_call *call);
    /* An initial INVITE came (no To tag); retransmissions are absorbed. PASS or HOLD. A held INVITE
     * has been answered 100 by the tap. A repeat with new credentials is the same call when From
     * tag and Call-ID are the same. */
    enum sip_decision (*invite_in)(void *user, struct sip_call *call);
    /* A response above 100 to the initial INVITE came. Retransmissions come again. All three. */
    enum sip_decision (*response_in)(void *user, struct sip_call *call,
                                     belle_sip_response_t *response);
    /* A response above 100 to the initial INVITE is about to leave. */
    void (*response_out)(void *user, struct sip_call *call, belle_sip_response_t *response);
    /* The ACK of a 2xx to the initial INVITE: came (PASS or DROP) / is about to leave. */
    enum sip_decision (*ack_in)(void *user, struct sip_call *call, belle_sip_request_t *ack);
    void (*ack_out)(void *user, struct sip_call *call, belle_sip_request_t *ack);
    /* Any later request or response of the call's dialogs (re-INVITE, UPDATE, PRACK, REFER, BYE,
     * INFO and their responses), before it goes up (all three) / out. A request has a dialog of the
     * call in which Linphone has one, a response a transaction of ours that awaits it. */
    enum sip_decision (*later_in)(void *user, struct sip_call *call, belle_sip_message_t *message);
    void (*later_out)(void *user, struct sip_call *call, belle_sip_message_t *message);
    /* A REGISTER for `aor` is about to leave over a TLS connection. True: with a sips contact. */
    bool (*register_out)(void *user, belle_sip_provider_t *provider, const char *aor);
    /* Whether servers' certificates are checked now. A connection over which a REGISTER left while
     * they were not is none that anybody is registered over. NULL: they are. */
    bool (*certificates_checked)(void *user, belle_sip_provider_t *provider);
    /* The last moment for the body of an INVITE of ours, or of a response above 100 to one, to
     * become another (sip_message_protect()): everything else in it is decided, belle-sip has not
     * taken it yet. For what leaves a second time it may come again. */
    void (*body_out)(void *user, struct sip_call *call, belle_sip_message_t *message);
    /* What was held is lost. The call can no longer be resumed, not even from here; call_gone
     * follows by itself. */
    void (*held_gone)(void *user, struct sip_call *call, enum sip_gone why);
    /* The last word about this call. */
    void (*call_gone)(void *user, struct sip_call *call);
};

enum sip_tap_result {
    SIP_TAP_OK = 0,
    SIP_TAP_ALREADY = 1,         /* installed before: the first user stays */
    SIP_TAP_MISSING_SYMBOL = -1, /* belle-sip lacks a function we need: nothing was changed */
    SIP_TAP_UNKNOWN_LAYOUT = -2, /* an interface has another id or another number of methods */
};

/* Installs the tap into the belle-sip of this process. Idempotent. On a negative result nothing was
 * changed and *missing (may be NULL) names the symbol or interface in static storage. `users` must
 * live as long as the process. */
enum sip_tap_result sip_tap_install(const struct sip_tap_user *users, void *user,
                                    const char **missing);

/* Runs task(arg) on the provider's main loop as soon as it turns (up to one tick later).
 * Thread-safe. Returns false when the provider is gone (then the task never runs and arg stays the
 * caller's). A task that was accepted runs in any case, at the latest before core_gone, when the
 * calls are gone already. */
bool sip_tap_run_later(belle_sip_provider_t *provider, void (*task)(void *arg), void *arg);
/* One-shot timer on the provider's main loop; a handle that must be released. NULL when out of
 * memory. */
struct sip_timer *sip_timer_start(belle_sip_provider_t *provider, unsigned ms,
                                  void (*expired)(void *arg), void *arg);
void sip_timer_stop(
    struct sip_timer *timer); /* NULL does nothing; also releases one that expired */

/* Tells on the provider's main loop that `fd`, which stays the caller's, can be read (or written,
 * after sip_watch_for_write()), until it is stopped or the core goes. NULL when out of memory. */
struct sip_watch *sip_watch_start(belle_sip_provider_t *provider, int fd, void (*ready)(void *arg),
                                  void *arg);
void sip_watch_for_write(struct sip_watch *watch, bool on);
void sip_watch_stop(struct sip_watch *watch); /* NULL does nothing */

/* -- one call ---------------------------------------------------------------------------------- */
enum sip_direction sip_call_direction(const struct sip_call *call);
belle_sip_provider_t *sip_call_provider(const struct sip_call *call);
const char *sip_call_id(const struct sip_call *call); /* Call-ID, after a new try the newest */
/* That of the first try, also of a call that was redirected (3xx) to this one. */
const char *sip_call_first_id(const struct sip_call *call);
belle_sip_request_t *sip_call_invite(const struct sip_call *call); /* never NULL */
void sip_call_set_user_data(struct sip_call *call, void *data);
void *sip_call_user_data(const struct sip_call *call);
/* The call of ours that this one's INVITE names in Replaces: by its Call-ID and both tags (RFC
 * 3891), where "0" is a callee's tag that had not come yet. NULL: none. */
struct sip_call *sip_call_replaces(const struct sip_call *call);

/* The From tag that goes / went over the wire; valid until the next call of the tap. */
const char *sip_call_from_tag(const struct sip_call *call);
/* Sets the From tag of an outgoing INVITE; only within invite_out or while it is held. False when
 * it has left already or the tag is no token of at most SIP_TAP_TOKEN_MAX octets. */
bool sip_call_set_from_tag(struct sip_call *call, const char *tag);
/* Incoming: from now on every message of this dialog has `tag` on the wire as our tag, whatever
 * belle-sip draws (RFC 3261, 12.1.1). Only before the first response above 100 has left; false
 * after that. */
bool sip_call_set_to_tag(struct sip_call *call, const char *tag);

/* Passes on what is held (INVITE or response). False when nothing is held any more. An INVITE
 * counts as held from within invite_in / invite_out already: resumed, refused or aborted there, the
 * value returned has no effect. While a response is held those behind it wait too, unseen, and come
 * to response_in when their turn is. The call may be gone when this returns. */
bool sip_call_resume(struct sip_call *call);
/* Incoming, INVITE held: answers it finally and forgets it; the phone never rings. `reason` (RFC
 * 3326) and `warning` (text of a 399, RFC 3261 20.43) may be NULL. */
bool sip_call_refuse(struct sip_call *call, int code, const char *phrase, const char *reason,
                     const char *warning);
/* The same with a body in base64, of that type. */
bool sip_call_refuse_with(struct sip_call *call, int code, const char *phrase, const char *reason,
                          const char *warning, const char *type, const char *base64);
/* Within later_in, on a request of theirs (INVITE, UPDATE): answers it finally, and Linphone never
 * sees it; then return DROP. `reason` and `warning` as above. */
bool sip_call_refuse_later(struct sip_call *call, belle_sip_request_t *request, int code,
                           const char *reason, const char *warning);
/* Outgoing, INVITE held: ends the transaction without a byte on the wire; Linphone sees `code`
 * (400-699, but none that repeats) as if the network had said so, at the next turn of its loop. */
bool sip_call_abort(struct sip_call *call, int code, const char *phrase);
/* Outgoing, within response_in or while it is held, on a final non-2xx (but 3xx and what repeats):
 * Linphone sends the same call again (new Call-ID, branch) and the next invite_out is of this
 * sip_call. Once a call; false the second time. Then return PASS. */
bool sip_call_try_again(struct sip_call *call, belle_sip_response_t *response);
/* The same because a server on the way asked for what this phone can give, as often as that many
 * servers may ask. */
#define SIP_TAP_ASKED_MAX 3
bool sip_call_try_as_asked(struct sip_call *call, belle_sip_response_t *response);
/* Outgoing, the INVITE has left and has no final answer: cancels it while Linphone goes on waiting,
 * as soon as a provisional response allows it. The CANCEL says in Reason (RFC 3326) that the
 * call is placed once more. What answers the INVITE then comes to response_in: 487 for
 * sip_call_try_again(), or a 2xx that was faster. False: too late, or tried before, or the person
 * has hung up. */
bool sip_call_take_back(struct sip_call *call);
/* Swallows the response that is held and goes on with those behind it. False: none is. The call may
 * be gone when this returns. */
bool sip_call_drop(struct sip_call *call);
/* Whether the response that is held is of a phone that has hung up meanwhile, and another's 2xx
 * waits behind it: sip_call_drop() it then. Resumed it is dropped all the same. */
bool sip_call_held_over(const struct sip_call *call);
/* Whether a 2xx to our INVITE begins a dialog: it says where that phone is, or an earlier answer of
 * the same one did. belle-sip takes no other. */
bool sip_call_begins_dialog(const struct sip_call *call, belle_sip_response_t *response);
/* Within later_out, of a request of ours: Linphone has a call in its dialog, which it has not in
 * that of a fork's late 2xx. */
bool sip_call_owns_dialog(const struct sip_call *call, belle_sip_message_t *request);
/* Adds Reason and Warning 399 to the CANCEL or BYE that this call will send next; NULL clears. */
void sip_call_set_end_reason(struct sip_call *call, const char *reason, const char *warning);

/* -- the connection (way.c) -------------------------------------------------------------------- */
/* The address (as its REGISTER had it in To) that is registered over the TLS connection which every
 * message of theirs in this call came over so far; NULL when one came over another, when the
 * registration was over by then, when certificates were not checked, or when nothing came. Valid
 * until the next message. */
const char *sip_call_registered_over(const struct sip_call *call);
/* Where the INVITE goes first, within invite_out; NULL when it is not known. */
belle_sip_uri_t *sip_call_next_hop(const struct sip_call *call);
/* Whether an address that is the same() as `aor` is registered over a TLS connection that lives,
 * to a server whose certificate was checked. */
bool sip_tap_is_registered(belle_sip_provider_t *provider, const char *aor,
                           bool (*same)(const char *a, const char *b));
/* The URIs of all contacts become sips, or sip over TLS. */
void sip_message_set_contact_secure(belle_sip_message_t *message, bool secure);
/* Nobody asked for anything: they become sip, unless From and To are sips by themselves. */
void sip_message_leave_contact(belle_sip_message_t *message);
/* Of what came: wherever it leads (Contact, Record-Route), it leads there over TLS. */
void sip_message_force_tls(belle_sip_message_t *message);
/* Request-URI, From, To and Contact become sips, or sip; within invite_out. */
void sip_invite_set_secure(belle_sip_request_t *invite, bool secure);

/* -- one message ------------------------------------------------------------------------------- */
/* The URI in From, To or the first Contact, a tel URI too, as text; belle_sip_free() it. NULL:
 * there is no such header, or no URI in it. */
enum sip_field { SIP_FROM, SIP_TO, SIP_CONTACT };
char *sip_message_uri(belle_sip_message_t *message, enum sip_field field);
/* Of CSeq: 0 and NULL where there is none. A response has its request's. */
unsigned sip_message_cseq(belle_sip_message_t *message);
const char *sip_message_method(belle_sip_message_t *message);
/* The Request-URI, which may be no SIP URI (tel, urn); belle_sip_free() it. NULL: none. */
char *sip_message_request_uri(belle_sip_request_t *request);
/* 401, 407 and 422, after which liblinphone repeats an INVITE by itself, with what was missing. */
bool sip_code_repeats(int code);
/* The tag in From, in To; NULL when there is none. */
const char *sip_message_from_tag(belle_sip_message_t *message);
const char *sip_message_to_tag(belle_sip_message_t *message);
/* Branch of the bottom Via. */
const char *sip_message_bottom_branch(belle_sip_message_t *message);
/* Sets the branch of an ACK's only Via; within ack_out. */
bool sip_ack_set_branch(belle_sip_request_t *ack, const char *branch);
/* What came: takes out a body in which sip_message_sdp() sees nothing and liblinphone may see a
 * session description: it reads any multipart, the last one of several, and heeds no
 * Content-Encoding. True when it did. */
bool sip_message_drop_unread(belle_sip_message_t *message);
/* The same with any body. True when there was one. */
bool sip_message_drop_body(belle_sip_message_t *message);
/* Value of the header `name`, NULL when absent; *count is how many there are. */
const char *sip_message_header(belle_sip_message_t *message, const char *name, size_t *count);
void sip_message_set_header(belle_sip_message_t *message, const char *name, const char *value);
void sip_message_remove_header(belle_sip_message_t *message, const char *name);
/* The application/sdp body, or its part of a multipart body; *len in octets; NULL when there is
 * none. */
const char *sip_message_sdp(belle_sip_message_t *message, size_t *len);
/* Replaces that body; false when there is none. A message that is on its way out (the response_out
 * hook) only takes a body of the same length: belle-sip has measured it, and holds on to it. */
bool sip_message_set_sdp(belle_sip_message_t *message, const char *sdp, size_t len);
/* The whole body as it came, whatever it is; *type is the value of Content-Type. NULL: none. */
const char *sip_message_body(belle_sip_message_t *message, const char **type, size_t *len);
/* Another body in the place of the whole, within body_out only or before anybody has seen a message
 * that came. False: out of memory, or `type` is no media type. */
bool sip_message_set_body(belle_sip_message_t *message, const char *type, const char *body,
                          size_t len);
/* The same, and sip_message_sdp() goes on to say what the SDP was; within body_out. */
bool sip_message_protect(belle_sip_message_t *message, const char *type, const char *body,
                         size_t len);

#endif
