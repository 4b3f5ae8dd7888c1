/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is counted as calls change is what one would count by looking at all of them, in tables
 * whose order nobody chooses. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "tally.h"

#include <glib.h>
#include <string.h>

#define PARTIES 200
static const char *const accounts[] = {"sip:a@x", "sip:b@x", "sip:c@x"};
static const char *const trunks[] = {"", "one", "two"};

struct party {
    unsigned account, trunk, kbit;
};

static struct tally_sum by_looking(const struct party *parties, int account, int trunk)
{
    struct tally_sum sum = {0};

    for (unsigned i = 0; i < PARTIES; i++) {
        const struct party *p = &parties[i];

        if ((account >= 0 && p->account != (unsigned)account) ||
            (trunk >= 0 && p->trunk != (unsigned)trunk))
            continue;
        sum.kbit += p->kbit;
        sum.calls += p->kbit > 0;
    }
    return sum;
}

static void same(struct tally_sum one, struct tally_sum other)
{
    assert_int_equal(one.kbit, other.kbit);
    assert_int_equal(one.calls, other.calls);
}

static void sums_are_what_one_would_count(void **data)
{
    GRand *chance = g_rand_new_with_seed(7);
    struct tally *tally = tally_new();
    struct party parties[PARTIES] = {0};

    (void)data;
    for (unsigned i = 0; i < PARTIES; i++)
        parties[i] = (struct party){(unsigned)g_rand_int_range(chance, 0, 3),
                                    (unsigned)g_rand_int_range(chance, 0, 3), 0};
    for (unsigned i = 0; i < 5000; i++) {
        struct party *p = &parties[g_rand_int_range(chance, 0, PARTIES)];
        unsigned kbit =
            g_rand_int_range(chance, 0, 3) ? (unsigned)g_rand_int_range(chance, 1, 500) : 0;

        tally_share(tally, accounts[p->account], trunks[p->trunk], p->kbit, kbit);
        p->kbit = kbit;
        same(tally_total(tally), by_looking(parties, -1, -1));
        same(tally_account(tally, accounts[p->account]), by_looking(parties, (int)p->account, -1));
        if (p->trunk)
            same(tally_trunk(tally, trunks[p->trunk]), by_looking(parties, -1, (int)p->trunk));
    }
    tally_free(tally);
    g_rand_free(chance);
}

static unsigned fnv(const struct pinhole *hole)
{
    const uint8_t *octets = (const uint8_t *)hole;
    unsigned hash = 2166136261U;

    for (size_t i = 0; i < sizeof *hole; i++)
        hash = (hash ^ octets[i]) * 16777619U;
    return hash;
}

/* Pinholes that fall together in a hash that everybody knows are found in no time; they do not in
 * ours. */
static void nobody_chooses_the_hash(void **data)
{
    GHashTable *seen = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    unsigned together = 0, here = 0;

    (void)data;
    for (unsigned i = 0; i < 300000; i++) {
        struct pinhole hole, *other;

        memset(&hole, 0, sizeof hole);
        hole.a.family = hole.b.family = AF_INET;
        hole.a_port = (uint16_t)(1024 + i % 60000);
        hole.b.octets[2] = (uint8_t)(i / 60000);
        hole.b_port = (uint16_t)(i * 31);
        other = g_hash_table_lookup(seen, GUINT_TO_POINTER(fnv(&hole)));
        together += other != NULL;
        here += other && octets_hash(other, sizeof hole) == octets_hash(&hole, sizeof hole);
        g_hash_table_insert(seen, GUINT_TO_POINTER(fnv(&hole)), g_memdup2(&hole, sizeof hole));
    }
    g_hash_table_destroy(seen);
    assert_true(together > 1);
    assert_true(here < together);
    assert_int_not_equal(text_hash("a"), text_hash("b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_what_one_would_count),
        cmocka_unit_test(nobody_chooses_the_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
