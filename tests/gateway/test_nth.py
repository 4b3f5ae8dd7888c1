# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway whose n-th allocation, file or socket operation fails (tests/nth), for every n: it goes on, and loses nothing.

usage: test_nth.py [Serving | Killed | Beginning]
"""
import contextlib
import errno
import http.client
import os
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "nth"))

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: E402
from nth import Nth  # noqa: E402
from operators import CTL, DAEMON, Pair  # noqa: E402
from phone import Phone, unb64u  # noqa: E402

MOST = 3000  # no request has as many of anything
BROKEN = (OSError, ssl.SSLError, http.client.HTTPException)


class Base(unittest.TestCase):
    def setUp(self):
        self.pair = Pair(start=False)
        self.addCleanup(self.pair.close)
        self.nth = Nth(self.pair.a.folder)

    def begin(self, operator, preload=False):
        before = dict(os.environ)
        os.environ.update(self.nth.environment if preload else {})
        try:
            operator.start()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def whole(self):
        """The database is what SQLite itself calls whole."""
        with sqlite3.connect(self.pair.a.database, timeout=10) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        database.close()


class Nothing:
    status, raw = 0, "the connection broke"


class Serving(Base):
    """Operator A's gateway is the one; Alice asks it, and it asks B's."""

    def setUp(self):
        super().setUp()
        self.begin(self.pair.a, preload=True)
        self.pair.b.start()
        self.alice = Phone(self.pair.sim_a, self.pair.a).bootstrap()
        self.bob = Phone(self.pair.sim_b, self.pair.b).bootstrap()
        self.given = set()
        self.hits = self.refused = self.mended = 0

    def sim(self, own):
        """The SIM takes the challenge: its number is new, and the operator has not lost count."""
        self.assertEqual(self.alice.usim.run(unb64u(own["rand"]), unb64u(own["autn"]))[0], "good")

    def ask(self, key, seal=None):
        """(key to seal to, answer or None when the connection broke)"""
        seal = seal or X25519PrivateKey.generate()
        try:
            seal, answer = self.alice.ask_callee(self.pair.aor_a, self.pair.aor_b, key, seal)
            return seal, answer
        except BROKEN:
            self.alice.connection.close()
            self.alice.nonce = None
            return seal, None

    def engineer(self):
        """A disk that did not keep what it was given is believed no more, until somebody has looked at it."""
        said = self.pair.a.log_text()
        if said.count("disk-failed") > self.mended:
            self.mended = said.count("disk-failed")
            self.assertIn("look at the disk, then start the gateway again", said)
            self.assertNotEqual(self.ask(os.urandom(16))[1].status, 200)
            self.pair.a.stop()
            self.begin(self.pair.a, preload=True)
            self.alice.connection.close()
            self.alice.nonce = None
            self.alive()

    def alive(self):
        self.assertIsNone(self.pair.a.process.poll(), self.pair.a.log_text()[-2000:])

    def one(self, kind, n, error):
        """The request in which it happens, and the same once more as a phone would; whether it came to that."""
        key = os.urandom(16)
        self.nth.arm(kind, n, error)
        seal, answer = self.ask(key)
        hit = self.nth.disarm()
        self.hits += hit
        self.alive()
        if answer is None or answer.status != 200:
            self.assertTrue(hit, (kind, n, answer and answer.raw))
            if answer is not None:
                self.assertIn(answer.status, (401, 500, 503), (kind, n, answer.raw))
                self.refused += 1
            answer = self.again(lambda: self.ask(key, seal)[1] or Nothing)
        self.sim(answer.json["own"])
        self.assertNotIn(answer.json["vector"]["rand"], self.given)
        self.given.add(answer.json["vector"]["rand"])
        return hit

    def again(self, act):
        """What act() returns once it is an answer of 200: what failed before may have to come back first."""
        self.engineer()
        end = time.monotonic() + 10
        while True:
            try:
                if (answer := act()).status == 200:
                    return answer
                said = answer.raw
            except BROKEN as error:
                said = error
            self.alice.connection.close()
            self.alice.nonce = None
            self.assertLess(time.monotonic(), end, (said, self.pair.a.log_text()[-3000:]))

    def challenged(self, kind, n, error):
        """Bob calls Alice, and her phone asks whose the challenge is."""
        key = os.urandom(16)
        vector = self.bob.ask_callee(self.pair.aor_b, self.pair.aor_a)[1]
        self.assertEqual(vector.status, 200, vector.raw)
        self.given.add(vector.json["vector"]["rand"])
        self.nth.arm(kind, n, error)
        try:
            answer = self.alice.ask_challenge(vector.json["vector"]["rand"], key=key)
        except BROKEN:
            answer = None
        hit = self.nth.disarm()
        self.hits += hit
        self.alive()
        if answer is None or answer.status != 200:
            self.assertTrue(hit, (kind, n, answer and answer.raw))
            answer = self.again(lambda: self.alice.ask_challenge(vector.json["vector"]["rand"], key=key))
        self.sim(answer.json["own"])
        return hit

    def bootstrapped(self, kind, n, error):
        self.nth.arm(kind, n, error)
        fresh = Phone(self.pair.sim_a, self.pair.a)
        try:
            fresh.bootstrap()
        except (*BROKEN, AssertionError) as problem:
            said = problem
        hit = self.nth.disarm()
        self.hits += hit
        self.alive()
        if fresh.btid is None:
            self.assertTrue(hit, (kind, n, said))
            self.engineer()
            fresh = Phone(self.pair.sim_a, self.pair.a).bootstrap()
        # An open challenge is given again until it is answered (no numbers are burnt): a SIM that has seen it says so, once.
        self.assertLessEqual(fresh.resyncs, int(hit))
        self.alice.connection.close()
        self.alice = fresh  # the sessions of before may be over
        return hit

    def every(self, kind, *errors, act=None):
        for error in errors:
            n = 0
            while (act or self.one)(kind, n, error):
                n += 1
                self.assertLess(n, MOST)
            print(f"{kind}, {errno.errorcode[error]}: {n}", flush=True)
        self.assertGreaterEqual(self.hits, 2 * len(errors))  # a frame is written and brought to the disk
        self.nothing_lost()

    def nothing_lost(self):
        """Also after kill -9: a record for each vector that was given, and for none two."""
        self.pair.a.stop(signal.SIGKILL)
        self.whole()
        self.begin(self.pair.a)
        records = self.pair.a.records()
        self.assertGreaterEqual(len(records), len(self.given))
        self.assertLessEqual(len(records), len(self.given) + self.refused + self.hits)
        self.assertEqual(len({r["id"] for r in records}), len(records))
        self.alice.connection.close()
        self.alice.bootstrap()
        self.assertEqual(self.alice.resyncs, 0)

    def test_memory(self):
        self.every("memory", errno.ENOMEM)

    def test_disk(self):
        self.every("files", errno.ENOSPC, errno.EIO)

    def test_sockets(self):
        self.every("sockets", errno.ECONNRESET, errno.ETIMEDOUT, errno.EMFILE)

    def test_challenge(self):
        for kind, error in (("memory", errno.ENOMEM), ("files", errno.ENOSPC), ("files", errno.EIO), ("sockets", errno.ECONNRESET)):
            self.every(kind, error, act=self.challenged)
            self.pair.a.stop()
            self.begin(self.pair.a, preload=True)

    def test_bootstrapping(self):
        for kind, error in (("memory", errno.ENOMEM), ("files", errno.ENOSPC), ("files", errno.EIO), ("sockets", errno.ECONNRESET)):
            self.every(kind, error, act=self.bootstrapped)
            self.pair.a.stop()
            self.begin(self.pair.a, preload=True)


class Killed(Serving):
    """kill -9 at each file and socket operation of a request: started again, it answers the same request, and nothing is lost."""

    test_memory = test_disk = test_sockets = test_challenge = test_bootstrapping = None

    def at(self, act, kind, n):
        """Whether it came to that; act() is repeated as a phone would."""
        self.nth.arm(kind, n, 0)
        with contextlib.suppress(*BROKEN):
            answer = act()
        hit = self.nth.disarm()
        if hit:
            self.assertEqual(self.pair.a.process.wait(10), -signal.SIGKILL)
            self.pair.a.stop()
            self.begin(self.pair.a, preload=True)
            self.alice.connection.close()
            self.alice.nonce = None
            answer = self.again(act)
        self.assertEqual(answer.status, 200, answer.raw)
        self.sim(answer.json["own"])
        return hit

    def vector(self, kind, n):
        key, seal = os.urandom(16), X25519PrivateKey.generate()
        hit = self.at(lambda: self.alice.ask_callee(self.pair.aor_a, self.pair.aor_b, key, seal)[1], kind, n)
        self.hits += hit
        self.given.add(key)
        return hit

    def challenge(self, kind, n):
        key = os.urandom(16)
        rand = self.bob.ask_callee(self.pair.aor_b, self.pair.aor_a)[1].json["vector"]["rand"]
        self.given.add(rand)
        hit = self.at(lambda: self.alice.ask_challenge(rand, key=key), kind, n)
        self.hits += hit
        return hit

    def test_killed(self):
        for act in (self.vector, self.challenge):
            for kind in ("files", "sockets"):
                n = 0
                while act(kind, n):
                    n += 1
                    self.assertLess(n, MOST)
                print(f"killed at {n} {kind} of a {act.__name__}", flush=True)
        self.assertGreater(self.hits, 20)
        self.nothing_lost()


def said(log):
    return os.pread(log.fileno(), 1 << 20, 0)


class Beginning(Base):
    """From its first step until it listens: it serves, or ends with a sentence; never by a signal."""

    def attempt(self, kind, n, error):
        with tempfile.TemporaryFile() as log:  # not among the files that fail
            self.nth.arm(kind, n, error)
            process = subprocess.Popen([DAEMON, "--config", self.pair.a.config], stdout=log, stderr=log,
                                       env={**os.environ, **self.nth.environment})
            try:
                end = time.monotonic() + 20
                while process.poll() is None and b"op=start" not in said(log):
                    self.assertLess(time.monotonic(), end, (kind, n, said(log)))
                    time.sleep(0.005)
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                status = process.wait(20)
            finally:
                process.kill()
                process.wait()
            hit = self.nth.disarm()
            self.assertGreaterEqual(status, 0, (kind, n, said(log)[-2000:]))
            self.assertTrue(status == 0 or said(log).strip(), (kind, n, "no word"))
            self.assertTrue(hit or status == 0, (kind, n, said(log)))
            return hit

    def every(self, kind, *errors):
        for error in errors:
            n = 0
            while self.attempt(kind, n, error):
                n += 1
                self.assertLess(n, MOST)
            print(f"{kind}, {errno.errorcode[error]}: {n}", flush=True)
            self.assertGreater(n, 3)
        self.whole()
        self.begin(self.pair.a)
        self.pair.b.start()
        alice = Phone(self.pair.sim_a, self.pair.a).bootstrap()
        self.assertEqual(alice.ask_callee(self.pair.aor_a, self.pair.aor_b)[1].status, 200)
        self.assertEqual(alice.resyncs, 0)

    def test_memory(self):
        self.every("memory", errno.ENOMEM)

    def test_disk(self):
        self.every("files", errno.ENOSPC, errno.EIO, errno.EMFILE)

    def test_commands(self):
        """simauth-gatewayctl: done, or not at all and said why."""
        a = self.pair.a
        for error in (errno.ENOSPC, errno.EIO):
            n, hit = 0, True
            while hit:
                imsi = f"00101{error:04d}{n:06d}"
                self.nth.arm("files", n, error)
                done = subprocess.run([CTL, "--config", a.config, "subscriber", "add", imsi, "--keys", "-", "--nai",
                                       f"u{error}n{n}@{a.realm}"], input=f"k={'0' * 32}\nopc={'1' * 32}\n", text=True,
                                      capture_output=True, timeout=20, env={**os.environ, **self.nth.environment})
                hit = self.nth.disarm()
                listed = imsi in a.ctl("subscriber", "list")
                self.assertIn(done.returncode, (0, 1, 2), (n, done))
                self.assertTrue(done.returncode == 0 or done.stderr.strip(), (n, done))
                self.assertTrue(listed or done.returncode != 0, (n, done))
                n += 1
            print(f"commands, {errno.errorcode[error]}: {n}", flush=True)
            self.assertGreater(n, 5)
        self.whole()


if __name__ == "__main__":
    unittest.main(verbosity=1)
