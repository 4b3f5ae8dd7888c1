/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The callee's vector, asked for while Linphone still makes its INVITE: names are known then, and
 * nothing of the answer depends on the SDP. What is there when the INVITE wants to leave need not
 * be waited for (docs/performance.md).
 */
#ifndef SIMAUTH_PLUGIN_AHEAD_H
#define SIMAUTH_PLUGIN_AHEAD_H

#include "ag.h"
#include "policy.h"
#include <stdbool.h>
#include <stdint.h>

#define AHEAD_MS 5000 /* an INVITE that comes later asks again */

struct ahead;
struct core;

/* Main loop. Begins for the outgoing call that `policy` is about; an older one that no call took is
 * given up. */
void ahead_begin(struct core *core, const struct policy_answer *policy);
/* Main loop. What was begun for exactly this call, now the caller's; NULL: nothing. */
struct ahead *ahead_take(struct core *core, const struct policy_answer *policy);
void ahead_free(struct ahead *ahead); /* NULL is allowed */

/* The key pair that the session must have: the vector is sealed to it. */
const struct simauth_seal_pair *ahead_pair(const struct ahead *ahead);
/* On the worker, behind the errand of ahead_begin(): true when the gateway was asked; then what it
 * said, in `us` microseconds, moves to the caller. */
bool ahead_answer(struct ahead *ahead, enum ag_status *status, struct ag_vector *answer, int *us,
                  char error[static SETTINGS_ERROR_MAX]);

#endif
