/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The code for a software SIM: written, read as people type it, and what it seals. */
#include "testing.h"

#include <simauth/activation.h>

static const uint8_t code[SIMAUTH_CODE_LEN] = {0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6,
                                               0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc7};

static void written_and_read(void **state)
{
    static const char *const typed[] = {
        "01234-56789-ABCDE-FGHJK-MNPQR-W", "o1234 56789 abcde fghjk mnpqr w",
        "OL23456789ABCDEFGHJKMNPQRW", "0i234-56789abcdefghjkmnpqrw"};
    char text[SIMAUTH_CODE_TEXT_MAX];
    uint8_t read[SIMAUTH_CODE_LEN];

    (void)state;
    simauth_code_write(code, text);
    assert_string_equal(text, typed[0]);
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        assert_int_equal(simauth_code_read(typed[i], read), SIMAUTH_OK);
        assert_memory_equal(read, code, sizeof code);
    }
}

static void not_a_code(void **state)
{
    static const char *const bad[] = {"",
                                      "01234-56789-ABCDE-FGHJK-MNPQR",
                                      "U1234-56789-ABCDE-FGHJK-MNPQR-W",
                                      "01234-56789-ABCDE-FGHJK-MNPQR-WW",
                                      "01234-56789-ABCDE-FGHJK-MNPQR-X" /* spare bits */,
                                      "01234_56789"};
    uint8_t read[SIMAUTH_CODE_LEN];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(simauth_code_read(bad[i], read), SIMAUTH_MALFORMED);
}

static void sealed_for_the_code(void **state)
{
    const uint8_t nonce[12] = {7};
    uint8_t other[SIMAUTH_CODE_LEN], sealed[5 + SIMAUTH_CODE_SEAL_OVERHEAD], plain[5];

    (void)state;
    memcpy(other, code, sizeof other);
    other[15] ^= 1;
    assert_int_equal(simauth_code_seal(code, nonce, "hello", 5, sealed), SIMAUTH_OK);
    assert_int_equal(simauth_code_unseal(code, sealed, sizeof sealed, plain), SIMAUTH_OK);
    assert_memory_equal(plain, "hello", 5);
    assert_int_equal(simauth_code_unseal(other, sealed, sizeof sealed, plain), SIMAUTH_WRONG);
    assert_int_equal(simauth_code_unseal(code, sealed, 27, plain), SIMAUTH_MALFORMED);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_int_equal(simauth_code_unseal(code, sealed, sizeof sealed, plain), SIMAUTH_WRONG);
        sealed[i] ^= 1;
    }
}

static void proof_is_of_the_code(void **state)
{
    uint8_t other[SIMAUTH_CODE_LEN], one[SIMAUTH_CODE_PROOF_LEN], two[SIMAUTH_CODE_PROOF_LEN];

    (void)state;
    memcpy(other, code, sizeof other);
    other[0] ^= 1;
    assert_int_equal(simauth_code_proof(code, one), SIMAUTH_OK);
    assert_int_equal(simauth_code_proof(other, two), SIMAUTH_OK);
    assert_memory_not_equal(one, two, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_and_read),
        cmocka_unit_test(not_a_code),
        cmocka_unit_test(sealed_for_the_code),
        cmocka_unit_test(proof_is_of_the_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
