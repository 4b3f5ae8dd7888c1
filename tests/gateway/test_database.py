# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL goes away under a gateway, as in a crash, and comes back."""
import os
import time
import unittest

from with_postgresql import Server

server = Server()
unittest.addModuleCleanup(server.close)
os.environ["SIMAUTH_TEST_DATABASE"] = server.conninfo

from operators import Pair  # noqa: E402  (reads the environment)
from phone import Phone, unb64u  # noqa: E402


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


if __name__ == "__main__":
    unittest.main()
