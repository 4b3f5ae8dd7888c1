/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pinholes that tokens open and close ([pinholes] tokens=required): what a call was promised waits
 * until each phone that this server guards shows a token under the secret of its enveloped
 * description. */
#ifndef SIMAUTH_MIDDLE_GATES_H
#define SIMAUTH_MIDDLE_GATES_H

#include "calls.h"

/* A datagram in the form of a token, on its way through this machine. */
struct token_packet {
    struct sdp_address from, to;
    uint16_t from_port, to_port;
    uint8_t octets[E2M_TOKEN_LEN];
};

/* The secrets in a description of the caller's (side 0) or the callee's (1). */
void gates_take_secrets(struct call *call, const struct sdp *sdp, unsigned side);
/* These pinholes are what the call may have; with `all` no others. Without tokens they open now. */
void gates_ask(struct calls *calls, const struct config *config, struct call *call,
               const struct asked *asked, unsigned count, bool all, int64_t now);
/* One token. Wrong and repeated ones change nothing, and are told once for each call. */
void gates_token(struct calls *calls, const struct config *config,
                 const struct token_packet *packet, int64_t now);
/* Closes what no token kept open. */
void gates_expire(struct calls *calls, int64_t now);

#endif
