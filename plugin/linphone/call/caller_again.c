/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Another try of the same call, once (docs/protocol.md section 6): element 1 has left, and then our
 * own side fails in a way that has nothing to do with the callee. The INVITE is taken back
 * (CANCEL), its 487 becomes another INVITE of the same LinphoneCall, and the person sees one call.
 */
#include "call.h"
#include "note.h"
#include "words.h"

#include <string.h>

static enum call_again wanted(const struct call *call, const struct leg *leg,
                              simauth_actions actions)
{
    if (!(actions & (SIMAUTH_DO_TRY_AGAIN | SIMAUTH_DO_END)))
        return AGAIN_NO;
    /* The callee was given the vector before our SIM asked to resynchronise: AUTS came too late. */
    if (leg == call->root && simauth_session_reason(leg->session) == SIMAUTH_EVENT_GATEWAY_REFUSED)
        return AGAIN_WHOLE;
    if (!(actions & SIMAUTH_DO_TRY_AGAIN))
        return AGAIN_NO;
    return simauth_session_state(leg->session) == SIMAUTH_STATE_OVER ? AGAIN_WHOLE : AGAIN_BARE;
}

bool caller_again(struct call *call, struct leg *leg, simauth_actions actions)
{
    enum call_again how = wanted(call, leg, actions);

    if (how == AGAIN_NO || call->ending)
        return false;
    if (call->again)
        return true;
    if (call->tried_again || !sip_call_take_back(call->sip))
        return false;
    call->again = how;
    note_call(call->id, true, "taken-back", "again=%s", how == AGAIN_BARE ? "bare" : "whole");
    return true;
}

/* liblinphone 5.3 lists a call by its Call-ID, and another try has another one; 5.1 keeps the
 * first. The person made one call. */
void caller_one_entry(const struct call *call, LinphoneCall *linphone)
{
    LinphoneCallLog *own = linphone_call_get_call_log(linphone), *first;
    const char *id = linphone_call_log_get_call_id(own);

    if (!id || !strcmp(id, call->first_id))
        return;
    first = linphone_core_find_call_log_from_call_id(call->core->lc, call->first_id);
    if (!first)
        return;
    if (first != own && !g_strcmp0(linphone_call_log_get_call_id(first), call->first_id))
        linphone_core_remove_call_log(call->core->lc, first);
    linphone_call_log_unref(first);
}

void caller_again_too_late(struct call *call)
{
    enum call_again how = call->again;

    call->again = AGAIN_NO;
    call->tried_again = true;
    note_call(call->id, true, "answered", "before=%s", "it could be placed once more");
    if (how == AGAIN_WHOLE)
        call_give_up(call, SIMAUTH_EVENT_CONFIRM_STALE);
}

void caller_again_failed(struct call *call, belle_sip_response_t *response)
{
    int code = belle_sip_response_get_status_code(response);

    if (!call->again || sip_code_repeats(code))
        return; /* liblinphone repeats the INVITE, and that is the other try */
    if (code == 487 && sip_call_try_again(call->sip, response))
        return;
    call->again = AGAIN_NO; /* the callee was faster with another answer, or the person hung up */
}

void caller_strip(struct sip_call *sip)
{
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(sip);
    char tag[24];

    sip_message_remove_header(invite, SIMAUTH_HEADER);
    if (strncmp(sip_call_from_tag(sip), "sim0", strlen("sim0")) != 0)
        return;
    g_snprintf(tag, sizeof(tag), "%08x%08x", g_random_int(), g_random_int());
    sip_call_set_from_tag(sip, tag);
}

bool caller_again_begin(struct call *call)
{
    enum call_again how = call->again;
    struct simauth_session *session = how == AGAIN_WHOLE ? call_new_session(call) : NULL;

    call->again = AGAIN_NO;
    call->tried_again = true;
    call->element_sent = false;
    caller_strip(call->sip);
    note_call(call->id, true, "again", "element=%s", session ? "new" : "none");
    if (!session)
        return false;
    *call->error = '\0'; /* of the first try */
    call_free_legs(call);
    call->root = leg_new(call, session);
    call_start_hold(call);
    return true;
}
