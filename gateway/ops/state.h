/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the gateway is: one word for each of its parts, "good" when nothing is wrong. A change is a
 * log line (op=state), a metric (simauth_state) and what /ready says. docs/operator-guide.md has
 * every word with what to do.
 */
#ifndef SIMAUTH_GATEWAY_STATE_H
#define SIMAUTH_GATEWAY_STATE_H

#include <stdbool.h>

enum state_part {
    STATE_SERVICE,     /* good, starting, draining */
    STATE_STORE,       /* good, locked, full, read-only, damaged, down, behind */
    STATE_SOURCE,      /* good, half, slow, down: where vectors come from */
    STATE_LISTENER,    /* good, crowded, stuck */
    STATE_CERTIFICATE, /* good, expires-soon, expired */
    STATE_CLOCK,       /* good, jumped */
    STATE_PARTS
};
const char *state_part_name(enum state_part part);
/* `word` has static storage. Any thread. */
void state_set(enum state_part part, const char *word);
const char *state_of(enum state_part part);
bool state_good(enum state_part part);
/* Whether requests should be sent here. What all nodes share (the source) does not count: no other
 * node would do better. */
bool state_ready(void);

#endif
