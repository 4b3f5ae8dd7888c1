/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sqn.h"

uint64_t sqn_next(const struct auc_ind *ind, uint64_t sqn)
{
    uint64_t seq = (sqn >> ind->bits) + 1;
    uint64_t value = (uint64_t)ind->first + seq % (uint64_t)ind->count;

    return seq > SQN_MAX >> ind->bits ? 0 : seq << ind->bits | value;
}

uint64_t sqn_after_auts(const struct auc_ind *ind, uint64_t sqn, uint64_t sqn_ms)
{
    /* The IND of SQN_MS is that of whoever went furthest; only its SEQ counts. */
    return sqn_ms >> ind->bits > sqn >> ind->bits ? sqn_ms : sqn;
}

void sqn_write(uint64_t sqn, uint8_t octets[static 6])
{
    for (int i = 5; i >= 0; i--, sqn >>= 8)
        octets[i] = (uint8_t)sqn;
}

uint64_t sqn_read(const uint8_t octets[static 6])
{
    uint64_t sqn = 0;

    for (int i = 0; i < 6; i++)
        sqn = sqn << 8 | octets[i];
    return sqn;
}
