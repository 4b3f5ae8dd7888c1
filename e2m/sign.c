/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signatures: one signer, its certificate and the time of signing among what is signed. */
#include "e2m_private.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <time.h>

static bool set_time(CMS_SignerInfo *signer, uint64_t now)
{
    ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)now);
    bool set = when && CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, when->type, when,
                                                   -1) == 1;

    ASN1_TIME_free(when);
    return set;
}

static bool print(CMS_ContentInfo *cms, struct e2m_buffer *der)
{
    unsigned char *made = NULL;
    int len = i2d_CMS_ContentInfo(cms, &made);
    bool printed = len > 0 && e2m_buffer_copy(der, made, (size_t)len) == E2M_OK;

    OPENSSL_free(made);
    return printed;
}

enum e2m_result e2m_sign(const struct e2m_identity *signer, struct e2m_span octets, uint64_t now,
                         struct e2m_buffer *der)
{
    const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
    enum e2m_result result = E2M_CRYPTO;
    CMS_ContentInfo *cms = NULL;
    CMS_SignerInfo *info;
    BIO *in;

    *der = (struct e2m_buffer){NULL, 0};
    if (octets.len > E2M_BODY_MAX)
        return E2M_TOO_LARGE;
    if (!signer->key || !e2m_key_allowed(signer->key))
        return E2M_BAD_CERTIFICATE;
    in = BIO_new_mem_buf(octets.octets, (int)octets.len);
    if (in)
        cms = CMS_sign(NULL, NULL, signer->chain, NULL, flags);
    info = cms ? CMS_add1_signer(cms, signer->certificate, signer->key, EVP_sha256(), flags) : NULL;
    if (info && set_time(info, now) && CMS_final(cms, in, NULL, flags) == 1 && print(cms, der))
        result = E2M_OK;
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    ERR_clear_error();
    return result;
}

/* -- checking one ------------------------------------------------------------------------------ */

static bool digest_allowed(CMS_SignerInfo *info)
{
    const ASN1_OBJECT *object;
    X509_ALGOR *digest;
    int nid;

    CMS_SignerInfo_get0_algs(info, NULL, NULL, &digest, NULL);
    X509_ALGOR_get0(&object, NULL, NULL, digest);
    nid = OBJ_obj2nid(object);
    return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

/* The only signer; NULL when there is another number of them. */
static CMS_SignerInfo *only_signer(CMS_ContentInfo *cms)
{
    STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);

    return sk_CMS_SignerInfo_num(all) == 1 ? sk_CMS_SignerInfo_value(all, 0) : NULL;
}

/* Whether the time of signing is one that counts now. A signature without is as old as it likes. */
static bool is_fresh(CMS_SignerInfo *info, uint64_t now)
{
    int at = CMS_signed_get_attr_by_NID(info, NID_pkcs9_signingTime, -1);
    X509_ATTRIBUTE *attribute = at >= 0 ? CMS_signed_get_attr(info, at) : NULL;
    ASN1_TYPE *value = attribute ? X509_ATTRIBUTE_get0_type(attribute, 0) : NULL;
    ASN1_TIME *ours = ASN1_TIME_set(NULL, (time_t)now);
    int days = 1, seconds = 0;
    bool fresh;

    fresh = ours && value &&
            (value->type == V_ASN1_UTCTIME || value->type == V_ASN1_GENERALIZEDTIME) &&
            ASN1_TIME_diff(&days, &seconds, value->value.asn1_string, ours) == 1 && days == 0 &&
            seconds <= (int)E2M_SIGNATURE_AGE && seconds >= -(int)E2M_SIGNATURE_AGE;
    ASN1_TIME_free(ours);
    return fresh;
}

/* Before any mathematics: a stranger's DSA or RSA of 16384 bits costs as much as a hundred of ours.
 */
static enum e2m_result check_key(CMS_ContentInfo *cms)
{
    STACK_OF(X509) *all = CMS_get1_certs(cms);
    CMS_SignerInfo *signer = only_signer(cms);
    enum e2m_result result = sk_X509_num(all) > E2M_CHAIN_MAX ? E2M_BAD_DER : E2M_OK;

    for (int i = 0; i < sk_X509_num(all) && result == E2M_OK; i++) {
        X509 *one = sk_X509_value(all, i);

        if (CMS_SignerInfo_cert_cmp(signer, one) == 0 && !e2m_key_allowed(X509_get0_pubkey(one)))
            result = E2M_BAD_CERTIFICATE;
    }
    sk_X509_pop_free(all, X509_free);
    return result;
}

static enum e2m_result read_signed(struct e2m_span der, CMS_ContentInfo **cms)
{
    const unsigned char *at = der.octets;

    *cms = NULL;
    if (der.len > E2M_DER_MAX)
        return E2M_TOO_LARGE;
    *cms = der.len ? d2i_CMS_ContentInfo(NULL, &at, (long)der.len) : NULL;
    if (!*cms || at != der.octets + der.len ||
        OBJ_obj2nid(CMS_get0_type(*cms)) != NID_pkcs7_signed || !only_signer(*cms))
        return E2M_BAD_DER;
    if (OBJ_obj2nid(CMS_get0_eContentType(*cms)) != NID_pkcs7_data ||
        !digest_allowed(only_signer(*cms)))
        return E2M_BAD_ALGORITHM;
    return check_key(*cms);
}

/* The mathematics alone; whose it is and whether that counts comes after. */
static enum e2m_result verify_octets(CMS_ContentInfo *cms, const struct e2m_span *octets, BIO *out)
{
    ASN1_OCTET_STRING **inside = CMS_get0_content(cms);
    BIO *in = NULL;
    enum e2m_result result;

    /* Content in two places could be two contents. */
    if (octets ? inside && *inside : !inside || !*inside)
        return E2M_BAD_DER;
    if (octets && !(in = BIO_new_mem_buf(octets->octets, (int)octets->len)))
        return E2M_NO_MEMORY;
    result = CMS_verify(cms, NULL, NULL, in, out, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1
                 ? E2M_OK
                 : E2M_BAD_SIGNATURE;
    BIO_free(in);
    return result;
}

static enum e2m_result verify_signer(CMS_ContentInfo *cms, const struct e2m_trust *trust,
                                     uint64_t now, X509 **signer)
{
    STACK_OF(X509) *all = CMS_get1_certs(cms), *signers = CMS_get0_signers(cms);
    X509 *certificate = sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0) : NULL;
    enum e2m_result result = E2M_BAD_DER;

    if (certificate && sk_X509_num(all) <= E2M_CHAIN_MAX) {
        X509_up_ref(certificate);
        *signer = certificate;
        result = e2m_certificate_check(certificate, all, trust, now, E2M_USE_SIGN);
        if (result == E2M_OK && !is_fresh(only_signer(cms), now))
            result = E2M_EXPIRED;
    }
    sk_X509_free(signers);
    sk_X509_pop_free(all, X509_free);
    return result;
}

static enum e2m_result take(BIO *out, struct e2m_buffer *content)
{
    char *data;
    long len = BIO_get_mem_data(out, &data);

    if (len > E2M_BODY_MAX)
        return E2M_TOO_LARGE;
    return e2m_buffer_copy(content, data, (size_t)len);
}

enum e2m_result e2m_verify(struct e2m_span der, const struct e2m_span *octets,
                           const struct e2m_trust *trust, uint64_t now, X509 **signer,
                           struct e2m_buffer *content)
{
    BIO *out = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = NULL;
    enum e2m_result result = out ? read_signed(der, &cms) : E2M_NO_MEMORY;

    *signer = NULL;
    if (content)
        *content = (struct e2m_buffer){NULL, 0};
    if (result == E2M_OK)
        result = verify_octets(cms, octets, out);
    if (result == E2M_OK)
        result = verify_signer(cms, trust, now, signer);
    if (result == E2M_OK && content && !octets)
        result = take(out, content);
    CMS_ContentInfo_free(cms);
    BIO_free(out);
    ERR_clear_error();
    return result;
}
