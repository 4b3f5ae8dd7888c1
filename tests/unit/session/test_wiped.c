/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is left behind: a call's keys are looked for on the stack of the thread that made them, when
 * it is over, and in every block that is given back to the heap.
 */
#include "crypto.h"
#include "session_private.h"
#include "world.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define STACK (1 << 20)
#define SECRETS_MAX 16
#define WINDOW 12 /* octets in a row that are nobody else's by chance */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

static struct {
    const char *name;
    uint8_t octets[64];
    size_t len;
} secrets[SECRETS_MAX];
static size_t secret_count;
static const char *seen_in_heap;

static void keep(const char *name, const void *octets, size_t len)
{
    assert_true(secret_count < SECRETS_MAX && len >= WINDOW && len <= sizeof secrets[0].octets);
    secrets[secret_count].name = name;
    memcpy(secrets[secret_count].octets, octets, len);
    secrets[secret_count++].len = len;
}

/* The name of the secret of which some is there. */
static const char *find(const void *memory, size_t len)
{
    for (size_t s = 0; s < secret_count; s++)
        for (size_t i = 0; i + WINDOW <= secrets[s].len; i += 4)
            if (memmem(memory, len, secrets[s].octets + i, WINDOW))
                return secrets[s].name;
    return NULL;
}

void __real_free(void *block);
void __wrap_free(void *block);
size_t malloc_usable_size(void *block);

void __wrap_free(void *block)
{
    if (block && !seen_in_heap)
        seen_in_heap = find(block, malloc_usable_size(block));
    __real_free(block);
}

/* -- the calls --------------------------------------------------------------------------------- */

static const struct simauth_names names = {AOR_A, AOR_B, NAI_A, NAI_B};
static const uint8_t rand_16[16] = {1};
static struct simauth_secret k, res, ssk_1, ssk_2;
static struct simauth_secret out, other; /* static: what is handed out is the caller's */
static uint8_t mac[SIMAUTH_MAC_LEN];
static struct simauth_octets t3;

static void one_way(void)
{
    simauth_ssk_one_way(SIMAUTH_SUBJECT_CALLEE, &names, simauth_method_find("aka", 3), rand_16, 16,
                        &k, &res, &out);
}

static void held(void)
{
    simauth_ssk_held(SIMAUTH_SUBJECT_CALLER, &names, simauth_method_find("stp", 3), NULL, rand_16,
                     &ssk_1, &out);
}

static void both(void)
{
    simauth_ssk_both(&ssk_1, &ssk_2, &t3, &out);
}

static void hkdf(void)
{
    simauth_hkdf(&ssk_1, "label", 32, &out);
}

static void in_place(void)
{
    out = ssk_1;
    simauth_hkdf(&out, "another label", 32, &out);
}

static void mac_of(void)
{
    simauth_mac(&ssk_1, &t3, mac);
}

static void ks_naf(void)
{
    simauth_ks_naf(&k, rand_16, "a@b.c", "ag.b.c", &out);
}

static void keyid(void)
{
    simauth_setup_keyid(&ssk_1, rand_16, mac);
}

static void gba_2g(void)
{
    static struct simauth_secret kc, sres;

    simauth_secret_set(&kc, ssk_1.octets, 8);
    simauth_secret_set(&sres, ssk_2.octets, 4);
    simauth_gba_2g(rand_16, &sres, &kc, rand_16, &other, &out);
}

static void ha1(void)
{
    simauth_gba_digest_ha1("carol", "a.example", "a password that is long", 23, &out);
}

static void passwd(void)
{
    static const uint8_t tls[SIMAUTH_TLS_MK_LEN] = {2};

    simauth_gba_digest_passwd(&ssk_1, tls, &out);
}

static void other_sim(void)
{
    out = ssk_1;
    simauth_ssk_other_sim(rand_16, &ssk_2, &out);
}

/* What the keys are, so that they are known when they are met. */
static void know(void)
{
    static const uint8_t no_salt[SHA256_LEN];
    uint8_t whole[SHA256_LEN];

    secret_count = 0;
    keep("K", k.octets, k.len);
    keep("RES", res.octets, res.len);
    keep("SSK 1", ssk_1.octets, ssk_1.len);
    keep("SSK 2", ssk_2.octets, ssk_2.len);
    memcpy(whole, ssk_1.octets, SIMAUTH_KC_LEN); /* gba_2g()'s */
    memcpy(whole + SIMAUTH_KC_LEN, ssk_1.octets, SIMAUTH_KC_LEN);
    keep("Kc twice", whole, 2 * SIMAUTH_KC_LEN);
    crypto_hmac(ssk_1.octets, ssk_1.len, &(struct span){t3.data, t3.len}, 1, whole);
    keep("the rest of a MAC", whole + SIMAUTH_MAC_LEN, SHA256_LEN - SIMAUTH_MAC_LEN);
    simauth_hkdf(&ssk_1, "keyid", 32, &out);
    keep("the key of KEYID", out.octets, out.len);
    crypto_hmac(out.octets, out.len, &(struct span){rand_16, sizeof rand_16}, 1, whole);
    keep("the rest of KEYID's MAC", whole + SIMAUTH_KEYID_LEN, SHA256_LEN - SIMAUTH_KEYID_LEN);
    crypto_hmac(no_salt, sizeof no_salt, &(struct span){ssk_1.octets, ssk_1.len}, 1, whole);
    keep("HKDF's PRK", whole, sizeof whole);
    OPENSSL_cleanse(whole, sizeof whole);
}

static struct simauth_session *a, *b;
static struct simauth_card_answer card;

/* A whole call, by sessions whose keys are taken out before they go. */
static void call(struct world *w)
{
    static struct simauth_challenge rand_a, rand_b;
    static struct simauth_element e1, e2, e3;

    world_init(w);
    a = world_honest_caller(w, &rand_b, &rand_a);
    e1 = world_element(a, SIMAUTH_ELEMENT_1);
    b = world_honest_callee(w, &e1, &rand_b, &rand_a, false, NULL);
    e2 = world_element(b, SIMAUTH_ELEMENT_2);
    simauth_session_answer(b, world_answer, strlen(world_answer));
    simauth_session_response(a, true, SIMAUTH_ELEMENT_FOUND, &e2, world_answer,
                             strlen(world_answer));
    simauth_session_ack_out(a, NULL, 0);
    e3 = world_element(a, SIMAUTH_ELEMENT_3);
    simauth_session_ack_in(b, SIMAUTH_ELEMENT_FOUND, &e3, NULL, 0);
}

static void *end_call(void *unused)
{
    struct simauth_session *fork = simauth_session_fork(a, world_fresh);

    simauth_session_free(fork);
    simauth_session_free(a);
    simauth_session_free(b);
    return unused;
}

static struct simauth_element element_3;

/* The same once more, each on a thread whose stack is looked at. The test's own helpers hand
 * secrets about by value; what matters here is lib's. */
static void prove_b(void)
{
    session_mac_b(a, mac);
}

static void prove_a(void)
{
    struct session_ack ack;

    session_mac_a(a, NULL, 0, &ack, mac);
    session_ack_clear(&ack);
}

static void prove_0(void)
{
    session_mac(&a->ssk_callee, SIMAUTH_LABEL_MAC_0, &a->t2, mac);
}

static void own_ssk(void)
{
    session_own_ssk(a, &card);
}

static void bind_again(void)
{
    simauth_session_answer(b, world_answer, strlen(world_answer));
}

/* Of a wrong MAC the right one would be left. */
static void check_opening(void)
{
    session_opening_right(b, NULL);
}

static void check_ack(void)
{
    b->state = SIMAUTH_STATE_CALLEE_KEYED;
    simauth_session_ack_in(b, SIMAUTH_ELEMENT_FOUND, &element_3, NULL, 0);
}

/* -- looking ----------------------------------------------------------------------------------- */

/* Far enough from the stack's begin that what a thread does at its end covers nothing. */
static void *deep(void *what)
{
    char room[65536];

    memset(room, 0, sizeof room);
    __asm__ volatile("" : : "r"(room) : "memory");
    return (*(void *(**)(void *))what)(NULL);
}

static void run_and_look(void *(*what)(void *unused))
{
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attr;
    pthread_t thread;
    const char *found;

    assert_ptr_not_equal(stack, MAP_FAILED);
    seen_in_heap = NULL;
    pthread_attr_init(&attr);
    assert_int_equal(pthread_attr_setstack(&attr, stack, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attr, deep, &what), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
#ifdef __x86_64__ /* elsewhere libcrypto's own code was not looked at */
    found = find(stack, STACK);
#else
    found = NULL;
#endif
    munmap(stack, STACK);
    if (found)
        fail_msg("%s is left on the stack", found);
    if (seen_in_heap)
        fail_msg("%s is left on the heap", seen_in_heap);
}

static void (*under_test)(void);

static void *run_it(void *unused)
{
    under_test();
    return unused;
}

static void fill(struct simauth_secret *secret, uint8_t first, uint8_t step, size_t len)
{
    uint8_t octets[32];

    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(first ^ i * step);
    simauth_secret_set(secret, octets, len);
}

/* Each on a stack of its own, so that none covers what another one left. */
static void derivations(void **unused)
{
    static void (*const all[])(void) = {one_way, held,  both,   hkdf, in_place, mac_of,
                                        ks_naf,  keyid, gba_2g, ha1,  passwd,   other_sim};

    (void)unused;
    fill(&k, 0x80, 37, 32);
    fill(&res, 0x13, 41, 16);
    fill(&ssk_1, 0x31, 53, 32);
    fill(&ssk_2, 0xe7, 29, 32);
    simauth_octets_append(&t3, "transcript", 10);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        know();
        simauth_secret_wipe(&out);
        simauth_secret_wipe(&other);
        all[i](); /* what libcrypto fetches once; and what comes out */
        if (out.len > 0)
            keep("what comes out", out.octets, out.len);
        if (other.len > 0)
            keep("what comes out beside it", other.octets, other.len);
        under_test = all[i];
        run_and_look(run_it);
    }
    simauth_octets_clear(&t3);
}

/* -- the seal ---------------------------------------------------------------------------------- */

static struct simauth_vector vector;
static struct simauth_seal_pair phone, operators;
static struct simauth_secret sealed_key;

static void unseal_it(void)
{
    simauth_unseal(&vector, operators.public_key, &phone, &out);
}

static void seal_it(void)
{
    static const uint8_t nonce[12] = {1};

    simauth_seal(&vector, &operators, phone.public_key, nonce, &sealed_key);
}

static struct simauth_secret ks_of_channel;
static uint8_t through_channel[SIMAUTH_SEALED_LEN];

static void seal_for_channel(void)
{
    static const uint8_t nonce[12] = {2};

    simauth_channel_seal(&ks_of_channel, "seal down", nonce, 1, nonce, &sealed_key,
                         through_channel);
}

static void unseal_of_channel(void)
{
    static const uint8_t nonce[12] = {2};

    simauth_channel_unseal(&ks_of_channel, "seal down", nonce, 1, through_channel,
                           sizeof through_channel, &out);
}

static void know_channel(void)
{
    struct simauth_secret key = {0};

    fill(&ks_of_channel, 0x5a, 43, 32);
    keep("Ks_NAF", ks_of_channel.octets, ks_of_channel.len);
    assert_int_equal(simauth_hkdf(&ks_of_channel, "seal down", SIMAUTH_KEY_LEN, &key), SIMAUTH_OK);
    keep("the key of the channel", key.octets, key.len);
    simauth_secret_wipe(&key);
}

/* z and the key of the seal, by libcrypto itself. */
static void know_seal(void)
{
    static const char info[] = "simauth 1 seal";
    struct span of_it[] = {{info, sizeof info - 1},
                           {vector.challenge.rand, vector.challenge.rand_len}};
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, phone.private_key.octets,
                                                 SIMAUTH_X25519_LEN);
    EVP_PKEY *theirs = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, operators.public_key,
                                                   SIMAUTH_X25519_LEN);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
    uint8_t z[SIMAUTH_X25519_LEN], salt[2 * SIMAUTH_X25519_LEN];
    struct simauth_secret key;
    size_t len = sizeof z;

    assert_true(EVP_PKEY_derive_init(ctx) > 0 && EVP_PKEY_derive_set_peer(ctx, theirs) > 0);
    assert_true(EVP_PKEY_derive(ctx, z, &len) > 0 && len == sizeof z);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(theirs);
    EVP_PKEY_free(own);
    memcpy(salt, operators.public_key, SIMAUTH_X25519_LEN);
    memcpy(salt + SIMAUTH_X25519_LEN, phone.public_key, SIMAUTH_X25519_LEN);
    assert_int_equal(crypto_hkdf((struct span){salt, sizeof salt}, (struct span){z, sizeof z},
                                 of_it, 2, SIMAUTH_KEY_LEN, &key),
                     SIMAUTH_OK);
    keep("z", z, sizeof z);
    keep("the key of the seal", key.octets, key.len);
    assert_int_equal(simauth_unseal(&vector, operators.public_key, &phone, &sealed_key),
                     SIMAUTH_OK);
    keep("what is sealed", sealed_key.octets, sealed_key.len);
}

static void seals(void **unused)
{
    static struct world w;
    struct simauth_challenge challenge;

    (void)unused;
    secret_count = 0;
    world_init(&w);
    assert_int_equal(simauth_seal_pair_make((const uint8_t[32]){9, 8, 7}, &phone), SIMAUTH_OK);
    operators = w.operator_b;
    challenge = world_challenge(&w, &w.sim_b);
    vector = world_vector(&w, SIMAUTH_SUBJECT_CALLEE, &challenge, phone.public_key);
    know_seal();
    under_test = unseal_it;
    run_and_look(run_it);
    under_test = seal_it;
    run_and_look(run_it);
    know_channel();
    under_test = seal_for_channel;
    run_and_look(run_it);
    under_test = unseal_of_channel;
    run_and_look(run_it);
    assert_true(simauth_secret_equal(&out, &sealed_key));
    simauth_vector_clear(&vector);
}

static void sessions(void **unused)
{
    static void (*const steps[])(void) = {prove_b,    prove_a,       prove_0,  own_ssk,
                                          bind_again, check_opening, check_ack};
    static struct world w;
    struct simauth_secret key = {0};

    (void)unused;
    secret_count = 0;
    call(&w);
    element_3 = world_element(a, SIMAUTH_ELEMENT_3);
    card = world_card(&w.sim_a, simauth_session_own_challenge(a));
    keep("K_A", card.k.octets, card.k.len);
    keep("SSK_A=>B", a->ssk_callee.octets, 32);
    keep("SSK_B=>A", a->ssk_caller.octets, 32);
    keep("SSK_A/B", a->ssk.octets, 32);
    keep("the key of the seal", a->pair.private_key.octets, 32);
    simauth_hkdf(&a->ssk, SIMAUTH_LABEL_MAC_A, 32, &key);
    keep("the key of MAC_A", key.octets, 32);
    simauth_hkdf(&a->ssk_callee, SIMAUTH_LABEL_MAC_B, 32, &key);
    keep("the key of MAC_B", key.octets, 32);
    simauth_hkdf(&a->ssk_callee, SIMAUTH_LABEL_MAC_0, 32, &key);
    keep("the key of MAC_0", key.octets, 32);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i] == check_opening) /* what is compared with stands in an element */
            keep("MAC_0", b->element_1.mac, SIMAUTH_MAC_LEN);
        if (steps[i] == check_ack)
            keep("MAC_A", element_3.mac, SIMAUTH_MAC_LEN);
        under_test = steps[i];
        run_and_look(run_it);
    }
    run_and_look(end_call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivations),
        cmocka_unit_test(sessions),
        cmocka_unit_test(seals),
    };

#ifdef __SANITIZE_ADDRESS__
    puts("a stack under AddressSanitizer is not one that is used anew: nothing to look at");
    return tests[0].test_func && tests[1].test_func && tests[2].test_func ? 0 : 1;
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
