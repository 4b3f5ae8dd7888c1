/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names that every back end makes of an IMSI. */
#ifndef SIMAUTH_PLUGIN_SIM_IMPI_H
#define SIMAUTH_PLUGIN_SIM_IMPI_H

#include "sim.h"

/* 6 to 15 digits. */
bool sim_imsi_ok(const char *imsi);
/* The length of the MNC in this IMSI: `mnc_len` when it is 2 or 3, else what the MCC suggests. */
int sim_mnc_len(const char *imsi, int mnc_len);
/* Writes IMSI@ims.mncMNC.mccMCC.3gppnetwork.org (TS 23.003, 13.3) for an IMSI that
 * sim_imsi_ok() takes; `mnc_len` 0 when unknown. `impi` has room for 128 octets. */
void sim_impi(const char *imsi, int mnc_len, char impi[static 128]);

#endif
