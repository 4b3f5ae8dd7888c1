/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sequence numbers, TS 33.102 annex C. Pure. */
#ifndef SIMAUTH_GATEWAY_SQN_H
#define SIMAUTH_GATEWAY_SQN_H

#include "auc.h"

#define SQN_MAX ((UINT64_C(1) << 48) - 1)

/* The number after `sqn`: SEQ + 1 with the next of our IND. 0: none is left in 48 bits. */
uint64_t sqn_next(const struct auc_ind *ind, uint64_t sqn);
/* The number to go on from when the SIM has `sqn_ms`: never lower than `sqn`. */
uint64_t sqn_after_auts(const struct auc_ind *ind, uint64_t sqn, uint64_t sqn_ms);
void sqn_write(uint64_t sqn, uint8_t octets[static 6]);
uint64_t sqn_read(const uint8_t octets[static 6]);

#endif
