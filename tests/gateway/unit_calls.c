/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What calls write, in memory, without a journal. */
#include "unit.h"

#include "store/calls/calls.h"

#define FRAME_MOST (4 << 20) /* a small part of what a start reads of one file */

/* Its content stands somewhere, or nothing would be forgotten. */
static void commit(struct calls *calls)
{
    const struct journal_place place = {.number = 1, .at = 1};

    calls_commit(calls, &place);
}

/* Of seven busy minutes before a power cut: no frame that is longer than a start can read. */
static void many_are_forgotten_in_parts(void **state)
{
    const int count = 2 * CALLS_FORGET_BATCH + 10;
    struct seal seal = {.key = {7}};
    struct store_vector v = {.role = STORE_AV_B,
                             .subscriber = 1,
                             .method = simauth_method_find("aka", 3),
                             .rand_len = 16,
                             .changed = 1000,
                             .ssk = {.len = 32}};
    struct calls calls;
    int frames = 1;

    (void)state;
    calls_init(&calls, &seal);
    for (int i = 0; i < count; i++) {
        memcpy(v.rand, &i, sizeof i);
        assert_int_equal(calls_vector_add(&calls, &v), STORE_OK);
        if (i % 1000 == 0)
            commit(&calls);
    }
    commit(&calls);
    for (; !calls_forget(&calls, 2000); frames++) {
        assert_in_range(calls.frame->len, 1, FRAME_MOST);
        commit(&calls);
    }
    assert_in_range(calls.frame->len, 1, FRAME_MOST);
    commit(&calls);
    assert_int_equal(frames, 3);
    assert_true(calls_forget(&calls, 2000));
    assert_int_equal(calls.frame->len, 0); /* all are gone */
    calls_clear(&calls);
}

/* Made tomorrow, then the clock was put back: over, and not until tomorrow is there again. */
static void a_clock_that_was_put_back_keeps_nothing(void **state)
{
    static char body[] = "{}";
    struct seal seal = {.key = {7}};
    struct store_vector v = {.subscriber = 1,
                             .method = simauth_method_find("aka", 3),
                             .rand_len = 16,
                             .changed = 87400,
                             .ssk = {.len = 32}};
    const struct store_answer answer = {.who = "s:1", .body = body, .made = 87400};
    struct calls calls;

    (void)state;
    calls_init(&calls, &seal);
    assert_int_equal(calls_vector_add(&calls, &v), STORE_OK);
    assert_int_equal(calls_answer_put(&calls, &answer), STORE_OK);
    commit(&calls);
    assert_int_equal(calls_vector_step(&calls, v.id, STORE_CONFIRMED, "e", 940, 1000), STORE_NONE);
    calls_sweep(&calls, 87340, 0); /* clocks that differ a little */
    assert_int_equal(g_hash_table_size(calls.by_id), 1);
    assert_int_equal(g_hash_table_size(calls.answers), 1);
    calls_sweep(&calls, 1000, 0);
    assert_int_equal(g_hash_table_size(calls.by_id), 0);
    assert_int_equal(g_hash_table_size(calls.answers), 0);
    calls_clear(&calls);
}

/* By another SIM of its address, before its own SIM confirms it; also as the journal has it. */
static void bound_to_one_element(void **state)
{
    struct seal seal = {.key = {7}};
    struct store_vector v = {.subscriber = 1,
                             .method = simauth_method_find("aka", 3),
                             .rand_len = 16,
                             .changed = 1000,
                             .ssk = {.len = 32}};
    const struct journal_place place = {.number = 1};
    struct calls calls, again;

    (void)state;
    calls_init(&calls, &seal);
    calls_init(&again, &seal);
    assert_int_equal(calls_vector_add(&calls, &v), STORE_OK);
    assert_int_equal(calls_vector_bind(&calls, v.id, "e"), STORE_OK);
    assert_int_equal(calls_vector_bind(&calls, v.id, "f"), STORE_NONE);
    assert_int_equal(calls_vector_step(&calls, v.id, STORE_CONFIRMED, "f", 940, 1000), STORE_NONE);
    assert_int_equal(calls_apply(&again, calls.frame->data, calls.frame->len, &place, false),
                     STORE_OK);
    assert_int_equal(calls_vector_step(&again, v.id, STORE_CONFIRMED, "f", 940, 1000), STORE_NONE);
    assert_int_equal(calls_vector_step(&again, v.id, STORE_CONFIRMED, "e", 940, 1000), STORE_OK);
    assert_int_equal(calls_vector_step(&calls, v.id, STORE_CONFIRMED, "e", 940, 1000), STORE_OK);
    commit(&calls);
    commit(&again);
    calls_clear(&calls);
    calls_clear(&again);
}

/* What is sealed in a database of today opens only with these octets. */
static void places_stay(void **state)
{
    static const uint8_t name[] = {0x00, 0x1f, 0xff, 0xa0};
    char place[SEAL_PLACE_MAX];

    (void)state;
    seal_place("operator_key", name, sizeof name, place);
    assert_string_equal(place, "operator_key 001fffa0");
    seal_place_number("subscriber.keys", INT64_MIN, place);
    assert_string_equal(place, "subscriber.keys -9223372036854775808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_are_forgotten_in_parts),
                                       cmocka_unit_test(a_clock_that_was_put_back_keeps_nothing),
                                       cmocka_unit_test(bound_to_one_element),
                                       cmocka_unit_test(places_stay)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
