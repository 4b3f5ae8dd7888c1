# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIM with akap calls one with aka, over two real gateways, and the other way round."""
import json
import unittest

from operators import Pair
from phone import Phone, kdf, ssk, unb64u, unseal

AKAP_IMSI = "001020000000009"


def ck_ik_prime(ck_ik, realm, autn):
    """TS 33.402 annex A.2."""
    return kdf(ck_ik, 0x20, realm, autn[:6])


class Methods(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair = Pair()
        cls.addClassCleanup(cls.pair.close)
        cls.aor = "sip:dora@operator-b.test"
        sim = cls.pair.b.subscriber(AKAP_IMSI, "dora", cls.aor, lines="method=akap\n")
        cls.a = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()
        cls.dora = Phone(sim, cls.pair.b).bootstrap()
        cls.a.methods = cls.dora.methods = ["aka", "akap", "gsm"]

    def run_sim(self, phone, own, method):
        self.assertEqual(own["method"], method)
        autn = unb64u(own["autn"])
        self.assertEqual(autn[6] >> 7, method == "akap", "separation bit")
        status, res, k = phone.usim.run(unb64u(own["rand"]), autn)
        self.assertEqual(status, "good")
        return res, ck_ik_prime(k, phone.operator.realm, autn) if method == "akap" else k

    def check_call(self, a, aor_a, b, aor_b, method_a, method_b):
        seal_a, answer = a.ask_callee(aor_a, aor_b)
        self.assertEqual(answer.status, 200, answer.raw)
        first = answer.json
        av_b = first["vector"]
        names = b.ask_challenge(av_b["rand"], method=method_b).json
        seal_b, second = b.ask_caller(names["caller"], names["callee"], av_b["rand"])
        self.assertEqual(second.status, 200, second.raw)
        av_a = second.json["vector"]
        self.assertEqual((av_a["method"], av_b["method"]), (method_a, method_b))
        res, k = self.run_sim(b, names["own"], method_b)
        self.assertEqual(unseal(av_b, seal_a, b.operator.ca)[0], ssk("callee", av_b, k, res))
        res, k = self.run_sim(a, first["own"], method_a)
        self.assertEqual(unseal(av_a, seal_b, a.operator.ca)[0], ssk("caller", av_a, k, res))

    def test_akap_is_called(self):
        self.check_call(self.a, self.pair.aor_a, self.dora, self.aor, "aka", "akap")

    def test_akap_calls(self):
        self.check_call(self.dora, self.aor, self.a, self.pair.aor_a, "akap", "aka")

    def test_never_weaker_than_the_sim(self):
        """Who does not know akap gets no vector of another method in its place."""
        self.a.methods = ["aka"]
        try:
            self.assertEqual(self.a.ask_callee(self.pair.aor_a, self.aor)[1].problem, "no-method")
        finally:
            self.a.methods = ["aka", "akap", "gsm"]

    def test_challenge_under_another_method(self):
        _, answer = self.a.ask_callee(self.pair.aor_a, self.aor)
        rand = answer.json["vector"]["rand"]
        own = self.dora.ask_challenge(rand, method="aka")
        # The gateway says which method it issued; a phone refuses what differs from element 1.
        self.assertTrue(own.status != 200 or own.json["own"]["method"] == "akap", own.raw)

    def test_auts(self):
        _, answer = self.a.ask_callee(self.pair.aor_a, self.aor)
        rand = answer.json["vector"]["rand"]
        self.assertEqual(self.dora.ask_challenge(rand, method="akap").status, 200)
        again = self.dora.ask_auts(rand, self.dora.usim.auts(unb64u(rand)))
        self.assertEqual(again.status, 200, again.raw)
        self.run_sim(self.dora, again.json["own"], "akap")

    def test_list(self):
        rows = [json.loads(x) for x in self.pair.b.ctl("subscriber", "list", "--json").splitlines()]
        self.assertEqual({row["imsi"]: row["method"] for row in rows}[AKAP_IMSI], "akap")
        self.assertEqual({row["method"] for row in rows}, {"aka", "akap"})
        self.assertIn("akap", self.pair.b.ctl("subscriber", "show", AKAP_IMSI))

    def test_unknown_method(self):
        said = self.pair.b.ctl("subscriber", "add", "001020000000008", "--keys", "-", fails=True,
                               stdin="k=" + "00" * 16 + "\nopc=" + "00" * 16 + "\nmethod=paper\n")
        self.assertIn("line 3", said)


if __name__ == "__main__":
    unittest.main()
