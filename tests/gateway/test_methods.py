# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIM with akap calls one with aka, over two real gateways, and the other way round."""
import json
import os
import pathlib
import sys
import unittest

from operators import Pair
from milenage import Usim
from phone import Phone, kdf, ssk, unb64u, unseal

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "card"))
from card.tuak import Tuak  # noqa: E402

AKAP_IMSI = "001020000000009"


def ck_ik_prime(ck_ik, realm, autn):
    """TS 33.402 annex A.2."""
    return kdf(ck_ik, 0x20, realm, autn[:6])


class TuakSim(Usim):
    """A USIM with the TUAK of the tests' own card."""

    def __init__(self, imsi, k, **keys):
        super().__init__(imsi, k[:16], bytes(16))
        self.m, self.tuak = self, Tuak(k, **keys)

    def f2345(self, rand):
        res, ck, ik, ak = self.tuak.f2345(rand)
        return {"res": res, "ck": ck, "ik": ik, "ak": ak, "ak_star": self.tuak.f5_star(rand)}

    def f1(self, rand, sqn, amf):
        return self.tuak.f1(rand, sqn, amf), self.tuak.f1_star(rand, sqn, amf)


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

    def test_tuak(self):
        """K of both lengths, TOP and TOPc, more than one Keccak; Ub, a call and AUTS with each."""
        for n, (length, name, times) in enumerate([(16, "top", 1), (32, "topc", 3)]):
            with self.subTest(length=length, name=name):
                imsi, aor, k, top = f"00102000000001{n}", f"sip:t{n}@operator-b.test", os.urandom(length), os.urandom(32)
                self.pair.b.ctl("subscriber", "add", imsi, "--keys", "-", "--nai", f"t{n}@operator-b.test",
                                stdin=f"k={k.hex()}\n{name}={top.hex()}\nkeccak={times}\n")
                self.pair.b.ctl("binding", "add", aor, imsi)
                phone = Phone(TuakSim(imsi, k, **{name: top}, iterations=times), self.pair.b).bootstrap()
                phone.methods = self.a.methods
                self.check_call(self.a, self.pair.aor_a, phone, aor, "aka", "aka")
                rand = self.a.ask_callee(self.pair.aor_a, aor)[1].json["vector"]["rand"]
                self.assertEqual(phone.ask_challenge(rand).status, 200)
                again = phone.ask_auts(rand, phone.usim.auts(unb64u(rand)))
                self.assertEqual(again.status, 200, again.raw)
                self.run_sim(phone, again.json["own"], "aka")

    def test_tuak_and_milenage_are_not_mixed(self):
        k, top = "k=" + "11" * 16 + "\n", "topc=" + "22" * 32 + "\n"
        for lines in (k + top + "opc=" + "33" * 16, k + "opc=" + "33" * 16 + "\n" + top, k + "topc=" + "22" * 16,
                      k + top + "keccak=0", k + top + "keccak=256", k + top + "r1=3", top,
                      "k=" + "11" * 32 + "\nopc=" + "33" * 16, k + "opc=" + "33" * 16 + "\nkeccak=2"):
            with self.subTest(lines=lines):
                self.assertTrue(self.pair.b.ctl("subscriber", "add", "001020000000020", "--keys", "-", fails=True,
                                                stdin=lines + "\n"))

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
