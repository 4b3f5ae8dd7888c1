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
        for node in self.nodes:
            node.start()
            self.addCleanup(node.stop)
        self.bob = Roaming(self.pair.sim_b, self.nodes).bootstrap()

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

    def test_two_nodes_confirm_at_once(self):
        alice = self.phone(0)
        twins = [Phone(self.bob.usim, node) for node in self.nodes[:2]]
        for twin in twins:
            twin.btid, twin.ks_naf = self.bob.btid, self.bob.ks_naf
            twin.ask("GET", "/v1/self")
        for _ in range(20):
            rand = alice.ask_callee(self.aor(0), self.pair.aor_b)[1].json["vector"]["rand"]
            statuses, gate = [], threading.Barrier(2)

            def confirm(twin):
                element = "sim01.aka." + rand + "." + b64u(os.urandom(16))
                gate.wait()
                statuses.append(twin.ask_challenge(rand, element).status)
            threads = [threading.Thread(target=confirm, args=(twin,)) for twin in twins]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(statuses), [200, 403])

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
        self.wait(lambda: len(calls) > 60)
        self.nodes[2].process.send_signal(signal.SIGKILL)
        at = len(calls)
        self.wait(lambda: len(calls) > at + 60)
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

    @staticmethod
    def wait(what, limit=30):
        end = time.monotonic() + limit
        while not what():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
