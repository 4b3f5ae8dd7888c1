/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MIME bodies, printed. */
#include "e2m_private.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define LINE_OCTETS 57 /* 76 characters of base64 */

enum e2m_result e2m_base64_print(struct e2m_span octets, struct e2m_buffer *out)
{
    size_t lines = (octets.len + LINE_OCTETS - 1) / LINE_OCTETS;
    enum e2m_result result =
        octets.len > E2M_DER_MAX ? E2M_TOO_LARGE : e2m_buffer_make(out, lines * 78 + 4);
    uint8_t *to = out->octets;

    if (result != E2M_OK)
        return result;
    for (size_t at = 0; at < octets.len; at += LINE_OCTETS) {
        size_t len = octets.len - at < LINE_OCTETS ? octets.len - at : LINE_OCTETS;
        to += EVP_EncodeBlock(to, octets.octets + at, (int)len);
        *to++ = '\r';
        *to++ = '\n';
    }
    *to = 0;
    out->len = (size_t)(to - out->octets);
    return E2M_OK;
}

struct line {
    const char *name, *value;
};

static enum e2m_result check_lines(const struct line *lines, size_t count, size_t *len)
{
    *len = 2;
    for (size_t i = 0; i < count; i++) {
        if (!lines[i].value)
            continue;
        if (strpbrk(lines[i].value, "\r\n"))
            return E2M_BAD_MIME;
        *len += strlen(lines[i].name) + strlen(lines[i].value) + 4;
    }
    return E2M_OK;
}

static void put(char *to, const struct line *lines, size_t count, struct e2m_span content)
{
    for (size_t i = 0; i < count; i++) {
        if (lines[i].value)
            to = stpcpy(stpcpy(stpcpy(stpcpy(to, lines[i].name), ": "), lines[i].value), "\r\n");
    }
    to = stpcpy(to, "\r\n");
    if (content.len)
        memcpy(to, content.octets, content.len);
}

enum e2m_result e2m_entity_print(const struct e2m_headers *headers, struct e2m_span content,
                                 struct e2m_buffer *out)
{
    const struct line lines[] = {
        {"Content-Type", headers->type},
        {"Content-Disposition", headers->disposition},
        {"Content-Target", headers->label},
        {"Content-Session", headers->session},
        {"Content-Transfer-Encoding", headers->base64 ? "base64" : NULL},
    };
    const size_t count = sizeof(lines) / sizeof(lines[0]);
    struct e2m_buffer encoded = {NULL, 0};
    enum e2m_result result;
    size_t len;

    *out = (struct e2m_buffer){NULL, 0};
    result = check_lines(lines, count, &len);
    if (result == E2M_OK && headers->base64) {
        result = e2m_base64_print(content, &encoded);
        content = e2m_buffer_span(&encoded);
    }
    if (result == E2M_OK && len + content.len > E2M_BODY_MAX)
        result = E2M_TOO_LARGE;
    if (result == E2M_OK)
        result = e2m_buffer_make(out, len + content.len);
    if (result == E2M_OK) {
        put((char *)out->octets, lines, count, content);
        out->octets[out->len] = 0;
    }
    e2m_buffer_free(&encoded);
    return result;
}

static enum e2m_result draw_boundary(char *boundary)
{
    uint8_t random[12];

    if (RAND_bytes(random, sizeof(random)) != 1)
        return E2M_CRYPTO;
    boundary += sprintf(boundary, "e2m-");
    for (size_t i = 0; i < sizeof(random); i++)
        boundary += sprintf(boundary, "%02x", random[i]);
    return E2M_OK;
}

static bool occurs(const char *boundary, const struct e2m_span *entities, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memmem(entities[i].octets, entities[i].len, boundary, strlen(boundary)))
            return true;
    }
    return false;
}

enum e2m_result e2m_multipart_print(const struct e2m_span *entities, size_t count,
                                    char boundary[static E2M_BOUNDARY_MAX + 1],
                                    struct e2m_buffer *out)
{
    enum e2m_result result;
    size_t len = 0;
    char *to;

    *out = (struct e2m_buffer){NULL, 0};
    do {
        result = draw_boundary(boundary);
    } while (result == E2M_OK && occurs(boundary, entities, count));
    for (size_t i = 0; i < count; i++)
        len += entities[i].len + strlen(boundary) + 6;
    len += strlen(boundary) + 6;
    if (result == E2M_OK && len > E2M_BODY_MAX)
        result = E2M_TOO_LARGE;
    if (result == E2M_OK)
        result = e2m_buffer_make(out, len);
    if (result != E2M_OK)
        return result;
    to = (char *)out->octets;
    for (size_t i = 0; i < count; i++) {
        to += sprintf(to, "--%s\r\n", boundary);
        memcpy(to, entities[i].octets, entities[i].len);
        to = stpcpy(to + entities[i].len, "\r\n");
    }
    sprintf(to, "--%s--\r\n", boundary);
    return E2M_OK;
}
