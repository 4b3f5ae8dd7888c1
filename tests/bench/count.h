/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What callgrind is to count of a program (tests/bench/instructions). Nothing happens outside of
 * callgrind. */
#ifndef SIMAUTH_BENCH_COUNT_H
#define SIMAUTH_BENCH_COUNT_H

#include <valgrind/callgrind.h>

static inline void count_begin(void)
{
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}

/* `name` becomes a line of instructions.baseline. */
static inline void count_end(const char *name)
{
    CALLGRIND_DUMP_STATS_AT(name);
    CALLGRIND_STOP_INSTRUMENTATION;
}

#endif
