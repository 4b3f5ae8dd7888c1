/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simauth/octets.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static const char URL_ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char STANDARD_ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t encode(const char *alphabet, const uint8_t *octets, size_t len, char *text)
{
    size_t n = 0;
    uint32_t bits = 0;
    unsigned have = 0;

    for (size_t i = 0; i < len; i++) {
        bits = (bits << 8 | octets[i]) & 0xffff;
        for (have += 8; have >= 6; have -= 6)
            text[n++] = alphabet[bits >> (have - 6) & 63];
    }
    if (have > 0)
        text[n++] = alphabet[bits << (6 - have) & 63];
    text[n] = '\0';
    return n;
}

/* The two alphabets differ in their last two characters alone. */
static int value_of(const char *alphabet, char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == alphabet[62])
        return 62;
    return c == alphabet[63] ? 63 : -1;
}

/* `text_len` is SIMAUTH_B64U_LEN(number of octets); spare bits must be zero, so that no octets have
 * two spellings. */
static enum simauth_result decode(const char *alphabet, const char *text, size_t text_len,
                                  uint8_t *octets)
{
    uint32_t bits = 0;
    unsigned have = 0;

    for (size_t i = 0; i < text_len; i++) {
        int value = value_of(alphabet, text[i]);
        if (value < 0)
            return SIMAUTH_MALFORMED;
        bits = (bits << 6 | (uint32_t)value) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            *octets++ = (uint8_t)(bits >> have);
        }
    }
    return (bits & ((1U << have) - 1)) == 0 ? SIMAUTH_OK : SIMAUTH_MALFORMED;
}

void simauth_b64u_encode(const uint8_t *octets, size_t len, char *text)
{
    encode(URL_ALPHABET, octets, len, text);
}

enum simauth_result simauth_b64u_decode(const char *text, size_t text_len, uint8_t *octets,
                                        size_t len)
{
    if (text_len != SIMAUTH_B64U_LEN(len))
        return SIMAUTH_MALFORMED;
    return decode(URL_ALPHABET, text, text_len, octets);
}

void simauth_b64_encode(const uint8_t *octets, size_t len, char *text)
{
    size_t n = encode(STANDARD_ALPHABET, octets, len, text);

    while (n % 4 != 0)
        text[n++] = '=';
    text[n] = '\0';
}

enum simauth_result simauth_b64_decode(const char *text, size_t text_len, uint8_t *octets,
                                       size_t room, size_t *len)
{
    size_t padding = 0;

    if (text_len % 4 != 0)
        return SIMAUTH_MALFORMED;
    while (padding < 2 && padding < text_len && text[text_len - 1 - padding] == '=')
        padding++;
    *len = text_len / 4 * 3 - padding;
    if (*len > room)
        return SIMAUTH_TOO_LONG;
    return decode(STANDARD_ALPHABET, text, text_len - padding, octets);
}

/* No realloc(): the old block may hold keys and is wiped. */
static bool grow(struct simauth_octets *o, size_t need)
{
    size_t room = o->room < 256 ? 256 : o->room;
    uint8_t *data;

    while (room < need)
        room *= 2;
    data = malloc(room);
    if (data == NULL)
        return false;
    if (o->len > 0)
        memcpy(data, o->data, o->len);
    if (o->data != NULL)
        OPENSSL_cleanse(o->data, o->room);
    free(o->data);
    o->data = data;
    o->room = room;
    return true;
}

void simauth_octets_append(struct simauth_octets *o, const void *octets, size_t len)
{
    if (o->failed || len == 0)
        return;
    if (len > SIMAUTH_OCTETS_MAX - o->len || (o->len + len > o->room && !grow(o, o->len + len))) {
        o->failed = true;
        return;
    }
    memcpy(o->data + o->len, octets, len);
    o->len += len;
}

void simauth_octets_u16(struct simauth_octets *o, uint16_t value)
{
    uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    simauth_octets_append(o, octets, sizeof octets);
}

void simauth_octets_field(struct simauth_octets *o, const void *octets, size_t len)
{
    if (len > UINT16_MAX) {
        o->failed = true;
        return;
    }
    simauth_octets_u16(o, (uint16_t)len);
    simauth_octets_append(o, octets, len);
}

void simauth_octets_clear(struct simauth_octets *o)
{
    if (o->data != NULL)
        OPENSSL_cleanse(o->data, o->room);
    free(o->data);
    memset(o, 0, sizeof *o);
}
