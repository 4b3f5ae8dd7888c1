/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a SIP proxy that asks for a password is answered (RFC 3261, 22; RFC 8760). */
#ifndef SIMAUTH_GATEWAY_SIP_DIGEST_H
#define SIMAUTH_GATEWAY_SIP_DIGEST_H

#include "../config.h"
#include <simauth/digest.h>

/* "Proxy-Authorization: Digest ...", CR, LF and NUL. */
#define SIP_DIGEST_LINE_MAX (SIMAUTH_DIGEST_HEADER_MAX + 32)

/* For a MESSAGE to `uri` with `body`, which got `answer` (its head as text, 401 or 407). False: it
 * is not answered; *why is static, or in `error` (SEAL_ERROR_MAX). */
bool sip_digest_answer(const struct sip_account *account, const char *uri, const char *body,
                       const char *answer, char line[static SIP_DIGEST_LINE_MAX], const char **why,
                       char *error);
/* The password of the account can be read. False with a sentence in `error` (SEAL_ERROR_MAX). */
bool sip_digest_check(const struct sip_account *account, char *error);

#endif
