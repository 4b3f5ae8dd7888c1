# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that must be refused, and how."""
import json
import os
import socket
import ssl
import subprocess
import time
import unittest

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from operators import SHARED_DATABASE, Ca, Operator, Pair
from phone import Answer, Connection, Phone, b64u, public, sha256, unb64u


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair = Pair({"listen.request_timeout": 1})
        cls.addClassCleanup(cls.pair.close)
        cls.a = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()
        cls.b = Phone(cls.pair.sim_b, cls.pair.b).bootstrap()
        cls.sim_eve = cls.pair.b.subscriber("001020000000009", "eve", "sip:eve@operator-b.test")
        cls.eve = Phone(cls.sim_eve, cls.pair.b).bootstrap()

    def refused(self, answer, status, problem):
        self.assertEqual((answer.status, answer.problem), (status, problem), answer.raw)

    def announce(self, **more):
        _, answer = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, **more)
        self.assertEqual(answer.status, 200, answer.raw)
        return answer.json

    def body(self, **changes):
        return {"subject": "callee", "caller": self.pair.aor_a, "callee": self.pair.aor_b, "methods": ["aka"],
                "seal_to": b64u(public(X25519PrivateKey.generate())), **changes}

    # -- whose it is ---------------------------------------------------------------------------
    def test_somebody_elses_address(self):
        self.refused(self.eve.ask_callee(self.pair.aor_b, self.pair.aor_a)[1], 403, "not-yours")

    def test_unknown_callee(self):
        self.refused(self.a.ask_callee(self.pair.aor_a, "sip:nobody@operator-b.test")[1], 404, "nobody")
        self.refused(self.a.ask_callee(self.pair.aor_a, "sip:nobody@elsewhere.test")[1], 404, "nobody")

    def test_oneself(self):
        self.pair.a.ctl("binding", "add", "sip:alice2@operator-a.test", self.a.usim.imsi)
        self.refused(self.a.ask_callee(self.pair.aor_a, "sip:alice2@operator-a.test")[1], 403, "not-yours")
        self.refused(self.a.ask_callee(self.pair.aor_a, self.pair.aor_a)[1], 403, "not-yours")

    def test_vector_of_caller_without_call(self):
        self.refused(self.b.ask_caller(self.pair.aor_a, self.pair.aor_b, b64u(os.urandom(16)))[1], 403, "not-yours")

    def test_vector_of_caller_before_confirmation(self):
        first = self.announce()
        self.refused(self.b.ask_caller(self.pair.aor_a, self.pair.aor_b, first["vector"]["rand"])[1], 403, "not-yours")

    def test_caller_never_gets_own_key(self):
        """The caller asks for the vector that is made of its own SIM."""
        first = self.announce()
        self.b.ask_challenge(first["vector"]["rand"])
        self.refused(self.a.ask_caller(self.pair.aor_a, self.pair.aor_b, first["vector"]["rand"])[1], 403, "not-yours")

    def test_another_sim_of_the_callees_operator(self):
        first = self.announce()
        self.refused(self.eve.ask_challenge(first["vector"]["rand"]), 403, "not-yours")
        self.assertEqual(self.b.ask_challenge(first["vector"]["rand"]).status, 200)
        self.refused(self.eve.ask_caller(self.pair.aor_a, self.pair.aor_b, first["vector"]["rand"])[1], 403,
                     "not-yours")

    def test_other_names_than_the_vectors(self):
        first = self.announce()
        self.b.ask_challenge(first["vector"]["rand"])
        self.refused(self.b.ask_caller("sip:mallory@operator-a.test", self.pair.aor_b, first["vector"]["rand"])[1],
                     403, "not-yours")

    def test_chosen_rand(self):
        self.refused(self.b.ask_challenge(b64u(os.urandom(16))), 403, "not-yours")

    def test_caller_vector_once(self):
        first = self.announce()
        self.b.ask_challenge(first["vector"]["rand"])
        self.assertEqual(self.b.ask_caller(self.pair.aor_a, self.pair.aor_b, first["vector"]["rand"])[1].status, 200)
        self.refused(self.b.ask_caller(self.pair.aor_a, self.pair.aor_b, first["vector"]["rand"])[1], 403, "not-yours")

    def test_challenge_for_a_second_invite(self):
        first = self.announce()
        rand = first["vector"]["rand"]
        self.assertEqual(self.b.ask_challenge(rand).status, 200)
        self.assertEqual(self.b.ask_challenge(rand).status, 200)  # the same From tag: a fork or a repeat
        other = "sim01.aka." + rand + "." + b64u(b"\1" * 16)
        self.refused(self.b.ask_challenge(rand, other), 403, "not-yours")

    def test_one_timing_for_not_yours(self):
        quantum = 0.020
        for refused in (lambda: self.eve.ask_callee(self.pair.aor_b, self.pair.aor_a)[1],
                        lambda: self.b.ask_challenge(b64u(os.urandom(16)))):
            start = time.monotonic()
            self.assertEqual(refused().problem, "not-yours")
            self.assertGreaterEqual(time.monotonic() - start, quantum * 0.9)

    def test_wrong_auts(self):
        first = self.announce()
        self.b.ask_challenge(first["vector"]["rand"])
        rand = unb64u(first["vector"]["rand"])
        before = self.pair.b.ctl("subscriber", "show", self.b.usim.imsi)
        wrong = bytearray(self.b.usim.auts(rand))
        wrong[-1] ^= 1
        self.refused(self.b.ask_auts(first["vector"]["rand"], bytes(wrong)), 403, "not-yours")
        other = self.b.usim.auts(os.urandom(16))  # right SIM, another RAND
        self.refused(self.b.ask_auts(first["vector"]["rand"], other), 403, "not-yours")
        self.assertEqual(self.pair.b.ctl("subscriber", "show", self.b.usim.imsi), before)
        self.assertEqual(self.b.ask_auts(first["vector"]["rand"], self.b.usim.auts(rand)).status, 200)

    def ask_replaced(self, rand, replaced):
        return self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, rand=rand, replaced=replaced)[1]

    def resynchronised(self):
        """RAND_B of a call whose callee's SIM had it replaced, and RAND_B'."""
        rand = self.announce()["vector"]["rand"]
        self.assertEqual(self.b.ask_challenge(rand).status, 200)
        answer = self.b.ask_auts(rand, self.b.usim.auts(unb64u(rand)))
        self.assertEqual(answer.status, 200, answer.raw)
        return rand, answer.json["own"]["rand"]

    def test_forged_replacement(self):
        rand, replaced = self.resynchronised()
        other = self.announce()["vector"]["rand"]
        self.assertEqual(self.b.ask_challenge(other).status, 200)
        self.refused(self.ask_replaced(other, b64u(os.urandom(16))), 403, "not-yours")
        self.refused(self.ask_replaced(other, other), 403, "not-yours")
        self.refused(self.ask_replaced(other, replaced), 403, "not-yours")  # another call of the same two
        self.assertEqual(self.ask_replaced(rand, replaced).status, 200)

    def test_replacement_of_nobodys_call(self):
        """A right RAND_B', for a RAND_B that is of no call of this SIM."""
        rand, replaced = self.resynchronised()
        self.refused(self.ask_replaced(b64u(os.urandom(16)), replaced), 403, "not-yours")
        self.assertEqual(self.ask_replaced(rand, replaced).status, 200)

    def test_no_common_method(self):
        self.refused(self.a.ask("POST", "/v1/vectors", self.body(methods=["gsm2000"])), 422, "no-method")

    # -- repeats -------------------------------------------------------------------------------
    def test_same_key_same_answer_one_record(self):
        key, seal, before = os.urandom(16), X25519PrivateKey.generate(), len(self.pair.b.records())
        first = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, key=key, seal=seal)[1]
        again = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, key=key, seal=seal)[1]
        self.assertEqual((first.status, first.raw), (again.status, again.raw))
        self.assertEqual(len(self.pair.b.records()), before + 1)

    def test_same_key_other_body(self):
        key = os.urandom(16)
        self.assertEqual(self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, key=key)[1].status, 200)
        self.refused(self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, key=key)[1], 422, "key-reused")

    def test_no_idempotency_key(self):
        self.a.ask("GET", "/v1/self")
        body = json.dumps(self.body()).encode()
        headers = {"Authorization": self.a.authorization("POST", "/v1/vectors", body)}
        self.refused(self.a.raw("POST", "/v1/vectors", body, headers), 400, "bad-request")

    # -- Digest --------------------------------------------------------------------------------
    def test_replayed_nc(self):
        self.a.ask("GET", "/v1/self")
        header = self.a.authorization("GET", "/v1/self", b"")
        self.assertEqual(self.a.raw("GET", "/v1/self", headers={"Authorization": header}).status, 200)
        again = self.a.raw("GET", "/v1/self", headers={"Authorization": header})
        self.assertEqual(again.status, 401)
        self.assertIn("stale=true", again.headers["WWW-Authenticate"])

    def test_altered_body(self):
        self.a.ask("GET", "/v1/self")
        body = json.dumps(self.body()).encode()
        headers = {"Authorization": self.a.authorization("POST", "/v1/vectors", body),
                   "Idempotency-Key": b64u(os.urandom(16))}
        answer = self.a.raw("POST", "/v1/vectors", body.replace(b"bob", b"eve"), headers)
        self.assertEqual(answer.status, 401)
        self.assertNotIn("stale=true", answer.headers["WWW-Authenticate"])

    def test_digest_that_does_not_cover_the_body(self):
        """Somebody between tells the phone that `auth` will do, and puts a body of their own below it."""
        self.a.ask("GET", "/v1/self")
        self.a.nc += 1
        nc, cnonce, path = "%08x" % self.a.nc, "abcdefgh", "/v1/vectors"
        words = [sha256(b":".join([self.a.btid.encode(), self.a.realm.encode(), self.a.password])), self.a.nonce.encode(),
                 nc.encode(), cnonce.encode(), b"auth", sha256(b"POST:" + path.encode())]
        headers = {"Authorization": f'Digest username="{self.a.btid}", realm="{self.a.realm}", nonce="{self.a.nonce}", '
                                    f'uri="{path}", response="{sha256(b":".join(words)).decode()}", qop=auth, nc={nc}, '
                                    f'cnonce="{cnonce}", algorithm=SHA-256',
                   "Content-Type": "application/json", "Idempotency-Key": b64u(os.urandom(16))}
        self.assertEqual(self.a.raw("POST", path, json.dumps(self.body()).encode(), headers).status, 401)

    def test_another_path_or_method_than_signed(self):
        self.a.ask("GET", "/v1/self")
        header = self.a.authorization("GET", "/v1/other", b"")
        self.assertEqual(self.a.raw("GET", "/v1/self", headers={"Authorization": header}).status, 401)
        header = self.a.authorization("POST", "/v1/self", b"")
        self.assertEqual(self.a.raw("GET", "/v1/self", headers={"Authorization": header}).status, 401)

    def test_nonce_of_before_a_restart(self):
        self.a.ask("GET", "/v1/self")
        header = {"Authorization": self.a.authorization("GET", "/v1/self", b"")}
        self.pair.a.stop()
        self.pair.a.start()
        again = self.a.raw("GET", "/v1/self", headers=header)
        if SHARED_DATABASE:  # its gateways take each other's; what was drawn with one is kept (test_nodes.py)
            self.assertEqual(again.status, 200, again.raw)
            return
        self.assertEqual(again.status, 401)
        self.assertIn("stale=true", again.headers["WWW-Authenticate"])

    def test_nonce_of_another_btid(self):
        self.b.ask("GET", "/v1/self")
        self.eve.ask("GET", "/v1/self")
        nonce, nc = self.eve.nonce, self.eve.nc
        self.eve.nonce, self.eve.nc = self.b.nonce, 50
        header = self.eve.authorization("GET", "/v1/self", b"")
        self.eve.nonce, self.eve.nc = nonce, nc
        self.assertEqual(self.eve.raw("GET", "/v1/self", headers={"Authorization": header}).status, 401)

    def test_many_nonces_of_one(self):
        """A phone uses one nonce after the other: who uses hundreds fills no room but its own."""
        mine = Phone(self.pair.b.subscriber("001020000000077", "mallory"), self.pair.b).bootstrap()
        mine.take_nonce(mine.raw("GET", "/v1/self"))
        first, statuses = mine.nonce, []
        for _ in range(160):
            mine.take_nonce(mine.raw("GET", "/v1/self"))
            answer = mine.raw("GET", "/v1/self", headers={"Authorization": mine.authorization("GET", "/v1/self", b"")})
            statuses.append(answer.status)
        self.assertEqual(set(statuses[:16]), {200})
        self.assertEqual(answer.status, 401)
        self.assertIn("stale=true", answer.headers["WWW-Authenticate"])
        mine.nonce, mine.nc = first, 0
        header = mine.authorization("GET", "/v1/self", b"")
        self.assertEqual(mine.raw("GET", "/v1/self", headers={"Authorization": header}).status, 401)
        mine.connection.close()
        self.eve.nonce = None
        self.assertEqual(self.eve.ask("GET", "/v1/self").status, 200)

    def test_unknown_btid(self):
        btid, self.eve.btid = self.eve.btid, "AAAAAAAAAAAAAAAAAAAAAA==@" + self.pair.b.fqdn
        try:
            answer = self.eve.ask("GET", "/v1/self")
        finally:
            self.eve.btid = btid
        self.refused(answer, 401, "unauthorized")
        self.assertNotIn("stale=true", answer.headers["WWW-Authenticate"])

    def test_unknown_nonce_is_stale(self):
        self.b.nonce, self.b.nc = "A" * 44, 0
        header = self.b.authorization("GET", "/v1/self", b"")
        answer = self.b.raw("GET", "/v1/self", headers={"Authorization": header})
        self.assertEqual(answer.status, 401)
        self.assertIn("stale=true", answer.headers["WWW-Authenticate"])
        self.b.nonce = None

    # -- Ub ------------------------------------------------------------------------------------
    def test_ub_unknown_impi(self):
        self.refused(self.a.ub_first("001019999999999@ims.mnc001.mcc001.3gppnetwork.org"), 403, "not-yours")

    def test_ub_wrong_res(self):
        sim = self.pair.a.subscriber("001010000000020", "frank")
        phone = Phone(sim, self.pair.a)
        nonce, rand, autn = phone.ub_challenge(phone.ub_first())
        self.refused(phone.ub_answer(nonce, b"\0" * 8), 403, "not-yours")
        result = sim.run(rand, autn)
        self.assertEqual(phone.ub_answer(nonce, result[1]).status, 200)
        # the challenge is gone with its answer
        self.assertEqual(phone.ub_answer(nonce, result[1]).status, 401)

    def test_ub_one_open_challenge(self):
        sim = self.pair.a.subscriber("001010000000021", "grace")
        phone = Phone(sim, self.pair.a)
        first = phone.ub_challenge(phone.ub_first())
        for _ in range(5):
            self.assertEqual(phone.ub_challenge(phone.ub_first()), first)
        self.assertRegex(self.pair.a.ctl("subscriber", "show", sim.imsi).splitlines()[1], r" 33$")  # SEQ 1, IND 1

    def test_ub_auts_moves_forwards_only(self):
        sim = self.pair.a.subscriber("001010000000022", "heidi")
        sim.seq = [0xFF9BB4D0B607 >> 5] * 32  # over 43 bits, TS 35.208
        phone = Phone(sim, self.pair.a).bootstrap()
        self.assertEqual(phone.resyncs, 1)
        self.assertEqual(sim.seen[-1] >> 5, (0xFF9BB4D0B607 >> 5) + 1)
        sim.seq = [3] * 32  # an AUTS from long ago must not bring old numbers back
        nonce, rand, _ = phone.ub_challenge(phone.ub_first())
        answer = phone.ub_answer(nonce, b"", sim.auts(rand))
        _, rand, autn = phone.ub_challenge(answer)
        sim.seq = [0] * 32
        sim.run(rand, autn)
        self.assertGreater(sim.seen[-1] >> 5, (0xFF9BB4D0B607 >> 5) + 1)

    def test_ub_second_auts(self):
        sim = self.pair.a.subscriber("001010000000023", "ivan")
        phone = Phone(sim, self.pair.a)
        nonce, rand, _ = phone.ub_challenge(phone.ub_first())
        nonce, rand, _ = phone.ub_challenge(phone.ub_answer(nonce, b"", sim.auts(rand)))
        self.refused(phone.ub_answer(nonce, b"", sim.auts(rand)), 403, "not-yours")

    # -- bodies --------------------------------------------------------------------------------
    def test_bad_bodies(self):
        good = json.dumps(self.body())
        doubled = good[:-1] + ', "subject": "callee"}'
        bad = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", good.encode() + b"x", doubled.encode(), b"[" * 3000,
               json.dumps(self.body(more=1)).encode(), json.dumps(self.body(subject="both")).encode(),
               json.dumps(self.body(caller=7)).encode(), json.dumps(self.body(caller="alice")).encode(),
               json.dumps(self.body(callee="sip:a\u0001b@operator-b.test")).encode(),
               json.dumps(self.body(callee="sip:" + "a" * 300 + "@operator-b.test")).encode(),
               json.dumps(self.body(methods="aka")).encode(), json.dumps(self.body(methods=[])).encode(),
               json.dumps(self.body(methods=["aka"] * 9)).encode(), json.dumps(self.body(seal_to="AA")).encode(),
               json.dumps(self.body(seal_to=b64u(bytes(32)) + "=")).encode(),
               json.dumps(self.body(rand=b64u(bytes(16)))).encode(), json.dumps(self.body(nai_a="x@y.test")).encode(),
               json.dumps(self.body(callee_nai="no nai")).encode()]
        for body in bad:
            answer = self.a.ask("POST", "/v1/vectors", body)
            self.assertEqual((answer.status, answer.problem), (400, "bad-request"), body)

    def test_all_zero_seal_to(self):
        self.assertEqual(self.a.ask("POST", "/v1/vectors", self.body(seal_to=b64u(bytes(32)))).problem, "operator-down")

    def test_bad_challenges_and_auts(self):
        rand = b64u(bytes(16))
        for path, body in (("challenges", {"method": "aka", "rand": rand}),
                           ("challenges", {"method": "aka", "rand": rand, "element": "sim01.aka"}),
                           ("challenges", {"method": "aka", "rand": rand,
                                           "element": "sim01.aka." + b64u(b"x" * 16) + "." + rand}),
                           ("challenges", {"method": "md5", "rand": rand, "element": "x"}),
                           ("auts", {"rand": rand, "auts": rand}), ("auts", {"auts": b64u(bytes(14))}),
                           ("auts", {"rand": rand, "auts": b64u(bytes(14)), "more": 1})):
            self.refused(self.b.ask("POST", "/v1/" + path, body), 400, "bad-request")

    def test_oversized(self):
        answer = self.a.raw("POST", "/v1/vectors", b"x" * 20000)
        self.refused(answer, 413, "too-large")
        connection = self.a.new_connection()
        connection.putrequest("POST", "/v1/vectors")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        for _ in range(5):
            connection.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        connection.send(b"0\r\n\r\n")
        self.refused(Answer(connection.getresponse()), 413, "too-large")
        connection.close()

    def test_paths_and_methods(self):
        self.refused(self.a.raw("GET", "/nothing"), 404, "not-found")
        wrong = self.a.raw("DELETE", "/v1/self")
        self.refused(wrong, 405, "method-not-allowed")
        self.assertEqual(wrong.headers["Allow"], "GET")
        self.refused(self.a.raw("GET", "/v1/self?x=1"), 404, "not-found")
        self.refused(self.a.raw("GET", "/v1/../v1/self"), 404, "not-found")

    # -- HTTP ----------------------------------------------------------------------------------
    def exchange(self, data):
        with self.pair.a.tls(self.a.context) as s:
            s.sendall(data)
            s.settimeout(5)
            try:
                return s.recv(4096)
            except (ConnectionError, ssl.SSLError):
                return b""

    def test_garbage(self):
        for data in (b"\0" * 100 + b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost x\r\n\r\n", b"A" * 40000, os.urandom(500) + b"\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                     b"POST /v1/auts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                     b"GET /v1/self HTTP/1.1\r\nHost: x\r\nAuthorization: Digest a\r\nAuthorization: Digest b\r\n\r\n"):
            start = time.monotonic()
            reply = self.exchange(data)
            self.assertLess(time.monotonic() - start, 4, data)  # answered or closed, never left open
            if reply:
                self.assertRegex(reply, rb"^HTTP/1\.[01] [45]\d\d ", data)
        with socket.create_connection(("127.0.0.1", self.pair.a.port), 5) as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")  # no TLS
        self.assertIsNone(self.pair.a.process.poll())
        self.assertEqual(self.a.ask("GET", "/v1/self").status, 200)

    def test_bad_authorization(self):
        for value in ("Digest", "Basic eA==", "Digest username=", "Digest " + "a" * 1500, 'Digest username="' + "x" * 400 +
                      '"', "Digest nonce=\x7f", 'Digest username="a", username="b"'):
            for path in ("/", "/v1/self"):
                answer = self.a.raw("GET", path, headers={"Authorization": value})
                self.assertEqual((answer.status, answer.problem), (400, "bad-request"), value)

    def test_octets_that_are_no_text(self):
        """Nobody has such a name: what a stranger sends is no fault of the store's."""
        def ask(name):
            answer = self.a.raw("GET", "/", headers={"Authorization": f'Digest username="{name}", '
                                                     f'realm="{self.pair.a.fqdn}", nonce="", uri="/", response=""'})
            return answer.status, answer.problem
        for name in ("\xff", "\xc3(", "a\x80"):
            self.assertEqual(ask(name), ask("nobody"), repr(name))
        self.assertNotIn("op=store", self.pair.a.log_text())

    def test_access_log_tells_no_secret(self):
        self.announce()
        text = self.pair.a.log_text()
        self.assertIn("op=vectors", text)
        self.assertNotIn(self.a.usim.imsi, text)
        self.assertNotIn(self.a.usim.m.k.hex(), text)
        self.assertNotIn(self.a.btid, text)


class Expired(unittest.TestCase):
    def test_vector_and_challenge_and_limit(self):
        pair = Pair({"life.vector": 1}, {"life.vector": 1})
        self.addCleanup(pair.close)
        a, b = Phone(pair.sim_a, pair.a).bootstrap(), Phone(pair.sim_b, pair.b).bootstrap()
        _, answer = a.ask_callee(pair.aor_a, pair.aor_b)
        late = a.ask_callee(pair.aor_a, pair.aor_b)[1].json
        b.ask_challenge(late["vector"]["rand"])
        made = time.time()
        while time.time() < int(made) + 2.05:  # its life is counted in whole seconds
            time.sleep(0.05)
        self.assertEqual(b.ask_challenge(answer.json["vector"]["rand"]).problem, "not-yours")
        self.assertEqual(b.ask_caller(pair.aor_a, pair.aor_b, late["vector"]["rand"])[1].problem, "not-yours")

    def test_limit_of_an_address(self):
        """Whoever knows many names and no key."""
        pair = Pair({"limits.ub_address_per_minute": 4})
        self.addCleanup(pair.close)
        for number in range(6):
            pair.a.subscriber(f"00101000000008{number}", f"known-{number}")
        stranger, other = Phone(pair.sim_a, pair.a), Phone(pair.sim_a, pair.a)
        other.connection.source = "127.0.0.9"
        names = [f"00101000000008{number}@ims.mnc001.mcc001.3gppnetwork.org" for number in range(6)]
        self.assertEqual([stranger.ub_first(name).status for name in names], [401] * 4 + [429] * 2)
        self.assertEqual(stranger.ub_first(names[0]).status, 401)  # which is open, and draws nothing
        self.assertEqual(other.ub_first(names[5]).status, 401)

    def test_limit_before_a_vector(self):
        pair = Pair({"limits.subscriber_burst": 2, "limits.subscriber_per_minute": 1})
        self.addCleanup(pair.close)
        a = Phone(pair.sim_a, pair.a).bootstrap()
        answers = [a.ask_callee(pair.aor_a, pair.aor_b)[1] for _ in range(3)]
        self.assertEqual([x.status for x in answers], [200, 200, 429])
        self.assertEqual(answers[2].problem, "too-many")
        self.assertEqual(len(pair.b.records()), 2)

    def test_limit_of_what_is_only_read(self):
        pair = Pair({"limits.subscriber_burst": 2, "limits.subscriber_per_minute": 1})
        self.addCleanup(pair.close)
        phone = Phone(pair.sim_a, pair.a).bootstrap()
        for what in ("self", "bindings", "prices"):
            answers = [phone.ask("GET", f"/v1/{what}") for _ in range(5)]
            self.assertEqual([x.status for x in answers], [200, 200, 200, 200, 429])
            self.assertEqual(answers[4].problem, "too-many")
        self.assertEqual(phone.ask_callee(pair.aor_a, pair.aor_b)[1].status, 200)  # its calls have their own

    def test_limit_of_a_call(self):
        """Who is called cannot keep a call's questions going: neither room for answers nor what a partner lets us all ask."""
        pair = Pair(None, {"limits.subscriber_burst": 2, "limits.subscriber_per_minute": 1})
        self.addCleanup(pair.close)
        a, b = Phone(pair.sim_a, pair.a).bootstrap(), Phone(pair.sim_b, pair.b).bootstrap()
        rand = a.ask_callee(pair.aor_a, pair.aor_b)[1].json["vector"]["rand"]
        answers = [b.ask_challenge(rand) for _ in range(20)]
        self.assertEqual({x.status for x in answers[:4]}, {200})
        self.assertEqual(answers[-1].status, 429)
        answers = [b.ask_caller(pair.aor_a, pair.aor_b, rand)[1] for _ in range(20)]
        self.assertEqual(answers[0].status, 200)
        self.assertEqual(answers[-1].status, 429)
        self.assertLess(pair.a.log_text().count("op=federation"), 10)
        other = a.ask_callee(pair.aor_a, pair.aor_b)[1].json["vector"]["rand"]  # another call is asked about
        self.assertEqual(b.ask_challenge(other).status, 200)
        self.assertEqual(b.ask_callee(pair.aor_b, pair.aor_a)[1].status, 200)  # its own calls have their own

    def test_limit_of_refusals(self):
        """What is refused takes no token of its own calls, and makes work all the same: so often for each operation, and no more."""
        pair = Pair({"limits.subscriber_burst": 2, "limits.subscriber_per_minute": 1})
        self.addCleanup(pair.close)
        phone = Phone(pair.sim_a, pair.a).bootstrap()
        asked = {"not-yours": lambda: phone.ask_challenge(b64u(os.urandom(16))),
                 "nobody": lambda: phone.ask_callee(pair.aor_a, "sip:x@nowhere.test")[1],
                 "not-yours of a claim": lambda: phone.ask("POST", "/v1/tickets/claim", {
                     "ticket": b64u(bytes(16)), "element": ".".join(["sim01.agt", b64u(bytes(16)), b64u(bytes(16)), b64u(bytes(16))])}),
                 "nobody of a ticket": lambda: phone.ask("POST", "/v1/tickets", {"use": "agt", "caller": pair.aor_a,
                                                                                 "callee": "sip:x@nowhere.test"})}
        for problem, ask in asked.items():
            answers = [ask().problem for _ in range(20)]
            self.assertEqual(answers[:16], [problem.split()[0]] * 16)
            self.assertEqual(answers[-1], "too-many")
        self.assertIn("limit of refusals", pair.a.log_text())
        self.assertEqual(phone.ask("GET", "/v1/self").status, 200)  # what it asks besides has its own

    def test_refusals_take_no_token(self):
        pair = Pair({"limits.subscriber_burst": 2, "limits.subscriber_per_minute": 1})
        self.addCleanup(pair.close)
        phone = Phone(pair.sim_a, pair.a).bootstrap()
        for _ in range(6):
            self.assertEqual(phone.ask_callee(pair.aor_a, "sip:x@nowhere.test")[1].problem, "nobody")
        self.assertEqual([phone.ask_callee(pair.aor_a, pair.aor_b)[1].status for _ in range(2)], [200, 200])

    def test_one_partner_does_not_use_up_a_callee(self):
        """Half of what comes to a SIM is for each who asks: a partner, or one of our own."""
        pair = Pair(settings_b={"limits.subscriber_burst": 3, "limits.subscriber_per_minute": 1})
        self.addCleanup(pair.close)
        alice = Phone(pair.sim_a, pair.a).bootstrap()
        statuses = [alice.ask_callee(pair.aor_a, pair.aor_b)[1].status for _ in range(8)]
        self.assertEqual((statuses[0], statuses[-1]), (200, 429))
        aor = f"sip:carol@{pair.b.realm}"
        carol = Phone(pair.b.subscriber("001020000000077", "carol", aor), pair.b).bootstrap()
        self.assertEqual(carol.ask_callee(aor, pair.aor_b)[1].status, 200)

    def test_limit_of_ub(self):
        pair = Pair({"limits.ub_burst": 1, "limits.ub_per_minute": 1})
        self.addCleanup(pair.close)
        phone = Phone(pair.sim_a, pair.a).bootstrap()
        self.assertEqual(phone.ub_first().problem, "too-many")


class LockedOut(unittest.TestCase):
    """Somebody who knows an IMPI, and the limits as they are installed: its owner notices nothing."""

    @classmethod
    def setUpClass(cls):
        cls.pair = Pair({"limits.ub_burst": 6, "limits.ub_per_minute": 6})
        cls.addClassCleanup(cls.pair.close)

    def stranger(self, address):
        eve = Phone(self.pair.sim_a, self.pair.a)
        eve.connection.source = address
        self.addCleanup(eve.connection.close)
        return eve

    def test_wrong_answers_lock_nobody_out(self):
        """A RES of 64 bits is not guessed: nobody counts, so that those who share an address share nothing else."""
        eve, owner = (self.stranger("127.0.0.2") for _ in range(2))
        nonce, rand, autn = owner.ub_challenge(owner.ub_first())
        seen = set()
        for _ in range(40):
            first = eve.ub_first()
            self.assertEqual(first.status, 401)
            seen.add(eve.ub_answer(eve.ub_challenge(first)[0], os.urandom(8)).status)
        self.assertEqual(seen, {403})
        answer = owner.ub_answer(nonce, owner.usim.run(rand, autn)[1])
        self.assertEqual(answer.status, 200)
        Phone(self.pair.sim_a, self.pair.a).bootstrap()

    def test_false_auts_lock_nobody_out(self):
        eve, seen = self.stranger("127.0.0.3"), set()
        for _ in range(40):
            nonce = eve.ub_challenge(eve.ub_first())[0]
            seen.add(eve.ub_answer(nonce, b"", os.urandom(14)).status)
        self.assertEqual(seen, {403, 429})
        Phone(self.pair.sim_a, self.pair.a).bootstrap()
        self.stranger("127.0.0.3").bootstrap()


class Curl(unittest.TestCase):
    def test_curl_digest(self):
        """An implementation of Digest that nobody here wrote."""
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        pair.a.start()
        phone = Phone(pair.sim_a, pair.a).bootstrap()
        config = 'user = "%s:%s"\n' % (phone.btid, phone.password.decode())
        done = subprocess.run(["curl", "-sS", "--config", "-", "--digest", "--cacert", pair.a.ca.path, "--resolve",
                               f"{pair.a.fqdn}:{pair.a.port}:127.0.0.1", "-w", "\n%{http_code}",
                               f"https://{pair.a.fqdn}:{pair.a.port}/v1/self"], input=config, text=True,
                              capture_output=True, timeout=20)
        body, status = done.stdout.rsplit("\n", 1)
        self.assertEqual(status, "200", done)
        answer = json.loads(body)
        self.assertEqual((answer["nai"], answer["aors"]), ("alice@operator-a.test", [pair.aor_a]))
        self.assertEqual((answer["operator"], answer["realm"]), ("Operator A", "operator-a.test"))
        self.assertAlmostEqual(answer["time"], time.time(), delta=5)


if __name__ == "__main__":
    unittest.main(verbosity=1)
