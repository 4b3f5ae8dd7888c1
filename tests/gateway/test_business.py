# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charging, agreements, bindings and software SIMs, as an operator and its subscribers meet them."""
import concurrent.futures
import csv
import datetime
import fcntl
import io
import json
import os
import pty
import secrets
import struct
import subprocess
import tempfile
import termios
import time
import unittest
import urllib.request

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from milenage import Usim
from operators import CTL, Ca, Operator, Pair, free_port
from phone import Answer, Phone, b64u, hkdf, unb64u
from sip_proxy import Proxy


def day(offset=0):
    return (datetime.datetime.utcnow() + datetime.timedelta(days=offset)).strftime("%Y-%m-%d")


def lines(text):
    return [json.loads(x) for x in text.splitlines()]


class Case(unittest.TestCase):
    def pair(self, **settings):
        pair = Pair(**settings)
        self.addCleanup(pair.close)
        return pair

    def folder(self):
        temporary = tempfile.TemporaryDirectory(prefix="simauth-gateway-test-")
        self.addCleanup(temporary.cleanup)
        return temporary.name

    def operator(self, folder, letter, settings=None):
        operator = Operator(folder, letter, settings)
        self.addCleanup(operator.stop)
        return operator

    def phone(self, sim, operator):
        phone = Phone(sim, operator)
        self.addCleanup(phone.connection.close)
        return phone


class Charging(Case):
    def calls(self, pair, count):
        phone = self.phone(pair.sim_a, pair.a).bootstrap()
        for _ in range(count):
            _, answer = phone.ask_callee(pair.aor_a, pair.aor_b)
            self.assertEqual(answer.status, 200)
        return phone

    def test_both_sides_sum_to_the_same(self):
        pair = self.pair()
        self.calls(pair, 3)
        for method, when, amount in (("aka", "first", "0.0200"), ("aka", "again", "0.005")):
            pair.b.ctl("price", "set", method, when, amount)
        self.assertEqual(lines(pair.b.ctl("price", "list", "--json")),
                         [{"method": "aka", "first": True, "amount": "0.0200"},
                          {"method": "aka", "first": False, "amount": "0.0050"}])
        sums = lines(pair.b.ctl("record", "sum", "--json"))
        self.assertEqual([(x["partner"], x["side"], x["first"], x["vectors"], x["sum"]) for x in sums],
                         [(pair.a.title, "given", True, 1, "0.0200"), (pair.a.title, "given", False, 2, "0.0100")])
        theirs = lines(pair.a.ctl("record", "sum", "--json"))
        self.assertEqual([(x["partner"], x["side"], x["first"], x["vectors"], x["sum"]) for x in theirs],
                         [(pair.b.title, "asked", True, 1, "-"), (pair.b.title, "asked", False, 2, "-")])
        by = lines(pair.b.ctl("record", "sum", "--by", "subscriber", "--json"))
        self.assertEqual({x["subscriber"] for x in by}, {"bob@operator-b.test"})
        self.assertEqual(lines(pair.b.ctl("record", "sum", "--to", day(), "--json")), [])
        for words in (["price", "set", "aka", "often", "1"], ["price", "set", "x", "first", "1"],
                      ["price", "set", "aka", "first", "1.00001"], ["price", "set", "aka", "first", "-1"],
                      ["record", "sum", "--by", "day"], ["record", "sum", "--from", day(), "--to", day(-1)]):
            pair.b.ctl(*words, fails=True)

    def test_a_phone_is_told_the_prices(self):
        pair = self.pair(settings_a={"charging.currency": "EUR", "charging.words": "Première fois : plus cher"})
        phone = self.phone(pair.sim_a, pair.a).bootstrap()
        self.assertEqual(phone.ask("GET", "/v1/prices").json,
                         {"currency": "EUR", "words": "Première fois : plus cher", "prices": []})
        for method, when, amount in (("aka", "first", "0.02"), ("gsm", "again", "1"), ("aka", "again", "0.0005")):
            pair.a.ctl("price", "set", method, when, amount)
        self.assertEqual(phone.ask("GET", "/v1/prices").json["prices"],
                         [{"method": "aka", "first": 200, "again": 5}, {"method": "gsm", "again": 10000}])
        other = self.phone(pair.sim_b, pair.b).bootstrap()
        self.assertEqual(other.ask("GET", "/v1/prices").json, {"prices": []})
        self.assertEqual(other.raw("GET", "/v1/prices").status, 401)

    def test_what_is_shown_of_prices_is_one_line(self):
        operator = self.operator(self.folder(), "a")
        for setting, value, word in (("currency", "123456789", "too long"), ("words", "x" * 161, "too long"),
                                     ("words", "a\\tb", "control characters"), ("currency", "", "is empty")):
            operator.configure(**{f"charging.{setting}": value})
            self.assertIn(word, operator.ctl("price", "list", fails=True))

    def test_export_and_rotation(self):
        pair = self.pair()
        phone = self.calls(pair, 2)
        text = pair.a.ctl("record", "export")
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([(r["side"], r["caller"], r["callee"], r["method"], r["pair"], r["outcome"]) for r in rows],
                         [("asked", "alice@operator-a.test", "bob@operator-b.test", "aka", "first", "issued"),
                          ("asked", "alice@operator-a.test", "bob@operator-b.test", "aka", "again", "issued")])
        self.assertEqual(lines(pair.a.ctl("record", "export", "--format", "jsonl")), pair.a.records())
        path = os.path.join(pair.a.folder, "old.csv")
        self.assertIn("not to come", pair.a.ctl("record", "rotate", path, "--before", day(1), fails=True))
        with open(path + ".part", "x", encoding="utf-8") as other:
            fcntl.flock(other, fcntl.LOCK_EX)  # of one that runs; and then, of one that was killed
            self.assertIn("another command is writing it", pair.a.ctl("record", "rotate", path, "--before", day(-1), fails=True))
        self.assertEqual(pair.a.ctl("record", "rotate", path, "--before", day(-1)), "0 records\n")
        nowhere = os.path.join(pair.a.folder, "nowhere", "old.csv")
        self.assertIn("No such file", pair.a.ctl("record", "rotate", nowhere, "--before", day(-1), fails=True))
        self.assertIn("is there already", pair.a.ctl("record", "rotate", path, "--before", day(-1), fails=True))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(len(pair.a.records()), 2)
        pair.a.sql("UPDATE record SET time = time - 864000")
        path += "2"
        self.assertEqual(pair.a.ctl("record", "rotate", path, "--before", day(-5), "--format", "jsonl"), "2 records\n")
        with open(path) as f:
            self.assertEqual([x["nai_b"] for x in lines(f.read())], ["bob@operator-b.test"] * 2)
        self.assertEqual(pair.a.records(), [])
        self.assertEqual([x for x in os.listdir(pair.a.folder) if x.endswith(".part")], [])
        _, answer = phone.ask_callee(pair.aor_a, pair.aor_b)
        self.assertEqual((answer.status, pair.a.records()[-1]["first"]), (200, False))

    def test_kept_for_so_many_days_and_gone_unanswered(self):
        """What nobody confirmed is "gone"; what is too old is removed; the pair stays known."""
        pair = self.pair(settings_a={"charging.keep_days": 20})
        phone = self.calls(pair, 2)
        pair.a.stop()
        pair.a.sql("UPDATE record SET time = time - 864000 WHERE first = 0")
        pair.a.sql("UPDATE record SET time = time - 8640000 WHERE first = 1")
        pair.a.start()  # it looks at once, and then every ten seconds
        limit = time.monotonic() + 30
        while [x["outcome"] for x in pair.a.records()] != ["gone"]:
            self.assertLess(time.monotonic(), limit, pair.a.records())
            time.sleep(0.1)
        self.assertEqual(phone.ask_callee(pair.aor_a, pair.aor_b)[1].status, 200)
        self.assertEqual([x["first"] for x in pair.a.records()], [False, False])
        self.assertEqual([(x["vectors"], x["gone"]) for x in lines(pair.a.ctl("record", "sum", "--json"))], [(2, 1)])

    def test_a_person_sees_and_ends_what_is_kept(self):
        pair = self.pair()
        phone = self.calls(pair, 2)
        path = os.path.join(pair.a.folder, "alice.json")
        pair.a.ctl("subscriber", "export", pair.sim_a.imsi, "--file", path)
        with open(path) as f:
            text = f.read()
        person = json.loads(text)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual((person["nai"], [x["aor"] for x in person["addresses"]], len(person["calls"])),
                         ("alice@operator-a.test", [pair.aor_a], 2))
        self.assertEqual([x["what"] for x in person["history"]], ["bound"])
        self.assertNotIn(pair.sim_a.m.k.hex(), text)
        self.assertIn("--yes", pair.a.ctl("subscriber", "erase", pair.sim_a.imsi, fails=True))
        pair.a.sql(f"INSERT INTO event (time, aor, nai, what, who) VALUES (1, '{pair.aor_a}', '', 'conflict', 'X')")
        pair.a.ctl("subscriber", "erase", pair.sim_a.imsi, "--yes")
        kept = pair.a.ctl("record", "export") + pair.a.ctl("binding", "history", "--json") + \
            pair.a.ctl("subscriber", "list", "--json") + pair.a.ctl("binding", "list", "--json")
        self.assertNotIn("alice", kept)
        self.assertEqual([x["vectors"] for x in lines(pair.a.ctl("record", "sum", "--json"))], [1, 1])
        self.assertEqual(phone.ask("GET", "/v1/self").status, 401)


class Agreements(Case):
    def test_overlap_is_refused_with_a_sentence(self):
        folder = self.folder()
        a, b, c = (self.operator(folder, x) for x in "abc")
        a.partner(b)
        self.assertIn(f"realm {b.realm} stands in the agreement with {b.title}",
                      a.ctl("partner", "add", c.title, "--url", f"https://{c.fqdn}", "--realms", f"{c.realm},{b.realm}", "--ca", c.ca.path, fails=True))
        self.assertIn(f"is that of {b.title}",
                      a.ctl("partner", "add", c.title, "--url", f"https://{b.fqdn}", "--realms", c.realm, "--ca", c.ca.path, fails=True))
        a.partner(c)
        self.assertIn(f"realm {b.realm} stands", a.ctl("partner", "set", c.title, "--realms", b.realm, fails=True))
        self.assertIn("own", a.ctl("partner", "set", c.title, "--realms", a.realm, fails=True))
        self.assertEqual([x["realms"] for x in lines(a.ctl("partner", "list", "--json"))], [[b.realm], [c.realm]])

    def test_a_bad_option_is_no_failure_of_the_database(self):
        pair = self.pair()
        for option in (["--per-minute", "0"], ["--pin", "x"], ["--url", "http://x.test"], ["--ca", "/nowhere"]):
            said = pair.a.ctl("partner", "set", pair.b.title, *option, fails=True)
            self.assertNotIn("database", said)
            self.assertNotIn("failed", said)
        pair.a.ctl("partner", "set", pair.b.title, "--per-minute", "7")

    def test_changes_hold_at_once(self):
        pair = self.pair()
        phone = self.phone(pair.sim_a, pair.a).bootstrap()

        def status():
            return phone.ask_callee(pair.aor_a, pair.aor_b)[1].status

        self.assertEqual(status(), 200)
        pair.b.ctl("partner", "set", pair.a.title, "--to", day(-1))
        self.assertEqual(status(), 503)
        pair.b.ctl("partner", "set", pair.a.title, "--to", day(1))
        self.assertEqual(status(), 200)
        pair.b.ctl("partner", "set", pair.a.title, "--certificate", "somebody.test")
        self.assertEqual(status(), 503)
        pair.b.ctl("partner", "set", pair.a.title, "--certificate", pair.a.fqdn, "--realms", "elsewhere.test")
        self.assertEqual(status(), 503)
        pair.b.ctl("partner", "set", pair.a.title, "--realms", pair.a.realm)
        self.assertEqual(status(), 200)
        pair.b.ctl("partner", "set", pair.a.title, "--per-minute", "1")
        self.assertEqual([status(), status()][-1], 429)
        pair.b.ctl("partner", "set", pair.a.title, fails=True)
        pair.b.ctl("partner", "set", "nobody", "--per-minute", "1", fails=True)

    def steps(self, operator, *words, fails=False):
        text = operator.ctl("partner", "test", *words, "--json", fails=False) if not fails else subprocess.run(
            [CTL, "--config", operator.config, "partner", "test", *words, "--json"], capture_output=True, text=True, timeout=20).stdout
        return {x["step"]: x["result"] for x in lines(text)}

    def test_partner_test(self):
        pair = self.pair()
        pair.a.ctl("partner", "set", pair.b.title, "--test-aor", pair.aor_b)
        steps = self.steps(pair.a, pair.b.title, "--caller", pair.aor_a)
        self.assertEqual(list(steps), ["agreement", "connection", "TLS: who they are", "TLS: who we are", "protocol", "clock",
                                       "realm", "vector"])
        self.assertEqual(set(steps.values()), {"good"})
        self.assertEqual([len(x.records()) for x in (pair.a, pair.b)], [1, 1])
        self.assertEqual(len(self.steps(pair.a, pair.b.title)), 6)  # without --caller no vector
        failing = self.steps(pair.a, pair.b.title, "--caller", pair.aor_a, "--callee", "sip:nobody@" + pair.b.realm, fails=True)
        self.assertEqual((failing["clock"], failing["vector"]), ("good", "failed"))
        pair.a.ctl("partner", "test", pair.b.title, "--caller", "sip:nobody@" + pair.a.realm, fails=True)
        # each fault is told at its step
        pair.b.ctl("partner", "suspend", pair.a.title)
        steps = self.steps(pair.a, pair.b.title, "--caller", pair.aor_a, fails=True)
        self.assertEqual((steps["TLS: who they are"], steps["TLS: who we are"], steps["vector"]), ("good", "failed", "not tried"))
        pair.a.ctl("partner", "set", pair.b.title, "--ca", pair.a.ca.path)
        steps = self.steps(pair.a, pair.b.title, "--caller", pair.aor_a, fails=True)
        self.assertEqual((steps["connection"], steps["TLS: who they are"]), ("good", "failed"))
        pair.a.ctl("partner", "set", pair.b.title, "--connect-to", "127.0.0.1:1")
        self.assertEqual(self.steps(pair.a, pair.b.title, fails=True)["connection"], "failed")
        pair.a.ctl("partner", "suspend", pair.b.title)
        self.assertEqual(self.steps(pair.a, pair.b.title, fails=True)["agreement"], "failed")

    def test_two_who_claim_one_address(self):
        """Both speak for an address of a third domain: nobody vouches, and both hear so."""
        folder, aor = self.folder(), "sip:x@third.test"
        a, b, c = (self.operator(folder, x) for x in "abc")
        for one, other in ((a, c), (c, a), (b, c), (c, b)):
            one.partner(other)
        sims = [operator.subscriber(f"00101000000000{i}", "x", aor) for i, operator in ((1, a), (2, b))]
        callee = "sip:carol@operator-c.test"
        sim_c = c.subscriber("001010000000003", "carol", callee)
        for operator in (a, b, c):
            operator.start()
        phone_a, phone_b = (self.phone(sim, operator).bootstrap() for sim, operator in zip(sims, (a, b)))
        self.assertEqual(phone_a.ask_callee(aor, callee)[1].status, 200)
        self.assertEqual(c.ctl("conflict", "list", "--json"), "")
        self.assertEqual(phone_b.ask_callee(aor, callee)[1].problem, "two-vouchers")
        self.assertEqual(phone_a.ask_callee(aor, callee)[1].problem, "two-vouchers")  # is told too
        self.assertEqual({x["claimed_by"] for x in lines(c.ctl("conflict", "list", "--json"))}, {a.title, b.title})
        self.assertIn("conflict", [x["what"] for x in lines(c.ctl("binding", "history", "--aor", aor, "--json"))])
        c.ctl("conflict", "clear", aor, "--partner", b.title)
        self.assertEqual(phone_a.ask_callee(aor, callee)[1].status, 200)
        # the callee's operator itself is one of two as well
        dora = self.phone(c.subscriber("001010000000004", "dora", aor), c).bootstrap()
        self.assertEqual(phone_a.ask_callee(aor, callee)[1].problem, "two-vouchers")
        self.assertEqual(dora.ask_callee(aor, callee)[1].problem, "two-vouchers")
        carol = self.phone(sim_c, c).bootstrap()  # nor is it anybody's to be called
        self.assertEqual(carol.ask_callee(callee, aor, callee_nai="dora@operator-c.test")[1].problem, "two-vouchers")
        c.ctl("conflict", "clear", aor)
        self.assertEqual(carol.ask_callee(callee, aor, callee_nai="dora@operator-c.test")[1].status, 200)


class Claims(Case):
    def test_so_many_addresses_of_a_partner(self):
        """A partner makes nobody's of any number of addresses: of so many a day. Its others are served, and those it has."""
        pair = self.pair(settings_b={"limits.claims_per_day": 3})
        phone = self.phone(pair.sim_a, pair.a).bootstrap()
        aors = [f"sip:x{n}@third.test" for n in range(5)]
        for aor in aors:
            pair.a.ctl("binding", "add", aor, "001010000000001", "--proved")
        said = [phone.ask_callee(aor, pair.aor_b)[1] for aor in aors]
        self.assertEqual([answer.status for answer in said], [200, 200, 200, 429, 429])
        for aor in (aors[0], pair.aor_a):
            self.assertEqual(phone.ask_callee(aor, pair.aor_b)[1].status, 200)
        self.assertIn("too many new addresses of this partner today", pair.b.log_text())
        self.assertEqual(int(pair.b.rows("SELECT count(*) FROM claim")[0][0]), 3)


    def test_so_many_addresses_of_a_partner_by_its_answers(self):
        """A subscriber of ours and a partner: what it answers for counts as what it asks for does."""
        pair = self.pair(settings_a={"limits.claims_per_day": 3})
        phone = self.phone(pair.sim_a, pair.a).bootstrap()
        aors = [f"sip:x{n}@third.test" for n in range(5)]
        for aor in aors:
            pair.b.ctl("binding", "add", aor, "001020000000002", "--proved")
        nai = "bob@operator-b.test"
        said = [phone.ask_callee(pair.aor_a, aor, callee_nai=nai)[1] for aor in aors[:4]]
        self.assertEqual([answer.status for answer in said], [200, 200, 200, 429])
        ticket = {"use": "agt", "caller": pair.aor_a, "callee_nai": nai}
        self.assertEqual(phone.ask("POST", "/v1/tickets", {**ticket, "callee": aors[4]}).status, 429)
        self.assertEqual(phone.ask("POST", "/v1/tickets", {**ticket, "callee": aors[0]}).status, 200)
        self.assertEqual(phone.ask_callee(pair.aor_a, aors[1], callee_nai=nai)[1].status, 200)
        self.assertEqual(phone.ask_callee(pair.aor_a, pair.aor_b)[1].status, 200)
        self.assertEqual(int(pair.a.rows("SELECT count(*) FROM claim")[0][0]), 3)


class Bindings(Case):
    aor = "sip:alice@third.test"

    def world(self, proxy, **settings):
        self.addCleanup(proxy.close)
        a = self.operator(self.folder(), "a", {"sip.proxy": "127.0.0.1", "sip.port": proxy.port,
                                               "sip.transport": proxy.transport, **settings})
        sim = a.subscriber("001010000000001", "alice")
        a.start()
        return a, self.phone(sim, a).bootstrap()

    def prove(self, phone, proxy, aor=None):
        aor = aor or self.aor
        answer = phone.ask("POST", "/v1/bindings", {"aor": aor})
        self.assertEqual(answer.status, 200, answer.raw)
        return phone.ask("POST", "/v1/bindings/proof", {"aor": aor, "nonce": proxy.nonce(aor)})

    def test_proof_by_sip(self):
        proxy = Proxy()
        a, phone = self.world(proxy)
        self.assertEqual(phone.ask("GET", "/v1/self").json["aors"], [])
        answer = self.prove(phone, proxy)
        self.assertEqual(answer.status, 200)
        self.assertAlmostEqual(answer.json["until"], time.time() + 30 * 86400, delta=60)
        self.assertEqual(phone.ask("GET", "/v1/self").json["aors"], [self.aor])
        listed = phone.ask("GET", "/v1/bindings").json["bindings"]
        self.assertEqual([(x["aor"], x["by"]) for x in listed], [(self.aor, "sip")])
        self.assertEqual([x["what"] for x in lines(a.ctl("binding", "history", "--json"))], ["proved"])
        shown = a.ctl("binding", "list", "--json")
        self.assertEqual((lines(shown)[0]["by"], lines(shown)[0]["state"]), ("sip", "holds"))

    def test_over_tcp_and_tls_and_after_loss(self):
        folder = self.folder()
        ca = Ca(folder, "sip")
        tls = ca.issue(folder, "proxy", ["localhost"])
        self.assertEqual(self.prove(*reversed(self.phone_and(Proxy("tcp")))).status, 200)
        self.assertEqual(self.prove(*reversed(self.phone_and(Proxy("tls", tls=tls), **{"sip.proxy": "localhost",
                                                                                       "sip.ca_file": ca.path}))).status, 200)
        lossy = Proxy(lose=2)
        self.assertEqual(self.prove(*reversed(self.phone_and(lossy))).status, 200)
        self.assertEqual(lossy.arrivals, 3)

    def phone_and(self, proxy, **settings):
        return proxy, self.world(proxy, **settings)[1]

    def test_a_proxy_that_is_not_the_one(self):
        """TLS to somebody with another authority: nothing is sent."""
        folder = self.folder()
        proxy = Proxy("tls", tls=Ca(folder, "sip").issue(folder, "proxy", ["localhost"]))
        a, phone = self.world(proxy, **{"sip.proxy": "localhost", "sip.ca_file": Ca(folder, "other").path})
        self.assertEqual(phone.ask("POST", "/v1/bindings", {"aor": self.aor}).status, 200)
        self.wait_log(a, "op=message result=failed")
        self.assertTrue(proxy.seen.empty())

    def wait_log(self, operator, text):
        limit = time.monotonic() + 15
        while text not in operator.log_text():
            self.assertLess(time.monotonic(), limit, operator.log_text())
            time.sleep(0.05)

    def test_refused_by_the_proxy(self):
        proxy = Proxy(status="404 Not Found")
        a, phone = self.world(proxy)
        self.assertEqual(phone.ask("POST", "/v1/bindings", {"aor": self.aor}).status, 200)
        self.wait_log(a, "op=message result=failed status=404")
        self.assertNotIn(self.aor, a.log_text())

    def test_another_subscriber_cannot_return_it(self):
        proxy = Proxy()
        a, phone = self.world(proxy)
        mallory = self.phone(a.subscriber("001010000000009", "mallory"), a).bootstrap()
        self.assertEqual(mallory.ask("POST", "/v1/bindings", {"aor": self.aor}).status, 200)
        nonce = proxy.nonce(self.aor)  # it came to Alice, whose phone did not ask for it
        self.assertEqual(phone.ask("POST", "/v1/bindings/proof", {"aor": self.aor, "nonce": nonce}).problem, "not-yours")
        self.assertEqual(mallory.ask("POST", "/v1/bindings/proof", {"aor": "sip:y@third.test", "nonce": nonce}).problem, "not-yours")
        for _ in range(3):
            wrong = {"aor": self.aor, "nonce": b64u(secrets.token_bytes(16))}
            self.assertEqual(mallory.ask("POST", "/v1/bindings/proof", wrong).problem, "not-yours")
        right = {"aor": self.aor, "nonce": nonce}  # three guesses, and it is over
        self.assertEqual(mallory.ask("POST", "/v1/bindings/proof", right).problem, "not-yours")
        self.assertEqual(phone.ask("GET", "/v1/bindings").json["bindings"], [])

    def test_once_and_not_in_a_row(self):
        proxy = Proxy()
        _, phone = self.world(proxy)
        self.assertEqual(phone.ask("POST", "/v1/bindings", {"aor": self.aor}).status, 200)
        self.assertEqual(phone.ask("POST", "/v1/bindings", {"aor": self.aor}).problem, "too-many")
        body = {"aor": self.aor, "nonce": proxy.nonce(self.aor)}
        self.assertEqual(phone.ask("POST", "/v1/bindings/proof", body).status, 200)
        self.assertEqual(phone.ask("POST", "/v1/bindings/proof", body).problem, "not-yours")
        for bad in ({}, {"aor": "x"}, {"aor": self.aor, "more": 1}, {"aor": "tel:+491"}):
            self.assertEqual(phone.ask("POST", "/v1/bindings", bad).problem, "bad-request")
        self.assertEqual(phone.ask("POST", "/v1/bindings/proof", {"aor": self.aor, "nonce": "x"}).problem, "bad-request")

    def test_a_clock_that_is_put_back(self):
        """What was sent in a future that did not come keeps nobody from proving an address, and proves none."""
        proxy = Proxy()
        a, phone = self.world(proxy)
        self.assertEqual(phone.ask("POST", "/v1/bindings", {"aor": self.aor}).status, 200)
        old = proxy.nonce(self.aor)
        a.sql("UPDATE proof SET made = made + 40000, day = day + 40000, sent = 6")
        proof = phone.ask("POST", "/v1/bindings/proof", {"aor": self.aor, "nonce": old})
        self.assertEqual(proof.problem, "not-yours")
        self.assertEqual(self.prove(phone, proxy).status, 200)

    def test_so_many_a_day(self):
        """A subscriber has messages sent to so many addresses and no more: not to those that had one either."""
        proxy = Proxy()
        port = free_port()
        a, phone = self.world(proxy, **{"limits.address_checks_per_day": 3, "metrics.port": port})
        for user in ("x", "y", "alice"):
            self.assertEqual(self.prove(phone, proxy, f"sip:{user}@third.test").status, 200)
        for user in ("alice", "z"):
            self.assertEqual(phone.ask("POST", "/v1/bindings", {"aor": f"sip:{user}@third.test"}).problem, "too-many", user)
        other = self.phone(a.subscriber("001010000000002", "second"), a).bootstrap()
        self.assertEqual(other.ask("POST", "/v1/bindings", {"aor": "sip:z@third.test"}).status, 200)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as said:
            text = said.read().decode()
        self.assertIn('simauth_address_checks_total{result="sent"} 4\n', text)
        self.assertIn('simauth_address_checks_total{result="limited"} 2\n', text)
        self.assertIn("too many address checks of this subscriber today", a.log_text())
        a.sql("UPDATE proof SET day = day - 86401")
        self.assertEqual(phone.ask("POST", "/v1/bindings", {"aor": "sip:z@third.test"}).status, 200)

    def test_conflicts_and_a_second_sim(self):
        proxy = Proxy()
        a, phone = self.world(proxy)
        other = self.phone(a.subscriber("001010000000002", "second"), a).bootstrap()
        a.ctl("binding", "add", "sip:bound@third.test", "001010000000002", "--proved")
        self.assertEqual(phone.ask("POST", "/v1/bindings", {"aor": "sip:bound@third.test"}).problem, "not-yours")
        a.ctl("partner", "add", "P", "--url", "https://p.test", "--realms", "p.test", "--ca", a.ca.path)
        self.assertEqual(phone.ask("POST", "/v1/bindings", {"aor": "sip:x@p.test"}).problem, "two-vouchers")
        self.assertEqual(self.prove(phone, proxy).status, 200)
        self.assertEqual(self.prove(other, proxy).status, 200)
        until = {x["nai"]: x["until"] for x in lines(a.ctl("binding", "list", "--aor", self.aor, "--json"))}
        self.assertEqual(len(until), 2)
        self.assertIn("contested", [x["what"] for x in lines(a.ctl("binding", "history", "--aor", self.aor, "--json"))])
        held = phone.ask("GET", "/v1/bindings").json["bindings"][0]["until"]
        self.assertAlmostEqual(held, time.time() + 86400, delta=60)  # proves it again, or it goes

    def test_without_a_proxy(self):
        a = self.operator(self.folder(), "a")
        sim = a.subscriber("001010000000001", "alice")
        a.start()
        answer = self.phone(sim, a).bootstrap().ask("POST", "/v1/bindings", {"aor": self.aor})
        self.assertEqual((answer.status, answer.problem), (404, "not-found"))
        self.assertIn("ask it", answer.json["detail"])

    def test_by_the_operator(self):
        a = self.operator(self.folder(), "a")
        for n in (1, 2):
            a.subscriber(f"00101000000000{n}", f"s{n}")
        own = "sip:alice@operator-a.test"
        a.ctl("binding", "add", own, "001010000000001")
        self.assertIn("bound to s1@operator-a.test", a.ctl("binding", "add", own, "001010000000002", fails=True))
        a.ctl("binding", "add", own, "001010000000002", "--also")
        self.assertEqual(len(lines(a.ctl("binding", "list", "--aor", own, "--json"))), 2)
        a.ctl("binding", "remove", own, "--imsi", "001010000000002")
        a.ctl("binding", "transfer", own, "001010000000001", "001010000000002")
        self.assertEqual([x["nai"] for x in lines(a.ctl("binding", "list", "--json"))], ["s2@operator-a.test"])
        self.assertIn("not bound to the first", a.ctl("binding", "transfer", own, "001010000000001", "001010000000002", fails=True))
        self.assertEqual([x["what"] for x in lines(a.ctl("binding", "history", "--aor", own, "--json"))],
                         ["bound", "bound", "removed", "moved away", "moved here"])
        outside = "sip:alice@third.test"
        self.assertIn("--proved", a.ctl("binding", "add", outside, "001010000000001", fails=True))
        a.ctl("binding", "add", outside, "001010000000001", "--proved")
        until = [x["until"] for x in lines(a.ctl("binding", "list", "--aor", outside, "--json"))]
        self.assertEqual(until, [day(30)])


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def code_octets(text):
    """Crockford's base32, written from docs/protocol.md section 6.2."""
    bits = "".join(f"{ALPHABET.index(c):05b}" for c in text.replace("-", ""))
    assert len(bits) == 130 and bits.endswith("00")
    return bytes(int(bits[i:i + 8], 2) for i in range(0, 128, 8))


class SoftwareSims(Case):
    def activate(self, operator, code, proof=None, key=None):
        octets = code_octets(code.split("/")[1])
        body = json.dumps({"code": b64u(octets[:5]), "proof": b64u(proof or hkdf(octets, b"simauth 1 sim code proof"))}).encode()
        phone = self.phone(None, operator)
        answer = phone.raw("POST", "/v1/activations", body, {"Content-Type": "application/json",
                                                             "Idempotency-Key": b64u(key or secrets.token_bytes(16))})
        if answer.status != 200:
            return answer, None
        sealed = unb64u(answer.json["sim"])
        return answer, json.loads(AESGCM(hkdf(octets, b"simauth 1 sim code seal")).decrypt(sealed[:12], sealed[12:], b""))

    def test_an_operator_without_cards(self):
        pair = self.pair()
        aor = "sip:new@operator-a.test"
        offered = json.loads(pair.a.ctl("sim", "new", "--aor", aor, "--nai", "new@operator-a.test", "--json"))
        self.assertTrue(offered["code"].startswith(f"{pair.a.fqdn}:{pair.a.port}/"))
        wrong, _ = self.activate(pair.a, offered["code"], proof=bytes(32))
        self.assertEqual(wrong.problem, "not-yours")
        key = secrets.token_bytes(16)
        answer, sim = self.activate(pair.a, offered["code"], key=key)
        self.assertEqual((answer.status, sim["nai"], sim["aor"], sim["imsi"]), (200, "new@operator-a.test", aor, offered["imsi"]))
        again, _ = self.activate(pair.a, offered["code"], key=key)
        self.assertEqual(again.raw, answer.raw)  # the answer was lost: the same request, the same SIM
        self.assertEqual(self.activate(pair.a, offered["code"])[0].problem, "not-yours")  # once
        usim = Usim(sim["imsi"], bytes.fromhex(sim["k"]), bytes.fromhex(sim["opc"]))
        phone = self.phone(usim, pair.a).bootstrap()
        answer = phone.ask_callee(aor, pair.aor_b)[1]
        self.assertEqual(answer.status, 200)
        # another device: a new code, other keys, and the first copy is dead
        offered = json.loads(pair.a.ctl("sim", "offer", sim["imsi"], "--json"))
        _, second = self.activate(pair.a, offered["code"])
        self.assertNotEqual(second["k"], sim["k"])
        self.assertEqual(phone.ask("GET", "/v1/self").status, 401)
        # revoked
        phone = self.phone(Usim(sim["imsi"], bytes.fromhex(second["k"]), bytes.fromhex(second["opc"])), pair.a).bootstrap()
        code = json.loads(pair.a.ctl("sim", "offer", sim["imsi"], "--json"))["code"]
        pair.a.ctl("sim", "revoke", sim["imsi"])
        self.assertEqual(phone.ask("GET", "/v1/self").status, 401)
        self.assertEqual(phone.ub_first().problem, "not-yours")
        self.assertEqual(self.activate(pair.a, code)[0].problem, "not-yours")
        self.assertIn("revoked", pair.a.ctl("sim", "offer", sim["imsi"], fails=True))
        self.assertIn("revoked", pair.a.ctl("subscriber", "list"))
        pair.a.ctl("sim", "restore", sim["imsi"])
        phone.bootstrap()
        what = [x["what"] for x in lines(pair.a.ctl("binding", "history", "--nai", "new@operator-a.test", "--json"))]
        self.assertEqual(what, ["bound", "SIM offered", "SIM activated", "SIM offered", "SIM activated", "SIM offered",
                                "SIM revoked", "SIM restored"])

    def test_sim_age_begins_with_the_activation(self):
        pair = self.pair()
        pair.a.ctl("subscriber", "remove", pair.sim_a.imsi)
        pair.a.ctl("subscriber", "add", pair.sim_a.imsi, "--keys", "-", "--nai", "alice@operator-a.test", "--sim-since", "2020-01-01",
                   stdin=f"k={pair.sim_a.m.k.hex()}\nopc={secrets.token_hex(16)}\n")
        path = os.path.join(pair.a.folder, "code")
        pair.a.ctl("sim", "offer", pair.sim_a.imsi, "--file", path)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        pair.a.ctl("sim", "offer", pair.sim_a.imsi, "--file", path, fails=True)  # is there: and the code in it still holds
        pair.a.ctl("sim", "offer", "001019999999999", "--file", path + "2", fails=True)
        self.assertFalse(os.path.exists(path + "2"))
        with open(path) as f:
            _, sim = self.activate(pair.a, f.read().strip())
        self.assertEqual(sim["k"], pair.sim_a.m.k.hex())  # a card's keys are the card's
        self.assertEqual(lines(pair.a.ctl("subscriber", "list", "--json"))[0]["sim_since"], day())

    def test_a_card_that_was_changed(self):
        pair = self.pair()
        imsi, other = pair.sim_a.imsi, Usim(pair.sim_a.imsi, secrets.token_bytes(16), secrets.token_bytes(16))
        keys = f"k={other.m.k.hex()}\nopc={other.m.opc.hex()}\n"

        def shown():
            return json.loads(pair.a.ctl("subscriber", "show", imsi, "--json"))
        pair.a.sql("UPDATE subscriber SET sim_since = 1600000000")
        phone = self.phone(pair.sim_a, pair.a).bootstrap()
        bob = self.phone(pair.sim_b, pair.b).bootstrap()
        peers = {"since": 1700000000, "nais": ["alice@operator-a.test"]}
        self.assertEqual(bob.ask("POST", "/v1/changes", peers).json["changed"], [])
        code = json.loads(pair.a.ctl("sim", "offer", imsi, "--json"))["code"]
        pair.a.ctl("sim", "changed", imsi)  # the HLR has its keys, or the card keeps them: these stay
        self.assertEqual(phone.ask("GET", "/v1/self").status, 401)
        self.assertEqual(self.activate(pair.a, code)[0].problem, "not-yours")
        self.assertEqual(shown()["sim_since"], day())
        self.assertEqual(bob.ask("POST", "/v1/changes", peers).json["changed"], ["alice@operator-a.test"])
        phone.bootstrap()
        self.assertIn("--since", pair.a.ctl("sim", "changed", imsi, "--since", day(1), fails=True))
        pair.a.ctl("sim", "changed", imsi, "--keys", "-", "--since", "2024-02-29", stdin=keys)
        self.assertEqual((shown()["sim_since"], shown()["state"]), ("2024-02-29", "good"))
        _, rand, autn = phone.ub_challenge(phone.ub_first())
        self.assertEqual(pair.sim_a.run(rand, autn), ("refused",))
        pair.a.sql("DELETE FROM ub")
        self.phone(other, pair.a).bootstrap()
        pair.a.ctl("sim", "revoke", imsi)
        pair.a.ctl("sim", "changed", imsi, "--since", "2024-03-01")
        self.assertEqual((shown()["sim_since"], shown()["state"]), ("2024-03-01", "revoked"))
        pair.a.ctl("sim", "restore", imsi)  # who knows whose hands it was in
        self.assertEqual((shown()["sim_since"], shown()["state"]), (day(), "good"))
        what = [x["what"] for x in lines(pair.a.ctl("binding", "history", "--nai", "alice@operator-a.test", "--json"))]
        self.assertEqual(what[-5:], ["SIM changed", "SIM changed", "SIM revoked", "SIM changed", "SIM restored"])

    def test_one_address_does_not_take_all(self):
        pair = self.pair()

        def ask(connection):
            body = json.dumps({"code": b64u(secrets.token_bytes(5)), "proof": b64u(bytes(32))}).encode()
            connection.request("POST", "/v1/activations", body, {"Idempotency-Key": b64u(secrets.token_bytes(16))})
            return Answer(connection.getresponse()).problem
        connections = [self.phone(None, pair.a).connection for _ in range(8)]
        for number, connection in enumerate(connections):
            connection.source = f"127.0.0.{number + 2}"
        other, *floods = connections
        with concurrent.futures.ThreadPoolExecutor(len(floods)) as pool:  # nor do a few
            for seen in pool.map(lambda flood: [ask(flood) for _ in range(110)], floods):
                self.assertEqual(seen[:60], ["not-yours"] * 60)
        self.assertEqual(ask(other), "not-yours")
        self.assertTrue(any(ask(floods[0]) == "too-many" for _ in range(600)))

    def test_bad_requests(self):
        pair = self.pair()
        phone = self.phone(None, pair.a)
        for body in (b"", b"{}", b'{"code":"AAAAAAA","proof":"x"}', b'{"code":1,"proof":2}'):
            self.assertEqual(phone.raw("POST", "/v1/activations", body).problem, "bad-request")


class People(Case):
    def on_terminal(self, operator, columns, *words):
        """What a person sees on a terminal of that width."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        done = subprocess.Popen([CTL, "--config", operator.config, *words], stdout=slave, stderr=slave, stdin=slave)
        os.close(slave)
        text = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            text += part
        os.close(master)
        self.assertEqual(done.wait(20), 0)
        return text.decode().replace("\r\n", "\n")

    def test_tables_fit_the_terminal(self):
        pair = self.pair()
        pair.a.subscriber("001010000000005", "a" * 60, "sip:" + "b" * 100 + "@operator-a.test")
        self.phone(pair.sim_a, pair.a).bootstrap().ask_callee(pair.aor_a, pair.aor_b)
        for words in (["subscriber", "list"], ["binding", "list"], ["partner", "list"], ["record", "list"], ["record", "sum"],
                      ["binding", "history"], ["conflict", "list"], ["price", "list"]):
            shown = self.on_terminal(pair.a, 80, *words)
            self.assertLessEqual(max(map(len, shown.splitlines())), 84, words)
        self.assertIn("\u2026", self.on_terminal(pair.a, 80, "binding", "list"))
        self.assertIn("b" * 100, self.on_terminal(pair.a, 250, "binding", "list"))
        self.assertIn("b" * 100, pair.a.ctl("binding", "list"))  # nothing is cut in a pipe
        for words in (["subscriber", "list"], ["binding", "list"], ["partner", "list"], ["record", "list"], ["record", "sum"],
                      ["binding", "history"]):
            self.assertTrue(lines(pair.a.ctl(*words, "--json")), words)

    def test_completion(self):
        script = subprocess.run([CTL, "completion"], capture_output=True, text=True, check=True).stdout

        def complete(*words):
            quoted = " ".join(f"'{w}'" for w in words)
            done = subprocess.run(["bash", "-c", script + f"\nCOMP_WORDS=(simauth-gatewayctl {quoted}); COMP_CWORD={len(words)}; "
                                   "_simauth_gatewayctl; printf '%s\\n' \"${COMPREPLY[@]}\""], capture_output=True, text=True, check=True)
            return done.stdout.split()

        self.assertEqual(complete("part"), ["partner"])
        self.assertEqual(sorted(complete("partner", "s")), ["set", "suspend"])
        self.assertEqual(complete("partner", "add", "X", "--per"), ["--per-minute"])
        self.assertEqual(complete("--config", "/x", "record", "ro"), ["rotate"])

    def test_bad_lines_are_named(self):
        a = self.operator(self.folder(), "a")
        k, good = "01" * 16, f"001010000000001,{'00' * 16},opc,{'11' * 16}"
        for bad, why in ((f"00101000000000x,{k},opc,{k}", "IMSI"), (f"001010000000002,{k[1:]},opc,{k}", "K (the second"),
                         (f"001010000000002,{k},opd,{k}", "third field"), (f"001010000000002,{k},opc,{k[2:]}", "fourth"),
                         (f"001010000000002,{k},opc,{k},8000", "separation"), (f"001010000000002,{k},opc,{k},0000,x@elsewhere", "sixth"),
                         (f"001010000000002,{k},opc,{k},0000,,-1", "seventh"), (f"001010000000002,{k},opc", "four to seven"),
                         (good, "there already"), ("x" * 2000, "longer")):
            done = a.ctl("subscriber", "import", "-", stdin=f"imsi,k,type,value\n{good}\n{bad}\n", fails=True)
            self.assertIn("line 3: ", done)
            self.assertIn(why, done)
            self.assertIn("nothing was imported", done)
            self.assertNotIn("11" * 16, done)
            self.assertEqual(a.ctl("subscriber", "list", "--json"), "")
        done = subprocess.run([CTL, "--config", a.config, "subscriber", "import", "-", "--progress"], input=good + "\r\n", text=True,
                              capture_output=True, timeout=20)
        self.assertEqual((done.returncode, done.stdout), (0, "1 subscribers\n"))
        self.assertRegex(done.stderr, r"1 subscribers  \d+ a second")


if __name__ == "__main__":
    unittest.main(verbosity=1)
