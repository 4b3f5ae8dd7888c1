/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens in RTCP of one call (docs/protocol.md, section 8): sent while its streams run, so that a
 * server which read our description lets its media through. Main loop only. */
#ifndef SIMAUTH_PLUGIN_TOKENS_H
#define SIMAUTH_PLUGIN_TOKENS_H

#include "core.h"
#include "pinholes.h"

struct tokens;

/* From now on, as soon as streams run. `pinholes` and the names must outlive it. tokens_free() it.
 */
struct tokens *tokens_new(struct core *core, struct sip_call *sip, const struct pinholes *pinholes,
                          const char *own, const char *peer);
/* The last of each stream; none follow. */
void tokens_close(struct tokens *tokens);
void tokens_free(struct tokens *tokens); /* sends nothing; NULL is allowed */

#endif
