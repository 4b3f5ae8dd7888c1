# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other vector servers got wrong (docs/operator-guide.md, section 14): a test for each."""
import json
import os
import re
import secrets
import shutil
import ssl
import subprocess
import unittest

from milenage import Usim
from operators import Pair
from phone import Answer, Connection, Phone, b64u, md5, respond, ssk, unb64u, unseal


class Mistakes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair = Pair()
        cls.addClassCleanup(cls.pair.close)
        cls.a = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()
        cls.b = Phone(cls.pair.sim_b, cls.pair.b).bootstrap()
        cls.count = 0

    def tearDown(self):
        for operator in (self.pair.a, self.pair.b):
            self.assertIsNone(operator.process.poll(), operator.log_text()[-2000:])

    @classmethod
    def sim(cls, **more):
        cls.count += 1
        return cls.pair.a.subscriber(f"00101000001{cls.count:04d}", f"m{cls.count}", f"sip:m{cls.count}@operator-a.test",
                                     **more)

    def sqn(self, sim):
        return json.loads(self.pair.a.ctl("subscriber", "show", sim.imsi, "--json"))["sqn"]

    # -- sequence numbers ----------------------------------------------------------------------
    def test_vectors_differ_by_one_step(self):
        first = len(self.a.usim.seen)
        for _ in range(6):
            own = self.a.announce(self.pair)[1]["own"]
            self.a.usim.run(unb64u(own["rand"]), unb64u(own["autn"]))
        steps = [b - a for a, b in zip(self.a.usim.seen[first:], self.a.usim.seen[first + 1:])]
        self.assertEqual(set(steps) - {33, 1}, set())  # SEQ + 1 and IND + 1, which begins again after 31
        self.assertEqual([(b >> 5) - (a >> 5) for a, b in zip(self.a.usim.seen[first:], self.a.usim.seen[first + 1:])],
                         [1] * 5)
        self.assertEqual(len(set(self.a.usim.seen)), len(self.a.usim.seen))

    def test_resync_before_any_session(self):
        sim = self.sim()
        sim.seq = [5000] * 32
        phone = Phone(sim, self.pair.a)
        self.assertIsNone(phone.btid)
        self.assertEqual(phone.bootstrap().resyncs, 1)

    def test_resync_in_one_step(self):
        sim = self.sim()
        sim.seq = [1 << 40] * 32
        phone = Phone(sim, self.pair.a).bootstrap()
        self.assertEqual(phone.resyncs, 1)
        self.assertEqual(sim.seen[-1] >> 5, (1 << 40) + 1)  # from SQN_MS, not from our own

    def test_resync_of_a_call(self):
        rand = self.a.announce(self.pair)[1]["vector"]["rand"]
        own = self.b.ask_challenge(rand).json["own"]
        sim = self.b.usim
        sim.run(unb64u(own["rand"]), unb64u(own["autn"]))
        ahead = max(sim.seq) + 1000
        answer = self.b.ask_auts(rand, sim.auts(unb64u(rand), ahead << 5))
        self.assertEqual(answer.status, 200, answer.raw)
        own = answer.json["own"]
        self.assertEqual(sim.run(unb64u(own["rand"]), unb64u(own["autn"]))[0], "good")
        self.assertEqual(sim.seen[-1] >> 5, ahead + 1)

    def test_auts_needs_its_rand(self):
        sim = self.sim()
        sim.seq = [77] * 32
        phone = Phone(sim, self.pair.a)
        nonce, rand, _ = phone.ub_challenge(phone.ub_first())
        before = self.sqn(sim)
        self.assertEqual(phone.ub_answer(nonce, b"", sim.auts(secrets.token_bytes(16))).problem, "not-yours")
        self.assertEqual(self.sqn(sim), before)
        self.assertEqual(phone.ub_answer(nonce, b"", sim.auts(rand)).status, 401)  # a fresh challenge
        self.assertGreater(self.sqn(sim), 77 << 5)

    def test_auts_garbage(self):
        sim = self.sim()
        phone = Phone(sim, self.pair.a)
        for auts in (bytes(14), b"\xff" * 14, secrets.token_bytes(14), b"", b"x", secrets.token_bytes(13),
                     secrets.token_bytes(15), secrets.token_bytes(60)):
            nonce, _, _ = phone.ub_challenge(phone.ub_first())
            answer = phone.ub_answer(nonce, b"", auts or None)
            self.assertIn((answer.status, answer.problem), ((403, "not-yours"), (400, "bad-request")), auts)
        self.assertEqual(phone.bootstrap().resyncs, 0)

    def test_auts_of_another_implementation(self):
        """The AUTS of these tests is what libosmocore takes for one, so a fault of theirs hides none of ours."""
        program = shutil.which("osmo-auc-gen")
        self.assertTrue(program, "osmo-auc-gen (package libosmocore-utils) is not there")
        sim, rand = Usim("001010000000042", secrets.token_bytes(16), secrets.token_bytes(16)), secrets.token_bytes(16)
        sim.seq = [4711] * 32
        done = subprocess.run([program, "-3", "-a", "MILENAGE", "-k", sim.m.k.hex(), "-o", sim.m.opc.hex(), "-r", rand.hex(),
                               "-A", sim.auts(rand).hex()], capture_output=True, text=True, timeout=10)
        self.assertIn(f"SQN.MS:\t{4711 << 5 | 31}\n", done.stdout, done.stdout + done.stderr)

    def test_sqn_of_48_bits(self):
        sim = self.sim()
        sim.seq = [(1 << 43) - 10] * 32
        phone = Phone(sim, self.pair.a).bootstrap()
        self.assertEqual((phone.resyncs, sim.seen[-1] >> 5), (1, (1 << 43) - 9))
        self.assertGreater(sim.seen[-1], 0xFFFFFFFF0000)
        statuses = [Phone(sim, self.pair.a).ub_answer("AAAA", b"x").status]
        for _ in range(12):  # the last ones, and then none: never from the beginning
            answer = phone.ub_first()
            statuses.append(answer.status)
            if answer.status != 401:
                break
            nonce, rand, autn = phone.ub_challenge(answer)
            phone.ub_answer(nonce, sim.run(rand, autn)[1])
        self.assertEqual(statuses[-1], 503)
        self.assertEqual(sim.seen, sorted(sim.seen))
        self.assertIn("sequence numbers used up", self.pair.a.log_text())

    def test_no_command_moves_sqn_back(self):
        sim = self.sim()
        Phone(sim, self.pair.a).bootstrap()
        user, before = f"m{self.count}", self.sqn(sim)
        ctl = self.pair.a.ctl
        keys = f"k={sim.m.k.hex()}\nopc={sim.m.opc.hex()}\n"
        ctl("subscriber", "add", sim.imsi, "--keys", "-", stdin=keys, fails=True)
        ctl("subscriber", "import", "-", stdin=f"{sim.imsi},{sim.m.k.hex()},opc,{sim.m.opc.hex()},0000,,0\n", fails=True)
        ctl("binding", "add", f"sip:{user}x@operator-a.test", sim.imsi)
        ctl("binding", "remove", f"sip:{user}x@operator-a.test")
        ctl("sim", "revoke", sim.imsi)
        ctl("sim", "restore", sim.imsi)
        ctl("seal", "renew")
        ctl("check")
        self.assertEqual(self.sqn(sim), before)
        self.assertEqual(Phone(sim, self.pair.a).bootstrap().resyncs, 0)

    def test_fresh_sim_and_old_sim(self):
        """Nobody sets up a SQN here: a new SIM works at once, one that another network used after one exchange, and one
        that is behind us at once."""
        fresh, old, behind = self.sim(), self.sim(), self.sim()
        old.seq = [123456] * 32
        self.assertEqual([Phone(sim, self.pair.a).bootstrap().resyncs for sim in (fresh, old, behind)], [0, 1, 0])
        behind.seq = [0] * 32
        self.assertEqual(Phone(behind, self.pair.a).bootstrap().resyncs, 0)

    # -- keys ----------------------------------------------------------------------------------
    def test_opc_with_zeros(self):
        self.__class__.count += 1
        imsi, k, opc = f"00101000001{self.count:04d}", bytes(range(16)), bytes([0] * 8 + list(range(8)))
        self.pair.a.ctl("subscriber", "add", imsi, "--keys", "-", stdin=f"k={k.hex()}\nopc={opc.hex()}\n")
        sim = Usim(imsi, k, opc)
        self.assertEqual(Phone(sim, self.pair.a).bootstrap().resyncs, 0)
        path = os.path.join(self.pair.a.folder, "zeros.json")
        self.pair.a.ctl("sim", "issue", imsi, path)
        with open(path) as f:
            written = f.read()
        self.assertTrue(opc.hex() in written and k.hex() in written)

    def test_key_transformed_once(self):
        """SSK from the SIM's CK || IK by section 4 of the protocol, once; `akap`: gateway.methods (test_akap_is_called)."""
        seal, answer = self.a.announce(self.pair)
        vector = answer["vector"]
        keys = self.pair.sim_b.m.f2345(unb64u(vector["rand"]))
        self.assertEqual(unseal(vector, seal, self.pair.b.ca)[0], ssk("callee", vector, keys["ck"] + keys["ik"], keys["res"]))

    # -- who asks, and how ---------------------------------------------------------------------
    def federation(self, body, context):
        connection = Connection(self.pair.b.fqdn, self.pair.b.port, context)
        try:
            connection.request("POST", "/v1/federation/vectors", body, {"Idempotency-Key": b64u(os.urandom(16))})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def context(self, pair=None):
        context = ssl.create_default_context(cafile=self.pair.b.ca.path)
        if pair:
            context.load_cert_chain(*pair)
        return context

    def test_vectors_for_partners_alone(self):
        body = json.dumps({"subject": "callee", "caller": self.pair.aor_a, "callee": self.pair.aor_b, "methods": ["aka"],
                           "seal_to": b64u(b"\x09" + bytes(31)), "nai_a": "alice@operator-a.test"})
        stranger = self.pair.a.ca.issue(self.pair.a.folder, "nobody", ["ag.operator-z.test"])
        count = len(self.pair.b.records())
        for pair in (None, stranger):
            self.assertEqual(self.federation(body, self.context(pair)).problem, "not-yours")
        self.assertEqual(self.a.raw("POST", "/v1/vectors", body.encode()).status, 401)
        self.assertEqual(len(self.pair.b.records()), count)
        self.assertEqual(self.federation(body, self.context((self.pair.a.certificate, self.pair.a.key))).status, 200)

    def test_partner_garbage(self):
        """(Garbage as an answer: gateway.badday, BadPartner.)"""
        context = self.context((self.pair.a.certificate, self.pair.a.key))
        good = json.dumps({"subject": "callee", "caller": self.pair.aor_a, "callee": self.pair.aor_b, "methods": ["aka"],
                           "seal_to": b64u(b"\x09" + bytes(31)), "nai_a": "alice@operator-a.test"})
        for body in (b"", b"\0" * 100, os.urandom(1000), good[:-5].encode(), good.replace('"aka"', "7").encode(),
                     good.replace(self.pair.aor_b, "sip:" + "b" * 9000 + "@operator-b.test").encode(),
                     good.replace("alice@", "\\u0000" * 500 + "@").encode(), re.sub('"seal_to": "[^"]*"', '"seal_to": ""', good)):
            self.assertEqual(self.federation(body, context).status, 400, body[:60])
        self.assertEqual(self.federation(b"x" * 20000, context).status, 413)
        self.assertEqual(self.federation(good, context).status, 200)

    def test_never_md5(self):
        """Whoever asks for Digest with a password gets no session, and the SIM's RES under another algorithm is no answer."""
        sim = self.sim()
        phone = Phone(sim, self.pair.a)
        first = phone.ub_first()
        self.assertIn("algorithm=AKAv1-MD5", first.headers["WWW-Authenticate"])
        nonce, rand, autn = phone.ub_challenge(first)
        res = sim.run(rand, autn)[1]
        for algorithm in ("MD5", "MD5-sess", "AKAv2-MD5", "SHA-256"):
            response = respond(md5, sim.impi, phone.operator.fqdn, res, "GET", "/", b"", nonce, "00000001", "abc")
            answer = phone.raw("GET", "/", headers={"Authorization": (
                f'Digest username="{sim.impi}", realm="{phone.operator.fqdn}", nonce="{nonce}", uri="/", '
                f'response="{response}", qop=auth-int, nc=00000001, cnonce="abc", algorithm={algorithm}')})
            self.assertNotEqual(answer.status, 200, algorithm)
        header = self.a.raw("GET", "/v1/self").headers["WWW-Authenticate"]
        self.assertIn("algorithm=SHA-256", header)
        self.assertNotIn("MD5", header)


if __name__ == "__main__":
    unittest.main()
