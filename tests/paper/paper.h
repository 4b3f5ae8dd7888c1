/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The source paper's own exchange (its section 5): one triplet of each side, SRES in the clear in
 * tags and branch. For experiments alone: it stops nobody who can read or place a call
 * (docs/protocol.md, 2.1), keys no media, and is in no product.
 */
#ifndef TESTS_PAPER_PAPER_H
#define TESTS_PAPER_PAPER_H

#include <simauth/method.h>

#define PAPER_TEXT_MAX 64 /* octets of an element with its NUL */

extern const struct simauth_method paper_method; /* no row of the product's table */

/* What a gateway would have given, here configured: Kc is not used by the exchange. */
struct paper_triplet {
    uint8_t rand[SIMAUTH_RAND_LEN];
    uint8_t sres[SIMAUTH_SRES_LEN];
};
enum paper_state {
    PAPER_IDLE,
    PAPER_WAITS, /* for the other side's element */
    PAPER_DONE,  /* "paper exchange done (32 bits)", and never more */
    PAPER_CLOSED /* a wrong element came: the call is to be ended */
};
/* One side of one call; a value, all zero at first. */
struct paper {
    enum paper_state state;
    struct paper_triplet peer; /* of the other side's SIM */
};

/* Entity-A: the From tag "sim01" hex(RAND_B). */
void paper_call(struct paper *p, const struct paper_triplet *of_b, char tag[static PAPER_TEXT_MAX]);
/* Entity-B: the RAND that its SIM is to answer. SIMAUTH_MALFORMED: no such tag; state CLOSED. */
enum simauth_result paper_called(struct paper *p, const char *tag,
                                 uint8_t rand_b[static SIMAUTH_RAND_LEN]);
/* Entity-B: the To tag "sim02" hex(SRES_B) "_" hex(RAND_A). */
void paper_answer(struct paper *p, const struct paper_triplet *of_a,
                  const uint8_t sres_b[static SIMAUTH_SRES_LEN], char tag[static PAPER_TEXT_MAX]);
/* Entity-A: checks SRES_B; the RAND that its SIM is to answer. SIMAUTH_WRONG, SIMAUTH_MALFORMED:
 * state CLOSED. */
enum simauth_result paper_answered(struct paper *p, const char *tag,
                                   uint8_t rand_a[static SIMAUTH_RAND_LEN]);
/* Entity-A: the branch of its ACK, "z9hG4bKsim03" hex(SRES_A); state DONE. */
void paper_confirm(struct paper *p, const uint8_t sres_a[static SIMAUTH_SRES_LEN],
                   char branch[static PAPER_TEXT_MAX]);
/* Entity-B: checks SRES_A; state DONE or CLOSED. */
enum simauth_result paper_confirmed(struct paper *p, const char *branch);

#endif
