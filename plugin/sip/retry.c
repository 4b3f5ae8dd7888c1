/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another try of the same call: the final answer is turned into a redirection to where the INVITE
 * went, which liblinphone follows inside the same LinphoneCall. It knows no limit, so the limit is
 * ours: once. */
#include "tap_internal.h"

#include <stdlib.h>
#include <string.h>

static bool can_redirect(int code)
{
    return code >= 400 && !sip_code_repeats(code); /* 3xx mean somebody else */
}

static bool redirect(struct sip_call *call, belle_sip_response_t *response)
{
    belle_sip_uri_t *uri = belle_sip_request_get_uri(call->invite);
    belle_sip_header_contact_t *contact;

    if (call->direction != SIP_OUTGOING || call->given_up || !call->transaction || !uri ||
        !can_redirect(belle_sip_response_get_status_code(response)))
        return false;
    contact = belle_sip_header_contact_new();
    belle_sip_header_address_set_uri(
        (belle_sip_header_address_t *)contact,
        (belle_sip_uri_t *)belle_sip_object_clone((belle_sip_object_t *)uri));
    belle_sip_message_remove_header((belle_sip_message_t *)response, "Contact");
    belle_sip_message_add_header((belle_sip_message_t *)response, (belle_sip_header_t *)contact);
    belle_sip_response_set_status_code(response, 302);
    belle_sip_response_set_reason_phrase(response, "Moved Temporarily");
    call->again_pending = true;
    return true;
}

bool sip_call_try_again(struct sip_call *call, belle_sip_response_t *response)
{
    if (call->tried_again || !redirect(call, response))
        return false;
    call->tried_again = true;
    return true;
}

bool sip_call_try_as_asked(struct sip_call *call, belle_sip_response_t *response)
{
    if (call->asked_tries == SIP_TAP_ASKED_MAX || !redirect(call, response))
        return false;
    call->asked_tries++;
    return true;
}

/* -- taking an INVITE back --------------------------------------------------------------------- */

/* Where the INVITE went: liblinphone may have chosen another transport than the URI says. */
static belle_sip_uri_t *next_hop(const struct sip_call *call, belle_sip_request_t *cancel)
{
    belle_sip_header_via_t *via =
        belle_sip_message_get_header_by_type(call->invite, belle_sip_header_via_t);
    belle_sip_header_route_t *route =
        belle_sip_message_get_header_by_type(cancel, belle_sip_header_route_t);
    belle_sip_uri_t *uri = route ? belle_sip_header_address_get_uri(BELLE_SIP_HEADER_ADDRESS(route))
                                 : belle_sip_request_get_uri(cancel);

    uri = (belle_sip_uri_t *)belle_sip_object_clone((belle_sip_object_t *)uri);
    if (via && !belle_sip_uri_get_transport_param(uri))
        belle_sip_uri_set_transport_param(uri, belle_sip_header_via_get_transport_lowercase(via));
    return uri;
}

/* At the callee it is then none that somebody missed. */
#define BACK_REASON "SIP;cause=200;text=\"Placed once more\""

static bool send_cancel(struct sip_call *call)
{
    belle_sip_request_t *cancel =
        belle_sip_client_transaction_create_cancel((void *)call->transaction);
    belle_sip_client_transaction_t *transaction;

    if (!cancel)
        return false;
    tap_message_explain((belle_sip_message_t *)cancel, BACK_REASON, NULL);
    transaction = belle_sip_provider_create_client_transaction(call->core->provider, cancel);
    if (!transaction) {
        belle_sip_object_unref(cancel);
        return false;
    }
    call->cancelling = true; /* it passes by us, and nobody hung up */
    belle_sip_client_transaction_send_request_to(transaction, next_hop(call, cancel));
    call->cancelling = false;
    return true;
}

#define UNANSWERED_MS 32000 /* 64*T1 */

/* RFC 3261, 9.1: who hears nothing for 64*T1 after a CANCEL takes the INVITE for cancelled. */
static void unanswered(void *arg)
{
    struct sip_call *call = arg;

    if (call->back == TAP_BACK_SENT && call->transaction)
        tap_end_unanswered(call, 408, "Request Timeout");
}

/* RFC 3261, 9.1: not before a provisional response. The answer to this CANCEL finds no operation of
 * liblinphone's behind its transaction, and is put aside there. */
void tap_take_back(struct sip_call *call)
{
    if (call->back != TAP_BACK_WANTED || !call->provisional_came || !call->transaction)
        return;
    call->back = send_cancel(call) ? TAP_BACK_SENT : TAP_BACK_NO;
    if (call->back == TAP_BACK_SENT && !call->back_timer)
        call->back_timer = sip_timer_start(call->core->provider, UNANSWERED_MS, unanswered, call);
}

bool sip_call_take_back(struct sip_call *call)
{
    if (call->direction != SIP_OUTGOING || call->tried_again || call->given_up ||
        call->held != TAP_HELD_NOTHING || !call->transaction || call->back != TAP_BACK_NO)
        return false;
    call->back = TAP_BACK_WANTED;
    tap_take_back(call);
    return call->back != TAP_BACK_NO;
}
