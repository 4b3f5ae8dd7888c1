/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Token buckets: the limit itself, and a million names; and wrong answers on Ub, which have some.
 */
#include "api/bucket.h"
#include "api/tries.h"
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

static void given_back(void **state)
{
    struct buckets *buckets = buckets_new();

    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_true(buckets_take(buckets, "s:1", 60, 3, SECOND));
        buckets_give(buckets, "s:1");
    }
    buckets_give(buckets, "s:1"); /* more than there is room for */
    for (int i = 0; i < 3; i++)
        assert_true(buckets_take(buckets, "s:1", 60, 3, SECOND));
    assert_false(buckets_take(buckets, "s:1", 60, 3, SECOND));
    buckets_give(buckets, "nobody");
    buckets_free(buckets);
}

/* Of address N: of its tries for subscriber 1, how many there are. */
static int tries_of(struct tries *tries, int address, int64_t now)
{
    char name[32];
    int count = 0;

    snprintf(name, sizeof name, "192.0.2.%d", address);
    while (count < 100 && tries_take(tries, 1, name, now))
        count++;
    return count;
}

/* One address spends its own tries and nobody else's; many together those of addresses that are
 * not known. */
static void tries_of_addresses(void **state)
{
    struct tries *tries = tries_new();
    int64_t now = SECOND;
    int guesses = 0;

    (void)state;
    assert_int_equal(tries_of(tries, 1, now), TRIES_OF_ADDRESS);
    assert_true(tries_take(tries, 1, "192.0.2.2", now));
    tries_right(tries, 1, "192.0.2.2");
    assert_true(tries_take(tries, 2, "192.0.2.1", now)); /* another subscriber */
    for (int address = 3; address < 100; address++)
        guesses += tries_of(tries, address, now);
    assert_int_equal(guesses, TRIES_IN_ALL - TRIES_OF_ADDRESS);
    assert_false(tries_take(tries, 1, "198.51.100.1", now));
    assert_int_equal(tries_of(tries, 2, now), TRIES_OF_ADDRESS); /* where it was right before */
    now += 61 * SECOND;
    assert_true(tries_take(tries, 1, "198.51.100.1", now));
    tries_free(tries);
}

/* Right answers from everywhere: the last ones are remembered, and memory is bounded. */
static void known_addresses(void **state)
{
    struct tries *tries = tries_new();
    long before = resident_kib();
    char name[32];

    (void)state;
    for (int i = 0; i < 1000000; i++) {
        snprintf(name, sizeof name, "2001:db8:%x:%x::", i >> 16, i & 0xffff);
        tries_right(tries, 1, name);
    }
#if !defined(__SANITIZE_ADDRESS__) /* which keeps for a while what was freed */
    assert_true(resident_kib() - before < 64 * 1024);
#else
    (void)before;
#endif
    tries_of(tries, 1, SECOND);
    for (int address = 2; address < 10; address++)
        tries_of(tries, address, SECOND);
    assert_false(tries_take(tries, 1, "2001:db8:0:1::", SECOND));
    assert_true(tries_take(tries, 1, name, SECOND));
    tries_free(tries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_and_refill), cmocka_unit_test(a_million_names),
        cmocka_unit_test(given_back),       cmocka_unit_test(tries_of_addresses),
        cmocka_unit_test(known_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
