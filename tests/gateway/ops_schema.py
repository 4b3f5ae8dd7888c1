# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database of the first version is brought to the present one; what an older gateway says stays right beside a newer one."""
import contextlib
import os
import secrets
import sqlite3
import subprocess
import time
import unittest

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from milenage import Usim
from operators import SHARED_DATABASE, Pair, new_schema, only_where
from ops import file_of
from phone import Phone

APPLICATION_ID = 0x53494D41
KIND = "postgresql" if SHARED_DATABASE else "sqlite"


def seal(key, place, plain):
    """As docs/operator-guide.md describes it: version, nonce, ciphertext and tag; the place is bound."""
    nonce = secrets.token_bytes(12)
    return b"\1" + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def text_of(name):
    with open(file_of("schema", name)) as f:
        return f.read()


def literal(value):
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea" if SHARED_DATABASE else f"x'{value.hex()}'"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


class Upgrade(unittest.TestCase):
    def setUp(self):
        self.pair = Pair(start=False)
        self.addCleanup(self.pair.close)

    def run_sql(self, operator, text):
        if SHARED_DATABASE:
            done = subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", operator.database], input=text, text=True,
                                  capture_output=True, timeout=30)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout
        db = sqlite3.connect(operator.database)
        db.executescript(text)
        db.close()
        return None

    def old_database(self, operator, sims):
        """A database of version 1 with these subscribers, an agreement and a record."""
        with open(os.path.join(operator.folder, "seal.key"), "rb") as f:
            key = f.read()
        if SHARED_DATABASE:
            operator.database = new_schema()
            self.run_sql(operator, "CREATE TABLE simauth_schema (version INTEGER NOT NULL); "
                                   "INSERT INTO simauth_schema VALUES (1);")
        else:
            os.unlink(operator.database)
            self.run_sql(operator, f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1;")
        self.run_sql(operator, text_of(f"v1-{KIND}.sql"))
        override = "OVERRIDING SYSTEM VALUE " if SHARED_DATABASE else ""
        statements = []
        for number, (sim, nai, aor) in enumerate(sims, 7):
            octets = sim.m.k + sim.m.opc + b"\1" + bytes(2 + 80 + 5)
            row = [number, sim.imsi, sim.impi, nai, seal(key, f"subscriber.keys {number}", octets), 64, 1700000000]
            statements.append("INSERT INTO subscriber (id, imsi, impi, nai, keys, sqn, sim_since) "
                              f"{override}VALUES ({', '.join(map(literal, row))});")
            statements.append(f"INSERT INTO binding (aor, subscriber) VALUES ({literal(aor)}, {number});")
        statements.append("INSERT INTO record (time, side, partner, nai_a, nai_b, method, first, outcome) VALUES "
                          "(1700000000, 'asked', 'Operator B', 'alice@operator-a.test', 'bob@operator-b.test', 'aka', 1, 2);")
        self.run_sql(operator, "\n".join(statements))
        operator.configure()

    def test_from_the_first_version(self):
        a, b = self.pair.a, self.pair.b
        sim = Usim("001010000000077", secrets.token_bytes(16), secrets.token_bytes(16))
        self.old_database(a, [(sim, "carol@operator-a.test", "sip:carol@operator-a.test")])
        a.partner(b)
        a.start()
        b.start()
        carol = Phone(sim, a).bootstrap()
        self.assertEqual(carol.resyncs, 0)
        answer = carol.ask_callee("sip:carol@operator-a.test", self.pair.aor_b)[1]
        self.assertEqual(answer.status, 200, answer.raw)
        records = a.records()
        self.assertEqual((records[0]["nai_a"], records[0]["time"]), ("alice@operator-a.test", 1700000000))
        self.assertEqual(len(records), 2)
        if not SHARED_DATABASE:  # who met before and since is known without the records
            with contextlib.closing(sqlite3.connect(a.database)) as db:
                pairs = set(db.execute("SELECT nai_a, nai_b FROM pair"))
            self.assertEqual(pairs, {(record["nai_a"], record["nai_b"]) for record in records})
        a.stop()
        a.start()  # and a second start finds nothing to do
        self.assertEqual(Phone(sim, a).bootstrap().resyncs, 0)

    def test_newer_than_we_are(self):
        a = self.pair.a
        if SHARED_DATABASE:
            self.run_sql(a, "UPDATE simauth_schema SET version = 1000, least = 999;")
        else:
            self.run_sql(a, "PRAGMA user_version = 1000;")
        self.assertIn("newer simauth-gateway", a.ctl("check", fails=True))

    @only_where(SHARED_DATABASE)  # SQLite has one gateway
    def test_newer_and_harmless(self):
        """The next version says that it only added: this one goes on, and starts again."""
        a = self.pair.a
        self.run_sql(a, "UPDATE simauth_schema SET version = 1000; ALTER TABLE record ADD COLUMN later TEXT NOT NULL DEFAULT '';"
                        "CREATE TABLE later (x INTEGER);")
        a.start()
        self.pair.b.start()
        answer = Phone(self.pair.sim_a, a).bootstrap().ask_callee(self.pair.aor_a, self.pair.aor_b)[1]
        self.assertEqual(answer.status, 200, answer.raw)

    @only_where(SHARED_DATABASE)  # SQLite has one gateway
    def test_older_beside_newer(self):
        """Every statement of version 2 is still right, and what they write does a newer gateway no harm."""
        a, b = self.pair.a, self.pair.b
        a.start()
        b.start()
        alice = Phone(self.pair.sim_a, a).bootstrap()
        statements = text_of("v2-postgresql-statements.sql")
        self.assertGreater(statements.count("PREPARE"), 45)
        now = int(time.time())
        rand, blob = literal(secrets.token_bytes(16)), literal(secrets.token_bytes(61))
        out = self.run_sql(a, statements + f"""
            EXECUTE subscriber_add ('001010000000088', '001010000000088@x', 'dave@operator-a.test', 0, {now});
            SELECT max(id) AS dave, min(id) AS alice, min(sqn) + 32 AS sqn FROM subscriber \\gset
            EXECUTE binding_add ('sip:dave@operator-a.test', :dave);
            EXECUTE binding_find ('sip:dave@operator-a.test');
            EXECUTE ub_put (:dave, {rand}, {rand}, {blob}, 0, 0, {now});
            EXECUTE vector_add (0, :alice, 0, 'aka', {rand}, {rand}, ''::bytea, 'sip:a@x', 'sip:b@x',
                'a@x', 'b@x', 'X', '', {blob}, 1, 0, 0, 0, {now});
            SELECT max(id) AS vector FROM vector \\gset
            EXECUTE vector_step (:vector, 1, 'sim01.x', 0, {now});
            EXECUTE answer_put ('s:1', {rand}, {rand}, '{{}}', {now});
            EXECUTE record_add ({now}, 'asked', '', 'a@x', 'b@x', 'aka', 1, 0);
            EXECUTE sqn_set (:alice, :sqn);
            EXECUTE partner_list;
            EXECUTE operator_key_get ({now});
            EXECUTE sweep_ub (0); EXECUTE sweep_vector (0); EXECUTE sweep_answer (0);
        """)
        self.assertIn("dave@operator-a.test", out)
        alice.bootstrap()
        answer = alice.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]
        self.assertEqual(answer.status, 200, answer.raw)
        self.assertIn("sip:dave@operator-a.test", a.ctl("binding", "list"))
        a.stop()
        a.start()
        self.assertEqual(Phone(self.pair.sim_a, a).bootstrap().resyncs, 0)


if __name__ == "__main__":
    unittest.main()
