/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Envelopes: made and opened by libcrypto's CMS, looked at before by cms_asn1.c.
 *
 * libcrypto neither shows a content-encryption key nor takes one. So where a key is to be reused,
 * the envelope gets one recipient more for a moment: a random key of our own, under which libcrypto
 * wraps it. That recipient is taken out again and its wrapping undone. */
#include "e2m_private.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#define STACK_CLEANED 32768

/* A recipient for a moment. */
struct probe {
    uint8_t id[E2M_REFERENCE_LEN];
    uint8_t kek[E2M_KEK_LEN];
};

/* libcrypto owns copies of both. */
static CMS_RecipientInfo *add_kek(CMS_ContentInfo *cms, const uint8_t kek[static E2M_KEK_LEN],
                                  const uint8_t id[static E2M_REFERENCE_LEN])
{
    unsigned char *key = OPENSSL_memdup(kek, E2M_KEK_LEN);
    unsigned char *name = OPENSSL_memdup(id, E2M_REFERENCE_LEN);
    CMS_RecipientInfo *recipient =
        key && name ? CMS_add0_recipient_key(cms, NID_id_aes256_wrap, key, E2M_KEK_LEN, name,
                                             E2M_REFERENCE_LEN, NULL, NULL, NULL)
                    : NULL;

    if (!recipient) {
        OPENSSL_clear_free(key, E2M_KEK_LEN);
        OPENSSL_free(name);
    }
    return recipient;
}

static enum e2m_result add_probe(CMS_ContentInfo *cms, struct probe *probe, bool wrap_now)
{
    CMS_RecipientInfo *recipient;

    if (RAND_bytes(probe->id, sizeof(probe->id)) != 1 ||
        RAND_priv_bytes(probe->kek, sizeof(probe->kek)) != 1)
        return E2M_CRYPTO;
    recipient = add_kek(cms, probe->kek, probe->id);
    if (!recipient)
        return E2M_NO_MEMORY;
    return wrap_now && CMS_RecipientInfo_encrypt(cms, recipient) != 1 ? E2M_CRYPTO : E2M_OK;
}

static enum e2m_result print(CMS_ContentInfo *cms, struct e2m_buffer *der)
{
    unsigned char *made = NULL;
    int len = i2d_CMS_ContentInfo(cms, &made);
    enum e2m_result result = len > 0 ? e2m_buffer_copy(der, made, (size_t)len) : E2M_CRYPTO;

    OPENSSL_free(made);
    return result;
}

/* Takes the probe out of an envelope's octets; its key is left in `cek`. The envelope itself, as it
 * was without, in *bare (NULL: not wanted), with a reference to the key. */
static enum e2m_result take_probe(struct e2m_span der, const struct probe *probe,
                                  struct e2m_cek *cek, struct e2m_buffer *bare)
{
    struct e2m_buffer wrapped = {NULL, 0};
    struct e2m_cms *cms;
    enum e2m_result result = e2m_cms_read(der, &cms);

    if (result == E2M_OK && !e2m_cms_take_kek(cms, probe->id, &wrapped))
        result = E2M_CRYPTO;
    if (result == E2M_OK)
        result = e2m_unwrap(probe->kek, e2m_buffer_span(&wrapped), cek->key, &cek->key_len);
    if (result == E2M_OK && bare)
        result = e2m_cms_set_reference(cms, cek->reference, cek->max);
    if (result == E2M_OK && bare)
        result = e2m_cms_print(cms, bare);
    e2m_buffer_free(&wrapped);
    e2m_cms_free(cms);
    return result;
}

/* -- making one -------------------------------------------------------------------------------- */

static bool set_parameters(EVP_PKEY_CTX *context, X509 *certificate)
{
    if (EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)) == EVP_PKEY_RSA)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
    return EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) == 1;
}

static enum e2m_result add_certificate(CMS_ContentInfo *cms, X509 *certificate)
{
    CMS_RecipientInfo *recipient;
    EVP_PKEY_CTX *context;

    if (!e2m_key_allowed(X509_get0_pubkey(certificate)))
        return E2M_BAD_CERTIFICATE;
    recipient = CMS_add1_recipient_cert(cms, certificate, CMS_KEY_PARAM);
    context = recipient ? CMS_RecipientInfo_get0_pkey_ctx(recipient) : NULL;
    return context && set_parameters(context, certificate) ? E2M_OK : E2M_CRYPTO;
}

static enum e2m_result add_answer(CMS_ContentInfo *cms, struct e2m_cek *cek, uint64_t now)
{
    uint8_t kek[E2M_KEK_LEN];
    enum e2m_result result = e2m_cek_usable(cek, now);

    if (result == E2M_OK)
        result = e2m_cek_derive(cek, kek);
    if (result == E2M_OK && !add_kek(cms, kek, cek->reference))
        result = E2M_NO_MEMORY;
    OPENSSL_cleanse(kek, sizeof(kek));
    return result;
}

static enum e2m_result add_recipients(CMS_ContentInfo *cms, const struct e2m_seal *seal)
{
    enum e2m_result result = E2M_OK;

    for (size_t i = 0; i < seal->certificate_count && result == E2M_OK; i++)
        result = add_certificate(cms, seal->certificates[i]);
    if (result == E2M_OK && seal->answer_to)
        result = add_answer(cms, seal->answer_to, seal->now);
    return result;
}

static enum e2m_result fill(CMS_ContentInfo *cms, struct e2m_span plain)
{
    BIO *in = BIO_new_mem_buf(plain.octets, (int)plain.len);
    enum e2m_result result = E2M_NO_MEMORY;

    if (in)
        result = CMS_set_detached(cms, 0) == 1 && CMS_final(cms, in, NULL, CMS_BINARY) == 1
                     ? E2M_OK
                     : E2M_CRYPTO;
    BIO_free(in);
    return result;
}

static enum e2m_result new_reference(struct e2m_cek *cek, uint64_t now)
{
    *cek = (struct e2m_cek){.max = E2M_REUSE_COUNT, .made_at = now};
    return RAND_bytes(cek->reference, sizeof(cek->reference)) == 1 ? E2M_OK : E2M_CRYPTO;
}

static enum e2m_result check_seal(const struct e2m_seal *seal)
{
    size_t recipients = seal->certificate_count + (seal->answer_to ? 1 : 0);

    if (seal->plain.len > E2M_BODY_MAX || recipients > E2M_RECIPIENTS_MAX)
        return E2M_TOO_LARGE;
    return recipients && seal->plain.len ? E2M_OK : E2M_CLEAR;
}

/* With what is wanted for reuse: the envelope goes through cms_asn1.c once more. */
static enum e2m_result finish(CMS_ContentInfo *cms, const struct probe *probe, struct e2m_cek *cek,
                              struct e2m_buffer *der)
{
    struct e2m_buffer probed = {NULL, 0};
    enum e2m_result result;

    if (!cek)
        return print(cms, der);
    result = print(cms, &probed);
    if (result == E2M_OK)
        result = take_probe(e2m_buffer_span(&probed), probe, cek, der);
    e2m_buffer_free(&probed);
    return result;
}

enum e2m_result e2m_envelope_seal(const struct e2m_seal *seal, struct e2m_buffer *der,
                                  struct e2m_cek *cek)
{
    enum e2m_result result = check_seal(seal);
    CMS_ContentInfo *cms = NULL;
    struct probe probe;

    *der = (struct e2m_buffer){NULL, 0};
    if (cek && result == E2M_OK)
        result = new_reference(cek, seal->now);
    if (result == E2M_OK) {
        cms = seal->form == E2M_FORM_GCM ? CMS_AuthEnvelopedData_create(EVP_aes_256_gcm())
                                         : CMS_EnvelopedData_create(EVP_aes_256_cbc());
        result = cms ? add_recipients(cms, seal) : E2M_NO_MEMORY;
    }
    if (result == E2M_OK && cek)
        result = add_probe(cms, &probe, false);
    if (result == E2M_OK)
        result = fill(cms, seal->plain);
    if (result == E2M_OK)
        result = finish(cms, &probe, cek, der);
    if (result == E2M_OK && seal->answer_to)
        seal->answer_to->uses++;
    if (result != E2M_OK && cek)
        e2m_cek_wipe(cek);
    CMS_ContentInfo_free(cms);
    OPENSSL_cleanse(&probe, sizeof(probe));
    ERR_clear_error();
    return result;
}

/* -- opening one ------------------------------------------------------------------------------- */

enum e2m_result e2m_envelope_inspect(struct e2m_span der, struct e2m_envelope_info *info)
{
    struct e2m_cms *cms;
    enum e2m_result result = e2m_cms_read(der, &cms);

    memset(info, 0, sizeof(*info));
    if (result == E2M_OK)
        result = e2m_cms_check(cms, info);
    e2m_cms_free(cms);
    ERR_clear_error();
    return result;
}

/* The envelope as libcrypto gets it: checked, and without its unprotected attributes, for which
 * OpenSSL before 3.0.22, and 3.5, expects another tag than RFC 5083 says, and refuses the whole. */
static enum e2m_result inspect_and_strip(struct e2m_span der, struct e2m_envelope_info *info,
                                         struct e2m_buffer *bare)
{
    struct e2m_cms *cms;
    enum e2m_result result = e2m_cms_read(der, &cms);

    memset(info, 0, sizeof(*info));
    if (result == E2M_OK)
        result = e2m_cms_check(cms, info);
    if (result == E2M_OK) {
        e2m_cms_drop_attributes(cms);
        result = e2m_cms_print(cms, bare);
    }
    e2m_cms_free(cms);
    return result;
}

struct e2m_cek *e2m_envelope_key(const struct e2m_open *open, const struct e2m_envelope_info *info)
{
    for (unsigned i = 0; i < info->answers_count; i++) {
        for (size_t j = 0; j < open->cek_count; j++) {
            if (open->ceks[j]->key_len &&
                memcmp(open->ceks[j]->reference, info->answers[i], E2M_REFERENCE_LEN) == 0)
                return open->ceks[j];
        }
    }
    return NULL;
}

static enum e2m_result unlock_by_cek(CMS_ContentInfo *cms, struct e2m_cek *cek, uint64_t now)
{
    uint8_t kek[E2M_KEK_LEN];
    enum e2m_result result = e2m_cek_usable(cek, now);

    if (result == E2M_OK)
        result = e2m_cek_derive(cek, kek);
    if (result == E2M_OK &&
        CMS_decrypt_set1_key(cms, kek, sizeof(kek), cek->reference, E2M_REFERENCE_LEN) != 1)
        result = E2M_DAMAGED;
    OPENSSL_cleanse(kek, sizeof(kek));
    return result;
}

static bool agreement_is_for(CMS_RecipientInfo *recipient, X509 *certificate)
{
    STACK_OF(CMS_RecipientEncryptedKey) *keys = CMS_RecipientInfo_kari_get0_reks(recipient);

    for (int i = 0; i < sk_CMS_RecipientEncryptedKey_num(keys); i++) {
        if (CMS_RecipientEncryptedKey_cert_cmp(sk_CMS_RecipientEncryptedKey_value(keys, i),
                                               certificate) == 0)
            return true;
    }
    return false;
}

static bool is_for(CMS_ContentInfo *cms, X509 *certificate)
{
    STACK_OF(CMS_RecipientInfo) *recipients = CMS_get0_RecipientInfos(cms);

    for (int i = 0; i < sk_CMS_RecipientInfo_num(recipients); i++) {
        CMS_RecipientInfo *one = sk_CMS_RecipientInfo_value(recipients, i);
        int type = CMS_RecipientInfo_type(one);
        if ((type == CMS_RECIPINFO_TRANS &&
             CMS_RecipientInfo_ktri_cert_cmp(one, certificate) == 0) ||
            (type == CMS_RECIPINFO_AGREE && agreement_is_for(one, certificate)))
            return true;
    }
    return false;
}

static enum e2m_result unlock(CMS_ContentInfo *cms, const struct e2m_open *open,
                              const struct e2m_envelope_info *info, struct e2m_cek *cek)
{
    if (cek)
        return unlock_by_cek(cms, cek, open->now);
    for (size_t i = 0; i < open->identity_count; i++) {
        const struct e2m_identity *identity = &open->identities[i];
        if (!identity->key || !is_for(cms, identity->certificate))
            continue;
        return CMS_decrypt_set1_pkey(cms, identity->key, identity->certificate) == 1 ? E2M_OK
                                                                                     : E2M_DAMAGED;
    }
    return info->answers_count == info->recipients ? E2M_NO_SUCH_KEY : E2M_NOT_FOR_US;
}

/* The envelope's own key, while libcrypto still has it. */
static enum e2m_result learn_cek(CMS_ContentInfo *cms, const struct e2m_envelope_info *info,
                                 uint64_t now, struct e2m_cek *cek)
{
    struct e2m_buffer probed = {NULL, 0};
    struct probe probe;
    enum e2m_result result = add_probe(cms, &probe, true);

    if (result == E2M_OK)
        result = print(cms, &probed);
    *cek = (struct e2m_cek){.max = info->max, .made_at = now};
    memcpy(cek->reference, info->reference, E2M_REFERENCE_LEN);
    if (result == E2M_OK)
        result = take_probe(e2m_buffer_span(&probed), &probe, cek, NULL);
    e2m_buffer_free(&probed);
    OPENSSL_cleanse(&probe, sizeof(probe));
    return result;
}

/* CMS_decrypt() reads what it decrypted through an array of its own, and leaves it there. */
static __attribute__((noinline)) void clean_stack(void)
{
    uint8_t below[STACK_CLEANED];

    OPENSSL_cleanse(below, sizeof below);
}

static enum e2m_result take_content(CMS_ContentInfo *cms, struct e2m_buffer *plain)
{
    BIO *out = BIO_new(BIO_s_secmem());
    enum e2m_result result = out ? E2M_OK : E2M_NO_MEMORY;
    char *data;
    long len;

    if (result == E2M_OK && CMS_decrypt(cms, NULL, NULL, NULL, out, CMS_BINARY) != 1)
        result = E2M_DAMAGED;
    clean_stack();
    if (result == E2M_OK) {
        len = BIO_get_mem_data(out, &data);
        result = len > 0 && len <= E2M_BODY_MAX ? e2m_buffer_copy(plain, data, (size_t)len)
                                                : E2M_DAMAGED;
    }
    BIO_free(out);
    return result;
}

enum e2m_result e2m_envelope_open(const struct e2m_open *open, struct e2m_buffer *plain,
                                  struct e2m_cek *cek)
{
    struct e2m_envelope_info info;
    struct e2m_buffer bare = {NULL, 0};
    enum e2m_result result = inspect_and_strip(open->der, &info, &bare);
    const unsigned char *at = bare.octets;
    struct e2m_cek *known = result == E2M_OK ? e2m_envelope_key(open, &info) : NULL;
    CMS_ContentInfo *cms = NULL;

    *plain = (struct e2m_buffer){NULL, 0};
    if (cek)
        memset(cek, 0, sizeof(*cek));
    if (result == E2M_OK) {
        cms = d2i_CMS_ContentInfo(NULL, &at, (long)bare.len);
        result = cms ? unlock(cms, open, &info, known) : E2M_BAD_DER;
    }
    if (result == E2M_OK && cek && info.has_reference)
        result = learn_cek(cms, &info, open->now, cek);
    if (result == E2M_OK)
        result = take_content(cms, plain);
    e2m_buffer_free(&bare);
    if (result == E2M_OK && known)
        known->uses++;
    if (result != E2M_OK && cek)
        e2m_cek_wipe(cek);
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return result;
}
