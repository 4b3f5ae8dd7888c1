/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ring of setup keys: what may be taken, when, how often, and what is written down of it. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1000100

static int ring_setup(void **state)
{
    *state = simauth_keyring_new();
    return *state ? 0 : -1;
}

static int ring_teardown(void **state)
{
    simauth_keyring_free(*state);
    return 0;
}

/* The n-th key of the pair. */
static struct simauth_held_key nth(unsigned n, bool outgoing)
{
    struct simauth_held_key key = world_held_key("stp", outgoing);
    key.key.octets[0] = (uint8_t)n;
    key.key.octets[1] = (uint8_t)(n >> 8);
    key.made += n;
    key.expires += n;
    return key;
}

static size_t count(const struct simauth_keyring *ring)
{
    size_t n = 0;
    while (simauth_keyring_at(ring, n))
        n++;
    return n;
}

static void four_for_each_direction(void **state)
{
    struct simauth_keyring *ring = *state;
    for (unsigned n = 0; n < 6; n++) {
        struct simauth_held_key out = nth(n, true), in = nth(100 + n, false);
        assert_int_equal(simauth_keyring_add(ring, &out, NOW), SIMAUTH_OK);
        assert_int_equal(simauth_keyring_add(ring, &in, NOW), SIMAUTH_OK);
    }
    assert_int_equal(count(ring), 2 * SIMAUTH_SETUP_PER_PAIR);
    for (size_t i = 0; i < count(ring); i++) /* the oldest went */
        assert_true((simauth_keyring_at(ring, i)->key.octets[0] % 100) >= 2);
}

static void one_call_each(void **state)
{
    struct simauth_keyring *ring = *state;
    uint64_t first, second, third;
    struct simauth_held_key one = nth(1, true), two = nth(2, true);
    simauth_keyring_add(ring, &one, NOW);
    simauth_keyring_add(ring, &two, NOW);
    const struct simauth_held_key *key = simauth_keyring_take(
        ring, "sip:alice@OPERATOR-A.example", "sips:bob@operator-b.example", 30, NOW, &first);
    assert_non_null(key);
    assert_int_equal(key->key.octets[0], 2); /* the newest */
    assert_non_null(simauth_keyring_take(ring, AOR_A, AOR_B, 30, NOW, &second));
    assert_null(simauth_keyring_take(ring, AOR_A, AOR_B, 30, NOW, &third));
    simauth_keyring_release(ring, first, false); /* nobody answered */
    assert_non_null(simauth_keyring_take(ring, AOR_A, AOR_B, 30, NOW, &third));
    simauth_keyring_release(ring, third, true);
    simauth_keyring_release(ring, second, true);
    assert_int_equal(count(ring), 0);
    simauth_keyring_release(ring, second, true);
}

/* One that a call took and gave back makes no fifth. */
static void no_fifth_comes_back(void **state)
{
    struct simauth_keyring *ring = *state;
    uint64_t first;
    for (unsigned n = 0; n < SIMAUTH_SETUP_PER_PAIR; n++) {
        struct simauth_held_key key = nth(n, true);
        simauth_keyring_add(ring, &key, NOW);
    }
    assert_non_null(simauth_keyring_take(ring, AOR_A, AOR_B, 0, NOW, &first));
    struct simauth_held_key next = nth(SIMAUTH_SETUP_PER_PAIR, true), other = nth(100, false);
    simauth_keyring_add(ring, &next, NOW);
    simauth_keyring_add(ring, &other, NOW);
    assert_int_equal(count(ring), SIMAUTH_SETUP_PER_PAIR + 2);
    simauth_keyring_release(ring, first, false);
    assert_int_equal(count(ring), SIMAUTH_SETUP_PER_PAIR + 1);
    assert_int_equal(simauth_keyring_at(ring, 0)->key.octets[0], 1); /* the oldest went */
    assert_false(simauth_keyring_at(ring, SIMAUTH_SETUP_PER_PAIR)->outgoing);
}

/* The clock was set back in the call that left the key: nobody knows how old it is. */
static void a_clock_set_back_in_the_call(void **state)
{
    struct simauth_keyring *ring = *state;
    struct simauth_held_key key = nth(1, true);
    uint64_t handle;
    key.sim_time = key.made + SIMAUTH_SETUP_CLOCK_BACK + 1;
    assert_int_equal(simauth_keyring_add(ring, &key, key.made), SIMAUTH_EXPIRED);
    assert_int_equal(simauth_keyring_add(ring, &key, key.made + 1), SIMAUTH_OK);
    assert_null(simauth_keyring_take(ring, AOR_A, AOR_B, 0, key.made, &handle));
    assert_int_equal(simauth_keyring_expire(ring, key.made), 1);
}

static void weak_dead_and_foreign_ones_stay(void **state)
{
    struct simauth_keyring *ring = *state;
    struct simauth_held_key key = nth(1, true);
    uint64_t handle;
    key.origin = simauth_method_find("gsm", 3);
    simauth_keyring_add(ring, &key, NOW);
    assert_null(simauth_keyring_take(ring, AOR_A, AOR_B, 30, NOW, &handle));
    assert_null(simauth_keyring_take(ring, AOR_B, AOR_A, 0, NOW, &handle));
    assert_null(simauth_keyring_take(ring, AOR_A, "sip:eve@operator-b.example", 0, NOW, &handle));
    assert_null(simauth_keyring_take(ring, AOR_A, "no uri", 0, NOW, &handle));
    assert_null(simauth_keyring_take(ring, AOR_A, AOR_B, 0, key.expires, &handle));
    assert_null(simauth_keyring_take(ring, AOR_A, AOR_B, 0, key.made - SIMAUTH_SETUP_CLOCK_BACK - 1,
                                     &handle));
    assert_non_null(simauth_keyring_take(ring, AOR_A, AOR_B, 20, key.expires - 1, &handle));
}

static void what_may_not_come_in(void **state)
{
    struct simauth_keyring *ring = *state;
    struct simauth_held_key key = world_held_key("agt", true);
    assert_int_equal(simauth_keyring_add(ring, &key, NOW), SIMAUTH_MALFORMED);
    key = nth(1, true);
    key.origin = key.with;
    assert_int_equal(simauth_keyring_add(ring, &key, NOW), SIMAUTH_MALFORMED);
    key = nth(1, true);
    key.key.len = 31;
    assert_int_equal(simauth_keyring_add(ring, &key, NOW), SIMAUTH_MALFORMED);
    key = nth(1, true);
    assert_int_equal(simauth_keyring_add(ring, &key, key.expires), SIMAUTH_EXPIRED);
    key.expires = NOW + 2 * SIMAUTH_SETUP_SIM_LIMIT;
    assert_int_equal(simauth_keyring_add(ring, &key, key.sim_time + SIMAUTH_SETUP_SIM_LIMIT),
                     SIMAUTH_EXPIRED);
    assert_int_equal(count(ring), 0);
}

static enum simauth_result find(struct simauth_keyring *ring, const struct simauth_held_key *of,
                                uint8_t nonce, int64_t now, uint64_t *handle)
{
    const struct simauth_held_key *key;
    uint8_t nonce_a[SIMAUTH_NONCE_LEN] = {nonce}, keyid[SIMAUTH_KEYID_LEN];
    assert_int_equal(simauth_setup_keyid(&of->key, nonce_a, keyid), SIMAUTH_OK);
    enum simauth_result result =
        simauth_keyring_find(ring, AOR_B, AOR_A, keyid, nonce_a, now, &key, handle);
    assert_true((result == SIMAUTH_OK) == (key != NULL));
    if (key)
        assert_true(simauth_secret_equal(&key->key, &of->key));
    return result;
}

static void a_nonce_comes_once(void **state)
{
    struct simauth_keyring *ring = *state;
    struct simauth_held_key one = nth(1, false), two = nth(2, false), other = nth(3, false);
    uint64_t handle = 0, second;
    simauth_keyring_add(ring, &one, NOW);
    simauth_keyring_add(ring, &two, NOW);
    assert_int_equal(find(ring, &other, 1, NOW, &handle), SIMAUTH_NOT_OURS);
    assert_int_equal(find(ring, &one, 1, NOW, &handle), SIMAUTH_OK);
    assert_int_equal(find(ring, &one, 2, NOW, &second), SIMAUTH_WRONG); /* in a call */
    simauth_keyring_release(ring, handle, false);
    assert_int_equal(find(ring, &one, 1, NOW, &handle), SIMAUTH_WRONG); /* a replay */
    assert_int_equal(find(ring, &one, 2, NOW, &handle), SIMAUTH_OK);
    assert_int_equal(find(ring, &two, 1, NOW, &second), SIMAUTH_OK);
    simauth_keyring_release(ring, handle, true);
    assert_int_equal(find(ring, &one, 3, NOW, &handle), SIMAUTH_NOT_OURS); /* used up */
}

static void tries_are_counted(void **state)
{
    struct simauth_keyring *ring = *state;
    struct simauth_held_key one = nth(1, false);
    uint64_t handle;
    simauth_keyring_add(ring, &one, NOW);
    for (uint8_t n = 0; n < SIMAUTH_SETUP_NONCES; n++) {
        assert_int_equal(find(ring, &one, n, NOW, &handle), SIMAUTH_OK);
        simauth_keyring_release(ring, handle, false);
    }
    assert_int_equal(find(ring, &one, 200, NOW, &handle), SIMAUTH_EXPIRED);
    assert_int_equal(count(ring), 0);
    simauth_keyring_add(ring, &one, NOW);
    assert_int_equal(find(ring, &one, 1, one.expires, &handle), SIMAUTH_EXPIRED);
    assert_int_equal(count(ring), 0);
}

static void nobody_links_two_calls(void **state)
{
    (void)state;
    struct simauth_held_key one = nth(1, false);
    uint8_t nonce[2][SIMAUTH_NONCE_LEN] = {{1}, {2}}, id[2][SIMAUTH_KEYID_LEN];
    simauth_setup_keyid(&one.key, nonce[0], id[0]);
    simauth_setup_keyid(&one.key, nonce[1], id[1]);
    assert_memory_not_equal(id[0], id[1], SIMAUTH_KEYID_LEN);
}

static void forgotten_and_over(void **state)
{
    struct simauth_keyring *ring = *state;
    struct simauth_held_key one = nth(1, false), two = nth(5000, true);
    simauth_keyring_add(ring, &one, two.made);
    simauth_keyring_add(ring, &two, two.made);
    assert_int_equal(simauth_keyring_expire(ring, one.expires), 1);
    assert_int_equal(simauth_keyring_forget(ring, NAI_B), 1);
    simauth_keyring_add(ring, &one, NOW);
    assert_int_equal(simauth_keyring_forget(ring, "sip:alice@Operator-A.example"), 1);
    simauth_keyring_add(ring, &one, NOW);
    assert_int_equal(simauth_keyring_forget(ring, "nobody@operator-a.example"), 0);
    assert_int_equal(simauth_keyring_forget(ring, NULL), 1);
}

static void one_is_erased_by_its_handle(void **state)
{
    struct simauth_keyring *ring = *state;
    struct simauth_held_key one = nth(1, false), two = nth(2, true);
    uint64_t first;
    simauth_keyring_add(ring, &one, NOW);
    simauth_keyring_add(ring, &two, NOW);
    first = simauth_keyring_handle(ring, 0);
    assert_int_not_equal(first, simauth_keyring_handle(ring, 1));
    assert_int_equal(simauth_keyring_handle(ring, 2), 0);
    simauth_keyring_release(ring, first, true);
    assert_int_equal(count(ring), 1);
    assert_true(simauth_keyring_at(ring, 0)->outgoing);
    simauth_keyring_add(ring, &one, NOW);
    assert_int_not_equal(simauth_keyring_handle(ring, 1), first); /* never again in this ring */
}

static void written_and_read(void **state)
{
    struct simauth_keyring *ring = *state, *again = simauth_keyring_new();
    struct simauth_octets record = {0};
    struct simauth_held_key one = nth(1, false), two = nth(2, true);
    uint64_t handle;
    simauth_keyring_add(ring, &one, NOW);
    simauth_keyring_add(ring, &two, NOW);
    find(ring, &one, 7, NOW, &handle);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(simauth_keyring_write(ring, i, &record), SIMAUTH_OK);
        assert_true(record.len <= SIMAUTH_SETUP_RECORD_MAX);
        assert_int_equal(simauth_keyring_read(again, record.data, record.len, NOW), SIMAUTH_OK);
        for (size_t len = 0; len < record.len; len++)
            assert_int_equal(simauth_keyring_read(again, record.data, len, NOW), SIMAUTH_MALFORMED);
        simauth_octets_append(&record, "", 1);
        assert_int_equal(simauth_keyring_read(again, record.data, record.len, NOW),
                         SIMAUTH_MALFORMED);
        simauth_octets_clear(&record);
    }
    assert_int_equal(simauth_keyring_write(ring, 2, &record), SIMAUTH_MALFORMED);
    assert_int_equal(count(again), 2);
    assert_int_equal(find(again, &one, 7, NOW, &handle), SIMAUTH_WRONG); /* still a replay */
    assert_int_equal(find(again, &one, 8, NOW, &handle), SIMAUTH_OK);
    assert_int_equal(simauth_keyring_at(again, 1)->expires, two.expires);
    assert_string_equal(simauth_keyring_at(again, 1)->origin->name, "aka");
    simauth_keyring_free(again);
}

static void many_peers(void **state)
{
    struct simauth_keyring *ring = *state;
    uint64_t handle;
    for (unsigned n = 0; n < 1000; n++) {
        struct simauth_held_key key = nth(n, true);
        snprintf(key.peer_aor, sizeof key.peer_aor, "sip:peer%u@operator-b.example", n);
        assert_int_equal(simauth_keyring_add(ring, &key, NOW + 1000), SIMAUTH_OK);
    }
    assert_int_equal(count(ring), 1000);
    assert_non_null(simauth_keyring_take(ring, AOR_A, "sip:peer500@operator-b.example", 0,
                                         NOW + 1000, &handle));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, ring_setup, ring_teardown)
    const struct CMUnitTest tests[] = {
        TEST(four_for_each_direction),
        TEST(one_call_each),
        TEST(no_fifth_comes_back),
        TEST(a_clock_set_back_in_the_call),
        TEST(weak_dead_and_foreign_ones_stay),
        TEST(what_may_not_come_in),
        TEST(a_nonce_comes_once),
        TEST(tries_are_counted),
        TEST(nobody_links_two_calls),
        TEST(forgotten_and_over),
        TEST(one_is_erased_by_its_handle),
        TEST(written_and_read),
        TEST(many_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
