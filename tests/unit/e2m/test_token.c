/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens in RTCP: against another hand's (tests/checker), and every octet of one changed. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "e2m/token.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define ALICE "sip:alice@a.example"
#define BOB "sip:bob@b.example"

static uint8_t secret[E2M_TOKEN_SECRET_LEN];

static void text_of(const uint8_t *octets, size_t len, char *text)
{
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", octets[i]);
}

static void as_the_checker_has_them(void **state)
{
    json_t *vectors = json_load_file(VECTORS_DIR "/tokens.json", 0, NULL), *v;
    const char *line = json_string_value(json_object_get(vectors, "attribute"));
    const char *aor_a = json_string_value(json_object_get(vectors, "aor_a"));
    const char *aor_b = json_string_value(json_object_get(vectors, "aor_b"));
    char text[2 * E2M_TOKEN_LEN + 1];
    size_t i;

    (void)state;
    assert_int_equal(strncmp(line, E2M_TOKEN_ATTRIBUTE, strlen(E2M_TOKEN_ATTRIBUTE)), 0);
    line += strlen(E2M_TOKEN_ATTRIBUTE);
    assert_true(e2m_token_read_secret(line, strlen(line), secret));
    text_of(secret, sizeof secret, text);
    assert_string_equal(text, json_string_value(json_object_get(vectors, "secret")));
    e2m_token_print_secret(secret, text);
    assert_string_equal(text, line);
    assert_int_equal(json_array_size(json_object_get(vectors, "tokens")), 2);
    json_array_foreach(json_object_get(vectors, "tokens"), i, v)
    {
        const struct e2m_token token = {
            .close = json_is_true(json_object_get(v, "close")),
            .ssrc = (uint32_t)json_integer_value(json_object_get(v, "ssrc")),
            .counter = (uint64_t)json_integer_value(json_object_get(v, "counter"))};
        struct e2m_token again = {0};
        uint8_t packet[E2M_TOKEN_LEN];

        assert_true(e2m_token_make(secret, aor_a, aor_b, &token, packet));
        text_of(packet, sizeof packet, text);
        assert_string_equal(text, json_string_value(json_object_get(v, "packet")));
        assert_true(e2m_token_read(packet, sizeof packet, &again));
        assert_int_equal(again.close, token.close);
        assert_int_equal(again.ssrc, token.ssrc);
        assert_true(again.counter == token.counter);
        assert_true(e2m_token_proved(secret, aor_a, aor_b, packet));
    }
    json_decref(vectors);
}

/* Each bit counts: the packet is none any more, or its MAC is wrong. */
static void nothing_else(void **state)
{
    const struct e2m_token token = {.ssrc = 7, .counter = 8};
    uint8_t packet[E2M_TOKEN_LEN], other[E2M_TOKEN_SECRET_LEN];
    struct e2m_token said;

    (void)state;
    assert_true(e2m_token_make(secret, ALICE, BOB, &token, packet));
    for (size_t bit = 0; bit < 8 * sizeof packet; bit++) {
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(e2m_token_read(packet, sizeof packet, &said) &&
                     e2m_token_proved(secret, ALICE, BOB, packet));
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(e2m_token_proved(secret, ALICE, BOB, packet));
    assert_false(e2m_token_proved(secret, BOB, ALICE, packet)); /* the other way */
    assert_false(e2m_token_proved(secret, ALICE, "sip:carol@b.example", packet));
    memcpy(other, secret, sizeof other);
    other[31] ^= 1;
    assert_false(e2m_token_proved(other, ALICE, BOB, packet));
    assert_false(e2m_token_read(packet, sizeof packet - 1, &said));
}

static void no_secrets(void **state)
{
    static const char *const broken[] = {
        "", "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn", /* one short */
        "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn9",    /* bits that say nothing */
        "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8=",
        "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9+n8"};
    uint8_t read[E2M_TOKEN_SECRET_LEN];

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_false(e2m_token_read_secret(broken[i], strlen(broken[i]), read));
    assert_true(e2m_token_read_secret("YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8", 43, read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_checker_has_them),
        cmocka_unit_test(nothing_else),
        cmocka_unit_test(no_secrets),
    };

    return cmocka_run_group_tests_name("e2m.token", tests, NULL, NULL);
}
