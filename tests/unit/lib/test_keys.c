/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys, transcripts and MACs of one call against the independent implementation; RFC 5869 and RFC
 * 7748. */
#include "crypto.h"
#include "simauth/binding.h"
#include "simauth/transcript.h"
#include "vectors.h"

/* RFC 5869 appendix A.1 and A.3, as long as a secret may be (A.2 asks for 82 octets). */
static void test_hkdf_of_the_rfc(void **state)
{
    uint8_t ikm[22], salt[13], info[10];
    struct span spans[2] = {{info, 4}, {info + 4, 6}};
    struct span many[5] = {{info, 1}, {info + 1, 2}, {info + 3, 3}, {info + 6, 4}, {info, 0}};
    struct simauth_secret out, again;

    (void)state;
    memset(ikm, 0x0b, sizeof ikm);
    from_hex("000102030405060708090a0b0c", salt, sizeof salt);
    from_hex("f0f1f2f3f4f5f6f7f8f9", info, sizeof info);
    assert_int_equal(
        crypto_hkdf((struct span){salt, 13}, (struct span){ikm, 22}, spans, 2, 42, &out),
        SIMAUTH_OK);
    assert_hex(
        out.octets, out.len,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert_int_equal(crypto_hkdf((struct span){"", 0}, (struct span){ikm, 22}, NULL, 0, 42, &out),
                     SIMAUTH_OK);
    assert_hex(
        out.octets, out.len,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    assert_int_equal(crypto_hkdf((struct span){"", 0}, (struct span){ikm, 22}, NULL, 0, 65, &out),
                     SIMAUTH_TOO_LONG);
    assert_int_equal(out.len, 0);
    assert_int_equal(crypto_hkdf((struct span){"", 0}, (struct span){ikm, 22}, NULL, 0, 64, &out),
                     SIMAUTH_OK);
    assert_int_equal(out.len, 64);
    assert_int_equal(crypto_hkdf((struct span){"", 0}, (struct span){ikm, 22}, NULL, 0, 0, &out),
                     SIMAUTH_TOO_LONG);
    assert_int_equal(
        crypto_hkdf((struct span){salt, 13}, (struct span){ikm, 22}, spans, 2, 42, &out),
        SIMAUTH_OK);
    assert_int_equal(
        crypto_hkdf((struct span){salt, 13}, (struct span){ikm, 22}, many, 4, 42, &again),
        SIMAUTH_OK);
    assert_true(simauth_secret_equal(&out, &again));
    assert_int_equal(
        crypto_hkdf((struct span){salt, 13}, (struct span){ikm, 22}, many, 5, 42, &out),
        SIMAUTH_TOO_LONG);
}

static void check_other_sim(const json_t *v, const uint8_t *rand, struct simauth_secret *ssk)
{
    struct simauth_secret mix = secret_of(v, "mix"), none = {0};

    assert_int_equal(simauth_ssk_other_sim(rand, &none, ssk), SIMAUTH_MALFORMED);
    assert_int_equal(ssk->len, SIMAUTH_KEY_LEN);
    assert_int_equal(simauth_ssk_other_sim(rand, &mix, ssk), SIMAUTH_OK);
}

/* Everything both ends make in one call, in the order in which they make it. */
static void check_call(const char *topic)
{
    json_t *v = load_vectors(topic);
    struct simauth_names names = names_of(v), answering = names; /* from T2 on */
    const char *replaced = text_of(v, "rand_b_replaced");
    bool other_sim;
    struct simauth_octets invite = {0}, answer = {0}, ack = {0};
    struct simauth_octets t1 = {0}, t2 = {0}, t3 = {0}, t4 = {0};
    struct simauth_element one = {.kind = SIMAUTH_ELEMENT_1}, two = {.kind = SIMAUTH_ELEMENT_2};
    struct simauth_secret k_a = secret_of(v, "k_a"), k_b = secret_of(v, "k_b");
    struct simauth_secret res_a = secret_of(v, "res_a"), res_b = secret_of(v, "res_b");
    struct simauth_secret ssk_b, ssk_a, both, key;
    uint8_t mac[SIMAUTH_MAC_LEN];

    one.method = two.method = simauth_method_find("aka", 3);
    one.rand_len = two.rand_len = 16;
    octets_of(v, "rand_b", one.rand, 16);
    octets_of(v, "rand_a", two.rand, 16);
    two.replaced_len = (uint8_t)from_hex(replaced, two.replaced, 16);
    answering.nai_b = text_of(v, "nai_b_answering");
    other_sim = strcmp(names.nai_b, answering.nai_b) != 0;
    assert_int_equal(simauth_ssk_one_way(SIMAUTH_SUBJECT_CALLEE, &answering, one.method,
                                         two.replaced_len > 0 ? two.replaced : one.rand, 16, &k_b,
                                         &res_b, &ssk_b),
                     SIMAUTH_OK);
    assert_octets(v, "ssk_ab", ssk_b.octets, ssk_b.len);
    assert_int_equal(simauth_ssk_one_way(SIMAUTH_SUBJECT_CALLER, &names, two.method, two.rand, 16,
                                         &k_a, &res_a, &ssk_a),
                     SIMAUTH_OK);
    if (other_sim)
        check_other_sim(v, two.replaced, &ssk_a);
    assert_octets(v, "ssk_ba", ssk_a.octets, ssk_a.len);

    assert_int_equal(
        simauth_binding(text_of(v, "invite_sdp"), strlen(text_of(v, "invite_sdp")), &invite),
        SIMAUTH_OK);
    assert_int_equal(
        simauth_binding(text_of(v, "answer_sdp"), strlen(text_of(v, "answer_sdp")), &answer),
        SIMAUTH_OK);
    assert_int_equal(simauth_binding(NULL, 0, &ack), SIMAUTH_OK);
    assert_int_equal(simauth_element_write(&one), SIMAUTH_OK);
    assert_int_equal(simauth_t1(&t1, &names, &one, &invite), SIMAUTH_OK);
    assert_octets(v, "t1", t1.data, t1.len);
    if (two.replaced_len == 0) {
        assert_int_equal(simauth_hkdf(&ssk_b, SIMAUTH_LABEL_MAC_0, 32, &key), SIMAUTH_OK);
        assert_int_equal(simauth_mac(&key, &t1, mac), SIMAUTH_OK);
        assert_octets(v, "mac_0", mac, sizeof mac);
    }
    octets_of(v, "mac_0", one.mac, sizeof one.mac);
    assert_int_equal(simauth_element_write(&one), SIMAUTH_OK);
    assert_string_equal(one.text, text_of(v, "element_1"));

    assert_int_equal(simauth_element_write(&two), SIMAUTH_OK);
    assert_int_equal(simauth_t2(&t2, &answering, &one, &invite, &two), SIMAUTH_OK);
    assert_octets(v, "t2", t2.data, t2.len);
    assert_int_equal(simauth_hkdf(&ssk_b, SIMAUTH_LABEL_MAC_B, 32, &key), SIMAUTH_OK);
    assert_int_equal(simauth_mac(&key, &t2, two.mac), SIMAUTH_OK);
    assert_octets(v, "mac_b", two.mac, sizeof two.mac);
    assert_int_equal(simauth_element_write(&two), SIMAUTH_OK);
    assert_string_equal(two.text, text_of(v, "element_2"));

    assert_int_equal(simauth_t3(&t3, &t2, &two, &answer), SIMAUTH_OK);
    assert_octets(v, "t3", t3.data, t3.len);
    assert_int_equal(simauth_t4(&t4, &t3, &ack), SIMAUTH_OK);
    assert_octets(v, "t4", t4.data, t4.len);
    assert_int_equal(simauth_ssk_both(&ssk_b, &ssk_a, &t3, &both), SIMAUTH_OK);
    assert_octets(v, "ssk_both", both.octets, both.len);
    assert_int_equal(simauth_hkdf(&both, SIMAUTH_LABEL_MAC_A, 32, &key), SIMAUTH_OK);
    assert_int_equal(simauth_mac(&key, &t4, mac), SIMAUTH_OK);
    assert_octets(v, "mac_a", mac, sizeof mac);
    assert_int_equal(simauth_hkdf(&both, SIMAUTH_LABEL_MAC_B2, 32, &key), SIMAUTH_OK);
    assert_int_equal(simauth_mac(&key, &t3, mac), SIMAUTH_OK);
    assert_octets(v, "mac_b2", mac, sizeof mac);
    assert_int_equal(simauth_hkdf(&both, SIMAUTH_LABEL_ZRTP, 32, &key), SIMAUTH_OK);
    assert_octets(v, "zrtp_aux", key.octets, key.len);
    simauth_octets_clear(&invite);
    simauth_octets_clear(&answer);
    simauth_octets_clear(&ack);
    simauth_octets_clear(&t1);
    simauth_octets_clear(&t2);
    simauth_octets_clear(&t3);
    simauth_octets_clear(&t4);
    json_decref(v);
}

static void test_call(void **state)
{
    (void)state;
    check_call("call");
}

static void test_call_with_a_replaced_challenge(void **state)
{
    (void)state;
    check_call("call-replaced");
}

static void test_call_with_another_sim(void **state)
{
    (void)state;
    check_call("call-other-sim");
}

/* What a phone is given for one purpose makes nothing else: another SIM of the callee's address has
 * the key of MAC_0. And who has one SIM's key as caller has not the one as callee. */
static void test_each_has_a_key_of_its_own(void **state)
{
    static const char *const labels[] = {
        SIMAUTH_LABEL_MAC_0,      SIMAUTH_LABEL_MAC_B,      SIMAUTH_LABEL_MAC_A,
        SIMAUTH_LABEL_MAC_B2,     SIMAUTH_LABEL_ZRTP,       SIMAUTH_LABEL_SETUP_SAME,
        SIMAUTH_LABEL_SETUP_BACK, SIMAUTH_LABEL_SETUP_WISH,
    };
    const struct simauth_names names = {"sip:a@b.c", "sip:d@e.f", "a@b.c", "d@e.f"};
    const struct simauth_method *aka = simauth_method_find("aka", 3);
    const struct simauth_secret k = {.len = 32}, res = {.len = 8};
    const uint8_t rand[SIMAUTH_RAND_LEN] = {0};
    struct simauth_secret keys[sizeof labels / sizeof labels[0]], ssk[2];

    (void)state;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        assert_int_equal(simauth_hkdf(&k, labels[i], SIMAUTH_KEY_LEN, &keys[i]), SIMAUTH_OK);
        for (size_t j = 0; j < i; j++)
            assert_false(simauth_secret_equal(&keys[i], &keys[j]));
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(simauth_ssk_one_way(i ? SIMAUTH_SUBJECT_CALLER : SIMAUTH_SUBJECT_CALLEE,
                                             &names, aka, rand, sizeof rand, &k, &res, &ssk[i]),
                         SIMAUTH_OK);
    assert_false(simauth_secret_equal(&ssk[0], &ssk[1]));
}

static void test_ks_naf(void **state)
{
    json_t *v = load_vectors("channel");
    struct simauth_secret ck_ik = secret_of(v, "ck_ik"), ks_naf, none = {0};
    uint8_t rand[16];
    char long_name[300];

    (void)state;
    octets_of(v, "rand", rand, sizeof rand);
    assert_int_equal(simauth_ks_naf(&ck_ik, rand, text_of(v, "impi"), text_of(v, "fqdn"), &ks_naf),
                     SIMAUTH_OK);
    assert_octets(v, "ks_naf", ks_naf.octets, ks_naf.len);
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(simauth_ks_naf(&ck_ik, rand, long_name, "a.b", &ks_naf), SIMAUTH_TOO_LONG);
    assert_int_equal(ks_naf.len, 0);
    assert_int_equal(simauth_ks_naf(&ck_ik, rand, "a", long_name, &ks_naf), SIMAUTH_TOO_LONG);
    assert_int_equal(simauth_ks_naf(&ck_ik, rand, "", "a.b", &ks_naf), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_ks_naf(&ck_ik, rand, "a", "", &ks_naf), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_ks_naf(&none, rand, "a", "a.b", &ks_naf), SIMAUTH_MALFORMED);
    json_decref(v);
}

static void test_keys_that_cannot_be(void **state)
{
    struct simauth_names names = {"sip:a@b.c", "sip:d@e.f", "a@b.c", "d@e.f"};
    const struct simauth_method *aka = simauth_method_find("aka", 3);
    struct simauth_secret none = {0}, k = {.len = 32}, res = {.len = 8}, out = {.len = 5};
    struct simauth_octets empty = {0};
    uint8_t rand[SIMAUTH_CHAL_MAX] = {0}, mac[16];

    (void)state;
#define ONE_WAY(len, key, answer)                                                                  \
    simauth_ssk_one_way(SIMAUTH_SUBJECT_CALLEE, &names, aka, rand, len, key, answer, &out)
    assert_int_equal(ONE_WAY(16, &k, &res), SIMAUTH_OK);
    assert_int_equal(ONE_WAY(15, &k, &res), SIMAUTH_MALFORMED);
    assert_int_equal(out.len, 0);
    assert_int_equal(ONE_WAY(48, &k, &res), SIMAUTH_MALFORMED);
    assert_int_equal(ONE_WAY(0, &k, &res), SIMAUTH_MALFORMED);
    assert_int_equal(ONE_WAY(16, &none, &res), SIMAUTH_MALFORMED);
    assert_int_equal(ONE_WAY(16, &k, &none), SIMAUTH_MALFORMED);
    res.len = 3;
    assert_int_equal(ONE_WAY(16, &k, &res), SIMAUTH_MALFORMED);
    res.len = 17;
    assert_int_equal(ONE_WAY(16, &k, &res), SIMAUTH_MALFORMED);
    res.len = 16;
    assert_int_equal(ONE_WAY(16, &k, &res), SIMAUTH_OK);
    names.aor_a = "";
    assert_int_equal(ONE_WAY(16, &k, &res), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_ssk_both(&k, &k, &empty, &out), SIMAUTH_MALFORMED);
    simauth_octets_append(&empty, "x", 1);
    assert_int_equal(simauth_ssk_both(&k, &none, &empty, &out), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_ssk_both(&none, &k, &empty, &out), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_mac(&none, &empty, mac), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_hkdf(&none, "x", 32, &out), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_hkdf(&k, "x", 65, &out), SIMAUTH_TOO_LONG);
    assert_int_equal(simauth_hkdf(&k, "x", 32, &k), SIMAUTH_OK); /* in place */
    simauth_octets_clear(&empty);
    assert_int_equal(simauth_mac(&k, &empty, mac), SIMAUTH_MALFORMED);
    empty.failed = true;
    assert_int_equal(simauth_ssk_both(&k, &k, &empty, &out), SIMAUTH_MALFORMED);
}

static void test_transcripts_that_cannot_be(void **state)
{
    struct simauth_names names = {"sip:a@b.c", "sip:d@e.f", "a@b.c", "d@e.f"};
    struct simauth_element one = {.kind = SIMAUTH_ELEMENT_1, .rand_len = 16};
    struct simauth_element two = {.kind = SIMAUTH_ELEMENT_2, .rand_len = 16};
    struct simauth_octets t = {0}, binding = {0}, failed = {.failed = true};
    static uint8_t big[65536];

    (void)state;
    assert_int_equal(simauth_t1(&t, &names, &one, &binding), SIMAUTH_MALFORMED); /* no method */
    one.method = two.method = simauth_method_find("aka", 3);
    assert_int_equal(simauth_t1(&t, &names, &two, &binding), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_t2(&t, &names, &one, &binding, &one), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_t3(&t, &binding, &one, &binding), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_t3(&t, &binding, &two, &binding), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_t4(&t, &binding, &binding), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_t4(&t, &failed, &binding), SIMAUTH_NO_MEMORY);
    assert_int_equal(simauth_t1(&t, &names, &one, &failed), SIMAUTH_NO_MEMORY);
    assert_null(t.data);
    simauth_octets_append(&binding, big, sizeof big);
    assert_int_equal(simauth_t1(&t, &names, &one, &binding), SIMAUTH_TOO_LONG);
    names.nai_a = NULL;
    assert_int_equal(simauth_t1(&t, &names, &one, &binding), SIMAUTH_MALFORMED);
    assert_null(t.data);
    simauth_octets_clear(&binding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hkdf_of_the_rfc),
        cmocka_unit_test(test_call),
        cmocka_unit_test(test_call_with_a_replaced_challenge),
        cmocka_unit_test(test_call_with_another_sim),
        cmocka_unit_test(test_each_has_a_key_of_its_own),
        cmocka_unit_test(test_ks_naf),
        cmocka_unit_test(test_keys_that_cannot_be),
        cmocka_unit_test(test_transcripts_that_cannot_be),
    };

    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
