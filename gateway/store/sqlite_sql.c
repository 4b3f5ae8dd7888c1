/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sqlite_sql.h"

#include <stddef.h>

#define BIGINT ""
#define TEXT ""
#define NO_OCTETS "x''"
#define RETURNING_ID ""
#define SQL(name, text) [name] = (text),
#define SQL_EACH(name, sqlite, postgresql) [name] = (sqlite),

const char *const sqlite_text[SQL_COUNT] = {
#include "sql.def"
};

/* Versions are never edited once released: a change is one more step. */
const char *const schema_steps[] = {
    "CREATE TABLE subscriber (id INTEGER PRIMARY KEY AUTOINCREMENT, imsi TEXT NOT NULL UNIQUE,"
    " impi TEXT NOT NULL UNIQUE, nai TEXT NOT NULL UNIQUE, keys BLOB NOT NULL,"
    " sqn INTEGER NOT NULL, sim_since INTEGER NOT NULL);"
    "CREATE TABLE binding (aor TEXT PRIMARY KEY,"
    " subscriber INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE);"
    "CREATE INDEX binding_subscriber ON binding (subscriber);"
    "CREATE TABLE partner (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " url TEXT NOT NULL, connect_to TEXT NOT NULL, certificate TEXT NOT NULL UNIQUE,"
    " pin TEXT NOT NULL, anchors TEXT NOT NULL, per_minute INTEGER NOT NULL,"
    " valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, suspended INTEGER NOT NULL);"
    "CREATE TABLE partner_realm (realm TEXT PRIMARY KEY,"
    " partner INTEGER NOT NULL REFERENCES partner ON DELETE CASCADE);"
    "CREATE TABLE ub (subscriber INTEGER PRIMARY KEY REFERENCES subscriber ON DELETE CASCADE,"
    " rand BLOB NOT NULL UNIQUE, autn BLOB NOT NULL, secret BLOB NOT NULL,"
    " resynced INTEGER NOT NULL, wrong INTEGER NOT NULL, issued INTEGER NOT NULL);"
    "CREATE TABLE session (btid TEXT PRIMARY KEY,"
    " subscriber INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,"
    " rand BLOB NOT NULL, secret BLOB NOT NULL, expires INTEGER NOT NULL);"
    "CREATE INDEX session_subscriber ON session (subscriber);"
    "CREATE TABLE vector (id INTEGER PRIMARY KEY AUTOINCREMENT, role INTEGER NOT NULL,"
    " subscriber INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE,"
    " peer INTEGER NOT NULL, method TEXT NOT NULL, rand BLOB NOT NULL UNIQUE,"
    " autn BLOB NOT NULL, rand_b BLOB NOT NULL, caller TEXT NOT NULL, callee TEXT NOT NULL,"
    " nai_a TEXT NOT NULL, nai_b TEXT NOT NULL, operator TEXT NOT NULL, element TEXT NOT NULL,"
    " ssk BLOB NOT NULL, sim_age INTEGER NOT NULL, state INTEGER NOT NULL,"
    " resynced INTEGER NOT NULL, record INTEGER NOT NULL, changed INTEGER NOT NULL);"
    "CREATE INDEX vector_rand_b ON vector (rand_b);"
    "CREATE INDEX vector_subscriber ON vector (subscriber);"
    "CREATE INDEX vector_changed ON vector (changed);"
    "CREATE TABLE answer (who TEXT NOT NULL, key BLOB NOT NULL, hash BLOB NOT NULL,"
    " body TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (who, key)) WITHOUT ROWID;"
    "CREATE INDEX answer_made ON answer (made);"
    "CREATE TABLE record (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,"
    " side TEXT NOT NULL, partner TEXT NOT NULL, nai_a TEXT NOT NULL, nai_b TEXT NOT NULL,"
    " method TEXT NOT NULL, first INTEGER NOT NULL, outcome INTEGER NOT NULL);"
    "CREATE INDEX record_pair ON record (nai_a, nai_b);"
    "CREATE INDEX record_time ON record (time);"
    "CREATE TABLE operator_key (id INTEGER PRIMARY KEY AUTOINCREMENT, public BLOB NOT NULL,"
    " secret BLOB NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL);",
    /* 2: the one key that a replacing AV_B was sealed to */
    "ALTER TABLE vector ADD COLUMN given_to BLOB;",
    /* 3: several SIMs for an AOR, proofs, history, claims, codes, prices */
    "CREATE TABLE binding_3 (aor TEXT NOT NULL, subscriber INTEGER NOT NULL REFERENCES "
    "subscriber ON DELETE CASCADE, by_whom TEXT NOT NULL DEFAULT 'operator', since INTEGER "
    "NOT NULL DEFAULT 0, until INTEGER NOT NULL DEFAULT 253402300800, PRIMARY KEY (aor, "
    "subscriber)) WITHOUT ROWID;"
    "INSERT INTO binding_3 (aor, subscriber) SELECT aor, subscriber FROM binding;"
    "DROP TABLE binding; ALTER TABLE binding_3 RENAME TO binding;"
    "CREATE INDEX binding_subscriber ON binding (subscriber);"
    "ALTER TABLE subscriber ADD COLUMN barred INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE partner ADD COLUMN test_aor TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, aor "
    "TEXT NOT NULL, nai TEXT NOT NULL, what TEXT NOT NULL, who TEXT NOT NULL);"
    "CREATE INDEX event_aor ON event (aor); CREATE INDEX event_nai ON event (nai);"
    "CREATE TABLE proof (subscriber INTEGER NOT NULL REFERENCES subscriber ON DELETE "
    "CASCADE, aor TEXT NOT NULL, hash BLOB NOT NULL, made INTEGER NOT NULL, wrong INTEGER "
    "NOT NULL, sent INTEGER NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (subscriber, aor));"
    "CREATE TABLE claim (aor TEXT NOT NULL, partner INTEGER NOT NULL REFERENCES partner ON "
    "DELETE CASCADE, since INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (aor, "
    "partner));"
    "CREATE TABLE code (id BLOB PRIMARY KEY, secret BLOB NOT NULL, subscriber INTEGER NOT "
    "NULL REFERENCES subscriber ON DELETE CASCADE, expires INTEGER NOT NULL, used INTEGER "
    "NOT NULL);"
    "CREATE INDEX code_subscriber ON code (subscriber);"
    "CREATE TABLE pair (nai_a TEXT NOT NULL, nai_b TEXT NOT NULL, PRIMARY KEY (nai_a, "
    "nai_b));"
    "CREATE TABLE price (method TEXT NOT NULL, first INTEGER NOT NULL, amount INTEGER NOT "
    "NULL, PRIMARY KEY (method, first));"
    "CREATE INDEX record_open ON record (time) WHERE outcome = 0;"
    "CREATE INDEX record_nai_b ON record (nai_b);",
    /* 4: tickets and first setup keys */
    "CREATE TABLE ticket (id INTEGER PRIMARY KEY AUTOINCREMENT, first_key INTEGER NOT NULL, "
    "ticket BLOB NOT NULL UNIQUE, subscriber INTEGER NOT NULL REFERENCES subscriber ON DELETE "
    "CASCADE, caller TEXT NOT NULL, callee TEXT NOT NULL, nai_a TEXT NOT NULL, nai_b TEXT NOT "
    "NULL, operator TEXT NOT NULL, secret BLOB NOT NULL, claimed INTEGER NOT NULL, element TEXT "
    "NOT NULL, record INTEGER NOT NULL, made INTEGER NOT NULL);"
    "CREATE INDEX ticket_subscriber ON ticket (subscriber);"
    "CREATE INDEX ticket_made ON ticket (made);",
    /* 5: subscribers' certificates */
    "CREATE TABLE authority (id INTEGER PRIMARY KEY AUTOINCREMENT, name BLOB NOT "
    "NULL UNIQUE, chain TEXT NOT NULL, secret BLOB NOT NULL, made INTEGER NOT NULL);"
    "CREATE TABLE certificate (serial BLOB PRIMARY KEY, subscriber INTEGER NOT NULL, nai TEXT "
    "NOT NULL, aor TEXT NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, "
    "revoked INTEGER NOT NULL, der BLOB NOT NULL);"
    "CREATE INDEX certificate_aor ON certificate (aor);"
    "CREATE INDEX certificate_subscriber ON certificate (subscriber);"
    "CREATE INDEX certificate_nai ON certificate (nai);"
    "CREATE INDEX certificate_end ON certificate (not_after);",
    /* 6: what the journal beside it has reached; whose vectors are over, for who has them in memory
     */
    "CREATE TABLE journal (id INTEGER PRIMARY KEY CHECK (id = 1), name BLOB NOT NULL, flushed "
    "INTEGER NOT NULL, mixed INTEGER NOT NULL);"
    "INSERT INTO journal VALUES (1, randomblob(16), 0, 0);"
    "CREATE TABLE ended (id INTEGER PRIMARY KEY AUTOINCREMENT, subscriber INTEGER NOT NULL);",
    /* 7: a record goes to the end of its table and of its indexes alone, where the one before went;
     * which pairs have met stands in `pair`, once for each */
    "CREATE TABLE pair_7 (nai_a TEXT NOT NULL, nai_b TEXT NOT NULL, PRIMARY KEY (nai_a, nai_b)) "
    "WITHOUT ROWID;"
    "INSERT INTO pair_7 SELECT nai_a, nai_b FROM pair UNION SELECT nai_a, nai_b FROM record WHERE "
    "method <> '';"
    "DROP TABLE pair; ALTER TABLE pair_7 RENAME TO pair;"
    "DROP INDEX record_pair; DROP INDEX record_nai_b;",
    /* 8: nothing that a gateway runs again and again reads a whole table (unit_plan.c) */
    "CREATE INDEX session_end ON session (expires);"
    "CREATE INDEX ub_issued ON ub (issued);"
    "CREATE INDEX proof_day ON proof (day);"
    "CREATE INDEX code_end ON code (expires);"
    "CREATE INDEX claim_last ON claim (last);"
    "CREATE INDEX certificate_revoked ON certificate (revoked) WHERE revoked > 0;"
    "CREATE INDEX ticket_pair ON ticket (nai_a, nai_b);"
    "CREATE INDEX ticket_kind ON ticket (first_key, made);"
    "DROP INDEX ticket_made;",
    /* 9: what a price was when a vector was given */
    "CREATE TABLE price_since (method TEXT NOT NULL, first INTEGER NOT NULL, since INTEGER NOT "
    "NULL, "
    "amount INTEGER NOT NULL, PRIMARY KEY (method, first, since));"
    "INSERT INTO price_since SELECT method, first, 0, amount FROM price;",
    NULL,
};
