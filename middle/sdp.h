/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses, ports and bandwidth of a session description (RFC 4566, 3605, 5761). */
#ifndef SIMAUTH_MIDDLE_SDP_H
#define SIMAUTH_MIDDLE_SDP_H

#include <e2m/result.h>
#include <e2m/token.h>
#include <netinet/in.h>
#include <stdbool.h>

#define SDP_STREAMS_MAX 4
#define SDP_MAX 16384

struct sdp_address {
    int family; /* AF_INET, AF_INET6; 0: none */
    uint8_t octets[16];
};
struct sdp_stream {
    struct sdp_address address;
    struct sdp_address rtcp_address;
    uint16_t port, rtcp_port; /* port 0: refused */
    bool mux;                 /* a=rtcp-mux */
    bool video;
    unsigned kbit; /* b=AS; 0: it says nothing */
    bool has_secret;
    uint8_t secret[E2M_TOKEN_SECRET_LEN]; /* a=simauth-pinhole: wipe it */
};
struct sdp {
    unsigned count;
    bool too_many; /* it cannot be read for that */
    unsigned kbit; /* b=AS of the session; 0: it says nothing */
    struct sdp_stream streams[SDP_STREAMS_MAX];
};

/* False: broken, too long, or more streams than that. */
bool sdp_parse(struct e2m_span text, struct sdp *sdp);
/* What it asks for, kilobits a second; streams that say nothing count as given. */
unsigned sdp_kbit(const struct sdp *sdp, unsigned audio, unsigned video);
/* A unicast address that packets can come from. */
bool sdp_address_usable(const struct sdp_address *address);
bool sdp_address_parse(const char *text, struct sdp_address *address);

#endif
