/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entity-B. One INVITE, in the order in which things happen:
 *   callee_invite_in     it is held; gateway, SIM and the caller's vector (worker), or in place
 *                        the setup key that it names
 *   callee_go_on         element 2 becomes the To tag; the phone rings, or the INVITE is refused
 *   callee_response_out  header and, with the SDP answer, the media's key
 *   callee_ack_in        element 3 is checked; a wrong ACK is no ACK
 */
#include "accounts.h"
#include "call.h"
#include "note.h"
#include "words.h"

#include <string.h>

#define CALLEE_BARE_MAX 32 /* a flood is refused at once and learns that much */

/* -- ring or refuse ---------------------------------------------------------------------------- */

static void refuse_now(struct call *call)
{
    const struct words_end *words = call->wants_sim ? words_refuse_ticket()
                                    : call->reason == SIMAUTH_EVENT_KEY_UNKNOWN
                                        ? words_refuse_key()
                                        : words_refuse(call->card_unusable);

    if (call->refusing && !call->asked)
        call->core->refusing--;
    call->refusing = call->invite_held = false;
    call->ending = true;
    note_call(call->id, false, "refused", "code=%d reason=%s", words->code, words->reason);
    call_over(call); /* Linphone never hears of it, so nobody else says so */
    sip_call_refuse(call->sip, words->code, words->phrase, words->reason, words->warning);
}

/* Every refusal leaves at the same time after its INVITE, when the longest wait is over as well: a
 * caller does not learn from the clock what was wrong (docs/protocol.md section 7). Those that our
 * gateway is asked about are few (invite_limits.h); the others are counted apart, or many of them
 * would switch that off. That a setup key is not here is no secret: it is said at once, for the
 * caller comes again in full. */
static void refuse(struct call *call)
{
    const bool room = call->asked || call->core->refusing < CALLEE_BARE_MAX;

    if (call->hold_over || !room || call->reason == SIMAUTH_EVENT_KEY_UNKNOWN) {
        refuse_now(call);
        return;
    }
    call->refusing = true;
    if (!call->asked)
        call->core->refusing++;
}

void callee_hold_over(struct call *call)
{
    if (call->refusing)
        refuse_now(call);
}

static void put_element_2(struct call *call, const struct simauth_session *session)
{
    const char *element = simauth_session_element(session, SIMAUTH_ELEMENT_2);

    if (!element || simauth_session_state(session) == SIMAUTH_STATE_UNPROVEN)
        return;
    if ((call->settings->carriage & CARRY_TAG) && !sip_call_set_to_tag(call->sip, element))
        return;
    call->element_sent = true;
    note_call(call->id, false, "sent", "element=2 text=%s", element);
}

/* The call may be gone after this. */
static void let_in(void *sip)
{
    sip_call_resume(sip);
}

static bool has_offer(const struct call *call)
{
    size_t len = 0;

    return sip_message_sdp((belle_sip_message_t *)sip_call_invite(call->sip), &len) != NULL;
}

void callee_go_on(struct leg *leg, simauth_actions actions)
{
    struct call *call = leg->call;

    call_leave_limits(call);
    if (actions & SIMAUTH_DO_TELL)
        call_tell(call, leg->session);
    if (!call->invite_held)
        return;
    if (actions & SIMAUTH_DO_REFUSE) {
        refuse(call);
        return;
    }
    put_element_2(call, leg->session);
    call->invite_held = false;
    if (call->element_sent)
        sink_zrtp.admit(call->core->lc, !has_offer(call), let_in, call->sip);
    else
        let_in(call->sip);
}

/* -- the INVITE comes -------------------------------------------------------------------------- */

/* The address that this call is for: the account that To names, or another address that our gateway
 * has for us. With accounts of which none is named, the first, and the session finds that the call
 * is for somebody else. */
static char *own_uri(const struct core *core, belle_sip_message_t *invite)
{
    char *named = sip_message_uri(invite, SIP_TO);
    char *own = g_strdup(named ? named : "sip:unknown@unknown.invalid");
    bool ours = named && core_may_be_own(core, named);
    const bctbx_list_t *accounts = linphone_core_get_account_list(core->lc);
    bool first = true;

    for (; !ours && accounts; accounts = accounts->next) {
        char *uri = account_uri(accounts->data);
        bool same = uri && named && simauth_aor_same(uri, named);
        if (uri && (same || first)) {
            g_free(own);
            own = g_strdup(uri);
        }
        first = first && !uri;
        g_free(uri);
        if (same)
            break;
    }
    belle_sip_free(named);
    return own;
}

/* What is decided about: who, to whom, with which proof, in whose place, and the offer. */
static char *hash_of_invite(struct sip_call *sip)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(sip);
    char *from = sip_message_uri(invite, SIP_FROM), *to = sip_message_uri(invite, SIP_TO);
    const char *header = sip_message_header(invite, SIMAUTH_HEADER, NULL);
    const char *replaces = sip_message_header(invite, "Replaces", NULL);
    size_t len = 0;
    const char *sdp = sip_message_sdp(invite, &len);
    char *text =
        g_strdup_printf("%s\n%s\n%s\n%s\n%.*s", from ? from : "", to ? to : "",
                        header ? header : "", replaces ? replaces : "", (int)len, sdp ? sdp : "");
    char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

    belle_sip_free(from);
    belle_sip_free(to);
    g_free(text);
    return hash;
}

/* The same INVITE with what Linphone asked for was decided about already, another one was not. */
static enum sip_decision again(struct call *call)
{
    char *hash = hash_of_invite(call->sip);
    bool same = !call->over && !g_strcmp0(hash, call->invite_hash);

    g_free(hash);
    if (same)
        return call->invite_held ? SIP_HOLD : SIP_PASS;
    note_call(call->id, false, "refused", "code=482 reason=%s", "another INVITE in its place");
    return sip_call_refuse(call->sip, 482, NULL, NULL, NULL) ? SIP_HOLD : SIP_DROP;
}

static struct call *new_call(struct core *core, struct sip_call *sip)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(sip);
    char *peer = sip_message_uri(invite, SIP_FROM), *own = own_uri(core, invite);
    struct call *call = call_new(core, sip, own, peer ? peer : "sip:anonymous@anonymous.invalid");

    if (call) {
        call->invite_hash = hash_of_invite(sip);
        handed_takes_place(call);
    }
    belle_sip_free(peer);
    g_free(own);
    return call;
}

static simauth_actions begin(struct call *call)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(call->sip);
    struct simauth_session *session = call->root->session;
    struct simauth_element element;
    size_t len = 0, count = 0;
    const char *header = sip_message_header(invite, SIMAUTH_HEADER, &count), *sdp;
    enum simauth_element_found found = simauth_element_read(
        &element, SIMAUTH_ELEMENT_1, sip_call_from_tag(call->sip), header, count);
    simauth_actions actions;

    if (found == SIMAUTH_ELEMENT_FOUND)
        call_drop_unread(call, invite);
    sdp = sip_message_sdp(invite, &len);
    if (found == SIMAUTH_ELEMENT_MALFORMED)
        note_call(call->id, false, "malformed", "element=1");
    else if (found == SIMAUTH_ELEMENT_FOUND)
        note_call(call->id, false, "received", "element=1 text=%s", element.text);
    actions = simauth_session_begin_callee(session, found, &element, sdp, len);
    if ((actions & SIMAUTH_DO_FIND_KEY) && !agent_opening(call, &element, &actions)) {
        call_clean_sdp(call, invite);
        return call_find_key(call);
    }
    if (!(actions & DRIVE_WORKERS))
        return actions;
    call_clean_sdp(call, invite);
    call->counted = limits_enter(&call->core->limits, call->policy.peer,
                                 g_get_monotonic_time() / G_USEC_PER_SEC);
    call->asked = call->counted;
    if (!call->counted) {
        g_strlcpy(call->error, "too many calls with elements at once", sizeof(call->error));
        return simauth_session_problem(session, SIMAUTH_PROBLEM_DOWN);
    }
    if (challenges_first(&call->core->challenges, element.rand, core_now()))
        return actions;
    /* The SIM answers a challenge once, and the gateway is not even asked: it would say yes. */
    note_call(call->id, false, "replayed", "element=1");
    g_strlcpy(call->error, "this challenge was used in another call", sizeof(call->error));
    return simauth_session_problem(session, SIMAUTH_PROBLEM_REFUSED);
}

enum sip_decision callee_invite_in(struct core *core, struct sip_call *sip)
{
    struct call *call = sip_call_user_data(sip);
    simauth_actions actions;

    if (call)
        return again(call);
    if (!core_settings(core))
        return SIP_PASS;
    if (handed_replaces(sip))
        return SIP_HOLD; /* is refused already */
    call = new_call(core, sip);
    if (!call)
        return SIP_PASS;
    call->invite_held = true;
    actions = begin(call);
    if (!(actions & DRIVE_WORKERS) || leg_send(call->root, &actions, true))
        callee_go_on(call->root, actions);
    return SIP_HOLD; /* or let in already, or refused */
}

/* -- our responses ----------------------------------------------------------------------------- */

void callee_response_out(struct call *call, belle_sip_response_t *response)
{
    belle_sip_message_t *message = (belle_sip_message_t *)response;
    struct leg *leg = call->root;
    int code = belle_sip_response_get_status_code(response);
    size_t len = 0;
    const char *sdp;

    if (call->element_sent && leg->session)
        call_set_header(call, message, simauth_session_element(leg->session, SIMAUTH_ELEMENT_2));
    if (code >= 300 && !sip_code_repeats(code))
        call_over(call); /* a refusal by Linphone itself (busy) has no call that could end */
    if (!call->element_sent || !leg->session || code >= 300)
        return;
    call_clean_sdp(call, message);
    sdp = sip_message_sdp(message, &len);
    call_silent_until_proved(call, leg->session);
    call_settle(call, leg, simauth_session_answer(leg->session, sdp, len));
    if (code >= 200 && !call->verdict_timer)
        call_start_verdict(call, CALL_NO_ACK_MS);
}

/* -- the ACK ----------------------------------------------------------------------------------- */

enum sip_decision callee_ack_in(struct call *call, belle_sip_request_t *ack)
{
    belle_sip_message_t *message = (belle_sip_message_t *)ack;
    struct leg *leg = call->root;
    struct simauth_element element;
    size_t len = 0, count = 0;
    const char *header = sip_message_header(message, SIMAUTH_HEADER, &count), *sdp;
    enum simauth_element_found found;
    simauth_actions actions;

    if (!call->element_sent || !leg->session)
        return SIP_PASS;
    found = simauth_element_read(&element, SIMAUTH_ELEMENT_3, sip_message_bottom_branch(message),
                                 header, count);
    if (found == SIMAUTH_ELEMENT_FOUND)
        note_call(call->id, false, "received", "element=3 text=%s", element.text);
    else
        note_call(call->id, false, "received", "element=none in=ACK");
    call_drop_unread(call, message);
    call_clean_sdp(call, message);
    sdp = sip_message_sdp(message, &len);
    actions = simauth_session_ack_in(leg->session, found, &element, sdp, len);
    if (!(actions & SIMAUTH_DO_DROP) && !call->acked) {
        call->acked = true;
        call_start_verdict(call, CALL_VERDICT_MS);
    }
    call_settle(call, leg, actions);
    return actions & SIMAUTH_DO_DROP ? SIP_DROP : SIP_PASS;
}
