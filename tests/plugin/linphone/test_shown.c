/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes to the bus of words that others chose. */
#include "shown_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void shows(const char *text, const char *expected)
{
    json_t *object = json_object();

    shown_put(object, "Operator", text);
    assert_non_null(json_object_get(object, "Operator"));
    assert_string_equal(json_string_value(json_object_get(object, "Operator")), expected);
    json_decref(object);
}

/* One that is cut within a letter would take the whole object off the bus; what turns letters round
 * or begins a line would say something else than was meant. */
static void what_others_chose_is_a_line(void **state)
{
    (void)state;
    shows("Opérateur A", "Opérateur A");
    shows(NULL, "");
    shows("the clock diff\xc3", "the clock diff\xef\xbf\xbd");
    shows("\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd");
    shows("Bob\u202egpj\u2066\u061c\u200f", "Bob\ufffdgpj\ufffd\ufffd\ufffd");
    shows("a\n\x1b[2J\u2028"
          "b",
          "a\ufffd\ufffd[2J\ufffd"
          "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_others_chose_is_a_line)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
