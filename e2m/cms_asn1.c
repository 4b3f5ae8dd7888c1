/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Envelopes by ASN.1 templates: what libcrypto's CMS neither shows nor sets. Everything is checked
 * here before the library's CMS sees it, so that neither an odd nonce nor a password recipient ever
 * gets so far. */
#include "e2m_private.h"

#include <openssl/asn1t.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define NONCE_LEN 12
#define TAG_LEN 16
#define BLOCK_LEN 16
#define ATTRIBUTES_MAX 16
#define OID_REFERENCE "1.2.840.113549.1.9.16.2.30" /* id-aa-CEKReference, RFC 3185 */
#define OID_MAX_DECRYPTS "1.2.840.113549.1.9.16.2.31"

typedef struct {
    ASN1_OBJECT *type;
    X509_ALGOR *cipher;
    ASN1_OCTET_STRING *octets;
} E2M_CONTENT;

ASN1_SEQUENCE(E2M_CONTENT) =
    {
        ASN1_SIMPLE(E2M_CONTENT, type, ASN1_OBJECT),
        ASN1_SIMPLE(E2M_CONTENT, cipher, X509_ALGOR),
        ASN1_IMP_OPT(E2M_CONTENT, octets, ASN1_OCTET_STRING, 0),
} static_ASN1_SEQUENCE_END(E2M_CONTENT)

    /* RFC 5652, 6.1 */
    typedef struct {
    ASN1_INTEGER *version;
    STACK_OF(ASN1_TYPE) * recipients;
    E2M_CONTENT *content;
    STACK_OF(X509_ATTRIBUTE) * attributes;
} E2M_ENVELOPED;

ASN1_SEQUENCE(E2M_ENVELOPED) =
    {
        ASN1_SIMPLE(E2M_ENVELOPED, version, ASN1_INTEGER),
        ASN1_SET_OF(E2M_ENVELOPED, recipients, ASN1_ANY),
        ASN1_SIMPLE(E2M_ENVELOPED, content, E2M_CONTENT),
        ASN1_IMP_SET_OF_OPT(E2M_ENVELOPED, attributes, X509_ATTRIBUTE, 1),
} static_ASN1_SEQUENCE_END(E2M_ENVELOPED)

    /* RFC 5083, 2.1. Authenticated attributes have no place in it: only other content than id-data
     * needs them, and libcrypto does not authenticate them. Nor has the originator's information.
     */
    typedef struct {
    ASN1_INTEGER *version;
    STACK_OF(ASN1_TYPE) * recipients;
    E2M_CONTENT *content;
    ASN1_OCTET_STRING *mac;
    STACK_OF(X509_ATTRIBUTE) * attributes;
} E2M_AUTH_ENVELOPED;

ASN1_SEQUENCE(E2M_AUTH_ENVELOPED) =
    {
        ASN1_SIMPLE(E2M_AUTH_ENVELOPED, version, ASN1_INTEGER),
        ASN1_SET_OF(E2M_AUTH_ENVELOPED, recipients, ASN1_ANY),
        ASN1_SIMPLE(E2M_AUTH_ENVELOPED, content, E2M_CONTENT),
        ASN1_SIMPLE(E2M_AUTH_ENVELOPED, mac, ASN1_OCTET_STRING),
        ASN1_IMP_SET_OF_OPT(E2M_AUTH_ENVELOPED, attributes, X509_ATTRIBUTE, 2),
} static_ASN1_SEQUENCE_END(E2M_AUTH_ENVELOPED)

        typedef struct {
    ASN1_OBJECT *type;
    ASN1_TYPE *content;
} E2M_INFO;

ASN1_SEQUENCE(E2M_INFO) =
    {
        ASN1_SIMPLE(E2M_INFO, type, ASN1_OBJECT),
        ASN1_EXP(E2M_INFO, content, ASN1_ANY, 0),
} static_ASN1_SEQUENCE_END(E2M_INFO)

    /* -- recipients, RFC 5652, 6.2 -- */
    typedef struct {
    ASN1_INTEGER *version;
    ASN1_TYPE *id;
    X509_ALGOR *algorithm;
    ASN1_OCTET_STRING *wrapped;
} E2M_TRANSPORT;

ASN1_SEQUENCE(E2M_TRANSPORT) =
    {
        ASN1_SIMPLE(E2M_TRANSPORT, version, ASN1_INTEGER),
        ASN1_SIMPLE(E2M_TRANSPORT, id, ASN1_ANY),
        ASN1_SIMPLE(E2M_TRANSPORT, algorithm, X509_ALGOR),
        ASN1_SIMPLE(E2M_TRANSPORT, wrapped, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(E2M_TRANSPORT)

        typedef struct {
    ASN1_INTEGER *version;
    ASN1_TYPE *originator;
    ASN1_OCTET_STRING *ukm;
    X509_ALGOR *algorithm;
    STACK_OF(ASN1_TYPE) * keys;
} E2M_AGREEMENT;

ASN1_SEQUENCE(E2M_AGREEMENT) =
    {
        ASN1_SIMPLE(E2M_AGREEMENT, version, ASN1_INTEGER),
        ASN1_EXP(E2M_AGREEMENT, originator, ASN1_ANY, 0),
        ASN1_EXP_OPT(E2M_AGREEMENT, ukm, ASN1_OCTET_STRING, 1),
        ASN1_SIMPLE(E2M_AGREEMENT, algorithm, X509_ALGOR),
        ASN1_SEQUENCE_OF(E2M_AGREEMENT, keys, ASN1_ANY),
} static_ASN1_SEQUENCE_END(E2M_AGREEMENT)

        typedef struct {
    ASN1_OCTET_STRING *octets;
    ASN1_GENERALIZEDTIME *date;
} E2M_KEK_ID;

ASN1_SEQUENCE(E2M_KEK_ID) =
    {
        ASN1_SIMPLE(E2M_KEK_ID, octets, ASN1_OCTET_STRING),
        ASN1_OPT(E2M_KEK_ID, date, ASN1_GENERALIZEDTIME),
} static_ASN1_SEQUENCE_END(E2M_KEK_ID)

        typedef struct {
    ASN1_INTEGER *version;
    E2M_KEK_ID *id;
    X509_ALGOR *algorithm;
    ASN1_OCTET_STRING *wrapped;
} E2M_KEK;

ASN1_SEQUENCE(E2M_KEK) =
    {
        ASN1_SIMPLE(E2M_KEK, version, ASN1_INTEGER),
        ASN1_SIMPLE(E2M_KEK, id, E2M_KEK_ID),
        ASN1_SIMPLE(E2M_KEK, algorithm, X509_ALGOR),
        ASN1_SIMPLE(E2M_KEK, wrapped, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(E2M_KEK)

    /* RFC 5084, 3.2 */
    typedef struct {
    ASN1_OCTET_STRING *nonce;
    ASN1_INTEGER *tag_len;
} E2M_GCM;

ASN1_SEQUENCE(E2M_GCM) =
    {
        ASN1_SIMPLE(E2M_GCM, nonce, ASN1_OCTET_STRING),
        ASN1_OPT(E2M_GCM, tag_len, ASN1_INTEGER),
} static_ASN1_SEQUENCE_END(E2M_GCM)

        struct e2m_cms {
    E2M_ENVELOPED *plain; /* one of the two */
    E2M_AUTH_ENVELOPED *auth;
    STACK_OF(ASN1_TYPE) * recipients; /* views into it */
    const E2M_CONTENT *content;
    STACK_OF(X509_ATTRIBUTE) * *attributes;
};

/* -- reading ----------------------------------------------------------------------------------- */

static void *decode(struct e2m_span der, const ASN1_ITEM *item)
{
    const unsigned char *at = der.octets;
    void *value = der.len ? ASN1_item_d2i(NULL, &at, (long)der.len, item) : NULL;

    if (value && at != der.octets + der.len) {
        ASN1_item_free(value, item);
        value = NULL;
    }
    return value;
}

/* What an ASN1_TYPE of a constructed or context-specific value holds: its whole encoding. */
static struct e2m_span encoding_of(const ASN1_TYPE *any)
{
    const ASN1_STRING *text;

    if (!any || (any->type != V_ASN1_SEQUENCE && any->type != V_ASN1_OTHER))
        return (struct e2m_span){NULL, 0};
    text = any->value.asn1_string;
    return (struct e2m_span){ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)};
}

static void views(struct e2m_cms *cms)
{
    cms->recipients = cms->auth ? cms->auth->recipients : cms->plain->recipients;
    cms->content = cms->auth ? cms->auth->content : cms->plain->content;
    cms->attributes = cms->auth ? &cms->auth->attributes : &cms->plain->attributes;
}

enum e2m_result e2m_cms_read(struct e2m_span der, struct e2m_cms **out)
{
    struct e2m_cms *cms = NULL;
    E2M_INFO *info = der.len > E2M_DER_MAX ? NULL : decode(der, ASN1_ITEM_rptr(E2M_INFO));
    int type = info ? OBJ_obj2nid(info->type) : NID_undef;

    *out = NULL;
    if (der.len > E2M_DER_MAX)
        return E2M_TOO_LARGE;
    if (info)
        cms = calloc(1, sizeof(*cms));
    if (cms && type == NID_pkcs7_enveloped)
        cms->plain = decode(encoding_of(info->content), ASN1_ITEM_rptr(E2M_ENVELOPED));
    else if (cms && type == NID_id_smime_ct_authEnvelopedData)
        cms->auth = decode(encoding_of(info->content), ASN1_ITEM_rptr(E2M_AUTH_ENVELOPED));
    ASN1_item_free((ASN1_VALUE *)info, ASN1_ITEM_rptr(E2M_INFO));
    if (!cms || (!cms->plain && !cms->auth)) {
        free(cms);
        return E2M_BAD_DER;
    }
    views(cms);
    *out = cms;
    return E2M_OK;
}

void e2m_cms_free(struct e2m_cms *cms)
{
    if (!cms)
        return;
    ASN1_item_free((ASN1_VALUE *)cms->plain, ASN1_ITEM_rptr(E2M_ENVELOPED));
    ASN1_item_free((ASN1_VALUE *)cms->auth, ASN1_ITEM_rptr(E2M_AUTH_ENVELOPED));
    free(cms);
}

/* -- the content's cipher ---------------------------------------------------------------------- */

static int algorithm_nid(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object;

    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return OBJ_obj2nid(object);
}

static struct e2m_span parameter_of(const X509_ALGOR *algorithm)
{
    const void *value;
    int type;

    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE && type != V_ASN1_OCTET_STRING)
        return (struct e2m_span){NULL, 0};
    return (struct e2m_span){ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)};
}

static enum e2m_result check_gcm(const E2M_AUTH_ENVELOPED *auth)
{
    int nid = algorithm_nid(auth->content->cipher);
    E2M_GCM *gcm;
    bool right;

    if (nid != NID_aes_128_gcm && nid != NID_aes_192_gcm && nid != NID_aes_256_gcm)
        return E2M_BAD_ALGORITHM;
    gcm = decode(parameter_of(auth->content->cipher), ASN1_ITEM_rptr(E2M_GCM));
    if (!gcm)
        return E2M_BAD_DER;
    right = ASN1_STRING_length(gcm->nonce) == NONCE_LEN && gcm->tag_len &&
            ASN1_INTEGER_get(gcm->tag_len) == TAG_LEN && ASN1_STRING_length(auth->mac) == TAG_LEN;
    ASN1_item_free((ASN1_VALUE *)gcm, ASN1_ITEM_rptr(E2M_GCM));
    return right ? E2M_OK : E2M_BAD_ALGORITHM;
}

static enum e2m_result check_cbc(const E2M_ENVELOPED *plain)
{
    int nid = algorithm_nid(plain->content->cipher);
    struct e2m_span vector = parameter_of(plain->content->cipher);

    if (nid != NID_aes_128_cbc && nid != NID_aes_192_cbc && nid != NID_aes_256_cbc)
        return E2M_BAD_ALGORITHM;
    return vector.len == BLOCK_LEN ? E2M_OK : E2M_BAD_DER;
}

static enum e2m_result check_content(const struct e2m_cms *cms)
{
    enum e2m_result result = cms->auth ? check_gcm(cms->auth) : check_cbc(cms->plain);

    if (result != E2M_OK)
        return result;
    if (OBJ_obj2nid(cms->content->type) != NID_pkcs7_data)
        return E2M_BAD_ALGORITHM;
    if (!cms->content->octets || ASN1_STRING_length(cms->content->octets) == 0)
        return E2M_BAD_DER;
    return ASN1_STRING_length(cms->content->octets) > E2M_BODY_MAX + BLOCK_LEN ? E2M_TOO_LARGE
                                                                               : E2M_OK;
}

/* -- recipients -------------------------------------------------------------------------------- */

/* The kinds of recipients by the octet of their tag. */
enum { TAG_TRANSPORT = 0x30, TAG_AGREEMENT = 0xa1, TAG_KEK = 0xa2 };

static int recipient_tag(const ASN1_TYPE *recipient)
{
    struct e2m_span der = encoding_of(recipient);

    return der.len ? der.octets[0] : -1;
}

/* An implicit tag is that of a SEQUENCE in disguise. */
static void *decode_recipient(const ASN1_TYPE *recipient, const ASN1_ITEM *item)
{
    struct e2m_span der = encoding_of(recipient);
    uint8_t *copy = der.len ? malloc(der.len) : NULL;
    void *value;

    if (!copy)
        return NULL;
    memcpy(copy, der.octets, der.len);
    copy[0] = TAG_TRANSPORT;
    value = decode((struct e2m_span){copy, der.len}, item);
    free(copy);
    return value;
}

static enum e2m_result check_transport(const ASN1_TYPE *recipient)
{
    E2M_TRANSPORT *transport = decode_recipient(recipient, ASN1_ITEM_rptr(E2M_TRANSPORT));
    bool oaep;

    if (!transport)
        return E2M_BAD_DER;
    oaep = algorithm_nid(transport->algorithm) == NID_rsaesOaep;
    ASN1_item_free((ASN1_VALUE *)transport, ASN1_ITEM_rptr(E2M_TRANSPORT));
    return oaep ? E2M_OK : E2M_BAD_ALGORITHM;
}

static bool wraps(int nid)
{
    return nid == NID_id_aes128_wrap || nid == NID_id_aes192_wrap || nid == NID_id_aes256_wrap;
}

static bool agreement_allowed(const X509_ALGOR *algorithm)
{
    int nid = algorithm_nid(algorithm);
    X509_ALGOR *wrap;
    bool allowed;

    if (nid != NID_dhSinglePass_stdDH_sha256kdf_scheme &&
        nid != NID_dhSinglePass_stdDH_sha384kdf_scheme &&
        nid != NID_dhSinglePass_stdDH_sha512kdf_scheme)
        return false;
    wrap = decode(parameter_of(algorithm), ASN1_ITEM_rptr(X509_ALGOR));
    allowed = wrap && wraps(algorithm_nid(wrap));
    X509_ALGOR_free(wrap);
    return allowed;
}

static enum e2m_result check_agreement(const ASN1_TYPE *recipient)
{
    E2M_AGREEMENT *agreement = decode_recipient(recipient, ASN1_ITEM_rptr(E2M_AGREEMENT));
    enum e2m_result result = E2M_OK;

    if (!agreement)
        return E2M_BAD_DER;
    if (sk_ASN1_TYPE_num(agreement->keys) < 1)
        result = E2M_BAD_DER;
    else if (sk_ASN1_TYPE_num(agreement->keys) > E2M_RECIPIENTS_MAX)
        result = E2M_TOO_LARGE;
    else if (!agreement_allowed(agreement->algorithm))
        result = E2M_BAD_ALGORITHM;
    ASN1_item_free((ASN1_VALUE *)agreement, ASN1_ITEM_rptr(E2M_AGREEMENT));
    return result;
}

static enum e2m_result check_kek(const ASN1_TYPE *recipient, struct e2m_envelope_info *info)
{
    E2M_KEK *kek = decode_recipient(recipient, ASN1_ITEM_rptr(E2M_KEK));
    enum e2m_result result = E2M_OK;

    if (!kek)
        return E2M_BAD_DER;
    if (algorithm_nid(kek->algorithm) != NID_id_aes256_wrap)
        result = E2M_BAD_ALGORITHM;
    else if (ASN1_STRING_length(kek->id->octets) == E2M_REFERENCE_LEN)
        memcpy(info->answers[info->answers_count++], ASN1_STRING_get0_data(kek->id->octets),
               E2M_REFERENCE_LEN);
    ASN1_item_free((ASN1_VALUE *)kek, ASN1_ITEM_rptr(E2M_KEK));
    return result;
}

static enum e2m_result check_recipient(const ASN1_TYPE *recipient, struct e2m_envelope_info *info)
{
    switch (recipient_tag(recipient)) {
    case TAG_TRANSPORT:
        return check_transport(recipient);
    case TAG_AGREEMENT:
        return check_agreement(recipient);
    case TAG_KEK:
        return check_kek(recipient, info);
    case -1:
        return E2M_BAD_DER;
    default: /* passwords and what is to come */
        return E2M_BAD_ALGORITHM;
    }
}

/* -- attributes -------------------------------------------------------------------------------- */

/* The only value of the only attribute of that type; NULL when there is none. */
static const ASN1_TYPE *attribute(const struct e2m_cms *cms, const char *oid, bool *doubled)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    const ASN1_TYPE *value = NULL;

    for (int i = 0; object && i < sk_X509_ATTRIBUTE_num(*cms->attributes); i++) {
        X509_ATTRIBUTE *one = sk_X509_ATTRIBUTE_value(*cms->attributes, i);
        if (OBJ_cmp(X509_ATTRIBUTE_get0_object(one), object) != 0)
            continue;
        *doubled = *doubled || value || X509_ATTRIBUTE_count(one) != 1;
        value = X509_ATTRIBUTE_get0_type(one, 0);
    }
    ASN1_OBJECT_free(object);
    return value;
}

static enum e2m_result check_attributes(const struct e2m_cms *cms, struct e2m_envelope_info *info)
{
    bool doubled = false;
    const ASN1_TYPE *reference = attribute(cms, OID_REFERENCE, &doubled);
    const ASN1_TYPE *max = attribute(cms, OID_MAX_DECRYPTS, &doubled);
    int64_t number = E2M_REUSE_COUNT;

    if (sk_X509_ATTRIBUTE_num(*cms->attributes) > ATTRIBUTES_MAX)
        return E2M_TOO_LARGE;
    if (doubled || (max && (max->type != V_ASN1_INTEGER ||
                            ASN1_INTEGER_get_int64(&number, max->value.integer) != 1)))
        return E2M_BAD_DER;
    if (number < 0)
        return E2M_BAD_DER;
    info->max = number > E2M_REUSE_COUNT ? E2M_REUSE_COUNT : (uint32_t)number;
    if (!reference)
        return E2M_OK;
    if (reference->type != V_ASN1_OCTET_STRING ||
        ASN1_STRING_length(reference->value.octet_string) != E2M_REFERENCE_LEN)
        return E2M_BAD_DER;
    info->has_reference = true;
    memcpy(info->reference, ASN1_STRING_get0_data(reference->value.octet_string),
           E2M_REFERENCE_LEN);
    return E2M_OK;
}

enum e2m_result e2m_cms_check(const struct e2m_cms *cms, struct e2m_envelope_info *info)
{
    enum e2m_result result = check_content(cms);
    int count = sk_ASN1_TYPE_num(cms->recipients);

    memset(info, 0, sizeof(*info));
    info->form = cms->auth ? E2M_FORM_GCM : E2M_FORM_CBC;
    if (result == E2M_OK && count < 1)
        result = E2M_BAD_DER;
    if (result == E2M_OK && count > E2M_RECIPIENTS_MAX)
        result = E2M_TOO_LARGE;
    for (int i = 0; i < count && result == E2M_OK; i++)
        result = check_recipient(sk_ASN1_TYPE_value(cms->recipients, i), info);
    if (result == E2M_OK)
        result = check_attributes(cms, info);
    info->recipients = result == E2M_OK ? (unsigned)count : 0;
    return result;
}

/* -- changing it ------------------------------------------------------------------------------- */

static bool is_kek(const ASN1_TYPE *recipient, const uint8_t *id, struct e2m_buffer *wrapped)
{
    E2M_KEK *kek = recipient_tag(recipient) == TAG_KEK
                       ? decode_recipient(recipient, ASN1_ITEM_rptr(E2M_KEK))
                       : NULL;
    bool same = kek && ASN1_STRING_length(kek->id->octets) == E2M_REFERENCE_LEN &&
                memcmp(ASN1_STRING_get0_data(kek->id->octets), id, E2M_REFERENCE_LEN) == 0;

    if (same && wrapped &&
        e2m_buffer_copy(wrapped, ASN1_STRING_get0_data(kek->wrapped),
                        (size_t)ASN1_STRING_length(kek->wrapped)) != E2M_OK)
        same = false;
    ASN1_item_free((ASN1_VALUE *)kek, ASN1_ITEM_rptr(E2M_KEK));
    return same;
}

bool e2m_cms_take_kek(struct e2m_cms *cms, const uint8_t id[static E2M_REFERENCE_LEN],
                      struct e2m_buffer *wrapped)
{
    for (int i = 0; i < sk_ASN1_TYPE_num(cms->recipients); i++) {
        if (is_kek(sk_ASN1_TYPE_value(cms->recipients, i), id, wrapped)) {
            ASN1_TYPE_free(sk_ASN1_TYPE_delete(cms->recipients, i));
            return true;
        }
    }
    return false;
}

static bool add_attribute(struct e2m_cms *cms, const char *oid, int type, const void *value,
                          int len)
{
    X509_ATTRIBUTE *made = X509_ATTRIBUTE_create_by_txt(NULL, oid, type, value, len);

    if (made && !*cms->attributes)
        *cms->attributes = sk_X509_ATTRIBUTE_new_null();
    if (made && *cms->attributes && sk_X509_ATTRIBUTE_push(*cms->attributes, made) > 0)
        return true;
    X509_ATTRIBUTE_free(made);
    return false;
}

enum e2m_result e2m_cms_set_reference(struct e2m_cms *cms,
                                      const uint8_t reference[static E2M_REFERENCE_LEN],
                                      uint32_t max)
{
    uint8_t number[4] = {(uint8_t)(max >> 24), (uint8_t)(max >> 16), (uint8_t)(max >> 8),
                         (uint8_t)max};
    int skip = 0;

    while (skip < 3 && number[skip] == 0)
        skip++;
    if (!add_attribute(cms, OID_REFERENCE, V_ASN1_OCTET_STRING, reference, E2M_REFERENCE_LEN) ||
        !add_attribute(cms, OID_MAX_DECRYPTS, V_ASN1_INTEGER, number + skip, 4 - skip))
        return E2M_NO_MEMORY;
    /* RFC 5652, 6.1: with unprotected attributes it is version 2; the other has but version 0. */
    if (cms->plain && ASN1_INTEGER_set(cms->plain->version, 2) != 1)
        return E2M_NO_MEMORY;
    return E2M_OK;
}

void e2m_cms_drop_attributes(struct e2m_cms *cms)
{
    sk_X509_ATTRIBUTE_pop_free(*cms->attributes, X509_ATTRIBUTE_free);
    *cms->attributes = NULL;
}

enum e2m_result e2m_cms_print(const struct e2m_cms *cms, struct e2m_buffer *der)
{
    const ASN1_ITEM *item =
        cms->auth ? ASN1_ITEM_rptr(E2M_AUTH_ENVELOPED) : ASN1_ITEM_rptr(E2M_ENVELOPED);
    ASN1_VALUE *value = cms->auth ? (ASN1_VALUE *)cms->auth : (ASN1_VALUE *)cms->plain;
    E2M_INFO info = {
        OBJ_nid2obj(cms->auth ? NID_id_smime_ct_authEnvelopedData : NID_pkcs7_enveloped), NULL};
    unsigned char *inner = NULL, *outer = NULL;
    int len = ASN1_item_i2d(value, &inner, item);
    ASN1_TYPE any = {.type = V_ASN1_SEQUENCE};
    enum e2m_result result = E2M_NO_MEMORY;

    any.value.sequence = len > 0 ? ASN1_STRING_new() : NULL;
    info.content = &any;
    if (any.value.sequence && ASN1_STRING_set(any.value.sequence, inner, len) == 1) {
        len = ASN1_item_i2d((ASN1_VALUE *)&info, &outer, ASN1_ITEM_rptr(E2M_INFO));
        if (len > 0)
            result = e2m_buffer_copy(der, outer, (size_t)len);
    }
    ASN1_STRING_free(any.value.sequence);
    OPENSSL_free(inner);
    OPENSSL_free(outer);
    return result;
}
