/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "impi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Countries whose MNCs have three digits (ITU-T E.212; North America and a few others). Where a
 * country has both, an operator says which with EF_AD or "mnc_len". */
static const short three_digit_mccs[] = {302, 310, 311, 312, 313, 314, 315, 316, 334,
                                         338, 342, 344, 346, 348, 350, 352, 354, 356,
                                         358, 360, 365, 366, 376, 708, 722, 732, 750};

bool sim_imsi_ok(const char *imsi)
{
    size_t len = strlen(imsi);

    return len >= 6 && len <= SIM_IMSI_MAX && strspn(imsi, "0123456789") == len;
}

int sim_mnc_len(const char *imsi, int mnc_len)
{
    int mcc = (imsi[0] - '0') * 100 + (imsi[1] - '0') * 10 + (imsi[2] - '0');

    if (mnc_len == 2 || mnc_len == 3)
        return mnc_len;
    for (size_t i = 0; i < sizeof three_digit_mccs / sizeof three_digit_mccs[0]; i++)
        if (three_digit_mccs[i] == mcc)
            return 3;
    return 2;
}

void sim_impi(const char *imsi, int mnc_len, char impi[static 128])
{
    int digits = sim_mnc_len(imsi, mnc_len);

    /* A two-digit MNC is written with a zero in front. */
    snprintf(impi, 128, "%s@ims.mnc%s%.*s.mcc%.3s.3gppnetwork.org", imsi, digits == 2 ? "0" : "",
             digits, imsi + 3, imsi);
}
