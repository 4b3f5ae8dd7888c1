/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole calls with the protocol library: both phones' sessions and the operators' vectors. Ends the
 * program when a call is not authenticated at both ends. */
#ifndef SIMAUTH_BENCH_PLAY_H
#define SIMAUTH_BENCH_PLAY_H

#include "world.h"

/* What calls asked for; added to. */
struct load {
    unsigned long sims, requests, elements;
    double us;
};

/* Both SIMs prove it, each with its method. */
void play_sims(struct world *w, struct load *load);
/* `with`: stp, which asks nobody, or agt, whose ticket and claim are a request each. */
void play_key(struct world *w, const char *with, struct load *load);

/* From element 2 to both words; frees both. */
void play_finish(struct simauth_session *a, struct simauth_session *b);

#endif
