/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines that give a server its secrets: where they stand, that they stay, that they go again.
 */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "e2m_talk.h"

#include <string.h>

#define HEAD "v=0\r\nc=IN IP4 192.0.2.1\r\n"
#define AUDIO "m=audio 7078 RTP/AVP 0\r\na=sendrecv\r\n"
#define REFUSED "m=text 0 RTP/AVP 98\r\n"
#define VIDEO "m=video 9078 RTP/AVP 97\r\n"

static void comes_back(const char *sdp, const GString *with)
{
    char *copy = g_strndup(with->str, with->len);
    size_t len = pinholes_strip(copy, with->len);

    assert_int_equal(len, strlen(sdp));
    assert_memory_equal(copy, sdp, len);
    g_free(copy);
}

/* One in each section that has a port, at its end. */
static void where_they_stand(void **state)
{
    static const char sdp[] = HEAD AUDIO REFUSED VIDEO;
    struct pinholes pinholes = {0};
    GString *with = pinholes_add(&pinholes, sdp, strlen(sdp));
    const char *first, *second;

    (void)state;
    assert_non_null(with);
    assert_true(g_str_has_prefix(with->str, HEAD AUDIO E2M_TOKEN_ATTRIBUTE));
    first = strstr(with->str, E2M_TOKEN_ATTRIBUTE);
    second = strstr(first + 1, E2M_TOKEN_ATTRIBUTE);
    assert_non_null(strstr(first, "\r\n" REFUSED VIDEO E2M_TOKEN_ATTRIBUTE));
    assert_null(strstr(second + 1, E2M_TOKEN_ATTRIBUTE));
    assert_int_not_equal(strncmp(first, second, strcspn(first, "\r")), 0);
    assert_string_equal(pinholes.lines[0].media, "audio");
    assert_string_equal(pinholes.lines[1].media, "");
    assert_string_equal(pinholes.lines[2].media, "video");
    comes_back(sdp, with);
    g_string_free(with, TRUE);
}

static void the_same_again(void **state)
{
    static const char sdp[] = HEAD AUDIO, other[] = HEAD VIDEO;
    struct pinholes pinholes = {0}, before;
    GString *once = pinholes_add(&pinholes, sdp, strlen(sdp));
    GString *again = pinholes_add(&pinholes, sdp, strlen(sdp)), *changed;

    (void)state;
    assert_string_equal(once->str, again->str);
    before = pinholes;
    changed = pinholes_add(&pinholes, other, strlen(other)); /* another stream in its place */
    assert_memory_not_equal(before.lines[0].secret, pinholes.lines[0].secret, E2M_TOKEN_SECRET_LEN);
    g_string_free(once, TRUE);
    g_string_free(again, TRUE);
    g_string_free(changed, TRUE);
}

/* What is odd is passed on, and nothing is written behind the last line that counts. */
static void odd_ones(void **state)
{
    static const char *const odd[] = {"",
                                      "v=0",
                                      "m=",
                                      "m=audio",
                                      "m=audio \r\n",
                                      "m=averylongname 7078 RTP/AVP 0\r\n",
                                      AUDIO AUDIO AUDIO AUDIO AUDIO AUDIO};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
        struct pinholes pinholes = {0};
        GString *with = pinholes_add(&pinholes, odd[i], strlen(odd[i]));

        assert_non_null(with);
        assert_true(
            g_str_has_prefix(with->str, *odd[i] == 'm' && strlen(odd[i]) > 100 ? AUDIO : odd[i]));
        g_string_free(with, TRUE);
    }
}

static void of_a_part(void **state)
{
    static const char sdp[] = HEAD AUDIO;
    struct pinholes pinholes = {0};
    GString *with = pinholes_add(&pinholes, sdp, strlen(sdp));
    GString *addresses = e2m_part_make(with->str, with->len, E2M_PART_ADDRESSES);
    GString *bandwidth = e2m_part_make(with->str, with->len, E2M_PART_BANDWIDTH);

    (void)state;
    assert_non_null(strstr(addresses->str, E2M_TOKEN_ATTRIBUTE));
    assert_null(strstr(bandwidth->str, E2M_TOKEN_ATTRIBUTE));
    g_string_free(with, TRUE);
    g_string_free(addresses, TRUE);
    g_string_free(bandwidth, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_they_stand),
        cmocka_unit_test(the_same_again),
        cmocka_unit_test(odd_ones),
        cmocka_unit_test(of_a_part),
    };

    return cmocka_run_group_tests_name("e2m.token.lines", tests, NULL, NULL);
}
