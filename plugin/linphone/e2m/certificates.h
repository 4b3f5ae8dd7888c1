/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates that the operators give for enveloped bodies (docs/protocol.md section 6.4): our own
 * for each account, and those of people whom the person set e2m for. Asked for with the news (at
 * start, at a registration, every 15 minutes), renewed when two thirds of their life are over;
 * never in the path of a call. Keys are in memory alone. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_CERTIFICATES_H
#define SIMAUTH_PLUGIN_CERTIFICATES_H

#include "core.h"
#include "e2m_talk.h"

/* Asks for what is missing or old, where the settings have e2m anywhere and no files for it. */
void certificates_ask(struct core *core);
/* Ours for `aor`, with its key, good now: into an empty identity (references of its own). */
bool certificates_own(const struct core *core, const char *aor, struct e2m_identity *identity);
/* That of somebody else, good now. e2m_partner_free() it. False: none is known; it is asked for
 * behind this call. */
bool certificates_of(struct core *core, const char *aor, struct e2m_partner *partner);
/* `trust` believes from now on the authority that issued the certificates of `aor`. */
void certificates_trust(const struct core *core, const char *aor, struct e2m_trust *trust);
void certificates_close(struct core *core);

#endif
