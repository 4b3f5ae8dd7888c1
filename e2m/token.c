/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "e2m/token.h"
#include "e2m_private.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

#define KEY_LABEL "simauth 1 pinhole"
#define MAC_LABEL "simauth 1 pinhole token"
#define KEY_LEN 32
#define RTCP_RR 201
#define RTCP_APP 204
#define APP_AT 8 /* behind the empty report */
#define COUNTER_AT 20
#define MAC_AT 28

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* -- the secret as text ------------------------------------------------------------------------ */

void e2m_token_print_secret(const uint8_t secret[static E2M_TOKEN_SECRET_LEN],
                            char text[static E2M_TOKEN_SECRET_TEXT + 1])
{
    for (size_t i = 0; i < E2M_TOKEN_SECRET_TEXT; i++) {
        size_t bit = 6 * i, octet = bit / 8;
        unsigned pair = (unsigned)secret[octet] << 8;

        if (octet + 1 < E2M_TOKEN_SECRET_LEN)
            pair |= secret[octet + 1];
        text[i] = alphabet[pair >> (10 - bit % 8) & 63];
    }
    text[E2M_TOKEN_SECRET_TEXT] = '\0';
}

bool e2m_token_read_secret(const char *text, size_t len,
                           uint8_t secret[static E2M_TOKEN_SECRET_LEN])
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t out = 0;
    bool good = len == E2M_TOKEN_SECRET_TEXT;

    for (size_t i = 0; good && i < len; i++) {
        const char *found = text[i] ? strchr(alphabet, text[i]) : NULL;

        good = found != NULL;
        bits = bits << 6 | (uint32_t)(good ? found - alphabet : 0);
        have += 6;
        if (have >= 8) {
            have -= 8;
            secret[out++] = (uint8_t)(bits >> have);
        }
    }
    good = good && (bits & 3) == 0; /* two bits that say nothing */
    if (!good)
        OPENSSL_cleanse(secret, E2M_TOKEN_SECRET_LEN);
    return good;
}

/* -- the MAC ----------------------------------------------------------------------------------- */

static bool derive(const uint8_t *secret, uint8_t key[static KEY_LEN])
{
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = hkdf ? EVP_KDF_CTX_new(hkdf) : NULL;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret,
                                          E2M_TOKEN_SECRET_LEN),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)KEY_LABEL,
                                          strlen(KEY_LABEL)),
        OSSL_PARAM_construct_end(),
    };
    bool derived = context && EVP_KDF_derive(context, key, KEY_LEN, parameters) == 1;

    EVP_KDF_CTX_free(context);
    EVP_KDF_free(hkdf);
    return derived;
}

static bool add_field(EVP_MAC_CTX *context, const void *octets, size_t len)
{
    const uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};

    return len <= UINT16_MAX && EVP_MAC_update(context, head, sizeof(head)) == 1 &&
           EVP_MAC_update(context, octets, len) == 1;
}

static bool add_text(EVP_MAC_CTX *context, const char *text)
{
    return add_field(context, text, strlen(text));
}

/* Over names and what the packet says; first 16 octets of HMAC-SHA-256. */
static bool make_mac(const uint8_t *secret, const char *from, const char *to, const uint8_t *packet,
                     uint8_t mac[static E2M_TOKEN_MAC_LEN])
{
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    uint8_t key[KEY_LEN], whole[32];
    size_t len = 0;
    bool made = context && derive(secret, key) &&
                EVP_MAC_init(context, key, sizeof(key), parameters) == 1 &&
                add_text(context, MAC_LABEL) && add_text(context, from) && add_text(context, to) &&
                add_text(context, packet[APP_AT] & 1 ? "close" : "open") &&
                add_field(context, packet + APP_AT + 4, 4) &&
                add_field(context, packet + COUNTER_AT, 8) &&
                EVP_MAC_final(context, whole, &len, sizeof(whole)) == 1;

    if (made)
        memcpy(mac, whole, E2M_TOKEN_MAC_LEN);
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(whole, sizeof(whole));
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(hmac);
    return made;
}

/* -- the packet -------------------------------------------------------------------------------- */

static void put_number(uint8_t *out, uint64_t number, size_t octets)
{
    for (size_t i = octets; i-- > 0; number >>= 8)
        out[i] = (uint8_t)number;
}

static uint64_t get_number(const uint8_t *in, size_t octets)
{
    uint64_t number = 0;

    for (size_t i = 0; i < octets; i++)
        number = number << 8 | in[i];
    return number;
}

bool e2m_token_make(const uint8_t secret[static E2M_TOKEN_SECRET_LEN], const char *from,
                    const char *to, const struct e2m_token *token,
                    uint8_t packet[static E2M_TOKEN_LEN])
{
    /* lengths are in words of four octets, less one */
    static const uint8_t report[4] = {0x80, RTCP_RR, 0, 1};
    static const uint8_t app[4] = {0x80, RTCP_APP, 0, (E2M_TOKEN_LEN - APP_AT) / 4 - 1};

    memcpy(packet, report, sizeof(report));
    put_number(packet + 4, token->ssrc, 4);
    memcpy(packet + APP_AT, app, sizeof(app));
    packet[APP_AT] |= token->close;
    put_number(packet + APP_AT + 4, token->ssrc, 4);
    memcpy(packet + APP_AT + 8, "SIMA", 4);
    put_number(packet + COUNTER_AT, token->counter, 8);
    return make_mac(secret, from, to, packet, packet + MAC_AT);
}

bool e2m_token_read(const uint8_t *packet, size_t len, struct e2m_token *token)
{
    static const uint8_t report[4] = {0x80, RTCP_RR, 0, 1};
    static const uint8_t app[3] = {RTCP_APP, 0, (E2M_TOKEN_LEN - APP_AT) / 4 - 1};

    if (len != E2M_TOKEN_LEN || memcmp(packet, report, sizeof(report)) != 0 ||
        (packet[APP_AT] & 0xfe) != 0x80 || memcmp(packet + APP_AT + 1, app, sizeof(app)) != 0 ||
        memcmp(packet + APP_AT + 8, "SIMA", 4) != 0 ||
        memcmp(packet + 4, packet + APP_AT + 4, 4) != 0)
        return false;
    token->close = packet[APP_AT] & 1;
    token->ssrc = (uint32_t)get_number(packet + 4, 4);
    token->counter = get_number(packet + COUNTER_AT, 8);
    return true;
}

bool e2m_token_proved(const uint8_t secret[static E2M_TOKEN_SECRET_LEN], const char *from,
                      const char *to, const uint8_t packet[static E2M_TOKEN_LEN])
{
    uint8_t mac[E2M_TOKEN_MAC_LEN];

    return make_mac(secret, from, to, packet, mac) &&
           CRYPTO_memcmp(mac, packet + MAC_AT, sizeof(mac)) == 0;
}
