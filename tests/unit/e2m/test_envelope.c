/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Envelopes: for certificates and for keys that both know; what is broken is named. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "people.h"

#include "e2m/body.h"

#include <openssl/cms.h>
#include <stdlib.h>
#include <string.h>

#define TEXT "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"

static struct e2m_identity authority, bob, middle, rsa, stranger;

static int begin(void **state)
{
    (void)state;
    authority = people_authority();
    bob = people_subscriber("sip:bob@b.example", &authority);
    middle = people_server("b.example", &authority);
    rsa = people_make(&(struct people_wish){.key = PEOPLE_RSA}, &authority);
    stranger = people_subscriber("sip:eve@e.example", &authority);
    return 0;
}

static int end(void **state)
{
    (void)state;
    e2m_identity_free(&authority);
    e2m_identity_free(&bob);
    e2m_identity_free(&middle);
    e2m_identity_free(&rsa);
    e2m_identity_free(&stranger);
    return 0;
}

static struct e2m_buffer seal(enum e2m_form form, X509 *a, X509 *b, struct e2m_cek *answer_to,
                              struct e2m_cek *cek)
{
    X509 *certificates[] = {a, b};
    const struct e2m_seal wish = {
        .form = form,
        .plain = e2m_text_span(TEXT),
        .certificates = certificates,
        .certificate_count = (size_t)(a != NULL) + (b != NULL),
        .answer_to = answer_to,
        .now = NOW,
    };
    struct e2m_buffer der;

    assert_int_equal(e2m_envelope_seal(&wish, &der, cek), E2M_OK);
    return der;
}

static enum e2m_result open_at(struct e2m_span der, const struct e2m_identity *identity,
                               struct e2m_cek *key, struct e2m_cek *cek, uint64_t now)
{
    struct e2m_cek *const ceks[] = {key};
    const struct e2m_open wish = {
        .der = der,
        .identities = identity,
        .identity_count = identity ? 1 : 0,
        .ceks = ceks,
        .cek_count = key ? 1 : 0,
        .now = now,
    };
    struct e2m_buffer plain;
    enum e2m_result result = e2m_envelope_open(&wish, &plain, cek);

    if (result == E2M_OK)
        assert_string_equal((char *)plain.octets, TEXT);
    else
        assert_null(plain.octets);
    e2m_buffer_free(&plain);
    return result;
}

static enum e2m_result opens(const struct e2m_buffer *der, const struct e2m_identity *identity,
                             struct e2m_cek *key, struct e2m_cek *cek)
{
    return open_at(e2m_buffer_span(der), identity, key, cek, NOW);
}

static void each_recipient_opens(enum e2m_form form)
{
    struct e2m_cek sent, got;
    struct e2m_buffer der = seal(form, bob.certificate, middle.certificate, NULL, &sent);

    assert_int_equal(opens(&der, &bob, NULL, &got), E2M_OK);
    assert_int_equal(got.key_len, 32);
    assert_memory_equal(got.key, sent.key, 32);
    assert_memory_equal(got.reference, sent.reference, E2M_REFERENCE_LEN);
    assert_int_equal(opens(&der, &middle, NULL, &got), E2M_OK);
    assert_memory_equal(got.key, sent.key, 32);
    assert_int_equal(opens(&der, &stranger, NULL, &got), E2M_NOT_FOR_US);
    assert_int_equal(opens(&der, &rsa, NULL, NULL), E2M_NOT_FOR_US);
    assert_int_equal(got.key_len, 0);
    e2m_buffer_free(&der);
}

static void test_two_readers(void **state)
{
    (void)state;
    each_recipient_opens(E2M_FORM_GCM);
    each_recipient_opens(E2M_FORM_CBC);
}

static void test_rsa_reader(void **state)
{
    struct e2m_cek sent, got;
    struct e2m_buffer der = seal(E2M_FORM_GCM, rsa.certificate, bob.certificate, NULL, &sent);

    (void)state;
    assert_int_equal(opens(&der, &rsa, NULL, &got), E2M_OK);
    assert_memory_equal(got.key, sent.key, 32);
    e2m_buffer_free(&der);
    der = seal(E2M_FORM_GCM, rsa.certificate, NULL, NULL, NULL);
    assert_int_equal(opens(&der, &rsa, NULL, &got), E2M_OK);
    assert_int_equal(got.key_len, 0); /* no reference was given to it */
    e2m_buffer_free(&der);
}

static void test_answer_under_the_key(void **state)
{
    struct e2m_cek alice, of_bob, of_middle, second, other;
    struct e2m_buffer request, answer;
    uint8_t kek[E2M_KEK_LEN];

    (void)state;
    request = seal(E2M_FORM_GCM, bob.certificate, middle.certificate, NULL, &alice);
    assert_int_equal(opens(&request, &bob, NULL, &of_bob), E2M_OK);
    assert_int_equal(opens(&request, &middle, NULL, &of_middle), E2M_OK);
    answer = seal(E2M_FORM_GCM, NULL, NULL, &of_bob, &second);
    assert_int_equal(of_bob.uses, 1);
    assert_int_equal(opens(&answer, NULL, &alice, &other), E2M_OK);
    assert_memory_equal(other.key, second.key, 32);
    assert_int_equal(alice.uses, 1);
    assert_int_equal(opens(&answer, &middle, &of_middle, NULL), E2M_OK);
    assert_int_equal(opens(&answer, &middle, NULL, NULL), E2M_NO_SUCH_KEY);
    assert_int_equal(opens(&answer, &middle, &second, NULL), E2M_NO_SUCH_KEY);
    assert_int_equal(e2m_cek_derive(&alice, kek), E2M_OK);
    assert_memory_not_equal(kek, alice.key, sizeof(kek));
    alice.key[3] ^= 1;
    assert_int_equal(opens(&answer, NULL, &alice, NULL), E2M_DAMAGED);
    e2m_buffer_free(&request);
    e2m_buffer_free(&answer);
}

/* docs/protocol.md section 8, worked out by another hand (Python's hmac). */
static void test_vector_of_the_document(void **state)
{
    static const uint8_t expected[E2M_KEK_LEN] = {0x94, 0x63, 0xc3, 0xbd, 0xb4, 0xe1, 0x5d, 0x4d,
                                                  0x48, 0xa3, 0x4a, 0xbf, 0xb4, 0x3e, 0x4c, 0xe5,
                                                  0x00, 0xc0, 0x04, 0xbd, 0x11, 0xee, 0xf7, 0x9c,
                                                  0x78, 0x81, 0xb7, 0xdb, 0xb2, 0x4d, 0x53, 0x0a};
    struct e2m_cek cek = {.key_len = 32};
    uint8_t kek[E2M_KEK_LEN];

    (void)state;
    for (uint8_t i = 0; i < 32; i++)
        cek.key[i] = i;
    for (uint8_t i = 0; i < E2M_REFERENCE_LEN; i++)
        cek.reference[i] = (uint8_t)(0xa0 + i);
    assert_int_equal(e2m_cek_derive(&cek, kek), E2M_OK);
    assert_memory_equal(kek, expected, sizeof(kek));
}

static void test_limits_of_a_key(void **state)
{
    struct e2m_cek key, spent;
    struct e2m_buffer request = seal(E2M_FORM_GCM, bob.certificate, NULL, NULL, &key);
    struct e2m_buffer answer = seal(E2M_FORM_GCM, NULL, NULL, &key, NULL);
    struct e2m_span der = e2m_buffer_span(&answer);

    (void)state;
    assert_int_equal(key.max, E2M_REUSE_COUNT);
    assert_int_equal(open_at(der, NULL, &key, NULL, NOW + E2M_REUSE_SECONDS), E2M_OK);
    assert_int_equal(open_at(der, NULL, &key, NULL, NOW + E2M_REUSE_SECONDS + 1), E2M_KEY_USED_UP);
    assert_int_equal(open_at(der, NULL, &key, NULL, NOW - 300), E2M_OK);
    assert_int_equal(open_at(der, NULL, &key, NULL, NOW - 301), E2M_KEY_USED_UP);
    spent = key;
    spent.uses = spent.max;
    assert_int_equal(opens(&answer, NULL, &spent, NULL), E2M_KEY_USED_UP);
    e2m_cek_wipe(&spent);
    assert_int_equal(e2m_cek_usable(&spent, NOW), E2M_NO_SUCH_KEY);
    e2m_buffer_free(&request);
    e2m_buffer_free(&answer);
}

/* Every octet of an envelope, changed: it is refused, or it was one that says nothing of the
 * content (an attribute, another recipient) and the content is the same. Never anything else. */
static void test_every_octet(void **state)
{
    struct e2m_cek cek;
    struct e2m_buffer der = seal(E2M_FORM_GCM, bob.certificate, middle.certificate, NULL, &cek);
    unsigned refused = 0;

    (void)state;
    for (size_t i = 0; i < der.len; i++) {
        der.octets[i] ^= 0x21;
        refused += opens(&der, &bob, NULL, &cek) != E2M_OK;
        der.octets[i] ^= 0x21;
    }
    assert_true(refused > der.len / 3);
    for (size_t len = 0; len < der.len; len++)
        assert_int_equal(open_at((struct e2m_span){der.octets, len}, &bob, NULL, NULL, NOW),
                         E2M_BAD_DER);
    e2m_buffer_free(&der);
}

static struct e2m_buffer by_libcrypto(const EVP_CIPHER *cipher, bool password, X509 *certificate)
{
    CMS_ContentInfo *cms = CMS_EnvelopedData_create(cipher);
    BIO *in = BIO_new_mem_buf(TEXT, -1);
    unsigned char *made = NULL;
    struct e2m_buffer der = {NULL, 0};

    if (password)
        assert_non_null(CMS_add0_recipient_password(cms, -1, NID_undef, NID_undef,
                                                    (unsigned char *)strdup("secret"), 6, NULL));
    if (certificate)
        assert_non_null(CMS_add1_recipient_cert(cms, certificate, 0));
    assert_int_equal(CMS_set_detached(cms, 0), 1);
    assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
    der.len = (size_t)i2d_CMS_ContentInfo(cms, &made);
    der.octets = made;
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return der;
}

static void refused(struct e2m_buffer der, const struct e2m_identity *identity)
{
    assert_int_equal(opens(&der, identity, NULL, NULL), E2M_BAD_ALGORITHM);
    OPENSSL_free(der.octets);
}

static void test_algorithms_not_allowed(void **state)
{
    (void)state;
    refused(by_libcrypto(EVP_des_ede3_cbc(), false, bob.certificate), &bob);
    refused(by_libcrypto(EVP_aes_128_cbc(), true, NULL), &bob);
    refused(by_libcrypto(EVP_aes_128_cbc(), false, rsa.certificate), &rsa); /* PKCS #1 v1.5 */
    refused(by_libcrypto(EVP_aes_128_cbc(), false, bob.certificate), &bob); /* KDF with SHA-1 */
}

static void test_bad_wishes(void **state)
{
    struct e2m_identity small = people_make(&(struct people_wish){.key = PEOPLE_P384}, &authority);
    X509 *certificates[E2M_RECIPIENTS_MAX + 1];
    struct e2m_seal wish = {.plain = e2m_text_span(TEXT), .certificates = certificates, .now = NOW};
    struct e2m_buffer der;

    (void)state;
    assert_int_equal(e2m_envelope_seal(&wish, &der, NULL), E2M_CLEAR);
    for (size_t i = 0; i <= E2M_RECIPIENTS_MAX; i++)
        certificates[i] = bob.certificate;
    wish.certificate_count = E2M_RECIPIENTS_MAX + 1;
    assert_int_equal(e2m_envelope_seal(&wish, &der, NULL), E2M_TOO_LARGE);
    certificates[0] = small.certificate;
    wish.certificate_count = 1;
    assert_int_equal(e2m_envelope_seal(&wish, &der, NULL), E2M_BAD_CERTIFICATE);
    wish.plain.len = E2M_BODY_MAX + 1;
    assert_int_equal(e2m_envelope_seal(&wish, &der, NULL), E2M_TOO_LARGE);
    e2m_identity_free(&small);
}

static void test_signatures(void **state)
{
    struct e2m_trust *trust = people_trust(&authority), *nobody = e2m_trust_new();
    struct e2m_span text = e2m_text_span(TEXT), other = e2m_text_span("v=1");
    struct e2m_buffer der;
    X509 *signer;

    (void)state;
    assert_int_equal(e2m_sign(&bob, text, NOW, &der), E2M_OK);
    assert_int_equal(e2m_verify(e2m_buffer_span(&der), &text, trust, NOW, &signer, NULL), E2M_OK);
    assert_int_equal(X509_cmp(signer, bob.certificate), 0);
    X509_free(signer);
    assert_int_equal(e2m_verify(e2m_buffer_span(&der), &other, trust, NOW, &signer, NULL),
                     E2M_BAD_SIGNATURE);
    assert_null(signer);
    assert_int_equal(e2m_verify(e2m_buffer_span(&der), &text, nobody, NOW, &signer, NULL),
                     E2M_UNTRUSTED);
    X509_free(signer);
    assert_int_equal(
        e2m_verify(e2m_buffer_span(&der), &text, trust, NOW + E2M_SIGNATURE_AGE, &signer, NULL),
        E2M_OK);
    X509_free(signer);
    assert_int_equal(
        e2m_verify(e2m_buffer_span(&der), &text, trust, NOW + E2M_SIGNATURE_AGE + 1, &signer, NULL),
        E2M_EXPIRED);
    X509_free(signer);
    assert_int_equal(e2m_verify(e2m_buffer_span(&der), NULL, trust, NOW, &signer, NULL),
                     E2M_BAD_DER);
    assert_int_equal(e2m_verify(text, &text, trust, NOW, &signer, NULL), E2M_BAD_DER);
    der.octets[der.len - 1] ^= 1;
    assert_int_equal(e2m_verify(e2m_buffer_span(&der), &text, trust, NOW, &signer, NULL),
                     E2M_BAD_SIGNATURE);
    e2m_buffer_free(&der);
    e2m_trust_free(trust);
    e2m_trust_free(nobody);
}

/* A stranger's key of another kind is not even reckoned with: that may cost as much as a hundred of
 * ours. The signature is wrong, and that is not what is said. */
static void test_signer_key_first(void **state)
{
    struct e2m_identity large = people_make(&(struct people_wish){.key = PEOPLE_P384}, NULL);
    const struct e2m_span text = e2m_text_span(TEXT), other = e2m_text_span(TEXT "a=x\r\n");
    struct e2m_trust *trust = people_trust(&authority);
    BIO *in = BIO_new_mem_buf(text.octets, (int)text.len);
    CMS_ContentInfo *cms =
        CMS_sign(large.certificate, large.key, NULL, in, CMS_DETACHED | CMS_BINARY);
    unsigned char *der = NULL;
    int len = cms ? i2d_CMS_ContentInfo(cms, &der) : -1;
    X509 *signer;

    (void)state;
    assert_true(len > 0);
    assert_int_equal(
        e2m_verify((struct e2m_span){der, (size_t)len}, &other, trust, NOW, &signer, NULL),
        E2M_BAD_CERTIFICATE);
    assert_null(signer);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    e2m_trust_free(trust);
    e2m_identity_free(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_readers),
        cmocka_unit_test(test_rsa_reader),
        cmocka_unit_test(test_answer_under_the_key),
        cmocka_unit_test(test_vector_of_the_document),
        cmocka_unit_test(test_limits_of_a_key),
        cmocka_unit_test(test_every_octet),
        cmocka_unit_test(test_algorithms_not_allowed),
        cmocka_unit_test(test_bad_wishes),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_signer_key_first),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
