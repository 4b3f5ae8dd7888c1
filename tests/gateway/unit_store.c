/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store: what it keeps, what it refuses, and that each step of a vector is taken once. */
#include "unit.h"

#include "store/sqlite_sql.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

static void begin(struct unit_store *unit)
{
    assert_int_equal(unit->ops->begin(unit->store, true), STORE_OK);
}

static void commit(struct unit_store *unit)
{
    assert_int_equal(unit->ops->commit(unit->store), STORE_OK);
}

static int64_t add_subscriber(struct unit_store *unit, const char *digits)
{
    struct store_subscriber s = {.keys = {.has_constants = true}};

    snprintf(s.imsi, sizeof s.imsi, "00101%s", digits);
    snprintf(s.impi, sizeof s.impi, "%s@ims", s.imsi);
    snprintf(s.nai, sizeof s.nai, "s%s@operator-a.test", digits);
    memset(s.keys.k, 0x0f, sizeof s.keys.k);
    memset(s.keys.c, 0xc0, sizeof s.keys.c);
    s.keys.r[4] = 127;
    assert_int_equal(unit->ops->subscriber_add(unit->store, &s), STORE_OK);
    return s.id;
}

static void subscriber_is_kept(void **state)
{
    struct unit_store *unit = *state;
    struct store_subscriber s;
    uint8_t k[16];

    begin(unit);
    add_subscriber(unit, "1");
    commit(unit);
    begin(unit);
    assert_int_equal(unit->ops->subscriber_by_impi(unit->store, "001011@ims", &s), STORE_OK);
    memset(k, 0x0f, sizeof k);
    assert_memory_equal(s.keys.k, k, 16);
    assert_true(s.keys.has_constants && !s.keys.op_is_opc);
    assert_int_equal(s.keys.c[4][15], 0xc0);
    assert_int_equal(s.keys.r[4], 127);
    assert_int_equal(unit->ops->subscriber_by_impi(unit->store, "001012@ims", &s), STORE_NONE);
    commit(unit);
}

static void rollback_leaves_nothing(void **state)
{
    struct unit_store *unit = *state;
    struct store_subscriber s;

    begin(unit);
    add_subscriber(unit, "1");
    unit->ops->rollback(unit->store);
    begin(unit);
    assert_int_equal(unit->ops->subscriber_by_imsi(unit->store, "001011", &s), STORE_NONE);
    commit(unit);
}

static void names_are_unique(void **state)
{
    struct unit_store *unit = *state;
    struct store_subscriber s = {.imsi = "001011", .impi = "x", .nai = "y@operator-a.test"};
    struct store_binding b = {
        .aor = "sip:a@operator-a.test", .by = "operator", .until = STORE_FOREVER};

    begin(unit);
    b.subscriber = add_subscriber(unit, "1");
    assert_int_equal(unit->ops->binding_add(unit->store, &b), STORE_OK);
    commit(unit);
    begin(unit); /* after "there already" a transaction may only be rolled back */
    assert_int_equal(unit->ops->subscriber_add(unit->store, &s), STORE_EXISTS);
    unit->ops->rollback(unit->store);
    begin(unit);
    assert_int_equal(unit->ops->binding_add(unit->store, &b), STORE_EXISTS);
    unit->ops->rollback(unit->store);
}

static void sqn_goes_forwards(void **state)
{
    struct unit_store *unit = *state;
    int64_t id;

    begin(unit);
    id = add_subscriber(unit, "1");
    assert_int_equal(unit->ops->sqn_set(unit->store, id, UINT64_C(0xffffffffffff)), STORE_OK);
    assert_int_equal(unit->ops->sqn_set(unit->store, id, 5), STORE_NONE);
    assert_int_equal(unit->ops->sqn_set(unit->store, id, UINT64_C(0xffffffffffff)), STORE_NONE);
    commit(unit);
}

static void each_step_once(void **state)
{
    struct unit_store *unit = *state;
    struct store_vector v, found;
    /* too old, before a clock was put back, right, taken */
    static const int steps[][3] = {
        {1001, 1061, STORE_NONE}, {0, 939, STORE_NONE}, {1000, 1060}, {1000, 1060, STORE_NONE}};

    begin(unit);
    v = unit_vector(add_subscriber(unit, "1"), 1, 1000);
    assert_int_equal(unit->ops->vector_add(unit->store, &v), STORE_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(unit->ops->vector_step(unit->store, v.id, STORE_CONFIRMED, "e",
                                                steps[i][0], steps[i][1]),
                         steps[i][2]);
    assert_int_equal(unit->ops->vector_by_rand(unit->store, STORE_AV_B, v.rand, v.rand_len, &found),
                     STORE_OK);
    assert_string_equal(found.element, "e");
    assert_int_equal(found.state, STORE_CONFIRMED);
    assert_int_equal(found.changed, 1000);
    assert_true(simauth_secret_equal(&found.ssk, &v.ssk));
    assert_int_equal(unit->ops->vector_by_rand(unit->store, STORE_AV_A, v.rand, v.rand_len, &found),
                     STORE_NONE);
    assert_int_equal(unit->ops->vector_resync(unit->store, v.id, STORE_ISSUED), STORE_NONE);
    assert_int_equal(unit->ops->vector_resync(unit->store, v.id, STORE_CONFIRMED), STORE_OK);
    assert_int_equal(unit->ops->vector_resync(unit->store, v.id, STORE_CONFIRMED), STORE_NONE);
    commit(unit);
}

static void given_to_one_key(void **state)
{
    struct unit_store *unit = *state;
    const uint8_t phone[SIMAUTH_X25519_LEN] = {1}, other[SIMAUTH_X25519_LEN] = {2};
    struct store_vector v;

    begin(unit);
    v = unit_vector(add_subscriber(unit, "2"), 1, 1000);
    assert_int_equal(unit->ops->vector_add(unit->store, &v), STORE_OK);
    assert_int_equal(unit->ops->vector_give(unit->store, v.id, phone), STORE_OK);
    assert_int_equal(unit->ops->vector_give(unit->store, v.id, other), STORE_NONE);
    assert_int_equal(unit->ops->vector_give(unit->store, v.id, phone), STORE_OK);
    commit(unit);
}

static int count_binding(const struct store_binding *b, void *data)
{
    assert_string_equal(b->by, "operator");
    assert_true(b->until == STORE_FOREVER);
    return ++*(int *)data > 9;
}

/* A database as the schema of `version` was, with a subscriber and an address in it. */
static void make_old(const char *path, int version)
{
    char text[512];
    sqlite3 *db = NULL;

    assert_int_equal(unlink(path), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (int i = 0; i < version; i++)
        assert_int_equal(sqlite3_exec(db, schema_steps[i], NULL, NULL, NULL), SQLITE_OK);
    snprintf(text, sizeof text,
             "PRAGMA application_id = %d; PRAGMA user_version = %d;"
             "INSERT INTO subscriber (imsi, impi, nai, keys, sqn, sim_since)"
             " VALUES ('001019', '001019@ims', 'o@operator-a.test', x'', 0, 0);"
             "INSERT INTO binding VALUES ('sip:o@operator-a.test', 1)",
             SCHEMA_APPLICATION_ID, version);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A database of each earlier schema is brought to the present one, with what it holds. */
static void old_schema_is_upgraded(void **state)
{
    const struct store_binding_filter all = {.aor = "sip:o@operator-a.test"};
    struct unit_store *unit = *state;
    char error[STORE_ERROR_MAX] = "";

    if (unit->schema) /* SQLite's alone */
        return;
    for (int version = 1; version <= 2; version++) {
        int count = 0;

        unit->ops->close(unit->store);
        make_old(unit->path, version);
        if (unit->ops->open(unit->path, false, &unit->seal, &unit->store, error) != STORE_OK)
            fail_msg("%s", error);
        begin(unit);
        assert_int_equal(unit->ops->binding_list(unit->store, &all, count_binding, &count),
                         STORE_OK);
        assert_int_equal(count, 1);
        commit(unit);
        given_to_one_key(state);
    }
}

static int take_binding(const struct store_binding *b, void *data)
{
    *(struct store_binding *)data = *b;
    return 1;
}

static void an_address_has_several_sims(void **state)
{
    struct unit_store *unit = *state;
    struct store_binding b = {.aor = "sip:x@third.test", .by = "sip", .since = 5, .until = 100};
    struct store_session session = {.btid = "b", .expires = 1000};
    struct store_binding found;
    int64_t first, second;

    begin(unit);
    b.subscriber = first = add_subscriber(unit, "1");
    assert_int_equal(unit->ops->binding_add(unit->store, &b), STORE_OK);
    b.subscriber = second = add_subscriber(unit, "2");
    b.until = 50;
    assert_int_equal(unit->ops->binding_add(unit->store, &b), STORE_OK);
    /* the older, then the one whose SIM bootstrapped, then the one that still holds */
    assert_int_equal(unit->ops->binding_find(unit->store, b.aor, 0, "", 10, &found), STORE_OK);
    assert_int_equal(found.subscriber, first);
    session.subscriber = second;
    session.ck_ik.len = 32;
    assert_int_equal(unit->ops->session_put(unit->store, &session), STORE_OK);
    assert_int_equal(unit->ops->binding_find(unit->store, b.aor, 0, "", 10, &found), STORE_OK);
    assert_int_equal(found.subscriber, second);
    assert_int_equal(unit->ops->binding_find(unit->store, b.aor, 0, "", 60, &found), STORE_OK);
    assert_int_equal(found.subscriber, first);
    assert_int_equal(unit->ops->binding_find(unit->store, b.aor, second, "", 60, &found),
                     STORE_NONE);
    assert_int_equal(
        unit->ops->binding_find(unit->store, b.aor, 0, "s2@operator-a.test", 10, &found), STORE_OK);
    assert_int_equal(found.subscriber, second);
    assert_int_equal(unit->ops->binding_find(unit->store, b.aor, 0, "", 100, &found), STORE_NONE);
    commit(unit);
}

static void a_revoked_sim_is_nobodys(void **state)
{
    struct unit_store *unit = *state;
    struct store_binding b = {
        .aor = "sip:x@operator-a.test", .by = "operator", .until = STORE_FOREVER};
    const struct store_binding_filter held = {.aor = b.aor};
    struct store_session session = {.btid = "b", .expires = 1000};
    struct store_subscriber s;
    struct store_binding found = {0};

    begin(unit);
    session.subscriber = b.subscriber = add_subscriber(unit, "1");
    session.ck_ik.len = 32;
    assert_int_equal(unit->ops->binding_add(unit->store, &b), STORE_OK);
    assert_int_equal(unit->ops->session_put(unit->store, &session), STORE_OK);
    assert_int_equal(unit->ops->subscriber_bar(unit->store, b.subscriber, true), STORE_OK);
    assert_int_equal(unit->ops->subscriber_by_impi(unit->store, "001011@ims", &s), STORE_NONE);
    assert_int_equal(unit->ops->session_get(unit->store, "b", &session), STORE_NONE);
    assert_int_equal(unit->ops->binding_find(unit->store, b.aor, 0, "", 10, &found), STORE_NONE);
    assert_int_equal(unit->ops->binding_list(unit->store, &held, take_binding, &found), STORE_OK);
    assert_true(found.barred);
    assert_int_equal(unit->ops->subscriber_bar(unit->store, b.subscriber, false), STORE_OK);
    assert_int_equal(unit->ops->binding_find(unit->store, b.aor, 0, "", 10, &found), STORE_OK);
    commit(unit);
}

static void a_code_is_used_once(void **state)
{
    struct unit_store *unit = *state;
    struct store_code code = {.id = {1}, .secret = {2}, .expires = 100}, found;

    begin(unit);
    code.subscriber = add_subscriber(unit, "1");
    assert_int_equal(unit->ops->code_put(unit->store, &code), STORE_OK);
    assert_int_equal(unit->ops->code_get(unit->store, code.id, &found), STORE_OK);
    assert_memory_equal(found.secret, code.secret, sizeof code.secret);
    assert_int_equal(unit->ops->code_use(unit->store, code.id, 100), STORE_NONE);
    assert_int_equal(unit->ops->code_use(unit->store, code.id, 99), STORE_OK);
    assert_int_equal(unit->ops->code_use(unit->store, code.id, 99), STORE_NONE);
    code.id[0] = 9; /* a new one ends the old one */
    assert_int_equal(unit->ops->code_put(unit->store, &code), STORE_OK);
    code.id[0] = 1;
    assert_int_equal(unit->ops->code_get(unit->store, code.id, &found), STORE_NONE);
    commit(unit);
}

static int count_claim(const struct store_claim *claim, void *data)
{
    assert_true(claim->since == 10 && claim->last > 3000);
    return ++*(int *)data > 9;
}

/* The copy may be of before its use, and nobody knows whether it was. */
static void a_code_does_not_come_back(void **state)
{
    struct unit_store *unit = *state;
    struct store_code code = {.id = {7}, .secret = {8}, .expires = 2000};

    begin(unit);
    code.subscriber = add_subscriber(unit, "1");
    assert_int_equal(unit->ops->code_put(unit->store, &code), STORE_OK);
    commit(unit);
    begin(unit);
    assert_int_equal(unit->ops->restored(unit->store, 1), STORE_OK);
    assert_int_equal(unit->ops->code_get(unit->store, code.id, &code), STORE_NONE);
    commit(unit);
}

static bool answers_true(PGconn *connection, const char *text)
{
    PGresult *result = PQexec(connection, text);
    bool yes = PQresultStatus(result) == PGRES_TUPLES_OK && PQgetvalue(result, 0, 0)[0] == 't';

    PQclear(result);
    return yes;
}

/* A repeat at another gateway has the answer of the first one, which may not be on the disk yet. */
static void all_so_far_is_what_others_wrote_too(void **state)
{
    struct unit_store *unit = *state;
    struct store *other = NULL;
    char error[STORE_ERROR_MAX] = "", text[128];
    uint64_t ticket;
    PGresult *end;
    PGconn *connection;

    if (!unit->ops->shared) /* PostgreSQL's alone */
        return;
    connection = PQconnectdb(getenv("SIMAUTH_TEST_DATABASE"));
    assert_int_equal(unit->ops->open(unit->path, false, &unit->seal, &other, error), STORE_OK);
    assert_int_equal(unit->ops->settle(other, 0), STORE_OK);
    begin(unit);
    add_subscriber(unit, "1");
    assert_int_equal(unit->ops->commit_soft(unit->store, &ticket), STORE_OK);
    end = PQexec(connection, "SELECT pg_current_wal_insert_lsn()");
    assert_int_equal(unit->ops->settle(other, 0), STORE_OK);
    snprintf(text, sizeof text, "SELECT pg_current_wal_flush_lsn() >= '%s'", PQgetvalue(end, 0, 0));
    assert_true(answers_true(connection, text));
    PQclear(end);
    PQfinish(connection);
    unit->ops->close(other);
}

static void claims_are_remembered(void **state)
{
    struct unit_store *unit = *state;
    struct store_partner p = {.name = "one", .certificate = "1"};
    struct store_claim claim = {.aor = "sip:x@third.test", .last = 10};
    int count = 0;

    begin(unit);
    assert_int_equal(unit->ops->partner_add(unit->store, &p), STORE_OK);
    claim.partner = p.id;
    assert_int_equal(unit->ops->claim_put(unit->store, &claim), STORE_OK);
    claim.last = 3700;
    assert_int_equal(unit->ops->claim_put(unit->store, &claim), STORE_OK);
    assert_int_equal(unit->ops->claim_list(unit->store, "", 5000, count_claim, &count), STORE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(unit->ops->claim_list(unit->store, claim.aor, 0, count_claim, &count),
                     STORE_OK);
    assert_int_equal(count, 1);
    assert_int_equal(unit->ops->claim_remove(unit->store, claim.aor, "two"), STORE_NONE);
    assert_int_equal(unit->ops->claim_remove(unit->store, claim.aor, "one"), STORE_OK);
    commit(unit);
}

static void what_is_over_goes(void **state)
{
    struct unit_store *unit = *state;
    struct store_vector v, found;

    begin(unit);
    v = unit_vector(add_subscriber(unit, "1"), 1, 1000);
    assert_int_equal(unit->ops->vector_add(unit->store, &v), STORE_OK);
    assert_int_equal(unit->ops->sweep(unit->store, 1300), STORE_OK);
    assert_int_equal(unit->ops->vector_by_rand(unit->store, STORE_AV_B, v.rand, v.rand_len, &found),
                     STORE_OK);
    assert_int_equal(unit->ops->sweep(unit->store, 1500), STORE_OK);
    assert_int_equal(unit->ops->vector_by_rand(unit->store, STORE_AV_B, v.rand, v.rand_len, &found),
                     STORE_NONE);
    commit(unit);
}

static void record_knows_first_and_goes_forwards(void **state)
{
    struct unit_store *unit = *state;
    struct store_record r = {.side = "asked", .nai_a = "a@x", .nai_b = "b@y", .method = "aka"};

    begin(unit);
    assert_int_equal(unit->ops->record_add(unit->store, &r), STORE_OK);
    assert_true(r.first);
    assert_int_equal(unit->ops->record_add(unit->store, &r), STORE_OK);
    assert_false(r.first);
    assert_int_equal(unit->ops->record_outcome(unit->store, r.id, STORE_OUTCOME_COMPLETED),
                     STORE_OK);
    assert_int_equal(unit->ops->record_outcome(unit->store, r.id, STORE_OUTCOME_CONFIRMED),
                     STORE_NONE);
    commit(unit);
}

static void record_goes_while_it_has_no_name(void **state)
{
    struct unit_store *unit = *state;
    struct store_record r = {.side = "asked", .nai_a = "a@x", .method = STORE_METHOD_UNKNOWN};

    begin(unit);
    assert_int_equal(unit->ops->record_add(unit->store, &r), STORE_OK);
    assert_int_equal(unit->ops->record_drop(unit->store, r.id), STORE_OK);
    assert_int_equal(unit->ops->record_drop(unit->store, r.id), STORE_NONE);
    assert_int_equal(unit->ops->record_add(unit->store, &r), STORE_OK);
    assert_int_equal(unit->ops->record_purge(unit->store, 1, r.id), STORE_OK);
    assert_int_equal(unit->ops->record_add(unit->store, &r), STORE_OK);
    assert_true(r.first); /* nobody met by asking */
    strcpy(r.method, "aka");
    assert_int_equal(unit->ops->record_name(unit->store, &r), STORE_OK);
    assert_int_equal(unit->ops->record_drop(unit->store, r.id), STORE_NONE);
    commit(unit);
}

static int take_sum(const struct store_sum *sum, void *data)
{
    struct store_sum *all = data;

    all[sum->first].issued += sum->issued;
    all[sum->first].gone += sum->gone;
    return 0;
}

/* "first" does not come back when old records go, and a name goes from all of them. */
static void records_age(void **state)
{
    struct unit_store *unit = *state;
    struct store_record r = {.time = 100,
                             .side = "given",
                             .partner = "p",
                             .nai_a = "a@x",
                             .nai_b = "b@y",
                             .method = "aka"};
    struct store_sum sums[2] = {0};

    begin(unit);
    assert_int_equal(unit->ops->record_add(unit->store, &r), STORE_OK);
    assert_int_equal(unit->ops->sweep(unit->store, 461), STORE_OK); /* nobody confirmed it */
    assert_int_equal(unit->ops->record_outcome(unit->store, r.id, STORE_OUTCOME_CONFIRMED),
                     STORE_NONE);
    assert_int_equal(unit->ops->record_sum(unit->store, true, 0, 0, take_sum, sums), STORE_OK);
    assert_true(sums[1].issued == 1 && sums[1].gone == 1);
    assert_int_equal(unit->ops->record_add(unit->store, &r), STORE_OK);
    assert_int_equal(unit->ops->record_purge(unit->store, 101, r.id - 1), STORE_OK);
    memset(sums, 0, sizeof sums);
    assert_int_equal(unit->ops->record_sum(unit->store, true, 0, 0, take_sum, sums), STORE_OK);
    assert_true(sums[0].issued == 1 && sums[1].issued == 0); /* the second is left */
    assert_int_equal(unit->ops->record_purge(unit->store, 101, r.id), STORE_OK);
    r.time = 200;
    assert_int_equal(unit->ops->record_add(unit->store, &r), STORE_OK);
    assert_false(r.first);
    assert_int_equal(unit->ops->record_erase(unit->store, "b@y"), STORE_OK);
    assert_int_equal(unit->ops->record_sum(unit->store, false, 0, 0, take_sum, sums), STORE_OK);
    assert_int_equal(sums[0].issued, 2); /* and the one above */
    assert_int_equal(unit->ops->record_add(unit->store, &r), STORE_OK);
    assert_true(r.first); /* nothing is known of this pair any more */
    commit(unit);
}

static void realm_in_one_agreement(void **state)
{
    struct unit_store *unit = *state;
    struct store_partner one = {.name = "one", .certificate = "1", .realm_count = 1}, two = one,
                         found;

    strcpy(one.realms[0], "x.test");
    strcpy(two.realms[0], "x.test");
    strcpy(two.name, "two");
    strcpy(two.certificate, "2");
    begin(unit);
    assert_int_equal(unit->ops->partner_add(unit->store, &one), STORE_OK);
    commit(unit);
    begin(unit);
    assert_int_equal(unit->ops->partner_add(unit->store, &two), STORE_EXISTS);
    unit->ops->rollback(unit->store);
    begin(unit);
    assert_int_equal(unit->ops->partner_by_name(unit->store, "two", &found), STORE_NONE);
    assert_int_equal(unit->ops->partner_by_realm(unit->store, "x.test", &found), STORE_OK);
    assert_string_equal(found.name, "one");
    store_partner_clear(&found);
    commit(unit);
}

/* -- seal -------------------------------------------------------------------------------------- */

static void seal_is_for_one_place(void **state)
{
    struct seal seal = {.key = {1}}, other = {.key = {2}};
    uint8_t sealed[5 + SEAL_OVERHEAD], plain[5];

    (void)state;
    assert_int_equal(seal_close(&seal, "here", "hello", 5, sealed), 0);
    assert_int_equal(seal_open(&seal, "here", sealed, sizeof sealed, plain), 0);
    assert_memory_equal(plain, "hello", 5);
    assert_int_equal(seal_open(&seal, "there", sealed, sizeof sealed, plain), -1);
    assert_int_equal(seal_open(&other, "here", sealed, sizeof sealed, plain), -1);
    assert_int_equal(seal_open(&seal, "here", sealed, 3, plain), -1);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        assert_int_equal(seal_open(&seal, "here", sealed, sizeof sealed, plain), -1);
        sealed[i] ^= 1;
    }
}

static void key_file_is_private(void **state)
{
    struct unit_store *unit = *state;
    struct seal seal = {0};
    char path[64], error[SEAL_ERROR_MAX];

    snprintf(path, sizeof path, "%s/key", unit->folder);
    assert_int_equal(seal_create(path, error), 0);
    assert_int_equal(seal_create(path, error), -1); /* never over another */
    assert_int_equal(seal_load(&seal, path, error), 0);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(seal_load(&seal, path, error), -1);
    assert_non_null(strstr(error, "chmod 600"));
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 31), 0);
    assert_int_equal(seal_load(&seal, path, error), -1);
    unlink(path);
    assert_int_equal(seal_load(&seal, path, error), -1);
}

static int count_ticket(const struct store_ticket *ticket, void *data)
{
    assert_int_equal(ticket->key.octets[31], 0x77);
    assert_true(ticket->first_key);
    ++*(int *)data;
    return 0;
}

static struct store_ticket make_ticket(int64_t subscriber, uint8_t first, bool first_key)
{
    struct store_ticket t = {.first_key = first_key,
                             .subscriber = subscriber,
                             .caller = "sip:a@a.test",
                             .callee = "sip:b@b.test",
                             .nai_a = "a@a.test",
                             .nai_b = "b@b.test",
                             .operator_name = "A",
                             .key = {.len = SIMAUTH_KEY_LEN},
                             .made = 1000};

    t.ticket[0] = first;
    memset(t.key.octets, 0x77, SIMAUTH_KEY_LEN);
    return t;
}

static void ticket_is_claimed_once(void **state)
{
    struct unit_store *unit = *state;
    struct store_ticket t, found;

    begin(unit);
    t = make_ticket(add_subscriber(unit, "1"), 1, false);
    assert_int_equal(unit->ops->ticket_add(unit->store, &t), STORE_OK);
    assert_int_equal(unit->ops->ticket_claim(unit->store, t.id, "e", 1001), STORE_NONE);
    assert_int_equal(unit->ops->ticket_claim(unit->store, t.id, "e", 1000), STORE_OK);
    assert_int_equal(unit->ops->ticket_claim(unit->store, t.id, "f", 1000), STORE_NONE);
    assert_int_equal(unit->ops->ticket_get(unit->store, t.ticket, &found), STORE_OK);
    assert_true(found.claimed && strcmp(found.element, "e") == 0);
    assert_memory_equal(found.key.octets, t.key.octets, SIMAUTH_KEY_LEN);
    assert_int_equal(unit->ops->subscriber_bar(unit->store, t.subscriber, true), STORE_OK);
    assert_int_equal(unit->ops->ticket_get(unit->store, t.ticket, &found), STORE_NONE);
    commit(unit);
}

static void one_first_key_for_a_pair(void **state)
{
    struct unit_store *unit = *state;
    struct store_ticket t, found;
    int count = 0;

    begin(unit);
    t = make_ticket(add_subscriber(unit, "1"), 1, true);
    assert_int_equal(unit->ops->ticket_add(unit->store, &t), STORE_OK);
    t.ticket[0] = 2;
    assert_int_equal(unit->ops->ticket_add(unit->store, &t), STORE_OK);
    assert_int_equal(unit->ops->ticket_list(unit->store, t.subscriber, 1001, count_ticket, &count),
                     STORE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(unit->ops->ticket_list(unit->store, t.subscriber, 1000, count_ticket, &count),
                     STORE_OK);
    assert_int_equal(count, 1);
    assert_int_equal(unit->ops->ticket_get(unit->store, t.ticket, &found), STORE_OK);
    assert_int_equal(unit->ops->ticket_take(unit->store, found.id), STORE_OK);
    assert_int_equal(unit->ops->ticket_take(unit->store, found.id), STORE_NONE);
    commit(unit);
}

static void a_first_key_waits_a_day(void **state)
{
    struct unit_store *unit = *state;
    struct store_record r = {.time = 1000, .side = "given", .method = "stp"};
    struct store_ticket t, found;

    begin(unit);
    assert_int_equal(unit->ops->record_add(unit->store, &r), STORE_OK);
    t = make_ticket(add_subscriber(unit, "1"), 1, false);
    assert_int_equal(unit->ops->ticket_add(unit->store, &t), STORE_OK);
    t = make_ticket(t.subscriber, 2, true);
    assert_int_equal(unit->ops->ticket_add(unit->store, &t), STORE_OK);
    assert_int_equal(unit->ops->sweep(unit->store, 1500), STORE_OK);
    assert_int_equal(unit->ops->ticket_get(unit->store, t.ticket, &found), STORE_OK);
    t.ticket[0] = 1;
    assert_int_equal(unit->ops->ticket_get(unit->store, t.ticket, &found), STORE_NONE);
    /* and nobody says meanwhile that it was never fetched */
    assert_int_equal(unit->ops->record_outcome(unit->store, r.id, STORE_OUTCOME_CONFIRMED),
                     STORE_OK);
    assert_int_equal(unit->ops->sweep(unit->store, 1500 + 86400), STORE_OK);
    t.ticket[0] = 2;
    assert_int_equal(unit->ops->ticket_get(unit->store, t.ticket, &found), STORE_NONE);
    commit(unit);
}

static void change_of_a_sim(void **state)
{
    struct unit_store *unit = *state;
    int64_t id;

    begin(unit);
    id = add_subscriber(unit, "1");
    assert_int_equal(unit->ops->subscriber_since(unit->store, id, 1000), STORE_OK);
    assert_int_equal(unit->ops->subscriber_changed(unit->store, "s1@operator-a.test", 1001),
                     STORE_NONE);
    /* the same second counts: it may have been after the answer of that second */
    assert_int_equal(unit->ops->subscriber_changed(unit->store, "s1@operator-a.test", 1000),
                     STORE_OK);
    assert_int_equal(unit->ops->subscriber_changed(unit->store, "s2@operator-a.test", 1001),
                     STORE_OK);
    assert_int_equal(unit->ops->subscriber_bar(unit->store, id, true), STORE_OK);
    assert_int_equal(unit->ops->subscriber_changed(unit->store, "s1@operator-a.test", 1001),
                     STORE_OK);
    commit(unit);
}

static int count_one(const struct store_certificate *certificate, void *data)
{
    assert_int_equal(certificate->der_len, 3);
    return ++*(int *)data == 0;
}

static void a_certificate_goes_with_its_sim(void **state)
{
    const struct store_certificate_filter good = {.after = 1500, .good = true};
    struct unit_store *unit = *state;
    struct store_certificate c = {.nai = "n",
                                  .aor = "sip:a@x",
                                  .not_after = 2000,
                                  .der = (const uint8_t *)"der",
                                  .der_len = 3};
    int count = 0;

    begin(unit);
    c.subscriber = add_subscriber(unit, "1");
    assert_int_equal(unit->ops->certificate_add(unit->store, &c), STORE_OK);
    assert_int_equal(unit->ops->certificate_list(unit->store, &good, count_one, &count), STORE_OK);
    assert_int_equal(count, 1);
    assert_int_equal(unit->ops->subscriber_since(unit->store, c.subscriber, 1000), STORE_OK);
    assert_int_equal(unit->ops->certificate_list(unit->store, &good, count_one, &count), STORE_OK);
    assert_int_equal(count, 1);
    assert_int_equal(unit->ops->certificate_revoke(unit->store, c.serial, 1), STORE_NONE);
    commit(unit);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, unit_store_open, unit_store_close)
    const struct CMUnitTest tests[] = {
        WITH_STORE(subscriber_is_kept),
        WITH_STORE(rollback_leaves_nothing),
        WITH_STORE(names_are_unique),
        WITH_STORE(sqn_goes_forwards),
        WITH_STORE(each_step_once),
        WITH_STORE(given_to_one_key),
        WITH_STORE(old_schema_is_upgraded),
        WITH_STORE(an_address_has_several_sims),
        WITH_STORE(a_revoked_sim_is_nobodys),
        WITH_STORE(a_code_is_used_once),
        WITH_STORE(a_code_does_not_come_back),
        WITH_STORE(all_so_far_is_what_others_wrote_too),
        WITH_STORE(claims_are_remembered),
        WITH_STORE(records_age),
        WITH_STORE(what_is_over_goes),
        WITH_STORE(record_knows_first_and_goes_forwards),
        WITH_STORE(record_goes_while_it_has_no_name),
        WITH_STORE(realm_in_one_agreement),
        cmocka_unit_test(seal_is_for_one_place),
        WITH_STORE(key_file_is_private),
        WITH_STORE(ticket_is_claimed_once),
        WITH_STORE(one_first_key_for_a_pair),
        WITH_STORE(change_of_a_sim),
        WITH_STORE(a_certificate_goes_with_its_sim),
        WITH_STORE(a_first_key_waits_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
