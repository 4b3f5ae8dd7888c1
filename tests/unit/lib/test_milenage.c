/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Milenage against the test sets of TS 35.208 section 4.3 (3 to 8 there are sets 1 to 6) and
 * libosmogsm. */
#include "simauth/milenage.h"
#include "vectors.h"
#ifdef HAVE_OSMOGSM
#include <openssl/rand.h>
#endif

struct set {
    const char *k, *rand, *sqn, *amf, *op, *opc;
    const char *f1, *f1s, *f2, *f3, *f4, *f5, *f5s;
};
static const struct set SETS[] = {
    {"465b5ce8b199b49faa5f0a2ee238a6bc", "23553cbe9637a89d218ae64dae47bf35", "ff9bb4d0b607", "b9b9",
     "cdc202d5123e20f62b6d676ac72cb318", "cd63cb71954a9f4e48a5994e37a02baf", "4a9ffac354dfafb3",
     "01cfaf9ec4e871e9", "a54211d5e3ba50bf", "b40ba9a3c58b2a05bbf0d987b21bf8cb",
     "f769bcd751044604127672711c6d3441", "aa689c648370", "451e8beca43b"},
    {"fec86ba6eb707ed08905757b1bb44b8f", "9f7c8d021accf4db213ccff0c7f71a6a", "9d0277595ffc", "725c",
     "dbc59adcb6f9a0ef735477b7fadf8374", "1006020f0a478bf6b699f15c062e42b3", "9cabc3e99baf7281",
     "95814ba2b3044324", "8011c48c0c214ed2", "5dbdbb2954e8f3cde665b046179a5098",
     "59a92d3b476a0443487055cf88b2307b", "33484dc2136b", "deacdd848cc6"},
    {"9e5944aea94b81165c82fbf9f32db751", "ce83dbc54ac0274a157c17f80d017bd6", "0b604a81eca8", "9e09",
     "223014c5806694c007ca1eeef57f004f", "a64a507ae1a2a98bb88eb4210135dc87", "74a58220cba84c49",
     "ac2cc74a96871837", "f365cd683cd92e96", "e203edb3971574f5a94b0d61b816345d",
     "0c4524adeac041c4dd830d20854fc46b", "f0b9c08ad02e", "6085a86c6f63"},
    {"4ab1deb05ca6ceb051fc98e77d026a84", "74b0cd6031a1c8339b2b6ce2b8c4a186", "e880a1b580b6", "9f07",
     "2d16c5cd1fdf6b22383584e3bef2a8d8", "dcf07cbd51855290b92a07a9891e523e", "49e785dd12626ef2",
     "9e85790336bb3fa2", "5860fc1bce351e7e", "7657766b373d1c2138f307e3de9242f9",
     "1c42e960d89b8fa99f2744e0708ccb53", "31e11a609118", "fe2555e54aa9"},
    {"6c38a116ac280c454f59332ee35c8c4f", "ee6466bc96202c5a557abbeff8babf63", "414b98222181", "4464",
     "1ba00a1a7c6700ac8c3ff3e96ad08725", "3803ef5363b947c6aaa225e58fae3934", "078adfb488241a57",
     "80246b8d0186bcf1", "16c8233f05a0ac28", "3f8c7587fe8e4b233af676aede30ba3b",
     "a7466cc1e6b2a1337d49d3b66e95d7b4", "45b0f69ab06c", "1f53cd2b1113"},
    {"2d609d4db0ac5bf0d2c0de267014de0d", "194aa756013896b74b4a2a3b0af4539e", "6bf69438c2e4", "5f67",
     "460a48385427aa39264aac8efc9e73e8", "c35a0ab0bcbfc9252caff15f24efbde0", "bd07d3003b9e5cc3",
     "bcb6c2fcad152250", "8c25a16cd918a1df", "4cd0846020f8fa0731dd47cbdc6be411",
     "88ab80a415f15c73711254a1d388f696", "7e6455f34cf3", "dc6dd01e8f15"},
};

static void check(const struct simauth_milenage *m, const struct set *set)
{
    struct simauth_milenage_vector v;
    uint8_t rand[16], sqn[6], amf[2];

    from_hex(set->rand, rand, sizeof rand);
    from_hex(set->sqn, sqn, sizeof sqn);
    from_hex(set->amf, amf, sizeof amf);
    assert_hex(m->opc, 16, set->opc);
    assert_int_equal(simauth_milenage_run(m, rand, sqn, amf, &v), SIMAUTH_OK);
    assert_hex(v.mac_a, 8, set->f1);
    assert_hex(v.mac_s, 8, set->f1s);
    assert_hex(v.res, 8, set->f2);
    assert_hex(v.ck, 16, set->f3);
    assert_hex(v.ik, 16, set->f4);
    assert_hex(v.ak, 6, set->f5);
    assert_hex(v.ak_star, 6, set->f5s);
    assert_int_equal(simauth_milenage_keys(m, rand, &v), SIMAUTH_OK);
    assert_hex(v.res, 8, set->f2);
    assert_hex(v.ck, 16, set->f3);
    assert_hex(v.ik, 16, set->f4);
    assert_hex(v.mac_a, 8, "0000000000000000");
}

static void test_sets_of_ts_35_208(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SETS / sizeof SETS[0]; i++) {
        struct simauth_milenage m;
        uint8_t k[16], op[16], opc[16];
        from_hex(SETS[i].k, k, sizeof k);
        from_hex(SETS[i].op, op, sizeof op);
        from_hex(SETS[i].opc, opc, sizeof opc);
        assert_int_equal(simauth_milenage_init(&m, k, op, false), SIMAUTH_OK);
        check(&m, &SETS[i]);
        assert_int_equal(simauth_milenage_init(&m, k, opc, true), SIMAUTH_OK);
        check(&m, &SETS[i]);
        simauth_milenage_wipe(&m);
    }
}

/* An operator's own constants, against the independent implementation. */
static void test_own_constants(void **state)
{
    json_t *v = load_vectors("milenage-custom");
    struct simauth_milenage m;
    struct simauth_milenage_vector made;
    uint8_t k[16], op[16], opc[16], rand[16], sqn[6], amf[2], c[5][16], r[5];

    (void)state;
    octets_of(v, "k", k, 16);
    octets_of(v, "op", op, 16);
    octets_of(v, "opc", opc, 16);
    octets_of(v, "rand", rand, 16);
    octets_of(v, "sqn", sqn, 6);
    octets_of(v, "amf", amf, 2);
    for (size_t i = 0; i < 5; i++) {
        from_hex(json_string_value(json_array_get(json_object_get(v, "c"), i)), c[i], 16);
        r[i] = (uint8_t)json_integer_value(json_array_get(json_object_get(v, "r"), i));
    }
    assert_int_equal(simauth_milenage_init_custom(&m, k, op, false, c, r), SIMAUTH_OK);
    assert_memory_equal(m.opc, opc, 16);
    assert_int_equal(simauth_milenage_run(&m, rand, sqn, amf, &made), SIMAUTH_OK);
    assert_octets(v, "mac_a", made.mac_a, 8);
    assert_octets(v, "mac_s", made.mac_s, 8);
    assert_octets(v, "res", made.res, 8);
    assert_octets(v, "ck", made.ck, 16);
    assert_octets(v, "ik", made.ik, 16);
    assert_octets(v, "ak", made.ak, 6);
    assert_octets(v, "ak_star", made.ak_star, 6);
    r[2] = 128;
    assert_int_equal(simauth_milenage_init_custom(&m, k, op, false, c, r), SIMAUTH_MALFORMED);
    r[2] = r[4];
    assert_int_equal(simauth_milenage_init_custom(&m, k, op, false, c, r), SIMAUTH_OK);
    memcpy(c[2], c[4], 16);
    assert_int_equal(simauth_milenage_init_custom(&m, k, op, false, c, r), SIMAUTH_MALFORMED);
    memset(opc, 0, sizeof opc);
    assert_memory_equal(m.k, opc, 16);
    json_decref(v);
}

#ifdef HAVE_OSMOGSM
/* Exported by libosmogsm, declared in no installed header. */
int milenage_f1(const uint8_t *opc, const uint8_t *k, const uint8_t *rand, const uint8_t *sqn,
                const uint8_t *amf, uint8_t *mac_a, uint8_t *mac_s);
int milenage_f2345(const uint8_t *opc, const uint8_t *k, const uint8_t *rand, uint8_t *res,
                   uint8_t *ck, uint8_t *ik, uint8_t *ak, uint8_t *ak_star);

static void test_against_libosmogsm(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t in[16 + 16 + 16 + 6 + 2];
        const uint8_t *k = in, *opc = in + 16, *rand = in + 32, *sqn = in + 48, *amf = in + 54;
        struct simauth_milenage m;
        struct simauth_milenage_vector made, right = {0};
        assert_int_equal(RAND_bytes(in, sizeof in), 1);
        assert_int_equal(milenage_f1(opc, k, rand, sqn, amf, right.mac_a, right.mac_s), 0);
        assert_int_equal(
            milenage_f2345(opc, k, rand, right.res, right.ck, right.ik, right.ak, right.ak_star),
            0);
        assert_int_equal(simauth_milenage_init(&m, k, opc, true), SIMAUTH_OK);
        assert_int_equal(simauth_milenage_run(&m, rand, sqn, amf, &made), SIMAUTH_OK);
        assert_memory_equal(&made, &right, sizeof made);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_of_ts_35_208),
        cmocka_unit_test(test_own_constants),
#ifdef HAVE_OSMOGSM
        cmocka_unit_test(test_against_libosmogsm),
#endif
    };

    return cmocka_run_group_tests_name("milenage", tests, NULL, NULL);
}
