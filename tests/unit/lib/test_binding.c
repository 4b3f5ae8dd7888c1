/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* binding() against the independent implementation. */
#include "simauth/binding.h"
#include "vectors.h"

static void test_bodies_of_the_vectors(void **state)
{
    json_t *vectors = load_vectors("bindings"), *entry;
    size_t i;

    (void)state;
    assert_true(json_array_size(vectors) > 25);
    json_array_foreach(vectors, i, entry)
    {
        const json_t *sdp = json_object_get(entry, "sdp");
        const char *right = json_string_value(json_object_get(entry, "binding"));
        struct simauth_octets binding = {0};
        enum simauth_result result =
            simauth_binding(json_string_value(sdp), json_string_length(sdp), &binding);
        if ((result == SIMAUTH_OK) != (right != NULL))
            fail_msg("%s: %s", text_of(entry, "name"), simauth_result_name(result));
        if (right != NULL)
            assert_octets(entry, "binding", binding.data, binding.len);
        else
            assert_null(binding.data);
        simauth_octets_clear(&binding);
    }
    json_decref(vectors);
}

static void test_what_was_there_before_stays(void **state)
{
    struct simauth_octets binding = {0};
    char line[2 * 70] = "m=audio 1 x\na=zrtp-hash:\n";

    (void)state;
    simauth_octets_append(&binding, "before", 6);
    assert_int_equal(simauth_binding(line, strlen(line), &binding), SIMAUTH_MALFORMED);
    assert_int_equal(binding.len, 6);
    assert_false(binding.failed);
    assert_int_equal(simauth_binding(NULL, 0, &binding), SIMAUTH_OK);
    assert_hex(binding.data, binding.len, "6265666f7265 0000");
    simauth_octets_clear(&binding);
}

static void test_sizes(void **state)
{
    static char body[SIMAUTH_BINDING_BODY_MAX + 1];
    struct simauth_octets binding = {0};

    (void)state;
    memset(body, 'x', sizeof body);
    assert_int_equal(simauth_binding(body, sizeof body, &binding), SIMAUTH_TOO_LONG);
    assert_int_equal(simauth_binding(body, sizeof body - 1, &binding), SIMAUTH_OK);
    simauth_octets_clear(&binding);
    for (size_t i = 0; i < 65; i++)
        memcpy(body + i * 18, "a=fingerprint:a b\n", 18);
    assert_int_equal(simauth_binding(body, 65 * 18, &binding), SIMAUTH_TOO_LONG);
    assert_int_equal(simauth_binding(body, 64 * 18, &binding), SIMAUTH_OK);
    assert_hex(binding.data, 2, "0040");
    simauth_octets_clear(&binding);
}

/* A NUL is no end: what stands behind it is bound as well. */
static void test_nul_within(void **state)
{
    static const char BODY[] = "s=\0\na=zrtp-hash:1.10 ab\n";
    static const char INSIDE[] = "a=zrtp-hash:1.10 a\0b\n";
    struct simauth_octets binding = {0};

    (void)state;
    assert_int_equal(simauth_binding(BODY, sizeof BODY - 1, &binding), SIMAUTH_OK);
    assert_hex(binding.data, 2, "0001");
    simauth_octets_clear(&binding);
    assert_int_equal(simauth_binding(INSIDE, sizeof INSIDE - 1, &binding), SIMAUTH_MALFORMED);
}

static void test_has_zrtp(void **state)
{
    static const char *const YES = "m=audio 1 x\r\na=zrtp-hash:1.10 ab\r\n";
    static const char *const NO[] = {"", "m=audio 1 x\r\na=fingerprint:sha-1 AB\r\n",
                                     "m=audio 0 x\r\na=zrtp-hash:1.10 ab\r\n",
                                     "a=zrtp-hash:1.10 ab\r\na=zrtp-hash:\r\n"};

    (void)state;
    assert_true(simauth_binding_has_zrtp(YES, strlen(YES)));
    for (size_t i = 0; i < sizeof NO / sizeof NO[0]; i++)
        assert_false(simauth_binding_has_zrtp(NO[i], strlen(NO[i])));
    assert_false(simauth_binding_has_zrtp(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_of_the_vectors),
        cmocka_unit_test(test_what_was_there_before_stays),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_nul_within),
        cmocka_unit_test(test_has_zrtp),
    };

    return cmocka_run_group_tests_name("binding", tests, NULL, NULL);
}
