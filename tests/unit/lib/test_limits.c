/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The edges of what the derivations take: the last length that is right, and the first that is not;
 * and each condition of several alone. */
#include "simauth/keys.h"
#include "simauth/name.h"
#include "simauth/transcript.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct simauth_names names = {"sip:a@a.example", "sip:b@b.example", "a@a.example",
                                           "b@b.example"};
static const uint8_t octets[128] = {1, 2, 3};

static struct simauth_secret secret(size_t len)
{
    struct simauth_secret s = {.len = len};

    memset(s.octets, 7, len);
    return s;
}

static enum simauth_result one_way(const char *method, size_t rand_len, size_t k_len,
                                   size_t res_len)
{
    const struct simauth_method *m = simauth_method_find(method, strlen(method));
    struct simauth_secret k = secret(k_len), res = secret(res_len), ssk;
    enum simauth_result result =
        simauth_ssk_one_way(SIMAUTH_SUBJECT_CALLEE, &names, m, octets, rand_len, &k, &res, &ssk);

    assert_int_equal(ssk.len, result == SIMAUTH_OK ? SIMAUTH_KEY_LEN : 0);
    return result;
}

static void lengths_of_one_way(void **unused)
{
    static const struct {
        const char *method;
        size_t rand, k, res;
        bool good;
    } cases[] = {
        {"aka", 16, 32, 8, true},   {"aka", 16, 32, 4, true},   {"aka", 16, 32, 3, false},
        {"aka", 16, 32, 16, true},  {"aka", 16, 32, 17, false}, {"aka", 16, 31, 8, false},
        {"aka", 32, 32, 8, false},  {"aka", 15, 32, 8, false},  {"aka", 0, 32, 8, false},
        {"gsm", 48, 24, 12, true},  {"gsm", 48, 24, 11, false}, {"gsm", 48, 24, 13, false},
        {"gsm", 48, 24, 7, false},  {"gsm", 48, 24, 9, false},  {"gsm", 48, 24, 15, true},
        {"gsm", 16, 24, 12, false}, {"gsm", 32, 24, 12, false}, {"stp", 24, 32, 8, false},
        {"stp", 16, 32, 8, false},  {"agt", 32, 32, 8, false},  {"gsm", 48, 24, 48, true},
        {"gsm", 48, 24, 51, false},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(one_way(cases[i].method, cases[i].rand, cases[i].k, cases[i].res),
                         cases[i].good ? SIMAUTH_OK : SIMAUTH_MALFORMED);
}

static void what_a_held_key_needs(void **unused)
{
    static const struct {
        const char *method;
        size_t k;
        bool ticket, names, good;
    } cases[] = {
        {"stp", 32, false, true, true},  {"stp", 32, true, true, false},
        {"agt", 32, true, true, true},   {"agt", 32, false, true, false},
        {"stp", 31, false, true, false}, {"stp", 32, false, false, false},
        {"aka", 32, false, true, false}, {"agt", 16, true, true, false},
        {"aka", 32, true, true, false},
    };
    static const struct simauth_names none = {"", "sip:b@b.example", "a@a.example", "b@b.example"};

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct simauth_method *m =
            simauth_method_find(cases[i].method, strlen(cases[i].method));
        struct simauth_secret k = secret(cases[i].k), ssk = secret(32);

        assert_int_equal(simauth_ssk_held(SIMAUTH_SUBJECT_CALLER, cases[i].names ? &names : &none,
                                          m, cases[i].ticket ? octets : NULL, octets, &k, &ssk),
                         cases[i].good ? SIMAUTH_OK : SIMAUTH_MALFORMED);
        assert_int_equal(ssk.len, cases[i].good ? SIMAUTH_KEY_LEN : 0);
    }
}

static void names_of_ks_naf(void **unused)
{
    struct simauth_secret k = secret(32), out;
    char impi[SIMAUTH_NAI_MAX + 2], fqdn[SIMAUTH_REALM_MAX + 2];

    (void)unused;
    memset(impi, 'i', sizeof impi);
    memset(fqdn, 'f', sizeof fqdn);
    impi[SIMAUTH_NAI_MAX] = fqdn[SIMAUTH_REALM_MAX] = '\0';
    assert_int_equal(simauth_ks_naf(&k, octets, impi, fqdn, &out), SIMAUTH_OK);
    assert_int_equal(out.len, 32);
    impi[SIMAUTH_NAI_MAX] = 'i';
    impi[SIMAUTH_NAI_MAX + 1] = '\0';
    assert_int_equal(simauth_ks_naf(&k, octets, impi, "a", &out), SIMAUTH_TOO_LONG);
    assert_int_equal(out.len, 0);
    fqdn[SIMAUTH_REALM_MAX] = 'f';
    fqdn[SIMAUTH_REALM_MAX + 1] = '\0';
    assert_int_equal(simauth_ks_naf(&k, octets, "a", fqdn, &out), SIMAUTH_TOO_LONG);
    assert_int_equal(simauth_ks_naf(&k, octets, "", "a", &out), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_ks_naf(&k, octets, "a", "", &out), SIMAUTH_MALFORMED);
    k.len = 31;
    out = secret(32);
    assert_int_equal(simauth_ks_naf(&k, octets, "a", "a", &out), SIMAUTH_MALFORMED);
    assert_int_equal(out.len, 0);
}

static void responses(void **unused)
{
    struct simauth_secret ha1 = secret(SIMAUTH_HA1_LEN), out = secret(32);
    char response[66];

    (void)unused;
    memset(response, '0', sizeof response);
    response[64] = '\0';
    assert_int_equal(simauth_gba_digest_ks(&ha1, octets, response, &out), SIMAUTH_OK);
    for (const char *bad = "gGAF/:`-"; *bad; bad++)
        for (int at = 0; at < 2; at++) {
            response[62 + at] = *bad;
            out = secret(32);
            assert_int_equal(simauth_gba_digest_ks(&ha1, octets, response, &out),
                             SIMAUTH_MALFORMED);
            assert_int_equal(out.len, 0);
            response[62 + at] = '0';
        }
    for (const char *good = "09af"; *good; good++) {
        response[63] = *good;
        assert_int_equal(simauth_gba_digest_ks(&ha1, octets, response, &out), SIMAUTH_OK);
    }
    response[64] = '0';
    response[65] = '\0';
    assert_int_equal(simauth_gba_digest_ks(&ha1, octets, response, &out), SIMAUTH_MALFORMED);
    response[64] = '\0';
    ha1.len--;
    assert_int_equal(simauth_gba_digest_ks(&ha1, octets, response, &out), SIMAUTH_MALFORMED);
    out = secret(32);
    assert_int_equal(simauth_gba_digest_passwd(&ha1, octets, &out), SIMAUTH_MALFORMED);
    assert_int_equal(out.len, 0);
}

/* RES of a 2G SIM is the first half of what is derived: of the other half nothing stays. */
static void half_of_a_response(void **unused)
{
    struct simauth_secret kc = secret(SIMAUTH_KC_LEN), sres = secret(SIMAUTH_SRES_LEN), res, ks;
    uint8_t zero[sizeof res.octets] = {0};

    (void)unused;
    memset(&res, 0xff, sizeof res);
    assert_int_equal(simauth_gba_2g(octets, &sres, &kc, octets, &res, &ks), SIMAUTH_OK);
    assert_int_equal(res.len, SIMAUTH_RES_MAX);
    assert_memory_not_equal(res.octets, zero, SIMAUTH_RES_MAX);
    assert_memory_equal(res.octets + SIMAUTH_RES_MAX, zero, sizeof res.octets - SIMAUTH_RES_MAX);
    for (int which = 0; which < 2; which++) {
        kc.len = (uint8_t)(SIMAUTH_KC_LEN - which);
        sres.len = (uint8_t)(SIMAUTH_SRES_LEN - !which);
        ks = secret(32);
        assert_int_equal(simauth_gba_2g(octets, &sres, &kc, octets, &res, &ks), SIMAUTH_MALFORMED);
        assert_true(res.len == 0 && ks.len == 0);
    }
}

/* Where nothing can come out, nothing is there that was there before. */
static void nothing_comes_out(void **unused)
{
    struct simauth_secret short_key = secret(31), key = secret(32), none = {0}, out;
    struct simauth_octets t = {0}, failed = {.failed = true};
    uint8_t mac[SIMAUTH_MAC_LEN], zero[SIMAUTH_MAC_LEN] = {0};

    (void)unused;
    simauth_octets_append(&t, "t", 1);
    for (int which = 0; which < 4; which++) {
        out = secret(32);
        assert_int_equal(simauth_ssk_both(which == 0 ? &short_key : &key,
                                          which == 1 ? &short_key : &key,
                                          which == 2   ? &failed
                                          : which == 3 ? &(struct simauth_octets){0}
                                                       : &t,
                                          &out),
                         SIMAUTH_MALFORMED);
        assert_int_equal(out.len, 0);
    }
    for (int which = 0; which < 3; which++) {
        memset(mac, 0xff, sizeof mac);
        assert_int_equal(simauth_mac(which == 0 ? &none : &key,
                                     which == 1   ? &failed
                                     : which == 2 ? &(struct simauth_octets){0}
                                                  : &t,
                                     mac),
                         SIMAUTH_MALFORMED);
        assert_memory_equal(mac, zero, sizeof mac);
    }
    out = secret(32);
    assert_int_equal(simauth_hkdf(&none, "x", 32, &out), SIMAUTH_MALFORMED);
    assert_int_equal(out.len, 0);
    none.len = 1;
    assert_int_equal(simauth_hkdf(&none, "x", 32, &out), SIMAUTH_OK);
    simauth_octets_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_of_one_way), cmocka_unit_test(what_a_held_key_needs),
        cmocka_unit_test(names_of_ks_naf),    cmocka_unit_test(responses),
        cmocka_unit_test(half_of_a_response), cmocka_unit_test(nothing_comes_out),
    };

    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
