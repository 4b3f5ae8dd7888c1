/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stores there are; only store.c needs it. */
#ifndef SIMAUTH_GATEWAY_STORES_H
#define SIMAUTH_GATEWAY_STORES_H

#include "store.h"

extern const struct store_ops store_sqlite;
extern const struct store_ops store_sqlite_serving; /* serving.h */
extern const struct store_ops store_postgresql;

#endif
