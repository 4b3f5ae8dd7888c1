-- SPDX-FileCopyrightText: 2026 The SIMAUTH authors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The schema of version 1 (sqlite), as it was: never changed. tests/gateway/ops_schema.py begins with it.
CREATE TABLE subscriber (id INTEGER PRIMARY KEY AUTOINCREMENT, imsi TEXT NOT NULL UNIQUE, impi TEXT NOT NULL UNIQUE, nai TEXT NOT NULL UNIQUE, keys BLOB NOT NULL, sqn INTEGER NOT NULL, sim_since INTEGER NOT NULL);
CREATE TABLE binding (aor TEXT PRIMARY KEY, subscriber INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE);
CREATE INDEX binding_subscriber ON binding (subscriber);
CREATE TABLE partner (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, url TEXT NOT NULL, connect_to TEXT NOT NULL, certificate TEXT NOT NULL UNIQUE, pin TEXT NOT NULL, anchors TEXT NOT NULL, per_minute INTEGER NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, suspended INTEGER NOT NULL);
CREATE TABLE partner_realm (realm TEXT PRIMARY KEY, partner INTEGER NOT NULL REFERENCES partner ON DELETE CASCADE);
CREATE TABLE ub (subscriber INTEGER PRIMARY KEY REFERENCES subscriber ON DELETE CASCADE, rand BLOB NOT NULL UNIQUE, autn BLOB NOT NULL, secret BLOB NOT NULL, resynced INTEGER NOT NULL, wrong INTEGER NOT NULL, issued INTEGER NOT NULL);
CREATE TABLE session (btid TEXT PRIMARY KEY, subscriber INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE, rand BLOB NOT NULL, secret BLOB NOT NULL, expires INTEGER NOT NULL);
CREATE INDEX session_subscriber ON session (subscriber);
CREATE TABLE vector (id INTEGER PRIMARY KEY AUTOINCREMENT, role INTEGER NOT NULL, subscriber INTEGER NOT NULL REFERENCES subscriber ON DELETE CASCADE, peer INTEGER NOT NULL, method TEXT NOT NULL, rand BLOB NOT NULL UNIQUE, autn BLOB NOT NULL, rand_b BLOB NOT NULL, caller TEXT NOT NULL, callee TEXT NOT NULL, nai_a TEXT NOT NULL, nai_b TEXT NOT NULL, operator TEXT NOT NULL, element TEXT NOT NULL, ssk BLOB NOT NULL, sim_age INTEGER NOT NULL, state INTEGER NOT NULL, resynced INTEGER NOT NULL, record INTEGER NOT NULL, changed INTEGER NOT NULL);
CREATE INDEX vector_rand_b ON vector (rand_b);
CREATE INDEX vector_subscriber ON vector (subscriber);
CREATE INDEX vector_changed ON vector (changed);
CREATE TABLE answer (who TEXT NOT NULL, key BLOB NOT NULL, hash BLOB NOT NULL, body TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (who, key)) WITHOUT ROWID;
CREATE INDEX answer_made ON answer (made);
CREATE TABLE record (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, side TEXT NOT NULL, partner TEXT NOT NULL, nai_a TEXT NOT NULL, nai_b TEXT NOT NULL, method TEXT NOT NULL, first INTEGER NOT NULL, outcome INTEGER NOT NULL);
CREATE INDEX record_pair ON record (nai_a, nai_b);
CREATE INDEX record_time ON record (time);
CREATE TABLE operator_key (id INTEGER PRIMARY KEY AUTOINCREMENT, public BLOB NOT NULL, secret BLOB NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL);
