/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One header's value: media types, parameters, labels. */
#include "e2m_private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct e2m_span e2m_trim(struct e2m_span span)
{
    while (span.len && span.octets[0] && strchr(" \t\r\n", span.octets[0])) {
        span.octets++;
        span.len--;
    }
    while (span.len && span.octets[span.len - 1] && strchr(" \t\r\n", span.octets[span.len - 1]))
        span.len--;
    return span;
}

bool e2m_same_text(struct e2m_span a, const char *b)
{
    return a.len == strlen(b) && strncasecmp((const char *)a.octets, b, a.len) == 0;
}

static bool lower(struct e2m_span from, char *out, size_t size)
{
    if (from.len == 0 || from.len >= size)
        return false;
    for (size_t i = 0; i < from.len; i++) {
        if (from.octets[i] <= ' ' || from.octets[i] >= 0x7f)
            return false;
        out[i] = (char)tolower(from.octets[i]);
    }
    out[from.len] = '\0';
    return true;
}

/* Length of the parameter at the front of `rest`, up to the next semicolon outside quotes. */
static size_t parameter_len(struct e2m_span rest)
{
    bool quoted = false;
    size_t i;

    for (i = 0; i < rest.len && (quoted || rest.octets[i] != ';'); i++) {
        if (rest.octets[i] == '"')
            quoted = !quoted;
        else if (quoted && rest.octets[i] == '\\')
            i++;
    }
    return i < rest.len ? i : rest.len;
}

/* A quoted value with what escapes in it undone. */
static bool copy_value(struct e2m_span value, char *out, size_t size)
{
    bool quoted = value.len >= 2 && value.octets[0] == '"' && value.octets[value.len - 1] == '"';
    size_t used = 0;

    if (quoted)
        value = (struct e2m_span){value.octets + 1, value.len - 2};
    for (size_t i = 0; i < value.len; i++) {
        if (quoted && value.octets[i] == '\\' && i + 1 < value.len)
            i++;
        if (used + 1 >= size || value.octets[i] < ' ')
            return false;
        out[used++] = (char)value.octets[i];
    }
    out[used] = '\0';
    return used > 0;
}

/* A parameter `;name=value` or `;name="value"`; false when absent or longer than `size` - 1. */
static bool parameter(struct e2m_span value, const char *name, char *out, size_t size)
{
    size_t at = parameter_len(value), len;

    for (; at < value.len; at += len) {
        struct e2m_span one = {value.octets + ++at, 0};
        const uint8_t *equals;

        len = parameter_len((struct e2m_span){one.octets, value.len - at});
        one.len = len;
        equals = len ? memchr(one.octets, '=', len) : NULL;
        if (!equals)
            continue;
        if (e2m_same_text(e2m_trim((struct e2m_span){one.octets, (size_t)(equals - one.octets)}),
                          name))
            return copy_value(
                e2m_trim((struct e2m_span){equals + 1, len - (size_t)(equals + 1 - one.octets)}),
                out, size);
    }
    return false;
}

static bool boundary_valid(const char *boundary)
{
    size_t len = strlen(boundary);

    for (const char *c = boundary; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("'()+_,-./:=? ", *c))
            return false;
    }
    return len > 0 && boundary[len - 1] != ' ';
}

enum e2m_result e2m_type_read(struct e2m_type *type, struct e2m_span value)
{
    struct e2m_span media;
    char smime[sizeof(type->smime)];

    memset(type, 0, sizeof(*type));
    if (value.len > E2M_TYPE_MAX)
        return E2M_TOO_LARGE;
    media = e2m_trim((struct e2m_span){value.octets, parameter_len(value)});
    if (!lower(media, type->media, sizeof(type->media)) || !strchr(type->media, '/'))
        return E2M_BAD_MIME;
    if (parameter(value, "smime-type", smime, sizeof(smime)) &&
        !lower(e2m_text_span(smime), type->smime, sizeof(type->smime)))
        return E2M_BAD_MIME;
    if (strncmp(type->media, "multipart/", 10) != 0)
        return E2M_OK;
    if (!parameter(value, "boundary", type->boundary, sizeof(type->boundary)) ||
        !boundary_valid(type->boundary))
        return E2M_BAD_MIME;
    return E2M_OK;
}

static enum e2m_kind pkcs7_kind(const char *smime)
{
    if (strcmp(smime, "signed-data") == 0)
        return E2M_SIGNED_DATA;
    if (strcmp(smime, "certs-only") == 0)
        return E2M_CERTIFICATE;
    /* RFC 3261 has none: enveloped. */
    if (!*smime || strcmp(smime, "enveloped-data") == 0 || strcmp(smime, "authenveloped-data") == 0)
        return E2M_ENVELOPE;
    return E2M_OTHER;
}

enum e2m_kind e2m_type_kind(const struct e2m_type *type)
{
    static const struct {
        const char *media;
        enum e2m_kind kind;
    } table[] = {
        {"application/sdp", E2M_SDP},
        {"multipart/signed", E2M_SIGNED},
        {"application/pkcs7-signature", E2M_SIGNATURE},
        {"application/x-pkcs7-signature", E2M_SIGNATURE},
        {"application/pkix-cert", E2M_CERTIFICATE},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(type->media, table[i].media) == 0)
            return table[i].kind;
    }
    if (strcmp(type->media, "application/pkcs7-mime") == 0 ||
        strcmp(type->media, "application/x-pkcs7-mime") == 0)
        return pkcs7_kind(type->smime);
    return strncmp(type->media, "multipart/", 10) == 0 ? E2M_MIXED : E2M_OTHER;
}

bool e2m_message_is_protected(const char *content_type)
{
    struct e2m_type type;

    if (!content_type || e2m_type_read(&type, e2m_text_span(content_type)) != E2M_OK)
        return false;
    switch (e2m_type_kind(&type)) {
    case E2M_SIGNED:
    case E2M_ENVELOPE:
    case E2M_SIGNED_DATA:
    case E2M_MIXED:
        return true;
    default:
        return false;
    }
}
