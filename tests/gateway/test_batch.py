# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many questions of a partner in one request: each is as if it had come alone."""
import json
import os
import ssl
import unittest

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from operators import Pair
from phone import Answer, Connection, Phone, b64u, public, unb64u

LIMITS = {"limits.subscriber_per_minute": 100000, "limits.subscriber_burst": 100000}
MOST = 64


def problem_of(item):
    return item.get("type", "urn:simauth:good").split(":")[-1]


class Asker(unittest.TestCase):
    make_pair = Pair

    @classmethod
    def setUpClass(cls):
        cls.pair = cls.make_pair(settings_b=LIMITS)
        cls.addClassCleanup(cls.pair.close)
        cls.pair.b.ctl("partner", "set", cls.pair.a.title, "--per-minute", "100000")

    def setUp(self):
        context = ssl.create_default_context(cafile=self.pair.b.ca.path)
        context.load_cert_chain(self.pair.a.certificate, self.pair.a.key)
        self.connection = Connection(self.pair.b.fqdn, self.pair.b.port, context)
        self.addCleanup(self.connection.close)
        self.count = len(self.pair.b.records())

    def question(self, **changes):
        body = {"key": b64u(os.urandom(16)), "subject": "callee", "caller": self.pair.aor_a, "callee": self.pair.aor_b,
                "methods": ["aka"], "seal_to": b64u(public(X25519PrivateKey.generate())), "nai_a": "alice@operator-a.test"}
        return {name: value for name, value in {**body, **changes}.items() if value is not None}

    def send(self, body, **headers):
        self.connection.request("POST", "/v1/federation/vectors", body if isinstance(body, str) else json.dumps(body), headers)
        return Answer(self.connection.getresponse())

    def ask(self, *questions):
        answer = self.send({"batch": questions})
        self.assertEqual(answer.status, 200, answer.raw)
        self.assertEqual(list(answer.json), ["batch"])
        self.assertEqual(len(answer.json["batch"]), len(questions))
        return answer.json["batch"]

    def recorded(self):
        return len(self.pair.b.records()) - self.count


class Batch(Asker):
    def test_most(self):
        answers = self.ask(*(self.question() for _ in range(MOST)))
        self.assertEqual({problem_of(item) for item in answers}, {"good"})
        self.assertEqual(len({item["vector"]["rand"] for item in answers}), MOST)
        self.assertEqual(self.recorded(), MOST)

    def test_each_is_a_vector(self):
        """The callee's own gateway knows each of them, its SIM takes their numbers one after the other."""
        phone = Phone(self.pair.sim_b, self.pair.b).bootstrap()
        for item in self.ask(*(self.question() for _ in range(5))):
            vector = item["vector"]
            answer = phone.ask_challenge(vector["rand"])
            self.assertEqual(answer.status, 200, answer.raw)
            self.assertEqual(phone.usim.run(unb64u(vector["rand"]), unb64u(answer.json["own"]["autn"]))[0], "good")

    def test_again(self):
        questions = [self.question() for _ in range(8)]
        first = self.ask(*questions)
        self.assertEqual(self.ask(*questions), first)
        self.assertEqual(self.ask(self.question(), questions[5])[1], first[5])
        self.assertEqual(self.recorded(), 9)

    def test_key_twice(self):
        one = self.question()
        answers = self.ask(one, one, {**one, "callee": "sip:nobody@operator-b.test"}, self.question())
        self.assertEqual(answers[0], answers[1])
        self.assertEqual([problem_of(item) for item in answers], ["good", "good", "key-reused", "good"])
        self.assertEqual(self.recorded(), 2)

    def test_key_of_a_single_request(self):
        one = self.question()
        alone = {name: value for name, value in one.items() if name != "key"}
        self.assertEqual(self.send(alone, **{"Idempotency-Key": one["key"]}).status, 200)
        self.assertEqual(problem_of(self.ask(one)[0]), "key-reused")
        self.assertEqual(self.recorded(), 1)

    def test_refused_among_good(self):
        answers = self.ask(self.question(), self.question(callee="sip:nobody@operator-b.test"), self.question(key=None),
                           self.question(methods=["akap"]), self.question(nai_a="eve@operator-z.test"), 7,
                           self.question(caller="no address"), self.question(more=1), self.question())
        self.assertEqual([problem_of(item) for item in answers],
                         ["good", "nobody", "bad-request", "no-method", "not-yours", "bad-request", "bad-request",
                          "bad-request", "good"])
        self.assertEqual([item.get("status") for item in answers[1:4]], [404, 400, 422])
        self.assertEqual(self.recorded(), 2)

    def test_no_batch(self):
        for body in ({"batch": []}, {"batch": [self.question() for _ in range(MOST + 1)]}, {"batch": 7},
                     {"batch": {"a": 1}}, {"batch": [self.question()], "more": 1}):
            answer = self.send(body)
            self.assertEqual((answer.status, answer.problem), (400, "bad-request"), body)
        self.assertEqual(self.recorded(), 0)
        # said before the body was sent
        self.connection.request("POST", "/v1/federation/vectors", headers={"Content-Length": "65537"})
        self.assertEqual(Answer(self.connection.getresponse()).status, 413)

    def test_limit_of_each(self):
        self.pair.b.ctl("partner", "set", self.pair.a.title, "--per-minute", "10")
        self.addCleanup(self.pair.b.ctl, "partner", "set", self.pair.a.title, "--per-minute", "100000")
        answers = self.ask(*(self.question() for _ in range(30)))
        words = [problem_of(item) for item in answers]
        given = words.count("good")
        self.assertTrue(0 < given <= 12, words)
        self.assertEqual(words.count("too-many"), 30 - given)
        self.assertIn(f'op=batch questions=30 good={given} reason="limit of the asker"', self.pair.b.log_text())
        self.assertEqual(self.recorded(), given)

    def test_one_that_cannot(self):
        """A SIM whose numbers are used up breaks neither those before it nor those behind it."""
        self.pair.b.subscriber("001020000000077", "worn", "sip:worn@operator-b.test")
        self.pair.b.sql(f"UPDATE subscriber SET sqn = {2 ** 48 - 1} WHERE imsi = '001020000000077'")
        questions = [self.question(), self.question(callee="sip:worn@operator-b.test"), self.question()]
        answers = self.ask(*questions)
        self.assertEqual([problem_of(item) for item in answers], ["good", "operator-down", "good"])
        self.assertEqual(self.recorded(), 2)
        again = self.ask(*questions)
        self.assertEqual((again[0], again[2]), (answers[0], answers[2]))
        self.assertEqual(self.recorded(), 2)


class LongChains(Asker):
    @staticmethod
    def make_pair(settings_b):
        pair = Pair(settings_b=settings_b, start=False)
        names = [pair.b.fqdn, pair.b.realm, *(f"{'x' * 60}.{n}.operator-b.test" for n in range(45))]
        pair.b.ca.issue(pair.b.folder, "gateway", names)
        pair.a.start()
        pair.b.start()
        return pair

    def test_most(self):
        """Each answer has its operator's certificates, which may be long: half a megabyte altogether."""
        answers = self.ask(*(self.question() for _ in range(MOST)))
        self.assertEqual({problem_of(item) for item in answers}, {"good"})
        self.assertGreater(len(json.dumps(answers)), 300000)
        self.assertEqual(self.recorded(), MOST)


if __name__ == "__main__":
    unittest.main()
