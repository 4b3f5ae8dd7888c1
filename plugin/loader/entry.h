/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the loader calls in the part behind it. */
#ifndef SIMAUTH_PLUGIN_LOADER_ENTRY_H
#define SIMAUTH_PLUGIN_LOADER_ENTRY_H

/* Starts the plugin in this process. `core` is the LinphoneCore * where the platform hands one over
 * (liblinphone 5.2 and later), else NULL: cores are then found by the tap. May be called several
 * times; all but the first are for the further cores of the process. Returns 0, or negative when
 * the plugin stays inactive, which it has then logged. Exported with default visibility by each
 * inner object. */
#define SIMAUTH_PLUGIN_START "simauth_plugin_start"
int simauth_plugin_start(void *core);

#endif
