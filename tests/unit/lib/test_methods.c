/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods against the independent implementation, RFC 5448 appendix C, and each other. */
#include "simauth/digest.h"
#include "simauth/milenage.h"
#include "simauth/name.h"
#include "vectors.h"

static struct simauth_challenge challenge_of(const json_t *v, const char *method)
{
    struct simauth_challenge c = {.method = simauth_method_find(method, strlen(method))};

    assert_non_null(c.method);
    c.rand_len = c.method->rand_len;
    c.has_autn = c.method->needs_autn;
    octets_of(v, "rand", c.rand, c.rand_len);
    if (c.has_autn)
        octets_of(v, "autn", c.autn, sizeof c.autn);
    return c;
}

static void check_ssk(const json_t *all, const json_t *v, const struct simauth_challenge *c,
                      const struct simauth_secret *k)
{
    const struct simauth_names names = names_of(all);
    struct simauth_secret res = secret_of(v, "res"), ssk;

    assert_octets(v, "k", k->octets, k->len);
    assert_int_equal(simauth_ssk_one_way(SIMAUTH_SUBJECT_CALLEE, &names, c->method, c->rand,
                                         c->rand_len, k, &res, &ssk),
                     SIMAUTH_OK);
    assert_octets(v, "callee", ssk.octets, ssk.len);
    assert_int_equal(simauth_ssk_one_way(SIMAUTH_SUBJECT_CALLER, &names, c->method, c->rand,
                                         c->rand_len, k, &res, &ssk),
                     SIMAUTH_OK);
    assert_octets(v, "caller", ssk.octets, ssk.len);
}

static void test_gsm(void **state)
{
    json_t *all = load_vectors("methods"), *v = json_object_get(all, "gsm");
    struct simauth_challenge c = challenge_of(v, "gsm");
    struct simauth_secret card = secret_of(v, "k"), k;

    (void)state;
    assert_int_equal(simauth_method_k(&c, "op-a.example", &card, &k), SIMAUTH_OK);
    check_ssk(all, v, &c, &k);
    card.len -= 8; /* two triplets */
    assert_int_equal(simauth_method_k(&c, "op-a.example", &card, &k), SIMAUTH_MALFORMED);
    assert_int_equal(k.len, 0);
    json_decref(all);
}

static void test_gsm_rands_differ(void **state)
{
    const struct simauth_method *gsm = simauth_method_find("gsm", 3);
    uint8_t rand[3 * SIMAUTH_RAND_LEN] = {[16] = 1, [32] = 2};

    (void)state;
    assert_int_equal(gsm->check_rand(rand, sizeof rand), SIMAUTH_OK);
    assert_int_equal(gsm->check_rand(rand, 32), SIMAUTH_MALFORMED);
    for (int i = 0; i < 3; i++) { /* 1 = 0, 2 = 0, 2 = 1 */
        uint8_t same[sizeof rand];
        int to = i == 0 ? 16 : 32, from = i == 2 ? 16 : 0;

        memcpy(same, rand, sizeof same);
        memcpy(same + to, same + from, 16);
        assert_int_equal(gsm->check_rand(same, sizeof same), SIMAUTH_MALFORMED);
    }
}

static void test_akap(void **state)
{
    json_t *all = load_vectors("methods"), *v = json_object_get(all, "akap");
    struct simauth_challenge c = challenge_of(v, "akap");
    struct simauth_secret card = secret_of(v, "ck_ik"), k;
    const char *realm = simauth_nai_realm(text_of(all, "nai_a"));

    (void)state;
    assert_int_equal(simauth_method_k(&c, realm, &card, &k), SIMAUTH_OK);
    check_ssk(all, v, &c, &k);
    assert_int_equal(simauth_method_k(&c, realm, &card, &card), SIMAUTH_OK);
    assert_true(simauth_secret_equal(&card, &k));
    json_decref(all);
}

static void test_akap_of_the_rfc(void **state)
{
    json_t *all = load_vectors("methods"), *v;
    struct simauth_challenge c = {.method = simauth_method_find("akap", 4), .rand_len = 16};
    size_t i;

    (void)state;
    c.has_autn = true;
    json_array_foreach(json_object_get(all, "rfc5448"), i, v)
    {
        struct simauth_secret card = secret_of(v, "ck_ik"), k;

        octets_of(v, "autn", c.autn, sizeof c.autn);
        assert_int_equal(simauth_method_k(&c, text_of(v, "network"), &card, &k), SIMAUTH_OK);
        assert_octets(v, "k", k.octets, k.len);
    }
    assert_int_equal(i, 3);
    json_decref(all);
}

/* RFC 9048 section 3.4, and what a wrong card or gateway could hand in. */
static void test_akap_refuses(void **state)
{
    json_t *all = load_vectors("methods"), *v = json_object_get(all, "akap");
    const struct simauth_challenge good = challenge_of(v, "akap");
    struct simauth_challenge c = good;
    struct simauth_secret card = secret_of(v, "ck_ik"), k, right;

    (void)state;
    c.autn[6] &= 0x7f;
    assert_int_equal(simauth_method_k(&c, "op-a.example", &card, &k), SIMAUTH_MALFORMED);
    assert_int_equal(k.len, 0);
    c = good;
    c.has_autn = false;
    assert_int_equal(simauth_method_k(&c, "op-a.example", &card, &k), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_method_k(&good, "", &card, &k), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_method_k(&good, "op-a.example", &card, &right), SIMAUTH_OK);
    assert_int_equal(simauth_method_k(&good, "op-b.example", &card, &k), SIMAUTH_OK);
    assert_false(simauth_secret_equal(&k, &right)); /* bound to the network */
    assert_false(simauth_secret_equal(&card, &right));
    card.len = 24;
    assert_int_equal(simauth_method_k(&good, "op-a.example", &card, &k), SIMAUTH_MALFORMED);
    json_decref(all);
}

/* TS 33.220 annex I and TS 24.109 annex H, and GSM-Milenage of the same triplet. */
static void test_gba_2g(void **state)
{
    json_t *all = load_vectors("methods"), *v = json_object_get(all, "gba_2g");
    struct simauth_secret kc = secret_of(v, "kc"), sres = secret_of(v, "sres"), res, ks;
    uint8_t rand[16], ks_input[16], read_rand[16], read_input[16];
    char nonce[SIMAUTH_NONCE_2G_LEN + 1];

    (void)state;
    octets_of(v, "rand", rand, sizeof rand);
    octets_of(v, "ks_input", ks_input, sizeof ks_input);
    assert_int_equal(simauth_gba_2g(rand, &sres, &kc, ks_input, &res, &ks), SIMAUTH_OK);
    assert_octets(v, "res", res.octets, res.len);
    assert_octets(v, "ks", ks.octets, ks.len);
    simauth_gba_2g_nonce_write(rand, ks_input, nonce);
    assert_string_equal(nonce, text_of(v, "nonce"));
    assert_int_equal(simauth_gba_2g_nonce_read(nonce, read_rand, read_input), SIMAUTH_OK);
    assert_memory_equal(read_rand, rand, sizeof rand);
    assert_memory_equal(read_input, ks_input, sizeof ks_input);
    sres.len = 3;
    assert_int_equal(simauth_gba_2g(rand, &sres, &kc, ks_input, &res, &ks), SIMAUTH_MALFORMED);
    assert_true(res.len == 0 && ks.len == 0);
    sres.len = 4;
    kc.len = 16;
    assert_int_equal(simauth_gba_2g(rand, &sres, &kc, ks_input, &res, &ks), SIMAUTH_MALFORMED);
    json_decref(all);
}

/* TS 33.220 annexes M and B.5, with the Digest between: as the phone makes it and the gateway
 * checks it. */
static void test_gba_digest(void **state)
{
    json_t *all = load_vectors("methods"), *v = json_object_get(all, "gba_digest");
    const struct simauth_digest_request request = {"GET", NULL, 0};
    struct simauth_digest_credentials c = {
        .algorithm = SIMAUTH_DIGEST_SHA256, .qop = SIMAUTH_QOP_AUTH_INT, .nc = 1};
    struct simauth_secret ha1, passwd, ks;
    uint8_t tls_mk[SIMAUTH_TLS_MK_LEN], rand[16];
    char nonce[SIMAUTH_NONCE_DIGEST_LEN + 1];
    const char *password = text_of(v, "password");

    (void)state;
    octets_of(v, "tls_mk", tls_mk, sizeof tls_mk);
    strcpy(c.username, text_of(v, "username"));
    strcpy(c.realm, text_of(v, "realm"));
    strcpy(c.nonce, text_of(v, "nonce"));
    strcpy(c.uri, text_of(v, "uri"));
    strcpy(c.cnonce, text_of(v, "cnonce"));
    assert_int_equal(simauth_gba_digest_nonce_read(c.nonce, rand), SIMAUTH_OK);
    simauth_gba_digest_nonce_write(rand, nonce);
    assert_string_equal(nonce, c.nonce);
    assert_int_equal(simauth_gba_digest_nonce_read("AAAA", rand), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_gba_digest_ha1(c.username, c.realm, password, strlen(password), &ha1),
                     SIMAUTH_OK);
    assert_octets(v, "ha1", ha1.octets, ha1.len);
    assert_int_equal(simauth_gba_digest_passwd(&ha1, tls_mk, &passwd), SIMAUTH_OK);
    assert_octets(v, "passwd", passwd.octets, passwd.len);
    assert_int_equal(simauth_digest_sign(&c, &request, passwd.octets, passwd.len), SIMAUTH_OK);
    assert_string_equal(c.response, text_of(v, "response"));
    assert_int_equal(simauth_gba_digest_ks(&ha1, tls_mk, c.response, &ks), SIMAUTH_OK);
    assert_octets(v, "ks", ks.octets, ks.len);

    tls_mk[47] ^= 1; /* another TLS connection: somebody in its middle */
    assert_int_equal(simauth_gba_digest_passwd(&ha1, tls_mk, &passwd), SIMAUTH_OK);
    assert_int_equal(simauth_digest_check(&c, &request, passwd.octets, passwd.len), SIMAUTH_WRONG);
    c.response[5] = 'g';
    assert_int_equal(simauth_gba_digest_ks(&ha1, tls_mk, c.response, &ks), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_gba_digest_ha1("", c.realm, "x", 1, &ha1), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_gba_digest_ha1("a", c.realm, "", 0, &ha1), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_gba_digest_passwd(&ha1, tls_mk, &passwd), SIMAUTH_MALFORMED);
    json_decref(all);
}

/* Neither a USIM's nonce nor one with an AUTN in it is one of 2G. */
static void test_gba_2g_nonces(void **state)
{
    uint8_t rand[16] = {1}, autn[16] = {2}, input[16], octets[48] = {1}, out[16];
    char nonce[SIMAUTH_NONCE_2G_LEN + 1], longer[SIMAUTH_NONCE_2G_LEN + 5];

    (void)state;
    simauth_aka_nonce_write(rand, autn, nonce);
    assert_int_equal(simauth_gba_2g_nonce_read(nonce, out, input), SIMAUTH_MALFORMED);
    octets[31] = 1; /* the last of AUTN */
    simauth_b64_encode(octets, sizeof octets, nonce);
    assert_int_equal(simauth_gba_2g_nonce_read(nonce, out, input), SIMAUTH_MALFORMED);
    octets[31] = 0;
    simauth_b64_encode(octets, sizeof octets, nonce);
    assert_int_equal(simauth_gba_2g_nonce_read(nonce, out, input), SIMAUTH_OK);
    snprintf(longer, sizeof longer, "%sAAAA", nonce);
    assert_int_equal(simauth_gba_2g_nonce_read(longer, out, input), SIMAUTH_MALFORMED);
    nonce[10] = '*';
    assert_int_equal(simauth_gba_2g_nonce_read(nonce, out, input), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_gba_2g_nonce_read("", out, input), SIMAUTH_MALFORMED);
}

static void test_triplet_of_milenage(void **state)
{
    json_t *all = load_vectors("methods"), *v = json_object_get(all, "gsm");
    uint8_t k[16], opc[16], rand[48], kc[24], sres[12];
    struct simauth_milenage m;
    struct simauth_milenage_vector out;

    (void)state;
    octets_of(v, "k_sim", k, sizeof k);
    octets_of(v, "opc_sim", opc, sizeof opc);
    octets_of(v, "rand", rand, sizeof rand);
    assert_int_equal(simauth_milenage_init(&m, k, opc, true), SIMAUTH_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(simauth_milenage_keys(&m, rand + 16 * i, &out), SIMAUTH_OK);
        simauth_triplet(out.res, sizeof out.res, out.ck, out.ik, sres + 4 * i, kc + 8 * i);
    }
    assert_octets(v, "res", sres, sizeof sres);
    assert_octets(v, "k", kc, sizeof kc);
    json_decref(all);
}

/* A pin with a stronger method never falls back by itself (section 7). */
static void test_strengths(void **state)
{
    const struct simauth_method *gsm = simauth_method_find("gsm", 3);
    const struct simauth_method *aka = simauth_method_find("aka", 3);
    const struct simauth_method *akap = simauth_method_find("akap", 4), *method;

    (void)state;
    assert_null(simauth_method_find("paper", 5)); /* tests/paper has it, and nothing else */
    assert_true(gsm->strength < aka->strength && aka->strength <= akap->strength);
    for (size_t i = 0; (method = simauth_method_at(i)); i++) {
        assert_true(method->rand_len > 0 && method->rand_len <= SIMAUTH_CHAL_MAX);
        assert_true(method->k_len <= SIMAUTH_SECRET_MAX);
        assert_ptr_equal(simauth_method_find(method->name, strlen(method->name)), method);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gsm),           cmocka_unit_test(test_gsm_rands_differ),
        cmocka_unit_test(test_akap),          cmocka_unit_test(test_akap_of_the_rfc),
        cmocka_unit_test(test_akap_refuses),  cmocka_unit_test(test_strengths),
        cmocka_unit_test(test_gba_2g),        cmocka_unit_test(test_gba_digest),
        cmocka_unit_test(test_gba_2g_nonces), cmocka_unit_test(test_triplet_of_milenage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
