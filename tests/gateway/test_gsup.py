# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Vectors from Debian's osmo-hlr: calls, AUTS, every IND, subscribers it refuses, and its bad days."""
import json
import os
import secrets
import signal
import ssl
import subprocess
import threading
import time
import unittest

import test_batch
import test_call
import test_password
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hlr import Hlr, Proxy, known_here_alone
from milenage import Usim, xor
from operators import DAEMON, SHARED_DATABASE, Pair, only_where
from ops import wait_for
from phone import Answer, Connection, Phone, b64u, public, unb64u


def links_up(operator, count=8):
    lines = [line for line in operator.log_text().splitlines() if "op=hlr" in line]
    return sum("state=up" in line for line in lines) - sum("state=down" in line for line in lines) == count


def make_pair(settings_b=None):
    """Patient, so that a busy machine is no HLR that is slow."""
    patient = {"limits.federation_timeout_ms": 5000, "auc.hlr_timeout_ms": 5000}
    pair = Pair(dict(patient), {**patient, **(settings_b or {})}, hlr=Hlr, start=False)
    try:
        pair.hlr.start()
        for operator in (pair.a, pair.b):
            operator.start()
            wait_for(lambda: links_up(operator))
    except BaseException:
        pair.close()
        raise
    return pair


class CallWithHlr(test_call.Call):
    """All that is tested with the embedded AuC, with an HLR at both ends."""
    make_pair = staticmethod(make_pair)
    test_op_and_constants = None  # the HLR's own affair


class BatchWithHlr(test_batch.Batch):
    """A source that fetches: each question of a batch waits for its own vector."""
    make_pair = staticmethod(make_pair)
    test_one_that_cannot = None  # the numbers are the HLR's


class PasswordWithHlr(test_password.Password):
    """Subscribers without a SIM beside those of the HLR, which is not asked for them."""
    make_pair = staticmethod(make_pair)
    test_what_is_of_sims = None


class Subscribers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair = make_pair()
        cls.addClassCleanup(cls.pair.close)
        cls.a = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()

    def test_every_ind_in_turn(self):
        sim, before = self.pair.sim_a, len(self.pair.sim_a.seen)
        for _ in range(16):
            seal, answer = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b)
            self.assertEqual(answer.status, 200, answer.raw)
            own = answer.json["own"]
            self.assertEqual(sim.run(unb64u(own["rand"]), unb64u(own["autn"]))[0], "good")
        numbers = sim.seen[before:]
        self.assertEqual(len({n & 31 for n in numbers}), 8)
        self.assertEqual(len(set(numbers)), 16)
        self.assertEqual(sim.amf[0] & 0x80, 0)

    def test_sim_ahead_of_hlr(self):
        sim = self.pair.a.subscriber("001010000000007", "ahead")
        sim.seq = [1000] * 32
        phone = Phone(sim, self.pair.a).bootstrap()
        self.assertEqual(phone.resyncs, 1)
        self.assertEqual(Phone(sim, self.pair.a).bootstrap().resyncs, 0)

    def test_forged_auts(self):
        sim = self.pair.a.subscriber("001010000000008", "forger")
        phone = Phone(sim, self.pair.a)
        nonce, rand, _ = phone.ub_challenge(phone.ub_first())
        wrong = bytearray(sim.auts(rand, 5000 << 5))
        wrong[-1] ^= 1
        self.assertEqual(phone.ub_answer(nonce, b"", bytes(wrong)).problem, "not-yours")
        phone.bootstrap()  # and nothing moved
        self.assertLess(max(sim.seen), 5000 << 5)

    def test_unknown_to_hlr(self):
        known_here_alone(self.pair.a, "001010000000009", "stranger")
        stranger = Usim("001010000000009", secrets.token_bytes(16), secrets.token_bytes(16))
        self.assertEqual(Phone(stranger, self.pair.a).ub_first().problem, "not-yours")
        known_here_alone(self.pair.b, "001020000000009", "stranger")
        answer = self.a.ask_callee(self.pair.aor_a, "sip:stranger@operator-b.test")[1]
        self.assertEqual((answer.status, answer.problem), (503, "operator-down"))  # which no phone remembers
        self.assertIn("HLR does not know this IMSI", self.pair.b.log_text())

    def test_2g_sim_has_no_umts_vector(self):
        imsi = "001020000000010"
        known_here_alone(self.pair.b, imsi, "old")
        self.pair.hlr.add_2g(imsi, secrets.token_bytes(16))
        answer = self.a.ask_callee(self.pair.aor_a, "sip:old@operator-b.test")[1]
        self.assertEqual((answer.status, answer.problem), (422, "no-method"))

    def test_import(self):
        """Many at once, whose keys stay in the HLR."""
        operator, path, number = self.pair.a, os.path.join(self.pair.a.folder, "many.csv"), 1
        k, opc = secrets.token_bytes(16), secrets.token_bytes(16)

        def imported(*rows, fails=False):
            with open(path, "w", encoding="ascii") as f:
                f.write("".join(row + "\n" for row in rows))
            return operator.ctl("subscriber", "import", path, fails=fails)
        rows = [f"00101777000000{n},,hlr" for n in range(3)] + ["001017770000009,,hlr,,,many@operator-a.test"]
        self.assertEqual(imported(*rows), "4 subscribers\n")
        self.pair.hlr.add("001017770000009", k, opc)
        self.assertEqual(Phone(Usim("001017770000009", k, opc), operator).bootstrap().resyncs, 0)
        for row, why in ((f"00101888000000{number},{k.hex()},opc,{opc.hex()}", "HLR, which keeps the keys itself"),
                         (f"00101888000000{number},{k.hex()},hlr", "keeps K, OPc"), ("12,,hlr", "6 to 15 digits"),
                         (f"00101888000000{number},,hlr,,8000", "keeps K, OPc")):
            said = imported(row, fails=True)
            self.assertIn(why, said)
            self.assertNotIn(k.hex(), said)

    def test_keys_belong_to_the_hlr(self):
        words = self.pair.a.ctl("subscriber", "add", "001010000000011", "--keys", "-", stdin="", fails=True)
        self.assertIn("HLR", words)
        path = self.pair.a.folder + "/sim.json"
        self.assertIn("HLR", self.pair.a.ctl("sim", "issue", self.pair.sim_a.imsi, path, fails=True))
        self.assertFalse(os.path.exists(path))


class BadDays(unittest.TestCase):
    def setUp(self):
        self.pair = Pair(hlr=Hlr, start=False)
        self.addCleanup(self.pair.close)
        self.proxy = Proxy(self.pair.hlr)
        self.addCleanup(self.proxy.close)
        self.operator = self.pair.a
        self.operator.configure(**{"auc.hlr_address": "127.0.0.1", "auc.hlr_port": self.proxy.port})

    def start(self, links=8):
        self.pair.hlr.start()
        self.operator.start()
        wait_for(lambda: links_up(self.operator, links))
        return Phone(self.pair.sim_a, self.operator).bootstrap()

    def down(self, least=0.0, most=1.0):
        start = time.monotonic()
        answer = Phone(self.pair.sim_a, self.operator).ub_first()
        self.assertEqual((answer.status, answer.problem), (503, "operator-down"))
        self.assertTrue(least <= time.monotonic() - start < most, time.monotonic() - start)

    def test_hlr_comes_later_dies_and_comes_again(self):
        self.operator.start()
        self.down()
        self.assertIn("no connection with the HLR", self.operator.log_text())
        for _ in range(2):
            self.pair.hlr.start()
            wait_for(lambda: links_up(self.operator))
            Phone(self.pair.sim_a, self.operator).bootstrap()
            self.pair.hlr.stop()
            wait_for(lambda: links_up(self.operator, 0))
            self.down()

    def test_slow_hlr_holds_up_nobody_else(self):
        phone = self.start()
        phone.ask("GET", "/v1/self")
        self.proxy.let("mute")
        waiting = [threading.Thread(target=self.down, args=(0.45, 5.0)) for _ in range(8)]
        for thread in waiting:
            thread.start()
        start, answers = time.monotonic(), 0
        while any(thread.is_alive() for thread in waiting):
            self.assertEqual(phone.ask("GET", "/v1/self").status, 200)
            answers += 1
        self.assertLess((time.monotonic() - start) / answers, 0.1)
        for thread in waiting:
            thread.join()
        self.assertIn("HLR did not answer in time", self.operator.log_text())
        # what came too late is not given to anybody, and the next is right
        self.proxy.let("pass")
        Phone(self.pair.sim_a, self.operator).bootstrap()

    def test_late_answer_says_nothing_of_an_auts(self):
        """A vector that comes after its time, while an AUTS of the same SIM waits: the SIM gets the one after it."""
        self.operator.settings.update({"auc.hlr_links": 1, "auc.hlr_timeout_ms": 3000})
        self.operator.configure(**{"auc.hlr_address": "127.0.0.1", "auc.hlr_port": self.proxy.port})
        phone, sim = self.start(1), self.pair.sim_a
        aor = f"sip:carol@{self.operator.realm}"
        carol = Phone(self.operator.subscriber("001010000000020", "carol", aor), self.operator).bootstrap()
        nonce, rand, _ = phone.ub_challenge(phone.ub_first())
        auts = sim.auts(rand, 5000 << 5)
        self.proxy.let("mute")
        self.assertEqual(carol.ask_callee(aor, self.pair.aor_a)[1].status, 503)
        self.assertEqual(self.vectors_kept(), 1)
        answers = []
        thread = threading.Thread(target=lambda: answers.append(Phone(sim, self.operator).ub_answer(nonce, b"", auts)))
        thread.start()
        wait_for(lambda: self.vectors_kept() == 2)
        self.proxy.let("pass")
        thread.join()
        _, rand, autn = phone.ub_challenge(answers[0])
        number = int.from_bytes(xor(autn[:6], sim.m.f2345(rand)["ak"]), "big")
        self.assertGreater(number, 5000 << 5)

    def test_an_answer_that_was_lost(self):
        """The AUTS after it is waited for in vain once, and not for as long as the SIM asks again."""
        self.operator.settings.update({"auc.hlr_links": 1, "auc.hlr_timeout_ms": 500})
        self.operator.configure(**{"auc.hlr_address": "127.0.0.1", "auc.hlr_port": self.proxy.port})
        phone, sim = self.start(1), self.pair.sim_a
        aor = f"sip:dora@{self.operator.realm}"
        dora = Phone(self.operator.subscriber("001010000000021", "dora", aor), self.operator).bootstrap()
        nonce, rand, _ = phone.ub_challenge(phone.ub_first())
        auts = sim.auts(rand, 5000 << 5)
        self.proxy.let("lose")
        self.assertEqual(dora.ask_callee(aor, self.pair.aor_a)[1].status, 503)
        self.assertEqual(self.proxy.mode, "pass")
        statuses = [phone.ub_answer(nonce, b"", auts).status for _ in range(2)]
        self.assertEqual(statuses, [503, 401])

    def vectors_kept(self):
        """Answers of the HLR that hold vectors and have not come to the gateway yet."""
        count = 0
        for data in list(self.proxy.kept.values()):
            while len(data) > 3:
                length = int.from_bytes(data[:2], "big")
                count += data[2:5] == b"\xee\x05\x0a"  # OSMO, GSUP, Send Authentication Info Result
                data = data[3 + length:]
        return count

    def test_a_batch_is_fetched_at_once(self):
        """The HLR is asked for all of a batch before it has answered the first."""
        self.operator.settings.update({"auc.hlr_timeout_ms": 5000})
        self.operator.configure(**{"auc.hlr_address": "127.0.0.1", "auc.hlr_port": self.proxy.port})
        self.start()
        context = ssl.create_default_context(cafile=self.operator.ca.path)
        context.load_cert_chain(self.pair.b.certificate, self.pair.b.key)
        connection = Connection(self.operator.fqdn, self.operator.port, context, timeout=20)
        self.addCleanup(connection.close)
        batch = [{"key": b64u(os.urandom(16)), "subject": "callee", "caller": self.pair.aor_b, "methods": ["aka"],
                  "callee": self.pair.aor_a if i else "sip:nobody@operator-a.test", "nai_a": "bob@operator-b.test",
                  "seal_to": b64u(public(X25519PrivateKey.generate()))} for i in range(8)]
        self.proxy.let("mute")
        connection.request("POST", "/v1/federation/vectors", json.dumps({"batch": batch}))
        wait_for(lambda: self.vectors_kept() == 7)
        self.proxy.let("pass")
        answers = Answer(connection.getresponse()).json["batch"]
        self.assertEqual(answers[0]["type"], "urn:simauth:nobody")
        self.assertEqual(len({answer["vector"]["rand"] for answer in answers[1:]}), 7)

    def test_routes_that_go_with_the_links_before(self):
        """New links find the names taken, by those of before, and lose them with those: mute, until they begin once more."""
        self.operator.settings["auc.hlr_links"] = 2
        self.operator.configure(**{"auc.hlr_address": "127.0.0.1", "auc.hlr_port": self.proxy.port})
        self.start(2)
        before = self.proxy.part()
        wait_for(lambda: self.operator.log_text().count("state=up") == 4)
        for end in before:
            end.close()
        self.down(0.45)
        wait_for(lambda: Phone(self.pair.sim_a, self.operator).ub_first().status == 401, 30)
        self.assertIn("HLR answers nothing on it", self.operator.log_text())
        wait_for(lambda: links_up(self.operator, 2))
        Phone(self.pair.sim_a, self.operator).bootstrap()

    def test_half_an_answer(self):
        self.start()
        self.proxy.let("half")
        self.down(0.45)
        self.proxy.let("pass")
        Phone(self.pair.sim_a, self.operator).bootstrap()

    def test_stop_while_a_phone_waits(self):
        self.start()
        self.proxy.let("mute")
        self.operator.configure(**{"auc.hlr_address": "127.0.0.1", "auc.hlr_port": self.proxy.port,
                                   "auc.hlr_timeout_ms": 5000})
        self.operator.stop()
        self.proxy.let("pass")
        self.operator.start()
        wait_for(lambda: self.operator.log_text().count("state=up") == 16)
        self.proxy.let("mute")
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(Phone(self.pair.sim_a, self.operator).ub_first().status))
        thread.start()
        wait_for(lambda: any(len(data) > 100 for data in self.proxy.kept.values()))  # vectors
        self.assertEqual(self.operator.stop(signal.SIGTERM), 0)
        thread.join(10)
        self.assertEqual(answers, [503])

    def test_module_is_not_there(self):
        self.operator.configure(**{"auc.module": "/nonexistent/simauth-gateway-gsup.so"})
        done = subprocess.run([DAEMON, "--config", self.operator.config, "--check-config"], capture_output=True,
                              text=True, timeout=10)
        self.assertEqual(done.returncode, 1)
        self.assertIn("simauth-gateway-gsup", done.stderr)


@only_where(SHARED_DATABASE)  # several gateways have one database
class Nodes(unittest.TestCase):
    def test_each_node_has_names_of_its_own(self):
        """An HLR answers the first who came with a name."""
        pair = Pair(hlr=Hlr, start=False)
        self.addCleanup(pair.close)
        pair.hlr.start()
        nodes = [pair.a, pair.a.sibling(1)]
        for number, node in enumerate(nodes):
            node.program = os.path.join(node.folder, f"node{number}")
            with open(node.program, "w") as f:
                f.write(f"#!/bin/sh\nexec unshare -u sh -c 'hostname node{number} && exec {DAEMON} \"$@\"' gateway \"$@\"\n")
            os.chmod(node.program, 0o700)
            node.start()
            self.addCleanup(node.stop)
            wait_for(lambda: links_up(node))
        for node in nodes:
            Phone(pair.sim_a, node).bootstrap()


if __name__ == "__main__":
    unittest.main()
