/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The back ends, for the table in sims.c alone: one each for a row of kinds.def. */
#ifndef SIMAUTH_PLUGIN_SIM_SIMS_H
#define SIMAUTH_PLUGIN_SIM_SIMS_H

#include "sim.h"

extern const struct sim_backend sim_backend_soft;         /* soft.c */
extern const struct sim_backend sim_backend_pcsc;         /* pcsc.c */
extern const struct sim_backend sim_backend_pcsc_shared;  /* pcsc.c */
extern const struct sim_backend sim_backend_modem;        /* modem.c */
extern const struct sim_backend sim_backend_modemmanager; /* modemmanager.c */
extern const struct sim_backend sim_backend_digest;       /* digest.c */

#endif
