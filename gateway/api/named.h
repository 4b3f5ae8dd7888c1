/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a partner calls itself. Phones show it, and its certificate proves the realm alone. */
#ifndef SIMAUTH_GATEWAY_NAMED_H
#define SIMAUTH_GATEWAY_NAMED_H

#include "../store/store.h"

/* Tells the engineer, once for each statement (JWS) of a partner, when its name is another than the
 * agreement's. */
void named_look(const struct store_partner *partner, const char *statement);

#endif
