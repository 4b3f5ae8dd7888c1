/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all cores of this process show on the session bus (plugin/bus/org.simauth.Phone1.xml). Main
 * loop only. Whoever changes something says so with one line, and knows nothing of D-Bus.
 */
#ifndef SIMAUTH_PLUGIN_BUS_VIEW_H
#define SIMAUTH_PLUGIN_BUS_VIEW_H

#include <belle-sip/belle-sip.h>

/* Beside control_commands_start() and _stop(). */
void bus_view_start(belle_sip_provider_t *provider);
void bus_view_stop(void);
/* Something that is shown may be another now. */
void bus_view_changed(void);
/* A signal without arguments: "PeersChanged". */
void bus_view_tell(const char *signal);
/* One link of a self-test that runs; from any thread. `provider` NULL: from the main loop. */
void bus_view_link(belle_sip_provider_t *provider, const char *word, const char *result,
                   const char *problem);

#endif
