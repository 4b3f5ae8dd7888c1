/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nonces of Ua, and token buckets. */
#include "unit.h"

#include "api/bucket.h"
#include "api/nonce.h"

#define NOW INT64_C(1000000)

static int make(void **state)
{
    *state = nonces_new(300);
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
    assert_int_equal(nonces_use(*state, nonce, "b", 0, NOW), NONCE_REPLAYED);
    assert_int_equal(nonces_use(*state, nonce, "b", 1, NOW), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, nonce, "b", 1, NOW), NONCE_REPLAYED);
    assert_int_equal(nonces_use(*state, nonce, "b", 5, NOW), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, nonce, "b", 3, NOW), NONCE_GOOD); /* overtaken */
    assert_int_equal(nonces_use(*state, nonce, "b", 3, NOW), NONCE_REPLAYED);
    assert_int_equal(nonces_use(*state, nonce, "b", 5, NOW), NONCE_REPLAYED);
    assert_int_equal(nonces_use(*state, nonce, "b", 5 + NONCE_WINDOW, NOW), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, nonce, "b", 4, NOW),
                     NONCE_REPLAYED); /* out of the window */
    assert_int_equal(nonces_use(*state, nonce, "b", 6, NOW), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, nonce, "b", UINT32_MAX, NOW), NONCE_WORN);
}

static void nonce_is_ours_young_and_of_one(void **state)
{
    char nonce[NONCE_TEXT_LEN + 1], changed[NONCE_TEXT_LEN + 1];

    nonces_make(*state, NOW, nonce);
    assert_int_equal(nonces_use(*state, nonce, "b", 1, NOW + 300), NONCE_GOOD);
    assert_int_equal(nonces_use(*state, nonce, "b", 2, NOW + 301), NONCE_WORN);
    assert_int_equal(nonces_use(*state, nonce, "c", 3, NOW), NONCE_FOREIGN);
    memcpy(changed, nonce, sizeof changed);
    changed[5] = changed[5] == 'A' ? 'B' : 'A';
    assert_int_equal(nonces_use(*state, changed, "b", 1, NOW), NONCE_UNKNOWN);
    assert_int_equal(nonces_use(*state, "", "b", 1, NOW), NONCE_UNKNOWN);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nc_is_new_each_time, make, drop),
        cmocka_unit_test_setup_teardown(nonce_is_ours_young_and_of_one, make, drop),
        cmocka_unit_test(bucket_fills_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
