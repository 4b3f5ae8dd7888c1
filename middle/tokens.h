/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies of the datagrams that look like tokens, from a rule of simauth-middle.nft (NFLOG): the
 * kernel never waits for this process, and needs no right of it but CAP_NET_ADMIN. */
#ifndef SIMAUTH_MIDDLE_TOKENS_H
#define SIMAUTH_MIDDLE_TOKENS_H

#include "gates.h"

/* A socket that poll() waits for, or -1 with a sentence in `error` (CONFIG_ERROR_MAX). */
int tokens_open(const struct config *config, char *error);
/* What has come so far, at most 64 datagrams of the kernel's. */
void tokens_read(int fd, void (*taken)(const struct token_packet *packet, void *data), void *data);
/* An IP packet; false: no datagram of a token's length in it. */
bool tokens_parse(const uint8_t *octets, size_t len, struct token_packet *packet);

#endif
