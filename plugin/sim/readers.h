/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smart card readers of this machine, for a person who chooses one. Nothing is sent to a card.
 */
#ifndef SIMAUTH_PLUGIN_SIM_READERS_H
#define SIMAUTH_PLUGIN_SIM_READERS_H

#include "sim.h"

#define SIM_READERS_MAX 16

struct sim_reader {
    char name[128];
    bool card; /* there is one in it */
};

/* How many were written. 0 with a sentence in `error` (SIM_ERROR_MAX) where there is none, or where
 * the service does not answer. Waits; on the worker only. */
size_t sim_readers(struct sim_reader list[static SIM_READERS_MAX], char *error);

#endif
