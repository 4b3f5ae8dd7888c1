/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the SQLite store: how statements are bound, run and read. */
#ifndef SIMAUTH_GATEWAY_SQLITE_PRIVATE_H
#define SIMAUTH_GATEWAY_SQLITE_PRIVATE_H

#include "sqlite_sql.h"
#include "store.h"

#include <pthread.h>
#include <sqlite3.h>

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT];
    const struct seal *seal;
    pthread_mutex_t lock; /* held from begin to commit or rollback */
};

enum store_result sqlite_result(int code);
/* The prepared statement, reset, its parameters bound by `types`: i int64, t text, b octets
 * (pointer, size_t). */
sqlite3_stmt *sqlite_bind(struct store *store, enum sql sql, const char *types, ...);
/* STORE_OK: a row is there (reset with sqlite3_reset() after reading it). STORE_NONE: none. */
enum store_result sqlite_row(sqlite3_stmt *statement);
/* Runs a statement without rows; STORE_NONE when nothing changed. */
enum store_result sqlite_run(struct store *store, sqlite3_stmt *statement);

/* Columns. False when the value does not fit. */
bool sqlite_text(sqlite3_stmt *statement, int column, char *text, size_t room);
bool sqlite_octets(sqlite3_stmt *statement, int column, uint8_t *octets, size_t len);
/* A sealed blob at `place` of exactly `len` octets. */
bool sqlite_sealed(struct store *store, sqlite3_stmt *statement, int column, const char *place,
                   void *plain, size_t len);

/* Methods in files of their own. */
enum store_result sqlite_subscriber_add(struct store *, struct store_subscriber *);
enum store_result sqlite_subscriber_by_id(struct store *, int64_t, struct store_subscriber *);
enum store_result sqlite_subscriber_by_impi(struct store *, const char *,
                                            struct store_subscriber *);
enum store_result sqlite_subscriber_by_imsi(struct store *, const char *,
                                            struct store_subscriber *);
enum store_result sqlite_subscriber_list(struct store *, store_subscriber_cb, void *);
enum store_result sqlite_subscriber_remove(struct store *, int64_t);
enum store_result sqlite_sqn_set(struct store *, int64_t, uint64_t);
enum store_result sqlite_binding_add(struct store *, const struct store_binding *);
enum store_result sqlite_binding_find(struct store *, const char *, struct store_binding *);
enum store_result sqlite_binding_list(struct store *, int64_t, store_binding_cb, void *);
enum store_result sqlite_binding_remove(struct store *, const char *);

enum store_result sqlite_partner_add(struct store *, struct store_partner *);
enum store_result sqlite_partner_list(struct store *, store_partner_cb, void *);
enum store_result sqlite_partner_by_id(struct store *, int64_t, struct store_partner *);
enum store_result sqlite_partner_by_name(struct store *, const char *, struct store_partner *);
enum store_result sqlite_partner_by_realm(struct store *, const char *, struct store_partner *);
enum store_result sqlite_partner_by_certificate(struct store *, const char *,
                                                struct store_partner *);
enum store_result sqlite_partner_suspend(struct store *, const char *, bool);
enum store_result sqlite_partner_remove(struct store *, const char *);

enum store_result sqlite_ub_put(struct store *, const struct store_ub *);
enum store_result sqlite_ub_get(struct store *, int64_t, struct store_ub *);
enum store_result sqlite_ub_wrong(struct store *, const uint8_t *);
enum store_result sqlite_ub_take(struct store *, const uint8_t *);
enum store_result sqlite_session_put(struct store *, const struct store_session *);
enum store_result sqlite_session_get(struct store *, const char *, struct store_session *);

enum store_result sqlite_vector_add(struct store *, struct store_vector *);
enum store_result sqlite_vector_by_rand(struct store *, enum store_vector_role, const uint8_t *,
                                        size_t, struct store_vector *);
enum store_result sqlite_vector_by_rand_b(struct store *, enum store_vector_role, int64_t,
                                          const uint8_t *, size_t, struct store_vector *);
enum store_result sqlite_vector_step(struct store *, int64_t, enum store_vector_state, const char *,
                                     int64_t, int64_t);
enum store_result sqlite_vector_resync(struct store *, int64_t, enum store_vector_state);
enum store_result sqlite_vector_give(struct store *, int64_t, const uint8_t *);
enum store_result sqlite_vector_renew(struct store *, const struct store_vector *);

#endif
