/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linphone's mark on the letters of a call that policy does not look at. Main loop only. */
#ifndef SIMAUTH_PLUGIN_UNMARK_H
#define SIMAUTH_PLUGIN_UNMARK_H

#include "core.h"

/* Such a call has no verdict: a mark that Linphone has kept of an earlier one, set by us, says
 * nothing of it and goes, once. Without the setting every mark is the person's own. */
void unmark(struct core *core, LinphoneCall *linphone);
/* Streams run: what was not possible in early media. */
void unmark_running(struct core *core, LinphoneCall *linphone);
/* Released. */
void unmark_over(struct core *core, const LinphoneCall *linphone);
void unmark_core_gone(struct core *core);

#endif
