# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both operators of an agreement have counted after calls, forks, lost answers, refusals and a crash."""
import collections
import datetime
import json
import os
import signal
import threading
import unittest

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from front import Caller, pair_behind_front
from operators import Pair, free_port
from ops import wait_for
from phone import Phone

UNKNOWN = "unknown"  # the method of a question whose answer did not come


def day(offset=0):
    return (datetime.datetime.utcnow() + datetime.timedelta(days=offset)).strftime("%Y-%m-%d")


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Sums(unittest.TestCase):
    def setUp(self):
        self.pair, self.front = pair_behind_front({"limits.federation_timeout_ms": 1500}, self.addCleanup)
        self.pair.a.start()
        self.pair.b.start()
        self.a = Phone(self.pair.sim_a, self.pair.a).bootstrap()
        self.b = Phone(self.pair.sim_b, self.pair.b).bootstrap()
        for phone in (self.a, self.b):
            self.addCleanup(phone.connection.close)
        self.bob = self.pair.aor_b

    def ask(self, good=True, callee=None, **more):
        answer = self.a.ask_callee(self.pair.aor_a, callee or self.bob, **more)[1]
        self.assertEqual(answer.status == 200, good, answer.raw)
        return answer.json if good else answer.problem

    def ticket(self, key=None):
        return self.a.ask("POST", "/v1/tickets", {"use": "agt", "caller": self.pair.aor_a, "callee": self.bob}, key).status

    def counted(self):
        """What A has with a name and B has not, and the other way round; and how much A has without a name."""
        asked = [r for r in self.pair.a.records() if r["side"] == "asked"]
        given = [r for r in self.pair.b.records() if r["side"] == "given"]
        named = collections.Counter((r["nai_a"], r["nai_b"], r["method"], r["first"]) for r in asked if r["method"] != UNKNOWN)
        theirs = collections.Counter((r["nai_a"], r["nai_b"], r["method"], r["first"]) for r in given)
        for record in asked:
            if record["method"] == UNKNOWN:
                self.assertEqual((record["nai_b"], record["outcome"]), (self.bob, "issued"))
        return named - theirs, theirs - named, len(asked) - named.total()

    def agreed(self):
        self.assertEqual(self.counted(), ({}, {}, 0))
        sums = [[(x["method"], x["first"], x["vectors"]) for x in lines(operator.ctl("record", "sum", "--json"))]
                for operator in (self.pair.a, self.pair.b)]
        self.assertEqual(*map(sorted, sums))

    def lost(self, act):
        """What `act` returns while no answer of B's gets through."""
        self.front.lose_after = 0
        try:
            return act()
        finally:
            self.front.lose_after = None

    def other_sim(self, number):
        imsi = f"00102000000010{number}"
        sim = self.pair.b.subscriber(imsi, f"bob-{number}")
        self.pair.b.ctl("binding", "add", self.bob, imsi, "--also")
        phone = Phone(sim, self.pair.b).bootstrap()
        self.addCleanup(phone.connection.close)
        return phone

    def fork(self, phone, rand):
        """RAND_B' of this phone's SIM, whose half of the key it has fetched."""
        word = phone.ask_challenge(rand).json
        self.assertEqual(phone.ask_caller(word["caller"], word["callee"], word["own"]["rand"])[1].status, 200)
        return word["own"]["rand"]

    def test_calls_refusals_and_repeats(self):
        key, seal = os.urandom(16), X25519PrivateKey.generate()
        first = self.ask(key=key, seal=seal)
        self.assertEqual(self.ask(key=key, seal=seal), first)
        self.ask()
        self.assertEqual(self.ask(False, "sip:nobody@operator-b.test"), "nobody")
        self.assertEqual(self.ask(False, callee_nai="eve@operator-b.test"), "nobody")
        self.assertEqual(self.ticket(), 200)
        self.pair.b.ctl("partner", "suspend", self.pair.a.title)
        self.assertEqual((self.ask(False), self.ticket()), ("operator-down", 503))
        self.pair.b.ctl("partner", "resume", self.pair.a.title)
        self.agreed()
        # it was never there
        way = f"127.0.0.1:{free_port()}"
        self.pair.a.ctl("partner", "set", self.pair.b.title, "--connect-to", way)
        self.assertEqual((self.ask(False), self.ticket()), ("operator-down", 503))
        self.agreed()

    def test_forked_calls(self):
        """One record at each side for each RAND_B' that the caller is given, and none for those that nobody asks for."""
        phones = [self.other_sim(n) for n in (2, 3, 4)]
        self.b.bootstrap()
        rand = self.ask()["vector"]["rand"]
        others = [self.fork(phone, rand) for phone in phones]
        self.agreed()
        seal = X25519PrivateKey.generate()
        for _ in range(2):
            self.assertEqual(self.ask(rand=rand, replaced=others[0], seal=seal)["vector"]["nai_b"], "bob-2@operator-b.test")
            self.agreed()
        self.assertEqual(self.ask(False, rand=rand, replaced=others[0]), "not-yours")  # another key
        self.agreed()
        key, seal = os.urandom(16), X25519PrivateKey.generate()
        asked = {"rand": rand, "replaced": others[1], "key": key, "seal": seal}
        self.assertEqual(self.lost(lambda: self.ask(False, **asked)), "operator-down")
        missing, unnamed = self.counted()[1:]
        self.assertEqual(([x[1] for x in missing], unnamed), (["bob-3@operator-b.test"], 1))
        self.ask(**asked)
        self.agreed()
        self.ask(**{**asked, "key": None})
        self.agreed()
        self.assertEqual([len([r for r in x.records() if r["outcome"] == "confirmed"]) for x in (self.pair.a, self.pair.b)], [2, 2])

    def test_lost_answers(self):
        """Each is there at A as a question without an answer, until the phone's repeat gets it."""
        self.ask()
        key, seal = os.urandom(16), X25519PrivateKey.generate()
        self.assertEqual(self.lost(lambda: self.ask(False, key=key, seal=seal)), "operator-down")
        bob = ("alice@operator-a.test", "bob@operator-b.test")
        self.assertEqual(self.counted(), ({}, {(*bob, "aka", False): 1}, 1))
        self.assertIn("may have given and counted it", self.pair.a.log_text())
        self.ask(key=key, seal=seal)
        self.agreed()
        key = os.urandom(16)
        self.assertEqual(self.lost(lambda: self.ticket(key)), 503)
        self.assertEqual(self.counted(), ({}, {(*bob, "agt", False): 1}, 1))
        self.assertEqual(self.ticket(key), 200)
        self.agreed()
        # too late for A, and what makes no sense to it
        self.front.go.clear()
        self.assertEqual(self.ask(False), "operator-down")
        self.front.go.set()
        wait_for(lambda: len(self.pair.b.records()) == 4)
        self.front.garble = True
        self.assertEqual((self.ask(False), self.ticket()), ("operator-down", 503))
        self.front.garble = False
        self.assertEqual(self.counted(), ({}, {(*bob, "aka", False): 2, (*bob, "agt", False): 1}, 3))
        unknown = [x for x in lines(self.pair.a.ctl("record", "sum", "--json")) if x["method"] == UNKNOWN]
        self.assertEqual((sum(x["vectors"] for x in unknown), {(x["side"], x["sum"]) for x in unknown}), (3, {("asked", "-")}))
        for operator in (self.pair.a, self.pair.b):  # what is sold in sum is the same
            self.assertEqual(sum(x["vectors"] for x in lines(operator.ctl("record", "sum", "--json"))), 6)
        # what has no answer has no price, and is not missed
        self.assertIn("no price", self.pair.a.ctl("record", "sum", told=True))
        for method in ("aka", "agt"):
            self.pair.a.ctl("price", "set", method, "first", "1")
            self.pair.a.ctl("price", "set", method, "again", "1")
        self.assertNotIn("no price", self.pair.a.ctl("record", "sum", told=True))

    def way(self, port):
        self.pair.a.ctl("partner", "set", self.pair.b.title, "--connect-to", f"127.0.0.1:{port}")

    def refused(self, act):
        """What `act` returns while nobody listens where B was."""
        self.way(free_port())
        try:
            return act()
        finally:
            self.way(self.front.port)

    def tries(self):
        """What asks for the same once more, a vector and a ticket, and returns its status."""
        key, seal, ticket = os.urandom(16), X25519PrivateKey.generate(), os.urandom(16)
        return ((lambda: self.a.ask_callee(self.pair.aor_a, self.bob, key=key, seal=seal)[1].status),
                (lambda: self.ticket(ticket)))

    def test_a_repeat_that_fails(self):
        """It takes away no record of what was asked before it."""
        self.ask()
        for again in self.tries():
            self.assertEqual(self.lost(again), 503)
            self.assertEqual(self.refused(again), 503)
            self.assertEqual(self.counted()[2], 1)
            self.assertEqual(again(), 200)
            self.agreed()

    def test_a_first_try_that_fails(self):
        """Its record is taken away; what is asked with its key afterwards has one of its own, and one alone."""
        self.ask()
        for again in self.tries():
            self.assertEqual(self.refused(again), 503)
            self.agreed()
            for _ in range(2):
                self.assertEqual(self.lost(again), 503)
                self.assertEqual(self.counted()[2], 1)
            self.assertEqual(again(), 200)
            self.agreed()

    def test_a_repeat_beside_its_question(self):
        """The question is refused, its repeat, which was sent meanwhile, is given, and that answer is lost."""
        other = self.other_sim(2)
        self.b.bootstrap()  # whose SIM came last is asked first
        rand = self.ask()["vector"]["rand"]
        for more in ({}, {"rand": rand, "replaced": self.fork(other, rand)}):
            self.front.reset()
            self.front.refuse, self.front.lose_after = (1,), 0
            self.front.go.clear()
            first = Caller(self.a, self.pair, **more)
            wait_for(lambda: len(self.front.asked) == 1)
            again = Caller(self.a, self.pair, again=first)
            wait_for(lambda: len(self.front.asked) == 2)
            self.front.go.set()
            self.assertEqual((first.word, again.word), ("operator-down", "operator-down"))
            self.assertEqual(self.counted()[2], 1)
            self.front.reset()
            self.assertEqual(Caller(self.a, self.pair, again=first).word, "good")
            self.agreed()

    def test_the_asking_gateway_dies(self):
        """With the question under way: its record is there, and the phone's repeat has the same one."""
        self.ask()
        for ask, begin in ((self.a.ask_callee, (self.pair.aor_a, self.bob)), (None, None)):
            key, seal, asked = os.urandom(16), X25519PrivateKey.generate(), len(self.front.asked)

            def question():
                return ask(*begin, key=key, seal=seal)[1].status if ask else self.ticket(key)

            def dies():
                try:
                    question()
                except Exception:  # noqa: BLE001 - the connection breaks in one way or another
                    pass
            self.front.go.clear()
            thread = threading.Thread(target=dies)
            thread.start()
            wait_for(lambda: len(self.front.asked) > asked)
            wait_for(lambda: len(self.pair.a.records()) > len(self.pair.b.records()))
            before = len(self.pair.b.records())
            self.pair.a.stop(signal.SIGKILL)
            thread.join(20)
            self.front.go.set()
            wait_for(lambda: len(self.pair.b.records()) > before)
            self.pair.a.start()
            self.assertEqual(self.counted()[2], 1)
            self.a.connection.close()
            self.a.nonce = None
            self.assertEqual(question(), 200)
            self.agreed()


class Prices(unittest.TestCase):
    def test_a_price_that_changed(self):
        """What is over costs what it did; the day from which another price holds may be said later."""
        pair = Pair()
        self.addCleanup(pair.close)
        phone = Phone(pair.sim_a, pair.a).bootstrap()
        self.addCleanup(phone.connection.close)
        for _ in range(2):
            self.assertEqual(phone.ask_callee(pair.aor_a, pair.aor_b)[1].status, 200)
        for when, amount in (("first", "0.02"), ("again", "0.005")):
            pair.b.ctl("price", "set", "aka", when, amount)
        pair.b.sql("UPDATE record SET time = time - 864000")
        self.assertEqual(phone.ask_callee(pair.aor_a, pair.aor_b)[1].status, 200)

        def sums(*words):
            return [(x["first"], x["vectors"], x["sum"]) for x in lines(pair.b.ctl("record", "sum", "--json", *words))]
        self.assertEqual(sums(), [(True, 1, "0.0200"), (False, 2, "0.0100")])
        pair.b.ctl("price", "set", "aka", "again", "0.01", "--from", day(-5))
        self.assertEqual(sums(), [(True, 1, "0.0200"), (False, 2, "0.0150")])
        self.assertEqual(sums("--by", "subscriber"), [(True, 1, "0.0200"), (False, 2, "0.0150")])
        self.assertEqual(sums("--to", day(-5)), [(True, 1, "0.0200"), (False, 1, "0.0050")])
        self.assertEqual(sums("--from", day(-5)), [(False, 1, "0.0100")])
        self.assertEqual([x["amount"] for x in lines(pair.b.ctl("price", "list", "--json"))], ["0.0200", "0.0100"])
        pair.b.ctl("price", "set", "aka", "again", "7")  # from now on
        self.assertEqual(sums("--to", day(0)), [(True, 1, "0.0200"), (False, 1, "0.0050")])
        self.assertEqual([(x["first"], x["amount"], x["since"][:10]) for x in lines(pair.b.ctl("price", "list", "--all", "--json"))],
                         [(True, "0.0200", ""), (False, "0.0050", ""), (False, "0.0100", day(-5)), (False, "7.0000", day(0))])
        pair.b.ctl("price", "set", "aka", "again", "0.001", "--from", day(-20))  # in the place of all since
        self.assertEqual(sums(), [(True, 1, "0.0200"), (False, 2, "0.0020")])
        self.assertIn("not to come", pair.b.ctl("price", "set", "aka", "again", "1", "--from", day(2), fails=True))


if __name__ == "__main__":
    unittest.main(verbosity=1)
