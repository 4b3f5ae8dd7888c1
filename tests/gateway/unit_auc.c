/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sequence numbers and the embedded AuC; the mistakes that other vector servers made. */
#include "unit.h"

#include "auc/sqn.h"
#include <inttypes.h>
#include <simauth/milenage.h>

static const struct auc_ind five_bits = {.bits = 5, .first = 0, .count = 32};

static void sqn_steps_by_one(void **state)
{
    struct auc_ind ind = {.bits = 5, .first = 8, .count = 8};
    uint64_t sqn = 0, seen = 0;

    (void)state;
    for (uint64_t seq = 1; seq <= 100; seq++) {
        sqn = sqn_next(&ind, sqn);
        assert_int_equal(sqn >> 5, seq); /* not += 32, not += 100 */
        assert_in_range(sqn & 31, 8, 15);
        seen |= UINT64_C(1) << (sqn & 31);
    }
    assert_int_equal(seen, 0xff00); /* every value of ours, none of others */
}

static void sqn_has_48_bits(void **state)
{
    uint64_t sqn = UINT64_C(0xff9bb4d0b607); /* TS 35.208 set 1 */
    uint8_t octets[6];

    (void)state;
    assert_int_equal(sqn_next(&five_bits, sqn) >> 5, (sqn >> 5) + 1);
    sqn_write(sqn, octets);
    assert_int_equal(sqn_read(octets), sqn);
    assert_memory_equal(octets, "\xff\x9b\xb4\xd0\xb6\x07", 6);
    assert_int_equal(sqn_next(&five_bits, SQN_MAX), 0); /* never wraps round to old numbers */
}

static void auts_never_moves_back(void **state)
{
    (void)state;
    assert_int_equal(sqn_after_auts(&five_bits, 1000 << 5, 999 << 5), 1000 << 5);
    assert_int_equal(sqn_after_auts(&five_bits, 1000 << 5, 1000 << 5 | 31), 1000 << 5);
    assert_int_equal(sqn_after_auts(&five_bits, 1000 << 5, 1001 << 5), 1001 << 5);
    assert_int_equal(sqn_after_auts(&five_bits, 0, SQN_MAX), SQN_MAX);
}

/* -- the embedded AuC on a real store ---------------------------------------------------------- */

static struct store_subscriber add_subscriber(struct unit_store *unit, uint64_t sqn)
{
    struct store_subscriber s = {.imsi = "001010000000001",
                                 .impi = "001010000000001@ims.mnc001.mcc001.3gppnetwork.org",
                                 .nai = "alice@operator-a.test",
                                 .sqn = sqn,
                                 .keys = {.op_is_opc = true, .amf = {0x12, 0x34}}};

    for (int i = 0; i < 16; i++) {
        s.keys.k[i] = (uint8_t)i; /* small octets: none may lose its leading zero */
        s.keys.op[i] = (uint8_t)(15 - i);
    }
    assert_int_equal(unit->ops->begin(unit->store, true), STORE_OK);
    assert_int_equal(unit->ops->subscriber_add(unit->store, &s), STORE_OK);
    assert_int_equal(unit->ops->commit(unit->store), STORE_OK);
    return s;
}

static enum auc_result draw(struct unit_store *unit, const struct auc_auts *auts,
                            struct auc_vector *vector, uint64_t *sqn)
{
    struct auc auc = {.ops = auc_find("embedded"),
                      .store_ops = unit->ops,
                      .store = unit->store,
                      .ind = five_bits};
    struct store_subscriber s;
    enum store_result store_result;
    enum auc_result result;

    assert_int_equal(unit->ops->begin(unit->store, true), STORE_OK);
    assert_int_equal(unit->ops->subscriber_by_imsi(unit->store, "001010000000001", &s), STORE_OK);
    result = auc.ops->draw(&auc, &s, auts, vector, &store_result);
    if (result == AUC_OK)
        assert_int_equal(unit->ops->commit(unit->store), STORE_OK);
    else
        unit->ops->rollback(unit->store);
    assert_int_equal(unit->ops->begin(unit->store, false), STORE_OK);
    assert_int_equal(unit->ops->subscriber_by_imsi(unit->store, "001010000000001", &s), STORE_OK);
    unit->ops->rollback(unit->store);
    *sqn = s.sqn;
    return result;
}

static void vector_is_milenage(void **state)
{
    struct unit_store *unit = *state;
    struct store_subscriber s = add_subscriber(unit, UINT64_C(0xff9bb4d0b600));
    struct simauth_milenage m;
    struct simauth_milenage_vector v;
    struct auc_vector first = {0}, second = {0};
    uint64_t sqn;
    uint8_t octets[6];

    assert_int_equal(draw(unit, NULL, &first, &sqn), AUC_OK);
    assert_int_equal(sqn >> 5, (s.sqn >> 5) + 1);
    simauth_milenage_init(&m, s.keys.k, s.keys.op, true);
    sqn_write(sqn, octets);
    simauth_milenage_run(&m, first.rand, octets, s.keys.amf, &v);
    assert_memory_equal(first.res.octets, v.res, 8);
    assert_memory_equal(first.k.octets, v.ck, 16); /* once, not CK' */
    assert_memory_equal(first.k.octets + 16, v.ik, 16);
    assert_memory_equal(first.autn + 6, "\x12\x34", 2);
    assert_memory_equal(first.autn + 8, v.mac_a, 8);
    /* and never the same again */
    assert_int_equal(draw(unit, NULL, &second, &sqn), AUC_OK);
    assert_memory_not_equal(first.rand, second.rand, 16);
    assert_memory_not_equal(first.autn, second.autn, 16);
}

static void make_auts(const struct store_subscriber *s, const uint8_t *rand, uint64_t sqn_ms,
                      uint8_t auts[14])
{
    static const uint8_t amf[2] = {0, 0};
    struct simauth_milenage m;
    struct simauth_milenage_vector v;

    simauth_milenage_init(&m, s->keys.k, s->keys.op, true);
    sqn_write(sqn_ms, auts);
    simauth_milenage_run(&m, rand, auts, amf, &v);
    for (int i = 0; i < 6; i++)
        auts[i] ^= v.ak_star[i];
    memcpy(auts + 6, v.mac_s, 8);
}

static void auts_is_checked_against_its_rand(void **state)
{
    struct unit_store *unit = *state;
    struct store_subscriber s = add_subscriber(unit, 64);
    struct auc_vector v = {0};
    uint8_t auts[14], rand[16] = {1}, other[16] = {2};
    uint64_t sqn;

    make_auts(&s, rand, UINT64_C(0xfe0000000000), auts);
    assert_int_equal(draw(unit, &(struct auc_auts){other, auts}, &v, &sqn), AUC_AUTS_REFUSED);
    assert_int_equal(sqn, 64);
    auts[13] ^= 1;
    assert_int_equal(draw(unit, &(struct auc_auts){rand, auts}, &v, &sqn), AUC_AUTS_REFUSED);
    assert_int_equal(sqn, 64);
    auts[13] ^= 1;
    assert_int_equal(draw(unit, &(struct auc_auts){rand, auts}, &v, &sqn), AUC_OK);
    assert_int_equal(sqn >> 5, (UINT64_C(0xfe0000000000) >> 5) + 1);
    /* the same once more: right, but old */
    assert_int_equal(draw(unit, &(struct auc_auts){rand, auts}, &v, &sqn), AUC_OK);
    assert_int_equal(sqn >> 5, (UINT64_C(0xfe0000000000) >> 5) + 2);
}

static void exhausted_is_said(void **state)
{
    struct unit_store *unit = *state;
    struct auc_vector v = {0};
    uint64_t sqn;

    add_subscriber(unit, SQN_MAX);
    assert_int_equal(draw(unit, NULL, &v, &sqn), AUC_EXHAUSTED);
    assert_int_equal(sqn, SQN_MAX);
}

static void no_vector_by_zeros(void **state)
{
    struct auc auc = {.ops = auc_find("embedded")};
    struct store_subscriber s = {.imsi = "001010000000001"};
    struct auc_vector v = {0};
    enum store_result store_result;

    (void)state; /* nothing is asked of a store */
    assert_int_equal(auc.ops->draw(&auc, &s, NULL, &v, &store_result), AUC_NO_KEYS);
    s.keys.k[15] = 1;
    assert_false(store_keys_elsewhere(&s.keys));
    s.keys = (struct store_keys){.op = {1}};
    assert_false(store_keys_elsewhere(&s.keys));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqn_steps_by_one),
        cmocka_unit_test(sqn_has_48_bits),
        cmocka_unit_test(auts_never_moves_back),
        cmocka_unit_test(no_vector_by_zeros),
        cmocka_unit_test_setup_teardown(vector_is_milenage, unit_store_open, unit_store_close),
        cmocka_unit_test_setup_teardown(auts_is_checked_against_its_rand, unit_store_open,
                                        unit_store_close),
        cmocka_unit_test_setup_teardown(exhausted_is_said, unit_store_open, unit_store_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
