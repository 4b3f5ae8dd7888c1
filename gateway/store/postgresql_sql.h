/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SQL of the PostgreSQL store: sql.def in its words, and a table of schema versions. */
#ifndef SIMAUTH_GATEWAY_POSTGRESQL_SQL_H
#define SIMAUTH_GATEWAY_POSTGRESQL_SQL_H

#include "sql.h"

#define POSTGRESQL_TEXT_MAX 1024
/* A statement; false: there is none, transactions are the driver's. */
bool postgresql_text(enum sql sql, char text[static POSTGRESQL_TEXT_MAX]);

/* Step n brings a database of version n to version n + 1; the last is NULL. */
extern const char *const postgresql_schema[];
#define POSTGRESQL_SCHEMA_VERSION 7
/* The lowest version whose gateways may go on with this schema: they run beside newer ones while
 * nodes are upgraded. So a step only adds (columns with a default, tables, indices), and this stays
 * unless one does not. tests/gateway/ops_schema.py runs their statements. */
#define POSTGRESQL_SCHEMA_LEAST 2

#endif
