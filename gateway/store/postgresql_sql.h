/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All SQL of the PostgreSQL store: one table of statements, one of schema versions. */
#ifndef SIMAUTH_GATEWAY_POSTGRESQL_SQL_H
#define SIMAUTH_GATEWAY_POSTGRESQL_SQL_H

#include "sql.h"

extern const char *const postgresql_text[SQL_COUNT]; /* NULL: transactions are the driver's */

/* Step n brings a database of version n to version n + 1; the last is NULL. */
extern const char *const postgresql_schema[];
#define POSTGRESQL_SCHEMA_VERSION 6
/* The lowest version whose gateways may go on with this schema: they run beside newer ones while
 * nodes are upgraded. So a step only adds (columns with a default, tables, indices), and this stays
 * unless one does not. tests/gateway/ops_schema.py runs their statements. */
#define POSTGRESQL_SCHEMA_LEAST 2

#endif
