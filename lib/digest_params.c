/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "digest_params.h"
#include "names.h"
#include <string.h>

#define NAMES_MAX 32

static const char *const NAMES[PARAM_COUNT] = {
    [PARAM_ALGORITHM] = "algorithm",
    [PARAM_AUTS] = "auts",
    [PARAM_CNONCE] = "cnonce",
    [PARAM_NC] = "nc",
    [PARAM_NEXTNONCE] = "nextnonce",
    [PARAM_NONCE] = "nonce",
    [PARAM_OPAQUE] = "opaque",
    [PARAM_QOP] = "qop",
    [PARAM_REALM] = "realm",
    [PARAM_RESPONSE] = "response",
    [PARAM_RSPAUTH] = "rspauth",
    [PARAM_STALE] = "stale",
    [PARAM_URI] = "uri",
    [PARAM_USERNAME] = "username",
};

struct rest {
    const char *at;
    const char *end;
};
struct name {
    const char *at;
    size_t len;
};

static bool is_token(char c)
{
    return ascii_alnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

static void skip_blanks(struct rest *rest)
{
    while (rest->at < rest->end && (*rest->at == ' ' || *rest->at == '\t'))
        rest->at++;
}

static bool take(struct rest *rest, char c)
{
    if (rest->at == rest->end || *rest->at != c)
        return false;
    rest->at++;
    return true;
}

static struct name take_token(struct rest *rest)
{
    struct name token = {rest->at, 0};

    while (rest->at < rest->end && is_token(*rest->at))
        rest->at++;
    token.len = (size_t)(rest->at - token.at);
    return token;
}

/* Behind the opening quote. `value` may be NULL: then it is only skipped. */
static enum simauth_result take_quoted(struct rest *rest, char *value)
{
    size_t n = 0;

    while (rest->at < rest->end && *rest->at != '"') {
        if (*rest->at == '\\' && ++rest->at == rest->end)
            return SIMAUTH_MALFORMED;
        if (is_control(*rest->at))
            return SIMAUTH_MALFORMED;
        if (value != NULL && n == SIMAUTH_DIGEST_TEXT_MAX)
            return SIMAUTH_TOO_LONG;
        if (value != NULL)
            value[n++] = *rest->at;
        rest->at++;
    }
    if (value != NULL)
        value[n] = '\0';
    return take(rest, '"') ? SIMAUTH_OK : SIMAUTH_MALFORMED;
}

static enum simauth_result take_value(struct rest *rest, char *value)
{
    struct name token;

    if (take(rest, '"'))
        return take_quoted(rest, value);
    token = take_token(rest);
    if (token.len == 0)
        return SIMAUTH_MALFORMED;
    if (value == NULL)
        return SIMAUTH_OK;
    if (token.len > SIMAUTH_DIGEST_TEXT_MAX)
        return SIMAUTH_TOO_LONG;
    memcpy(value, token.at, token.len);
    value[token.len] = '\0';
    return SIMAUTH_OK;
}

static bool same_name(struct name a, struct name b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    }
    return true;
}

static enum param find(struct name name)
{
    enum param i = 0;

    while (i < PARAM_COUNT && !ascii_is(name.at, name.len, NAMES[i]))
        i++;
    return i;
}

/* One name=value; `seen` holds the `n` names before it. */
static enum simauth_result take_param(struct rest *rest, struct params *params, struct name *seen,
                                      size_t n)
{
    struct name name = take_token(rest);
    enum param which = find(name);

    if (name.len == 0)
        return SIMAUTH_MALFORMED;
    if (n == NAMES_MAX)
        return SIMAUTH_TOO_LONG;
    for (size_t i = 0; i < n; i++) {
        if (same_name(seen[i], name))
            return SIMAUTH_MALFORMED;
    }
    seen[n] = name;
    skip_blanks(rest);
    if (!take(rest, '='))
        return SIMAUTH_MALFORMED;
    skip_blanks(rest);
    if (which == PARAM_COUNT)
        return take_value(rest, NULL);
    params->has[which] = true;
    return take_value(rest, params->value[which]);
}

static enum simauth_result take_list(struct rest *rest, struct params *params)
{
    struct name seen[NAMES_MAX];
    size_t n = 0;

    for (;;) {
        enum simauth_result result;
        skip_blanks(rest);
        if (rest->at == rest->end)
            return n > 0 ? SIMAUTH_OK : SIMAUTH_MALFORMED;
        if (take(rest, ',')) /* a list may have empty members (RFC 9110, 5.6.1) */
            continue;
        result = take_param(rest, params, seen, n++);
        if (result != SIMAUTH_OK)
            return result;
        skip_blanks(rest);
        if (rest->at < rest->end && *rest->at != ',')
            return SIMAUTH_MALFORMED;
    }
}

enum simauth_result params_read(const char *header, size_t len, const char *scheme,
                                struct params *params)
{
    struct rest rest = {header, header + len};
    struct name name;

    memset(params, 0, sizeof *params);
    if (len > SIMAUTH_DIGEST_HEADER_MAX)
        return SIMAUTH_TOO_LONG;
    skip_blanks(&rest);
    if (scheme != NULL) {
        name = take_token(&rest);
        if (!ascii_is(name.at, name.len, scheme) || rest.at == rest.end ||
            (*rest.at != ' ' && *rest.at != '\t'))
            return SIMAUTH_MALFORMED;
    }
    return take_list(&rest, params);
}

static void put(struct writer *writer, const char *text, size_t len)
{
    if (writer->result != SIMAUTH_OK)
        return;
    if (len >= SIMAUTH_DIGEST_HEADER_MAX - writer->len) {
        writer->result = SIMAUTH_TOO_LONG;
        return;
    }
    memcpy(writer->header + writer->len, text, len);
    writer->len += len;
}

static void put_text(struct writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

void writer_begin(struct writer *writer, char *header, const char *scheme)
{
    *writer = (struct writer){.header = header, .first = true};
    put_text(writer, scheme);
}

static void put_name(struct writer *writer, const char *name)
{
    put_text(writer, writer->first ? "" : ", ");
    put_text(writer, name);
    put_text(writer, "=");
    writer->first = false;
}

void writer_quoted(struct writer *writer, const char *name, const char *value)
{
    put_name(writer, name);
    put_text(writer, "\"");
    for (; *value != '\0'; value++) {
        if (is_control(*value))
            writer->result = SIMAUTH_MALFORMED;
        if (*value == '"' || *value == '\\')
            put_text(writer, "\\");
        put(writer, value, 1);
    }
    put_text(writer, "\"");
}

void writer_bare(struct writer *writer, const char *name, const char *value)
{
    put_name(writer, name);
    put_text(writer, value);
}

enum simauth_result writer_end(struct writer *writer)
{
    writer->header[writer->result == SIMAUTH_OK ? writer->len : 0] = '\0';
    return writer->result;
}
