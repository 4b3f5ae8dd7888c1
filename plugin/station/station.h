/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the worker has open: the SIM and the gateway, as the settings of the errand in hand want
 * them. Only the worker's thread touches it.
 */
#ifndef SIMAUTH_PLUGIN_STATION_H
#define SIMAUTH_PLUGIN_STATION_H

#include "ag.h"
#include "settings.h"
#include "sim.h"
#include "station_health.h"

struct station;

struct station *station_open(void); /* NULL: out of memory */
void station_close(struct station *station);
/* Lets SIM and gateway go, which other programs may want: the next errand opens them again. */
void station_let_go(struct station *station);
enum station_state {
    STATION_READY,
    STATION_NO_SIM,    /* absent, locked, or not readable */
    STATION_NO_GATEWAY /* none named, or its certificates cannot be read */
};
/* Opens what these settings name, if it is not open already. */
enum station_state station_prepare(struct station *station, struct settings *settings);
/* Closes SIM and gateway, so that the next station_prepare() opens them as they are by then: a
 * person who asks for a self-test has perhaps just changed something. */
void station_start_over(struct station *station);
/* Whether the SIM that is open is known to be the one that was before station_start_over(). */
bool station_same_sim(const struct station *station);
/* The sentence about the last failure. Never a secret. */
const char *station_error(struct station *station);
void station_set_error(struct station *station, const char *sentence);

/* Both valid after STATION_READY. */
struct ag *station_ag(struct station *station);
enum simauth_card_status station_card(struct station *station,
                                      const struct simauth_challenge *challenge,
                                      struct simauth_card_answer *answer);
/* The SIM answers in well under a millisecond. */
bool station_instant(const struct station *station);

/* What a person is shown of both, as it is now. */
const struct station_health *station_health(struct station *station);
/* Looks whether the SIM is still there, or there again, without running anything. */
void station_look(struct station *station, struct settings *settings);

/* A PIN from the person, given once to the SIM of that tag ("": any). `word` as of EnterPin() in
 * the XML. */
struct station_pin {
    const char *word;
    int tries_left; /* -1: not known */
    char text[SETTINGS_ERROR_MAX];
};
void station_give_pin(struct station *station, struct settings *settings, const char *pin,
                      size_t len, bool spend_last, const char *tag, struct station_pin *answer);
/* The gateway's name that the SIM itself says, and the one of its country and network code
 * (TS 23.003, 16.2), each "" where it is not known; after STATION_READY or STATION_NO_GATEWAY. */
void station_gateways(const struct station *station, char of_sim[256], char of_network[256]);

#endif
