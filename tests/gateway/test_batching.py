# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions of several callers that wait for one partner go in one batch; what comes of each is as if it had gone alone."""
import unittest

from front import Caller, pair_behind_front
from ops import metrics, wait_for, watched
from phone import Phone


class World(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair, cls.front = pair_behind_front(
            {"limits.federation_connections": 1, "limits.federation_timeout_ms": 5000}, cls.addClassCleanup)
        watched(cls.pair.a)
        cls.pair.a.start()
        cls.pair.b.start()
        cls.alice = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()
        cls.addClassCleanup(cls.alice.connection.close)

    def setUp(self):
        self.front.reset()
        self.records_before = len(self.pair.b.records())

    def one_waits(self, *more):
        """One question is with the partner, those of `more` (callees, or callers who ask again) wait behind it."""
        self.front.go.clear()
        before, count = len(self.pair.a.records()), len(self.front.asked)
        first = Caller(self.alice, self.pair)
        wait_for(lambda: len(self.front.asked) > count)
        others = [Caller(self.alice, self.pair, again=m) if isinstance(m, Caller) else Caller(self.alice, self.pair, m)
                  for m in more]
        # each is on the disk before it waits
        wait_for(lambda: len(self.pair.a.records()) >= before + 1 + len(more))
        return first, others

    def recorded(self):
        return len(self.pair.b.records()) - self.records_before


class Batching(World):
    def test_those_that_wait_go_together(self):
        before = metrics(self.pair.a)
        first, others = self.one_waits(*[None] * 6, "sip:nobody@operator-b.test")
        self.front.go.set()
        self.assertEqual([caller.word for caller in (first, *others)], ["good"] * 7 + ["nobody"])
        rands = {caller.answer.json["vector"]["rand"] for caller in (first, *others[:-1])}
        self.assertEqual((len(rands), self.recorded()), (7, 7))
        self.assertEqual(self.front.asked[0], 0)
        self.assertGreaterEqual(max(self.front.asked), 2, self.front.asked)
        self.assertEqual(sum(n or 1 for n in self.front.asked), 8)
        seen = {name: value - before.get(name, 0) for name, value in metrics(self.pair.a).items()}
        self.assertEqual(seen['simauth_partner_questions_total{partner="Operator B",result="answered"}'], 8)
        self.assertGreaterEqual(seen['simauth_partner_batches_total{partner="Operator B"}'], 1)
        # one that is alone leaves alone
        self.front.asked.clear()
        self.assertEqual(Caller(self.alice, self.pair).word, "good")
        self.assertEqual(self.front.asked, [0])

    def test_long_chains(self):
        """Each answer of a batch has its operator's certificates."""
        self.front.batches = "long"
        first, others = self.one_waits(None, None, None)
        self.front.go.set()
        self.assertEqual([caller.word for caller in (first, *others)], ["good"] * 4)
        self.assertGreaterEqual(max(self.front.asked), 2, self.front.asked)

    def test_nonsense(self):
        self.front.batches = "nonsense"
        first, others = self.one_waits(None, None, None)
        self.front.go.set()
        self.assertEqual(first.word, "good")
        words = {caller.word for caller in others}
        self.assertIn("operator-down", words)
        self.assertIn("a batch makes no sense", self.pair.a.log_text())
        self.assertEqual(Caller(self.alice, self.pair).word, "good")

    def test_answer_of_a_batch_is_lost(self):
        """The phones ask again: each gets what was made for it, and there is no second record."""
        first, others = self.one_waits(None, None, None)
        self.front.lose_after = 1
        self.front.go.set()
        self.assertEqual([caller.word for caller in (first, *others)], ["good"] + ["operator-down"] * 3)
        self.assertEqual(self.recorded(), 4)
        self.assertGreaterEqual(max(self.front.asked), 2, self.front.asked)
        self.front.reset()
        again = [Caller(self.alice, self.pair, again=caller) for caller in others]
        self.assertEqual([caller.word for caller in again], ["good"] * 3)
        self.assertEqual(self.recorded(), 4)
        self.assertIn(1, self.front.asked)  # asked alone, its key was of a batch

    def test_asked_alone_then_in_a_batch(self):
        self.front.lose_after = 0
        lost = Caller(self.alice, self.pair)
        self.assertEqual(lost.word, "operator-down")
        self.assertEqual(self.recorded(), 1)
        self.front.lose_after = None
        self.front.go.clear()
        first = Caller(self.alice, self.pair)
        wait_for(lambda: len(self.front.asked) == 2)
        before = len(self.pair.a.records())
        again, other = Caller(self.alice, self.pair, again=lost), Caller(self.alice, self.pair)
        wait_for(lambda: len(self.pair.a.records()) >= before + 1)  # the one that asks again has its record
        self.front.go.set()
        self.assertEqual([caller.word for caller in (first, again, other)], ["good"] * 3)
        self.assertEqual(self.recorded(), 3)

    def test_redirection(self):
        """A partner's gateway that sends elsewhere: nobody goes there."""
        self.front.redirect = f"https://{self.pair.b.fqdn}:{self.front.port}/elsewhere"
        caller = Caller(self.alice, self.pair)
        self.assertEqual(caller.word, "operator-down")
        self.assertEqual(set(self.front.paths), {"/v1/federation/vectors"})
        self.assertIn("a redirection, which is never followed", self.pair.a.log_text())
        self.assertEqual(metrics(self.pair.a)['simauth_partner_up{partner="Operator B"}'], 0)
        self.front.redirect = None
        self.assertEqual(Caller(self.alice, self.pair).word, "good")


class Older(World):
    def test_partner_without_batches(self):
        self.front.batches = False
        first, others = self.one_waits(None, None, None)
        self.front.go.set()
        self.assertEqual([caller.word for caller in (first, *others)], ["good"] * 4)
        self.assertEqual(self.front.asked.count(0), 4)
        tried = len(self.front.asked)
        self.assertIn("its gateway takes none", self.pair.a.log_text())
        first, others = self.one_waits(None, None)  # it is remembered
        self.front.go.set()
        self.assertEqual([caller.word for caller in (first, *others)], ["good"] * 3)
        self.assertEqual(self.front.asked[tried:], [0, 0, 0])
        self.assertEqual(self.recorded(), 7)


if __name__ == "__main__":
    unittest.main()
