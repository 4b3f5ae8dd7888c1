/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of revoked certificates, fetched from where certificates say that they are: never in the
 * path of a call, on the thread beside the worker, again with the news. In memory alone; a list
 * that is old counts for whom it names, and nobody is refused because there is none, unless the
 * person wants that (e2m_revoked_missing=refuse). Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_REVOKED_H
#define SIMAUTH_PLUGIN_REVOKED_H

#include "core.h"

#include <e2m/certificate.h>

/* The list of this certificate's authority is one to have; of a URL as the certificate has it. */
void revoked_look_for(struct core *core, X509 *certificate);
void revoked_look_for_url(struct core *core, const char *url);
/* These stand between somebody and an authority: which lists are theirs can be said by them, and
 * they have lists that may name them. */
void revoked_know(struct core *core, const STACK_OF(X509) * chain);
/* Fetches all of them that are missing or not of the last quarter of an hour. */
void revoked_ask(struct core *core);
/* What is known counts in `trust`. */
void revoked_add(const struct core *core, struct e2m_trust *trust);
/* For whoever was refused because there is none (E2M_NO_LIST): it is asked for, wherever it is
 * ("": the certificate does not say), and these words are the person's. */
const char *revoked_missing(struct core *core, const char *url);
void revoked_close(struct core *core);

#endif
