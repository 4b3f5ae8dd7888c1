/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts in names: RFC 3261 section 25.1 for what may stand there, RFC 5952 section 4 for how IPv6
 * is written. */
#include "names.h"
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HOST_MAX 253
#define LABEL_MAX 63

int ascii_hex(char c)
{
    if (ascii_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ascii_is(const char *s, size_t len, const char *text)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\0' || ascii_lower(s[i]) != text[i])
            return false;
    }
    return text[len] == '\0';
}

bool host_label_good(const char *label, size_t len)
{
    if (len == 0 || len > LABEL_MAX || label[0] == '-' || label[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!ascii_alnum(label[i]) && label[i] != '-')
            return false;
    }
    return true;
}

/* Four decimal numbers without leading zeros: other spellings are other numbers to other parsers.
 */
static bool ipv4_good(const char *host)
{
    struct in_addr address;
    char back[INET_ADDRSTRLEN];

    return inet_pton(AF_INET, host, &address) == 1 &&
           inet_ntop(AF_INET, &address, back, sizeof back) != NULL && strcmp(host, back) == 0;
}

/* `host` is in lower case and has no trailing dot. */
static bool hostname_good(const char *host)
{
    const char *label = host;

    for (;;) {
        size_t len = strcspn(label, ".");
        if (!host_label_good(label, len))
            return false;
        if (label[len] == '\0')
            return ascii_alpha(*label) || ipv4_good(host);
        label += len + 1;
    }
}

/* The first of the longest runs of zero groups; *len is 0 when none has two. */
static unsigned longest_run(const uint8_t address[static 16], unsigned *len)
{
    unsigned best = 0;

    *len = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned n = 0;
        while (i + n < 8 && address[2 * (i + n)] == 0 && address[2 * (i + n) + 1] == 0)
            n++;
        if (n >= 2 && n > *len) {
            best = i;
            *len = n;
        }
    }
    return best;
}

/* Never the mixed notation: one address, one spelling, whatever its prefix. */
static size_t write_ipv6(const uint8_t address[static 16], char *out, size_t room)
{
    unsigned run_len, run = longest_run(address, &run_len);
    size_t n = (size_t)snprintf(out, room, "[");

    for (unsigned i = 0; i < 8; i++) {
        if (run_len > 0 && i == run) {
            n += (size_t)snprintf(out + n, room - n, "::");
            i += run_len - 1;
            continue;
        }
        n += (size_t)snprintf(out + n, room - n, "%s%x", i == 0 || out[n - 1] == ':' ? "" : ":",
                              (unsigned)address[2 * i] << 8 | address[2 * i + 1]);
    }
    return n + (size_t)snprintf(out + n, room - n, "]");
}

static enum simauth_result ipv6_canonical(const char *host, size_t len, char *out, size_t room)
{
    char text[INET6_ADDRSTRLEN] = "", written[INET6_ADDRSTRLEN + 2];
    struct in6_addr address;
    size_t n;

    if (len < 2 || host[len - 1] != ']' || len - 2 >= sizeof text)
        return SIMAUTH_MALFORMED;
    memcpy(text, host + 1, len - 2);
    if (strlen(text) != len - 2 || inet_pton(AF_INET6, text, &address) != 1)
        return SIMAUTH_MALFORMED;
    n = write_ipv6(address.s6_addr, written, sizeof written);
    if (n > room)
        return SIMAUTH_TOO_LONG;
    memcpy(out, written, n + 1);
    return SIMAUTH_OK;
}

enum simauth_result host_canonical(const char *host, size_t len, char *out, size_t room)
{
    out[0] = '\0';
    if (len > 0 && host[0] == '[')
        return ipv6_canonical(host, len, out, room);
    if (len > 0 && host[len - 1] == '.')
        len--;
    if (len > HOST_MAX || len > room)
        return SIMAUTH_TOO_LONG;
    for (size_t i = 0; i < len; i++)
        out[i] = ascii_lower(host[i]);
    out[len] = '\0';
    if (strlen(out) == len && hostname_good(out))
        return SIMAUTH_OK;
    out[0] = '\0';
    return SIMAUTH_MALFORMED;
}
