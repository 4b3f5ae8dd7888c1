# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL gone and back, as the engineer sees it; nobody asks meanwhile."""
import os
import subprocess
import unittest

from with_postgresql import Server

server = Server()
unittest.addModuleCleanup(server.close)
os.environ["SIMAUTH_TEST_DATABASE"] = server.conninfo

from operators import Pair  # noqa: E402  (reads the environment)
from ops import metrics, page, ready, states, wait_for, watched  # noqa: E402
from phone import Phone  # noqa: E402


class Database(unittest.TestCase):
    def test_gone_and_back(self):
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        for operator in (pair.a, pair.b):
            watched(operator).start()
        phone = Phone(pair.sim_a, pair.a).bootstrap()
        self.assertTrue(ready(pair.a))
        server.stop("immediate")
        wait_for(lambda: states(pair.a)["store"] == "down")
        self.assertFalse(ready(pair.a))
        self.assertEqual(page(pair.a, "/live")[0], 200)
        self.assertEqual(phone.ask("GET", "/v1/self").problem, "operator-down")
        self.assertGreaterEqual(metrics(pair.a)['simauth_store_failures_total{reason="database failed"}'], 1)
        server.start()
        for operator in (pair.a, pair.b):
            wait_for(lambda: states(operator)["store"] == "good")
            self.assertTrue(ready(operator))
        answer = phone.ask_callee(pair.aor_a, pair.aor_b)[1]
        self.assertEqual(answer.status, 200, answer.raw)

    def test_comes_late(self):
        """A gateway that finds no database ends in an error, at which its unit starts it again (package.units)."""
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        watched(pair.a)
        server.stop("immediate")
        try:
            done = subprocess.run([pair.a.program, "--config", pair.a.config], capture_output=True, text=True, timeout=30)
        finally:
            server.start()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"simauth-gateway: \S")
        pair.a.start()
        wait_for(lambda: ready(pair.a))


if __name__ == "__main__":
    unittest.main()
