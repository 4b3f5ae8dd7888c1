/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* aka: UMTS AKA of a USIM (TS 33.102). K_X = CK || IK; the card checks AUTN, so a chosen RAND gets
 * no answer. */
#include "methods.h"

const struct simauth_method simauth_method_aka = {
    .name = "aka",
    .strength = 30,
    .rand_len = SIMAUTH_RAND_LEN,
    .needs_autn = true,
    .k_len = 32,
};
