/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three words, a sentence for each reason, and what the other side is told: always the same. */
#include "invite_limits.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

static void words(void **state)
{
    (void)state;
    assert_string_equal(words_word(SIMAUTH_WORD_ANNOUNCED), "announced");
    assert_string_equal(words_word(SIMAUTH_WORD_AUTHENTICATED), "authenticated");
    assert_string_equal(words_word(SIMAUTH_WORD_NOT_AUTHENTICATED), "not authenticated");
    assert_string_equal(words_token(SIMAUTH_WORD_NOT_AUTHENTICATED), "not-authenticated");
}

static void reasons(void **state)
{
    (void)state;
    for (int event = 0; event < SIMAUTH_EVENT_COUNT; event++) {
        assert_true(strlen(words_reason(event)) > 5);
        assert_int_equal(!*words_advice(event), !strcmp(words_advice_token(event), "none"));
    }
    assert_string_equal(words_advice_token(SIMAUTH_EVENT_CARD_FAILED), "check-sim");
    assert_string_equal(words_advice_token(SIMAUTH_EVENT_COUNT), "none");
    assert_string_equal(words_reason(SIMAUTH_EVENT_COUNT), "");
}

/* docs/protocol.md section 7, to the octet. */
static void on_the_wire(void **state)
{
    (void)state;
    assert_int_equal(words_refuse(false)->code, 403);
    assert_string_equal(words_refuse(false)->reason, "SIM;cause=1;text=\"Caller not verified\"");
    assert_int_equal(words_refuse(true)->code, 480);
    assert_string_equal(words_refuse(true)->reason, "SIM;cause=2;text=\"Not available\"");
    assert_string_equal(words_end(true)->reason, "SIM;cause=4;text=\"Callee not verified\"");
    assert_string_equal(words_end(false)->reason, "SIM;cause=5;text=\"Call not verified\"");
}

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
    struct limits limits = {0};
    uint8_t rand[LIMITS_RAND_LEN] = {1};

    (void)state;
    assert_true(limits_first(&limits, rand, 1000));
    assert_false(limits_first(&limits, rand, 1000 + LIMITS_MEMORY - 1));
    rand[LIMITS_RAND_LEN - 1] = 1;
    assert_true(limits_first(&limits, rand, 1000));
    rand[LIMITS_RAND_LEN - 1] = 0;
    assert_true(limits_first(&limits, rand, 1000 + LIMITS_MEMORY));
}

/* A restart of the phone forgets no challenge, and nothing but challenges is taken from the file.
 */
static void remembered(void **state)
{
    static const uint8_t one[LIMITS_RAND_LEN] = {0x10, 0xfe}, two[LIMITS_RAND_LEN] = {2};
    struct limits before = {0}, after = {0}, later = {0}, back = {0}, odd = {0};
    char *text;

    (void)state;
    assert_true(limits_first(&before, one, 1000));
    assert_true(limits_first(&before, two, 1200));
    text = limits_text(&before, 1210);
    limits_read(&after, text, 1210);
    assert_false(limits_first(&after, one, 1210));
    assert_false(limits_first(&after, two, 1210));
    limits_read(&later, text, 1000 + LIMITS_MEMORY);
    assert_true(limits_first(&later, one, 1000 + LIMITS_MEMORY));
    assert_false(limits_first(&later, two, 1000 + LIMITS_MEMORY));
    limits_read(&back, text, 500); /* the clock was set back */
    assert_false(limits_first(&back, two, 500 + LIMITS_MEMORY - 1));
    assert_true(limits_first(&back, two, 500 + LIMITS_MEMORY));
    g_free(text);
    limits_read(&odd, "\n\nx y\n1000 12\n1000 zz\n-5 00\n99999999999999999999 0", 1000);
    text = limits_text(&odd, 1000);
    assert_string_equal(text, "");
    g_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(reasons),
        cmocka_unit_test(on_the_wire),
        cmocka_unit_test(five_at_once),
        cmocka_unit_test(a_minute),
        cmocka_unit_test(remembered),
        cmocka_unit_test(a_challenge_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
