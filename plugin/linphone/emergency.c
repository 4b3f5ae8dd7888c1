/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emergency.h"
#include "call.h"
#include "note.h"

#include <string.h>

typedef bool of_uri(const struct settings *settings, const struct pins *pins, const char *uri);

/* Of To or Request-URI. */
static bool is_for(const struct core *core, belle_sip_request_t *invite, of_uri *is_uri)
{
    char *target = sip_message_request_uri(invite);
    char *peer = sip_message_uri((belle_sip_message_t *)invite, SIP_TO);
    bool is =
        is_uri(core->settings, core->pins, peer) || is_uri(core->settings, core->pins, target);

    belle_sip_free(peer);
    belle_sip_free(target);
    return is;
}

bool emergency_is(const struct core *core, belle_sip_request_t *invite)
{
    return is_for(core, invite, policy_is_emergency);
}

/* Whom a server names is nobody's emergency: the person dialled another. */
static bool is_dialled(const struct sip_call *sip)
{
    return !strcmp(sip_call_first_id(sip), sip_call_id(sip));
}

/* Whom the other side of a call names (REFER) neither: Linphone calls them by itself. Who named
 * them may be gone by the time the INVITE leaves (ICE). */
void emergency_call_begins(struct core *core, LinphoneCall *call)
{
    if (linphone_call_get_transferer_call(call))
        core->referred = g_slist_prepend(core->referred, call);
}

void emergency_call_over(struct core *core, LinphoneCall *call)
{
    core->referred = g_slist_remove(core->referred, call);
}

/* Linphone learns a call's Call-ID as soon as the first INVITE has left. */
static bool is_referred(const struct core *core, const struct sip_call *sip)
{
    for (const GSList *i = core->referred; i; i = i->next) {
        const char *id = linphone_call_log_get_call_id(linphone_call_get_call_log(i->data));

        if (!id || !*id || !strcmp(id, sip_call_id(sip)))
            return true;
    }
    return false;
}

void emergency_note(struct core *core, struct sip_call *sip)
{
    if (!core_settings(core) || !is_dialled(sip) ||
        !is_for(core, sip_call_invite(sip), policy_opens_call_back) || is_referred(core, sip))
        return;
    core->emergency_left = MAX(core_uptime(), 1);
    note("emergency call: a stranger who calls in the next %d minutes rings, whatever it proves",
         POLICY_CALL_BACK_S / 60);
}

bool emergency_may_call_back(const struct core *core, const char *peer_uri)
{
    return policy_may_call_back(core->settings, core->pins, peer_uri, core->emergency_left,
                                core_uptime());
}
