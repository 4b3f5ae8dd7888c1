/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call and its media: the key, the verdict, the microphone, and offers that come later. */
#include "call.h"
#include "note.h"
#include "words.h"

simauth_actions call_key_media(struct call *call, struct leg *leg)
{
    struct simauth_secret key = {0};
    LinphoneCall *linphone = call_linphone(call);
    bool good =
        linphone &&
        simauth_session_key(leg->session, sink_zrtp.label, sink_zrtp.key_len, &key) == SIMAUTH_OK &&
        sink_zrtp.key(linphone, &key);

    simauth_secret_wipe(&key);
    call->talk = leg;
    note_call(call->id, call->caller, "keyed", "media=%s done=%s", sink_zrtp.name,
              good ? "yes" : "no");
    return good ? 0 : simauth_session_media(leg->session, SIMAUTH_MEDIA_MISMATCH);
}

/* Under `require` no sound leaves before the peer is proved. */
void call_mute_until_proved(struct call *call, const struct simauth_session *session)
{
    LinphoneCall *linphone;

    if (call->muted || call->policy.policy != SIMAUTH_REQUIRE ||
        simauth_session_word(session) == SIMAUTH_WORD_AUTHENTICATED)
        return;
    linphone = call_linphone(call);
    call->muted = linphone && media_mute(linphone);
    if (call->muted)
        note_call(call->id, call->caller, "muted", "until=authenticated");
}

static void unmute(struct call *call)
{
    LinphoneCall *linphone = call->muted ? call_linphone(call) : NULL;

    if (linphone && !call->ending) {
        media_unmute(linphone);
        note_call(call->id, call->caller, "unmuted", "word=%s", words_token(call->word));
    }
    call->muted = call->muted && !linphone;
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
    sink_zrtp.mark(linphone, call->word == SIMAUTH_WORD_AUTHENTICATED,
                   call->settings->mark_verified);
    call->marking = false;
}

void call_settle(struct call *call, struct leg *leg, simauth_actions actions)
{
    if (actions & SIMAUTH_DO_KEY_MEDIA)
        actions |= call_key_media(call, leg);
    if (actions & SIMAUTH_DO_TELL) {
        call_tell(call, leg->session);
        if (call->word == SIMAUTH_WORD_AUTHENTICATED ||
            call->word == SIMAUTH_WORD_NOT_AUTHENTICATED) {
            if (!(actions & SIMAUTH_DO_END)) /* what is about to end stays silent */
                unmute(call);
            mark(call);
        }
    }
    if (actions & SIMAUTH_DO_END)
        call_end(call);
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
              names[verdict], (int)((g_get_monotonic_time() - call->began_us) / 1000));
    if (leg->session)
        call_settle(call, leg, simauth_session_media(leg->session, result_of(verdict)));
    mark(call);
}

/* -- what comes later in the dialog -------------------------------------------------------------
 */

static void later(struct call *call, belle_sip_message_t *message, bool ours)
{
    size_t len = 0;
    const char *sdp;

    if (!call->talk || !call->talk->session)
        return;
    call_clean_sdp(call, message);
    sdp = sip_message_sdp(message, &len);
    if (sdp)
        call_settle(call, call->talk,
                    simauth_session_later_sdp(call->talk->session, ours, sdp, len));
}

enum sip_decision call_later_in(struct call *call, belle_sip_message_t *message)
{
    later(call, message, false);
    return SIP_PASS;
}

void call_later_out(struct call *call, belle_sip_message_t *message)
{
    later(call, message, true);
}
