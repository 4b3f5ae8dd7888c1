# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days: each has a state or a count of its own, ends by itself, and loses nothing. Strangers on the wire."""
import json
import os
import socket
import sqlite3
import ssl
import threading
import time
import unittest

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID
from ops import (Watched, hang_up, issue_dated, memory, metrics, own_network, page, ready, serial_seen, states, wait_for,
                 watched)
from phone import Answer, Connection, Phone, b64u, public


class Store(Watched):
    def test_store_locked(self):
        self.start()
        a = self.pair.a
        phone = Phone(a.subscriber("001010000000060", "victor"), a)
        challenge = phone.ub_challenge(phone.ub_first())
        other = sqlite3.connect(a.database, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        wait_for(lambda: states(a)["store"] == "locked")
        self.assertEqual(self.ask().status, 200)  # what a call needs stands in the journal
        # What changes nothing on Ub is answered from what is there; what has to be kept is refused.
        self.assertEqual(phone.ub_challenge(phone.ub_first()), challenge)
        self.assertEqual(phone.ub_answer(challenge[0], bytes(8)).status, 403)
        right = phone.usim.run(*challenge[1:])[1]
        self.assertEqual(phone.ub_answer(challenge[0], right).status, 503)
        self.assertFalse(ready(a))
        self.assertGreaterEqual(metrics(a)['simauth_store_failures_total{reason="database locked by another program"}'], 1)
        wait_for(lambda: metrics(a)["simauth_journal_behind_seconds"] >= 2)
        self.assertGreater(metrics(a)["simauth_journal_bytes"], 0)
        other.execute("ROLLBACK")
        wait_for(lambda: states(a)["store"] == "good")  # nobody asks meanwhile
        wait_for(lambda: metrics(a)["simauth_journal_behind_seconds"] == 0)
        self.assertTrue(ready(a))
        self.assertEqual(phone.ub_answer(challenge[0], right).status, 200)
        self.assertEqual(self.ask().status, 200)

    def test_disk_full(self):
        """It fills: nothing is given that was not kept; there is room again: it finds out by itself."""
        a = self.pair.a
        mount = a.on_small_disk(self, megabytes=2)
        self.start()
        ballast = os.path.join(mount, "ballast")
        given = []

        def until_refused():
            with open(ballast, "ab", buffering=0) as f:
                try:
                    while f.write(b"\0" * 4096):
                        pass
                except OSError:
                    pass
            for _ in range(20):
                answer = self.ask()
                if answer.status == 200:
                    given.append(answer.json["vector"]["rand"])
            return answer.status == 503
        wait_for(until_refused)
        wait_for(lambda: states(a)["store"] == "full")
        time_full = metrics(a)
        self.assertGreaterEqual(time_full['simauth_store_failures_total{reason="database or disk full"}'], 1)
        self.assertEqual(time_full["simauth_ready"], 0)
        # as long as it is full the state stays, though nobody asks: a probe writes
        count = time_full['simauth_store_failures_total{reason="database or disk full"}']
        wait_for(lambda: metrics(a)['simauth_store_failures_total{reason="database or disk full"}'] >= count + 2)
        self.assertEqual(states(a)["store"], "full")
        os.unlink(ballast)
        wait_for(lambda: states(a)["store"] == "good")
        self.assertEqual(self.ask().status, 200)
        # what the partner gave and this one could not keep both count
        self.assertGreaterEqual(len(a.records()), len(given) + 1)
        self.assertEqual(len(a.records()), len(self.pair.b.records()))


class Listener(Watched):
    settings = {"listen.connections": 8, "listen.connections_per_address": 8, "listen.idle_timeout": 30}

    def test_crowded(self):
        self.start()
        a = self.pair.a
        held = [socket.create_connection(("127.0.0.1", a.port), 5) for _ in range(16)]
        self.addCleanup(lambda: [s.close() for s in held])
        wait_for(lambda: states(a)["listener"] == "crowded")
        self.assertEqual(page(a, "/live")[0], 200)
        for s in held:
            s.close()
        wait_for(lambda: states(a)["listener"] == "good")
        self.a.connection.close()
        self.assertEqual(self.ask().status, 200)


class Places(Watched):
    """One who takes all connections."""
    settings = {"listen.address": "::", "listen.connections": 64, "listen.connections_per_address": 4,
                "listen.request_timeout": 2}

    def connect(self, address):
        """A stranger's connection from an IPv6 address, or None: it was closed at once."""
        plain = socket.socket(socket.AF_INET6)
        plain.settimeout(20)
        plain.setsockopt(socket.IPPROTO_IPV6, 78, 1)  # IPV6_FREEBIND
        plain.bind((address, 0))
        try:
            plain.connect(("::1", self.pair.a.port))
            stranger = ssl.create_default_context(cafile=self.pair.a.ca.path).wrap_socket(
                plain, server_hostname=self.pair.a.fqdn)
        except OSError:
            plain.close()
            return None
        self.addCleanup(stranger.close)
        return stranger

    def test_many_addresses_of_one_customer(self):
        """Of IPv6 a customer has a network of 64 bits: it counts as one address."""
        with own_network("2001:db8:0:1::/64", "2001:db8:0:2::/64"):
            self.pair.a.configure(**{"listen.request_timeout": 60})
            watched(self.pair.a).start()
            held = [self.connect(f"2001:db8:0:1::{n + 1:x}") for n in range(8)]
            self.assertEqual(len([x for x in held if x]), 4)
            self.assertIsNotNone(self.connect("2001:db8:0:2::1"))
            next(x for x in held if x).close()
            wait_for(lambda: self.connect("2001:db8:0:1::ff"))
            self.assertIsNone(self.connect("2001:db8:0:1::fe"))
            self.assertEqual(self.pair.a.stop(), 0)

    def test_strangers_do_not_stay(self):
        """A request that shows nobody's key does not make its connection one that may be silent for minutes."""
        self.start()
        self.assertEqual(self.a.ask("GET", "/v1/self").status, 200)
        known = self.a.connection.sock
        stranger = Connection(self.pair.a.fqdn, self.pair.a.port, self.a.context)
        self.addCleanup(stranger.close)
        stranger.request("GET", "/x")
        self.assertEqual(Answer(stranger.getresponse()).status, 404)
        wait_for(lambda: metrics(self.pair.a)["simauth_connections_timed_out_total"])
        self.assertEqual(stranger.sock.recv(1), b"")
        self.assertEqual(self.a.ask("GET", "/v1/self").status, 200)
        self.assertIs(self.a.connection.sock, known)


class Certificate(Watched):
    def test_certificate_expires(self):
        a = self.pair.a
        serial = issue_dated(a.ca, (a.certificate, a.key), [a.fqdn, a.realm], -1, 5 / 86400)
        watched(a).start()
        self.assertEqual(states(a)["certificate"], "expires-soon")
        wait_for(lambda: states(a)["certificate"] == "expired")
        self.assertFalse(ready(a))
        self.assertLess(metrics(a)['simauth_certificate_expiry_timestamp_seconds{certificate="tls"}'], time.time())
        with self.assertRaises(ssl.SSLError):
            Phone(self.pair.sim_a, a).ub_first()
        new = issue_dated(a.ca, (a.certificate, a.key), [a.fqdn, a.realm], -1, 60)
        self.assertNotEqual(serial, new)
        hang_up(a)
        wait_for(lambda: states(a)["certificate"] == "good")
        self.assertTrue(ready(a))
        Phone(self.pair.sim_a, a).bootstrap()

    def test_partner_with_an_expired_one(self):
        """Its questions are refused and ours to it fail; a new certificate is enough, no restart of ours."""
        a, b = self.pair.a, self.pair.b
        issue_dated(b.ca, (b.certificate, b.key), [b.fqdn, b.realm], -9, -1)
        self.start()
        self.assertEqual(self.ask().problem, "operator-down")
        self.assertEqual(metrics(a)['simauth_partner_up{partner="Operator B"}'], 0)
        issue_dated(b.ca, (b.certificate, b.key), [b.fqdn, b.realm], -1, 60)
        hang_up(b)
        self.assertEqual(self.ask().status, 200)
        self.assertEqual(metrics(a)['simauth_partner_up{partner="Operator B"}'], 1)

    def test_partner_that_refuses_our_certificate(self):
        """It answers, and is down all the same: to a question, and without any."""
        a, b = self.pair.a, self.pair.b
        up = 'simauth_partner_up{partner="Operator B"}'
        self.start()
        self.assertEqual(self.ask().status, 200)
        b.ctl("partner", "suspend", a.title)
        self.assertEqual(self.ask().problem, "operator-down")
        self.assertEqual(metrics(a)[up], 0)
        self.assertIn("it refuses our certificate", a.log_text())
        b.ctl("partner", "resume", a.title)
        wait_for(lambda: metrics(a)[up] == 1, 40)
        b.ctl("partner", "suspend", a.title)
        a.stop()
        a.start()
        wait_for(lambda: a.log_text().count("it refuses our certificate") == 2)
        self.assertEqual(metrics(a)[up], 0)
        # what is refused of one question says nothing of all
        b.ctl("partner", "resume", a.title)
        wait_for(lambda: metrics(a)[up] == 1, 40)
        b.ctl("partner", "set", a.title, "--realms", "operator-z.test")
        self.assertEqual(self.ask().problem, "operator-down")
        self.assertEqual(metrics(a)[up], 1)

    def test_partner_with_another_name(self):
        """What phones show of it is its own word: the engineer hears of it, once, and calls go on."""
        a, b = self.pair.a, self.pair.b
        self.start()
        b.configure(**{"operator.name": 'Elsewhere "Bank"'})
        hang_up(b)
        self.assertEqual([self.ask().status for _ in range(3)], [200] * 3)
        self.assertEqual(a.log_text().count("result=renamed name=\"Elsewhere 'Bank'\""), 1)
        said = a.ctl("partner", "test", b.title, "--caller", self.pair.aor_a, "--callee", self.pair.aor_b)
        self.assertIn("phones show that name, which is not the agreement's", said)
        b.configure()
        hang_up(b)
        self.assertEqual(self.ask().status, 200)
        self.assertEqual(a.log_text().count("result=renamed"), 1)
        self.assertNotIn("not the agreement's", a.ctl("partner", "test", b.title, "--caller", self.pair.aor_a, "--callee", self.pair.aor_b))

    def test_renewed_for_servers_alone(self):
        """Partners would refuse it: the one in use stays."""
        a = self.pair.a
        self.start()
        serial = serial_seen(a)
        issue_dated(a.ca, (a.certificate, a.key), [a.fqdn, a.realm], -1, 60, [ExtendedKeyUsageOID.SERVER_AUTH])
        hang_up(a, good=False)
        self.assertIn("needs clientAuth", a.log_text())
        self.assertEqual(serial_seen(a), serial)
        a.ctl("partner", "suspend", self.pair.b.title)  # without any it is good for all that is asked here
        hang_up(a)
        self.assertNotEqual(serial_seen(a), serial)

    def test_partner_that_is_back_or_gone_for_good(self):
        """Up by itself, before anybody asks; and nobody is told of a partner with whom there is no agreement."""
        a, b = self.pair.a, self.pair.b
        up = 'simauth_partner_up{partner="Operator B"}'
        self.start()
        self.assertEqual(self.ask().status, 200)
        b.stop()
        self.assertEqual(self.ask().problem, "operator-down")
        self.assertEqual(metrics(a)[up], 0)
        b.start()
        wait_for(lambda: metrics(a)[up] == 1, 40)
        b.stop()
        self.assertEqual(self.ask().problem, "operator-down")
        a.ctl("partner", "suspend", b.title)
        self.assertNotIn(up, metrics(a))
        a.ctl("partner", "resume", b.title)
        self.assertEqual(metrics(a)[up], 0)
        a.ctl("partner", "remove", b.title)
        self.assertNotIn(up, metrics(a))


class Flood(Watched):
    def partner_asks(self, connection):
        body = {"subject": "callee", "caller": self.pair.aor_a, "callee": self.pair.aor_b, "methods": ["aka"],
                "seal_to": b64u(public(X25519PrivateKey.generate())), "nai_a": "alice@operator-a.test"}
        connection.request("POST", "/v1/federation/vectors", json.dumps(body),
                           {"Idempotency-Key": b64u(os.urandom(16))})
        return Answer(connection.getresponse()).status

    def test_flooding_partner(self):
        a, b = self.pair.a, self.pair.b
        b.ctl("partner", "remove", "Operator A")
        b.partner(a, per_minute=60)
        self.start()
        bob = Phone(self.pair.sim_b, b).bootstrap()
        bob.ask("GET", "/v1/self")
        context = ssl.create_default_context(cafile=b.ca.path)
        context.load_cert_chain(a.certificate, a.key)
        statuses, stop = [], threading.Event()

        def flood():
            connection = Connection(b.fqdn, b.port, context)
            while not stop.is_set():
                statuses.append(self.partner_asks(connection))
            connection.close()
        threads = [threading.Thread(target=flood) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_for(lambda: statuses.count(429) > 200, 30)
        for _ in range(10):  # who lives there is served
            start = time.monotonic()
            self.assertEqual(bob.ask("GET", "/v1/self").status, 200)
            self.assertLess(time.monotonic() - start, 1)
        stop.set()
        for thread in threads:
            thread.join(10)
        self.assertEqual(set(statuses), {200, 429})
        self.assertLess(statuses.count(200), 100)
        self.assertGreaterEqual(metrics(b)['simauth_partner_limited_total{partner="Operator A"}'], 200)
        self.assertEqual(len(b.records()), statuses.count(200))

    def test_unknown_addresses(self):
        """Addresses that nobody has leave nothing behind (gateway.unit.bucket does a million names)."""
        self.start()
        a = self.pair.a

        def ask(count, tag):
            for n in range(count):
                answer = self.a.ask_callee(self.pair.aor_a, f"sip:{tag}{n}@nowhere.test")[1]
                self.assertEqual(answer.problem, "nobody")
        ask(300, "warm")
        before = memory(a.process.pid)
        size = os.stat(a.database).st_size
        ask(700, "x")
        self.assertLess(memory(a.process.pid) - before, 2 << 20)
        self.assertEqual(os.stat(a.database).st_size, size)
        self.assertEqual(metrics(a)['simauth_refusals_total{op="vectors",problem="nobody"}'], 1000)

    def test_unknown_sims(self):
        self.start()
        phone = Phone(self.pair.sim_a, self.pair.a)
        before = None
        for n in range(800):
            answer = phone.ub_first(f"00101{n:010d}@ims.mnc001.mcc001.3gppnetwork.org")
            self.assertIn(answer.status, (401, 403, 404, 429))
            if n == 300:
                before = memory(self.pair.a.process.pid)
        self.assertLess(memory(self.pair.a.process.pid) - before, 2 << 20)


class Wire(Watched):
    """Strangers who speak TLS or HTTP badly."""

    def replies(self, data):
        """Status codes of all that comes back until the gateway closes, or is silent for half a second."""
        import re
        text = b""
        with self.pair.a.tls(self.a.context) as s:
            s.sendall(data)
            s.settimeout(0.5)
            try:
                while chunk := s.recv(65536):
                    text += chunk
            except (TimeoutError, OSError):
                pass
        return [int(x) for x in re.findall(rb"HTTP/1\.1 (\d{3}) ", text)]

    def test_smuggling(self):
        """What two parsers could read differently is refused and the connection closed: the request hidden in the body
        is never answered."""
        self.start()
        hidden = b"GET /v1/self HTTP/1.1\r\nHost: x\r\n\r\n"
        head = b"POST /v1/vectors HTTP/1.1\r\nHost: x\r\n"
        size = str(len(hidden)).encode()
        for data in (head + b"Content-Length: " + size + b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
                     head + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + hidden,
                     head + b"Content-Length: 0\r\nContent-Length: " + size + b"\r\n\r\n" + hidden,
                     head + b"Content-Length: " + size + b"\r\nContent-Length: 0\r\n\r\n" + hidden,
                     head + b"Content-Length: +0\r\n\r\n" + hidden, head + b"Content-Length: 0x0\r\n\r\n" + hidden,
                     head + b"Content-Length: 0, 0\r\n\r\n" + hidden, head + b"Content-Length : 0\r\n\r\n" + hidden,
                     head + b"Transfer-Encoding: xchunked\r\n\r\n" + hidden,
                     head + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden,
                     head + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + hidden):
            before = self.pair.a.log_text().count("op=self")
            statuses = self.replies(data)
            self.assertEqual(self.pair.a.log_text().count("op=self"), before, data)
            self.assertTrue(statuses and all(400 <= s < 500 for s in statuses), (data, statuses))
        self.assertIsNone(self.pair.a.process.poll())
        self.assertEqual(self.a.ask("GET", "/v1/self").status, 200)

    def test_bad_tls(self):
        self.start()
        a = self.pair.a
        hello = bytes.fromhex("16030100")
        for data in (b"\0" * 64, os.urandom(300), hello + b"\xff" + os.urandom(255), b"\x16\x03\x03\xff\xff" + b"A" * 4096,
                     b"\x15\x03\x01\x00\x02\x02\x28", b"\x80\x2e\x01\x00\x02", b"GET / HTTP/1.0\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", a.port), 5) as s:
                s.sendall(data)
                s.settimeout(0.2)
                try:
                    self.assertFalse(b"HTTP/1" in s.recv(4096))
                except OSError:
                    pass
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            context = ssl.create_default_context(cafile=a.ca.path)
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
            with self.assertRaises(OSError), socket.create_connection(("127.0.0.1", a.port), 5) as plain:
                context.wrap_socket(plain, server_hostname=a.fqdn)
        self.assertEqual(self.a.ask("GET", "/v1/self").status, 200)
        self.assertEqual(states(a)["listener"], "good")
        wait_for(lambda: metrics(a)["simauth_nonsense_total"] >= 5)  # not every one is worth a word to the TLS library

    def test_bad_http(self):
        self.start()
        before = metrics(self.pair.a)["simauth_nonsense_total"]
        for data in (b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 65536 + b"\r\n\r\n", b"\0" * 100 + b"\r\n\r\n"):
            self.assertTrue(all(400 <= s < 600 for s in self.replies(data)), data)
        wait_for(lambda: metrics(self.pair.a)["simauth_nonsense_total"] >= before + 2)
        self.assertEqual(self.a.ask("GET", "/v1/self").status, 200)

    def test_bad_json(self):
        self.start()
        for body in (b"[" * 8000, b'{"a":' * 3000, b'{"subject":"callee","subject":"callee"}', b'"\\ud800"', b"\xff\xfe{}",
                     b'{"caller":"' + b"\\u0000" * 100 + b'"}', b"1e999999", b"", b"{}" * 100, b'{"methods":[' + b"1," * 3000 + b"1]}"):
            answer = self.a.ask("POST", "/v1/vectors", body)
            self.assertEqual((answer.status, answer.problem), (400, "bad-request"), body[:40])
        self.assertEqual(self.ask().status, 200)
        self.assertEqual(metrics(self.pair.a)['simauth_refusals_total{op="vectors",problem="bad-request"}'], 10)


if __name__ == "__main__":
    unittest.main()
