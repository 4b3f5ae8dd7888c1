/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* binding(body) of docs/protocol.md section 4. */
#include "simauth/binding.h"
#include "names.h"
#include "streams.h"
#include <stdlib.h>
#include <string.h>

enum attribute {
    ATTRIBUTE_NONE,
    ATTRIBUTE_ZRTP_HASH,
    ATTRIBUTE_FINGERPRINT,
    ATTRIBUTE_BUNDLE_ONLY
};

/* One bound string: "section SP name SP value", in `text` of the work below. */
struct line {
    size_t at;
    size_t len;
};
struct piece {
    const char *at;
    size_t len;
};
/* What is known while the body is walked. */
struct work {
    struct simauth_octets text;
    struct simauth_octets streams;
    struct line lines[SIMAUTH_BINDING_LINES_MAX];
    size_t count;
    unsigned m_lines;
    bool left_out;     /* the m-line we are in has port 0, or is one of `refused` */
    uint64_t refused;  /* m-lines that are to be left out */
    uint64_t zero;     /* those that have port 0, and do not say a=bundle-only */
    size_t streams_at; /* where the m-line we are in stands in `streams` */
    struct piece media, proto;
    bool has_zrtp;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word of `from`, whose blanks around it go. */
static struct piece next_word(struct piece *from)
{
    struct piece word;

    while (from->len > 0 && is_blank(*from->at)) {
        from->at++;
        from->len--;
    }
    word = (struct piece){from->at, 0};
    while (from->len > 0 && !is_blank(*from->at)) {
        word.len++;
        from->at++;
        from->len--;
    }
    return word;
}

/* <port>[/<number>]: refused by port 0 (RFC 3264, 6). */
static bool is_zero(struct piece port)
{
    size_t i = 0;

    while (i < port.len && port.at[i] == '0')
        i++;
    return i > 0 && (i == port.len || port.at[i] == '/');
}

static void write_stream(struct work *work, bool lives)
{
    simauth_octets_field(&work->streams, work->media.at, lives ? work->media.len : 0);
    simauth_octets_field(&work->streams, work->proto.at, lives ? work->proto.len : 0);
}

/* m=<media> <port> <proto> ... */
static void take_m_line(struct work *work, struct piece m_line)
{
    uint64_t bit = work->m_lines < 64 ? UINT64_C(1) << work->m_lines : 0;
    struct piece port;

    work->media = next_word(&m_line);
    port = next_word(&m_line);
    work->proto = next_word(&m_line);
    work->m_lines++;
    work->left_out = is_zero(port) || (work->refused & bit);
    if (is_zero(port))
        work->zero |= bit;
    if (work->proto.len >= 4 && memcmp(work->proto.at + work->proto.len - 4, "AVPF", 4) == 0)
        work->proto.len--;
    work->streams_at = work->streams.len;
    write_stream(work, !work->left_out);
}

/* a=bundle-only: port 0 refuses nothing then (RFC 8843, 6). Its lines are bound no more than before
 * (docs/protocol.md section 4), but that it lives is seen. */
static void take_bundle_only(struct work *work)
{
    uint64_t bit =
        work->m_lines > 0 && work->m_lines <= 64 ? UINT64_C(1) << (work->m_lines - 1) : 0;

    work->zero &= ~bit;
    if (work->m_lines == 0 || (work->refused & bit) || work->streams.failed)
        return;
    work->streams.len = work->streams_at;
    write_stream(work, true);
}

static void append_as(struct simauth_octets *o, struct piece word, char (*fold)(char))
{
    char folded[128];

    while (word.len > 0) {
        size_t n = word.len < sizeof folded ? word.len : sizeof folded;
        for (size_t i = 0; i < n; i++)
            folded[i] = fold(word.at[i]);
        simauth_octets_append(o, folded, n);
        word.at += n;
        word.len -= n;
    }
}

static bool printable(struct piece value)
{
    for (size_t i = 0; i < value.len; i++) {
        if ((value.at[i] < ' ' && value.at[i] != '\t') || value.at[i] > '~')
            return false;
    }
    return true;
}

static void append_section(struct work *work)
{
    char digits[8];
    size_t n = sizeof digits;
    unsigned number = work->m_lines - 1;

    if (work->m_lines == 0) {
        simauth_octets_append(&work->text, "s", 1);
        return;
    }
    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    simauth_octets_append(&work->text, digits + n, sizeof digits - n);
}

/* The two words of each attribute (RFC 6189 8: version and hash; RFC 8122: hash name and
 * fingerprint) are its value. */
static enum simauth_result bind_line(struct work *work, enum attribute attribute,
                                     struct piece value)
{
    bool zrtp = attribute == ATTRIBUTE_ZRTP_HASH;
    size_t start = work->text.len;
    struct piece first, second;

    if (!printable(value))
        return SIMAUTH_MALFORMED;
    first = next_word(&value);
    second = next_word(&value);
    if (second.len == 0 || next_word(&value).len != 0)
        return SIMAUTH_MALFORMED;
    if (work->count == SIMAUTH_BINDING_LINES_MAX)
        return SIMAUTH_TOO_LONG;
    append_section(work);
    if (zrtp)
        simauth_octets_append(&work->text, " zrtp-hash ", 11);
    else
        simauth_octets_append(&work->text, " fingerprint ", 13);
    append_as(&work->text, first, ascii_lower);
    simauth_octets_append(&work->text, " ", 1);
    append_as(&work->text, second, zrtp ? ascii_lower : ascii_upper);
    work->lines[work->count++] = (struct line){start, work->text.len - start};
    work->has_zrtp = work->has_zrtp || zrtp;
    return work->text.failed ? SIMAUTH_NO_MEMORY : SIMAUTH_OK;
}

/* Which attribute an a-line has, and its value. */
static enum attribute attribute_of(struct piece line, struct piece *value)
{
    const char *colon = memchr(line.at, ':', line.len);
    size_t name_len = colon != NULL ? (size_t)(colon - line.at) : line.len;
    struct piece name = {line.at, name_len};

    *value = colon != NULL ? (struct piece){colon + 1, line.len - name_len - 1}
                           : (struct piece){line.at, 0};
    name = next_word(&name);
    if (ascii_is(name.at, name.len, "bundle-only"))
        return ATTRIBUTE_BUNDLE_ONLY;
    if (ascii_is(name.at, name.len, "zrtp-hash"))
        return ATTRIBUTE_ZRTP_HASH;
    return ascii_is(name.at, name.len, "fingerprint") ? ATTRIBUTE_FINGERPRINT : ATTRIBUTE_NONE;
}

static enum simauth_result take_line(struct work *work, struct piece line)
{
    enum attribute attribute;
    struct piece value;

    if (line.len < 2 || line.at[1] != '=')
        return SIMAUTH_OK;
    if (line.at[0] == 'm') {
        take_m_line(work, (struct piece){line.at + 2, line.len - 2});
        return SIMAUTH_OK;
    }
    if (line.at[0] != 'a')
        return SIMAUTH_OK;
    attribute = attribute_of((struct piece){line.at + 2, line.len - 2}, &value);
    if (attribute == ATTRIBUTE_BUNDLE_ONLY && work->left_out)
        take_bundle_only(work);
    return attribute == ATTRIBUTE_NONE || attribute == ATTRIBUTE_BUNDLE_ONLY || work->left_out
               ? SIMAUTH_OK
               : bind_line(work, attribute, value);
}

static enum simauth_result take_body(struct work *work, struct piece body)
{
    enum simauth_result result = SIMAUTH_OK;

    if (body.len > SIMAUTH_BINDING_BODY_MAX)
        return SIMAUTH_TOO_LONG;
    while (body.len > 0 && result == SIMAUTH_OK) {
        const char *end = memchr(body.at, '\n', body.len);
        size_t whole = end != NULL ? (size_t)(end - body.at) + 1 : body.len;
        struct piece line = {body.at, end != NULL ? whole - 1 : whole};
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        result = take_line(work, line);
        body.at += whole;
        body.len -= whole;
    }
    return result;
}

static int compare(const struct work *work, struct line a, struct line b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = memcmp(work->text.data + a.at, work->text.data + b.at, len);

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

/* At most 64 lines, so the simplest sort is the right one; qsort() has no place for `work`. */
static void sort(struct work *work)
{
    for (size_t i = 1; i < work->count; i++) {
        struct line line = work->lines[i];
        size_t j = i;
        for (; j > 0 && compare(work, work->lines[j - 1], line) > 0; j--)
            work->lines[j] = work->lines[j - 1];
        work->lines[j] = line;
    }
}

static enum simauth_result write_lines(const struct work *work, struct simauth_octets *binding)
{
    size_t before = binding->len;
    bool failed_before = binding->failed;

    simauth_octets_u16(binding, (uint16_t)work->count);
    for (size_t i = 0; i < work->count; i++)
        simauth_octets_field(binding, work->text.data + work->lines[i].at, work->lines[i].len);
    if (!binding->failed)
        return SIMAUTH_OK;
    binding->len = before;
    binding->failed = failed_before;
    return SIMAUTH_NO_MEMORY;
}

static enum simauth_result walk(struct work *work, const char *sdp, size_t len,
                                struct simauth_octets *binding)
{
    enum simauth_result result = SIMAUTH_OK;

    if (sdp != NULL)
        result = take_body(work, (struct piece){sdp, len});
    if (result == SIMAUTH_OK && work->streams.failed)
        result = SIMAUTH_NO_MEMORY;
    if (result == SIMAUTH_OK) {
        sort(work);
        result = write_lines(work, binding);
    }
    simauth_octets_clear(&work->text);
    return result;
}

enum simauth_result simauth_binding(const char *sdp, size_t len, struct simauth_octets *binding)
{
    struct work work = {0};
    enum simauth_result result = walk(&work, sdp, len, binding);

    simauth_octets_clear(&work.streams);
    return result;
}

enum simauth_result simauth_streams_but(const char *sdp, size_t len, uint64_t refused,
                                        struct simauth_octets *binding,
                                        struct simauth_octets *streams, bool *has_zrtp)
{
    struct work work = {.refused = refused};
    enum simauth_result result = walk(&work, sdp, len, binding);

    if (result == SIMAUTH_OK) {
        simauth_octets_clear(streams);
        *streams = work.streams;
        *has_zrtp = work.has_zrtp;
    } else {
        simauth_octets_clear(&work.streams);
    }
    return result;
}

enum simauth_result simauth_streams(const char *sdp, size_t len, struct simauth_octets *binding,
                                    struct simauth_octets *streams, bool *has_zrtp)
{
    return simauth_streams_but(sdp, len, 0, binding, streams, has_zrtp);
}

uint64_t simauth_streams_refused(const char *sdp, size_t len)
{
    struct work work = {0};
    bool read = sdp != NULL && take_body(&work, (struct piece){sdp, len}) == SIMAUTH_OK;

    simauth_octets_clear(&work.text);
    simauth_octets_clear(&work.streams);
    return read ? work.zero : 0;
}

/* The field at *at, which moves behind it; an empty one behind the end. */
static struct piece next_field(const struct simauth_octets *fields, size_t *at)
{
    struct piece field = {"", 0};

    if (*at < fields->len) {
        field.len = (size_t)fields->data[*at] << 8 | fields->data[*at + 1];
        field.at = (const char *)fields->data + *at + 2;
        *at += 2 + field.len;
    }
    return field;
}

uint64_t simauth_streams_without(const struct simauth_octets *streams)
{
    uint64_t without = 0, bit = 1;

    for (size_t at = 0; at < streams->len; bit <<= 1) {
        size_t media = next_field(streams, &at).len;

        if (next_field(streams, &at).len == 0 && media == 0)
            without |= bit;
    }
    return without;
}

/* Of which m-line a bound line is, as one bit; 0: of none of the first 64, or of the session. */
static uint64_t section_of(struct piece line)
{
    unsigned number = 0;
    size_t i = 0;

    for (; i < line.len && line.at[i] >= '0' && line.at[i] <= '9' && number < 64; i++)
        number = number * 10 + (unsigned)(line.at[i] - '0');
    return i > 0 && number < 64 ? UINT64_C(1) << number : 0;
}

bool simauth_binding_kept(const struct simauth_octets *now, const struct simauth_octets *bound,
                          uint64_t gone)
{
    size_t at = 2; /* behind their counts */

    if (now->len < 2 || bound->len < 2)
        return false;
    for (size_t bound_at = 2; bound_at < bound->len;) {
        struct piece then = next_field(bound, &bound_at);
        size_t next = at;
        struct piece line = next_field(now, &next);

        if (line.len == then.len && memcmp(line.at, then.at, line.len) == 0)
            at = next;
        else if (!(section_of(then) & gone))
            return false;
    }
    return at == now->len;
}

bool simauth_streams_among(const struct simauth_octets *streams, const struct simauth_octets *bound)
{
    for (size_t at = 0, bound_at = 0; at < streams->len;) {
        for (int word = 0; word < 2; word++) {
            struct piece now = next_field(streams, &at), then = next_field(bound, &bound_at);

            if (now.len > 0 && (now.len != then.len || memcmp(now.at, then.at, now.len) != 0))
                return false;
        }
    }
    return true;
}

bool simauth_binding_has_zrtp(const char *sdp, size_t len)
{
    struct work work = {0};
    bool has =
        sdp != NULL && take_body(&work, (struct piece){sdp, len}) == SIMAUTH_OK && work.has_zrtp;

    simauth_octets_clear(&work.text);
    simauth_octets_clear(&work.streams);
    return has;
}
