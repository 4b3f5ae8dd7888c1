/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station_health.h"
#include "readable.h"

#include <string.h>
#include <time.h>

static int64_t now(void)
{
    return (int64_t)time(NULL);
}

void health_begin(struct station_health *h)
{
    memset(h, 0, sizeof(*h));
    h->sim = h->gateway = "unknown";
    h->generation = "";
    h->tries_left = -1;
    h->sim_since = h->gateway_since = now();
}

void health_sim(struct station_health *h, const char *word, const char *text)
{
    if (strcmp(h->sim, word) != 0)
        h->sim_since = now();
    h->sim = word;
    readable_copy(h->sim_text, text ? text : "", sizeof(h->sim_text));
}

void health_gateway(struct station_health *h, const char *word, const char *text)
{
    if (strcmp(h->gateway, word) != 0)
        h->gateway_since = now();
    h->gateway = word;
    readable_copy(h->gateway_text, text ? text : "", sizeof(h->gateway_text));
}

const char *health_card_word(enum simauth_card_status status, bool swapped, int tries)
{
    switch (status) {
    case SIMAUTH_CARD_GOOD:
    case SIMAUTH_CARD_RESYNC:
    case SIMAUTH_CARD_REFUSED: /* it works: what it was asked was not from its operator */
        return "ready";
    case SIMAUTH_CARD_ABSENT:
        return swapped ? "other" : "absent";
    case SIMAUTH_CARD_LOCKED:
        return tries == 0 ? "blocked" : "locked";
    default:
        return "failed";
    }
}

const char *health_gateway_word(enum ag_status status)
{
    switch (status) {
    case AG_OK:
        return "ready";
    case AG_REFUSED:
    case AG_NOBODY:
        return "refused";
    case AG_NO_CARD:
        return "no-sim";
    default:
        return "down";
    }
}
