# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HLR's bad days as the engineer sees them: a state for each, and its end by itself. A TCP proxy stands before osmo-hlr."""
import os
import unittest

from hlr import Hlr, Proxy
from operators import Pair
from ops import metrics, ready, states, wait_for, watched
from phone import Phone


class BadHlr(unittest.TestCase):
    def setUp(self):
        self.pair = Pair({"auc.hlr_links": 4}, start=False, hlr=Hlr)
        self.addCleanup(self.pair.close)
        self.pair.hlr.start()
        self.proxy = Proxy(self.pair.hlr)
        self.addCleanup(self.proxy.close)
        self.operator = self.pair.a
        self.operator.settings.update({"auc.hlr_address": "127.0.0.1", "auc.hlr_port": self.proxy.port,
                                       "auc.hlr_timeout_ms": 300 * int(os.environ.get("SIMAUTH_TEST_SLOWER", "1"))})
        watched(self.operator).start()
        self.wait("good")
        self.phone = Phone(self.pair.sim_a, self.operator).bootstrap()

    def wait(self, state):
        wait_for(lambda: states(self.operator)["source"] == state)

    def count(self, result):
        return metrics(self.operator)[f'simauth_vectors_drawn_total{{result="{result}"}}']

    def refused(self):
        self.assertEqual(Phone(self.pair.sim_a, self.operator).ub_first().problem, "operator-down")

    def test_down_and_back(self):
        self.pair.hlr.stop()
        self.wait("down")
        self.assertEqual(metrics(self.operator)["simauth_source_links_up"], 0)
        self.refused()
        self.assertGreaterEqual(self.count("source is down"), 1)
        self.assertTrue(ready(self.operator))  # no other node would do better
        self.assertEqual(self.phone.ask("GET", "/v1/self").status, 200)  # what needs no vector goes on
        self.pair.hlr.start()
        self.wait("good")
        self.assertEqual(metrics(self.operator)["simauth_source_links_up"], 4)
        Phone(self.pair.sim_a, self.operator).bootstrap()

    def test_mute(self):
        self.proxy.let("mute")
        self.refused()
        self.assertEqual(states(self.operator)["source"], "slow")
        self.proxy.let("pass")
        Phone(self.pair.sim_a, self.operator).bootstrap()
        self.assertEqual(states(self.operator)["source"], "good")

    def test_half_an_answer(self):
        self.proxy.let("half")
        self.refused()
        self.assertEqual(states(self.operator)["source"], "slow")
        self.proxy.let("pass")
        Phone(self.pair.sim_a, self.operator).bootstrap()
        self.assertEqual(states(self.operator)["source"], "good")


if __name__ == "__main__":
    unittest.main()
