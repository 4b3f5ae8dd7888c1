/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets on their way, each with the time at which it arrives. */
#ifndef WIRE_QUEUE_H
#define WIRE_QUEUE_H

#include "plan.h"

#define WIRE_PACKET 2048 /* octets: more than any MTU of a TUN device of ours */
#define WIRE_ROOM 4096   /* packets on the way at a time */

struct wire_packet {
    size_t len;
    uint8_t octets[WIRE_PACKET];
};

struct wire_waiting;

/* Zeroed: empty. */
struct wire_queue {
    struct wire_waiting *first; /* the one that is due first */
    size_t count;
};

/* Takes a copy; those that are due at the same time leave as they came. 0, -1: no room. */
int wire_queue_add(struct wire_queue *queue, uint64_t due, enum wire_direction direction,
                   const struct wire_packet *packet);

/* When the next one is due; UINT64_MAX: none waits. */
uint64_t wire_queue_next(const struct wire_queue *queue);

/* The first one that is due at `now`, which leaves the queue; false: none is. */
bool wire_queue_take(struct wire_queue *queue, uint64_t now, enum wire_direction *direction,
                     struct wire_packet *packet);

void wire_queue_clear(struct wire_queue *queue);

#endif
