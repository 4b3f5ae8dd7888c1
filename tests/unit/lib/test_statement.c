/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's statement: what a phone accepts, and everything that it must not. */
#include "certificates.h"
#include "simauth/vector.h"
#include "statement.h"
#include <openssl/err.h>
#include <stdlib.h>

struct world {
    struct issued root, between, leaf;
    STACK_OF(X509) * chain; /* leaf, between */
    X509_STORE *anchors;    /* root */
    struct simauth_statement statement;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    w->root = issue(NULL, "Root", NULL, "P-256");
    w->between = issue(&w->root, "Between", NULL, "P-256");
    w->leaf = issue(&w->between, "Leaf", "DNS:op-b.example", "P-256");
    w->chain = sk_X509_new_null();
    sk_X509_push(w->chain, w->leaf.certificate);
    sk_X509_push(w->chain, w->between.certificate);
    w->anchors = X509_STORE_new();
    X509_STORE_add_cert(w->anchors, w->root.certificate);
    w->statement = (struct simauth_statement){.realm = "op-b.example",
                                              .name = "Operator \xc3\xa9",
                                              .not_before = NOW - 10,
                                              .not_after = NOW + 10};
    memset(w->statement.key, 0x42, sizeof w->statement.key);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    issued_free(&w->root);
    issued_free(&w->between);
    issued_free(&w->leaf);
    sk_X509_free(w->chain);
    X509_STORE_free(w->anchors);
    free(w);
    return 0;
}

/* Signs with what is in `w` now and verifies at `now`. */
static enum simauth_result sign_and_verify(struct world *w, EVP_PKEY *key, int64_t now)
{
    static const struct simauth_statement empty;
    struct simauth_statement read;
    char *jws = simauth_statement_sign(&w->statement, key, w->chain);
    enum simauth_result result;

    assert_non_null(jws);
    result = simauth_statement_verify(jws, w->anchors, now, &read);
    free(jws);
    assert_int_equal(ERR_peek_error(), 0); /* TLS in the same thread would read it */
    assert_memory_equal(&read, result == SIMAUTH_OK ? &w->statement : &empty, sizeof read);
    return result;
}

static void replace_leaf(struct world *w, struct issued leaf)
{
    issued_free(&w->leaf);
    w->leaf = leaf;
    sk_X509_set(w->chain, 0, leaf.certificate);
}

static void test_good(void **state)
{
    struct world *w = *state;

    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW), SIMAUTH_OK);
    X509_STORE_add_cert(w->anchors, w->between.certificate);
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW), SIMAUTH_OK);
    sk_X509_pop(w->chain); /* the anchors have what is between */
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW), SIMAUTH_OK);
}

static void test_time(void **state)
{
    struct world *w = *state;

    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW - 10), SIMAUTH_OK);
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW - 11), SIMAUTH_EXPIRED);
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW + 10), SIMAUTH_OK);
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW + 11), SIMAUTH_EXPIRED);
    w->statement.not_before = NOW - 10 * DAY;
    w->statement.not_after = NOW + 10 * DAY;
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW), SIMAUTH_OK);
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW + 2 * DAY), SIMAUTH_EXPIRED);
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW - 2 * DAY), SIMAUTH_EXPIRED);
}

static void test_untrusted(void **state)
{
    struct world *w = *state;
    struct issued other = issue(NULL, "Root", NULL, "P-256"); /* the same name, another key */
    X509_STORE *right = w->anchors, *wrong = X509_STORE_new();

    X509_STORE_add_cert(wrong, other.certificate);
    w->anchors = wrong;
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW), SIMAUTH_UNTRUSTED);
    w->anchors = right;
    X509_STORE_free(wrong);
    issued_free(&other);
    sk_X509_pop(w->chain);
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW), SIMAUTH_UNTRUSTED);
}

static void test_leaf_that_is_no_authority(void **state)
{
    struct world *w = *state;
    struct issued below = issue(&w->leaf, "Below", "DNS:op-b.example", "P-256");

    sk_X509_insert(w->chain, below.certificate, 0);
    assert_int_equal(sign_and_verify(w, below.key, NOW), SIMAUTH_UNTRUSTED);
    sk_X509_shift(w->chain);
    issued_free(&below);
}

static void test_names(void **state)
{
    static const char *const WRONG[] = {"DNS:op-c.example", "DNS:*.example", "DNS:x.op-b.example",
                                        "email:x@op-b.example", "DNS:example"};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        replace_leaf(w, issue(&w->between, "op-b.example", WRONG[i], "P-256"));
        assert_int_equal(sign_and_verify(w, w->leaf.key, NOW), SIMAUTH_UNTRUSTED);
    }
    replace_leaf(w, issue(&w->between, "x", "DNS:op-c.example,DNS:OP-B.example", "P-256"));
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW), SIMAUTH_OK);
}

static void test_other_keys(void **state)
{
    struct world *w = *state;
    struct issued big = issue(&w->between, "Leaf", "DNS:op-b.example", "P-384");
    struct issued same = issue(&w->between, "Leaf", "DNS:op-b.example", "P-256");

    assert_int_equal(sign_and_verify(w, same.key, NOW), SIMAUTH_WRONG);
    assert_null(simauth_statement_sign(&w->statement, big.key, w->chain));
    assert_null(simauth_statement_sign(&w->statement, NULL, w->chain));
    sk_X509_set(w->chain, 0, big.certificate);
    assert_int_equal(sign_and_verify(w, w->leaf.key, NOW), SIMAUTH_UNTRUSTED);
    sk_X509_set(w->chain, 0, w->leaf.certificate);
    issued_free(&big);
    issued_free(&same);
}

/* Every single character. */
static void test_tampered(void **state)
{
    struct world *w = *state;
    struct simauth_statement read;
    char *jws = simauth_statement_sign(&w->statement, w->leaf.key, w->chain);
    size_t len;

    assert_non_null(jws);
    len = strlen(jws);
    for (size_t i = 0; i < len; i++) {
        char before = jws[i];
        jws[i] = before == 'A' ? 'B' : 'A';
        assert_int_not_equal(simauth_statement_verify(jws, w->anchors, NOW, &read), SIMAUTH_OK);
        jws[i] = before;
    }
    for (size_t i = 0; i < len; i += 7) {
        char before = jws[i];
        jws[i] = '\0';
        assert_int_not_equal(simauth_statement_verify(jws, w->anchors, NOW, &read), SIMAUTH_OK);
        jws[i] = before;
    }
    assert_int_equal(simauth_statement_verify(jws, w->anchors, NOW, &read), SIMAUTH_OK);
    free(jws);
}

static void test_what_cannot_be_signed(void **state)
{
    struct world *w = *state;
    struct simauth_statement good = w->statement;
    STACK_OF(X509) *empty = sk_X509_new_null();

    assert_null(simauth_statement_sign(&good, w->leaf.key, empty));
    sk_X509_free(empty);
    strcpy(w->statement.realm, "Op-b.example");
    assert_null(simauth_statement_sign(&w->statement, w->leaf.key, w->chain));
    w->statement = good;
    strcpy(w->statement.name, "a\x1b[31m");
    assert_null(simauth_statement_sign(&w->statement, w->leaf.key, w->chain));
    strcpy(w->statement.name, "\xff");
    assert_null(simauth_statement_sign(&w->statement, w->leaf.key, w->chain));
    w->statement.name[0] = '\0';
    assert_null(simauth_statement_sign(&w->statement, w->leaf.key, w->chain));
    w->statement = good;
    w->statement.not_after = w->statement.not_before - 1;
    assert_null(simauth_statement_sign(&w->statement, w->leaf.key, w->chain));
    w->statement = good;
    for (int i = 0; i < 3; i++)
        sk_X509_push(w->chain, w->between.certificate);
    assert_null(simauth_statement_sign(&w->statement, w->leaf.key, w->chain));
}

/* A token of three parts made of these texts, with a signature of the right length. */
static enum simauth_result verify_parts(struct world *w, const char *header, const char *payload)
{
    json_t *h = json_loads(header, 0, NULL), *p = json_loads(payload, 0, NULL);
    char *first = jws_part(h), *second = jws_part(p), *jws;
    char signature[SIMAUTH_B64U_LEN(ES256_LEN) + 1];
    uint8_t raw[ES256_LEN] = {1};
    struct simauth_statement read;
    enum simauth_result result;

    assert_non_null(h);
    assert_non_null(p);
    simauth_b64u_encode(raw, sizeof raw, signature);
    assert_true(asprintf(&jws, "%s.%s.%s", first, second, signature) > 0);
    result = simauth_statement_verify(jws, w->anchors, NOW, &read);
    free(jws);
    free(first);
    free(second);
    json_decref(h);
    json_decref(p);
    return result;
}

static void test_headers(void **state)
{
    static const char *const BAD[] = {
        "{}",
        "{\"alg\":\"none\",\"typ\":\"" JWS_TYPE "\",\"x5c\":[\"%s\"]}",
        "{\"alg\":\"HS256\",\"typ\":\"" JWS_TYPE "\",\"x5c\":[\"%s\"]}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5c\":[\"%s\"]}",
        "{\"alg\":\"ES256\",\"typ\":\"" JWS_TYPE "\",\"x5c\":[\"%s\"],\"jwk\":{}}",
        "{\"alg\":\"ES256\",\"typ\":\"" JWS_TYPE "\",\"x5c\":[]}",
        "{\"alg\":\"ES256\",\"typ\":\"" JWS_TYPE "\",\"x5c\":\"%s\"}",
        "{\"alg\":\"ES256\",\"typ\":\"" JWS_TYPE "\",\"x5c\":[1]}",
        "{\"alg\":\"ES256\",\"typ\":\"" JWS_TYPE "\",\"x5c\":[\"AAAA\"]}",
        "{\"alg\":\"ES256\",\"typ\":\"" JWS_TYPE "\",\"x5c\":[\"%s\",\"\",\"\",\"\",\"\"]}"};
    struct world *w = *state;
    uint8_t *der = NULL;
    int len = i2d_X509(w->leaf.certificate, &der);
    char text[SIMAUTH_B64_LEN(4096) + 1], header[8192];

    simauth_b64_encode(der, (size_t)len, text);
    OPENSSL_free(der);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        const char *hole = strstr(BAD[i], "%s");
        if (hole != NULL)
            snprintf(header, sizeof header, "%.*s%s%s", (int)(hole - BAD[i]), BAD[i], text,
                     hole + 2);
        else
            snprintf(header, sizeof header, "%s", BAD[i]);
        assert_int_equal(verify_parts(w, header, "{}"), SIMAUTH_MALFORMED);
    }
    snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"" JWS_TYPE "\",\"x5c\":[\"%s\"]}",
             text);
    assert_int_equal(verify_parts(w, header, "{}"), SIMAUTH_WRONG); /* and no further */
}

static void test_no_tokens(void **state)
{
    static const char *const BAD[] = {"", ".", "..", "a.b", "a.b.c.d", "e30.e30.AA", "{}.{}.{}"};
    struct world *w = *state;
    struct simauth_statement read;
    char *big = malloc(SIMAUTH_STATEMENT_MAX + 2);

    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_int_equal(simauth_statement_verify(BAD[i], w->anchors, NOW, &read),
                         SIMAUTH_MALFORMED);
    memset(big, 'A', SIMAUTH_STATEMENT_MAX + 1);
    big[SIMAUTH_STATEMENT_MAX + 1] = '\0';
    assert_int_equal(simauth_statement_verify(big, w->anchors, NOW, &read), SIMAUTH_TOO_LONG);
    big[SIMAUTH_STATEMENT_MAX] = '\0';
    assert_int_equal(simauth_statement_verify(big, w->anchors, NOW, &read), SIMAUTH_MALFORMED);
    free(big);
}

/* RFC 7518 section 3.4: r and s of 32 octets each. */
static void test_signature_forms(void **state)
{
    uint8_t raw[ES256_LEN], back[ES256_LEN], *der;
    int len;

    (void)state;
    memset(raw, 0, sizeof raw);
    raw[31] = 5; /* leading zeros must come back */
    raw[32] = 0x80;
    len = jws_der_signature(raw, &der);
    assert_true(len > 0);
    assert_true(jws_raw_signature(der, (size_t)len, back));
    assert_memory_equal(raw, back, sizeof raw);
    assert_false(jws_raw_signature(der, (size_t)len - 1, back));
    OPENSSL_free(der);
}

int main(void)
{
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_good),
        WITH_WORLD(test_time),
        WITH_WORLD(test_untrusted),
        WITH_WORLD(test_leaf_that_is_no_authority),
        WITH_WORLD(test_names),
        WITH_WORLD(test_other_keys),
        WITH_WORLD(test_tampered),
        WITH_WORLD(test_what_cannot_be_signed),
        WITH_WORLD(test_headers),
        WITH_WORLD(test_no_tokens),
        cmocka_unit_test(test_signature_forms),
    };

    return cmocka_run_group_tests_name("statement", tests, NULL, NULL);
}
