/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MIME bodies, parsed into a tree. Strict about line ends and names: what two readers could
 * understand in two ways is refused, since one of them may be a middle and the other the callee. */
#include "e2m_private.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define HEADER_LINE_MAX 2048 /* octets, folded lines counted together */

struct parser {
    struct e2m_body *body;
    enum e2m_result result;
};

/* -- one header -------------------------------------------------------------------------------- */

/* Length of the header line at the front, with what is folded behind it and its CRLF; 0: none ends
 * here. */
static size_t line_len(struct e2m_span rest)
{
    for (size_t i = 0; i + 1 < rest.len && i < HEADER_LINE_MAX; i++) {
        if (rest.octets[i] == '\n' && (i == 0 || rest.octets[i - 1] != '\r'))
            return 0;
        if (rest.octets[i] != '\r' || rest.octets[i + 1] != '\n')
            continue;
        if (i + 2 < rest.len && i > 0 && (rest.octets[i + 2] == ' ' || rest.octets[i + 2] == '\t'))
            continue;
        return i + 2;
    }
    return 0;
}

struct seen {
    bool type, encoding, label, session;
    struct e2m_type is;
};

static enum e2m_result set_encoding(struct e2m_part *part, struct e2m_span value)
{
    part->base64 = e2m_same_text(value, "base64");
    if (part->base64 || e2m_same_text(value, "binary") || e2m_same_text(value, "8bit") ||
        e2m_same_text(value, "7bit"))
        return E2M_OK;
    return E2M_BAD_MIME;
}

static enum e2m_result set_label(struct e2m_part *part, struct e2m_span value)
{
    part->has_label = true;
    return e2m_label_parse(&part->label, (const char *)value.octets, value.len);
}

/* A header that counts stands once. */
static enum e2m_result use_header(struct e2m_part *part, struct seen *seen, struct e2m_span name,
                                  struct e2m_span value)
{
    bool *which = e2m_same_text(name, "Content-Type")                ? &seen->type
                  : e2m_same_text(name, "Content-Transfer-Encoding") ? &seen->encoding
                  : e2m_same_text(name, "Content-Target")            ? &seen->label
                  : e2m_same_text(name, "Content-Session")           ? &seen->session
                                                                     : NULL;

    if (!which)
        return E2M_OK;
    if (*which)
        return E2M_BAD_MIME;
    *which = true;
    if (which == &seen->type)
        return e2m_type_read(&seen->is, value);
    if (which == &seen->encoding)
        return set_encoding(part, value);
    if (which == &seen->label)
        return set_label(part, value);
    part->session = value;
    return E2M_OK;
}

static enum e2m_result read_header(struct e2m_part *part, struct seen *seen, struct e2m_span line)
{
    const uint8_t *colon = memchr(line.octets, ':', line.len);
    struct e2m_span name, value;

    if (!colon || colon == line.octets)
        return E2M_BAD_MIME;
    name = (struct e2m_span){line.octets, (size_t)(colon - line.octets)};
    for (size_t i = 0; i < name.len; i++) {
        if (!isalnum(name.octets[i]) && name.octets[i] != '-')
            return E2M_BAD_MIME;
    }
    value = e2m_trim((struct e2m_span){colon + 1, line.len - name.len - 1});
    for (size_t i = 0; i < value.len; i++) {
        if (value.octets[i] < ' ' && !strchr("\t\r\n", value.octets[i] ? value.octets[i] : 1))
            return E2M_BAD_MIME;
    }
    return use_header(part, seen, name, value);
}

static void take_type(struct e2m_part *part, const struct e2m_type *type)
{
    part->kind = e2m_type_kind(type);
    memcpy(part->type, type->media, sizeof(part->type));
    memcpy(part->boundary, type->boundary, sizeof(part->boundary));
}

/* Headers up to and with the empty line; part->content is what is behind it. */
static enum e2m_result read_headers(struct e2m_part *part)
{
    struct e2m_span rest = part->entity;
    struct seen seen = {.is = {.media = "text/plain"}};
    enum e2m_result result = E2M_OK;

    for (unsigned count = 0; result == E2M_OK; count++) {
        size_t len = line_len(rest);
        if (len == 0)
            return E2M_BAD_MIME;
        if (count > E2M_HEADERS_MAX)
            return E2M_TOO_LARGE;
        if (len == 2) {
            part->content = (struct e2m_span){rest.octets + 2, rest.len - 2};
            take_type(part, &seen.is);
            return E2M_OK;
        }
        result = read_header(part, &seen, (struct e2m_span){rest.octets, len});
        rest = (struct e2m_span){rest.octets + len, rest.len - len};
    }
    return result;
}

/* -- multiparts -------------------------------------------------------------------------------- */

struct delimiter {
    size_t at, end; /* of the delimiter, the CRLF in front of it left out / of its line */
    bool last;
};

/* Whether a delimiter line begins at `at`, where "--" stands. */
static bool delimiter_at(struct e2m_span content, size_t at, const char *boundary,
                         struct delimiter *found)
{
    size_t len = strlen(boundary), i = at + 2 + len;

    if (at + 2 + len > content.len || memcmp(content.octets + at, "--", 2) != 0 ||
        memcmp(content.octets + at + 2, boundary, len) != 0)
        return false;
    found->at = at;
    found->last = i + 2 <= content.len && memcmp(content.octets + i, "--", 2) == 0;
    if (found->last)
        i += 2;
    while (i < content.len && (content.octets[i] == ' ' || content.octets[i] == '\t'))
        i++;
    if (found->last && i == content.len) {
        found->end = i;
        return true;
    }
    found->end = i + 2;
    return i + 2 <= content.len && memcmp(content.octets + i, "\r\n", 2) == 0;
}

static bool next_delimiter(struct e2m_span content, size_t from, const char *boundary,
                           struct delimiter *found)
{
    if (from == 0 && delimiter_at(content, 0, boundary, found))
        return true;
    for (size_t i = from; i + 4 <= content.len; i++) {
        const uint8_t *cr = memchr(content.octets + i, '\r', content.len - i);
        if (!cr)
            return false;
        i = (size_t)(cr - content.octets);
        if (i + 4 <= content.len && content.octets[i + 1] == '\n' &&
            delimiter_at(content, i + 2, boundary, found))
            return true;
    }
    return false;
}

static void parse_part(struct parser *parser, int index, unsigned depth);

static int add_part(struct parser *parser, int parent, struct e2m_span entity)
{
    struct e2m_body *body = parser->body;
    int index = (int)body->count, *link = &body->parts[parent].child;

    if (body->count == E2M_PARTS_MAX) {
        parser->result = E2M_TOO_LARGE;
        return -1;
    }
    body->count++;
    memset(&body->parts[index], 0, sizeof(body->parts[index]));
    body->parts[index].parent = parent;
    body->parts[index].child = body->parts[index].next = -1;
    body->parts[index].entity = entity;
    while (*link >= 0)
        link = &body->parts[*link].next;
    *link = index;
    parser->result = read_headers(&body->parts[index]);
    return index;
}

static void parse_parts(struct parser *parser, int parent, unsigned depth)
{
    const struct e2m_part *multipart = &parser->body->parts[parent];
    struct e2m_span content = multipart->content;
    struct delimiter here, after;

    if (multipart->base64 || !next_delimiter(content, 0, multipart->boundary, &here) || here.last) {
        parser->result = E2M_BAD_MIME;
        return;
    }
    while (parser->result == E2M_OK && !here.last) {
        /* A part may be empty: its delimiter's CRLF is then the one that ends this line. */
        if (!next_delimiter(content, here.end - 2, multipart->boundary, &after) ||
            after.at - 2 < here.end) {
            parser->result = E2M_BAD_MIME;
            return;
        }
        parent = add_part(parser, (int)(multipart - parser->body->parts),
                          (struct e2m_span){content.octets + here.end, after.at - 2 - here.end});
        if (parser->result == E2M_OK)
            parse_part(parser, parent, depth + 1);
        here = after;
    }
}

static unsigned children(const struct e2m_body *body, int parent)
{
    unsigned count = 0;

    for (int i = body->parts[parent].child; i >= 0; i = body->parts[i].next)
        count++;
    return count;
}

/* RFC 1847, 2.1: two parts, the second is the signature. */
static bool signed_is_right(const struct e2m_body *body, int index)
{
    int first = body->parts[index].child;

    return children(body, index) == 2 && body->parts[body->parts[first].next].kind == E2M_SIGNATURE;
}

static void parse_part(struct parser *parser, int index, unsigned depth)
{
    enum e2m_kind kind = parser->body->parts[index].kind;

    if (kind != E2M_MIXED && kind != E2M_SIGNED)
        return;
    if (depth >= E2M_DEPTH_MAX) {
        parser->result = E2M_TOO_DEEP;
        return;
    }
    parse_parts(parser, index, depth);
    if (parser->result == E2M_OK && kind == E2M_SIGNED && !signed_is_right(parser->body, index))
        parser->result = E2M_BAD_MIME;
}

static enum e2m_result finish(struct parser *parser)
{
    if (parser->result == E2M_OK)
        parse_part(parser, 0, 1);
    if (parser->result != E2M_OK)
        parser->body->count = 0;
    return parser->result;
}

static void begin(struct parser *parser, struct e2m_body *body, struct e2m_span octets)
{
    *parser = (struct parser){body, E2M_OK};
    memset(&body->parts[0], 0, sizeof(body->parts[0]));
    body->count = 1;
    body->parts[0].parent = body->parts[0].child = body->parts[0].next = -1;
    body->parts[0].entity = body->parts[0].content = octets;
    if (octets.len > E2M_BODY_MAX)
        parser->result = E2M_TOO_LARGE;
    else if (octets.len == 0)
        parser->result = E2M_BAD_MIME;
}

enum e2m_result e2m_body_parse(struct e2m_body *body, const char *content_type,
                               const char *encoding, const char *label, struct e2m_span octets)
{
    struct parser parser;
    struct e2m_type type;

    begin(&parser, body, octets);
    if (parser.result == E2M_OK)
        parser.result =
            content_type ? e2m_type_read(&type, e2m_text_span(content_type)) : E2M_BAD_MIME;
    if (parser.result == E2M_OK)
        take_type(&body->parts[0], &type);
    if (parser.result == E2M_OK && encoding)
        parser.result = set_encoding(&body->parts[0], e2m_trim(e2m_text_span(encoding)));
    if (parser.result == E2M_OK && label)
        parser.result = set_label(&body->parts[0], e2m_text_span(label));
    return finish(&parser);
}

enum e2m_result e2m_entity_parse(struct e2m_body *body, struct e2m_span entity)
{
    struct parser parser;

    begin(&parser, body, entity);
    if (parser.result == E2M_OK)
        parser.result = read_headers(&body->parts[0]);
    return finish(&parser);
}

/* -- looking into it --------------------------------------------------------------------------- */

int e2m_body_find(const struct e2m_body *body, int from, enum e2m_kind kind)
{
    /* Parents stand before their children, so what is below `from` is behind it. */
    for (int i = from; i >= 0 && i < (int)body->count; i++) {
        int above = i;
        while (above > from)
            above = body->parts[above].parent;
        if (above == from && body->parts[i].kind == kind)
            return i;
    }
    return -1;
}

static bool is_base64(uint8_t c)
{
    return isalnum(c) || c == '+' || c == '/' || c == '=';
}

/* Line ends and blanks go; anything else is no base64. */
static enum e2m_result decode(struct e2m_span from, struct e2m_buffer *out)
{
    struct e2m_buffer packed;
    enum e2m_result result = e2m_buffer_make(&packed, from.len);
    size_t used = 0, padding = 0;

    if (result != E2M_OK)
        return result;
    for (size_t i = 0; i < from.len; i++) {
        if (is_base64(from.octets[i]) && (from.octets[i] == '=' || padding == 0)) {
            packed.octets[used++] = from.octets[i];
            padding += from.octets[i] == '=';
        } else if (from.octets[i] == 0 || !strchr(" \t\r\n", from.octets[i])) {
            padding = 3;
            break;
        }
    }
    result = padding > 2 || used % 4 || used == 0 ? E2M_BAD_MIME : E2M_OK;
    if (result == E2M_OK)
        result = e2m_buffer_make(out, used / 4 * 3);
    if (result == E2M_OK && EVP_DecodeBlock(out->octets, packed.octets, (int)used) < 0) {
        e2m_buffer_free(out);
        result = E2M_BAD_MIME;
    }
    if (result == E2M_OK) {
        out->len -= padding;
        out->octets[out->len] = 0;
    }
    e2m_buffer_free(&packed);
    return result;
}

enum e2m_result e2m_part_content(const struct e2m_part *part, struct e2m_buffer *out)
{
    *out = (struct e2m_buffer){NULL, 0};
    if (part->base64)
        return decode(part->content, out);
    return e2m_buffer_copy(out, part->content.octets, part->content.len);
}
