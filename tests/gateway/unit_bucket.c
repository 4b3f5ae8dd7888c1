/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Token buckets: the limit itself, and a million names. */
#include "api/bucket.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000)

static long resident_kib(void)
{
    char line[128];
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file && fgets(line, sizeof line, file))
        sscanf(line, "%*d %ld", &pages);
    if (file)
        fclose(file);
    return pages * 4;
}

static void burst_and_refill(void **state)
{
    struct buckets *buckets = buckets_new();
    int64_t now = 5 * SECOND;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(buckets_take(buckets, "s:1", 60, 3, now));
    assert_false(buckets_take(buckets, "s:1", 60, 3, now));
    assert_true(buckets_take(buckets, "s:2", 60, 3, now)); /* everyone has a bucket of their own */
    assert_false(buckets_take(buckets, "s:1", 60, 3, now + SECOND / 2));
    assert_true(buckets_take(buckets, "s:1", 60, 3, now + 2 * SECOND));
    for (int i = 0; i < 3; i++) /* idle for long: the burst and no more */
        assert_true(buckets_take(buckets, "s:1", 60, 3, now + 3600 * SECOND));
    assert_false(buckets_take(buckets, "s:1", 60, 3, now + 3600 * SECOND));
    buckets_free(buckets);
}

/* Names that come once and never again: memory is bounded, and those who were there are served on,
 * within their limit; when the flood is over there is room again. */
static void a_million_names(void **state)
{
    struct buckets *buckets = buckets_new();
    long before = resident_kib();
    int64_t now = SECOND;
    char name[32];

    (void)state;
    assert_true(buckets_take(buckets, "s:1", 60, 2, now));
    for (int i = 0; i < 1000000; i++) {
        snprintf(name, sizeof name, "x:%d", i);
        buckets_take(buckets, name, 60, 2, now);
    }
    assert_in_range(resident_kib() - before, 0, 64 * 1024);
    assert_true(buckets_take(buckets, "s:1", 60, 2, now));
    assert_false(buckets_take(buckets, "s:1", 60, 2, now));
    now += 700 * SECOND;
    assert_true(buckets_take(buckets, "s:3", 60, 2, now));
    buckets_free(buckets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_and_refill),
        cmocka_unit_test(a_million_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
