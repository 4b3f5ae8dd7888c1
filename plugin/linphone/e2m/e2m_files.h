/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files that settings name for enveloped bodies: our certificate and key, authorities, other
 * people's and servers' certificates. Read on a thread of their own, kept in memory, and read again
 * when one has changed; a call looks with stat() alone. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_E2M_FILES_H
#define SIMAUTH_PLUGIN_E2M_FILES_H

#include "core.h"
#include "e2m_talk.h"

/* Whether all that a call with `peer` (canonical; NULL: with anybody) needs is in memory as it is
 * on the disk. False: it is being read, and then(arg) is called from the loop each time that
 * something was; e2m_files_forget() before `arg` goes. */
bool e2m_files_ready(struct core *core, const struct settings *s, const char *peer,
                     void (*then)(void *arg), void *arg);
void e2m_files_forget(struct core *core, const void *arg);
void e2m_files_close(struct core *core);
/* Reads what the settings name before anybody needs it. */
void e2m_files_warm(struct core *core);

/* As it was read; NULL with a sentence in `error` (E2M_ERROR_MAX). Valid until the loop turns. */
const struct e2m_identity *e2m_files_own(struct core *core, const struct settings *s, char *error);
const struct e2m_trust *e2m_files_trust(struct core *core, const struct settings *s, char *error);
const struct e2m_partner *e2m_files_partner(struct core *core, const char *path, char *error);

#endif
