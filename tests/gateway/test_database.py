# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL goes away under a gateway, as in a crash, and comes back; and there are two of it."""
import contextlib
import os
import signal
import subprocess
import time
import unittest

from pooler import Gap, Pooler
from with_postgresql import Server

server = Server()
unittest.addModuleCleanup(server.close)
other = server.sibling()
unittest.addModuleCleanup(other.close)
os.environ["SIMAUTH_TEST_DATABASE"] = f"host={server.folder},{other.folder} user=simauth dbname=postgres"

from operators import DAEMON, Pair  # noqa: E402  (reads the environment)
from ops import metrics, watched  # noqa: E402
from phone import Phone, unb64u  # noqa: E402


@contextlib.contextmanager
def behind(door, operator):
    """The operator's gateway, stopped, has its database through that door."""
    operator.stop()
    where, operator.database = operator.database, f"host={door.folder} " + operator.database.split(" ", 1)[1]
    operator.configure()
    yield
    operator.stop()
    operator.database = where
    operator.configure()
    operator.start()


class Database(unittest.TestCase):
    def setUp(self):
        self.pair = Pair()
        self.addCleanup(self.pair.close)
        self.a = Phone(self.pair.sim_a, self.pair.a).bootstrap()
        self.b = Phone(self.pair.sim_b, self.pair.b).bootstrap()

    def ask(self, key=None, seal=None):
        return self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, key, seal)

    def test_gone_and_back(self):
        key = os.urandom(16)
        seal, first = self.ask(key)
        self.assertEqual(first.status, 200, first.raw)
        server.stop("immediate")
        start = time.monotonic()
        for _ in range(3):
            answer = self.ask()[1]
            self.assertEqual((answer.status, answer.problem), (503, "operator-down"))
        self.assertLess(time.monotonic() - start, 3)
        server.start()
        limit = time.monotonic() + 10
        while (answer := self.ask()[1]).status != 200:
            self.assertLess(time.monotonic(), limit, answer.raw)
            time.sleep(0.05)
        # what was answered before was on the disk, and numbers go on
        self.assertEqual(self.ask(key, seal)[1].json, first.json)
        for own in (first.json["own"], answer.json["own"]):
            self.assertEqual(self.a.usim.run(unb64u(own["rand"]), unb64u(own["autn"]))[0], "good")
        self.assertEqual(len(set(self.a.usim.seen)), len(self.a.usim.seen))

    def flushers(self):
        """The processes that serve the connections which have the log flushed."""
        return [int(pid) for pid in server.query(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_logical_emit%' AND pid <> pg_backend_pid()").split()]

    def bootstraps(self):
        try:
            return bool(Phone(self.pair.sim_a, self.pair.a).bootstrap())
        except AssertionError:
            return False

    def until(self, good, what):
        limit = time.monotonic() + 20
        while not good():
            self.assertLess(time.monotonic(), limit, what)
            time.sleep(0.05)

    def test_another_server_keeps_nothing(self):
        """What one server committed is not on the disk because another, a copy of it, flushed its own log."""
        self.assertEqual(self.ask()[1].status, 200)
        other.copy_of(server)
        other.start()
        pids = self.flushers()
        server.hide()
        self.addCleanup(server.hide, False)
        for pid in pids:
            os.kill(pid, signal.SIGTERM)

        def refused():
            self.assertEqual(self.ask()[1].status, 503)
            return "to another server than the first" in self.pair.a.log_text()
        self.until(refused, "no word of another server")
        server.hide(False)
        self.until(lambda: self.ask()[1].status == 200, "not again")
        other.stop()

    def test_a_pooler_of_transactions(self):
        """What is set for a session, and its prepared statements, would be there at times."""
        pooler = Pooler(server)
        self.addCleanup(pooler.close)
        a = self.pair.a
        with behind(pooler, a):
            self.assertIn("pool_mode = session", a.ctl("subscriber", "list", fails=True))
            done = subprocess.run([DAEMON, "--config", a.config], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 1)
            self.assertIn("pool_mode = session", done.stderr)

    def test_nobody_heard_the_commit(self):
        """What a partner asked for may be counted: it keeps its record, until a repeat finds what was given."""
        gap = Gap(server)
        self.addCleanup(gap.close)
        a, b, key = self.pair.a, self.pair.b, os.urandom(16)
        with behind(gap, b):
            watched(b).start()
            gap.lose.set()
            seal, lost = self.ask(key)
            self.assertEqual((lost.status, gap.lose.is_set()), (503, False), lost.raw)
            self.assertIn("lost while it committed", b.log_text())
            self.assertEqual(metrics(b)['simauth_store_failures_total{reason="lost while it committed"}'], 1)
            self.assertEqual([(len(x.records()), {r["method"] for r in x.records()}) for x in (a, b)],
                             [(1, {"unknown"}), (1, {"aka"})])
            self.until(lambda: self.ask(key, seal)[1].status == 200, "not again")
            self.assertEqual([len(x.records()) for x in (a, b)], [1, 1])

    def test_a_lost_flusher_is_replaced(self):
        self.assertEqual(self.ask()[1].status, 200)
        for pid in self.flushers():
            os.kill(pid, signal.SIGTERM)
        self.until(lambda: self.ask()[1].status == 200, "not again")

    def test_a_flush_that_was_given_up(self):
        """The operator asked for a standby that has everything; it does not answer."""
        self.addCleanup(server.configure, synchronous_standby_names="")
        server.configure(synchronous_standby_names="nobody")
        self.until(lambda: not self.bootstraps(), "still kept")
        self.assertIn("flush-failed reason=\"canceling wait for synchronous replication", self.pair.a.log_text())
        server.configure(synchronous_standby_names="")
        self.until(self.bootstraps, "not again")


if __name__ == "__main__":
    unittest.main()
