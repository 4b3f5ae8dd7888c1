/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digest: the examples of RFC 2617, 7616 and 3310, and headers that are none. */
#include "simauth/digest.h"
#include "vectors.h"

static struct simauth_digest_credentials credentials(const char *header)
{
    struct simauth_digest_credentials c;

    assert_int_equal(simauth_digest_parse_credentials(header, strlen(header), &c), SIMAUTH_OK);
    return c;
}

#define RFC_7616                                                                                   \
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "       \
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "                        \
    "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "                          \
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", "

/* RFC 7616 section 3.9.1. */
static void test_rfc_7616(void **state)
{
    static const char SHA256[] =
        RFC_7616 "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
                 "algorithm=SHA-256";
    static const char MD5[] =
        RFC_7616 "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5";
    const struct simauth_digest_request get = {"GET", NULL, 0}, post = {"POST", NULL, 0};
    struct simauth_digest_credentials c = credentials(SHA256);

    (void)state;
    assert_string_equal(c.username, "Mufasa");
    assert_int_equal(c.nc, 1);
    assert_int_equal(c.qop, SIMAUTH_QOP_AUTH);
    assert_int_equal(c.algorithm, SIMAUTH_DIGEST_SHA256);
    assert_int_equal(simauth_digest_check(&c, &get, "Circle of Life", 14), SIMAUTH_OK);
    assert_int_equal(simauth_digest_check(&c, &get, "Circle of Lif", 13), SIMAUTH_WRONG);
    assert_int_equal(simauth_digest_check(&c, &post, "Circle of Life", 14), SIMAUTH_WRONG);
    c = credentials(MD5);
    assert_int_equal(simauth_digest_check(&c, &get, "Circle of Life", 14), SIMAUTH_OK);
    c.response[0] = '\0';
    assert_int_equal(simauth_digest_check(&c, &get, "Circle of Life", 14), SIMAUTH_WRONG);
}

/* RFC 2617 section 3.5. */
static void test_rfc_2617(void **state)
{
    static const char HEADER[] =
        "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
        "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, "
        "nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", "
        "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
    const struct simauth_digest_request get = {"GET", NULL, 0};
    struct simauth_digest_credentials c = credentials(HEADER);

    (void)state;
    assert_int_equal(simauth_digest_check(&c, &get, "Circle Of Life", 14), SIMAUTH_OK);
    /* RFC 2617 section 3.2.2.1 without qop is RFC 2069's form; computed with openssl dgst -md5. */
    c = credentials("Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                    "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
                    "response=\"670fd8c2df070c60b045671b8b24ff02\"");
    assert_int_equal(c.qop, 0);
    assert_int_equal(simauth_digest_check(&c, &get, "Circle Of Life", 14), SIMAUTH_OK);
}

/* What both ends of auth-int say, and that each octet of the body counts. */
static void test_auth_int_both_ways(void **state)
{
    char body[] = "{\"rand\":\"x\"}", header[SIMAUTH_DIGEST_HEADER_MAX], next[256];
    const struct simauth_digest_request post = {"POST", body, strlen(body)};
    struct simauth_digest_credentials c = {.username = "b-tid@ag.op",
                                           .realm = "3GPP-bootstrapping@ag.op",
                                           .nonce = "n\"o\\nce",
                                           .uri = "/v1/vectors",
                                           .cnonce = "c",
                                           .opaque = "o",
                                           .nc = 0xabcdef01,
                                           .algorithm = SIMAUTH_DIGEST_SHA256,
                                           .qop = SIMAUTH_QOP_AUTH_INT};
    struct simauth_digest_credentials sent, read;

    (void)state;
    assert_int_equal(simauth_digest_sign(&c, &post, "key", 3), SIMAUTH_OK);
    assert_int_equal(simauth_digest_write_credentials(&c, header), SIMAUTH_OK);
    read = credentials(header);
    assert_string_equal(read.nonce, c.nonce);
    assert_int_equal(read.nc, c.nc);
    assert_int_equal(simauth_digest_check(&read, &post, "key", 3), SIMAUTH_OK);
    body[2] ^= 1;
    assert_int_equal(simauth_digest_check(&read, &post, "key", 3), SIMAUTH_WRONG);
    sent = read;
    assert_int_equal(simauth_digest_write_info(&sent, "ok", 2, "key", 3, "next", header),
                     SIMAUTH_OK);
#define CHECK(text, size, password)                                                                \
    simauth_digest_check_info(header, strlen(header), &sent, text, size, password, 3, next)
    assert_int_equal(CHECK("ok", 2, "key"), SIMAUTH_OK);
    assert_string_equal(next, "next");
    assert_int_equal(CHECK("oK", 2, "key"), SIMAUTH_WRONG);
    assert_string_equal(next, "");
    assert_int_equal(CHECK("ok", 2, "kez"), SIMAUTH_WRONG);
    sent.nc++;
    assert_int_equal(CHECK("ok", 2, "key"), SIMAUTH_WRONG);
    sent.nc--;
    sent.cnonce[0]++;
    assert_int_equal(CHECK("ok", 2, "key"), SIMAUTH_WRONG);
    sent.cnonce[0]--;
    sent.qop = SIMAUTH_QOP_AUTH;
    assert_int_equal(CHECK("ok", 2, "key"), SIMAUTH_WRONG);
    sent.qop = SIMAUTH_QOP_AUTH_INT;
    assert_int_equal(simauth_digest_write_info(&sent, NULL, 0, "key", 3, NULL, header), SIMAUTH_OK);
    assert_int_equal(CHECK(NULL, 0, "key"), SIMAUTH_OK);
    strcpy(header, "qop=auth-int");
    assert_int_equal(CHECK(NULL, 0, "key"), SIMAUTH_MALFORMED);
    strcpy(header, "");
    assert_int_equal(CHECK(NULL, 0, "key"), SIMAUTH_MALFORMED);
#undef CHECK
}

/* RFC 3310 section 3.3: RES is the password, octet by octet, NUL among them. */
static void test_aka(void **state)
{
    const struct simauth_digest_request request = {"GET", NULL, 0};
    struct simauth_digest_credentials c = {.username = "jon.dough@mobile.biz",
                                           .realm = "RoamingUsers@mobile.biz",
                                           .nonce =
                                               "CjPk9mRqNuT25eRkajM09uTl9nM09uTl9nMz5OX25PZz==",
                                           .uri = "sip:home.mobile.biz",
                                           .cnonce = "0a4f113b",
                                           .nc = 1,
                                           .qop = SIMAUTH_QOP_AUTH_INT};
    struct simauth_digest_credentials plain;
    char header[SIMAUTH_DIGEST_HEADER_MAX];

    (void)state;
    c.algorithm = SIMAUTH_DIGEST_AKAV1_MD5;
    assert_int_equal(simauth_digest_sign(&c, &request, "\x00\x01\xff\x00", 4), SIMAUTH_OK);
    assert_int_equal(simauth_digest_write_credentials(&c, header), SIMAUTH_OK);
    assert_non_null(strstr(header, "algorithm=AKAv1-MD5"));
    c = credentials(header);
    assert_int_equal(simauth_digest_check(&c, &request, "\x00\x01\xff\x00", 4), SIMAUTH_OK);
    assert_int_equal(simauth_digest_check(&c, &request, "\x00\x01\xff", 3), SIMAUTH_WRONG);
    assert_int_equal(simauth_digest_check(&c, &request, "", 0), SIMAUTH_WRONG);
    plain = c; /* AKAv1-MD5 hashes as MD5 does */
    plain.algorithm = SIMAUTH_DIGEST_MD5;
    assert_int_equal(simauth_digest_check(&plain, &request, "\x00\x01\xff\x00", 4), SIMAUTH_OK);
}

static void check_vector(const json_t *v)
{
    const char *algorithm = text_of(v, "algorithm"), *body = text_of(v, "body");
    const char *answer = text_of(v, "answer");
    const struct simauth_digest_request request = {text_of(v, "method"), body, strlen(body)};
    struct simauth_digest_credentials c = {0};
    char header[SIMAUTH_DIGEST_HEADER_MAX], wanted[100], next[256];
    uint8_t password[32];
    size_t len = from_hex(text_of(v, "password"), password, sizeof password);

    strcpy(c.username, text_of(v, "username"));
    strcpy(c.realm, text_of(v, "realm"));
    strcpy(c.nonce, text_of(v, "nonce"));
    strcpy(c.uri, text_of(v, "uri"));
    strcpy(c.cnonce, text_of(v, "cnonce"));
    c.nc = (uint32_t)json_integer_value(json_object_get(v, "nc"));
    c.algorithm = strcmp(algorithm, "SHA-256") == 0 ? SIMAUTH_DIGEST_SHA256
                  : strcmp(algorithm, "MD5") == 0   ? SIMAUTH_DIGEST_MD5
                                                    : SIMAUTH_DIGEST_AKAV1_MD5;
    c.qop = strcmp(text_of(v, "qop"), "auth") == 0 ? SIMAUTH_QOP_AUTH : SIMAUTH_QOP_AUTH_INT;
    assert_int_equal(simauth_digest_sign(&c, &request, password, len), SIMAUTH_OK);
    assert_string_equal(c.response, text_of(v, "response"));
    assert_int_equal(
        simauth_digest_write_info(&c, answer, strlen(answer), password, len, NULL, header),
        SIMAUTH_OK);
    snprintf(wanted, sizeof wanted, "rspauth=\"%s\"", text_of(v, "rspauth"));
    assert_non_null(strstr(header, wanted));
    assert_int_equal(simauth_digest_check_info(header, strlen(header), &c, answer, strlen(answer),
                                               password, len, next),
                     SIMAUTH_OK);
}

static void test_vectors(void **state)
{
    json_t *vectors = load_vectors("digest"), *v;
    size_t i;

    (void)state;
    assert_int_equal(json_array_size(vectors), 6);
    json_array_foreach(vectors, i, v) check_vector(v);
    json_decref(vectors);
}

/* Ub's first request, byte for byte (docs/protocol.md section 6.1), and AUTS. */
static void test_ub_headers(void **state)
{
    struct simauth_digest_credentials c = {.username = "imsi@ims", .realm = "ag.op", .uri = "/"};
    const struct simauth_digest_request get = {"GET", NULL, 0};
    char header[SIMAUTH_DIGEST_HEADER_MAX];

    (void)state;
    assert_int_equal(simauth_digest_write_credentials(&c, header), SIMAUTH_OK);
    assert_string_equal(header, "Digest username=\"imsi@ims\", realm=\"ag.op\", nonce=\"\", "
                                "uri=\"/\", response=\"\"");
    c = credentials(header);
    assert_string_equal(c.response, "");
    assert_int_equal(simauth_digest_check(&c, &get, "", 0), SIMAUTH_WRONG);
    c.has_auts = true;
    from_hex("000102030405060708090a0b0cff", c.auts, sizeof c.auts);
    assert_int_equal(simauth_digest_write_credentials(&c, header), SIMAUTH_OK);
    assert_non_null(strstr(header, "auts=\"AAECAwQFBgcICQoLDP8=\""));
    memset(c.auts, 0, sizeof c.auts);
    c = credentials(header);
    assert_true(c.has_auts);
    assert_hex(c.auts, sizeof c.auts, "000102030405060708090a0b0cff");
}

static void test_nonce(void **state)
{
    uint8_t rand[16], autn[16], rand_back[16], autn_back[16];
    char nonce[64];

    (void)state;
    memset(rand, 0x5a, sizeof rand);
    memset(autn, 0xc3, sizeof autn);
    simauth_aka_nonce_write(rand, autn, nonce);
    assert_int_equal(strlen(nonce), 44);
    assert_int_equal(simauth_aka_nonce_read(nonce, rand_back, autn_back), SIMAUTH_OK);
    assert_memory_equal(rand, rand_back, 16);
    assert_memory_equal(autn, autn_back, 16);
    nonce[43] = '\0';
    assert_int_equal(simauth_aka_nonce_read(nonce, rand, autn), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_aka_nonce_read("", rand, autn), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_aka_nonce_read("AAAA", rand, autn), SIMAUTH_MALFORMED);
    /* with data of the server's behind them */
    assert_int_equal(
        simauth_aka_nonce_read("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", rand, autn),
        SIMAUTH_OK);
}

static void test_challenge_both_ways(void **state)
{
    struct simauth_digest_challenge c = {.realm = "a \"b\" \\c",
                                         .nonce = "n",
                                         .opaque = "o",
                                         .algorithm = SIMAUTH_DIGEST_AKAV1_MD5,
                                         .qop = SIMAUTH_QOP_AUTH | SIMAUTH_QOP_AUTH_INT,
                                         .stale = true};
    struct simauth_digest_challenge read;
    char header[SIMAUTH_DIGEST_HEADER_MAX];

    (void)state;
    assert_int_equal(simauth_digest_write_challenge(&c, header), SIMAUTH_OK);
    assert_string_equal(header, "Digest realm=\"a \\\"b\\\" \\\\c\", nonce=\"n\", opaque=\"o\", "
                                "algorithm=AKAv1-MD5, qop=\"auth,auth-int\", stale=true");
    assert_int_equal(simauth_digest_parse_challenge(header, strlen(header), &read), SIMAUTH_OK);
    assert_memory_equal(&read, &c, sizeof c);
}

static void test_challenges_that_are_none(void **state)
{
    static const struct {
        const char *header;
        enum simauth_result result;
    } CASES[] = {
        {"Digest realm=\"a\",nonce=\"b\"", SIMAUTH_OK},
        {" digest  REALM = \"a\" ,, nonce = \"b\" , , domain=\"/x\", charset=UTF-8,", SIMAUTH_OK},
        {"Digest realm=\"a\",nonce=\"b\",qop=\"auth-int, x,auth\",algorithm=md5", SIMAUTH_OK},
        {"", SIMAUTH_MALFORMED},
        {"Digest", SIMAUTH_MALFORMED},
        {"Digest ", SIMAUTH_MALFORMED},
        {"Basic realm=\"a\",nonce=\"b\"", SIMAUTH_MALFORMED},
        {"Digestrealm=\"a\",nonce=\"b\"", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\"", SIMAUTH_MALFORMED},
        {"Digest nonce=\"a\"", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\" nonce=\"b\"", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=\"b", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=\"b\\", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",=\"b\",nonce=c", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=\"b\x01\"", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=\"b\r\nX: y\"", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=\"b\\\n\"", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=\"b\",realm=\"c\"", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=\"b\",Nonce=\"c\"", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=\"b\",x=1,X=2", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=\"b\", Basic realm=\"c\"", SIMAUTH_MALFORMED},
        {"Digest realm=\"a\",nonce=\"b\",algorithm=SHA-512-256", SIMAUTH_UNKNOWN_METHOD},
        {"Digest realm=\"a\",nonce=\"b\",qop=\"x\"", SIMAUTH_UNKNOWN_METHOD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct simauth_digest_challenge c;
        enum simauth_result result =
            simauth_digest_parse_challenge(CASES[i].header, strlen(CASES[i].header), &c);
        if (result != CASES[i].result)
            fail_msg("%s: %s", CASES[i].header, simauth_result_name(result));
    }
}

#define FIVE "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"/\",response=\"\""

static void test_credentials_that_are_none(void **state)
{
    static const char *const BAD[] = {
        "Digest realm=\"r\",nonce=\"n\",uri=\"/\",response=\"\"",
        "Digest username=\"u\",nonce=\"n\",uri=\"/\",response=\"\"",
        "Digest username=\"u\",realm=\"r\",uri=\"/\",response=\"\"",
        "Digest username=\"u\",realm=\"r\",nonce=\"n\",response=\"\"",
        "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"/\"",
        "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"/\",response=\"abc\"",
        "Digest "
        "username=\"u\",realm=\"r\",nonce=\"n\",uri=\"/"
        "\",response=\"0123456789ABCDEF0123456789ABCDEF\"",
        "Digest "
        "username=\"u\",realm=\"r\",nonce=\"n\",uri=\"/"
        "\",algorithm=SHA-256,response=\"0123456789abcdef0123456789abcdef\"",
        FIVE ",qop=auth",
        FIVE ",qop=auth,nc=00000001",
        FIVE ",qop=auth,cnonce=\"c\"",
        FIVE ",qop=auth,nc=00000001,cnonce=\"\"",
        FIVE ",qop=auth,nc=0000001,cnonce=\"c\"",
        FIVE ",qop=auth,nc=000000001,cnonce=\"c\"",
        FIVE ",qop=auth,nc=0000000g,cnonce=\"c\"",
        FIVE ",qop=auth,nc=00000000,cnonce=\"c\"",
        FIVE ",qop=other,nc=00000001,cnonce=\"c\"",
        FIVE ",nc=00000001,cnonce=\"c\"",
        FIVE ",auts=\"\"",
        FIVE ",auts=\"AAECAwQFBgcICQoLDA==\"",
        FIVE ",auts=\"AAECAwQFBgcICQoLDP8\"",
        FIVE ",auts=\"AAECAwQFBgcICQoLDP8A\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        static const struct simauth_digest_credentials empty;
        struct simauth_digest_credentials c;
        if (simauth_digest_parse_credentials(BAD[i], strlen(BAD[i]), &c) != SIMAUTH_MALFORMED)
            fail_msg("accepted: %s", BAD[i]);
        assert_memory_equal(&c, &empty, sizeof c);
    }
    credentials(FIVE ",qop=auth,nc=00000001,cnonce=\"c\"");
}

static void test_sizes(void **state)
{
    char header[SIMAUTH_DIGEST_HEADER_MAX + 10];
    struct simauth_digest_challenge c = {.realm = "r", .nonce = "n"};
    struct simauth_digest_credentials full = {.algorithm = SIMAUTH_DIGEST_SHA256};
    size_t n;

    (void)state;
    n = (size_t)sprintf(header, "Digest realm=\"a\",nonce=\"");
    memset(header + n, 'x', 256);
    strcpy(header + n + 255, "\"");
    assert_int_equal(simauth_digest_parse_challenge(header, strlen(header), &c), SIMAUTH_OK);
    strcpy(header + n + 255, "x\"");
    assert_int_equal(simauth_digest_parse_challenge(header, strlen(header), &c), SIMAUTH_TOO_LONG);
    memset(header, ' ', sizeof header);
    assert_int_equal(simauth_digest_parse_challenge(header, sizeof header, &c), SIMAUTH_TOO_LONG);
    n = (size_t)sprintf(header, "Digest ");
    for (unsigned i = 0; i < 33; i++)
        n += (size_t)sprintf(header + n, "x%u=1,", i);
    assert_int_equal(simauth_digest_parse_challenge(header, n, &c), SIMAUTH_TOO_LONG);
    memset(full.username, '"', 255);
    memset(full.realm, '"', 255);
    memset(full.nonce, '"', 255);
    memset(full.uri, '"', 255);
    assert_int_equal(simauth_digest_write_credentials(&full, header), SIMAUTH_TOO_LONG);
    assert_string_equal(header, "");
}

/* Nothing that somebody put into a member can begin another header. */
static void test_no_injection(void **state)
{
    struct simauth_digest_challenge c = {.realm = "a\r\nX: y", .nonce = "n"};
    struct simauth_digest_credentials d = {.username = "a\nb"};
    char header[SIMAUTH_DIGEST_HEADER_MAX];

    (void)state;
    assert_int_equal(simauth_digest_write_challenge(&c, header), SIMAUTH_MALFORMED);
    assert_string_equal(header, "");
    assert_int_equal(simauth_digest_write_credentials(&d, header), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_digest_write_info(&d, NULL, 0, "", 0, "\x7f", header),
                     SIMAUTH_MALFORMED);
    d.username[0] = '\0';
    d.algorithm = (enum simauth_digest_algorithm)17;
    assert_int_equal(simauth_digest_write_credentials(&d, header), SIMAUTH_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_7616),
        cmocka_unit_test(test_rfc_2617),
        cmocka_unit_test(test_auth_int_both_ways),
        cmocka_unit_test(test_aka),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_ub_headers),
        cmocka_unit_test(test_nonce),
        cmocka_unit_test(test_challenge_both_ways),
        cmocka_unit_test(test_challenges_that_are_none),
        cmocka_unit_test(test_credentials_that_are_none),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_no_injection),
    };

    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
