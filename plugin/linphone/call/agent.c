/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls in which the operators' gateways stand in the place of the SIMs (docs/protocol.md section
 * 8, "Agents"): a terminal that is set so asks for a ticket, the callee claims it, and what both
 * are told says that no SIM took part.
 */
#include "call.h"
#include "note.h"

#include <string.h>

#define VOUCHED "vouched for by the operators, no SIM in the call"

static const struct simauth_method *agt(void)
{
    return simauth_method_find("agt", 3);
}

/* The person said that a weaker word will do, this once. */
static bool agreed(const struct call *call)
{
    return call->policy.policy == SIMAUTH_CONTINUE;
}

static bool known_by_a_sim(const struct call *call)
{
    return call->policy.strength > agt()->strength && !agreed(call);
}

const char *agent_words(const struct simauth_session *session)
{
    return simauth_session_peer_method(session) == agt() ? VOUCHED : NULL;
}

uint8_t agent_strength(const struct call *call)
{
    bool weaker = agreed(call) && (!call->caller || call->settings->agent != AGENT_OFF);

    return weaker && call->policy.strength > agt()->strength ? agt()->strength
                                                             : call->policy.strength;
}

/* -- the callee -------------------------------------------------------------------------------- */

static void want_sim(struct call *call)
{
    call->wants_sim = true;
    note_call(call->id, false, "ticket", "refused=%s", "the SIM itself is wanted");
}

bool agent_opening(struct call *call, const struct simauth_element *element,
                   simauth_actions *actions)
{
    static const uint8_t none[SIMAUTH_NONCE_LEN];

    if (element->method != agt())
        return false;
    if (call->settings->refuse_tickets) {
        want_sim(call);
        *actions = simauth_session_found(call->root->session, NULL, none);
    }
    return true;
}

/* -- the caller -------------------------------------------------------------------------------- */

void agent_pack(const struct call *call, struct drive *drive)
{
    enum settings_agent agent = call->settings->agent;

    drive->ticket = call->caller && agent != AGENT_OFF && !call->tried_again &&
                    (agent == AGENT_ONLY || !known_by_a_sim(call));
    drive->sim_known = (drive->ticket || !call->caller) && known_by_a_sim(call);
    /* Who has no SIM at all is reached in no other way. */
    drive->ticket_else = call->caller && !call->tried_again && !call->settings->refuse_tickets &&
                         !known_by_a_sim(call);
}

void agent_unpack(struct call *call, const struct drive *drive)
{
    if (drive->sim_wanted)
        want_sim(call);
}

bool agent_sim_wanted(struct call *call, belle_sip_response_t *response)
{
    struct simauth_session *session = call->root->session;

    if (call->again || call->tried_again || call->legs || !session ||
        simauth_session_peer_method(session) != agt() || !call_says_cause(response, 6))
        return false;
    if (call->settings->agent == AGENT_PREFER &&
        (simauth_session_key_unknown(session) & SIMAUTH_DO_TRY_AGAIN)) {
        note_call(call->id, true, "ticket", "refused=%s", "once more with the SIM");
        if (sip_call_try_again(call->sip, response))
            call->again = AGAIN_WHOLE;
        return true;
    }
    g_strlcpy(call->error,
              "the other phone wants your SIM itself (\"SIM wanted\"), and this phone lets its "
              "operator vouch: `simauthctl settings set agent prefer` where it has a SIM",
              sizeof(call->error));
    note_call(call->id, true, "ticket", "refused=%s", call->error);
    call_unsay(call, SIMAUTH_EVENT_KEY_UNKNOWN);
    return false;
}
