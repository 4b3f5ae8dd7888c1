/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the plugin says in fixed sentences where no word for programs stands beside them, in the
 * person's language. The test ui.said looks whether the plugin still says each. */
#include "words.h"

#include <string.h>

static const char *const said[] = {
    /* the way of a sips call */
    N_("no account of this phone has the address that the call is placed from"),
    N_("this account does not speak TLS with its server: choose TLS as its transport"),
    N_("this Linphone does not check certificates of servers (verify_server_certs, "
       "verify_server_cn)"),
    N_("this account's server is not named as its domain, so its certificate proves another name"),
    N_("this account is not registered over TLS now"),
    N_("calls of this account do not go through its own server: switch on its outbound proxy"),
    N_("calls of this account do not leave over TLS"),
    N_("the call is not to a sips address"),
    N_("the servers on the way cannot do it: placed once more without"),
    N_("it did not come over the connection that this phone opened to register"),
    N_("a server on the way made a sip call of it"),
    N_("From or To is no sips address any more"),
    N_("a hop on the way was without TLS"),
    N_("the way back does not lead through the servers over TLS alone"),
    N_("the other side's contact is no sips address"),
    N_("the other side's contact is no sips address any more"),
    N_("our server does not say that the other side was authenticated"),
    /* SIM, gateway, self-test */
    N_("No SIM is set."),
    N_("There is no such kind of SIM."),
    N_("the SIM does not tell who it is"),
    N_("Another SIM is in the reader now: the PIN was not given to it."),
    N_("The SIM is open."),
    N_("The gateway is being asked."),
    N_("the operator vouches for none of Linphone's accounts: ask it to bind your address to your "
       "SIM"),
    N_("this Linphone cannot encrypt calls with ZRTP: install one that can"),
    /* answers to what the person asked for */
    N_("Linphone is ending"),
    N_("a PIN is 4 to 8 digits, and nothing else"),
    N_("that is no code of an operator's"),
    N_("nothing was seen to have changed about that address"),
    N_("that is not the name that was seen last: look again before you trust it"),
    N_("this Linphone has no account with that address: add it first"),
};

const char *ui_words_said(const char *sentence)
{
    for (gsize i = 0; i < G_N_ELEMENTS(said); i++) {
        if (!strcmp(said[i], sentence))
            return _(said[i]);
    }
    return sentence;
}
