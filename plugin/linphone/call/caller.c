/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entity-A. One INVITE, in the order in which things happen:
 *   caller_invite_out   with a setup key it leaves at once, else it is held; the session asks for
 *                       the callee's vector (worker)
 *   caller_go_on        element 1 into From tag and header; the INVITE leaves
 *   caller_response_in  element 2 is checked; the media gets its key before the answer goes up
 *   caller_ack_out      element 3 into branch and header
 */
#include "call.h"
#include "note.h"
#include "unasked.h"
#include "words.h"

#include <openssl/rand.h>
#include <simauth/binding.h>
#include <string.h>

/* -- the INVITE leaves ------------------------------------------------------------------------- */

/* Linphone hears a refusal, and not one octet leaves. */
static void abort_invite(struct call *call)
{
    const struct words_end *words = words_end(true);

    call->invite_held = false;
    call->ending = true;
    note_call(call->id, true, "aborted", "reason=%s", words->reason);
    sip_call_abort(call->sip, words->code, words->phrase);
}

static void put_element_1(struct call *call, const struct simauth_session *session)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(call->sip);
    const char *element = simauth_session_element(session, SIMAUTH_ELEMENT_1);

    if (call->settings->carriage & CARRY_TAG)
        call->element_sent = sip_call_set_from_tag(call->sip, element);
    call_set_header(call, invite, element);
    call->element_sent |= (call->settings->carriage & CARRY_HEADER) != 0;
    call_clean_sdp(call, invite);
    note_call(call->id, true, "sent", "element=1 text=%s", element);
}

/* True when the INVITE may leave now. */
static bool prepare_invite(struct call *call, struct leg *leg, simauth_actions actions)
{
    if (actions & SIMAUTH_DO_TELL)
        call_tell(call, leg->session);
    if (actions & SIMAUTH_DO_END) {
        abort_invite(call);
        return false;
    }
    /* TRY_AGAIN before it left is no more than this: without an element. */
    if (simauth_session_state(leg->session) != SIMAUTH_STATE_UNPROVEN &&
        simauth_session_element(leg->session, SIMAUTH_ELEMENT_1))
        put_element_1(call, leg->session);
    call->invite_held = false;
    return true;
}

/* -- responses --------------------------------------------------------------------------------- */

#define LEGS_MAX 32 /* phones of a fork, and whatever somebody on the way makes up */

/* That of a message; belle-sip takes responses without one as well. */
static const char *dialog_of(belle_sip_message_t *message)
{
    const char *to_tag = sip_message_to_tag(message);

    return to_tag ? to_tag : "";
}

/* NULL: they are too many, or there is no memory. */
static struct leg *leg_of(struct call *call, const char *to_tag)
{
    struct leg *leg = call->legs;
    uint8_t random[SIMAUTH_X25519_LEN];
    unsigned count = 0;

    for (; leg && strcmp(leg->to_tag, to_tag); leg = leg->next)
        count++;
    if (leg || count >= LEGS_MAX)
        return leg;
    leg = RAND_priv_bytes(random, sizeof(random)) == 1
              ? leg_new(call, simauth_session_fork(call->root->session, random))
              : NULL;
    explicit_bzero(random, sizeof(random));
    if (leg) {
        leg->to_tag = g_strdup(to_tag);
        leg->next = call->legs;
        call->legs = leg;
    }
    return leg;
}

/* Nobody asked about it, so nobody is heard by it, and a call that it begins ends. */
static enum sip_decision without_leg(struct call *call, int code)
{
    if (code < 200)
        return SIP_DROP;
    call_give_up(call, SIMAUTH_EVENT_CONFIRM_MISSING);
    return SIP_PASS;
}

static simauth_actions read_response(struct leg *leg, belle_sip_response_t *response)
{
    belle_sip_message_t *message = (belle_sip_message_t *)response;
    struct simauth_element element;
    size_t len = 0, count = 0;
    const char *header = sip_message_header(message, SIMAUTH_HEADER, &count);
    const char *sdp = sip_message_sdp(message, &len);
    int code = belle_sip_response_get_status_code(response);
    const char *to_tag = sip_message_to_tag(message);
    enum simauth_element_found found = SIMAUTH_ELEMENT_NONE; /* nobody's dialog proves nothing */

    if (to_tag)
        found = simauth_element_read(&element, SIMAUTH_ELEMENT_2, to_tag, header, count);

    if (found == SIMAUTH_ELEMENT_MALFORMED)
        note_call(leg->call->id, true, "malformed", "element=2 code=%d", code);
    else if (found == SIMAUTH_ELEMENT_FOUND)
        note_call(leg->call->id, true, "received", "element=2 code=%d text=%s", code, element.text);
    return simauth_session_response(leg->session, code >= 200, found, &element, sdp, len);
}

static void keep_response(struct leg *leg, belle_sip_response_t *response)
{
    if (leg->held)
        belle_sip_object_unref(leg->held);
    leg->held = (belle_sip_response_t *)belle_sip_object_ref(response);
}

/* The media is this one's from now on, whoever was heard before: what it turns out to be is no
 * longer about them. */
static void take_leg(struct call *call, struct leg *leg, belle_sip_response_t *response)
{
    call->taken = leg;
    if (call->talk && belle_sip_response_get_status_code(response) < 300)
        call->talk = leg;
}

/* Its media begins with its 2xx; until then Linphone is not to change to it. */
static void settle_later(struct call *call, struct leg *leg, belle_sip_response_t *response)
{
    if (belle_sip_response_get_status_code(response) >= 200)
        call_settle(call, leg, SIMAUTH_DO_KEY_MEDIA);
    else if (sip_message_drop_body((belle_sip_message_t *)response))
        note_call(call->id, true, "dropped", "what=%s", "early media of a second phone");
}

static enum sip_decision leg_response(struct call *call, struct leg *leg,
                                      belle_sip_response_t *response)
{
    simauth_actions actions = read_response(leg, response);

    if (actions & DRIVE_WORKERS) {
        keep_response(leg, response);
        if (!leg_send(leg, &actions, true))
            return SIP_HOLD;
        belle_sip_object_unref(leg->held);
        leg->held = NULL;
        call_settle(call, leg, actions);
        actions = read_response(leg, response); /* the same again, now that the session moved */
    } else if (actions & SIMAUTH_DO_HOLD) {
        keep_response(leg, response);
        return SIP_HOLD;
    } else if (actions & SIMAUTH_DO_DROP) {
        note_call(call->id, true, "dropped", "what=%s", "early media without proof of a SIM");
        return SIP_DROP;
    }
    if (belle_sip_response_get_status_code(response) < 200 && caller_again(call, leg, actions))
        return SIP_DROP;
    if (simauth_session_state(leg->session) == SIMAUTH_STATE_OVER)
        call_give_up(call, SIMAUTH_EVENT_CONFIRM_STALE);
    if (belle_sip_response_get_status_code(response) >= 200)
        take_leg(call, leg, response);
    call_clean_sdp(call, (belle_sip_message_t *)response);
    call_silent_until_proved(call, leg->session);
    call_settle(call, leg, actions);
    if (leg->key_later)
        settle_later(call, leg, response);
    return SIP_PASS;
}

/* A fork's late answer: Linphone, which has taken another one, acknowledges it and says BYE. It is
 * not about this call's verdict, whatever it proves or does not. */
static bool of_another_dialog(const struct call *call, const char *to_tag)
{
    return call->taken && strcmp(call->taken->to_tag, to_tag);
}

/* A 2xx that begins no dialog begins no call: Linphone goes on ringing, and another phone's, or the
 * same once more, may begin one. */
static bool begins_nothing(const struct call *call, belle_sip_response_t *response)
{
    return belle_sip_response_get_status_code(response) / 100 == 2 &&
           !sip_call_begins_dialog(call->sip, response);
}

enum sip_decision caller_response_in(struct call *call, belle_sip_response_t *response)
{
    const char *to_tag = dialog_of((belle_sip_message_t *)response);
    int code = belle_sip_response_get_status_code(response);
    struct leg *leg;

    if (code >= 300) {
        if (call_key_unknown(call, response) || agent_sim_wanted(call, response))
            return SIP_PASS;
        caller_again_failed(call, response);
        return SIP_PASS;
    }
    if (call->again && code < 200)
        return SIP_DROP;
    if (call->element_sent && begins_nothing(call, response)) {
        note_call(call->id, true, "dropped", "what=%s", "an answer without Contact");
        return SIP_DROP;
    }
    if (call->again)
        caller_again_too_late(call);
    if (!call->element_sent)
        return SIP_PASS;
    if (call->root->trip) { /* our own SIM has not answered yet */
        keep_response(call->root, response);
        return SIP_HOLD;
    }
    if (call->policy.policy != SIMAUTH_CONTINUE)
        call_drop_unread(call, (belle_sip_message_t *)response);
    if (of_another_dialog(call, to_tag))
        return code < 200 ? SIP_DROP : SIP_PASS;
    leg = leg_of(call, to_tag);
    if (!leg)
        return without_leg(call, code);
    if (leg->trip)
        return SIP_HOLD;
    return leg_response(call, leg, response);
}

/* -- back from the worker ---------------------------------------------------------------------- */

/* They have hung up, and another phone's answer waits behind theirs: the call is that one's. */
static void drop_ended(struct leg *leg)
{
    belle_sip_object_unref(leg->held);
    leg->held = NULL;
    sip_call_drop(leg->call->sip);
}

/* What waited for this session: looked at as if it came now, and let in unless it has to wait on.
 */
static void release_response(struct leg *leg)
{
    struct call *call = leg->call;
    belle_sip_response_t *response = leg->held;
    enum sip_decision decision;

    if (!response)
        return;
    if (sip_call_held_over(call->sip)) {
        drop_ended(leg);
        return;
    }
    leg->held = NULL;
    decision = caller_response_in(call, response);
    belle_sip_object_unref(response);
    if (decision == SIP_DROP)
        sip_call_drop(call->sip); /* the call may be gone after this, and after that */
    else if (decision != SIP_HOLD)
        sip_call_resume(call->sip);
}

static void go_on_answered(struct leg *leg, simauth_actions actions)
{
    struct call *call = leg->call;
    bool answered = leg->held && belle_sip_response_get_status_code(leg->held) >= 200;

    if (leg->held && leg != call->root && sip_call_held_over(call->sip)) {
        drop_ended(leg);
        return;
    }

    if (!answered && caller_again(call, leg, actions))
        actions &= call->again == AGAIN_BARE ? SIMAUTH_DO_TELL : 0;
    call_settle(call, leg, actions);
    release_response(leg);
}

void caller_go_on(struct leg *leg, simauth_actions actions)
{
    struct call *call = leg->call;
    simauth_actions asked = actions & DRIVE_WORKERS;
    bool leaves;

    if (!call->invite_held) {
        go_on_answered(leg, actions);
        return;
    }
    leaves = prepare_invite(call, leg, actions);
    if (leaves && asked) /* a slow SIM works while the INVITE travels */
        leg_send(leg, &asked, false);
    if (leaves && !call->in_hook)
        sip_call_resume(call->sip);
}

/* -- the INVITE comes -------------------------------------------------------------------------- */

/* It was redirected (3xx), and Linphone follows with an INVITE that is another exchange. For the
 * person it is still the same call; of two exchanges there are two records. */
static void move(struct call *from, struct call *to, const struct sip_call *sip)
{
    if (to) {
        g_free(to->first_id);
        to->first_id = g_strdup(from->first_id);
    }
    from->moved = unasked_is(from->core, sip);
    call_over(from);
}

/* NULL: policy wants nothing of it. A redirected call that it goes on with is over. */
static struct call *new_call(struct core *core, struct sip_call *sip)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(sip);
    char *own = sip_message_uri(invite, SIP_FROM);
    char *peer = sip_message_uri(invite, SIP_TO);
    struct call *call = own && peer ? call_new(core, sip, own, peer) : NULL;

    for (struct call *other = core->calls; other; other = other->next) {
        if (other != call && other->caller &&
            !strcmp(sip_call_from_tag(other->sip), sip_call_from_tag(sip)))
            move(other, call, sip);
    }
    if (call) {
        unasked_take_over(core, sip_call_first_id(sip));
        handed_takes_place(call);
    }
    belle_sip_free(own);
    belle_sip_free(peer);
    return call;
}

static simauth_actions begin(struct call *call)
{
    size_t len = 0;
    const char *sdp = sip_message_sdp((belle_sip_message_t *)sip_call_invite(call->sip), &len);
    simauth_actions actions = call_begin_held(call, sdp, len);

    return actions ? actions : simauth_session_begin_caller(call->root->session, sdp, len);
}

/* An INVITE whose SDP does not offer ZRTP (a core that was seen too late to raise it, a Linphone
 * built without it) can never be authenticated. */
static bool offers_zrtp(struct call *call)
{
    size_t len = 0;
    const char *sdp = sip_message_sdp((belle_sip_message_t *)sip_call_invite(call->sip), &len);

    return !sdp || simauth_binding_has_zrtp(sdp, len);
}

#define HIDES_NAME "this call hides your name, so no operator can vouch for it"

/* It leaves as it is, or not at all. */
static enum sip_decision leave_bare(struct call *call, enum simauth_event reason)
{
    call_deny(call, reason);
    call->invite_held = false;
    if (call->policy.policy != SIMAUTH_REQUIRE)
        return SIP_PASS;
    abort_invite(call);
    return SIP_HOLD;
}

static enum sip_decision hold_and_ask(struct call *call)
{
    simauth_actions actions;

    call->invite_held = true;
    call->in_hook = true;
    actions = begin(call);
    if (!(actions & DRIVE_WORKERS) || leg_send(call->root, &actions, true))
        caller_go_on(call->root, actions);
    call->in_hook = false;
    return call->invite_held || call->ending ? SIP_HOLD : SIP_PASS;
}

/* 401, 407 and 422 bring the same INVITE again: the same elements, no second vector. The other
 * repeat is our own. */
static enum sip_decision repeat(struct call *call)
{
    g_free(call->id);
    call->id = g_strdup(sip_call_id(call->sip));
    if (call->again)
        return caller_again_begin(call) ? hold_and_ask(call) : SIP_PASS;
    if (call->element_sent && call->root->session)
        put_element_1(call, call->root->session);
    return SIP_PASS;
}

enum sip_decision caller_invite_out(struct core *core, struct sip_call *sip)
{
    struct call *call = sip_call_user_data(sip);

    if (call)
        return repeat(call);
    if (!core_settings(core))
        return SIP_PASS;
    call = new_call(core, sip);
    caller_strip(sip); /* liblinphone follows a 302 with the same INVITE */
    if (!call)
        return SIP_PASS;
    if (call->policy.hidden) {
        g_strlcpy(call->error, HIDES_NAME, sizeof(call->error));
        return leave_bare(call, SIMAUTH_EVENT_INVITE_BARE);
    }
    if (!offers_zrtp(call))
        return leave_bare(call, SIMAUTH_EVENT_MEDIA_WEAK);
    return hold_and_ask(call);
}

/* -- the ACK leaves ---------------------------------------------------------------------------- */

void caller_ack_out(struct call *call, belle_sip_request_t *ack)
{
    belle_sip_message_t *message = (belle_sip_message_t *)ack;
    const char *to_tag = dialog_of(message), *sdp, *element;
    char branch[SIMAUTH_ELEMENT_MAX + sizeof(SIMAUTH_BRANCH_PREFIX)];
    struct leg *leg = call->legs;
    simauth_actions actions;
    size_t len = 0;

    if (of_another_dialog(call, to_tag))
        return;
    while (leg && strcmp(leg->to_tag, to_tag))
        leg = leg->next;
    if (!leg || !leg->session || !call->element_sent)
        return;
    call_clean_sdp(call, message);
    sdp = sip_message_sdp(message, &len);
    call_settle(call, leg, call_key_in_ack(call, leg));
    actions = simauth_session_ack_out(leg->session, sdp, len);
    element = simauth_session_element(leg->session, SIMAUTH_ELEMENT_3);
    if ((actions & SIMAUTH_DO_SEND_PROOF) && element) {
        g_snprintf(branch, sizeof(branch), "%s%s", SIMAUTH_BRANCH_PREFIX, element);
        if (call->settings->carriage & CARRY_TAG)
            sip_ack_set_branch(ack, branch);
        call_set_header(call, message, element);
        note_call(call->id, true, "sent", "element=3 text=%s", element);
    }
    if (!call->verdict_timer)
        call_start_verdict(call, CALL_VERDICT_MS);
    call_settle(call, leg, actions);
}
