# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""2G SIMs at real gateways: bootstrapping (TS 33.220 annex I), calls with three triplets, what is refused."""
import ctypes
import ctypes.util
import json
import os
import unittest

from milenage import Milenage, Usim, impi_of, xor
from operators import Pair
from ops import hang_up
from phone import Phone, b64u, blocks, ssk, unb64u, unseal

K, OPC = os.urandom(16), os.urandom(16)


class Sim2g:
    """A SIM that answers whoever asks: `algorithm` makes SRES and Kc of K and RAND."""

    def __init__(self, imsi, algorithm):
        self.imsi, self.triplet = imsi, algorithm

    @property
    def impi(self):
        return impi_of(self.imsi)


def gsm_milenage(rand):
    """TS 55.205."""
    v = Milenage(K, OPC).f2345(rand)
    return xor(v["res"][:4], v["res"][4:]), xor(xor(v["ck"][:8], v["ck"][8:]), xor(v["ik"][:8], v["ik"][8:]))


def xor_2g(rand):
    """TS 51.010-1 annex A.4.1.2."""
    x = xor(K, rand)
    return x[:4], x[4:12]


def comp128(name):
    """The function itself, without what the gateway calls it through."""
    function = getattr(ctypes.CDLL(ctypes.util.find_library("osmogsm") or "libosmogsm.so.18"), name)

    def triplet(rand):
        sres, kc = ctypes.create_string_buffer(4), ctypes.create_string_buffer(8)
        function(K, rand, sres, kc)
        return sres.raw, kc.raw
    return triplet


# --algorithm, --2g, keys beside k
ALGORITHMS = {
    "milenage": (gsm_milenage, ["--2g"], f"opc={OPC.hex()}\n"),
    "comp128v1": (comp128("comp128"), [], ""),
    "comp128v2": (comp128("comp128v2"), [], ""),
    "comp128v3": (comp128("comp128v3"), [], ""),
    "xor": (xor_2g, ["--2g"], ""),
}


class TwoG(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        weak = {"auc.weak_algorithms": "comp128v1 xor"}
        cls.pair = Pair(weak, weak)
        cls.addClassCleanup(cls.pair.close)
        cls.a = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()
        cls.a.methods = ["aka", "akap", "gsm"]
        cls.phones = {}
        for number, (name, (triplet, words, lines)) in enumerate(ALGORITHMS.items()):
            cls.phones[name] = cls.add(f"00102000000002{number}", name, triplet, words, lines)

    @classmethod
    def add(cls, imsi, name, triplet, words, lines):
        b = cls.pair.b
        b.ctl("subscriber", "add", imsi, "--keys", "-", "--algorithm", name, "--nai", f"{name}@{b.realm}", *words,
              stdin=f"k={K.hex()}\n{lines}")
        b.ctl("binding", "add", f"sip:{name}@{b.realm}", imsi)
        phone = Phone(Sim2g(imsi, triplet), b)
        phone.aor, phone.methods = f"sip:{name}@{b.realm}", ["aka", "akap", "gsm"]
        return phone

    def answer_of(self, phone, own):
        """RES and K of this phone's SIM for its challenge."""
        if "autn" in own:
            _, res, k = phone.usim.run(unb64u(own["rand"]), unb64u(own["autn"]))
            return res, k
        rands = blocks(unb64u(own["rand"]), 16)
        self.assertEqual((own["method"], len(rands), len(set(rands))), ("gsm", 3, 3))
        triplets = [phone.usim.triplet(rand) for rand in rands]
        return b"".join(s for s, _ in triplets), b"".join(kc for _, kc in triplets)

    def check_call(self, a, aor_a, b, aor_b, method_a, method_b):
        seal_a, answer = a.ask_callee(aor_a, aor_b)
        self.assertEqual(answer.status, 200, answer.raw)
        first, av_b = answer.json, answer.json["vector"]
        names = b.ask_challenge(av_b["rand"], method=method_b)
        self.assertEqual(names.status, 200, names.raw)
        names = names.json
        seal_b, second = b.ask_caller(names["caller"], names["callee"], av_b["rand"])
        self.assertEqual(second.status, 200, second.raw)
        av_a = second.json["vector"]
        self.assertEqual((av_a["method"], av_b["method"]), (method_a, method_b))
        res, k = self.answer_of(b, names["own"])
        self.assertEqual(unseal(av_b, seal_a, b.operator.ca)[0], ssk("callee", av_b, k, res))
        res, k = self.answer_of(a, first["own"])
        self.assertEqual(unseal(av_a, seal_b, a.operator.ca)[0], ssk("caller", av_a, k, res))

    def test_calls(self):
        """USIM to 2G SIM, 2G SIM to USIM and 2G SIM to 2G SIM, with every algorithm."""
        for name, phone in self.phones.items():
            with self.subTest(algorithm=name):
                phone.bootstrap()
                self.assertEqual(phone.ask("GET", "/v1/self").json["nai"], f"{name}@{phone.operator.realm}")
                self.check_call(self.a, self.pair.aor_a, phone, phone.aor, "aka", "gsm")
                self.check_call(phone, phone.aor, self.a, self.pair.aor_a, "gsm", "aka")
        one, other = self.phones["milenage"], self.phones["comp128v3"]
        self.check_call(one, one.aor, other, other.aor, "gsm", "gsm")

    def test_xor_of_a_usim(self):
        """TS 34.108: with AUTN, RES of 16 octets and AUTS."""
        class XorSim(Usim):
            def f2345(self, rand):
                x = xor(K, rand)
                return {"res": x, "ck": x[1:] + x[:1], "ik": x[2:] + x[:2], "ak": x[3:9], "ak_star": x[3:9]}

            def f1(self, rand, sqn, amf):
                mac = xor(xor(K, rand)[:8], sqn + amf)
                return mac, mac
        sim = XorSim("001020000000030", K, OPC)
        sim.m = sim
        sim.seq = [77] * 32  # ahead: AUTS first
        b = self.pair.b
        b.ctl("subscriber", "add", sim.imsi, "--keys", "-", "--algorithm", "xor", "--nai", f"x@{b.realm}",
              stdin=f"k={K.hex()}\n")
        b.ctl("binding", "add", f"sip:x@{b.realm}", sim.imsi)
        phone = Phone(sim, b).bootstrap()
        self.assertEqual(phone.resyncs, 1)
        phone.methods = ["aka", "gsm"]
        self.check_call(self.a, self.pair.aor_a, phone, f"sip:x@{b.realm}", "aka", "aka")

    def test_wrong_triplet(self):
        phone = self.phones["milenage"]
        nonce, rand, _ = phone.ub_challenge(phone.ub_first())
        self.assertEqual(phone.ub_answer(nonce, b"x" * 16).status, 403)
        self.assertEqual(phone.ub_answer(nonce, gsm_milenage(rand)[0]).status, 403, "SRES itself is no RES")

    def test_no_auts(self):
        phone = self.phones["comp128v2"].bootstrap()
        nonce, rand, _ = phone.ub_challenge(phone.ub_first())
        self.assertEqual(phone.ub_answer(nonce, b"", bytes(14)).status, 403)
        _, answer = self.a.ask_callee(self.pair.aor_a, phone.aor)
        self.assertEqual(phone.ask_challenge(answer.json["vector"]["rand"], method="gsm").status, 200)
        short = b64u(unb64u(answer.json["vector"]["rand"])[:16])
        self.assertEqual(phone.ask_auts(short, bytes(14)).problem, "not-yours")

    def test_ks_input_is_new_each_time(self):
        phone = self.phones["comp128v3"]
        nonces = set()
        for _ in range(2):
            nonces.add(phone.ub_challenge(phone.ub_first())[0])
            phone.bootstrap()
        self.assertEqual(len(nonces), 2)

    def test_who_knows_no_gsm_gets_none(self):
        self.a.methods = ["aka"]
        try:
            self.assertEqual(self.a.ask_callee(self.pair.aor_a, self.phones["milenage"].aor)[1].problem, "no-method")
        finally:
            self.a.methods = ["aka", "akap", "gsm"]

    def test_list(self):
        rows = {row["nai"].partition("@")[0]: row for row in
                map(json.loads, self.pair.b.ctl("subscriber", "list", "--json").splitlines())}
        self.assertEqual([(rows[n]["method"], rows[n]["algorithm"], rows[n]["weak"]) for n in ("comp128v1", "milenage", "bob")],
                         [("gsm", "comp128v1", True), ("gsm", "milenage", False), ("aka", "milenage", False)])
        self.assertIn("comp128v1", self.pair.b.ctl("subscriber", "list"))


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair = Pair({"auc.weak_algorithms": "comp128v1"}, start=False)
        cls.addClassCleanup(cls.pair.close)

    def add(self, operator, *words, imsi="001020000000040", lines="", fails=True):
        return operator.ctl("subscriber", "add", imsi, "--keys", "-", *words, fails=fails, stdin=f"k={K.hex()}\n{lines}")

    def test_weak_ones(self):
        for name, why in (("comp128v1", "reads its key out"), ("xor", "laboratories")):
            said = self.add(self.pair.b, "--algorithm", name)
            self.assertIn(why, said)
            self.assertIn("weak_algorithms", said)

    def test_words(self):
        opc = f"opc={OPC.hex()}\n"
        for words, lines in ((["--algorithm", "comp128"], ""), (["--algorithm", "comp128v2"], opc),
                             (["--algorithm", "milenage"], ""), (["--algorithm", "milenage"], "topc=" + "22" * 32 + "\n"),
                             (["--algorithm", "tuak"], opc), (["--2g"], opc + "method=akap\n"),
                             (["--algorithm", "comp128v3"], "method=akap\n")):
            with self.subTest(words=words, lines=lines):
                self.assertTrue(self.add(self.pair.b, *words, lines=lines))

    def test_configuration(self):
        b = self.pair.b
        for key, value, why in (("auc.allow_2g", "perhaps", "true or false"), ("auc.weak_algorithms", "comp128v2", "comp128v1")):
            b.configure(**{key: value})
            self.assertIn(why, b.ctl("check", fails=True))
        b.configure(**{"auc.allow_2g": "false"})
        self.assertIn("allow_2g", self.add(b, "--algorithm", "comp128v2"))
        b.configure()

    def test_switched_off_later(self):
        """A SIM that was added before its algorithm, or 2G, was forbidden: no bootstrapping, and nobody asks it."""
        pair = Pair({"auc.weak_algorithms": "comp128v1"})
        self.addCleanup(pair.close)
        for settings in ({"auc.allow_2g": "false", "auc.weak_algorithms": "comp128v1"}, {"auc.weak_algorithms": "none"}):
            pair.a.stop()
            pair.a.configure(**{"auc.weak_algorithms": "comp128v1"})
            imsi = f"00101000000005{len(settings)}"
            self.add(pair.a, "--algorithm", "comp128v1", "--nai", f"c{len(settings)}@{pair.a.realm}", imsi=imsi, fails=False)
            aor = f"sip:c{len(settings)}@{pair.a.realm}"
            pair.a.ctl("binding", "add", aor, imsi)
            pair.a.configure(**settings)
            pair.a.start()
            phone = Phone(Sim2g(imsi, comp128("comp128")), pair.a)
            self.assertEqual(phone.ub_first().problem, "not-yours")
            b = Phone(pair.sim_b, pair.b).bootstrap()
            b.methods = ["aka", "gsm"]
            self.assertEqual(b.ask_callee(pair.aor_b, aor)[1].problem, "operator-down")

    def test_switched_off_while_it_runs(self):
        pair = Pair({"auc.weak_algorithms": "comp128v1"})
        self.addCleanup(pair.close)
        for number, (allowed, status) in enumerate((("comp128v1", 401), ("none", 403), ("comp128v1", 401))):
            imsi = f"00101000000006{number}"
            pair.a.configure(**{"auc.weak_algorithms": "comp128v1"})
            self.add(pair.a, "--algorithm", "comp128v1", "--nai", f"d{number}@{pair.a.realm}", imsi=imsi, fails=False)
            pair.a.configure(**{"auc.weak_algorithms": allowed})
            hang_up(pair.a)
            self.assertEqual(Phone(Sim2g(imsi, comp128("comp128")), pair.a).ub_first().status, status, allowed)


if __name__ == "__main__":
    unittest.main()
