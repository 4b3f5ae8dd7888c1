/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pinholes.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#define ATTRIBUTE_LEN (sizeof(E2M_TOKEN_ATTRIBUTE) - 1)
#define LINE_LEN (ATTRIBUTE_LEN + E2M_TOKEN_SECRET_TEXT + 2)

static const char *line_end(const char *line, const char *end)
{
    const char *found = memchr(line, '\n', (size_t)(end - line));

    return found ? found + 1 : end;
}

static bool starts(const char *line, const char *end, const char *with)
{
    return (size_t)(end - line) >= strlen(with) && !memcmp(line, with, strlen(with));
}

/* "m=audio 7078 ..."; false: refused, or of a name longer than any that is in use. */
static bool read_media(const char *line, const char *end, char *media, size_t room)
{
    const char *blank = memchr(line, ' ', (size_t)(end - line));

    if (!blank || (size_t)(blank - line) - 2 >= room || end - blank < 2 || blank[1] == '0')
        return false;
    memcpy(media, line + 2, (size_t)(blank - line) - 2);
    media[blank - line - 2] = '\0';
    return true;
}

static bool add_secret(struct pinhole_line *line, const char *media, GString *out)
{
    char text[E2M_TOKEN_SECRET_TEXT + 1];

    if (strcmp(line->media, media) != 0) {
        if (RAND_priv_bytes(line->secret, sizeof(line->secret)) != 1)
            return false;
        g_strlcpy(line->media, media, sizeof(line->media));
    }
    e2m_token_print_secret(line->secret, text);
    g_string_append(out, E2M_TOKEN_ATTRIBUTE);
    g_string_append(out, text);
    g_string_append(out, "\r\n");
    OPENSSL_cleanse(text, sizeof(text));
    return true;
}

GString *pinholes_add(struct pinholes *pinholes, const char *sdp, size_t len)
{
    /* what is in it never moves */
    GString *out = g_string_sized_new(len + PINHOLES_MAX * LINE_LEN + 3);
    char media[sizeof(pinholes->lines[0].media)] = "";
    const char *end = sdp + len, *next;
    size_t index = 0; /* of the m-line after this one */
    bool good = true;

    for (const char *line = sdp; good && line <= end; line = next) {
        bool over = line == end || starts(line, end, "m=");

        /* At the end of a section: c and b stand before a. */
        if (over && *media)
            good = add_secret(&pinholes->lines[index - 1], media, out);
        if (line == end)
            break;
        next = line_end(line, end);
        if (over && (!read_media(line, next, media, sizeof(media)) || index >= PINHOLES_MAX))
            media[0] = '\0';
        index += over;
        g_string_append_len(out, line, next - line);
        if (next == end && end[-1] != '\n')
            g_string_append(out, "\r\n");
    }
    if (good)
        return out;
    OPENSSL_cleanse(out->str, out->len);
    g_string_free(out, TRUE);
    return NULL;
}

size_t pinholes_strip(char *sdp, size_t len)
{
    const char *end = sdp + len, *next;
    char *to = sdp;

    for (const char *line = sdp; line < end; line = next) {
        next = line_end(line, end);
        if (starts(line, next, E2M_TOKEN_ATTRIBUTE))
            continue;
        memmove(to, line, (size_t)(next - line));
        to += next - line;
    }
    OPENSSL_cleanse(to, (size_t)(end - to));
    return (size_t)(to - sdp);
}
