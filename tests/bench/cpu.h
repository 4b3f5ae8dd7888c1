/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPU time of this process, and the median of samples. */
#ifndef SIMAUTH_BENCH_CPU_H
#define SIMAUTH_BENCH_CPU_H

#include <stdlib.h>
#include <time.h>

/* Microseconds. */
static inline double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline int cpu_by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts them. */
static inline double cpu_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, cpu_by_value);
    return values[count / 2];
}

#endif
