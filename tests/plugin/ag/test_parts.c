/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the client that need no gateway: bootstrapping information and opening. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <ag_private.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define INFO(inner) "<BootstrappingInfo xmlns=\"uri:3gpp-bsf\">" inner "</BootstrappingInfo>"
#define BTID "<btid>YWJj@ag.example</btid>"
#define LIFE "<lifetime>2026-01-01T00:00:00Z</lifetime>"

static bool parse(const char *xml, struct bsf_info *info)
{
    return bsf_parse(xml, strlen(xml), info);
}

static void test_bsf_good(void **state)
{
    struct bsf_info info;

    (void)state;
    assert_true(parse("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" INFO(BTID LIFE), &info));
    assert_string_equal(info.btid, "YWJj@ag.example");
    assert_int_equal(info.ends, 1767225600);
    assert_true(parse("<x:BootstrappingInfo xmlns:x=\"uri:3gpp-bsf\">\n <x:btid>\n a@b </x:btid>"
                      "<x:lifetime>2026-01-01T02:00:00.5+02:00</x:lifetime><x:new><x:btid/></x:new>"
                      "</x:BootstrappingInfo>",
                      &info));
    assert_string_equal(info.btid, "a@b");
    assert_int_equal(info.ends, 1767225600);
}

static void test_bsf_bad(void **state)
{
    static const char *const bad[] = {
        "",
        "text",
        INFO(""),
        INFO(BTID),
        INFO(LIFE),
        INFO(BTID BTID LIFE),
        INFO(BTID LIFE LIFE),
        INFO("<btid></btid>" LIFE),
        INFO("<btid>a<b/>c</btid>" LIFE),
        INFO(BTID "<lifetime>tomorrow</lifetime>"),
        INFO(BTID "<lifetime>2026-01-01T00:00:00</lifetime>"),
        INFO(BTID "<lifetime>2026-01-01T00:00:00Zulu</lifetime>"),
        INFO(BTID "<lifetime>1960-01-01T00:00:00Z</lifetime>"),
        INFO("<x><btid>a</btid></x>" LIFE),
        "<BootstrappingInfo>" BTID LIFE "</BootstrappingInfo>",
        "<Other xmlns=\"uri:3gpp-bsf\">" BTID LIFE "</Other>",
        INFO(BTID LIFE) "<more/>",
        "<BootstrappingInfo xmlns=\"uri:3gpp-bsf\">" BTID LIFE,
        "<!DOCTYPE a [<!ENTITY e \"x\">]>" INFO("<btid>&e;</btid>" LIFE),
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">" INFO(BTID LIFE),
    };
    struct bsf_info info;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parse(bad[i], &info))
            fail_msg("taken: %s", bad[i]);
}

static void test_bsf_long(void **state)
{
    char *xml = malloc(4096), *at = xml;
    struct bsf_info info;

    (void)state;
    at = stpcpy(at, "<BootstrappingInfo xmlns=\"uri:3gpp-bsf\"><btid>");
    memset(at, 'a', 256); /* one more than fits */
    strcpy(at + 256, "</btid>" LIFE "</BootstrappingInfo>");
    assert_false(parse(xml, &info));
    memmove(at, at + 1, strlen(at));
    assert_true(parse(xml, &info));
    assert_int_equal(strlen(info.btid), 255);
    free(xml);
}

static void test_open(void **state)
{
    static const struct {
        const char *gateway, *impi, *ca, *words;
    } bad[] = {
        {NULL, "1@x", NULL, "host name"},
        {"", "1@x", NULL, "host name"},
        {"https://ag.example", "1@x", NULL, "host name"},
        {"ag.example/path", "1@x", NULL, "host name"},
        {"user@ag.example", "1@x", NULL, "host name"},
        {"ag.example:0", "1@x", NULL, "host name"},
        {"ag.example:65536", "1@x", NULL, "host name"},
        {"ag.example:", "1@x", NULL, "host name"},
        {"ag.example:1:2", "1@x", NULL, "host name"},
        {"ag.example\r\nX: y", "1@x", NULL, "host name"},
        {"ag.example", NULL, NULL, "IMPI"},
        {"ag.example", "1", NULL, "IMPI"},
        {"ag.example", "1\"@x", NULL, "IMPI"},
        {"ag.example", "1@x\r\ny", NULL, "IMPI"},
        {"ag.example", "1@x", "/nonexistent", "trusted certificates"},
        {"ag.example", "1@x", "/dev/null", "trusted certificates"},
    };
    const struct ag_card card = {0};
    char error[AG_ERROR_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct ag_settings settings = {
            .gateway = bad[i].gateway, .impi = bad[i].impi, .ca_file = bad[i].ca};
        struct ag *ag = ag_open(&settings, &card, error);

        if (ag || !strstr(error, bad[i].words))
            fail_msg("%zu: %s", i, ag ? "opened" : error);
    }
    ag_close(NULL);
}

/* What a gateway writes may stand in a sentence; the IMSI and line breaks may not. */
static void test_sentences(void **state)
{
    const struct ag_settings settings = {.gateway = "AG.Example:8443",
                                         .impi = "001010123456789@ims.example"};
    const struct ag_card card = {0};
    char error[AG_ERROR_MAX];
    struct ag *ag = ag_open(&settings, &card, error);

    (void)state;
    assert_non_null(ag);
    assert_string_equal(ag->fqdn, "ag.example");
    assert_int_equal(ag_fail(ag, AG_DOWN, "a\r\nb \x1b[1m 001010123456789@ims 001010123456789."),
                     AG_DOWN);
    assert_string_equal(ag_error(ag), "a  b  [1m ***************@ims ***************.");
    ag_close(ag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bsf_good),  cmocka_unit_test(test_bsf_bad),
        cmocka_unit_test(test_bsf_long),  cmocka_unit_test(test_open),
        cmocka_unit_test(test_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
