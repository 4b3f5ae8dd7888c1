/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json.h"
#include "statement.h"
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <stdlib.h>
#include <string.h>

enum simauth_result jws_split(const char *text, struct jws *jws)
{
    size_t len = strnlen(text, SIMAUTH_STATEMENT_MAX + 1);
    const char *first, *second;

    if (len > SIMAUTH_STATEMENT_MAX)
        return SIMAUTH_TOO_LONG;
    first = strchr(text, '.');
    second = first != NULL ? strchr(first + 1, '.') : NULL;
    if (second == NULL || strchr(second + 1, '.') != NULL)
        return SIMAUTH_MALFORMED;
    *jws = (struct jws){
        .signed_text = text,
        .signed_len = (size_t)(second - text),
        .header = text,
        .header_len = (size_t)(first - text),
        .payload = first + 1,
        .payload_len = (size_t)(second - first) - 1,
        .signature = second + 1,
        .signature_len = len - (size_t)(second + 1 - text),
    };
    return SIMAUTH_OK;
}

json_t *jws_object(const char *part, size_t len)
{
    size_t octets_len = len * 3 / 4;
    uint8_t *octets = malloc(octets_len + 1);
    json_t *object = NULL;

    if (octets != NULL && simauth_b64u_decode(part, len, octets, octets_len) == SIMAUTH_OK)
        object = simauth_json_load((const char *)octets, octets_len);
    free(octets);
    return object;
}

char *jws_part(const json_t *object)
{
    char *text = json_canonical(object), *part = NULL;

    if (text != NULL)
        part = malloc(SIMAUTH_B64U_LEN(strlen(text)) + 1);
    if (part != NULL)
        simauth_b64u_encode((const uint8_t *)text, strlen(text), part);
    if (text != NULL)
        json_text_free(text);
    return part;
}

bool jws_raw_signature(const uint8_t *der, size_t len, uint8_t raw[static ES256_LEN])
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool good =
        signature != NULL &&
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, ES256_HALF) == ES256_HALF &&
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + ES256_HALF, ES256_HALF) == ES256_HALF;

    ECDSA_SIG_free(signature);
    return good;
}

int jws_der_signature(const uint8_t raw[static ES256_LEN], uint8_t **der)
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, ES256_HALF, NULL);
    BIGNUM *s = BN_bin2bn(raw + ES256_HALF, ES256_HALF, NULL);
    int len = 0;

    *der = NULL;
    if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s)) {
        r = NULL; /* the signature owns both now */
        s = NULL;
        len = i2d_ECDSA_SIG(signature, der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return len > 0 ? len : 0;
}

bool jws_key_is_p256(const EVP_PKEY *key)
{
    char group[32];
    size_t len;

    return key != NULL && EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof group, &len) &&
           (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0);
}
