/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sdp.h"

#include <arpa/inet.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sdp_address_parse(const char *text, struct sdp_address *address)
{
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, address->octets) == 1)
        address->family = AF_INET;
    else if (inet_pton(AF_INET6, text, address->octets) == 1)
        address->family = AF_INET6;
    return address->family != 0;
}

bool sdp_address_usable(const struct sdp_address *a)
{
    struct in6_addr six;

    if (a->family == AF_INET) /* 0/8, 127/8, 224/4 and above */
        return a->octets[0] != 0 && a->octets[0] != 127 && a->octets[0] < 224;
    if (a->family != AF_INET6)
        return false;
    memcpy(&six, a->octets, sizeof six);
    return !IN6_IS_ADDR_UNSPECIFIED(&six) && !IN6_IS_ADDR_LOOPBACK(&six) &&
           !IN6_IS_ADDR_MULTICAST(&six) && !IN6_IS_ADDR_V4MAPPED(&six);
}

static bool number(const char *text, unsigned most, unsigned *value)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (!g_ascii_isdigit(text[0]) || (*end && !strchr(" /\t", *end)) || n > most)
        return false;
    *value = (unsigned)n;
    return true;
}

/* "IN IP4 192.0.2.1", also with a TTL behind it. */
static bool read_address(const char *text, struct sdp_address *address)
{
    char kind[4], host[64];

    if (sscanf(text, "IN %3s %63s", kind, host) != 2)
        return false;
    host[strcspn(host, "/")] = '\0';
    /* a name is looked up by nobody here */
    return !sdp_address_parse(host, address) ||
           (address->family == AF_INET) == !strcmp(kind, "IP4");
}

static bool read_media(const char *text, struct sdp *sdp, const struct sdp_address *session)
{
    struct sdp_stream *s = &sdp->streams[sdp->count];
    const char *blank = strchr(text, ' ');
    unsigned port;

    sdp->too_many = sdp->count == SDP_STREAMS_MAX;
    if (sdp->too_many || !blank || !number(blank + 1, 65535, &port))
        return false;
    memset(s, 0, sizeof *s);
    s->address = *session;
    s->port = (uint16_t)port;
    s->rtcp_port = (uint16_t)(port && port < 65535 ? port + 1 : 0);
    s->video = strncmp(text, "video ", 6) == 0;
    sdp->count++;
    return true;
}

/* a=rtcp:PORT [IN IP4 ADDRESS] */
static bool read_rtcp(const char *text, struct sdp_stream *s)
{
    const char *blank = strchr(text, ' ');
    unsigned port;

    if (!number(text, 65535, &port))
        return false;
    s->rtcp_port = (uint16_t)port;
    return !blank || read_address(blank + 1, &s->rtcp_address);
}

static bool read_line(const char *line, struct sdp *sdp, struct sdp_address *session)
{
    struct sdp_stream *s = sdp->count ? &sdp->streams[sdp->count - 1] : NULL;

    if (strncmp(line, "m=", 2) == 0)
        return read_media(line + 2, sdp, session);
    if (strncmp(line, "c=", 2) == 0)
        return read_address(line + 2, s ? &s->address : session);
    if (strncmp(line, "b=AS:", 5) == 0)
        return number(line + 5, 10000000, s ? &s->kbit : &sdp->kbit);
    if (s && strcmp(line, "a=rtcp-mux") == 0)
        s->mux = true;
    if (s && strncmp(line, "a=rtcp:", 7) == 0)
        return read_rtcp(line + 7, s);
    if (s && strncmp(line, E2M_TOKEN_ATTRIBUTE, strlen(E2M_TOKEN_ATTRIBUTE)) == 0)
        return s->has_secret =
                   e2m_token_read_secret(line + strlen(E2M_TOKEN_ATTRIBUTE),
                                         strlen(line) - strlen(E2M_TOKEN_ATTRIBUTE), s->secret);
    return true;
}

bool sdp_parse(struct e2m_span text, struct sdp *sdp)
{
    struct sdp_address session = {0};
    char **lines, *copy;
    bool good = text.len > 0 && text.len <= SDP_MAX && !memchr(text.octets, '\0', text.len);

    memset(sdp, 0, sizeof *sdp);
    if (!good)
        return false;
    copy = g_strndup((const char *)text.octets, text.len);
    lines = g_strsplit(copy, "\n", -1);
    good = strncmp(copy, "v=0", 3) == 0;
    for (size_t i = 0; good && lines[i]; i++)
        good = read_line(g_strchomp(lines[i]), sdp, &session);
    for (unsigned i = 0; i < sdp->count; i++)
        if (!sdp->streams[i].rtcp_address.family)
            sdp->streams[i].rtcp_address = sdp->streams[i].address;
    for (size_t i = 0; lines[i]; i++)
        OPENSSL_cleanse(lines[i], strlen(lines[i]));
    OPENSSL_cleanse(copy, text.len);
    g_strfreev(lines);
    g_free(copy);
    return good;
}

unsigned sdp_kbit(const struct sdp *sdp, unsigned audio, unsigned video)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < sdp->count; i++) {
        const struct sdp_stream *s = &sdp->streams[i];

        if (s->port)
            sum += s->kbit ? s->kbit : s->video ? video : audio;
    }
    return sdp->kbit ? sdp->kbit : sum;
}
