# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client with soft SIMs against two real gateways that have an agreement."""

import hashlib
import json
import os
import socket
import subprocess
import unittest

import case
from fake import b64u
from pki import Certificate

GOOD, RESYNC = 0, 1  # enum simauth_card_status
SLOT = 4096  # of the soft SIM's sequence numbers


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Operator:
    """A gateway with one subscriber. Names below .localhost lead home without a resolver."""

    def __init__(self, folder, letter, root, imsi, user):
        self.folder = os.path.join(folder, letter)
        os.mkdir(self.folder, 0o700)
        self.letter, self.imsi = letter, imsi
        self.fqdn, self.realm = f"ag-{letter}.localhost", f"operator-{letter}.example"
        self.aor, self.nai = f"sip:{user}@{self.realm}", f"{user}@{self.realm}"
        self.port = free_port()
        made = Certificate(self.folder, "gateway", self.fqdn, root, more=[self.realm])
        self.config, self.sim = os.path.join(self.folder, "gateway.conf"), self.path("sim.json")
        self.write("gateway.conf", f"""[operator]
name=Operator {letter.upper()}
fqdn={self.fqdn}
realms={self.realm}
[listen]
address=127.0.0.1
port={self.port}
[tls]
certificate={made.pem}
key={made.key_pem}
[store]
database={self.path("gateway.db")}
seal_key={self.path("seal.key")}
[limits]
ub_per_minute=60
ub_burst=60
""")
        self.write("keys", f"k={os.urandom(16).hex()}\nopc={os.urandom(16).hex()}\n")
        self.ctl("init")
        self.ctl("subscriber", "add", imsi, "--keys", self.path("keys"), "--nai", self.nai)
        self.ctl("binding", "add", self.aor, imsi)
        self.ctl("sim", "issue", imsi, self.sim)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="ascii") as out:
            out.write(text)

    def ctl(self, *words):
        subprocess.run([os.environ["GATEWAYCTL"], "--config", self.config, *words], check=True,
                       stdout=subprocess.DEVNULL)

    def partner(self, other, root):
        self.ctl("partner", "add", "Operator " + other.letter.upper(), "--url",
                 f"https://{other.fqdn}:{other.port}", "--realms", other.realm, "--ca", root.pem,
                 "--certificate", other.realm, "--connect-to", f"127.0.0.1:{other.port}")

    def start(self):
        """Returns when it says that it serves."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(self.path("notify"))
            ready.settimeout(20)
            self.process = subprocess.Popen(
                [os.environ["GATEWAY"], "--config", self.config, "--log", self.path("log")],
                env={**os.environ, "NOTIFY_SOCKET": self.path("notify")})
            if ready.recv(64) != b"READY=1":
                raise AssertionError("the gateway did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class Real(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.a = Operator(cls.folder.name, "a", cls.root, "001010000000001", "alice")
        cls.b = Operator(cls.folder.name, "b", cls.root, "001020000000002", "bob")
        cls.a.partner(cls.b, cls.root)
        cls.b.partner(cls.a, cls.root)
        for operator in (cls.a, cls.b):
            operator.start()
            cls.addClassCleanup(operator.stop)

    def of(self, operator):
        with open(operator.sim, encoding="ascii") as file:
            issued = json.load(file)
        self.assertIn(operator.fqdn, issued["gateway"])
        impi = (f"{operator.imsi}@ims.mnc0{operator.imsi[3:5]}.mcc{operator.imsi[:3]}"
                ".3gppnetwork.org")
        self.assertEqual(issued.get("impi", impi), impi)
        return self.phone(f"{operator.fqdn}:{operator.port}", impi=impi,
                          card="soft:" + operator.sim)

    def ask_callee(self, alice, **more):
        return alice.do("vector", subject="callee", caller=self.a.aor, callee=self.b.aor, **more)

    def test_self(self):
        for operator in (self.a, self.b):
            answer = self.expect(self.of(operator).do("self"), "AG_OK")
            self.assertEqual(answer["nai"], operator.nai)
            self.assertEqual(answer["aors"], [operator.aor])
            self.assertEqual(answer["realm"], operator.realm)
            self.assertEqual(answer["operator"], "Operator " + operator.letter.upper())

    def test_call(self):
        alice, bob = self.of(self.a), self.of(self.b)
        first = self.expect(self.ask_callee(alice, callee_nai=self.b.nai), "AG_OK")
        self.assertEqual((first["realm"], first["signer"]), (self.b.realm, "Operator B"))
        self.assertEqual((first["nai_a"], first["nai_b"]), (self.a.nai, self.b.nai))
        own = first["own"]
        self.assertEqual(alice.do("card", rand=own["rand"], autn=own["autn"])["card"], GOOD)
        rand = first["challenge"]["rand"]
        element = f"sim01.aka.{rand}.{b64u(bytes(16))}"
        confirmed = self.expect(bob.do("challenge", element=element), "AG_OK")
        self.assertEqual((confirmed["caller"], confirmed["callee"], confirmed["operator"]),
                         (self.a.aor, self.b.aor, "Operator A"))
        own = confirmed["own"]
        self.assertEqual(bob.do("card", rand=own["rand"], autn=own["autn"])["card"], GOOD)
        second = self.expect(bob.do("vector", subject="caller", caller=self.a.aor,
                                    callee=self.b.aor, rand=rand), "AG_OK")
        self.assertEqual((second["realm"], second["signer"]), (self.a.realm, "Operator A"))
        self.assertEqual(second["challenge"]["rand"], first["own"]["rand"])

    def test_callee_resynchronises(self):
        alice, bob = self.of(self.a), self.of(self.b)
        rand = self.expect(self.ask_callee(alice), "AG_OK")["challenge"]["rand"]
        own = self.expect(bob.do("challenge", element=f"sim01.aka.{rand}.{b64u(bytes(16))}"),
                          "AG_OK")["own"]
        self.assertEqual(bob.do("card", rand=own["rand"], autn=own["autn"])["card"], GOOD)
        refused = bob.do("card", rand=own["rand"], autn=own["autn"])  # for the SIM it is old now
        self.assertEqual(refused["card"], RESYNC)
        fresh = self.expect(bob.do("resync", rand=own["rand"], auts=refused["auts"]), "AG_OK")
        self.assertEqual(fresh["key_len"], 32)
        self.assertEqual(bob.do("card", rand=fresh["own"]["rand"],
                                autn=fresh["own"]["autn"])["card"], GOOD)
        again = self.expect(self.ask_callee(alice, rand=rand, replaced=fresh["own"]["rand"]),
                            "AG_OK")
        self.assertEqual(again["challenge"]["rand"], fresh["own"]["rand"])

    def test_refusals(self):
        alice = self.of(self.a)
        self.expect(alice.do("vector", subject="callee", caller=self.a.aor,
                             callee="sip:nobody@" + self.b.realm), "AG_NOBODY")
        self.expect(alice.do("vector", subject="callee", caller="sip:eve@" + self.a.realm,
                             callee=self.b.aor), "AG_REFUSED", "not-yours")
        self.expect(self.of(self.b).do("challenge",
                                       element=f"sim01.aka.{b64u(bytes(16))}.{b64u(bytes(16))}"),
                    "AG_REFUSED", "not-yours")

    def test_bootstrapping_resynchronises(self):
        """The SIM is ahead of its operator, which lost its counter."""
        self.expect(self.of(self.a).do("self"), "AG_OK")
        with open(self.a.sim + ".sqn", encoding="ascii") as file:
            slots = [json.loads(line.split()[0]) for line in file if line.strip()]
        newest = max(slots, key=lambda slot: slot["number"])
        newest["seq"] = [max(newest["seq"]) + 1000] * 32
        newest["reach"] = newest["seq"][0]
        newest["number"] += 2  # the same slot
        text = json.dumps(newest, separators=(",", ":"))
        text += " " + hashlib.sha256(text.encode()).hexdigest()
        with open(self.a.sim + ".sqn", "r+", encoding="ascii") as out:
            out.seek(newest["number"] % 2 * SLOT)
            out.write(text.ljust(SLOT - 1) + "\n")
        answer = self.expect(self.of(self.a).do("self"), "AG_OK")
        self.assertEqual(answer["card_runs"], 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
