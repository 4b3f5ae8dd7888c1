/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call and its media: the key, the verdict, the microphone, and offers that come later. */
#include "bus_view.h"
#include "call.h"
#include "note.h"
#include "words.h"

#include <string.h>

static bool authenticated(const struct call *call)
{
    return call->talk && call->talk->session &&
           simauth_session_state(call->talk->session) == SIMAUTH_STATE_AUTHENTICATED;
}

/* bzrtp 5.1 keeps the other one's keys, and nothing public tells its old verdict from a new one
 * (docs/sip-cases.md). */
static void say_why_not_keyed(struct call *call)
{
    g_strlcpy(call->error,
              "another phone of theirs answered than the one whose sound was here first, and this "
              "Linphone cannot encrypt to it in the same call: place the call once more",
              sizeof(call->error));
}

static simauth_actions give_key(struct call *call, struct leg *leg)
{
    struct simauth_secret key = {0};
    LinphoneCall *linphone = call_linphone(call);
    bool good =
        linphone &&
        simauth_session_key(leg->session, sink_zrtp.label, sink_zrtp.key_len, &key) == SIMAUTH_OK &&
        sink_zrtp.key(linphone, &key);

    simauth_secret_wipe(&key);
    call->talk = leg;
    if (good && !call->keyed)
        call->keyed = leg;
    if (!good && call->keyed && call->keyed != leg)
        say_why_not_keyed(call);
    note_call(call->id, call->caller, "keyed", "media=%s done=%s", sink_zrtp.name,
              good ? "yes" : "no");
    return good ? 0 : simauth_session_media(leg->session, SIMAUTH_MEDIA_MISMATCH);
}

/* Several phones of a fork may be heard before one answers, and Linphone has one media: it is the
 * first one's until another answers. */
static bool others_media(const struct call *call, const struct leg *leg)
{
    return call->caller && call->talk && call->talk != leg && call->taken != leg;
}

/* KEY_MEDIA: gives the media its key; what the session says when that fails, else 0. Without an
 * offer of its own, Linphone makes its media from the offer in the 200, so after us. */
static simauth_actions key_media(struct call *call, struct leg *leg)
{
    size_t len = 0;

    leg->key_later = others_media(call, leg);
    if (leg->key_later)
        return 0;
    leg->key_waits =
        call->caller && !sip_message_sdp((belle_sip_message_t *)sip_call_invite(call->sip), &len);
    call->talk = leg;
    return leg->key_waits ? 0 : give_key(call, leg);
}

simauth_actions call_key_in_ack(struct call *call, struct leg *leg)
{
    if (!leg->key_waits)
        return 0;
    leg->key_waits = false;
    return give_key(call, leg);
}

/* Under `require` no sound leaves before the peer is proved: none before encryption, and from then
 * on none because call_silence() has shut the senders, which exist since the stream was made. */
void call_silent_until_proved(struct call *call, const struct simauth_session *session)
{
    LinphoneCall *linphone;

    if (call->silent || call->policy.policy != SIMAUTH_REQUIRE ||
        simauth_session_word(session) == SIMAUTH_WORD_AUTHENTICATED)
        return;
    linphone = call_linphone(call);
    if (!linphone)
        return;
    call->silent = true;
    media_only_encrypted(linphone);
    note_call(call->id, call->caller, "silent", "until=authenticated");
}

bool call_is_silent(const struct call *call)
{
    return call->ending || (call->policy.policy == SIMAUTH_REQUIRE && !authenticated(call));
}

/* Under `require` nothing leaves before the peer is proved, nor when the call is about to end. What
 * is shown says less: our own person may have taken the word away (call_unsay()). */
void call_silence(struct call *call)
{
    LinphoneCall *linphone = call_linphone(call);
    bool silent = call_is_silent(call);

    if (!linphone || (call->policy.policy != SIMAUTH_REQUIRE && !call->ending))
        return;
    media_silence(linphone, silent);
    if (call->silent && !silent) {
        call->silent = false;
        note_call(call->id, call->caller, "heard", "word=%s", words_token(call->word));
    }
}

static enum simauth_media_result result_of(enum sink_verdict verdict)
{
    switch (verdict) {
    case SINK_MATCH:
        return SIMAUTH_MEDIA_MATCH;
    case SINK_MISMATCH:
        return SIMAUTH_MEDIA_MISMATCH;
    default:
        return SIMAUTH_MEDIA_WEAK;
    }
}

static bool is_over(LinphoneCall *linphone)
{
    LinphoneCallState state = linphone_call_get_state(linphone);

    return state == LinphoneCallStateEnd || state == LinphoneCallStateError ||
           state == LinphoneCallStateReleased;
}

/* What Linphone said while it marked was not heard: a stream that is in clear by now was switched
 * on by somebody since both SIMs' key was in all of them. */
static void read_again(struct call *call, LinphoneCall *linphone)
{
    enum sink_verdict verdict;

    if (call->word != SIMAUTH_WORD_AUTHENTICATED || !authenticated(call) || call->ending ||
        is_over(linphone))
        return;
    verdict = sink_zrtp.verdict(linphone, true);
    if (verdict != SINK_MATCH)
        call_settle(call, call->talk,
                    simauth_session_media(call->talk->session, result_of(verdict)));
}

/* Linphone calls back while it marks: `marking` keeps that from coming here again. */
static void mark(struct call *call)
{
    LinphoneCall *linphone = call_linphone(call);
    bool decided =
        call->word == SIMAUTH_WORD_AUTHENTICATED || call->word == SIMAUTH_WORD_NOT_AUTHENTICATED;

    if (!linphone || call->marking || !call->secured || !decided)
        return;
    call->marking = true;
    call->mark_later = !sink_zrtp.mark(linphone, call->word == SIMAUTH_WORD_AUTHENTICATED,
                                       call->settings->mark_verified, call->marked);
    call->marking = false;
    read_again(call, linphone);
}

void call_mark_running(struct call *call)
{
    if (call->mark_later)
        mark(call);
}

void call_settle(struct call *call, struct leg *leg, simauth_actions actions)
{
    if (actions & SIMAUTH_DO_KEY_MEDIA)
        actions |= key_media(call, leg);
    if (actions & SIMAUTH_DO_TELL) {
        call_tell(call, leg->session);
        if (call->word == SIMAUTH_WORD_AUTHENTICATED ||
            call->word == SIMAUTH_WORD_NOT_AUTHENTICATED)
            mark(call);
    }
    if (actions & SIMAUTH_DO_END)
        call_end(call);
}

void call_unsay(struct call *call, enum simauth_event reason)
{
    call_deny(call, reason);
    bus_view_changed();
    mark(call);
}

static void verdict_expired(void *arg)
{
    struct call *call = arg;
    struct leg *leg = call->talk ? call->talk : call->root;

    if (leg->session)
        call_settle(call, leg, simauth_session_verdict_expired(leg->session));
}

void call_start_verdict(struct call *call, unsigned ms)
{
    if (call->over)
        return;
    sip_timer_stop(call->verdict_timer);
    call->verdict_timer = sip_timer_start(call->core->provider, ms, verdict_expired, call);
}

/* "Not encrypted" before ZRTP was ever done is how every call begins; after it, it is a downgrade.
 */
void call_media_changed(struct call *call, LinphoneCall *linphone, bool on)
{
    static const char *const names[] = {"not-yet", "match", "mismatch", "weak"};
    enum sink_verdict verdict = sink_zrtp.verdict(linphone, on);
    struct leg *leg = call->talk;

    if (call->marking || call->ending || (verdict == SINK_WEAK && !call->secured) ||
        is_over(linphone))
        return;
    call->secured = true;
    if (!leg) { /* no key of ours is in it: encrypted, and nothing more to say */
        mark(call);
        return;
    }
    note_call(call->id, call->caller, "media", "sink=%s verdict=%s ms=%d", sink_zrtp.name,
              names[verdict], call_ms(call));
    if (leg->session)
        call_settle(call, leg, simauth_session_media(leg->session, result_of(verdict)));
    mark(call);
}

/* -- what comes later in the dialog ------------------------------------------------------------ */

/* An offer can still be refused; every other description is a fact by the time it is seen. */
static bool is_offer(belle_sip_message_t *message)
{
    const char *method = belle_sip_message_is_request(message)
                             ? belle_sip_request_get_method((belle_sip_request_t *)message)
                             : "";
    return !strcmp(method, "INVITE") || !strcmp(method, "UPDATE");
}

static bool fits(const struct call *call, belle_sip_message_t *message, bool ours)
{
    size_t len = 0;
    const char *sdp = sip_message_sdp(message, &len);

    return simauth_session_later_fits(call->talk->session, ours, sdp, len);
}

/* Under `require` an offer of other media is not taken, and the call goes on as it was. */
static bool refuse_offer(struct call *call, belle_sip_message_t *message, bool unread)
{
    if (!authenticated(call) || call->policy.policy != SIMAUTH_REQUIRE || !is_offer(message) ||
        (!unread && fits(call, message, false)))
        return false;
    if (!sip_call_refuse_later(call->sip, (belle_sip_request_t *)message, 488, NULL,
                               words_end(call->caller)->warning))
        return false;
    note_call(call->id, call->caller, "refused-offer", "code=488 text=%s",
              words_reason(SIMAUTH_EVENT_SDP_DIFFERENT));
    return true;
}

/* What we offer counts when it is taken: a peer that refuses it leaves the call as it was. */
static bool wait_for_answer(struct call *call, belle_sip_message_t *message)
{
    const char *sdp;
    size_t len = 0;

    if (!authenticated(call) || !is_offer(message) || fits(call, message, true))
        return false;
    sdp = sip_message_sdp(message, &len);
    call->offered_cseq = sip_message_cseq(message);
    g_free(call->offered);
    call->offered = g_strndup(sdp, len);
    note_call(call->id, call->caller, "offered", "what=%s", "other media");
    return true;
}

/* Whether the answer has refused what was other media, as a phone does that shows no video. */
static bool other_refused(const struct call *call, belle_sip_message_t *answer)
{
    size_t len = 0;
    const char *sdp = sip_message_sdp(answer, &len);

    return sdp && simauth_session_offer_fits(call->talk->session, call->offered,
                                             strlen(call->offered), sdp, len);
}

static void settle_offer(struct call *call, belle_sip_message_t *message)
{
    int code;

    if (!call->offered_cseq || belle_sip_message_is_request(message) ||
        sip_message_cseq(message) != call->offered_cseq)
        return;
    code = belle_sip_response_get_status_code((belle_sip_response_t *)message);
    if (code < 200)
        return;
    call->offered_cseq = 0;
    if (code < 300 && !call->handed && !other_refused(call, message))
        call_settle(call, call->talk, simauth_session_other_media(call->talk->session));
}

/* Our own person's conference brings media of its own (5.1 offers video with it) and has taken the
 * word: an answer to it ends nothing. Offers of the other side's are refused as before. */
static void later(struct call *call, belle_sip_message_t *message, bool ours)
{
    size_t len = 0;
    const char *sdp;

    if (!call->talk || !call->talk->session)
        return;
    call_clean_sdp(call, message);
    if (ours && wait_for_answer(call, message))
        return;
    if (!ours)
        settle_offer(call, message);
    sdp = sip_message_sdp(message, &len);
    if (sdp && !(call->handed && (ours || !is_offer(message))))
        call_settle(call, call->talk,
                    simauth_session_later_sdp(call->talk->session, ours, sdp, len));
}

enum sip_decision call_later_in(struct call *call, belle_sip_message_t *message)
{
    bool unread = call->element_sent && call->word != SIMAUTH_WORD_NOT_AUTHENTICATED &&
                  call_drop_unread(call, message);

    call_bye_in(call, message);
    if (handed_in(call, message) || refuse_offer(call, message, unread))
        return SIP_DROP;
    if (unread && call->talk && call->talk->session)
        call_settle(call, call->talk, simauth_session_other_media(call->talk->session));
    later(call, message, false);
    return SIP_PASS;
}

void call_later_out(struct call *call, belle_sip_message_t *message)
{
    call_bye_out(call, message);
    handed_out(call, message);
    later(call, message, true);
}
