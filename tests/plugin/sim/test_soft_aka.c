/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a USIM does with a challenge (TS 33.102, 6.3.3 and annex C), against libosmogsm. */
#include "desk.h"

#include <openssl/rand.h>
#include <string.h>

static void test_answer(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);
    struct simauth_challenge challenge;
    struct simauth_card_answer answer;
    struct osmo_auth_vector vector;

    for (unsigned i = 0; i < 40; i++) {
        desk_challenge(desk, i % 32, &challenge, &vector);
        assert_int_equal(desk_backend->run(sim, &challenge, &answer), SIMAUTH_CARD_GOOD);
        assert_int_equal(answer.res.len, vector.res_len);
        assert_memory_equal(answer.res.octets, vector.res, vector.res_len);
        assert_int_equal(answer.k.len, 32);
        assert_memory_equal(answer.k.octets, vector.ck, 16);
        assert_memory_equal(answer.k.octets + 16, vector.ik, 16);
        simauth_card_answer_wipe(&answer);
    }
    desk_backend->close(sim);
}

/* Every octet of RAND and AUTN counts, and a refused challenge costs no sequence number. */
static void test_wrong_mac(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);
    struct simauth_challenge challenge, changed;
    struct simauth_card_answer answer;
    struct osmo_auth_vector vector;

    desk_challenge(desk, 0, &challenge, &vector);
    for (size_t i = 0; i < 32; i++) {
        changed = challenge;
        *(i < 16 ? &changed.rand[i] : &changed.autn[i - 16]) ^= 1;
        assert_int_equal(desk_backend->run(sim, &changed, &answer), SIMAUTH_CARD_REFUSED);
        assert_int_equal(answer.res.len, 0);
        assert_int_equal(answer.k.len, 0);
    }
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
    desk_backend->close(sim);
}

static void test_not_aka(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);
    struct simauth_challenge challenge, changed;
    struct osmo_auth_vector vector;

    desk_challenge(desk, 0, &challenge, &vector);
    changed = challenge;
    changed.has_autn = false;
    assert_int_equal(desk_run(sim, &changed), SIMAUTH_CARD_FAILED);
    changed = challenge;
    changed.rand_len = 48;
    assert_int_equal(desk_run(sim, &changed), SIMAUTH_CARD_FAILED);
    /* A USIM's keys serve no 2G challenge, with or without an AUTN beside it. */
    changed = challenge;
    changed.method = simauth_method_find("gsm", 3);
    assert_int_equal(desk_run(sim, &changed), SIMAUTH_CARD_FAILED);
    changed = challenge;
    changed.method = NULL;
    assert_int_equal(desk_run(sim, &changed), SIMAUTH_CARD_FAILED);
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
    desk_backend->close(sim);
}

/* For the card akap is the same challenge: its keys are made of the answer behind it. */
static void test_akap(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);
    struct simauth_challenge challenge;
    struct simauth_card_answer answer;
    struct osmo_auth_vector vector;

    desk_challenge(desk, 0, &challenge, &vector);
    challenge.method = simauth_method_find("akap", 4);
    assert_int_equal(desk_backend->run(sim, &challenge, &answer), SIMAUTH_CARD_GOOD);
    assert_memory_equal(answer.k.octets, vector.ck, 16);
    assert_memory_equal(answer.k.octets + 16, vector.ik, 16);
    simauth_card_answer_wipe(&answer);
    desk_backend->close(sim);
}

/* Each IND has a counter of its own: what comes late is taken once, in any order of IND. */
static void test_window(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);
    struct simauth_challenge late[32], next;
    struct osmo_auth_vector vector;

    for (unsigned i = 0; i < 32; i++)
        desk_challenge(desk, i, &late[i], &vector);
    for (unsigned i = 32; i-- > 0;) {
        assert_int_equal(desk_run(sim, &late[i]), SIMAUTH_CARD_GOOD);
        assert_int_equal(desk_run(sim, &late[i]), SIMAUTH_CARD_RESYNC);
    }
    desk_challenge(desk, 5, &late[0], &vector);
    desk_challenge(desk, 5, &next, &vector);
    assert_int_equal(desk_run(sim, &next), SIMAUTH_CARD_GOOD);
    assert_int_equal(desk_run(sim, &late[0]), SIMAUTH_CARD_RESYNC); /* same IND, older */
    desk_backend->close(sim);
}

static void run_resync(struct desk *desk, struct sim *sim, const struct simauth_challenge *old)
{
    struct simauth_challenge challenge;
    struct simauth_card_answer answer;
    struct osmo_auth_vector vector = {0};
    uint8_t random[SIMAUTH_RAND_LEN];

    assert_int_equal(desk_backend->run(sim, old, &answer), SIMAUTH_CARD_RESYNC);
    assert_int_equal(answer.res.len, 0);
    assert_int_equal(answer.k.len, 0);
    assert_int_equal(RAND_bytes(random, sizeof random), 1);
    assert_int_equal(
        osmo_auth_gen_vec_auts(&vector, &desk->operator, answer.auts, old->rand, random), 0);
    desk_to_challenge(&vector, &challenge);
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
}

/* The operator lost its counter; AUTS tells it SQN_MS, and the next vector is taken. */
static void test_auts(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);
    struct simauth_challenge challenge;
    struct osmo_auth_vector vector;
    uint64_t highest = 0;

    for (unsigned i = 0; i < 50; i++) {
        desk_challenge(desk, (3 * i) % 32, &challenge, &vector);
        assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
        highest = desk->operator.u.umts.sqn;
    }
    desk->operator.u.umts.sqn = 0;
    desk_challenge(desk, 0, &challenge, &vector);
    run_resync(desk, sim, &challenge);
    assert_int_equal(desk->operator.u.umts.sqn_ms, highest);
    desk_backend->close(sim);
}

/* A counter that runs away would use the SIM up (annex C.2.1): over 2^28 it asks to resynchronise.
 */
static void test_delta(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);
    struct simauth_challenge challenge;
    struct osmo_auth_vector vector;

    desk->operator.u.umts.sqn =(uint64_t) 1 << 40;
    desk_challenge(desk, 0, &challenge, &vector);
    run_resync(desk, sim, &challenge);
    desk->operator.u.umts.sqn =(uint64_t) 1 << 32;
    desk_challenge(desk, 0, &challenge, &vector);
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
    desk_backend->close(sim);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_answer), CASE(test_wrong_mac), CASE(test_not_aka), CASE(test_window),
        CASE(test_auts),   CASE(test_akap),      CASE(test_delta),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
