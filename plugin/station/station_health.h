/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person is shown of SIM and gateway: words of org.simauth.Phone1.xml with a sentence each,
 * as the station last met them. And the one who gives PINs, for it hears how many tries are left.
 */
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
/* The word for what a card said last; `tries` as below. */
const char *health_card_word(enum simauth_card_status status, bool swapped, int tries);
const char *health_gateway_word(enum ag_status status);

/* -- the PIN -------------------------------------------------------------------------------------
 */

/* The source that SIMs have: a PIN that is given once goes before what the settings say. */
struct pin_giver {
    struct sim_pin_source source; /* first; its user is the giver */
    struct sim_pin_source *inner; /* that of the settings */
    int tries;                    /* last heard; -1 */
    char tag[CARD_TAG_LEN + 1];   /* of the card that was looked at last */
    char *folder;                 /* where the salt of tags is; owned, NULL: there are none */
    /* While a PIN is given by hand: nobody else is asked. */
    bool by_hand, spend_last, used, wrong, kept_last;
    char wanted[CARD_TAG_LEN + 1]; /* the card that it is for; "": any */
    char pin[8];
    size_t len;
};
void pin_giver_init(struct pin_giver *giver);
/* Digits are copied and wiped when the card has had them, at the latest by pin_giver_end(). No
 * other card than that of `tag` gets them ("": any does). */
void pin_giver_begin(struct pin_giver *giver, const char *pin, size_t len, bool spend_last,
                     const char *tag);
/* Until the next begin: the card that was looked at last is another than it was for. */
bool pin_giver_other(const struct pin_giver *giver);
void pin_giver_end(struct pin_giver *giver);

#endif
