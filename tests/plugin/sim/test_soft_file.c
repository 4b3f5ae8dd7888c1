/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files a soft SIM takes, and what it says about the others. */
#include "desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opening `path` fails with `status` and a sentence with `words` in it, and none of the key. */
static void expect_refused(const char *path, enum simauth_card_status expected, const char *words)
{
    char error[SIM_ERROR_MAX] = "";
    enum simauth_card_status status = SIMAUTH_CARD_GOOD;
    struct sim *sim = desk_backend->open(path, NULL, &status, error);

    if (sim)
        fail_msg("opened, but should say \"%s\"", words);
    assert_int_equal(status, expected);
    if (!strstr(error, words))
        fail_msg("\"%s\" does not say \"%s\"", error, words);
    assert_null(strstr(error, "465b5ce8"));
    assert_null(strstr(error, DESK_IMSI));
    assert_int_equal(error[strlen(error) - 1], '.');
}

static void test_good(void **state)
{
    struct sim *sim = desk_open(*state);
    struct sim_identity identity;

    assert_int_equal(desk_backend->identity(sim, &identity), SIMAUTH_CARD_GOOD);
    assert_string_equal(identity.imsi, DESK_IMSI);
    assert_string_equal(identity.impi, DESK_IMSI "@ims.mnc001.mcc001.3gppnetwork.org");
    assert_string_equal(identity.gateway, "");
    assert_int_equal(identity.mnc_len, 0);
    desk_backend->close(sim);
    desk_backend->close(NULL);
}

static void test_all_members(void **state)
{
    struct desk *desk = *state;
    struct sim_identity identity;
    struct sim *sim;

    desk_write(desk->path,
               "{\"imsi\":\"" DESK_IMSI
               "\",\"mnc_len\":3,\"impi\":\"x@example.org\",\"k\":\"" DESK_K
               "\",\"opc\":\"" DESK_OPC "\",\"gateway\":\"ag.example.org\",\"aor\":\"sip:a@b\","
               "\"nai\":\"a@example.org\"}",
               0400);
    sim = desk_open(desk);
    desk_backend->identity(sim, &identity);
    assert_int_equal(identity.mnc_len, 3);
    assert_string_equal(identity.impi, "x@example.org");
    assert_string_equal(identity.gateway, "ag.example.org");
    desk_backend->close(sim);
}

/* As host name, or as the address of its root. */
static void test_gateway(void **state)
{
    static const char *const forms[][2] = {
        {"https://ag.example.org/", "ag.example.org"},
        {"https://ag.example.org:8443", "ag.example.org:8443"},
        {"ag.example.org:8443", "ag.example.org:8443"},
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct sim_identity identity;
        struct sim *sim;
        char text[256];

        snprintf(text, sizeof text,
                 "{\"imsi\":\"" DESK_IMSI "\",\"k\":\"" DESK_K "\",\"opc\":\"" DESK_OPC
                 "\",\"gateway\":\"%s\"}",
                 forms[i][0]);
        desk_write(desk->path, text, 0600);
        sim = desk_open(desk);
        desk_backend->identity(sim, &identity);
        assert_string_equal(identity.gateway, forms[i][1]);
        desk_backend->close(sim);
    }
}

static void test_modes(void **state)
{
    static const unsigned bad[] = {0640, 0604, 0620, 0602, 0610, 0601, 0666, 0644};
    struct desk *desk = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(chmod(desk->path, bad[i]), 0);
        expect_refused(desk->path, SIMAUTH_CARD_FAILED, "chmod 600");
    }
    assert_int_equal(chmod(desk->path, 0600), 0);
    desk_backend->close(desk_open(desk));
}

static void test_owner(void **state)
{
    struct desk *desk = *state;

    if (geteuid() == 0) {
        assert_int_equal(chown(desk->path, 12345, 12345), 0);
        expect_refused(desk->path, SIMAUTH_CARD_FAILED, "chown");
        assert_int_equal(chown(desk->path, 0, 0), 0);
    } else {
        expect_refused("/etc/passwd", SIMAUTH_CARD_FAILED, "chown");
    }
}

/* A path is shown by its end, and no letter of it in half. */
static void test_long_path(void **state)
{
    (void)state;
    for (int letters = 60; letters < 64; letters++) {
        char path[256] = "/nowhere/", error[SIM_ERROR_MAX] = "";
        enum simauth_card_status status;

        for (int i = 0; i < letters; i++)
            strcat(path, letters % 2 ? "\xc3\xa9" : "\xe2\x82\xac");
        strcat(path, letters < 62 ? ".json" : ".jso");
        assert_null(desk_backend->open(path, NULL, &status, error));
        for (char *c = error + 1; *c; c++)
            if (*c == '\xa9' || *c == '\x82')
                assert_true(c[-1] == '\xc3' || c[-1] == '\xe2');
        assert_null(strstr(error, " \xac"));
        assert_non_null(strstr(error, ".jso"));
    }
}

static void test_not_a_file(void **state)
{
    struct desk *desk = *state;
    char other[128];

    snprintf(other, sizeof other, "%s/other", desk->folder);
    assert_int_equal(rename(desk->path, other), 0);
    expect_refused(desk->path, SIMAUTH_CARD_ABSENT, "No such file");
    assert_int_equal(symlink(other, desk->path), 0);
    expect_refused(desk->path, SIMAUTH_CARD_FAILED, "symbolic link");
    assert_int_equal(unlink(desk->path), 0);
    assert_int_equal(mkfifo(desk->path, 0600), 0); /* and it does not wait for a writer */
    expect_refused(desk->path, SIMAUTH_CARD_FAILED, "not a regular file");
    expect_refused(desk->folder, SIMAUTH_CARD_FAILED, "not a regular file");
    expect_refused("sim.json", SIMAUTH_CARD_ABSENT, "absolute path");
    expect_refused("", SIMAUTH_CARD_ABSENT, "absolute path");
}

static void test_open_folder(void **state)
{
    struct desk *desk = *state;

    assert_int_equal(chmod(desk->folder, 0777), 0);
    expect_refused(desk->path, SIMAUTH_CARD_FAILED, "chmod o-w");
    assert_int_equal(chmod(desk->folder, 01777), 0);
    desk_backend->close(desk_open(desk));
    if (geteuid() == 0) {
        /* a group of others may write to it, then one of one's own */
        assert_int_equal(chown(desk->folder, 0, 12345), 0);
        assert_int_equal(chmod(desk->folder, 0770), 0);
        expect_refused(desk->path, SIMAUTH_CARD_FAILED, "chmod g-w");
        assert_int_equal(chmod(desk->folder, 01770), 0);
        desk_backend->close(desk_open(desk));
        assert_int_equal(chown(desk->folder, 0, 0), 0);
        assert_int_equal(chmod(desk->folder, 0770), 0);
        desk_backend->close(desk_open(desk));
        assert_int_equal(chown(desk->folder, 12345, 0), 0);
        expect_refused(desk->path, SIMAUTH_CARD_FAILED, "another user's folder");
        assert_int_equal(chown(desk->folder, 0, 0), 0);
    }
    assert_int_equal(chmod(desk->folder, 0700), 0);
}

#define WITH(more)                                                                                 \
    "{\"imsi\":\"" DESK_IMSI "\",\"k\":\"" DESK_K "\",\"opc\":\"" DESK_OPC "\"," more "}"
#define C1 "\"00000000000000000000000000000000\""
#define C2 "\"00000000000000000000000000000001\""
#define C3 "\"00000000000000000000000000000002\""
#define C4 "\"00000000000000000000000000000004\""
#define C5 "\"00000000000000000000000000000008\""
#define CS "[" C1 "," C2 "," C3 "," C4 "," C5 "]"

static void test_malformed(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "JSON"},
        {"[]", "JSON"},
        {"{\"imsi\":\"001010123456789\"", "JSON"},
        {WITH("\"k\":\"" DESK_K "\""), "each member once"},
        {"{\"imsi\":\"" DESK_IMSI "\",\"opc\":\"" DESK_OPC "\"}", "\"k\""},
        {"{\"imsi\":\"" DESK_IMSI "\",\"k\":\"" DESK_K "\"}", "\"opc\""},
        {"{\"imsi\":\"" DESK_IMSI "\",\"k\":\"" DESK_K "00\",\"opc\":\"" DESK_OPC "\"}", "\"k\""},
        {"{\"imsi\":\"" DESK_IMSI "\",\"k\":\"" DESK_K
         "\",\"opc\":\"zd63cb71954a9f4e48a5994e37a02baf"
         "\"}",
         "\"opc\""},
        {"{\"imsi\":\"00101\",\"k\":\"" DESK_K "\",\"opc\":\"" DESK_OPC "\"}", "\"imsi\""},
        {"{\"imsi\":1010123456789,\"k\":\"" DESK_K "\",\"opc\":\"" DESK_OPC "\"}", "\"imsi\""},
        {"{\"k\":\"" DESK_K "\",\"opc\":\"" DESK_OPC "\"}", "\"imsi\""},
        {WITH("\"op\":\"" DESK_OPC "\""), "does not have"},
        {WITH("\"mnc_len\":4"), "mnc_len"},
        {WITH("\"mnc_len\":\"2\""), "mnc_len"},
        {WITH("\"mnc_len\":4294967298"), "mnc_len"},
        {WITH("\"impi\":\"a b@c\""), "impi"},
        {WITH("\"impi\":\"\""), "impi"},
        {WITH("\"impi\":\"a\\\"b@c\""), "impi"},
        {WITH("\"gateway\":7"), "gateway"},
        {WITH("\"gateway\":\"\""), "gateway"},
        {WITH("\"gateway\":\"https://\""), "gateway"},
        {WITH("\"gateway\":\"https:///\""), "gateway"},
        {WITH("\"gateway\":\"https://ag.example/path\""), "gateway"},
        {WITH("\"gateway\":\"http://ag.example/\""), "gateway"},
        {WITH("\"gateway\":\"user@ag.example\""), "gateway"},
        {WITH("\"aor\":7"), "aor"},
        {WITH("\"c\":" CS), "both or neither"},
        {WITH("\"r\":[64,0,32,64,96]"), "both or neither"},
        {WITH("\"c\":" CS ",\"r\":[64,0,32,64,128]"), "five constants"},
        {WITH("\"c\":" CS ",\"r\":[64,0,32,64]"), "five constants"},
        {WITH("\"c\":[" C1 "," C1 "," C3 "," C4 "," C5 "],\"r\":[0,0,32,64,96]"), "5.3"},
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        desk_write(desk->path, bad[i].text, 0600);
        expect_refused(desk->path, SIMAUTH_CARD_FAILED, bad[i].words);
    }
}

static void test_too_long(void **state)
{
    struct desk *desk = *state;
    char *text = malloc(40000);

    memset(text, ' ', 40000);
    memcpy(text, DESK_JSON, sizeof DESK_JSON - 1);
    text[39999] = '\0';
    desk_write(desk->path, text, 0600);
    expect_refused(desk->path, SIMAUTH_CARD_FAILED, "16 KiB");
    free(text);
}

static void test_sequence_file(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "{\"seq\":[0]}",
        "{\"seq\":7}",
        "not JSON",
        "{\"seq\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,-1]}",
        "{\"seq\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,8796093022208]}",
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        desk_write(desk->sqn_path, bad[i], 0600);
        expect_refused(desk->path, SIMAUTH_CARD_FAILED, "damaged");
    }
    desk_write(desk->sqn_path, bad[0], 0644);
    expect_refused(desk->path, SIMAUTH_CARD_FAILED, "chmod 600");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_good),       CASE(test_all_members),   CASE(test_gateway),
        CASE(test_modes),      CASE(test_owner),         CASE(test_long_path),
        CASE(test_not_a_file), CASE(test_open_folder),   CASE(test_malformed),
        CASE(test_too_long),   CASE(test_sequence_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
