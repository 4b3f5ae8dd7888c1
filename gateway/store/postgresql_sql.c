/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "postgresql_sql.h"

#include <stdio.h>
#include <string.h>

#define BIGINT "::bigint"
#define TEXT "::text"
#define NO_OCTETS "''::bytea"
#define RETURNING_ID " RETURNING id"
#define SQL(name, text) [name] = (text),
#define SQL_EACH(name, sqlite, postgresql) [name] = (postgresql),

static const char *const texts[SQL_COUNT] = {
#include "sql.def"
};

bool postgresql_text(enum sql sql, char text[static POSTGRESQL_TEXT_MAX])
{
    const char *from = texts[sql];

    if (!from)
        return false;
    snprintf(text, POSTGRESQL_TEXT_MAX, "%s", from);
    for (char *c = text; (c = strchr(c, '?')) != NULL;)
        *c = '$';
    return true;
}

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
    /* 3: several SIMs for an AOR, proofs, history, claims, codes, prices */
    "ALTER TABLE binding DROP CONSTRAINT binding_pkey, ADD PRIMARY KEY (aor, subscriber), "
    "ADD COLUMN by_whom TEXT NOT NULL DEFAULT 'operator', ADD COLUMN since BIGINT NOT NULL "
    "DEFAULT 0, ADD COLUMN until BIGINT NOT NULL DEFAULT 253402300800;"
    "ALTER TABLE subscriber ADD COLUMN barred BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE partner ADD COLUMN test_aor TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE event (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, time BIGINT "
    "NOT NULL, aor TEXT NOT NULL, nai TEXT NOT NULL, what TEXT NOT NULL, who TEXT NOT "
    "NULL);"
    "CREATE INDEX event_aor ON event (aor); CREATE INDEX event_nai ON event (nai);"
    "CREATE TABLE proof (subscriber BIGINT NOT NULL REFERENCES subscriber ON DELETE "
    "CASCADE, aor TEXT NOT NULL, hash BYTEA NOT NULL, made BIGINT NOT NULL, wrong BIGINT "
    "NOT NULL, sent BIGINT NOT NULL, day BIGINT NOT NULL, PRIMARY KEY (subscriber, aor));"
    "CREATE TABLE claim (aor TEXT NOT NULL, partner BIGINT NOT NULL REFERENCES partner ON "
    "DELETE CASCADE, since BIGINT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (aor, "
    "partner));"
    "CREATE TABLE code (id BYTEA PRIMARY KEY, secret BYTEA NOT NULL, subscriber BIGINT NOT "
    "NULL REFERENCES subscriber ON DELETE CASCADE, expires BIGINT NOT NULL, used BIGINT NOT "
    "NULL);"
    "CREATE INDEX code_subscriber ON code (subscriber);"
    "CREATE TABLE pair (nai_a TEXT NOT NULL, nai_b TEXT NOT NULL, PRIMARY KEY (nai_a, "
    "nai_b));"
    "CREATE TABLE price (method TEXT NOT NULL, first BIGINT NOT NULL, amount BIGINT NOT "
    "NULL, PRIMARY KEY (method, first));"
    "CREATE INDEX record_open ON record (time) WHERE outcome = 0;"
    "CREATE INDEX record_nai_b ON record (nai_b);",
    /* 4: tickets and first setup keys */
    "CREATE TABLE ticket (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, first_key BIGINT NOT "
    "NULL, "
    "ticket BYTEA NOT NULL UNIQUE, subscriber BIGINT NOT NULL REFERENCES subscriber ON DELETE "
    "CASCADE, caller TEXT NOT NULL, callee TEXT NOT NULL, nai_a TEXT NOT NULL, nai_b TEXT NOT "
    "NULL, operator TEXT NOT NULL, secret BYTEA NOT NULL, claimed BIGINT NOT NULL, element TEXT "
    "NOT NULL, record BIGINT NOT NULL, made BIGINT NOT NULL);"
    "CREATE INDEX ticket_subscriber ON ticket (subscriber);"
    "CREATE INDEX ticket_made ON ticket (made);",
    /* 5: subscribers' certificates */
    "CREATE TABLE authority (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name BYTEA NOT "
    "NULL UNIQUE, chain TEXT NOT NULL, secret BYTEA NOT NULL, made BIGINT NOT NULL);"
    "CREATE TABLE certificate (serial BYTEA PRIMARY KEY, subscriber BIGINT NOT NULL, nai TEXT "
    "NOT NULL, aor TEXT NOT NULL, not_before BIGINT NOT NULL, not_after BIGINT NOT NULL, "
    "revoked BIGINT NOT NULL, der BYTEA NOT NULL);"
    "CREATE INDEX certificate_aor ON certificate (aor);"
    "CREATE INDEX certificate_subscriber ON certificate (subscriber);"
    "CREATE INDEX certificate_nai ON certificate (nai);"
    "CREATE INDEX certificate_end ON certificate (not_after);",
    /* 6: nothing that a gateway runs again and again reads a whole table (unit_plan.c) */
    "CREATE INDEX session_end ON session (expires);"
    "CREATE INDEX ub_issued ON ub (issued);"
    "CREATE INDEX proof_day ON proof (day);"
    "CREATE INDEX code_end ON code (expires);"
    "CREATE INDEX claim_last ON claim (last);"
    "CREATE INDEX certificate_revoked ON certificate (revoked) WHERE revoked > 0;"
    "CREATE INDEX ticket_pair ON ticket (nai_a, nai_b);"
    "CREATE INDEX ticket_kind ON ticket (first_key, made);",
    /* 7: what a price was when a vector was given */
    "CREATE TABLE price_since (method TEXT NOT NULL, first BIGINT NOT NULL, since BIGINT NOT NULL, "
    "amount BIGINT NOT NULL, PRIMARY KEY (method, first, since));"
    "INSERT INTO price_since SELECT method, first, 0, amount FROM price;",
    NULL,
};
