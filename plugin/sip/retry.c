/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another try of the same call: the final answer is turned into a redirection to where the INVITE
 * went, which liblinphone follows inside the same LinphoneCall. It knows no limit, so the limit is
 * ours: once. */
#include "tap_internal.h"

static bool can_redirect(int code)
{
    /* 401, 407 and 422 are repeated by liblinphone itself, 3xx mean somebody else. */
    return code >= 400 && code != 401 && code != 407 && code != 422;
}

bool sip_call_try_again(struct sip_call *call, belle_sip_response_t *response)
{
    belle_sip_uri_t *uri = belle_sip_request_get_uri(call->invite);
    belle_sip_header_contact_t *contact;

    if (call->direction != SIP_OUTGOING || call->tried_again || !call->transaction || !uri ||
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
    call->tried_again = true;
    call->again_pending = true;
    return true;
}
