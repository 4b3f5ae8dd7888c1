/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store of a gateway that serves: opening, and the methods that are not the database's. */
#include "../../../common/disk.h"
#include "../stores.h"
#include "serving_own.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUSY_MS 400
#define LOCKED_MS 3000 /* a command that brings records over, a gateway that ends */

static struct calls *calls_of(struct store *store)
{
    return &store->serving->calls;
}

/* -- subscribers: the database may have an older number ---------------------------------------- */

static enum store_result with_number(struct store *store, enum store_result result,
                                     struct store_subscriber *subscriber)
{
    struct serving *serving = store->serving;
    uint64_t sqn;

    if (result != STORE_OK)
        return result;
    if (calls_sqn(&serving->calls, subscriber->id, &sqn) && sqn > subscriber->sqn)
        subscriber->sqn = sqn;
    serving->read_id = subscriber->id;
    serving->read_sqn = subscriber->sqn;
    return STORE_OK;
}

static enum store_result subscriber_by_id(struct store *store, int64_t id,
                                          struct store_subscriber *subscriber)
{
    return with_number(store, sql_subscriber_by_id(store, id, subscriber), subscriber);
}

static enum store_result subscriber_by_impi(struct store *store, const char *impi,
                                            struct store_subscriber *subscriber)
{
    return with_number(store, sql_subscriber_by_impi(store, impi, subscriber), subscriber);
}

static enum store_result subscriber_by_imsi(struct store *store, const char *imsi,
                                            struct store_subscriber *subscriber)
{
    return with_number(store, sql_subscriber_by_imsi(store, imsi, subscriber), subscriber);
}

static enum store_result sqn_set(struct store *store, int64_t id, uint64_t sqn)
{
    struct serving *serving = store->serving;
    struct store_subscriber subscriber;
    enum store_result result = STORE_OK;

    if (serving->read_id != id) {
        result = subscriber_by_id(store, id, &subscriber);
        store_subscriber_wipe(&subscriber);
    }
    if (result != STORE_OK || sqn <= serving->read_sqn)
        return result == STORE_OK ? STORE_NONE : result;
    serving->read_sqn = sqn;
    calls_sqn_set(&serving->calls, id, sqn);
    return STORE_OK;
}

static enum store_result after(struct store *store, enum store_result result)
{
    return result == STORE_OK ? serving_hear(store->serving) : result;
}

static enum store_result subscriber_remove(struct store *store, int64_t id)
{
    return after(store, sql_subscriber_remove(store, id));
}

static enum store_result subscriber_bar(struct store *store, int64_t id, bool barred)
{
    return after(store, sql_subscriber_bar(store, id, barred));
}

static enum store_result subscriber_rekey(struct store *store,
                                          const struct store_subscriber *subscriber)
{
    return after(store, sql_subscriber_rekey(store, subscriber));
}

static enum store_result restored(struct store *store, uint64_t jump)
{
    return after(store, sql_restored(store, jump));
}

/* -- vectors ----------------------------------------------------------------------------------- */

static enum store_result vector_add(struct store *store, struct store_vector *v)
{
    return calls_vector_add(calls_of(store), v);
}

static enum store_result vector_by_rand(struct store *store, enum store_vector_role role,
                                        const uint8_t *rand, size_t len, struct store_vector *v)
{
    return calls_vector_by_rand(calls_of(store), role, rand, len, v);
}

static enum store_result vector_by_rand_b(struct store *store, enum store_vector_role role,
                                          int64_t peer, const uint8_t *rand_b, size_t len,
                                          struct store_vector *v)
{
    return calls_vector_by_rand_b(calls_of(store), role, peer, rand_b, len, v);
}

static enum store_result vector_of_sim(struct store *store, int64_t subscriber,
                                       const uint8_t *rand_b, size_t len, struct store_vector *v)
{
    return calls_vector_of_sim(calls_of(store), subscriber, rand_b, len, v);
}

static enum store_result vector_step(struct store *store, int64_t id, enum store_vector_state to,
                                     const char *element, int64_t since, int64_t now)
{
    return calls_vector_step(calls_of(store), id, to, element, since, now);
}

static enum store_result vector_bind(struct store *store, int64_t id, const char *element)
{
    return calls_vector_bind(calls_of(store), id, element);
}

static enum store_result vector_resync(struct store *store, int64_t id,
                                       enum store_vector_state state)
{
    return calls_vector_resync(calls_of(store), id, state);
}

static enum store_result vector_give(struct store *store, int64_t id, const uint8_t *seal_to)
{
    return calls_vector_give(calls_of(store), id, seal_to);
}

static enum store_result vector_renew(struct store *store, const struct store_vector *v)
{
    return calls_vector_renew(calls_of(store), v);
}

/* -- answers ----------------------------------------------------------------------------------- */

/* As it stands in the journal, or in the frame that is being made; malloc'ed. */
static char *fetch_text(struct store *store, const struct calls_answer *kept,
                        const uint8_t *pending)
{
    char *text = calloc(1, kept->len + 1);

    if (text && pending) {
        memcpy(text, pending, kept->len);
    } else if (text &&
               journal_fetch(store->serving->journal, &kept->place, text, kept->len) != STORE_OK) {
        free(text);
        text = NULL;
    }
    return text;
}

static enum store_result answer_get(struct store *store, const char *who, const uint8_t *key,
                                    struct store_answer *answer)
{
    const struct calls_answer *kept;
    const uint8_t *pending;
    enum store_result result = calls_answer_get(calls_of(store), who, key, &kept, &pending);
    char *text;

    if (result != STORE_OK)
        return result;
    memset(answer, 0, sizeof *answer);
    g_strlcpy(answer->who, who, sizeof answer->who);
    memcpy(answer->key, key, sizeof answer->key);
    memcpy(answer->hash, kept->hash, sizeof answer->hash);
    answer->made = kept->made;
    text = fetch_text(store, kept, pending);
    result = text ? sql_answer_read(store, text, answer) : STORE_FAILED;
    free(text);
    return result;
}

static enum store_result answer_put(struct store *store, const struct store_answer *answer)
{
    struct store_answer kept = *answer;
    char *sealed = answer->secret ? sql_answer_close(store, answer) : NULL;
    enum store_result result = STORE_FAILED;

    if (sealed)
        kept.body = sealed;
    if (sealed || !answer->secret)
        result = calls_answer_put(calls_of(store), &kept);
    free(sealed);
    return result;
}

/* -- records ----------------------------------------------------------------------------------- */

static enum store_result find_first(struct store *store, struct store_record *record)
{
    if (!calls_pair_seen(calls_of(store), record->nai_a, record->nai_b))
        return sql_record_first(store, record);
    record->first = false;
    return STORE_OK;
}

static enum store_result record_add(struct store *store, struct store_record *record)
{
    enum store_result result = find_first(store, record);

    if (result != STORE_OK)
        return result;
    calls_of(store)->next_record = atomic_fetch_add(&store->serving->room.bell->next_record, 1);
    calls_record_add(calls_of(store), record);
    return STORE_OK;
}

static bool knows_outcome(const struct calls_record *record)
{
    return record && record->changes & (CALLS_NEW | CALLS_OUTCOME | CALLS_DROPPED);
}

static enum store_result table_says(struct store *store, int64_t id, enum store_outcome *outcome,
                                    bool *named)
{
    struct sql_rows *rows = sql_bind(store, SQL_RECORD_STATE, "i", id);
    enum store_result result = sql_row(store, rows);

    if (result == STORE_OK) {
        *outcome = (enum store_outcome)sql_integer(store, rows, 0);
        *named = sql_integer(store, rows, 1) != 0;
    }
    sql_reset(store, rows);
    return result;
}

/* STORE_NONE: there is no such record. */
static enum store_result outcome_of(struct store *store, int64_t id, enum store_outcome *outcome)
{
    const struct calls *calls = calls_of(store);
    const struct calls_record *known = g_hash_table_lookup(calls->fresh.records, &id);
    bool named;

    if (!knows_outcome(known))
        known = g_hash_table_lookup(calls->flushing.records, &id);
    if (knows_outcome(known)) {
        *outcome = known->record.outcome;
        return known->changes & CALLS_DROPPED ? STORE_NONE : STORE_OK;
    }
    return table_says(store, id, outcome, &named);
}

/* Of a record that is there. */
static enum store_result named_already(struct store *store, int64_t id, bool *named)
{
    const struct calls *calls = calls_of(store);
    const struct calls_record *known[] = {g_hash_table_lookup(calls->fresh.records, &id),
                                          g_hash_table_lookup(calls->flushing.records, &id)};
    enum store_outcome outcome;

    for (size_t i = 0; i < 2; i++)
        if (known[i] && known[i]->changes & (CALLS_NEW | CALLS_NAMED)) {
            *named = strcmp(known[i]->record.method, STORE_METHOD_UNKNOWN) != 0;
            return STORE_OK;
        }
    return table_says(store, id, &outcome, named);
}

static enum store_result record_name(struct store *store, struct store_record *record)
{
    enum store_outcome outcome;
    enum store_result result = outcome_of(store, record->id, &outcome);

    if (result == STORE_OK)
        result = find_first(store, record);
    if (result == STORE_OK)
        calls_record_change(calls_of(store), CALLS_NAMED, record);
    return result;
}

static enum store_result record_drop(struct store *store, int64_t id)
{
    const struct store_record record = {.id = id};
    enum store_outcome outcome = STORE_OUTCOME_ISSUED;
    enum store_result result = outcome_of(store, id, &outcome);
    bool named = false;

    if (result == STORE_OK && outcome == STORE_OUTCOME_ISSUED)
        result = named_already(store, id, &named);
    if (result != STORE_OK || outcome != STORE_OUTCOME_ISSUED || named)
        return result == STORE_OK ? STORE_NONE : result;
    calls_record_change(calls_of(store), CALLS_DROPPED, &record);
    return STORE_OK;
}

static enum store_result record_outcome(struct store *store, int64_t id, enum store_outcome outcome)
{
    const struct store_record record = {.id = id, .outcome = outcome};
    enum store_outcome before = STORE_OUTCOME_ISSUED;
    enum store_result result = outcome_of(store, id, &before);

    if (result != STORE_OK || before >= outcome)
        return result == STORE_OK ? STORE_NONE : result;
    calls_record_change(calls_of(store), CALLS_OUTCOME, &record);
    return STORE_OK;
}

/* -- keeping ----------------------------------------------------------------------------------- */

/* Records that nobody confirmed are the thread's. */
static enum store_result sweep(struct store *store, int64_t now)
{
    store->serving->sweep_at = now;
    return sql_sweep_others(store, now);
}

static enum store_result reseal(struct store *store, struct store_reseal *reseal)
{
    enum store_result result;

    if (reseal->beside)
        return calls_reseal(calls_of(store), reseal);
    result = sql_reseal(store, reseal);
    reseal->beside = reseal->done;
    reseal->done = false;
    return result;
}

static enum store_result settle(struct store *store, uint64_t ticket)
{
    return journal_settle(store->serving->journal, ticket);
}

static enum store_result flush(struct store *store)
{
    return serving_flush(store->serving);
}

static void journal(struct store *store, struct store_journal *journal)
{
    struct serving *serving = store->serving;
    int64_t behind_us = 0;

    pthread_mutex_lock(&store->lock);
    if (serving->last > serving->reached.flushed)
        behind_us = g_get_monotonic_time() - serving->caught_up_us;
    pthread_mutex_unlock(&store->lock);
    journal->octets = journal_size(serving->journal);
    journal->behind = behind_us / G_USEC_PER_SEC;
}

static enum store_result backup(struct store *store, const char *path)
{
    enum store_result result = flush(store);

    return result == STORE_OK ? sqlite_backup(store, path) : result;
}

/* -- opening ----------------------------------------------------------------------------------- */

static void serving_free(struct serving *serving)
{
    if (!serving)
        return;
    serving_stop(serving);
    journal_close(serving->journal);
    calls_clear(&serving->calls);
    serving_partners_clear(serving);
    sqlite3_finalize(serving->version);
    sqlite3_close(serving->own);
    if (serving->wal >= 0)
        close(serving->wal);
    if (serving->wal_own >= 0)
        close(serving->wal_own);
    serving_exit(&serving->room);
    pthread_mutex_destroy(&serving->syncing);
    pthread_mutex_destroy(&serving->writer);
    free(serving);
}

static void serving_close(struct store *store)
{
    if (!store)
        return;
    serving_free(store->serving);
    sqlite_disconnect(store);
}

static enum store_result lock(struct serving *serving, char *error)
{
    enum store_result result = STORE_BUSY;

    for (int ms = 0; result == STORE_BUSY && ms < LOCKED_MS; ms += 50) {
        if (ms > 0)
            usleep(50000);
        serving_exit(&serving->room);
        result = serving_enter(serving->store, &serving->room, true, error);
    }
    if (result == STORE_BUSY)
        sql_say(error, serving->room.folder, result,
                "another simauth-gateway uses this database: several need PostgreSQL");
    return result;
}

static enum store_result open_own(struct serving *serving, const char *where, char *error)
{
    sqlite3 *db = sqlite_database(serving->store);

    sqlite3_wal_autocheckpoint(db, 0); /* the thread's */
    sqlite3_busy_timeout(db, 0);       /* serving_begin() waits */
    if (sqlite3_open_v2(sqlite3_db_filename(db, "main"), &serving->own,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "PRAGMA data_version", -1, &serving->version, NULL) != SQLITE_OK)
        return sql_say(error, where, STORE_FAILED, "no second connection");
    sqlite3_busy_timeout(serving->own, BUSY_MS);
    sqlite3_exec(
        serving->own,
        "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA cache_size = -4096", NULL,
        NULL, NULL);
    return STORE_OK;
}

static enum store_result open_journal(struct serving *serving, char *error)
{
    struct serving_replay replay = {.calls = &serving->calls,
                                    .db = sqlite_database(serving->store)};
    struct journal_settings settings = {.folder = serving->room.folder,
                                        .keep = STORE_VECTOR_S,
                                        .before = serving_sync_database,
                                        .data = serving};
    sqlite3 *db = sqlite_database(serving->store);
    enum store_result result = serving_reached(serving->store, &replay.reached);
    int64_t last;

    if (result != STORE_OK)
        return sql_say(error, serving->room.folder, result, "the database has no name for it");
    serving->reached = replay.reached;
    memcpy(settings.name, replay.reached.name, sizeof settings.name);
    settings.above = MAX(MAX(replay.reached.flushed, replay.reached.mixed), replay.reached.dropped);
    result = journal_open(&settings, serving_replay_frame, &replay, &serving->journal, error);
    if (serving_replay_end(&replay) != STORE_OK && result == STORE_OK)
        result = sql_say(error, serving->room.folder, replay.result, "has what was never written");
    if (result == STORE_OK && (result = serving_drop(serving->own, &replay)) != STORE_OK)
        sql_say(error, serving->room.folder, result, store_result_name(result));
    last = sqlite_integer(db, "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = "
                              "'record'), 0), coalesce((SELECT max(id) FROM record), 0))");
    atomic_store(&serving->room.bell->next_record, MAX(serving->calls.next_record, last + 1));
    serving->calls.journal = serving->journal;
    if (result == STORE_OK)
        serving->last = journal_last(serving->journal);
    return result;
}

/* A step of a vector's life (confirmed, given) need not be on the disk when its answer leaves; so
 * after a power cut nobody knows how far a vector of before came, and none of them is used. */
static enum store_result forget_before_boot(struct serving *serving)
{
    enum store_result result = STORE_OK;
    struct timespec up;
    bool all = false;

    clock_gettime(CLOCK_BOOTTIME, &up);
    while (result == STORE_OK && !all) {
        result = serving_begin(serving->store, STORE_CALLS);
        if (result != STORE_OK)
            break;
        all = calls_forget(&serving->calls, (int64_t)time(NULL) - up.tv_sec);
        result = serving_commit(serving->store);
    }
    return result;
}

/* The database's own log, for as long as this process lives; and all names are on the disk. */
static enum store_result open_log(struct serving *serving)
{
    const char *path = sqlite3_filename_wal(sqlite3_db_filename(serving->own, "main"));

    serving->wal = disk_sync_name(path) == 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
    serving->wal_own = serving->wal >= 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
    return serving->wal_own >= 0 ? STORE_OK : STORE_FAILED;
}

static enum store_result start(struct serving *serving, const char *where, char *error)
{
    enum store_result result = lock(serving, error);

    if (result == STORE_OK)
        result = open_own(serving, where, error);
    if (result == STORE_OK)
        result = open_journal(serving, error);
    if (result != STORE_OK)
        return result;
    /* A transaction that reads makes it. */
    result = sqlite_integer(serving->own, "SELECT count(*) FROM journal") == 1 ? open_log(serving)
                                                                               : STORE_FAILED;
    if (result == STORE_OK) /* what waits since before may be more than lets anybody write */
        result = serving_flush(serving);
    if (result == STORE_OK)
        result = serving_take_over(serving);
    if (result == STORE_OK)
        result = forget_before_boot(serving);
    if (result == STORE_OK)
        result = serving_flush(serving);
    if (result == STORE_OK && serving_start(serving) != 0)
        result = STORE_FAILED;
    return result == STORE_OK ? result : sql_say(error, where, result, store_result_name(result));
}

static enum store_result serving_open(const char *where, bool create, const struct seal *seal,
                                      struct store **result, char *error)
{
    struct store *store;
    struct serving *serving;
    enum store_result outcome = sqlite_connect(where, create, seal, &store, error);

    *result = NULL;
    if (outcome != STORE_OK)
        return outcome;
    serving = store->serving = calloc(1, sizeof *serving);
    if (!serving) {
        sqlite_disconnect(store);
        return sql_say(error, where, STORE_FAILED, "out of memory");
    }
    serving->store = store;
    serving->wal = serving->wal_own = serving->room.fd = -1;
    pthread_mutex_init(&serving->writer, NULL);
    pthread_mutex_init(&serving->syncing, NULL);
    calls_init(&serving->calls, seal);
    serving_partners_init(serving);
    outcome = start(serving, where, error);
    if (outcome == STORE_OK)
        *result = store;
    else
        serving_close(store);
    return outcome;
}

const struct store_ops store_sqlite_serving = {
    SQL_METHODS,
    .name = "sqlite",
    .open = serving_open,
    .close = serving_close,
    .begin = serving_begin,
    .commit = serving_commit,
    .commit_soft = serving_commit_soft,
    .settle = settle,
    .rollback = serving_rollback,
    .flush = flush,
    .journal = journal,
    .backup = backup,
    .record_add = record_add,
    .subscriber_by_id = subscriber_by_id,
    .subscriber_by_impi = subscriber_by_impi,
    .subscriber_by_imsi = subscriber_by_imsi,
    .sqn_set = sqn_set,
    .subscriber_remove = subscriber_remove,
    .subscriber_bar = subscriber_bar,
    .subscriber_rekey = subscriber_rekey,
    .restored = restored,
    .vector_add = vector_add,
    .vector_by_rand = vector_by_rand,
    .vector_by_rand_b = vector_by_rand_b,
    .vector_of_sim = vector_of_sim,
    .vector_step = vector_step,
    .vector_bind = vector_bind,
    .vector_resync = vector_resync,
    .vector_give = vector_give,
    .vector_renew = vector_renew,
    .answer_get = answer_get,
    .answer_put = answer_put,
    .record_name = record_name,
    .record_drop = record_drop,
    .record_outcome = record_outcome,
    .sweep = sweep,
    .reseal = reseal,
    .partner_by_realm = serving_partner_by_realm,
    .partner_by_certificate = serving_partner_by_certificate,
    .partner_add = serving_partner_add,
    .partner_update = serving_partner_update,
    .partner_suspend = serving_partner_suspend,
    .partner_remove = serving_partner_remove,
};
