/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person is shown of SIM and gateway: words of org.simauth.Phone1.xml with a sentence each,
 * as the station last met them. */
#ifndef SIMAUTH_PLUGIN_STATION_HEALTH_H
#define SIMAUTH_PLUGIN_STATION_HEALTH_H

#include "ag.h"
#include "card_tag.h"
#include "settings.h"
#include "sim.h"

struct station_health {
    uint64_t settings; /* number of those that these are about; 0: none yet */
    const char *sim;   /* Sim1.State */
    char sim_text[SETTINGS_ERROR_MAX];
    char sim_name[160];
    char sim_tag[CARD_TAG_LEN + 1]; /* which card it is, "" not known */
    int tries_left;                 /* -1: not known */
    const char *generation;         /* "usim", "2g", "" */
    const char *gateway;            /* Account1.GatewayState */
    char gateway_text[SETTINGS_ERROR_MAX];
    char gateway_name[256];
    int64_t sim_since, gateway_since;
};

void health_begin(struct station_health *h);
/* `text` NULL or "": none. */
void health_sim(struct station_health *h, const char *word, const char *text);
void health_gateway(struct station_health *h, const char *word, const char *text);
/* The word for what a card said last; `tries` that are left, -1: not known. */
const char *health_card_word(enum simauth_card_status status, bool swapped, int tries);
const char *health_gateway_word(enum ag_status status);

#endif
