/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is another about a peer than in earlier calls, until the person has trusted or forgotten it:
 * one small file for each file of settings. */
#ifndef SIMAUTH_PLUGIN_CHANGES_H
#define SIMAUTH_PLUGIN_CHANGES_H

#include "core.h"

#define CHANGES_MAX 256

/* {AOR: {"change", "nai", "operator", "method", "since"}}; borrowed. */
json_t *changes_all(struct core *core);
/* `change` "none" changes nothing. `method`: by which the peer would prove itself, "" not known. */
void changes_note(struct core *core, const char *aor, const char *change, const char *nai,
                  const char *operator_name, const char *method);
/* False: there was none. */
bool changes_drop(struct core *core, const char *aor);

#endif
