/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must be right before a gateway serves; simauth-gateway and "simauth-gatewayctl check" look
 * at the same. */
#ifndef SIMAUTH_GATEWAY_START_H
#define SIMAUTH_GATEWAY_START_H

#include "gateway.h"

/* After gateway_open(): the source of vectors, the certificate of TLS (in use from now on) and the
 * operator's key of the day. -1 with a sentence in `error` (CONFIG_ERROR_MAX). start_end() in any
 * case, before gateway_close(). */
int start_prepare(struct gateway *gateway, char *error);
void start_end(struct gateway *gateway);

#endif
