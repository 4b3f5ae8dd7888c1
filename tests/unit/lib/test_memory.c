/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Out of memory, at each allocation in turn: of ours (linked with --wrap), of jansson's and of
 * libcrypto's. The call must fail by name or succeed, leak nothing and leave its outputs empty; the
 * next call must succeed.
 */
#include "certificates.h"
#include "simauth/binding.h"
#include "simauth/keys.h"
#include "simauth/transcript.h"
#include "simauth/vector.h"
#include "vector_aad.h"
#include "vectors.h"
#include <openssl/crypto.h>
#include <stdlib.h>

static long allocations_left = -1; /* below 0: as many as are asked for */
static long balance;               /* blocks that are out */
static bool counting;

void *__real_malloc(size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void __wrap_free(void *block);

static bool may_allocate(void)
{
    if (counting && allocations_left == 0)
        return false;
    if (counting && allocations_left > 0)
        allocations_left--;
    return true;
}

void *__wrap_malloc(size_t size)
{
    void *block = may_allocate() ? __real_malloc(size) : NULL;

    if (block != NULL && counting)
        balance++;
    return block;
}

void __wrap_free(void *block)
{
    if (block != NULL && counting)
        balance--;
    __real_free(block);
}

/* Not in the balance: libcrypto keeps what it may want again. Leaks through it are
 * AddressSanitizer's to find. */
static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return may_allocate() ? __real_malloc(size) : NULL;
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return may_allocate() ? realloc(block, size) : NULL;
}

static void crypto_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    __real_free(block);
}

/* One thing to do; what it needs was made beforehand, and it gives back everything that it made. */
typedef enum simauth_result (*action)(void *with);

static void fail_each_allocation(action act, void *with, const char *name)
{
    enum simauth_result result;
    long n = 0;

    assert_int_equal(act(with), SIMAUTH_OK); /* what is fetched once is there now */
    do {
        balance = 0;
        allocations_left = n++;
        counting = true;
        result = act(with);
        counting = false;
        if (result != SIMAUTH_OK && result > 0)
            fail_msg("%s: no result", name);
        if (balance != 0)
            fail_msg("%s: %ld blocks left when allocation %ld fails", name, balance, n);
        assert_true(n < 20000);
    } while (result != SIMAUTH_OK || allocations_left == 0);
    assert_true(n > 1);
    allocations_left = -1;
    assert_int_equal(act(with), SIMAUTH_OK);
}

static enum simauth_result do_octets(void *with)
{
    struct simauth_octets o = {0};
    static const uint8_t big[1000];
    enum simauth_result result;

    (void)with;
    simauth_octets_append(&o, big, sizeof big);
    simauth_octets_field(&o, big, sizeof big);
    simauth_octets_field(&o, big, sizeof big);
    result = o.failed ? SIMAUTH_NO_MEMORY : SIMAUTH_OK;
    simauth_octets_clear(&o);
    return result;
}

static enum simauth_result do_binding(void *with)
{
    const char *sdp = with;
    struct simauth_octets o = {0};
    enum simauth_result result = simauth_binding(sdp, strlen(sdp), &o);

    if (result != SIMAUTH_OK && (o.len != 0 || o.failed))
        result = (enum simauth_result)1;
    simauth_octets_clear(&o);
    return result;
}

static enum simauth_result do_transcript(void *with)
{
    struct simauth_names names = {"sip:a@b.c", "sip:d@e.f", "a@b.c", "d@e.f"};
    struct simauth_element one = {.kind = SIMAUTH_ELEMENT_1, .rand_len = 16};
    struct simauth_element two = {.kind = SIMAUTH_ELEMENT_2, .rand_len = 16};
    struct simauth_octets t1 = {0}, t2 = {0}, t3 = {0}, t4 = {0};
    const struct simauth_octets *binding = with;
    enum simauth_result result;

    one.method = two.method = simauth_method_find("aka", 3);
    result = simauth_t1(&t1, &names, &one, binding);
    if (result == SIMAUTH_OK)
        result = simauth_t2(&t2, &names, &one, binding, &two);
    if (result == SIMAUTH_OK)
        result = simauth_t3(&t3, &t2, &two, binding);
    if (result == SIMAUTH_OK)
        result = simauth_t4(&t4, &t3, binding);
    simauth_octets_clear(&t1);
    simauth_octets_clear(&t2);
    simauth_octets_clear(&t3);
    simauth_octets_clear(&t4);
    return result == SIMAUTH_TOO_LONG ? (enum simauth_result)1 : result; /* it is not */
}

static enum simauth_result do_gba_2g(void *with)
{
    struct simauth_secret kc = {.len = SIMAUTH_KC_LEN}, sres = {.len = SIMAUTH_SRES_LEN}, res, ks;
    enum simauth_result result = simauth_gba_2g(with, &sres, &kc, with, &res, &ks);

    if (result != SIMAUTH_OK && (res.len != 0 || ks.len != 0))
        result = (enum simauth_result)1;
    return result;
}

static enum simauth_result do_vector(void *with)
{
    struct simauth_vector vector;
    enum simauth_result result = simauth_vector_from_json(with, &vector);
    struct simauth_octets text = {0};

    if (result != SIMAUTH_OK)
        return result;
    if (!simauth_vector_text(&vector, &text))
        result = SIMAUTH_NO_MEMORY;
    simauth_octets_clear(&text);
    simauth_vector_clear(&vector);
    return result;
}

static enum simauth_result do_seal(void *with)
{
    static const uint8_t random[32] = {9}, nonce[12];
    struct simauth_secret ssk = {.len = 32, .octets = {1}}, opened = {0};
    struct simauth_seal_pair pair;
    enum simauth_result result = simauth_seal_pair_make(random, &pair);

    if (result == SIMAUTH_OK)
        result = simauth_seal(with, &pair, pair.public_key, nonce, &ssk);
    if (result == SIMAUTH_OK)
        result = simauth_unseal(with, pair.public_key, &pair, &opened);
    if (result == SIMAUTH_OK && !simauth_secret_equal(&ssk, &opened))
        result = (enum simauth_result)1;
    if (result != SIMAUTH_OK && opened.len != 0)
        result = (enum simauth_result)1;
    return result;
}

struct statement_world {
    struct issued root, leaf;
    X509_STORE *anchors;
    STACK_OF(X509) * chain;
};

static enum simauth_result do_statement(void *with)
{
    struct statement_world *w = with;
    struct simauth_statement statement = {.realm = "op.example", .name = "x", .not_after = NOW + 1};
    struct simauth_statement read;
    char *jws = simauth_statement_sign(&statement, w->leaf.key, w->chain);
    enum simauth_result result = SIMAUTH_NO_MEMORY;

    if (jws != NULL)
        result = simauth_statement_verify(jws, w->anchors, NOW, &read);
    free(jws);
    if (result != SIMAUTH_OK && jws != NULL && read.realm[0] != '\0')
        result = (enum simauth_result)1;
    return result;
}

static void test_octets(void **state)
{
    (void)state;
    fail_each_allocation(do_octets, NULL, "octets");
}

static void test_binding(void **state)
{
    static char sdp[] = "m=audio 1 x\na=zrtp-hash:1.10 aabbccdd\na=fingerprint:sha-1 AA:BB\n";

    (void)state;
    fail_each_allocation(do_binding, sdp, "binding");
}

static void test_transcript(void **state)
{
    struct simauth_octets binding = {0};
    static uint8_t big[40000]; /* two of them are more than one field may be */

    (void)state;
    simauth_octets_append(&binding, big, sizeof big);
    fail_each_allocation(do_transcript, &binding, "transcript");
    simauth_octets_clear(&binding);
}

static void test_gba_2g(void **state)
{
    static uint8_t rand[SIMAUTH_RAND_LEN];

    (void)state;
    fail_each_allocation(do_gba_2g, rand, "gba_2g");
}

static void test_vector(void **state)
{
    json_t *v = load_vectors("seal");

    (void)state;
    fail_each_allocation(do_vector, json_object_get(v, "vector"), "vector");
    json_decref(v);
}

static void test_seal(void **state)
{
    json_t *v = load_vectors("seal");
    struct simauth_vector vector;

    (void)state;
    assert_int_equal(simauth_vector_from_json(json_object_get(v, "vector"), &vector), SIMAUTH_OK);
    fail_each_allocation(do_seal, &vector, "seal");
    simauth_vector_clear(&vector);
    json_decref(v);
}

static void test_statement(void **state)
{
    struct statement_world w = {.root = issue(NULL, "Root", NULL, "P-256")};

    (void)state;
    w.leaf = issue(&w.root, "Leaf", "DNS:op.example", "P-256");
    w.anchors = X509_STORE_new();
    X509_STORE_add_cert(w.anchors, w.root.certificate);
    w.chain = sk_X509_new_null();
    sk_X509_push(w.chain, w.leaf.certificate);
    fail_each_allocation(do_statement, &w, "statement");
    sk_X509_free(w.chain);
    X509_STORE_free(w.anchors);
    issued_free(&w.root);
    issued_free(&w.leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_octets),     cmocka_unit_test(test_binding),
        cmocka_unit_test(test_transcript), cmocka_unit_test(test_vector),
        cmocka_unit_test(test_gba_2g),     cmocka_unit_test(test_seal),
        cmocka_unit_test(test_statement),
    };

    if (!CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free))
        return 1;
    json_set_alloc_funcs(malloc, free);
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
