/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a certificate's private key is in the memory of who uses it: in libcrypto's secure heap,
 * which is locked and in no dump, and nowhere once it was given back. What is looked for is known
 * to this program only with every octet changed. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "people.h"

#include <openssl/core_names.h>
#include <simauth/secret.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEN 32
#define CHANGED 0x5a
#define TEXT "v=0\r\n"

/* Another process says what the key is. */
static void tell(EVP_PKEY *key, int out)
{
    BIGNUM *number = NULL;
    uint8_t octets[LEN];

    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1 ||
        BN_bn2binpad(number, octets, LEN) != LEN)
        _exit(1);
    for (int i = 0; i < LEN; i++)
        octets[i] ^= CHANGED;
    _exit(write(out, octets, LEN) == LEN ? 0 : 1);
}

static void ask(EVP_PKEY *key, uint8_t changed[static LEN])
{
    int ends[2], status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0)
        tell(key, ends[1]);
    assert_int_equal(read(ends[0], changed, LEN), LEN);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ends[0]);
    close(ends[1]);
}

/* As numbers are printed, and as libcrypto has them. */
static bool is_here(const uint8_t *at, const uint8_t *changed)
{
    int forward = 0, backward = 0;

    while (forward < LEN && (at[forward] ^ CHANGED) == changed[forward])
        forward++;
    while (backward < LEN && (at[backward] ^ CHANGED) == changed[LEN - 1 - backward])
        backward++;
    return forward == LEN || backward == LEN;
}

struct found {
    unsigned closed, open;
};

static unsigned look(uintptr_t first, uintptr_t last, const uint8_t *changed)
{
    unsigned count = 0;

    for (uintptr_t at = first; at + LEN <= last; at++)
        count += is_here((const uint8_t *)at, changed);
    return count;
}

static struct found look_everywhere(const uint8_t *changed)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    struct found found = {0, 0};
    char line[512], mode[8];
    unsigned long first = 0, last = 0, from, to;
    bool ours = false;

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3) {
            ours = mode[0] == 'r' && mode[1] == 'w';
            first = from;
            last = to;
        } else if (ours && !strncmp(line, "VmFlags:", 8)) {
            unsigned count = look(first, last, changed);

            if (strstr(line, " dd"))
                found.closed += count;
            else
                found.open += count;
        }
    }
    fclose(maps);
    return found;
}

static void use(const struct e2m_identity *one)
{
    const struct e2m_seal seal = {.form = E2M_FORM_GCM,
                                  .plain = e2m_text_span(TEXT),
                                  .certificates = &one->certificate,
                                  .certificate_count = 1,
                                  .now = NOW};
    struct e2m_buffer der, plain;
    struct e2m_open wish = {.identities = one, .identity_count = 1, .now = NOW};

    assert_int_equal(e2m_envelope_seal(&seal, &der, NULL), E2M_OK);
    wish.der = e2m_buffer_span(&der);
    assert_int_equal(e2m_envelope_open(&wish, &plain, NULL), E2M_OK);
    e2m_buffer_free(&der);
    e2m_buffer_free(&plain);
    assert_int_equal(e2m_sign(one, e2m_text_span(TEXT), NOW, &der), E2M_OK);
    e2m_buffer_free(&der);
}

static void test_a_key_of_ones_own(void **state)
{
    struct e2m_identity authority, one;
    uint8_t changed[LEN];
    struct found found;

    (void)state;
    simauth_secure_heap_init();
    authority = people_authority();
    one = people_subscriber("sip:alice@a.example", &authority);
    ask(one.key, changed);
    for (int i = 0; i < 3; i++)
        use(&one);
    found = look_everywhere(changed);
    assert_true(found.closed > 0); /* or nobody would have looked */
    assert_int_equal(found.open, 0);
    e2m_identity_free(&one);
    found = look_everywhere(changed);
    assert_int_equal(found.closed, 0);
    assert_int_equal(found.open, 0);
    e2m_identity_free(&authority);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_key_of_ones_own)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
