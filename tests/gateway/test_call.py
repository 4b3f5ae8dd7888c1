# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Phone A and phone B against two real gateways: a call, AUTS on each leg, both at one operator."""
import os
import secrets
import threading
import time
import unittest

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from operators import Pair
from phone import Phone, b64u, hkdf, ssk, unb64u, unseal


def sleep_until(second):
    """The gateways' clocks have whole seconds, and so have their limits; time() may be a tick behind this one."""
    time.sleep(max(0, second + 0.1 - time.time()))


class Call(unittest.TestCase):
    @staticmethod
    def make_pair():
        patient = {"limits.federation_timeout_ms": 5000}  # of a busy machine; test_badday.py has the limit itself
        return Pair(dict(patient), dict(patient))

    @classmethod
    def setUpClass(cls):
        cls.pair = cls.make_pair()
        cls.addClassCleanup(cls.pair.close)
        cls.a = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()
        cls.b = Phone(cls.pair.sim_b, cls.pair.b).bootstrap()

    def run_sim(self, phone, own):
        self.assertEqual(own["method"], "aka")
        result = phone.usim.run(unb64u(own["rand"]), unb64u(own["autn"]))
        self.assertEqual(result[0], "good")
        return result[1], result[2]

    def test_call(self):
        seal_a, first = self.a.announce(self.pair)
        av_b = first["vector"]
        self.assertEqual(first["nai"], "alice@operator-a.test")
        self.assertEqual((av_b["caller"], av_b["callee"]), (self.pair.aor_a, self.pair.aor_b))
        self.assertEqual((av_b["nai_a"], av_b["nai_b"]), ("alice@operator-a.test", "bob@operator-b.test"))
        self.assertEqual((av_b["operator"], av_b["ttl"], av_b["sim_age"]), ("Operator B", 60, 0))
        self.assertNotIn("autn", av_b)
        challenge = self.b.ask_challenge(av_b["rand"])
        self.assertEqual(challenge.status, 200, challenge.raw)
        names = challenge.json
        self.assertEqual(names["own"]["rand"], av_b["rand"])
        self.assertEqual(names["operator"], "Operator A")
        self.assertEqual((names["nai_a"], names["nai_b"]), (av_b["nai_a"], av_b["nai_b"]))
        seal_b, second = self.b.ask_caller(names["caller"], names["callee"], av_b["rand"])
        self.assertEqual(second.status, 200, second.raw)
        av_a = second.json["vector"]
        self.assertEqual(av_a["rand"], first["own"]["rand"])

        res_b, k_b = self.run_sim(self.b, names["own"])
        res_a, k_a = self.run_sim(self.a, first["own"])
        by_a, realm_b = unseal(av_b, seal_a, self.pair.b.ca)
        by_b, realm_a = unseal(av_a, seal_b, self.pair.a.ca)
        self.assertEqual((realm_a, realm_b), (self.pair.a.realm, self.pair.b.realm))
        self.assertEqual(by_a, ssk("callee", av_b, k_b, res_b))
        self.assertEqual(by_b, ssk("caller", av_a, k_a, res_a))
        self.assertEqual([(r["side"], r["outcome"]) for r in self.pair.a.records()][-1], ("asked", "completed"))
        self.assertEqual([(r["side"], r["outcome"]) for r in self.pair.b.records()][-1], ("given", "completed"))

    def test_auts_of_callee(self):
        _, first = self.a.announce(self.pair)
        av_b = first["vector"]
        names = self.b.ask_challenge(av_b["rand"]).json
        old = unb64u(av_b["rand"])
        auts = self.b.usim.auts(old)
        answer = self.b.ask_auts(av_b["rand"], auts)
        self.assertEqual(answer.status, 200, answer.raw)
        own = answer.json["own"]
        self.assertNotEqual(own["rand"], av_b["rand"])
        # once for each vector
        self.assertEqual(self.b.ask_auts(av_b["rand"], auts).problem, "not-yours")
        self.assertEqual(self.b.ask_auts(own["rand"], self.b.usim.auts(unb64u(own["rand"]))).problem, "not-yours")
        # A learns RAND_B' from element 2 and asks for the key of it
        key, seal = os.urandom(16), X25519PrivateKey.generate()
        named = {"rand": av_b["rand"], "replaced": own["rand"]}
        seal, again = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, key, seal, **named)
        self.assertEqual(again.status, 200, again.raw)
        # the same request again has the same answer; another key, which a gateway between might hold, has none
        self.assertEqual(self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, key, seal, **named)[1].json, again.json)
        self.assertEqual(self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, **named)[1].problem, "not-yours")
        self.assertEqual(self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, None, seal, **named)[1].status, 200)
        self.assertEqual(set(again.json), {"vector"})
        res, k = self.run_sim(self.b, own)
        self.assertEqual(unseal(again.json["vector"], seal, self.pair.b.ca)[0],
                         ssk("callee", again.json["vector"], k, res))
        # B checks MAC_0 with the key of the replaced vector
        keys = self.b.usim.m.f2345(old)
        mac0 = hkdf(ssk("callee", av_b, keys["ck"] + keys["ik"], keys["res"]), b"simauth 1 caller opening")
        self.assertEqual(self.b.channel_unseal(unb64u(answer.json["mac0_key"]), old + unb64u(own["rand"])), mac0)
        # and names RAND_B' to its gateway, which names RAND_B to AG(A)
        seal_b, second = self.b.ask_caller(names["caller"], names["callee"], own["rand"])
        self.assertEqual(second.status, 200, second.raw)
        self.assertEqual(second.json["vector"]["rand"], first["own"]["rand"])

    def other_sim(self, user, bound=True, pair=None):
        """A phone of operator B with a SIM of its own, bound to Bob's address beside his."""
        pair = pair or self.pair
        imsi = f"00102000000{secrets.randbelow(9000) + 1000}"
        sim = pair.b.subscriber(imsi, user)
        if bound:
            pair.b.ctl("binding", "add", pair.aor_b, imsi, "--also")
            self.addCleanup(pair.b.ctl, "binding", "remove", pair.aor_b, "--imsi", imsi)
        return Phone(sim, pair.b).bootstrap()

    def test_other_sims_of_the_address(self):
        """The SIM that was asked for and two more of the same address, each with a half of the key of its own."""
        named = [self.other_sim("bob-2"), self.other_sim("bob-3"), self.b]
        self.b.bootstrap()
        seal_a, first = self.a.announce(self.pair)
        av_b, rand = first["vector"], unb64u(first["vector"]["rand"])
        self.assertEqual(av_b["nai_b"], "bob@operator-b.test")
        before = len(self.pair.b.records())
        res_a, k_a = self.run_sim(self.a, first["own"])
        plain = ssk("caller", {**av_b, **first["own"]}, k_a, res_a)
        keys = self.b.usim.m.f2345(rand)
        mac0 = hkdf(ssk("callee", av_b, keys["ck"] + keys["ik"], keys["res"]), b"simauth 1 caller opening")
        halves = {}
        for phone in named[:2]:
            answer = phone.ask_challenge(av_b["rand"])
            self.assertEqual(answer.status, 200, answer.raw)
            word, own = answer.json, answer.json["own"]
            self.assertEqual((word["nai_b"], word["nai_a"]), (av_b["nai_b"], av_b["nai_a"]))
            self.assertIn(word["nai"], ("bob-2@operator-b.test", "bob-3@operator-b.test"))
            self.assertEqual(phone.channel_unseal(unb64u(word["mac0_key"]), rand + unb64u(own["rand"])), mac0)
            # once for each SIM: the same From tag has the same answer, another has none, and there is no second RAND_B'
            self.assertEqual(phone.ask_challenge(av_b["rand"]).json["own"], own)
            other = f"sim01.aka.{av_b['rand']}.{b64u(os.urandom(16))}"
            self.assertEqual(phone.ask_challenge(av_b["rand"], other).problem, "not-yours")
            self.assertEqual(phone.ask_auts(own["rand"], phone.usim.auts(unb64u(own["rand"]))).problem, "not-yours")
            # AV_A: this SIM's half, once, sealed to this phone
            seal_b, second = phone.ask_caller(word["caller"], word["callee"], own["rand"])
            self.assertEqual(second.status, 200, second.raw)
            av_a = second.json["vector"]
            self.assertEqual((av_a["rand"], av_a["nai_b"]), (first["own"]["rand"], av_b["nai_b"]))
            halves[own["rand"]] = half = unseal(av_a, seal_b, self.pair.a.ca)[0]
            # ... which whoever has the first one's half (it may be AG(B)) cannot make
            self.assertNotEqual(half, hkdf(plain, b"simauth 1 other sim " + own["rand"].encode()))
            self.assertEqual(phone.ask_caller(word["caller"], word["callee"], own["rand"])[1].problem, "not-yours")
            # A asks once for each To tag; one key alone
            seal = X25519PrivateKey.generate()
            asked = {"rand": av_b["rand"], "replaced": own["rand"]}
            seal, again = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, None, seal, **asked)
            self.assertEqual(again.status, 200, again.raw)
            self.assertEqual(again.json["vector"]["nai_b"], word["nai"])
            mix = self.a.channel_unseal(unb64u(again.json["mix"]), rand + unb64u(own["rand"]))
            self.assertEqual(half, hkdf(plain + mix, b"simauth 1 other sim " + own["rand"].encode()))
            res, k = self.run_sim(phone, own)
            self.assertEqual(unseal(again.json["vector"], seal, self.pair.b.ca)[0],
                             ssk("callee", again.json["vector"], k, res))
            self.assertEqual(self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, **asked)[1].problem, "not-yours")
        self.assertEqual(len(set(halves.values())), 2)
        self.assertEqual(len(self.pair.b.records()), before + 2)
        # the SIM that was asked for has what it always had
        self.assertEqual(self.b.ask_challenge(av_b["rand"]).json["own"]["rand"], av_b["rand"])
        seal_b, second = self.b.ask_caller(self.pair.aor_a, self.pair.aor_b, av_b["rand"])
        self.assertEqual(unseal(second.json["vector"], seal_b, self.pair.a.ca)[0], plain)

    def test_other_sim_makes_no_invite(self):
        """Who was given the key of MAC_0 has said for which element 1: one of its own is confirmed to no SIM of the address."""
        second, third = self.other_sim("bob-5"), self.other_sim("bob-6")
        self.b.bootstrap()
        _, first = self.a.announce(self.pair)
        rand = first["vector"]["rand"]
        made, its_own = (f"sim01.aka.{rand}.{b64u(os.urandom(16))}" for _ in range(2))
        self.assertIn("mac0_key", second.ask_challenge(rand, made).json)
        for phone in (self.b, third):
            self.assertEqual(phone.ask_challenge(rand, its_own).problem, "not-yours", phone.usim.imsi)
        for phone in (self.b, third, second):
            self.assertEqual(phone.ask_challenge(rand, made).status, 200)

    def test_other_sim_gets_nothing(self):
        """Not bound, not named, of another element 1, of a challenge that was replaced, of another operator: one word for all."""
        second, stranger = self.other_sim("bob-4"), self.other_sim("eve", bound=False)
        self.b.bootstrap()
        _, first = self.a.announce(self.pair)
        rand = first["vector"]["rand"]
        before = len(self.pair.b.records())
        self.assertEqual(stranger.ask_challenge(rand).problem, "not-yours")
        self.assertEqual(self.a.ask_challenge(rand).problem, "not-yours")
        self.assertEqual(second.ask_challenge(b64u(os.urandom(16))).problem, "not-yours")
        self.assertEqual(self.b.ask_challenge(rand).status, 200)
        other = f"sim01.aka.{rand}.{b64u(os.urandom(16))}"
        self.assertEqual(second.ask_challenge(rand, other).problem, "not-yours")
        # its own SIM had it replaced
        _, first = self.a.announce(self.pair)
        rand = first["vector"]["rand"]
        self.assertEqual(self.b.ask_challenge(rand).status, 200)
        self.assertEqual(self.b.ask_auts(rand, self.b.usim.auts(unb64u(rand))).status, 200)
        self.assertEqual(second.ask_challenge(rand).problem, "not-yours")
        # the caller named whom it wants
        _, answer = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b, callee_nai="bob@operator-b.test")
        self.assertEqual(second.ask_challenge(answer.json["vector"]["rand"]).problem, "not-yours")
        self.assertEqual(len(self.pair.b.records()), before + 2)

    def test_other_sim_too_late(self):
        """A vector's minute (3 s here) is from its issue, also where it was confirmed or given within it."""
        pair = Pair(*({"limits.federation_timeout_ms": 5000, "life.vector": 3} for _ in range(2)))
        self.addCleanup(pair.close)
        a, second = Phone(pair.sim_a, pair.a).bootstrap(), self.other_sim("bob-2", pair=pair)
        b = Phone(pair.sim_b, pair.b).bootstrap()
        asked, given = (a.announce(pair)[1]["vector"]["rand"] for _ in range(2))
        issued = int(time.time())
        sleep_until(issued + 1)
        for rand in (asked, given):
            self.assertEqual(b.ask_challenge(rand).status, 200)
        answer = second.ask_challenge(given)
        self.assertEqual(answer.status, 200, answer.raw)
        self.assertEqual(b.ask_caller(pair.aor_a, pair.aor_b, given)[1].status, 200)
        sleep_until(issued + 4)
        self.assertEqual(second.ask_challenge(asked).problem, "not-yours")  # AG(B): AV_B was confirmed 3 s ago
        _, late = second.ask_caller(pair.aor_a, pair.aor_b, answer.json["own"]["rand"])
        self.assertEqual(late.problem, "not-yours")  # AG(A): AV_A was given 3 s ago
        self.assertEqual(b.ask_challenge(asked).status, 200)  # a repeat

    def test_auts_of_caller(self):
        _, first = self.a.announce(self.pair)
        rand = first["own"]["rand"]
        answer = self.a.ask_auts(rand, self.a.usim.auts(unb64u(rand)))
        self.assertEqual(answer.status, 200, answer.raw)
        self.assertNotIn("mac0_key", answer.json)
        self.b.ask_challenge(first["vector"]["rand"])
        seal, second = self.b.ask_caller(self.pair.aor_a, self.pair.aor_b, first["vector"]["rand"])
        self.assertEqual(second.json["vector"]["rand"], answer.json["own"]["rand"])
        res, k = self.run_sim(self.a, answer.json["own"])
        self.assertEqual(unseal(second.json["vector"], seal, self.pair.a.ca)[0],
                         ssk("caller", second.json["vector"], k, res))
        # B was faster: no replacement any more
        rand = answer.json["own"]["rand"]
        self.assertEqual(self.a.ask_auts(rand, self.a.usim.auts(unb64u(rand))).problem, "not-yours")

    def test_same_operator(self):
        aor = "sip:carol@operator-a.test"
        sim = self.pair.a.subscriber("001010000000003", "carol", aor)
        carol = Phone(sim, self.pair.a).bootstrap()
        seal_a, answer = self.a.ask_callee(self.pair.aor_a, aor)
        self.assertEqual(answer.status, 200, answer.raw)
        first = answer.json
        names = carol.ask_challenge(first["vector"]["rand"]).json
        self.assertEqual(names["operator"], "Operator A")
        seal_c, second = carol.ask_caller(self.pair.aor_a, aor, first["vector"]["rand"])
        self.assertEqual(second.status, 200, second.raw)
        res_c, k_c = self.run_sim(carol, names["own"])
        res_a, k_a = self.run_sim(self.a, first["own"])
        self.assertEqual(unseal(first["vector"], seal_a, self.pair.a.ca)[0], ssk("callee", first["vector"], k_c, res_c))
        self.assertEqual(unseal(second.json["vector"], seal_c, self.pair.a.ca)[0],
                         ssk("caller", second.json["vector"], k_a, res_a))
        self.assertEqual(self.pair.a.records()[-1]["side"], "local")

    def test_callee_by_nai(self):
        """An address of any SIP service: the caller names the operator."""
        aor = "sip:bob@sip.example"
        self.pair.b.ctl("binding", "add", aor, self.b.usim.imsi, "--proved")
        self.assertEqual(self.a.ask_callee(self.pair.aor_a, aor)[1].problem, "nobody")
        self.assertEqual(self.a.ask_callee(self.pair.aor_a, aor, callee_nai="bob@operator-b.test")[1].status, 200)
        self.assertEqual(self.a.ask_callee(self.pair.aor_a, aor, callee_nai="eve@operator-b.test")[1].problem, "nobody")
        self.assertEqual(self.a.ask_callee(self.pair.aor_a, aor, callee_nai="bob@operator-x.test")[1].problem, "nobody")

    def test_alias_of_an_address(self):
        """The vector has the canonical form, whatever the asker wrote."""
        _, answer = self.a.ask_callee("sip:%61lice@OPERATOR-A.test:5060;transport=tcp", "sips:bob@operator-b.test.")
        self.assertEqual(answer.status, 200, answer.raw)
        self.assertEqual(answer.json["vector"]["caller"], self.pair.aor_a)
        self.assertEqual(answer.json["vector"]["callee"], self.pair.aor_b)

    def test_op_and_constants(self):
        """OP instead of OPc, and an operator's own c and r."""
        c = [os.urandom(16) for _ in range(5)]
        r = [8, 16, 24, 40, 120]
        lines = "".join(f"c{i + 1}={c[i].hex()}\nr{i + 1}={r[i]}\n" for i in range(5))
        sim = self.pair.a.subscriber("001010000000004", "dave", op=os.urandom(16), lines=lines + "amf=1234\n")
        sim.m.c, sim.m.r = c, r
        phone = Phone(sim, self.pair.a).bootstrap()
        self.assertEqual(phone.ask("GET", "/v1/self").json["nai"], "dave@operator-a.test")
        self.assertEqual(sim.amf, bytes.fromhex("1234"))

    def test_many_at_once(self):
        """Calls in both directions at the same time, each gateway asking the other."""
        done, failed = [], []

        def calls(phone, operator, caller, callee):
            other = Phone(phone.usim, operator)
            other.btid, other.ks_naf = phone.btid, phone.ks_naf
            try:
                for _ in range(15):
                    _, answer = other.ask_callee(caller, callee)
                    (done if answer.status == 200 else failed).append(answer.json)
            finally:
                other.connection.close()

        threads = [threading.Thread(target=calls, args=x) for x in
                   [(self.a, self.pair.a, self.pair.aor_a, self.pair.aor_b),
                    (self.b, self.pair.b, self.pair.aor_b, self.pair.aor_a)] * 6]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual((len(done), failed), (12 * 15, []))
        rands = [x["vector"]["rand"] for x in done] + [x["own"]["rand"] for x in done]
        self.assertEqual(len(set(rands)), len(rands))
        autns = [x["own"]["autn"] for x in done]
        self.assertEqual(len(set(autns)), len(autns))

    def test_same_request_twice_at_once(self):
        """A client that sends again by itself while the first is under way."""
        for _ in range(5):
            key, seal, answers = os.urandom(16), X25519PrivateKey.generate(), []
            before = len(self.pair.b.records())
            others = []
            for _ in range(4):
                other = Phone(self.a.usim, self.pair.a)
                other.btid, other.ks_naf = self.a.btid, self.a.ks_naf
                other.ask("GET", "/v1/self")
                others.append(other)
            threads = [threading.Thread(target=lambda p=p: answers.append(
                p.ask_callee(self.pair.aor_a, self.pair.aor_b, key=key, seal=seal)[1])) for p in others]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            for other in others:
                other.connection.close()
            self.assertEqual([x.status for x in answers], [200] * 4)
            self.assertEqual(len({x.raw for x in answers}), 1)
            self.assertEqual(len(self.pair.b.records()), before + 1)

    def test_ind_values_cycle(self):
        for _ in range(9):
            _, first = self.a.announce(self.pair)
            self.run_sim(self.a, first["own"])
        self.a.usim.seen[:] = self.a.usim.seen[-9:]
        inds = {sqn & 31 for sqn in self.a.usim.seen[-9:]}
        self.assertGreaterEqual(len(inds), 8)
        self.assertEqual(self.a.usim.seen, sorted(set(self.a.usim.seen)))
        self.assertEqual(self.a.usim.amf[0] & 0x80, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
