/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results in words, and buffers. */
#include "e2m_private.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static const char *const texts[] = {
    [0] = "ok",
    [-E2M_NO_MEMORY] = "out of memory",
    [-E2M_TOO_LARGE] = "too large",
    [-E2M_BAD_MIME] = "broken MIME body",
    [-E2M_TOO_DEEP] = "multiparts nested too deep",
    [-E2M_BAD_DER] = "broken CMS structure or certificate",
    [-E2M_BAD_ALGORITHM] = "algorithm not allowed",
    [-E2M_NOT_FOR_US] = "not enveloped for us",
    [-E2M_DAMAGED] = "envelope damaged or swapped",
    [-E2M_CLEAR] = "not enveloped",
    [-E2M_UNSIGNED] = "not signed",
    [-E2M_BAD_SIGNATURE] = "wrong signature",
    [-E2M_FOREIGN_SIGNER] = "signed by another than the sender",
    [-E2M_UNTRUSTED] = "certificate of nobody trusted",
    [-E2M_EXPIRED] = "certificate or signature outside its time",
    [-E2M_BAD_CERTIFICATE] = "certificate not usable for this",
    [-E2M_WRONG_SERVER] = "certificate names another server",
    [-E2M_LABEL_UNSIGNED] = "label not signed",
    [-E2M_LABEL_DIFFERS] = "label in the header differs from the signed one",
    [-E2M_OTHER_SESSION] = "signed for another call",
    [-E2M_NO_SUCH_KEY] = "answer under a key that is not held",
    [-E2M_KEY_USED_UP] = "key for answers used up",
    [-E2M_CRYPTO] = "libcrypto refused",
    [-E2M_REVOKED] = "certificate revoked",
    [-E2M_FOREIGN_AUTHORITY] = "its authority may not vouch for that domain",
    [-E2M_NO_LIST] = "no fresh list of revoked certificates",
    [-E2M_REPLAYED] = "signed message of another call",
};

const char *e2m_result_text(enum e2m_result result)
{
    size_t i = (size_t) - (int)result;

    return i < sizeof(texts) / sizeof(texts[0]) && texts[i] ? texts[i] : "unknown result";
}

void e2m_buffer_free(struct e2m_buffer *buffer)
{
    if (buffer->octets)
        OPENSSL_cleanse(buffer->octets, buffer->len);
    free(buffer->octets);
    buffer->octets = NULL;
    buffer->len = 0;
}

struct e2m_span e2m_buffer_span(const struct e2m_buffer *buffer)
{
    return (struct e2m_span){buffer->octets, buffer->len};
}

struct e2m_span e2m_text_span(const char *text)
{
    return (struct e2m_span){(const uint8_t *)text, text ? strlen(text) : 0};
}

enum e2m_result e2m_buffer_make(struct e2m_buffer *buffer, size_t len)
{
    *buffer = (struct e2m_buffer){malloc(len + 1), len};
    if (!buffer->octets) {
        buffer->len = 0;
        return E2M_NO_MEMORY;
    }
    buffer->octets[len] = 0;
    return E2M_OK;
}

enum e2m_result e2m_buffer_copy(struct e2m_buffer *buffer, const void *octets, size_t len)
{
    enum e2m_result result = e2m_buffer_make(buffer, len);

    if (result == E2M_OK && len)
        memcpy(buffer->octets, octets, len);
    return result;
}
