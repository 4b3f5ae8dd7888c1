-- SPDX-FileCopyrightText: 2026 The SIMAUTH authors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The schema of version 1 (postgresql), as it was: never changed. tests/gateway/ops_schema.py begins with it.
CREATE TABLE subscriber (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, imsi TEXT NOT NULL UNIQUE, impi TEXT NOT NULL UNIQUE, nai TEXT NOT NULL UNIQUE, keys BYTEA NOT NULL, sqn BIGINT NOT NULL, sim_since BIGINT NOT NULL);
CREATE TABLE binding (aor TEXT PRIMARY KEY, subscriber BIGINT NOT NULL REFERENCES subscriber ON DELETE CASCADE);
CREATE INDEX binding_subscriber ON binding (subscriber);
CREATE TABLE partner (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL UNIQUE, url TEXT NOT NULL, connect_to TEXT NOT NULL, certificate TEXT NOT NULL UNIQUE, pin TEXT NOT NULL, anchors TEXT NOT NULL, per_minute BIGINT NOT NULL, valid_from BIGINT NOT NULL, valid_to BIGINT NOT NULL, suspended BIGINT NOT NULL);
CREATE TABLE partner_realm (realm TEXT PRIMARY KEY, partner BIGINT NOT NULL REFERENCES partner ON DELETE CASCADE);
CREATE TABLE ub (subscriber BIGINT PRIMARY KEY REFERENCES subscriber ON DELETE CASCADE, rand BYTEA NOT NULL UNIQUE, autn BYTEA NOT NULL, secret BYTEA NOT NULL, resynced BIGINT NOT NULL, wrong BIGINT NOT NULL, issued BIGINT NOT NULL);
CREATE TABLE session (btid TEXT PRIMARY KEY, subscriber BIGINT NOT NULL REFERENCES subscriber ON DELETE CASCADE, rand BYTEA NOT NULL, secret BYTEA NOT NULL, expires BIGINT NOT NULL);
CREATE INDEX session_subscriber ON session (subscriber);
CREATE TABLE vector (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, role BIGINT NOT NULL, subscriber BIGINT NOT NULL REFERENCES subscriber ON DELETE CASCADE, peer BIGINT NOT NULL, method TEXT NOT NULL, rand BYTEA NOT NULL UNIQUE, autn BYTEA NOT NULL, rand_b BYTEA NOT NULL, caller TEXT NOT NULL, callee TEXT NOT NULL, nai_a TEXT NOT NULL, nai_b TEXT NOT NULL, operator TEXT NOT NULL, element TEXT NOT NULL, ssk BYTEA NOT NULL, sim_age BIGINT NOT NULL, state BIGINT NOT NULL, resynced BIGINT NOT NULL, record BIGINT NOT NULL, changed BIGINT NOT NULL);
CREATE INDEX vector_rand_b ON vector (rand_b);
CREATE INDEX vector_subscriber ON vector (subscriber);
CREATE INDEX vector_changed ON vector (changed);
CREATE TABLE answer (who TEXT NOT NULL, key BYTEA NOT NULL, hash BYTEA NOT NULL, body TEXT NOT NULL, made BIGINT NOT NULL, PRIMARY KEY (who, key));
CREATE INDEX answer_made ON answer (made);
CREATE TABLE record (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, time BIGINT NOT NULL, side TEXT NOT NULL, partner TEXT NOT NULL, nai_a TEXT NOT NULL, nai_b TEXT NOT NULL, method TEXT NOT NULL, first BIGINT NOT NULL, outcome BIGINT NOT NULL);
CREATE INDEX record_pair ON record (nai_a, nai_b);
CREATE INDEX record_time ON record (time);
CREATE TABLE operator_key (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, public BYTEA NOT NULL, secret BYTEA NOT NULL, not_before BIGINT NOT NULL, not_after BIGINT NOT NULL);
