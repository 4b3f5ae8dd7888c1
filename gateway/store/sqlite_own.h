/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SQLite store's connection, for both ways to use it: a command's (sqlite.c) and a gateway's
 * (serving.h). */
#ifndef SIMAUTH_GATEWAY_SQLITE_OWN_H
#define SIMAUTH_GATEWAY_SQLITE_OWN_H

#include "sql.h"

#include <sqlite3.h>

/* As store_ops.open(), of the database alone. */
enum store_result sqlite_connect(const char *where, bool create, const struct seal *seal,
                                 struct store **store, char *error);
void sqlite_disconnect(struct store *store);
sqlite3 *sqlite_database(struct store *store);
/* A statement without parameters; SQLite's own code. */
int sqlite_step(struct store *store, enum sql sql);
enum store_result sqlite_result(int code);
/* The first value of the first row of `text`; -1: none. */
int64_t sqlite_integer(sqlite3 *db, const char *text);
enum store_result sqlite_backup(struct store *store, const char *path);

#endif
