/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The software SIM as a 2G SIM, against libosmogsm's own functions, and the files it takes for it.
 */
#include "desk.h"

#include <stdio.h>
#include <string.h>

/* In no installed header. */
int comp128(const uint8_t *ki, const uint8_t *rand, uint8_t *sres, uint8_t *kc);
int comp128v2(const uint8_t *ki, const uint8_t *rand, uint8_t *sres, uint8_t *kc);
int comp128v3(const uint8_t *ki, const uint8_t *rand, uint8_t *sres, uint8_t *kc);

#define HEAD "{\"imsi\":\"" DESK_IMSI "\",\"k\":\"" DESK_K "\""
static const uint8_t key[16] = {0x46, 0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f,
                                0xaa, 0x5f, 0x0a, 0x2e, 0xe2, 0x38, 0xa6, 0xbc};

static int xor_2g(const uint8_t *ki, const uint8_t *rand, uint8_t *sres, uint8_t *kc)
{
    uint8_t out[16];

    for (int i = 0; i < 16; i++)
        out[i] = ki[i] ^ rand[i];
    memcpy(sres, out, 4);
    memcpy(kc, out + 4, 8);
    return 0;
}

static struct simauth_challenge three_rands(void)
{
    struct simauth_challenge c = {.method = simauth_method_find("gsm", 3), .rand_len = 48};

    for (int i = 0; i < 48; i++)
        c.rand[i] = (uint8_t)(7 * i + 1);
    return c;
}

static void check(const struct desk *desk, const char *file,
                  int (*right)(const uint8_t *, const uint8_t *, uint8_t *, uint8_t *))
{
    struct simauth_challenge c = three_rands();
    struct simauth_card_answer answer;
    struct sim_identity identity;
    struct sim *sim;
    uint8_t sres[12], kc[24];

    desk_write(desk->path, file, 0600);
    sim = desk_open(desk);
    assert_int_equal(desk_backend->identity(sim, &identity), SIMAUTH_CARD_GOOD);
    assert_true(identity.gsm);
    for (int i = 0; i < 3; i++)
        right(key, c.rand + 16 * i, sres + 4 * i, kc + 8 * i);
    assert_int_equal(desk_backend->run(sim, &c, &answer), SIMAUTH_CARD_GOOD);
    assert_int_equal(answer.res.len, sizeof sres);
    assert_memory_equal(answer.res.octets, sres, sizeof sres);
    assert_int_equal(answer.k.len, sizeof kc);
    assert_memory_equal(answer.k.octets, kc, sizeof kc);
    simauth_card_answer_wipe(&answer);
    c.rand_len = 16; /* bootstrapping */
    assert_int_equal(desk_backend->run(sim, &c, &answer), SIMAUTH_CARD_GOOD);
    assert_true(answer.res.len == 4 && answer.k.len == 8);
    simauth_card_answer_wipe(&answer);
    desk_backend->close(sim);
}

static void test_algorithms(void **state)
{
    check(*state, HEAD ",\"2g\":true,\"algorithm\":\"comp128v1\"}", comp128);
    check(*state, HEAD ",\"2g\":true,\"algorithm\":\"comp128v2\"}", comp128v2);
    check(*state, HEAD ",\"2g\":true,\"algorithm\":\"comp128v3\"}", comp128v3);
    check(*state, HEAD ",\"2g\":true,\"algorithm\":\"xor\"}", xor_2g);
}

static int gsm_milenage(const uint8_t *ki, const uint8_t *rand, uint8_t *sres, uint8_t *kc)
{
    static const uint8_t opc[16] = {0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e,
                                    0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0, 0x2b, 0xaf};
    struct osmo_sub_auth_data sim = {.type = OSMO_AUTH_TYPE_UMTS, .algo = OSMO_AUTH_ALG_MILENAGE};
    struct osmo_auth_vector v = {.res_len = 0};

    memcpy(sim.u.umts.k, ki, 16);
    memcpy(sim.u.umts.opc, opc, 16);
    assert_int_equal(osmo_auth_gen_vec(&v, &sim, rand), 0);
    /* Its SRES is RES cut off (the other one of TS 55.205): ours is the folded one. */
    for (int i = 0; i < 4; i++)
        sres[i] = v.res[i] ^ v.res[i + 4];
    memcpy(kc, v.kc, 8);
    return 0;
}

static void test_milenage(void **state)
{
    check(*state, HEAD ",\"opc\":\"" DESK_OPC "\",\"2g\":true}", gsm_milenage);
    check(*state, HEAD ",\"opc\":\"" DESK_OPC "\",\"2g\":true,\"algorithm\":\"milenage\"}",
          gsm_milenage);
}

/* A 2G SIM knows no AUTN, a USIM answers nobody without. */
static void test_other_challenges(void **state)
{
    struct desk *desk = *state;
    struct simauth_challenge aka, gsm = three_rands();
    struct osmo_auth_vector vector;
    struct sim *sim = desk_open(desk);

    desk_challenge(desk, 0, &aka, &vector);
    assert_int_equal(desk_run(sim, &gsm), SIMAUTH_CARD_FAILED);
    desk_backend->close(sim);
    desk_write(desk->path, HEAD ",\"opc\":\"" DESK_OPC "\",\"2g\":true}", 0600);
    sim = desk_open(desk);
    assert_int_equal(desk_run(sim, &aka), SIMAUTH_CARD_FAILED);
    aka.has_autn = false; /* stripped */
    assert_int_equal(desk_run(sim, &aka), SIMAUTH_CARD_FAILED);
    gsm.rand_len = 47;
    assert_int_equal(desk_run(sim, &gsm), SIMAUTH_CARD_FAILED);
    gsm.rand_len = 0;
    assert_int_equal(desk_run(sim, &gsm), SIMAUTH_CARD_FAILED);
    gsm.rand_len = 48;
    assert_int_equal(desk_run(sim, &gsm), SIMAUTH_CARD_GOOD);
    desk_backend->close(sim);
}

static void test_bad_files(void **state)
{
    static const char *const bad[][2] = {
        {",\"2g\":true,\"algorithm\":\"comp128\"}", "none of milenage"},
        {",\"2g\":true,\"algorithm\":7}", "none of milenage"},
        {",\"2g\":\"yes\",\"opc\":\"" DESK_OPC "\"}", "neither true nor false"},
        {",\"algorithm\":\"comp128v3\"}", "but not \"2g\""},
        {",\"algorithm\":\"xor\",\"2g\":false}", "but not \"2g\""},
        {",\"2g\":true,\"algorithm\":\"comp128v3\",\"opc\":\"" DESK_OPC "\"}", "does not have"},
        {",\"2g\":true}", "no \"opc\""},
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char error[SIM_ERROR_MAX] = "", text[256];
        enum simauth_card_status status = SIMAUTH_CARD_GOOD;

        snprintf(text, sizeof text, "%s%s", HEAD, bad[i][0]);
        desk_write(desk->path, text, 0600);
        assert_null(desk_backend->open(desk->path, NULL, &status, error));
        assert_int_equal(status, SIMAUTH_CARD_FAILED);
        if (!strstr(error, bad[i][1]))
            fail_msg("\"%s\" does not say \"%s\"", error, bad[i][1]);
        assert_null(strstr(error, "465b5ce8"));
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_algorithms),
        CASE(test_milenage),
        CASE(test_other_challenges),
        CASE(test_bad_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
