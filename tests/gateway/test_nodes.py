# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three gateways of one operator on one PostgreSQL, each request to the next of them; one dies by kill -9 under load."""
import http.client
import itertools
import json
import os
import signal
import threading
import time
import unittest

from operators import Pair
from ops import wait_for
from phone import Answer, Connection, Phone, b64u, unb64u


class Roaming(Phone):
    """Each request goes to the next node, as a bad balancer would send it; to another when one is gone."""

    def __init__(self, usim, nodes):
        super().__init__(usim, nodes[0])
        self.turn, self.connections = itertools.cycle(nodes), {}

    def raw(self, method, path, body=b"", headers=None):
        for _ in range(4):
            node = next(self.turn)
            connection = self.connections.setdefault(node.port, Connection(node.fqdn, node.port, self.context))
            try:
                connection.request(method, path, body or None, dict(headers or {}))
                return Answer(connection.getresponse())
            except (OSError, http.client.HTTPException):
                connection.close()
        raise AssertionError("no node answers")


class Nodes(unittest.TestCase):
    def setUp(self):
        self.pair = Pair(start=False)
        self.addCleanup(self.pair.close)
        self.operator = self.pair.b
        self.nodes = [self.operator] + [self.operator.sibling(n) for n in (1, 2)]
        self.prepare()
        for node in self.nodes:
            node.start()
            self.addCleanup(node.stop)
        self.bob = Roaming(self.pair.sim_b, self.nodes).bootstrap()

    def prepare(self):
        pass

    def phone(self, number):
        sim = self.operator.subscriber(f"00102000000010{number}", f"caller{number}", self.aor(number))
        return Roaming(sim, self.nodes).bootstrap()

    @staticmethod
    def aor(number):
        return f"sip:caller{number}@operator-b.test"

    def run_sim(self, phone, own):
        self.assertEqual(phone.usim.run(unb64u(own["rand"]), unb64u(own["autn"]))[0], "good")

    def test_one_call_on_three_nodes(self):
        alice = self.phone(0)
        _, answer = alice.ask_callee(self.aor(0), self.pair.aor_b)
        self.assertEqual(answer.status, 200, answer.raw)
        names = self.bob.ask_challenge(answer.json["vector"]["rand"])
        self.assertEqual(names.status, 200, names.raw)
        _, second = self.bob.ask_caller(names.json["caller"], names.json["callee"], answer.json["vector"]["rand"])
        self.assertEqual(second.json["vector"]["rand"], answer.json["own"]["rand"])
        _, again = self.bob.ask_caller(names.json["caller"], names.json["callee"], answer.json["vector"]["rand"])
        self.assertEqual(again.problem, "not-yours")
        self.assertEqual([r["outcome"] for r in self.operator.records()], ["completed"])

    def replay(self, phone, callee, between=lambda: None):
        """What a TLS terminator sees goes to another node, or to one that began anew, under another Idempotency-Key."""
        phone.ask("GET", "/v1/self")
        body = json.dumps({"subject": "callee", "caller": self.aor(0), "callee": callee, "methods": ["aka"],
                           "seal_to": b64u(os.urandom(32))}).encode()
        headers = {"Content-Type": "application/json",
                   "Authorization": phone.authorization("POST", "/v1/vectors", body)}
        key, drawn = b64u(os.urandom(16)), len(self.operator.records())
        first = phone.raw("POST", "/v1/vectors", body, {**headers, "Idempotency-Key": key})
        self.assertEqual(first.status, 200, first.raw)
        between()
        again = phone.raw("POST", "/v1/vectors", body, {**headers, "Idempotency-Key": b64u(os.urandom(16))})
        self.assertEqual(again.status, 401, again.raw)
        self.assertIn("stale=true", again.headers["WWW-Authenticate"])
        repeat = phone.raw("POST", "/v1/vectors", body, {**headers, "Idempotency-Key": key})
        # the phone's own repeat elsewhere stays what it was
        if repeat.status != 401:
            self.assertEqual(repeat.raw, first.raw)
        self.assertEqual(len(self.operator.records()), drawn + 1)

    def test_replayed_at_another_node(self):
        self.replay(self.phone(0), self.pair.aor_b)

    def test_replayed_at_another_node_while_the_partner_draws(self):
        self.pair.a.start()
        drawn = len(self.pair.a.records())
        self.replay(self.phone(0), self.pair.aor_a)
        self.assertEqual(len(self.pair.a.records()), drawn + 1)

    def test_replayed_after_a_restart(self):
        def restart():
            for node in self.nodes:
                node.stop()
                node.start()
        self.replay(self.phone(0), self.pair.aor_b, restart)

    def twins(self, phone):
        """The same session at two nodes, each on a connection of its own."""
        twins = [Phone(phone.usim, node) for node in self.nodes[:2]]
        for twin in twins:
            twin.btid, twin.ks_naf = phone.btid, phone.ks_naf
            self.assertEqual(twin.ask("GET", "/v1/self").status, 200)
            self.addCleanup(twin.connection.close)
        return twins

    @staticmethod
    def at_once(*calls):
        """What the calls return that begin in the same moment."""
        gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

        def run(number):
            gate.wait()
            answers[number] = calls[number]()
        threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return answers

    def test_one_nc_at_two_nodes_at_once(self):
        """A request and its copy race to two processes, under different Idempotency-Keys: one of them is taken."""
        alice, taken = self.phone(0), []
        twins = self.twins(alice)
        twins[0].ask("GET", "/v1/self")
        before = len(self.operator.records())
        for _ in range(20):
            body = json.dumps({"subject": "callee", "caller": self.aor(0), "callee": self.pair.aor_b, "methods": ["aka"],
                               "seal_to": b64u(os.urandom(32))}).encode()
            signed = {"Content-Type": "application/json", "Authorization": twins[0].authorization("POST", "/v1/vectors", body)}

            def send(twin, signed=signed, body=body):
                return twin.raw("POST", "/v1/vectors", body, {**signed, "Idempotency-Key": b64u(os.urandom(16))})
            answers = self.at_once(*[lambda twin=twin: send(twin) for twin in twins])
            self.assertEqual(sorted(a.status for a in answers), [200, 401], [a.raw for a in answers])
            refused = next(a for a in answers if a.status == 401)
            self.assertIn("stale=true", refused.headers["WWW-Authenticate"])
            taken.append(next(n for n, a in enumerate(answers) if a.status == 200))
        self.assertEqual(len(self.operator.records()), before + 20)

    def test_what_is_taken_away_is_taken_once(self):
        """A first key waits for Bob; his request for it is replayed at another node: that takes nothing."""
        alice, (one, other) = self.phone(0), self.twins(self.bob)

        def first_key():
            answer = alice.ask("POST", "/v1/tickets", {"use": "stp", "caller": self.aor(0), "callee": self.pair.aor_b})
            self.assertEqual(answer.status, 200, answer.raw)
        first_key()
        signed = {"Authorization": one.authorization("GET", "/v1/tickets", b"")}
        self.assertEqual(len(one.raw("GET", "/v1/tickets", headers=signed).json["tickets"]), 1)
        first_key()
        self.assertEqual(other.raw("GET", "/v1/tickets", headers=signed).status, 401)
        self.assertEqual(len(one.ask("GET", "/v1/tickets").json["tickets"]), 1)

    def test_two_nodes_confirm_at_once(self):
        alice = self.phone(0)
        twins = self.twins(self.bob)
        for _ in range(20):
            rand = alice.ask_callee(self.aor(0), self.pair.aor_b)[1].json["vector"]["rand"]
            element = "sim01.aka." + rand + "."
            answers = self.at_once(*[lambda twin=twin, rand=rand, element=element: twin.ask_challenge(rand, element + b64u(os.urandom(16))) for twin in twins])
            self.assertEqual(sorted(a.status for a in answers), [200, 403])

    def test_killed_in_the_middle_of_load(self):
        callers, calls, errors, stop = [self.phone(n) for n in range(3)], [], [], threading.Event()

        def load(number):
            phone = callers[number]
            while not stop.is_set():
                key = os.urandom(16)
                _, answer = phone.ask_callee(self.aor(number), self.pair.aor_b, key)
                if answer.status != 200:
                    errors.append(answer.raw)
                    return
                self.run_sim(phone, answer.json["own"])
                calls.append((key, answer.json["vector"]["rand"]))
        threads = [threading.Thread(target=load, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(calls) > 60)
        self.nodes[2].process.send_signal(signal.SIGKILL)
        at = len(calls)
        wait_for(lambda: len(calls) > at + 60)
        stop.set()
        for thread in threads:
            thread.join(20)
        self.assertEqual(errors, [])
        # no vector twice, no number of a SIM twice, and a record for each answer: no more, no less
        self.assertEqual(len({rand for _, rand in calls}), len(calls))
        for phone in callers:
            self.assertEqual(len(set(phone.usim.seen)), len(phone.usim.seen))
        self.assertEqual(len(self.operator.records()), len(calls))
        # the last vector of the load is still there for Bob, whose session outlived the node too
        names = self.bob.ask_challenge(calls[-1][1])
        self.assertEqual(names.status, 200, names.raw)
        self.run_sim(self.bob, names.json["own"])


if __name__ == "__main__":
    unittest.main()
