/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a gateway uses its SQLite database (store_sqlite_serving): what calls write stands in memory
 * (calls.h) and in a journal beside the database (journal.h), from where a thread brings records
 * and sequence numbers into their tables; everything else stands in the database as ever. A
 * transaction that writes both holds when the database has its number ("mixed").
 *
 * Commands open the database itself. Before they begin, the gateway that runs is asked to bring
 * over what it has, or, where none runs, they do that themselves.
 */
#ifndef SIMAUTH_GATEWAY_SERVING_H
#define SIMAUTH_GATEWAY_SERVING_H

#include "../sql.h"

struct serving_visit;
/* A command's: all that was answered before stands in the tables; *visit may be NULL. */
enum store_result serving_visit(struct store *store, struct serving_visit **visit, char *error);
/* The number of a new record, where a gateway runs; else 0. */
int64_t serving_visit_record(struct serving_visit *visit);
void serving_leave(struct serving_visit *visit);

#endif
