/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands to a card and the one function that sends them (ISO/IEC 7816-3 and -4, TS 102 221,
 * TS 51.011). What a status word means is decided here and nowhere else.
 */
#ifndef SIMAUTH_PLUGIN_SIM_APDU_H
#define SIMAUTH_PLUGIN_SIM_APDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APDU_DATA_MAX 255
#define APDU_REPLY_MAX 512
#define APDU_WIRE_MAX 261 /* header, Lc, data, Le */
#define APDU_LIMIT_MS 3000

/* What came of a command: of the way to the card, or of its status word. */
enum apdu_meaning {
    APDU_GOOD,        /* 9000, 91xx, 920x, and warnings that carry no tries */
    APDU_WRONG_PIN,   /* 63Cx: x tries left */
    APDU_NEEDS_PIN,   /* 6982, 9804 */
    APDU_BLOCKED,     /* 6983, 9840: the PUK is needed */
    APDU_WRONG_MAC,   /* 9862 */
    APDU_NOT_FOUND,   /* 6A82, 6A83, 6A88, 9404, 9402 */
    APDU_UNSUPPORTED, /* 6D00, 6E00, 68xx, 6A81, 6A86, 6B00, 9864 */
    APDU_CONDITIONS,  /* 6984, 6985, 9408, 9802, 9808, 9810, 9850, 9863, 9865 to 9867 */
    APDU_BUSY,        /* 9300 to the end */
    APDU_LENGTH,      /* 67xx, and 6Cxx that does not end */
    APDU_CARD_ERROR,  /* 64xx to 66xx, 6Fxx, 9240, and whatever has no name here */
    APDU_MALFORMED,   /* no answer that a card may give: too short, too long, without end */
    /* the way to the card */
    APDU_RESET,   /* the card was reset under us: select again */
    APDU_GONE,    /* card or reader taken away, or its service stopped */
    APDU_MUTE,    /* no answer within the limit */
    APDU_NO_LINK, /* anything else that the reader said */
};

struct apdu {
    uint8_t cla, ins, p1, p2;
    uint8_t lc; /* octets of data */
    bool has_le;
    uint8_t le; /* 0: 256 */
    uint8_t data[APDU_DATA_MAX];
};

struct apdu_reply {
    uint16_t sw;
    uint8_t tries; /* of APDU_WRONG_PIN */
    size_t len;
    uint8_t data[APDU_REPLY_MAX];
};

/* A way to a card: a reader, a modem's port, a test. */
struct card_link {
    bool t0;         /* transmission protocol T=0: a command with data carries no Le */
    bool proactive;  /* the card said 91xx and was not fetched; kept by apdu_send() */
    uint8_t pending; /* octets of that proactive command */
    int64_t until;   /* monotonic ms at which everything that is under way must be over; 0: none */
    /* Sends `len` octets and writes the answer with its status word to `reply` (*reply_len: room,
     * then octets). APDU_GOOD, or one of APDU_RESET to APDU_NO_LINK. Keeps apdu_left_ms(). */
    enum apdu_meaning (*transmit)(struct card_link *link, const uint8_t *command, size_t len,
                                  uint8_t *reply, size_t *reply_len);
};

/* What follows is one job for this link, an opening or a challenge, with `limit_ms` (at most
 * APDU_LIMIT_MS) for all its commands together; begin again after a person was waited for. */
void apdu_begin_job(struct card_link *link, unsigned limit_ms);
/* How long the next command may take, at least 1. */
unsigned apdu_left_ms(const struct card_link *link);
/* A word for logs and tests. */
const char *apdu_meaning_name(enum apdu_meaning meaning);

/* Sends a command to its end: fetches what the card holds back (61xx, 9Fxx), repeats with the right
 * length (6Cxx), waits for a busy card (9300) and answers its proactive command when that is what
 * it is busy with. The caller wipes `reply` and `apdu` when they hold secrets; what stood in
 * between is wiped here. */
enum apdu_meaning apdu_send(struct card_link *link, const struct apdu *apdu,
                            struct apdu_reply *reply);

/* Of a BER-TLV list the value of the first `tag` (one octet), with its length; NULL when it is not
 * there or the list is broken before it. */
const uint8_t *apdu_tlv(const uint8_t *list, size_t len, uint8_t tag, size_t *value_len);
/* Steps through a list: *at is the place, 0 at first. False at the end or where it is broken. */
bool apdu_tlv_next(const uint8_t *list, size_t len, size_t *at, uint8_t *tag, const uint8_t **value,
                   size_t *value_len);

#endif
