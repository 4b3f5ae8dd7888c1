/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "accounts.h"

char *account_uri(LinphoneAccount *account)
{
    const LinphoneAddress *identity =
        linphone_account_params_get_identity_address(linphone_account_get_params(account));
    char *text = identity ? linphone_address_as_string_uri_only(identity) : NULL;
    char *uri = g_strdup(text);

    if (text)
        bctbx_free(text);
    return uri;
}

LinphoneAccount *account_find(const struct core *core, const char *uri)
{
    const bctbx_list_t *accounts = linphone_core_get_account_list(core->lc);
    bool found = false;

    for (; accounts; accounts = accounts->next) {
        char *own = account_uri(accounts->data);

        found = own && simauth_aor_same(own, uri);
        g_free(own);
        if (found)
            break;
    }
    return accounts ? accounts->data : NULL;
}
