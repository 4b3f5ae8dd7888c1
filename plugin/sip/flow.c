/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with each message on its way in and out. */
#include "tap_internal.h"

#include <string.h>

static bool is_method(const char *method, const char *name)
{
    return method && strcmp(method, name) == 0;
}

/* Ours: the ACK of anything but a 2xx is part of the INVITE's transaction and has its branch (RFC
 * 3261, 17.1.1.3), that of a 2xx has none yet or the one that the user gave it. */
static bool acks_2xx_out(const struct sip_call *call, belle_sip_request_t *ack)
{
    return tap_cseq_of(ack) == call->cseq && !tap_same(tap_top_branch_of(ack), call->branch);
}

/* Theirs: by what we have answered, since a peer may write any branch. */
static bool acks_2xx_in(const struct sip_call *call, belle_sip_request_t *ack)
{
    return tap_cseq_of(ack) == call->cseq && call->final_code / 100 == 2;
}

static bool answers_initial_invite(const struct sip_call *call, belle_sip_message_t *message)
{
    return is_method(tap_cseq_method_of(message), "INVITE") && tap_cseq_of(message) == call->cseq &&
           tap_same_or_none(tap_top_branch_of(message), call->branch);
}

/* -- in ---------------------------------------------------------------------------------------- */

static bool is_repeat(const struct sip_call *call, belle_sip_request_t *invite)
{
    return tap_same_or_none(tap_top_branch_of(invite), call->branch) &&
           tap_cseq_of(invite) == call->cseq;
}

static bool same_text(void *a, void *b)
{
    char *first = a ? belle_sip_object_to_string(a) : NULL;
    char *second = b ? belle_sip_object_to_string(b) : NULL;
    bool same = tap_same(first, second);

    belle_sip_free(first);
    belle_sip_free(second);
    return same;
}

/* A branch in the style of RFC 2543 is not enough for belle-sip: what has other names is a call of
 * its own to it. */
static bool is_same_to_belle(const struct sip_call *call, belle_sip_request_t *invite)
{
    return tap_has_cookie(call->branch) ||
           (same_text(belle_sip_message_get_header_by_type(call->invite, belle_sip_header_from_t),
                      belle_sip_message_get_header_by_type(invite, belle_sip_header_from_t)) &&
            same_text(belle_sip_message_get_header_by_type(call->invite, belle_sip_header_to_t),
                      belle_sip_message_get_header_by_type(invite, belle_sip_header_to_t)));
}

/* What Linphone has not answered, or has refused, or whose dialog is over: whatever comes with its
 * Call-ID and From tag is asked about anew. What is in a transaction is that transaction's, and a
 * repeat that none knows any more (Timer L, an ACK over a stream, a connection that died while the
 * INVITE was held) would be a call of its own to belle-sip, which nobody has looked at. */
static bool is_done_with(struct sip_call *call, belle_sip_request_t *invite)
{
    if (call->held != TAP_HELD_NOTHING)
        return false;
    if (is_repeat(call, invite))
        return !call->transaction && !tap_call_has_dialog(call);
    return !tap_call_was_asked_for(call) && (call->final_code >= 300 || call->answered_by_tap) &&
           tap_cseq_of(invite) > call->cseq;
}

/* The same INVITE once more, or another with its Call-ID and From tag. */
static bool invite_again(struct sip_call *call, belle_sip_channel_t *channel,
                         belle_sip_request_t *invite)
{
    bool repeat = is_repeat(call, invite);

    if (repeat && call->held == TAP_HELD_INVITE) {
        tap_way_message(call, channel);
        tap_hold_trying(call);
        return true;
    }
    if (repeat && call->transaction && is_same_to_belle(call, invite)) {
        tap_way_message(call, channel);
        return false; /* it knows it */
    }
    if (tap_call_was_asked_for(call) && tap_cseq_of(invite) > call->cseq) {
        tap_way_message(call, channel);
        tap_alias_replaces_in(call->core, invite);
        return tap_call_set_invite(call, invite) ? tap_hold_invite_in(call, channel) : true;
    }
    /* Merged by a fork on the way (RFC 3261, 8.2.2.2), or a copy by somebody who wants it to ring
     * twice. */
    tap_reply(call->core, invite, 482, NULL);
    return true;
}

static belle_sip_uri_t *uri_in(void *address)
{
    return address ? belle_sip_header_address_get_uri(address) : NULL;
}

/* Somebody who dials their own address. */
static bool is_to_itself(const struct sip_call *call)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)call->invite;
    belle_sip_uri_t *from =
        uri_in(belle_sip_message_get_header_by_type(invite, belle_sip_header_from_t));
    belle_sip_uri_t *to =
        uri_in(belle_sip_message_get_header_by_type(invite, belle_sip_header_to_t));

    return call->direction == SIP_OUTGOING && from && to &&
           tap_same(belle_sip_uri_get_user(from), belle_sip_uri_get_user(to)) &&
           tap_same(belle_sip_uri_get_host(from), belle_sip_uri_get_host(to));
}

/* Linphone, and whoever asks it, knows calls by their Call-ID alone, and whoever calls chooses it:
 * also that of somebody else's call, whose place it would take in Linphone itself, media and all,
 * and in what is shown. Our own tag in a call of ours proves nothing: all on its way have it. So
 * it never comes there; whoever dials themselves hears that they are busy, as of stock Linphone.
 * 0: its name is its own. */
static int refusal_of_name(const struct tap_core *core, belle_sip_request_t *invite)
{
    const struct sip_call *call = core->calls;

    while (call && !tap_same(call->call_id, tap_call_id_of(invite)))
        call = call->next;
    if (!call)
        return 0;
    return tap_same(call->from_tag, tap_from_tag_of(invite)) && is_to_itself(call) ? 486 : 482;
}

static bool invite_in(struct tap_core *core, belle_sip_channel_t *channel,
                      belle_sip_request_t *invite)
{
    const char *tag = tap_from_tag_of(invite);
    struct sip_call *call =
        tap_call_find(core, SIP_INCOMING, tap_call_id_of(invite), tag ? tag : "");
    int refusal;

    if (call && is_done_with(call, invite)) {
        tap_call_end(call);
        call = NULL;
    }
    if (call)
        return invite_again(call, channel, invite);
    refusal = refusal_of_name(core, invite);
    if (refusal) {
        tap_reply(core, invite, refusal, NULL);
        return true;
    }
    tap_alias_replaces_in(core, invite);
    call = tap_call_new(core, SIP_INCOMING, invite);
    if (call)
        tap_way_message(call, channel);
    return call ? tap_hold_invite_in(call, channel)
                : true; /* without memory nothing rings unseen */
}

static bool later_in(struct sip_call *call, belle_sip_message_t *message)
{
    return tap.users->later_in && tap.users->later_in(tap.user, call, message) != SIP_PASS;
}

/* Call-ID and the caller's tag are known to all on the way, and to every phone of a fork. A message
 * of theirs is in the call when belle-sip finds its dialog by both tags and Linphone has a call in
 * that dialog, which it has in no dialog of a fork's losers; else it gets 481. */
static belle_sip_dialog_t *dialog_of(const struct sip_call *call, belle_sip_request_t *request)
{
    const char *wire = call->wire_tag[0] ? call->wire_tag : call->inner_tag;
    const char *ours = call->direction == SIP_OUTGOING ? call->from_tag : call->inner_tag;

    if (call->direction == SIP_INCOMING && !tap_same(tap_to_tag_of(request), wire))
        return NULL;
    return belle_sip_provider_find_dialog(call->core->provider, call->call_id, ours,
                                          tap_from_tag_of(request));
}

bool sip_call_owns_dialog(const struct sip_call *call, belle_sip_message_t *request)
{
    const char *ours = call->direction == SIP_OUTGOING ? call->from_tag : call->inner_tag;
    belle_sip_dialog_t *dialog = belle_sip_provider_find_dialog(call->core->provider, call->call_id,
                                                                ours, tap_to_tag_of(request));

    return dialog && belle_sip_dialog_get_application_data(dialog);
}

bool sip_call_begins_dialog(const struct sip_call *call, belle_sip_response_t *response)
{
    belle_sip_message_t *message = (belle_sip_message_t *)response;
    const char *to_tag = sip_message_to_tag(message);
    belle_sip_dialog_t *early;

    if (belle_sip_message_get_header(message, BELLE_SIP_CONTACT))
        return true;
    early = to_tag ? belle_sip_provider_find_dialog(call->core->provider, call->call_id,
                                                    call->from_tag, to_tag)
                   : NULL;
    return early && belle_sip_dialog_get_remote_target(early);
}

/* Linphone gives a NOTIFY of such a dialog to the call whose INVITE made it, which ends by it. */
static bool is_losers_notify(const belle_sip_dialog_t *dialog, const char *method)
{
    return is_method(method, "NOTIFY") && dialog &&
           belle_sip_dialog_get_state(dialog) == BELLE_SIP_DIALOG_EARLY;
}

/* belle-sip finds whom an ACK is for by its branch alone, too. That of our 2xx is one in its dialog
 * or none, and another that is in no dialog of the call says nothing. */
static bool ack_in(struct sip_call *call, belle_sip_request_t *ack, bool in_dialog)
{
    if (call->direction == SIP_INCOMING && tap_cseq_of(ack) == call->cseq) {
        if (!acks_2xx_in(call, ack))
            return false;
        return !in_dialog ||
               (tap.users->ack_in && tap.users->ack_in(tap.user, call, ack) != SIP_PASS);
    }
    if (in_dialog)
        return later_in(call, (belle_sip_message_t *)ack);
    sip_message_drop_body((belle_sip_message_t *)ack);
    return false;
}

/* No call's, and yet belle-sip takes it for an INVITE's with that branch. A caller of RFC 2543 may
 * have no tag, and its ACK is found by nothing else. */
static bool acks_nothing(struct tap_core *core, belle_sip_request_t *request)
{
    return is_method(belle_sip_request_get_method(request), "ACK") &&
           !tap_call_find(core, SIP_INCOMING, tap_call_id_of((belle_sip_message_t *)request), "");
}

static bool request_in(struct tap_core *core, belle_sip_channel_t *channel,
                       belle_sip_request_t *request)
{
    const char *method = belle_sip_request_get_method(request);
    belle_sip_dialog_t *dialog;
    struct sip_call *call;
    bool taken, in_dialog;

    /* What belle-sip answers by 400 is not ours to judge: it may have no To, or no Contact. */
    if (!belle_sip_message_check_headers((belle_sip_message_t *)request))
        return false;
    if (is_method(method, "INVITE") && !tap_to_tag_of(request))
        return invite_in(core, channel, request);
    call = tap_call_of_message(core, (belle_sip_message_t *)request, false);
    if (!call)
        return acks_nothing(core, request);
    if (is_method(method, "CANCEL"))
        return call->direction == SIP_INCOMING && tap_hold_cancel(call, request);
    if (is_method(method, "BYE") && tap_hold_bye(call, request))
        return true;
    dialog = dialog_of(call, request);
    in_dialog = dialog && belle_sip_dialog_get_application_data(dialog);
    if (in_dialog)
        tap_way_message(call, channel);
    else if (is_losers_notify(dialog, method)) {
        tap_reply(core, request, 481, NULL);
        return true;
    }
    if (is_method(method, "ACK"))
        taken = ack_in(call, request, in_dialog);
    else
        taken = in_dialog && later_in(call, (belle_sip_message_t *)request);
    if (!taken)
        tap_alias_in(call, (belle_sip_message_t *)request);
    return taken;
}

static bool answers_our_invite(const struct sip_call *call, belle_sip_message_t *message)
{
    return call->direction == SIP_OUTGOING && answers_initial_invite(call, message);
}

static void provisional_in(struct sip_call *call, belle_sip_response_t *response)
{
    if (belle_sip_response_get_status_code(response) >= 200)
        return;
    call->provisional_came = true;
    tap_take_back(call);
}

static bool response_in(struct tap_core *core, belle_sip_channel_t *channel,
                        belle_sip_response_t *response)
{
    belle_sip_message_t *message = (belle_sip_message_t *)response;
    struct sip_call *call = tap_call_of_message(core, message, false);
    bool taken = false;

    if (is_method(tap_cseq_method_of(message), "REGISTER"))
        tap_way_register_answer(core, channel, response);
    if (call && answers_our_invite(call, message)) {
        tap_way_message(call, channel);
        provisional_in(call, response);
        if (belle_sip_response_get_status_code(response) > 100) {
            tap_call_saw_remote_tag(call, tap_to_tag_of(message));
            taken = tap_hold_response(call, channel, response);
        }
    }
    if (taken)
        return true;
    core->came_over = channel;
    if (call)
        tap_alias_in(call, message);
    return false;
}

bool tap_flow_awaited(struct tap_core *core, belle_sip_response_t *response)
{
    belle_sip_message_t *message = (belle_sip_message_t *)response;
    struct sip_call *call = tap_call_of_message(core, message, false);

    if (!call || answers_our_invite(call, message))
        return false;
    if (core->came_over)
        tap_way_message(call, core->came_over);
    return belle_sip_response_get_status_code(response) > 100 &&
           !is_method(tap_cseq_method_of(message), "CANCEL") && later_in(call, message);
}

bool tap_flow_in(struct tap_core *core, belle_sip_channel_t *channel, belle_sip_message_t *message)
{
    return belle_sip_message_is_request(message)
               ? request_in(core, channel, (belle_sip_request_t *)message)
               : response_in(core, channel, (belle_sip_response_t *)message);
}

/* -- out --------------------------------------------------------------------------------------- */

static void later_out(struct sip_call *call, belle_sip_message_t *message)
{
    tap_alias_out(call, message);
    if (tap.users->later_out)
        tap.users->later_out(tap.user, call, message);
}

static void cancel_out(struct sip_call *call, belle_sip_request_t *cancel)
{
    if (call->cancelling)
        return;
    tap_message_explain((belle_sip_message_t *)cancel, call->end_reason, call->end_warning);
    tap_hold_hung_up(call);
}

static void request_out(struct tap_core *core, belle_sip_request_t *request)
{
    belle_sip_message_t *message = (belle_sip_message_t *)request;
    const char *method = belle_sip_request_get_method(request);
    struct sip_call *call = tap_call_of_message(core, message, true);

    if (is_method(method, "REFER"))
        tap_alias_refer_out(core, request);
    if (!call || (is_method(method, "INVITE") && !tap_to_tag_of(message)))
        return;
    if (is_method(method, "CANCEL")) {
        cancel_out(call, request);
    } else if (is_method(method, "ACK") && call->direction == SIP_OUTGOING &&
               tap_cseq_of(message) == call->cseq) {
        if (acks_2xx_out(call, request) && tap.users->ack_out)
            tap.users->ack_out(tap.user, call, request);
    } else {
        if (is_method(method, "BYE"))
            tap_message_explain(message, call->end_reason, call->end_warning);
        later_out(call, message);
    }
}

static void initial_response_out(struct sip_call *call, belle_sip_response_t *response)
{
    int code = belle_sip_response_get_status_code(response);

    tap_alias_initial_response(call, response);
    if (!call->answered_by_tap && tap.users->response_out)
        tap.users->response_out(tap.user, call, response);
    tap_alias_initial_response(call, response); /* the user may have set the tag only now */
    call->response_left = true;
    if (code >= 200 && !call->final_code)
        call->final_code = code;
    if (code < 300)
        tap_call_saw_remote_tag(call, call->from_tag);
    tap_settle_soon(call->core);
}

/* What refuses somebody who is not in the call is not the call's. */
static bool answers_in_dialog(const struct sip_call *call, belle_sip_message_t *message)
{
    const char *ours = tap_to_tag_of(message);
    const struct tap_dialog *dialog = call->dialogs;

    if (call->direction == SIP_INCOMING)
        return tap_same(ours, call->inner_tag) || tap_same(ours, call->wire_tag);
    while (dialog && !tap_same(dialog->remote_tag, tap_from_tag_of(message)))
        dialog = dialog->next;
    return dialog != NULL;
}

static void response_out(struct tap_core *core, belle_sip_response_t *response)
{
    belle_sip_message_t *message = (belle_sip_message_t *)response;
    struct sip_call *call = tap_call_of_message(core, message, true);
    bool above_100 = belle_sip_response_get_status_code(response) > 100;

    if (!call)
        return;
    if (call->direction == SIP_INCOMING && answers_initial_invite(call, message)) {
        if (above_100)
            initial_response_out(call, response);
    } else if (above_100 && !is_method(tap_cseq_method_of(message), "CANCEL") &&
               answers_in_dialog(call, message)) {
        later_out(call, message);
    } else {
        tap_alias_out(call, message);
    }
}

void tap_flow_out(struct tap_core *core, belle_sip_channel_t *channel, belle_sip_message_t *message)
{
    if (belle_sip_message_is_request(message) &&
        is_method(belle_sip_request_get_method((belle_sip_request_t *)message), "REGISTER"))
        tap_way_register_out(core, channel, (belle_sip_request_t *)message);
    if (belle_sip_message_is_request(message))
        request_out(core, (belle_sip_request_t *)message);
    else
        response_out(core, (belle_sip_response_t *)message);
}
