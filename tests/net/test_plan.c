/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wire's plan and queue: same seed same fates, shares and delays as asked, words that are
 * wrong. */
#include "queue.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PACKETS 20000

static struct wire_plan plan_of(uint64_t seed, const char *words)
{
    struct wire_plan plan;
    char error[256] = "";

    wire_plan_begin(&plan, seed);
    if (wire_plan_read(&plan, words, error, sizeof error) != 0)
        fail_msg("%s", error);
    return plan;
}

static bool same(const struct wire_decision *a, const struct wire_decision *b)
{
    return a->fate == b->fate && a->delay_ms == b->delay_ms && a->late == b->late &&
           a->twice == b->twice && a->copy_delay_ms == b->copy_delay_ms;
}

static void test_same_seed(void **state)
{
    static const char words[] = "loss=10 double=10 reorder=20 burst=1:4 delay=50 jitter=40";
    struct wire_plan one = plan_of(7, words), two = plan_of(7, words), other = plan_of(8, words);
    unsigned different = 0;

    (void)state;
    for (unsigned i = 0; i < PACKETS; i++) {
        struct wire_decision a = wire_plan_next(&one, WIRE_LEFTWARDS, i), b, c;

        if (i % 3 == 0) /* what goes the other way changes nothing */
            wire_plan_next(&two, WIRE_RIGHTWARDS, i);
        b = wire_plan_next(&two, WIRE_LEFTWARDS, 2 * i);
        c = wire_plan_next(&other, WIRE_LEFTWARDS, i);
        assert_true(same(&a, &b));
        different += !same(&a, &c);
    }
    assert_true(different > PACKETS / 2);
}

static void test_directions_differ(void **state)
{
    struct wire_plan plan = plan_of(7, "loss=50");
    unsigned different = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        different += wire_plan_next(&plan, WIRE_LEFTWARDS, 0).fate !=
                     wire_plan_next(&plan, WIRE_RIGHTWARDS, 0).fate;
    }
    assert_in_range(different, 400, 600);
}

/* What else a plan asks for moves no loss to another packet. */
static void test_independent(void **state)
{
    struct wire_plan one = plan_of(3, "loss=10");
    struct wire_plan two = plan_of(3, "loss=10 delay=9 jitter=5 double=50");

    (void)state;
    for (unsigned i = 0; i < PACKETS; i++)
        assert_int_equal(wire_plan_next(&one, WIRE_LEFTWARDS, 0).fate,
                         wire_plan_next(&two, WIRE_LEFTWARDS, 0).fate);
}

static void test_shares(void **state)
{
    struct wire_plan plan = plan_of(1, "loss=5 double=10 reorder=25:30 delay=200 jitter=100");
    unsigned lost = 0, twice = 0, late = 0;
    uint32_t least = UINT32_MAX, most = 0;

    (void)state;
    for (unsigned i = 0; i < PACKETS; i++) {
        struct wire_decision d = wire_plan_next(&plan, WIRE_RIGHTWARDS, i);
        uint32_t turn = d.delay_ms - (d.late ? 30 : 0);

        lost += d.fate == WIRE_LOST;
        twice += d.twice;
        late += d.late;
        least = turn < least ? turn : least;
        most = turn > most ? turn : most;
        assert_true(d.copy_delay_ms >= turn);
    }
    assert_in_range(lost, PACKETS * 45 / 1000, PACKETS * 55 / 1000);
    assert_in_range(twice, PACKETS * 9 / 100, PACKETS * 11 / 100);
    assert_in_range(late, PACKETS * 24 / 100, PACKETS * 26 / 100);
    assert_in_range(least, 100, 102);
    assert_in_range(most, 297, 300);
}

static void test_burst(void **state)
{
    struct wire_plan plan = plan_of(1, "burst=1:5");
    unsigned lost = 0, bursts = 0;
    bool before = false;

    (void)state;
    for (unsigned i = 0; i < PACKETS; i++) {
        bool in = wire_plan_next(&plan, WIRE_LEFTWARDS, i).fate == WIRE_LOST_IN_BURST;

        lost += in;
        bursts += in && !before;
        before = in;
    }
    assert_in_range(bursts, PACKETS * 8 / 1000, PACKETS * 11 / 1000);
    assert_in_range(lost, bursts * 4, bursts * 6);
}

static void test_blackout(void **state)
{
    struct wire_plan plan = plan_of(1, "blackout=100-200 blackout=300-400");
    static const struct {
        uint32_t now;
        enum wire_fate fate;
    } rows[] = {{99, WIRE_PASSES},  {100, WIRE_LOST_IN_BLACKOUT}, {199, WIRE_LOST_IN_BLACKOUT},
                {200, WIRE_PASSES}, {350, WIRE_LOST_IN_BLACKOUT}, {400, WIRE_PASSES}};

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(wire_plan_next(&plan, WIRE_LEFTWARDS, rows[i].now).fate, rows[i].fate);
}

static void test_spreads(void **state)
{
    struct wire_plan normal = plan_of(1, "delay=100 jitter=20 spread=normal");
    struct wire_plan tail = plan_of(1, "delay=100 jitter=20 spread=long-tail");
    unsigned near = 0, above = 0, most = 0;
    double sum = 0;

    (void)state;
    for (unsigned i = 0; i < PACKETS; i++) {
        uint32_t a = wire_plan_next(&normal, WIRE_LEFTWARDS, 0).delay_ms;
        uint32_t b = wire_plan_next(&tail, WIRE_LEFTWARDS, 0).delay_ms;

        sum += a;
        near += a > 80 && a < 120;
        assert_true(b >= 100);
        above += b > 140;
        most = b > most ? b : most;
    }
    assert_in_range(sum / PACKETS, 98, 101);
    assert_in_range(near, PACKETS * 60 / 100, PACKETS * 74 / 100);
    assert_in_range(above, PACKETS * 9 / 100,
                    PACKETS * 13 / 100); /* 1/9: beyond twice the jitter */
    assert_int_equal(most, 500);
}

static void test_words(void **state)
{
    static const char *const wrong[] = {"loss",       "loss=",        "loss=101",   "loss=-1",
                                        "los=1",      "loss=5x",      "burst=5",    "burst=5:0",
                                        "delay=x",    "blackout=5-5", "blackout=5", "spread=square",
                                        "reorder=5:", "loss=nan",     "=5",         "lossy=5"};
    static const char many[] = "blackout=1-2 blackout=1-2 blackout=1-2 blackout=1-2 blackout=1-2 "
                               "blackout=1-2 blackout=1-2 blackout=1-2";
    struct wire_plan plan = plan_of(1, "# nothing\nloss=5 # a share\n\tdelay=7\n\n"), before;
    char error[256];

    (void)state;
    assert_true(plan.loss == 5);
    assert_int_equal(plan.delay_ms, 7);
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char words[64];

        before = plan;
        error[0] = '\0';
        snprintf(words, sizeof words, "delay=9 %s", wrong[i]);
        if (wire_plan_read(&plan, words, error, sizeof error) == 0)
            fail_msg("'%s' was taken", wrong[i]);
        assert_non_null(strchr(error, '\''));
        assert_int_equal(plan.delay_ms, before.delay_ms);
    }
    plan = plan_of(1, many);
    assert_int_equal(plan.blackouts, WIRE_WINDOWS);
    assert_int_equal(wire_plan_read(&plan, "blackout=1-2", error, sizeof error), -1);
}

static void test_queue(void **state)
{
    struct wire_queue queue = {0};
    struct wire_packet packet = {.len = 1};
    static const uint8_t order[] = {2, 0, 1, 3}; /* by time, then as they came */
    static const uint64_t due[] = {20, 20, 10, 30};
    enum wire_direction direction;

    (void)state;
    assert_true(wire_queue_next(&queue) == UINT64_MAX);
    for (uint8_t i = 0; i < 4; i++) {
        packet.octets[0] = i;
        assert_int_equal(wire_queue_add(&queue, due[i], i % 2, &packet), 0);
    }
    assert_false(wire_queue_take(&queue, 9, &direction, &packet));
    for (unsigned i = 0; i < 4; i++) {
        assert_true(wire_queue_take(&queue, 30, &direction, &packet));
        assert_int_equal(packet.octets[0], order[i]);
        assert_int_equal(direction, order[i] % 2);
    }
    for (unsigned i = 0; i < WIRE_ROOM; i++)
        assert_int_equal(wire_queue_add(&queue, 1, WIRE_LEFTWARDS, &packet), 0);
    assert_int_equal(wire_queue_add(&queue, 1, WIRE_LEFTWARDS, &packet), -1);
    wire_queue_clear(&queue);
    assert_true(wire_queue_next(&queue) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed),   cmocka_unit_test(test_directions_differ),
        cmocka_unit_test(test_independent), cmocka_unit_test(test_shares),
        cmocka_unit_test(test_burst),       cmocka_unit_test(test_blackout),
        cmocka_unit_test(test_spreads),     cmocka_unit_test(test_words),
        cmocka_unit_test(test_queue),
    };

    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
