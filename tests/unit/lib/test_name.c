/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AORs against the independent implementation; NAIs by hand. */
#include "names.h"
#include "simauth/name.h"
#include "vectors.h"

static void test_aors_of_the_vectors(void **state)
{
    json_t *vectors = load_vectors("aors"), *entry;
    size_t i;

    (void)state;
    assert_true(json_array_size(vectors) > 90);
    json_array_foreach(vectors, i, entry)
    {
        const char *uri = text_of(entry, "uri");
        const char *right = json_string_value(json_object_get(entry, "canonical"));
        char canonical[SIMAUTH_AOR_MAX + 1];
        enum simauth_result result = simauth_aor_canonical(uri, canonical);
        if ((result == SIMAUTH_OK) != (right != NULL) ||
            strcmp(canonical, right != NULL ? right : "") != 0)
            fail_msg("%s: \"%s\", not \"%s\"", uri, canonical, right != NULL ? right : "malformed");
        assert_true(simauth_aor_same(uri, uri) == (right != NULL));
        if (right != NULL) { /* canonical once is canonical for ever */
            assert_int_equal(simauth_aor_canonical(right, canonical), SIMAUTH_OK);
            assert_string_equal(canonical, right);
        }
    }
    json_decref(vectors);
}

static void test_aor_sizes(void **state)
{
    char uri[4096], canonical[SIMAUTH_AOR_MAX + 1];

    (void)state;
    memset(uri, 'u', sizeof uri);
    memcpy(uri, "sip:", 4);
    strcpy(uri + 300, "@a.example");
    assert_int_equal(simauth_aor_canonical(uri, canonical), SIMAUTH_TOO_LONG);
    assert_string_equal(canonical, "");
    memset(uri, 'u', sizeof uri - 1);
    uri[sizeof uri - 1] = '\0';
    assert_int_equal(simauth_aor_canonical(uri, canonical), SIMAUTH_TOO_LONG);
    memset(uri, 'p', 2048);
    memcpy(uri, "sip:a@b.example;", 16);
    uri[2048] = '\0';
    assert_int_equal(simauth_aor_canonical(uri, canonical), SIMAUTH_OK);
    assert_string_equal(canonical, "sip:a@b.example");
}

static void test_aors_that_are_the_same(void **state)
{
    (void)state;
    assert_true(simauth_aor_same("sips:bob@B.example:5061", "sip:bob@b.example;transport=tls"));
    assert_true(simauth_aor_same("tel:+1-2-3", "TEL:+123"));
    assert_false(simauth_aor_same("sip:bob@b.example", "sip:Bob@b.example"));
    assert_false(simauth_aor_same("sip:bob@b.example", "sip:bob@b.example.com"));
    assert_false(simauth_aor_same("", ""));
    assert_false(simauth_aor_same("sip:bob@b.example", "bob"));
}

static void test_domain(void **state)
{
    (void)state;
    assert_string_equal(simauth_aor_domain("sip:bob@b.example"), "b.example");
    assert_string_equal(simauth_aor_domain("sip:b.example"), "b.example");
    assert_string_equal(simauth_aor_domain("sip:bob@[2001:db8::1]"), "[2001:db8::1]");
    assert_string_equal(simauth_aor_domain("tel:+123"), "");
    assert_string_equal(simauth_aor_domain(""), "");
}

static void test_nais(void **state)
{
    static const char *const GOOD[] = {"bob@op-b.example", "a.b.c@x.y", "!#$%&'*+-/=?^_`{|}~@x1.y2",
                                       "Bob@0op.example"};
    static const char *const BAD[] = {
        "",         "bob",       "@op.example", "bob@",      "bob@op",       "bob@op.",
        "bob@.op",  "bob@o..p",  "bob@Op.b",    "b@b@op.b",  ".bob@op.b",    "bob.@op.b",
        "b..b@o.p", "b ob@op.b", "b\nob@op.b",  "bob@op_.b", "bob@-op.b",    "bob@op-.b",
        "b\"@op.b", "bob@op.b ", " bob@op.b",   "b,b@op.b",  "\xc3\xa9@o.p", "bob@\xc3\xa9.p"};

    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++)
        assert_int_equal(simauth_nai_check(GOOD[i]), SIMAUTH_OK);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (simauth_nai_check(BAD[i]) != SIMAUTH_MALFORMED)
            fail_msg("accepted: %s", BAD[i]);
    }
}

static void test_nai_sizes_and_realm(void **state)
{
    char nai[300];

    (void)state;
    memset(nai, 'a', sizeof nai);
    strcpy(nai + 253 - 4, "@x.y");
    assert_int_equal(strlen(nai), SIMAUTH_NAI_MAX);
    assert_int_equal(simauth_nai_check(nai), SIMAUTH_OK);
    memset(nai, 'a', sizeof nai);
    strcpy(nai + 254 - 4, "@x.y");
    assert_int_equal(simauth_nai_check(nai), SIMAUTH_TOO_LONG);
    assert_string_equal(simauth_nai_realm("bob@op.b"), "op.b");
    assert_string_equal(simauth_nai_realm("bob"), "");
    assert_string_equal(simauth_nai_realm("bob@x@op.b"), "op.b");
}

static void test_names_fit(void **state)
{
    struct simauth_names names = {"sip:a@b.c", "sip:d@e.f", "a@b.c", "d@e.f"};

    (void)state;
    assert_true(names_fit(&names));
    names.nai_b = NULL;
    assert_false(names_fit(&names));
    names.nai_b = "";
    assert_false(names_fit(&names));
    names.nai_b = "d @e.f";
    assert_false(names_fit(&names));
    names.nai_b = "\xc3\xa9@e.f";
    assert_false(names_fit(&names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aors_of_the_vectors),
        cmocka_unit_test(test_aor_sizes),
        cmocka_unit_test(test_aors_that_are_the_same),
        cmocka_unit_test(test_domain),
        cmocka_unit_test(test_nais),
        cmocka_unit_test(test_nai_sizes_and_realm),
        cmocka_unit_test(test_names_fit),
    };

    return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
