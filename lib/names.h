/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grammar that AORs, NAIs and statements share. */
#ifndef SIMAUTH_LIB_NAMES_H
#define SIMAUTH_LIB_NAMES_H

#include "simauth/keys.h"
#include "simauth/result.h"
#include <stdbool.h>
#include <stddef.h>

/* ASCII alone, whatever the locale of the phone's window. */
static inline bool ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool ascii_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool ascii_alnum(char c)
{
    return ascii_alpha(c) || ascii_digit(c);
}
static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}
static inline char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}
/* -1 for no hexadecimal digit. */
int ascii_hex(char c);
/* Whether the `len` characters are `text` (lower case) when their case is left out. */
bool ascii_is(const char *s, size_t len, const char *text);

/* Letters, digits and inner hyphens, at most 63. */
bool host_label_good(const char *label, size_t len);
/* The canonical form of a host (name, IPv4 address or IPv6 reference) with a NUL to `out`, which
 * has room for `room` characters and the NUL. SIMAUTH_MALFORMED, SIMAUTH_TOO_LONG. */
enum simauth_result host_canonical(const char *host, size_t len, char *out, size_t room);
/* A realm: lower-case labels, two or more (RFC 7542, 2.2), at most SIMAUTH_REALM_MAX. */
bool realm_good(const char *realm);
/* All four are there and have lengths that may be; what they say was checked where they came from.
 */
bool names_fit(const struct simauth_names *names);

#endif
