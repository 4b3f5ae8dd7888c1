/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Continue once" from the person: the next call with that address in the direction of the last one
 * with it that did not go on, in either where there was none. AORs are canonical. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_CONTINUE_ONCE_H
#define SIMAUTH_PLUGIN_CONTINUE_ONCE_H

#include "core.h"

void continue_once(struct core *core, const char *aor);
/* Whether a call with that address, which is placed from here (`outgoing`) or comes, is meant. */
bool continue_once_meant(const struct core *core, const char *aor, bool outgoing);
/* The same, and it was this one. */
bool continue_once_take(struct core *core, const char *aor, bool outgoing);

#endif
