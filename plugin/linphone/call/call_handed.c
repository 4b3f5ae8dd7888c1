/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A call that goes to other people: REFER, Replaces, a side that becomes a conference
 * (docs/protocol.md section 5). The two proofs then no longer say who is heard: the word goes at
 * once, and under `require` what the other side asks for is answered 488. What the person at this
 * phone does is never refused, and takes the word away when the other side has agreed.
 */
#include "call.h"
#include "note.h"
#include "words.h"

#include <string.h>

#define NOT_ACCEPTABLE 488

static bool is_method(belle_sip_message_t *message, const char *name)
{
    return belle_sip_message_is_request(message) &&
           !strcmp(belle_sip_request_get_method((belle_sip_request_t *)message), name);
}

/* RFC 4579, 4.1: whoever mixes says so in its Contact. */
static bool becomes_focus(belle_sip_message_t *message)
{
    belle_sip_header_contact_t *contact =
        belle_sip_message_get_header_by_type(message, belle_sip_header_contact_t);

    return contact && (is_method(message, "INVITE") || is_method(message, "UPDATE")) &&
           belle_sip_parameters_has_parameter(BELLE_SIP_PARAMETERS(contact), "isfocus");
}

static bool hands_over(belle_sip_message_t *message)
{
    return is_method(message, "REFER") || becomes_focus(message);
}

static bool refuse(struct call *call, belle_sip_request_t *request)
{
    bool refused = sip_call_refuse_later(call->sip, request, NOT_ACCEPTABLE, NULL,
                                         words_end(call->caller)->warning);

    if (refused)
        note_call(call->id, call->caller, "refused-handover", "code=%d method=%s", NOT_ACCEPTABLE,
                  belle_sip_request_get_method(request));
    return refused;
}

/* Our own person's doing. The session would end the call under `require`, and ending it is nobody's
 * wish: what is shown goes, and the call lives, heard as before. */
static void done_here(struct call *call)
{
    if (call->policy.policy == SIMAUTH_REQUIRE) {
        call->handed = true;
        call_unsay(call, SIMAUTH_EVENT_HANDED_OVER);
    } else
        call_settle(call, call->talk, simauth_session_handed_over(call->talk->session));
}

static void answered(struct call *call, belle_sip_response_t *response)
{
    int code = belle_sip_response_get_status_code(response);

    if (!call->handing_cseq ||
        sip_message_cseq((belle_sip_message_t *)response) != call->handing_cseq || code < 200)
        return;
    call->handing_cseq = 0;
    if (code >= 300)
        return;
    if (call->joining != call->joined)
        note_call(call->id, call->caller, "conference", "joined=%s", call->joining ? "yes" : "no");
    call->joined = call->joining;
    if (!call->leaving && call->talk && call->talk->session)
        done_here(call);
}

bool handed_in(struct call *call, belle_sip_message_t *message)
{
    if (!belle_sip_message_is_request(message) && !call->ending)
        answered(call, (belle_sip_response_t *)message);
    if (!belle_sip_message_is_request(message) || !call->talk || !call->talk->session ||
        call->ending)
        return false;
    if (!hands_over(message))
        return false;
    if (call->policy.policy == SIMAUTH_REQUIRE && refuse(call, (belle_sip_request_t *)message))
        return true;
    /* One that cannot be refused (a branch as in RFC 2543) ends the call instead. */
    call_settle(call, call->talk, simauth_session_handed_over(call->talk->session));
    return false;
}

void handed_out(struct call *call, belle_sip_message_t *message)
{
    bool joins = becomes_focus(message);

    if (!hands_over(message) && !(call->joined && is_method(message, "INVITE")))
        return;
    call->handing_cseq = sip_message_cseq(message);
    call->joining = joins;
    call->leaving = !joins && is_method(message, "INVITE");
}

static struct call *replaced(struct sip_call *sip)
{
    const struct sip_call *other = sip_call_replaces(sip);
    struct call *call = other ? sip_call_user_data(other) : NULL;

    return call && !call->over ? call : NULL;
}

/* The same person, who will have to prove it again: a call that is repaired. */
static bool from_peer_of(const struct call *call, struct sip_call *sip)
{
    belle_sip_header_from_t *from =
        belle_sip_message_get_header_by_type(sip_call_invite(sip), belle_sip_header_from_t);
    belle_sip_uri_t *uri =
        from ? belle_sip_header_address_get_uri(BELLE_SIP_HEADER_ADDRESS(from)) : NULL;
    char *text = uri ? belle_sip_uri_to_string(uri) : NULL;
    bool same = text && simauth_aor_same(text, call->policy.peer);

    if (text)
        belle_sip_free(text);
    return same;
}

bool handed_replaces(struct sip_call *sip)
{
    struct call *call = replaced(sip);

    if (!call || !call->talk || call->policy.policy != SIMAUTH_REQUIRE || from_peer_of(call, sip))
        return false;
    note_call(call->id, call->caller, "refused-handover", "code=%d method=%s", NOT_ACCEPTABLE,
              "INVITE with Replaces");
    return sip_call_refuse(sip, NOT_ACCEPTABLE, NULL, NULL, words_end(false)->warning);
}

/* A phone whose network changed while the other one rang places the call once more, in the place of
 * the first (RFC 3891): for both Linphones still the same call. With anybody else, or in the other
 * direction, Linphone makes a call of its own, and that has a word of its own. */
void handed_takes_place(struct call *call)
{
    struct call *other = replaced(call->sip);

    if (!other || other == call || other->caller != call->caller || other->taken ||
        !simauth_aor_same(other->policy.peer, call->policy.peer))
        return;
    g_free(call->first_id);
    call->first_id = g_strdup(other->first_id);
    if (call->caller)
        call_over(other);
}
