/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three words, a sentence for each reason, and what the other side is told: always the same. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(reasons),
        cmocka_unit_test(on_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
