/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The source paper's own exchange (its section 5): one triplet of each side, SRES in the clear in
 * tags and branch. For experiments alone: it stops nobody who can read or place a call
 * (docs/protocol.md, 2.1), keys no media, and is in no product: who wants it links simauth_paper,
 * as tests/paper does.
 */
#ifndef SIMAUTH_PAPER_H
#define SIMAUTH_PAPER_H

#include "method.h"

#define SIMAUTH_PAPER_TEXT_MAX 64 /* octets of an element with its NUL */

/* What a gateway would have given, here configured: Kc is not used by the exchange. */
struct simauth_paper_triplet {
    uint8_t rand[SIMAUTH_RAND_LEN];
    uint8_t sres[SIMAUTH_SRES_LEN];
};
enum simauth_paper_state {
    SIMAUTH_PAPER_IDLE,
    SIMAUTH_PAPER_WAITS, /* for the other side's element */
    SIMAUTH_PAPER_DONE,  /* "paper exchange done (32 bits)", and never more */
    SIMAUTH_PAPER_CLOSED /* a wrong element came: the call is to be ended */
};
/* One side of one call; a value, all zero at first. */
struct simauth_paper {
    enum simauth_paper_state state;
    struct simauth_paper_triplet peer; /* of the other side's SIM */
};

/* Entity-A: the From tag "sim01" hex(RAND_B). */
void simauth_paper_call(struct simauth_paper *p, const struct simauth_paper_triplet *of_b,
                        char tag[static SIMAUTH_PAPER_TEXT_MAX]);
/* Entity-B: the RAND that its SIM is to answer. SIMAUTH_MALFORMED: no such tag; state CLOSED. */
enum simauth_result simauth_paper_called(struct simauth_paper *p, const char *tag,
                                         uint8_t rand_b[static SIMAUTH_RAND_LEN]);
/* Entity-B: the To tag "sim02" hex(SRES_B) "_" hex(RAND_A). */
void simauth_paper_answer(struct simauth_paper *p, const struct simauth_paper_triplet *of_a,
                          const uint8_t sres_b[static SIMAUTH_SRES_LEN],
                          char tag[static SIMAUTH_PAPER_TEXT_MAX]);
/* Entity-A: checks SRES_B; the RAND that its SIM is to answer. SIMAUTH_WRONG, SIMAUTH_MALFORMED:
 * state CLOSED. */
enum simauth_result simauth_paper_answered(struct simauth_paper *p, const char *tag,
                                           uint8_t rand_a[static SIMAUTH_RAND_LEN]);
/* Entity-A: the branch of its ACK, "z9hG4bKsim03" hex(SRES_A); state DONE. */
void simauth_paper_confirm(struct simauth_paper *p, const uint8_t sres_a[static SIMAUTH_SRES_LEN],
                           char branch[static SIMAUTH_PAPER_TEXT_MAX]);
/* Entity-B: checks SRES_A; state DONE or CLOSED. */
enum simauth_result simauth_paper_confirmed(struct simauth_paper *p, const char *branch);

#endif
