/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session description, less what a server does not need: written anew from the lines that are
 * known to be needed, so that what nobody has thought of stays out. */
#include "e2m_talk.h"
#include "pinholes.h"

#include <glib.h>
#include <string.h>

#define MARK "a=e2m-part:"

static const struct {
    const char *word;
    unsigned kind;
} words[] = {
    {"addresses+bandwidth", E2M_PART_ADDRESSES | E2M_PART_BANDWIDTH},
    {"addresses", E2M_PART_ADDRESSES},
    {"bandwidth", E2M_PART_BANDWIDTH},
    {"all", E2M_PART_ALL},
};

const char *e2m_part_word(unsigned kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (words[i].kind == kind)
            return words[i].word;
    }
    return "?";
}

bool e2m_part_parse(const char *word, unsigned *kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!strcmp(word, words[i].word)) {
            *kind = words[i].kind;
            return true;
        }
    }
    return false;
}

static bool starts_with_one(const char *line, const char *const *starts)
{
    for (; *starts; starts++) {
        if (g_str_has_prefix(line, *starts))
            return true;
    }
    return false;
}

static bool is_needed(const char *line, unsigned kind)
{
    static const char *const always[] = {"a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive",
                                         NULL};
    static const char *const addresses[] = {"a=rtcp:", "a=rtcp-mux",
                                            "a=candidate:", E2M_TOKEN_ATTRIBUTE, NULL};
    static const char *const bandwidth[] = {"b=", NULL};

    return starts_with_one(line, always) ||
           ((kind & E2M_PART_ADDRESSES) && starts_with_one(line, addresses)) ||
           ((kind & E2M_PART_BANDWIDTH) && starts_with_one(line, bandwidth));
}

/* "m=audio 7078 RTP/AVP 96 97": which codecs is nobody's business; without addresses a port only
 * says whether the stream is wanted. False: it is none of four words, and what is below it belongs
 * to no stream. */
static bool add_media(GString *out, const char *line, unsigned kind)
{
    char **word = g_strsplit(line, " ", 4);
    bool good = g_strv_length(word) == 4;

    if (good) {
        const char *port = kind & E2M_PART_ADDRESSES ? word[1] : strcmp(word[1], "0") ? "9" : "0";
        g_string_append_printf(out, "%s %s %s 0\r\n", word[0], port, word[2]);
    }
    g_strfreev(word);
    return good;
}

static void add_line(GString *out, const char *line, unsigned kind)
{
    if (g_str_has_prefix(line, "c=") && (kind & E2M_PART_ADDRESSES))
        g_string_append_printf(out, "%s\r\n", line);
    else if (is_needed(line, kind))
        g_string_append_printf(out, "%s\r\n", line);
}

/* RFC 4566 wants v, o, s, c, b, t, a in this order before the first m. */
static void add_session(GString *out, char **lines, unsigned kind)
{
    static const char order[] = "cbta";

    g_string_append(out, "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\n");
    for (const char *type = order; *type; type++) {
        if (*type == 'c' && !(kind & E2M_PART_ADDRESSES))
            g_string_append(out, "c=IN IP4 0.0.0.0\r\n");
        if (*type == 't')
            g_string_append(out, "t=0 0\r\n");
        for (char **line = lines; *line && !g_str_has_prefix(*line, "m="); line++) {
            if (**line == *type)
                add_line(out, *line, kind);
        }
    }
    g_string_append_printf(out, MARK "%s\r\n", e2m_part_word(kind));
}

GString *e2m_part_make(const char *sdp, size_t len, unsigned kind)
{
    char *copy = g_strndup(sdp, len);
    char **lines = g_strsplit(copy, "\n", -1), **line = lines;
    GString *out = g_string_sized_new(len + 128); /* shorter than that; what is in it never moves */

    for (char **each = lines; *each; each++)
        g_strchomp(*each);
    add_session(out, lines, kind);
    while (*line && !g_str_has_prefix(*line, "m="))
        line++;
    for (bool good = false; *line; line++) {
        if (g_str_has_prefix(*line, "m="))
            good = add_media(out, *line, kind);
        else if (good)
            add_line(out, *line, kind);
    }
    for (line = lines; *line; line++)
        explicit_bzero(*line, strlen(*line));
    g_strfreev(lines);
    explicit_bzero(copy, strlen(copy));
    g_free(copy);
    return out;
}

/* NULL: this was the last. */
static const char *next_line(const char *line, const char *end)
{
    const char *last = memchr(line, '\n', (size_t)(end - line));

    return last ? last + 1 : NULL;
}

unsigned e2m_part_of(const char *sdp, size_t len)
{
    const char *end = sdp + len, *line = sdp;

    for (; line && line < end; line = next_line(line, end)) {
        size_t rest = (size_t)(end - line);
        if (rest >= strlen(MARK) && !memcmp(line, MARK, strlen(MARK))) {
            char *word = g_strndup(line + strlen(MARK), rest - strlen(MARK));
            unsigned kind = E2M_PART_OTHER;
            word[strcspn(word, "\r\n")] = '\0';
            if (!e2m_part_parse(word, &kind) || kind == E2M_PART_ALL)
                kind = E2M_PART_OTHER;
            g_free(word);
            return kind;
        }
    }
    return E2M_PART_ALL;
}
