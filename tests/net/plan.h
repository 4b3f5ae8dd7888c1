/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a bad wire does to each packet: a plan in words and a seed. The n-th packet of a direction
 * has the same fate whenever it comes and whatever else the plan says (each packet takes as many
 * random numbers as any other); only a blackout, which is a time of day, asks for the time.
 */
#ifndef WIRE_PLAN_H
#define WIRE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_direction { WIRE_RIGHTWARDS, WIRE_LEFTWARDS, WIRE_DIRECTIONS };

enum wire_spread { WIRE_UNIFORM, WIRE_NORMAL, WIRE_LONG_TAIL };

struct wire_window {
    uint32_t from_ms; /* since the plan began */
    uint32_t to_ms;
};

#define WIRE_WINDOWS 8

/* One direction's memory. */
struct wire_lane {
    uint64_t random; /* state of its generator */
    bool in_burst;
};

struct wire_plan {
    double loss, twice, late; /* percent of packets */
    double burst;             /* percent of packets at which a burst of losses begins */
    double burst_length;      /* packets, on average */
    uint32_t delay_ms, jitter_ms;
    enum wire_spread spread;
    uint32_t late_ms; /* how much later than its turn an overtaken packet comes */
    struct wire_window blackout[WIRE_WINDOWS];
    size_t blackouts;
    struct wire_lane lanes[WIRE_DIRECTIONS];
};

enum wire_fate { WIRE_PASSES, WIRE_LOST, WIRE_LOST_IN_BURST, WIRE_LOST_IN_BLACKOUT };

struct wire_decision {
    enum wire_fate fate;
    uint32_t delay_ms;      /* of the packet */
    bool late;              /* others may overtake it; delay_ms has late_ms in it */
    bool twice;             /* it comes once more */
    uint32_t copy_delay_ms; /* of the second one, at least delay_ms */
};

/* A wire that does nothing, whose packets' fates hang on `seed`. */
void wire_plan_begin(struct wire_plan *plan, uint64_t seed);

/*
 * Reads words such as "loss=5 delay=200 jitter=100 blackout=1000-4000" into `plan`; what is not
 * named stays. "#" begins a comment that ends with its line. 0, or -1 with a sentence in `error`
 * (`size` octets); then the plan is as it was.
 *
 *   loss=PERCENT double=PERCENT reorder=PERCENT[:MS] burst=PERCENT:PACKETS
 *   delay=MS jitter=MS spread=uniform|normal|long-tail     jitter: the most, or the standard
 * deviation blackout=MS-MS                                         may stand up to eight times
 */
int wire_plan_read(struct wire_plan *plan, const char *words, char *error, size_t size);

/* The fate of the next packet in `direction`, `now_ms` after the plan began. */
struct wire_decision wire_plan_next(struct wire_plan *plan, enum wire_direction direction,
                                    uint32_t now_ms);

#endif
