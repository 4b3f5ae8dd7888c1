/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A phone limits itself before it asks its gateway, and its SIM takes each challenge once. */
#include "challenges.h"
#include "invite_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

static void five_at_once(void **state)
{
    struct limits limits = {0};

    (void)state;
    for (int i = 0; i < LIMITS_AT_ONCE; i++)
        assert_true(limits_enter(&limits, "sip:a@x", 1000));
    assert_false(limits_enter(&limits, "sip:b@x", 1000));
    limits_leave(&limits);
    assert_true(limits_enter(&limits, "sip:b@x", 1000));
}

static bool enter_and_leave(struct limits *limits, const char *caller, int64_t now)
{
    bool entered = limits_enter(limits, caller, now);
    if (entered)
        limits_leave(limits);
    return entered;
}

static void a_minute(void **state)
{
    struct limits limits = {0};
    char caller[16] = "sip:?@x";

    (void)state;
    for (int i = 0; i < LIMITS_PER_CALLER; i++)
        assert_true(enter_and_leave(&limits, "sip:a@x", 1000));
    assert_false(enter_and_leave(&limits, "sip:a@x", 1059));
    for (int i = LIMITS_PER_CALLER; i < LIMITS_IN_ALL; i++) {
        caller[4] = (char)('b' + i % 20);
        assert_true(enter_and_leave(&limits, caller, 1000));
    }
    assert_false(enter_and_leave(&limits, "sip:z@x", 1059));
    assert_true(enter_and_leave(&limits, "sip:a@x", 1060));
}

static void a_challenge_once(void **state)
{
    struct challenges challenges = {0};
    uint8_t rand[CHALLENGES_RAND_LEN] = {1};

    (void)state;
    assert_true(challenges_first(&challenges, rand, 1000));
    assert_false(challenges_first(&challenges, rand, 1000 + CHALLENGES_MEMORY - 1));
    rand[CHALLENGES_RAND_LEN - 1] = 1;
    assert_true(challenges_first(&challenges, rand, 1000));
    rand[CHALLENGES_RAND_LEN - 1] = 0;
    assert_true(challenges_first(&challenges, rand, 1000 + CHALLENGES_MEMORY));
}

/* A restart of the phone forgets no challenge, and nothing but challenges is taken from the file.
 */
static void remembered(void **state)
{
    static const uint8_t one[CHALLENGES_RAND_LEN] = {0x10, 0xfe}, two[CHALLENGES_RAND_LEN] = {2};
    struct challenges before = {0}, after = {0}, later = {0}, back = {0}, odd = {0};
    char *text;

    (void)state;
    assert_true(challenges_first(&before, one, 1000));
    assert_true(challenges_first(&before, two, 1200));
    text = challenges_text(&before, 1210);
    challenges_read(&after, text, 1210);
    assert_false(challenges_first(&after, one, 1210));
    assert_false(challenges_first(&after, two, 1210));
    challenges_read(&later, text, 1000 + CHALLENGES_MEMORY);
    assert_true(challenges_first(&later, one, 1000 + CHALLENGES_MEMORY));
    assert_false(challenges_first(&later, two, 1000 + CHALLENGES_MEMORY));
    challenges_read(&back, text, 500); /* the clock was set back */
    assert_false(challenges_first(&back, two, 500 + CHALLENGES_MEMORY - 1));
    assert_true(challenges_first(&back, two, 500 + CHALLENGES_MEMORY));
    g_free(text);
    challenges_read(&odd, "\n\nx y\n1000 12\n1000 zz\n-5 00\n99999999999999999999 0", 1000);
    text = challenges_text(&odd, 1000);
    assert_string_equal(text, "");
    g_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_at_once),
        cmocka_unit_test(a_minute),
        cmocka_unit_test(remembered),
        cmocka_unit_test(a_challenge_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
