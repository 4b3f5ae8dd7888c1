/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of a path that is sips from end to end, each with the sentence that says it failed. */
#ifndef SIMAUTH_PLUGIN_SIPS_PATH_H
#define SIMAUTH_PLUGIN_SIPS_PATH_H

#include "core.h"

/* Whether this Linphone checks certificates of servers, and their names. */
bool sips_certificates_checked(const struct core *core);
/* Before anything leaves: whether the account of `own` (a URI) speaks TLS with its own domain's
 * server, checks certificates, and is registered over it. NULL: all of it; else a static sentence.
 */
const char *sips_account_fault(const struct core *core, const char *own);
/* Whether this INVITE of ours goes to that server. */
const char *sips_route_fault(const struct sip_call *sip, const char *own);
/* Whether a message of theirs says sips everywhere, came over the connection that `own` is
 * registered over, and has our server's word that its sender (`peer`) was authenticated. */
const char *sips_path_fault(const struct sip_call *sip, belle_sip_message_t *message,
                            const char *own, const char *peer);
/* The same of what comes later in the dialog, in which no server vouches for anybody. */
const char *sips_later_fault(const struct sip_call *sip, belle_sip_message_t *message);
/* Whether Request-URI or To of an INVITE is a sips URI. */
bool sips_is_asked(belle_sip_request_t *invite);
bool sips_to_is_secure(belle_sip_message_t *message);

#endif
