/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is at the other end of a connection, by the certificates that it showed. */
#ifndef SIMAUTH_GATEWAY_PEER_H
#define SIMAUTH_GATEWAY_PEER_H

struct peer;
/* NULL: nothing. */
void peer_free(struct peer *peer);

#endif
