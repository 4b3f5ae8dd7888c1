/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose word counts about whom, and what was taken back. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "people.h"

#include <dlfcn.h>
#include <openssl/pem.h>
#include <string.h>

static struct e2m_identity a, b; /* two operators' authorities */

static int begin(void **state)
{
    (void)state;
    a = people_authority();
    b = people_authority();
    return 0;
}

static int end(void **state)
{
    (void)state;
    e2m_identity_free(&a);
    e2m_identity_free(&b);
    return 0;
}

static void add(struct e2m_trust *trust, const struct e2m_identity *authority, const char *domain)
{
    BIO *pem = BIO_new(BIO_s_mem());
    char *data;
    long len;

    PEM_write_bio_X509(pem, authority->certificate);
    len = BIO_get_mem_data(pem, &data);
    assert_int_equal(e2m_trust_add(trust, (struct e2m_span){(uint8_t *)data, (size_t)len}, domain),
                     E2M_OK);
    BIO_free(pem);
}

/* A certificate and a second, of which an octet is damaged. */
static void test_damaged(void **state)
{
    struct e2m_trust *trust = e2m_trust_new();
    BIO *pem = BIO_new(BIO_s_mem());
    STACK_OF(X509) *chain = NULL;
    X509 *first = NULL;
    struct e2m_span both;
    char *data;

    (void)state;
    PEM_write_bio_X509(pem, a.certificate);
    PEM_write_bio_X509(pem, b.certificate);
    BIO_puts(pem, "and words behind them\n");
    BIO_write(pem, "", 1);
    both.len = (size_t)BIO_get_mem_data(pem, &data) - 1;
    both.octets = (const uint8_t *)data;
    assert_int_equal(e2m_trust_add(trust, both, NULL), E2M_OK);
    assert_int_equal(e2m_certificate_read(both, &first, &chain), E2M_OK);
    assert_int_equal(sk_X509_num(chain), 1);
    X509_free(first);
    sk_X509_pop_free(chain, X509_free);
    strrchr(data, 'E')[-40] = '!'; /* far behind the first: END CERTIFICATE */
    assert_int_equal(e2m_trust_add(trust, both, NULL), E2M_BAD_DER);
    assert_int_equal(e2m_certificate_read(both, &first, &chain), E2M_BAD_DER);
    assert_null(first);
    assert_null(chain);
    BIO_free(pem);
    e2m_trust_free(trust);
}

static enum e2m_result judge(const struct e2m_trust *trust, const char *san,
                             const struct e2m_identity *issuer)
{
    struct e2m_identity one = people_make(&(struct people_wish){.san = san}, issuer);
    enum e2m_result result = e2m_certificate_check(one.certificate, NULL, trust, NOW, E2M_USE_SIGN);

    e2m_identity_free(&one);
    return result;
}

/* An operator's authority that signs another's subscriber is refused by that name. */
static void test_domains(void **state)
{
    struct e2m_trust *trust = e2m_trust_new(), *copy;

    (void)state;
    add(trust, &a, "A.example");
    add(trust, &b, "b.example");
    add(trust, &b, "c.example");
    copy = e2m_trust_copy(trust);
    e2m_trust_free(trust);
    assert_int_equal(judge(copy, "URI:sip:alice@a.example", &a), E2M_OK);
    assert_int_equal(judge(copy, "URI:sip:alice@a.EXAMPLE", &a), E2M_OK);
    assert_int_equal(judge(copy, "URI:sip:bob@c.example", &b), E2M_OK);
    assert_int_equal(judge(copy, "URI:sip:bob@b.example", &a), E2M_FOREIGN_AUTHORITY);
    assert_int_equal(judge(copy, "URI:sip:alice@a.example", &b), E2M_FOREIGN_AUTHORITY);
    assert_int_equal(judge(copy, "URI:sip:alice@a.example,URI:sip:bob@b.example", &a),
                     E2M_FOREIGN_AUTHORITY);
    assert_int_equal(judge(copy, "URI:sip:carol@nobody.example", &a), E2M_FOREIGN_AUTHORITY);
    assert_int_equal(judge(copy, "URI:sip:eve@x.a.example", &a), E2M_FOREIGN_AUTHORITY);
    assert_int_equal(judge(copy, "URI:sips:a.example;x=b.example", &a), E2M_OK);
    assert_int_equal(judge(copy, "URI:sip:b.example", &a), E2M_FOREIGN_AUTHORITY);
    assert_int_equal(judge(copy, "DNS:b.example", &a), E2M_FOREIGN_AUTHORITY);
    assert_int_equal(judge(copy, "DNS:a.example", &a), E2M_OK);
    /* a DNS name counts for nothing there (test_server_names), and hosts of the domain stand so */
    assert_int_equal(judge(copy, "URI:sip:a.example,DNS:sip1.a.example", &a), E2M_OK);
    e2m_trust_free(copy);
}

/* One without a domain speaks for those that have none of their own. */
static void test_any_domain(void **state)
{
    struct e2m_trust *trust = e2m_trust_new();

    (void)state;
    add(trust, &a, NULL);
    assert_int_equal(judge(trust, "URI:sip:bob@b.example", &a), E2M_OK);
    assert_int_equal(e2m_trust_lend(trust, b.certificate, "b.example"), E2M_OK);
    assert_int_equal(judge(trust, "URI:sip:bob@b.example", &b), E2M_OK);
    assert_int_equal(judge(trust, "URI:sip:carol@c.example", &b), E2M_FOREIGN_AUTHORITY);
    assert_int_equal(judge(trust, "URI:sip:bob@b.example", &a), E2M_OK);
    add(trust, &b, "b.example");
    assert_int_equal(judge(trust, "URI:sip:bob@b.example", &a), E2M_FOREIGN_AUTHORITY);
    assert_int_equal(judge(trust, "URI:sip:carol@c.example", &a), E2M_OK);
    assert_int_equal(e2m_trust_add(trust, e2m_text_span("none"), NULL), E2M_BAD_DER);
    assert_int_equal(e2m_trust_lend(trust, b.certificate, "not a domain"), E2M_WRONG_SERVER);
    e2m_trust_free(trust);
}

static enum e2m_result with_list(X509 *certificate, X509_CRL *list, bool wanted)
{
    struct e2m_trust *trust = people_trust(&a), *copy;
    enum e2m_result result;

    if (list)
        assert_int_equal(e2m_trust_add_revoked(trust, list), E2M_OK);
    if (wanted)
        e2m_trust_want_lists(trust);
    copy = e2m_trust_copy(trust);
    result = e2m_certificate_check(certificate, NULL, copy, NOW, E2M_USE_SIGN);
    e2m_trust_free(trust);
    e2m_trust_free(copy);
    X509_CRL_free(list);
    return result;
}

/* What a list names is refused, also when the list is old; a list of somebody else's says nothing.
 */
static void test_revoked(void **state)
{
    struct e2m_identity one = people_subscriber("sip:alice@a.example", &a);
    struct e2m_identity other = people_subscriber("sip:bob@a.example", &a);
    struct e2m_identity imposter = people_authority();
    X509_CRL *foreign = people_revoke(&imposter, one.certificate, NOW);

    (void)state;
    assert_int_equal(with_list(one.certificate, NULL, false), E2M_OK);
    assert_int_equal(
        with_list(one.certificate, people_revoke(&a, one.certificate, NOW - 10), false),
        E2M_REVOKED);
    assert_int_equal(
        with_list(one.certificate, people_revoke(&a, one.certificate, NOW - 99999), false),
        E2M_REVOKED);
    assert_int_equal(
        with_list(one.certificate, people_revoke(&a, other.certificate, NOW - 10), false), E2M_OK);
    X509_CRL_set_issuer_name(foreign, X509_get_subject_name(a.certificate)); /* not its signature */
    assert_int_equal(with_list(one.certificate, foreign, false), E2M_OK);
    assert_int_equal(with_list(one.certificate, NULL, true), E2M_NO_LIST);
    assert_int_equal(with_list(one.certificate, people_revoke(&a, NULL, NOW - 99999), true),
                     E2M_NO_LIST);
    assert_int_equal(with_list(one.certificate, people_revoke(&a, NULL, NOW - 10), true), E2M_OK);
    e2m_identity_free(&imposter);
    e2m_identity_free(&other);
    e2m_identity_free(&one);
}

static void test_lists(void **state)
{
    X509_CRL *list = people_revoke(&a, NULL, NOW - 10), *older = people_revoke(&a, NULL, NOW - 20);
    X509_CRL *foreign = people_revoke(&b, NULL, NOW - 30);
    struct e2m_identity one = people_make(
        &(struct people_wish){.list = "https://gw.a.example/v1/certificates/revoked"}, &a);
    struct e2m_identity clear =
        people_make(&(struct people_wish){.list = "http://gw.a.example/list"}, &a);
    unsigned char *der = NULL;
    char url[64], small[16];
    X509_CRL *again;
    int len = i2d_X509_CRL(list, &der);

    (void)state;
    assert_int_equal(e2m_revoked_read((struct e2m_span){der, (size_t)len}, &again), E2M_OK);
    X509_CRL_free(again);
    assert_int_equal(e2m_revoked_read(e2m_text_span("-----BEGIN X509 CRL-----"), &again),
                     E2M_BAD_DER);
    assert_int_equal(e2m_revoked_read(e2m_text_span(""), &again), E2M_BAD_DER);
    assert_false(e2m_revoked_is_old(list, NOW));
    assert_true(e2m_revoked_is_old(list, NOW + 3600));
    assert_true(e2m_revoked_is_newer(list, older));
    assert_false(e2m_revoked_is_newer(older, list));
    assert_false(e2m_revoked_is_newer(list, list));
    assert_false(e2m_revoked_is_newer(list, foreign));
    assert_true(e2m_revoked_url(one.certificate, url, sizeof(url)));
    assert_string_equal(url, "https://gw.a.example/v1/certificates/revoked");
    assert_false(e2m_revoked_url(one.certificate, small, sizeof(small)));
    assert_false(e2m_revoked_url(clear.certificate, url, sizeof(url)));
    assert_false(e2m_revoked_url(a.certificate, url, sizeof(url)));
    OPENSSL_free(der);
    X509_CRL_free(list);
    X509_CRL_free(older);
    X509_CRL_free(foreign);
    e2m_identity_free(&one);
    e2m_identity_free(&clear);
}

/* The same list with an extension more, signed again. */
static X509_CRL *with(X509_CRL *list, int nid, const char *der, bool critical,
                      const struct e2m_identity *by)
{
    long len = 0;
    unsigned char *octets = OPENSSL_hexstr2buf(der, &len);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension;

    assert_true(octets && value && ASN1_OCTET_STRING_set(value, octets, (int)len) == 1);
    extension = X509_EXTENSION_create_by_NID(NULL, nid, critical, value);
    assert_int_equal(X509_CRL_add_ext(list, extension, -1), 1);
    assert_true(X509_CRL_sign(list, by->key, EVP_sha256()) > 0);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    OPENSSL_free(octets);
    /* as it comes: what stands in it is read once, when it is */
    len = i2d_X509_CRL(list, (octets = NULL, &octets));
    X509_CRL_free(list);
    assert_int_equal(e2m_revoked_read((struct e2m_span){octets, (size_t)len}, &list), E2M_OK);
    OPENSSL_free(octets);
    return list;
}

#define DELTA NID_delta_crl, "020101", true
#define INDIRECT NID_issuing_distribution_point, "30038401ff", true
#define REASONS NID_issuing_distribution_point, "3004830205a0", true
#define ONLY_AUTHORITIES NID_issuing_distribution_point, "30038201ff", true
#define ONLY_PEOPLE NID_issuing_distribution_point, "30038101ff", true
#define NOBODY_KNOWS NID_netscape_comment, "1600", true
#define NO_MATTER NID_netscape_comment, "1600", false
/* https://l.example/1, or /2 */
#define PLACE(number)                                                                              \
    NID_issuing_distribution_point,                                                                \
        "3019a017a0158613"                                                                         \
        "68747470733a2f2f6c2e6578616d706c652f3" number,                                            \
        true

/* What does not speak of all says nothing of whom it does not name; whom it names is refused. */
static void test_lists_of_a_part(void **state)
{
    struct e2m_identity one = people_subscriber("sip:alice@a.example", &a);
    X509 *c = one.certificate;

    (void)state;
#define EMPTY(wish) with_list(c, with(people_revoke(&a, NULL, NOW - 10), wish, &a), true)
#define NAMED(wish) with_list(c, with(people_revoke(&a, c, NOW - 10), wish, &a), true)
    assert_int_equal(EMPTY(NO_MATTER), E2M_OK);
    assert_int_equal(EMPTY(ONLY_PEOPLE), E2M_OK);
    assert_int_equal(EMPTY(DELTA), E2M_NO_LIST);
    assert_int_equal(EMPTY(INDIRECT), E2M_NO_LIST);
    assert_int_equal(EMPTY(REASONS), E2M_NO_LIST);
    assert_int_equal(EMPTY(ONLY_AUTHORITIES), E2M_NO_LIST);
    assert_int_equal(EMPTY(NOBODY_KNOWS), E2M_NO_LIST);
    assert_int_equal(NAMED(ONLY_PEOPLE), E2M_REVOKED);
    assert_int_equal(NAMED(REASONS), E2M_REVOKED);
    assert_int_equal(NAMED(NOBODY_KNOWS), E2M_REVOKED);
    /* from tomorrow, and ten minutes of clocks that differ */
    assert_int_equal(with_list(c, people_revoke(&a, NULL, NOW + 86400), true), E2M_NO_LIST);
    assert_int_equal(with_list(c, people_revoke(&a, NULL, NOW + 590), true), E2M_OK);
    assert_int_equal(with_list(c, people_revoke(&a, c, NOW + 86400), false), E2M_REVOKED);
    e2m_identity_free(&one);
}

/* RFC 5280, 6.3.3: a list that has a place of its own is of those whose certificate names it. */
static void test_lists_with_a_place(void **state)
{
    struct e2m_identity one = people_make(
        &(struct people_wish){.list = "https://l.example/1", .san = "URI:sip:alice@a.example"}, &a);
    struct e2m_identity nowhere = people_subscriber("sip:alice@a.example", &a);
    X509 *c = one.certificate;

    (void)state;
    assert_int_equal(EMPTY(PLACE("1")), E2M_OK);
    assert_int_equal(EMPTY(PLACE("2")), E2M_NO_LIST);
    assert_int_equal(NAMED(PLACE("2")), E2M_REVOKED);
    c = nowhere.certificate;
    assert_int_equal(EMPTY(PLACE("1")), E2M_NO_LIST);
    assert_int_equal(NAMED(PLACE("1")), E2M_REVOKED);
    e2m_identity_free(&one);
    e2m_identity_free(&nowhere);
}

/* How often a list's signature was looked at: libcrypto's own, counted. */
static unsigned verified;

int X509_CRL_verify(X509_CRL *list, EVP_PKEY *key)
{
    int (*real)(X509_CRL *, EVP_PKEY *);

    *(void **)&real = dlsym(RTLD_NEXT, "X509_CRL_verify");
    verified++;
    return real(list, key);
}

/* Read by two threads, it is sorted for neither of them. */
static void test_a_list_is_sorted_once(void **state)
{
    X509_CRL *list = people_revoke(&a, b.certificate, NOW - 5), *read = NULL;
    unsigned char *octets = NULL;
    int len = i2d_X509_CRL(list, &octets);

    (void)state;
    assert_true(len > 0);
    assert_int_equal(e2m_revoked_read((struct e2m_span){octets, (size_t)len}, &read), E2M_OK);
    assert_true(sk_X509_REVOKED_is_sorted(X509_CRL_get_REVOKED(read)));
    assert_int_equal(X509_CRL_verify(read, X509_get0_pubkey(a.certificate)), 1);
    OPENSSL_free(octets);
    X509_CRL_free(read);
    X509_CRL_free(list);
}

/* Takes both lists. */
static const char *refusal(const struct e2m_trust *trust, X509_CRL *held, X509_CRL *fresh)
{
    const char *why = e2m_revoked_refusal(trust, NULL, held, fresh, NOW);

    X509_CRL_free(held);
    X509_CRL_free(fresh);
    return why;
}

/* Whoever serves a list is not who signed it. */
static void test_which_list_takes_the_place(void **state)
{
    struct e2m_identity imposter = people_authority();
    struct e2m_trust *trust = people_trust(&a);
    X509_CRL *forged = people_revoke(&imposter, NULL, NOW - 5);

    (void)state;
#define LIST(by, age) people_revoke(&(by), NULL, NOW - (age))
    assert_int_equal(e2m_trust_lend(trust, b.certificate, NULL), E2M_OK);
    X509_CRL_set_issuer_name(forged, X509_get_subject_name(a.certificate));
    assert_true(X509_CRL_sign(forged, imposter.key, EVP_sha256()) > 0);
    assert_int_equal(e2m_trust_signed(trust, NULL, forged, NOW), -1);
    X509_CRL_up_ref(forged);
    assert_string_equal(refusal(trust, LIST(a, 10), forged), "not signed by its authority");
    assert_string_equal(refusal(trust, NULL, forged), "not signed by its authority");
    assert_null(refusal(trust, NULL, LIST(a, 10)));
    assert_null(refusal(trust, LIST(a, 10), LIST(a, 5)));
    assert_string_equal(refusal(trust, LIST(a, 5), LIST(a, 10)), "older than before");
    assert_null(refusal(trust, LIST(a, 10), LIST(b, 20))); /* another authority was set */
    assert_non_null(refusal(trust, LIST(a, 10), LIST(imposter, 5)));
    assert_non_null(refusal(trust, NULL, LIST(a, -86400)));
    assert_non_null(refusal(trust, NULL, with(LIST(a, 10), DELTA, &a)));
    assert_non_null(refusal(trust, LIST(a, 10), with(LIST(a, 5), INDIRECT, &a)));
    assert_null(refusal(trust, NULL, with(LIST(a, 5), INDIRECT, &a)));
    assert_null(refusal(trust, with(LIST(a, 10), INDIRECT, &a), with(LIST(a, 5), INDIRECT, &a)));
    /* whom another part does not name may be named by this one */
    assert_non_null(
        refusal(trust, with(LIST(a, 10), PLACE("1"), &a), with(LIST(a, 5), PLACE("2"), &a)));
    assert_non_null(
        refusal(trust, with(LIST(a, 10), REASONS, &a), with(LIST(a, 5), PLACE("1"), &a)));
    assert_non_null(refusal(trust, LIST(a, 10), with(LIST(a, 5), PLACE("1"), &a)));
    assert_null(
        refusal(trust, with(LIST(a, 10), PLACE("1"), &a), with(LIST(a, 5), PLACE("1"), &a)));
    assert_null(refusal(trust, with(LIST(a, 10), PLACE("1"), &a), LIST(a, 5)));
    assert_null(refusal(NULL, LIST(a, 10), LIST(b, 20))); /* nobody looks at signatures */
    assert_string_equal(refusal(NULL, LIST(a, 5), LIST(a, 10)), "older than before");
    e2m_trust_free(trust);
    e2m_identity_free(&imposter);
}

/* An authority between: whoever holds its certificate can say whether a list is its own, and no
 * other of its name. */
static void test_list_of_one_between(void **state)
{
    const struct people_wish wish = {.authority = true, .usage = "keyCertSign,cRLSign"};
    struct e2m_identity mid = people_make(&wish, &a), root = people_authority();
    struct e2m_identity twin = people_make(&wish, &root);
    struct e2m_identity one = people_subscriber("sip:alice@a.example", &mid);
    struct e2m_trust *trust = people_trust(&a);
    STACK_OF(X509) *chain = sk_X509_new_null();
    unsigned before;
    X509_CRL *own = people_revoke(&mid, one.certificate, NOW - 10);
    X509_CRL *taken = people_revoke(&a, mid.certificate, NOW - 10);
    struct e2m_trust *later = people_trust(&a);
    X509_CRL *forged = people_revoke(&twin, NULL, NOW - 5);

    (void)state;
    X509_CRL_set_issuer_name(forged, X509_get_subject_name(mid.certificate));
    assert_true(X509_CRL_sign(forged, twin.key, EVP_sha256()) > 0);
    /* another's of the same name, for which nobody in trust vouches */
    X509_set_subject_name(twin.certificate, X509_get_subject_name(mid.certificate));
    assert_true(X509_sign(twin.certificate, root.key, EVP_sha256()) > 0);
    sk_X509_push(chain, twin.certificate);
    assert_int_equal(e2m_trust_signed(trust, NULL, own, NOW), 0);
    assert_int_equal(e2m_trust_signed(trust, chain, forged, NOW), 0);
    sk_X509_push(chain, mid.certificate);
    assert_int_equal(e2m_trust_signed(trust, chain, own, NOW), 1);
    assert_int_equal(e2m_trust_signed(trust, chain, forged, NOW), -1);
    assert_null(e2m_revoked_refusal(trust, chain, NULL, own, NOW));
    assert_string_equal(e2m_revoked_refusal(trust, chain, own, forged, NOW),
                        "not signed by its authority");
    assert_int_equal(sk_X509_num(e2m_trust_between(trust)), 0);
    /* who was revoked itself says nothing any more */
    assert_int_equal(e2m_trust_add_revoked(later, taken), E2M_OK);
    assert_int_equal(e2m_trust_signed(later, chain, own, NOW), -1);
    assert_string_equal(e2m_revoked_refusal(later, chain, NULL, own, NOW),
                        "not signed by its authority");
    X509_CRL_free(taken);
    e2m_trust_free(later);
    (void)sk_X509_shift(chain);
    for (int i = 0; i < 2; i++) /* the second time it is known */
        assert_int_equal(e2m_certificate_check(one.certificate, chain, trust, NOW, E2M_USE_SIGN),
                         E2M_OK);
    assert_int_equal(sk_X509_num(e2m_trust_between(trust)), 1);
    assert_int_equal(X509_cmp(sk_X509_value(e2m_trust_between(trust), 0), mid.certificate), 0);
    assert_int_equal(e2m_trust_add_revoked(trust, forged), E2M_OK);
    assert_int_equal(e2m_trust_add_revoked(trust, own), E2M_OK);
    assert_int_equal(e2m_certificate_check(one.certificate, chain, trust, NOW, E2M_USE_SIGN),
                     E2M_REVOKED);
    before = verified; /* its signature is looked at once, not for each message */
    assert_int_equal(e2m_certificate_check(one.certificate, chain, trust, NOW, E2M_USE_SIGN),
                     E2M_REVOKED);
    assert_int_equal(verified, before);
    X509_CRL_free(own);
    X509_CRL_free(forged);
    sk_X509_free(chain);
    e2m_trust_free(trust);
    e2m_identity_free(&one);
    e2m_identity_free(&twin);
    e2m_identity_free(&root);
    e2m_identity_free(&mid);
}

#define AES_256_CBC "300b060960864801650304012a" /* one capability */
#define AES_256_GCM "300b060960864801650304012e"

/* RFC 4262: what its owner reads stands in the certificate. */
static void test_capabilities(void **state)
{
    static const struct {
        const char *reads;
        bool cbc_only;
    } table[] = {{NULL, false},
                 {"DER:300d" AES_256_CBC, true},
                 {"DER:301a" AES_256_CBC AES_256_GCM, false},
                 {"DER:300d" AES_256_GCM, false},
                 {"DER:3000", false},
                 {"DER:04020000", false}};

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct e2m_identity one = people_make(&(struct people_wish){.reads = table[i].reads}, &a);

        if (e2m_certificate_cbc_only(one.certificate) != table[i].cbc_only)
            fail_msg("%zu", i);
        e2m_identity_free(&one);
    }
}

static void test_same_issuer(void **state)
{
    struct e2m_identity one = people_subscriber("sip:bob@a.example", &a);
    struct e2m_identity new = people_subscriber("sip:bob@a.example", &a);
    struct e2m_identity foreign = people_subscriber("sip:bob@a.example", &b);

    (void)state;
    assert_true(e2m_certificate_same_issuer(one.certificate, new.certificate));
    assert_false(e2m_certificate_same_issuer(one.certificate, foreign.certificate));
    e2m_identity_free(&one);
    e2m_identity_free(&new);
    e2m_identity_free(&foreign);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_domains),
        cmocka_unit_test(test_any_domain),
        cmocka_unit_test(test_lists_of_a_part),
        cmocka_unit_test(test_lists_with_a_place),
        cmocka_unit_test(test_a_list_is_sorted_once),
        cmocka_unit_test(test_list_of_one_between),
        cmocka_unit_test(test_which_list_takes_the_place),
        cmocka_unit_test(test_revoked),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_same_issuer),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
