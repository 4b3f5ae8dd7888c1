/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every back end with a real card does: find the SIM, keep its application selected, notice a
 * reset, a pulled card and another SIM in its place. A back end gives the way to the cards.
 */
#ifndef SIMAUTH_PLUGIN_SIM_CARD_SIM_H
#define SIMAUTH_PLUGIN_SIM_CARD_SIM_H

#include "usim.h"

enum card_connected {
    CARD_CONNECTED,
    CARD_SKIP,    /* this one cannot be used now; `error` says why; the next may do */
    CARD_NO_MORE, /* no further one; with i == 0 `error` says why there is none */
    CARD_MUTE,    /* the service or port does not answer: no use in going on; `error` says */
};

struct card_way;

/* One kind of way: a reader, a modem's port. */
struct card_way_kind {
    enum apdu_meaning (*transmit)(struct card_link *link, const uint8_t *command, size_t len,
                                  uint8_t *reply, size_t *reply_len); /* as card_link's */
    /* Connects the i-th card that may be meant; the one before is let go. `error` has
     * SIM_ERROR_MAX octets. */
    enum card_connected (*connect)(struct card_way *way, unsigned i, char *error);
    /* The name of what is connected, for a person. */
    const char *(*name)(const struct card_way *way);
    /* Keeps others from the card for one run of commands. */
    enum apdu_meaning (*begin)(struct card_way *way);
    void (*end)(struct card_way *way); /* NULL: nothing to do */
    void (*disconnect)(struct card_way *way);
    void (*free)(struct card_way *way);
};

struct card_way {
    struct card_link link; /* first */
    const struct card_way_kind *kind;
    bool beside; /* somebody else uses the card's basic channel (a modem) */
    bool shared; /* other programs may select something else between two runs */
    bool logged; /* somebody writes down what passes: no PIN does */
};

/* A SIM on that way, which is owned from here on, also on failure. As sim_backend.open(). */
struct sim *card_sim_open(struct card_way *way, const struct sim_pin_source *pin,
                          enum simauth_card_status *status, char *error);
enum simauth_card_status card_sim_identity(struct sim *sim, struct sim_identity *identity);
enum simauth_card_status card_sim_run(struct sim *sim, const struct simauth_challenge *challenge,
                                      struct simauth_card_answer *answer);
enum simauth_card_status card_sim_wake(struct sim *sim);
const char *card_sim_place(const struct sim *sim);
bool card_sim_swapped(const struct sim *sim);
const char *card_sim_why(const struct sim *sim);
void card_sim_close(struct sim *sim);

/* What a sim_backend of any way has in common. */
#define CARD_SIM_BACKEND                                                                           \
    .identity = card_sim_identity, .run = card_sim_run, .close = card_sim_close,                   \
    .why = card_sim_why, .wake = card_sim_wake, .place = card_sim_place,                           \
    .swapped = card_sim_swapped

#endif
