/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to become of a message: opened where it is meant for this server, counted, its pinholes
 * made; and one word for the proxy. */
#ifndef SIMAUTH_MIDDLE_JUDGE_H
#define SIMAUTH_MIDDLE_JUDGE_H

#include "calls.h"

struct question {
    struct e2m_span message;
    const char *account; /* AOR that the proxy has checked; "": nobody */
    const char *trunk;   /* where the call goes or comes from; "": unnamed */
    int64_t clock;       /* for signatures and certificates; 0: `now` is the clock */
    bool failed;         /* the proxy says that this INVITE came to nothing */
    bool withheld;       /* the proxy kept the body to itself: its label names others */
};

#define VERDICT_WORDS_MAX 256
struct verdict {
    int code;                      /* of SIP; 0: go on */
    char words[VERDICT_WORDS_MAX]; /* for people: which rule */
    bool certificate;              /* 493: the answer carries ours */
};

/* `now`: for all that lasts, by a clock that nobody sets. */
void judge(struct calls *calls, const struct config *config, const struct question *question,
           int64_t now, struct verdict *verdict);

#endif
