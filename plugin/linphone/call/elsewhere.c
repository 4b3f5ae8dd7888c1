/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elsewhere.h"
#include "call.h"
#include "e2m.h"
#include "note.h"
#include "words.h"

/* Not 403, on which liblinphone would ask for a password. */
#define CODE 480
#define PHRASE "Sent to another address"
#define WHY "a server on the way sent the call to another address"

/* Without a Contact it is that of an earlier response for liblinphone, whoever sent that. */
static bool names_another(struct sip_call *sip, belle_sip_response_t *response)
{
    char *dialled = sip_message_uri((belle_sip_message_t *)sip_call_invite(sip), SIP_TO);
    char *named = sip_message_uri((belle_sip_message_t *)response, SIP_CONTACT);
    bool same = dialled && named && simauth_aor_same(dialled, named);

    belle_sip_free(dialled);
    belle_sip_free(named);
    return !same;
}

bool elsewhere_refused(struct sip_call *sip, belle_sip_response_t *response)
{
    struct call *call = sip_call_user_data(sip);
    bool sim = call && !call->over && call->policy.policy == SIMAUTH_REQUIRE;

    if (belle_sip_response_get_status_code(response) / 100 != 3 || (!sim && !e2m_must(sip)) ||
        !names_another(sip, response))
        return false;
    note_call(sip_call_id(sip), true, "refused-elsewhere", "code=%d",
              belle_sip_response_get_status_code(response));
    sip_message_remove_header((belle_sip_message_t *)response, "Contact");
    belle_sip_response_set_status_code(response, CODE);
    belle_sip_response_set_reason_phrase(response, PHRASE);
    e2m_sent_elsewhere(sip, WHY);
    if (sim) {
        g_strlcpy(call->error, WHY, sizeof(call->error));
        call_unsay(call, SIMAUTH_EVENT_HANDED_OVER);
    }
    return true;
}
