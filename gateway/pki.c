/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pki.h"

#include <e2m/certificate.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* -- parts of certificates --------------------------------------------------------------------- */

static bool is_p256(EVP_PKEY *key)
{
    char group[32];
    size_t len;

    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1 &&
           strcmp(group, SN_X9_62_prime256v1) == 0;
}

static bool draw_serial(uint8_t serial[static STORE_SERIAL_LEN])
{
    if (RAND_bytes(serial, STORE_SERIAL_LEN) != 1)
        return false;
    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40); /* positive, and always of this length */
    return true;
}

static bool set_serial(X509 *certificate, const uint8_t serial[static STORE_SERIAL_LEN])
{
    BIGNUM *number = BN_bin2bn(serial, STORE_SERIAL_LEN, NULL);
    bool good = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));

    BN_free(number);
    return good;
}

static bool set_times(X509 *certificate, int64_t not_before, int64_t not_after)
{
    return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)not_before) &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)not_after);
}

/* An operator whose name is too long for a certificate goes without it: it is for people. */
static bool set_name(X509_NAME *name, const char *operator_name, const char *common)
{
    const unsigned char *o = (const unsigned char *)operator_name;

    X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8, o, -1, -1, 0);
    ERR_clear_error();
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)common, -1, -1, 0) == 1;
}

static bool extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;
    bool good;

    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    good = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

/* Not by way of OpenSSL's configuration syntax: the text comes from a person's address. */
static bool add_uri(X509 *certificate, const char *aor)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    bool good = names && name && text && ASN1_STRING_set(text, aor, -1) == 1;

    if (good) {
        GENERAL_NAME_set0_value(name, GEN_URI, text);
        text = NULL;
        good = sk_GENERAL_NAME_push(names, name) > 0;
        if (good)
            name = NULL;
    }
    good = good && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1;
    ASN1_IA5STRING_free(text);
    GENERAL_NAME_free(name);
    GENERAL_NAMES_free(names);
    return good;
}

/* -- the authority ----------------------------------------------------------------------------- */

static bool keep_key(EVP_PKEY *key, struct store_authority *authority)
{
    uint8_t *to = authority->key;
    int len = i2d_PrivateKey(key, NULL);

    if (len <= 0 || (size_t)len > sizeof authority->key)
        return false;
    authority->key_len = (size_t)i2d_PrivateKey(key, &to);
    return RAND_bytes(authority->name, sizeof authority->name) == 1;
}

/* What was written there. NULL: no memory. The caller frees it. */
static char *text_of(BIO *bio)
{
    char *data;

    if (BIO_write(bio, "", 1) != 1 || BIO_get_mem_data(bio, &data) <= 0)
        return NULL;
    return strdup(data);
}

static char *pem_of(X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = bio && PEM_write_bio_X509(bio, certificate) == 1 ? text_of(bio) : NULL;

    BIO_free(bio);
    return text;
}

static bool fill_authority(X509 *c, EVP_PKEY *key, const char *operator_name, const char *realm,
                           int64_t now, int days)
{
    char *names = g_strdup_printf("DNS:%s", realm);
    char *common = g_strdup_printf("Subscribers of %.49s", realm);
    uint8_t serial[STORE_SERIAL_LEN];
    bool good = draw_serial(serial) && X509_set_version(c, X509_VERSION_3) &&
                set_serial(c, serial) && set_times(c, now - 300, now + (int64_t)days * 86400) &&
                set_name(X509_get_subject_name(c), operator_name, common) &&
                X509_set_issuer_name(c, X509_get_subject_name(c)) && X509_set_pubkey(c, key) &&
                extend(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                extend(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                extend(c, c, NID_subject_key_identifier, "hash") &&
                extend(c, c, NID_subject_alt_name, names) && X509_sign(c, key, EVP_sha256()) > 0;

    g_free(names);
    g_free(common);
    return good;
}

int pki_authority_make(const char *operator_name, const char *realm, int days, int64_t now,
                       struct store_authority *authority)
{
    EVP_PKEY *key = EVP_EC_gen(SN_X9_62_prime256v1);
    X509 *c = X509_new();
    int result = -1;

    memset(authority, 0, sizeof *authority);
    authority->made = now;
    if (key && c && fill_authority(c, key, operator_name, realm, now, days) &&
        keep_key(key, authority) && (authority->chain = pem_of(c)))
        result = 0;
    X509_free(c);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return result;
}

static X509 *first_of(const char *chain)
{
    BIO *bio = BIO_new_mem_buf(chain, -1);
    X509 *c = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    BIO_free(bio);
    ERR_clear_error();
    return c;
}

static EVP_PKEY *key_of(const struct store_authority *authority)
{
    const uint8_t *from = authority->key;

    return d2i_PrivateKey(EVP_PKEY_EC, NULL, &from, (long)authority->key_len);
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm;

    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

int64_t pki_authority_ends(const struct store_authority *authority)
{
    X509 *c = first_of(authority->chain);
    int64_t when = c ? seconds_of(X509_get0_notAfter(c)) : 0;

    X509_free(c);
    return when;
}

static const char *judge_authority(X509 *c, EVP_PKEY *key, int64_t now)
{
    if (!c)
        return "the first file is no certificate in PEM";
    if (!key || !is_p256(key))
        return "the key is no P-256 key in PEM without a passphrase";
    if (X509_check_private_key(c, key) != 1)
        return "key and certificate do not belong together";
    if (X509_check_ca(c) != 1 || !(X509_get_key_usage(c) & X509v3_KU_KEY_CERT_SIGN) ||
        !(X509_get_key_usage(c) & X509v3_KU_CRL_SIGN))
        return "the certificate is not one of an authority that may sign certificates and lists";
    if (seconds_of(X509_get0_notAfter(c)) <= now || seconds_of(X509_get0_notBefore(c)) > now)
        return "the certificate is not valid now";
    return NULL;
}

const char *pki_authority_read(const char *chain, const char *key_pem, int64_t now,
                               struct store_authority *authority)
{
    BIO *bio = BIO_new_mem_buf(key_pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (char[]){""}) : NULL;
    X509 *c = first_of(chain);
    const char *fault = judge_authority(c, key, now);

    memset(authority, 0, sizeof *authority);
    authority->made = now;
    if (!fault && (!keep_key(key, authority) || !(authority->chain = strdup(chain))))
        fault = "libcrypto refused";
    X509_free(c);
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return fault;
}

/* -- a certificate ----------------------------------------------------------------------------- */

/* The key that the request proves to have. NULL with words in *fault. */
static EVP_PKEY *wished_key(const struct pki_wish *wish, const char **fault)
{
    const uint8_t *from = wish->request;
    X509_REQ *request = d2i_X509_REQ(NULL, &from, (long)wish->request_len);
    EVP_PKEY *key = request ? X509_REQ_get_pubkey(request) : NULL;

    *fault = NULL;
    if (!request || from != wish->request + wish->request_len || !key)
        *fault = "request: not a PKCS#10 request in DER";
    else if (!is_p256(key) && !(EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
                                EVP_PKEY_get_bits(key) >= 2048 && EVP_PKEY_get_bits(key) <= 4096))
        *fault = "request: its key is neither P-256 nor RSA of 2048 to 4096 bits";
    else if (X509_REQ_verify(request, key) != 1)
        *fault = "request: not signed with its own key";
    if (*fault) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    X509_REQ_free(request);
    return key;
}

static bool fill(X509 *c, X509 *issuer, EVP_PKEY *key, const struct pki_wish *wish,
                 const uint8_t serial[static STORE_SERIAL_LEN])
{
    bool ec = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC;
    char *list = g_strdup_printf("URI:%s", wish->list_url);
    bool good = X509_set_version(c, X509_VERSION_3) && set_serial(c, serial) &&
                set_times(c, wish->not_before, wish->not_after) &&
                set_name(X509_get_subject_name(c), wish->operator_name, "SIMAUTH subscriber") &&
                X509_set_issuer_name(c, X509_get_subject_name(issuer)) && X509_set_pubkey(c, key) &&
                extend(c, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                extend(c, issuer, NID_key_usage,
                       ec ? "critical,digitalSignature,keyAgreement"
                          : "critical,digitalSignature,keyEncipherment") &&
                extend(c, issuer, NID_ext_key_usage, "emailProtection") &&
                extend(c, issuer, NID_subject_key_identifier, "hash") &&
                (X509_get_ext_by_NID(issuer, NID_subject_key_identifier, -1) < 0 ||
                 extend(c, issuer, NID_authority_key_identifier, "keyid")) &&
                extend(c, issuer, NID_crl_distribution_points, list) && add_uri(c, wish->aor);

    g_free(list);
    return good;
}

const char *pki_issue(const struct store_authority *authority, const struct pki_wish *wish,
                      uint8_t serial[static STORE_SERIAL_LEN], uint8_t *der, size_t *len)
{
    const char *fault;
    EVP_PKEY *key = wished_key(wish, &fault), *signer = key_of(authority);
    X509 *c = X509_new(), *issuer = first_of(authority->chain);
    int needed;

    if (!fault && (!c || !issuer || !signer || !draw_serial(serial) ||
                   !fill(c, issuer, key, wish, serial) || X509_sign(c, signer, EVP_sha256()) <= 0))
        fault = "";
    if (!fault) {
        needed = i2d_X509(c, NULL);
        if (needed <= 0 || needed > STORE_CERTIFICATE_MAX)
            fault = "";
        else
            *len = (size_t)i2d_X509(c, &der);
    }
    X509_free(c);
    X509_free(issuer);
    EVP_PKEY_free(key);
    EVP_PKEY_free(signer);
    ERR_clear_error();
    return fault;
}

/* -- the list of revoked ones ------------------------------------------------------------------ */

static bool add_revoked(X509_CRL *list, const struct pki_revoked *revoked)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    BIGNUM *number = BN_bin2bn(revoked->serial, STORE_SERIAL_LEN, NULL);
    ASN1_INTEGER *serial = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)revoked->when);
    bool good = entry && serial && when && X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
                X509_REVOKED_set_revocationDate(entry, when) == 1 &&
                X509_CRL_add0_revoked(list, entry) == 1;

    if (!good)
        X509_REVOKED_free(entry);
    BN_free(number);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(when);
    return good;
}

static bool fill_list(X509_CRL *list, X509 *issuer, EVP_PKEY *key, int64_t now, int seconds)
{
    ASN1_TIME *last = ASN1_TIME_set(NULL, (time_t)now - 60);
    ASN1_TIME *next = ASN1_TIME_set(NULL, (time_t)(now + seconds));
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    bool good = last && next && number && X509_CRL_set_version(list, X509_CRL_VERSION_2) &&
                X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer)) &&
                X509_CRL_set1_lastUpdate(list, last) && X509_CRL_set1_nextUpdate(list, next) &&
                ASN1_INTEGER_set_int64(number, now) &&
                X509_CRL_add1_ext_i2d(list, NID_crl_number, number, 0, 0) == 1 &&
                X509_CRL_sort(list) && X509_CRL_sign(list, key, EVP_sha256()) > 0;

    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    ASN1_INTEGER_free(number);
    return good;
}

char *pki_list(const struct store_authority *authority, const struct pki_revoked *revoked,
               size_t count, int64_t now, int seconds)
{
    X509_CRL *list = X509_CRL_new();
    X509 *issuer = first_of(authority->chain);
    EVP_PKEY *key = key_of(authority);
    BIO *bio = BIO_new(BIO_s_mem());
    bool good = list && issuer && key && bio;
    char *text = NULL;

    for (size_t i = 0; good && i < count; i++)
        good = add_revoked(list, &revoked[i]);
    if (good && fill_list(list, issuer, key, now, seconds) &&
        PEM_write_bio_X509_CRL(bio, list) == 1)
        text = text_of(bio);
    BIO_free(bio);
    EVP_PKEY_free(key);
    X509_free(issuer);
    X509_CRL_free(list);
    ERR_clear_error();
    return text;
}

/* -- what a partner sends ---------------------------------------------------------------------- */

bool pki_chain(const char *chain, bool (*each)(const uint8_t *der, size_t len, void *data),
               void *data)
{
    BIO *bio = BIO_new_mem_buf(chain, -1);
    bool good = bio != NULL;
    int count = 0;
    X509 *c;

    while (good && count++ < PKI_CHAIN_MAX && (c = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        uint8_t *der = NULL;
        int len = i2d_X509(c, &der);

        good = len > 0 && each(der, (size_t)len, data);
        OPENSSL_free(der);
        X509_free(c);
    }
    BIO_free(bio);
    ERR_clear_error();
    return good && count > 1;
}

bool pki_is_good(const uint8_t *der, size_t len, const uint8_t *authority, size_t authority_len,
                 const char *aor, int64_t now)
{
    const uint8_t *one = der, *other = authority;
    X509 *c = d2i_X509(NULL, &one, (long)len);
    X509 *issuer = d2i_X509(NULL, &other, (long)authority_len);
    bool good = c && issuer && one == der + len && other == authority + authority_len &&
                X509_check_issued(issuer, c) == X509_V_OK &&
                X509_verify(c, X509_get0_pubkey(issuer)) == 1 &&
                seconds_of(X509_get0_notBefore(c)) <= now + 300 &&
                seconds_of(X509_get0_notAfter(c)) > now &&
                e2m_certificate_names_aor(c, aor) == E2M_OK;

    X509_free(c);
    X509_free(issuer);
    ERR_clear_error();
    return good;
}

X509_STORE *pki_anchors(const char *pem)
{
    BIO *memory = BIO_new_mem_buf(pem, -1);
    X509_STORE *anchors = X509_STORE_new();
    X509 *certificate;

    while (memory && anchors && (certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL))) {
        X509_STORE_add_cert(anchors, certificate);
        X509_free(certificate);
    }
    BIO_free(memory);
    ERR_clear_error();
    return anchors;
}
