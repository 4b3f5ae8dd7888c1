/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nonces of Ua, and token buckets. */
#include "unit.h"

#include "api/bucket.h"
#include "api/nonce.h"

#define NOW INT64_C(1000000)

static int make(void **state)
{
    *state = nonces_new(300, NULL);
    return *state ? 0 : -1;
}

static int drop(void **state)
{
    nonces_free(*state);
    return 0;
}

static void nc_is_new_each_time(void **state)
{
    char nonce[NONCE_TEXT_LEN + 1];

    nonces_make(*state, NOW, nonce);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 0, NOW), NONCE_REPLAYED);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 1, NOW), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 1, NOW), NONCE_REPLAYED);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 5, NOW), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 3, NOW), NONCE_GOOD); /* overtaken */
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 3, NOW), NONCE_REPLAYED);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 5, NOW), NONCE_REPLAYED);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 5 + NONCE_WINDOW, NOW), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 4, NOW),
                     NONCE_REPLAYED); /* out of the window */
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 6, NOW), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", UINT32_MAX, NOW), NONCE_WORN);
}

static void nonce_is_ours_young_and_of_one(void **state)
{
    char nonce[NONCE_TEXT_LEN + 1], changed[NONCE_TEXT_LEN + 1];

    nonces_make(*state, NOW, nonce);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 1, NOW + 300), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, nonce, "b", "b", 2, NOW + 301), NONCE_WORN);
    assert_int_equal(nonces_use(*state, nonce, "b", "c", 3, NOW), NONCE_FOREIGN);
    memcpy(changed, nonce, sizeof changed);
    changed[5] = changed[5] == 'A' ? 'B' : 'A';
    assert_int_equal(nonces_use(*state, changed, "b", "b", 1, NOW), NONCE_UNKNOWN);
    assert_int_equal(nonces_use(*state, "", "b", "b", 1, NOW), NONCE_UNKNOWN);
    assert_false(nonces_old(*state, nonce, NOW + 150));
    assert_true(nonces_old(*state, nonce, NOW + 151));
}

static void bucket_fills_again(void **state)
{
    struct buckets *buckets = buckets_new();

    (void)state;
    assert_true(buckets_take(buckets, "a", 60, 2, 0));
    assert_true(buckets_take(buckets, "a", 60, 2, 0));
    assert_false(buckets_take(buckets, "a", 60, 2, 0));
    assert_true(buckets_take(buckets, "b", 60, 2, 0));
    assert_false(buckets_take(buckets, "a", 60, 2, 900000));
    assert_true(buckets_take(buckets, "a", 60, 2, 1000000));
    assert_true(buckets_take(buckets, "a", 60, 2, 3600000000));
    assert_true(buckets_take(buckets, "a", 60, 2, 3600000000));
    assert_false(buckets_take(buckets, "a", 60, 2, 3600000000)); /* never more than the burst */
    buckets_free(buckets);
}

static void gateways_that_share_a_store_take_each_others(void **state)
{
    const struct seal seal = {.key = {1}}, other = {.key = {2}};
    struct nonces *one = nonces_new(300, &seal), *two = nonces_new(300, &seal),
                  *stranger = nonces_new(300, &other);
    char nonce[NONCE_TEXT_LEN + 1];

    (void)state;
    nonces_make(one, 1000, nonce);
    assert_int_equal(nonces_use(two, nonce, "b", "b", 1, 999),
                     NONCE_GOOD); /* its clock is behind */
    assert_int_equal(nonces_use(two, nonce, "b", "b", 1, 1000), NONCE_REPLAYED);
    assert_int_equal(nonces_use(stranger, nonce, "b", "b", 1, 1000), NONCE_UNKNOWN);
    nonces_free(one);
    nonces_free(two);
    nonces_free(stranger);
}

static enum nonce_result use_a_new_one(struct nonces *nonces, const char *who, const char *btid,
                                       int64_t now)
{
    char nonce[NONCE_TEXT_LEN + 1];

    nonces_make(nonces, now, nonce);
    return nonces_use(nonces, nonce, who, btid, 1, now);
}

/* More than the table has room for. */
static void one_does_not_use_up_the_nonces_of_all(void **state)
{
    char first[NONCE_TEXT_LEN + 1], btid[16];
    int good = 0;

    nonces_make(*state, NOW, first);
    assert_int_equal(nonces_use(*state, first, "b", "b", 1, NOW), NONCE_GOOD);
    for (int i = 0; i < 70000; i++) {
        snprintf(btid, sizeof btid, "b%d", i / 100); /* a B-TID is made by each bootstrapping */
        good += use_a_new_one(*state, "b", btid, NOW + 1) == NONCE_GOOD;
    }
    assert_int_equal(use_a_new_one(*state, "c", "c", NOW + 1), NONCE_GOOD);
    assert_in_range(good, 32, 256);
    assert_int_equal(nonces_use(*state, first, "b", "b", 2, NOW + 1), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, first, "b", "b", 1, NOW + 1), NONCE_REPLAYED);
    assert_int_equal(use_a_new_one(*state, "b", "b", NOW + 300), NONCE_WORN);
    assert_int_equal(use_a_new_one(*state, "b", "b", NOW + 302), NONCE_GOOD); /* those are over */
}

/* What was used in a year that had not come yet would be in the way until it does. */
static void a_clock_that_was_far_ahead_leaves_nothing(void **state)
{
    char near[NONCE_TEXT_LEN + 1];

    for (int i = 0; i < 300; i++)
        use_a_new_one(*state, "b", "b", NOW + 100000000);
    assert_int_equal(use_a_new_one(*state, "b", "b", NOW + 100000000), NONCE_WORN);
    assert_int_equal(use_a_new_one(*state, "b", "b", NOW), NONCE_GOOD);
    nonces_make(*state, NOW, near);
    assert_int_equal(nonces_use(*state, near, "b", "b", 1, NOW), NONCE_GOOD);
    for (int i = 0; i < 300; i++) /* a minute back, and forth again: it is known all the time */
        use_a_new_one(*state, "b", "b", NOW - 60);
    assert_int_equal(nonces_use(*state, near, "b", "b", 1, NOW + 1), NONCE_REPLAYED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nc_is_new_each_time, make, drop),
        cmocka_unit_test_setup_teardown(nonce_is_ours_young_and_of_one, make, drop),
        cmocka_unit_test_setup_teardown(one_does_not_use_up_the_nonces_of_all, make, drop),
        cmocka_unit_test_setup_teardown(a_clock_that_was_far_ahead_leaves_nothing, make, drop),
        cmocka_unit_test(bucket_fills_again),
        cmocka_unit_test(gateways_that_share_a_store_take_each_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
