# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ua: one round trip a request, nonces, sessions that the gateway forgot, repeats."""

import case
import fake


class Ua(case.Case):
    def setUp(self):
        self.start()
        self.gateway.answers["/v1/auts"] = self.auts

    def auts(self, _body, _key):
        return {"own": {"method": "aka", "rand": fake.b64u(b"n" * 16),
                        "autn": fake.b64u(b"a" * 16)}}

    def post(self, phone):
        return phone.do("resync", rand=fake.b64u(b"o" * 16), auts=fake.b64u(b"s" * 14))

    def requests(self):
        return len(self.gateway.paths())

    def test_one_round_trip(self):
        phone = self.phone()
        self.expect(phone.do("self"), "AG_OK")
        self.assertEqual(self.gateway.paths(), ["/", "/", "/v1/self", "/v1/self"])
        for _ in range(20):
            self.expect(phone.do("self"), "AG_OK")
        self.assertEqual(self.requests(), 24)
        self.assertEqual(self.gateway.connections, 1)
        counts = [fake.parse(x.get("Authorization")).get("nc") for x in
                  self.gateway.headers("/v1/self")]
        self.assertEqual(counts, [None] + [f"{n:08x}" for n in range(1, 22)])

    def test_worn_nonce(self):
        self.gateway.nonce_uses = 3
        phone = self.phone()
        for _ in range(7):
            self.expect(phone.do("self"), "AG_OK")
        self.assertEqual(self.requests(), 2 + 7 + 3)  # Ub, requests, nonces
        self.assertEqual(len(self.gateway.sessions), 1)

    def test_nextnonce(self):
        self.gateway.nonce_uses = 1
        self.gateway.next_nonce = True
        phone = self.phone()
        for _ in range(5):
            self.expect(phone.do("self"), "AG_OK")
        self.assertEqual(self.requests(), 2 + 5 + 1)

    def test_always_stale(self):
        self.gateway.always_stale = True
        phone = self.phone()
        self.expect(phone.do("self"), "AG_REFUSED", "does not take")
        self.assertLess(self.requests(), 12)

    def test_stale_for_one_session(self):
        """A gateway gives one B-TID so many nonces and no more: a new session has its own."""
        phone = self.phone()
        self.expect(phone.do("self"), "AG_OK")
        self.gateway.stale_sessions = set(self.gateway.sessions)
        answer = self.expect(phone.do("self"), "AG_OK")
        self.assertEqual(answer["card_runs"], 2)

    def test_session_forgotten(self):
        phone = self.phone()
        self.expect(phone.do("self"), "AG_OK")
        self.gateway.sessions.clear()
        answer = self.expect(phone.do("self"), "AG_OK")
        self.assertEqual(answer["card_runs"], 2)

    def test_401_for_ever(self):
        phone = self.phone()
        self.expect(phone.do("self"), "AG_OK")
        challenge = ('Digest realm="3GPP-bootstrapping@localhost", nonce="abc", '
                     'algorithm=SHA-256, qop="auth-int"')
        before = self.requests()
        self.gateway.faults["/v1/self"] = [fake.status(401, WWW_Authenticate=challenge)] * 50
        answer = self.expect(phone.do("self"), "AG_REFUSED", "does not take")
        self.assertEqual(answer["card_runs"], 2)  # one more bootstrapping and no loop
        self.assertLess(self.requests() - before, 8)

    def test_other_sign_in(self):
        phone = self.phone()
        for header in ('Basic realm="x"', 'Digest realm="localhost", nonce="a", qop="auth"',
                       'Digest realm="3GPP-bootstrapping@elsewhere", nonce="a", '
                       'algorithm=SHA-256, qop="auth-int"',
                       'Digest realm="3GPP-bootstrapping@localhost", nonce="a", '
                       'algorithm=SHA-256, qop="auth"'):
            self.gateway.faults["/v1/self"] = [fake.status(401, WWW_Authenticate=header)]
            self.expect(phone.do("self"), "AG_GARBAGE", "another kind")

    def test_wrong_rspauth(self):
        phone = self.phone()
        self.expect(phone.do("self"), "AG_OK")
        for change in (lambda x: x.replace('rspauth="', 'rspauth="0')[:-1], lambda x: None,
                       lambda x: x.replace("qop=auth-int", "qop=auth")):
            self.gateway.change_info = change
            self.expect(phone.do("self"), "AG_GARBAGE", "changed on the way")
        self.gateway.change_info = None
        self.expect(phone.do("self"), "AG_OK")

    def test_body_edited_on_the_way(self):
        """A TLS terminator in front of the gateway changes one octet of the answer."""
        phone = self.phone()
        self.expect(phone.do("self"), "AG_OK")
        self.gateway.faults["/v1/self"] = [fake.edited(
            lambda number, kind, body: (number, kind, body.replace(b"Operator A", b"Operator B")))]
        self.expect(phone.do("self"), "AG_GARBAGE", "changed on the way")

    def keys(self):
        return [x["Idempotency-Key"] for x in self.gateway.headers("/v1/auts")]

    def test_repeats_have_the_same_key(self):
        phone = self.phone()
        self.expect(self.post(phone), "AG_OK")
        self.assertEqual(len(set(self.keys())), 1)  # without and with a nonce
        self.expect(self.post(phone), "AG_OK")
        self.assertEqual(len(set(self.keys())), 2)
        self.assertEqual(self.gateway.executed, 2)
        for key in self.keys():
            self.assertRegex(key, r"^[A-Za-z0-9_-]{22}$")

    def test_closed_after_reading(self):
        phone = self.phone()
        self.expect(self.post(phone), "AG_OK")
        for fault in (fake.close, fake.execute_and_close, fake.half):
            executed = self.gateway.executed
            del self.gateway.log[:]
            self.gateway.faults["/v1/auts"] = [fault]
            self.expect(self.post(phone), "AG_OK")
            self.assertEqual(self.gateway.executed, executed + 1)
            self.assertEqual(len(set(self.keys())), 1)
            self.assertGreaterEqual(len(self.keys()), 2)

    def test_closed_for_ever(self):
        phone = self.phone()
        self.expect(self.post(phone), "AG_OK")
        before = self.requests()
        self.gateway.faults["/v1/auts"] = [fake.half] * 50
        answer = self.expect(self.post(phone), "AG_DOWN", "closed")
        self.assertEqual(self.requests() - before, 2)
        self.assertLess(answer["ms"], 2000 * case.SLOWER)

    def test_session_forgotten_keeps_the_key(self):
        phone = self.phone()
        self.expect(self.post(phone), "AG_OK")
        self.gateway.sessions.clear()
        del self.gateway.log[:]
        self.expect(self.post(phone), "AG_OK")
        self.assertEqual(len(set(self.keys())), 1)


if __name__ == "__main__":
    case.main()
