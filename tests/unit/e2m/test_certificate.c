/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose certificate it is, and what it may be used for. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "people.h"

#include <openssl/pem.h>
#include <string.h>

static struct e2m_identity authority;
static struct e2m_trust *trust;

static int begin(void **state)
{
    (void)state;
    authority = people_authority();
    trust = people_trust(&authority);
    return 0;
}

static int end(void **state)
{
    (void)state;
    e2m_trust_free(trust);
    e2m_identity_free(&authority);
    return 0;
}

static void test_server_names(void **state)
{
    static const struct {
        const char *san, *domain;
        enum e2m_result result;
    } table[] = {
        {"URI:sip:p.example,DNS:q.example", "P.example", E2M_OK},
        {"URI:sip:p.example,DNS:q.example", "q.example", E2M_WRONG_SERVER},
        {"DNS:q.example", "q.example", E2M_OK},
        {"DNS:*.example", "q.example", E2M_WRONG_SERVER},
        {"DNS:*.example", "*.example", E2M_WRONG_SERVER},
        {"URI:sip:bob@q.example", "q.example", E2M_WRONG_SERVER},
        {"URI:sip:bob@p.example,DNS:q.example", "q.example", E2M_WRONG_SERVER},
        {"URI:https://q.example", "q.example", E2M_WRONG_SERVER},
        {NULL, "q.example", E2M_WRONG_SERVER},
        {"DNS:q.example", "", E2M_WRONG_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct e2m_identity one =
            people_make(&(struct people_wish){.san = table[i].san}, &authority);
        if (e2m_check_server(one.certificate, NULL, trust, NOW, table[i].domain) != table[i].result)
            fail_msg("%s for %s", table[i].san, table[i].domain);
        e2m_identity_free(&one);
    }
}

static void test_subscriber_names(void **state)
{
    static const struct {
        const char *san, *aor;
        enum e2m_result result;
    } table[] = {
        {"URI:sip:alice@a.example", "sip:alice@A.example", E2M_OK},
        {"URI:SIPS:al%69ce@a.example", "sip:alice@a.example", E2M_OK},
        {"URI:sip:al%2fce@a.example", "sip:al%2Fce@a.example", E2M_OK},
        {"URI:sip:Alice@a.example", "sip:alice@a.example", E2M_FOREIGN_SIGNER},
        {"URI:sip:alice@a.example;transport=tls", "sip:alice@a.example", E2M_FOREIGN_SIGNER},
        {"URI:sip:alice:secret@a.example", "sip:alice@a.example", E2M_FOREIGN_SIGNER},
        {"URI:sip:a.example", "sip:a.example", E2M_FOREIGN_SIGNER},
        {"email:alice@a.example", "sip:alice@a.example", E2M_FOREIGN_SIGNER},
        {"URI:sip:al%zz@a.example", "sip:al%zz@a.example", E2M_FOREIGN_SIGNER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct e2m_identity one =
            people_make(&(struct people_wish){.san = table[i].san}, &authority);
        if (e2m_check_subscriber(one.certificate, NULL, trust, NOW, E2M_USE_SIGN, table[i].aor) !=
            table[i].result)
            fail_msg("%s for %s", table[i].san, table[i].aor);
        e2m_identity_free(&one);
    }
}

/* What a gateway issues has one name; a second one beside it would vouch for somebody else as well.
 */
static void test_subscriber_names_alone(void **state)
{
    static const struct {
        const char *san;
        enum e2m_result result;
    } table[] = {
        {"URI:sip:alice@a.example", E2M_OK},
        {"URI:sip:alice@A.example", E2M_OK},
        {"URI:sip:alice@a.example,URI:sip:mallory@a.example", E2M_FOREIGN_SIGNER},
        {"URI:sip:alice@a.example,DNS:a.example", E2M_FOREIGN_SIGNER},
        {"URI:sip:mallory@a.example", E2M_FOREIGN_SIGNER},
        {NULL, E2M_FOREIGN_SIGNER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct e2m_identity one =
            people_make(&(struct people_wish){.san = table[i].san}, &authority);
        if (e2m_certificate_names_aor_alone(one.certificate, "sip:alice@a.example") !=
            table[i].result)
            fail_msg("%s", table[i].san);
        e2m_identity_free(&one);
    }
}

static enum e2m_result judge(const struct people_wish *wish, const struct e2m_identity *issuer,
                             enum e2m_use use)
{
    struct e2m_identity one = people_make(wish, issuer);
    enum e2m_result result = e2m_certificate_check(one.certificate, NULL, trust, NOW, use);

    e2m_identity_free(&one);
    return result;
}

static void test_judgement(void **state)
{
    struct e2m_identity stranger = people_authority();
    const struct people_wish plain = {0};

    (void)state;
    assert_int_equal(judge(&plain, &authority, E2M_USE_SIGN), E2M_OK);
    assert_int_equal(judge(&plain, &stranger, E2M_USE_SIGN), E2M_UNTRUSTED);
    assert_int_equal(judge(&plain, NULL, E2M_USE_SIGN), E2M_UNTRUSTED);
    assert_int_equal(
        judge(&(struct people_wish){.from = NOW - 20, .to = NOW - 10}, &authority, E2M_USE_SIGN),
        E2M_EXPIRED);
    assert_int_equal(
        judge(&(struct people_wish){.from = NOW + 10, .to = NOW + 20}, &authority, E2M_USE_SIGN),
        E2M_EXPIRED);
    assert_int_equal(
        judge(&(struct people_wish){.usage = "digitalSignature"}, &authority, E2M_USE_ENCRYPT),
        E2M_BAD_CERTIFICATE);
    assert_int_equal(
        judge(&(struct people_wish){.usage = "keyAgreement"}, &authority, E2M_USE_SIGN),
        E2M_BAD_CERTIFICATE);
    assert_int_equal(judge(&(struct people_wish){.key = PEOPLE_P384}, &authority, E2M_USE_SIGN),
                     E2M_BAD_CERTIFICATE);
    assert_int_equal(judge(&(struct people_wish){.key = PEOPLE_RSA}, &authority, E2M_USE_ENCRYPT),
                     E2M_OK);
    assert_int_not_equal(
        judge(&(struct people_wish){.key = PEOPLE_RSA_1024}, &authority, E2M_USE_SIGN), E2M_OK);
    e2m_identity_free(&stranger);
}

/* Whose certificate says what it is for must say this. */
static void test_purpose(void **state)
{
    static const char *const right[] = {"emailProtection", "1.3.6.1.5.5.7.3.20",
                                        "serverAuth,anyExtendedKeyUsage"};
    static const char *const wrong[] = {"serverAuth", "clientAuth,codeSigning"};

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        assert_int_equal(
            judge(&(struct people_wish){.purpose = right[i]}, &authority, E2M_USE_ENCRYPT), E2M_OK);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(
            judge(&(struct people_wish){.purpose = wrong[i]}, &authority, E2M_USE_ENCRYPT),
            E2M_BAD_CERTIFICATE);
}

static struct e2m_span pem_of(BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);

    return (struct e2m_span){(uint8_t *)data, (size_t)len};
}

static void test_reading(void **state)
{
    struct e2m_identity alice = people_subscriber("sip:alice@a.example", &authority), again;
    BIO *certificates = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());
    struct e2m_buffer der;
    STACK_OF(X509) * chain;
    char fingerprint[65];
    X509 *read;

    (void)state;
    PEM_write_bio_X509(certificates, alice.certificate);
    PEM_write_bio_X509(certificates, authority.certificate);
    PEM_write_bio_PrivateKey(key, alice.key, NULL, NULL, 0, NULL, NULL);
    assert_int_equal(e2m_identity_read(&again, pem_of(certificates), pem_of(key)), E2M_OK);
    assert_int_equal(sk_X509_num(again.chain), 1);
    e2m_identity_free(&again);
    BIO_reset(key);
    PEM_write_bio_PrivateKey(key, authority.key, NULL, NULL, 0, NULL, NULL);
    assert_int_equal(e2m_identity_read(&again, pem_of(certificates), pem_of(key)),
                     E2M_BAD_CERTIFICATE);
    assert_int_equal(e2m_identity_read(&again, e2m_text_span("nonsense"), e2m_text_span("")),
                     E2M_BAD_DER);
    assert_int_equal(e2m_certificate_read(pem_of(certificates), &read, &chain), E2M_OK);
    assert_int_equal(X509_cmp(read, alice.certificate), 0);
    X509_free(read);
    sk_X509_pop_free(chain, X509_free);
    assert_int_equal(e2m_certificate_print(alice.certificate, &der), E2M_OK);
    assert_int_equal(e2m_certificate_read(e2m_buffer_span(&der), &read, &chain), E2M_OK);
    assert_int_equal(e2m_certificate_fingerprint(read, fingerprint), E2M_OK);
    assert_int_equal(strlen(fingerprint), 64);
    X509_free(read);
    der.octets[4] ^= 0x40;
    assert_int_equal(e2m_certificate_read(e2m_buffer_span(&der), &read, NULL), E2M_BAD_DER);
    e2m_buffer_free(&der);
    BIO_free(certificates);
    BIO_free(key);
    e2m_identity_free(&alice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_names),
        cmocka_unit_test(test_subscriber_names),
        cmocka_unit_test(test_subscriber_names_alone),
        cmocka_unit_test(test_judgement),
        cmocka_unit_test(test_purpose),
        cmocka_unit_test(test_reading),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
