# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tickets, first setup keys and changes (docs/protocol.md section 8) at two real gateways."""
import os
import re
import select
import signal
import socket
import threading
import time
import unittest

import test_nodes
from cryptography.exceptions import InvalidTag
from operators import SHARED_DATABASE, Pair, only_where
from phone import Phone, b64u, unb64u


def field(octets):
    octets = octets.encode() if isinstance(octets, str) else octets
    return len(octets).to_bytes(2, "big") + octets


def key_of(phone, t):
    aad = b"".join(map(field, [t["use"], unb64u(t["ticket"]), t["caller"], t["callee"], t["nai_a"], t["nai_b"]]))
    return phone.channel_unseal(unb64u(t["sealed"]), aad)


def ask(phone, caller, callee, use="agt", key=None, **more):
    return phone.ask("POST", "/v1/tickets", {"use": use, "caller": caller, "callee": callee, **more}, key)


def element_of(ticket, nonce=None, mac=None):
    return ".".join(["sim01.agt", ticket, b64u(nonce or os.urandom(16)), b64u(mac or bytes(16))])


def claim(phone, ticket, element=None, key=None):
    return phone.ask("POST", "/v1/tickets/claim", {"ticket": ticket, "element": element or element_of(ticket)}, key)


class Proxy:
    """Between two gateways; `stop_answers()` lets questions through and keeps what comes back."""

    def __init__(self, port):
        self.target, self.listener = port, socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.held, self.holding, self.closing = threading.Event(), threading.Event(), False
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while not self.closing:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            while not self.closing:
                for ready in select.select([client, server], [], [], 0.2)[0]:
                    try:
                        data = ready.recv(65536)
                    except OSError:
                        return
                    if not data:
                        return
                    if ready is server and self.holding.is_set():
                        self.held.set()
                        continue
                    (client if ready is server else server).sendall(data)

    def close(self):
        self.closing = True
        self.listener.close()


class Both(unittest.TestCase):
    """Two operators for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.pair = Pair()
        cls.addClassCleanup(cls.pair.close)
        cls.alice = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()
        cls.bob = Phone(cls.pair.sim_b, cls.pair.b).bootstrap()
        cls.carol_aor = "sip:carol@operator-b.test"
        cls.carol = Phone(cls.pair.b.subscriber("001020000000003", "carol", cls.carol_aor), cls.pair.b).bootstrap()

    def setUp(self):
        self.before = {o: len(o.records()) for o in (self.pair.a, self.pair.b)}

    def records(self, operator):
        return operator.records()[self.before[operator]:]

    def fetch(self, phone):
        answer = phone.ask("GET", "/v1/tickets")
        self.assertEqual(answer.status, 200, answer.raw)
        return answer.json["tickets"]

    def ticket(self, **more):
        answer = ask(self.alice, self.pair.aor_a, self.pair.aor_b, **more)
        self.assertEqual(answer.status, 200, answer.raw)
        return answer.json


class Tickets(Both):
    def test_two_operators(self):
        t = self.ticket()
        self.assertEqual((t["use"], t["caller"], t["callee"]), ("agt", self.pair.aor_a, self.pair.aor_b))
        self.assertEqual((t["nai_a"], t["nai_b"]), ("alice@operator-a.test", "bob@operator-b.test"))
        self.assertEqual((t["operator"], t["ttl"]), ("Operator B", 60))
        answer = claim(self.bob, t["ticket"])
        self.assertEqual(answer.status, 200, answer.raw)
        c = answer.json
        self.assertEqual((c["operator"], c["nai_a"], c["nai_b"]), ("Operator A", t["nai_a"], t["nai_b"]))
        self.assertLessEqual(c["ttl"], 60)
        self.assertEqual(key_of(self.alice, t), key_of(self.bob, c))
        with self.assertRaises(InvalidTag):
            key_of(self.alice, {**t, "nai_b": "mallory@operator-b.test"})
        for operator, side in ((self.pair.a, "asked"), (self.pair.b, "given")):
            records = [(r["side"], r["method"], r["outcome"]) for r in self.records(operator)]
            self.assertEqual(records, [(side, "agt", "completed")])

    def test_one_operator(self):
        carol, aor = self.carol, self.carol_aor
        answer = ask(carol, aor, self.pair.aor_b)
        self.assertEqual(answer.status, 200, answer.raw)
        self.assertEqual(key_of(carol, answer.json), key_of(self.bob, claim(self.bob, answer.json["ticket"]).json))
        self.assertEqual([(r["side"], r["outcome"]) for r in self.records(self.pair.b)], [("local", "completed")])
        self.assertEqual(ask(carol, aor, aor).problem, "not-yours")

    def test_once(self):
        ticket = self.ticket()["ticket"]
        element = element_of(ticket)
        first = claim(self.bob, ticket, element)
        self.assertEqual(first.status, 200, first.raw)
        again = claim(self.bob, ticket, element)  # a fork of the same call
        self.assertEqual(key_of(self.bob, first.json), key_of(self.bob, again.json))
        self.assertEqual(claim(self.bob, ticket).problem, "not-yours")  # another INVITE with it

    def test_not_for_ever(self):
        pair = Pair(None, {"limits.subscriber_burst": 2, "limits.subscriber_per_minute": 1})
        self.addCleanup(pair.close)
        alice, bob = Phone(pair.sim_a, pair.a).bootstrap(), Phone(pair.sim_b, pair.b).bootstrap()
        ticket = ask(alice, pair.aor_a, pair.aor_b).json["ticket"]
        element = element_of(ticket)
        answers = [claim(bob, ticket, element) for _ in range(20)]
        self.assertEqual({x.status for x in answers[:4]}, {200})
        self.assertEqual(answers[-1].status, 429)

    def test_two_claims_at_once(self):
        twin = Phone(self.pair.sim_b, self.pair.b)
        twin.btid, twin.ks_naf = self.bob.btid, self.bob.ks_naf
        twin.ask("GET", "/v1/self")
        for _ in range(10):
            ticket, statuses, gate = self.ticket()["ticket"], [], threading.Barrier(2)

            def run(phone):
                gate.wait()
                statuses.append(claim(phone, ticket).status)
            threads = [threading.Thread(target=run, args=(phone,)) for phone in (self.bob, twin)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(statuses), [200, 403])

    def test_by_another_subscriber(self):
        ticket = self.ticket()["ticket"]
        self.assertEqual(claim(self.carol, ticket).problem, "not-yours")
        self.assertEqual(claim(self.alice, ticket).problem, "not-yours")
        self.assertEqual(claim(self.bob, ticket).status, 200)
        self.assertEqual(claim(self.bob, b64u(os.urandom(16))).problem, "not-yours")

    def test_element_of_another_ticket(self):
        one, two = self.ticket()["ticket"], self.ticket()["ticket"]
        self.assertNotEqual(one, two)
        self.assertEqual(claim(self.bob, one, element_of(two)).problem, "bad-request")

    def test_expired(self):
        ticket = self.ticket()["ticket"]
        self.pair.b.sql("UPDATE ticket SET made = made - 61")
        self.assertEqual(claim(self.bob, ticket).problem, "not-yours")

    def test_same_key_same_answer_one_record(self):
        key = os.urandom(16)
        one, two = self.ticket(key=key), self.ticket(key=key)
        self.assertEqual(one, two)
        self.assertEqual((len(self.records(self.pair.a)), len(self.records(self.pair.b))), (1, 1))
        answer = ask(self.alice, self.pair.aor_a, self.pair.aor_b, "stp", key)
        self.assertEqual(answer.problem, "key-reused")

    def test_refused(self):
        cases = [
            ((self.pair.aor_b, self.pair.aor_a), "not-yours"),
            ((self.pair.aor_a, "sip:nobody@operator-b.test"), "nobody"),
            ((self.pair.aor_a, "sip:nobody@elsewhere.test"), "nobody"),
            ((self.pair.aor_a, "bob"), "bad-request"),
        ]
        for (caller, callee), problem in cases:
            self.assertEqual(ask(self.alice, caller, callee).problem, problem, (caller, callee))
        self.assertEqual(ask(self.alice, self.pair.aor_a, self.pair.aor_b, "aka").problem, "bad-request")
        self.assertEqual(ask(self.alice, self.pair.aor_a, self.pair.aor_b, more=1).problem, "bad-request")
        self.assertEqual(self.records(self.pair.b) + self.records(self.pair.a), [])

    def partner_asks(self, path, body, key=None):
        """As Operator A's gateway, by its own certificate."""
        import ssl

        from phone import Answer, Connection
        import json
        b, a = self.pair.b, self.pair.a
        context = ssl.create_default_context(cafile=b.ca.path)
        context.load_cert_chain(a.certificate, a.key)
        connection = Connection(b.fqdn, b.port, context)
        self.addCleanup(connection.close)
        connection.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json",
                                                                    "Idempotency-Key": b64u(key or os.urandom(16))})
        return Answer(connection.getresponse())

    def test_partner_for_a_foreign_realm(self):
        body = {"use": "agt", "ticket": b64u(os.urandom(16)), "half": b64u(os.urandom(32)),
                "caller": "sip:eve@operator-c.test", "callee": self.pair.aor_b, "nai_a": "eve@operator-c.test"}
        self.assertEqual(self.partner_asks("/v1/federation/tickets", body).problem, "not-yours")
        body.update(caller="sip:carol@operator-b.test", nai_a="alice@operator-a.test")
        self.assertEqual(self.partner_asks("/v1/federation/tickets", body).problem, "not-yours")
        body.update(caller=self.pair.aor_a)
        self.assertEqual(self.partner_asks("/v1/federation/tickets", body).status, 200)
        self.assertEqual(self.partner_asks("/v1/federation/tickets", body).problem, "not-yours")  # the ticket again
        changes = {"since": 0, "nais": ["x@operator-c.test"]}
        self.assertEqual(self.partner_asks("/v1/federation/changes", changes).problem, "nobody")
        self.assertEqual(self.alice.raw("POST", "/v1/federation/tickets", b"{}").problem, "not-yours")  # no certificate

    def test_kept_answer_is_sealed(self):
        """Our half of a ticket's key is in the answer that a repeat gets; in the database nobody reads it."""
        body = {"use": "agt", "ticket": b64u(os.urandom(16)), "half": b64u(os.urandom(32)),
                "caller": self.pair.aor_a, "callee": self.pair.aor_b, "nai_a": "alice@operator-a.test"}
        key = os.urandom(16)
        before = self.kept_answers()
        first = self.partner_asks("/v1/federation/tickets", body, key)
        self.assertEqual(first.status, 200, first.raw)
        self.assertEqual(len(unb64u(first.json["half"])), 32)
        [stored] = self.kept_answers() - before
        self.assertNotIn(first.json["half"].encode(), unb64u(stored.removeprefix("sealed ")))
        again = self.partner_asks("/v1/federation/tickets", body, key)
        self.assertEqual((again.status, again.raw), (200, first.raw))
        if not SHARED_DATABASE:
            self.assertNotIn(first.json["half"].encode(), self.pair.b.journal())
            return
        # in another's place it opens no more, and is none; the ticket itself is there already
        for changed in (stored[:-2] + ("AA" if stored[-2:] != "AA" else "QA"), "sealed " + "A" * 100, "sealed "):
            self.pair.b.sql(f"UPDATE answer SET body = '{changed}' WHERE body LIKE 'sealed %'")
            self.assertEqual(self.partner_asks("/v1/federation/tickets", body, key).problem, "not-yours")

    def kept_answers(self):
        """Those that are sealed."""
        if SHARED_DATABASE:
            return {row[0] for row in self.pair.b.rows("SELECT body FROM answer WHERE body LIKE 'sealed %'")}
        return {found.decode() for found in re.findall(rb"sealed [A-Za-z0-9_-]{40,}", self.pair.b.journal())}

    # -- first keys ----------------------------------------------------------------------------
    def test_first_key(self):
        self.assertEqual(self.fetch(self.bob), [])
        older, t = self.ticket(use="stp"), self.ticket(use="stp")
        self.assertEqual((t["use"], t["ttl"]), ("stp", 86400))
        self.assertEqual(claim(self.bob, t["ticket"]).problem, "not-yours")
        found = self.fetch(self.bob)
        self.assertEqual([f["ticket"] for f in found], [t["ticket"]])  # one for the pair: the later
        self.assertNotEqual(older["ticket"], t["ticket"])
        self.assertEqual(found[0]["operator"], "Operator A")
        self.assertEqual(key_of(self.alice, t), key_of(self.bob, found[0]))
        self.assertEqual(self.fetch(self.bob), [])
        self.assertEqual(self.fetch(self.alice), [])
        self.assertEqual([r["outcome"] for r in self.records(self.pair.b)], ["issued", "completed"])

    def test_first_keys_of_one_partner_hold_back_no_other(self):
        """One partner leaves more than an answer has room for; who asks afterwards is in the first answer all the same."""
        for n in range(70):
            answer = self.partner_asks("/v1/federation/tickets", {
                "use": "stp", "ticket": b64u(os.urandom(16)), "half": b64u(os.urandom(32)), "caller": f"sip:u{n}@operator-a.test",
                "callee": self.pair.aor_b, "nai_a": f"u{n}@operator-a.test"})
            self.assertEqual(answer.status, 200, answer.raw)
        aor = "sip:frank@operator-b.test"
        frank = Phone(self.pair.b.subscriber("001020000000033", "frank", aor), self.pair.b).bootstrap()
        t = ask(frank, aor, self.pair.aor_b, "stp").json
        found = [self.fetch(self.bob) for _ in range(3)]
        self.assertEqual([len(keys) for keys in found], [64, 7, 0])
        self.assertIn(t["ticket"], [f["ticket"] for f in found[0]])

    def test_first_key_of_a_day_ago(self):
        self.ticket(use="stp")
        self.pair.b.sql("UPDATE ticket SET made = made - 86401")
        self.assertEqual(self.fetch(self.bob), [])

    def test_first_key_needs_both_there(self):
        self.pair.b.sql("UPDATE session SET expires = 1000 WHERE subscriber = (SELECT id FROM subscriber WHERE nai = "
                        "'bob@operator-b.test')")
        answer = ask(self.alice, self.pair.aor_a, self.pair.aor_b, "stp")
        self.assertEqual(answer.problem, "nobody")
        self.assertEqual(self.ticket()["use"], "agt")  # a call may still be placed
        type(self).bob = Phone(self.pair.sim_b, self.pair.b).bootstrap()


class BadDays(Both):
    """What is not as before afterwards: a world of its own for each."""

    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        Both.setUpClass.__func__(type(self))
        self.addCleanup(self.doClassCleanups)
        super().setUp()

    def test_revoked(self):
        ticket = self.ticket()["ticket"]
        self.pair.b.ctl("sim", "revoke", self.pair.sim_b.imsi)
        self.assertEqual(claim(self.bob, ticket).status, 401)
        self.assertEqual(ask(self.alice, self.pair.aor_a, self.pair.aor_b).problem, "nobody")
        self.pair.a.ctl("partner", "suspend", "Operator B")
        self.assertEqual(ask(self.alice, self.pair.aor_a, self.pair.aor_b).problem, "operator-down")

    def test_gateway_dies_between_the_two_deliveries(self):
        """The callee's gateway has it, the caller's dies before it answers: the phone's repeat gets the same key."""
        self.pair.a.stop()
        proxy = Proxy(self.pair.b.port)
        self.addCleanup(proxy.close)
        self.pair.a.ctl("partner", "set", "Operator B", "--connect-to", f"127.0.0.1:{proxy.port}")
        self.pair.a.start()
        for victim in (self.pair.a, self.pair.b):
            before = len(self.pair.b.records())
            self.alice.connection.close()
            self.alice.nonce = None
            self.alice.ask("GET", "/v1/self")
            self.ticket()  # the connection between the gateways is up
            key, lost = os.urandom(16), []

            def first():
                try:
                    lost.append(ask(self.alice, self.pair.aor_a, self.pair.aor_b, key=key).status)
                except Exception as e:  # noqa: BLE001 - the connection breaks in one way or another
                    lost.append(e)
            proxy.held.clear()
            proxy.holding.set()
            thread = threading.Thread(target=first)
            thread.start()
            self.assertTrue(proxy.held.wait(10))
            end = time.monotonic() + 10
            while len(self.pair.b.records()) < before + 2:
                self.assertLess(time.monotonic(), end)
            victim.stop(signal.SIGKILL)
            thread.join(20)
            self.assertNotEqual(lost, [200])
            proxy.holding.clear()
            victim.start()
            self.alice.connection.close()
            self.alice.nonce = None
            answer = ask(self.alice, self.pair.aor_a, self.pair.aor_b, key=key)
            self.assertEqual(answer.status, 200, answer.raw)
            self.bob.connection.close()
            self.bob.nonce = None
            mine = claim(self.bob, answer.json["ticket"])
            self.assertEqual(mine.status, 200, mine.raw)
            self.assertEqual(key_of(self.alice, answer.json), key_of(self.bob, mine.json))
            self.assertEqual(len(self.pair.b.records()), before + 2)
            self.assertEqual(len(self.pair.a.records()), len(self.pair.b.records()))

    def changes(self, since, *nais):
        answer = self.alice.ask("POST", "/v1/changes", {"since": since, "nais": nais})
        self.assertEqual(answer.status, 200, answer.raw)
        return answer.json["changed"], answer.json["time"]

    def test_long_lists_of_changes(self):
        """Each sixteen names are one more question, of a limit of their own: all peers that a phone can have, at once. A list
        that is refused takes nothing."""
        pair = Pair({"limits.subscriber_burst": 100, "limits.subscriber_per_minute": 1})
        self.addCleanup(pair.close)
        alice = Phone(pair.sim_a, pair.a).bootstrap()
        nais = [f"x{n}@operator-a.test" for n in range(256)]
        answers = [alice.ask("POST", "/v1/changes", {"since": 0, "nais": nais}) for _ in range(70)]
        self.assertEqual([answer.status for answer in answers], 68 * [200] + 2 * [429])
        self.assertEqual(answers[67].json["changed"], nais)
        self.assertEqual(alice.ask("POST", "/v1/changes", {"since": 0, "nais": nais[:20]}).status, 200)
        self.assertEqual(alice.ask_callee(pair.aor_a, pair.aor_b)[1].status, 200)

    def test_changes(self):
        bob, alice = "bob@operator-b.test", "alice@operator-a.test"
        for operator in (self.pair.a, self.pair.b):
            operator.sql("UPDATE subscriber SET sim_since = sim_since - 1000")
        now = int(time.time()) - 100
        changed, at = self.changes(now, bob)
        self.assertEqual(changed, [])
        self.assertLess(abs(at - time.time()), 30)
        self.assertEqual(self.changes(now, alice)[0], [])
        self.assertEqual(self.changes(now, bob, "nobody@operator-b.test")[0], ["nobody@operator-b.test"])
        self.assertEqual(self.changes(now - 2000, bob)[0], [bob])  # a new SIM since
        self.pair.b.ctl("sim", "revoke", self.pair.sim_b.imsi)
        self.assertEqual(self.changes(now, bob)[0], [bob])
        for nais in ([], [bob, alice], ["bob"], [bob] * 257, "x"):
            self.assertEqual(self.alice.ask("POST", "/v1/changes", {"since": now, "nais": nais}).problem, "bad-request")
        self.assertEqual(self.alice.ask("POST", "/v1/changes", {"since": now, "nais": ["x@nowhere.test"]}).problem, "nobody")
        self.pair.b.stop()
        self.assertEqual(self.alice.ask("POST", "/v1/changes", {"since": now, "nais": [bob]}).problem, "operator-down")


@only_where(SHARED_DATABASE)  # SQLite has one gateway
class Nodes(unittest.TestCase):
    def test_each_request_to_another_node(self):
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        nodes = [pair.b, pair.b.sibling(1)]
        pair.a.start()
        for node in nodes:
            node.start()
            self.addCleanup(node.stop)
        bob = test_nodes.Roaming(pair.sim_b, nodes).bootstrap()
        alice = Phone(pair.sim_a, pair.a).bootstrap()
        twins = [Phone(pair.sim_b, node) for node in nodes]
        for twin in twins:
            twin.btid, twin.ks_naf = bob.btid, bob.ks_naf
            twin.ask("GET", "/v1/self")
        for _ in range(10):
            t = ask(alice, pair.aor_a, pair.aor_b).json
            answers, gate = [], threading.Barrier(2)

            def run(twin):
                gate.wait()
                answers.append(claim(twin, t["ticket"]))
            threads = [threading.Thread(target=run, args=(twin,)) for twin in twins]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(a.status for a in answers), [200, 403])
            given = next(a for a in answers if a.status == 200)
            self.assertEqual(key_of(alice, t), key_of(bob, given.json))
        first = ask(alice, pair.aor_a, pair.aor_b, "stp").json
        found = [t for twin in twins for t in twin.ask("GET", "/v1/tickets").json["tickets"]]
        self.assertEqual([t["ticket"] for t in found], [first["ticket"]])


if __name__ == "__main__":
    unittest.main()
