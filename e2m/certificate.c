/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates: read, judged. Their names are in names.c. */
#include "e2m_private.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define CERTIFICATE_MAX 65536

bool e2m_key_allowed(EVP_PKEY *key)
{
    char group[32] = "";

    if (!key)
        return false;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        return EVP_PKEY_get_bits(key) >= 2048 && EVP_PKEY_get_bits(key) <= 4096;
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static BIO *reader(struct e2m_span octets)
{
    return octets.len && octets.len <= CERTIFICATE_MAX
               ? BIO_new_mem_buf(octets.octets, (int)octets.len)
               : NULL;
}

/* No key of ours has a passphrase, and nobody is asked for one. */
int e2m_no_passphrase(char *buffer, int size, int writing, void *arg)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static bool push(STACK_OF(X509) * *chain, X509 *certificate)
{
    if (!*chain)
        *chain = sk_X509_new_null();
    return *chain && sk_X509_num(*chain) < E2M_CHAIN_MAX && sk_X509_push(*chain, certificate) > 0;
}

static void free_chain(STACK_OF(X509) * *chain)
{
    sk_X509_pop_free(*chain, X509_free);
    *chain = NULL;
}

X509 *e2m_pem_next(BIO *in, enum e2m_result *result)
{
    X509 *one;

    ERR_clear_error();
    one = PEM_read_bio_X509(in, NULL, e2m_no_passphrase, NULL);
    if (!one && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        *result = E2M_BAD_DER;
    return one;
}

/* The first certificate of a PEM text, the others into *chain. */
static enum e2m_result read_pem(struct e2m_span octets, X509 **first, STACK_OF(X509) * *chain)
{
    BIO *in = reader(octets);
    enum e2m_result result = E2M_OK;
    X509 *one;

    *first = in ? e2m_pem_next(in, &result) : NULL;
    if (!*first)
        result = E2M_BAD_DER;
    while (result == E2M_OK && (one = e2m_pem_next(in, &result))) {
        if (!push(chain, one)) {
            X509_free(one);
            result = E2M_TOO_LARGE;
        }
    }
    BIO_free(in);
    if (result != E2M_OK) {
        X509_free(*first);
        *first = NULL;
        free_chain(chain);
    }
    return result;
}

static enum e2m_result read_key(struct e2m_identity *identity, struct e2m_span pem)
{
    BIO *in = reader(pem);

    identity->key = in ? PEM_read_bio_PrivateKey(in, NULL, e2m_no_passphrase, NULL) : NULL;
    BIO_free(in);
    if (!identity->key)
        return E2M_BAD_DER;
    return X509_check_private_key(identity->certificate, identity->key) == 1 ? E2M_OK
                                                                             : E2M_BAD_CERTIFICATE;
}

enum e2m_result e2m_identity_read(struct e2m_identity *identity, struct e2m_span certificates,
                                  struct e2m_span key)
{
    enum e2m_result result;

    *identity = (struct e2m_identity){NULL, NULL, NULL};
    result = read_pem(certificates, &identity->certificate, &identity->chain);
    if (result == E2M_OK && !e2m_key_allowed(X509_get0_pubkey(identity->certificate)))
        result = E2M_BAD_CERTIFICATE;
    if (result == E2M_OK && key.len)
        result = read_key(identity, key);
    if (result != E2M_OK)
        e2m_identity_free(identity);
    ERR_clear_error();
    return result;
}

void e2m_identity_free(struct e2m_identity *identity)
{
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
    free_chain(&identity->chain);
    *identity = (struct e2m_identity){NULL, NULL, NULL};
}

/* -- a certificate alone ----------------------------------------------------------------------- */

static X509 *read_der(struct e2m_span octets)
{
    const unsigned char *at = octets.octets;
    X509 *certificate = d2i_X509(NULL, &at, (long)octets.len);

    if (certificate && at != octets.octets + octets.len) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

/* certs-only: the subject's comes first by custom, but a SET has no order; the one that issued none
 * of the others is it. */
static X509 *take_leaf(STACK_OF(X509) * certificates)
{
    for (int i = 0; i < sk_X509_num(certificates); i++) {
        X509 *one = sk_X509_value(certificates, i);
        bool issuer = false;
        for (int j = 0; j < sk_X509_num(certificates); j++)
            issuer = issuer ||
                     (i != j &&
                      X509_NAME_cmp(X509_get_subject_name(one),
                                    X509_get_issuer_name(sk_X509_value(certificates, j))) == 0);
        if (!issuer)
            return sk_X509_delete(certificates, i);
    }
    return NULL;
}

static enum e2m_result read_certs_only(struct e2m_span octets, X509 **first,
                                       STACK_OF(X509) * *chain)
{
    const unsigned char *at = octets.octets;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)octets.len);

    if (cms && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed)
        *chain = CMS_get1_certs(cms);
    CMS_ContentInfo_free(cms);
    if (sk_X509_num(*chain) > E2M_CHAIN_MAX) {
        free_chain(chain);
        return E2M_TOO_LARGE;
    }
    *first = take_leaf(*chain);
    if (!*first)
        free_chain(chain);
    return *first ? E2M_OK : E2M_BAD_DER;
}

enum e2m_result e2m_certificate_read(struct e2m_span octets, X509 **certificate,
                                     STACK_OF(X509) * *chain)
{
    STACK_OF(X509) *others = NULL;
    enum e2m_result result = E2M_OK;

    *certificate = NULL;
    if (chain)
        *chain = NULL;
    if (octets.len == 0 || octets.len > CERTIFICATE_MAX)
        return octets.len ? E2M_TOO_LARGE : E2M_BAD_DER;
    if (octets.octets[0] == '-')
        result = read_pem(octets, certificate, &others);
    else if (!(*certificate = read_der(octets)))
        result = read_certs_only(octets, certificate, &others);
    if (chain)
        *chain = others;
    else
        free_chain(&others);
    ERR_clear_error();
    return result;
}

enum e2m_result e2m_certificate_print(X509 *certificate, struct e2m_buffer *der)
{
    unsigned char *made = NULL;
    int len = i2d_X509(certificate, &made);
    enum e2m_result result = len > 0 ? e2m_buffer_copy(der, made, (size_t)len) : E2M_NO_MEMORY;

    OPENSSL_free(made);
    return result;
}

enum e2m_result e2m_certificate_fingerprint(X509 *certificate, char out[static 65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    out[0] = '\0';
    if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1 || len != 32)
        return E2M_CRYPTO;
    for (unsigned i = 0; i < len; i++)
        sprintf(out + 2 * i, "%02x", digest[i]);
    return E2M_OK;
}

/* -- the chain --------------------------------------------------------------------------------- */

static enum e2m_result chain_result(int error)
{
    switch (error) {
    case X509_V_OK:
        return E2M_OK;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return E2M_EXPIRED;
    case X509_V_ERR_OUT_OF_MEM:
        return E2M_NO_MEMORY;
    default:
        return E2M_UNTRUSTED;
    }
}

static enum e2m_result check_chain(X509 *certificate, STACK_OF(X509) * chain,
                                   const struct e2m_trust *trust, uint64_t now)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    enum e2m_result result = E2M_NO_MEMORY;

    if (context && X509_STORE_CTX_init(context, e2m_trust_store(trust), certificate, chain) == 1) {
        X509_STORE_CTX_set_time(context, 0, (time_t)now);
        X509_STORE_CTX_set_depth(context, E2M_CHAIN_MAX);
        result = X509_verify_cert(context) == 1 ? E2M_OK
                                                : chain_result(X509_STORE_CTX_get_error(context));
        if (result == E2M_OK && X509_STORE_CTX_get_error(context) != X509_V_OK)
            result = E2M_UNTRUSTED;
        if (result == E2M_OK)
            result = e2m_trust_check(trust, X509_STORE_CTX_get0_chain(context), now);
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return result;
}

static bool usage_allows(X509 *certificate, enum e2m_use use)
{
    uint32_t usage = X509_get_key_usage(certificate); /* all bits where the certificate has none */

    if (use == E2M_USE_SIGN)
        return usage & KU_DIGITAL_SIGNATURE;
    if (EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)) == EVP_PKEY_RSA)
        return usage & KU_KEY_ENCIPHERMENT;
    return usage & KU_KEY_AGREEMENT;
}

/* RFC 5924 and 8551: SIP, mail, or anything; a web server of the same domain is none of these. One
 * that says nothing is for anything. */
static bool purpose_allows(X509 *certificate)
{
    EXTENDED_KEY_USAGE *purposes = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    ASN1_OBJECT *sip = OBJ_txt2obj("1.3.6.1.5.5.7.3.20", 1); /* id-kp-sipDomain */
    /* one that cannot be read, or is there twice, allows nothing */
    bool allows = X509_get_ext_by_NID(certificate, NID_ext_key_usage, -1) < 0;

    for (int i = 0; i < sk_ASN1_OBJECT_num(purposes); i++) {
        const ASN1_OBJECT *one = sk_ASN1_OBJECT_value(purposes, i);
        int nid = OBJ_obj2nid(one);
        allows = allows || nid == NID_email_protect || nid == NID_anyExtendedKeyUsage ||
                 (sip && OBJ_cmp(one, sip) == 0);
    }
    ASN1_OBJECT_free(sip);
    sk_ASN1_OBJECT_pop_free(purposes, ASN1_OBJECT_free);
    return allows;
}

enum e2m_result e2m_certificate_check(X509 *certificate, STACK_OF(X509) * chain,
                                      const struct e2m_trust *trust, uint64_t now, enum e2m_use use)
{
    enum e2m_result result = trust ? check_chain(certificate, chain, trust, now) : E2M_UNTRUSTED;

    if (result == E2M_OK && (!e2m_key_allowed(X509_get0_pubkey(certificate)) ||
                             !usage_allows(certificate, use) || !purpose_allows(certificate)))
        result = E2M_BAD_CERTIFICATE;
    return result;
}

enum e2m_result e2m_check_server(X509 *certificate, STACK_OF(X509) * chain,
                                 const struct e2m_trust *trust, uint64_t now, const char *domain)
{
    enum e2m_result result = e2m_certificate_names_server(certificate, domain);

    return result == E2M_OK ? e2m_certificate_check(certificate, chain, trust, now, E2M_USE_ENCRYPT)
                            : result;
}

enum e2m_result e2m_check_subscriber(X509 *certificate, STACK_OF(X509) * chain,
                                     const struct e2m_trust *trust, uint64_t now, enum e2m_use use,
                                     const char *aor)
{
    enum e2m_result result = e2m_certificate_names_aor(certificate, aor);

    return result == E2M_OK ? e2m_certificate_check(certificate, chain, trust, now, use) : result;
}

bool e2m_certificate_same_issuer(X509 *one, X509 *other)
{
    const ASN1_OCTET_STRING *a = X509_get0_authority_key_id(one);
    const ASN1_OCTET_STRING *b = X509_get0_authority_key_id(other);

    return X509_NAME_cmp(X509_get_issuer_name(one), X509_get_issuer_name(other)) == 0 &&
           (!a || !b || ASN1_OCTET_STRING_cmp(a, b) == 0);
}

static bool is_one_of(const ASN1_OBJECT *object, const int *nids)
{
    while (*nids && OBJ_obj2nid(object) != *nids)
        nids++;
    return *nids;
}

bool e2m_certificate_cbc_only(X509 *certificate)
{
    static const int cbc[] = {NID_aes_128_cbc, NID_aes_192_cbc, NID_aes_256_cbc, 0};
    static const int gcm[] = {NID_aes_128_gcm, NID_aes_192_gcm, NID_aes_256_gcm, 0};
    int at = X509_get_ext_by_NID(certificate, NID_SMIMECapabilities, -1);
    ASN1_OCTET_STRING *octets =
        at >= 0 ? X509_EXTENSION_get_data(X509_get_ext(certificate, at)) : NULL;
    const unsigned char *from = octets ? ASN1_STRING_get0_data(octets) : NULL;
    X509_ALGORS *all = octets ? d2i_X509_ALGORS(NULL, &from, ASN1_STRING_length(octets)) : NULL;
    bool reads_cbc = false, reads_gcm = false;

    for (int i = 0; i < sk_X509_ALGOR_num(all); i++) {
        const ASN1_OBJECT *object;

        X509_ALGOR_get0(&object, NULL, NULL, sk_X509_ALGOR_value(all, i));
        reads_cbc = reads_cbc || is_one_of(object, cbc);
        reads_gcm = reads_gcm || is_one_of(object, gcm);
    }
    sk_X509_ALGOR_pop_free(all, X509_ALGOR_free);
    ERR_clear_error();
    return reads_cbc && !reads_gcm;
}
