/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transcripts T1 to T4 (docs/protocol.md section 4). */
#ifndef SIMAUTH_TRANSCRIPT_H
#define SIMAUTH_TRANSCRIPT_H

#include "element.h"
#include "keys.h"

/* Each appends its transcript to an empty `t`; `binding` is what simauth_binding() made.
 * SIMAUTH_NO_MEMORY or SIMAUTH_TOO_LONG. */
SIMAUTH_API enum simauth_result simauth_t1(struct simauth_octets *t,
                                           const struct simauth_names *names,
                                           const struct simauth_element *element_1,
                                           const struct simauth_octets *invite_binding);
/* T2 has the whole element 1, the binding of the INVITE as in T1, and element 2 without its MAC. */
SIMAUTH_API enum simauth_result simauth_t2(struct simauth_octets *t,
                                           const struct simauth_names *names,
                                           const struct simauth_element *element_1,
                                           const struct simauth_octets *invite_binding,
                                           const struct simauth_element *element_2);
SIMAUTH_API enum simauth_result simauth_t3(struct simauth_octets *t,
                                           const struct simauth_octets *t2,
                                           const struct simauth_element *element_2,
                                           const struct simauth_octets *answer_binding);
SIMAUTH_API enum simauth_result simauth_t4(struct simauth_octets *t,
                                           const struct simauth_octets *t3,
                                           const struct simauth_octets *ack_binding);

#endif
