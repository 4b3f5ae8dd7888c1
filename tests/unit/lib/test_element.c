/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements against the independent implementation, and where they stand in a message. */
#include "simauth/element.h"
#include "vectors.h"

static void check_good(const json_t *entry, struct simauth_element *element)
{
    static const struct simauth_element empty;
    char without_mac[SIMAUTH_ELEMENT_MAX + 1], text[SIMAUTH_ELEMENT_MAX + 1];

    assert_string_equal(element->text, text_of(entry, "text"));
    assert_octets(entry, "mac", element->mac, sizeof element->mac);
    if (json_object_get(entry, "rand") != NULL) {
        assert_octets(entry, "rand", element->rand, element->rand_len);
        assert_string_equal(element->method->name, text_of(entry, "method"));
        simauth_element_without_mac(element, without_mac);
        assert_string_equal(without_mac, text_of(entry, "without_mac"));
    } else {
        assert_null(element->method);
    }
    if (json_object_get(entry, "replaced") != NULL)
        assert_octets(entry, "replaced", element->replaced, element->replaced_len);
    else
        assert_memory_equal(element->replaced, empty.replaced, sizeof empty.replaced);
    strcpy(text, element->text);
    memset(element->text, 0, sizeof element->text);
    assert_int_equal(simauth_element_write(element), SIMAUTH_OK);
    assert_string_equal(element->text, text);
}

static void test_elements_of_the_vectors(void **state)
{
    json_t *vectors = load_vectors("elements"), *entry;
    size_t i;

    (void)state;
    assert_true(json_array_size(vectors) > 50);
    json_array_foreach(vectors, i, entry)
    {
        static const struct simauth_element empty;
        struct simauth_element element;
        const char *text = text_of(entry, "text");
        enum simauth_element_kind kind =
            (enum simauth_element_kind)json_integer_value(json_object_get(entry, "kind"));
        enum simauth_result result = simauth_element_parse(&element, kind, text, strlen(text));
        if ((result == SIMAUTH_OK) != json_is_true(json_object_get(entry, "good")))
            fail_msg("%d %s: %s", (int)kind, text, simauth_result_name(result));
        if (result == SIMAUTH_OK)
            check_good(entry, &element);
        else
            assert_memory_equal(&element, &empty, sizeof empty);
    }
    json_decref(vectors);
}

#define ONE "sim01.aka.EBESExQVFhcYGRobHB0eHw.AAAAAAAAAAAAAAAAAAAAAA"
#define OTHER "sim01.aka.EBESExQVFhcYGRobHB0eHw.AAAAAAAAAAAAAAAAAAAAAQ"
#define THREE "sim03.AAAAAAAAAAAAAAAAAAAAAA"
#define FOUR "sim04.AAAAAAAAAAAAAAAAAAAAAA"

static void test_tag_and_header(void **state)
{
    static const struct {
        enum simauth_element_kind kind;
        const char *token, *header;
        size_t headers;
        enum simauth_element_found found;
    } CASES[] = {
        {SIMAUTH_ELEMENT_1, ONE, NULL, 0, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_1, NULL, ONE, 1, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_1, ONE, ONE, 1, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_1, ONE, " \t" ONE " ", 1, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_1, NULL, "\t " ONE "\t", 1, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_1, "a8f9z", ONE, 1, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_1, ONE, "other", 1, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_1, NULL, NULL, 0, SIMAUTH_ELEMENT_NONE},
        {SIMAUTH_ELEMENT_1, "a8f9z", NULL, 0, SIMAUTH_ELEMENT_NONE},
        {SIMAUTH_ELEMENT_1, "SIM01.x", "", 1, SIMAUTH_ELEMENT_NONE},
        {SIMAUTH_ELEMENT_1, " " ONE, NULL, 0, SIMAUTH_ELEMENT_NONE},
        {SIMAUTH_ELEMENT_1, ONE, OTHER, 1, SIMAUTH_ELEMENT_MALFORMED},
        {SIMAUTH_ELEMENT_1, ONE, ONE "x", 1, SIMAUTH_ELEMENT_MALFORMED},
        {SIMAUTH_ELEMENT_1, ONE, ONE, 2, SIMAUTH_ELEMENT_MALFORMED},
        {SIMAUTH_ELEMENT_1, NULL, NULL, 2, SIMAUTH_ELEMENT_MALFORMED},
        {SIMAUTH_ELEMENT_1, "sim0", NULL, 0, SIMAUTH_ELEMENT_MALFORMED},
        {SIMAUTH_ELEMENT_1, "sim09.x", NULL, 0, SIMAUTH_ELEMENT_MALFORMED},
        {SIMAUTH_ELEMENT_1, THREE, NULL, 0, SIMAUTH_ELEMENT_MALFORMED},
        {SIMAUTH_ELEMENT_1, NULL, ONE " x", 1, SIMAUTH_ELEMENT_MALFORMED},
        {SIMAUTH_ELEMENT_3, "z9hG4bK." THREE, NULL, 0, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_3, "z9hG4bK." THREE, THREE, 1, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_3, THREE, NULL, 0, SIMAUTH_ELEMENT_NONE},
        {SIMAUTH_ELEMENT_3, "z9hG4bK" THREE, NULL, 0, SIMAUTH_ELEMENT_NONE},
        {SIMAUTH_ELEMENT_3, "z9hg4bk." THREE, NULL, 0, SIMAUTH_ELEMENT_NONE},
        {SIMAUTH_ELEMENT_3, "z9hG4bK." THREE, "z9hG4bK." THREE, 1, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_3, "z9hG4bK." FOUR, NULL, 0, SIMAUTH_ELEMENT_MALFORMED},
        {SIMAUTH_ELEMENT_4, NULL, FOUR, 1, SIMAUTH_ELEMENT_FOUND},
        {SIMAUTH_ELEMENT_4, FOUR, NULL, 0, SIMAUTH_ELEMENT_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        static const struct simauth_element empty;
        struct simauth_element element;
        enum simauth_element_found found;

        memset(&element, 0xaa, sizeof element);
        found = simauth_element_read(&element, CASES[i].kind, CASES[i].token, CASES[i].header,
                                     CASES[i].headers);
        if (found != CASES[i].found)
            fail_msg("case %zu: %d", i, (int)found);
        if (found == SIMAUTH_ELEMENT_FOUND)
            assert_int_equal(element.kind, CASES[i].kind);
        else
            assert_memory_equal(&element, &empty, sizeof empty);
    }
}

static void test_results_of_parsing(void **state)
{
    struct simauth_element element;
    char text[SIMAUTH_ELEMENT_MAX + 2];

    (void)state;
    memset(text, 'A', sizeof text);
    memcpy(text, "sim01.", 6);
    assert_int_equal(simauth_element_parse(&element, SIMAUTH_ELEMENT_1, text, sizeof text),
                     SIMAUTH_TOO_LONG);
    assert_int_equal(simauth_element_parse(&element, SIMAUTH_ELEMENT_1, text, SIMAUTH_ELEMENT_MAX),
                     SIMAUTH_MALFORMED);
    assert_int_equal(simauth_element_parse(&element, SIMAUTH_ELEMENT_1, "sim01.nix.A.B", 13),
                     SIMAUTH_UNKNOWN_METHOD);
    assert_int_equal(simauth_element_parse(&element, SIMAUTH_ELEMENT_1, "", 0), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_element_parse(&element, (enum simauth_element_kind)7, "sim07.", 6),
                     SIMAUTH_MALFORMED);
}

/* What stands between two parts is a dot, and what stands behind the end is nobody's. */
static void test_parts_of_an_element(void **state)
{
    static const char TWO[] = "sim02.AAAAAAAAAAAAAAAAAAAAAA.nix.EBESExQVFhcYGRobHB0eHw";
    static const size_t behind_mac = sizeof THREE - 1;
    static const size_t before_mac = sizeof "sim01.aka.EBESExQVFhcYGRobHB0eHw" - 1;
    struct simauth_element element;
    char text[] = ONE, left[SIMAUTH_ELEMENT_MAX + 1] = "x";

    (void)state;
    text[before_mac] = 'x';
    assert_int_equal(simauth_element_parse(&element, SIMAUTH_ELEMENT_1, text, sizeof text - 1),
                     SIMAUTH_MALFORMED);
    memcpy(text, ONE, sizeof text);
    memmove(text + before_mac, text + before_mac + 1, sizeof text - before_mac - 1);
    assert_int_equal(simauth_element_parse(&element, SIMAUTH_ELEMENT_1, text, sizeof text - 2),
                     SIMAUTH_MALFORMED);
    assert_int_equal(simauth_element_parse(&element, SIMAUTH_ELEMENT_2, TWO, sizeof TWO - 1),
                     SIMAUTH_UNKNOWN_METHOD);
    assert_int_equal(simauth_element_parse(&element, SIMAUTH_ELEMENT_2, TWO, behind_mac),
                     SIMAUTH_MALFORMED);
    simauth_element_without_mac(&element, left);
    assert_string_equal(left, "");
    assert_int_equal(simauth_element_parse(&element, SIMAUTH_ELEMENT_3, THREE, behind_mac),
                     SIMAUTH_OK);
    simauth_element_without_mac(&element, left);
    assert_string_equal(left, "sim03");
}

static void test_members_that_do_not_fit(void **state)
{
    struct simauth_element element = {.kind = SIMAUTH_ELEMENT_1};

    (void)state;
    assert_int_equal(simauth_element_write(&element), SIMAUTH_MALFORMED); /* no method */
    element.method = simauth_method_find("aka", 3);
    assert_int_equal(simauth_element_write(&element), SIMAUTH_MALFORMED); /* no RAND */
    element.rand_len = SIMAUTH_RAND_LEN;
    assert_int_equal(simauth_element_write(&element), SIMAUTH_OK);
    element.replaced_len = SIMAUTH_RAND_LEN; /* only kind 2 has one */
    assert_int_equal(simauth_element_write(&element), SIMAUTH_MALFORMED);
    assert_string_equal(element.text, "");
    element.kind = SIMAUTH_ELEMENT_2;
    assert_int_equal(simauth_element_write(&element), SIMAUTH_OK);
    element.replaced_len = 3;
    assert_int_equal(simauth_element_write(&element), SIMAUTH_MALFORMED);
    element.method = simauth_method_find("stp", 3); /* no SIM, so nothing to be replaced */
    element.rand_len = (uint8_t)simauth_method_chal_len(element.method, false);
    element.replaced_len = 0;
    assert_int_equal(simauth_element_write(&element), SIMAUTH_OK);
    element.replaced_len = SIMAUTH_RAND_LEN;
    assert_int_equal(simauth_element_write(&element), SIMAUTH_MALFORMED);
    element.replaced_len = 0;
    element.kind = (enum simauth_element_kind)9;
    assert_int_equal(simauth_element_write(&element), SIMAUTH_MALFORMED);
}

static void test_methods(void **state)
{
    const struct simauth_method *aka = simauth_method_find("aka", 3);
    size_t n = 0;

    (void)state;
    assert_non_null(aka);
    assert_int_equal(aka->rand_len, 16);
    assert_int_equal(aka->k_len, 32);
    assert_true(aka->needs_autn);
    assert_null(simauth_method_find("aka", 2));
    assert_null(simauth_method_find("akax", 4));
    assert_null(simauth_method_find("AKA", 3));
    assert_null(simauth_method_find("", 0));
    while (simauth_method_at(n) != NULL) {
        const struct simauth_method *method = simauth_method_at(n++);
        assert_ptr_equal(simauth_method_find(method->name, strlen(method->name)), method);
        assert_true(method->rand_len <= SIMAUTH_CHAL_MAX);
    }
    assert_true(n > 0 && n <= SIMAUTH_METHODS_MAX);
}

static void test_wiped_answer(void **state)
{
    struct simauth_card_answer answer;
    static const struct simauth_card_answer empty;

    (void)state;
    memset(&answer, 0xaa, sizeof answer);
    simauth_card_answer_wipe(&answer);
    assert_memory_equal(&answer.res, &empty.res, sizeof empty.res);
    assert_memory_equal(&answer.k, &empty.k, sizeof empty.k);
    assert_memory_equal(answer.auts, empty.auts, sizeof empty.auts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements_of_the_vectors),
        cmocka_unit_test(test_tag_and_header),
        cmocka_unit_test(test_results_of_parsing),
        cmocka_unit_test(test_parts_of_an_element),
        cmocka_unit_test(test_members_that_do_not_fit),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_wiped_answer),
    };

    return cmocka_run_group_tests_name("element", tests, NULL, NULL);
}
