/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who gives SIMs their PINs: a person's own before what the settings say. It hears how many tries
 * are left, and which card it is. */
#ifndef SIMAUTH_PLUGIN_PIN_GIVER_H
#define SIMAUTH_PLUGIN_PIN_GIVER_H

#include "card_tag.h"
#include "sim.h"

#include <stdbool.h>
#include <stddef.h>

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
