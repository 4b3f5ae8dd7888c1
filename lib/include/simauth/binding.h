/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* binding(body): what of an SDP is bound into the transcripts (docs/protocol.md section 4). */
#ifndef SIMAUTH_BINDING_H
#define SIMAUTH_BINDING_H

#include "octets.h"

#define SIMAUTH_BINDING_LINES_MAX 64
#define SIMAUTH_BINDING_BODY_MAX 65536

/* Appends binding(sdp) to `binding`; sdp NULL or len 0 gives 00 00. SIMAUTH_TOO_LONG: more than 64
 * lines or 64 KiB; SIMAUTH_MALFORMED: a bound line without a value; SIMAUTH_NO_MEMORY. On failure
 * `binding` is as before. */
SIMAUTH_API enum simauth_result simauth_binding(const char *sdp, size_t len,
                                                struct simauth_octets *binding);
/* Whether the SDP has an a=zrtp-hash line that is bound. */
SIMAUTH_API bool simauth_binding_has_zrtp(const char *sdp, size_t len);

#endif
