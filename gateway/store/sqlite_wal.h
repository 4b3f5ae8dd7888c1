/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The write-ahead log of an SQLite database, kept by us and not by SQLite: when it is on the disk
 * (one fdatasync for all who wait at that time), and when it goes back into the database (in a
 * thread of its own, so that no call pays for it). The connection is opened with synchronous =
 * NORMAL, where SQLite itself waits for the disk around a checkpoint and never in a commit.
 */
#ifndef SIMAUTH_GATEWAY_SQLITE_WAL_H
#define SIMAUTH_GATEWAY_SQLITE_WAL_H

#include "store.h"

#include <pthread.h>
#include <sqlite3.h>

struct sqlite_wal;
/* `writing`: held by whoever is in a transaction on `db`; both must outlive the result. NULL: no
 * memory, thread or second connection. */
struct sqlite_wal *sqlite_wal_open(sqlite3 *db, pthread_mutex_t *writing);
/* Before `db` is closed. */
void sqlite_wal_close(struct sqlite_wal *wal);
/* A transaction was committed: its ticket; with `writing` held. */
uint64_t sqlite_wal_written(struct sqlite_wal *wal);
/* Whether nothing may be written any more: the disk failed to keep what it was given. */
bool sqlite_wal_broken(struct sqlite_wal *wal);
/* Waits until it is on the disk (0: all so far); without `writing`. */
enum store_result sqlite_wal_settle(struct sqlite_wal *wal, uint64_t ticket);

#endif
