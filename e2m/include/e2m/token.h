/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tokens in RTCP that open and close a pinhole (docs/protocol.md, section 8): an empty receiver
 * report and an APP packet (RFC 3550, 6.7), in clear beside SRTCP. The MAC's key comes from a line
 * of the enveloped session description, so only its readers can make or check one.
 */
#ifndef E2M_TOKEN_H
#define E2M_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define E2M_TOKEN_ATTRIBUTE "a=simauth-pinhole:" /* behind it b64u of the secret */
#define E2M_TOKEN_SECRET_LEN 32
#define E2M_TOKEN_SECRET_TEXT 43
#define E2M_TOKEN_MAC_LEN 16
#define E2M_TOKEN_LEN 44 /* of the UDP payload, always */

/* What is in a token; a plain value. */
struct e2m_token {
    bool close;       /* subtype 1; else 0, open */
    uint32_t ssrc;    /* of the stream whose socket sent it */
    uint64_t counter; /* of this secret: greater than in all tokens before, from 1 on */
};

/* Prints the secret as in the attribute, NUL behind. */
void e2m_token_print_secret(const uint8_t secret[static E2M_TOKEN_SECRET_LEN],
                            char text[static E2M_TOKEN_SECRET_TEXT + 1]);
/* Reads `len` characters; false: not the canonical b64u of 32 octets. */
bool e2m_token_read_secret(const char *text, size_t len,
                           uint8_t secret[static E2M_TOKEN_SECRET_LEN]);

/* Makes a packet; `from` and `to` are the canonical AORs of its sender and of who it speaks with.
 * False: libcrypto failed, or an AOR is too long. */
bool e2m_token_make(const uint8_t secret[static E2M_TOKEN_SECRET_LEN], const char *from,
                    const char *to, const struct e2m_token *token,
                    uint8_t packet[static E2M_TOKEN_LEN]);
/* What a datagram says, nothing of it proved; false: it is no token. */
bool e2m_token_read(const uint8_t *packet, size_t len, struct e2m_token *token);
/* Whether its MAC is right, compared in constant time. */
bool e2m_token_proved(const uint8_t secret[static E2M_TOKEN_SECRET_LEN], const char *from,
                      const char *to, const uint8_t packet[static E2M_TOKEN_LEN]);

#endif
