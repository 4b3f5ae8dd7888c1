/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the SQL stores share: every method of store.h, written once over a driver. A driver is a
 * connection, a table of prepared statements (one for each `enum sql`) and how they are run and
 * read.
 */
#ifndef SIMAUTH_GATEWAY_SQL_H
#define SIMAUTH_GATEWAY_SQL_H

#include "store.h"

#include <pthread.h>
#include <stdarg.h>

/* A number of store.h within a statement. */
#define SQL_NUMBER(number) SQL_NUMBER_OF(number)
#define SQL_NUMBER_OF(number) #number

enum sql {
#define SQL(name, text) name,
#define SQL_EACH(name, sqlite, postgresql) name,
#include "sql.def"
    SQL_COUNT
};

/* Rows that one sql_reseal() takes. */
#define SQL_RESEAL_BATCH 100

/* A statement that was bound, and its rows. */
struct sql_rows;
struct sql_driver {
    struct sql_rows *(*bind)(struct store *store, enum sql sql, const char *types,
                             va_list arguments);
    enum store_result (*row)(struct store *store, struct sql_rows *rows);
    enum store_result (*run)(struct store *store, struct sql_rows *rows);
    void (*reset)(struct store *store, struct sql_rows *rows);
    int64_t (*integer)(struct store *store, struct sql_rows *rows, int column);
    /* NULL and 0 for SQL's NULL; text is NUL-terminated. Valid until the next row. */
    const void *(*value)(struct store *store, struct sql_rows *rows, int column, size_t *len);
    int64_t (*inserted)(struct store *store);
};
/* The first member of every SQL store. */
struct store {
    const struct sql_driver *driver;
    const struct seal *seal;
    pthread_mutex_t lock;    /* held from begin to commit or rollback */
    struct serving *serving; /* serving.h; NULL: everything stands in the database */
};

/* The prepared statement, its parameters bound by `types`: i int64, t text, b octets (pointer,
 * size_t), which must stay as they are until it has run or its first row is there. */
struct sql_rows *sql_bind(struct store *store, enum sql sql, const char *types, ...);
/* STORE_OK: a row is there (sql_reset() after reading it). STORE_NONE: none. */
enum store_result sql_row(struct store *store, struct sql_rows *rows);
void sql_reset(struct store *store, struct sql_rows *rows);
/* Runs a statement without rows; STORE_NONE when nothing changed. */
enum store_result sql_run(struct store *store, struct sql_rows *rows);
/* The id of the row that the last statement added. */
int64_t sql_inserted(struct store *store);

/* Columns. False when the value does not fit. */
int64_t sql_integer(struct store *store, struct sql_rows *rows, int column);
const char *sql_string(struct store *store, struct sql_rows *rows, int column);
int sql_bytes(struct store *store, struct sql_rows *rows, int column);
bool sql_text(struct store *store, struct sql_rows *rows, int column, char *text, size_t room);
bool sql_octets(struct store *store, struct sql_rows *rows, int column, uint8_t *octets,
                size_t len);
/* A sealed blob at `place` of exactly `len` octets. */
bool sql_sealed(struct store *store, struct sql_rows *rows, int column, const char *place,
                void *plain, size_t len);
/* Hands each row of `rows` to `step`, which reads it and may set *stop; ends the statement. */
typedef enum store_result (*sql_step)(struct store *store, struct sql_rows *rows, void *walk,
                                      int *stop);
enum store_result sql_walk(struct store *store, struct sql_rows *rows, sql_step step, void *walk);
/* "WHERE: WHAT" into `error`; `result` again. */
enum store_result sql_say(char *error, const char *where, enum store_result result,
                          const char *what);

/* Methods in files of their own. */
enum store_result sql_subscriber_add(struct store *store, struct store_subscriber *subscriber);
enum store_result sql_subscriber_by_id(struct store *store, int64_t id,
                                       struct store_subscriber *subscriber);
enum store_result sql_subscriber_by_impi(struct store *store, const char *impi,
                                         struct store_subscriber *subscriber);
enum store_result sql_subscriber_by_imsi(struct store *store, const char *imsi,
                                         struct store_subscriber *subscriber);
enum store_result sql_subscriber_list(struct store *store, const char *after, int limit,
                                      store_subscriber_cb cb, void *data);
enum store_result sql_subscriber_remove(struct store *store, int64_t id);
enum store_result sql_subscriber_bar(struct store *store, int64_t id, bool barred);
enum store_result sql_subscriber_rekey(struct store *store,
                                       const struct store_subscriber *subscriber);
enum store_result sql_subscriber_since(struct store *store, int64_t id, int64_t sim_since);
enum store_result sql_sqn_set(struct store *store, int64_t id, uint64_t sqn);
enum store_result sql_code_put(struct store *store, const struct store_code *code);
enum store_result sql_code_get(struct store *store, const uint8_t *id, struct store_code *code);
enum store_result sql_code_use(struct store *store, const uint8_t *id, int64_t now);
enum store_result sql_code_remove(struct store *store, int64_t subscriber);

enum store_result sql_binding_add(struct store *store, const struct store_binding *b);
enum store_result sql_binding_find(struct store *store, const char *aor, int64_t subscriber,
                                   const char *nai, int64_t now, struct store_binding *binding);
enum store_result sql_binding_list(struct store *store, const struct store_binding_filter *f,
                                   store_binding_cb cb, void *data);
enum store_result sql_binding_renew(struct store *store, const struct store_binding *b);
enum store_result sql_binding_remove(struct store *store, const char *aor, int64_t subscriber);
enum store_result sql_event_add(struct store *store, const struct store_event *e);
enum store_result sql_event_list(struct store *store, const char *aor, const char *nai,
                                 store_event_cb cb, void *data);
enum store_result sql_proof_put(struct store *store, const struct store_proof *p);
enum store_result sql_proof_get(struct store *store, int64_t subscriber, const char *aor,
                                struct store_proof *p);
enum store_result sql_proof_sent(struct store *store, int64_t subscriber, int64_t since,
                                 int64_t *sent);
enum store_result sql_proof_wrong(struct store *store, int64_t subscriber, const char *aor);
enum store_result sql_proof_take(struct store *store, int64_t subscriber, const char *aor);
enum store_result sql_claim_put(struct store *store, const struct store_claim *claim);
enum store_result sql_claim_list(struct store *store, const char *aor, int64_t since,
                                 store_claim_cb cb, void *data);
enum store_result sql_claim_remove(struct store *store, const char *aor, const char *partner);

enum store_result sql_partner_add(struct store *store, struct store_partner *p);
enum store_result sql_partner_list(struct store *store, store_partner_cb cb, void *data);
enum store_result sql_partner_by_id(struct store *store, int64_t id, struct store_partner *p);
enum store_result sql_partner_by_name(struct store *store, const char *name,
                                      struct store_partner *p);
enum store_result sql_partner_by_realm(struct store *store, const char *realm,
                                       struct store_partner *p);
enum store_result sql_partner_by_certificate(struct store *store, const char *dns_name,
                                             struct store_partner *p);
enum store_result sql_partner_update(struct store *store, const struct store_partner *p);
enum store_result sql_partner_suspend(struct store *store, const char *name, bool suspended);
enum store_result sql_partner_remove(struct store *store, const char *name);

enum store_result sql_ub_put(struct store *store, const struct store_ub *ub);
enum store_result sql_ub_get(struct store *store, int64_t subscriber, struct store_ub *ub);
enum store_result sql_ub_take(struct store *store, const uint8_t *rand);
enum store_result sql_session_put(struct store *store, const struct store_session *session);
enum store_result sql_session_get(struct store *store, const char *btid,
                                  struct store_session *session);

enum store_result sql_vector_add(struct store *store, struct store_vector *v);
enum store_result sql_vector_by_rand(struct store *store, enum store_vector_role role,
                                     const uint8_t *rand, size_t len, struct store_vector *v);
enum store_result sql_vector_of_sim(struct store *store, int64_t subscriber, const uint8_t *rand_b,
                                    size_t len, struct store_vector *v);
enum store_result sql_vector_by_rand_b(struct store *store, enum store_vector_role role,
                                       int64_t peer, const uint8_t *rand_b, size_t len,
                                       struct store_vector *v);
enum store_result sql_vector_step(struct store *store, int64_t id, enum store_vector_state to,
                                  const char *element, int64_t since, int64_t now);
enum store_result sql_vector_bind(struct store *store, int64_t id, const char *element);
enum store_result sql_vector_resync(struct store *store, int64_t id, enum store_vector_state state);
enum store_result sql_vector_give(struct store *store, int64_t id, const uint8_t *seal_to);
enum store_result sql_vector_renew(struct store *store, const struct store_vector *v);
enum store_result sql_subscriber_changed(struct store *store, const char *nai, int64_t since);
enum store_result sql_session_lives(struct store *store, int64_t subscriber, int64_t now);
enum store_result sql_ticket_add(struct store *store, struct store_ticket *t);
enum store_result sql_ticket_get(struct store *store, const uint8_t *ticket,
                                 struct store_ticket *found);
enum store_result sql_ticket_claim(struct store *store, int64_t id, const char *element,
                                   int64_t since);
enum store_result sql_ticket_list(struct store *store, int64_t subscriber, int64_t since,
                                  store_ticket_cb cb, void *data);
enum store_result sql_ticket_take(struct store *store, int64_t id);
enum store_result sql_answer_get(struct store *store, const char *who, const uint8_t *key,
                                 struct store_answer *answer);
enum store_result sql_answer_put(struct store *store, const struct store_answer *answer);
/* The body of a secret answer as it stands, malloc'ed; NULL: no memory, or libcrypto refused. */
char *sql_answer_close(struct store *store, const struct store_answer *answer);
/* Body and `secret` of what stands so; `who` and `key` must be there. */
enum store_result sql_answer_read(struct store *store, const char *text,
                                  struct store_answer *answer);
enum store_result sql_record_add(struct store *store, struct store_record *record);
enum store_result sql_record_name(struct store *store, struct store_record *record);
/* Sets `first`: no record of this pair is there. */
enum store_result sql_record_first(struct store *store, struct store_record *record);
enum store_result sql_record_drop(struct store *store, int64_t id);
enum store_result sql_record_outcome(struct store *store, int64_t id, enum store_outcome outcome);
enum store_result sql_record_list(struct store *store, const struct store_record_filter *f,
                                  store_record_cb cb, void *data);
enum store_result sql_record_sum(struct store *store, bool by_subscriber, int64_t from, int64_t to,
                                 store_sum_cb cb, void *data);
enum store_result sql_record_purge(struct store *store, int64_t before, int64_t last);
enum store_result sql_record_erase(struct store *store, const char *nai);
enum store_result sql_price_set(struct store *store, const struct store_price *price);
enum store_result sql_price_list(struct store *store, store_price_cb cb, void *data);
enum store_result sql_price_history(struct store *store, store_price_cb cb, void *data);
enum store_result sql_operator_key_add(struct store *store, const struct store_operator_key *key);
enum store_result sql_operator_key_get(struct store *store, int64_t now,
                                       struct store_operator_key *key);
enum store_result sql_authority_add(struct store *store, const struct store_authority *a);
enum store_result sql_authority_get(struct store *store, struct store_authority *a);
enum store_result sql_certificate_add(struct store *store, const struct store_certificate *c);
enum store_result sql_certificate_list(struct store *store,
                                       const struct store_certificate_filter *f,
                                       store_certificate_cb cb, void *data);
enum store_result sql_certificate_revoke(struct store *store, const uint8_t *serial, int64_t now);
/* What a SIM or an address that goes away takes with it. */
enum store_result sql_certificate_revoke_sim(struct store *store, int64_t subscriber);
enum store_result sql_certificate_revoke_aor(struct store *store, const char *aor,
                                             int64_t subscriber);
enum store_result sql_sweep(struct store *store, int64_t now);
/* The same but for what is in `serving`; and one statement of it alone. */
enum store_result sql_sweep_others(struct store *store, int64_t now);
enum store_result sql_sweep_lasting(struct store *store, int64_t now);
enum store_result sql_newest(struct store *store, int64_t *time);
#define SQL_SWEEP_RECORD_S 360
/* Records that one sql_record_purge() takes. */
#define SQL_PURGE_MAX 500
enum store_result sql_reseal(struct store *store, struct store_reseal *reseal);
enum store_result sql_restored(struct store *store, uint64_t jump);

/* The members of struct store_ops that are the same for all. */
#define SQL_METHODS                                                                                \
    .subscriber_add = sql_subscriber_add, .subscriber_list = sql_subscriber_list,                  \
    .subscriber_since = sql_subscriber_since, .code_put = sql_code_put, .code_get = sql_code_get,  \
    .code_use = sql_code_use, .code_remove = sql_code_remove, .binding_add = sql_binding_add,      \
    .binding_find = sql_binding_find, .binding_list = sql_binding_list,                            \
    .binding_renew = sql_binding_renew, .binding_remove = sql_binding_remove,                      \
    .event_add = sql_event_add, .event_list = sql_event_list, .proof_put = sql_proof_put,          \
    .proof_get = sql_proof_get, .proof_sent = sql_proof_sent, .proof_wrong = sql_proof_wrong,      \
    .proof_take = sql_proof_take, .claim_put = sql_claim_put, .claim_list = sql_claim_list,        \
    .claim_remove = sql_claim_remove, .record_sum = sql_record_sum,                                \
    .record_purge = sql_record_purge, .record_erase = sql_record_erase,                            \
    .sweep_lasting = sql_sweep_lasting, .newest = sql_newest, .price_set = sql_price_set,          \
    .price_list = sql_price_list, .price_history = sql_price_history,                              \
    .partner_list = sql_partner_list, .partner_by_id = sql_partner_by_id,                          \
    .partner_by_name = sql_partner_by_name, .ub_put = sql_ub_put, .ub_get = sql_ub_get,            \
    .ub_take = sql_ub_take, .session_put = sql_session_put, .session_get = sql_session_get,        \
    .subscriber_changed = sql_subscriber_changed, .session_lives = sql_session_lives,              \
    .ticket_add = sql_ticket_add, .ticket_get = sql_ticket_get, .ticket_claim = sql_ticket_claim,  \
    .ticket_list = sql_ticket_list, .ticket_take = sql_ticket_take,                                \
    .record_list = sql_record_list, .operator_key_add = sql_operator_key_add,                      \
    .operator_key_get = sql_operator_key_get, .authority_add = sql_authority_add,                  \
    .authority_get = sql_authority_get, .certificate_add = sql_certificate_add,                    \
    .certificate_list = sql_certificate_list, .certificate_revoke = sql_certificate_revoke
/* Those that are not the database's while a gateway serves (serving.c). */
#define SQL_CALL_METHODS                                                                           \
    .subscriber_by_id = sql_subscriber_by_id, .subscriber_by_impi = sql_subscriber_by_impi,        \
    .subscriber_by_imsi = sql_subscriber_by_imsi, .subscriber_remove = sql_subscriber_remove,      \
    .subscriber_bar = sql_subscriber_bar, .subscriber_rekey = sql_subscriber_rekey,                \
    .sqn_set = sql_sqn_set, .vector_add = sql_vector_add, .vector_by_rand = sql_vector_by_rand,    \
    .vector_by_rand_b = sql_vector_by_rand_b, .vector_of_sim = sql_vector_of_sim,                  \
    .vector_step = sql_vector_step, .vector_bind = sql_vector_bind,                                \
    .vector_resync = sql_vector_resync, .vector_give = sql_vector_give,                            \
    .vector_renew = sql_vector_renew, .answer_get = sql_answer_get, .answer_put = sql_answer_put,  \
    .record_drop = sql_record_drop, .record_outcome = sql_record_outcome, .sweep = sql_sweep,      \
    .reseal = sql_reseal, .restored = sql_restored, .partner_update = sql_partner_update,          \
    .partner_add = sql_partner_add, .partner_by_realm = sql_partner_by_realm,                      \
    .partner_by_certificate = sql_partner_by_certificate, .partner_suspend = sql_partner_suspend,  \
    .partner_remove = sql_partner_remove

#endif
