# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway that is told to stop, while libmicrohttpd's threads take the listener away at the same moment (listener.c)."""
import os
import unittest

from operators import Pair
from phone import Phone


class Stop(unittest.TestCase):
    def test_listener_was_taken_away(self):
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        os.environ["LD_PRELOAD"] = os.environ["SIMAUTH_TEST_LISTENER"]
        try:
            pair.a.start()
        finally:
            del os.environ["LD_PRELOAD"]
        Phone(pair.sim_a, pair.a).bootstrap()
        process = pair.a.process
        process.terminate()
        self.assertEqual(process.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
