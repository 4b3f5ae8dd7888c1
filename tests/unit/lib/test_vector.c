/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vector object, its seal, the channel between phone and gateway, and the loader of JSON. */
#include "crypto.h"
#include "simauth/vector.h"
#include "vector_aad.h"
#include "vectors.h"
#include <openssl/err.h>

static struct simauth_seal_pair pair_of(const json_t *v, const char *name)
{
    struct simauth_seal_pair pair;
    uint8_t octets[32];

    octets_of(v, name, octets, sizeof octets);
    assert_int_equal(simauth_seal_pair_make(octets, &pair), SIMAUTH_OK);
    return pair;
}

/* As jansson has it, without "sealed". */
static json_t *object_of(const struct simauth_vector *v)
{
    char rand[SIMAUTH_B64U_LEN(sizeof v->challenge.rand) + 1];
    json_t *object;

    simauth_b64u_encode(v->challenge.rand, v->challenge.rand_len, rand);
    object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "subject",
                       v->subject == SIMAUTH_SUBJECT_CALLEE ? "callee" : "caller", "method",
                       v->challenge.method->name, "rand", rand, "caller", v->caller, "callee",
                       v->callee, "nai_a", v->nai_a, "nai_b", v->nai_b, "operator",
                       v->operator_name, "sim_age", v->sim_age, "ttl", v->ttl, "op_key", v->op_key);
    assert_non_null(object);
    return object;
}

/* What is written by hand is that object with "sealed". */
static void assert_text_is_object(const struct simauth_vector *vector)
{
    char sealed[SIMAUTH_B64U_LEN(sizeof vector->sealed) + 1];
    struct simauth_octets text = {0};
    json_t *object = object_of(vector), *read;

    simauth_b64u_encode(vector->sealed, sizeof vector->sealed, sealed);
    json_object_set_new(object, "sealed", json_string(sealed));
    simauth_octets_append(&text, "before", 6);
    assert_true(simauth_vector_text(vector, &text));
    read = simauth_json_load((const char *)text.data + 6, text.len - 6);
    assert_non_null(read);
    assert_true(json_equal(read, object));
    json_decref(read);
    json_decref(object);
    simauth_octets_clear(&text);
}

/* RFC 7748 section 6.1: Bob's key pair. */
static void test_x25519_of_the_rfc(void **state)
{
    struct simauth_seal_pair pair;
    uint8_t octets[32];

    (void)state;
    from_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", octets, 32);
    assert_int_equal(simauth_seal_pair_make(octets, &pair), SIMAUTH_OK);
    assert_hex(pair.public_key, 32,
               "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
}

static void test_seal_of_the_vectors(void **state)
{
    json_t *v = load_vectors("seal");
    struct simauth_seal_pair operator_pair = pair_of(v, "operator_private");
    struct simauth_seal_pair phone = pair_of(v, "phone_private");
    struct simauth_secret ssk = secret_of(v, "ssk"), opened;
    struct simauth_vector vector;
    uint8_t nonce[12];
    struct simauth_octets aad = {0};

    (void)state;
    assert_octets(v, "operator_public", operator_pair.public_key, 32);
    assert_octets(v, "seal_to", phone.public_key, 32);
    octets_of(v, "nonce", nonce, sizeof nonce);
    assert_int_equal(simauth_vector_from_json(json_object_get(v, "vector"), &vector), SIMAUTH_OK);
    assert_true(vector_aad(&vector, &aad));
    assert_int_equal(aad.len, strlen(text_of(v, "aad")));
    assert_memory_equal(aad.data, text_of(v, "aad"), aad.len);
    simauth_octets_clear(&aad);
    assert_text_is_object(&vector);
    assert_int_equal(simauth_unseal(&vector, operator_pair.public_key, &phone, &opened),
                     SIMAUTH_OK);
    assert_true(simauth_secret_equal(&opened, &ssk));
    memset(vector.sealed, 0, sizeof vector.sealed);
    assert_int_equal(simauth_seal(&vector, &operator_pair, phone.public_key, nonce, &ssk),
                     SIMAUTH_OK);
    assert_octets(v, "sealed", vector.sealed, sizeof vector.sealed);
    simauth_vector_clear(&vector);
    json_decref(v);
}

/* What is written by hand is what jansson writes of the same object, whatever its texts are. */
static void test_aad_is_what_jansson_writes(void **state)
{
    static const char *const names[] = {"\"", "\\", "a\"b\\\\c\"",
                                        "Op\xc3\xa9rateur \xf0\x9f\x93\x9e", "/~'"};
    json_t *v = load_vectors("seal"), *object;
    struct simauth_vector vector;
    struct simauth_octets aad = {0};
    char *written;

    (void)state;
    assert_int_equal(simauth_vector_from_json(json_object_get(v, "vector"), &vector), SIMAUTH_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        strcpy(vector.operator_name, names[i]);
        vector.sim_age = (int)i - 1;
        object = object_of(&vector);
        written = json_dumps(object, JSON_SORT_KEYS | JSON_COMPACT);
        assert_true(vector_aad(&vector, &aad));
        assert_int_equal(aad.len, strlen(written));
        assert_memory_equal(aad.data, written, aad.len);
        simauth_octets_clear(&aad);
        free(written);
        json_decref(object);
        assert_text_is_object(&vector);
    }
    strcpy(vector.operator_name, "Op\xe9rateur");
    assert_false(vector_aad(&vector, &aad));
    simauth_octets_clear(&aad);
    simauth_vector_clear(&vector);
    json_decref(v);
}

/* Everything the seal covers, one octet at a time. */
static void test_nothing_sealed_can_be_changed(void **state)
{
    json_t *v = load_vectors("seal");
    struct simauth_seal_pair operator_pair = pair_of(v, "operator_private");
    struct simauth_seal_pair phone = pair_of(v, "phone_private");
    struct simauth_secret opened;
    struct simauth_vector vector;

    (void)state;
    assert_int_equal(simauth_vector_from_json(json_object_get(v, "vector"), &vector), SIMAUTH_OK);
#define REFUSED()                                                                                  \
    do {                                                                                           \
        opened.len = 1;                                                                            \
        assert_int_equal(simauth_unseal(&vector, operator_pair.public_key, &phone, &opened),       \
                         SIMAUTH_WRONG);                                                           \
        assert_int_equal(opened.len, 0);                                                           \
    } while (0)
#define CHANGED(member)                                                                            \
    (member) ^= 1;                                                                                 \
    REFUSED();                                                                                     \
    (member) ^= 1
    for (size_t i = 0; i < sizeof vector.sealed; i++) {
        CHANGED(vector.sealed[i]);
    }
    CHANGED(vector.challenge.rand[3]);
    CHANGED(vector.caller[5]);
    CHANGED(vector.callee[5]);
    CHANGED(vector.nai_a[2]);
    CHANGED(vector.nai_b[2]);
    CHANGED(vector.operator_name[0]);
    CHANGED(vector.sim_age);
    CHANGED(vector.ttl);
    CHANGED(vector.op_key[1]);
    CHANGED(operator_pair.public_key[0]);
    CHANGED(phone.private_key.octets[1]);
    vector.subject = SIMAUTH_SUBJECT_CALLER;
    REFUSED();
    vector.subject = SIMAUTH_SUBJECT_CALLEE;
    assert_int_equal(simauth_unseal(&vector, operator_pair.public_key, &phone, &opened),
                     SIMAUTH_OK);
    simauth_vector_clear(&vector);
    json_decref(v);
}

/* What is refused leaves no octets of before, and nobody else's error is lost over it. */
static void test_refused_seal(void **state)
{
    json_t *v = load_vectors("seal");
    struct simauth_seal_pair pair = pair_of(v, "operator_private");
    struct simauth_secret ssk = secret_of(v, "ssk"), opened;
    struct simauth_vector vector;
    static const uint8_t nonce[12], zero[sizeof vector.sealed];
    unsigned long before;

    (void)state;
    assert_int_equal(simauth_vector_from_json(json_object_get(v, "vector"), &vector), SIMAUTH_OK);
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 1);
    before = ERR_peek_last_error();
    assert_int_equal(simauth_unseal(&vector, zero, &pair, &opened), SIMAUTH_WRONG);
    assert_int_equal(ERR_peek_last_error(), before);
    ERR_clear_error();
    ssk.len = 31;
    memset(vector.sealed, 0xff, sizeof vector.sealed);
    assert_int_equal(simauth_seal(&vector, &pair, pair.public_key, nonce, &ssk), SIMAUTH_MALFORMED);
    assert_memory_equal(vector.sealed, zero, sizeof zero);
    opened.len = 32;
    vector.caller[0] = '\0';
    assert_int_equal(simauth_unseal(&vector, pair.public_key, &pair, &opened), SIMAUTH_MALFORMED);
    assert_int_equal(opened.len, 0);
    simauth_vector_clear(&vector);
    json_decref(v);
}

/* The channel's seal: one octet is enough, none is too few, and another direction is none. */
static void test_edges_of_seals(void **state)
{
    static const uint8_t nonce[12] = {3};
    struct simauth_secret key = {.len = 32}, one = {.len = 1, .octets = {7}}, none = {0}, opened;
    uint8_t sealed[32 + 64];

    (void)state;
    assert_int_equal(simauth_channel_seal(&key, "seal down", nonce, 4, nonce, &one, sealed),
                     SIMAUTH_OK);
    assert_int_equal(simauth_channel_unseal(&key, "seal down", nonce, 4, sealed, 29, &opened),
                     SIMAUTH_OK);
    assert_true(simauth_secret_equal(&one, &opened));
    assert_int_equal(simauth_channel_seal(&key, "seal down", nonce, 4, nonce, &none, sealed),
                     SIMAUTH_MALFORMED);
    assert_int_equal(simauth_channel_unseal(&key, "down", nonce, 4, sealed, 29, &opened),
                     SIMAUTH_MALFORMED);
    assert_int_equal(opened.len, 0);
    key.len = 31; /* of no cipher of ours, though its octets are there */
    assert_int_equal(crypto_gcm_seal(&key, (struct span){nonce, 4}, nonce, &one, sealed),
                     SIMAUTH_CRYPTO);
    for (size_t i = 0; i < 29; i++)
        assert_int_equal(sealed[i], 0);
}

/* Public keys of small order make an all-zero secret (RFC 7748, 6.1). */
static void test_zero_shared_secret(void **state)
{
    static const char *const SMALL[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
    json_t *v = load_vectors("seal");
    struct simauth_seal_pair pair = pair_of(v, "operator_private");
    struct simauth_secret ssk = secret_of(v, "ssk"), opened;
    struct simauth_vector vector;
    static const uint8_t nonce[12];
    uint8_t key[32];

    (void)state;
    assert_int_equal(simauth_vector_from_json(json_object_get(v, "vector"), &vector), SIMAUTH_OK);
    for (size_t i = 0; i < sizeof SMALL / sizeof SMALL[0]; i++) {
        from_hex(SMALL[i], key, sizeof key);
        assert_int_equal(simauth_unseal(&vector, key, &pair, &opened), SIMAUTH_WRONG);
        assert_int_equal(simauth_seal(&vector, &pair, key, nonce, &ssk), SIMAUTH_WRONG);
        assert_int_equal(ERR_peek_error(), 0);
    }
    ssk.len = 31;
    assert_int_equal(simauth_seal(&vector, &pair, pair.public_key, nonce, &ssk), SIMAUTH_MALFORMED);
    ssk.len = 32;
    pair.private_key.len = 0;
    assert_int_equal(simauth_seal(&vector, &pair, pair.public_key, nonce, &ssk), SIMAUTH_MALFORMED);
    pair = pair_of(v, "operator_private");
    vector.operator_name[0] = '\n';
    assert_int_equal(simauth_seal(&vector, &pair, pair.public_key, nonce, &ssk), SIMAUTH_MALFORMED);
    vector.operator_name[0] = '\0';
    assert_int_equal(simauth_seal(&vector, &pair, pair.public_key, nonce, &ssk), SIMAUTH_MALFORMED);
    simauth_vector_clear(&vector);
    assert_int_equal(simauth_seal(&vector, &pair, key, nonce, &ssk), SIMAUTH_MALFORMED);
    assert_int_equal(simauth_unseal(&vector, key, &pair, &opened), SIMAUTH_MALFORMED);
    json_decref(v);
}

static enum simauth_result read_with(const json_t *good, const char *name, json_t *value)
{
    json_t *object = json_deep_copy(good);
    struct simauth_vector vector;
    enum simauth_result result;

    if (value != NULL)
        json_object_set_new(object, name, value);
    else
        json_object_del(object, name);
    result = simauth_vector_from_json(object, &vector);
    if (result != SIMAUTH_OK)
        assert_null(vector.op_key);
    simauth_vector_clear(&vector);
    json_decref(object);
    return result;
}

static void test_objects_that_are_no_vector(void **state)
{
    static const struct {
        const char *name, *text;
    } BAD[] = {{"subject", "other"},
               {"subject", ""},
               {"rand", ""},
               {"rand", "AAAA"},
               {"caller", "alice"},
               {"caller", ""},
               {"caller", "sips:alice@a.example"}, /* not in its canonical form */
               {"callee", "sip:b@B.example"},
               {"nai_a", "alice"},
               {"nai_b", "b@O.p"},
               {"operator", ""},
               {"operator", "a\x1b[31m"},
               {"operator", "a\xc2\x85"},
               {"operator", "12345678901234567890123456789012345678901234567890123456789012345"},
               {"op_key", ""},
               {"op_key", "a\nb"},
               {"sealed", ""},
               {"sealed", "AAAA"},
               {"unknown", "x"},
               {"ttl", "60"}};
    json_t *v = load_vectors("seal"), *good = json_object_get(v, "vector"), *value;
    const char *name;
    char *big;

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (read_with(good, BAD[i].name, json_string(BAD[i].text)) != SIMAUTH_MALFORMED)
            fail_msg("accepted: %s = %s", BAD[i].name, BAD[i].text);
    }
    json_object_foreach(good, name, value)
    {
        assert_int_equal(read_with(good, name, NULL), SIMAUTH_MALFORMED);
        assert_int_equal(read_with(good, name, json_real(1.0)), SIMAUTH_MALFORMED);
        assert_int_equal(read_with(good, name, json_array()), SIMAUTH_MALFORMED);
        assert_int_equal(read_with(good, name, json_null()), SIMAUTH_MALFORMED);
    }
    assert_int_equal(read_with(good, "ttl", json_integer(0)), SIMAUTH_MALFORMED);
    assert_int_equal(read_with(good, "ttl", json_integer(61)), SIMAUTH_MALFORMED);
    assert_int_equal(read_with(good, "sim_age", json_integer(-2)), SIMAUTH_MALFORMED);
    assert_int_equal(read_with(good, "sim_age", json_integer(INT64_MAX)), SIMAUTH_MALFORMED);
    assert_int_equal(read_with(good, "method", json_string("nix")), SIMAUTH_UNKNOWN_METHOD);
    big = calloc(1, SIMAUTH_STATEMENT_MAX + 2);
    memset(big, 'x', SIMAUTH_STATEMENT_MAX + 1);
    assert_int_equal(read_with(good, "op_key", json_string(big)), SIMAUTH_TOO_LONG);
    big[SIMAUTH_STATEMENT_MAX] = '\0';
    assert_int_equal(read_with(good, "op_key", json_string(big)), SIMAUTH_OK);
    free(big);
    json_decref(v);
    v = json_array();
    assert_int_equal(read_with(v, "x", NULL), SIMAUTH_MALFORMED);
    json_decref(v);
}

static void test_loader(void **state)
{
    static const char *const GOOD[] = {"{}", " {\"a\":{\"b\":[1,\"\xc3\xa9\"]}} "};
    static const char *const BAD[] = {"",
                                      "[]",
                                      "1",
                                      "{",
                                      "{}x",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":{\"b\":1,\"b\":1}}",
                                      "{\"a\":\"\\u0001\"}",
                                      "{\"a\":\"\\u007f\"}",
                                      "{\"a\":\"\\u0085\"}",
                                      "{\"a\":\"\\u0000\"}",
                                      "{\"a\":[\"\\n\"]}",
                                      "{\"\\n\":1}",
                                      "{\"a\":\"\x01\"}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":01}",
                                      "{'a':1}",
                                      "{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"};
    static const char *const ONLY[] = {"a", "b", NULL};
    json_t *object;

    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        object = simauth_json_load(GOOD[i], strlen(GOOD[i]));
        assert_non_null(object);
        json_decref(object);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (simauth_json_load(BAD[i], strlen(BAD[i])) != NULL)
            fail_msg("accepted: %s", BAD[i]);
    }
    object = simauth_json_load("{\"b\":1}", 7);
    assert_true(simauth_json_only(object, ONLY));
    json_object_set_new(object, "c", json_true());
    assert_false(simauth_json_only(object, ONLY));
    json_decref(object);
    assert_false(simauth_json_only(NULL, ONLY));
}

static void test_channel(void **state)
{
    json_t *v = load_vectors("channel");
    struct simauth_secret ks = secret_of(v, "ks_naf"), secret = secret_of(v, "secret"), opened;
    uint8_t nonce[12], aad[32], sealed[28 + SIMAUTH_SECRET_MAX + 1];

    (void)state;
    octets_of(v, "nonce", nonce, sizeof nonce);
    octets_of(v, "aad", aad, sizeof aad);
    for (unsigned up = 0; up < 2; up++) {
        const char *direction = up ? "seal up" : "seal down";
        const char *other = up ? "seal down" : "seal up";
        assert_int_equal(
            simauth_channel_seal(&ks, direction, aad, sizeof aad, nonce, &secret, sealed),
            SIMAUTH_OK);
        assert_octets(v, up ? "sealed_up" : "sealed_down", sealed, 60);
#define OPEN(which, aad_len, len)                                                                  \
    simauth_channel_unseal(&ks, which, aad, aad_len, sealed, len, &opened)
        assert_int_equal(OPEN(direction, sizeof aad, 60), SIMAUTH_OK);
        assert_true(simauth_secret_equal(&opened, &secret));
        assert_int_equal(OPEN(other, sizeof aad, 60), SIMAUTH_WRONG);
        assert_int_equal(OPEN(direction, sizeof aad - 1, 60), SIMAUTH_WRONG);
        assert_int_equal(OPEN(direction, sizeof aad, 59), SIMAUTH_WRONG);
        assert_int_equal(OPEN(direction, sizeof aad, 28), SIMAUTH_MALFORMED);
        assert_int_equal(OPEN(direction, sizeof aad, 0), SIMAUTH_MALFORMED);
        assert_int_equal(OPEN(direction, sizeof aad, sizeof sealed), SIMAUTH_MALFORMED);
        assert_int_equal(OPEN("seal", sizeof aad, 60), SIMAUTH_MALFORMED);
        assert_int_equal(opened.len, 0);
        for (size_t i = 0; i < 60; i++) {
            sealed[i] ^= 0x80;
            assert_int_equal(OPEN(direction, sizeof aad, 60), SIMAUTH_WRONG);
            sealed[i] ^= 0x80;
        }
    }
    simauth_secret_set(&secret, sealed, SIMAUTH_SECRET_MAX); /* the longest, with the least AAD */
    assert_int_equal(simauth_channel_seal(&ks, "seal up", aad, 1, nonce, &secret, sealed),
                     SIMAUTH_OK);
    assert_int_equal(OPEN("seal up", 1, sizeof sealed - 1), SIMAUTH_OK);
    assert_true(simauth_secret_equal(&opened, &secret));
    aad[0] ^= 1;
    assert_int_equal(OPEN("seal up", 1, sizeof sealed - 1), SIMAUTH_WRONG);
    assert_int_equal(opened.len, 0);
    simauth_secret_wipe(&secret);
    assert_int_equal(simauth_channel_seal(&ks, "seal up", aad, 32, nonce, &secret, sealed),
                     SIMAUTH_MALFORMED);
    simauth_secret_wipe(&ks);
    assert_int_equal(OPEN("seal up", sizeof aad, 60), SIMAUTH_MALFORMED);
    json_decref(v);
}

static void test_aad_of_challenges(void **state)
{
    uint8_t aad[2 * SIMAUTH_CHAL_MAX];

    (void)state;
    assert_int_equal(
        simauth_challenges_aad((const uint8_t *)"one", 3, (const uint8_t *)"other", 5, aad), 8);
    assert_memory_equal(aad, "oneother", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_x25519_of_the_rfc),
        cmocka_unit_test(test_seal_of_the_vectors),
        cmocka_unit_test(test_aad_is_what_jansson_writes),
        cmocka_unit_test(test_nothing_sealed_can_be_changed),
        cmocka_unit_test(test_refused_seal),
        cmocka_unit_test(test_edges_of_seals),
        cmocka_unit_test(test_zero_shared_secret),
        cmocka_unit_test(test_objects_that_are_no_vector),
        cmocka_unit_test(test_loader),
        cmocka_unit_test(test_channel),
        cmocka_unit_test(test_aad_of_challenges),
    };

    return cmocka_run_group_tests_name("vector", tests, NULL, NULL);
}
