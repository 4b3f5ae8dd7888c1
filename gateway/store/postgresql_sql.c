/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "postgresql_sql.h"

#include <stddef.h>

#define SUBSCRIBER "SELECT id, imsi, impi, nai, keys, sqn, sim_since FROM subscriber "
#define PARTNER                                                                                    \
    "SELECT id, name, url, connect_to, certificate, pin, anchors, per_minute, valid_from, "        \
    "valid_to, suspended FROM partner "
#define VECTOR                                                                                     \
    "SELECT id, role, subscriber, peer, method, rand, autn, rand_b, caller, callee, nai_a, "       \
    "nai_b, operator, element, ssk, sim_age, state, resynced, record, changed FROM vector "

const char *const postgresql_text[SQL_COUNT] = {
    [SQL_SUBSCRIBER_ADD] = "INSERT INTO subscriber (imsi, impi, nai, keys, sqn, sim_since) "
                           "VALUES ($1, $2, $3, ''::bytea, $4, $5) RETURNING id",
    [SQL_SUBSCRIBER_KEYS] = "UPDATE subscriber SET keys = $2 WHERE id = $1",
    [SQL_SUBSCRIBER_BY_ID] = SUBSCRIBER "WHERE id = $1",
    [SQL_SUBSCRIBER_BY_IMPI] = SUBSCRIBER "WHERE impi = $1",
    [SQL_SUBSCRIBER_BY_IMSI] = SUBSCRIBER "WHERE imsi = $1",
    [SQL_SUBSCRIBER_LIST] = SUBSCRIBER "ORDER BY imsi",
    [SQL_SUBSCRIBER_REMOVE] = "DELETE FROM subscriber WHERE id = $1",
    [SQL_SQN_SET] = "UPDATE subscriber SET sqn = $2 WHERE id = $1 AND sqn < $2",
    [SQL_BINDING_ADD] = "INSERT INTO binding (aor, subscriber) VALUES ($1, $2)",
    [SQL_BINDING_FIND] = "SELECT b.aor, b.subscriber, s.nai FROM binding b JOIN subscriber s "
                         "ON s.id = b.subscriber WHERE b.aor = $1",
    [SQL_BINDING_LIST] =
        "SELECT b.aor, b.subscriber, s.nai FROM binding b JOIN subscriber s "
        "ON s.id = b.subscriber WHERE $1::bigint = 0 OR b.subscriber = $1 ORDER BY b.aor",
    [SQL_BINDING_REMOVE] = "DELETE FROM binding WHERE aor = $1",
    [SQL_PARTNER_ADD] =
        "INSERT INTO partner (name, url, connect_to, certificate, pin, anchors, per_minute, "
        "valid_from, valid_to, suspended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
        "RETURNING id",
    [SQL_PARTNER_REALM_ADD] = "INSERT INTO partner_realm (realm, partner) VALUES ($1, $2)",
    [SQL_PARTNER_REALMS] = "SELECT realm FROM partner_realm WHERE partner = $1 ORDER BY realm",
    [SQL_PARTNER_LIST] = PARTNER "ORDER BY name",
    [SQL_PARTNER_BY_ID] = PARTNER "WHERE id = $1",
    [SQL_PARTNER_BY_NAME] = PARTNER "WHERE name = $1",
    [SQL_PARTNER_BY_REALM] =
        PARTNER "WHERE id = (SELECT partner FROM partner_realm WHERE realm = $1)",
    [SQL_PARTNER_BY_CERTIFICATE] = PARTNER "WHERE certificate = $1",
    [SQL_PARTNER_SUSPEND] = "UPDATE partner SET suspended = $2 WHERE name = $1",
    [SQL_PARTNER_REMOVE] = "DELETE FROM partner WHERE name = $1",
    [SQL_UB_PUT] =
        "INSERT INTO ub (subscriber, rand, autn, secret, resynced, wrong, "
        "issued) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (subscriber) DO UPDATE SET "
        "rand = excluded.rand, autn = excluded.autn, secret = excluded.secret, "
        "resynced = excluded.resynced, wrong = excluded.wrong, issued = excluded.issued",
    [SQL_UB_GET] = "SELECT subscriber, rand, autn, secret, resynced, wrong, issued FROM ub "
                   "WHERE subscriber = $1",
    [SQL_UB_WRONG] = "UPDATE ub SET wrong = wrong + 1 WHERE rand = $1",
    [SQL_UB_TAKE] = "DELETE FROM ub WHERE rand = $1",
    [SQL_SESSION_REMOVE_OLD] = "DELETE FROM session WHERE subscriber = $1",
    [SQL_SESSION_PUT] =
        "INSERT INTO session (btid, subscriber, rand, secret, expires) VALUES ($1, $2, $3, $4, $5)",
    [SQL_SESSION_GET] =
        "SELECT n.btid, n.subscriber, s.impi, n.rand, n.secret, n.expires FROM session n "
        "JOIN subscriber s ON s.id = n.subscriber WHERE n.btid = $1",
    [SQL_VECTOR_ADD] =
        "INSERT INTO vector (role, subscriber, peer, method, rand, autn, rand_b, caller, callee, "
        "nai_a, nai_b, operator, element, ssk, sim_age, state, resynced, record, changed) VALUES "
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) "
        "RETURNING id",
    [SQL_VECTOR_BY_RAND] = VECTOR "WHERE rand = $2 AND role = $1",
    [SQL_VECTOR_BY_RAND_B] =
        VECTOR "WHERE rand_b = $3 AND role = $1 AND peer = $2 ORDER BY id DESC LIMIT 1",
    [SQL_VECTOR_STEP] = "UPDATE vector SET state = $2, element = $3, changed = $5 "
                        "WHERE id = $1 AND state = 0 AND changed >= $4",
    [SQL_VECTOR_RESYNC] =
        "UPDATE vector SET resynced = 1 WHERE id = $1 AND state = $2 AND resynced = 0",
    [SQL_VECTOR_GIVE] = "UPDATE vector SET given_to = $2 "
                        "WHERE id = $1 AND (given_to IS NULL OR given_to = $2)",
    [SQL_VECTOR_RENEW] = "UPDATE vector SET rand = $2, autn = $3, ssk = $4, changed = $5 "
                         "WHERE id = $1 AND state = 0",
    [SQL_ANSWER_GET] = "SELECT hash, body, made FROM answer WHERE who = $1 AND key = $2",
    [SQL_ANSWER_PUT] =
        "INSERT INTO answer (who, key, hash, body, made) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (who, key) DO UPDATE SET hash = excluded.hash, body = excluded.body, "
        "made = excluded.made WHERE answer.made < excluded.made - 300",
    [SQL_RECORD_SEEN] = "SELECT 1 FROM record WHERE nai_a = $1 AND nai_b = $2 LIMIT 1",
    [SQL_RECORD_ADD] =
        "INSERT INTO record (time, side, partner, nai_a, nai_b, method, first, outcome) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
    [SQL_RECORD_NAME] = "UPDATE record SET nai_b = $2, method = $3, first = $4 WHERE id = $1",
    [SQL_RECORD_DROP] = "DELETE FROM record WHERE id = $1 AND outcome = 0",
    [SQL_RECORD_OUTCOME] = "UPDATE record SET outcome = $2 WHERE id = $1 AND outcome < $2",
    [SQL_RECORD_LIST] = "SELECT id, time, side, partner, nai_a, nai_b, method, first, outcome "
                        "FROM record WHERE time >= $1 ORDER BY id",
    [SQL_OPERATOR_KEY_ADD] = "INSERT INTO operator_key (public, secret, not_before, not_after) "
                             "VALUES ($1, $2, $3, $4)",
    [SQL_OPERATOR_KEY_GET] =
        "SELECT id, public, secret, not_before, not_after FROM operator_key "
        "WHERE not_before <= $1 AND not_after > $1 ORDER BY not_before DESC, id DESC LIMIT 1",
    [SQL_SWEEP_UB] = "DELETE FROM ub WHERE issued < $1",
    [SQL_SWEEP_SESSION] = "DELETE FROM session WHERE expires < $1",
    [SQL_SWEEP_VECTOR] = "DELETE FROM vector WHERE changed < $1",
    [SQL_SWEEP_ANSWER] = "DELETE FROM answer WHERE made < $1",
    [SQL_SWEEP_OPERATOR_KEY] = "DELETE FROM operator_key WHERE not_after < $1",
};

/* Versions are never edited once released: a change is one more step. */
const char *const postgresql_schema[] = {
    "CREATE TABLE subscriber (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, imsi TEXT NOT "
    "NULL UNIQUE,"
    " impi TEXT NOT NULL UNIQUE, nai TEXT NOT NULL UNIQUE, keys BYTEA NOT NULL,"
    " sqn BIGINT NOT NULL, sim_since BIGINT NOT NULL);"
    "CREATE TABLE binding (aor TEXT PRIMARY KEY,"
    " subscriber BIGINT NOT NULL REFERENCES subscriber ON DELETE CASCADE);"
    "CREATE INDEX binding_subscriber ON binding (subscriber);"
    "CREATE TABLE partner (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL "
    "UNIQUE,"
    " url TEXT NOT NULL, connect_to TEXT NOT NULL, certificate TEXT NOT NULL UNIQUE,"
    " pin TEXT NOT NULL, anchors TEXT NOT NULL, per_minute BIGINT NOT NULL,"
    " valid_from BIGINT NOT NULL, valid_to BIGINT NOT NULL, suspended BIGINT NOT NULL);"
    "CREATE TABLE partner_realm (realm TEXT PRIMARY KEY,"
    " partner BIGINT NOT NULL REFERENCES partner ON DELETE CASCADE);"
    "CREATE TABLE ub (subscriber BIGINT PRIMARY KEY REFERENCES subscriber ON DELETE CASCADE,"
    " rand BYTEA NOT NULL UNIQUE, autn BYTEA NOT NULL, secret BYTEA NOT NULL,"
    " resynced BIGINT NOT NULL, wrong BIGINT NOT NULL, issued BIGINT NOT NULL);"
    "CREATE TABLE session (btid TEXT PRIMARY KEY,"
    " subscriber BIGINT NOT NULL REFERENCES subscriber ON DELETE CASCADE,"
    " rand BYTEA NOT NULL, secret BYTEA NOT NULL, expires BIGINT NOT NULL);"
    "CREATE INDEX session_subscriber ON session (subscriber);"
    "CREATE TABLE vector (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, role BIGINT NOT NULL,"
    " subscriber BIGINT NOT NULL REFERENCES subscriber ON DELETE CASCADE,"
    " peer BIGINT NOT NULL, method TEXT NOT NULL, rand BYTEA NOT NULL UNIQUE,"
    " autn BYTEA NOT NULL, rand_b BYTEA NOT NULL, caller TEXT NOT NULL, callee TEXT NOT NULL,"
    " nai_a TEXT NOT NULL, nai_b TEXT NOT NULL, operator TEXT NOT NULL, element TEXT NOT NULL,"
    " ssk BYTEA NOT NULL, sim_age BIGINT NOT NULL, state BIGINT NOT NULL,"
    " resynced BIGINT NOT NULL, record BIGINT NOT NULL, changed BIGINT NOT NULL);"
    "CREATE INDEX vector_rand_b ON vector (rand_b);"
    "CREATE INDEX vector_subscriber ON vector (subscriber);"
    "CREATE INDEX vector_changed ON vector (changed);"
    "CREATE TABLE answer (who TEXT NOT NULL, key BYTEA NOT NULL, hash BYTEA NOT NULL,"
    " body TEXT NOT NULL, made BIGINT NOT NULL, PRIMARY KEY (who, key));"
    "CREATE INDEX answer_made ON answer (made);"
    "CREATE TABLE record (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, time BIGINT NOT NULL,"
    " side TEXT NOT NULL, partner TEXT NOT NULL, nai_a TEXT NOT NULL, nai_b TEXT NOT NULL,"
    " method TEXT NOT NULL, first BIGINT NOT NULL, outcome BIGINT NOT NULL);"
    "CREATE INDEX record_pair ON record (nai_a, nai_b);"
    "CREATE INDEX record_time ON record (time);"
    "CREATE TABLE operator_key (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, public BYTEA "
    "NOT NULL,"
    " secret BYTEA NOT NULL, not_before BIGINT NOT NULL, not_after BIGINT NOT NULL);",
    /* 2: the one key that a replacing AV_B was sealed to */
    "ALTER TABLE vector ADD COLUMN given_to BYTEA;",
    NULL,
};
