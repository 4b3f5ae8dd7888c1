/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A SIM's applications over any link: USIM (TS 31.102) or, without one, DF GSM (TS 51.011). */
#ifndef SIMAUTH_PLUGIN_SIM_USIM_H
#define SIMAUTH_PLUGIN_SIM_USIM_H

#include "apdu.h"
#include "sim.h"

#define USIM_ICCID_MAX 20
#define USIM_AID_MAX 16

struct usim {
    struct card_link *link; /* borrowed */
    bool gsm;               /* DF GSM, class A0 */
    uint8_t channel;        /* logical channel; 0 is the basic one */
    uint8_t pin_ref;        /* key reference of the application's PIN */
    uint8_t aid[USIM_AID_MAX];
    uint8_t aid_len; /* of a USIM that was selected */
    char iccid[USIM_ICCID_MAX + 1];
    char imsi[SIM_IMSI_MAX + 1];
    int mnc_len; /* 0 unknown */
};

/* Why a PIN was not given. */
enum usim_pin {
    USIM_PIN_GOOD,
    USIM_PIN_MISSING,  /* nobody gave one */
    USIM_PIN_WRONG,    /* the last one given was wrong, and no other came */
    USIM_PIN_LAST_TRY, /* one try (or an unknown number) is left and nobody agreed to spend it */
    USIM_PIN_BLOCKED,  /* PUK needed */
    USIM_PIN_LINK,     /* see `meaning` */
    USIM_PIN_CHANGED,  /* usim_pin.c's own: other tries are left than the person was told */
};

/* Takes a channel of its own beside another user of the card (a modem), where the card has one. */
void usim_open_channel(struct usim *usim);
void usim_close_channel(struct usim *usim);
/* Finds and selects the application and reads the ICCID. APDU_NOT_FOUND: this is no SIM. */
enum apdu_meaning usim_select(struct usim *usim, struct card_link *link);
/* Selects the application again that was selected before, without looking for it. */
enum apdu_meaning usim_select_again(struct usim *usim);
/* Reads IMSI and the length of the MNC. APDU_NEEDS_PIN: give the PIN, then again. */
enum apdu_meaning usim_identity(struct usim *usim);
/* What keeps others from the card is let go while a person is asked, and taken back: then the same
 * application of the same card is selected again, or `take_back` says why it is not. */
struct usim_pause {
    void (*let_go)(void *user);
    enum apdu_meaning (*take_back)(void *user);
    void *user;
};
/* Asks `source` and verifies, until the card is content or the source gives up. */
enum usim_pin usim_give_pin(struct usim *usim, const struct sim_pin_source *source,
                            const struct usim_pause *pause, const char *label,
                            enum apdu_meaning *meaning);
/* Runs a challenge of any method: with AUTN in 3G context, else each 16 octets of RAND in GSM
 * context or by RUN GSM ALGORITHM. answer->status is set where this is APDU_GOOD. */
enum apdu_meaning usim_authenticate(struct usim *usim, const struct simauth_challenge *challenge,
                                    struct simauth_card_answer *answer);

/* usim.c, for its neighbours: a command of this application's class and channel, and SELECT. */
struct apdu usim_apdu(const struct usim *usim, uint8_t ins, uint8_t p1, uint8_t p2);
enum apdu_meaning usim_select_file(const struct usim *usim, uint16_t file,
                                   struct apdu_reply *reply);

#endif
