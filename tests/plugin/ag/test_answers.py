# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the client asks and what it takes for an answer, member by member (section 6.1)."""

import hashlib
import json
import os
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import case
import fake
from fake import ALICE, BOB, NAI_A, NAI_B, b64u

RAND_B, RAND_A, AUTN = os.urandom(16), os.urandom(16), os.urandom(16)
CHALLENGE = {"method": "aka", "rand": b64u(RAND_A), "autn": b64u(AUTN)}
ELEMENT = "sim01.aka." + b64u(RAND_B) + "." + b64u(bytes(16))


def changed(good, **members):
    """A copy with other members; None takes one out."""
    made = {**good, **members}
    return {name: value for name, value in made.items() if value is not None}


class Answers(case.Case):
    def setUp(self):
        self.start()
        self.bodies = []
        self.client = self.phone(ms=1000)

    def serve(self, path, value):
        def answer(body, key):
            self.bodies.append(body)
            return value(body, key) if callable(value) else value
        self.gateway.answers[path] = answer

    def statement(self, realm="operator-b.example", certificate=None, begin=-600, end=86400,
                  name="Operator B"):
        now = time.time()
        return (certificate or self.operator[realm]).statement(realm, name, now + begin, now + end)

    def vector(self, **members):
        return changed({"subject": "callee", "method": "aka", "rand": b64u(RAND_B),
                        "caller": ALICE, "callee": BOB, "nai_a": NAI_A, "nai_b": NAI_B,
                        "operator": "Operator B", "sim_age": 7, "ttl": 60,
                        "op_key": self.statement(), "sealed": b64u(bytes(60))}, **members)

    def ask_vector(self, **more):
        return self.client.do("vector", **{"subject": "callee", "caller": ALICE, "callee": BOB,
                                           **more})

    def wrong(self, path, ask, values):
        for value in values:
            self.serve(path, value)
            self.expect(ask(), "AG_GARBAGE")

    # -- self

    def self_object(self, **members):
        return changed({"nai": NAI_A, "aors": [ALICE, "sip:+49123@example.org"],
                        "operator": "Opérateur A", "realm": "operator-a.example", "time": 7},
                       **members)

    def test_self(self):
        self.serve("/v1/self", self.self_object())
        answer = self.expect(self.client.do("self"), "AG_OK")
        self.assertEqual([answer[x] for x in ("nai", "aors", "operator", "realm", "time")],
                         [NAI_A, [ALICE, "sip:+49123@example.org"], "Opérateur A",
                          "operator-a.example", 7])
        self.serve("/v1/self", self.self_object(aors=[f"sip:{i}@b.example" for i in range(20)]))
        self.assertEqual(len(self.expect(self.client.do("self"), "AG_OK")["aors"]), 8)

    def test_self_wrong(self):
        self.serve("/v1/self", self.self_object())
        self.expect(self.client.do("self"), "AG_OK")
        good = self.self_object
        self.wrong("/v1/self", lambda: self.client.do("self"), [
            {}, [], 7, b"", b"{", b"{}{}", b'{"nai":"a@b","nai":"a@b"}', good(extra=1),
            *(good(**{name: None}) for name in good()), *(good(**{name: {}}) for name in good()),
            good(nai="no-realm"), good(nai="a@UPPER.example"), good(nai=""), good(aors=[7]),
            good(aors=["alice"]), good(aors=["sip:alice@OPERATOR-A.example"]), good(realm="a b"),
            good(operator="x" * 65), good(operator="a\nb"), good(time="7"), good(time=7.5),
            good(time=0), good(realm="x" * 300)])

    # -- prices

    def prices(self):
        return self.client.do("prices")

    def test_prices(self):
        self.serve("/v1/prices", {"currency": "EUR", "words": "Wörter", "prices": [
            {"method": "aka", "first": 200, "again": 50}, {"method": "cert", "again": 9999999},
            {"method": "gsm", "first": 300}, {"method": "later7", "first": 0}]})
        answer = self.expect(self.prices(), "AG_OK")
        self.assertEqual([answer[x] for x in ("first", "again", "currency", "words")],
                         [[200, 300], [50, 50], "EUR", "Wörter"])
        self.serve("/v1/prices", {"prices": []})
        answer = self.expect(self.prices(), "AG_OK")
        self.assertEqual([answer[x] for x in ("first", "again", "currency", "words")], [None, None, "", ""])

    def test_prices_of_an_older_gateway(self):
        """It has no such page: no price, and nothing else is the worse for it."""
        self.serve("/v1/self", self.self_object())
        self.gateway.faults["/v1/prices"] = [fake.problem(404, "not-found")]
        answer = self.expect(self.prices(), "AG_REFUSED")
        self.assertEqual([answer[x] for x in ("first", "again", "currency", "words")], [None, None, "", ""])
        self.expect(self.client.do("self"), "AG_OK")

    def test_prices_wrong(self):
        row = {"method": "aka", "first": 200}
        self.serve("/v1/prices", {"prices": [row]})
        self.expect(self.prices(), "AG_OK")
        self.wrong("/v1/prices", self.prices, [
            {}, [], 7, b"", {"prices": {}}, {"prices": [7]}, {"prices": [row], "extra": 1}, {"prices": [row] * 33},
            {"prices": [{"first": 1}]}, {"prices": [{**row, "more": 1}]}, {"prices": [{**row, "first": -1}]},
            {"prices": [{**row, "first": "200"}]}, {"prices": [{**row, "again": 0.5}]}, {"prices": [{**row, "again": None}]},
            {"prices": [{**row, "first": 10**13 + 1}]}, {"prices": [{**row, "method": "12345678"}]},
            {"prices": [{**row, "method": ""}]}, {"prices": [row], "currency": "123456789"},
            {"prices": [row], "currency": ""}, {"prices": [row], "words": "x" * 161},
            {"prices": [row], "words": "a\nb"}, {"prices": [row], "words": 7}])

    def test_content_type(self):
        self.serve("/v1/self", self.self_object())
        self.expect(self.client.do("self"), "AG_OK")
        for kind, status in (("text/html", "AG_GARBAGE"), ("application/jsonp", "AG_GARBAGE"),
                             ("", "AG_GARBAGE"), ("application/json; charset=utf-8", "AG_OK"),
                             ("Application/JSON", "AG_OK")):
            self.gateway.faults["/v1/self"] = [
                fake.edited(lambda number, _, body, kind=kind: (number, kind, body))]
            self.expect(self.client.do("self"), status)

    # -- vectors

    def test_vector_request(self):
        self.serve("/v1/vectors", {"vector": self.vector(), "own": CHALLENGE, "nai": NAI_A})
        answer = self.expect(self.ask_vector(callee_nai=NAI_B), "AG_OK")
        self.assertEqual(answer["own"], CHALLENGE)
        self.assertEqual(answer["nai"], NAI_A)
        self.assertEqual(answer["realm"], "operator-b.example")
        self.assertEqual(self.bodies[-1], {
            "subject": "callee", "caller": ALICE, "callee": BOB, "callee_nai": NAI_B,
            "methods": self.bodies[-1]["methods"], "seal_to": b64u(b"\7" * 32)})
        self.assertIn("aka", self.bodies[-1]["methods"])

    def test_vector_replaced(self):
        other = os.urandom(16)
        self.serve("/v1/vectors", {"vector": self.vector(rand=b64u(other))})
        answer = self.expect(self.ask_vector(rand=b64u(RAND_B), replaced=b64u(other)), "AG_OK")
        self.assertEqual(answer["challenge"]["rand"], b64u(other))
        self.assertEqual(self.bodies[-1]["rand"], b64u(RAND_B))
        self.assertEqual(self.bodies[-1]["replaced"], b64u(other))
        self.wrong("/v1/vectors", lambda: self.ask_vector(rand=b64u(RAND_B), replaced=b64u(other)),
                   [{"vector": self.vector()},
                    {"vector": self.vector(rand=b64u(other)), "own": CHALLENGE, "nai": NAI_A}])

    def test_vector_of_the_caller(self):
        made = self.vector(subject="caller", rand=b64u(RAND_A),
                           op_key=self.statement("operator-a.example"))
        self.serve("/v1/vectors", {"vector": made})
        ask = {"subject": "caller", "rand": b64u(RAND_B)}
        answer = self.expect(self.ask_vector(**ask), "AG_OK")
        self.assertEqual(answer["realm"], "operator-a.example")
        self.assertEqual(self.bodies[-1]["rand"], b64u(RAND_B))
        made["op_key"] = self.statement("operator-b.example")  # B's operator cannot vouch for A
        self.serve("/v1/vectors", {"vector": made})
        self.expect(self.ask_vector(**ask), "AG_BAD_VECTOR",
                    "not signed by operator operator-a.example")

    def test_vector_for_a_foreign_domain(self):
        """Whose NAI nobody named: who vouches must be the operator of that domain, or our own."""
        address = "sip:bob@elsewhere.example"

        def ask(nai, **more):
            realm = nai.split("@")[1]
            self.serve("/v1/vectors", {"vector": self.vector(callee=address, nai_b=nai, op_key=self.statement(realm)),
                                       "own": CHALLENGE, "nai": NAI_A})
            return self.ask_vector(callee=address, **more)
        self.expect(ask(NAI_B), "AG_BAD_VECTOR", "is not known for its domain")
        self.expect(ask(NAI_B, callee_nai=NAI_B), "AG_OK")
        self.expect(ask("bob@operator-a.example"), "AG_OK")

    def test_vector_wrong(self):
        def given(**members):
            return {"vector": self.vector(**members), "own": CHALLENGE, "nai": NAI_A}
        whole = given()
        self.wrong("/v1/vectors", self.ask_vector, [
            {}, {"vector": whole["vector"]}, changed(whole, own=None), changed(whole, nai=None),
            changed(whole, more=1), changed(whole, own={**CHALLENGE, "more": 1}),
            changed(whole, own=changed(CHALLENGE, autn=None)),
            changed(whole, own={**CHALLENGE, "rand": "AAAA"}),
            changed(whole, own={**CHALLENGE, "method": "magic"}), changed(whole, nai=NAI_B),
            given(subject="caller"), given(caller=BOB), given(callee=ALICE), given(method="magic"),
            given(rand=b64u(bytes(15))), given(rand=b64u(bytes(16)) + "="), given(sealed="AA"),
            given(ttl="60"), given(sim_age=None), given(more=1), given(op_key=7), given(op_key=None),
            given(nai_b="bob")])
        self.serve("/v1/vectors", whole)
        self.expect(self.ask_vector(callee_nai="eve@operator-b.example"), "AG_GARBAGE")
        self.expect(self.ask_vector(), "AG_OK")

    def test_statement_not_of_that_operator(self):
        stranger = case.Certificate(self.folder.name, "stranger", "Stranger Root")
        unknown = case.Certificate(self.folder.name, "unknown", "operator-b.example", stranger)
        text = self.statement()
        for op_key in (self.statement("operator-a.example"), self.statement(certificate=unknown),
                       self.statement(certificate=self.operator["operator-a.example"]),
                       text[:-4] + ("AAAA" if text[-4:] != "AAAA" else "BBBB"), "a.b.c", "x"):
            self.serve("/v1/vectors", {"vector": self.vector(op_key=op_key), "own": CHALLENGE,
                                       "nai": NAI_A})
            answer = self.expect(self.ask_vector(), "AG_BAD_VECTOR",
                                 "not signed by operator operator-b.example")
            self.assertEqual(answer["own"], {"rand": ""})  # nothing of it is left
            self.assertEqual(answer["signer"], "")

    def test_statement_checked_once(self):
        kept = self.statement()
        self.serve("/v1/vectors", {"vector": self.vector(op_key=kept), "own": CHALLENGE,
                                   "nai": NAI_A})
        for _ in range(5):
            self.assertEqual(self.expect(self.ask_vector(), "AG_OK")["checks"], 1)
        for number in range(20):  # more than are kept
            self.serve("/v1/vectors", {"vector": self.vector(op_key=self.statement()),
                                       "own": CHALLENGE, "nai": NAI_A})
            self.assertEqual(self.expect(self.ask_vector(), "AG_OK")["checks"], 2 + number)
        self.serve("/v1/vectors", {"vector": self.vector(op_key=kept), "own": CHALLENGE,
                                   "nai": NAI_A})
        self.assertEqual(self.expect(self.ask_vector(), "AG_OK")["checks"], 22)
        self.assertEqual(self.expect(self.ask_vector(), "AG_OK")["checks"], 22)

    def test_kept_statement_ends(self):
        self.serve("/v1/vectors", {"vector": self.vector(op_key=self.statement(end=2)),
                                   "own": CHALLENGE, "nai": NAI_A})
        answer = self.expect(self.ask_vector(), "AG_OK")
        while answer["status"] == "AG_OK":
            self.assertEqual(answer["checks"], 1)
            answer = self.ask_vector()
        self.expect(answer, "AG_BAD_VECTOR", "outside its time of validity")

    # -- challenges

    def confirmation(self, **members):
        return changed({"own": {"method": "aka", "rand": b64u(RAND_B), "autn": b64u(AUTN)},
                        "caller": ALICE, "callee": BOB, "nai_a": NAI_A, "nai_b": NAI_B,
                        "operator": "Operator A"}, **members)

    def test_challenge(self):
        self.serve("/v1/challenges", self.confirmation())
        answer = self.expect(self.client.do("challenge", element=ELEMENT), "AG_OK")
        self.assertEqual({x: answer[x] for x in self.confirmation()}, self.confirmation())
        self.assertEqual(self.bodies[-1], {"method": "aka", "rand": b64u(RAND_B),
                                           "element": ELEMENT})

    def test_challenge_wrong(self):
        good = self.confirmation
        self.wrong("/v1/challenges", lambda: self.client.do("challenge", element=ELEMENT), [
            *(good(**{name: None}) for name in good()), *(good(**{name: 7}) for name in good()),
            good(own=CHALLENGE), good(more=1), good(caller="tel:7"), good(caller="alice")])

    # -- auts

    def resync(self):
        return self.client.do("resync", rand=b64u(RAND_B), auts=b64u(b"s" * 14))

    def seal(self, key, secret, aad):
        down = HKDF(algorithm=hashes.SHA256(), length=32, salt=bytes(32),
                    info=b"simauth 1 seal down").derive(key)
        nonce = os.urandom(12)
        return b64u(nonce + AESGCM(down).encrypt(nonce, secret, aad))

    def test_resync(self):
        self.serve("/v1/auts", {"own": CHALLENGE})
        answer = self.expect(self.resync(), "AG_OK")
        self.assertEqual(answer["own"], CHALLENGE)
        self.assertEqual(answer["key_len"], 0)
        self.assertEqual(self.bodies[-1], {"rand": b64u(RAND_B), "auts": b64u(b"s" * 14)})
        secret = os.urandom(32)
        self.serve("/v1/auts", lambda _, key: {
            "own": CHALLENGE, "mac0_key": self.seal(key, secret, RAND_B + RAND_A)})
        answer = self.expect(self.resync(), "AG_OK")
        self.assertEqual(answer["key_digest"], b64u(hashlib.sha256(secret).digest()))

    def test_resync_wrong(self):
        secret = os.urandom(32)
        self.wrong("/v1/auts", self.resync, [
            {}, {"own": 7}, {"own": CHALLENGE, "more": 1},
            {"own": {**CHALLENGE, "rand": b64u(RAND_B)}}, {"own": CHALLENGE, "mac0_key": "AA"},
            {"own": CHALLENGE, "mac0_key": None},
            lambda _, key: {"own": CHALLENGE, "mac0_key": self.seal(key, secret, RAND_A + RAND_B)},
            lambda _, key: {"own": CHALLENGE,
                            "mac0_key": self.seal(bytes(32), secret, RAND_B + RAND_A)}])
        self.assertEqual(self.resync()["key_len"], 0)

    # -- problems

    def test_problems(self):
        self.serve("/v1/vectors", {})
        self.expect(self.ask_vector(), "AG_GARBAGE")
        for number, name, status in (
                (400, "bad-request", "AG_REFUSED"), (403, "not-yours", "AG_REFUSED"),
                (404, "nobody", "AG_NOBODY"), (409, "two-vouchers", "AG_REFUSED"),
                (413, "too-long", "AG_REFUSED"), (422, "no-method", "AG_NO_METHOD"),
                (429, "too-many", "AG_DOWN"), (503, "operator-down", "AG_DOWN"),
                (500, "internal", "AG_DOWN")):
            self.gateway.faults["/v1/vectors"] = [fake.problem(number, name, "words for people")]
            self.expect(self.ask_vector(), status, f"{number} {name}: words for people")
        self.gateway.faults["/v1/vectors"] = [fake.problem(403, "not-yours", "\x07")]
        self.expect(self.ask_vector(), "AG_REFUSED", "HTTP status 403.")
        for fault, status in (
                (fake.status(404), "AG_GARBAGE"), (fake.problem(404, "other"), "AG_GARBAGE"),
                (fake.status(404, "application/problem+json", b"{"), "AG_GARBAGE"),
                (fake.status(302, Location="https://localhost:1/"), "AG_GARBAGE"),
                (fake.status(204), "AG_GARBAGE"), (fake.status(403), "AG_REFUSED"),
                (fake.status(502), "AG_DOWN"),
                (fake.status(503, "application/problem+json", json.dumps(
                    {"type": "urn:simauth:operator-down", "detail": 7}).encode()), "AG_DOWN")):
            self.gateway.faults["/v1/vectors"] = [fault]
            self.expect(self.ask_vector(), status)


if __name__ == "__main__":
    case.main()
