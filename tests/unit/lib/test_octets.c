/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base64 in both alphabets, the growing buffer, secrets, results. */
#include "simauth/octets.h"
#include "simauth/secret.h"
#include "testing.h"

/* RFC 4648 section 10. */
static void test_base64_of_the_rfc(void **state)
{
    static const char *const PAIRS[][3] = {
        {"", "", ""},
        {"f", "Zg", "Zg=="},
        {"fo", "Zm8", "Zm8="},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg", "Zm9vYg=="},
        {"fooba", "Zm9vYmE", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        char text[16];
        uint8_t octets[8];
        size_t len = strlen(PAIRS[i][0]), back;
        simauth_b64u_encode((const uint8_t *)PAIRS[i][0], len, text);
        assert_string_equal(text, PAIRS[i][1]);
        assert_int_equal(strlen(text), SIMAUTH_B64U_LEN(len));
        assert_int_equal(simauth_b64u_decode(text, strlen(text), octets, len), SIMAUTH_OK);
        assert_memory_equal(octets, PAIRS[i][0], len);
        simauth_b64_encode((const uint8_t *)PAIRS[i][0], len, text);
        assert_string_equal(text, PAIRS[i][2]);
        assert_int_equal(strlen(text), SIMAUTH_B64_LEN(len));
        assert_int_equal(simauth_b64_decode(text, strlen(text), octets, 6, &back), SIMAUTH_OK);
        assert_int_equal(back, len);
        assert_memory_equal(octets, PAIRS[i][0], len);
    }
}

static void test_every_octet_comes_back(void **state)
{
    uint8_t octets[256], back[256];
    char text[SIMAUTH_B64_LEN(256) + 1];
    size_t len;

    (void)state;
    for (size_t i = 0; i < 256; i++)
        octets[i] = (uint8_t)(i * 167 + 3);
    for (size_t n = 0; n <= 256; n++) {
        simauth_b64u_encode(octets, n, text);
        assert_null(strpbrk(text, "+/="));
        assert_int_equal(simauth_b64u_decode(text, strlen(text), back, n), SIMAUTH_OK);
        assert_memory_equal(octets, back, n);
        simauth_b64_encode(octets, n, text);
        assert_null(strpbrk(text, "-_"));
        assert_int_equal(simauth_b64_decode(text, strlen(text), back, 256, &len), SIMAUTH_OK);
        assert_int_equal(len, n);
        assert_memory_equal(octets, back, n);
    }
}

static void test_base64url_is_strict(void **state)
{
    static const char *const BAD[] = {"Zg==", "Z",   "Zh",   "Z+",   "Z/",
                                      "Z ",   "Z\n", "Zg\0", "Zm9v", "Z="};
    uint8_t octets[8];

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_int_equal(simauth_b64u_decode(
                             BAD[i], strlen(BAD[i]) == 2 && i == 7 ? 3 : strlen(BAD[i]), octets, 1),
                         SIMAUTH_MALFORMED);
    assert_int_equal(simauth_b64u_decode("-_-_", 4, octets, 3), SIMAUTH_OK);
}

static void test_base64_is_strict(void **state)
{
    static const char *const BAD[] = {
        "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm-v", "Zm_v", "Zm v", "Zm9v\n"};
    uint8_t octets[8];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_int_equal(simauth_b64_decode(BAD[i], strlen(BAD[i]), octets, sizeof octets, &len),
                         SIMAUTH_MALFORMED);
    assert_int_equal(simauth_b64_decode("Zm9vYmFy", 8, octets, 5, &len), SIMAUTH_TOO_LONG);
    assert_int_equal(simauth_b64_decode("Zm9vYmFy", 8, octets, 6, &len), SIMAUTH_OK);
}

static void test_buffer(void **state)
{
    struct simauth_octets o = {0};
    static uint8_t big[SIMAUTH_OCTETS_MAX];

    (void)state;
    simauth_octets_append(&o, NULL, 0);
    assert_null(o.data);
    simauth_octets_field(&o, "abc", 3);
    simauth_octets_u16(&o, 0x1234);
    simauth_octets_field(&o, "", 0);
    assert_hex(o.data, o.len, "0003616263 1234 0000");
    simauth_octets_append(&o, big, SIMAUTH_OCTETS_MAX - o.len);
    assert_false(o.failed);
    assert_int_equal(o.len, SIMAUTH_OCTETS_MAX);
    simauth_octets_append(&o, "x", 1);
    assert_true(o.failed);
    assert_int_equal(o.len, SIMAUTH_OCTETS_MAX);
    simauth_octets_clear(&o);
    assert_null(o.data);
    simauth_octets_append(&o, "x", 1);
    assert_false(o.failed);
    simauth_octets_field(&o, big, 65535);
    assert_false(o.failed);
    simauth_octets_field(&o, big, 65536);
    assert_true(o.failed);
    simauth_octets_append(&o, "x", 1);
    assert_int_equal(o.len, 1 + 2 + 65535);
    simauth_octets_clear(&o);
}

static void test_secret(void **state)
{
    struct simauth_secret a = {0}, b = {0};
    static const struct simauth_secret empty;
    uint8_t octets[SIMAUTH_SECRET_MAX + 1] = {1, 2, 3};

    (void)state;
    assert_false(simauth_secret_equal(&a, &b));
    assert_int_equal(simauth_secret_set(&a, octets, SIMAUTH_SECRET_MAX), SIMAUTH_OK);
    assert_int_equal(simauth_secret_set(&b, octets, SIMAUTH_SECRET_MAX), SIMAUTH_OK);
    assert_true(simauth_secret_equal(&a, &b));
    b.octets[63] ^= 1;
    assert_false(simauth_secret_equal(&a, &b));
    assert_int_equal(simauth_secret_set(&b, octets, 16), SIMAUTH_OK);
    assert_false(simauth_secret_equal(&a, &b));
    assert_int_equal(simauth_secret_set(&a, octets, sizeof octets), SIMAUTH_TOO_LONG);
    assert_memory_equal(&a, &empty, sizeof a);
    simauth_secret_wipe(&b);
    assert_memory_equal(&b, &empty, sizeof b);
    assert_int_equal(simauth_secret_set(&b, NULL, 0), SIMAUTH_OK);
}

static void test_result_names(void **state)
{
    (void)state;
    for (int i = SIMAUTH_CRYPTO; i <= SIMAUTH_OK; i++) {
        assert_string_not_equal(simauth_result_name((enum simauth_result)i), "unknown result");
        for (int j = SIMAUTH_CRYPTO; j < i; j++)
            assert_string_not_equal(simauth_result_name((enum simauth_result)i),
                                    simauth_result_name((enum simauth_result)j));
    }
    assert_string_equal(simauth_result_name((enum simauth_result) - 99), "unknown result");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_of_the_rfc),
        cmocka_unit_test(test_every_octet_comes_back),
        cmocka_unit_test(test_base64url_is_strict),
        cmocka_unit_test(test_base64_is_strict),
        cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_secret),
        cmocka_unit_test(test_result_names),
    };

    return cmocka_run_group_tests_name("octets", tests, NULL, NULL);
}
