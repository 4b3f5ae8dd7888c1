# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong clock at the phone is told from a wrong operator."""

import os

import case
from fake import ALICE, BOB, NAI_A, NAI_B, b64u

HOUR = 3600


class Clock(case.Case):
    def ask(self, clock, begin=-600, end=HOUR):
        gateway = self.start(clock=clock)
        challenge = {"method": "aka", "rand": b64u(os.urandom(16)), "autn": b64u(os.urandom(16))}
        statement = self.operator["operator-b.example"].statement(
            "operator-b.example", "Operator B", gateway.now() + begin, gateway.now() + end)
        gateway.answers["/v1/vectors"] = lambda body, key: {
            "own": challenge, "nai": NAI_A,
            "vector": {"subject": "callee", "method": "aka", "rand": b64u(os.urandom(16)),
                       "caller": ALICE, "callee": BOB, "nai_a": NAI_A, "nai_b": NAI_B,
                       "operator": "Operator B", "sim_age": -1, "ttl": 60, "op_key": statement,
                       "sealed": b64u(bytes(60))}}
        return self.phone().do("vector", subject="callee", caller=ALICE, callee=BOB)

    def test_right(self):
        self.expect(self.ask(0), "AG_OK")

    def test_phone_behind(self):
        self.expect(self.ask(3 * HOUR + 60), "AG_BAD_VECTOR",
                    "This machine's clock is 3 hours behind the gateway's")

    def test_phone_ahead(self):
        self.expect(self.ask(-50 * HOUR - 60), "AG_BAD_VECTOR",
                    "This machine's clock is 2 days ahead of the gateway's")

    def test_statement_over(self):
        answer = self.expect(self.ask(0, -2 * HOUR, -HOUR), "AG_BAD_VECTOR",
                             "operator-b.example is outside its time of validity")
        self.assertNotIn("clock", answer["error"])

    def test_statement_not_yet(self):
        self.expect(self.ask(0, HOUR, 2 * HOUR), "AG_BAD_VECTOR", "outside its time")

    def test_session_by_the_gateways_clock(self):
        """Its life is right although the phone's clock is a year ahead of the gateway's."""
        gateway = self.start(clock=-365 * 24 * HOUR)
        phone = self.phone()
        self.expect(phone.do("self"), "AG_OK")
        self.expect(phone.do("self"), "AG_OK")
        self.assertEqual(len(gateway.sessions), 1)


if __name__ == "__main__":
    case.main()
