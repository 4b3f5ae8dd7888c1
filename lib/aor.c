/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* canonical(AOR) of docs/protocol.md section 3, for comparison: RFC 3261 section 19.1 and RFC 3966.
 */
#include "names.h"
#include "simauth/name.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define URI_MAX 2048 /* octets; nobody's address is longer */
#define E164_MAX 15

static const char SIP[] = "sip:";

/* A URI in pieces; each points into it. */
struct pieces {
    const char *user; /* NULL: none */
    size_t user_len;
    const char *host;
    size_t host_len;
    const char *parameters; /* behind the host and port: ";..." or "?..." or "" */
};

static bool unreserved(char c)
{
    return ascii_alnum(c) || (c != '\0' && strchr("-_.!~*'()", c) != NULL);
}

static bool user_char(char c)
{
    return unreserved(c) || (c != '\0' && strchr("&=+$,;?/", c) != NULL);
}

/* Passwords, parameters and headers go away, but what cannot stand in a URI must not hide there. */
static bool printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~' || strchr("<>\"\\", *text) != NULL)
            return false;
    }
    return true;
}

/* Writes one character or escape of a user part and returns how many characters it took, 0 for a
 * malformed one. */
static size_t user_unit(const char *user, size_t len, char out[static 4])
{
    int high, low;

    if (user_char(user[0])) {
        snprintf(out, 4, "%c", user[0]);
        return 1;
    }
    if (user[0] != '%' || len < 3)
        return 0;
    high = ascii_hex(user[1]);
    low = ascii_hex(user[2]);
    if (high < 2 || low < 0 || (high == 7 && low == 15)) /* no control characters */
        return 0;
    if (unreserved((char)(high << 4 | low)))
        snprintf(out, 4, "%c", high << 4 | low);
    else
        snprintf(out, 4, "%%%c%c", ascii_upper(user[1]), ascii_upper(user[2]));
    return 3;
}

static enum simauth_result write_user(const char *user, size_t len, char *out, size_t room)
{
    size_t n = 0, took;
    char unit[4];

    for (size_t i = 0; i < len; i += took) {
        took = user_unit(user + i, len - i, unit);
        if (took == 0)
            return SIMAUTH_MALFORMED;
        if (n + strlen(unit) > room)
            return SIMAUTH_TOO_LONG;
        strcpy(out + n, unit);
        n += strlen(unit);
    }
    return n > 0 ? SIMAUTH_OK : SIMAUTH_MALFORMED;
}

/* A global number (RFC 3966): "+", digits, visual separators. "+digits" to `out`. */
static bool write_e164(const char *number, size_t len, char out[static E164_MAX + 2])
{
    size_t n = 0;

    if (len < 2 || number[0] != '+')
        return false;
    out[n++] = '+';
    for (size_t i = 1; i < len; i++) {
        if (strchr("-.()", number[i]) != NULL && number[i] != '\0')
            continue;
        if (!ascii_digit(number[i]) || n > E164_MAX)
            return false;
        out[n++] = number[i];
    }
    out[n] = '\0';
    return n > 1;
}

/* The next parameter behind *at, without its ";". False at the end. */
static bool next_parameter(const char **at, size_t *len)
{
    if (**at != ';')
        return false;
    (*at)++;
    *len = strcspn(*at, ";?");
    return true;
}

static bool is_phone(const char *parameters)
{
    size_t len;

    for (const char *at = parameters; next_parameter(&at, &len); at += len) {
        if (ascii_is(at, len, "user=phone"))
            return true;
    }
    return false;
}

static bool split_port(const char *port, size_t *len)
{
    unsigned value = 0;

    for (*len = 0; ascii_digit(port[*len]) && *len < 6; (*len)++)
        value = value * 10 + (unsigned)(port[*len] - '0');
    return *len > 0 && *len < 6 && value > 0 && value <= UINT16_MAX;
}

static bool split_host(const char *host, struct pieces *pieces)
{
    size_t port_len = 0;

    pieces->host = host;
    pieces->host_len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":;?");
    if (pieces->host_len > strlen(host))
        return false;
    host += pieces->host_len;
    if (*host == ':') {
        host++;
        if (!split_port(host, &port_len))
            return false;
    }
    pieces->parameters = host + port_len;
    return *pieces->parameters == '\0' || *pieces->parameters == ';' || *pieces->parameters == '?';
}

/* `rest` is what stands behind "sip:". */
static bool split(const char *rest, struct pieces *pieces)
{
    const char *at = strchr(rest, '@');

    memset(pieces, 0, sizeof *pieces);
    if (at == NULL)
        return split_host(rest, pieces);
    if (strchr(at + 1, '@') != NULL)
        return false;
    pieces->user = rest;
    pieces->user_len = strcspn(rest, ":@");
    return split_host(at + 1, pieces);
}

static enum simauth_result sip_canonical(const char *rest, char *canonical)
{
    struct pieces pieces;
    char e164[E164_MAX + 2];
    enum simauth_result result = SIMAUTH_OK;
    size_t n = sizeof SIP - 1;

    if (!split(rest, &pieces))
        return SIMAUTH_MALFORMED;
    strcpy(canonical, SIP);
    if (pieces.user != NULL) {
        if (is_phone(pieces.parameters) && write_e164(pieces.user, pieces.user_len, e164))
            strcpy(canonical + n, e164);
        else
            result =
                write_user(pieces.user, pieces.user_len, canonical + n, SIMAUTH_AOR_MAX - n - 1);
        if (result != SIMAUTH_OK)
            return result;
        n = strlen(canonical);
        canonical[n++] = '@';
    }
    return host_canonical(pieces.host, pieces.host_len, canonical + n, SIMAUTH_AOR_MAX - n);
}

/* Only numbers that mean the same everywhere, and none that goes on behind the "+digits"
 * (extension, subaddress). */
static enum simauth_result tel_canonical(const char *rest, char *canonical)
{
    char e164[E164_MAX + 2];
    size_t len = strcspn(rest, ";");

    if (!write_e164(rest, len, e164))
        return SIMAUTH_MALFORMED;
    for (const char *at = rest + len; next_parameter(&at, &len); at += len) {
        size_t name_len = strcspn(at, "=;?");
        if (len == 0 || ascii_is(at, name_len, "ext") || ascii_is(at, name_len, "isub") ||
            ascii_is(at, name_len, "phone-context") || at[len] == '?')
            return SIMAUTH_MALFORMED;
    }
    snprintf(canonical, SIMAUTH_AOR_MAX + 1, "tel:%s", e164);
    return SIMAUTH_OK;
}

enum simauth_result simauth_aor_canonical(const char *uri, char *canonical)
{
    enum simauth_result result = SIMAUTH_MALFORMED;
    size_t scheme_len;

    *canonical = '\0';
    if (strnlen(uri, URI_MAX + 1) > URI_MAX)
        return SIMAUTH_TOO_LONG;
    if (!printable(uri))
        return SIMAUTH_MALFORMED;
    scheme_len = strcspn(uri, ":");
    if (uri[scheme_len] == '\0')
        return SIMAUTH_MALFORMED;
    if (ascii_is(uri, scheme_len, "sip") || ascii_is(uri, scheme_len, "sips"))
        result = sip_canonical(uri + scheme_len + 1, canonical);
    else if (ascii_is(uri, scheme_len, "tel"))
        result = tel_canonical(uri + scheme_len + 1, canonical);
    if (result != SIMAUTH_OK)
        *canonical = '\0';
    return result;
}

bool simauth_aor_same(const char *uri_a, const char *uri_b)
{
    char a[SIMAUTH_AOR_MAX + 1], b[SIMAUTH_AOR_MAX + 1];

    return simauth_aor_canonical(uri_a, a) == SIMAUTH_OK &&
           simauth_aor_canonical(uri_b, b) == SIMAUTH_OK && strcmp(a, b) == 0;
}

const char *simauth_aor_domain(const char *canonical)
{
    const char *at = strchr(canonical, '@');

    if (at != NULL)
        return at + 1;
    return strncmp(canonical, SIP, sizeof SIP - 1) == 0 ? canonical + sizeof SIP - 1 : "";
}
