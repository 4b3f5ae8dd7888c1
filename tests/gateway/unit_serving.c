/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SQLite store as a gateway that serves has it: what a kill leaves, what commands see, what
 * happens to both when one of memory, journal and database says no. */
#include "unit_serving.h"

#include "store/calls/calls.h"
#include "store/serving/serving_own.h"

struct count {
    int records, first, confirmed;
    struct store_record last;
};

static int count_record(const struct store_record *record, void *data)
{
    struct count *count = data;

    count->records++;
    count->first += record->first;
    count->confirmed += record->outcome == STORE_OUTCOME_CONFIRMED;
    count->last = *record;
    return 0;
}

/* As a command sees it. */
static struct count look(struct unit_serving *unit)
{
    struct store *store = open_command(unit);
    const struct store_record_filter all = {0};
    struct count count = {0};
    struct store_subscriber s;

    assert_int_equal(unit->command->begin(store, STORE_READ), STORE_OK);
    assert_int_equal(unit->command->record_list(store, &all, count_record, &count), STORE_OK);
    assert_int_equal(unit->command->subscriber_by_id(store, unit->subscriber, &s), STORE_OK);
    assert_int_equal(s.sqn, (uint64_t)count.records * 32);
    unit->command->rollback(store);
    unit->command->close(store);
    return count;
}

/* -- kills ------------------------------------------------------------------------------------- */

static void two_questions(struct unit_serving *unit)
{
    uint64_t ticket;

    begin(unit, STORE_CALLS);
    one_question(unit, 1, 32);
    assert_int_equal(unit->base.ops->commit_soft(unit->base.store, &ticket), STORE_OK);
    begin(unit, STORE_WRITE);
    one_question(unit, 2, 64);
    assert_int_equal(unit->base.ops->commit_soft(unit->base.store, &ticket), STORE_OK);
    begin(unit, STORE_CALLS); /* never kept */
    one_question(unit, 3, 96);
}

static void a_kill_takes_nothing(void **state)
{
    struct unit_serving *unit = *state;

    in_killed(unit, two_questions);
    open_gateway(unit);
    begin(unit, STORE_CALLS);
    expect_question(unit, 1, true);
    expect_question(unit, 2, true);
    expect_question(unit, 3, false);
    assert_int_equal(number_of(unit), 64);
    one_question(unit, 4, 96);
    commit(unit);
    assert_int_equal(look(unit).records, 3);
}

static void a_command_reads_the_rest(void **state)
{
    struct unit_serving *unit = *state;
    struct count count;

    in_killed(unit, two_questions);
    count = look(unit); /* no gateway is there */
    assert_int_equal(count.records, 2);
    assert_int_equal(count.first, 1);
    count = look(unit);
    assert_int_equal(count.records, 2);
    open_gateway(unit);
    begin(unit, STORE_CALLS);
    expect_question(unit, 2, true);
    assert_int_equal(number_of(unit), 64);
    unit->base.ops->rollback(unit->base.store);
}

/* The record was on its way to its table when more came to be known of it, and did not get there.
 */
static void a_change_is_on_top(struct unit_serving *unit)
{
    struct store_record named = make_record(unit);

    begin(unit, STORE_CALLS);
    named.id = one_question(unit, 1, 32);
    commit(unit);
    assert_int_equal(unit->base.ops->flush(unit->base.store), STORE_OK);
    begin(unit, STORE_CALLS);
    assert_int_equal(unit->base.ops->record_name(unit->base.store, &named), STORE_OK);
    commit(unit);
}

static void a_table_behind_the_journal(void **state)
{
    struct unit_serving *unit = *state;
    sqlite3 *db;

    in_killed(unit, a_change_is_on_top);
    assert_int_equal(sqlite3_open(unit->base.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE journal SET flushed = 0; DELETE FROM record; UPDATE "
                                  "subscriber SET sqn = 0",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    open_gateway(unit);
    assert_int_equal(look(unit).records, 1);
}

static void mixed(struct unit_serving *unit)
{
    const struct store_session session = {
        .btid = "b", .subscriber = unit->subscriber, .ck_ik.len = 32, .expires = unit->now + 100};

    begin(unit, STORE_WRITE);
    assert_int_equal(unit->base.ops->session_put(unit->base.store, &session), STORE_OK);
    one_question(unit, 1, 32);
    commit(unit);
}

/* A power cut: the journal's half is there, the database's is not. */
static void half_is_nothing(void **state)
{
    struct unit_serving *unit = *state;
    struct store_session session;
    sqlite3 *db;

    in_killed(unit, mixed);
    assert_int_equal(sqlite3_open(unit->base.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE journal SET mixed = mixed - 1, flushed = 0; DELETE FROM "
                                  "session; DELETE FROM record; UPDATE subscriber SET sqn = 0",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    open_gateway(unit);
    begin(unit, STORE_CALLS);
    expect_question(unit, 1, false);
    assert_int_equal(unit->base.ops->session_get(unit->base.store, "b", &session), STORE_NONE);
    unit->base.ops->rollback(unit->base.store);
    assert_int_equal(look(unit).records, 0);
    mixed(unit); /* with numbers above those */
    unit->base.ops->close(unit->base.store);
    open_gateway(unit);
    begin(unit, STORE_CALLS);
    expect_question(unit, 1, true);
    unit->base.ops->rollback(unit->base.store);
    assert_int_equal(look(unit).records, 1);
}

static void another_mixed(struct unit_serving *unit)
{
    const struct store_session session = {
        .btid = "c", .subscriber = unit->subscriber, .ck_ik.len = 32, .expires = unit->now + 100};

    begin(unit, STORE_WRITE);
    assert_int_equal(unit->base.ops->session_put(unit->base.store, &session), STORE_OK);
    one_question(unit, 2, 32);
    commit(unit);
}

static void change(struct unit_serving *unit, const char *text)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(unit->base.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* The gateway was killed between the two halves. */
static void lose_the_last_half(struct unit_serving *unit)
{
    change(unit, "UPDATE journal SET mixed = mixed - 1, flushed = mixed - 1; DELETE FROM session "
                 "WHERE btid = 'b'; DELETE FROM record; UPDATE subscriber SET sqn = 0");
}

/* What one start found not to hold holds at no later one, whatever came after it. */
static void half_stays_nothing(void **state)
{
    struct unit_serving *unit = *state;

    in_killed(unit, mixed);
    lose_the_last_half(unit);
    open_gateway(unit);
    another_mixed(unit);
    for (int starts = 0; starts < 3; starts++) {
        unit->base.ops->close(unit->base.store);
        assert_int_equal(look(unit).records, 1);
        open_gateway(unit);
        begin(unit, STORE_CALLS);
        expect_question(unit, 1, false);
        expect_question(unit, 2, true);
        assert_int_equal(number_of(unit), 32);
        unit->base.ops->rollback(unit->base.store);
        assert_int_equal(look(unit).records, 1);
    }
}

/* Its journal was lost as well, and its number is that of no other frame. */
static void a_number_that_was_dropped_is_nobodys(void **state)
{
    struct unit_serving *unit = *state;
    char text[320];

    in_killed(unit, mixed);
    lose_the_last_half(unit);
    open_gateway(unit);
    unit->base.ops->close(unit->base.store);
    snprintf(text, sizeof text, "rm %s-calls/0*", unit->base.path);
    assert_int_equal(system(text), 0);
    change(unit, "UPDATE journal SET flushed = 0");
    open_gateway(unit);
    another_mixed(unit);
    unit->base.ops->close(unit->base.store);
    open_gateway(unit);
    begin(unit, STORE_CALLS);
    expect_question(unit, 2, true);
    unit->base.ops->rollback(unit->base.store);
}

/* The database refuses at the last moment what the journal has already. */
static void a_refused_commit_is_taken_back(void **state)
{
    struct unit_serving *unit = *state;
    struct store *command = open_command(unit);
    uint64_t ticket;

    assert_int_equal(unit->command->begin(command, STORE_READ), STORE_OK);
    begin(unit, STORE_WRITE);
    one_question(unit, 1, 32);
    /* a constraint that is looked at when all is done */
    assert_int_equal(unit->base.ops->claim_put(unit->base.store,
                                               &(struct store_claim){.aor = "x", .partner = 99}),
                     STORE_EXISTS);
    unit->base.ops->rollback(unit->base.store);
    unit->command->rollback(command);
    unit->command->close(command);
    begin(unit, STORE_CALLS);
    expect_question(unit, 1, false);
    assert_int_equal(number_of(unit), 0);
    one_question(unit, 2, 32);
    assert_int_equal(unit->base.ops->commit_soft(unit->base.store, &ticket), STORE_OK);
    assert_int_equal(look(unit).records, 1);
}

/* -- what commands do -------------------------------------------------------------------------- */

static void records_of_both_have_their_own_numbers(void **state)
{
    struct unit_serving *unit = *state;
    struct store_record record = make_record(unit);
    struct store *command;
    int64_t first, third;

    begin(unit, STORE_CALLS);
    first = one_question(unit, 1, 32);
    commit(unit);
    command = open_command(unit);
    begin(unit, STORE_CALLS); /* after the command began */
    third = one_question(unit, 2, 64);
    commit(unit);
    assert_int_equal(unit->command->begin(command, STORE_WRITE), STORE_OK);
    assert_int_equal(unit->command->record_add(command, &record), STORE_OK);
    assert_int_equal(unit->command->commit(command), STORE_OK);
    unit->command->close(command);
    assert_true(first < third && third < record.id);
    assert_int_equal(unit->base.ops->flush(unit->base.store), STORE_OK);
    begin(unit, STORE_CALLS);
    one_question(unit, 3, 128);
    commit(unit);
    assert_int_equal(look(unit).records, 4);
}

/* An answer with a key in it stands sealed. */
static void a_secret_answer_is_sealed(void **state)
{
    struct unit_serving *unit = *state;
    struct store_answer answer = make_answer(unit, 1), found;
    char text[320];

    answer.secret = true;
    begin(unit, STORE_CALLS);
    assert_int_equal(unit->base.ops->answer_put(unit->base.store, &answer), STORE_OK);
    commit(unit);
    unit->base.ops->close(unit->base.store);
    open_gateway(unit);
    begin(unit, STORE_CALLS);
    assert_int_equal(unit->base.ops->answer_get(unit->base.store, "p:A", answer.key, &found),
                     STORE_OK);
    unit->base.ops->rollback(unit->base.store);
    assert_true(found.secret);
    assert_string_equal(found.body, answer.body);
    free(found.body);
    snprintf(text, sizeof text, "grep -q first %s-calls/0*", unit->base.path);
    assert_int_not_equal(system(text), 0);
}

static void a_barred_sim_has_no_vectors(void **state)
{
    struct unit_serving *unit = *state;
    struct store *command;

    begin(unit, STORE_CALLS);
    one_question(unit, 1, 32);
    commit(unit);
    command = open_command(unit);
    assert_int_equal(unit->command->begin(command, STORE_WRITE), STORE_OK);
    assert_int_equal(unit->command->subscriber_bar(command, unit->subscriber, true), STORE_OK);
    assert_int_equal(unit->command->commit(command), STORE_OK);
    unit->command->close(command);
    for (int turn = 0; turn < 2; turn++) { /* also after a start */
        struct store_vector v = make_vector(unit, 1);

        begin(unit, STORE_CALLS);
        assert_int_equal(
            unit->base.ops->vector_by_rand(unit->base.store, STORE_AV_B, v.rand, 16, &v),
            STORE_NONE);
        unit->base.ops->rollback(unit->base.store);
        unit->base.ops->close(unit->base.store);
        open_gateway(unit);
    }
}

static void expect_partner(struct unit_serving *unit, const char *realm, enum store_result result,
                           bool suspended)
{
    struct store_partner partner = {0};

    assert_int_equal(unit->base.ops->partner_by_realm(unit->base.store, realm, &partner), result);
    assert_int_equal(partner.suspended, suspended);
    if (result == STORE_OK)
        assert_string_equal(partner.anchors, "pem");
    store_partner_clear(&partner);
}

/* Agreements that are known are those of the database, whoever changed them. */
static void an_agreement_is_as_the_last_change_left_it(void **state)
{
    struct unit_serving *unit = *state;
    const struct store_ops *ops = unit->base.ops;
    char anchors[] = "pem";
    struct store_partner partner = {
        .name = "P",
        .certificate = "p.test",
        .realms = {"p.test"},
        .realm_count = 1,
        .anchors = anchors,
    };
    struct store *command = open_command(unit);

    begin(unit, STORE_READ);
    expect_partner(unit, "p.test", STORE_NONE, false);
    ops->rollback(unit->base.store);
    assert_int_equal(unit->command->begin(command, STORE_WRITE), STORE_OK);
    assert_int_equal(unit->command->partner_add(command, &partner), STORE_OK);
    assert_int_equal(unit->command->commit(command), STORE_OK);
    for (int suspended = 0; suspended < 2; suspended++) {
        begin(unit, STORE_CALLS);
        expect_partner(unit, "p.test", STORE_OK, suspended); /* read */
        expect_partner(unit, "p.test", STORE_OK, suspended); /* known */
        ops->rollback(unit->base.store);
        assert_int_equal(unit->command->begin(command, STORE_WRITE), STORE_OK);
        assert_int_equal(unit->command->partner_suspend(command, "P", true), STORE_OK);
        assert_int_equal(unit->command->commit(command), STORE_OK);
    }
    unit->command->close(command);
    begin(unit, STORE_WRITE);
    assert_int_equal(ops->partner_suspend(unit->base.store, "P", false), STORE_OK);
    expect_partner(unit, "p.test", STORE_OK, false);
    ops->rollback(unit->base.store);
    begin(unit, STORE_WRITE);
    expect_partner(unit, "p.test", STORE_OK, true);
    assert_int_equal(ops->partner_remove(unit->base.store, "P"), STORE_OK);
    commit(unit);
    begin(unit, STORE_READ);
    expect_partner(unit, "p.test", STORE_NONE, false);
    ops->rollback(unit->base.store);
}

static void add_records(struct unit_serving *unit, int count)
{
    uint64_t ticket;

    begin(unit, STORE_CALLS);
    for (int i = 0; i < count; i++) {
        struct store_record record = make_record(unit);

        assert_int_equal(unit->base.ops->record_add(unit->base.store, &record), STORE_OK);
    }
    assert_int_equal(unit->base.ops->commit_soft(unit->base.store, &ticket), STORE_OK);
}

/* More records in a second than may wait: their thread is woken before the second is over, once for
 * all; and when the database takes none, what refuses has a name of its own. */
static void more_than_a_second_holds(void **state)
{
    struct unit_serving *unit = *state;
    struct serving *serving = unit->base.store->serving;
    const int each = 1000;
    enum store_result result;
    uint32_t wanted, first = 0;

    pthread_mutex_lock(&serving->writer); /* the thread waits */
    wanted = atomic_load(&serving->room.bell->wanted);
    for (int count = 0; count < 66000; count += each) {
        if (count == 16000)
            first = atomic_load(&serving->room.bell->wanted) - wanted;
        add_records(unit, each);
    }
    wanted = atomic_load(&serving->room.bell->wanted) - wanted;
    result = unit->base.ops->begin(unit->base.store, STORE_CALLS);
    pthread_mutex_unlock(&serving->writer);
    assert_int_equal(first, 0);
    assert_int_equal(wanted, 1);
    assert_int_equal(result, STORE_BEHIND);
    for (int ms = 0; (result = unit->base.ops->begin(unit->base.store, STORE_CALLS)) != STORE_OK;
         ms++) {
        assert_int_equal(result, STORE_BEHIND);
        assert_true(ms < 60000);
        usleep(1000);
    }
    unit->base.ops->rollback(unit->base.store);
}

static void more_than_may_wait(struct unit_serving *unit)
{
    pthread_mutex_lock(&unit->base.store->serving->writer);
    for (int count = 0; count < 66000; count += 1000)
        add_records(unit, 1000);
}

/* Killed while the database took nothing: the next start brings over what waits before anything
 * else is written. */
static void a_start_begins_with_what_waits(void **state)
{
    struct unit_serving *unit = *state;

    in_killed(unit, more_than_may_wait);
    open_gateway(unit);
    begin(unit, STORE_CALLS);
    commit(unit);
}

static void one_gateway(void **state)
{
    struct unit_serving *unit = *state;
    char error[STORE_ERROR_MAX] = "";
    struct store *other;

    assert_int_equal(unit->base.ops->open(unit->base.path, false, &unit->base.seal, &other, error),
                     STORE_BUSY);
    assert_non_null(strstr(error, "another simauth-gateway"));
}

/* -- the life of a vector and of a record ------------------------------------------------------ */

static void what_is_rolled_back_was_not(void **state)
{
    struct unit_serving *unit = *state;
    const struct store_ops *ops = unit->base.ops;
    struct store *store = unit->base.store;
    const uint8_t key[SIMAUTH_X25519_LEN] = {1}, other[SIMAUTH_X25519_LEN] = {2};
    struct store_vector v = make_vector(unit, 1), fresh = make_vector(unit, 9), found;
    int64_t record;

    begin(unit, STORE_CALLS);
    record = one_question(unit, 1, 32);
    commit(unit);
    begin(unit, STORE_CALLS);
    assert_int_equal(ops->vector_by_rand(store, STORE_AV_B, v.rand, 16, &v), STORE_OK);
    fresh.id = v.id;
    assert_int_equal(ops->vector_give(store, v.id, key), STORE_OK);
    assert_int_equal(ops->vector_bind(store, v.id, "e"), STORE_OK);
    assert_int_equal(ops->vector_renew(store, &fresh), STORE_OK);
    assert_int_equal(ops->vector_step(store, v.id, STORE_CONFIRMED, "e", 0, unit->now), STORE_OK);
    assert_int_equal(ops->vector_resync(store, v.id, STORE_CONFIRMED), STORE_OK);
    assert_int_equal(ops->record_outcome(store, record, STORE_OUTCOME_CONFIRMED), STORE_OK);
    one_question(unit, 2, 64);
    expect_question(unit, 2, true);
    ops->rollback(store);
    begin(unit, STORE_CALLS);
    expect_question(unit, 1, true);
    expect_question(unit, 2, false);
    expect_question(unit, 9, false);
    assert_int_equal(number_of(unit), 32);
    assert_int_equal(ops->vector_give(store, v.id, other), STORE_OK);
    assert_int_equal(ops->vector_step(store, v.id, STORE_CONFIRMED, "f", 0, unit->now), STORE_OK);
    assert_int_equal(ops->vector_by_rand(store, STORE_AV_B, v.rand, 16, &found), STORE_OK);
    assert_string_equal(found.element, "f");
    assert_false(found.resynced);
    commit(unit);
    assert_int_equal(look(unit).confirmed, 0);
}

/* Before and after the record came to its table. */
static void a_record_goes_forwards(void **state)
{
    struct unit_serving *unit = *state;
    const struct store_ops *ops = unit->base.ops;
    struct store *store = unit->base.store;
    struct store_record named = make_record(unit);
    struct count count;

    for (int flushed = 0; flushed < 2; flushed++) {
        begin(unit, STORE_CALLS);
        named.id = one_question(unit, (uint8_t)(1 + flushed), 32u << flushed);
        commit(unit);
        if (flushed)
            assert_int_equal(ops->flush(store), STORE_OK);
        begin(unit, STORE_CALLS);
        strcpy(named.nai_b, flushed ? "d@operator-b.test" : "c@operator-b.test");
        assert_int_equal(ops->record_name(store, &named), STORE_OK);
        assert_true(named.first);
        assert_int_equal(ops->record_drop(store, named.id), STORE_NONE);
        assert_int_equal(ops->record_outcome(store, named.id, STORE_OUTCOME_CONFIRMED), STORE_OK);
        assert_int_equal(ops->record_outcome(store, named.id, STORE_OUTCOME_CONFIRMED), STORE_NONE);
        assert_int_equal(ops->record_drop(store, named.id), STORE_NONE);
        commit(unit);
        count = look(unit);
        assert_int_equal(count.records, 1 + flushed);
        assert_int_equal(count.confirmed, 1 + flushed);
        assert_string_equal(count.last.nai_b, named.nai_b);
    }
    begin(unit, STORE_CALLS);
    one_question(unit, 5, 96);
    strcpy(named.method, STORE_METHOD_UNKNOWN);
    assert_int_equal(ops->record_add(store, &named), STORE_OK);
    assert_int_equal(ops->record_drop(store, named.id), STORE_OK);
    assert_int_equal(ops->record_outcome(store, named.id, STORE_OUTCOME_CONFIRMED), STORE_NONE);
    assert_int_equal(ops->sqn_set(store, unit->subscriber, 64), STORE_NONE);
    unit->base.ops->rollback(store);
    assert_int_equal(look(unit).records, 2);
}

static void nobody_meets_by_asking(void **state)
{
    struct unit_serving *unit = *state;
    const struct store_ops *ops = unit->base.ops;
    struct store_record asked = make_record(unit);

    strcpy(asked.method, STORE_METHOD_UNKNOWN);
    for (int i = 0; i < 3; i++) {
        begin(unit, STORE_CALLS);
        assert_int_equal(ops->record_add(unit->base.store, &asked), STORE_OK);
        assert_true(asked.first);
        commit(unit);
        if (i > 0) /* in memory, then in the database */
            assert_int_equal(ops->flush(unit->base.store), STORE_OK);
    }
}

static void what_is_over_goes(void **state)
{
    struct unit_serving *unit = *state;
    const struct store_ops *ops = unit->base.ops;

    begin(unit, STORE_CALLS);
    one_question(unit, 1, 32);
    commit(unit);
    begin(unit, STORE_WRITE);
    assert_int_equal(ops->sweep(unit->base.store, unit->now + 290), STORE_OK);
    commit(unit);
    begin(unit, STORE_CALLS);
    expect_question(unit, 1, true);
    unit->base.ops->rollback(unit->base.store);
    begin(unit, STORE_WRITE);
    assert_int_equal(ops->sweep(unit->base.store, unit->now + 430), STORE_OK);
    commit(unit);
    begin(unit, STORE_CALLS);
    expect_question(unit, 1, false);
    unit->base.ops->rollback(unit->base.store);
}

static void add_vectors(struct unit_serving *unit, int count)
{
    begin(unit, STORE_CALLS);
    for (int i = 0; i < count; i++) {
        struct store_vector v = make_vector(unit, 2);

        memcpy(v.rand + 1, &i, sizeof i);
        assert_int_equal(unit->base.ops->vector_add(unit->base.store, &v), STORE_OK);
    }
    commit(unit);
}

/* In parts, each a frame of its own. */
static void vectors_are_sealed_anew(void **state)
{
    struct unit_serving *unit = *state;
    struct seal fresh = {.has_old = true};
    struct store_reseal reseal = {0};
    int64_t most = 0, before;

    begin(unit, STORE_CALLS);
    one_question(unit, 1, 32);
    commit(unit);
    add_vectors(unit, CALLS_RESEAL_BATCH * 3 / 2);
    memset(fresh.key, 8, sizeof fresh.key);
    memcpy(fresh.old, unit->base.seal.key, sizeof fresh.old);
    assert_int_equal(seal_replace(&unit->base.seal, &fresh), 0);
    while (!reseal.done) {
        begin(unit, STORE_WRITE);
        before = reseal.old;
        assert_int_equal(unit->base.ops->reseal(unit->base.store, &reseal), STORE_OK);
        commit(unit);
        if (reseal.old - before > most)
            most = reseal.old - before;
    }
    assert_int_equal(reseal.old, 2 + CALLS_RESEAL_BATCH * 3 / 2); /* the SIM's keys, and vectors */
    assert_int_equal(most, CALLS_RESEAL_BATCH);
    fresh.has_old = false;
    assert_int_equal(seal_replace(&unit->base.seal, &fresh), 0);
    unit->base.ops->close(unit->base.store);
    open_gateway(unit);
    begin(unit, STORE_CALLS);
    expect_question(unit, 1, true);
    unit->base.ops->rollback(unit->base.store);
}

/* -- from before ------------------------------------------------------------------------------- */

/* Calls under way when the gateway was brought to this version go on. */
static void older_tables_are_taken_over(void **state)
{
    struct unit_serving *unit = *state;
    struct store_answer answer = make_answer(unit, 1);
    struct store_vector v = make_vector(unit, 1);
    const uint8_t key[SIMAUTH_X25519_LEN] = {1}, other[SIMAUTH_X25519_LEN] = {2};
    struct store *command;

    unit->base.ops->close(unit->base.store);
    command = open_command(unit); /* its methods write the tables, as all did */
    assert_int_equal(unit->command->begin(command, STORE_WRITE), STORE_OK);
    assert_int_equal(unit->command->vector_add(command, &v), STORE_OK);
    assert_int_equal(unit->command->vector_give(command, v.id, key), STORE_OK);
    assert_int_equal(unit->command->answer_put(command, &answer), STORE_OK);
    assert_int_equal(unit->command->commit(command), STORE_OK);
    unit->command->close(command);
    for (int turn = 0; turn < 2; turn++) {
        open_gateway(unit);
        begin(unit, STORE_CALLS);
        expect_question(unit, 1, true);
        assert_int_equal(
            unit->base.ops->vector_by_rand(unit->base.store, STORE_AV_B, v.rand, 16, &v), STORE_OK);
        assert_int_equal(unit->base.ops->vector_give(unit->base.store, v.id, other), STORE_NONE);
        unit->base.ops->rollback(unit->base.store);
        unit->base.ops->close(unit->base.store);
    }
    open_gateway(unit);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_kill_takes_nothing),
        TEST(a_command_reads_the_rest),
        TEST(a_table_behind_the_journal),
        TEST(half_is_nothing),
        TEST(half_stays_nothing),
        TEST(a_number_that_was_dropped_is_nobodys),
        TEST(a_refused_commit_is_taken_back),
        TEST(records_of_both_have_their_own_numbers),
        TEST(a_secret_answer_is_sealed),
        TEST(a_barred_sim_has_no_vectors),
        TEST(an_agreement_is_as_the_last_change_left_it),
        TEST(one_gateway),
        TEST(more_than_a_second_holds),
        TEST(a_start_begins_with_what_waits),
        TEST(what_is_rolled_back_was_not),
        TEST(a_record_goes_forwards),
        TEST(nobody_meets_by_asking),
        TEST(what_is_over_goes),
        TEST(vectors_are_sealed_anew),
        TEST(older_tables_are_taken_over),
    };

    return cmocka_run_group_tests_name("gateway.unit.serving", tests, NULL, NULL);
}
