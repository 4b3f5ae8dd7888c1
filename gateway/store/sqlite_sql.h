/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SQL of the SQLite store: sql.def in its words, and a table of schema versions. */
#ifndef SIMAUTH_GATEWAY_SQLITE_SQL_H
#define SIMAUTH_GATEWAY_SQLITE_SQL_H

#include "sql.h"

extern const char *const sqlite_text[SQL_COUNT];

/* schema_steps[n] brings a database of version n to version n + 1; the last is NULL. */
extern const char *const schema_steps[];
#define SCHEMA_VERSION 9
#define SCHEMA_APPLICATION_ID 0x53494d41 /* "SIMA" */

#endif
