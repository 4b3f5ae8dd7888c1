/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The paper's exchange: right elements lead to a session, wrong ones close it. */
#include "paper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct paper_triplet of_a = {{0xaa, 1}, {1, 2, 3, 4}};
static const struct paper_triplet of_b = {{0xbb, 2}, {5, 6, 7, 8}};

/* Up to the ACK; both SIMs are the triplets'. */
static void exchange(struct paper *a, struct paper *b, char *branch)
{
    char tag[PAPER_TEXT_MAX];
    uint8_t rand[SIMAUTH_RAND_LEN];

    paper_call(a, &of_b, tag);
    assert_string_equal(tag, "sim01bb020000000000000000000000000000");
    assert_int_equal(paper_called(b, tag, rand), SIMAUTH_OK);
    assert_memory_equal(rand, of_b.rand, sizeof rand);
    paper_answer(b, &of_a, of_b.sres, tag);
    assert_string_equal(tag, "sim0205060708_aa010000000000000000000000000000");
    assert_int_equal(paper_answered(a, tag, rand), SIMAUTH_OK);
    assert_memory_equal(rand, of_a.rand, sizeof rand);
    paper_confirm(a, of_a.sres, branch);
    assert_string_equal(branch, "z9hG4bKsim0301020304");
}

static void test_right(void **state)
{
    struct paper a = {0}, b = {0};
    char branch[PAPER_TEXT_MAX];

    (void)state;
    exchange(&a, &b, branch);
    assert_int_equal(paper_confirmed(&b, branch), SIMAUTH_OK);
    assert_int_equal(a.state, PAPER_DONE);
    assert_int_equal(b.state, PAPER_DONE);
    assert_int_equal(paper_confirmed(&b, branch), SIMAUTH_MALFORMED); /* once */
}

static void test_wrong_branch(void **state)
{
    static const char *const wrong[] = {"z9hG4bKsim0301020305",   "z9hG4bKsim030102030",
                                        "z9hG4bKsim030102030400", "z9hG4bK.sim0301020304",
                                        "z9hG4bKsim030102030g",   ""};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct paper a = {0}, b = {0};
        char branch[PAPER_TEXT_MAX];

        exchange(&a, &b, branch);
        assert_int_not_equal(paper_confirmed(&b, wrong[i]), SIMAUTH_OK);
        assert_int_equal(b.state, PAPER_CLOSED);
        assert_int_not_equal(paper_confirmed(&b, branch), SIMAUTH_OK); /* for good */
    }
}

static void test_wrong_answer(void **state)
{
    static const char *const wrong[] = {"sim0205060709_aa010000000000000000000000000000",
                                        "sim0205060708aa0100000000000000000000000000000",
                                        "sim0205060708_aa0100000000000000000000000000",
                                        "sim0205060708_aa01000000000000000000000000000000",
                                        "sim01bb020000000000000000000000000000",
                                        "1928301774"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct paper a = {0};
        char tag[PAPER_TEXT_MAX];
        uint8_t rand[SIMAUTH_RAND_LEN];

        paper_call(&a, &of_b, tag);
        assert_int_not_equal(paper_answered(&a, wrong[i], rand), SIMAUTH_OK);
        assert_int_equal(a.state, PAPER_CLOSED);
    }
}

static void test_wrong_call(void **state)
{
    static const char *const wrong[] = {"sim01bb0200000000000000000000000000", "sim01", "tag",
                                        "sim01BB020000000000000000000000000000"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct paper b = {0};
        uint8_t rand[SIMAUTH_RAND_LEN];

        assert_int_equal(paper_called(&b, wrong[i], rand), SIMAUTH_MALFORMED);
        assert_int_equal(b.state, PAPER_CLOSED);
    }
}

/* No product knows it; it is below all that they know, and keys nothing. */
static void test_method(void **state)
{
    const struct simauth_method *other;

    (void)state;
    assert_null(simauth_method_find("paper", 5));
    for (size_t i = 0; (other = simauth_method_at(i)); i++)
        assert_true(other->id_len > 0 || other->strength > paper_method.strength);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),        cmocka_unit_test(test_wrong_branch),
        cmocka_unit_test(test_wrong_answer), cmocka_unit_test(test_wrong_call),
        cmocka_unit_test(test_method),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
