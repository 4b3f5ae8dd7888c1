/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "postgresql_sql.h"

#include <stddef.h>

#define SUBSCRIBER "SELECT id, imsi, impi, nai, keys, sqn, sim_since, barred FROM subscriber "
#define PARTNER                                                                                    \
    "SELECT id, name, url, connect_to, certificate, pin, anchors, per_minute, valid_from, "        \
    "valid_to, suspended, test_aor FROM partner "
#define BINDING                                                                                    \
    "SELECT b.aor, b.subscriber, s.nai, b.by_whom, b.since, b.until, s.sim_since, s.barred "       \
    "FROM binding b JOIN subscriber s ON s.id = b.subscriber "
#define CLAIM                                                                                      \
    "SELECT c.aor, c.partner, p.name, c.since, c.last FROM claim c JOIN partner p ON p.id = "      \
    "c.partner "
#define CERTIFICATE                                                                                \
    "SELECT serial, subscriber, nai, aor, not_before, not_after, revoked, der FROM certificate "
#define VECTOR                                                                                     \
    "SELECT id, role, subscriber, peer, method, rand, autn, rand_b, caller, callee, nai_a, "       \
    "nai_b, operator, element, ssk, sim_age, state, resynced, record, changed FROM vector "

#define TICKET                                                                                     \
    "SELECT id, first_key, ticket, subscriber, caller, callee, nai_a, nai_b, operator, secret, "   \
    "claimed, element, record, made FROM ticket "

#define RESEAL(table, key, name, sealed)                                                           \
    "SELECT " key ", " name ", " sealed " FROM " table " WHERE " key " > $1 ORDER BY " key         \
    " LIMIT 100"
#define RESEAL_SET(table, key, sealed)                                                             \
    "UPDATE " table " SET " sealed " = $2 WHERE " key " = $1 AND " sealed " = $3"

const char *const postgresql_text[SQL_COUNT] = {
    [SQL_SUBSCRIBER_ADD] = "INSERT INTO subscriber (imsi, impi, nai, keys, sqn, sim_since) "
                           "VALUES ($1, $2, $3, ''::bytea, $4, $5) RETURNING id",
    [SQL_SUBSCRIBER_KEYS] = "UPDATE subscriber SET keys = $2 WHERE id = $1",
    [SQL_SUBSCRIBER_BY_ID] = SUBSCRIBER "WHERE id = $1",
    [SQL_SUBSCRIBER_BY_IMPI] = SUBSCRIBER "WHERE impi = $1 AND barred = 0",
    [SQL_SUBSCRIBER_BY_IMSI] = SUBSCRIBER "WHERE imsi = $1",
    [SQL_SUBSCRIBER_LIST] = SUBSCRIBER "WHERE imsi > $1 ORDER BY imsi LIMIT $2",
    [SQL_SUBSCRIBER_REMOVE] = "DELETE FROM subscriber WHERE id = $1",
    [SQL_SUBSCRIBER_BAR] = "UPDATE subscriber SET barred = $2 WHERE id = $1",
    [SQL_SUBSCRIBER_SINCE] = "UPDATE subscriber SET sim_since = $2 WHERE id = $1",
    [SQL_BARRED_SESSION] = "DELETE FROM session WHERE subscriber = $1",
    [SQL_BARRED_UB] = "DELETE FROM ub WHERE subscriber = $1",
    [SQL_BARRED_VECTOR] = "DELETE FROM vector WHERE subscriber = $1",
    [SQL_BARRED_TICKET] = "DELETE FROM ticket WHERE subscriber = $1",
    [SQL_BARRED_ENDED] = "DELETE FROM vector WHERE subscriber = $1", /* nobody has any in memory */
    [SQL_SUBSCRIBER_CHANGED] =
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM subscriber WHERE nai = $1 AND barred = 0 AND "
        "sim_since < $2)",
    [SQL_SQN_SET] = "UPDATE subscriber SET sqn = $2 WHERE id = $1 AND sqn < $2",
    [SQL_CODE_PUT] =
        "INSERT INTO code (id, secret, subscriber, expires, used) VALUES ($1, $2, $3, $4, 0)",
    [SQL_CODE_GET] = "SELECT id, secret, subscriber, expires, used FROM code WHERE id = $1",
    [SQL_CODE_USE] = "UPDATE code SET used = $2 WHERE id = $1 AND used = 0 AND expires > $2",
    [SQL_CODE_REMOVE] = "DELETE FROM code WHERE subscriber = $1",
    [SQL_BINDING_ADD] =
        "INSERT INTO binding (aor, subscriber, by_whom, since, until) VALUES ($1, $2, $3, $4, "
        "$5)",
    [SQL_BINDING_FIND] = BINDING
    "WHERE b.aor = $1 AND ($2::bigint = 0 OR b.subscriber = $2) AND ($3::text = '' OR "
    "s.nai = $3) AND b.until > $4 AND s.barred = 0 ORDER BY (SELECT "
    "COALESCE(MAX(n.expires), 0) FROM session n WHERE n.subscriber = b.subscriber) DESC, "
    "b.since, b.subscriber LIMIT 1",
    [SQL_BINDING_TWO] =
        BINDING "WHERE b.aor = $1 AND ($2::bigint = 0 OR b.subscriber = $2) AND ($3::text = '' OR "
                "s.nai = $3) AND b.until > $4 AND s.barred = 0 LIMIT 2",
    [SQL_BINDING_LIST] = BINDING "WHERE (b.aor, b.subscriber) > ($1, $2) "
                                 "ORDER BY b.aor, b.subscriber LIMIT $3",
    [SQL_BINDING_OF_AOR] = BINDING "WHERE b.aor = $1 AND ($2::bigint = 0 OR b.subscriber = $2) "
                                   "AND b.subscriber > $3 ORDER BY b.subscriber LIMIT $4",
    [SQL_BINDING_OF_SIM] = BINDING "WHERE b.subscriber = $1 AND b.aor > $2 ORDER BY b.aor LIMIT $3",
    [SQL_BINDING_RENEW] =
        "UPDATE binding SET by_whom = $3, until = $4 WHERE aor = $1 AND subscriber = $2",
    [SQL_BINDING_REMOVE] =
        "DELETE FROM binding WHERE aor = $1 AND ($2::bigint = 0 OR subscriber = $2)",
    [SQL_EVENT_ADD] = "INSERT INTO event (time, aor, nai, what, who) VALUES ($1, $2, $3, $4, $5)",
    [SQL_EVENT_LIST] =
        "SELECT id, time, aor, nai, what, who FROM event WHERE ($1::text = '' OR aor = $1) AND "
        "($2::text = '' OR nai = $2) ORDER BY id",
    [SQL_PROOF_PUT] =
        "INSERT INTO proof (subscriber, aor, hash, made, wrong, sent, day) VALUES ($1, $2, $3, "
        "$4, 0, $5, $6) ON CONFLICT (subscriber, aor) DO UPDATE SET hash = excluded.hash, made "
        "= excluded.made, wrong = 0, sent = excluded.sent, day = excluded.day",
    [SQL_PROOF_GET] =
        "SELECT hash, made, wrong, sent, day FROM proof WHERE subscriber = $1 AND aor = $2",
    [SQL_PROOF_SENT] = "SELECT CAST(COALESCE(SUM(sent), 0) AS BIGINT) FROM proof WHERE subscriber "
                       "= $1 AND day > $2",
    [SQL_PROOF_WRONG] = "UPDATE proof SET wrong = wrong + 1 WHERE subscriber = $1 AND aor = $2",
    [SQL_PROOF_TAKE] = "UPDATE proof SET made = 0 WHERE subscriber = $1 AND aor = $2 AND made > 0",
    [SQL_CLAIM_PUT] =
        "INSERT INTO claim (aor, partner, since, last) VALUES ($1, $2, $3, $3) ON CONFLICT "
        "(aor, partner) DO UPDATE SET last = excluded.last WHERE claim.last < excluded.last - "
        "3600",
    [SQL_CLAIM_LIST] = CLAIM "WHERE c.last >= $1 ORDER BY c.aor, c.since",
    [SQL_CLAIM_OF_AOR] = CLAIM "WHERE c.aor = $1 AND c.last >= $2 ORDER BY c.since",
    [SQL_CLAIM_REMOVE] =
        "DELETE FROM claim WHERE aor = $1 AND ($2::text = '' OR partner = (SELECT id FROM "
        "partner WHERE name = $2))",
    [SQL_PARTNER_ADD] =
        "INSERT INTO partner (name, url, connect_to, certificate, pin, anchors, per_minute, "
        "valid_from, valid_to, suspended, test_aor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
        "$10, $11) "
        "RETURNING id",
    [SQL_PARTNER_REALM_ADD] = "INSERT INTO partner_realm (realm, partner) VALUES ($1, $2)",
    [SQL_PARTNER_REALMS] = "SELECT realm FROM partner_realm WHERE partner = $1 ORDER BY realm",
    [SQL_PARTNER_LIST] = PARTNER "ORDER BY name",
    [SQL_PARTNER_BY_ID] = PARTNER "WHERE id = $1",
    [SQL_PARTNER_BY_NAME] = PARTNER "WHERE name = $1",
    [SQL_PARTNER_BY_REALM] =
        PARTNER "WHERE id = (SELECT partner FROM partner_realm WHERE realm = $1)",
    [SQL_PARTNER_BY_CERTIFICATE] = PARTNER "WHERE certificate = $1",
    [SQL_PARTNER_UPDATE] =
        "UPDATE partner SET url = $2, connect_to = $3, certificate = $4, pin = $5, anchors = "
        "$6, per_minute = $7, valid_from = $8, valid_to = $9, test_aor = $10 WHERE id = $1",
    [SQL_PARTNER_REALMS_REMOVE] = "DELETE FROM partner_realm WHERE partner = $1",
    [SQL_PARTNER_SUSPEND] = "UPDATE partner SET suspended = $2 WHERE name = $1",
    [SQL_PARTNER_REMOVE] = "DELETE FROM partner WHERE name = $1",
    /* wrong: counted by 0.1.0 */
    [SQL_UB_PUT] =
        "INSERT INTO ub (subscriber, rand, autn, secret, resynced, wrong, "
        "issued) VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (subscriber) DO UPDATE SET "
        "rand = excluded.rand, autn = excluded.autn, secret = excluded.secret, "
        "resynced = excluded.resynced, wrong = excluded.wrong, issued = excluded.issued",
    [SQL_UB_GET] = "SELECT subscriber, rand, autn, secret, resynced, issued FROM ub "
                   "WHERE subscriber = $1",
    [SQL_UB_TAKE] = "DELETE FROM ub WHERE rand = $1",
    [SQL_SESSION_REMOVE_OLD] = "DELETE FROM session WHERE subscriber = $1",
    [SQL_SESSION_PUT] =
        "INSERT INTO session (btid, subscriber, rand, secret, expires) VALUES ($1, $2, $3, $4, $5)",
    [SQL_SESSION_GET] =
        "SELECT n.btid, n.subscriber, s.impi, n.rand, n.secret, n.expires, s.nai FROM session n "
        "JOIN subscriber s ON s.id = n.subscriber WHERE n.btid = $1",
    [SQL_SESSION_LIVES] = "SELECT 1 FROM session WHERE subscriber = $1 AND expires > $2 LIMIT 1",
    [SQL_TICKET_REPLACE] =
        "DELETE FROM ticket WHERE first_key = 1 AND nai_a = $1 AND nai_b = $2 AND caller = $3 "
        "AND callee = $4",
    [SQL_TICKET_ADD] =
        "INSERT INTO ticket (first_key, ticket, subscriber, caller, callee, nai_a, nai_b, "
        "operator, secret, claimed, element, record, made) VALUES ($1, $2, $3, $4, $5, $6, "
        "$7, $8, $9, 0, '', $10, $11) RETURNING id",
    [SQL_TICKET_GET] = TICKET "WHERE ticket = $1",
    [SQL_TICKET_CLAIM] = "UPDATE ticket SET claimed = 1, element = $2 WHERE id = $1 AND claimed = "
                         "0 AND made >= $3",
    [SQL_TICKET_LIST] =
        TICKET "WHERE subscriber = $1 AND first_key = 1 AND made >= $2 ORDER BY id LIMIT 64",
    [SQL_TICKET_TAKE] = "DELETE FROM ticket WHERE id = $1",
    [SQL_VECTOR_ADD] =
        "INSERT INTO vector (role, subscriber, peer, method, rand, autn, rand_b, caller, callee, "
        "nai_a, nai_b, operator, element, ssk, sim_age, state, resynced, record, changed) VALUES "
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) "
        "RETURNING id",
    [SQL_VECTOR_BY_RAND] = VECTOR "WHERE rand = $2 AND role = $1",
    [SQL_VECTOR_BY_RAND_B] =
        VECTOR "WHERE rand_b = $3 AND role = $1 AND peer = $2 ORDER BY id DESC LIMIT 1",
    [SQL_VECTOR_OF_SIM] =
        VECTOR "WHERE rand_b = $2 AND role = 0 AND subscriber = $1 ORDER BY id LIMIT 1",
    [SQL_VECTOR_STEP] = "UPDATE vector SET state = $2, element = $3, changed = $5 "
                        "WHERE id = $1 AND state = 0 AND changed BETWEEN $4 AND $5 + 60",
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
        "made = excluded.made WHERE answer.made < excluded.made - " SQL_NUMBER(STORE_ANSWER_S),
    [SQL_RECORD_SEEN] = "SELECT 1 FROM record WHERE nai_a = $1 AND nai_b = $2 UNION ALL "
                        "SELECT 1 FROM pair WHERE nai_a = $1 AND nai_b = $2 LIMIT 1",
    [SQL_RECORD_ADD] =
        "INSERT INTO record (time, side, partner, nai_a, nai_b, method, first, outcome) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
    [SQL_RECORD_NAME] = "UPDATE record SET nai_b = $2, method = $3, first = $4 WHERE id = $1",
    [SQL_RECORD_DROP] = "DELETE FROM record WHERE id = $1 AND outcome = 0",
    [SQL_RECORD_OUTCOME] = "UPDATE record SET outcome = $2 WHERE id = $1 AND outcome < $2",
    [SQL_RECORD_NUMBER] = "UPDATE record SET outcome = outcome WHERE id = $1 AND id = $2",
    [SQL_RECORD_STATE] = "SELECT outcome FROM record WHERE id = $1",
    [SQL_RECORD_LIST] =
        "SELECT id, time, side, partner, nai_a, nai_b, method, first, outcome FROM record WHERE "
        "time >= $1 AND time < $2 AND id > $3 AND ($4::text = '' OR nai_a = $4 OR nai_b = $4) "
        "ORDER BY id LIMIT $5",
    [SQL_RECORD_SUM_PARTNER] =
        "SELECT partner, side, method, first, COUNT(*), COUNT(CASE WHEN outcome IN (1, 2) THEN "
        "1 END), COUNT(CASE WHEN outcome = 3 THEN 1 END) FROM record WHERE time >= $1 AND time "
        "< $2 GROUP BY partner, side, method, first ORDER BY partner, side, method, first DESC",
    [SQL_RECORD_SUM_SUBSCRIBER] =
        "SELECT CASE WHEN side = 'given' THEN nai_b ELSE nai_a END, side, method, first, "
        "COUNT(*), COUNT(CASE WHEN outcome IN (1, 2) THEN 1 END), COUNT(CASE WHEN outcome = 3 "
        "THEN 1 END) FROM record WHERE time >= $1 AND time < $2 GROUP BY CASE WHEN side = "
        "'given' THEN nai_b ELSE nai_a END, side, method, first ORDER BY 1, side, method, first "
        "DESC",
    [SQL_RECORD_PAIRS] =
        "INSERT INTO pair (nai_a, nai_b) SELECT DISTINCT nai_a, nai_b FROM record WHERE id IN "
        "(SELECT id FROM record WHERE time < $1 AND id <= $2 ORDER BY time, id LIMIT $3) ON "
        "CONFLICT DO NOTHING",
    [SQL_RECORD_PURGE] = "DELETE FROM record WHERE id IN (SELECT id FROM record WHERE time < $1 "
                         "AND id <= $2 ORDER BY time, id LIMIT $3)",
    [SQL_RECORD_ERASE_A] = "UPDATE record SET nai_a = 'erased' WHERE nai_a = $1",
    [SQL_RECORD_ERASE_B] = "UPDATE record SET nai_b = 'erased' WHERE nai_b = $1",
    [SQL_PAIR_ADD] = "INSERT INTO pair (nai_a, nai_b) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    [SQL_PAIR_ERASE] = "DELETE FROM pair WHERE nai_a = $1 OR nai_b = $1",
    [SQL_EVENT_ERASE] = "DELETE FROM event WHERE nai = $1 OR (nai = '' AND aor IN (SELECT b.aor "
                        "FROM binding b JOIN subscriber s ON s.id = b.subscriber WHERE s.nai = "
                        "$1))",
    [SQL_PRICE_SET] =
        "INSERT INTO price (method, first, amount) VALUES ($1, $2, $3) ON CONFLICT (method, "
        "first) DO UPDATE SET amount = excluded.amount",
    [SQL_PRICE_LIST] = "SELECT method, first, amount FROM price ORDER BY method, first DESC",
    [SQL_OPERATOR_KEY_ADD] = "INSERT INTO operator_key (public, secret, not_before, not_after) "
                             "VALUES ($1, $2, $3, $4)",
    [SQL_OPERATOR_KEY_GET] =
        "SELECT id, public, secret, not_before, not_after FROM operator_key "
        "WHERE not_before <= $1 AND not_after > $1 ORDER BY not_before DESC, id DESC LIMIT 1",
    [SQL_AUTHORITY_ADD] =
        "INSERT INTO authority (name, chain, secret, made) VALUES ($1, $2, $3, $4)",
    [SQL_AUTHORITY_GET] = "SELECT name, chain, secret, made FROM authority ORDER BY id DESC "
                          "LIMIT 1",
    [SQL_CERTIFICATE_ADD] =
        "INSERT INTO certificate (serial, subscriber, nai, aor, not_before, not_after, revoked, "
        "der) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
    [SQL_CERTIFICATE_LIST] = CERTIFICATE "WHERE not_after > $1 AND ($2::bigint = 0 OR revoked = 0) "
                                         "ORDER BY not_after DESC, serial LIMIT $3",
    [SQL_CERTIFICATE_OF_AOR] =
        CERTIFICATE "WHERE aor = $1 AND ($2::bigint = 0 OR subscriber = $2) AND not_after > $3 AND "
                    "($4::bigint = 0 OR revoked = 0) ORDER BY not_after DESC, serial LIMIT $5",
    [SQL_CERTIFICATE_REVOKED] =
        CERTIFICATE "WHERE revoked > 0 AND not_after > $1 ORDER BY revoked DESC LIMIT $2",
    [SQL_CERTIFICATE_REVOKE] =
        "UPDATE certificate SET revoked = $2 WHERE serial = $1 AND revoked = 0",
    [SQL_CERTIFICATE_REVOKE_SIM] =
        "UPDATE certificate SET revoked = $2 WHERE subscriber = $1 AND revoked = 0",
    [SQL_CERTIFICATE_REVOKE_AOR] = "UPDATE certificate SET revoked = $3 WHERE aor = $1 AND "
                                   "($2::bigint = 0 OR subscriber = $2) AND "
                                   "revoked = 0",
    [SQL_CERTIFICATE_ERASE] =
        "UPDATE certificate SET nai = 'erased', aor = '', der = ''::bytea WHERE nai = $1",
    [SQL_SWEEP_UB] = "DELETE FROM ub WHERE issued < $1",
    [SQL_SWEEP_SESSION] = "DELETE FROM session WHERE expires < $1",
    [SQL_SWEEP_VECTOR] = "DELETE FROM vector WHERE changed < $1",
    [SQL_SWEEP_TICKET] = "DELETE FROM ticket WHERE (first_key = 0 AND made < $1) OR "
                         "(first_key = 1 AND made < $1 - 86400)",
    [SQL_SWEEP_ANSWER] = "DELETE FROM answer WHERE made < $1",
    [SQL_SWEEP_OPERATOR_KEY] = "DELETE FROM operator_key WHERE not_after < $1",
    [SQL_SWEEP_RECORD] = "UPDATE record SET outcome = 3 WHERE outcome = 0 AND time < "
                         "$1 AND (method <> 'stp' OR time < $1 - 86400)",
    [SQL_SWEEP_PROOF] = "DELETE FROM proof WHERE made < $1 AND day < $1",
    [SQL_SWEEP_CODE] = "DELETE FROM code WHERE expires < $1",
    [SQL_SWEEP_CLAIM] = "DELETE FROM claim WHERE last < $1",
    [SQL_SWEEP_CERTIFICATE] = "DELETE FROM certificate WHERE not_after < $1",
    [SQL_RESEAL_AUTHORITY] = RESEAL("authority", "id", "name", "secret"),
    [SQL_RESEAL_AUTHORITY_SET] = RESEAL_SET("authority", "id", "secret"),
    [SQL_RESEAL_SUBSCRIBER] = RESEAL("subscriber", "id", "id", "keys"),
    [SQL_RESEAL_SUBSCRIBER_SET] = RESEAL_SET("subscriber", "id", "keys"),
    [SQL_RESEAL_OPERATOR_KEY] = RESEAL("operator_key", "id", "public", "secret"),
    [SQL_RESEAL_OPERATOR_KEY_SET] = RESEAL_SET("operator_key", "id", "secret"),
    [SQL_RESEAL_CODE] = RESEAL("code", "subscriber", "id", "secret"),
    [SQL_RESEAL_CODE_SET] = RESEAL_SET("code", "subscriber", "secret"),
    [SQL_RESEAL_SESSION] = RESEAL("session", "subscriber", "rand", "secret"),
    [SQL_RESEAL_SESSION_SET] = RESEAL_SET("session", "subscriber", "secret"),
    [SQL_RESEAL_UB] = RESEAL("ub", "subscriber", "rand", "secret"),
    [SQL_RESEAL_UB_SET] = RESEAL_SET("ub", "subscriber", "secret"),
    [SQL_RESEAL_VECTOR] = RESEAL("vector", "id", "rand", "ssk"),
    [SQL_RESEAL_VECTOR_SET] = RESEAL_SET("vector", "id", "ssk"),
    [SQL_RESEAL_TICKET] = RESEAL("ticket", "id", "ticket", "secret"),
    [SQL_RESEAL_TICKET_SET] = RESEAL_SET("ticket", "id", "secret"),
    [SQL_RESTORED_SQN] = "UPDATE subscriber SET sqn = CASE WHEN sqn > $2::bigint - $1::bigint THEN "
                         "$2::bigint ELSE sqn + $1::bigint END",
    [SQL_RESTORED_UB] = "DELETE FROM ub",
    [SQL_RESTORED_SESSION] = "DELETE FROM session",
    [SQL_RESTORED_VECTOR] = "DELETE FROM vector",
    [SQL_RESTORED_TICKET] = "DELETE FROM ticket",
    [SQL_RESTORED_CODE] = "DELETE FROM code",
    [SQL_RESTORED_ANSWER] = "DELETE FROM answer",
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
    NULL,
};
