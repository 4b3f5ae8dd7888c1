/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One SIP MESSAGE (RFC 3428) through the operator's own proxy: all that this gateway does of SIP.
 */
#ifndef SIMAUTH_GATEWAY_SIP_MESSAGE_H
#define SIMAUTH_GATEWAY_SIP_MESSAGE_H

#include "../config.h"

#define SIP_MESSAGE_TEXT_MAX 400

/* Sends `text` to `aor` on a thread of its own; the log says what became of it. False: no proxy
 * is configured, or too many wait. */
bool sip_message_send(const struct config *config, const char *aor, const char *text);
/* Gives those under way a second more and forgets the others. */
void sip_message_stop(void);

#endif
