/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wrong answers on Ub, where they can be guessed or ask somebody else (an AUTS), count against the
 * address that they come from. Whoever knows an IMPI can guess for it, and must keep nobody else
 * from answering: so no challenge dies of wrong answers, and no limit of the subscriber's is spent
 * by them. There is a limit for all addresses together too, from which those are free that the
 * subscriber answered rightly from before.
 */
#ifndef SIMAUTH_GATEWAY_TRIES_H
#define SIMAUTH_GATEWAY_TRIES_H

#include <stdbool.h>
#include <stdint.h>

#define TRIES_OF_ADDRESS 5 /* a minute, and at once: for one subscriber from one address */
#define TRIES_IN_ALL 30    /* a minute, and at once: for one subscriber from addresses not known */

struct tries;
struct tries *tries_new(void);
void tries_free(struct tries *tries);
/* Before an answer of `subscriber` from `address` is looked at: takes a try. False: there is
 * none left. */
bool tries_take(struct tries *tries, int64_t subscriber, const char *address, int64_t now_us);
/* It was right: gives the try back, and remembers that the subscriber is there. */
void tries_right(struct tries *tries, int64_t subscriber, const char *address);

#endif
