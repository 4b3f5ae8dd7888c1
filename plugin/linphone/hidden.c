/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hidden.h"
#include "accounts.h"

#include <string.h>

bool hidden_in(belle_sip_request_t *invite, const char *own_uri)
{
    size_t count = 0;
    const char *privacy = sip_message_header((belle_sip_message_t *)invite, "Privacy", &count);

    return (privacy && strcmp(privacy, "none")) || strstr(own_uri, "@anonymous.invalid") != NULL;
}

/* By the call's own wish, else by that of the account that it is placed from. */
bool hidden_by_choice(const struct core *core, LinphoneCall *linphone, const char *own_uri)
{
    LinphonePrivacyMask privacy =
        linphone_call_params_get_privacy(linphone_call_get_params(linphone));
    const bctbx_list_t *accounts = linphone_core_get_account_list(core->lc);

    for (; privacy == LinphonePrivacyDefault && accounts; accounts = accounts->next) {
        char *uri = account_uri(accounts->data);

        if (uri && simauth_aor_same(uri, own_uri))
            privacy =
                linphone_account_params_get_privacy(linphone_account_get_params(accounts->data));
        g_free(uri);
    }
    return privacy != LinphonePrivacyDefault && privacy != LinphonePrivacyNone;
}
